/* LISTEN: where clients come in. */
#ifndef LISTENER_H
#define LISTENER_H

#include "variables.h"

#include <stddef.h>

#define LISTENERS_MAX 16
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

/* Whether the path may stand in haproxy.cfg as it is: absolute, and without a character that means something there. */
bool plain_path(const char *path);

/* A port from 1 to 65535, and nothing else. */
bool port_read(const char *text, unsigned *port);

/* Reads the comma-separated list of tcp://[addr]:port, tls://[addr]:port and unix:///path?mode=&uid=&gid= in the variable
 * name; unset it is preset, or empty if that is NULL. */
void listeners_read(struct listeners *listeners, const struct variables *variables, const char *name,
                    const char *preset, struct problems *problems);

/* Tecnativa's BIND_CONFIG, what follows HAProxy's `bind`: ":::2375 v4v6", "*:2375", "127.0.0.1:2375". */
void listeners_read_bind_config(struct listeners *listeners, const char *value, struct problems *problems);

#endif
