/* HAProxy as a program: is it new enough, is this configuration valid, run it. */
#ifndef HAPROXY_H
#define HAPROXY_H

#include "problems.h"

#include <stdbool.h>

/* Asks `haproxy -v`. Not there, not understood, or older than 3.0 is a problem. */
bool haproxy_usable(const char *haproxy, struct problems *problems);

/* The configuration as a path HAProxy can read: written to directory/haproxy.cfg, or, if directory is NULL, kept in
 * memory (memfd) so that no writable directory is needed. NULL with a problem told. The string is static. */
const char *haproxy_config_file(const char *directory, const char *config, struct problems *problems);

/* `haproxy -c`; its words go to stderr. Returns its exit code. */
int haproxy_check(const char *haproxy, const char *config_file);

/* Runs HAProxy until it ends and returns the exit code for our own end: HAProxy's, or 128 + signal. SIGTERM and SIGINT
 * become its graceful stop (SIGUSR1); it dies with us. HAProxy cannot be PID 1 itself: it has no handler for SIGTERM,
 * and the kernel then ignores the signal for PID 1. */
int haproxy_supervise(const char *haproxy, const char *config_file);

#endif
