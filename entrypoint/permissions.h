/* From ALLOW_* variables to the set of open operations. */
#ifndef PERMISSIONS_H
#define PERMISSIONS_H

#include "compat.h"
#include "operations.h"
#include "variables.h"

#include <stdint.h>

#define OPERATIONS_MAX 320
#define GROUPS_MAX 64 /* as many as a uint64_t has bits */
#define ALTERNATIVES_MAX 4 /* of one operation */
#define REASON_MAX 512

/* What a groups expression needs: one of these sets of groups, in each a bit for the index of a group. */
struct alternatives {
    uint64_t set[ALTERNATIVES_MAX];
    size_t count;
};

/* The group variables that the table's expressions mention, each once, with what the environment says of them. */
struct groups {
    const char *prefix; /* what stands before each name in the environment; not owned */
    size_t count;
    char name[GROUPS_MAX][OPERATION_NAME_MAX]; /* with ALLOW_ */
    enum tristate value[GROUPS_MAX];
    struct alternatives alternatives[OPERATIONS_MAX]; /* by index into operations[] */
    uint64_t ignored; /* a bit for each that COMPAT keeps from counting, whatever its value */
};

struct permissions {
    bool open[OPERATIONS_MAX];               /* by index into operations[] */
    bool foreign[OPERATIONS_MAX];            /* open by a foreign name such as CONTAINERS */
    char reason[OPERATIONS_MAX][REASON_MAX]; /* open: what opens it, a variable or "default";
                                                closed: what would, the narrowest first, such as
                                                "ALLOW_CONTAINER_LIST=true (or ALLOW_CONTAINERS=true)" */
};

/* The groups of the table, all UNSET. */
void groups_list(struct groups *groups);

/* Decides every operation from the variables: an own variable that is set decides alone; then the groups; then the
 * foreign names, unless a group that is set to false concerns the operation; then the default. A value that is no
 * boolean is a problem. compat is NULL where foreign names do not count. */
void permissions_read(struct permissions *permissions, const struct variables *variables, const struct compat *compat,
                      struct problems *problems);

/* Whether the operation of that id is open; false for an id that the table does not have. */
bool permissions_open(const struct permissions *permissions, const char *operation_id);

#endif
