/* Connects to an upstream, sends a request and reads the response without blocking. */
#include "inventory/channel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <poll.h>

long channel_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

long channel_until(long when)
{
    long left = when - channel_now();

    return when == 0 ? -1 : left > 0 ? left : 0;
}

long channel_sooner(long a, long b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

static void fail(struct channel *channel, const char *why)
{
    channel->state = CHANNEL_FAILED;
    snprintf(channel->why, sizeof channel->why, "%s", why);
}

void channel_open(struct channel *channel, const struct endpoint *endpoint, const struct upstream *upstream,
                  const struct tls_context *context, const char *request)
{
    const struct sockaddr *address = (const struct sockaddr *)&endpoint->address;

    memset(channel, 0, sizeof *channel);
    channel->fd = -1;
    channel->request = request;
    if (endpoint->length == 0) {
        fail(channel, endpoint->why);
        return;
    }
    channel->fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* EAGAIN: the backlog of a Unix socket is full. */
    if (channel->fd < 0 || (connect(channel->fd, address, endpoint->length) != 0 && errno != EINPROGRESS)) {
        fail(channel, errno == EAGAIN ? "it does not accept connections" : strerror(errno));
        return;
    }
    channel->state = CHANNEL_CONNECTING;
    if (upstream->kind != UPSTREAM_TLS)
        return;
    channel->tls = tls_new(channel->fd, upstream, context);
    if (channel->tls == NULL)
        fail(channel, "its certificates cannot be used");
}

void channel_close(struct channel *channel)
{
    tls_free(channel->tls);
    channel->tls = NULL;
    if (channel->fd >= 0)
        close(channel->fd);
    channel->fd = -1;
}

short channel_events(const struct channel *channel)
{
    switch (channel->state) {
    case CHANNEL_CONNECTING:
    case CHANNEL_SENDING:
        return channel->tls != NULL ? POLLIN | POLLOUT : POLLOUT;
    case CHANNEL_SHAKING_HANDS:
        return tls_events(channel->tls);
    case CHANNEL_READING:
        return POLLIN;
    default:
        return 0;
    }
}

/* Whether the connection is established; a failure sets CHANNEL_FAILED. */
static bool is_connected(struct channel *channel)
{
    struct pollfd one = {.fd = channel->fd, .events = POLLOUT};
    int error = 0;
    socklen_t length = sizeof error;

    if (poll(&one, 1, 0) <= 0)
        return false;
    if (getsockopt(channel->fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && error != 0) {
        fail(channel, strerror(error));
        return false;
    }
    return true;
}

static void send_more(struct channel *channel)
{
    size_t left = strlen(channel->request) - channel->sent;
    ssize_t sent = channel->tls != NULL ? tls_write(channel->tls, channel->request + channel->sent, left)
                                        : send(channel->fd, channel->request + channel->sent, left, MSG_NOSIGNAL);

    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        fail(channel, strerror(errno));
    if (sent > 0)
        channel->sent += (size_t)sent;
    if (channel->state == CHANNEL_SENDING && channel->request[channel->sent] == '\0')
        channel->state = CHANNEL_READING;
}

static size_t read_more(struct channel *channel, char *bytes, size_t size)
{
    ssize_t got = channel->tls != NULL ? tls_read(channel->tls, bytes, size) : recv(channel->fd, bytes, size, 0);

    if (got == 0)
        channel->state = CHANNEL_ENDED;
    else if (got < 0 && errno != EAGAIN && errno != EINTR)
        fail(channel, strerror(errno));
    return got > 0 ? (size_t)got : 0;
}

size_t channel_step(struct channel *channel, char *bytes, size_t size)
{
    if (channel->state == CHANNEL_CONNECTING && is_connected(channel))
        channel->state = channel->tls != NULL ? CHANNEL_SHAKING_HANDS : CHANNEL_SENDING;
    if (channel->state == CHANNEL_SHAKING_HANDS) {
        int done = tls_handshake(channel->tls);

        if (done < 0)
            fail(channel, tls_why(channel->tls));
        else if (done > 0)
            channel->state = CHANNEL_SENDING;
    }
    if (channel->state == CHANNEL_SENDING)
        send_more(channel);
    return channel->state == CHANNEL_READING ? read_more(channel, bytes, size) : 0;
}
