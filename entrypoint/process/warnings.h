/* What the log says at the start of an environment that is right, and yet may not do what was meant. */
#ifndef PROCESS_WARNINGS_H
#define PROCESS_WARNINGS_H

#include "environment/environment.h"
#include "inventory/inventory.h"

void warn(const struct environment *environment, const struct inventory *inventory);

/* The part of it that a reload may change: the own container, and the containers that hold the Engine's socket. */
void tell_of_inventory(const struct environment *environment, const struct inventory *inventory);

/* Reports a HAProxy that cannot do what SESSION and GRPC are for, by a trial run if either is open. Returns whether
 * it can. */
bool warn_of_upgrades(const struct environment *environment);

#endif
