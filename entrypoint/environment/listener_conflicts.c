/* Checks whether listeners conflict with each other, or with addresses and paths in use on this machine. */
#include "environment/listener_conflicts.h"

#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Resolves the links in the directory of a path: /var/run/docker.sock becomes /run/docker.sock. Copies the path if
 * the directory does not exist. */
static void resolve_directory(const char *path, char place[PATH_MAX])
{
    const char *name = strrchr(path, '/') + 1;
    char directory[PATH_MAX];
    char resolved[PATH_MAX];

    bounded_format(directory, sizeof directory, "%.*s", (int)(name - path), path);
    if (realpath(directory, resolved) == NULL || strlen(resolved) + strlen(name) + 2 > PATH_MAX)
        bounded_copy(place, PATH_MAX, path);
    else
        bounded_format(place, PATH_MAX, "%s/%s", strcmp(resolved, "/") == 0 ? "" : resolved, name);
}

/* Whether two plain paths are the same name in the same directory. */
static bool same_place(const char *a, const char *b)
{
    char place_a[PATH_MAX];
    char place_b[PATH_MAX];

    resolve_directory(a, place_a);
    resolve_directory(b, place_b);
    return strcmp(place_a, place_b) == 0;
}

static bool every_address(const struct listener *listener)
{
    return listener->address[0] == '\0' || strcmp(listener->address, "0.0.0.0") == 0 ||
           strcmp(listener->address, "::") == 0;
}

bool listeners_collide(const struct listener *a, const struct listener *b)
{
    if ((a->kind == LISTEN_UNIX) != (b->kind == LISTEN_UNIX))
        return false;
    if (a->kind == LISTEN_UNIX)
        return same_place(a->address, b->address);
    return a->port == b->port && (strcmp(a->address, b->address) == 0 || (every_address(a) && every_address(b)));
}

bool listeners_overlap(const struct listener *a, const struct listener *b)
{
    return listeners_collide(a, b) || (a->kind != LISTEN_UNIX && b->kind != LISTEN_UNIX && a->port == b->port &&
                                       (every_address(a) || every_address(b)));
}

bool listener_replaces(const struct listener *listener, const char *socket_path)
{
    char target[PATH_MAX];

    return listener->kind == LISTEN_UNIX &&
           (same_place(listener->address, socket_path) ||
            (realpath(socket_path, target) != NULL && same_place(listener->address, target)));
}

/* Tries to bind the address without SO_REUSEPORT, which HAProxy uses. */
static bool tcp_taken(const struct listener *listener, int family)
{
    const struct addrinfo hints = {
        .ai_family = family, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    const char *address = listener->address[0] == '\0' ? NULL : listener->address;
    struct addrinfo *found;
    char port[8];
    int on = 1;
    bool taken;
    int fd;

    bounded_format(port, sizeof port, "%u", listener->port);
    if (getaddrinfo(address, port, &hints, &found) != 0)
        return false;
    fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    taken = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
            (family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0) &&
            bind(fd, found->ai_addr, found->ai_addrlen) != 0 && errno == EADDRINUSE;
    if (fd >= 0)
        close(fd);
    freeaddrinfo(found);
    return taken;
}

/* Tries to connect. A socket file without a listening process refuses the connection. */
static bool unix_taken(const struct listener *listener)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct stat file;
    bool taken;

    bounded_copy(address.sun_path, sizeof address.sun_path, listener->address);
    taken = (stat(listener->address, &file) == 0 && !S_ISSOCK(file.st_mode)) ||
            (fd >= 0 && (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 || errno == EAGAIN));
    if (fd >= 0)
        close(fd);
    return taken;
}

bool listener_taken(const struct listener *listener)
{
    if (listener->kind == LISTEN_UNIX)
        return unix_taken(listener);
    if (strchr(listener->address, ':') != NULL)
        return tcp_taken(listener, AF_INET6);
    return tcp_taken(listener, AF_INET) || (listener->address[0] == '\0' && tcp_taken(listener, AF_INET6));
}
