/* Warnings of containers that could be deleted and not be created again. Watchtower and Portainer renew a container by
 * deleting it and creating it again. Where ContainerDelete is open and the create guard would refuse the new container,
 * the container would be lost; the start log lists these containers. */
#ifndef PROCESS_RECREATE_H
#define PROCESS_RECREATE_H

#include "environment/environment.h"
#include "inventory/inventory.h"

/* A container and the requests that would create it again. */
struct recreated {
    char *name;    /* owned, as are the bodies */
    char *as_is;   /* the body as inspected */
    char *by_name; /* the same with "container:/NAME" for "container:<id>" in NetworkMode, as Watchtower writes it; NULL
                      if that is no other one */
    char *network_of; /* NAME; NULL if by_name is; owned */
};

struct recreations {
    size_t count;
    struct recreated *list; /* owned */
    size_t left;            /* containers that there was no time or no room to read */
    size_t silent;          /* upstreams that have not listed their containers */
};

/* Reads the containers of all upstreams, running or not, 200 at most and for 5 seconds at most. Leaves out the proxy's
 * own container and those that a label excludes, see recreate_body. Release with recreations_free. */
void recreations_read(struct recreations *recreations, const struct settings *settings,
                      const struct inventory *inventory);
void recreations_free(struct recreations *recreations);

/* Returns whether there is anything to check: a profile that opens both operations and has its guard on. */
bool recreate_matters(const struct environment *environment);

/* Checks the containers, and logs a warning for each whose inspection, sent as a body, would be refused. Containers
 * that cannot be read are skipped without a message. */
void recreate_tell(const struct environment *environment, const struct inventory *inventory);

/* The same in a child process, so that nothing waits for it. Does nothing unless recreate_matters. The caller collects
 * the child with waitpid. */
void recreate_tell_aside(const struct environment *environment, const struct inventory *inventory);

/* Makes the body of ContainerCreate that would create a container again, from the length bytes of the body of
 * ContainerInspect: Config, HostConfig and the networks (API description, both operations). Returns NULL if the
 * inspection is not valid, or if the container has a label that excludes it: com.centurylinklabs.watchtower.enable or
 * docker-socket-proxy.recreate, with the value false. The caller frees it. */
char *recreate_body(const char *inspection, size_t length);

#endif
