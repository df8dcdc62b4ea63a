/* The supervisor: starts, replaces and stops HAProxy. */
#include "process/supervisor.h"

#include "base/text.h"
#include "process/certificates.h"
#include "config/config.h"
#include "inventory/reach.h"
#include "process/recreate.h"
#include "process/warnings.h"

#include <errno.h>
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
#define WATCH_SECONDS 2
#define OLD_MAX       8

/* Identifies a version of the watched files. */
struct fingerprint {
    struct timespec changed[WATCHED_MAX];
    off_t size[WATCHED_MAX];
    ino_t inode[WATCHED_MAX];
};

struct supervisor {
    struct supervision *supervision;
    struct reach reach;
    int signals; /* descriptor */
    pid_t current;
    int current_offers;              /* our end of the socket pair for its listening sockets, see struct handover */
    pid_t next;                      /* will replace the current one, does not listen yet; 0 for none */
    int next_offers;                 /* likewise of next; -1 for none */
    bool next_takes;                 /* next takes over the current one's listening sockets */
    struct inventory next_inventory; /* the one in its configuration */
    struct config_file next_config;
    bool again;         /* another reload was requested during this one */
    bool checked;       /* the containers that could not be created again have been listed, which is done once */
    pid_t old[OLD_MAX]; /* replaced, still serving their last streams */
    size_t old_count;
    time_t deadline;            /* of a stop, in seconds(); 0 while serving */
    time_t next_look;           /* at the watched files */
    struct fingerprint first;   /* the files at the start */
    struct fingerprint running; /* the files that the last reload was for */
    struct fingerprint seen;    /* the files at the last look; a change counts once two looks agree */
};

