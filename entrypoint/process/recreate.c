/* Warnings of containers that could be deleted and not be created again. */
#include "process/recreate.h"

#include "base/text.h"
#include "inventory/fetch.h"
#include "inventory/json.h"

#include <stdlib.h>
#include <string.h>

#define CONTAINERS_MAX 200
#define MILLISECONDS   5000

/* The containers, and their inspections. */
struct candidates {
    size_t count;
    char *names[CONTAINERS_MAX];
    char *ids[CONTAINERS_MAX];
    struct fetch inspections[CONTAINERS_MAX];
};

/* ---- querying ---- */

static bool is_known(const struct candidates *candidates, const char *id)
{
    for (size_t i = 0; i < candidates->count; i++)
        if (strcmp(candidates->ids[i], id) == 0)
            return true;
    return false;
}

/* Adds the containers of one upstream's list. Returns how many there was no room for. */
static size_t take_list(struct candidates *candidates, const struct fetch *list, const struct inventory *inventory)
{
    struct inventory_entries entries;
    size_t left = 0;

    if (list->status != 200)
        return 0;
    if (!inventory_entries_read(&entries, list->body, list->length))
        entries.count = 0;
    for (size_t i = 0; i < entries.count; i++) {
        const struct inventory_container *container = &entries.list[i].container;
        size_t k = candidates->count;

        if (is_known(candidates, container->id) ||
            (inventory->own.id != NULL && strcmp(container->id, inventory->own.id) == 0))
            continue;
        if (k == CONTAINERS_MAX) {
            left++;
            continue;
        }
        candidates->ids[k] = inventory_copy(container->id);
        candidates->names[k] = inventory_copy(inventory_container_name(container));
        candidates->inspections[k].upstream = list->upstream;
        bounded_format(candidates->inspections[k].path, sizeof candidates->inspections[k].path, "/containers/%s/json",
                       container->id);
        candidates->count++;
    }
    inventory_entries_free(&entries);
    return left;
}

/* Lists the containers of all upstreams, and reads their inspections. */
static void read_candidates(struct candidates *candidates, struct recreations *recreations,
                            const struct settings *settings, const struct inventory *inventory)
{
    long deadline = channel_now() + MILLISECONDS;
    struct endpoint endpoints[UPSTREAMS_MAX];
    struct fetch lists[UPSTREAMS_MAX] = {{0}};
    size_t count = settings->upstreams.count;

    endpoints_find(endpoints, &settings->upstreams, deadline);
    for (size_t i = 0; i < count; i++) {
        lists[i].upstream = i;
        bounded_copy(lists[i].path, sizeof lists[i].path, "/containers/json?all=1");
    }
    fetch_all(lists, count, settings, endpoints, deadline);
    for (size_t i = 0; i < count; i++) {
        recreations->left += take_list(candidates, &lists[i], inventory);
        recreations->silent += lists[i].status != 200;
        fetch_free(&lists[i]);
    }
    fetch_all(candidates->inspections, candidates->count, settings, endpoints, deadline);
}

/* Sets the body with the name of the container whose network it uses, if it uses one that has a known name. */
static void add_body_by_name(struct recreated *container, const struct candidates *candidates)
{
    char *id = recreated_network_id(container);

    for (size_t i = 0; id != NULL && i < candidates->count; i++)
        if (strcmp(id, candidates->ids[i]) == 0) {
            recreated_name_network(container, candidates->names[i]);
            break;
        }
    free(id);
}

void recreations_read(struct recreations *recreations, const struct settings *settings,
                      const struct inventory *inventory)
{
    struct candidates *candidates = calloc(1, sizeof *candidates);

    memset(recreations, 0, sizeof *recreations);
    if (candidates == NULL)
        abort();
    read_candidates(candidates, recreations, settings, inventory);
    recreations->list = calloc(candidates->count + 1, sizeof *recreations->list);
    if (recreations->list == NULL)
        abort();
    for (size_t i = 0; i < candidates->count; i++) {
        const struct fetch *inspection = &candidates->inspections[i];
        struct recreated *container = &recreations->list[recreations->count];

        recreations->left += inspection->status == 0;
        if (inspection->status != 200 ||
            !recreated_read(container, candidates->names[i], inspection->body, inspection->length))
            continue;
        if (container->unwanted || container->disabled) {
            recreated_free(container);
            continue;
        }
        add_body_by_name(container, candidates);
        recreations->count++;
    }
    for (size_t i = 0; i < candidates->count; i++) {
        free(candidates->ids[i]);
        free(candidates->names[i]);
        fetch_free(&candidates->inspections[i]);
    }
    free(candidates);
}

void recreations_free(struct recreations *recreations)
{
    for (size_t i = 0; i < recreations->count; i++)
        recreated_free(&recreations->list[i]);
    free(recreations->list);
    memset(recreations, 0, sizeof *recreations);
}
