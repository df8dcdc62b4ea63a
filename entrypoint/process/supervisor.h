/* The supervisor: HAProxy as our child, from its start to its end. */
#ifndef PROCESS_SUPERVISOR_H
#define PROCESS_SUPERVISOR_H

#include "process/follower.h"
#include "process/haproxy.h"
#include "inventory/inventory.h"
#include "environment/environment.h"

/* What to run, and the sources of its configuration. */
struct supervision {
    const struct environment *environment; /* the one in force: that of the start, not owned, or `reloaded` */
    struct environment *reloaded;          /* what the last reload read; owned, NULL before; release with policy_free */
    char *const *variables;                /* of the process: what a reload reads again, with its files; not owned */
    struct inventory inventory;            /* the one in the configuration; owned, replaced by a reload */
    struct config_file config;             /* owned, replaced by a reload */
    struct follower follower;              /* for the HAProxy with this configuration; supervise takes it over */
};

/* Returns whether HAProxy accepts the configuration and the certificates as they are now; errors go to stderr. */
bool supervision_check(const struct supervision *supervision, const struct config_file *config);

/* Blocks the signals that supervise handles, so that none is lost before it runs (the kernel discards signals that PID
 * 1 neither blocks nor handles), and ignores SIGPIPE. */
void supervisor_hold_signals(void);

/* Runs HAProxy until it ends, and returns the exit code for our own end.
 *
 * HAProxy needs a parent because it has no handler for SIGTERM, so that the kernel ignores the signal if HAProxy is PID
 * 1, and because renewed certificates need a reload.
 *
 * On SIGTERM, SIGINT, SIGQUIT, SIGUSR1 and SIGUSR2, HAProxy stops listening and finishes open requests, five seconds at
 * most (Docker gives a container ten); supervise returns 0.
 *
 * A reload reads the machine, queries the Engines (inventory/inventory.h) and renders the configuration again. A new
 * HAProxy takes over the listening sockets with their mode and owner. The old one ends with its last stream, or once
 * eight newer ones have been replaced too. On an error it is logged, and the running HAProxy and its policy stay.
 * Causes of a reload are SIGHUP and a changed file, for which the variables are read again (process/policy.h), a
 * changed certificate, and an Engine that responds for the first time or again and reports something new. If one is
 * requested during another, it follows it.
 *
 * Each HAProxy has a follower (process/follower.h) if its configuration needs one. If the follower ends by itself,
 * another one begins; for a HAProxy that has been replaced that is not possible, so that one is ended too.
 *
 * If no Engine has been reached for EXIT_WHEN_UNREACHABLE, it stops in the same way, and supervise returns 4.
 *
 * If HAProxy ends by itself, returns its exit code, or 128 + signal. */
int supervise(struct supervision *supervision);

#endif
