/* The supervisor: starts, replaces and stops HAProxy. */
#include "process/supervisor.h"

#include "base/descriptor.h"
#include "base/text.h"
#include "process/certificates.h"
#include "process/dangers.h"
#include "config/config.h"
#include "inventory/live.h"
#include "inventory/reach.h"
#include "process/health.h"
#include "process/dropped.h"
#include "process/orphans.h"
#include "process/policy.h"
#include "process/runtime.h"
#include "process/warnings.h"
#include "process/watch.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STOP_SECONDS  5
#define AUDIT_SECONDS 60 /* between reminders of an audit */
#define OLD_MAX       8
#define CA_MAX        2 /* of the listeners and of the upstreams */
#define UNREACHABLE   4 /* the exit code of EXIT_WHEN_UNREACHABLE */

/* Pauses before another follower, if the one before has not lasted, in milliseconds. */
#define FOLLOWER_PAUSE  100
#define FOLLOWER_PAUSES 2000 /* the longest; each is twice the last one */
#define FOLLOWER_STEADY 10000

#define NEWS_MILLISECONDS 1000 /* between news of a follower and the reload */

/* A HAProxy, and what belongs to it. */
struct serving {
    pid_t pid;  /* 0: none */
    int offers; /* our end of the socket pair for its listening sockets, see struct handover; -1: none */
    struct follower follower;
    long follow_at;    /* when to begin another follower, see channel_now; 0: not */
    long follow_pause; /* the next pause */
};

struct supervisor {
    struct supervision *supervision;
    struct reach reach;
    int signals; /* descriptor */
    int health;  /* where HAProxy serves the health check, see health_listen */
    struct serving current;
    struct serving next;                  /* will replace the current one, does not listen yet */
    bool next_takes;                      /* next takes over the current one's listening sockets */
    struct environment *next_environment; /* the one in its configuration; NULL for the present one */
    struct inventory next_inventory;      /* likewise */
    struct config_file next_config;
    long news_at;     /* when to read the inventory because of news of the follower, see channel_now; 0: not */
    bool again;       /* another reload was requested during this one */
    bool again_reads; /* and it reads the variables again */
    bool stale;       /* a mount is known to be stale: clients and the log have been told */
    bool unreachable; /* the stop is that of EXIT_WHEN_UNREACHABLE */
    bool refused;     /* the files are not valid: their policy is not the one in force */
    bool told;        /* the current HAProxy shows so */
    bool checked;     /* the containers that could not be created again are listed, which is done once */
    struct serving old[OLD_MAX]; /* replaced, still serving their last streams */
    size_t old_count;
    time_t deadline;        /* of a stop, in seconds(); 0 while serving */
    time_t next_reminder;   /* of an audit */
    struct dropped dropped; /* lines of the current one's log */
    struct orphans orphans;
    struct watch watch;
    bool ca_at_start[CA_MAX]; /* there was a ca.pem */
};

static time_t seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Starts HAProxy, and gives it the connection to its follower. Returns false with errno set on failure.
 *
 * A replacement gets our own process ID after -sf: HAProxy sends SIGUSR1 to the processes named there as soon as it
 * listens (management guide, section 4). It takes over the listening sockets (-x, section 3). If it bound them again, a
 * Unix socket would refuse connections until HAProxy calls listen, and connections that the old one has not accepted
 * would be lost when that one closes its socket. */
static bool start(const struct supervisor *supervisor, struct serving *serving, const struct config_file *config,
                  int take)
{
    char us[24];
    char other[24];
    char *const first[] = {"haproxy", "-db", "-f", (char *)config->path, NULL};
    char *const next[] = {"haproxy", "-db", "-f", (char *)config->path, "-sf", us, take < 0 ? NULL : "-x", other, NULL};
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    bounded_format(us, sizeof us, "%ld", (long)getpid());
    bounded_format(other, sizeof other, "sockpair@%d", take);
    serving->pid = haproxy_start(
        supervisor->supervision->environment->settings.haproxy, supervisor->current.pid > 0 ? next : first, -1,
        &(struct handover){
            .health = supervisor->health, .offer = ends[1], .take = take, .group = supervisor->orphans.group});
    close(ends[1]);
    serving->offers = ends[0];
    if (serving->pid > 0) {
        follower_give(&serving->follower, serving->offers);
        return true;
    }
    serving->pid = 0;
    descriptor_close(&serving->offers);
    return false;
}

