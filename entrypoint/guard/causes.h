/* The names of members in messages, and the hints of refusals: which setting would allow what is refused. */
#ifndef GUARD_CAUSES_H
#define GUARD_CAUSES_H

#include "guard/grammar.h"

/* The name of the whole body in messages. */
#define THE_BODY "the body"

/* The member (or parameter, if query) of an operation that a dotted path of names, in any case, means: writes its name
 * for messages, and returns the knob or saying for it. */
int member_find(const struct guard_operation *operation, bool query, const char *path, FILE *name);

/* Whether no setting can help with a refusal for the key: its knob is open already, or nothing opens it. */
bool hint_is_vain(const struct guard *guard, int key);

/* Whether the refused value may be a protected container's, which nothing opens. */
bool hint_is_of_container(int key);

/* Writes the hint for a knob or saying and the refused value, with the profile's prefix before the variable's name. */
void hint_put(FILE *out, const struct grammar *grammar, int key, const char *value);

/* The beginning of a mode that is another container's. */
#define OF_CONTAINER "container:"

/* The beginning of the hints that may concern the proxy's own volumes. */
#define OWN_VOLUMES "ALLOW_VOLUME_NAMES"

#endif
