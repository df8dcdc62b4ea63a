/* What HAProxy's virtual maps say of the containers: the table of their sources, and entries. */
#include "config/maps.h"

#include "base/array.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX_MAX 12 /* digits of an id; templates/reference.cfg cuts longer references to as many */

/* Ended by NULL. */
static const struct map_source *const sources[] = {&map_of_clients, &map_of_targets, &map_of_lost, &map_of_protected,
                                                   NULL};

bool maps_needed(const struct environment *environment, const struct inventory *inventory)
{
    for (size_t i = 0; sources[i] != NULL; i++)
        if (sources[i]->needed(environment, inventory))
            return true;
    return false;
}

bool maps_needed_beside(const struct map_source *source, const struct environment *environment,
                        const struct inventory *inventory)
{
    for (size_t i = 0; sources[i] != NULL; i++)
        if (sources[i] != source && sources[i]->needed(environment, inventory))
            return true;
    return false;
}

long long maps_stamp(long long time, size_t upstream)
{
    _Static_assert(UPSTREAMS_MAX < 32, "the number of an Engine is modulo 32");
    return time * 32 + (long long)upstream + 1;
}

void maps_names(struct inventory_list *names, const struct maps_of *of)
{
    for (size_t i = 0; sources[i] != NULL; i++)
        if (sources[i]->needed(of->environment, of->inventory))
            sources[i]->add_names(names, of);
}

void maps_add_container(struct map_entries *entries, const struct maps_of *of, const struct containers *containers,
                        const struct known_container *container)
{
    for (size_t i = 0; sources[i] != NULL; i++)
        if (sources[i]->needed(of->environment, of->inventory))
            sources[i]->add_container(entries, of, containers, container);
}

void maps_add_networks(struct map_entries *entries, const struct maps_of *of, const struct containers *containers)
{
    for (size_t i = 0; sources[i] != NULL; i++)
        if (sources[i]->add_networks != NULL && sources[i]->needed(of->environment, of->inventory))
            sources[i]->add_networks(entries, of, containers);
}

/* An address that two containers have is nobody's: its requests are refused. */
const char *map_disputed(const char *map)
{
    return strcmp(map, "profiles") == 0 ? "?" : NULL;
}

void map_entry_add(struct map_entries *entries, const char *map, const char *key, const char *value, bool closes)
{
    struct map_entry *entry;

    entries->list = array_grow(entries->list, entries->count, sizeof *entries->list);
    entry = &entries->list[entries->count++];
    entry->map = text_format("%s", map);
    entry->key = text_format("%s", key);
    entry->value = text_format("%s", value);
    entry->closes = closes;
}

void map_references_add(struct map_entries *entries, const char *map, const struct known_container *container,
                        const char *text, bool closes)
{
    const struct inventory_container *known = &container->entry.container;
    char *value = text == NULL ? text_format("%s", known->id) : text_format("%s|%s", known->id, text);

    for (int length = 1; length <= PREFIX_MAX; length++) {
        char prefix[PREFIX_MAX + 1];

        bounded_format(prefix, sizeof prefix, "%.*s", length, known->id);
        map_entry_add(entries, map, prefix, value, closes);
    }
    for (size_t i = 0; i < known->names.count; i++)
        map_entry_add(entries, map, known->names.items[i], value, closes);
    free(value);
}

void map_entries_free(struct map_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        free(entries->list[i].map);
        free(entries->list[i].key);
        free(entries->list[i].value);
    }
    free(entries->list);
    entries->list = NULL;
    entries->count = 0;
}
