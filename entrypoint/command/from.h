/* `--from CONTAINER`: the profile that a container's requests have. */
#ifndef COMMAND_FROM_H
#define COMMAND_FROM_H

#include "environment/environment.h"
#include "inventory/inventory.h"

/* Asks the Engine for the container with that name, id, beginning of an id, or address, and prints to stderr which
 * profile it has and why. The profile is the base set if it has none. NULL with a problem if the container cannot be
 * found, or if no profile is certain. */
const struct profile *profile_from(const struct environment *environment, const struct inventory *inventory,
                                   const char *reference, struct problems *problems);

#endif
