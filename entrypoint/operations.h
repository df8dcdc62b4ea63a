/* The table of the Engine API's operations, and what is derived from one line of it. */
#ifndef OPERATIONS_H
#define OPERATIONS_H

#include <stdbool.h>
#include <stddef.h>

enum operation_kind { PLAIN, STREAM, UPGRADE };

struct operation {
    const char *section; /* tag of the API description, such as "Containers" */
    const char *method;
    const char *path;   /* as the API description writes it, without a version */
    const char *id;     /* operationId, such as "ContainerList" */
    const char *groups; /* expression over group names; "" if only the own variable opens it */
    bool on_by_default;
    enum operation_kind kind;
};

#define OPERATION_NAME_MAX 64   /* longest ALLOW_* name, with its end */
#define OPERATION_REGEX_MAX 128 /* longest routing regex, with its end */

extern const struct operation operations[];
extern const size_t operation_count;

/* Whether row i has the operation of the row before it: /networks and /networks/ are one. */
bool operation_repeats(size_t i);

/* The operation's own variable ("ALLOW_CONTAINER_LIST") into name. */
void operation_own_variable(const struct operation *operation, char name[OPERATION_NAME_MAX]);

/* The regex that matches METHOD directly followed by the once-decoded path without version, anchored at both ends,
 * as a line of haproxy/operations.map has it (HAProxy manual: map_reg). */
void operation_regex(const struct operation *operation, char regex[OPERATION_REGEX_MAX]);

/* A walk over a groups expression. Each call gives the next name and whether it begins a new alternative:
 *   const char *cursor = operation->groups;
 *   while (group_next(&cursor, name, &alternative)) ...
 * name gets the bare group ("CREATE"); returns false at the end. */
bool group_next(const char **cursor, char name[OPERATION_NAME_MAX], bool *alternative);

#endif
