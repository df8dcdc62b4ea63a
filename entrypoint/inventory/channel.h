/* A non-blocking connection to an upstream. The owner polls it. */
#ifndef INVENTORY_CHANNEL_H
#define INVENTORY_CHANNEL_H

#include "inventory/tls.h"

#include <sys/socket.h>

enum channel_state {
    CHANNEL_FAILED, /* see why */
    CHANNEL_CONNECTING,
    CHANNEL_SHAKING_HANDS, /* TLS */
    CHANNEL_SENDING,
    CHANNEL_READING,
    CHANNEL_ENDED, /* closed by the upstream */
};

/* The present address of an upstream. */
struct endpoint {
    socklen_t length; /* of address in bytes; 0: not known, see why */
    struct sockaddr_storage address;
    char why[160];
};

struct channel {
    enum channel_state state;
    int fd;          /* -1 for none */
    struct tls *tls; /* NULL without TLS; owned */
    const char *request;
    size_t sent;
    char why[160]; /* the reason of CHANNEL_FAILED */
};

/* Finds the addresses of all upstreams; child processes resolve names. Takes until the deadline (see channel_now) at
 * most. An upstream without an address gets length 0 and the reason. */
void endpoints_find(struct endpoint endpoints[UPSTREAMS_MAX], const struct upstreams *upstreams, long deadline);

/* Begins to connect, and then to send the request, a string that must outlive the channel. context is for a tls://
 * upstream, see inventory/tls.h. An error sets CHANNEL_FAILED and why. Close in any state with channel_close. */
void channel_open(struct channel *channel, const struct endpoint *endpoint, const struct upstream *upstream,
                  const struct tls_context *context, const char *request);
void channel_close(struct channel *channel);

/* The events to poll fd for (poll(2)). */
short channel_events(const struct channel *channel);

/* Proceeds as far as possible without blocking. Returns the number of bytes that were read into bytes. */
size_t channel_step(struct channel *channel, char *bytes, size_t size);

/* The time in milliseconds on the clock of deadlines (CLOCK_MONOTONIC). */
long channel_now(void);

/* The milliseconds until a time on that clock, 0 if it has passed; -1 for 0, which is never. */
long channel_until(long when);

/* The smaller one of two times to wait; -1: no limit. */
long channel_sooner(long a, long b);

#endif
