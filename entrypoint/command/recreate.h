/* `suggest --recreate`: what the create guard needs so that the Engine's containers can be created again. */
#ifndef COMMAND_RECREATE_H
#define COMMAND_RECREATE_H

#include "environment/environment.h"
#include "inventory/inventory.h"

/* Reads the containers of the Engines (process/recreate.h), finds for each the smallest change of the profile's guard
 * with which ContainerCreate passes for it, and prints it in a comment; then the variables for all of them together, as
 * lines of an env file. Only reads from the Engines. Returns 0; 1 if an Engine or a container could not be read, or if
 * no setting allows one of them, with the reason on stderr. */
int suggest_recreate(const struct environment *environment, const struct inventory *inventory,
                     const struct profile *profile);

#endif
