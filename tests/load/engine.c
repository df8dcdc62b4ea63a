/* A stand-in for the Docker Engine that costs little: engine SOCKET [BYTES [MILLISECONDS]]
 *
 * One process with epoll. It answers each request with a body of BYTES (1,500). Requests whose path ends in /events,
 * /logs or /wait are streams without an end, with a line as soon as they begin and, with MILLISECONDS, one more each
 * time that these have passed: {"line":N}, counted for each stream. A path that ends in /get is answered with 1 GiB of
 * zeros. Bodies of requests are read and forgotten. It does no more than benchmarks and tests of the load need. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#define EVENTS     256
#define HEAD_MAX   65536
#define LARGE      (1L << 30)
#define ANSWER_MAX (1 << 20)

struct connection {
    int fd;
    char *head; /* a request that is not whole, of `length` bytes */
    size_t length;
    long body;     /* bytes of the request's body that are still to come; -1: chunked, up to its last chunk */
    char tail[5];  /* the end of what has come of a chunked body */
    long zeros;    /* bytes of a large answer that are still to be sent */
    unsigned line; /* of a stream; 0: it is none */
    struct connection *next, *previous; /* in the list of streams */
};

static struct connection streams; /* a ring, of which this is the head */
static char answer[ANSWER_MAX];
static size_t answer_length;
static const char zeros[1 << 17];
static int poller;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void set_events(struct connection *connection, unsigned events)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};

    epoll_ctl(poller, EPOLL_CTL_MOD, connection->fd, &event);
}

static void end(struct connection *connection)
{
    if (connection->line > 0) {
        connection->next->previous = connection->previous;
        connection->previous->next = connection->next;
    }
    close(connection->fd);
    free(connection->head);
    free(connection);
}

/* Answers are small: one that does not fit the socket at once ends its connection. */
static bool put(struct connection *connection, const char *bytes, size_t length)
{
    return send(connection->fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)length;
}

static bool put_line(struct connection *connection)
{
    char line[64];
    char chunk[80];
    int length = snprintf(line, sizeof line, "{\"line\":%u}\n", connection->line++);

    length = snprintf(chunk, sizeof chunk, "%x\r\n%s\r\n", (unsigned)length, line);
    /* What a reader that is too slow does not take is left out. */
    return put(connection, chunk, (size_t)length) || errno == EAGAIN || errno == EWOULDBLOCK;
}

static bool put_zeros(struct connection *connection)
{
    while (connection->zeros > 0) {
        size_t size = connection->zeros < (long)sizeof zeros ? (size_t)connection->zeros : sizeof zeros;
        ssize_t sent = send(connection->fd, zeros, size, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            set_events(connection, EPOLLIN | EPOLLOUT);
            return true;
        }
        if (sent < 0)
            return false;
        connection->zeros -= sent;
    }
    set_events(connection, EPOLLIN);
    return true;
}

static bool ends_in(const char *path, size_t length, const char *end_of_path)
{
    size_t size = strlen(end_of_path);

    return length >= size && memcmp(path + length - size, end_of_path, size) == 0;
}

