/* Environment variables: how a value is read and how an unknown name is answered. */
#ifndef VARIABLES_H
#define VARIABLES_H

#include "problems.h"

#include <stdbool.h>

enum tristate { UNSET, NO, YES };

#define BOOLEAN_WORDS "1 true yes on or 0 false no off"

/* Where values come from: the environment, or a part of it under a prefix. */
struct variables {
    char *const *environment; /* NAME=value strings, ended by NULL; not owned */
    const char *prefix;       /* put before each name that is looked up; "" for none */
};

/* The value of prefix+name, or NULL if it is unset or empty: Compose passes an empty string for a variable that is
 * mentioned but has no value, and an empty permission must not count as a decision. The string is not owned. */
const char *variable(const struct variables *variables, const char *name);

/* Reads a boolean in any case. Anything that is none is a problem, and UNSET. */
enum tristate variable_boolean(const struct variables *variables, const char *name, struct problems *problems);

/* Reads a whole number from low to high. Unset gives preset; anything else is a problem, and preset. */
long variable_number(const struct variables *variables, const char *name, long low, long high, long preset,
                     struct problems *problems);

/* How far a name may be from the one that was meant: further away is another word, not a typo. */
#define TYPO(name) ((unsigned)strlen(name) / 3)
/* The same where strangers' names are about. */
#define SLIP(name) (strlen(name) >= 8 ? 2 : (unsigned)strlen(name) / 4)

/* The candidate nearest to name by edit distance, or NULL if none is at most so far away.
 * next(context) gives one candidate after the other, NULL at the end; a candidate stays valid until the next call
 * only, so that the answer is copied into nearest (of size bytes). */
const char *nearest_name(const char *name, unsigned most, const char *(*next)(void *context), void *context, char *nearest,
                         size_t size);

#endif
