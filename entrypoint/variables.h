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

/* The value of prefix+name, without blanks and one pair of quotes around it, or NULL if it is unset or empty: Compose passes
 * an empty string for a variable that is mentioned but has no value, and an empty permission must not count as a decision.
 * The string is not owned, and stays as long as the environment does. */
const char *variable(const struct variables *variables, const char *name);

/* What a word says as a boolean, in any case; UNSET if it is none. */
enum tristate boolean_word(const char *value);

/* Reads a boolean in any case. Anything that is none is a problem, and UNSET. */
enum tristate variable_boolean(const struct variables *variables, const char *name, struct problems *problems);

/* Reads a whole number from low to high. Unset gives preset; anything else is a problem, and preset. */
long variable_number(const struct variables *variables, const char *name, long low, long high, long preset,
                     struct problems *problems);

#endif
