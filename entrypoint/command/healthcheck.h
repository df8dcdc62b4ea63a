/* The container's HEALTHCHECK. */
#ifndef COMMAND_HEALTHCHECK_H
#define COMMAND_HEALTHCHECK_H

#include "environment/listener.h"

/* Asks the running proxy for GET /_ping on the first of its listeners that is not tls:// (behind TLS it only connects),
 * three seconds at most. Returns 0 if the proxy serves: it answers 200, or 403 where PING is closed; 1 otherwise, with
 * the reason on stderr (503: no Engine behind it). */
int healthcheck(const struct listeners *listeners);

#endif
