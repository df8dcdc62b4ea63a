/* The health check's own way to HAProxy: an abstract Unix socket. */
#include "process/health.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 16

_Static_assert(sizeof "dsp:" + LISTEN_PATH_MAX <= sizeof((struct sockaddr_un *)NULL)->sun_path,
               "a listener's path must fit");

socklen_t health_address(const struct listeners *listeners, struct sockaddr_un *address)
{
    const struct listener *first = &listeners->list[0];
    char *name = address->sun_path + 1; /* a NUL comes first */
    const size_t size = sizeof address->sun_path - 1;
    int length;

    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (first->kind == LISTEN_UNIX)
        length = snprintf(name, size, "dsp:%s", first->address);
    else
        length = snprintf(name, size, "dsp:%s:%u", first->address, first->port);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + ((size_t)length < size ? (size_t)length : size));
}

int health_listen(const struct listeners *listeners)
{
    struct sockaddr_un address = {0};
    socklen_t length = health_address(listeners, &address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || (bind(fd, (struct sockaddr *)&address, length) == 0 && listen(fd, BACKLOG) == 0))
        return fd;
    close(fd);
    return -1;
}
