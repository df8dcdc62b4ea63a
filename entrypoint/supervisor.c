#include "supervisor.h"

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
#define TAKEOVER_SECONDS 1 /* for a new HAProxy to be listening */
#define OLD_MAX 32

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
    pid_t old[OLD_MAX]; /* replaced, still serving their last streams */
    size_t old_count;
    time_t deadline; /* of a stop under way, 0 for none */
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

static pid_t start(const struct supervisor *supervisor)
{
    const struct supervision *supervision = supervisor->supervision;
    char *const arguments[] = {"haproxy", "-db", "-f", (char *)supervision->config_file, NULL};

    return haproxy_start(supervision->haproxy, arguments, -1, &supervisor->before);
}

static void signal_all(const struct supervisor *supervisor, int number)
{
    if (supervisor->current > 0)
        kill(supervisor->current, number);
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

static void reload(struct supervisor *supervisor)
{
    struct timespec patience = {.tv_sec = TAKEOVER_SECONDS};
    pid_t next;

    if (supervisor->old_count == OLD_MAX) {
        notice("reload: %d replaced HAProxys still serve their streams; not yet another one", OLD_MAX);
        return;
    }
    if (!supervision_check(supervisor->supervision)) {
        notice("reload: HAProxy refuses what it would read now; the running one goes on");
        return;
    }
    next = start(supervisor);
    nanosleep(&patience, NULL);
    if (next < 0 || waitpid(next, NULL, WNOHANG) != 0) {
        notice("reload: a new HAProxy did not start; the running one goes on");
        return;
    }
    kill(supervisor->current, SIGUSR1);
    supervisor->old[supervisor->old_count++] = supervisor->current;
    supervisor->current = next;
    notice("reloaded: new connections get the new certificates, open ones go on");
}

static void watch(struct supervisor *supervisor)
{
    struct fingerprint now;
    bool rests;

    look(supervisor->supervision, &now);
    rests = memcmp(&now, &supervisor->seen, sizeof now) == 0;
    supervisor->seen = now;
    if (!rests || supervisor->old_count == OLD_MAX || memcmp(&now, &supervisor->running, sizeof now) == 0)
        return; /* with too many still serving, later */
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
        for (size_t i = 0; i < supervisor->old_count; i++)
            if (supervisor->old[i] == child)
                supervisor->old[i] = supervisor->old[--supervisor->old_count];
    }
    if (supervisor->current != 0)
        return false;
    return supervisor->deadline == 0 || supervisor->old_count == 0;
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
    int received = watches || supervisor->deadline != 0 ? sigtimedwait(&supervisor->ours, NULL, &patience)
                                                        : sigwaitinfo(&supervisor->ours, NULL);

    if (received == SIGTERM || received == SIGINT || received == SIGUSR1)
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
    static const int signals[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGCHLD};
    struct supervisor supervisor = {.supervision = supervision};
    int status = 0;

    sigemptyset(&supervisor.ours);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaddset(&supervisor.ours, signals[i]);
    sigprocmask(SIG_BLOCK, &supervisor.ours, &supervisor.before);
    look(supervision, &supervisor.running);
    supervisor.seen = supervisor.running;
    supervisor.current = start(&supervisor);
    if (supervisor.current < 0) {
        notice("%s: cannot be started: %s", supervision->haproxy, strerror(errno));
        return 1;
    }
    while (!ended(&supervisor, &status))
        wait_for_signal(&supervisor);
    return supervisor.deadline != 0 ? 0 : haproxy_exit_code(status);
}