/* Ends what belongs to a HAProxy that has ended. */
static void forget(struct serving *serving)
{
    serving->pid = 0;
    descriptor_close(&serving->offers);
    follower_end(&serving->follower);
    serving->follow_at = 0;
}

static const struct environment *next_environment(const struct supervisor *supervisor)
{
    return supervisor->next_environment != NULL ? supervisor->next_environment : supervisor->supervision->environment;
}

/* Whether the environment has the same Unix listener, or none at its path. */
static bool keeps_listener(const struct environment *environment, const struct listener *listener)
{
    const struct listener *other;
    const char *prefix;

    for (size_t k = 0; (other = environment_listener(environment, k, &prefix)) != NULL; k++)
        if (other->kind == LISTEN_UNIX && strcmp(other->address, listener->address) == 0)
            return other->mode == listener->mode && other->uid == listener->uid && other->gid == listener->gid;
    return true;
}

/* Returns false if a Unix socket must be bound again: its file was removed, so that clients cannot reach it, or the
 * next environment gives it another mode or owner, which a socket that is taken over does not get. */
static bool listeners_in_place(const struct supervisor *supervisor)
{
    const struct environment *environment = supervisor->supervision->environment;
    const struct listener *listener;
    const char *prefix;
    struct stat file;

    for (size_t k = 0; (listener = environment_listener(environment, k, &prefix)) != NULL; k++)
        if (listener->kind == LISTEN_UNIX && (stat(listener->address, &file) != 0 || !S_ISSOCK(file.st_mode) ||
                                              !keeps_listener(next_environment(supervisor), listener)))
            return false;
    return true;
}

/* Starts the replacement of the current one. Returns false with errno set on failure. */
static bool start_next(struct supervisor *supervisor, bool takes)
{
    supervisor->next_takes = takes;
    return start(supervisor, &supervisor->next, &supervisor->next_config, takes ? supervisor->current.offers : -1);
}

static void signal_all(const struct supervisor *supervisor, int number)
{
    if (supervisor->current.pid > 0)
        kill(supervisor->current.pid, number);
    if (supervisor->next.pid > 0)
        kill(supervisor->next.pid, number);
    for (size_t i = 0; i < supervisor->old_count; i++)
        kill(supervisor->old[i].pid, number);
}

bool supervision_check(const struct supervision *supervision, const struct config_file *config)
{
    const struct settings *settings = &supervision->environment->settings;
    size_t count;
    char **files = policy_certificates(settings, &count);
    bool good = haproxy_check(settings->haproxy, config->path) == 0;

    for (size_t i = 0; i + 1 < count && good; i += 3)
        good = access(files[i], F_OK) != 0 || certificate_fits(settings->haproxy, files[i], files[i + 1]);
    list_free(files, count);
    return good;
}

/* Client certificates are required if there is a ca.pem. A reload must not change that: without the file, clients
 * without a certificate would be admitted; with a new one, all clients that have no certificate yet would be locked
 * out. With `remember`, the present state is that of the start. */
static bool ca_has_changed(struct supervisor *supervisor, bool remember)
{
    size_t count;
    char **files = policy_certificates(&supervisor->supervision->environment->settings, &count);
    bool changed = false;

    for (size_t i = 0; i < count / 3 && i < CA_MAX && !changed; i++) {
        const char *path = files[3 * i + 2];
        struct stat file;
        bool exists = stat(path, &file) == 0;

        if (remember)
            supervisor->ca_at_start[i] = exists;
        changed = exists != supervisor->ca_at_start[i];
        if (changed && exists)
            notice("reload: %s did not exist at the start: client certificates are required after a restart only; "
                   "nothing is reloaded",
                   path);
        else if (changed)
            notice("reload: %s is gone: without it no client certificate would be required; the running one goes on",
                   path);
    }
    list_free(files, count);
    return changed;
}

