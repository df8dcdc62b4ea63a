/* HAProxy as a program: is it new enough, is this configuration valid, run it. */
#ifndef PROCESS_HAPROXY_H
#define PROCESS_HAPROXY_H

#include "base/problems.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* Asks `haproxy -v`. Not there, not understood, or older than 3.0 is a problem. */
bool haproxy_usable(const char *haproxy, struct problems *problems);

/* A configuration as a file HAProxy can read. */
struct config_file {
    char path[PATH_MAX]; /* "" for none */
    int fd;              /* where it is kept in memory; -1 for none */
};

/* Writes the configuration to directory/haproxy.cfg.new, or, if directory is NULL, keeps it in memory (memfd) so that
 * no writable directory is needed. False with a problem told. Release with config_file_close. */
bool config_file_make(struct config_file *file, const char *directory, const char *config, struct problems *problems);

/* Makes it directory/haproxy.cfg: it is the one that is used from now on. False with a problem told. */
bool config_file_put(struct config_file *file, const char *directory, struct problems *problems);
void config_file_close(struct config_file *file);

/* `haproxy -c`; its words go to stderr. Returns its exit code. */
int haproxy_check(const char *haproxy, const char *config_file);

/* Descriptors that a started HAProxy inherits, -1 for none. Each is an end of a socket pair whose other end is ours. */
struct handover {
    int offer; /* on which it hands over its listening sockets; haproxy.cfg finds the number in $HANDOVER_FD */
    int take;  /* on which the one that it replaces does, named in its arguments as -x sockpair@NUMBER */
};

/* Starts haproxy as a child that dies with us, unless it changes its user, with no signal blocked or ignored. Its
 * stdout goes to the descriptor out if that is not -1; handover is NULL for one that serves no clients. Returns its
 * process, or -1 with errno set. */
pid_t haproxy_start(const char *haproxy, char *const arguments[], int out, const struct handover *handover);

/* The exit code for a status of waitpid: the program's own, or 128 + signal. */
int haproxy_exit_code(int status);

#endif
