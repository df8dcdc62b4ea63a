/* What renews a container (Watchtower, Portainer) deletes it and creates it again. Where the first is open and the
 * create guard would refuse the second, the container would be gone: that is said at the start, container by container.
 */
#ifndef PROCESS_RECREATE_H
#define PROCESS_RECREATE_H

#include "environment/environment.h"
#include "inventory/inventory.h"

/* Whether there is anything to look at: a profile that opens both, with its guard on. */
bool recreate_matters(const struct environment *environment);

/* Looks at the containers of all upstreams, 200 at most and 5 seconds long, and warns of those whose inspection, sent
 * as a body, would be refused. Left out are our own, and those that Watchtower is told to leave alone. What cannot be
 * had is not told of. */
void recreate_tell(const struct environment *environment, const struct inventory *inventory);

/* The same in a child of its own, so that neither the start nor anything else waits for it. The child is the caller's
 * to collect. */
void recreate_tell_aside(const struct environment *environment, const struct inventory *inventory);

/* The body with which a container would be created again, from the body of GET /containers/<id>/json: Config,
 * HostConfig and the networks. NULL if it is none, or if the container has the label that keeps Watchtower away from
 * it. The caller frees it. */
char *recreate_body(const char *inspection, size_t length);

#endif