static void forget_next(struct supervisor *supervisor)
{
    forget(&supervisor->next);
    inventory_free(&supervisor->next_inventory);
    config_file_close(&supervisor->next_config);
    supervisor->refused |= supervisor->next_environment != NULL;
    policy_free(supervisor->next_environment);
    supervisor->next_environment = NULL;
}

/* Lets follow_on begin another follower. */
static void plan_follower(struct serving *serving)
{
    if (serving->follower.begun + FOLLOWER_STEADY <= channel_now())
        serving->follow_pause = 0;
    serving->follow_at = channel_now() + serving->follow_pause;
    serving->follow_pause = serving->follow_pause == 0 ? FOLLOWER_PAUSE : 2 * serving->follow_pause;
    if (serving->follow_pause > FOLLOWER_PAUSES)
        serving->follow_pause = FOLLOWER_PAUSES;
}

static void begin_follower(struct serving *serving, const struct environment *environment,
                           const struct inventory *inventory, const struct credentials *credentials)
{
    serving->follow_at = 0;
    if (follower_begin(&serving->follower, environment, inventory, credentials))
        return;
    notice("the process that follows the Engine's containers cannot be started: %s; requests that depend on them get "
           "503 until it is",
           strerror(errno));
    plan_follower(serving);
}

/* Makes a connection for another follower. The first thing that HAProxy reads on it is that nothing is certain. */
static bool connect_follower(struct serving *serving)
{
    if (follower_connect(&serving->follower) && follower_give(&serving->follower, serving->offers))
        return true;
    follower_end(&serving->follower);
    return false;
}

/* Begins another follower when it is time. */
static void follow_on(struct serving *serving, const struct environment *environment, const struct inventory *inventory)
{
    if (serving->follow_at == 0 || channel_now() < serving->follow_at)
        return;
    if (serving->follower.ours < 0 && serving->offers >= 0 && !connect_follower(serving))
        plan_follower(serving);
    else
        begin_follower(serving, environment, inventory, &serving->follower.credentials);
}

/* Waits for the first reading, so that HAProxy does not begin to serve without it. An Engine that has not responded to
 * the inventory has been waited for already. */
static void await_follower(struct follower *follower, const struct inventory *inventory)
{
    if (inventory->complete)
        follower_await(follower, follower->begun + INVENTORY_MILLISECONDS);
}

/* Makes the next configuration. Logs the reason and returns false if that fails. */
static bool make_next(struct supervisor *supervisor)
{
    const struct supervision *supervision = supervisor->supervision;
    const struct environment *environment = next_environment(supervisor);
    const char *directory = environment->settings.runtime_dir;
    struct problems problems = {.to = stderr};
    struct machine machine;
    char *config;
    bool made;

    machine_read(&machine, environment, &problems);
    supervisor->next.follower.warns = supervisor->next_inventory.complete &&
                                      (!supervisor->checked || supervisor->next_environment != NULL);
    begin_follower(&supervisor->next, environment, &supervisor->next_inventory, &machine.credentials);
    config = config_text(environment, &machine, &supervisor->next_inventory, &problems);
    made = config != NULL && config_file_make(&supervisor->next_config, directory, config, &problems);

    free(config);
    if (made && !supervision_check(supervision, &supervisor->next_config)) {
        notice("reload: HAProxy refuses the new configuration or its certificates, see above; the running one goes on");
        return false;
    }
    if (made && config_file_put(&supervisor->next_config, directory, &problems))
        return true;
    notice("reload: the new configuration cannot be made, see above; the running one goes on");
    return false;
}

/* reads: the request needs the variables to be read again. */
static bool is_under_way(struct supervisor *supervisor, bool reads)
{
    if (supervisor->next.pid == 0)
        return false;
    supervisor->again = true;
    supervisor->again_reads |= reads;
    return true;
}

/* Reloads with an inventory that was just read, and takes ownership of it. */
static void reload_with(struct supervisor *supervisor, struct inventory *fresh)
{
    supervisor->next_inventory = *fresh;
    memset(fresh, 0, sizeof *fresh);
    if (ca_has_changed(supervisor, false) || !make_next(supervisor)) {
        forget_next(supervisor);
        return;
    }
    await_follower(&supervisor->next.follower, &supervisor->next_inventory);
    if (!start_next(supervisor, listeners_in_place(supervisor))) {
        notice("reload: a new HAProxy cannot be started: %s; the running one goes on", strerror(errno));
        forget_next(supervisor);
    }
}

