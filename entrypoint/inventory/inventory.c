/* Builds the inventory from the parts of the upstreams, and answers queries on it. */
#include "inventory/internal.h"
#include "base/array.h"
#include "base/paths.h"

#include <stdlib.h>
#include <string.h>

void inventory_add_volume(struct inventory *inventory, const char *name, const char *place)
{
    struct inventory_volume *volume;

    inventory->volumes = array_grow(inventory->volumes, inventory->volume_count, sizeof *volume);
    volume = &inventory->volumes[inventory->volume_count++];
    volume->name = inventory_copy(name);
    volume->place = inventory_copy(place);
    inventory->odd |= !inventory_is_name(name);
}

/* Moves the container to the end of a list. */
static void add_container(struct inventory_container **list, size_t *count, struct inventory_container *container,
                          size_t upstream)
{
    *list = array_grow(*list, *count, sizeof **list);
    container->upstream = upstream;
    (*list)[(*count)++] = *container;
    memset(container, 0, sizeof *container);
}

void inventory_add_holder(struct inventory *inventory, struct inventory_container *container, size_t upstream)
{
    add_container(&inventory->holders, &inventory->holder_count, container, upstream);
}

void inventory_add_other(struct inventory *inventory, struct inventory_container *container, size_t upstream)
{
    add_container(&inventory->others, &inventory->other_count, container, upstream);
}

static int compare_containers(const void *a, const void *b)
{
    return strcmp(((const struct inventory_container *)a)->id, ((const struct inventory_container *)b)->id);
}

static int compare_volumes(const void *a, const void *b)
{
    return strcmp(((const struct inventory_volume *)a)->name, ((const struct inventory_volume *)b)->name);
}

/* Sorts a list of containers, and drops the own one and those that are in it twice: two upstreams may be the same
 * Engine. */
static void sort_containers(struct inventory_container *list, size_t *count, const char *own)
{
    size_t kept = 0;

    if (*count > 1)
        qsort(list, *count, sizeof *list, compare_containers);
    for (size_t i = 0; i < *count; i++) {
        const char *id = list[i].id;

        if ((own != NULL && strcmp(id, own) == 0) || (kept > 0 && strcmp(id, list[kept - 1].id) == 0))
            inventory_container_free(&list[i]);
        else
            list[kept++] = list[i];
    }
    *count = kept;
}

/* An Engine resolves any prefix of either id, so a list that lacks one id would let its prefixes pass. */
static void conclude_host_networks(struct inventory *inventory)
{
    inventory_list_free(&inventory->host_networks);
    for (size_t i = 0; i < inventory->upstream_count; i++)
        if (inventory->upstreams[i].host_network[0] == '\0' || inventory->upstreams[i].swarm_host_network[0] == '\0')
            return;
    for (size_t i = 0; i < inventory->upstream_count; i++) {
        inventory_list_add(&inventory->host_networks, inventory->upstreams[i].host_network);
        inventory_list_add(&inventory->host_networks, inventory->upstreams[i].swarm_host_network);
    }
    inventory_list_sort(&inventory->host_networks);
}

void inventory_conclude(struct inventory *inventory)
{
    bool all_docker = true;
    bool any_podman = false;

    inventory->complete = true;
    inventory->cgroup_v1 = inventory->sound_builds = inventory->upstream_count > 0;
    for (size_t i = 0; i < inventory->upstream_count; i++) {
        const struct inventory_upstream *part = &inventory->upstreams[i];

        inventory->complete &= part->told;
        inventory->cgroup_v1 &= part->cgroup_v1;
        inventory->sound_builds &= part->sound_builds;
        all_docker &= part->told && part->kind == ENGINE_DOCKER;
        any_podman |= part->kind == ENGINE_PODMAN;
    }
    inventory->kind = any_podman ? ENGINE_PODMAN : all_docker ? ENGINE_DOCKER : ENGINE_UNKNOWN;
    conclude_host_networks(inventory);
    inventory->known = !inventory->contained ||
                       (!inventory->odd &&
                        (inventory->own_found || (inventory->complete && inventory->own.id != NULL)));
    sort_containers(inventory->holders, &inventory->holder_count, inventory->own.id);
    sort_containers(inventory->others, &inventory->other_count, inventory->own.id);
    if (inventory->volume_count > 1)
        qsort(inventory->volumes, inventory->volume_count, sizeof *inventory->volumes, compare_volumes);
}

void inventory_free(struct inventory *inventory)
{
    inventory_container_free(&inventory->own);
    inventory_list_free(&inventory->host_networks);
    for (size_t i = 0; i < inventory->volume_count; i++) {
        free(inventory->volumes[i].name);
        free(inventory->volumes[i].place);
    }
    free(inventory->volumes);
    for (size_t i = 0; i < inventory->holder_count; i++)
        inventory_container_free(&inventory->holders[i]);
    free(inventory->holders);
    for (size_t i = 0; i < inventory->other_count; i++)
        inventory_container_free(&inventory->others[i]);
    free(inventory->others);
    memset(inventory, 0, sizeof *inventory);
}

/* ---- queries ---- */

bool inventory_has_volume(const struct inventory *inventory, const char *name)
{
    for (size_t i = 0; i < inventory->volume_count; i++)
        if (strcmp(inventory->volumes[i].name, name) == 0)
            return true;
    return false;
}

const struct inventory_volume *inventory_volume_of(const struct inventory *inventory, const char *path)
{
    for (size_t i = 0; i < inventory->volume_count; i++)
        if (path_is_below(path, inventory->volumes[i].place))
            return &inventory->volumes[i];
    return NULL;
}

bool inventory_list_has(const struct inventory_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], text) == 0)
            return true;
    return false;
}
