/* Advice on variables that have no effect: misspelled variables of other images, variables of other proxies, and
 * common mistakes. Since the environment also holds variables of other programs, they are reported but do not stop
 * the start. */
#ifndef ENVIRONMENT_STRANGERS_H
#define ENVIRONMENT_STRANGERS_H

#include <stdbool.h>
#include <stddef.h>

/* Writes advice on NAME=value, at most size bytes. False if there is none. Not for ALLOW_*, PROFILE_* and LIBPOD_*:
 * unknown names of these stop the start. */
bool stranger_advice(const char *assignment, char *advice, size_t size);

#endif
