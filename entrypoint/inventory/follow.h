/* Follows the events of an Engine (API description, SystemEvents), and keeps a set of containers true. Nothing here
 * blocks, except that names of upstreams are resolved, for half a second at most. */
#ifndef INVENTORY_FOLLOW_H
#define INVENTORY_FOLLOW_H

#include "inventory/containers.h"

#include <poll.h>

#define FOLLOW_DESCRIPTORS 8

/* What the owner does when something has changed. The containers are true when a hook is called. */
struct follow_hooks {
    void *context;
    /* The container is new, or its names, labels, addresses or anything else of it have changed. Only between renewed
     * and lost. */
    void (*changed)(void *context, struct known_container *container);
    /* The container is about to be removed from the set and freed: free what is attached. Also between lost and
     * renewed, and at follow_end. */
    void (*gone)(void *context, struct known_container *container);
    /* The set has been read anew, after a loss or at the start, or the networks have changed. */
    void (*renewed)(void *context);
    /* Events may have been missed: nothing in the set is certain until renewed is called. */
    void (*lost)(void *context);
    /* Only if inspections is true: the body of ContainerInspect of a container. changed follows, or renewed. A
     * container that has changed is not held back until then, because the Engine does not answer while it starts the
     * container: with nothing attached, judge what only an inspection says as unknown. */
    void (*inspected)(void *context, struct known_container *container, const char *body, size_t length);
    /* An exec instance of the container exists: exec_create (ended false), or has ended: exec_die. NULL: not wanted. */
    void (*exec)(void *context, const struct known_container *container, const char *exec_id, bool ended);
    bool inspections; /* each container is inspected when it is new and after it has changed */
};

struct follow;

/* Prepares to follow the first upstream that answers: reads the certificates for tls:// upstreams, and connects only in
 * follow_step, so that rights may be dropped between. Settings and hooks must outlive it. Release with follow_end. */
struct follow *follow_begin(const struct settings *settings, const struct follow_hooks *hooks);
void follow_end(struct follow *follow);

/* The set, which changes with follow_step. */
const struct containers *follow_containers(const struct follow *follow);

/* Why the Engine could not be followed the last time; "" if that has not happened. */
const char *follow_why(const struct follow *follow);

/* Writes the descriptors to poll, at most FOLLOW_DESCRIPTORS. Returns their number. */
size_t follow_poll(const struct follow *follow, struct pollfd *polled);

/* The milliseconds until follow_step has to be called without an event; -1: never. */
long follow_patience(const struct follow *follow);

/* Proceeds as far as possible without blocking, and calls the hooks. */
void follow_step(struct follow *follow);

#endif
