/* HAProxy as our child, from its start to its end. */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>

#define WATCHED_MAX 8

/* What to run, and the files whose change asks for a reload. Nothing is owned. */
struct supervision {
    const char *haproxy;
    const char *config_file;
    const char *watched[WATCHED_MAX]; /* certificates; NULL after the last */
};

/* Whether HAProxy takes the configuration and the certificates as they are now; what is wrong goes to stderr. */
bool supervision_check(const struct supervision *supervision);

/* Runs HAProxy until it ends, and returns the exit code for our own end.
 *
 * Why a parent at all: HAProxy has no handler for SIGTERM, so that the kernel ignores the signal when HAProxy is PID 1,
 * and somebody has to see that a certificate was renewed.
 *
 * SIGTERM, SIGINT, SIGUSR1: HAProxy stops listening and lets what is under way end, five seconds at most (Docker gives a
 * container ten); returns 0. SIGHUP, or a watched file that has changed: a new HAProxy takes over the listeners once it is
 * ready, the old one ends with its last stream, or when eight newer ones have been replaced as well; a configuration or
 * certificate that HAProxy refuses is told, and nothing changes.
 * If HAProxy ends by itself, returns its exit code, or 128 + signal. */
int supervise(const struct supervision *supervision);

#endif
