/* A set of containers: queries, changes, and its single reading. */
#include "inventory/known.h"

#include "base/array.h"
#include "base/text.h"
#include "inventory/parse.h"

#include <stdlib.h>
#include <string.h>

static void free_addresses(struct known_container *container)
{
    for (size_t i = 0; i < container->address_count; i++)
        free(container->addresses[i].network_id);
    free(container->addresses);
}

static void free_container(struct known_container *container)
{
    inventory_entry_free(&container->entry);
    inventory_list_free(&container->labels);
    free_addresses(container);
    free(container->image);
    free(container->manifest);
    free(container);
}

void containers_free(struct containers *containers)
{
    for (size_t i = 0; i < containers->count; i++)
        free_container(containers->list[i]);
    free(containers->list);
    for (size_t i = 0; i < containers->network_count; i++) {
        free(containers->networks[i].id);
        inventory_list_free(&containers->networks[i].subnets);
        inventory_list_free(&containers->networks[i].gateways);
    }
    free(containers->networks);
    memset(containers, 0, sizeof *containers);
}

/* ---- queries ---- */

/* The index of the first container whose id is not before that text. */
static size_t position(const struct containers *containers, const char *id)
{
    size_t low = 0;
    size_t high = containers->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(containers->list[middle]->entry.container.id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct known_container *containers_find(const struct containers *containers, const char *id)
{
    size_t at = position(containers, id);

    return at < containers->count && strcmp(containers->list[at]->entry.container.id, id) == 0 ? containers->list[at]
                                                                                               : NULL;
}

static bool begins(const struct containers *containers, size_t at, const char *prefix)
{
    return at < containers->count && strncmp(containers->list[at]->entry.container.id, prefix, strlen(prefix)) == 0;
}

const struct known_container *containers_refer(const struct containers *containers, const char *reference)
{
    size_t at = position(containers, reference);

    if (reference[0] == '\0')
        return NULL;
    if (strlen(reference) == CONTAINER_ID_LENGTH && begins(containers, at, reference))
        return containers->list[at];
    for (size_t i = 0; i < containers->count; i++)
        if (inventory_list_has(&containers->list[i]->entry.container.names, reference))
            return containers->list[i];
    return begins(containers, at, reference) && !begins(containers, at + 1, reference) ? containers->list[at] : NULL;
}

const struct known_container *containers_at(const struct containers *containers, const char *address)
{
    const struct known_container *found = NULL;

    for (size_t i = 0; i < containers->count; i++) {
        const struct known_container *container = containers->list[i];

        for (size_t k = 0; k < container->address_count; k++) {
            if (strcmp(container->addresses[k].text, address) != 0)
                continue;
            if (found != NULL && found != container)
                return NULL;
            found = container;
        }
    }
    return found;
}

const char *container_label(const struct known_container *container, const char *key)
{
    size_t length = strlen(key);

    for (size_t i = 0; i < container->labels.count; i++) {
        const char *label = container->labels.items[i];

        if (strncmp(label, key, length) == 0 && label[length] == '=')
            return label + length + 1;
    }
    return NULL;
}

/* ---- changes ---- */

static bool mounts_equal(const struct inventory_entry *a, const struct inventory_entry *b)
{
    if (a->mount_count != b->mount_count)
        return false;
    for (size_t i = 0; i < a->mount_count; i++)
        if (!text_equal(a->mounts[i].volume, b->mounts[i].volume) ||
            !text_equal(a->mounts[i].source, b->mounts[i].source) ||
            !text_equal(a->mounts[i].place, b->mounts[i].place))
            return false;
    return true;
}

static const struct known_address *address_of(const struct known_container *container,
                                              const struct known_address *address)
{
    for (size_t i = 0; i < container->address_count; i++)
        if (strcmp(container->addresses[i].text, address->text) == 0 &&
            strcmp(container->addresses[i].network_id, address->network_id) == 0)
            return &container->addresses[i];
    return NULL;
}

static bool addresses_equal(const struct known_container *a, const struct known_container *b)
{
    if (a->address_count != b->address_count)
        return false;
    for (size_t i = 0; i < a->address_count; i++)
        if (address_of(b, &a->addresses[i]) == NULL)
            return false;
    return true;
}

static bool equal(const struct known_container *a, const struct known_container *b)
{
    return a->entry.running == b->entry.running &&
           inventory_list_equal(&a->entry.container.names, &b->entry.container.names) &&
           inventory_list_equal(&a->labels, &b->labels) &&
           text_equal(a->entry.modes[NETWORK_MODE], b->entry.modes[NETWORK_MODE]) &&
           mounts_equal(&a->entry, &b->entry) && addresses_equal(a, b);
}

bool known_leave(struct known_container *container, const char *network_id)
{
    size_t kept = 0;
    bool any;

    for (size_t i = 0; i < container->address_count; i++) {
        if (network_id != NULL && strcmp(container->addresses[i].network_id, network_id) != 0)
            container->addresses[kept++] = container->addresses[i];
        else
            free(container->addresses[i].network_id);
    }
    any = kept < container->address_count;
    container->address_count = kept;
    return any;
}

bool known_end(struct known_container *container)
{
    bool running = container->entry.running;

    container->ended = true;
    container->entry.running = false;
    return known_leave(container, NULL) || running;
}

/* Gives `fresh` what the events have said of `known`, and the list may not know yet. */
static void correct(struct known_container *fresh, struct known_container *known)
{
    if (known->ended)
        known_end(fresh);
    for (size_t i = 0; i < known->address_count; i++) {
        struct known_address *early = &known->addresses[i];

        if (!early->early || address_of(fresh, early) != NULL)
            continue;
        fresh->addresses = array_grow(fresh->addresses, fresh->address_count, sizeof *fresh->addresses);
        fresh->addresses[fresh->address_count] = *early;
        fresh->addresses[fresh->address_count++].network_id = inventory_copy(early->network_id);
    }
}

struct known_container *known_put(struct containers *containers, struct known_container **fresh, bool *changed)
{
    struct known_container *added = *fresh;
    size_t at = position(containers, added->entry.container.id);
    struct known_container *known = containers_find(containers, added->entry.container.id);
    struct known_container before;

    *fresh = NULL;
    *changed = true;
    if (known == NULL) {
        containers->list = array_grow(containers->list, containers->count, sizeof(struct known_container *));
        memmove(containers->list + at + 1, containers->list + at,
                (containers->count - at) * sizeof(struct known_container *));
        containers->count++;
        return containers->list[at] = added;
    }
    correct(added, known);
    *changed = !equal(added, known);
    before = *known;
    added->attached = known->attached;
    added->label_origin = known->label_origin;
    *known = *added;
    *added = before;
    free_container(added);
    return known;
}

void known_take(struct containers *containers, struct known_container *container)
{
    size_t at = position(containers, container->entry.container.id);

    containers->count--;
    memmove(containers->list + at, containers->list + at + 1,
            (containers->count - at) * sizeof(struct known_container *));
}

void known_remove(struct containers *containers, struct known_container *container)
{
    known_take(containers, container);
    free_container(container);
}

/* ---- the single reading ---- */

void containers_read(struct containers *containers, const struct settings *settings, long milliseconds)
{
    const struct upstreams *upstreams = &settings->upstreams;
    struct endpoint endpoints[UPSTREAMS_MAX];
    struct fetch *fetches = json_zeroed((size_t)UPSTREAMS_MAX * 2, sizeof *fetches);
    long begin = channel_now();
    bool changed;

    memset(containers, 0, sizeof *containers);
    for (size_t i = 0; i < upstreams->count * 2; i++) {
        fetches[i].upstream = i / 2;
        bounded_copy(fetches[i].path, sizeof fetches[i].path, i % 2 == 0 ? KNOWN_LIST : KNOWN_NETWORKS);
    }
    endpoints_find(endpoints, upstreams, begin + milliseconds / 2);
    fetch_all(fetches, upstreams->count * 2, settings, endpoints, begin + milliseconds);
    for (size_t i = 0; i < upstreams->count * 2; i += 2) {
        if (containers->known || fetches[i].status != 200 || fetches[i + 1].status != 200)
            continue;
        containers->known = known_list_read(containers, fetches[i].body, fetches[i].length) &&
                            known_networks_read(containers, fetches[i + 1].body, fetches[i + 1].length, &changed);
        if (!containers->known)
            containers_free(containers);
        containers->upstream = i / 2;
    }
    for (size_t i = 0; i < upstreams->count * 2; i++)
        fetch_free(&fetches[i]);
    free(fetches);
}
