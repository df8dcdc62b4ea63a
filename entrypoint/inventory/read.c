/* Reads an inventory: queries the upstreams, finds the own container and the holders, and concludes. */
#include "inventory/internal.h"

#include <string.h>

void inventory_read_as(struct inventory *inventory, const struct container *container, const struct settings *settings,
                       long milliseconds)
{
    struct inventory_reading reading = {.container = container, .settings = settings};
    const struct inventory_entry *own;

    memset(inventory, 0, sizeof *inventory);
    inventory->contained = container->contained;
    inventory->upstream_count = settings->upstreams.count;
    inventory_ask(inventory, &reading, milliseconds);
    if (inventory->contained) {
        own = inventory_find_own(inventory, &reading);
        inventory_find_holders(inventory, &reading, own);
        for (size_t i = 0; i < settings->upstreams.count; i++)
            for (size_t k = 0; k < reading.entries[i].count; k++)
                if (reading.entries[i].list[k].container.id != NULL)
                    inventory_add_other(inventory, &reading.entries[i].list[k].container, i);
    }
    for (size_t i = 0; i < settings->upstreams.count; i++)
        inventory_entries_free(&reading.entries[i]);
    inventory_conclude(inventory);
}

void inventory_read(struct inventory *inventory, const struct settings *settings, long milliseconds)
{
    struct container container;

    container_read(&container);
    inventory_read_as(inventory, &container, settings, milliseconds);
    container_free(&container);
}
