/* What HAProxy's virtual maps say of the containers. haproxy.cfg only names the maps; process/follower.c fills them and
 * keeps them in step with the Engine. While they are true, proc.inventory is maps_stamp() of the Engine; else 0.
 *
 * haproxy.cfg declares the maps of maps_names once in its global section, and rules use them as virtual/NAME, as
 * commands do. (HAProxy 3.0 lets a map virt@NAME be used only once: management of patterns, pattern_read_from_file;
 * declared as an optional file that does not exist, it may be used anywhere.) */
#ifndef CONFIG_MAPS_H
#define CONFIG_MAPS_H

#include "environment/environment.h"
#include "inventory/containers.h"
#include "inventory/inventory.h"

/* The label that chooses the profile of a container, with PROFILES_FROM_LABELS. */
#define PROFILE_LABEL "docker-socket-proxy.profile"

struct map_entry {
    char *map; /* the name without virtual/: "profiles", "targets_traefik"; owned, as are the others */
    char *key;
    char *value;
    bool closes; /* the entry refuses something: it stays if two containers claim the key. If an entry that opens
                    something is claimed with different values, none is in the map */
};

struct map_entries {
    size_t count;
    struct map_entry *list;
};

/* How a profile claims a container, the most specific way first. */
enum claim_way { BY_NAME, BY_OWN_SERVICE, BY_PROJECT_AND_SERVICE, BY_SERVICE, BY_LABEL, NOT_AT_ALL };

/* The profile of a container by its name, its service or its label. */
struct container_profile {
    const struct profile *profile; /* NULL: none */
    enum claim_way way;
    const struct claim *claim;   /* BY_NAME to BY_SERVICE */
    const struct profile *rival; /* claims it in the same way, so that it has none; NULL for none */
    const char *label;           /* BY_LABEL: its value, which may name no profile. Not owned */
    enum label_origin origin;    /* BY_LABEL; the label counts only if it is the container's own */
};

struct loss;

/* What the follower keeps with each container (struct known_container, attached). */
struct kept {
    struct map_entries entries;
    struct loss *loss; /* inventory/recreation.h; NULL unless containers are inspected for it; owned */
    char *pid;         /* PID_MODE and IPC_MODE of its inspection; NULL: not inspected yet; owned */
    char *ipc;
    bool holds; /* it holds the Engine's socket, or shares a namespace with one that does, see inventory/live.h */
};

/* What the entries depend on, beside the containers. */
struct maps_of {
    const struct environment *environment;
    const struct inventory *inventory; /* the own container, and its Compose project */
};

/* Finds the profile of a container. What comes before all this, a listener, a certificate or an address, and what comes
 * after it, a network, depends on the connection. */
void container_profile_find(struct container_profile *found, const struct maps_of *of,
                            const struct containers *containers, const struct known_container *container);

/* Whether anything needs the maps, so that the containers are followed. */
bool maps_needed(const struct environment *environment, const struct inventory *inventory);

/* Adds the entries of one container, or of the networks. Release with map_entries_free. */
void maps_add_container(struct map_entries *entries, const struct maps_of *of, const struct containers *containers,
                        const struct known_container *container);
void maps_add_networks(struct map_entries *entries, const struct maps_of *of, const struct containers *containers);
void map_entries_free(struct map_entries *entries);

/* A value of proc.inventory that none had before: modulo 32 the number of the Engine, from 1. time is in microseconds,
 * or what lies behind the one before. */
long long maps_stamp(long long time, size_t upstream);

/* Adds the names of the maps that haproxy.cfg has, each of which may be empty. */
void maps_names(struct inventory_list *names, const struct maps_of *of);

/* What a map has for a key that is claimed with different values, none of which closes; NULL: nothing. The string is
 * static. */
const char *map_disputed(const char *map);

/* What fills a map, or several of one kind: a row of the table in config/maps.c. */
struct map_source {
    bool (*needed)(const struct environment *environment, const struct inventory *inventory);
    void (*add_names)(struct inventory_list *names, const struct maps_of *of);
    void (*add_container)(struct map_entries *entries, const struct maps_of *of, const struct containers *containers,
                          const struct known_container *container);
    void (*add_networks)(struct map_entries *entries, const struct maps_of *of,
                         const struct containers *containers); /* NULL: the networks do not matter */
};

/* Whether anything but the source needs the maps. */
bool maps_needed_beside(const struct map_source *source, const struct environment *environment,
                        const struct inventory *inventory);

extern const struct map_source map_of_clients;   /* config/identity.c */
extern const struct map_source map_of_targets;   /* config/targets.c */
extern const struct map_source map_of_lost;      /* config/lost.c */
extern const struct map_source map_of_protected; /* config/protection.c */

/* For the sources: adds an entry, whose strings are copied. */
void map_entry_add(struct map_entries *entries, const char *map, const char *key, const char *value, bool closes);

/* Adds an entry for each reference to the container of up to 12 characters of its id, and for its names: haproxy.cfg
 * looks up the whole reference, and then, for more digits of an id, the first 12 of them (templates/reference.cfg). The
 * value is the full id, and after | the text if that is not NULL. */
void map_references_add(struct map_entries *entries, const char *map, const struct known_container *container,
                        const char *text, bool closes);

#endif
