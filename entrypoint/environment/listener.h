/* LISTEN: the addresses and sockets on which the proxy accepts clients; METRICS_LISTEN: those of the metrics. */
#ifndef ENVIRONMENT_LISTENER_H
#define ENVIRONMENT_LISTENER_H

#include "base/variables.h"

#include <stddef.h>

#define LISTENERS_MAX   16
#define LISTEN_PATH_MAX 97 /* HAProxy first binds a temporary name that is ten bytes longer (sun_path has 107) */

enum listener_kind { LISTEN_TCP, LISTEN_TLS, LISTEN_UNIX };

struct listener {
    enum listener_kind kind;
    char address[256]; /* tcp, tls: an IPv4 or IPv6 address, "" for every address; unix: the path */
    unsigned port;     /* tcp, tls */
    unsigned mode;     /* unix: permission bits */
    long uid, gid;     /* unix: owner; -1 for the user and group of HAProxy */
};

struct listeners {
    size_t count;
    struct listener list[LISTENERS_MAX];
};

/* Reads LISTEN of a profile or of the base set: a list of tcp://[addr]:port, tls://[addr]:port and
 * unix:///path?mode=&uid=&gid=, separated by commas or blanks. If it is unset, a profile has no listeners, and the
 * base set those of BIND_CONFIG or the default. A wrong item is a problem.
 *
 * Reads METRICS_LISTEN, if id is VAR_METRICS_LISTEN, in the same form, except that a missing address means 127.0.0.1:
 * only * stands for every address. If it is unset, there are no listeners. */
void listeners_read(struct listeners *listeners, enum variable_id id, const struct variables *variables,
                    struct problems *problems);

#endif
