/* The inventory from correct and hostile responses of Engines, over a Unix socket. */
#include "inventory/facts.h"
#include "inventory/inventory.h"
#include "inventory/json.h"
#include "inventory/protection.h"
#include "suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define OWN    "ab12000000000000000000000000000000000000000000000000000000000000"
#define HOLDER "cd34000000000000000000000000000000000000000000000000000000000000"
#define OTHER  "ef56000000000000000000000000000000000000000000000000000000000000"
#define DOCKER "{\"Components\":[{\"Name\":\"Engine\"},{\"Name\":\"containerd\"}]}"
#define PODMAN "{\"Components\":[{\"Name\":\"Podman Engine\"}]}"
#define LIST                                                                                                                    \
    "[{\"Id\":\"" OWN                                                                                                           \
    "\",\"Names\":[\"/proxy\",\"/x/link\"],\"State\":\"running\",\"Labels\":{\"com.docker.swarm.service.id\":\"q1\","           \
    "\"com.docker.swarm.service.name\":\"stack_proxy\"},\"Mounts\":[{\"Type\":\"volume\",\"Name\":\"sockets\",\"Source\":\"\"," \
    "\"Destination\":\"/sockets\"},{\"Type\":\"bind\",\"Source\":\"/srv/e.sock\",\"Destination\":\"%s\"}]},"                    \
    "{\"Id\":\"" HOLDER                                                                                                         \
    "\",\"Names\":[\"/b\",\"/a\"],\"State\":\"exited\",\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/srv\","                     \
    "\"Destination\":\"/x\"}]},{\"Id\":\"" OTHER "\",\"Names\":null,\"Mounts\":null}]"

/* ---- a stand-in Engine ---- */

struct engine {
    const char *version; /* bodies, or from "HTTP" on the whole answer */
    const char *list;
    const char *info; /* NULL: 404 */
    const char *host;
    const char *swarm;
    const char *inspection; /* of any container; NULL: 404 */
    const char *header;     /* of all answers */
    size_t blanks;          /* before the body of the list */
    unsigned pause;         /* seconds before the list */
    bool cut;               /* the list breaks off */
};

static char path[sizeof((struct sockaddr_un *)0)->sun_path];
static pid_t server;

static void put(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t wrote = send(fd, bytes, length, MSG_NOSIGNAL);

        if (wrote <= 0)
            return;
        bytes += wrote;
        length -= (size_t)wrote;
    }
}

#define NOT_FOUND "HTTP/1.0 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"

/* The body, or whole answer, for a request; NULL if it is not one of those. */
static const char *fact_for(const struct engine *engine, const char *request)
{
    const char *fact;

    if (strncmp(request, "GET /info HTTP/1.0\r\n", 20) == 0)
        fact = engine->info;
    else if (strncmp(request, "GET /networks/host HTTP/1.0\r\n", 29) == 0)
        fact = engine->host;
    else if (strncmp(request, "GET /networks/host?scope=swarm HTTP/1.0\r\n", 41) == 0)
        fact = engine->swarm;
    else if (strncmp(request, "GET /containers/", 16) == 0 && strncmp(request + 16, "json", 4) != 0)
        fact = engine->inspection;
    else
        return NULL;
    return fact == NULL ? NOT_FOUND : fact;
}

static void answer(int fd, const struct engine *engine)
{
    char request[1024] = "";
    const char *body = "OK";
    char head[512];
    bool list;

    if (recv(fd, request, sizeof request - 1, 0) <= 0)
        return;
    list = strncmp(request, "GET /containers/json?all=1 HTTP/1.0\r\n", 37) == 0;
    if (strncmp(request, "GET /version HTTP/1.0\r\n", 23) == 0)
        body = engine->version;
    if (list)
        body = engine->list;
    if (fact_for(engine, request) != NULL)
        body = fact_for(engine, request);
    if (list && engine->pause > 0)
        sleep(engine->pause);
    if (strncmp(body, "HTTP", 4) != 0) {
        snprintf(head, sizeof head, "HTTP/1.0 200 OK\r\n%sContent-Length: %zu\r\n\r\n",
                 engine->header == NULL ? "" : engine->header, strlen(body) + (list ? engine->blanks : 0));
        put(fd, head, strlen(head));
    }
    for (size_t i = 0; list && i < engine->blanks; i += 4096) {
        static char blanks[4096];

        memset(blanks, ' ', sizeof blanks);
        put(fd, blanks, sizeof blanks);
    }
    put(fd, body, list && engine->cut ? strlen(body) - 1 : strlen(body));
}

static void serve(const struct engine *engine)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(path, sizeof path, "/tmp/inventory-%ld.sock", (long)getpid());
    memcpy(address.sun_path, path, sizeof path);
    unlink(path);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, 16), 0);
    signal(SIGCHLD, SIG_IGN);
    server = fork();
    if (server == 0)
        for (;;) {
            int fd = accept(listener, NULL, NULL);

            if (fork() == 0) {
                answer(fd, engine);
                _exit(0);
            }
            close(fd);
        }
    close(listener);
}

static void end_serving(void)
{
    if (server > 0)
        kill(server, SIGKILL);
    server = 0;
    unlink(path);
}

static struct container here(const char *id)
{
    struct container container = {.contained = true};

