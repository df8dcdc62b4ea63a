/* Finds the containers that share a namespace with the own container or with a holder. */
#include "inventory/internal.h"

#include <string.h>

/* The entry that a mode names: by its id, its name, with or without a slash, or the beginning of its id, in the
 * Engine's order (daemon/container.go, GetContainer). A name may look like another container's id. */
static struct inventory_entry *find(const struct inventory_entries *entries, const char *name)
{
    struct inventory_entry *named = NULL;
    struct inventory_entry *begun = NULL;

    name += *name == '/';
    for (size_t i = 0; i < entries->count; i++) {
        struct inventory_entry *entry = &entries->list[i];

        if (strcmp(entry->container.id, name) == 0)
            return entry;
        if (inventory_list_has(&entry->container.names, name))
            named = entry;
        if (*name != '\0' && strncmp(entry->container.id, name, strlen(name)) == 0)
            begun = entry;
    }
    return named != NULL ? named : begun;
}

void inventory_find_joined(struct inventory_reading *reading)
{
    for (size_t i = 0; i < reading->settings->upstreams.count; i++)
        for (size_t k = 0; k < reading->entries[i].count; k++) {
            struct inventory_entry *entry = &reading->entries[i].list[k];

            for (size_t mode = 0; mode < MODES; mode++) {
                const char *name = inventory_mode_container(entry->modes[mode]);

                if (name != NULL)
                    entry->joined[mode] = find(&reading->entries[i], name);
            }
        }
}

/* The own one or a holder. */
static bool is_protected(const struct inventory_entry *entry)
{
    return entry->container.id == NULL;
}

/* Whether a protected container has joined the namespace of the entry, or both have joined that of a third one, which
 * may be gone. */
static bool is_joined(const struct inventory_entries *entries, const struct inventory_entry *entry, size_t mode)
{
    for (size_t i = 0; i < entries->count; i++) {
        const struct inventory_entry *other = &entries->list[i];

        if (is_protected(other) &&
            (other->joined[mode] == entry ||
             (inventory_mode_container(entry->modes[mode]) != NULL && other->modes[mode] != NULL &&
              strcmp(entry->modes[mode], other->modes[mode]) == 0)))
            return true;
    }
    return false;
}

static bool is_of_host(const struct inventory_entry *entry, size_t mode)
{
    return entry->modes[mode] != NULL && strcmp(entry->modes[mode], "host") == 0;
}

/* Whether the entry shows what a protected container has. With the processes of a container come its files, at
 * /proc/PID/root; the host's processes are those of all containers. A container whose network a protected one has
 * joined (a VPN) shows less, and is left alone. */
static bool shares(const struct inventory_reading *reading, const struct inventory_entries *entries,
                   const struct inventory_entry *entry)
{
    if (entry->unread || (is_of_host(entry, PID_MODE) && !reading->needs.host_pid) ||
        (is_of_host(entry, IPC_MODE) && !reading->needs.host_ipc))
        return true;
    for (size_t mode = 0; mode < MODES; mode++)
        if (entry->joined[mode] != NULL && is_protected(entry->joined[mode]))
            return true;
    return is_joined(entries, entry, PID_MODE) || is_joined(entries, entry, IPC_MODE);
}

/* Adds those of one upstream. Returns whether there are any. */
static bool add_sharers(struct inventory *inventory, struct inventory_reading *reading, size_t i)
{
    struct inventory_entries *entries = &reading->entries[i];
    bool any = false;

    for (size_t k = 0; k < entries->count; k++) {
        struct inventory_entry *entry = &entries->list[k];

        if (is_protected(entry) || !shares(reading, entries, entry))
            continue;
        entry->container.shares = true;
        inventory_add_holder(inventory, &entry->container, i);
        any = true;
    }
    return any;
}

void inventory_find_sharers(struct inventory *inventory, struct inventory_reading *reading)
{
    for (size_t i = 0; i < reading->settings->upstreams.count; i++)
        while (add_sharers(inventory, reading, i)) /* who shares with a sharer */
            continue;
}
