/* One event of an Engine (API description, SystemEvents), as far as it concerns containers and bridge networks. */
#ifndef INVENTORY_EVENT_H
#define INVENTORY_EVENT_H

#include "inventory/known.h"

enum event_kind {
    EVENT_OTHER,        /* changes nothing */
    EVENT_CHANGED,      /* the container may have changed */
    EVENT_RECONFIGURED, /* and what only its inspection shows may have */
    EVENT_STARTED,      /* its process runs */
    EVENT_ENDED,        /* its process has ended */
    EVENT_GONE,         /* the container was removed */
    EVENT_JOINED,       /* it has got an address on the network */
    EVENT_LEFT,         /* it has lost its addresses on the network */
    EVENT_LEFT_ONE,     /* on a network that is not known (Podman) */
    EVENT_NETWORKS,     /* a network was made or removed */
    EVENT_EXEC,         /* an exec instance was made */
    EVENT_EXEC_ENDED,
};

struct event {
    enum event_kind kind;
    char container[CONTAINER_ID_LENGTH + 1]; /* "" for EVENT_NETWORKS */
    char network[NETWORK_ID_MOST + 1];       /* of JOINED and LEFT */
    char exec[CONTAINER_ID_LENGTH + 1];      /* its id */
};

/* Reads a line. False if it is not as the API description requires. */
bool event_read(struct event *event, const char *line, size_t length);

/* Writes the path of a request for these events, since that time in seconds of the Engine's clock. The Engine filters
 * by exec too only if it is wanted: the health checks of many containers make many of these. */
void event_path(char *path, size_t size, long since, bool exec);

#endif
