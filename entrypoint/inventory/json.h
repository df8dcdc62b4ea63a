/* Parsers of the Engines' responses. They validate strictly, because the values are written to haproxy.cfg. */
#ifndef INVENTORY_JSON_H
#define INVENTORY_JSON_H

#include "inventory/fetch.h"
#include "inventory/inventory.h"

struct inventory_mount {
    char *volume; /* its name; NULL if the mount is not a volume */
    char *source; /* on the host; "" if it has none */
    char *place;  /* in the container */
};

/* The namespaces that a container may share with another one, or with the host. */
enum { NETWORK_MODE, PID_MODE, IPC_MODE, MODES };

/* One container of GET /containers/json. */
struct inventory_entry {
    struct inventory_container container; /* moved away, so that its id is NULL, once it is the own one or a holder */
    struct inventory_mount *mounts;
    size_t mount_count;
    char *modes[MODES]; /* "container:<id or name>" if it uses the namespace of another one, "host"; NULL: unknown */
    struct inventory_entry *joined[MODES]; /* that other one, of the same list; NULL: none */
    bool unread;                           /* its inspection was wanted, and could not be read */
    bool running;
};

struct inventory_entries {
    size_t count;
    struct inventory_entry *list;
};

/* Reads the body of GET /containers/json. False if any of it is not as the API description requires. Release with
 * inventory_entries_free in any case. */
bool inventory_entries_read(struct inventory_entries *entries, const char *body, size_t length);
void inventory_entries_free(struct inventory_entries *entries);
void inventory_entry_free(struct inventory_entry *entry);

/* Reads PID_MODE and IPC_MODE of an entry from the body of GET /containers/{id}/json. False if they are not strings. */
bool inventory_modes_read(struct inventory_entry *entry, const char *body, size_t length);

/* The reference in a mode "container:REFERENCE"; NULL for another mode, and for NULL. Points into the mode. */
const char *inventory_mode_container(const char *mode);

/* Reads the kind of Engine from the body of GET /version. False if it is not such a body. */
bool inventory_kind_read(enum engine_kind *kind, const char *body, size_t length);

/* Whether the body of GET /info reports cgroup v1. */
bool inventory_cgroup_v1(const char *body, size_t length);

/* Whether the body of GET /version is that of an Engine from 25.0.2 on. The BuildKit of older ones does not check the
 * containers that a frontend starts (CVE-2024-23653, github.com/moby/buildkit/security/advisories/GHSA-wr6v-9f75-vh2g).
 */
bool inventory_sound_builds(const char *body, size_t length);

/* Copies the id from the body of GET /networks/host to id, which has room for id_length + 1 bytes. id_length is
 * LOCAL_ or SWARM_NETWORK_ID_LENGTH. False, with id "", if it is another network, or its id is not valid. */
bool inventory_host_network_read(char *id, size_t id_length, const char *body, size_t length);

/* Whether text is a valid name of a container, a volume or a service: [A-Za-z0-9][A-Za-z0-9_.-]*. Of the strings in
 * an Engine's response, only such names and ids get into haproxy.cfg. */
bool inventory_is_name(const char *text);

/* Whether text is the full id of a container: 64 hexadecimal digits. */
bool inventory_is_id(const char *text);

/* A copy of the text, to be freed by the caller; NULL for NULL. Aborts if memory runs out. */
char *inventory_copy(const char *text);

/* Adds a copy of the text. inventory_list_sort then sorts the list and removes duplicates. */
void inventory_list_add(struct inventory_list *list, const char *text);
void inventory_list_sort(struct inventory_list *list);
void inventory_list_free(struct inventory_list *list);

/* Whether both have the same items in the same order. */
bool inventory_list_equal(const struct inventory_list *a, const struct inventory_list *b);
void inventory_container_free(struct inventory_container *container);

/* Its first name, or its id. */
const char *inventory_container_name(const struct inventory_container *container);

#endif
