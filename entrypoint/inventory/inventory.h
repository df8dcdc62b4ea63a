/* What the Engines say of us and of the containers that hold their sockets: what the proxy protects (see
 * inventory/protection.h), and what the create guard has to know. Read at the start and at reloads; passed along, never
 * kept aside. */
#ifndef INVENTORY_H
#define INVENTORY_H

#include "environment/container.h"
#include "environment/settings.h"

/* How long the start may be held up, whatever the Engines do. */
#define INVENTORY_MILLISECONDS 900

/* Where nobody waits for a start. */
#define INVENTORY_MILLISECONDS_LATER 3000

/* DOCKER only if every Engine has answered and is one; PODMAN if any is; else UNKNOWN, where both have to be reckoned
 * with. */
enum engine_kind { ENGINE_UNKNOWN, ENGINE_DOCKER, ENGINE_PODMAN };

/* A list of strings, sorted, each once; owned. */
struct inventory_list {
    size_t count;
    char **items;
};

struct inventory_container {
    char *id;                    /* 64 digits; NULL: not known */
    struct inventory_list names; /* without the slash in front; each [A-Za-z0-9][A-Za-z0-9_.-]* */
    char *service_id;            /* of the Swarm service it is a task of; NULL: of none */
    char *service_name;
    size_t upstream; /* whose container it is */
};

/* A volume that is mounted in our container, anonymous ones too. */
struct inventory_volume {
    char *name;
    char *place; /* where, as seen from in here */
};

/* What an upstream has come to, the last time it was asked. */
enum inventory_answer {
    INVENTORY_SILENT, /* cannot be reached, or does not answer in time */
    INVENTORY_UNFIT,  /* answers, but not with what is asked for: a proxy that refuses it, a body that is no JSON */
    INVENTORY_GIVEN,
};

#define LOCAL_NETWORK_ID_LENGTH 64 /* hexadecimal */
#define SWARM_NETWORK_ID_LENGTH 25 /* small letters and digits */

/* One upstream's part. */
struct inventory_upstream {
    enum inventory_answer answer;
    char why[200];                                  /* if not GIVEN: the reason */
    bool told;                                      /* what is known of it is right: it is GIVEN, or was before */
    enum engine_kind kind;                          /* UNKNOWN if it is neither, or not told */
    bool cgroup_v1;                                 /* it is Docker, and says so; what follows likewise */
    bool sound_builds;                              /* its BuildKit checks all that builds ask for */
    char host_network[LOCAL_NETWORK_ID_LENGTH + 1]; /* the id of its network "host"; "" if not known */
    char swarm_host_network[SWARM_NETWORK_ID_LENGTH +
                            1]; /* that by which its swarm knows it; "" if not known, or in no swarm */
};

struct inventory {
    bool contained; /* this program runs in a container; if not, everything below but what the Engines say of themselves
                       is empty */
    bool known; /* own is right: an Engine has this container, or all have answered and none has it (own.id may be set
                   all the same). False: what could be ours has to be taken for ours */
    bool complete; /* every upstream has told its part: holders and kind are whole */
    enum engine_kind kind;
    bool cgroup_v1;    /* all upstreams have control groups of version 1 */
    bool sound_builds; /* all upstreams have a BuildKit that checks what builds ask for */
    struct inventory_list
        host_networks; /* both ids of the host network of every upstream; empty unless all of them are known */
    struct inventory_container own;
    bool own_found; /* an Engine has it */
    bool odd;       /* a volume of own has a name that is none: nothing can be judged by it, so that known is false */
    struct inventory_volume *volumes; /* of own; sorted by name; owned */
    size_t volume_count;
    struct inventory_container *holders; /* the other containers, running or not, into which an Engine's socket, or a
                                            directory with it, is mounted; sorted by id; owned */
    size_t holder_count;
    size_t upstream_count;
    struct inventory_upstream upstreams[UPSTREAMS_MAX];
};

/* Asks all upstreams, at the same time, and takes no longer than the given milliseconds for it. Never fails: what could
 * not be had is not known. Release with inventory_free; an inventory of zeros is an empty one. */
void inventory_read(struct inventory *inventory, const struct settings *settings, long milliseconds);

/* The same with what is known of our container already, which stays the caller's. */
void inventory_read_as(struct inventory *inventory, const struct container *container, const struct settings *settings,
                       long milliseconds);
void inventory_free(struct inventory *inventory);

/* Whether both would make the same configuration. */
bool inventory_equal(const struct inventory *a, const struct inventory *b);

/* Of an upstream that has not told anything this time (it is being restarted), what it told before still counts: it
 * protects until it is known better. Copies that into what was read anew. */
void inventory_keep(struct inventory *fresh, const struct inventory *before);

/* Whether the volume of that name is mounted in our container. */
bool inventory_has_volume(const struct inventory *inventory, const char *name);

/* The volume of our container in which the path lies, as seen from in here; NULL if it lies in none. */
const struct inventory_volume *inventory_volume_of(const struct inventory *inventory, const char *path);

/* Whether text is one of the list. */
bool inventory_list_has(const struct inventory_list *list, const char *text);

#endif
