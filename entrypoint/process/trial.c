/* A trial run of HAProxy between two sockets of this process, to find out whether it forwards an upgrade to h2c. */
#include "process/trial.h"

#include "config/config.h"
#include "process/haproxy.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 5000 /* milliseconds for each step */

/* A socket that listens on a free port of 127.0.0.1, and its address; -1 with errno set if there is none. */
static int listen_anywhere(struct sockaddr_in *address)
{
    socklen_t length = sizeof *address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd >= 0 && (bind(fd, (struct sockaddr *)address, sizeof *address) != 0 || listen(fd, 8) != 0 ||
                    getsockname(fd, (struct sockaddr *)address, &length) != 0)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* Connects to the address as soon as HAProxy listens there. -1 if it does not. */
static int connect_soon(const struct sockaddr_in *address)
{
    const struct timespec pause = {.tv_nsec = 10000000};

    for (int tries = 0; tries < PATIENCE / 10; tries++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
            return -1;
        if (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
            return fd;
        close(fd);
        nanosleep(&pause, NULL);
    }
    return -1;
}

static bool ready(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    return poll(&wait, 1, PATIENCE) == 1;
}

/* Reads the head of a message; "" if it does not arrive completely. */
static void read_head(int fd, char *head, size_t size)
{
    size_t got = 0;

    head[0] = '\0';
    while (got < size - 1 && strstr(head, "\r\n\r\n") == NULL && ready(fd)) {
        ssize_t more = recv(fd, head + got, size - 1 - got, 0);

        if (more <= 0)
            break;
        got += (size_t)more;
        head[got] = '\0';
    }
    if (strstr(head, "\r\n\r\n") == NULL)
        head[0] = '\0';
}

/* Plays both ends of an upgrade: the client, and the Engine that accepts its connection. */
static bool upgrades(int engine, int client)
{
    static const char request[] = "POST /session HTTP/1.1\r\nHost: docker\r\n"
                                  "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
    char head[4096];
    bool asked;
    int connection;

    if (send(client, request, strlen(request), MSG_NOSIGNAL) < 0 || !ready(engine))
        return false;
    connection = accept4(engine, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0)
        return false;
    read_head(connection, head, sizeof head);
    asked = strstr(head, "\r\nUpgrade: h2c\r\n") != NULL && send(connection, answer, strlen(answer), MSG_NOSIGNAL) > 0;
    if (asked)
        read_head(client, head, sizeof head);
    close(connection);
    return asked && strncmp(head, "HTTP/1.1 101 ", strlen("HTTP/1.1 101 ")) == 0;
}

static bool run_trial(const char *haproxy, const char *config, int engine, const struct sockaddr_in *at)
{
    struct problems problems = {.to = NULL};
    struct config_file file;
    bool good = false;
    pid_t child;
    int client;

    if (!config_file_make(&file, NULL, config, &problems))
        return false;
    child = haproxy_start(haproxy, (char *const[]){"haproxy", "-db", "-f", file.path, NULL}, -1, NULL);
    client = child < 0 ? -1 : connect_soon(at);
    if (client >= 0) {
        good = upgrades(engine, client);
        close(client);
    }
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    config_file_close(&file);
    return good;
}

bool trial_upgrades_h2c(const struct settings *settings)
{
    struct problems problems = {.to = NULL};
    struct inventory nothing = {0};
    struct sockaddr_in at, upstream;
    int engine = listen_anywhere(&upstream);
    int place = listen_anywhere(&at);
    char listen_on[64], forward_to[64], *data_dir = NULL, *config = NULL;
    struct environment environment;
    struct machine machine;
    bool good = false;

    if (engine >= 0 && place >= 0 && asprintf(&data_dir, "DATA_DIR=%s", settings->data_dir) >= 0) {
        snprintf(listen_on, sizeof listen_on, "LISTEN=tcp://127.0.0.1:%u", ntohs(at.sin_port));
        snprintf(forward_to, sizeof forward_to, "UPSTREAM=tcp://127.0.0.1:%u", ntohs(upstream.sin_port));
        environment_read(&environment,
                         (char *[]){"ALLOW_SESSION=true", "LOG_LEVEL=emerg", listen_on, forward_to, data_dir, NULL},
                         &problems);
        machine_read(&machine, &environment, &problems);
        if (problems.count == 0)
            config = config_text(&environment, &machine, &nothing, &problems);
        close(place); /* the port is HAProxy's now */
        place = -1;
        if (config != NULL)
            good = run_trial(settings->haproxy, config, engine, &at);
        environment_free(&environment);
    }
    free(config);
    free(data_dir);
    if (place >= 0)
        close(place);
    if (engine >= 0)
        close(engine);
    return good;
}
