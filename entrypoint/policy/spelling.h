/* Suggestions for unknown variables: the nearest known name, and the operations that its words name. */
#ifndef POLICY_SPELLING_H
#define POLICY_SPELLING_H

#include "policy/operations.h"

#include <stdbool.h>
#include <stddef.h>

#define SLIP_MAX 2 /* the greatest distance of a typing error */

/* The distance up to which a name that may belong to another program counts as a typing error. It is smaller for
 * short names. */
unsigned slip(const char *name);

/* A search for the known name nearest to another one. The distance is the number of letters to add, remove, change
 * or swap with their neighbour. With same_meaning, every word of the name that is a known word (STATS in
 * ALLOW_STATS) must also be in the suggestion. */
struct nearest {
    const char *name;               /* not owned */
    unsigned most;                  /* the greatest distance of a suggestion */
    bool same_meaning;              /* for ALLOW_* names */
    char found[OPERATION_NAME_MAX]; /* the nearest candidate so far, "" for none */
};

/* Offers a candidate to the search. Of two at the same distance, the first is kept. */
void nearest_try(struct nearest *nearest, const char *candidate);

/* Writes the own variables of the operations that an unknown ALLOW_* name refers to by its words, each with the
 * prefix, joined by spaces: "ALLOW_CONTAINER_KILL" for ALLOW_KILL. False if there are none. What does not fit in
 * size bytes is left out. */
bool spoken_of(const char *name, const char *prefix, char *variables, size_t size);

#endif
