#include "inventory.h"

#include "bounded.h"
#include "inventory_json.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where Engines, and what runs containers for them, have their sockets. Those of rootless ones: see shows_rootless. */
static const char *const usual_sockets[] = {"/run/docker.sock", "/run/podman/podman.sock", "/run/containerd/containerd.sock"};

/* ---- asking ---- */

enum { PING, LIST, VERSION_OF, QUESTIONS };
static const char *const questions[QUESTIONS] = {"/_ping", "/containers/json?all=1", "/version"};

struct reading {
    const struct container *container;
    const struct settings *settings;
    const struct endpoint *endpoints;
    struct inventory_entries entries[UPSTREAMS_MAX];
    struct fetch answers[UPSTREAMS_MAX][QUESTIONS];
    bool asked[UPSTREAMS_MAX][QUESTIONS];
};

static bool is_podman(const struct fetch *ping)
{
    return fetch_has_header(ping, "Libpod-API-Version");
}

/* Asks the upstreams the questions for which wanted says so, all at the same time. */
static void ask(struct reading *reading, bool wanted[UPSTREAMS_MAX][QUESTIONS], long deadline)
{
    struct fetch *fetches = calloc(UPSTREAMS_MAX * QUESTIONS, sizeof *fetches);
    struct fetch *places[UPSTREAMS_MAX * QUESTIONS];
    size_t count = 0;

    if (fetches == NULL)
        abort();
    for (size_t i = 0; i < reading->settings->upstreams.count; i++)
        for (size_t k = 0; k < QUESTIONS; k++) {
            if (!wanted[i][k])
                continue;
            fetches[count].upstream = i;
            bounded_copy(fetches[count].path, sizeof fetches[count].path, questions[k]);
            reading->asked[i][k] = true;
            places[count++] = &reading->answers[i][k];
        }
    fetch_all(fetches, count, reading->settings, reading->endpoints, deadline);
    for (size_t i = 0; i < count; i++)
        *places[i] = fetches[i];
    free(fetches);
}

/* (Podman's /version takes long, and what it is its /_ping has told.) */
static void ask_all(struct reading *reading, long deadline)
{
    bool first[UPSTREAMS_MAX][QUESTIONS] = {{false}};
    bool second[UPSTREAMS_MAX][QUESTIONS] = {{false}};
    size_t count = reading->settings->upstreams.count;

    for (size_t i = 0; i < count; i++) {
        first[i][PING] = true;
        first[i][LIST] = reading->container->contained;
    }
    ask(reading, first, deadline);
    for (size_t i = 0; i < count; i++)
        second[i][VERSION_OF] = reading->answers[i][PING].status == 200 && !is_podman(&reading->answers[i][PING]);
    ask(reading, second, deadline);
}

static void set_unfit(struct inventory_upstream *part, const char *question)
{
    part->answer = INVENTORY_UNFIT;
    bounded_format(part->why, sizeof part->why, "what it answers to GET %s is not understood", question);
}

/* The upstream's part, from its answers. */
static void take(struct inventory_upstream *part, struct reading *reading, size_t i)
{
    struct fetch *answers = reading->answers[i];
    const bool *asked = reading->asked[i];

    part->answer = INVENTORY_GIVEN;
    for (size_t k = 0; k < QUESTIONS; k++) {
        if (!asked[k] || answers[k].status == 200)
            continue;
        part->answer = answers[k].status == 0 ? INVENTORY_SILENT : INVENTORY_UNFIT;
        if (answers[k].status == 0)
            bounded_copy(part->why, sizeof part->why, answers[k].why);
        else
            bounded_format(part->why, sizeof part->why, "it answers GET %s with %d", questions[k], answers[k].status);
        return;
    }
    if (is_podman(&answers[PING]))
        part->kind = ENGINE_PODMAN;
    else if (!inventory_kind_read(&part->kind, answers[VERSION_OF].body, answers[VERSION_OF].length))
        set_unfit(part, questions[VERSION_OF]);
    if (asked[LIST] && part->answer == INVENTORY_GIVEN &&
        !inventory_entries_read(&reading->entries[i], answers[LIST].body, answers[LIST].length))
        set_unfit(part, questions[LIST]);
    part->told = part->answer == INVENTORY_GIVEN;
    if (!part->told)
        inventory_entries_free(&reading->entries[i]);
}

static void read_upstreams(struct inventory *inventory, struct reading *reading, long milliseconds)
{
    const struct upstreams *upstreams = &reading->settings->upstreams;
    struct endpoint endpoints[UPSTREAMS_MAX];
    long begin = channel_now();

    endpoints_find(endpoints, upstreams, begin + milliseconds / 2);
    reading->endpoints = endpoints;
    ask_all(reading, begin + milliseconds);
    for (size_t i = 0; i < upstreams->count; i++) {
        take(&inventory->upstreams[i], reading, i);
        for (size_t k = 0; k < QUESTIONS; k++)
            fetch_free(&reading->answers[i][k]);
    }
    reading->endpoints = NULL;
}

