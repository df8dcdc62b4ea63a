/* The follower of an Engine's events, and the set of containers that it keeps. The Engine is this process: each test
 * decides what it answers and when, so that the order of answers and events is always the same. */
#include "inventory/event.h"
#include "inventory/follow.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define A   "aa11000000000000000000000000000000000000000000000000000000000000"
#define B   "bb22000000000000000000000000000000000000000000000000000000000000"
#define C   "bb33000000000000000000000000000000000000000000000000000000000000"
#define NET "9900000000000000000000000000000000000000000000000000000000000000"

#define EXEC "eeee000000000000000000000000000000000000000000000000000000000000"

/* ---- the Engine ---- */

#define ENGINES_MAX  2
#define REQUESTS_MAX 16

struct request {
    int fd; /* -1: none */
    char text[2048];
    size_t length;
};

static int listeners[ENGINES_MAX];
static struct request requests[ENGINES_MAX][REQUESTS_MAX];
static struct settings settings;
static struct follow *follow;
static int events_fd = -1;
static char log_text[65536]; /* what the hooks were called with */

static const char *socket_path(size_t engine)
{
    static char path[2][64];

    snprintf(path[engine], sizeof path[engine], "/tmp/follow-%ld-%zu.sock", (long)getpid(), engine);
    return path[engine];
}

static void serve(size_t engine)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path(engine));
    unlink(address.sun_path);
    listeners[engine] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(listeners[engine], (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listeners[engine], REQUESTS_MAX), 0);
    for (size_t i = 0; i < REQUESTS_MAX; i++)
        requests[engine][i].fd = -1;
}

static void close_engine(size_t engine)
{
    if (listeners[engine] >= 0)
        close(listeners[engine]);
    listeners[engine] = -1;
    for (size_t i = 0; i < REQUESTS_MAX; i++)
        if (requests[engine][i].fd >= 0)
            close(requests[engine][i].fd);
    unlink(socket_path(engine));
}

/* Accepts connections, and reads requests. */
static void hear(size_t engine)
{
    for (size_t i = 0; i < REQUESTS_MAX && listeners[engine] >= 0; i++) {
        struct request *request = &requests[engine][i];
        ssize_t got;

        if (request->fd < 0) {
            request->fd = accept4(listeners[engine], NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
            request->length = 0;
        }
        if (request->fd < 0)
            return;
        got = recv(request->fd, request->text + request->length, sizeof request->text - 1 - request->length, 0);
        if (got > 0)
            request->length += (size_t)got;
        request->text[request->length] = '\0';
        if (got == 0) { /* the follower has given it up */
            close(request->fd);
            request->fd = -1;
        }
    }
}

/* One round of both sides. */
static void turn(int milliseconds)
{
    struct pollfd polled[FOLLOW_DESCRIPTORS];
    long patience = follow_patience(follow);

    if (patience < 0 || patience > milliseconds)
        patience = milliseconds;
    poll(polled, follow_poll(follow, polled), (int)patience);
    follow_step(follow);
    for (size_t i = 0; i < ENGINES_MAX; i++)
        hear(i);
}

static struct request *find_request(size_t engine, const char *path)
{
    char begin[512];

    snprintf(begin, sizeof begin, "GET %s", path);
    for (size_t i = 0; i < REQUESTS_MAX; i++)
        if (requests[engine][i].fd >= 0 && strncmp(requests[engine][i].text, begin, strlen(begin)) == 0 &&
            strstr(requests[engine][i].text, "\r\n\r\n") != NULL)
            return &requests[engine][i];
    return NULL;
}

/* The request whose path begins with that, which the follower makes. The limit is for a broken build. */
static struct request *expect_at(size_t engine, const char *path)
{
    for (int i = 0; i < 3000; i++) {
        struct request *request = find_request(engine, path);

        if (request != NULL)
            return request;
        turn(10);
    }
    ck_abort_msg("the follower does not ask for %s", path);
}

static struct request *expect(const char *path)
{
    return expect_at(0, path);
}

static void put(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t wrote = send(fd, bytes, length, MSG_NOSIGNAL);

        if (wrote < 0 && errno == EAGAIN)
            turn(1);
        else if (wrote <= 0)
            return;
        else {
            bytes += wrote;
            length -= (size_t)wrote;
        }
    }
}

static void settle(void)
{
    for (int i = 0; i < 8; i++)
        turn(0);
}

static void respond_status(struct request *request, int status, const char *body)
{
    char head[128];
    int fd = request->fd;

    request->fd = -1;
    snprintf(head, sizeof head, "HTTP/1.0 %d X\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: %zu\r\n\r\n",
             status, strlen(body));
    put(fd, head, strlen(head));
    put(fd, body, strlen(body));
    close(fd);
    settle();
}

static void respond(struct request *request, const char *body)
{
    respond_status(request, 200, body);
}

static void event(const char *format, ...)
{
    char line[4096];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    put(events_fd, line, strlen(line));
    put(events_fd, "\n", 1);
    settle();
}

static void container_event(const char *action, const char *id)
{
    event(
        "{\"status\":\"%s\",\"id\":\"%s\",\"Type\":\"container\",\"Action\":\"%s\",\"Actor\":{\"ID\":\"%s\",\"Attributes\":{"
        "\"name\":\"x\",\"image\":\"y\"}},\"scope\":\"local\",\"time\":1,\"timeNano\":1}",
        action, id, action, id);
}