static bool same_upstreams(const struct upstreams *a, const struct upstreams *b)
{
    bool same = a->count == b->count;

    for (size_t i = 0; i < a->count && same; i++)
        same = a->list[i].kind == b->list[i].kind && strcmp(a->list[i].host, b->list[i].host) == 0 &&
               a->list[i].port == b->list[i].port;
    return same;
}

static void read_inventory(struct supervisor *supervisor, struct inventory *fresh)
{
    const struct environment *environment = next_environment(supervisor);
    const struct settings *settings = &environment->settings;
    const struct settings *present = &supervisor->supervision->environment->settings;

    inventory_read(fresh, environment, INVENTORY_MILLISECONDS_LATER);
    if (!same_upstreams(&settings->upstreams, &present->upstreams))
        return; /* what is known of the present Engines says nothing about others */
    reach_told(&supervisor->reach, fresh);
    inventory_keep(fresh, &supervisor->supervision->inventory);
}

/* Logs what the next environment changes. */
static void report_changes(const struct supervisor *supervisor)
{
    char *names = sources_difference(&supervisor->supervision->environment->sources,
                                     &supervisor->next_environment->sources);

    if (*names != '\0')
        notice("reload: changed: %s", names);
    free(names);
}

enum cause { SIGNAL, CHANGED_VARIABLES, CHANGED_CERTIFICATE };

/* Reads the variables again. Returns whether to reload, with the next environment if it differs from the present one. A
 * renewed certificate does not wait for valid variables. */
static bool read_variables(struct supervisor *supervisor, enum cause cause)
{
    const struct environment *present = supervisor->supervision->environment;
    struct environment *next = policy_load(present, supervisor->supervision->variables, &supervisor->watch);

    if (next == NULL) {
        supervisor->refused = true;
        notice("reload: the variables or their files are not valid, see above; the policy before stays in force");
        return cause == CHANGED_CERTIFICATE;
    }
    if (!sources_equal(&present->sources, &next->sources)) {
        supervisor->next_environment = next;
        report_changes(supervisor);
        return true;
    }
    if (supervisor->refused)
        notice("reload: the variables and their files are valid again, and the same as those in force");
    supervisor->refused = false;
    policy_free(next);
    return cause != CHANGED_VARIABLES;
}

/* Reloads with what the Engines report now. */
static void reload_now(struct supervisor *supervisor)
{
    struct inventory fresh;

    read_inventory(supervisor, &fresh);
    reload_with(supervisor, &fresh);
}

static void reload_variables(struct supervisor *supervisor, enum cause cause)
{
    watch_take(&supervisor->watch);
    if (read_variables(supervisor, cause))
        reload_now(supervisor);
}

static void reload(struct supervisor *supervisor)
{
    if (!is_under_way(supervisor, true))
        reload_variables(supervisor, SIGNAL);
}

/* Reloads if the Engines report something new. */
static void reload_if_new(struct supervisor *supervisor, const char *because)
{
    const struct supervision *supervision = supervisor->supervision;
    struct inventory fresh;

    if (is_under_way(supervisor, false))
        return;
    read_inventory(supervisor, &fresh);
    if (inventory_equal(&fresh, &supervision->inventory) &&
        !inventory_lists_others(supervision->environment, &fresh, &supervision->inventory)) {
        inventory_free(&fresh);
        return;
    }
    notice("reload: %s", because);
    reload_with(supervisor, &fresh);
}

/* Starts the reload that was requested during the last one. */
static void follow(struct supervisor *supervisor)
{
    if (!supervisor->again || supervisor->next.pid != 0)
        return;
    supervisor->again = false;
    if (supervisor->again_reads) {
        supervisor->again_reads = false;
        reload_variables(supervisor, SIGNAL);
    } else {
        reload_now(supervisor);
    }
}

static void forget_old(struct supervisor *supervisor, size_t i)
{
    forget(&supervisor->old[i]);
    supervisor->old_count--;
    memmove(supervisor->old + i, supervisor->old + i + 1, (supervisor->old_count - i) * sizeof *supervisor->old);
}

