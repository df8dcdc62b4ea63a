/* The groups of regex that depend on the variables and on what is known of the Engine. */
#ifndef GUARD_LISTS_H
#define GUARD_LISTS_H

#include "guard/internal.h"

/* Writes the text of the group of that name. Returns false if it is not one of these. */
bool guard_put_list(FILE *out, const struct grammar *grammar, const char *name);

/* guard/glob.c */
enum glob_kind { GLOB_NAME, GLOB_TAG, GLOB_QUERY_NAME, GLOB_QUERY_TAG, GLOB_VOLUME };

/* Writes a regex for a pattern, or the part of one: the name or the tag of an image, in a body or a query, or a volume.
 */
void guard_put_glob(FILE *out, const char *glob, size_t length, enum glob_kind kind);

#endif