    snprintf(container.id, sizeof container.id, "%s", id);
    return container;
}

/* Reads the inventory of one stand-in Engine. */
static struct inventory read_from(const struct engine *engine, const char *id, long milliseconds)
{
    struct settings settings = {.upstreams = {.count = 1}};
    struct container container = here(id);
    struct inventory inventory;

    serve(engine);
    snprintf(settings.upstreams.list[0].host, sizeof settings.upstreams.list[0].host, "%s", path);
    inventory_read_as(&inventory, &container, &settings, &(struct inventory_needs){false}, milliseconds);
    end_serving();
    return inventory;
}

static char *list_for(const char *socket)
{
    static char list[4096];

    snprintf(list, sizeof list, LIST, socket);
    return list;
}

/* ---- what is right ---- */

START_TEST(test_right)
{
    char socket[64];
    struct inventory inventory;

    snprintf(socket, sizeof socket, "/tmp/inventory-%ld.sock", (long)getpid());
    inventory = read_from(&(struct engine){.version = DOCKER, .list = list_for(socket)}, OWN, 20000);
    ck_assert(inventory.contained && inventory.known && inventory.complete && inventory.own_found);
    ck_assert_int_eq(inventory.kind, ENGINE_DOCKER);
    ck_assert_str_eq(inventory.own.id, OWN);
    ck_assert_uint_eq(inventory.own.names.count, 1); /* a link is no name of the API */
    ck_assert_str_eq(inventory.own.names.items[0], "proxy");
    ck_assert_str_eq(inventory.own.service_id, "q1");
    ck_assert_str_eq(inventory.own.service_name, "stack_proxy");
    ck_assert(inventory_has_volume(&inventory, "sockets") && !inventory_has_volume(&inventory, "socket"));
    ck_assert_str_eq(inventory_volume_of(&inventory, "/sockets/a/b.sock")->name, "sockets");
    ck_assert_ptr_null(inventory_volume_of(&inventory, "/socketsx/b.sock"));
    ck_assert_uint_eq(inventory.holder_count, 1); /* by the path that our own mount of the socket has on the host */
    ck_assert_str_eq(inventory.holders[0].id, HOLDER);
    ck_assert_str_eq(inventory.holders[0].names.items[0], "a");
    inventory_free(&inventory);
}
END_TEST

/* Where the image's /var/run leads to /run, mountinfo shows our mount elsewhere than the Engine says. */
START_TEST(test_linked_place)
{
    static char *mounts[] = {"/run/docker.sock", NULL};
    const struct engine engine = {
        .version = DOCKER,
        .list = "[{\"Id\":\"" OWN "\",\"Names\":[\"/proxy\"],\"State\":\"running\",\"Mounts\":[{\"Type\":\"bind\","
                "\"Source\":\"/run/docker.sock\",\"Destination\":\"/var/run/docker.sock\"}]},"
                "{\"Id\":\"" HOLDER "\",\"Names\":[\"/other\"],\"State\":\"running\","
                "\"HostConfig\":{\"NetworkMode\":\"container:" OWN "\"},\"Mounts\":[]}]"};
    struct settings settings = {.upstreams = {.count = 1}};
    struct container container = {.contained = true, .network_id = OWN, .mounts = mounts};
    struct inventory inventory;

    serve(&engine);
    snprintf(settings.upstreams.list[0].host, sizeof settings.upstreams.list[0].host, "%s", path);
    inventory_read_as(&inventory, &container, &settings, &(struct inventory_needs){false}, 20000);
    end_serving();
    ck_assert(inventory.known && inventory.own_found);
    ck_assert_str_eq(inventory.own.id, OWN);
    ck_assert_uint_eq(inventory.holder_count, 1); /* the other one could be ours as well */
    inventory_free(&inventory);
}
END_TEST

/* A volume with the socket: of one that no running container uses, the Engine does not tell where it is. */
START_TEST(test_socket_in_volume)
{
    char list[2048];
    struct inventory inventory;

    snprintf(list, sizeof list,
             "[{\"Id\":\"" OWN
             "\",\"Names\":[\"/proxy\"],\"State\":\"running\",\"Mounts\":[{\"Type\":\"volume\",\"Name\":\"run\","
             "\"Source\":\"/volumes/run\",\"Destination\":\"/tmp\"}]},"
             "{\"Id\":\"" HOLDER "\",\"Names\":[\"/other\"],\"State\":\"exited\",\"Mounts\":[{\"Type\":\"volume\","
             "\"Name\":\"run\",\"Source\":\"\",\"Destination\":\"/x\"}]}]");
    inventory = read_from(&(struct engine){.version = DOCKER, .list = list}, OWN, 20000);
    ck_assert_uint_eq(inventory.holder_count, 1);
    inventory_free(&inventory);
    memcpy(strstr(list, "\"Name\":\"run\",\"Source\":\"\""), "\"Name\":\"fun", 11);
    inventory = read_from(&(struct engine){.version = DOCKER, .list = list}, OWN, 20000);
    ck_assert_uint_eq(inventory.holder_count, 0);
    inventory_free(&inventory);
}
END_TEST

