/* GET requests to the upstreams, several at a time, with one deadline for all. */
#ifndef INVENTORY_FETCH_H
#define INVENTORY_FETCH_H

#include "inventory/channel.h"

#define FETCH_SIZE_MAX ((size_t)32 * 1024 * 1024)

/* One answer. HTTP/1.0 is spoken, so that it comes in one piece. */
struct fetch {
    size_t upstream; /* index */
    char path[160];
    int status;       /* 0: no answer that can be used, see why */
    char *head;       /* the header lines, a string; owned; NULL without an answer */
    const char *body; /* in head; a zero byte ends it */
    size_t length;    /* of the body */
    char why[200];
};

/* Makes all the requests (of each, upstream and path are set), and is done at the deadline at the latest. Release each
 * with fetch_free. */
void fetch_all(struct fetch *fetches, size_t count, const struct settings *settings, const struct endpoint *endpoints,
               long deadline);
void fetch_free(struct fetch *fetch);

/* Whether the answer has the header, whatever its value; the name in any case. */
bool fetch_has_header(const struct fetch *fetch, const char *name);

#endif
