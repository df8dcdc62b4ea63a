/* Sends GET requests to the upstreams at the same time and reads the responses. */
#include "inventory/fetch.h"

#include "base/text.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define AT_ONCE 32 /* connections */
#define BLOCK   65536

void fetch_begin(struct fetching *fetching, struct fetch *fetch, const struct upstream *upstream,
                 const struct endpoint *endpoint, const struct tls_context *context)
{
    memset(fetching, 0, sizeof *fetching);
    fetching->fetch = fetch;
    bounded_format(
        fetching->request, sizeof fetching->request,
        "GET %s HTTP/1.0\r\nHost: docker\r\nUser-Agent: docker-socket-proxy/inventory\r\nConnection: close\r\n\r\n",
        fetch->path);
    channel_open(&fetching->channel, endpoint, upstream, context, fetching->request);
}

static void fail(struct fetch *fetch, const char *why)
{
    snprintf(fetch->why, sizeof fetch->why, "%s", why);
}

/* The value of the first header field with that name; NULL if there is none. */
static const char *header(const char *head, const char *name)
{
    size_t length = strlen(name);

    for (const char *line = head; (line = strstr(line, "\r\n")) != NULL;) {
        line += 2;
        if (strncasecmp(line, name, length) == 0 && line[length] == ':')
            return line + length + 1;
    }
    return NULL;
}

/* The length of the body by the head, see struct fetching. */
static long announced(const char *head)
{
    const char *value = header(head, "Content-Length");
    char *end;
    long length;

    if (header(head, "Transfer-Encoding") != NULL)
        return -2; /* not allowed in a response to HTTP/1.0 (RFC 9112 6.1) */
    if (value == NULL)
        return -1;
    length = strtol(value, &end, 10);
    return *end == '\r' && length >= 0 ? length : -2;
}

/* Terminates the head with a zero byte once it is complete; header lines keep their line ends. Whether it is. */
static bool find_head(struct fetching *fetching)
{
    const char *end = fetching->head == 0 && fetching->bytes != NULL ? strstr(fetching->bytes, "\r\n\r\n") : NULL;

    if (end != NULL) {
        fetching->head = (size_t)(end - fetching->bytes) + 4;
        fetching->bytes[fetching->head - 1] = '\0';
        fetching->announced = announced(fetching->bytes);
    }
    return fetching->head != 0;
}

/* The status of a complete head; 0 if it is not HTTP. */
static int status_of(const char *head)
{
    return strncmp(head, "HTTP/1.", 7) == 0 && strspn(head + 9, "0123456789") == 3 ? (int)strtol(head + 9, NULL, 10)
                                                                                   : 0;
}

/* Splits the response into head and body; an incomplete response is an error. */
static void read_response(struct fetching *fetching)
{
    struct fetch *fetch = fetching->fetch;
    size_t got;

    if (!find_head(fetching) || status_of(fetching->bytes) == 0) {
        fail(fetch, "its response is not HTTP");
        return;
    }
    got = fetching->length - fetching->head;
    if (fetching->announced == -2) {
        fail(fetch, "its response is chunked, or its Content-Length is invalid");
        return;
    }
    if (fetching->announced >= 0 && (size_t)fetching->announced > got) {
        fail(fetch, "its response is incomplete");
        return;
    }
    fetch->status = status_of(fetching->bytes);
    fetch->length = fetching->announced >= 0 ? (size_t)fetching->announced : got;
    fetch->head = fetching->bytes;
    fetch->body = fetching->bytes + fetching->head;
    fetching->bytes[fetching->head + fetch->length] = '\0';
    fetching->bytes = NULL;
}

/* Fills the fetch and releases the rest. */
static void finish(struct fetching *fetching)
{
    if (fetching->channel.state == CHANNEL_FAILED)
        fail(fetching->fetch, fetching->channel.why);
    else
        read_response(fetching);
    channel_close(&fetching->channel);
    free(fetching->bytes);
    memset(fetching, 0, sizeof *fetching);
}