static void network_event(const char *action, const char *network, const char *container)
{
    event(
        "{\"Type\":\"network\",\"Action\":\"%s\",\"Actor\":{\"ID\":\"%s\",\"Attributes\":{\"container\":\"%s\",\"name\":"
        "\"n\",\"type\":\"bridge\"}}}",
        action, network, container);
}

/* A container as the Engine lists it; the text is valid until the third further call. address "": none. */
static const char *listed(const char *id, const char *name, const char *state, const char *address)
{
    static char items[4][1024];
    static size_t next;
    char *item = items[next++ % 4];

    snprintf(
        item, sizeof *items,
        "{\"Id\":\"%s\",\"Names\":[\"/%s\"],\"State\":\"%s\",\"Labels\":{\"b\":\"2\",\"a\":\"1=1\",\"b=2\":\"3\"},\"Mounts\":[],"
        "\"HostConfig\":{\"NetworkMode\":\"default\"},\"NetworkSettings\":{\"Networks\":{\"n\":{\"NetworkID\":\"" NET
        "\",\"IPAddress\":\"%s\",\"GlobalIPv6Address\":\"\"}}}}",
        id, name, state, address);
    return item;
}

/* A list of them, up to NULL. Valid until the next call. */
static const char *list(const char *first, ...)
{
    static char text[8192];
    va_list items;
    size_t length = 1;

    strcpy(text, "[");
    va_start(items, first);
    for (const char *item = first; item != NULL; item = va_arg(items, const char *))
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%s", length > 1 ? "," : "", item);
    va_end(items);
    strcpy(text + length, "]");
    return text;
}

/* The answer to GET /networks/{id} with one member. */
static const char *member(const char *id, const char *address)
{
    static char text[1024];

    snprintf(text, sizeof text,
             "{\"Id\":\"" NET
             "\",\"Containers\":{\"%s\":{\"Name\":\"x\",\"IPv4Address\":\"%s\",\"IPv6Address\":\"\"}}}",
             id, address);
    return text;
}

#define NETWORKS_BODY                                                                                          \
    "[{\"Id\":\"" NET                                                                                          \
    "\",\"Driver\":\"bridge\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.0.0.0/24\",\"Gateway\":\"10.0.0.1\"}]}}," \
    "{\"Id\":\"11\",\"Driver\":\"host\",\"IPAM\":{\"Config\":null}}]"

#define SOME "/containers/json?all=1&filters="
#define ALL  "/containers/json?all=1 "

/* ---- the owner ---- */