static bool respond(struct connection *connection, const char *head)
{
    static const char stream[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    const char *path = strchr(head, ' ');
    size_t length = path == NULL ? 0 : strcspn(path + 1, " ?");

    if (path == NULL)
        return false;
    path++;
    if (ends_in(path, length, "/events") || ends_in(path, length, "/logs") || ends_in(path, length, "/wait")) {
        connection->line = 1;
        connection->next = streams.next;
        connection->previous = &streams;
        streams.next->previous = connection;
        streams.next = connection;
        return put(connection, stream, sizeof stream - 1) && put_line(connection);
    }
    if (ends_in(path, length, "/get")) {
        char large[128];

        connection->zeros = LARGE;
        length = (size_t)snprintf(large, sizeof large, "HTTP/1.1 200 OK\r\nContent-Length: %ld\r\n\r\n", LARGE);
        return put(connection, large, length) && put_zeros(connection);
    }
    return put(connection, answer, answer_length);
}

/* Forgets what has come of a request's body. Returns how many bytes that is. */
static size_t skip_body(struct connection *connection, const char *bytes, size_t length)
{
    size_t taken = 0;

    if (connection->body >= 0) {
        taken = (size_t)connection->body < length ? (size_t)connection->body : length;
        connection->body -= (long)taken;
        return taken;
    }
    while (taken < length && connection->body < 0) {
        memmove(connection->tail, connection->tail + 1, 4);
        connection->tail[4] = bytes[taken++];
        if (memcmp(connection->tail, "0\r\n\r\n", 5) == 0)
            connection->body = 0;
    }
    return taken;
}

static const char *header(const char *head, const char *name)
{
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n"))
        if (strncasecmp(line + 2, name, strlen(name)) == 0)
            return line + 2 + strlen(name);
    return NULL;
}

/* Handles what has come: bodies that go on, and heads. Returns false at an error. */
static bool handle(struct connection *connection, char *bytes, size_t length)
{
    while (length > 0) {
        size_t taken;
        char *head_end;

        if (connection->body != 0) {
            taken = skip_body(connection, bytes, length);
        } else {
            char *old = connection->head;
            size_t before = connection->length;
            const char *size;

            if (before + length > HEAD_MAX)
                return false;
            connection->head = realloc(old, before + length + 1);
            if (connection->head == NULL)
                abort();
            memcpy(connection->head + before, bytes, length);
            connection->head[before + length] = '\0';
            head_end = strstr(connection->head, "\r\n\r\n");
            if (head_end == NULL) {
                connection->length = before + length;
                return true;
            }
            taken = (size_t)(head_end - connection->head) + 4 - before;
            head_end[2] = '\0';
            size = header(connection->head, "Content-Length:");
            connection->body = size != NULL ? strtol(size, NULL, 10) : 0;
            if (header(connection->head, "Transfer-Encoding:") != NULL)
                connection->body = -1;
            memset(connection->tail, 0, sizeof connection->tail);
            if (!respond(connection, connection->head))
                return false;
            free(connection->head);
            connection->head = NULL;
            connection->length = 0;
        }
        bytes += taken;
        length -= taken;
    }
    return true;
}

static void serve(struct connection *connection, unsigned events)
{
    static char bytes[1 << 17];
    ssize_t got = recv(connection->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    bool good = got > 0 ? handle(connection, bytes, (size_t)got) : got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);

    if (!good || ((events & EPOLLOUT) != 0 && !put_zeros(connection)))
        end(connection);
}

static void accept_all(int listener)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *connection = calloc(1, sizeof *connection);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};

        if (connection == NULL)
            abort();
        connection->fd = fd;
        epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
    }
}

static void tick(int timer)
{
    struct connection *next;
    char count[8];

    if (read(timer, count, sizeof count) < 0)
        return;
    for (struct connection *stream = streams.next; stream != &streams; stream = next) {
        next = stream->next;
        if (!put_line(stream))
            end(stream);
    }
}

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    unlink(path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || chmod(path, 0666) != 0 ||
        listen(fd, 4096) != 0)
        fail(path);
    return fd;
}

int main(int argc, char *argv[])
{
    size_t size = argc > 2 ? strtoul(argv[2], NULL, 10) : 1500;
    long pause = argc > 3 ? strtol(argv[3], NULL, 10) : 0;
    struct itimerspec every = {.it_interval = {pause / 1000, pause % 1000 * 1000000}};
    int listener = argc > 1 ? listen_at(argv[1]) : -1;
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    struct epoll_event events[EVENTS];
    struct rlimit files;
    int count;

    if (listener < 0 || size > ANSWER_MAX / 2)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    answer_length = (size_t)snprintf(answer, sizeof answer,
                                     "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\n"
                                     "Content-Length: %zu\r\n\r\n",
                                     size);
    memset(answer + answer_length, ' ', size);
    if (size >= 2) {
        answer[answer_length] = '[';
        answer[answer_length + size - 1] = ']';
    }
    answer_length += size;
    streams.next = streams.previous = &streams;
    poller = epoll_create1(EPOLL_CLOEXEC);
    every.it_value = every.it_interval;
    timerfd_settime(timer, 0, &every, NULL);
    epoll_ctl(poller, EPOLL_CTL_ADD, listener, &(struct epoll_event){.events = EPOLLIN, .data.ptr = &listener});
    epoll_ctl(poller, EPOLL_CTL_ADD, timer, &(struct epoll_event){.events = EPOLLIN, .data.ptr = &timer});
    while ((count = epoll_wait(poller, events, EVENTS, -1)) >= 0 || errno == EINTR) {
        bool ticks = false;

        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr == &listener)
                accept_all(listener);
            else if (events[i].data.ptr == &timer)
                ticks = true; /* last, because it may end streams whose events are still to come */
            else
                serve(events[i].data.ptr, events[i].events);
        }
        if (ticks)
            tick(timer);
    }
    return 1;
}
