#include "permissions.h"

#include "bounded.h"

#include <stdlib.h>
#include <string.h>

static size_t group_index(const struct groups *groups, const char *group)
{
    size_t i = 0;

    while (i < groups->count && strcmp(groups->name[i] + strlen("ALLOW_"), group) != 0)
        i++;
    return i;
}

/* Adds a group that the table mentions, unless it is there. Returns its index. */
static size_t add_group(struct groups *groups, const char *group)
{
    size_t i = group_index(groups, group);

    if (i == groups->count) {
        if (groups->count == GROUPS_MAX)
            abort();
        bounded_format(groups->name[groups->count++], OPERATION_NAME_MAX, "ALLOW_%s", group);
    }
    return i;
}

void groups_list(struct groups *groups)
{
    memset(groups, 0, sizeof *groups);
    if (operation_count > OPERATIONS_MAX)
        abort();
    for (size_t i = 0; i < operation_count; i++) {
        struct alternatives *alternatives = &groups->alternatives[i];
        const char *cursor = operations[i].groups;
        char group[OPERATION_NAME_MAX];
        bool begins;

        while (group_next(&cursor, group, &begins)) {
            if (begins && alternatives->count++ == ALTERNATIVES_MAX)
                abort();
            alternatives->set[alternatives->count - 1] |= UINT64_C(1) << add_group(groups, group);
        }
    }
}

static void add_reason(char reason[REASON_MAX], const char *prefix, const char *name, const char *suffix)
{
    size_t used = strlen(reason);

    bounded_format(reason + used, REASON_MAX - used, "%s%s%s%s", used == 0 ? "" : " and ", prefix, name, suffix);
}

/* The groups that have the value. */
static uint64_t with_value(const struct groups *groups, enum tristate value)
{
    uint64_t set = 0;

    for (size_t i = 0; i < groups->count; i++)
        if (groups->value[i] == value)
            set |= UINT64_C(1) << i;
    return set;
}

static void add_groups(char reason[REASON_MAX], const struct groups *groups, uint64_t set, const char *suffix)
{
    for (size_t i = 0; i < groups->count; i++)
        if (set & UINT64_C(1) << i)
            add_reason(reason, groups->prefix, groups->name[i], suffix);
}

/* Whether all groups of one alternative are among the set; what is among it is told in the reason. */
static bool opened_by_groups(size_t operation, const struct groups *groups, char reason[REASON_MAX])
{
    const struct alternatives *alternatives = &groups->alternatives[operation];
    uint64_t on = with_value(groups, YES);

    for (size_t i = 0; i < alternatives->count; i++)
        if ((alternatives->set[i] & ~on) == 0) {
            add_groups(reason, groups, alternatives->set[i], "");
            return true;
        }
    return false;
}

/* The groups that would open a closed operation if they were true: what the first alternative misses whose groups count,
 * which is the narrowest by the order of the table. None if there is no such alternative. */
static uint64_t missing_groups(size_t operation, const struct groups *groups)
{
    const struct alternatives *alternatives = &groups->alternatives[operation];
    uint64_t on = with_value(groups, YES);

    for (size_t i = 0; i < alternatives->count; i++)
        if ((alternatives->set[i] & groups->ignored) == 0)
            return alternatives->set[i] & ~on;
    return 0;
}

/* Whether these groups, set to true, open anything besides this operation. */
static bool opens_others(uint64_t set, size_t operation, const struct groups *groups)
{
    uint64_t on = with_value(groups, YES) | set;

    for (size_t i = 0; i < operation_count; i++) {
        const struct alternatives *alternatives = &groups->alternatives[i];

        if (strcmp(operations[i].id, operations[operation].id) == 0)
            continue;
        for (size_t k = 0; k < alternatives->count; k++)
            if ((alternatives->set[k] & set) != 0 && (alternatives->set[k] & ~on) == 0)
                return true;
    }
    return false;
}