static const struct {
    const char *network;    /* of HOLDER */
    const char *inspection; /* of all containers */
    struct inventory_needs needs;
    bool is_protected;
} modes[] = {
    {"bridge", NULL, {false}, false},
    {"host", NULL, {false}, false},
    {"container:" OWN, NULL, {false}, true},
    {"container:/proxy", NULL, {false}, true},
    {"container:ab12", NULL, {false}, true},
    {"container:proxy2", NULL, {false}, false},
    {"x", "{\"HostConfig\":{\"PidMode\":\"host\"}}", {false}, false},
    {"x", "{\"HostConfig\":{\"PidMode\":\"host\"}}", {.inspections = true}, true},
    {"x", "{\"HostConfig\":{\"PidMode\":\"host\"}}", {.inspections = true, .host_pid = true}, false},
    {"x", "{\"HostConfig\":{\"IpcMode\":\"host\"}}", {.inspections = true, .host_pid = true}, true},
    {"x", "{\"HostConfig\":{\"PidMode\":\"container:proxy\"}}", {.inspections = true}, true},
    {"x", "{\"HostConfig\":{\"PidMode\":\"container:gone\"}}", {.inspections = true}, true}, /* as the own one */
    {"x", "{\"HostConfig\":{\"PidMode\":\"\",\"IpcMode\":\"private\"}}", {.inspections = true}, false},
    {"x", "{\"HostConfig\":{\"PidMode\":1}}", {.inspections = true}, true},
    {"x", "[]", {.inspections = true}, true},
    {"x", "HTTP/1.0 403 No\r\n\r\n", {.inspections = true}, true},
    {"x", NULL, {.inspections = true}, false}, /* it is gone */
};

/* A container that shares a namespace with the own one is a holder; one that cannot be inspected counts as one. */
START_TEST(test_modes)
{
    char list[2048];
    const struct engine engine = {.version = DOCKER, .list = list, .inspection = modes[_i].inspection};
    struct settings settings = {.upstreams = {.count = 1}};
    struct container container = here(OWN);
    struct inventory inventory;

    snprintf(list, sizeof list,
             "[{\"Id\":\"" HOLDER "\",\"Names\":[\"/side\"],\"HostConfig\":{\"NetworkMode\":\"%s\"}},{\"Id\":\"" OWN
             "\",\"Names\":[\"/proxy\"],\"State\":\"running\"}]",
             modes[_i].network);
    serve(&engine);
    snprintf(settings.upstreams.list[0].host, sizeof settings.upstreams.list[0].host, "%s", path);
    inventory_read_as(&inventory, &container, &settings, &modes[_i].needs, 20000);
    end_serving();
    ck_assert(inventory.known && inventory.own_found);
    ck_assert_msg((inventory.holder_count == 1) == modes[_i].is_protected, "%d", _i);
    ck_assert(inventory.holder_count == 0 || inventory.holders[0].shares);
    inventory_free(&inventory);
}
END_TEST

/* A container whose name is the id of the own one does not hide who shares with that. */
START_TEST(test_named_as_id)
{
    static const char list[] = "[{\"Id\":\"" OTHER "\",\"Names\":[\"/" OWN "\"]},{\"Id\":\"" HOLDER
                               "\",\"Names\":[\"/side\"],\"HostConfig\":{\"NetworkMode\":\"container:" OWN "\"}},"
                               "{\"Id\":\"" OWN "\",\"Names\":[\"/proxy\"],\"State\":\"running\"}]";
    struct inventory inventory = read_from(&(struct engine){.version = DOCKER, .list = list}, OWN, 20000);

    ck_assert_uint_eq(inventory.holder_count, 1);
    ck_assert_str_eq(inventory.holders[0].id, HOLDER);
    inventory_free(&inventory);
}
END_TEST

static const struct {
    const char *source;
    bool holds;
} sources[] = {
    {"/run/docker.sock", true},
    {"/var/run/docker.sock", true},
    {"/run/containerd/containerd.sock", true},
    {"/run", true},
    {"/var/run/", true},
    {"/var", true},
    {"/", true},
    {"/run/user/1000/docker.sock", true},
    {"/var/run/user/1000/docker.sock", true},
    {"/run/user/1000/podman/podman.sock", true},
    {"/run/user/1000/podman", true},
    {"/run/user/1000/podman/", true},
    {"/run/user/1000", true},
    {"/var/run/user/1000/", true},
    {"/run/user", true},
    {"/run/user/1000x", false},
    {"/run/users", false},
    {"/run/user/1000/pulse", false},
    {"/run/user/name/docker.sock", false},
    {"/run/docker.socket", false},
    {"/var/runs", false},
    {"/srv", false},
    {"run", false},
};

/* What a container has mounted shows an Engine's socket, or does not. */
START_TEST(test_sources)
{
    char list[2048];
    struct inventory inventory;

    snprintf(
        list, sizeof list,
        "[{\"Id\":\"" OWN "\",\"Names\":[\"/proxy\"],\"State\":\"running\",\"Mounts\":[]},{\"Id\":\"" HOLDER "\","
        "\"Names\":[\"/other\"],\"State\":\"exited\",\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"%s\",\"Destination\":\"/x\"}]}]",
        sources[_i].source);
    inventory = read_from(&(struct engine){.version = DOCKER, .list = list}, OWN, 20000);
    ck_assert(inventory.known && inventory.own_found);
    ck_assert_msg((inventory.holder_count == 1) == sources[_i].holds, "%s", sources[_i].source);
    inventory_free(&inventory);
}
END_TEST