/* Makes the next environment the current one. */
static void adopt_environment(struct supervisor *supervisor)
{
    struct supervision *supervision = supervisor->supervision;
    struct environment *before = supervision->reloaded;

    reach_end(&supervisor->reach);
    supervision->reloaded = supervisor->next_environment;
    supervision->environment = supervision->reloaded;
    supervisor->next_environment = NULL;
    policy_free(before);
    reach_begin(&supervisor->reach, &supervision->environment->settings, &supervision->inventory);
    supervisor->refused = false;
    supervisor->checked = false;
    warn(supervision->environment, &supervision->inventory);
}

/* Makes the next configuration, its environment and its inventory the current ones. */
static void adopt(struct supervisor *supervisor)
{
    struct supervision *supervision = supervisor->supervision;
    bool changed = !inventory_equal(&supervision->inventory, &supervisor->next_inventory);

    inventory_free(&supervision->inventory);
    supervision->inventory = supervisor->next_inventory;
    memset(&supervisor->next_inventory, 0, sizeof supervisor->next_inventory);
    config_file_close(&supervision->config);
    supervision->config = supervisor->next_config;
    supervisor->next_config.fd = -1;
    if (supervisor->next_environment != NULL)
        adopt_environment(supervisor);
    else if (changed)
        tell_of_inventory(supervision->environment, &supervision->inventory);
    supervisor->checked |= supervisor->current.follower.warns;
}

/* The new HAProxy listens and becomes the current one. If too many old ones still serve their streams, the oldest is
 * killed: a client that keeps its connection must not prevent that certificates are renewed or withdrawn. */
static void take_over(struct supervisor *supervisor)
{
    if (supervisor->old_count == OLD_MAX) {
        notice("reload: %d replaced HAProxy processes still serve their streams; the oldest is ended", OLD_MAX);
        kill(supervisor->old[0].pid, SIGKILL);
        forget_old(supervisor, 0);
    }
    dropped_look(&supervisor->dropped, supervisor->current.offers, true);
    dropped_begin(&supervisor->dropped);
    kill(supervisor->current.pid, SIGUSR1);
    descriptor_close(&supervisor->current.offers);
    follower_finish(&supervisor->current.follower);
    supervisor->old[supervisor->old_count++] = supervisor->current;
    supervisor->current = supervisor->next;
    supervisor->next = (struct serving){.offers = -1, .follower = NO_FOLLOWER};
    supervisor->told = false;
    adopt(supervisor);
    notice("reloaded: new connections get the new configuration and certificates, open ones go on");
}

/* Reloads if a watched file has changed. During another reload, the next look finds it again. */
static void follow_files(struct supervisor *supervisor)
{
    int changed = supervisor->next.pid == 0 ? watch_step(&supervisor->watch) : 0;

    if (changed != 0)
        reload_variables(supervisor, (changed & WATCH_CERTIFICATE) != 0 ? CHANGED_CERTIFICATE : CHANGED_VARIABLES);
}

/* The next one has ended before it listened. The cause may be that the current one did not hand over its listening
 * sockets within a second, HAProxy's limit. So the next one is tried once more, without them. */
static void next_ended(struct supervisor *supervisor)
{
    struct credentials credentials = supervisor->next.follower.credentials;

    forget(&supervisor->next);
    if (supervisor->deadline == 0 && supervisor->next_takes) {
        begin_follower(&supervisor->next, next_environment(supervisor), &supervisor->next_inventory, &credentials);
        await_follower(&supervisor->next.follower, &supervisor->next_inventory);
        if (start_next(supervisor, false))
            return;
    }
    forget_next(supervisor);
    if (supervisor->deadline == 0)
        notice("reload: a new HAProxy did not start; the running one goes on");
}

/* The follower of a HAProxy has ended: another one has to begin. */
static void replace_follower(struct serving *serving)
{
    serving->follower.pid = 0;
    follower_end(&serving->follower);
    connect_follower(serving);
    plan_follower(serving);
}

/* A replaced HAProxy does without a follower no longer. It takes no further connection anyway. */
static void end_without_follower(struct serving *old)
{
    follower_end(&old->follower);
    kill(old->pid, SIGTERM);
}

