/* The values for the rules by which the proxy protects itself; inventory/protection.c decides the same for `explain`.
 */
#include "config/parts.h"

#include "config/maps.h"
#include "config/patterns.h"
#include "inventory/protection.h"

#include <string.h>

typedef bool operation_kind(const struct protected_operation *operation);

static bool is_libpod(const struct protected_operation *operation)
{
    return strstr(operation->id, "Libpod") != NULL;
}

static bool is_of_container(const struct protected_operation *operation)
{
    return operation->subject == PROTECT_OWN || operation->subject == PROTECT_HOLDER;
}

static bool is_of_engine(const struct protected_operation *operation)
{
    return !is_libpod(operation);
}

static bool is_into(const struct protected_operation *operation)
{
    return operation->subject == PROTECT_HOLDER;
}

static bool is_of_own_only(const struct protected_operation *operation)
{
    return operation->subject == PROTECT_OWN;
}

static bool is_of_service(const struct protected_operation *operation)
{
    return operation->subject == PROTECT_SERVICE;
}

static bool is_of_volume(const struct protected_operation *operation)
{
    return operation->subject == PROTECT_VOLUME;
}

static bool is_any(const struct protected_operation *operation)
{
    return operation->id != NULL;
}

/* The open operations of a kind, as "lines" of values, or in a row of the list if that is not NULL and there are any.
 * Returns whether there are. */
static bool add_operations(struct values *values, const char *list, const struct profile *profile,
                           operation_kind *wanted)
{
    struct lines lines = {.values = values, .list = list};

    for (const struct protected_operation *operation = protected_operations; operation->id != NULL; operation++)
        if (wanted(operation) && profile_forwards(profile, operation->id))
            lines_add(&lines, operation->id);
    return lines_end(&lines);
}

static bool any_open(const struct profile *profile, operation_kind *wanted)
{
    for (const struct protected_operation *operation = protected_operations; operation->id != NULL; operation++)
        if (wanted(operation) && profile_forwards(profile, operation->id))
            return true;
    return false;
}

static void add_container(struct values *values, const char *list, const struct inventory_container *container)
{
    values_set(values_row(values, list), "container", "%s %.12s",
               container->names.count > 0 ? container->names.items[0] : "", container->id);
}

static const struct {
    const char *name;
    operation_kind *wanted;
    const char *says;
} subjects[PROTECTION_SUBJECTS] = {
    [PROTECT_OWN] = {"own", is_of_container, PROTECTION_SAYS_OWN},
    [PROTECT_HOLDER] = {"holder", is_into, PROTECTION_SAYS_HOLDER},
    [PROTECT_SERVICE] = {"service", is_of_service, PROTECTION_SAYS_SERVICE},
    [PROTECT_VOLUME] = {"volume", is_of_volume, PROTECTION_SAYS_VOLUME},
};

/* A row for each subject with the references to it and the operations on it, if any is open. */
static void add_subjects(struct values *values, const struct profile *profile, const struct protection *protection)
{
    values_list(values, "subjects");
    for (size_t subject = 0; subject < PROTECTION_SUBJECTS; subject++) {
        struct values *row;

        if (protection->counts[subject] == 0 || !any_open(profile, subjects[subject].wanted))
            continue;
        row = values_row(values, "subjects");
        values_set(row, "subject", "%s", subjects[subject].name);
        values_set(row, "says", "%s", subjects[subject].says);
        add_operations(row, NULL, profile, subjects[subject].wanted);
        for (size_t i = 0; i < protection->counts[subject]; i++) {
            const struct protection_target *target = &protection->targets[subject][i];
            struct lines lines = {.values = values_row(row, "targets")};

            for (size_t k = 0; target->names != NULL && k < target->names->count; k++)
                lines_add(&lines, target->names->items[k]);
            lines_end(&lines);
            values_set(lines.values, "option", "%s", subject == PROTECT_SERVICE ? " -i" : "");
            values_set(lines.values, "regex", "%s", target->regex);
        }
    }
}

static bool reason_seen(const struct profile *profile, const struct protected_operation *until)
{
    for (const struct protected_operation *operation = protected_operations; operation < until; operation++)
        if (strcmp(operation->because, until->because) == 0 && profile_forwards(profile, operation->id))
            return true;
    return false;
}

/* A row for each different reason of a refusal. */
static void add_reasons(struct values *values, const struct profile *profile)
{
    for (const struct protected_operation *operation = protected_operations; operation->id != NULL; operation++) {
        struct lines lines;

        if (!profile_forwards(profile, operation->id) || reason_seen(profile, operation))
            continue;
        lines = (struct lines){.values = values_row(values, "reasons")};
        values_set(lines.values, "because", "%s", operation->because);
        for (const struct protected_operation *other = operation; other->id != NULL; other++)
            if (strcmp(other->because, operation->because) == 0 && profile_forwards(profile, other->id))
                lines_add(&lines, other->id);
        lines_end(&lines);
    }
}

