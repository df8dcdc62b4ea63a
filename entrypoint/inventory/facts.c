/* Converts the inventory to the facts that the create guard uses. */
#include "inventory/facts.h"

#include <stdlib.h>

static const char **new_list(size_t count)
{
    const char **list = calloc(count + 1, sizeof *list);

    if (list == NULL)
        abort();
    return list;
}

static size_t count_names(const struct inventory_container *container)
{
    return (container->id != NULL) + container->names.count;
}

static size_t add_names(const char **list, size_t count, const struct inventory_container *container)
{
    if (container->id != NULL)
        list[count++] = container->id;
    for (size_t i = 0; i < container->names.count; i++)
        list[count++] = container->names.items[i];
    return count;
}

static size_t count_all_names(const struct inventory *inventory)
{
    size_t count = 0;

    for (size_t i = 0; i < inventory->other_count; i++)
        count += inventory->others[i].names.count;
    return count;
}

/* Each name of the other containers with the id. */
static size_t add_pairs(const char **list, const struct inventory *inventory)
{
    size_t count = 0;

    for (size_t i = 0; i < inventory->other_count; i++)
        for (size_t k = 0; k < inventory->others[i].names.count; k++) {
            list[count++] = inventory->others[i].names.items[k];
            list[count++] = inventory->others[i].id;
        }
    return count;
}

void facts_read(struct facts *facts, const struct inventory *inventory)
{
    size_t holders = 0;
    size_t count;

    *facts = (struct facts){.known = {.docker = inventory->kind == ENGINE_DOCKER,
                                      .cgroup_v1 = inventory->cgroup_v1,
                                      .sound_builds = inventory->sound_builds,
                                      .own_unknown = inventory->contained && !inventory->known}};
    facts->lists[0] = new_list(count_names(&inventory->own));
    count = add_names(facts->lists[0], 0, &inventory->own);
    facts->known.own = (struct guard_names){facts->lists[0], count};
    for (size_t i = 0; i < inventory->holder_count; i++)
        holders += count_names(&inventory->holders[i]);
    facts->lists[1] = new_list(holders);
    count = 0;
    for (size_t i = 0; i < inventory->holder_count; i++)
        count = add_names(facts->lists[1], count, &inventory->holders[i]);
    facts->known.holders = (struct guard_names){facts->lists[1], count};
    facts->lists[2] = new_list(inventory->volume_count);
    for (size_t i = 0; i < inventory->volume_count; i++)
        facts->lists[2][i] = inventory->volumes[i].name;
    facts->known.volumes = (struct guard_names){facts->lists[2], inventory->volume_count};
    facts->lists[3] = new_list(inventory->host_networks.count);
    for (size_t i = 0; i < inventory->host_networks.count; i++)
        facts->lists[3][i] = inventory->host_networks.items[i];
    facts->known.host_networks = (struct guard_names){facts->lists[3], inventory->host_networks.count};
    facts->lists[4] = new_list(2 * count_all_names(inventory));
    facts->known.containers = (struct guard_names){facts->lists[4], add_pairs(facts->lists[4], inventory)};
}

void facts_free(struct facts *facts)
{
    for (size_t i = 0; i < sizeof facts->lists / sizeof *facts->lists; i++)
        free(facts->lists[i]);
}
