/* The groups of regex that depend on the variables and on what is known of the Engine. */
#ifndef GUARD_LISTS_H
#define GUARD_LISTS_H

#include "guard/internal.h"

/* Writes the text of the group of that name. Returns false if it is not one of these. */
bool guard_put_list(FILE *out, const struct grammar *grammar, const char *name);

/* Writes the values that the list of the knob's variable opens besides those of the schema: alternatives, each after a
 * |. Nothing if there are none. */
void guard_put_listed(FILE *out, const struct grammar *grammar, enum guard_knob knob);

/* Whether the knob's members pass only what a list names, and it names nothing for them: only what is empty passes. */
bool guard_lists_nothing(const struct guard *guard, enum guard_knob knob);

/* Whether ALLOW_HOST_NAMESPACES lists containers by names or patterns, other than any container. */
bool guard_lists_containers(const struct guard *guard);

/* Whether the network of the host is open. */
bool guard_opens_host_network(const struct guard *guard);

/* Whether ALLOW_EXEC_COMMANDS limits what a command may be. */
bool guard_limits_commands(const struct guard *guard);

/* guard/glob.c */
enum glob_kind { GLOB_NAME, GLOB_TAG, GLOB_QUERY_NAME, GLOB_QUERY_TAG, GLOB_VOLUME, GLOB_WORD };

/* Writes a regex for a pattern, or the part of one: the name or the tag of an image, in a body or a query, a volume or
 * container, or a word of a command. */
void guard_put_glob(FILE *out, const char *glob, size_t length, enum glob_kind kind);

#endif