static bool is_complete(const struct fetching *fetching)
{
    return fetching->head != 0 && fetching->announced != -1 &&
           (fetching->announced == -2 || fetching->length - fetching->head >= (size_t)fetching->announced);
}

static void abandon(struct fetching *fetching, const char *why)
{
    fetching->channel.state = CHANNEL_FAILED;
    snprintf(fetching->channel.why, sizeof fetching->channel.why, "%s", why);
}

bool fetch_proceed(struct fetching *fetching)
{
    size_t got;

    do {
        if (fetching->room - fetching->length < BLOCK + 1) {
            fetching->room = fetching->room * 2 + BLOCK + 1;
            fetching->bytes = realloc(fetching->bytes, fetching->room);
            if (fetching->bytes == NULL)
                abort();
            fetching->bytes[fetching->length] = '\0';
        }
        got = channel_step(&fetching->channel, fetching->bytes + fetching->length, BLOCK);
        fetching->length += got;
        fetching->bytes[fetching->length] = '\0';
        if (!find_head(fetching) && fetching->length >= BLOCK)
            abandon(fetching, "its response is not HTTP");
        else if (fetching->length > FETCH_SIZE_MAX)
            abandon(fetching, "its response is too long");
    } while (got == BLOCK && fetching->channel.state == CHANNEL_READING);
    if (fetching->channel.state == CHANNEL_READING && got > 0 && is_complete(fetching))
        fetching->channel.state = CHANNEL_ENDED;
    if (fetching->channel.state != CHANNEL_FAILED && fetching->channel.state != CHANNEL_ENDED)
        return false;
    finish(fetching);
    return true;
}

void fetch_give_up(struct fetching *fetching, const char *why)
{
    abandon(fetching, why);
    finish(fetching);
}

int fetching_status(const struct fetching *fetching)
{
    return fetching->head == 0 ? 0 : status_of(fetching->bytes);
}

/* Waits for a channel that is ready. Returns false at the deadline. */
static bool wait_for_any(const struct fetching *jobs, long deadline)
{
    struct pollfd polled[AT_ONCE];
    nfds_t count = 0;
    long left = deadline - channel_now();

    for (size_t i = 0; i < AT_ONCE; i++)
        if (jobs[i].fetch != NULL)
            polled[count++] = (struct pollfd){.fd = jobs[i].channel.fd, .events = channel_events(&jobs[i].channel)};
    return left > 0 && poll(polled, count, (int)left) != 0;
}

void fetch_all(struct fetch *fetches, size_t count, const struct settings *settings, const struct endpoint *endpoints,
               long deadline)
{
    struct fetching *jobs = calloc(AT_ONCE, sizeof *jobs);
    struct tls_context *context = tls_context_new(settings);
    size_t next = 0;
    size_t active = 0;

    if (jobs == NULL)
        abort();
    do {
        for (size_t i = 0; i < AT_ONCE; i++) {
            if (jobs[i].fetch == NULL && next < count) {
                struct fetch *fetch = &fetches[next++];

                fetch_begin(&jobs[i], fetch, &settings->upstreams.list[fetch->upstream], &endpoints[fetch->upstream],
                            context);
                active++;
            }
            if (jobs[i].fetch != NULL && fetch_proceed(&jobs[i]))
                active--;
        }
    } while (active > 0 ? wait_for_any(jobs, deadline) : next < count);
    for (size_t i = 0; i < AT_ONCE; i++)
        if (jobs[i].fetch != NULL)
            fetch_give_up(&jobs[i], "it does not respond in time");
    for (; next < count; next++)
        fail(&fetches[next], "it does not respond in time");
    tls_context_free(context);
    free(jobs);
}

void fetch_free(struct fetch *fetch)
{
    free(fetch->head);
    fetch->head = NULL;
}

const char *fetch_header(const struct fetch *fetch, const char *name)
{
    return fetch->head == NULL ? NULL : header(fetch->head, name);
}

bool fetch_has_header(const struct fetch *fetch, const char *name)
{
    return fetch_header(fetch, name) != NULL;
}
