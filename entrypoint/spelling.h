/* Names that nothing knows: which one was meant, if it is a slip of the finger. */
#ifndef SPELLING_H
#define SPELLING_H

#include <stdbool.h>
#include <stddef.h>

#define SLIP_MAX 2 /* further away is another word */

/* How far a name of others' may be from one of ours to count as a slip: an environment is full of names. */
unsigned slip(const char *name);

/* The candidate nearest to name by the number of letters to add, drop, change or swap with their neighbour; NULL if none is
 * at most so far away. next(context) gives one candidate after the other, NULL at the end; a candidate stays valid until the
 * next call only, so that the answer is copied into nearest (of size bytes). */
const char *nearest_name(const char *name, unsigned most, const char *(*next)(void *context), void *context, char *nearest,
                         size_t size);

/* The same for an ALLOW_* name. Never one that means something else: a word of the name that is right in itself (ALLOW_STATS,
 * ALLOW_IMAGE_PULL) has to be in the candidate as well. */
const char *nearest_permission(const char *name, const char *(*next)(void *context), void *context, char *nearest, size_t size);

/* The own variables of the operations that an unknown ALLOW_* name speaks of, by the words in it: "ALLOW_CONTAINER_KILL" for
 * ALLOW_KILL. They are joined by spaces, each with the prefix before it. False if there are none. */
bool spoken_of(const char *name, const char *prefix, char *variables, size_t size);

#endif
