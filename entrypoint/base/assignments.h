/* A list of NAME=value strings, in the form of an environment. */
#ifndef BASE_ASSIGNMENTS_H
#define BASE_ASSIGNMENTS_H

#include <stddef.h>

struct assignments {
    char **list; /* NULL while empty, else ended by NULL; owned, as are the strings */
    size_t count;
};

/* Adds a copy of length bytes of text, or of NAME=value. Ends the program if memory runs out. */
void assignments_add(struct assignments *assignments, const char *text, size_t length);
void assignments_set(struct assignments *assignments, const char *name, const char *value);
void assignments_free(struct assignments *assignments);

/* Removes the i-th assignment. */
void assignments_remove(struct assignments *assignments, size_t i);

/* Removes all assignments to NAME, and adds NAME=value. */
void assignments_replace(struct assignments *assignments, const char *name, const char *value);

#endif
