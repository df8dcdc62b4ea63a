/* The inventory as the facts that the create guard uses (guard/guard.h). */
#ifndef INVENTORY_FACTS_H
#define INVENTORY_FACTS_H

#include "guard/guard.h"
#include "inventory/inventory.h"

struct facts {
    struct guard_facts known; /* points into the inventory, which must outlive it */
    const char **lists[5];    /* the lists of known; owned, their strings are not */
};

/* Release with facts_free. Aborts if memory runs out. */
void facts_read(struct facts *facts, const struct inventory *inventory);
void facts_free(struct facts *facts);

#endif
