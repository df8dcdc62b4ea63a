/* The open operations, as the ALLOW_* variables and the foreign names decide. */
#ifndef POLICY_PERMISSIONS_H
#define POLICY_PERMISSIONS_H

#include "policy/compat.h"
#include "policy/operations.h"
#include "policy/presets.h"
#include "base/variables.h"

#define REASON_MAX 512

/* What decided that an operation is open or closed. */
enum decider { BY_DEFAULT, BY_OWN_VARIABLE, BY_GROUPS, BY_PRESET, BY_FOREIGN_NAMES };

struct permissions {
    const char *prefix;                    /* of the variables that were read; not owned */
    const struct compat *compat;           /* NULL if foreign names do not count; not owned */
    uint64_t groups_on;                    /* the groups that are true */
    uint64_t groups_off;                   /* those that are false */
    struct preset_choice presets;          /* those of PRESET */
    bool open[OPERATIONS_MAX];             /* by index into operations[] */
    unsigned char decider[OPERATIONS_MAX]; /* an enum decider, likewise */
};

/* Decides every operation. The first of these that is set decides: the operation's own variable; a set of its groups
 * that are all true; a group of it that is false; PRESET; the foreign names; the default. A value that is not a boolean
 * is a problem. compat is NULL if foreign names do not count. compat and the variables' prefix must outlive the
 * permissions. */
void permissions_read(struct permissions *permissions, const struct variables *variables, const struct compat *compat,
                      struct problems *problems);

/* Writes why row i is open, a variable or "default", or what would open it, the narrowest first:
 * "ALLOW_CONTAINER_LIST=true (or ALLOW_CONTAINERS=true)". */
void permissions_reason(const struct permissions *permissions, size_t i, char reason[REASON_MAX]);

/* Whether a foreign name such as CONTAINERS has opened row i. */
bool permissions_foreign(const struct permissions *permissions, size_t i);

/* Whether the operation with that operationId is open; false for an unknown operationId. */
bool permissions_open(const struct permissions *permissions, const char *operation_id);

#endif
