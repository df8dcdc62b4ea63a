/* Settings that are valid and give more than they seem to: for the warnings of the start and for `check --strict`. */
#ifndef PROCESS_DANGERS_H
#define PROCESS_DANGERS_H

#include "environment/environment.h"

#include <stdio.h>

/* Logs a warning of each danger that most configurations do not have. */
void dangers_warn(const struct environment *environment);

/* Logs a warning for each profile that is in an audit: again and again, so that nobody forgets it. */
void dangers_remind(const struct environment *environment);

/* Writes what these variables of the create guard give beyond their names, each as a comment line that begins with #.
 */
void dangers_explain(FILE *out, const struct variables *variables);

/* Checks that each danger is acknowledged by its word in ACKNOWLEDGE (of the profile, if it is the profile's), and that
 * each word there is one of a danger that exists: one that is left over would accept a later change unseen. Logs what
 * is not so. Returns whether all is. */
bool dangers_acknowledged(const struct environment *environment);

#endif
