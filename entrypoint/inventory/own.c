/* Finds the container that this program runs in. */
#include "inventory/internal.h"
#include "base/paths.h"

#include <string.h>

/* The listed container whose id begins with that text; NULL if there is none or more than one. */
static struct inventory_entry *find(struct inventory_reading *reading, const char *begin, size_t *upstream)
{
    struct inventory_entry *found = NULL;

    for (size_t i = 0; begin[0] != '\0' && i < reading->settings->upstreams.count; i++)
        for (size_t k = 0; k < reading->entries[i].count; k++) {
            struct inventory_entry *entry = &reading->entries[i].list[k];

            if (strncmp(entry->container.id, begin, strlen(begin)) != 0)
                continue;
            if (found != NULL && strcmp(found->container.id, entry->container.id) != 0)
                return NULL;
            if (found != NULL) /* two upstreams are the same Engine */
                continue;
            found = entry;
            *upstream = i;
        }
    return found;
}

/* Whether something is mounted there. /var/run counts as /run. */
static bool has_mount(const struct container *container, const char *place)
{
    for (size_t i = 0; container->mounts != NULL && container->mounts[i] != NULL; i++)
        if (path_is_below(container->mounts[i], place) && path_is_below(place, container->mounts[i]))
            return true;
    return false;
}

/* Whether the entry can be this container: it runs, and all of its mounts exist here. */
static bool could_be_ours(const struct inventory_entry *entry, const struct container *container)
{
    for (size_t i = 0; i < entry->mount_count; i++)
        if (!has_mount(container, entry->mounts[i].place))
            return false;
    return entry->running;
}

static void add_volumes(struct inventory *inventory, const struct inventory_entry *entry)
{
    for (size_t i = 0; i < entry->mount_count; i++)
        if (entry->mounts[i].volume != NULL && entry->mounts[i].volume[0] != '\0')
            inventory_add_volume(inventory, entry->mounts[i].volume, entry->mounts[i].place);
}

static void set_own(struct inventory *inventory, struct inventory_entry *entry, size_t upstream)
{
    inventory_container_free(&inventory->own);
    inventory->own = entry->container;
    inventory->own.upstream = upstream;
    memset(&entry->container, 0, sizeof entry->container);
    inventory->own_found = true;
    add_volumes(inventory, entry);
}

/* The id and the host name belong to the network, which several containers may share, with the files that contain them.
 * The named container, or else the first other one that could be ours, becomes the own container. Further ones that
 * could be ours are protected as holders, together with their volumes. */
static struct inventory_entry *choose(struct inventory *inventory, struct inventory_reading *reading,
                                      struct inventory_entry *named, size_t upstream)
{
    struct inventory_entries *entries = &reading->entries[upstream];
    struct inventory_entry *own = could_be_ours(named, reading->container) ? named : NULL;

    for (size_t i = 0; i < entries->count; i++) {
        struct inventory_entry *entry = &entries->list[i];

        if (entry == named || entry->joined[NETWORK_MODE] != named || !could_be_ours(entry, reading->container))
            continue;
        if (own == NULL) {
            own = entry;
        } else {
            add_volumes(inventory, entry);
            inventory_add_holder(inventory, &entry->container, upstream);
        }
    }
    return own == NULL ? named : own;
}

struct inventory_entry *inventory_find_own(struct inventory *inventory, struct inventory_reading *reading)
{
    const struct container *container = reading->container;
    size_t upstream = 0;
    struct inventory_entry *own = find(reading, container->id, &upstream);

    if (own == NULL) {
        own = find(reading, container->network_id, &upstream);
        if (own == NULL)
            own = find(reading, container->host_name, &upstream);
        if (own != NULL)
            own = choose(inventory, reading, own, upstream);
    }
    if (own != NULL) {
        set_own(inventory, own, upstream);
        return own;
    }
    if (container->id[0] != '\0' || container->network_id[0] != '\0')
        inventory->own.id = inventory_copy(container->id[0] != '\0' ? container->id : container->network_id);
    return NULL;
}