START_TEST(test_not_here)
{
    struct inventory inventory = read_from(&(struct engine){.version = PODMAN, .list = "[]"}, OWN, 20000);

    ck_assert(inventory.known && inventory.complete && !inventory.own_found);
    ck_assert_int_eq(inventory.kind, ENGINE_PODMAN);
    inventory_free(&inventory);
    inventory = read_from(&(struct engine){.version = "{}", .list = "[]", .header = "Libpod-Api-Version: 4\r\n"}, OWN,
                          20000);
    ck_assert_int_eq(inventory.kind, ENGINE_PODMAN);
    inventory_free(&inventory);
    inventory = read_from(&(struct engine){.version = DOCKER, .list = "[]"}, "", 20000);
    ck_assert(!inventory.known && inventory.complete); /* it is in a container, and cannot say in which */
    inventory_free(&inventory);
}
END_TEST

/* ---- what is wrong ---- */

static const struct {
    struct engine engine;
    enum inventory_answer answer;
    const char *why;
} wrong[] = {
    {{.version = DOCKER, .list = LIST, .cut = true}, INVENTORY_SILENT, "is incomplete"},
    {{.version = DOCKER, .list = "[]", .blanks = FETCH_SIZE_MAX + 4096}, INVENTORY_SILENT, "too long"},
    {{.version = DOCKER, .list = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n"},
     INVENTORY_SILENT,
     "is chunked"},
    {{.version = DOCKER, .list = "HTTP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n[]"},
     INVENTORY_SILENT,
     "Content-Length is invalid"},
    {{.version = DOCKER, .list = "HTTP/1.0 403 No\r\n\r\n[]"}, INVENTORY_UNFIT, "403"},
    {{.version = DOCKER, .list = "HTTP/1.0 20"}, INVENTORY_SILENT, "is not HTTP"},
    {{.version = DOCKER, .list = "HTTP"}, INVENTORY_SILENT, "is not HTTP"},
    {{.version = "[]", .list = "[]"}, INVENTORY_UNFIT, "/version"},
    {{.version = "{\"Components\":1}", .list = "[]"}, INVENTORY_UNFIT, "/version"},
    {{.version = DOCKER, .list = "{}"}, INVENTORY_UNFIT, "/containers/json"},
    {{.version = DOCKER, .list = "[] []"}, INVENTORY_UNFIT, "/containers/json"},
    {{.version = DOCKER, .list = "[null]"}, INVENTORY_UNFIT, "/containers/json"},
    {{.version = DOCKER, .list = "[{\"Id\":1}]"}, INVENTORY_UNFIT, "/containers/json"},
    {{.version = DOCKER, .list = "[{\"Id\":\"ab\"}]"}, INVENTORY_UNFIT, "/containers/json"},
    {{.version = DOCKER, .list = "[{\"Id\":\"" OWN "\",\"Names\":[1]}]"}, INVENTORY_UNFIT, "/containers/json"},
    {{.version = DOCKER, .list = "[{\"Id\":\"" OWN "\",\"Names\":[\"/a b\"]}]"}, INVENTORY_UNFIT, "/containers/json"},
    {{.version = DOCKER, .list = "[{\"Id\":\"" OWN "\",\"Names\":[\"/-f\"]}]"}, INVENTORY_UNFIT, "/containers/json"},
    {{.version = DOCKER, .list = "[{\"Id\":\"" OWN "\",\"Names\":[\"/\"]}]"}, INVENTORY_UNFIT, "/containers/json"},
    {{.version = DOCKER, .list = "[{\"Id\":\"" OWN "\",\"Names\":[\"/a\\u0000b\"]}]"},
     INVENTORY_UNFIT,
     "/containers/json"},
    {{.version = DOCKER, .list = "[{\"Id\":\"" OWN "\",\"Mounts\":[{\"Source\":1}]}]"},
     INVENTORY_UNFIT,
     "/containers/json"},
    {{.version = DOCKER, .list = "[{\"Id\":\"" OWN "\",\"HostConfig\":[]}]"}, INVENTORY_UNFIT, "/containers/json"},
};

START_TEST(test_wrong)
{
    struct inventory inventory = read_from(&wrong[_i].engine, OWN, 20000);

    ck_assert_int_eq(inventory.upstreams[0].answer, wrong[_i].answer);
    ck_assert_msg(strstr(inventory.upstreams[0].why, wrong[_i].why) != NULL, "%s", inventory.upstreams[0].why);
    ck_assert(!inventory.known && !inventory.complete && !inventory.own_found);
    ck_assert_uint_eq(inventory.holder_count, 0);
    ck_assert_str_eq(inventory.own.id, OWN); /* what is seen from in here is protected all the same */
    inventory_free(&inventory);
}
END_TEST

START_TEST(test_deep)
{
    char *list = malloc(2000001);
    struct inventory inventory;

    memset(list, '[', 2000000);
    list[2000000] = '\0';
    inventory = read_from(&(struct engine){.version = DOCKER, .list = list}, OWN, 20000);
    ck_assert_int_eq(inventory.upstreams[0].answer, INVENTORY_UNFIT);
    inventory_free(&inventory);
    free(list);
}
END_TEST

/* One that takes a minute is not waited for; nor is one that never takes the connection. */
START_TEST(test_slow)
{
    struct inventory inventory = read_from(&(struct engine){.version = DOCKER, .list = "[]", .pause = 60}, OWN, 300);

    ck_assert_int_eq(inventory.upstreams[0].answer, INVENTORY_SILENT);
    ck_assert(strstr(inventory.upstreams[0].why, "in time") != NULL);
    ck_assert(!inventory.known);
    inventory_free(&inventory);
}
END_TEST

START_TEST(test_one_of_two_is_silent)
{
    char socket[64];
    struct settings settings = {.upstreams = {.count = 2}};
    struct container container = here(OWN);
    struct inventory inventory;

    snprintf(socket, sizeof socket, "/tmp/inventory-%ld.sock", (long)getpid());
    serve(&(struct engine){.version = DOCKER, .list = list_for(socket)});
    snprintf(settings.upstreams.list[0].host, sizeof settings.upstreams.list[0].host, "/nonexistent.sock");
    snprintf(settings.upstreams.list[1].host, sizeof settings.upstreams.list[1].host, "%s", path);
    inventory_read_as(&inventory, &container, &settings, &(struct inventory_needs){false}, 20000);
    ck_assert(inventory.known && inventory.own_found && !inventory.complete); /* one container, one Engine */
    ck_assert_int_eq(inventory.kind, ENGINE_UNKNOWN);
    inventory_free(&inventory);
    /* twice the same Engine */
    snprintf(settings.upstreams.list[0].host, sizeof settings.upstreams.list[0].host, "%s", path);
    inventory_read_as(&inventory, &container, &settings, &(struct inventory_needs){false}, 20000);
    ck_assert(inventory.known && inventory.own_found && inventory.complete);
    ck_assert_uint_eq(inventory.holder_count, 1);
    inventory_free(&inventory);
    end_serving();
}
END_TEST

/* ---- what else the guard has to know ---- */

#define HOST_ID     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SWARM_ID    "zx9w8v7u6t5s4r3q2p1o0nmlk"
#define NETWORK(id) "{\"Name\":\"host\",\"Id\":\"" id "\",\"Scope\":\"local\"}"

static const struct {
    struct engine engine;
    bool cgroup_v1;
    size_t host_networks;
} facts_told[] = {
    {{.info = "{\"CgroupVersion\":\"1\"}", .host = NETWORK(HOST_ID), .swarm = NETWORK(SWARM_ID)}, true, 2},
    {{.info = "{\"CgroupVersion\":\"2\"}", .host = NETWORK(HOST_ID), .swarm = NETWORK(SWARM_ID)}, false, 2},
    {{.info = "{\"CgroupVersion\":1}"}, false, 0},
    {{.info = "{}"}, false, 0},
    {{.info = "[\"1\"]"}, false, 0},
    {{.info = "{\"CgroupVersion\":\"1\""}, false, 0},
    {{.info = NULL}, false, 0},
    /* in no swarm, or not asked in time */
    {{.info = "{\"CgroupVersion\":\"1\"}", .host = NETWORK(HOST_ID)}, true, 0},
    {{.swarm = NETWORK(SWARM_ID)}, false, 0},
    {{.host = NETWORK(HOST_ID), .swarm = "HTTP/1.0 503 No\r\n\r\n" NETWORK(SWARM_ID)}, false, 0},
    /* no such ids */
    {{.host = NETWORK(SWARM_ID), .swarm = NETWORK(HOST_ID)}, false, 0},
    {{.host = NETWORK("X" HOST_ID), .swarm = NETWORK(SWARM_ID)}, false, 0},
    {{.host = NETWORK(HOST_ID), .swarm = NETWORK("zx9w8v7u6t5s4r3q2p1o0nml'")}, false, 0},
    {{.host = NETWORK(HOST_ID), .swarm = NETWORK("ZX9w8v7u6t5s4r3q2p1o0nmlk")}, false, 0},
    {{.host = NETWORK(HOST_ID), .swarm = NETWORK("")}, false, 0},
    {{.host = NETWORK(HOST_ID), .swarm = "{\"Name\":\"hosts\",\"Id\":\"" SWARM_ID "\"}"}, false, 0},
    {{.host = NETWORK(HOST_ID), .swarm = "{\"Id\":\"" SWARM_ID "\"}"}, false, 0},
    {{.host = "null", .swarm = "[]"}, false, 0},
};

START_TEST(test_sound_builds)
{
    static const struct {
        const char *version;
        bool sound;
    } versions[] = {
        {"25.0.2", true},    {"25.0.10", true},      {"25.1.0", true},  {"28.5.2+dfsg4", true},    {"100.0.0", true},
        {"25.0.1", false},   {"25.0.0-rc.3", false}, {"24.0.9", false}, {"20.10.24+dfsg1", false}, {"0.0.0-dev", false},
        {"dev", false},      {"25", false},          {"26.0", false},   {"-26.0.0", false},        {"", false},
        {"1000.0.0", false}, {"26..0", false}};
    char body[256];

    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        snprintf(body, sizeof body, "{\"Version\":\"%s\",\"Components\":[{\"Name\":\"Engine\"}]}", versions[i].version);
        ck_assert_msg(inventory_sound_builds(body, strlen(body)) == versions[i].sound, "%s", versions[i].version);
    }
    ck_assert(!inventory_sound_builds("{\"Version\":26}", 14) && !inventory_sound_builds("[]", 2) &&
              !inventory_sound_builds("", 0));
}
END_TEST

