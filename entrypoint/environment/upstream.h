/* SOCKET_PATH and UPSTREAM: the Engines that requests are forwarded to. */
#ifndef ENVIRONMENT_UPSTREAM_H
#define ENVIRONMENT_UPSTREAM_H

#include "base/variables.h"

#include <stddef.h>

#define UPSTREAMS_MAX 16

/* What is said of a stale mount; plain characters. */
#define UPSTREAM_STALE \
    "the mount is stale: the Engine has made a new socket since this container started; restart this container"

enum upstream_kind { UPSTREAM_UNIX, UPSTREAM_TCP, UPSTREAM_TLS };

struct upstream {
    enum upstream_kind kind;
    char host[256]; /* unix: the path; tcp, tls: a host name, an IPv4 address, or an IPv6 address without brackets */
    unsigned port;  /* tcp, tls */
};

struct upstreams {
    size_t count;
    struct upstream list[UPSTREAMS_MAX]; /* in the order of preference */
};

/* Reads UPSTREAM, a list of unix:///path, tcp://host:port and tls://host:port, separated by commas or blanks. If it
 * is unset, SOCKET_PATH is the only upstream. A wrong item is a problem. */
void upstreams_read(struct upstreams *upstreams, const struct variables *variables, struct problems *problems);

/* The path of the first Unix socket among the upstreams, else the default of SOCKET_PATH. */
const char *upstreams_socket(const struct upstreams *upstreams);

/* Whether the host is a name, which has to be resolved. */
bool upstream_has_name(const struct upstream *upstream);

/* What the file of a unix:// upstream shows to be wrong: that it is missing, is not a socket, or is a stale mount. The
 * text, of plain characters, goes on after the path and a colon. NULL if nothing is, or it is another upstream. */
const char *upstream_fault(const struct upstream *upstream);

/* Whether the socket is a stale mount: it was mounted as a file, and the Engine has removed it since, as it does when
 * it makes a new one. The mount then shows the removed one until the container is restarted. */
bool upstream_is_stale(const struct upstream *upstream);

/* Whether any of them is. */
bool upstreams_stale(const struct upstreams *upstreams);

/* Writes the URL of the upstream, such as unix:///run/docker.sock or tcp://[::1]:2375. False if it does not fit. */
bool upstream_url(const struct upstream *upstream, char *url, size_t size);

#endif
