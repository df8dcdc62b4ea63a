/* GET requests to the upstreams, several at a time, with one deadline for all. */
#ifndef INVENTORY_FETCH_H
#define INVENTORY_FETCH_H

#include "inventory/channel.h"

#define FETCH_PATH_MAX 1200 /* with the zero byte */
#define FETCH_SIZE_MAX ((size_t)32 * 1024 * 1024)

/* A request and its response. Requests are HTTP/1.0, so that responses are not chunked. */
struct fetch {
    size_t upstream; /* its index in the settings */
    char path[FETCH_PATH_MAX];
    int status;       /* 0: no usable response, see why */
    char *head;       /* the header lines, a string; owned; NULL without a response */
    const char *body; /* in the memory of head, terminated by a zero byte */
    size_t length;    /* of the body */
    char why[200];
};

/* A request in progress. */
struct fetching {
    struct fetch *fetch; /* NULL: none */
    struct channel channel;
    char request[FETCH_PATH_MAX + 200];
    char *bytes; /* the response so far, terminated by a zero byte; owned */
    size_t length;
    size_t room;
    size_t head;    /* where the body begins; 0: the head is not complete */
    long announced; /* length of the body; -1: ends with the connection; -2: unusable */
};

/* Begins to send the request, without blocking; the owner polls the channel. fetch must outlive fetching. */
void fetch_begin(struct fetching *fetching, struct fetch *fetch, const struct upstream *upstream,
                 const struct endpoint *endpoint, const struct tls_context *context);

/* Proceeds as far as possible without blocking. Returns whether it is done: the fetch then has the response or the
 * reason, and fetching is released. */
bool fetch_proceed(struct fetching *fetching);

/* Ends it with that reason, and releases fetching. */
void fetch_give_up(struct fetching *fetching, const char *why);

/* For a response that goes on, such as that of SystemEvents. Its status as soon as its head is complete, else 0. */
int fetching_status(const struct fetching *fetching);

/* Sends all requests, whose upstream and path are set, and returns at the deadline (see channel_now) at the latest.
 * A response of more than FETCH_SIZE_MAX bytes is an error. Release each fetch with fetch_free. */
void fetch_all(struct fetch *fetches, size_t count, const struct settings *settings, const struct endpoint *endpoints,
               long deadline);
void fetch_free(struct fetch *fetch);

/* Whether the response has a header field with that name in any case. */
bool fetch_has_header(const struct fetch *fetch, const char *name);

/* The rest of its line, from the colon on, up to \r; NULL if there is none. */
const char *fetch_header(const struct fetch *fetch, const char *name);

#endif