START_TEST(test_facts)
{
    struct engine engine = facts_told[_i].engine;
    struct inventory inventory;
    struct facts facts;

    engine.version = DOCKER;
    engine.list = "[]";
    inventory = read_from(&engine, OWN, 20000);
    ck_assert(inventory.complete); /* whatever comes of these */
    facts_read(&facts, &inventory);
    ck_assert(facts.known.docker);
    ck_assert_int_eq(facts.known.cgroup_v1, facts_told[_i].cgroup_v1);
    ck_assert_uint_eq(facts.known.host_networks.count, facts_told[_i].host_networks);
    if (facts_told[_i].host_networks > 0) {
        ck_assert_str_eq(facts.known.host_networks.list[0], HOST_ID);
        ck_assert_str_eq(facts.known.host_networks.list[1], SWARM_ID);
    }
    facts_free(&facts);
    inventory_free(&inventory);
    /* Podman is not asked, and would not be believed */
    engine.header = "Libpod-Api-Version: 4\r\n";
    inventory = read_from(&engine, OWN, 20000);
    ck_assert(inventory.complete && !inventory.cgroup_v1 && inventory.host_networks.count == 0);
    inventory_free(&inventory);
}
END_TEST

/* Of several Engines all have to say so. */
START_TEST(test_facts_of_two)
{
    static const struct inventory_upstream first = {.told = true,
                                                    .kind = ENGINE_DOCKER,
                                                    .cgroup_v1 = true,
                                                    .host_network = HOST_ID,
                                                    .swarm_host_network = SWARM_ID};
    struct inventory inventory = {.upstream_count = 2, .upstreams = {first, first}};
    struct inventory before = {.upstream_count = 2, .upstreams = {first, first}};

    inventory.upstreams[1].cgroup_v1 = false;
    inventory.upstreams[1].swarm_host_network[0] = '\0';
    inventory_keep(&inventory, &before); /* (it has told: what it told before does not count) */
    ck_assert(!inventory.cgroup_v1 && inventory.host_networks.count == 0);
    inventory.upstreams[1] = (struct inventory_upstream){.told = false};
    inventory_keep(&inventory, &(struct inventory){.upstream_count = 2});
    ck_assert(!inventory.cgroup_v1 && inventory.host_networks.count == 0);
    inventory_keep(&inventory, &before);
    ck_assert(inventory.cgroup_v1 && inventory.host_networks.count == 2);
    inventory_keep(&before, &(struct inventory){.upstream_count = 2});
    ck_assert(inventory_equal(&inventory, &before));
    before.upstreams[0].swarm_host_network[0] = 'a';
    inventory_keep(&before, &(struct inventory){.upstream_count = 2});
    ck_assert(before.host_networks.count == 3 && !inventory_equal(&inventory, &before));
    before.upstreams[0].cgroup_v1 = false;
    memcpy(before.upstreams[0].swarm_host_network, SWARM_ID, sizeof SWARM_ID);
    inventory_keep(&before, &(struct inventory){.upstream_count = 2});
    ck_assert(before.host_networks.count == 2 && !inventory_equal(&inventory, &before));
    inventory_free(&before);
    inventory_free(&inventory);
}
END_TEST

