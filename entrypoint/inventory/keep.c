/* Compares two inventories, and keeps what the older one knows and the newer one lacks. */
#include "inventory/internal.h"

#include "base/text.h"

#include <string.h>

static bool same_container(const struct inventory_container *a, const struct inventory_container *b)
{
    return text_equal(a->id, b->id) && text_equal(a->service_id, b->service_id) &&
           text_equal(a->service_name, b->service_name) && inventory_list_equal(&a->names, &b->names);
}

bool inventory_equal(const struct inventory *a, const struct inventory *b)
{
    if (a->contained != b->contained || a->known != b->known || a->complete != b->complete || a->kind != b->kind ||
        a->cgroup_v1 != b->cgroup_v1 || a->sound_builds != b->sound_builds ||
        !inventory_list_equal(&a->host_networks, &b->host_networks) || a->volume_count != b->volume_count ||
        a->holder_count != b->holder_count || !same_container(&a->own, &b->own))
        return false;
    for (size_t i = 0; i < a->volume_count; i++)
        if (!text_equal(a->volumes[i].name, b->volumes[i].name) ||
            !text_equal(a->volumes[i].place, b->volumes[i].place))
            return false;
    for (size_t i = 0; i < a->holder_count; i++)
        if (!same_container(&a->holders[i], &b->holders[i]))
            return false;
    return true;
}

/* ---- keeping ---- */

static struct inventory_container copy_of(const struct inventory_container *container)
{
    struct inventory_container result = {.id = inventory_copy(container->id),
                                         .service_id = inventory_copy(container->service_id),
                                         .service_name = inventory_copy(container->service_name),
                                         .upstream = container->upstream,
                                         .shares = container->shares};

    for (size_t i = 0; i < container->names.count; i++)
        inventory_list_add(&result.names, container->names.items[i]);
    return result;
}

static void keep_own(struct inventory *fresh, const struct inventory *before)
{
    inventory_container_free(&fresh->own);
    fresh->own = copy_of(&before->own);
    fresh->own_found = true;
    for (size_t i = 0; i < before->volume_count; i++)
        inventory_add_volume(fresh, before->volumes[i].name, before->volumes[i].place);
}

void inventory_keep(struct inventory *fresh, const struct inventory *before)
{
    for (size_t i = 0; i < fresh->upstream_count && i < before->upstream_count; i++) {
        if (fresh->upstreams[i].told || !before->upstreams[i].told)
            continue;
        fresh->upstreams[i].told = true;
        fresh->upstreams[i].kind = before->upstreams[i].kind;
        fresh->upstreams[i].cgroup_v1 = before->upstreams[i].cgroup_v1;
        fresh->upstreams[i].sound_builds = before->upstreams[i].sound_builds;
        memcpy(fresh->upstreams[i].host_network, before->upstreams[i].host_network,
               sizeof fresh->upstreams[i].host_network);
        memcpy(fresh->upstreams[i].swarm_host_network, before->upstreams[i].swarm_host_network,
               sizeof fresh->upstreams[i].swarm_host_network);
        if (before->own_found && before->own.upstream == i && !fresh->own_found)
            keep_own(fresh, before);
        for (size_t k = 0; k < before->holder_count; k++) {
            struct inventory_container holder;

            if (before->holders[k].upstream != i)
                continue;
            holder = copy_of(&before->holders[k]);
            inventory_add_holder(fresh, &holder, i);
        }
        for (size_t k = 0; k < before->other_count; k++) {
            struct inventory_container other;

            if (before->others[k].upstream != i)
                continue;
            other = copy_of(&before->others[k]);
            inventory_add_other(fresh, &other, i);
        }
    }
    inventory_conclude(fresh);
}
