/* What the members are called in messages, and what a refusal says of them. */
#ifndef GUARD_CAUSES_H
#define GUARD_CAUSES_H

#include "guard/grammar.h"

/* The name of what has none. */
#define THE_BODY "the body"

/* The member (or parameter, if query) of an operation that a dotted path of names, in any case, means: writes its name
 * for messages, and returns the knob or saying for it. */
int member_find(const struct guard_operation *operation, bool query, const char *path, FILE *name);

/* What a refusal says for a knob or saying and the value that is refused, a text of guard_hints. */
const char *hint_find(const struct grammar *grammar, int key, const char *value);

/* What is refused although its knob is open, nothing opens. */
bool hint_is_vain(const struct guard *guard, int key);

/* Writes such a text, with the profile's prefix before the variable's name. */
void hint_put(FILE *out, const struct guard *guard, const char *text);

/* How the hints begin that may be about the proxy's own volumes. */
#define OWN_VOLUMES "ALLOW_VOLUME_NAMES"

#endif
