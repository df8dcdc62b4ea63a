/* Warnings of containers that could be deleted and not be created again. Watchtower and Portainer renew a container by
 * deleting it and creating it again. Where ContainerDelete is open and the create guard would refuse the new container,
 * the container would be lost; the start log lists these containers. */
#ifndef PROCESS_RECREATE_H
#define PROCESS_RECREATE_H

#include "environment/environment.h"
#include "inventory/inventory.h"

/* Returns whether there is anything to check: a profile that opens both operations and has its guard on. */
bool recreate_matters(const struct environment *environment);

/* Checks the containers of all upstreams, 200 at most and for 5 seconds at most, and logs a warning for each whose
 * inspection, sent as a body, would be refused. The own container and those with the label that excludes them from
 * Watchtower are left out. Containers that cannot be read are skipped without a message. */
void recreate_tell(const struct environment *environment, const struct inventory *inventory);

/* The same in a child process, so that nothing waits for it. Does nothing unless recreate_matters. The caller collects
 * the child with waitpid. */
void recreate_tell_aside(const struct environment *environment, const struct inventory *inventory);

/* Makes the body of ContainerCreate that would create a container again, from the length bytes of the body of
 * ContainerInspect: Config, HostConfig and the networks (API description, both operations). Returns NULL if the
 * inspection is not valid, or if the container has the label that excludes it from Watchtower. The caller frees it. */
char *recreate_body(const char *inspection, size_t length);

#endif
