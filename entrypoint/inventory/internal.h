/* What the inventory's own files share: one reading of it, from asking to what follows. */
#ifndef INVENTORY_INTERNAL_H
#define INVENTORY_INTERNAL_H

#include "inventory/json.h"

/* What is asked. Without an answer to the NEEDED ones nothing of an upstream is known; the others are facts by which
 * the create guard may be less strict. */
enum { PING, LIST, VERSION_OF, NEEDED, INFO = NEEDED, HOST_NETWORK, SWARM_NETWORK, QUESTIONS };

struct inventory_reading {
    const struct container *container;
    const struct settings *settings;
    const struct endpoint *endpoints;
    struct inventory_entries entries[UPSTREAMS_MAX];
    struct fetch answers[UPSTREAMS_MAX][QUESTIONS];
    bool asked[UPSTREAMS_MAX][QUESTIONS];
};

/* inventory/ask.c: asks all upstreams, and takes their parts. */
void inventory_ask(struct inventory *inventory, struct inventory_reading *reading, long milliseconds);

/* inventory/own.c: which of the listed containers is ours, into inventory->own with its volumes. NULL if none is. The
 * entry is the reading's; its container has moved. */
struct inventory_entry *inventory_find_own(struct inventory *inventory, struct inventory_reading *reading);

/* inventory/holders.c: the others that hold a socket. own is our entry, or NULL. */
void inventory_find_holders(struct inventory *inventory, struct inventory_reading *reading,
                            const struct inventory_entry *own);

/* inventory/inventory.c: what follows from the parts. */
void inventory_conclude(struct inventory *inventory);

/* Adds copies. */
void inventory_add_volume(struct inventory *inventory, const char *name, const char *place);

/* Adds the container itself, which is used up. */
void inventory_add_holder(struct inventory *inventory, struct inventory_container *container, size_t upstream);

#endif
