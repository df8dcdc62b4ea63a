/* A stand-in for the Docker Engine that costs little: engine SOCKET [BYTES [MILLISECONDS]]
 *
 * SOCKET is a path, or ADDRESS:PORT. One process with epoll. It answers each request with a body of BYTES (1,500): a
 * container, or a list of it if the path is one of a list, as /containers/json and /networks are. Requests whose path
 * ends in /events, /logs or /wait are streams without an end, with a line as soon as they begin and, with MILLISECONDS,
 * one more each time that these have passed: {"line":N}, counted for each stream; with HTTP/1.0, which our own program
 * speaks, nothing ever happens in them. A path that ends in /get is answered with 1 GiB of zeros, in chunks. Bodies of
 * requests are read and forgotten. It does no more than benchmarks and tests of the load need. */
#include <arpa/inet.h>
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
/* A large answer has chunks of the size in which the Engine copies. */
#define CHUNK_SIZE 32768L
#define CHUNK_HEAD "8000\r\n"
#define CHUNK      (CHUNK_SIZE + 8)
#define CHUNKS     4
#define LAST_CHUNK "0\r\n\r\n"
/* A container as it is listed and inspected, up to the text that makes it as large as wanted */
#define CONTAINER                                                                                                  \
    "{\"Id\":\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\",\"Names\":[\"/web\"],\"State\":" \
    "\"running\",\"Config\":{\"Env\":[\"PASSWORD=secret\"]},\"Labels\":{\"description\":\""

struct connection {
    int fd;
    char *head; /* a request that is not whole, of `length` bytes */
    size_t length;
    long body;     /* bytes of the request's body that are still to come; -1: chunked, up to its last chunk */
    char tail[5];  /* the end of what has come of a chunked body */
    long large;    /* bytes of a large answer that are still to be sent, chunks' heads included */
    unsigned line; /* of a stream; 0: it is none */
    struct connection *next, *previous; /* in the list of streams */
};

static struct connection streams; /* a ring, of which this is the head */
static struct answer {
    char text[ANSWER_MAX];
    size_t length;
} object, list;
static char chunks[CHUNKS * CHUNK];
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

static bool put_large(struct connection *connection)
{
    const long last = sizeof LAST_CHUNK - 1;

    while (connection->large > 0) {
        long left = connection->large - last;
        long at = (CHUNK - left % CHUNK) % CHUNK;
        const char *bytes = left > 0 ? chunks + at : LAST_CHUNK - left;
        long size = left <= 0 ? connection->large : left < CHUNKS * CHUNK - at ? left : CHUNKS * CHUNK - at;
        ssize_t sent = send(connection->fd, bytes, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            set_events(connection, EPOLLIN | EPOLLOUT);
            return true;
        }
        if (sent < 0)
            return false;
        connection->large -= sent;
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
    static const char quiet[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
    static const char stream[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    const char *path = strchr(head, ' ');
    const struct answer *answer;
    size_t length = path == NULL ? 0 : strcspn(path + 1, " ?");

    if (path == NULL)
        return false;
    path++;
    if (ends_in(path, length, "/events") || ends_in(path, length, "/logs") || ends_in(path, length, "/wait")) {
        if (strstr(head, " HTTP/1.0\r\n") != NULL)
            return put(connection, quiet, sizeof quiet - 1);
        connection->line = 1;
        connection->next = streams.next;
        connection->previous = &streams;
        streams.next->previous = connection;
        streams.next = connection;
        return put(connection, stream, sizeof stream - 1) && put_line(connection);
    }
    if (ends_in(path, length, "/get")) {
        static const char large[] =
            "HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n";

        connection->large = LARGE / CHUNK_SIZE * CHUNK + (long)sizeof LAST_CHUNK - 1;
        return put(connection, large, sizeof large - 1) && put_large(connection);
    }
    answer = ends_in(path, length, "s") || ends_in(path, length, "s/json") ? &list : &object;
    return put(connection, answer->text, answer->length);
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

    if (!good || ((events & EPOLLOUT) != 0 && !put_large(connection)))
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

static int listen_at(const char *where)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    struct sockaddr_in address = {.sin_family = AF_INET};
    const char *port = strrchr(where, ':');
    int fd = socket(port == NULL ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool bound = false;

    if (port == NULL) {
        snprintf(path.sun_path, sizeof path.sun_path, "%s", where);
        unlink(where);
        bound = bind(fd, (struct sockaddr *)&path, sizeof path) == 0 && chmod(where, 0666) == 0;
    } else {
        char host[INET_ADDRSTRLEN];

        snprintf(host, sizeof host, "%.*s", (int)(port - where), where);
        address.sin_port = htons((uint16_t)strtoul(port + 1, NULL, 10));
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
        bound = inet_pton(AF_INET, host, &address.sin_addr) == 1 &&
                bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    }
    if (!bound || listen(fd, 4096) != 0)
        fail(where);
    return fd;
}

/* Makes an answer of `size` bytes of JSON as Go writes it, without white space. */
static void fill(struct answer *answer, size_t size, const char *begin, const char *end_of_body)
{
    size_t around = strlen(begin) + strlen(end_of_body);
    char *at = answer->text;

    size = size < around ? around : size;
    at += sprintf(at,
                  "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\n"
                  "Content-Length: %zu\r\n\r\n%s",
                  size, begin);
    memset(at, 'x', size - around);
    strcpy(at + size - around, end_of_body);
    answer->length = strlen(answer->text);
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
    fill(&object, size, CONTAINER, "\"}}");
    fill(&list, size, "[" CONTAINER, "\"}}]");
    for (int i = 0; i < CHUNKS; i++) {
        memcpy(chunks + i * CHUNK, CHUNK_HEAD, sizeof CHUNK_HEAD - 1);
        memcpy(chunks + (i + 1) * CHUNK - 2, "\r\n", 2);
    }
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
