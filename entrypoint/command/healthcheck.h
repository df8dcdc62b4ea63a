/* The container's HEALTHCHECK. */
#ifndef COMMAND_HEALTHCHECK_H
#define COMMAND_HEALTHCHECK_H

#include "environment/environment.h"

/* Sends GET /_ping to the running proxy, on the first listener of the base set that is not tls://; if all are, it only
 * connects. Waits three seconds at most for each step. Prints on stdout that a profile is in an audit. Returns 0 if the
 * proxy responds with 200, or with 403 because PING is closed; otherwise 1, with the reason on stderr. */
int healthcheck(const struct environment *environment);

#endif
