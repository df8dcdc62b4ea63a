/* HAProxy as a program: its version, its configuration file, its start. */
#include "process/haproxy.h"

#include "base/descriptor.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Lets HAProxy inherit a descriptor, -1 for none, whose number it finds in the variable. */
static bool inherit_as(const char *variable, int fd)
{
    char number[12];

    if (fd < 0)
        return unsetenv(variable) == 0;
    bounded_format(number, sizeof number, "%d", fd);
    return setenv(variable, number, 1) == 0 && fcntl(fd, F_SETFD, 0) == 0;
}

/* Lets HAProxy inherit the descriptors of the handover. All others are closed at exec. */
static bool inherit(const struct handover *handover)
{
    static const struct handover none = {.health = -1, .offer = -1, .take = -1};

    if (handover == NULL)
        handover = &none;
    return inherit_as("HEALTH_FD", handover->health) && inherit_as("HANDOVER_FD", handover->offer) &&
           (handover->take < 0 || fcntl(handover->take, F_SETFD, 0) == 0);
}

pid_t haproxy_start(const char *haproxy, char *const arguments[], int out, const struct handover *handover)
{
    pid_t parent = getpid();
    pid_t child = fork();
    sigset_t none;

    if (child != 0)
        return child;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(1);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (!inherit(handover) || (handover != NULL && handover->group > 0 && setpgid(0, handover->group) != 0))
        _exit(1);
    if (out >= 0 && dup2(out, STDOUT_FILENO) < 0)
        _exit(1);
    execvp(haproxy, arguments);
    notice("%s: %s; install HAProxy 3.0 or newer, or set HAPROXY to it", haproxy, strerror(errno));
    _exit(127);
}

int haproxy_exit_code(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int wait_for(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return 1;
    return haproxy_exit_code(status);
}

void haproxy_ask(struct version_query *query, const char *haproxy)
{
    char *const arguments[] = {"haproxy", "-v", NULL};
    int ends[2] = {-1, -1};

    *query = (struct version_query){.haproxy = haproxy, .child = -1, .answer = -1};
    if (pipe2(ends, O_CLOEXEC) == 0)
        query->child = haproxy_start(haproxy, arguments, ends[1], NULL);
    query->error = errno;
    query->answer = ends[0];
    descriptor_close(&ends[1]);
}

bool haproxy_usable(struct version_query *query, struct problems *problems)
{
    static const char greeting[] = "HAProxy version ";
    const char *haproxy = query->haproxy;
    char line[256] = "";
    FILE *answer = query->child < 0 ? NULL : fdopen(query->answer, "r");
    long major;
    char *rest = line;
    int code;

    if (answer == NULL) {
        problem(problems, "%s: cannot be started: %s", haproxy, strerror(query->child < 0 ? query->error : errno));
        descriptor_close(&query->answer);
        return false;
    }
    if (fgets(line, sizeof line, answer) == NULL)
        line[0] = '\0';
    fclose(answer);
    code = wait_for(query->child);
    major = strncmp(line, greeting, strlen(greeting)) == 0 ? strtol(line + strlen(greeting), &rest, 10) : 0;
    if (code == 127)
        problem(problems, "%s cannot be run", haproxy);
    else if (major <= 0 || *rest != '.')
        problem(problems, "%s -v does not print a version of HAProxy", haproxy);
    else if (major < 3)
        problem(problems,
                "%s is HAProxy %.*s: 3.0 or newer is needed, older ones break docker exec and attach; set HAPROXY to a "
                "newer one",
                haproxy, (int)strcspn(line + strlen(greeting), " -\n"), line + strlen(greeting));
    else
        return true;
    return false;
}

static bool write_all(int fd, const char *bytes)
{
    size_t left = strlen(bytes);

    while (left > 0) {
        ssize_t wrote = write(fd, bytes, left);

        if (wrote < 0 && errno != EINTR)
            return false;
        if (wrote > 0) {
            bytes += wrote;
            left -= (size_t)wrote;
        }
    }
    return true;
}

static bool set_path(struct config_file *file, const char *directory, const char *name, struct problems *problems)
{
    if ((size_t)snprintf(file->path, sizeof file->path, "%s/%s", directory, name) < sizeof file->path)
        return true;
    file->path[0] = '\0';
    problem(problems, "RUNTIME_DIRECTORY=%s: the path is too long", directory);
    return false;
}

bool config_file_make(struct config_file *file, const char *directory, const char *config, struct problems *problems)
{
    int fd;
    bool written;

    file->path[0] = '\0';
    file->fd = -1;
    if (directory == NULL) {
        fd = file->fd = memfd_create("haproxy.cfg", 0); /* inherited by HAProxy, which opens it by this name */
        snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", fd);
    } else {
        if (!set_path(file, directory, "haproxy.cfg.new", problems))
            return false;
        fd = open(file->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    }
    if (fd < 0) {
        problem(problems, "%s: %s; RUNTIME_DIRECTORY must be a writable directory; without it none is needed",
                file->path, strerror(errno));
        return false;
    }
    written = write_all(fd, config);
    if (directory != NULL && close(fd) != 0)
        written = false;
    if (written)
        return true;
    problem(problems, "%s: %s", file->path, strerror(errno));
    if (directory != NULL)
        unlink(file->path);
    config_file_close(file);
    return false;
}

bool config_file_put(struct config_file *file, const char *directory, struct problems *problems)
{
    char from[PATH_MAX];

    if (directory == NULL)
        return true;
    memcpy(from, file->path, sizeof from);
    if (!set_path(file, directory, "haproxy.cfg", problems))
        return false;
    if (rename(from, file->path) == 0)
        return true;
    problem(problems, "%s: %s", file->path, strerror(errno));
    return false;
}

void config_file_close(struct config_file *file)
{
    descriptor_close(&file->fd);
    file->path[0] = '\0';
}

int haproxy_check(const char *haproxy, const char *config_file)
{
    char *const arguments[] = {"haproxy", "-c", "-f", (char *)config_file, NULL};
    pid_t child = haproxy_start(haproxy, arguments, STDERR_FILENO, NULL);

    return child < 0 ? 1 : wait_for(child);
}
