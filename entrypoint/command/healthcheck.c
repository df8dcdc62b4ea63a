/* `healthcheck`: the container's HEALTHCHECK. */
#include "command/healthcheck.h"

#include "process/health.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/time.h>
#include <unistd.h>

union address {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
    struct sockaddr_un path;
};

/* Writes the address at which this machine reaches a listener. Returns its length. */
static socklen_t address_of(const struct listener *listener, union address *address)
{
    const char *host = listener->address[0] == '\0' || strcmp(listener->address, "0.0.0.0") == 0 ? "127.0.0.1"
                                                                                                 : listener->address;

    memset(address, 0, sizeof *address);
    if (listener->kind == LISTEN_UNIX) {
        address->path.sun_family = AF_UNIX;
        memcpy(address->path.sun_path, listener->address,
               sizeof address->path.sun_path - 1); /* its length was checked */
        return sizeof address->path;
    }
    if (inet_pton(AF_INET6, host, &address->ipv6.sin6_addr) == 1) {
        if (IN6_IS_ADDR_UNSPECIFIED(&address->ipv6.sin6_addr))
            address->ipv6.sin6_addr = in6addr_loopback;
        address->ipv6.sin6_family = AF_INET6;
        address->ipv6.sin6_port = htons((uint16_t)listener->port);
        return sizeof address->ipv6;
    }
    address->ipv4.sin_family = AF_INET;
    address->ipv4.sin_port = htons((uint16_t)listener->port);
    inet_pton(AF_INET, host, &address->ipv4.sin_addr);
    return sizeof address->ipv4;
}

/* Sends the request and reads the status. Returns it, 0 for a response that is not HTTP, or -1 with errno set. */
static int query(int fd)
{
    static const char request[] = "GET /_ping HTTP/1.1\r\nHost: docker-socket-proxy\r\n"
                                  "User-Agent: docker-socket-proxy/healthcheck\r\nConnection: close\r\n\r\n";
    char answer[16] = "";
    size_t got = 0;

    if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
        return -1;
    while (got < sizeof answer - 1) {
        ssize_t more = recv(fd, answer + got, sizeof answer - 1 - got, 0);

        if (more < 0)
            return -1;
        if (more == 0)
            break;
        got += (size_t)more;
    }
    return strncmp(answer, "HTTP/1.", 7) == 0 && answer[8] == ' ' ? (int)strtol(answer + 9, NULL, 10) : 0;
}

/* Connects; each operation on the socket takes three seconds at most. Returns the socket, or -1 with errno set. */
static int connect_to(const struct sockaddr *address, socklen_t length)
{
    struct timeval patience = {.tv_sec = 3};
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 && connect(fd, address, length) == 0)
        return fd;
    close(fd);
    return -1;
}

/* The first listener that needs no certificate, or the first of all. */
static const struct listener *listener_to_query(const struct listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++)
        if (listeners->list[i].kind != LISTEN_TLS)
            return &listeners->list[i];
    return &listeners->list[0];
}

/* Logs what the files of the Engines' sockets show to be wrong. */
static void report_faults(const struct upstreams *upstreams)
{
    for (size_t i = 0; i < upstreams->count; i++)
        if (upstream_fault(&upstreams->list[i]) != NULL)
            notice("%s: %s", upstreams->list[i].host, upstream_fault(&upstreams->list[i]));
}

/* Docker keeps what a health check prints: `docker inspect` shows it. */
static void say_audit(const struct environment *environment)
{
    for (size_t i = 0; i < environment->profile_count; i++)
        if (environment->profiles[i].mode == MODE_AUDIT)
            printf("warning: %sMODE=audit forwards everything\n", environment->profiles[i].prefix);
}

/* Connects to the proxy: on the health check's own socket, or, if there is none, on a listener of the clients. */
static int connect_to_proxy(const struct listeners *listeners, bool *asks)
{
    union address address;
    socklen_t length = health_address(listeners, &address.path);
    int fd = connect_to(&address.any, length);
    const struct listener *listener = listener_to_query(listeners);

    *asks = fd >= 0 || listener->kind != LISTEN_TLS;
    if (fd >= 0)
        return fd;
    length = address_of(listener, &address);
    return connect_to(&address.any, length);
}

int healthcheck(const struct environment *environment)
{
    bool asks; /* it has no certificate: of a tls:// listener it only checks that it accepts */
    int fd = connect_to_proxy(&environment->profiles[0].listeners, &asks);
    int status = fd < 0 ? -1 : 200;

    if (fd >= 0 && asks)
        status = query(fd);
    if (status < 0)
        notice("unhealthy: the proxy does not answer: %s", strerror(errno));
    else if (status != 200 && status != 403)
        notice("unhealthy: the proxy answers %d%s", status, status == 503 ? ": it cannot reach the Docker Engine" : "");
    if (status == 503)
        report_faults(&environment->settings.upstreams);
    if (fd >= 0)
        close(fd);
    say_audit(environment);
    return status == 200 || status == 403 ? 0 : 1;
}
