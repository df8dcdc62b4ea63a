/* LISTEN: where clients come in. */
#ifndef ENVIRONMENT_LISTENER_H
#define ENVIRONMENT_LISTENER_H

#include "base/variables.h"

#include <stddef.h>

#define LISTENERS_MAX   16
#define LISTEN_PATH_MAX 97 /* HAProxy binds a longer name first (sun_path less ten bytes, see its `bind`) */

enum listener_kind { LISTEN_TCP, LISTEN_TLS, LISTEN_UNIX };

struct listener {
    enum listener_kind kind;
    char address[256]; /* tcp, tls: IPv4 or IPv6 literal, "" for every address; unix: the path */
    unsigned port;     /* tcp, tls */
    unsigned mode;     /* unix: permission bits */
    long uid, gid;     /* unix: owner, -1 for whoever runs HAProxy */
};

struct listeners {
    size_t count;
    struct listener list[LISTENERS_MAX];
};

/* Reads LISTEN of a profile or of the base set, a list of tcp://[addr]:port, tls://[addr]:port and
 * unix:///path?mode=&uid=&gid= separated by commas or blanks. If it is unset, a profile has none, and the base set
 * those of BIND_CONFIG, or the preset. */
void listeners_read(struct listeners *listeners, const struct variables *variables, struct problems *problems);

#endif