static void note(const char *format, ...)
{
    size_t length = strlen(log_text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(log_text + length, sizeof log_text - length, format, arguments);
    va_end(arguments);
}

/* Checks what the hooks were called with since the last look. */
static void check_log(const char *expected)
{
    ck_assert_str_eq(log_text, expected);
    log_text[0] = '\0';
}

static void note_container(const char *what, const struct known_container *container)
{
    const struct inventory_list *names = &container->entry.container.names;

    note("%s %.4s", what, container->entry.container.id);
    for (size_t i = 0; i < names->count; i++)
        note(" %s", names->items[i]);
    note("%s", container->entry.running ? " runs" : "");
    for (size_t i = 0; i < container->address_count; i++)
        note(" %s", container->addresses[i].text);
    note(";");
}

static void on_changed(void *context, struct known_container *container)
{
    ck_assert(follow_containers(follow)->known);
    ck_assert_ptr_eq(context, &settings);
    note_container("changed", container);
}

static void on_gone(void *context, struct known_container *container)
{
    (void)context;
    free(container->attached);
    container->attached = NULL;
    note("gone %.4s;", container->entry.container.id);
}

static void on_renewed(void *context)
{
    (void)context;
    ck_assert(follow_containers(follow)->known);
    note("renewed %zu %zu;", follow_containers(follow)->count, follow_containers(follow)->network_count);
}

static void on_lost(void *context)
{
    (void)context;
    ck_assert(!follow_containers(follow)->known);
    note("lost;");
}

static void on_inspected(void *context, struct known_container *container, const char *body, size_t length)
{
    (void)context;
    free(container->attached);
    container->attached = strndup(body, length);
    note("inspected %.4s %s;", container->entry.container.id, (char *)container->attached);
}

static void on_exec(void *context, const struct known_container *container, const char *exec_id, bool ended)
{
    (void)context;
    note("exec %.4s %.4s%s;", container->entry.container.id, exec_id, ended ? " ended" : "");
}

static struct follow_hooks hooks = {
    .context = &settings,
    .changed = on_changed,
    .gone = on_gone,
    .renewed = on_renewed,
    .lost = on_lost,
    .inspected = on_inspected,
    .exec = on_exec,
};

static void prepare(void)
{
    memset(&settings, 0, sizeof settings);
    settings.upstreams.count = 1;
    for (size_t i = 0; i < ENGINES_MAX; i++) {
        listeners[i] = -1;
        for (size_t k = 0; k < REQUESTS_MAX; k++)
            requests[i][k].fd = -1;
        snprintf(settings.upstreams.list[i].host, sizeof settings.upstreams.list[i].host, "%s", socket_path(i));
    }
    serve(0);
    hooks.inspections = false;
    follow = follow_begin(&settings, &hooks);
}

static void finish(void)
{
    follow_end(follow);
    follow = NULL;
    if (events_fd >= 0)
        close(events_fd);
    events_fd = -1;
    for (size_t i = 0; i < ENGINES_MAX; i++)
        close_engine(i);
}

/* Answers until the events are subscribed. */
static void subscribe_at(size_t engine)
{
    static const char head[] = "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n";
    struct request *request;

    respond(expect_at(engine, "/_ping"), "OK");
    request = expect_at(engine,
                        "/events?since=784111774&filters=%7B%22type%22%3A%5B%22container%22%2C%22network%22%5D");
    ck_assert_ptr_null(find_request(engine, ALL)); /* not before the subscription */
    if (events_fd >= 0)
        close(events_fd);
    events_fd = request->fd;
    request->fd = -1;
    put(events_fd, head, strlen(head));
    settle();
}

static void subscribe(void)
{
    subscribe_at(0);
}

/* From nothing to a set that is true. */
static void start(const char *body)
{
    subscribe();
    respond(expect("/networks "), NETWORKS_BODY);
    respond(expect(ALL), body);
}

/* ---- tests ---- */

START_TEST(test_begin)
{
    const struct containers *containers = follow_containers(follow);
    const struct known_container *a;

    ck_assert(!containers->known);
    start(list(listed(B, "b", "exited", "10.0.0.3"), listed(A, "a", "running", "10.0.0.2"), NULL));
    check_log("renewed 2 1;");
    ck_assert(containers->known);
    a = containers->list[0];
    ck_assert_str_eq(a->entry.container.id, A);
    ck_assert_uint_eq(a->labels.count, 2); /* "b=2=3" could be a value of b too */
    ck_assert_str_eq(a->labels.items[0], "a=1=1");
    ck_assert_str_eq(container_label(a, "a"), "1=1");
    ck_assert_ptr_null(container_label(a, ""));
    ck_assert_uint_eq(a->address_count, 1);
    ck_assert_str_eq(a->addresses[0].network_id, NET);
    ck_assert_ptr_eq(containers_at(containers, "10.0.0.2"), a);
    ck_assert_ptr_null(containers_at(containers, "10.0.0.3")); /* b does not run */
    ck_assert_str_eq(containers->networks[0].subnets.items[0], "10.0.0.0/24");
    ck_assert_str_eq(containers->networks[0].gateways.items[0], "10.0.0.1");
    ck_assert_int_lt(follow_patience(follow), 0); /* nothing to do until an event comes */
}
END_TEST

/* The address is known from the network while the list does not have it yet, and goes with the process, unasked. */
START_TEST(test_life)
{
    start("[]");
    check_log("renewed 0 1;");
    container_event("create", A);
    respond(expect(SOME "%7B%22id%22%3A%5B%22" A "%22%5D%7D "), list(listed(A, "a", "created", ""), NULL));
    check_log("changed aa11 a;");
    network_event("connect", NET, A);
    respond(expect("/networks/" NET " "), member(A, "10.0.0.2/24"));
    check_log("changed aa11 a 10.0.0.2;");
    container_event("start", A);
    respond(expect(SOME), list(listed(A, "a", "running", "10.0.0.2"), NULL));
    check_log("changed aa11 a runs 10.0.0.2;");
    container_event("exec_create: sh -c x", A); /* Podman, without the id of the exec */
    container_event("health_status: healthy", A);
    check_log("");
    container_event("die", A);
    check_log("changed aa11 a;");
    network_event("disconnect", NET, A);
    check_log("");
    ck_assert_ptr_null(find_request(0, "/"));
    container_event("destroy", A);
    check_log("gone aa11;");
    ck_assert_uint_eq(follow_containers(follow)->count, 0);
}
END_TEST

/* Docker 28 lists an address for a moment after the container has left the network, and 20.10 after it has died. */
START_TEST(test_lists_that_lag)
{
    start(list(listed(A, "a", "running", "10.0.0.2"), NULL));
    check_log("renewed 1 1;");
    network_event("disconnect", NET, A);
    check_log("changed aa11 a runs;");
    respond(expect(SOME), list(listed(A, "a", "running", "10.0.0.2"), NULL));
    check_log("");
    network_event("connect", NET, A);
    respond(expect("/networks/"), member(A, "10.0.0.7/24"));
    check_log("changed aa11 a runs 10.0.0.7;");
    respond(expect(SOME), list(listed(A, "a", "running", ""), NULL)); /* not in the list yet */
    check_log("");
    container_event("die", A);
    check_log("changed aa11 a;");
    container_event("update", A);
    respond(expect(SOME), list(listed(A, "a", "running", "10.0.0.7"), NULL));
    check_log("");
    network_event("connect", NET, A);
    respond(expect("/networks/"), member(A, "10.0.0.8/24"));
    check_log("changed aa11 a 10.0.0.8;");
    container_event("start", A);
    respond(expect(SOME), list(listed(A, "a", "running", "10.0.0.8"), NULL));
    check_log("changed aa11 a runs 10.0.0.8;");
}
END_TEST

/* An answer that was under way when the next event came does not count. */
START_TEST(test_again)
{
    struct request *request;

    start(list(listed(A, "a", "running", "10.0.0.2"), NULL));
    check_log("renewed 1 1;");
    container_event("rename", A);
    request = expect(SOME);
    container_event("die", A);
    check_log("changed aa11 a;");
    respond(request, list(listed(A, "b", "running", "10.0.0.2"), NULL));
    check_log("");
    respond(expect(SOME), list(listed(A, "c", "exited", ""), NULL));
    check_log("changed aa11 c;");
    ck_assert_ptr_null(find_request(0, "/"));

    /* The same with an address, and with a container that is removed meanwhile. */
    network_event("connect", NET, A);
    request = expect("/networks/");
    container_event("die", A);
    respond(request, member(A, "10.0.0.2/24"));
    check_log("");
    container_event("rename", A);
    request = expect(SOME);
    container_event("destroy", A);
    check_log("gone aa11;");
    respond(request, list(listed(A, "d", "exited", ""), NULL));
    check_log("");
    ck_assert_ptr_null(find_request(0, "/"));
}
END_TEST

/* A container that dies before it has been asked for the first time */
START_TEST(test_short_life)
{
    struct request *request;

    start("[]");
    check_log("renewed 0 1;");
    container_event("create", A);
    request = expect(SOME);
    network_event("connect", NET, A); /* waits until the container is known */
    container_event("start", A);
    container_event("die", A);
    respond(request, list(listed(A, "a", "running", "10.0.0.2"), NULL));
    check_log("");
    respond(expect(SOME), list(listed(A, "a", "running", "10.0.0.2"), NULL));
    check_log("changed aa11 a;");
    ck_assert_ptr_null(find_request(0, "/networks/"));
    container_event("update", A);
    respond(expect(SOME), "[]"); /* gone, and the event is still to come */
    check_log("gone aa11;");
    container_event("destroy", A);
    check_log("");
}
END_TEST

/* Several changes make one question, and what comes meanwhile makes the next. */
START_TEST(test_coalescing)
{
    char id[65] = EXEC;
    struct request *request;
    char *end;

    start(list(listed(A, "a", "running", ""), listed(B, "b", "running", ""), NULL));
    check_log("renewed 2 1;");
    container_event("create", C);
    request = expect(SOME);
    for (int i = 0; i < 20; i++) {
        snprintf(id + 60, 5, "%04d", i % 15);
        container_event("create", id);
    }
    respond(request, list(listed(C, "c", "created", ""), NULL));
    check_log("changed bb33 c;");
    request = expect(SOME);
    ck_assert_ptr_nonnull(strstr(request->text, "0011%22%5D"));
    ck_assert_ptr_null(strstr(request->text, "0012%22"));
    respond(request, "[]");
    request = expect(SOME);
    end = strstr(request->text, "0012%22");
    ck_assert_ptr_nonnull(end);
    ck_assert_ptr_null(strstr(end + 1, "0012%22"));
    respond(request, "[]");
    ck_assert_ptr_null(find_request(0, "/"));

    network_event("connect", NET, A);
    request = expect("/networks/");
    network_event("connect", NET, B);
    network_event("connect", NET, A);
    ck_assert_ptr_eq(find_request(0, "/networks/"), request);
    respond(request, member(A, "10.0.0.2/24")); /* from before the second one: it may be another address now */
    check_log("");
    respond(expect("/networks/"), member(B, "10.0.0.3/24"));
    check_log("changed bb22 b runs 10.0.0.3;");
    respond_status(expect(SOME), 200, list(listed(A, "a", "running", ""), listed(B, "b", "running", ""), NULL));
    check_log("");
}
END_TEST

START_TEST(test_split_lines)
{
    static const char text[] = "{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"" A "\"}}\r\n\n  \n"
                               "{\"Type\":\"container\",\"Action\":\"destroy\",\"Actor\":{\"ID\":\"" A "\"}}\n"
                               "{\"Type\":\"container\",\"Action\":\"destroy\",\"Actor\":{\"ID\":\"" B "\"}}\n";

    start(list(listed(A, "a", "running", "10.0.0.2"), listed(B, "b", "exited", ""), NULL));
    check_log("renewed 2 1;");
    for (size_t i = 0; i < strlen(text); i++) {
        put(events_fd, text + i, 1);
        turn(0);
    }
    settle();
    check_log("changed aa11 a;gone aa11;gone bb22;");
}
END_TEST

/* What happens between the subscription and the list is in the list, or not. */
START_TEST(test_events_while_reading)
{
    struct request *request;

    subscribe();
    request = expect(ALL);
    container_event("die", A);
    network_event("disconnect", NET, B);
    container_event("create", C);
    container_event("destroy", C);
    check_log("");
    respond(expect("/networks "), NETWORKS_BODY);
    respond(request, list(listed(A, "a", "running", "10.0.0.2"), listed(B, "b", "running", "10.0.0.3"),
                          listed(C, "c", "created", ""), NULL));
    check_log("renewed 3 1;");
    ck_assert_uint_eq(follow_containers(follow)->list[0]->address_count, 0);
    ck_assert_uint_eq(follow_containers(follow)->list[1]->address_count, 0);
    respond(expect(SOME), list(listed(A, "a", "running", "10.0.0.2"), listed(B, "b", "running", "10.0.0.3"), NULL));
    check_log("gone bb33;");
    ck_assert_ptr_null(containers_at(follow_containers(follow), "10.0.0.2"));
    ck_assert_ptr_null(containers_at(follow_containers(follow), "10.0.0.3"));
}
END_TEST

/* Whatever makes the set uncertain says so at once, and everything is read anew. */
START_TEST(test_loss)
{
    static char line[9 * 1024 * 1024];

    start(list(listed(A, "a", "running", "10.0.0.2"), listed(B, "b", "running", ""), NULL));
    check_log("renewed 2 1;");
    follow_containers(follow)->list[0]->attached = strdup("kept");
    switch (_i) {
    case 0:
        close(events_fd);
        events_fd = -1;
        break;
    case 1:
        event("{\"Type\":\"container\",");
        break;
    case 2:
        event("{\"Type\":\"container\",\"Action\":\"die\",\"Actor\":{\"ID\":\"../../aa\"}}");
        break;
    case 3:
        event("{\"Type\":\"container\",\"Action\":3,\"Actor\":{\"ID\":\"" A "\"}}");
        break;
    case 4:
        event("[]");
        break;
    case 5:
        network_event("connect", "a/b", A);
        break;
    case 6:
        network_event("connect", NET, "bb22");
        break;
    case 7: /* an event that is too long, with or without its end */
    case 8:
        memset(line, ' ', sizeof line);
        line[0] = '{';
        if (_i == 8)
            line[sizeof line - 1] = '\n';
        put(events_fd, line, sizeof line);
        break;
    case 9:
        container_event("update", A);
        respond_status(expect(SOME), 500, "[]");
        break;
    case 10:
        container_event("update", A);
        respond(expect(SOME), "[{\"Id\":\"aa\"}]");
        break;
    case 11:
        network_event("create", NET, "");
        respond(expect("/networks "), "[1]");
        break;
    case 12:
        network_event("connect", NET, A);
        respond(expect("/networks/"), "{\"Containers\":[]}");
        break;
    case 13: /* the Engine drops events for a reader that is slow */
        memset(line, 0, sizeof line);
        for (size_t i = 0; i < 1000; i++)
            snprintf(line + strlen(line), sizeof line - strlen(line),
                     "{\"Type\":\"x\",\"Action\":\"y\",\"Actor\":{}}\n");
        put(events_fd, line, strlen(line));
        break;
    case 14:
        container_event("update", A);
        put(expect(SOME)->fd, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 47);
        break;
    default: /* a list that names a container twice */
        container_event("update", A);
        respond(expect(SOME), list(listed(A, "a", "running", "10.0.0.2"), listed(A, "b", "running", ""), NULL));
        break;
    }
    for (int i = 0; i < 100 && log_text[0] == '\0'; i++)
        turn(10);
    check_log("lost;");
    ck_assert_str_ne(follow_why(follow), "");
    start(list(listed(A, "a", "running", "10.0.0.9"), listed(C, "c", "running", ""), NULL));
    check_log("gone bb22;renewed 2 1;");
    ck_assert_str_eq(follow_containers(follow)->list[0]->attached, "kept");
    ck_assert_ptr_eq(containers_at(follow_containers(follow), "10.0.0.9"), follow_containers(follow)->list[0]);
}
END_TEST

/* What cannot be read at the start is tried again, and nothing is said before. */
START_TEST(test_bad_beginnings)
{
    respond_status(expect("/_ping"), 503, "");
    subscribe();
    respond_status(expect(ALL), 500, "[]");
    subscribe();
    respond(expect("/networks "), "null");
    check_log("");
    start("[]");
    check_log("renewed 0 1;");
}
END_TEST

/* The address of a container that has ended goes to the next one. */
START_TEST(test_address_reuse)
{
    const struct containers *containers = follow_containers(follow);

    start(list(listed(A, "a", "running", "10.0.0.2"), listed(B, "b", "created", ""), NULL));
    check_log("renewed 2 1;");
    network_event("connect", NET, B); /* before the event of the end: then nobody has it for certain */
    respond(expect("/networks/"), member(B, "10.0.0.2/24"));
    ck_assert_ptr_null(containers_at(containers, "10.0.0.2"));
    container_event("die", A);
    ck_assert_str_eq(containers_at(containers, "10.0.0.2")->entry.container.id, B);
    check_log("changed bb22 b 10.0.0.2;changed aa11 a;");
    container_event("die", B);
    ck_assert_ptr_null(containers_at(containers, "10.0.0.2"));
}
END_TEST

START_TEST(test_rename)
{
    const struct containers *containers = follow_containers(follow);
    struct request *request;

    start(list(listed(A, "a", "running", ""), listed(B, "b", "running", ""), NULL));
    check_log("renewed 2 1;");
    container_event("rename", A); /* a -> x, b -> a, x -> b */
    request = expect(SOME);
    container_event("rename", B);
    container_event("rename", A);
    respond(request, list(listed(A, "x", "running", ""), NULL));
    respond(expect(SOME), list(listed(A, "b", "running", ""), listed(B, "a", "running", ""), NULL));
    ck_assert_str_eq(containers_refer(containers, "b")->entry.container.id, A);
    ck_assert_str_eq(containers_refer(containers, "a")->entry.container.id, B);
    check_log("changed aa11 b runs;changed bb22 a runs;");

    /* The Engine gives up the old name only after the event. */
    container_event("rename", A);
    respond(expect(SOME), "[{\"Id\":\"" A "\",\"Names\":[\"/c\",\"/b\"],\"State\":\"running\"}]");
    check_log("changed aa11 b c runs;");
    respond(expect(SOME), list(listed(A, "c", "running", ""), NULL));
    check_log("changed aa11 c runs;");
    ck_assert_ptr_null(find_request(0, "/"));
}
END_TEST

START_TEST(test_refer)
{
    const struct containers *containers = follow_containers(follow);

    start(list(listed(A, "bb3", "running", ""), listed(B, "aa", "running", ""), listed(C, A, "running", ""), NULL));
    ck_assert_str_eq(containers_refer(containers, A)->entry.container.id, A);     /* an id is more than a name */
    ck_assert_str_eq(containers_refer(containers, "bb3")->entry.container.id, A); /* a name is more than a prefix */
    ck_assert_str_eq(containers_refer(containers, "aa")->entry.container.id, B);
    ck_assert_str_eq(containers_refer(containers, "a")->entry.container.id, A);
    ck_assert_str_eq(containers_refer(containers, "bb33")->entry.container.id, C);
    ck_assert_ptr_null(containers_refer(containers, "bb")); /* two of them */
    ck_assert_ptr_null(containers_refer(containers, "c"));
    ck_assert_ptr_null(containers_refer(containers, ""));
    ck_assert_ptr_null(containers_refer(containers, A "0"));
    ck_assert_ptr_null(containers_find(containers, "aa11"));
}
END_TEST

/* Podman names the container of a network event as the actor, and may say no network at all. */
START_TEST(test_podman)
{
    start(list(listed(A, "a", "created", ""), NULL));
    check_log("renewed 1 1;");
    container_event("start", A);
    respond(expect(SOME), list(listed(A, "a", "running", "10.0.0.2"), NULL));
    check_log("changed aa11 a runs 10.0.0.2;");
    event("{\"Type\":\"network\",\"Action\":\"disconnect\",\"Actor\":{\"ID\":\"" A
          "\",\"Attributes\":{\"network\":\"n\"}}}");
    check_log("changed aa11 a runs;");
    respond(expect(SOME), list(listed(A, "a", "running", "10.0.0.3"), NULL));
    check_log("changed aa11 a runs 10.0.0.3;");
    event("{\"Type\":\"network\",\"Action\":\"connect\",\"Actor\":{\"ID\":\"" A
          "\",\"Attributes\":{\"network\":\"n\"}}}");
    respond(expect(SOME), list(listed(A, "a", "running", "10.0.0.4"), NULL));
    check_log("changed aa11 a runs 10.0.0.4;");
    container_event("died", A);
    check_log("changed aa11 a;");
    container_event("remove", A);
    check_log("gone aa11;");
}
END_TEST

START_TEST(test_exec)
{
    static const char format[] =
        "{\"Type\":\"container\",\"Action\":\"%s\",\"Actor\":{\"ID\":\"%s\",\"Attributes\":{\"execID\":"
        "\"%s\"}}}";

    start("[{\"Id\":\"" A "\",\"Names\":[\"/a\"]},{\"Id\":\"" B "\",\"Names\":[\"/b\"],\"Labels\":{\"execID\":\"" EXEC
          "\"}}]");
    check_log("renewed 2 1;");
    event(format, "exec_create: sh -c true", A, EXEC);
    event(format, "exec_die", A, EXEC);
    check_log("exec aa11 eeee;exec aa11 eeee ended;");
    event(format, "exec_create: sh", A, "x/y");
    event(format, "exec_create: sh", C, EXEC);
    event(format, "exec_created", A, EXEC);
    event(format, "exec_create: sh", B, EXEC); /* the label has replaced the attribute */
    check_log("");
}
END_TEST

START_TEST(test_inspections)
{
    follow_end(follow);
    hooks.inspections = true;
    follow = follow_begin(&settings, &hooks);
    start(list(listed(A, "a", "running", ""), listed(B, "b", "running", ""), listed(C, "c", "running", ""), NULL));
    check_log("");                                               /* not renewed before they are inspected */
    respond_status(expect("/containers/" B "/json"), 404, "{}"); /* gone meanwhile */
    respond(expect("/containers/" A "/json"), "{1}");
    respond_status(expect("/containers/" C "/json"), 500, "{}");
    check_log("inspected aa11 {1};");
    respond(expect("/containers/" C "/json"), "{3}"); /* again */
    check_log("inspected bb33 {3};renewed 3 1;");

    /* The address does not wait for the inspection, which the Engine refuses to answer while it starts the container.
     */
    network_event("connect", NET, C);
    respond(expect("/networks/"), member(C, "10.0.0.4/24"));
    check_log("changed bb33 c runs 10.0.0.4;");
    respond(expect(SOME), list(listed(C, "c", "running", "10.0.0.4"), NULL));
    respond(expect("/containers/" C "/json"), "{4}");
    check_log("inspected bb33 {4};changed bb33 c runs 10.0.0.4;");
    container_event("update", A); /* shows only in the inspection */
    respond(expect(SOME), list(listed(A, "a", "running", ""), NULL));
    respond(expect("/containers/" A "/json"), "{5}");
    check_log("inspected aa11 {5};changed aa11 a runs;");
    container_event("update", A);
    respond(expect(SOME), list(listed(A, "a", "running", ""), NULL));
    expect("/containers/" A "/json");
    container_event("destroy", A);
    respond(expect("/containers/" A "/json"), "{6}");
    check_log("gone aa11;");
}
END_TEST

START_TEST(test_upstreams)
{
    follow_end(follow);
    settings.upstreams.count = 2;
    close_engine(0);
    serve(1);
    follow = follow_begin(&settings, &hooks);
    subscribe_at(1);
    respond(expect_at(1, "/networks "), NETWORKS_BODY);
    respond(expect_at(1, ALL), "[]");
    check_log("renewed 0 1;");
    ck_assert_uint_eq(follow_containers(follow)->upstream, 1);
    serve(0); /* the preferred one comes back */
    respond(expect("/_ping"), "OK");
    check_log("lost;");
    start(list(listed(A, "a", "running", ""), NULL));
    check_log("renewed 1 1;");
    ck_assert_uint_eq(follow_containers(follow)->upstream, 0);
}
END_TEST

START_TEST(test_networks)
{
    const struct containers *containers = follow_containers(follow);
    const struct known_network *network;

    start("[]");
    check_log("renewed 0 1;");
    network_event("create", NET, "");
    respond(expect("/networks "), NETWORKS_BODY);
    check_log(""); /* as before */
    network_event("destroy", NET, "");
    respond(
        expect("/networks "),
        "[{\"Id\":\"b\",\"Driver\":\"bridge\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.1.2.3/20\"},{\"Subnet\":"
        "\"FD00:0::5:0/112\"},{\"Subnet\":\"10.1.0.0/33\"},{\"Subnet\":\"x/1\"},{\"Subnet\":\"10.1.0.0\"},{\"Subnet\":"
        "\"10.3.0.0/16\",\"Gateway\":\"x\"}]}},{\"Id\":\"a\",\"Driver\":\"bridge\"},{\"Id\":\"c\",\"Driver\":"
        "\"overlay\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.2.0.0/16\"}]}}]");
    check_log("renewed 0 2;");
    network = &containers->networks[1];
    ck_assert_str_eq(network->id, "b");
    ck_assert_uint_eq(network->subnets.count, 3);
    ck_assert_str_eq(network->subnets.items[0], "10.1.0.0/20");
    ck_assert_str_eq(network->subnets.items[1], "10.3.0.0/16");
    ck_assert_str_eq(network->subnets.items[2], "fd00::5:0/112");
    ck_assert_uint_eq(network->gateways.count, 2);
    ck_assert_str_eq(network->gateways.items[0], "10.1.0.1");
    ck_assert_str_eq(network->gateways.items[1], "fd00::5:1");
}
END_TEST

#define OVERLAY_ITEM(id, name, networks)                                                                  \
    "{\"Id\":\"" id "\",\"Names\":[\"/" name "\"],\"State\":\"running\",\"HostConfig\":{},\"Mounts\":[]," \
    "\"NetworkSettings\":{\"Networks\":{" networks "}}}"
#define OVERLAY "\"o\":{\"NetworkID\":\"ov\",\"IPAddress\":\"10.9.0.2\"}"
#define BRIDGE  "\"b\":{\"NetworkID\":\"" NET "\",\"IPAddress\":\"10.0.0.3\"}"

/* The address on docker_gwbridge of a container of an overlay network, which only that network tells. */
START_TEST(test_gateway_bridge)
{
    const struct containers *containers = follow_containers(follow);

    subscribe();
    respond(expect("/networks "), "[{\"Id\":\"" NET "\",\"Name\":\"b\",\"Driver\":\"bridge\"},{\"Id\":\"gw\",\"Name\":"
                                  "\"docker_gwbridge\",\"Driver\":\"bridge\"}]");
    respond(expect(ALL), list(OVERLAY_ITEM(A, "a", OVERLAY), OVERLAY_ITEM(B, "b", BRIDGE), NULL));
    respond(expect("/networks/gw "), member(A, "172.18.0.3/16"));
    check_log("renewed 2 2;changed aa11 a runs 10.9.0.2 172.18.0.3;");
    ck_assert_int_lt(follow_patience(follow), 0); /* b is not asked for */
    /* a list does not take it away */
    container_event("rename", A);
    respond(expect(SOME), list(OVERLAY_ITEM(A, "new", OVERLAY), NULL));
    check_log("changed aa11 new runs 10.9.0.2 172.18.0.3;");
    /* another network that leads out does; what was answered before that event does not count */
    network_event("connect", NET, A);
    ck_assert_ptr_null(containers_at(containers, "172.18.0.3"));
    respond(expect("/networks/gw "), member(B, "172.18.0.9/16"));
    respond(expect("/networks/" NET), member(A, "10.0.0.4/24"));
    respond(expect(SOME), list(OVERLAY_ITEM(A, "new", OVERLAY), NULL));
    ck_assert_ptr_null(containers_at(containers, "172.18.0.3"));
    network_event("disconnect", NET, A);
    respond(expect("/networks/gw "), member(A, "172.18.0.5/16"));
    ck_assert_str_eq(containers_at(containers, "172.18.0.5")->entry.container.id, A);
    /* one that comes to an overlay network, and goes */
    network_event("connect", "ov", B);
    respond(expect("/networks/gw "), member(B, "172.18.0.6/16"));
    ck_assert_str_eq(containers_at(containers, "172.18.0.6")->entry.container.id, B);
    network_event("disconnect", "ov", B);
    ck_assert_ptr_null(containers_at(containers, "172.18.0.6"));
    respond(expect("/networks/gw "), member(A, "172.18.0.5/16"));
    container_event("die", A);
    ck_assert_ptr_null(containers_at(containers, "172.18.0.5"));
}
END_TEST

/* A container that is started on an overlay network and then on a bridge, which takes the way out: its address on
 * docker_gwbridge, asked for in between, does not count. */
START_TEST(test_gateway_bridge_start)
{
    const struct containers *containers = follow_containers(follow);
    const char *created = "{\"Id\":\"" A "\",\"Names\":[\"/a\"],\"State\":\"created\",\"HostConfig\":{},"
                          "\"Mounts\":[],\"NetworkSettings\":{\"Networks\":{}}}";

    subscribe();
    respond(expect("/networks "), "[{\"Id\":\"" NET "\",\"Name\":\"b\",\"Driver\":\"bridge\"},{\"Id\":\"gw\",\"Name\":"
                                  "\"docker_gwbridge\",\"Driver\":\"bridge\"}]");
    respond(expect(ALL), list(created, NULL));
    network_event("connect", "ov", A);
    expect("/networks/gw ");          /* the Engine answers now, */
    network_event("connect", NET, A); /* and the answer comes after this event */
    respond(expect("/networks/gw "), member(A, "172.18.0.3/16"));
    respond(expect("/networks/ov "), member(A, "10.9.0.2/24"));
    respond(expect("/networks/" NET), member(A, "10.0.0.3/24"));
    container_event("start", A);
    respond(expect(SOME), list(OVERLAY_ITEM(A, "a", OVERLAY "," BRIDGE), NULL));
    settle();
    ck_assert_ptr_null(containers_at(containers, "172.18.0.3"));
}
END_TEST

/* Addresses of all kinds, and what is none */
START_TEST(test_addresses)
{
    const struct known_container *a;

    start(
        "[{\"Id\":\"" A
        "\",\"State\":\"paused\",\"NetworkSettings\":{\"Networks\":{\"x\":{\"NetworkID\":\"q1\",\"IPAddress\":"
        "\"10.0.0.2\",\"GlobalIPv6Address\":\"2001:DB8:0::1\"},\"y\":{\"NetworkID\":\"../q\",\"IPAddress\":\"10.0.0.3\"},"
        "\"z\":{\"NetworkID\":\"q3\",\"IPAddress\":\"10.0.0.4 10.0.0.5\",\"GlobalIPv6Address\":null},\"w\":null}}},"
        "{\"Id\":\"" B "\",\"State\":\"running\",\"NetworkSettings\":null,\"Labels\":null}]");
    check_log("renewed 2 1;");
    a = follow_containers(follow)->list[0];
    ck_assert(a->entry.running);
    ck_assert_uint_eq(a->address_count, 2);
    ck_assert_str_eq(a->addresses[0].text, "10.0.0.2");
    ck_assert_str_eq(a->addresses[1].text, "2001:db8::1");
}
END_TEST

/* Bytes that are nearly right: whatever is read from them is valid. */
START_TEST(test_garbage)
{
    static const char letters[] = "\"{}[]:,\\/u0x \n\r\xff\xc0"
                                  "a1";
    const char *const texts[] = {
        "{\"Type\":\"container\",\"Action\":\"exec_die\",\"Actor\":{\"ID\":\"" A "\",\"Attributes\":{\"execID\":\"" EXEC
        "\"}}}",
        "{\"Type\":\"network\",\"Action\":\"connect\",\"Actor\":{\"ID\":\"" NET "\",\"Attributes\":{\"container\":\"" A
        "\"}}}",
        listed(A, "a", "running", "10.0.0.2"),
        NETWORKS_BODY,
        member(A, "10.0.0.2/24"),
    };

    srand(17);
    for (int round = 0; round < 5000; round++) {
        char bytes[1024];
        size_t length = (size_t)snprintf(bytes, sizeof bytes, round % 5 == 2 ? "[%s]" : "%s", texts[round % 5]);
        struct event read;
        struct containers containers = {.count = 0};
        struct known_container container = {.entry.container.id = (char[]){A}};
        bool changed;

        for (int i = rand() % 4; i >= 0; i--)
            bytes[(size_t)rand() % length] = letters[(size_t)rand() % (sizeof letters - 1)];
        if (event_read(&read, bytes, length) && read.kind != EVENT_OTHER && read.kind != EVENT_NETWORKS)
            ck_assert(inventory_is_id(read.container));
        if (known_list_read(&containers, bytes, length) && containers.count > 0)
            ck_assert(inventory_is_id(containers.list[0]->entry.container.id));
        known_networks_read(&containers, bytes, length, &changed);
        for (size_t i = 0; i < containers.network_count; i++)
            ck_assert(known_is_network_id(containers.networks[i].id));
        containers_free(&containers);
        known_network_read(&container, NET, bytes, length, &changed);
        for (size_t i = 0; i < container.address_count; i++)
            ck_assert_uint_eq(strspn(container.addresses[i].text, "0123456789.:abcdef"),
                              strlen(container.addresses[i].text));
        known_leave(&container, NULL);
        free(container.addresses);
    }
}
END_TEST

/* A single reading takes the first upstream that answers with both lists. */
START_TEST(test_read_once)
{
    struct containers containers;

    containers_read(&containers, &settings, 50); /* does not answer */
    ck_assert(!containers.known);
    containers_free(&containers);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("follow");
    TCase *tests = tcase_create("events");

    tcase_add_checked_fixture(tests, prepare, finish);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_begin);
    tcase_add_test(tests, test_life);
    tcase_add_test(tests, test_lists_that_lag);
    tcase_add_test(tests, test_again);
    tcase_add_test(tests, test_short_life);
    tcase_add_test(tests, test_coalescing);
    tcase_add_test(tests, test_split_lines);
    tcase_add_test(tests, test_events_while_reading);
    tcase_add_loop_test(tests, test_loss, 0, 16);
    tcase_add_test(tests, test_bad_beginnings);
    tcase_add_test(tests, test_address_reuse);
    tcase_add_test(tests, test_rename);
    tcase_add_test(tests, test_refer);
    tcase_add_test(tests, test_podman);
    tcase_add_test(tests, test_exec);
    tcase_add_test(tests, test_inspections);
    tcase_add_test(tests, test_upstreams);
    tcase_add_test(tests, test_networks);
    tcase_add_test(tests, test_gateway_bridge);
    tcase_add_test(tests, test_gateway_bridge_start);
    tcase_add_test(tests, test_addresses);
    tcase_add_test(tests, test_garbage);
    tcase_add_test(tests, test_read_once);
    suite_add_tcase(suite, tests);
    return run(suite);
}