/* ---- over time ---- */

START_TEST(test_keep)
{
    char socket[64];
    struct inventory before;
    struct inventory fresh = {.contained = true, .upstream_count = 1};
    struct inventory same;

    snprintf(socket, sizeof socket, "/tmp/inventory-%ld.sock", (long)getpid());
    before = read_from(&(struct engine){.version = DOCKER, .list = list_for(socket)}, OWN, 20000);
    same = read_from(&(struct engine){.version = DOCKER, .list = list_for(socket)}, OWN, 20000);
    ck_assert(inventory_equal(&before, &same));
    ck_assert(!inventory_equal(&before, &fresh));
    inventory_keep(&fresh, &before); /* silent: all of it still counts */
    ck_assert(inventory_equal(&before, &fresh));
    inventory_free(&fresh);
    fresh = read_from(&(struct engine){.version = DOCKER, .list = "[]"}, OWN, 20000);
    inventory_keep(&fresh, &before); /* it has answered: nothing of it does */
    ck_assert(fresh.known && !fresh.own_found && fresh.holder_count == 0 && fresh.volume_count == 0);
    ck_assert(!inventory_equal(&before, &fresh));
    inventory_free(&fresh);
    inventory_free(&same);
    inventory_free(&before);
}
END_TEST

/* ---- which container ---- */

static struct container parsed(const char *mounts, const char *cgroups, bool dockerenv)
{
    FILE *mountinfo = mounts == NULL ? NULL : fmemopen((char *)mounts, strlen(mounts), "r");
    FILE *cgroup = cgroups == NULL ? NULL : fmemopen((char *)cgroups, strlen(cgroups), "r");
    struct container container;

    container_parse(&container, mountinfo, cgroup, dockerenv, false);
    if (mountinfo != NULL)
        fclose(mountinfo);
    if (cgroup != NULL)
        fclose(cgroup);
    return container;
}

