/* What HAProxy's virtual maps (virt@NAME) say of the containers. haproxy.cfg only names the maps; process/follower.c
 * fills them and keeps them in step with the Engine. proc.inventory is 1 while they are true. */
#ifndef CONFIG_MAPS_H
#define CONFIG_MAPS_H

#include "environment/environment.h"
#include "inventory/containers.h"
#include "inventory/inventory.h"

struct map_entry {
    char *map; /* the name without virt@: "clients", "targets_traefik"; owned, as are the others */
    char *key;
    char *value;
    bool closes; /* the entry refuses something: it stays if two containers claim the key. If an entry that opens
                    something is claimed with different values, none is in the map */
};

struct map_entries {
    size_t count;
    struct map_entry *list;
};

/* What the entries depend on, beside the containers. */
struct maps_of {
    const struct environment *environment;
    const struct inventory *inventory; /* the own container, and its Compose project */
};

/* Whether anything needs the maps, so that the containers are followed. */
bool maps_needed(const struct environment *environment, const struct inventory *inventory);

/* Adds the entries of one container, or of the networks. Release with map_entries_free. */
void maps_add_container(struct map_entries *entries, const struct maps_of *of, const struct containers *containers,
                        const struct known_container *container);
void maps_add_networks(struct map_entries *entries, const struct maps_of *of, const struct containers *containers);
void map_entries_free(struct map_entries *entries);

/* For config/targets.c and others: adds an entry, whose strings are copied. */
void map_entry_add(struct map_entries *entries, const char *map, const char *key, const char *value, bool closes);

/* Adds an entry for each reference to the container of up to 12 characters of its id, and for its names: haproxy.cfg
 * looks up the whole reference, and then, for more digits of an id, the first 12 of them (templates/reference.cfg). The
 * value is the full id, and after | the text if that is not NULL. */
void map_references_add(struct map_entries *entries, const char *map, const struct known_container *container,
                        const char *text, bool closes);

#endif
