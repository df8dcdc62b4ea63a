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

/* A request in progress. */
struct job {
    struct fetch *fetch; /* NULL: none */
    struct channel channel;
    char request[400];
    char *bytes; /* the response so far, terminated by a zero byte; owned */
    size_t length;
    size_t room;
    size_t head;    /* where the body begins; 0: the head is not complete */
    long announced; /* length of the body; -1: ends with the connection; -2: unusable */
};

static void start(struct job *job, struct fetch *fetch, const struct settings *settings,
                  const struct endpoint *endpoints)
{
    memset(job, 0, sizeof *job);
    job->fetch = fetch;
    bounded_format(
        job->request, sizeof job->request,
        "GET %s HTTP/1.0\r\nHost: docker\r\nUser-Agent: docker-socket-proxy/inventory\r\nConnection: close\r\n\r\n",
        fetch->path);
    channel_open(&job->channel, &endpoints[fetch->upstream], &settings->upstreams.list[fetch->upstream], settings,
                 job->request);
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

/* The length of the body by the head, see struct job. */
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
static bool find_head(struct job *job)
{
    const char *end = job->head == 0 && job->bytes != NULL ? strstr(job->bytes, "\r\n\r\n") : NULL;

    if (end != NULL) {
        job->head = (size_t)(end - job->bytes) + 4;
        job->bytes[job->head - 1] = '\0';
        job->announced = announced(job->bytes);
    }
    return job->head != 0;
}

/* Splits the response into head and body; an incomplete response is an error. */
static void read_response(struct job *job)
{
    struct fetch *fetch = job->fetch;
    size_t got;

    if (!find_head(job) || strncmp(job->bytes, "HTTP/1.", 7) != 0 || strspn(job->bytes + 9, "0123456789") != 3) {
        fail(fetch, "its response is not HTTP");
        return;
    }
    got = job->length - job->head;
    if (job->announced == -2) {
        fail(fetch, "its response is chunked, or its Content-Length is invalid");
        return;
    }
    if (job->announced >= 0 && (size_t)job->announced > got) {
        fail(fetch, "its response is incomplete");
        return;
    }
    fetch->status = (int)strtol(job->bytes + 9, NULL, 10);
    fetch->length = job->announced >= 0 ? (size_t)job->announced : got;
    fetch->head = job->bytes;
    fetch->body = job->bytes + job->head;
    job->bytes[job->head + fetch->length] = '\0';
    job->bytes = NULL;
}

static void finish(struct job *job)
{
    if (job->channel.state == CHANNEL_FAILED)
        fail(job->fetch, job->channel.why);
    else
        read_response(job);
    channel_close(&job->channel);
    free(job->bytes);
    memset(job, 0, sizeof *job);
}

static bool is_complete(const struct job *job)
{
    return job->head != 0 && job->announced != -1 &&
           (job->announced == -2 || job->length - job->head >= (size_t)job->announced);
}

static void abandon(struct job *job, const char *why)
{
    job->channel.state = CHANNEL_FAILED;
    snprintf(job->channel.why, sizeof job->channel.why, "%s", why);
}

/* Proceeds with a request. Returns whether it is done. */
static bool proceed(struct job *job)
{
    size_t got;

    do {
        if (job->room - job->length < BLOCK + 1) {
            job->room = job->room * 2 + BLOCK + 1;
            job->bytes = realloc(job->bytes, job->room);
            if (job->bytes == NULL)
                abort();
            job->bytes[job->length] = '\0';
        }
        got = channel_step(&job->channel, job->bytes + job->length, BLOCK);
        job->length += got;
        job->bytes[job->length] = '\0';
        if (!find_head(job) && job->length >= BLOCK)
            abandon(job, "its response is not HTTP");
        else if (job->length > FETCH_SIZE_MAX)
            abandon(job, "its response is too long");
    } while (got == BLOCK && job->channel.state == CHANNEL_READING);
    if (job->channel.state == CHANNEL_READING && got > 0 && is_complete(job))
        job->channel.state = CHANNEL_ENDED;
    return job->channel.state == CHANNEL_FAILED || job->channel.state == CHANNEL_ENDED;
}

/* Waits for a channel that is ready. Returns false at the deadline. */
static bool wait_for_any(const struct job *jobs, long deadline)
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
    struct job *jobs = calloc(AT_ONCE, sizeof *jobs);
    size_t next = 0;
    size_t active = 0;

    if (jobs == NULL)
        abort();
    do {
        for (size_t i = 0; i < AT_ONCE; i++) {
            if (jobs[i].fetch == NULL && next < count) {
                start(&jobs[i], &fetches[next++], settings, endpoints);
                active++;
            }
            if (jobs[i].fetch != NULL && proceed(&jobs[i])) {
                finish(&jobs[i]);
                active--;
            }
        }
    } while (active > 0 ? wait_for_any(jobs, deadline) : next < count);
    for (size_t i = 0; i < AT_ONCE; i++)
        if (jobs[i].fetch != NULL) {
            abandon(&jobs[i], "it does not respond in time");
            finish(&jobs[i]);
        }
    for (; next < count; next++)
        fail(&fetches[next], "it does not respond in time");
    free(jobs);
}

void fetch_free(struct fetch *fetch)
{
    free(fetch->head);
    fetch->head = NULL;
}

bool fetch_has_header(const struct fetch *fetch, const char *name)
{
    return fetch->head != NULL && header(fetch->head, name) != NULL;
}