START_TEST(test_container)
{
    static const char overlay[] = "1 0 0:1 / / rw - overlay overlay rw,upperdir=/x\n";
    static const char device[] = "1 0 8:1 / / rw - ext4 /dev/vda rw\n";
    static const char docker[] = "1 0 0:1 / / rw - overlay overlay rw\n"
                                 "2 1 8:1 /var/lib/docker/containers/" OWN
                                 "/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n"
                                 "3 1 8:1 /a\\040b /c\\040d rw master:1 - ext4 /dev/sda1 rw\n";
    static const char podman[] = "2 1 0:9 /containers/overlay-containers/" HOLDER
                                 "/userdata/hostname /etc/hostname rw - tmpfs tmpfs rw\n"
                                 "3 1 0:9 /overlay-containers/" OWN
                                 "/userdata/.containerenv /run/.containerenv rw - tmpfs tmpfs rw\n";
    struct container container = parsed(docker, "0::/\n", true);

    ck_assert(container.contained);
    ck_assert_str_eq(container.id, "");
    ck_assert_str_eq(container.network_id, OWN);
    ck_assert_str_eq(container.mounts[2], "/c d");
    ck_assert_ptr_null(container.mounts[3]);
    container_free(&container);
    container = parsed(podman, NULL, false);
    ck_assert_str_eq(container.id, OWN);
    ck_assert_str_eq(container.network_id, HOLDER);
    container_free(&container);
    /* the innermost of nested ones; systemd's way of writing them; the root of version 1 in mountinfo */
    container = parsed(overlay, "4:memory:/docker/" OTHER "/docker/" OWN "\n", false);
    ck_assert(container.contained);
    ck_assert_str_eq(container.id, OWN);
    container_free(&container);
    container = parsed(overlay, "0::/system.slice/docker-" OWN ".scope\n", false);
    ck_assert_str_eq(container.id, OWN);
    container_free(&container);
    container = parsed("9 1 0:30 /docker/" OWN " /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n", NULL, false);
    ck_assert_str_eq(container.id, OWN);
    container_free(&container);
    /* no container: an odd number of digits, a machine made from an exported container */
    container = parsed(device, "4:memory:/x/" OWN "0\n0::/user.slice\n", true);
    ck_assert(!container.contained);
    ck_assert_str_eq(container.id, "");
    container_free(&container);
    container = parsed(overlay, NULL, true);
    ck_assert(container.contained);
    container_free(&container);
    container = parsed("garbage\n1 2 3 - \n - - - \n", "\n", false);
    ck_assert(!container.contained);
    container_free(&container);
    container = parsed(NULL, NULL, false);
    ck_assert(!container.contained);
    container_free(&container);
}
END_TEST

/* ---- what is protected ---- */

START_TEST(test_protection)
{
    struct inventory inventory = {.contained = true, .known = true, .kind = ENGINE_DOCKER, .own = {.id = (char *)OWN}};
    struct protection protection;
    char reference[66] = "";
    char reason[512];

    protection_make(&protection, &inventory);
    for (size_t length = 1; length <= 64; length++) {
        memcpy(reference, OWN, length);
        reference[length] = '\0';
        ck_assert_msg(protection_refuses(&protection, "ContainerExec", reference, reason, sizeof reason), "%s",
                      reference);
        ck_assert(!protection_refuses(&protection, "ContainerStop", reference, reason, sizeof reason));
        reference[length] = length == 64 ? '0' : 'f'; /* the next digit is another one */
        reference[length + 1] = '\0';
        ck_assert_msg(OWN[length] == 'f' ||
                          !protection_refuses(&protection, "ContainerExec", reference, reason, sizeof reason),
                      "%s", reference);
    }
    ck_assert(protection_refuses(&protection, "ContainerExec", "", reason, sizeof reason));
    ck_assert(protection_refuses(&protection, "ContainerExec", "a\n", reason, sizeof reason));
    protection_free(&protection);
    inventory.known = false;
    protection_make(&protection, &inventory);
    ck_assert(protection_refuses(&protection, "ContainerExec", "web", reason, sizeof reason));
    ck_assert(protection_refuses(&protection, "ContainerExec", "cafe", reason, sizeof reason));
    ck_assert(protection_refuses(&protection, "ContainerExec", "cafecafecafe", reason,
                                 sizeof reason)); /* may hold a socket */
    ck_assert(!protection_refuses(&protection, "ContainerUpdate", "cafecafecafe", reason, sizeof reason));
    ck_assert(protection_refuses(&protection, "ServiceUpdate", "cafecafecafe", reason, sizeof reason));
    protection_free(&protection);
}
END_TEST

