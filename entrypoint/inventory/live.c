/* Finds the containers that hold the Engine's socket among those that are followed. */
#include "inventory/live.h"

#include "base/text.h"
#include "guard/lists.h"
#include "inventory/internal.h"

#include <stdlib.h>
#include <string.h>

void live_holders(struct inventory_list *ids, const struct live_of *of, const struct containers *containers)
{
    struct inventory_reading reading = {.settings = of->settings, .needs = of->needs};
    struct inventory_entries *entries = &reading.entries[containers->upstream];
    struct inventory found = {.contained = true};
    const struct inventory_entry *own = NULL;

    /* The entries are copies, whose strings stay with the containers. */
    entries->count = containers->count;
    entries->list = calloc(containers->count + 1, sizeof *entries->list);
    if (entries->list == NULL)
        abort();
    for (size_t i = 0; i < containers->count; i++) {
        entries->list[i] = containers->list[i]->entry;
        memset(entries->list[i].joined, 0, sizeof entries->list[i].joined);
    }
    inventory_find_joined(&reading);
    for (size_t i = 0; i < entries->count && of->own != NULL && own == NULL; i++)
        if (strcmp(entries->list[i].container.id, of->own) == 0) {
            own = &entries->list[i];
            memset(&entries->list[i].container, 0, sizeof entries->list[i].container);
        }
    inventory_find_holders(&found, &reading, own);
    inventory_find_sharers(&found, &reading);
    for (size_t i = 0; i < found.holder_count; i++)
        inventory_list_add(ids, found.holders[i].id);
    free(found.holders);
    free(entries->list);
}

bool live_matters(const struct live_of *of, const struct known_container *container)
{
    const struct inventory_entry *entry = &container->entry;

    if (entry->unread || inventory_holds(entry, NULL, &of->settings->upstreams))
        return true;
    for (size_t mode = 0; mode < MODES; mode++)
        if (inventory_mode_container(entry->modes[mode]) != NULL || text_equal(entry->modes[mode], "host"))
            return true;
    return false;
}

static const struct inventory_container *find_in(const struct inventory_container *list, size_t count, const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].id, id) == 0)
            return &list[i];
    return NULL;
}

bool live_has_new(const struct inventory_list *ids, const struct containers *containers,
                  const struct inventory *inventory)
{
    for (size_t i = 0; i < ids->count; i++) {
        const struct known_container *holder = containers_find(containers, ids->items[i]);
        const struct inventory_container *known = find_in(inventory->holders, inventory->holder_count, ids->items[i]);

        if (known == NULL)
            return true;
        for (size_t k = 0; holder != NULL && k < holder->entry.container.names.count; k++)
            if (!inventory_list_has(&known->names, holder->entry.container.names.items[k]))
                return true;
    }
    return false;
}

/* Adds "NAME ID" for each name that a guard lists. */
static void add_listed(struct inventory_list *listed, const struct environment *environment,
                       const struct inventory_container *container)
{
    for (size_t i = 0; i < container->names.count; i++)
        for (size_t k = 0; k < environment->profile_count; k++)
            if (guard_lists_container(environment->profiles[k].guard, container->names.items[i])) {
                char *pair = text_format("%s %s", container->names.items[i], container->id);

                inventory_list_add(listed, pair);
                free(pair);
                break;
            }
}

/* Frees both lists. */
static bool differ(struct inventory_list *a, struct inventory_list *b)
{
    bool same;

    inventory_list_sort(a);
    inventory_list_sort(b);
    same = inventory_list_equal(a, b);
    inventory_list_free(a);
    inventory_list_free(b);
    return !same;
}

static void add_all_listed(struct inventory_list *listed, const struct environment *environment,
                           const struct inventory *inventory)
{
    for (size_t i = 0; i < inventory->other_count; i++)
        add_listed(listed, environment, &inventory->others[i]);
}

static bool lists_any(const struct environment *environment)
{
    for (size_t i = 0; i < environment->profile_count; i++)
        if (guard_lists_containers(environment->profiles[i].guard))
            return true;
    return false;
}

bool live_lists_others(const struct environment *environment, const struct containers *containers,
                       const struct inventory *inventory)
{
    struct inventory_list now = {.count = 0};
    struct inventory_list then = {.count = 0};

    if (!lists_any(environment) || !inventory->contained)
        return false;
    for (size_t i = 0; i < inventory->other_count; i++)
        if (inventory->others[i].upstream == containers->upstream)
            add_listed(&then, environment, &inventory->others[i]);
    for (size_t i = 0; i < containers->count; i++) {
        const struct inventory_container *container = &containers->list[i]->entry.container;

        if (find_in(inventory->holders, inventory->holder_count, container->id) == NULL &&
            (inventory->own.id == NULL || strcmp(inventory->own.id, container->id) != 0))
            add_listed(&now, environment, container);
    }
    return differ(&now, &then);
}

bool inventory_lists_others(const struct environment *environment, const struct inventory *a, const struct inventory *b)
{
    struct inventory_list of_a = {.count = 0};
    struct inventory_list of_b = {.count = 0};

    if (!lists_any(environment))
        return false;
    add_all_listed(&of_a, environment, a);
    add_all_listed(&of_b, environment, b);
    return differ(&of_a, &of_b);
}