/* Ends a follower that is stopped or hangs, and what it has said with it: that may not be true any more. */
static void end_if_lost(struct serving *serving)
{
    if (!follower_is_lost(&serving->follower))
        return;
    notice("the process that follows the Engine's containers has been silent for %d seconds; it is ended, and another "
           "one begins",
           serving->follower.silent);
    follower_end(&serving->follower);
    replace_follower(serving);
}

static void end_lost_followers(struct supervisor *supervisor)
{
    end_if_lost(&supervisor->current);
    end_if_lost(&supervisor->next);
    for (size_t i = 0; i < supervisor->old_count; i++)
        if (follower_is_lost(&supervisor->old[i].follower))
            end_without_follower(&supervisor->old[i]);
}

/* A follower has ended: by itself, or because its HAProxy does. */
static void follower_ended(struct supervisor *supervisor, pid_t child, int status)
{
    for (size_t i = 0; i < supervisor->old_count; i++)
        if (supervisor->old[i].follower.pid == child) {
            supervisor->old[i].follower.pid = 0;
            end_without_follower(&supervisor->old[i]);
        }
    if (supervisor->deadline != 0)
        return;
    if (supervisor->next.follower.pid == child)
        replace_follower(&supervisor->next);
    if (supervisor->current.follower.pid != child)
        return;
    if (status != 0)
        notice("the process that follows the Engine's containers has ended; another one begins");
    replace_follower(&supervisor->current);
}

/* Collects children that have ended; as PID 1 we inherit orphans too. Returns true, with the status, if no HAProxy is
 * left or the current one has ended by itself. */
static bool ended(struct supervisor *supervisor, int *status)
{
    pid_t child;
    int how;

    while ((child = waitpid(-1, &how, WNOHANG)) > 0) {
        if (child == supervisor->current.pid) {
            forget(&supervisor->current);
            *status = how;
        }
        if (child == supervisor->next.pid)
            next_ended(supervisor);
        for (size_t i = 0; i < supervisor->old_count; i++)
            if (supervisor->old[i].pid == child) {
                forget_old(supervisor, i);
                break;
            }
        follower_ended(supervisor, child, how);
    }
    if (supervisor->current.pid != 0)
        return false;
    return supervisor->deadline == 0 || (supervisor->next.pid == 0 && supervisor->old_count == 0);
}

static void stop(struct supervisor *supervisor)
{
    if (supervisor->deadline == 0) {
        dropped_look(&supervisor->dropped, supervisor->current.offers, true);
        supervisor->deadline = seconds() + STOP_SECONDS;
    }
    signal_all(supervisor, SIGUSR1);
    follower_finish(&supervisor->current.follower);
    follower_finish(&supervisor->next.follower);
}

static void on_signal(struct supervisor *supervisor, const struct signalfd_siginfo *received)
{
    int number = (int)received->ssi_signo;

    if (number == SIGUSR1 && supervisor->deadline == 0 && supervisor->next.pid > 0 &&
        (pid_t)received->ssi_pid == supervisor->next.pid)
        take_over(supervisor);
    else if (number == SIGHUP && supervisor->deadline == 0)
        reload(supervisor);
    else if (number == SIGTERM || number == SIGINT || number == SIGQUIT || number == SIGUSR1 || number == SIGUSR2)
        stop(supervisor);
}

/* Logs that a mount is stale, and reloads so that clients are told. */
static void look_at_mounts(struct supervisor *supervisor)
{
    const struct upstreams *upstreams = &supervisor->supervision->environment->settings.upstreams;

    if (upstreams_stale(upstreams) == supervisor->stale || supervisor->next.pid != 0)
        return;
    supervisor->stale = !supervisor->stale;
    for (size_t i = 0; i < upstreams->count; i++)
        if (upstream_is_stale(&upstreams->list[i]))
            notice("warning: %s: " UPSTREAM_STALE " (EXIT_WHEN_UNREACHABLE=60s lets the restart policy do it)",
                   upstreams->list[i].host);
    reload_now(supervisor);
}