/* Each operation is refused for what it could change, and for nothing else, by any beginning of an id. */
START_TEST(test_protected_subjects)
{
    static char *own_names[] = {"proxy"};
    static char *holder_names[] = {"portainer"};
    struct inventory_container holder = {.id = (char *)HOLDER, .names = {1, holder_names}};
    struct inventory_volume volume = {.name = (char *)"sockets.1", .place = (char *)"/sockets"};
    struct inventory inventory = {.contained = true,
                                  .known = true,
                                  .kind = _i == 0 ? ENGINE_DOCKER : ENGINE_PODMAN,
                                  .own = {.id = (char *)OWN,
                                          .names = {1, own_names},
                                          .service_id = (char *)"q1w2",
                                          .service_name = (char *)"stack_proxy"},
                                  .volumes = &volume,
                                  .volume_count = 1,
                                  .holders = &holder,
                                  .holder_count = 1};
    static const struct {
        const char *operation;
        const char *reference;
        const char *says; /* NULL: not refused */
    } cases[] = {
        {"ContainerExec", "proxy", PROTECTION_SAYS_OWN},
        {"ContainerExec", "portainer", PROTECTION_SAYS_HOLDER},
        {"ContainerExec", "c", PROTECTION_SAYS_HOLDER},
        {"ContainerExec", HOLDER, PROTECTION_SAYS_HOLDER},
        {"ContainerExec", "ce", NULL},
        {"ContainerExec", "sockets.1", NULL},
        {"ContainerExec", "%25", PROTECTION_SAYS_ODD},
        {"ContainerExec", "_", PROTECTION_SAYS_ODD},
        /* what does not change a holder's inside */
        {"ContainerUpdate", "portainer", NULL},
        {"ContainerUpdate", "ab12", PROTECTION_SAYS_OWN},
        {"ServiceUpdate", "q", PROTECTION_SAYS_SERVICE},
        {"ServiceUpdate", "Stack_Proxy", PROTECTION_SAYS_SERVICE},
        {"ServiceUpdate", "proxy", NULL},
        {"ServiceUpdate", "stack_proxy2", NULL},
        {"VolumeImportLibpod", "sockets.1", PROTECTION_SAYS_VOLUME},
        {"VolumeImportLibpod", "sock", PROTECTION_SAYS_VOLUME},
        {"VolumeImportLibpod", "socketsx1", NULL},
        {"VolumeImportLibpod", "proxy", NULL},
    };
    struct protection protection;
    char reason[512];

    protection_make(&protection, &inventory);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool refused = protection_refuses(&protection, cases[i].operation, cases[i].reference, reason, sizeof reason);

        ck_assert_msg(refused == (cases[i].says != NULL), "%s %s", cases[i].operation, cases[i].reference);
        ck_assert_msg(!refused || strstr(reason, cases[i].says) != NULL, "%s %s: %s", cases[i].operation,
                      cases[i].reference, reason);
    }
    /* for Podman _ in an id stands for any character, and a capital letter for a small one */
    ck_assert_int_eq(protection_refuses(&protection, "ContainerExec", "a_1", reason, sizeof reason), _i != 0);
    ck_assert_int_eq(protection_refuses(&protection, "ContainerExec", "CD3_", reason, sizeof reason), _i != 0);
    protection_free(&protection);
    inventory.known = false; /* then nothing is judged by a volume's name, and all is refused */
    protection_make(&protection, &inventory);
    ck_assert_uint_eq(protection.counts[PROTECT_VOLUME], 0);
    ck_assert(protection_refuses(&protection, "VolumeImportLibpod", "other", reason, sizeof reason));
    protection_free(&protection);
    inventory.contained = false;
    protection_make(&protection, &inventory);
    ck_assert(!protection_refuses(&protection, "ContainerExec", "proxy", reason, sizeof reason));
    protection_free(&protection);
}
END_TEST

START_TEST(test_prefix_regex)
{
    char long_text[301];
    char *regex = protection_prefix_regex("a.c", false);

    ck_assert_str_eq(regex, "^a(\\x2e(c)?)?$");
    free(regex);
    regex = protection_prefix_regex("ab", true);
    ck_assert_str_eq(regex, "^[aA_]([bB_])?$");
    free(regex);
    memset(long_text, 'x', 300);
    long_text[300] = '\0';
    regex = protection_prefix_regex(long_text, false);
    ck_assert(strlen(regex) < 1000);
    free(regex);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inventory");
    TCase *tests = tcase_create("inventory");

    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, NULL, end_serving);
    tcase_add_test(tests, test_right);
    tcase_add_test(tests, test_linked_place);
    tcase_add_test(tests, test_socket_in_volume);
    tcase_add_test(tests, test_named_as_id);
    tcase_add_loop_test(tests, test_sources, 0, (int)(sizeof sources / sizeof *sources));
    tcase_add_loop_test(tests, test_modes, 0, (int)(sizeof modes / sizeof *modes));
    tcase_add_test(tests, test_not_here);
    tcase_add_loop_test(tests, test_wrong, 0, (int)(sizeof wrong / sizeof *wrong));
    tcase_add_test(tests, test_deep);
    tcase_add_test(tests, test_slow);
    tcase_add_test(tests, test_one_of_two_is_silent);
    tcase_add_test(tests, test_sound_builds);
    tcase_add_loop_test(tests, test_facts, 0, (int)(sizeof facts_told / sizeof *facts_told));
    tcase_add_test(tests, test_facts_of_two);
    tcase_add_test(tests, test_keep);
    tcase_add_test(tests, test_container);
    tcase_add_test(tests, test_protection);
    tcase_add_loop_test(tests, test_protected_subjects, 0, 2);
    tcase_add_test(tests, test_prefix_regex);
    suite_add_tcase(suite, tests);
    return run(suite);
}
