/* What the create guard has to know of the Engines: from the inventory to the guard's facts. */
#ifndef INVENTORY_FACTS_H
#define INVENTORY_FACTS_H

#include "guard/guard.h"
#include "inventory/inventory.h"

struct facts {
    struct guard_facts known; /* points into the inventory, which must stay */
    const char **lists[4];    /* owned */
};

void facts_read(struct facts *facts, const struct inventory *inventory);
void facts_free(struct facts *facts);

#endif
