/* Finds the containers that hold an Engine's socket. */
#include "inventory/internal.h"
#include "base/paths.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* The sockets of Engines and of containerd. For rootless Engines see shows_rootless. */
static const char *const usual_sockets[] = {"/run/docker.sock", "/run/podman/podman.sock",
                                            "/run/containerd/containerd.sock"};

/* Whether a mount of source contains the path, by any of its names. */
static bool shows(const char *source, const char *path)
{
    char other[PATH_MAX];

    path = path_canonical(path);
    if (path_is_at_or_above(path_canonical(source), path))
        return true;
    return strncmp(path, "/run/", 5) == 0 && (size_t)snprintf(other, sizeof other, "/var%s", path) < sizeof other &&
           path_is_at_or_above(source, other);
}

/* Whether it contains /run/user/1000/docker.sock or /run/user/1000/podman/podman.sock, for any user. */
static bool shows_rootless(const char *source)
{
    static const char begin[] = "/run/user/";
    static const char *const sockets[] = {"docker.sock", "podman/podman.sock"};
    char path[PATH_MAX];
    size_t length = strlen(begin);

    source = path_canonical(source);
    if (path_is_at_or_above(source, "/run/user"))
        return true;
    if (strncmp(source, begin, length) != 0)
        return false;
    length += strspn(source + length, "0123456789");
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++)
        if ((size_t)snprintf(path, sizeof path, "%.*s/%s", (int)length, source, sockets[i]) < sizeof path &&
            path_is_at_or_above(source, path))
            return true;
    return false;
}

/* The mount of the own container that contains the path; NULL if there is none. */
static const struct inventory_mount *own_mount(const struct inventory_entry *own, const char *path)
{
    const struct inventory_mount *best = NULL;

    for (size_t i = 0; own != NULL && i < own->mount_count; i++)
        if (path_is_at_or_above(path_canonical(own->mounts[i].place), path_canonical(path)) &&
            (best == NULL || strlen(path_canonical(own->mounts[i].place)) > strlen(path_canonical(best->place))))
            best = &own->mounts[i];
    return best;
}

/* Writes the path on the host of an upstream's socket, by the own container's mount of it. False if it does not fit. */
static bool host_path(const struct inventory_mount *best, const char *path, char *host, size_t size)
{
    if (best == NULL)
        return (size_t)snprintf(host, size, "%s", path) < size;
    return (size_t)snprintf(host, size, "%s%s", best->source,
                            path_canonical(path) + strlen(path_canonical(best->place))) < size;
}

/* Compares names, since the Engine reports no source for a volume that no running container uses. */
static bool is_same_volume(const struct inventory_mount *a, const struct inventory_mount *b)
{
    return a != NULL && a->volume != NULL && a->volume[0] != '\0' && b->volume != NULL &&
           strcmp(a->volume, b->volume) == 0;
}

bool inventory_holds(const struct inventory_entry *entry, const struct inventory_entry *own,
                     const struct upstreams *upstreams)
{
    for (size_t i = 0; i < entry->mount_count; i++) {
        const char *source = entry->mounts[i].source;

        for (size_t k = 0; k < sizeof usual_sockets / sizeof *usual_sockets; k++)
            if (shows(source, usual_sockets[k]))
                return true;
        for (size_t k = 0; k < upstreams->count; k++) {
            const char *path = upstreams->list[k].host;
            const struct inventory_mount *ours = own_mount(own, path);
            char host[PATH_MAX];

            if (upstreams->list[k].kind == UPSTREAM_UNIX &&
                (is_same_volume(ours, &entry->mounts[i]) ||
                 (host_path(ours, path, host, sizeof host) && shows(source, host))))
                return true;
        }
        if (shows_rootless(source))
            return true;
    }
    return false;
}

void inventory_find_holders(struct inventory *inventory, struct inventory_reading *reading,
                            const struct inventory_entry *own)
{
    const struct upstreams *upstreams = &reading->settings->upstreams;

    for (size_t i = 0; i < upstreams->count; i++)
        for (size_t k = 0; k < reading->entries[i].count; k++) {
            struct inventory_entry *entry = &reading->entries[i].list[k];

            if (entry->container.id != NULL && inventory_holds(entry, own, upstreams))
                inventory_add_holder(inventory, &entry->container, i);
        }
}
