/* Shared by the inventory's own files: the state of one reading, and its steps. */
#ifndef INVENTORY_INTERNAL_H
#define INVENTORY_INTERNAL_H

#include "inventory/json.h"

/* The requests. Without responses to those below NEEDED, nothing is known of an upstream. The others are facts that
 * let the create guard be less strict. */
enum { PING, LIST, VERSION_OF, NEEDED, INFO = NEEDED, HOST_NETWORK, SWARM_NETWORK, QUESTIONS };

struct inventory_reading {
    const struct container *container;
    const struct settings *settings;
    struct inventory_needs needs;
    const struct endpoint *endpoints;
    struct inventory_entries entries[UPSTREAMS_MAX];
    struct fetch answers[UPSTREAMS_MAX][QUESTIONS];
    bool asked[UPSTREAMS_MAX][QUESTIONS];
};

/* inventory/ask.c: queries all upstreams and reads their parts. */
void inventory_ask(struct inventory *inventory, struct inventory_reading *reading, long milliseconds);

/* inventory/own.c: finds the own container among those listed, and moves it to inventory->own with its volumes.
 * Returns its entry, owned by the reading, or NULL if none is the own one. */
struct inventory_entry *inventory_find_own(struct inventory *inventory, struct inventory_reading *reading);

/* inventory/holders.c: whether the entry has a mount of a socket, or of a directory that contains it. own is the own
 * entry, or NULL. */
bool inventory_holds(const struct inventory_entry *entry, const struct inventory_entry *own,
                     const struct upstreams *upstreams);

/* Adds the other containers that hold a socket. own is the own entry, or NULL. */
void inventory_find_holders(struct inventory *inventory, struct inventory_reading *reading,
                            const struct inventory_entry *own);

/* inventory/sharers.c: finds which entries use the namespaces of which others. Before any of them is moved. */
void inventory_find_joined(struct inventory_reading *reading);

/* Adds the containers that share a namespace with the own one or with a holder to the holders. After those are found.
 */
void inventory_find_sharers(struct inventory *inventory, struct inventory_reading *reading);

/* inventory/inventory.c: sets the fields that follow from the parts of the upstreams. */
void inventory_conclude(struct inventory *inventory);

/* Adds a volume of the own container; copies the strings. */
void inventory_add_volume(struct inventory *inventory, const char *name, const char *place);

/* Moves the container to the holders and clears it. */
void inventory_add_holder(struct inventory *inventory, struct inventory_container *container, size_t upstream);

/* The same for the containers that are neither own nor holders. */
void inventory_add_other(struct inventory *inventory, struct inventory_container *container, size_t upstream);

#endif
