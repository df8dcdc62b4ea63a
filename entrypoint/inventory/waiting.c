/* Lists of what the Engine still has to be asked. */
#include "inventory/waiting.h"

#include "base/array.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct waiting *waiting_find(const struct waiting_list *list, const char *container, const char *network)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i].container, container) == 0 && strcmp(list->items[i].network, network) == 0)
            return &list->items[i];
    return NULL;
}

struct waiting *waiting_add(struct waiting_list *list, const char *container, const char *network)
{
    struct waiting *item = waiting_find(list, container, network);

    if (item != NULL) {
        item->again = item->slot != NO_SLOT;
        item->when = 0;
        return item;
    }
    if (list->count >= WAITING_MOST)
        return NULL;
    list->items = array_grow(list->items, list->count, sizeof *list->items);
    item = &list->items[list->count++];
    bounded_copy(item->container, sizeof item->container, container);
    bounded_copy(item->network, sizeof item->network, network);
    item->slot = NO_SLOT;
    return item;
}

void waiting_remove(struct waiting_list *list, size_t i)
{
    list->count--;
    memmove(&list->items[i], &list->items[i + 1], (list->count - i) * sizeof *list->items);
}

void waiting_forget(struct waiting_list *list, const char *container, const char *network)
{
    for (size_t i = list->count; i-- > 0;)
        if (strcmp(list->items[i].container, container) == 0 &&
            (network == NULL || strcmp(list->items[i].network, network) == 0))
            waiting_remove(list, i);
}

bool waiting_due(const struct waiting *item)
{
    return item->slot == NO_SLOT && channel_now() >= item->when;
}

long waiting_next(const struct waiting_list *list)
{
    long next = -1;

    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].slot == NO_SLOT && (next < 0 || list->items[i].when < next))
            next = list->items[i].when;
    return next;
}

void waiting_free(struct waiting_list *list)
{
    free(list->items);
    memset(list, 0, sizeof *list);
}
