/* GET requests to the upstreams, several at a time, with one deadline for all. */
#ifndef INVENTORY_FETCH_H
#define INVENTORY_FETCH_H

#include "inventory/channel.h"

#define FETCH_SIZE_MAX ((size_t)32 * 1024 * 1024)

/* A request and its response. Requests are HTTP/1.0, so that responses are not chunked. */
struct fetch {
    size_t upstream; /* its index in the settings */
    char path[160];
    int status;       /* 0: no usable response, see why */
    char *head;       /* the header lines, a string; owned; NULL without a response */
    const char *body; /* in the memory of head, terminated by a zero byte */
    size_t length;    /* of the body */
    char why[200];
};

/* Sends all requests, whose upstream and path are set, and returns at the deadline (see channel_now) at the latest.
 * A response of more than FETCH_SIZE_MAX bytes is an error. Release each fetch with fetch_free. */
void fetch_all(struct fetch *fetches, size_t count, const struct settings *settings, const struct endpoint *endpoints,
               long deadline);
void fetch_free(struct fetch *fetch);

/* Whether the response has a header field with that name in any case. */
bool fetch_has_header(const struct fetch *fetch, const char *name);

#endif
