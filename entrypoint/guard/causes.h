/* The names of members in messages, and the hints of refusals: which setting would allow what is refused. */
#ifndef GUARD_CAUSES_H
#define GUARD_CAUSES_H

#include "guard/grammar.h"

/* The name of the whole body in messages. */
#define THE_BODY "the body"

/* The member (or parameter, if query) of an operation that a dotted path of names, in any case, means: writes its name
 * for messages, and returns the knob or saying for it. */
int member_find(const struct guard_operation *operation, bool query, const char *path, FILE *name);

/* The hint for a knob or saying and the refused value: a text of guard_hints, not owned. */
const char *hint_find(const struct grammar *grammar, int key, const char *value);

/* Whether no setting can help with a refusal for the key: its knob is open already, or nothing opens it. */
bool hint_is_vain(const struct guard *guard, int key);

/* Writes a hint, with the profile's prefix before the variable's name. */
void hint_put(FILE *out, const struct guard *guard, const char *text);

/* The beginning of the hints that may concern the proxy's own volumes. */
#define OWN_VOLUMES "ALLOW_VOLUME_NAMES"

#endif
