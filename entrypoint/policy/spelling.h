/* Names that nothing knows: which one was meant, if it is a slip of the finger. */
#ifndef POLICY_SPELLING_H
#define POLICY_SPELLING_H

#include "policy/operations.h"

#include <stdbool.h>
#include <stddef.h>

#define SLIP_MAX 2 /* further away is another word */

/* How far a name of others' may be from one of ours to count as a slip: an environment is full of names. */
unsigned slip(const char *name);

/* The search for the candidate nearest to a name, by the number of letters to add, drop, change or swap with their
 * neighbour. With same_meaning set, a candidate never means something else: a word of the name that is right in itself
 * (ALLOW_STATS, ALLOW_IMAGE_PULL) has to be in the candidate as well. */
struct nearest {
    const char *name;               /* not owned */
    unsigned most;                  /* how far away a candidate may be at most */
    bool same_meaning;              /* for ALLOW_* names */
    char found[OPERATION_NAME_MAX]; /* the nearest candidate so far, "" for none */
};

/* Compares one more candidate. Of two that are equally near, the first counts. */
void nearest_try(struct nearest *nearest, const char *candidate);

/* The own variables of the operations that an unknown ALLOW_* name speaks of, by the words in it:
 * "ALLOW_CONTAINER_KILL" for ALLOW_KILL. They are joined by spaces, each with the prefix before it. False if there are
 * none. */
bool spoken_of(const char *name, const char *prefix, char *variables, size_t size);

#endif