/* ---- which one is ours ---- */

/* The one whose id begins so, if there is just one. */
static struct inventory_entry *find(struct reading *reading, const char *begin, size_t *upstream)
{
    struct inventory_entry *found = NULL;

    for (size_t i = 0; begin[0] != '\0' && i < reading->settings->upstreams.count; i++)
        for (size_t k = 0; k < reading->entries[i].count; k++) {
            struct inventory_entry *entry = &reading->entries[i].list[k];

            if (strncmp(entry->container.id, begin, strlen(begin)) != 0)
                continue;
            if (found != NULL && strcmp(found->container.id, entry->container.id) != 0)
                return NULL;
            if (found != NULL) /* two upstreams lead to one Engine */
                continue;
            found = entry;
            *upstream = i;
        }
    return found;
}

/* Whether the entry has the network of that container, and with it the files and the host name that tell us an id. */
static bool shares_network(const struct inventory_entry *entry, const struct inventory_container *container)
{
    static const char with[] = "container:";
    const char *of = entry->network_mode + strlen(with);

    return strncmp(entry->network_mode, with, strlen(with)) == 0 && of[0] != '\0' &&
           (strncmp(container->id, of, strlen(of)) == 0 || inventory_list_has(&container->names, of));
}

/* Whether it can be us: everything that is mounted in it is mounted here. */
static bool could_be_ours(const struct inventory_entry *entry, const struct container *container)
{
    for (size_t i = 0; i < entry->mount_count; i++)
        if (!container_has_mount(container, entry->mounts[i].place))
            return false;
    return entry->running;
}

static void add_volumes(struct inventory *inventory, struct inventory_entry *entry)
{
    for (size_t i = 0; i < entry->mount_count; i++) {
        struct inventory_mount *mount = &entry->mounts[i];

        if (mount->volume == NULL || mount->volume[0] == '\0')
            continue;
        inventory->odd |= !inventory_is_name(mount->volume);
        inventory->volumes = realloc(inventory->volumes, (inventory->volume_count + 1) * sizeof *inventory->volumes);
        if (inventory->volumes == NULL)
            abort();
        inventory->volumes[inventory->volume_count].name = mount->volume;
        inventory->volumes[inventory->volume_count++].place = strdup(mount->place);
        mount->volume = NULL;
    }
}

static void add_holder(struct inventory *inventory, struct inventory_entry *entry, size_t upstream)
{
    inventory->holders = realloc(inventory->holders, (inventory->holder_count + 1) * sizeof *inventory->holders);
    if (inventory->holders == NULL)
        abort();
    entry->container.upstream = upstream;
    inventory->holders[inventory->holder_count++] = entry->container;
    memset(&entry->container, 0, sizeof entry->container);
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

/* Among containers that have the network of the named one (and itself), those that could be ours are. One of them becomes the
 * own container; should there be more, the others are protected as holders, with their volumes. */
static struct inventory_entry *choose(struct inventory *inventory, struct reading *reading, struct inventory_entry *named,
                                      size_t upstream)
{
    struct inventory_entries *entries = &reading->entries[upstream];
    struct inventory_entry *own = could_be_ours(named, reading->container) ? named : NULL;

    for (size_t i = 0; i < entries->count; i++) {
        struct inventory_entry *entry = &entries->list[i];

        if (entry == named || !shares_network(entry, &named->container) || !could_be_ours(entry, reading->container))
            continue;
        if (own == NULL) {
            own = entry;
        } else {
            add_volumes(inventory, entry);
            add_holder(inventory, entry, upstream);
        }
    }
    return own == NULL ? named : own;
}

static struct inventory_entry *find_own(struct inventory *inventory, struct reading *reading)
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
        inventory->own.id = strdup(container->id[0] != '\0' ? container->id : container->network_id);
    return NULL;
}

/* ---- who holds a socket ---- */

/* The path with /var/run written as /run, which it is a link to. */
static const char *canonical(const char *path)
{
    return strncmp(path, "/var/run", 8) == 0 && (path[8] == '/' || path[8] == '\0') ? path + strlen("/var") : path;
}

