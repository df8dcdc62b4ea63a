/* Decides which operations are open, by the ALLOW_* variables and the foreign names, and explains why. */
#include "policy/permissions.h"

#include "base/text.h"

#include <string.h>

static void add_reason(char reason[REASON_MAX], const char *prefix, const char *name, const char *suffix)
{
    size_t used = strlen(reason);

    bounded_format(reason + used, REASON_MAX - used, "%s%s%s%s", used == 0 ? "" : " and ", prefix, name, suffix);
}

static void add_groups(char reason[REASON_MAX], const char *prefix, uint64_t set, const char *suffix)
{
    for (size_t i = 0; i < GROUP_COUNT; i++)
        if (set & GROUP_BIT(i))
            add_reason(reason, prefix, group_variables[i], suffix);
}

/* The first of the operation's sets of groups that is a subset of set; 0 if there is none. */
static uint64_t alternative_within(const struct operation *operation, uint64_t set)
{
    for (size_t k = 0; k < ALTERNATIVES_MAX; k++)
        if (operation->groups[k] != 0 && (operation->groups[k] & ~set) == 0)
            return operation->groups[k];
    return 0;
}

/* Whether set has a group that concerns the operation. */
static bool concerned(const struct operation *operation, uint64_t set)
{
    for (size_t k = 0; k < ALTERNATIVES_MAX; k++)
        if (operation->groups[k] & set)
            return true;
    return false;
}

/* Whether these groups, if they were true, would open other operations too. */
static bool opens_others(const struct permissions *permissions, uint64_t set, size_t operation)
{
    for (size_t i = 0; i < operation_count; i++)
        for (size_t k = 0; k < ALTERNATIVES_MAX; k++)
            if (i != operation && (operations[i].groups[k] & set) != 0 &&
                (operations[i].groups[k] & ~(permissions->groups_on | set)) == 0)
                return true;
    return false;
}

/* Writes what would open a closed operation: the groups if they would open nothing else, otherwise its own variable
 * and, in parentheses, the groups; only the own variable if no groups can open it. */
static void hint(const struct permissions *permissions, size_t i, const char *own, char reason[REASON_MAX])
{
    uint64_t counting = permissions->compat == NULL ? UINT64_MAX : ~compat_ignored(permissions->compat);
    uint64_t missing = permissions->decider[i] == BY_OWN_VARIABLE
                           ? 0
                           : alternative_within(&operations[i], counting) & ~permissions->groups_on;
    char by_groups[REASON_MAX] = "";

    add_groups(by_groups, permissions->prefix, missing, "=true");
    if (missing == 0)
        add_reason(reason, permissions->prefix, own, "=true");
    else if (opens_others(permissions, missing, i))
        bounded_format(reason, REASON_MAX, "%s%s=true (or %s)", permissions->prefix, own, by_groups);
    else
        bounded_copy(reason, REASON_MAX, by_groups);
}

void permissions_reason(const struct permissions *permissions, size_t i, char reason[REASON_MAX])
{
    char own[OPERATION_NAME_MAX];

    reason[0] = '\0';
    operation_own_variable(&operations[i], own);
    if (!permissions->open[i])
        hint(permissions, i, own, reason);
    else if (permissions->decider[i] == BY_OWN_VARIABLE)
        add_reason(reason, permissions->prefix, own, "");
    else if (permissions->decider[i] == BY_GROUPS)
        add_groups(reason, permissions->prefix, alternative_within(&operations[i], permissions->groups_on), "");
    else if (permissions->decider[i] == BY_PRESET)
        bounded_format(reason, REASON_MAX, "%sPRESET=%s", permissions->prefix,
                       presets_opening(&permissions->presets, &operations[i])->name);
    else if (permissions->decider[i] == BY_FOREIGN_NAMES)
        compat_decide(permissions->compat, &operations[i], permissions->groups_on, reason, REASON_MAX);
    else
        bounded_copy(reason, REASON_MAX, "default");
}

static void read_groups(struct permissions *permissions, const struct variables *variables, struct problems *problems)
{
    uint64_t ignored = permissions->compat == NULL ? 0 : compat_ignored(permissions->compat);

    for (size_t i = 0; i < GROUP_COUNT; i++) {
        enum tristate value = variable_boolean(variables, group_variables[i], problems);

        permissions->groups_on |= value == YES ? GROUP_BIT(i) & ~ignored : 0;
        permissions->groups_off |= value == NO ? GROUP_BIT(i) : 0;
    }
}

/* Decides row i; own is the value of its own variable. */
static void decide(struct permissions *permissions, size_t i, enum tristate own)
{
    const struct operation *operation = &operations[i];
    enum tristate value = own;
    enum decider decider = BY_OWN_VARIABLE;

    if (value == UNSET) {
        decider = BY_GROUPS;
        if (alternative_within(operation, permissions->groups_on) != 0)
            value = YES;
        else if (concerned(operation, permissions->groups_off))
            value = NO;
    }
    if (value == UNSET && presets_opening(&permissions->presets, operation) != NULL) {
        decider = BY_PRESET;
        value = YES;
    }
    if (value == UNSET && permissions->compat != NULL) {
        decider = BY_FOREIGN_NAMES;
        value = compat_decide(permissions->compat, operation, permissions->groups_on, NULL, 0);
    }
    if (value == UNSET) {
        decider = BY_DEFAULT;
        value = operation->on_by_default ? YES : NO;
    }
    permissions->open[i] = value == YES;
    permissions->decider[i] = (unsigned char)decider;
}

void permissions_read(struct permissions *permissions, const struct variables *variables, const struct compat *compat,
                      struct problems *problems)
{
    memset(permissions, 0, sizeof *permissions);
    permissions->prefix = variables->prefix;
    permissions->compat = compat;
    read_groups(permissions, variables, problems);
    presets_read(&permissions->presets, variables, problems);
    for (size_t i = 0; i < operation_count; i++) {
        char own[OPERATION_NAME_MAX];

        operation_own_variable(&operations[i], own);
        decide(permissions, i, variable_boolean(variables, own, problems));
    }
}

bool permissions_foreign(const struct permissions *permissions, size_t i)
{
    return permissions->open[i] && permissions->decider[i] == BY_FOREIGN_NAMES;
}

bool permissions_open(const struct permissions *permissions, const char *operation_id)
{
    size_t i = operation_find(operation_id);

    return i < operation_count && permissions->open[i];
}
