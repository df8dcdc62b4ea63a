/* The fewest variables that open a set of operations and nothing else. */
#ifndef COMMAND_CHOICE_H
#define COMMAND_CHOICE_H

#include "policy/presets.h"

#include <stdbool.h>

struct choice {
    const char *presets[8]; /* each opens exactly the set: names such as dozzle+actions; owned; NULL after the last */
    uint64_t groups;
    bool own[OPERATIONS_MAX]; /* by index into operations[] */
};

/* Chooses for the operations that are needed, by index into operations[]; those that are open by default need nothing.
 * With narrow, own variables only. Release with choice_free. */
void choice_make(struct choice *choice, const bool needed[OPERATIONS_MAX], bool narrow);
void choice_free(struct choice *choice);

/* Whether the groups open the operation. */
bool choice_by_groups(const struct choice *choice, size_t operation);

#endif
