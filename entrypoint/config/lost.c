/* The rules by which a container that could not be created again is not taken apart, and the entries of their maps. */
#include "config/parts.h"

#include "base/text.h"
#include "config/maps.h"
#include "config/patterns.h"
#include "inventory/recreation.h"

#include <stdlib.h>
#include <string.h>

static bool is_libpod(const char *id)
{
    return strstr(id, "Libpod") != NULL;
}

/* A row for what each open operation does, in the words of the answer. */
static void add_doings(struct values *values, const struct profile *profile)
{
    for (const struct taking_apart *row = taking_apart; row->id != NULL; row++) {
        struct values *doing;

        if (!profile_keeps(profile, row->id))
            continue;
        doing = values_row(values, "doings");
        values_set(doing, "id", "%s", row->id);
        values_set(doing, "doing", "%s", row->doing);
    }
}

void set_lost(struct values *backend, const struct profile *profile, const struct inventory *inventory)
{
    struct lines lines = {.list = NULL};
    bool of_libpod = false;
    char *map;

    values_list(backend, "lost");
    for (const struct taking_apart *row = taking_apart; row->id != NULL; row++) {
        if (!profile_keeps(profile, row->id))
            continue;
        if (lines.values == NULL)
            lines.values = values_row(backend, "lost");
        lines_add(&lines, row->id);
        of_libpod |= is_libpod(row->id);
    }
    if (lines.values == NULL)
        return;
    lines_end(&lines);
    map = lost_map(profile);
    values_set(lines.values, "map", "%s", map);
    free(map);
    values_set(lines.values, "names", "%s", LOST_NAMES_MAP);
    values_set_if(lines.values, "wildcards", inventory->kind != ENGINE_DOCKER);
    values_set(lines.values, "odd", "%s", RECREATION_ODD);
    values_set(lines.values, "says_odd", "%s", RECREATION_SAYS_ODD);
    values_set_if(lines.values, "of_libpod", of_libpod);
    values_set_if(lines.values, "prunes", profile_keeps(profile, "ContainerPrune"));
    values_set(lines.values, "pruned", "%s", RECREATION_STOPPED);
    values_set_if(lines.values, "enforces", profile->mode != MODE_AUDIT);
    values_set(lines.values, "verdict", "%s", profile->mode == MODE_AUDIT ? "Would forbid" : "Forbidden");
    values_set(lines.values, "kind", "%s", profile->mode == MODE_AUDIT ? "audited" : "guard");
    values_set(lines.values, "says", "%s", RECREATION_SAYS);
    values_set(lines.values, "says_unknown", "%s", RECREATION_SAYS_UNKNOWN);
    add_doings(lines.values, profile);
}

/* An entry by the 12 digits that haproxy.cfg cuts a longer reference to, if a name could be such. */
static void add_long_name(struct map_entries *entries, const char *map, const char *name, const char *value)
{
    char begin[13];

    if (strlen(name) < sizeof begin || strlen(name) > 64 || name[strspn(name, "0123456789abcdef")] != '\0')
        return;
    bounded_format(begin, sizeof begin, "%.12s", name);
    map_entry_add(entries, map, begin, value, true);
}

static void add_loss(struct map_entries *entries, const char *map, const struct known_container *container,
                     const char *text)
{
    const struct inventory_container *known = &container->entry.container;
    char *named = text_format("%s|%s", inventory_container_name(&container->entry.container), text);
    char *value = text_format("%s|%s", known->id, named);

    map_references_add(entries, map, container, named, true);
    for (size_t i = 0; i < known->names.count; i++)
        add_long_name(entries, map, known->names.items[i], value);
    if (!container->entry.running)
        map_entry_add(entries, map, RECREATION_STOPPED, value, true);
    free(value);
    free(named);
}

static bool keeps_any(const struct profile *profile)
{
    for (const struct taking_apart *row = taking_apart; row->id != NULL; row++)
        if (profile_keeps(profile, row->id))
            return true;
    return false;
}

static bool needed(const struct environment *environment, const struct inventory *inventory)
{
    (void)inventory;
    return recreation_matters(environment);
}

static void add_names(struct inventory_list *names, const struct maps_of *of)
{
    for (size_t i = 0; i < of->environment->profile_count; i++) {
        char *map = lost_map(&of->environment->profiles[i]);

        if (keeps_any(&of->environment->profiles[i])) {
            inventory_list_add(names, map);
            inventory_list_add(names, LOST_NAMES_MAP);
        }
        free(map);
    }
}

static void add_container(struct map_entries *entries, const struct maps_of *of, const struct containers *containers,
                          const struct known_container *container)
{
    const struct inventory_container *known = &container->entry.container;
    const struct kept *kept = container->attached;
    const struct loss *loss = kept == NULL ? NULL : kept->loss;
    bool any = false;

    (void)containers;
    if (!recreation_counts(of->inventory))
        return;
    for (size_t i = 0; i < of->environment->profile_count; i++) {
        const struct profile *profile = &of->environment->profiles[i];
        bool keeps = keeps_any(profile);
        char *map = lost_map(profile);

        any |= keeps;
        if (keeps && loss != NULL && loss->profiles[i].text != NULL)
            add_loss(entries, map, container, loss->profiles[i].text);
        free(map);
    }
    for (size_t k = 0; any && k < known->names.count; k++)
        if (recreation_is_like_id(known->names.items[k]))
            map_entry_add(entries, LOST_NAMES_MAP, known->names.items[k], known->id, false);
}

const struct map_source map_of_lost = {needed, add_names, add_container, NULL};
