/* The containers that hold the Engine's socket, as they are now, by the same rules as those of the inventory. */
#ifndef INVENTORY_LIVE_H
#define INVENTORY_LIVE_H

#include "inventory/containers.h"

/* What the rules depend on, beside the containers. */
struct live_of {
    const struct settings *settings;
    const char *own; /* the id of the own container; NULL: not known */
    struct inventory_needs needs;
};

/* Adds the ids of the containers that hold a socket, and of those that share a namespace with such a container or with
 * the own one. Where inspections are needed, PID_MODE and IPC_MODE of each have to be set, or unread. */
void live_holders(struct inventory_list *ids, const struct live_of *of, const struct containers *containers);

/* Whether the container alone could be one, or make others be one. */
bool live_matters(const struct live_of *of, const struct known_container *container);

/* Whether one of the ids is a holder that the inventory does not have, or has under other names. */
bool live_has_new(const struct inventory_list *ids, const struct containers *containers,
                  const struct inventory *inventory);

/* Whether the containers whose namespaces a guard lists by name are others than those of the inventory. */
bool live_lists_others(const struct environment *environment, const struct containers *containers,
                       const struct inventory *inventory);

/* The same for two inventories. */
bool inventory_lists_others(const struct environment *environment, const struct inventory *a,
                            const struct inventory *b);

#endif
