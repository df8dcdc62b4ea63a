/* From ALLOW_* variables to the set of open operations. */
#ifndef POLICY_PERMISSIONS_H
#define POLICY_PERMISSIONS_H

#include "policy/compat.h"
#include "policy/operations.h"
#include "base/variables.h"

#define REASON_MAX 512

/* What an operation is open or closed by. */
enum decider { BY_DEFAULT, BY_OWN_VARIABLE, BY_GROUPS, BY_FOREIGN_NAMES };

struct permissions {
    const char *prefix;                    /* of the variables that were read; not owned */
    const struct compat *compat;           /* NULL where foreign names do not count; not owned */
    uint64_t groups_on;                    /* the groups that are true */
    uint64_t groups_off;                   /* those that are false */
    bool open[OPERATIONS_MAX];             /* by index into operations[] */
    unsigned char decider[OPERATIONS_MAX]; /* an enum decider, likewise */
};

/* Decides every operation from the variables: an own variable that is set decides alone; then the groups; then the
 * foreign names, unless a group that is set to false concerns the operation; then the default. A value that is no
 * boolean is a problem. compat is NULL where foreign names do not count; it and the variables' prefix must stay as long
 * as the permissions are used. */
void permissions_read(struct permissions *permissions, const struct variables *variables, const struct compat *compat,
                      struct problems *problems);

/* Why row i is open, a variable or "default", or what would open it, the narrowest first:
 * "ALLOW_CONTAINER_LIST=true (or ALLOW_CONTAINERS=true)". */
void permissions_reason(const struct permissions *permissions, size_t i, char reason[REASON_MAX]);

/* Whether row i is open by a foreign name such as CONTAINERS. */
bool permissions_foreign(const struct permissions *permissions, size_t i);

/* Whether the operation of that id is open; false for an id that the table does not have. */
bool permissions_open(const struct permissions *permissions, const char *operation_id);

#endif
