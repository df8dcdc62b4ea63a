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

void groups_list(struct groups *groups)
{
    memset(groups, 0, sizeof *groups);
    for (size_t i = 0; i < operation_count; i++) {
        const char *cursor = operations[i].groups;
        char group[OPERATION_NAME_MAX];
        bool alternative;

        while (group_next(&cursor, group, &alternative)) {
            if (group_index(groups, group) < groups->count)
                continue;
            if (groups->count == GROUPS_MAX)
                abort();
            bounded_format(groups->name[groups->count], OPERATION_NAME_MAX, "ALLOW_%s", group);
            groups->count++;
        }
    }
}

static void add_reason(char reason[REASON_MAX], const char *prefix, const char *name, const char *suffix)
{
    size_t used = strlen(reason);

    bounded_format(reason + used, REASON_MAX - used, "%s%s%s%s", used == 0 ? "" : " and ", prefix, name, suffix);
}

/* One alternative of a groups expression: open if all its groups are. The reason names what opens it, or what it
 * still misses. Moves the cursor to the next alternative; at the end of the expression, *more is false. */
static bool decide_alternative(const struct groups *groups, const char **cursor, char reason[REASON_MAX], bool *more)
{
    char opened[REASON_MAX] = "";
    char missing[REASON_MAX] = "";
    char group[OPERATION_NAME_MAX];
    const char *next = *cursor;
    bool begins;

    *more = false;
    for (bool first = true; group_next(&next, group, &begins); first = false, *cursor = next) {
        size_t i = group_index(groups, group);

        if (begins && !first) {
            *more = true;
            break;
        }
        if (groups->value[i] == YES)
            add_reason(opened, groups->prefix, groups->name[i], "");
        else
            add_reason(missing, groups->prefix, groups->name[i], "=true");
    }
    bounded_copy(reason, REASON_MAX, missing[0] == '\0' ? opened : missing);
    return missing[0] == '\0' && opened[0] != '\0';
}

/* The first open alternative decides; if none is open, the reason is that of the first, which is the narrowest by the
 * order of the table. */
static bool decide_by_groups(const struct operation *operation, const struct groups *groups, char reason[REASON_MAX])
{
    const char *cursor = operation->groups;
    bool more;
    bool open = decide_alternative(groups, &cursor, reason, &more);

    while (!open && more) {
        char other[REASON_MAX];

        open = decide_alternative(groups, &cursor, other, &more);
        if (open)
            bounded_copy(reason, REASON_MAX, other);
    }
    return open;
}

/* Whether a group that concerns the operation is set to false. */
static bool closed_by_group(const struct operation *operation, const struct groups *groups)
{
    const char *cursor = operation->groups;
    char group[OPERATION_NAME_MAX];
    bool alternative;

    while (group_next(&cursor, group, &alternative))
        if (groups->value[group_index(groups, group)] == NO)
            return true;
    return false;
}

static enum tristate group_value(const void *groups, const char *group)
{
    return ((const struct groups *)groups)->value[group_index(groups, group)];
}

/* Decides an operation whose own variable is not set. */
static bool decide(const struct operation *operation, const struct groups *groups, const struct compat *compat,
                   char reason[REASON_MAX], bool *foreign_opens)
{
    char foreign[COMPAT_REASON_MAX];
    enum tristate by_compat = UNSET;

    if (decide_by_groups(operation, groups, reason))
        return true;
    if (closed_by_group(operation, groups))
        return false;
    if (compat != NULL)
        by_compat = compat_decide(compat, operation, group_value, groups, foreign);
    *foreign_opens = by_compat == YES;
    if (by_compat == YES)
        bounded_format(reason, REASON_MAX, "%s", foreign);
    else if (by_compat == UNSET && operation->on_by_default)
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
        if (compat != NULL && compat_ignores(compat, groups->name[i] + strlen("ALLOW_")))
            groups->value[i] = UNSET;
    }
}

void permissions_read(struct permissions *permissions, const struct variables *variables, const struct compat *compat,
                      struct problems *problems)
{
    struct problems told = {.to = NULL};
    struct groups groups;

    if (operation_count > OPERATIONS_MAX)
        abort();
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
            add_reason(reason, variables->prefix, own, value == YES ? "" : "=true");
        } else {
            permissions->open[i] = decide(&operations[i], &groups, compat, reason, &permissions->foreign[i]);
            if (reason[0] == '\0')
                add_reason(reason, variables->prefix, own, "=true");
        }
    }
}
