/* What an Engine answers, as JSON: read with suspicion, since it ends up in haproxy.cfg. */
#ifndef INVENTORY_JSON_H
#define INVENTORY_JSON_H

#include "inventory/fetch.h"
#include "inventory/inventory.h"

struct inventory_mount {
    char *volume; /* its name; NULL: a bind mount or the like */
    char *source; /* on the host; "" if it has none */
    char *place;
};

/* One container of GET /containers/json. */
struct inventory_entry {
    struct inventory_container container;
    struct inventory_mount *mounts;
    size_t mount_count;
    char *network_mode; /* "container:<id>" if it has another one's network; "" if not told */
    bool running;
};

struct inventory_entries {
    size_t count;
    struct inventory_entry *list;
};

/* Reads the body of GET /containers/json. False if anything in it is not as the Engine writes it. Release with
 * inventory_entries_free, whatever came of it. */
bool inventory_entries_read(struct inventory_entries *entries, const char *body, size_t length);
void inventory_entries_free(struct inventory_entries *entries);

/* Reads the body of GET /version. False if it is none. */
bool inventory_kind_read(enum engine_kind *kind, const char *body, size_t length);

/* Whether the body of GET /info says that the control groups are of version 1. */
bool inventory_cgroup_v1(const char *body, size_t length);

/* Whether the body of GET /version is that of an Engine from 25.0.2 on. The BuildKit of older ones does not check the
 * containers that a frontend starts (CVE-2024-23653, github.com/moby/buildkit/security/advisories/GHSA-wr6v-9f75-vh2g).
 */
bool inventory_sound_builds(const char *body, size_t length);

/* Reads the id from the body of GET /networks/host: id_length letters, as one of LOCAL_ or SWARM_NETWORK_ID_LENGTH has
 * them. False, with id "", if it is another network, or the id is none. */
bool inventory_host_network_read(char *id, size_t id_length, const char *body, size_t length);

/* What a container, a volume and a service may be called: [A-Za-z0-9][A-Za-z0-9_.-]*. Nothing else of what an Engine
 * says gets into haproxy.cfg. */
bool inventory_is_name(const char *text);

/* A copy of the text, NULL of NULL. */
char *inventory_copy(const char *text);

/* Adds a copy of the text. */
void inventory_list_add(struct inventory_list *list, const char *text);
void inventory_list_sort(struct inventory_list *list);
void inventory_list_free(struct inventory_list *list);
void inventory_container_free(struct inventory_container *container);

#endif
