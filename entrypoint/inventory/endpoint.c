/* Finds the addresses of upstreams: endpoints_find of inventory/channel.h. */
#include "inventory/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static bool resolve(struct endpoint *endpoint, const struct upstream *upstream, int flags)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *found = NULL;
    char port[16];

    snprintf(port, sizeof port, "%u", upstream->port);
    if (getaddrinfo(upstream->host, port, &hints, &found) != 0 || found->ai_addrlen > sizeof endpoint->address)
        return false;
    memcpy(&endpoint->address, found->ai_addr, found->ai_addrlen);
    endpoint->length = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

static void set_path(struct endpoint *endpoint, const char *path)
{
    struct sockaddr_un *address = (struct sockaddr_un *)&endpoint->address;

    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, strlen(path) + 1); /* its length was checked */
    endpoint->length = sizeof *address;
}

/* getaddrinfo has no timeout, but a child process that calls it can be killed. */
struct search {
    pid_t child;
    int answer; /* the pipe that the child writes its result to; -1 for none */
};

static void begin(struct search *search, const struct upstream *upstream)
{
    struct endpoint found = {.length = 0};
    int ends[2];

    search->answer = -1;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return;
    search->child = fork();
    if (search->child == 0) {
        ssize_t written = resolve(&found, upstream, 0) ? write(ends[1], &found, sizeof found) : 0;

        _exit(written == (ssize_t)sizeof found ? 0 : 1);
    }
    close(ends[1]);
    if (search->child > 0)
        search->answer = ends[0];
    else
        close(ends[0]);
}

static void end(struct search *search, struct endpoint *endpoint, long deadline)
{
    struct pollfd one = {.fd = search->answer, .events = POLLIN};
    struct endpoint found;
    long left = deadline - channel_now();

    if (search->answer < 0)
        return;
    if (poll(&one, 1, left > 0 ? (int)left : 0) > 0 &&
        read(search->answer, &found, sizeof found) == (ssize_t)sizeof found)
        *endpoint = found;
    close(search->answer);
    kill(search->child, SIGKILL);
    while (waitpid(search->child, NULL, 0) < 0 && errno == EINTR) {
    }
}

void endpoints_find(struct endpoint endpoints[UPSTREAMS_MAX], const struct upstreams *upstreams, long deadline)
{
    struct search searches[UPSTREAMS_MAX];

    memset(endpoints, 0, UPSTREAMS_MAX * sizeof *endpoints);
    for (size_t i = 0; i < upstreams->count; i++) {
        const struct upstream *upstream = &upstreams->list[i];

        snprintf(endpoints[i].why, sizeof endpoints[i].why, "its name cannot be resolved");
        searches[i].answer = -1;
        if (upstream->kind == UPSTREAM_UNIX)
            set_path(&endpoints[i], upstream->host);
        else if (upstream_has_name(upstream))
            begin(&searches[i], upstream);
        else
            resolve(&endpoints[i], upstream, AI_NUMERICHOST);
    }
    for (size_t i = 0; i < upstreams->count; i++)
        end(&searches[i], &endpoints[i], deadline);
}
