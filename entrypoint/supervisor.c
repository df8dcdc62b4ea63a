#include "supervisor.h"

#include "bounded.h"
#include "certificates.h"
#include "haproxy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STOP_SECONDS 5
#define WATCH_SECONDS 2
#define OLD_MAX 8

/* What tells one version of the watched files from another. */
struct fingerprint {
    struct timespec changed[WATCHED_MAX];
    off_t size[WATCHED_MAX];
    ino_t inode[WATCHED_MAX];
};

struct supervisor {
    const struct supervision *supervision;
    sigset_t ours;
    sigset_t before;
    pid_t current;
    pid_t next;         /* started to replace the current one, does not listen yet; 0 for none */
    pid_t old[OLD_MAX]; /* replaced, still serving their last streams */
    size_t old_count;
    time_t deadline; /* of a stop under way, 0 for none */
    struct fingerprint first;   /* what was there when the configuration was made */
    struct fingerprint running; /* what HAProxy has read */
    struct fingerprint seen;    /* what the last look saw: a change counts once it rests */
};

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

/* One that replaces another is told that it replaces us: HAProxy sends those it replaces a SIGUSR1 once it listens, and
 * no sooner (management guide, section 4). */
static pid_t start(const struct supervisor *supervisor)
{
    const struct supervision *supervision = supervisor->supervision;
    char us[24];
    char *const arguments[] = {"haproxy", "-db", "-f", (char *)supervision->config_file,
                               supervisor->current > 0 ? "-sf" : NULL, us, NULL};

    bounded_format(us, sizeof us, "%ld", (long)getpid());
    return haproxy_start(supervision->haproxy, arguments, -1, &supervisor->before);
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

bool supervision_check(const struct supervision *supervision)
{
    const char *const *watched = supervision->watched;

    if (haproxy_check(supervision->haproxy, supervision->config_file) != 0)
        return false;
    for (size_t i = 0; i + 1 < WATCHED_MAX && watched[i] != NULL && watched[i + 1] != NULL; i++)
        if (ends_in(watched[i], "/cert.pem") && ends_in(watched[i + 1], "/key.pem") && access(watched[i], F_OK) == 0 &&
            !certificate_fits(supervision->haproxy, watched[i], watched[i + 1]))
            return false;
    return true;
}

/* The configuration asks for client certificates only if there was a ca.pem when it was made. */
static bool ca_has_come(const struct supervisor *supervisor)
{
    const char *const *watched = supervisor->supervision->watched;
    struct fingerprint now;

    look(supervisor->supervision, &now);
    for (size_t i = 0; i < WATCHED_MAX && watched[i] != NULL; i++)
        if (ends_in(watched[i], "/ca.pem") && supervisor->first.inode[i] == 0 && now.inode[i] != 0) {
            notice("reload: %s was not there at the start: client certificates are asked for after a restart only; nothing is "
                   "reloaded",
                   watched[i]);
            return true;
        }
    return false;
}

static void reload(struct supervisor *supervisor)
{
    if (supervisor->next != 0) {
        notice("reload: one is under way");
        return;
    }
    if (ca_has_come(supervisor))
        return;
    if (!supervision_check(supervisor->supervision)) {
        notice("reload: HAProxy refuses what it would read now; the running one goes on");
        return;
    }
    supervisor->next = start(supervisor);
    if (supervisor->next < 0) {
        notice("reload: a new HAProxy cannot be started: %s; the running one goes on", strerror(errno));
        supervisor->next = 0;
    }
}

static void forget_old(struct supervisor *supervisor, size_t i)
{
    supervisor->old_count--;
    memmove(supervisor->old + i, supervisor->old + i + 1, (supervisor->old_count - i) * sizeof *supervisor->old);
}

/* The new HAProxy listens. Where too many old ones still serve their streams, the oldest of them ends: no client may keep
 * certificates from being renewed, or taken back, by holding on to its connection. */
static void take_over(struct supervisor *supervisor)
{
    if (supervisor->old_count == OLD_MAX) {
        notice("reload: %d replaced HAProxys still serve their streams; the oldest is ended", OLD_MAX);
        kill(supervisor->old[0], SIGKILL);
        forget_old(supervisor, 0);
    }
    kill(supervisor->current, SIGUSR1);
    supervisor->old[supervisor->old_count++] = supervisor->current;
    supervisor->current = supervisor->next;
    supervisor->next = 0;
    notice("reloaded: new connections get the new certificates, open ones go on");
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

/* Collects children that have ended; as PID 1 we inherit orphans too. Returns true, with the status, when nothing that
 * serves is left or the current HAProxy has ended by itself. */
static bool ended(struct supervisor *supervisor, int *status)
{
    pid_t child;
    int how;

    while ((child = waitpid(-1, &how, WNOHANG)) > 0) {
        if (child == supervisor->current) {
            supervisor->current = 0;
            *status = how;
        }
        if (child == supervisor->next) {
            supervisor->next = 0;
            if (supervisor->deadline == 0)
                notice("reload: a new HAProxy did not start; the running one goes on");
        }
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

static void wait_for_signal(struct supervisor *supervisor)
{
    bool watches = supervisor->supervision->watched[0] != NULL;
    struct timespec patience = {.tv_sec = supervisor->deadline != 0 ? 1 : WATCH_SECONDS};
    siginfo_t from;
    int received = watches || supervisor->deadline != 0 ? sigtimedwait(&supervisor->ours, &from, &patience)
                                                        : sigwaitinfo(&supervisor->ours, &from);

    if (received == SIGUSR1 && supervisor->deadline == 0 && from.si_pid == supervisor->next)
        take_over(supervisor);
    else if (received == SIGTERM || received == SIGINT || received == SIGUSR1)
        stop(supervisor);
    else if (supervisor->deadline != 0 && seconds() >= supervisor->deadline)
        signal_all(supervisor, SIGKILL);
    else if (supervisor->deadline == 0 && received == SIGHUP)
        reload(supervisor);
    else if (supervisor->deadline == 0 && watches && received < 0)
        watch(supervisor);
}

int supervise(const struct supervision *supervision)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGCHLD, SIGTTOU, SIGTTIN};
    struct supervisor supervisor = {.supervision = supervision};
    int status = 0;

    sigemptyset(&supervisor.ours);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&supervisor.ours, signals[i]);
    sigprocmask(SIG_BLOCK, &supervisor.ours, &supervisor.before);
    look(supervision, &supervisor.running);
    supervisor.seen = supervisor.first = supervisor.running;
    supervisor.current = start(&supervisor);
    if (supervisor.current < 0) {
        notice("%s: cannot be started: %s", supervision->haproxy, strerror(errno));
        return 1;
    }
    while (!ended(&supervisor, &status))
        wait_for_signal(&supervisor);
    signal_all(&supervisor, SIGKILL); /* those that have changed their user do not die with us (prctl(2), PR_SET_PDEATHSIG) */
    return supervisor.deadline != 0 ? 0 : haproxy_exit_code(status);
}
