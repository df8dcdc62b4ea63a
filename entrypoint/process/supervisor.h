/* HAProxy as our child, from its start to its end. */
#ifndef PROCESS_SUPERVISOR_H
#define PROCESS_SUPERVISOR_H

#include "process/haproxy.h"
#include "inventory/inventory.h"
#include "environment/environment.h"

#define WATCHED_MAX 8

/* What to run, what it is made of, and the files whose change asks for a reload. */
struct supervision {
    const char *haproxy;
    const struct environment *environment; /* neither is owned */
    struct inventory inventory;            /* what the configuration was made with; owned, and renewed */
    struct config_file config;             /* likewise */
    const char *watched[WATCHED_MAX];      /* certificates; NULL after the last */
};

/* Whether HAProxy takes the configuration and the certificates as they are now; what is wrong goes to stderr. */
bool supervision_check(const struct supervision *supervision, const struct config_file *config);

/* Holds the signals that supervise handles until it does, so that none is lost (the kernel discards what PID 1 neither
 * blocks nor handles), and keeps a reader of the log that goes from ending us. */
void supervisor_hold_signals(void);

/* Runs HAProxy until it ends, and returns the exit code for our own end.
 *
 * Why a parent at all: HAProxy has no handler for SIGTERM, so that the kernel ignores the signal when HAProxy is PID 1,
 * and somebody has to see that a certificate was renewed.
 *
 * SIGTERM, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2: HAProxy stops listening and lets what is under way end, five seconds at
 * most (Docker gives a container ten); returns 0. A reload looks at the machine, asks the Engines
 * (inventory/inventory.h) and makes the configuration anew; a new HAProxy takes over the listening sockets as they are,
 * with their mode and owner, and serves once it is ready, the old one ends with its last stream, or when eight newer
 * ones have been replaced as well; what cannot be made, or HAProxy refuses, is told, and nothing changes. These ask for
 * one: SIGHUP; a watched file that has changed; an Engine that answers again, or for the first time, if what it says is
 * not what the configuration was made with. One that is asked for during another one follows it. If HAProxy ends by
 * itself, returns its exit code, or 128 + signal. */
int supervise(struct supervision *supervision);

#endif
