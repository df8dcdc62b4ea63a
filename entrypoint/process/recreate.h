/* Warnings of containers that could be deleted and not be created again. Watchtower and Portainer renew a container by
 * deleting it and creating it again. Where ContainerDelete is open and the create guard would refuse the new container,
 * the container would be lost; the start log lists these containers. */
#ifndef PROCESS_RECREATE_H
#define PROCESS_RECREATE_H

#include "environment/environment.h"
#include "inventory/inventory.h"
#include "inventory/recreation.h"

struct recreations {
    size_t count;
    struct recreated *list; /* owned */
    size_t left;            /* containers that there was no time or no room to read */
    size_t silent;          /* upstreams that have not listed their containers */
};

/* Reads the containers of all upstreams, running or not, 200 at most and for 5 seconds at most. Leaves out the proxy's
 * own container and those that a label excludes, see struct recreated. Release with recreations_free. */
void recreations_read(struct recreations *recreations, const struct settings *settings,
                      const struct inventory *inventory);
void recreations_free(struct recreations *recreations);

#endif