/* What would open a closed operation: its own variable, or groups; both where the groups open more, the groups alone where
 * they do not. */
static void tell_what_would(size_t operation, const struct groups *groups, enum tristate own_value,
                            char reason[REASON_MAX])
{
    uint64_t missing = own_value == UNSET ? missing_groups(operation, groups) : 0;
    char own[OPERATION_NAME_MAX];
    char by_groups[REASON_MAX] = "";

    operation_own_variable(&operations[operation], own);
    add_groups(by_groups, groups, missing, "=true");
    if (missing == 0)
        add_reason(reason, groups->prefix, own, "=true");
    else if (opens_others(missing, operation, groups))
        bounded_format(reason, REASON_MAX, "%s%s=true (or %s)", groups->prefix, own, by_groups);
    else
        bounded_copy(reason, REASON_MAX, by_groups);
}

/* Whether a group that concerns the operation is set to false. */
static bool closed_by_group(size_t operation, const struct groups *groups)
{
    const struct alternatives *alternatives = &groups->alternatives[operation];
    uint64_t off = with_value(groups, NO);

    for (size_t i = 0; i < alternatives->count; i++)
        if ((alternatives->set[i] & off) != 0)
            return true;
    return false;
}

static enum tristate group_value(const void *groups, const char *group)
{
    return ((const struct groups *)groups)->value[group_index(groups, group)];
}

/* Decides an operation whose own variable is not set. */
static bool decide(size_t operation, const struct groups *groups, const struct compat *compat,
                   char reason[REASON_MAX], bool *foreign_opens)
{
    char foreign[COMPAT_REASON_MAX];
    enum tristate by_compat = UNSET;

    if (opened_by_groups(operation, groups, reason))
        return true;
    if (closed_by_group(operation, groups))
        return false;
    if (compat != NULL)
        by_compat = compat_decide(compat, &operations[operation], group_value, groups, foreign);
    *foreign_opens = by_compat == YES;
    if (by_compat == YES)
        bounded_format(reason, REASON_MAX, "%s", foreign);
    else if (by_compat == UNSET && operations[operation].on_by_default)
        bounded_format(reason, REASON_MAX, "default");
    else
        return false;
    return true;
}

static void read_groups(struct groups *groups, const struct variables *variables, const struct compat *compat,
                        struct problems *problems)
{
    groups_list(groups);
    groups->prefix = variables->prefix;
    for (size_t i = 0; i < groups->count; i++) {
        groups->value[i] = variable_boolean(variables, groups->name[i], problems);
        if (compat != NULL && compat_ignores(compat, groups->name[i] + strlen("ALLOW_"))) {
            groups->value[i] = UNSET;
            groups->ignored |= UINT64_C(1) << i;
        }
    }
}

void permissions_read(struct permissions *permissions, const struct variables *variables, const struct compat *compat,
                      struct problems *problems)
{
    struct problems told = {.to = NULL};
    struct groups groups;

    memset(permissions, 0, sizeof *permissions);
    read_groups(&groups, variables, compat, problems);
    for (size_t i = 0; i < operation_count; i++) {
        char own[OPERATION_NAME_MAX];
        char *reason = permissions->reason[i];
        enum tristate value;

        operation_own_variable(&operations[i], own);
        value = variable_boolean(variables, own, operation_repeats(i) ? &told : problems); /* what is wrong is told once */
        if (value != UNSET) {
            permissions->open[i] = value == YES;
            if (value == YES)
                add_reason(reason, variables->prefix, own, "");
        } else {
            permissions->open[i] = decide(i, &groups, compat, reason, &permissions->foreign[i]);
        }
        if (!permissions->open[i])
            tell_what_would(i, &groups, value, reason);
    }
}

bool permissions_open(const struct permissions *permissions, const char *operation_id)
{
    for (size_t i = 0; i < operation_count; i++)
        if (strcmp(operations[i].id, operation_id) == 0)
            return permissions->open[i];
    return false;
}
