/* The process that ends HAProxy if this program is killed. */
#include "process/orphans.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Waits until the other end of the pipe is closed, which only the end of the program does. */
static void watch(int pipe)
{
    sigset_t all;
    char byte;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    if (dup2(pipe, STDIN_FILENO) != STDIN_FILENO)
        _exit(1);
    closefrom(STDIN_FILENO + 1);
    while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
        continue;
    kill(0, SIGKILL); /* this process as well */
    _exit(0);
}

void orphans_begin(struct orphans *orphans)
{
    int ends[2];
    pid_t child;

    *orphans = (struct orphans){.ours = -1};
    if (geteuid() != 0 || getpid() == 1 || pipe2(ends, O_CLOEXEC) != 0)
        return;
    /* A grandchild, so that nobody takes it for a HAProxy. The group is named after the child between. */
    child = fork();
    if (child == 0) {
        if (setpgid(0, 0) == 0 && fork() == 0)
            watch(ends[0]);
        _exit(0);
    }
    close(ends[0]);
    if (child > 0)
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            continue;
    orphans->group = child > 0 ? child : 0;
    orphans->ours = ends[1];
}

void orphans_end(struct orphans *orphans)
{
    if (orphans->ours >= 0)
        close(orphans->ours);
    *orphans = (struct orphans){.ours = -1};
}