/* Whether what is mounted from source shows the path: it is the same, or a directory above it. */
static bool is_at_or_above(const char *source, const char *path)
{
    size_t length = strlen(source);

    while (length > 0 && source[length - 1] == '/')
        length--;
    return source[0] == '/' && strncmp(source, path, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static bool shows(const char *source, const char *path)
{
    char other[PATH_MAX];

    path = canonical(path);
    if (is_at_or_above(canonical(source), path))
        return true;
    return strncmp(path, "/run/", 5) == 0 && (size_t)snprintf(other, sizeof other, "/var%s", path) < sizeof other &&
           is_at_or_above(source, other);
}

/* /run/user/1000/docker.sock, /run/user/1000/podman/podman.sock */
static bool shows_rootless(const char *source)
{
    static const char begin[] = "/run/user/";
    const char *path = canonical(source) + strlen(begin);

    if (strncmp(canonical(source), begin, strlen(begin)) != 0)
        return false;
    path += strspn(path, "0123456789");
    return strcmp(path, "/docker.sock") == 0 || strcmp(path, "/podman/podman.sock") == 0 || strcmp(path, "/podman") == 0;
}

/* The path of an upstream's socket as the host has it: where our own mount of it comes from. */
static bool host_path(const struct inventory_entry *own, const char *path, char *host, size_t size)
{
    const struct inventory_mount *best = NULL;

    for (size_t i = 0; own != NULL && i < own->mount_count; i++)
        if (is_at_or_above(canonical(own->mounts[i].place), canonical(path)) &&
            (best == NULL || strlen(canonical(own->mounts[i].place)) > strlen(canonical(best->place))))
            best = &own->mounts[i];
    if (best == NULL)
        return (size_t)snprintf(host, size, "%s", path) < size;
    return (size_t)snprintf(host, size, "%s%s", best->source, canonical(path) + strlen(canonical(best->place))) < size;
}

static bool holds(const struct inventory_entry *entry, const struct inventory_entry *own, const struct upstreams *upstreams)
{
    for (size_t i = 0; i < entry->mount_count; i++) {
        const char *source = entry->mounts[i].source;

        for (size_t k = 0; k < sizeof usual_sockets / sizeof *usual_sockets; k++)
            if (shows(source, usual_sockets[k]))
                return true;
        for (size_t k = 0; k < upstreams->count; k++) {
            char host[PATH_MAX];

            if (upstreams->list[k].kind == UPSTREAM_UNIX && host_path(own, upstreams->list[k].host, host, sizeof host) &&
                shows(source, host))
                return true;
        }
        if (shows_rootless(source))
            return true;
    }
    return false;
}

static void find_holders(struct inventory *inventory, struct reading *reading, const struct inventory_entry *own)
{
    const struct upstreams *upstreams = &reading->settings->upstreams;

    for (size_t i = 0; i < upstreams->count; i++)
        for (size_t k = 0; k < reading->entries[i].count; k++) {
            struct inventory_entry *entry = &reading->entries[i].list[k];

            if (entry->container.id != NULL && holds(entry, own, upstreams))
                add_holder(inventory, entry, i);
        }
}

/* ---- the whole ---- */

static int compare_containers(const void *a, const void *b)
{
    return strcmp(((const struct inventory_container *)a)->id, ((const struct inventory_container *)b)->id);
}

static int compare_volumes(const void *a, const void *b)
{
    return strcmp(((const struct inventory_volume *)a)->name, ((const struct inventory_volume *)b)->name);
}

/* Two upstreams may lead to one Engine. */
static void drop_repeated(struct inventory *inventory)
{
    const char *own = inventory->own.id;
    size_t kept = 0;

    for (size_t i = 0; i < inventory->holder_count; i++) {
        const char *id = inventory->holders[i].id;

        if ((own != NULL && strcmp(id, own) == 0) || (kept > 0 && strcmp(id, inventory->holders[kept - 1].id) == 0))
            inventory_container_free(&inventory->holders[i]);
        else
            inventory->holders[kept++] = inventory->holders[i];
    }
    inventory->holder_count = kept;
}

/* What follows from the parts. */
static void conclude(struct inventory *inventory)
{
    bool all_docker = true;
    bool any_podman = false;

    inventory->complete = true;
    for (size_t i = 0; i < inventory->upstream_count; i++) {
        const struct inventory_upstream *part = &inventory->upstreams[i];

        inventory->complete &= part->told;
        all_docker &= part->told && part->kind == ENGINE_DOCKER;
        any_podman |= part->kind == ENGINE_PODMAN;
    }
    inventory->kind = any_podman ? ENGINE_PODMAN : all_docker ? ENGINE_DOCKER : ENGINE_UNKNOWN;
    inventory->known = !inventory->contained ||
                       (!inventory->odd && (inventory->own_found || (inventory->complete && inventory->own.id != NULL)));
    if (inventory->holder_count > 1)
        qsort(inventory->holders, inventory->holder_count, sizeof *inventory->holders, compare_containers);
    drop_repeated(inventory);
    if (inventory->volume_count > 1)
        qsort(inventory->volumes, inventory->volume_count, sizeof *inventory->volumes, compare_volumes);
}

void inventory_read_as(struct inventory *inventory, const struct container *container, const struct settings *settings,
                       long milliseconds)
{
    struct reading reading = {.container = container, .settings = settings};
    const struct inventory_entry *own;

    memset(inventory, 0, sizeof *inventory);
    inventory->contained = container->contained;
    inventory->upstream_count = settings->upstreams.count;
    read_upstreams(inventory, &reading, milliseconds);
    if (inventory->contained) {
        own = find_own(inventory, &reading);
        find_holders(inventory, &reading, own);
    }
    for (size_t i = 0; i < settings->upstreams.count; i++)
        inventory_entries_free(&reading.entries[i]);
    conclude(inventory);
}

void inventory_read(struct inventory *inventory, const struct settings *settings, long milliseconds)
{
    struct container container;

    container_read(&container);
    inventory_read_as(inventory, &container, settings, milliseconds);
    container_free(&container);
}

void inventory_free(struct inventory *inventory)
{
    inventory_container_free(&inventory->own);
    for (size_t i = 0; i < inventory->volume_count; i++) {
        free(inventory->volumes[i].name);
        free(inventory->volumes[i].place);
    }
    free(inventory->volumes);
    for (size_t i = 0; i < inventory->holder_count; i++)
        inventory_container_free(&inventory->holders[i]);
    free(inventory->holders);
    memset(inventory, 0, sizeof *inventory);
}

/* ---- comparing ---- */

static bool same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_container(const struct inventory_container *a, const struct inventory_container *b)
{
    if (!same(a->id, b->id) || !same(a->service_id, b->service_id) || !same(a->service_name, b->service_name) ||
        a->names.count != b->names.count)
        return false;
    for (size_t i = 0; i < a->names.count; i++)
        if (strcmp(a->names.items[i], b->names.items[i]) != 0)
            return false;
    return true;
}

bool inventory_equal(const struct inventory *a, const struct inventory *b)
{
    if (a->contained != b->contained || a->known != b->known || a->complete != b->complete || a->kind != b->kind ||
        a->volume_count != b->volume_count || a->holder_count != b->holder_count || !same_container(&a->own, &b->own))
        return false;
    for (size_t i = 0; i < a->volume_count; i++)
        if (!same(a->volumes[i].name, b->volumes[i].name) || !same(a->volumes[i].place, b->volumes[i].place))
            return false;
    for (size_t i = 0; i < a->holder_count; i++)
        if (!same_container(&a->holders[i], &b->holders[i]))
            return false;
    return true;
}

/* ---- what was known before ---- */

static char *copy(const char *text)
{
    char *result = text == NULL ? NULL : strdup(text);

    if (text != NULL && result == NULL)
        abort();
    return result;
}

static struct inventory_container copy_of(const struct inventory_container *container)
{
    struct inventory_container result = {.id = copy(container->id),
                                         .service_id = copy(container->service_id),
                                         .service_name = copy(container->service_name),
                                         .upstream = container->upstream};

    for (size_t i = 0; i < container->names.count; i++)
        inventory_list_add(&result.names, container->names.items[i]);
    return result;
}

static void keep_own(struct inventory *fresh, const struct inventory *before)
{
    inventory_container_free(&fresh->own);
    fresh->own = copy_of(&before->own);
    fresh->own_found = true;
    fresh->odd |= before->odd;
    for (size_t i = 0; i < before->volume_count; i++) {
        struct inventory_mount mount = {.volume = copy(before->volumes[i].name), .place = before->volumes[i].place};
        struct inventory_entry entry = {.mounts = &mount, .mount_count = 1};

        add_volumes(fresh, &entry);
    }
}

void inventory_keep(struct inventory *fresh, const struct inventory *before)
{
    for (size_t i = 0; i < fresh->upstream_count && i < before->upstream_count; i++) {
        if (fresh->upstreams[i].told || !before->upstreams[i].told)
            continue;
        fresh->upstreams[i].told = true;
        fresh->upstreams[i].kind = before->upstreams[i].kind;
        if (before->own_found && before->own.upstream == i && !fresh->own_found)
            keep_own(fresh, before);
        for (size_t k = 0; k < before->holder_count; k++) {
            struct inventory_entry entry;

            if (before->holders[k].upstream != i)
                continue;
            entry.container = copy_of(&before->holders[k]);
            add_holder(fresh, &entry, i);
        }
    }
    conclude(fresh);
}

/* ---- what is asked of it ---- */

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
        if (is_at_or_above(canonical(inventory->volumes[i].place), canonical(path)))
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