/* While the own container is not known, every container that could be it is refused. The holders are not known either,
 * so the operations that they are protected from are refused for every container. */
static void add_unknown(struct values *values, const struct profile *profile, const struct inventory *inventory)
{
    values_set_if(values, "unknown", !inventory->known);
    values_set_if(values, "unknown_id", inventory->own.id == NULL);
    values_list(values, "known_id");
    values_set(values, "other", "%s", PROTECTION_OTHER);
    if (inventory->own.id != NULL)
        add_operations(values_row(values, "known_id"), NULL, profile, is_of_own_only);
}

bool protection_judges(const struct inventory *inventory, const char *operation_id)
{
    return inventory->contained && protection_find(operation_id) != NULL;
}

/* ---- containers that have got the socket since ---- */

static bool is_live(const struct profile *profile, const struct inventory *inventory)
{
    return inventory->contained && any_open(profile, is_into);
}

/* Whether its guard may pass something of another container, as long as that does not hold the socket. */
static bool joins(const struct profile *profile, const struct inventory *inventory)
{
    bool guards = false;

    for (size_t i = 0; i < operation_count; i++)
        guards |= profile_guards(profile, i);
    return guards && inventory->contained && guard_joins_containers(profile->guard);
}

#define MAP "protected"

static void add_live(struct values *values, const struct profile *profile, const struct inventory *inventory)
{
    struct values *row;

    values_list(values, "live");
    if (!is_live(profile, inventory))
        return;
    row = values_row(values, "live");
    add_operations(row, NULL, profile, is_into);
    values_set(row, "map", "%s", MAP);
    values_set(row, "says_unlisted", "%s", PROTECTION_SAYS_UNLISTED);
    values_set_if(row, "wildcards", inventory->kind != ENGINE_DOCKER);
    values_set(row, "wildcard", "%s", PROTECTION_WILDCARD);
    values_set(row, "says_wildcard", "%s", PROTECTION_SAYS_WILDCARD);
    values_set(row, "says_listed", "%s", PROTECTION_SAYS_LISTED);
}

static bool needed(const struct environment *environment, const struct inventory *inventory)
{
    for (size_t i = 0; i < environment->profile_count; i++)
        if (is_live(&environment->profiles[i], inventory) || joins(&environment->profiles[i], inventory))
            return true;
    return false;
}

static void add_names(struct inventory_list *names, const struct maps_of *of)
{
    (void)of;
    inventory_list_add(names, MAP);
}

static void add_entries(struct map_entries *entries, const struct maps_of *of, const struct containers *containers,
                        const struct known_container *container)
{
    const struct kept *kept = container->attached;

    (void)of;
    (void)containers;
    if (kept != NULL && kept->holds)
        map_references_add(entries, MAP, container,
                           container->entry.unread ? PROTECTION_SAYS_UNREAD "|" PROTECTION_SAYS_AGAIN
                                                   : PROTECTION_SAYS_HOLDER "|" PROTECTION_SAYS_NEVER,
                           true);
}

const struct map_source map_of_protected = {needed, add_names, add_entries, NULL};

void set_protection(struct values *backend, const struct profile *profile, const struct inventory *inventory)
{
    struct protection protection;
    struct values *values;

    values_list(backend, "protection");
    if (!inventory->contained || !any_open(profile, is_any))
        return;
    values = values_row(backend, "protection");
    values_list(values, "own");
    values_list(values, "holders");
    if (inventory->own.id != NULL)
        add_container(values, "own", &inventory->own);
    for (size_t i = 0; i < inventory->holder_count; i++)
        add_container(values, "holders", &inventory->holders[i]);
    add_operations(values, "of_engine", profile, is_of_engine);
    add_operations(values, "of_libpod", profile, is_libpod);
    values_set(values, "plain", "%s", PROTECTION_PLAIN);
    protection_make(&protection, inventory);
    add_subjects(values, profile, &protection);
    protection_free(&protection);
    add_unknown(values, profile, inventory);
    add_live(values, profile, inventory);
    add_reasons(values, profile);
    values_set(values, "says_never", "%s", PROTECTION_SAYS_NEVER);
    values_set(values, "says_odd", "%s", PROTECTION_SAYS_ODD);
    values_set(values, "says_unknown", "%s", PROTECTION_SAYS_UNKNOWN);
}
