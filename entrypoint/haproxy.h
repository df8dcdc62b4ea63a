/* HAProxy as a program: is it new enough, is this configuration valid, run it. */
#ifndef HAPROXY_H
#define HAPROXY_H

#include "problems.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* Asks `haproxy -v`. Not there, not understood, or older than 3.0 is a problem. */
bool haproxy_usable(const char *haproxy, struct problems *problems);

/* The configuration as a path HAProxy can read: written to directory/haproxy.cfg, or, if directory is NULL, kept in
 * memory (memfd) so that no writable directory is needed. NULL with a problem told. The string is static. */
const char *haproxy_config_file(const char *directory, const char *config, struct problems *problems);

/* `haproxy -c`; its words go to stderr. Returns its exit code. */
int haproxy_check(const char *haproxy, const char *config_file);

/* Starts haproxy as a child that dies with us, unless it changes its user. Its stdout goes to the descriptor out if that
 * is not -1; it gets the signal mask if that is not NULL. Returns its process, or -1 with errno set. */
pid_t haproxy_start(const char *haproxy, char *const arguments[], int out, const sigset_t *mask);

/* The exit code for a status of waitpid: the program's own, or 128 + signal. */
int haproxy_exit_code(int status);

#endif
