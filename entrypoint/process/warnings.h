/* The warnings and notes in the start log about a configuration that is valid but may not do what was intended. */
#ifndef PROCESS_WARNINGS_H
#define PROCESS_WARNINGS_H

#include "environment/environment.h"
#include "inventory/inventory.h"

/* Logs all of them. */
void warn(const struct environment *environment, const struct inventory *inventory);

/* Logs those that a reload can change: on the own container, and on the containers that hold the Engine's socket. */
void tell_of_inventory(const struct environment *environment, const struct inventory *inventory);

/* If SESSION or GRPC is open, logs a warning if a trial run shows that HAProxy does not forward their upgrades. Returns
 * false after that warning. */
bool warn_of_upgrades(const struct environment *environment);

/* Logs a warning for each preset with operations that other variables close, or that the create guard refuses for lack
 * of a variable. */
void warn_of_presets(const struct environment *environment);

#endif
