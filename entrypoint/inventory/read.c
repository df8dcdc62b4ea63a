/* Reads an inventory: queries the upstreams, finds the own container and the holders, and concludes. */
#include "inventory/internal.h"

#include <string.h>

void inventory_read_as(struct inventory *inventory, const struct container *container, const struct settings *settings,
                       const struct inventory_needs *needs, long milliseconds)
{
    struct inventory_reading reading = {.container = container, .settings = settings, .needs = *needs};
    const struct inventory_entry *own;

    memset(inventory, 0, sizeof *inventory);
    inventory->contained = container->contained;
    inventory->upstream_count = settings->upstreams.count;
    inventory_ask(inventory, &reading, milliseconds);
    if (inventory->contained) {
        inventory_find_joined(&reading);
        own = inventory_find_own(inventory, &reading);
        inventory_find_holders(inventory, &reading, own);
        inventory_find_sharers(inventory, &reading);
        for (size_t i = 0; i < settings->upstreams.count; i++)
            for (size_t k = 0; k < reading.entries[i].count; k++)
                if (reading.entries[i].list[k].container.id != NULL)
                    inventory_add_other(inventory, &reading.entries[i].list[k].container, i);
    }
    for (size_t i = 0; i < settings->upstreams.count; i++)
        inventory_entries_free(&reading.entries[i]);
    inventory_conclude(inventory);
}

/* With these a client gets what a container has. A client that creates without a guard has everything anyway. */
static bool gets_into_containers(const struct profile *profile)
{
    static const char *const into[] = {
        "ContainerExec",   "ContainerExecLibpod",      "PutContainerArchive",  "PutContainerArchiveLibpod",
        "ContainerAttach", "ContainerAttachWebsocket", "ContainerAttachLibpod"};

    if (profile_leaves_unguarded(profile))
        return false;
    for (size_t i = 0; i < sizeof into / sizeof *into; i++)
        if (profile_forwards(profile, into[i]))
            return true;
    return profile_forwards(profile, "ContainerCreate") && guard_opens_processes(profile->guard);
}

struct inventory_needs inventory_needs_of(const struct environment *environment)
{
    struct inventory_needs needs = {.host_pid = true, .host_ipc = true};

    for (size_t i = 0; i < environment->profile_count; i++) {
        const struct profile *profile = &environment->profiles[i];

        if (!gets_into_containers(profile))
            continue;
        needs.inspections = true;
        needs.host_pid &= guard_opens_namespace(profile->guard, "pid:host");
        needs.host_ipc &= guard_opens_namespace(profile->guard, "ipc:host");
    }
    return needs;
}

void inventory_read(struct inventory *inventory, const struct environment *environment, long milliseconds)
{
    const struct inventory_needs needs = inventory_needs_of(environment);
    struct container container;

    container_read(&container);
    inventory_read_as(inventory, &container, &environment->settings, &needs, milliseconds);
    container_free(&container);
}
