#include "upstream.h"

#include "bounded.h"
#include "client.h"
#include "listener.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#define USUAL_SOCKET "/var/run/docker.sock"

static const char *read_socket(struct upstream *upstream, const char *path)
{
    upstream->kind = UPSTREAM_UNIX;
    if (!plain_path(path) || strlen(path) >= sizeof((struct sockaddr_un *)0)->sun_path)
        return "the path is not absolute, too long for a socket, or has a special character";
    bounded_copy(upstream->host, sizeof upstream->host, path);
    return NULL;
}

/* What follows tcp:// or tls://: host:port or [IPv6]:port */
static const char *read_host(struct upstream *upstream, enum upstream_kind kind, const char *rest)
{
    const char *colon = strrchr(rest, ':');
    size_t length = colon == NULL ? 0 : (size_t)(colon - rest);
    unsigned char binary[sizeof(struct in6_addr)];
    bool brackets = length >= 2 && rest[0] == '[' && rest[length - 1] == ']';

    upstream->kind = kind;
    if (colon == NULL || !port_read(colon + 1, &upstream->port))
        return "a port from 1 to 65535 is missing";
    if (brackets) {
        rest++;
        length -= 2;
    }
    if (length >= sizeof upstream->host)
        return "the host is too long";
    memcpy(upstream->host, rest, length);
    upstream->host[length] = '\0';
    if (brackets ? inet_pton(AF_INET6, upstream->host, binary) != 1 : !host_name_read(upstream->host, upstream->host))
        return "the host is neither a name nor an address";
    return NULL;
}

static const char *read_url(struct upstream *upstream, const char *url)
{
    if (strncmp(url, "unix://", 7) == 0)
        return read_socket(upstream, url + 7);
    if (strncmp(url, "tcp://", 6) == 0)
        return read_host(upstream, UPSTREAM_TCP, url + 6);
    if (strncmp(url, "tls://", 6) == 0)
        return read_host(upstream, UPSTREAM_TLS, url + 6);
    return "an upstream begins with unix://, tcp:// or tls://";
}

static void read_list(struct upstreams *upstreams, const char *value, struct problems *problems)
{
    char *list = strdup(value);
    char *save;

    if (list == NULL)
        abort();
    for (char *url = strtok_r(list, ", ", &save); url != NULL; url = strtok_r(NULL, ", ", &save)) {
        const char *wrong;

        if (upstreams->count == UPSTREAMS_MAX) {
            problem(problems, "UPSTREAM: more than %d upstreams", UPSTREAMS_MAX);
            break;
        }
        wrong = read_url(&upstreams->list[upstreams->count++], url);
        if (wrong != NULL)
            problem(problems, "UPSTREAM=%s: %s", value, wrong);
    }
    if (upstreams->count == 0)
        problem(problems, "UPSTREAM=%s: names no upstream", value);
    free(list);
}

void upstreams_read(struct upstreams *upstreams, const struct variables *variables, struct problems *problems)
{
    const char *socket = variable(variables, "SOCKET_PATH");
    const char *value = variable(variables, "UPSTREAM");
    const char *wrong;

    upstreams->count = 0;
    if (value != NULL) {
        read_list(upstreams, value, problems);
        return;
    }
    if (socket == NULL)
        socket = USUAL_SOCKET;
    wrong = read_socket(&upstreams->list[upstreams->count++], socket);
    if (wrong != NULL)
        problem(problems, "SOCKET_PATH=%s: %s", socket, wrong);
}

const char *upstreams_socket(const struct upstreams *upstreams)
{
    for (size_t i = 0; i < upstreams->count; i++)
        if (upstreams->list[i].kind == UPSTREAM_UNIX)
            return upstreams->list[i].host;
    return USUAL_SOCKET;
}

bool upstream_has_name(const struct upstream *upstream)
{
    unsigned char binary[sizeof(struct in6_addr)];

    return upstream->kind != UPSTREAM_UNIX && inet_pton(AF_INET, upstream->host, binary) != 1 &&
           inet_pton(AF_INET6, upstream->host, binary) != 1;
}

bool upstream_url(const struct upstream *upstream, char *url, size_t size)
{
    bool literal6 = strchr(upstream->host, ':') != NULL && upstream->kind != UPSTREAM_UNIX;
    int length;

    if (upstream->kind == UPSTREAM_UNIX)
        length = snprintf(url, size, "unix://%s", upstream->host);
    else
        length = snprintf(url, size, literal6 ? "%s://[%s]:%u" : "%s://%s:%u",
                          upstream->kind == UPSTREAM_TLS ? "tls" : "tcp", upstream->host, upstream->port);
    return length >= 0 && (size_t)length < size;
}
