/* A connection to an upstream that never waits: whoever owns it polls. */
#ifndef INVENTORY_CHANNEL_H
#define INVENTORY_CHANNEL_H

#include "environment/settings.h"

#include <sys/socket.h>

enum channel_state {
    CHANNEL_FAILED, /* see why */
    CHANNEL_CONNECTING,
    CHANNEL_SHAKING_HANDS, /* TLS */
    CHANNEL_SENDING,
    CHANNEL_READING,
    CHANNEL_ENDED, /* the other side has ended it */
};

/* Where an upstream is now. */
struct endpoint {
    socklen_t length; /* 0: not known, see why */
    struct sockaddr_storage address;
    char why[160];
};

struct channel {
    enum channel_state state;
    int fd;          /* -1 for none */
    struct tls *tls; /* NULL without */
    const char *request;
    size_t sent;
    char why[160]; /* CHANNEL_FAILED */
};

/* The addresses of all upstreams, names among them asked for in children, until the deadline (see channel_now). Those
 * that are not found in time have a length of 0 and the reason. */
void endpoints_find(struct endpoint endpoints[UPSTREAMS_MAX], const struct upstreams *upstreams, long deadline);

/* Begins to connect, and will send the request, which must stay as long as the channel is used. The certificates for a
 * tls:// upstream are those of the settings. Ends with channel_close, whatever the state. */
void channel_open(struct channel *channel, const struct endpoint *endpoint, const struct upstream *upstream,
                  const struct settings *settings, const char *request);
void channel_close(struct channel *channel);

/* What to poll the fd for. */
short channel_events(const struct channel *channel);

/* Goes on as far as it can without waiting, after poll or at any time. Returns how much has been read into bytes. */
size_t channel_step(struct channel *channel, char *bytes, size_t size);

/* Milliseconds of the clock that deadlines are told in. */
long channel_now(void);

#endif
