/* The table of the Engine API's operations, and what is derived from its rows. */
#ifndef POLICY_OPERATIONS_H
#define POLICY_OPERATIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The groups: GROUP_AUTH, ... A set of groups has one bit for each. */
enum operation_group {
#define GROUP(name) GROUP_##name,
#include "policy/operations.def"
    GROUP_COUNT
};
#define GROUP_BIT(group) (UINT64_C(1) << (group))
#define ALTERNATIVES_MAX 2 /* of one operation */

/* The variable of each group: "ALLOW_AUTH", ... */
extern const char *const group_variables[GROUP_COUNT];

enum operation_kind { PLAIN, STREAM, UPGRADE, H2C };

/* The containers that an operation shows or changes, see policy/operations.def. */
enum operation_reach {
    REACH_NOTHING,
    REACH_CONTAINER,
    REACH_RENAME,
    REACH_EXEC,
    REACH_LIST,
    REACH_LABELS,
    REACH_MANY,
};

struct operation {
    const char *section; /* tag of the API description, such as "Containers" */
    const char *method;
    const char *path;                  /* as the API description writes it, without a version */
    const char *id;                    /* operationId, such as "ContainerList" */
    uint64_t groups[ALTERNATIVES_MAX]; /* each of these sets of groups opens it, the narrowest first; 0 for none */
    bool on_by_default;
    enum operation_kind kind;
    enum operation_reach reach;
};

#define OPERATIONS_MAX       320
#define OPERATION_GROUPS_MAX 64 /* longest expression of groups, with the terminating zero */
#define OPERATION_NAME_MAX   64 /* longest ALLOW_* name, likewise */

extern const struct operation operations[];
extern const size_t operation_count;

/* The row of the operation with that operationId; operation_count if there is none. */
size_t operation_find(const char *id);

/* Writes for each operation which containers it reaches ("one"), a tab and its operationId, for `map targets`. */
void operations_write_reach(FILE *out);

/* Writes the operation's own variable ("ALLOW_CONTAINER_LIST") to name. */
void operation_own_variable(const struct operation *operation, char name[OPERATION_NAME_MAX]);

/* The row of the operation whose own variable that is; operation_count if there is none. */
size_t operation_find_by_variable(const char *name);

/* Whether a variable, without a profile's prefix, is a permission: a group, or an operation's own. */
bool is_permission(const char *name);

/* Whether {name} of its path may contain slashes: registry/team/app:1 */
bool operation_name_is_reference(const struct operation *operation);

/* Writes the groups that open the operation as tables show them: "STOP | RESTARTS", "CREATE+NETWORKS", "" for none. */
void operation_groups(const struct operation *operation, char text[OPERATION_GROUPS_MAX]);

#endif