/* Looks for the reason why an Engine is not reached, and ends if that is wanted. */
static void endure_loss(struct supervisor *supervisor)
{
    long most = supervisor->supervision->environment->settings.exit_when_unreachable;

    look_at_mounts(supervisor);
    if (most == 0 || reach_lost(&supervisor->reach) < most * 1000)
        return;
    notice("no Engine has been reached for %ld seconds, so this program ends (EXIT_WHEN_UNREACHABLE)", most);
    supervisor->unreachable = true;
    stop(supervisor);
}

/* Lets the pages of HAProxy show whether the policy of the files is in force. */
static void tell_haproxy(struct supervisor *supervisor)
{
    if (supervisor->refused == supervisor->told || supervisor->next.pid != 0)
        return;
    supervisor->told = supervisor->refused;
    if (!runtime_set(supervisor->current.offers, "reload_failed", supervisor->refused))
        notice("HAProxy has not been told whether the last reload was valid; its pages may not show it");
}

/* Clients can make news by creating containers. Those that hold streams open as well must not get the streams of others
 * ended by one reload after another: until one of the replaced HAProxys has ended, the rules stay as they are, which is
 * stricter. */
static bool has_time_for_news(const struct supervisor *supervisor)
{
    return supervisor->next.pid == 0 && supervisor->old_count < OLD_MAX;
}

/* How many milliseconds to wait for events; -1 for no limit. */
static int patience(const struct supervisor *supervisor)
{
    long of_files = supervisor->next.pid == 0 ? watch_patience(&supervisor->watch) : -1;
    long of_audit = environment_audits(supervisor->supervision->environment)
                        ? 1000L * (supervisor->next_reminder > seconds() ? supervisor->next_reminder - seconds() : 0)
                        : -1;
    long of_log = channel_sooner(dropped_patience(&supervisor->dropped), of_audit);
    long of_followers = channel_sooner(channel_until(supervisor->current.follow_at),
                                       channel_until(supervisor->next.follow_at));

    of_followers = channel_sooner(of_followers, follower_patience(&supervisor->current.follower));
    of_followers = channel_sooner(of_followers, follower_patience(&supervisor->next.follower));
    for (size_t i = 0; i < supervisor->old_count; i++)
        of_followers = channel_sooner(of_followers, follower_patience(&supervisor->old[i].follower));
    if (has_time_for_news(supervisor))
        of_followers = channel_sooner(of_followers, channel_until(supervisor->news_at));
    if (supervisor->current.follower.news) /* heard before it was ready */
        of_followers = 0;
    return supervisor->deadline != 0 ? 1000
                                     : (int)channel_sooner(channel_sooner(reach_patience(&supervisor->reach), of_files),
                                                           channel_sooner(of_log, of_followers));
}

/* Nobody may forget that an audit forwards everything. */
static void remind(struct supervisor *supervisor)
{
    if (seconds() < supervisor->next_reminder)
        return;
    supervisor->next_reminder = seconds() + AUDIT_SECONDS;
    dangers_remind(supervisor->supervision->environment);
}

/* Reloads a second after the follower has news, as more may follow. Until then HAProxy lets nothing pass that depends
 * on them. */
static void hear_news(struct supervisor *supervisor)
{
    if (follower_news(&supervisor->current.follower) && supervisor->news_at == 0)
        supervisor->news_at = channel_now() + NEWS_MILLISECONDS;
    if (supervisor->news_at == 0 || channel_now() < supervisor->news_at || !has_time_for_news(supervisor))
        return;
    supervisor->news_at = 0;
    reload_if_new(supervisor, "the rules depend on containers that have changed");
}

/* Each minute: what the log has lost is said, and memory that busy moments needed goes back to the system. */
static void look_after(struct supervisor *supervisor)
{
    if (dropped_look(&supervisor->dropped, supervisor->current.offers, false)) {
        runtime_trim(supervisor->current.offers);
        malloc_trim(0);
    }
}

