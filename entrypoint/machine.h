/* What the machine gives and allows: file descriptors, IPv6, processors, and the right to the Docker socket. */
#ifndef MACHINE_H
#define MACHINE_H

#include "problems.h"
#include "upstream.h"

#include <stdbool.h>
#include <sys/types.h>

#define MAX_CONNECTIONS_DEFAULT 1024

/* As whom HAProxy is to run. */
struct credentials {
    bool drop; /* change to uid and gid; otherwise stay who we are */
    uid_t uid;
    gid_t gid;
};

/* How many connections to serve: wanted, or 0 for the default, bounded by the hard limit of file descriptors (two per
 * connection and a few for HAProxy itself). A wanted number that the limit forbids is a problem. */
long machine_connections(long wanted, struct problems *problems);

/* Threads for HAProxy: the processors we may run on, four at most; a proxy for one socket needs no more. */
int machine_threads(void);

/* Whether the kernel can bind an IPv6 address. */
bool machine_has_ipv6(void);

/* As whom to serve the Engines with the least rights: an unprivileged user with the group that owns the socket; root only
 * when nothing less can open it. Says on stderr when it must stay root, and when a socket cannot be opened as things are;
 * neither stops a start, since the socket may appear or change later. */
struct credentials machine_credentials(const struct upstreams *upstreams);

#endif
