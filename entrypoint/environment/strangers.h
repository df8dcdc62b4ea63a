/* Variables that mean nothing here, though their names look as if they did: slips in the names of other images, the
 * names of other proxies, and names that people believe in. An environment holds other programs' variables too, so
 * these are told and stop nothing. */
#ifndef ENVIRONMENT_STRANGERS_H
#define ENVIRONMENT_STRANGERS_H

#include <stdbool.h>
#include <stddef.h>

/* What to say of NAME=value: what to set instead. False if it is somebody else's. (ALLOW_*, PROFILE_* and LIBPOD_* are
 * not asked about: what is unknown of those stops the start.) */
bool stranger_advice(const char *assignment, char *advice, size_t size);

#endif
