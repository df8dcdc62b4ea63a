/* The inventory: what the Engines report of the own container and of those that hold their sockets. The proxy
 * protects these (see inventory/protection.h), and the create guard needs them. Read at the start and at reloads. */
#ifndef INVENTORY_H
#define INVENTORY_H

#include "environment/container.h"
#include "environment/environment.h"

/* The longest delay of the start by the Engines. */
#define INVENTORY_MILLISECONDS 900

/* The deadline when no start waits for the inventory. */
#define INVENTORY_MILLISECONDS_LATER 3000

/* Of several Engines: DOCKER if all are Docker, PODMAN if any is Podman, else UNKNOWN, which may be either. */
enum engine_kind { ENGINE_UNKNOWN, ENGINE_DOCKER, ENGINE_PODMAN };

/* A sorted list of strings without duplicates; owned. */
struct inventory_list {
    size_t count;
    char **items;
};

struct inventory_container {
    char *id;                    /* 64 digits; NULL: not known */
    struct inventory_list names; /* without the leading slash; see inventory_is_name */
    char *service_id;            /* the Swarm service that it is a task of; NULL: none */
    char *service_name;
    size_t upstream; /* the index of its upstream */
    bool shares;     /* of a holder: it has no socket itself, see inventory/sharers.c */
};

/* A volume, named or anonymous, that is mounted in the own container. */
struct inventory_volume {
    char *name;
    char *place; /* the mount point in the container */
};

/* The outcome of the last query of an upstream. */
enum inventory_answer {
    INVENTORY_SILENT, /* cannot be reached, or does not respond in time */
    INVENTORY_UNFIT,  /* responds with an error or with an unexpected body, such as a proxy that refuses the request */
    INVENTORY_GIVEN,
};

#define LOCAL_NETWORK_ID_LENGTH 64 /* hexadecimal */
#define SWARM_NETWORK_ID_LENGTH 25 /* lower-case letters and digits */

/* One upstream's part. */
struct inventory_upstream {
    enum inventory_answer answer;
    char why[200];                                  /* the reason if not GIVEN */
    bool told;                                      /* the following is valid: answer is GIVEN, or was before */
    enum engine_kind kind;                          /* UNKNOWN if it is neither, or told is false */
    bool cgroup_v1;                                 /* Docker reports cgroup v1; false if it is not known, as below */
    bool sound_builds;                              /* its BuildKit checks the requests of builds */
    char host_network[LOCAL_NETWORK_ID_LENGTH + 1]; /* the id of its network "host"; "" if unknown */
    char swarm_host_network[SWARM_NETWORK_ID_LENGTH +
                            1]; /* the id of the same network in its swarm; "" if unknown, or not in a swarm */
};

struct inventory {
    bool contained; /* this program runs in a container; if not, there are no own container, volumes and holders */
    bool known; /* an Engine has listed own, or all have responded and own.id is known from the container; true outside
                   of containers. If false, any container may be the own one */
    bool complete; /* all upstreams have responded: holders and kind are complete */
    enum engine_kind kind;
    bool cgroup_v1;    /* all upstreams use cgroup v1 */
    bool sound_builds; /* the BuildKit of all upstreams checks the requests of builds */
    struct inventory_list
        host_networks; /* both ids of the host network of every upstream; empty unless all of them are known */
    struct inventory_container own;
    bool own_found;                   /* an Engine has listed own */
    bool odd;                         /* a volume of own has an invalid name, so that known is false */
    struct inventory_volume *volumes; /* of own, sorted by name; owned */
    size_t volume_count;
    struct inventory_container *holders; /* the other containers, running or not, with a mount of an Engine's socket or
                                            of a directory that contains it, and those that share a namespace with
                                            such a container or with the own one; sorted by id; owned */
    size_t holder_count;
    struct inventory_container *others; /* the containers that are neither own nor holders; sorted by id; owned */
    size_t other_count;
    size_t upstream_count;
    struct inventory_upstream upstreams[UPSTREAMS_MAX];
};

/* What depends on the permissions. */
struct inventory_needs {
    bool inspections; /* the namespaces of processes and IPC matter: a client may get into containers, or join these */
    bool host_pid;    /* who may do so may have the host's processes anyway (ALLOW_HOST_NAMESPACES=pid:host) */
    bool host_ipc;    /* likewise ipc:host */
};

/* By the permissions of all profiles. */
struct inventory_needs inventory_needs_of(const struct environment *environment);

/* Queries all upstreams at the same time, for the given milliseconds at most. Never fails: what is missing is
 * unknown. Release with inventory_free. An inventory of zeros is an empty one. */
void inventory_read(struct inventory *inventory, const struct environment *environment, long milliseconds);

/* The same for a container that has been read already, which the caller keeps, and for given needs. */
void inventory_read_as(struct inventory *inventory, const struct container *container, const struct settings *settings,
                       const struct inventory_needs *needs, long milliseconds);
void inventory_free(struct inventory *inventory);

/* Whether both lead to the same configuration. The other containers do not count: clients make and remove them. */
bool inventory_equal(const struct inventory *a, const struct inventory *b);

/* Copies to fresh what was known before of an upstream that has not responded this time, for example because it
 * restarts. So its containers stay protected. */
void inventory_keep(struct inventory *fresh, const struct inventory *before);

/* Whether the volume with that name is mounted in the own container. */
bool inventory_has_volume(const struct inventory *inventory, const char *name);

/* The volume of the own container that contains the path, as seen in the container; NULL if there is none. */
const struct inventory_volume *inventory_volume_of(const struct inventory *inventory, const char *path);

/* Whether the list has the text. */
bool inventory_list_has(const struct inventory_list *list, const char *text);

#endif
