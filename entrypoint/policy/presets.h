/* Presets: sets of operations that known clients need (policy/presets.def), which PRESET opens by name. */
#ifndef POLICY_PRESETS_H
#define POLICY_PRESETS_H

#include "policy/operations.h"
#include "base/variables.h"

#include <stdbool.h>
#include <stddef.h>

#define PRESETS_MAX 192

/* One row of policy/presets.def. Lists are separated by blanks; "" for none. */
struct preset {
    const char *name;       /* "dozzle", or with a mode "dozzle+shell" */
    const char *help;       /* what the client does with it */
    const char *operations; /* operationIds */
    const char *guard;      /* assignments of the create guard's variables that the client cannot do without */
    const char *guard_may;  /* likewise, needed by some containers only */
    const char *remark;     /* sentences */
};

extern const struct preset presets[];
extern const size_t preset_count;

/* A set of presets, by index into presets[]. */
struct preset_choice {
    bool chosen[PRESETS_MAX];
};

/* Adds the presets of a list, such as "traefik, dozzle+actions+shell": each name has the rows NAME and NAME+MODE for
 * each mode, in any case. An unknown name is a problem, with a suggestion; before is what stands before it in the
 * message: "PRESET=". */
void presets_choose(struct preset_choice *choice, const char *list, const char *before, struct problems *problems);

/* Reads PRESET. */
void presets_read(struct preset_choice *choice, const struct variables *variables, struct problems *problems);

/* Whether the preset has the operation. */
bool preset_opens(const struct preset *preset, const struct operation *operation);

/* The first chosen preset that has the operation; NULL if there is none. */
const struct preset *presets_opening(const struct preset_choice *choice, const struct operation *operation);

/* Whether the row adds to another one: its name has a mode. */
bool preset_is_mode(const struct preset *preset);

#endif