/* Waits for events, and handles them. */
static void wait_for_events(struct supervisor *supervisor)
{
    struct pollfd polled[3 + UPSTREAMS_MAX] = {{.fd = supervisor->signals, .events = POLLIN},
                                               {.fd = supervisor->watch.events, .events = POLLIN},
                                               {.fd = supervisor->current.follower.talk, .events = POLLIN}};
    size_t count = 3 + (supervisor->deadline != 0 ? 0 : reach_poll(&supervisor->reach, polled + 3));
    struct signalfd_siginfo received;

    if (supervisor->deadline != 0 || supervisor->next.pid != 0)
        polled[1].fd = -1; /* poll ignores it; the events are read after the reload */
    poll(polled, count, patience(supervisor));
    while (read(supervisor->signals, &received, sizeof received) == (ssize_t)sizeof received)
        on_signal(supervisor, &received);
    if (supervisor->deadline != 0) {
        if (seconds() >= supervisor->deadline)
            signal_all(supervisor, SIGKILL);
        return;
    }
    if (reach_step(&supervisor->reach))
        reload_if_new(supervisor, "an Engine responds, and has reported something new");
    hear_news(supervisor);
    end_lost_followers(supervisor);
    follow_on(&supervisor->current, supervisor->supervision->environment, &supervisor->supervision->inventory);
    if (supervisor->next.pid > 0)
        follow_on(&supervisor->next, next_environment(supervisor), &supervisor->next_inventory);
    remind(supervisor);
    look_after(supervisor);
    follow_files(supervisor);
    follow(supervisor);
    tell_haproxy(supervisor);
    endure_loss(supervisor);
}

static sigset_t handled_signals(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGHUP, SIGCHLD, SIGTTOU, SIGTTIN};
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&set, signals[i]);
    return set;
}

void supervisor_hold_signals(void)
{
    sigset_t ours = handled_signals();

    sigprocmask(SIG_BLOCK, &ours, NULL);
    signal(SIGPIPE, SIG_IGN); /* a log whose reader has ended must not end us */
}

/* Logs how HAProxy has ended by itself. */
static void report_end(int status)
{
    if (WIFSIGNALED(status))
        notice("HAProxy was ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        notice("HAProxy ended with exit code %d", WEXITSTATUS(status));
}

int supervise(struct supervision *supervision)
{
    struct supervisor supervisor = {.supervision = supervision,
                                    .current = {.offers = -1, .follower = supervision->follower},
                                    .next = {.offers = -1, .follower = NO_FOLLOWER},
                                    .next_config = {.fd = -1},
                                    .next_reminder = seconds() + AUDIT_SECONDS};
    sigset_t ours = handled_signals();
    int status = 0;

    malloc_trim(0); /* what it took to make the configuration */
    supervisor.signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
    if (supervisor.signals < 0) {
        notice("signalfd: %s", strerror(errno));
        return 1;
    }
    orphans_begin(&supervisor.orphans);
    supervisor.health = health_listen(&supervision->environment->profiles[0].listeners);
    dropped_prevent(STDOUT_FILENO);
    dropped_begin(&supervisor.dropped);
    policy_watch(&supervisor.watch, supervision->environment);
    ca_has_changed(&supervisor, true);
    supervisor.stale = upstreams_stale(&supervision->environment->settings.upstreams);
    await_follower(&supervisor.current.follower, &supervision->inventory);
    if (!start(&supervisor, &supervisor.current, &supervision->config, -1)) {
        notice("%s: cannot be started: %s", supervision->environment->settings.haproxy, strerror(errno));
        return 1;
    }
    supervisor.checked = supervisor.current.follower.warns;
    reach_begin(&supervisor.reach, &supervision->environment->settings, &supervision->inventory);
    while (!ended(&supervisor, &status))
        wait_for_events(&supervisor);
    if (supervisor.deadline == 0)
        report_end(status);
    /* Processes that have changed their user do not die with us (prctl(2), PR_SET_PDEATHSIG). */
    signal_all(&supervisor, SIGKILL);
    reach_end(&supervisor.reach);
    watch_end(&supervisor.watch);
    forget_next(&supervisor);
    forget(&supervisor.current);
    while (supervisor.old_count > 0)
        forget_old(&supervisor, 0);
    orphans_end(&supervisor.orphans);
    descriptor_close(&supervisor.health);
    close(supervisor.signals);
    if (supervisor.unreachable)
        return UNREACHABLE;
    return supervisor.deadline != 0 ? 0 : haproxy_exit_code(status);
}
