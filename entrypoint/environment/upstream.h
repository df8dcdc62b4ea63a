/* SOCKET_PATH and UPSTREAM: the Engines that requests go to. */
#ifndef ENVIRONMENT_UPSTREAM_H
#define ENVIRONMENT_UPSTREAM_H

#include "base/variables.h"

#include <stddef.h>

#define UPSTREAMS_MAX 16

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

/* Reads UPSTREAM, a comma-separated list of unix://path, tcp://host:port and tls://host:port; unset, it is SOCKET_PATH.
 */
void upstreams_read(struct upstreams *upstreams, const struct variables *variables, struct problems *problems);

/* The path of the first Unix socket among them, or Docker's usual one. */
const char *upstreams_socket(const struct upstreams *upstreams);

/* Whether the host is a name; addresses and sockets need nobody to resolve them. */
bool upstream_has_name(const struct upstream *upstream);

/* The upstream as one writes it: unix:///var/run/docker.sock, tcp://manager:2375. Returns false if it does not fit. */
bool upstream_url(const struct upstream *upstream, char *url, size_t size);

#endif