static void close_descriptor(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static time_t seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void look(const struct supervision *supervision, struct fingerprint *fingerprint)
{
    memset(fingerprint, 0, sizeof *fingerprint);
    for (size_t i = 0; i < WATCHED_MAX && supervision->watched[i] != NULL; i++) {
        struct stat file;

        if (stat(supervision->watched[i], &file) != 0)
            continue;
        fingerprint->changed[i] = file.st_mtim;
        fingerprint->size[i] = file.st_size;
        fingerprint->inode[i] = file.st_ino;
    }
}

/* Starts HAProxy, with our end of its socket pair in offers. Returns its process ID, or -1 with errno set.
 *
 * A replacement gets our own process ID after -sf: HAProxy sends SIGUSR1 to the processes named there as soon as it
 * listens (management guide, section 4). It takes over the listening sockets (-x, section 3). If it bound them again, a
 * Unix socket would refuse connections until HAProxy calls listen, and connections that the old one has not accepted
 * would be lost when that one closes its socket. */
static pid_t start(const struct supervisor *supervisor, const struct config_file *config, int take, int *offers)
{
    char us[24];
    char other[24];
    char *const first[] = {"haproxy", "-db", "-f", (char *)config->path, NULL};
    char *const next[] = {"haproxy", "-db", "-f", (char *)config->path, "-sf", us, take < 0 ? NULL : "-x", other, NULL};
    int ends[2];
    pid_t child;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    bounded_format(us, sizeof us, "%ld", (long)getpid());
    bounded_format(other, sizeof other, "sockpair@%d", take);
    child = haproxy_start(supervisor->supervision->haproxy, supervisor->current > 0 ? next : first, -1,
                          &(struct handover){.offer = ends[1], .take = take});
    close(ends[1]);
    *offers = ends[0];
    if (child < 0)
        close_descriptor(offers);
    return child;
}

/* Returns false if the file of a Unix socket was removed: clients cannot reach that socket, so it must be bound again.
 */
static bool listeners_in_place(const struct environment *environment)
{
    const struct listener *listener;
    const char *prefix;
    struct stat file;

    for (size_t k = 0; (listener = environment_listener(environment, k, &prefix)) != NULL; k++)
        if (listener->kind == LISTEN_UNIX && (stat(listener->address, &file) != 0 || !S_ISSOCK(file.st_mode)))
            return false;
    return true;
}

/* Starts the replacement of the current one. Returns false with errno set on failure. */
static bool start_next(struct supervisor *supervisor, bool takes)
{
    supervisor->next_takes = takes;
    supervisor->next = start(supervisor, &supervisor->next_config, takes ? supervisor->current_offers : -1,
                             &supervisor->next_offers);
    return supervisor->next > 0;
}

static void signal_all(const struct supervisor *supervisor, int number)
{
    if (supervisor->current > 0)
        kill(supervisor->current, number);
    if (supervisor->next > 0)
        kill(supervisor->next, number);
    for (size_t i = 0; i < supervisor->old_count; i++)
        kill(supervisor->old[i], number);
}

static bool ends_in(const char *path, const char *name)
{
    size_t length = strlen(path);

    return length >= strlen(name) && strcmp(path + length - strlen(name), name) == 0;
}

bool supervision_check(const struct supervision *supervision, const struct config_file *config)
{
    const char *const *watched = supervision->watched;

    if (haproxy_check(supervision->haproxy, config->path) != 0)
        return false;
    for (size_t i = 0; i + 1 < WATCHED_MAX && watched[i] != NULL && watched[i + 1] != NULL; i++)
        if (ends_in(watched[i], "/cert.pem") && ends_in(watched[i + 1], "/key.pem") && access(watched[i], F_OK) == 0 &&
            !certificate_fits(supervision->haproxy, watched[i], watched[i + 1]))
            return false;
    return true;
}

/* Client certificates are required if there is a ca.pem. A reload must not change that: without the file, clients
 * without a certificate would be admitted; with a new one, all clients that have no certificate yet would be locked
 * out. */
static bool ca_has_changed(const struct supervisor *supervisor)
{
    const char *const *watched = supervisor->supervision->watched;
    struct fingerprint now;

    look(supervisor->supervision, &now);
    for (size_t i = 0; i < WATCHED_MAX && watched[i] != NULL; i++) {
        if (!ends_in(watched[i], "/ca.pem") || (supervisor->first.inode[i] == 0) == (now.inode[i] == 0))
            continue;
        if (now.inode[i] != 0)
            notice("reload: %s did not exist at the start: client certificates are required after a restart only; "
                   "nothing is reloaded",
                   watched[i]);
        else
            notice("reload: %s is gone: without it no client certificate would be required; the running one goes on",
                   watched[i]);
        return true;
    }
    return false;
}

static void forget_next(struct supervisor *supervisor)
{
    supervisor->next = 0;
    close_descriptor(&supervisor->next_offers);
    inventory_free(&supervisor->next_inventory);
    config_file_close(&supervisor->next_config);
}

/* Makes the next configuration. Logs the reason and returns false if that fails. */
static bool make_next(struct supervisor *supervisor)
{
    const struct supervision *supervision = supervisor->supervision;
    const char *directory = supervision->environment->settings.runtime_dir;
    struct problems problems = {.to = stderr};
    struct machine machine;
    char *config;
    bool made;

    machine_read(&machine, supervision->environment, &problems);
    config = config_text(supervision->environment, &machine, &supervisor->next_inventory, &problems);
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

static bool is_under_way(struct supervisor *supervisor)
{
    if (supervisor->next == 0)
        return false;
    supervisor->again = true;
    return true;
}

/* Reloads with an inventory that was just read, and takes ownership of it. */
static void reload_with(struct supervisor *supervisor, struct inventory *fresh)
{
    supervisor->next_inventory = *fresh;
    memset(fresh, 0, sizeof *fresh);
    if (ca_has_changed(supervisor) || !make_next(supervisor)) {
        forget_next(supervisor);
        return;
    }
    if (!start_next(supervisor, listeners_in_place(supervisor->supervision->environment))) {
        notice("reload: a new HAProxy cannot be started: %s; the running one goes on", strerror(errno));
        forget_next(supervisor);
    }
}

static void read_inventory(struct supervisor *supervisor, struct inventory *fresh)
{
    inventory_read(fresh, &supervisor->supervision->environment->settings, INVENTORY_MILLISECONDS_LATER);
    reach_told(&supervisor->reach, fresh);
    inventory_keep(fresh, &supervisor->supervision->inventory);
}

static void reload(struct supervisor *supervisor)
{
    struct inventory fresh;

    if (is_under_way(supervisor))
        return;
    read_inventory(supervisor, &fresh);
    reload_with(supervisor, &fresh);
}

/* Reloads if an Engine that responds again has reported something new. */
static void reload_if_new(struct supervisor *supervisor)
{
    struct inventory fresh;

    if (is_under_way(supervisor))
        return;
    read_inventory(supervisor, &fresh);
    if (inventory_equal(&fresh, &supervisor->supervision->inventory)) {
        inventory_free(&fresh);
        return;
    }
    notice("reload: an Engine responds, and has reported something new");
    reload_with(supervisor, &fresh);
}

/* Starts the reload that was requested during the last one. */
static void follow(struct supervisor *supervisor)
{
    if (!supervisor->again || supervisor->next != 0)
        return;
    supervisor->again = false;
    reload(supervisor);
}

static void forget_old(struct supervisor *supervisor, size_t i)
{
    supervisor->old_count--;
    memmove(supervisor->old + i, supervisor->old + i + 1, (supervisor->old_count - i) * sizeof *supervisor->old);
}

/* Once, as soon as all Engines have responded. */
static void check_containers(struct supervisor *supervisor)
{
    const struct supervision *supervision = supervisor->supervision;

    if (supervisor->checked || !supervision->inventory.complete)
        return;
    supervisor->checked = true;
    recreate_tell_aside(supervision->environment, &supervision->inventory);
}

/* Makes the next configuration and its inventory the current ones. */
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
    if (changed)
        tell_of_inventory(supervision->environment, &supervision->inventory);
    check_containers(supervisor);
}

/* The new HAProxy listens and becomes the current one. If too many old ones still serve their streams, the oldest is
 * killed: a client that keeps its connection must not prevent that certificates are renewed or withdrawn. */
static void take_over(struct supervisor *supervisor)
{
    if (supervisor->old_count == OLD_MAX) {
        notice("reload: %d replaced HAProxy processes still serve their streams; the oldest is ended", OLD_MAX);
        kill(supervisor->old[0], SIGKILL);
        forget_old(supervisor, 0);
    }
    kill(supervisor->current, SIGUSR1);
    supervisor->old[supervisor->old_count++] = supervisor->current;
    close_descriptor(&supervisor->current_offers);
    supervisor->current = supervisor->next;
    supervisor->current_offers = supervisor->next_offers;
    supervisor->next = 0;
    supervisor->next_offers = -1;
    adopt(supervisor);
    notice("reloaded: new connections get the new configuration and certificates, open ones go on");
}

static void watch(struct supervisor *supervisor)
{
    struct fingerprint now;
    bool rests;

    look(supervisor->supervision, &now);
    rests = memcmp(&now, &supervisor->seen, sizeof now) == 0;
    supervisor->seen = now;
    if (!rests || supervisor->next != 0 || memcmp(&now, &supervisor->running, sizeof now) == 0)
        return;
    supervisor->running = now;
    reload(supervisor);
}

/* The next one has ended before it listened. The cause may be that the current one did not hand over its listening
 * sockets within a second, HAProxy's limit. So the next one is tried once more, without them. */
static void next_ended(struct supervisor *supervisor)
{
    close_descriptor(&supervisor->next_offers);
    if (supervisor->deadline == 0 && supervisor->next_takes && start_next(supervisor, false))
        return;
    forget_next(supervisor);
    if (supervisor->deadline == 0)
        notice("reload: a new HAProxy did not start; the running one goes on");
}

/* Collects children that have ended; as PID 1 we inherit orphans too. Returns true, with the status, if no HAProxy is
 * left or the current one has ended by itself. */
static bool ended(struct supervisor *supervisor, int *status)
{
    pid_t child;
    int how;

    while ((child = waitpid(-1, &how, WNOHANG)) > 0) {
        if (child == supervisor->current) {
            supervisor->current = 0;
            *status = how;
        }
        if (child == supervisor->next)
            next_ended(supervisor);
        for (size_t i = 0; i < supervisor->old_count; i++)
            if (supervisor->old[i] == child) {
                forget_old(supervisor, i);
                break;
            }
    }
    if (supervisor->current != 0)
        return false;
    return supervisor->deadline == 0 || (supervisor->next == 0 && supervisor->old_count == 0);
}

static void stop(struct supervisor *supervisor)
{
    if (supervisor->deadline == 0)
        supervisor->deadline = seconds() + STOP_SECONDS;
    signal_all(supervisor, SIGUSR1);
}

static void on_signal(struct supervisor *supervisor, const struct signalfd_siginfo *received)
{
    int number = (int)received->ssi_signo;

    if (number == SIGUSR1 && supervisor->deadline == 0 && supervisor->next > 0 &&
        (pid_t)received->ssi_pid == supervisor->next)
        take_over(supervisor);
    else if (number == SIGHUP && supervisor->deadline == 0)
        reload(supervisor);
    else if (number == SIGTERM || number == SIGINT || number == SIGQUIT || number == SIGUSR1 || number == SIGUSR2)
        stop(supervisor);
}

/* How many milliseconds to wait for events; -1 for no limit. */
static int patience(const struct supervisor *supervisor)
{
    long patience = supervisor->deadline != 0                     ? 1000
                    : supervisor->supervision->watched[0] != NULL ? WATCH_SECONDS * 1000L
                                                                  : -1;
    long of_reach = supervisor->deadline != 0 ? -1 : reach_patience(&supervisor->reach);

    return (int)(patience < 0 || (of_reach >= 0 && of_reach < patience) ? of_reach : patience);
}

/* Waits for events, and handles them. */
static void wait_for_events(struct supervisor *supervisor)
{
    struct pollfd polled[1 + UPSTREAMS_MAX] = {{.fd = supervisor->signals, .events = POLLIN}};
    size_t count = 1 + (supervisor->deadline != 0 ? 0 : reach_poll(&supervisor->reach, polled + 1));
    struct signalfd_siginfo received;

    poll(polled, count, patience(supervisor));
    while (read(supervisor->signals, &received, sizeof received) == (ssize_t)sizeof received)
        on_signal(supervisor, &received);
    if (supervisor->deadline != 0) {
        if (seconds() >= supervisor->deadline)
            signal_all(supervisor, SIGKILL);
        return;
    }
    if (reach_step(&supervisor->reach))
        reload_if_new(supervisor);
    if (supervisor->supervision->watched[0] != NULL && seconds() >= supervisor->next_look) {
        supervisor->next_look = seconds() + WATCH_SECONDS;
        watch(supervisor);
    }
    follow(supervisor);
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
                                    .next_offers = -1,
                                    .next_config = {.fd = -1},
                                    .next_look = seconds() + WATCH_SECONDS};
    sigset_t ours = handled_signals();
    int status = 0;

    supervisor.signals = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
    if (supervisor.signals < 0) {
        notice("signalfd: %s", strerror(errno));
        return 1;
    }
    look(supervision, &supervisor.running);
    supervisor.seen = supervisor.first = supervisor.running;
    supervisor.current = start(&supervisor, &supervision->config, -1, &supervisor.current_offers);
    if (supervisor.current < 0) {
        notice("%s: cannot be started: %s", supervision->haproxy, strerror(errno));
        return 1;
    }
    check_containers(&supervisor);
    reach_begin(&supervisor.reach, &supervision->environment->settings, &supervision->inventory);
    while (!ended(&supervisor, &status))
        wait_for_events(&supervisor);
    if (supervisor.deadline == 0)
        report_end(status);
    /* Processes that have changed their user do not die with us (prctl(2), PR_SET_PDEATHSIG). */
    signal_all(&supervisor, SIGKILL);
    reach_end(&supervisor.reach);
    forget_next(&supervisor);
    close_descriptor(&supervisor.current_offers);
    close(supervisor.signals);
    return supervisor.deadline != 0 ? 0 : haproxy_exit_code(status);
}
