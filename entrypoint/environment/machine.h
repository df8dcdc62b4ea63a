/* What the machine gives and allows: processors, file descriptors, IPv6, the right to the Docker socket, and the DNS.
 */
#ifndef ENVIRONMENT_MACHINE_H
#define ENVIRONMENT_MACHINE_H

#include "environment/environment.h"

#include <netinet/in.h>
#include <sys/types.h>

#define MAX_CONNECTIONS_DEFAULT 1024
#define OWN_NAMES_MAX           2
#define NAMESERVERS_MAX         8

/* As whom HAProxy is to run. */
struct credentials {
    bool drop; /* change to uid and gid; otherwise stay who we are */
    uid_t uid;
    gid_t gid;
};

/* All that haproxy.cfg depends on besides the environment and what the Engines say. */
struct machine {
    int threads; /* for HAProxy: the processors we may run on, four at most; a proxy for one socket needs no more */
    long connections; /* to serve: MAX_CONNECTIONS, bounded by the hard limit of file descriptors */
    bool ipv6;        /* the kernel can bind an IPv6 address */
    bool client_ca;   /* TLS_CERT_PATH has a ca.pem: clients need a certificate */
    struct credentials credentials;
    /* The names that the container network may have for this container. Docker and Podman resolve the short ID, which
     * is the host name unless another one was set. */
    char own_names[OWN_NAMES_MAX][HOST_NAME_SIZE];
    size_t own_name_count;
    /* The addresses that upstreams with a name have now, "none" where there is none: HAProxy would query each of them
     * once for each backend, and wait for each answer before it serves anyone. */
    char first_addresses[UPSTREAMS_MAX][64];
    char nameservers[NAMESERVERS_MAX][INET6_ADDRSTRLEN]; /* of resolv.conf(5) */
    size_t nameserver_count;
};

/* Reads it for the environment; nothing is kept or has to be freed. A limit of file descriptors that forbids
 * MAX_CONNECTIONS is a problem. A notice on stderr says when HAProxy must stay root, and when a socket cannot be opened
 * as things are; neither stops a start, since the socket may appear or change later. */
void machine_read(struct machine *machine, const struct environment *environment, struct problems *problems);

#endif
