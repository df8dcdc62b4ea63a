/* The machine: file descriptors, IPv6, access to the Engines' sockets, names and the DNS. */
#ifndef ENVIRONMENT_MACHINE_H
#define ENVIRONMENT_MACHINE_H

#include "environment/environment.h"

#include <netinet/in.h>
#include <sys/types.h>

#define MAX_CONNECTIONS_DEFAULT 1024
#define OWN_NAMES_MAX           2
#define NAMESERVERS_MAX         8

/* The user and group that HAProxy runs as. */
struct credentials {
    bool drop; /* change to uid and gid; otherwise keep the present ones */
    uid_t uid;
    gid_t gid;
};

/* All that haproxy.cfg depends on besides the environment and the inventory. */
struct machine {
    long connections; /* of clients: MAX_CONNECTIONS, or a default that the limit of file descriptors allows */
    bool ipv6;        /* the kernel can bind an IPv6 address */
    bool stale;       /* the mount of an Engine's socket is stale, see upstream_is_stale */
    bool client_ca;   /* TLS_CERT_PATH has a ca.pem: clients need a certificate */
    struct credentials credentials;
    /* The names of this container in its networks. Docker and Podman resolve the short id, which is the host name
     * unless another one is set. */
    char own_names[OWN_NAMES_MAX][HOST_NAME_SIZE];
    size_t own_name_count;
    /* The present addresses of the upstreams that have a name; "none" if it cannot be resolved. HAProxy would
     * resolve each name once for each backend, and wait for the answers before it serves clients. */
    char first_addresses[UPSTREAMS_MAX][64];
    char nameservers[NAMESERVERS_MAX][INET6_ADDRSTRLEN]; /* from resolv.conf(5) */
    size_t nameserver_count;
};

/* Reads the machine for an environment; nothing has to be freed. A limit of file descriptors that is too low for
 * MAX_CONNECTIONS is a problem. Notices on stderr report when HAProxy must run as root, and when a socket is missing
 * or cannot be opened; these do not stop the start, because the socket may appear or change later. */
void machine_read(struct machine *machine, const struct environment *environment, struct problems *problems);

#endif
