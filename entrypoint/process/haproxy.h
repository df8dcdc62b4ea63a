/* HAProxy as a program: its version, its check of a configuration, its start. */
#ifndef PROCESS_HAPROXY_H
#define PROCESS_HAPROXY_H

#include "base/problems.h"

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* A running `haproxy -v`. */
struct version_query {
    const char *haproxy;
    pid_t child; /* -1: it could not be started, with the reason in error */
    int answer;  /* what it prints; -1 likewise */
    int error;
};

/* Starts `haproxy -v`, which takes some milliseconds that the caller has other work for. */
void haproxy_ask(struct version_query *query, const char *haproxy);

/* Waits for its end. Returns false, with a problem, if it cannot be run, prints something else or is older than 3.0. */
bool haproxy_usable(struct version_query *query, struct problems *problems);

/* A configuration as a file HAProxy can read. */
struct config_file {
    char path[PATH_MAX]; /* "" for none */
    int fd;              /* where it is kept in memory; -1 for none */
};

/* Writes the configuration to directory/haproxy.cfg.new, or to memory (memfd) if directory is NULL, so that no writable
 * directory is needed. Returns false with a problem on failure. Release with config_file_close. */
bool config_file_make(struct config_file *file, const char *directory, const char *config, struct problems *problems);

/* Renames it to directory/haproxy.cfg, which replaces the one in use; nothing to do in memory. Returns false with a
 * problem on failure. */
bool config_file_put(struct config_file *file, const char *directory, struct problems *problems);

/* Closes the memory file. A file in a directory stays. */
void config_file_close(struct config_file *file);

/* Runs `haproxy -c`, with its output on stderr. Returns its exit code, 1 if it cannot be started. */
int haproxy_check(const char *haproxy, const char *config_file);

/* Descriptors that a started HAProxy inherits, -1 for none. Those of the handover are each one end of a socket pair;
 * the other end is ours. The sockets pass as in HAProxy's management guide, section 3, option -x. */
struct handover {
    int health;  /* where it serves the health check, see process/health.h; haproxy.cfg reads the number from $HEALTH_FD
                  */
    int offer;   /* on which it will hand over its listening sockets; haproxy.cfg reads the number from $HANDOVER_FD */
    int take;    /* on which it gets those of the one that it replaces; its argument -x sockpair@NUMBER names it */
    pid_t group; /* the process group that it joins, see process/orphans.h; 0: that of this program */
};

/* Starts haproxy as a child, with no signal blocked or ignored. The kernel kills it when we end, unless it has changed
 * its user (prctl(2), PR_SET_PDEATHSIG; then see process/orphans.h). Its stdout goes to the descriptor out if that is
 * not -1; handover is NULL if it serves no clients. Returns its process ID, or -1 with errno set. */
pid_t haproxy_start(const char *haproxy, char *const arguments[], int out, const struct handover *handover);

/* Returns the exit code for a status of waitpid: the program's own, or 128 + signal. */
int haproxy_exit_code(int status);

#endif
