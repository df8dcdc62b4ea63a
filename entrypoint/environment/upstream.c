/* Parses SOCKET_PATH and UPSTREAM. */
#include "environment/upstream.h"

#include "base/host.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#define PATH_MOST (sizeof((struct sockaddr_un *)0)->sun_path - 1)

/* Modifies text. Returns what is wrong, or NULL. */
static const char *read_upstream(struct upstream *upstream, char *text)
{
    static const enum upstream_kind kinds[] = {
        [URL_UNIX] = UPSTREAM_UNIX, [URL_TCP] = UPSTREAM_TCP, [URL_TLS] = UPSTREAM_TLS};
    unsigned char binary[sizeof(struct in6_addr)];
    struct url url;
    const char *wrong = url_read(&url, text, PATH_MOST);

    if (wrong != NULL)
        return wrong;
    if (url.scheme == URL_OTHER)
        return "an upstream must begin with unix://, tcp:// or tls://";
    upstream->kind = kinds[url.scheme];
    upstream->port = url.port;
    if (url.options != NULL)
        return "the path of an upstream has no options";
    if (url.scheme == URL_TCP || url.scheme == URL_TLS) {
        if (!url.brackets)
            return host_name_read(url.host, upstream->host) ? NULL : "the host is neither a name nor an address";
        if (inet_pton(AF_INET6, url.host, binary) != 1)
            return "the host is neither a name nor an address";
    }
    bounded_copy(upstream->host, sizeof upstream->host, url.host);
    return NULL;
}

void upstreams_read(struct upstreams *upstreams, const struct variables *variables, struct problems *problems)
{
    const char *value = variable(variables, "UPSTREAM");
    const char *socket = variable(variables, "SOCKET_PATH");
    const char *wrong;
    char **items;
    size_t count;

    memset(upstreams, 0, sizeof *upstreams);
    if (value == NULL) {
        if (socket == NULL)
            socket = variable_preset(VAR_SOCKET_PATH);
        wrong = socket_path_wrong(socket, PATH_MOST);
        if (wrong != NULL)
            problem(problems, "SOCKET_PATH=%s: %s", socket, wrong);
        bounded_copy(upstreams->list[upstreams->count++].host, sizeof upstreams->list->host,
                     wrong == NULL ? socket : "");
        return;
    }
    items = list_split(value, ", ", &count);
    if (count == 0)
        problem(problems, "UPSTREAM=%s: names no upstream", value);
    if (count > UPSTREAMS_MAX)
        problem(problems, "UPSTREAM: more than %d upstreams", UPSTREAMS_MAX);
    for (size_t i = 0; i < count && i < UPSTREAMS_MAX; i++) {
        wrong = read_upstream(&upstreams->list[upstreams->count++], items[i]);
        if (wrong != NULL)
            problem(problems, "UPSTREAM=%s: %s", value, wrong);
    }
    list_free(items, count);
}

const char *upstreams_socket(const struct upstreams *upstreams)
{
    for (size_t i = 0; i < upstreams->count; i++)
        if (upstreams->list[i].kind == UPSTREAM_UNIX)
            return upstreams->list[i].host;
    return variable_preset(VAR_SOCKET_PATH);
}

bool upstream_has_name(const struct upstream *upstream)
{
    unsigned char binary[sizeof(struct in6_addr)];

    return upstream->kind != UPSTREAM_UNIX && inet_pton(AF_INET, upstream->host, binary) != 1 &&
           inet_pton(AF_INET6, upstream->host, binary) != 1;
}

/* An open file or mounted file without a name has no link left (stat(2)). */
bool upstream_is_stale(const struct upstream *upstream)
{
    struct stat file;

    return upstream->kind == UPSTREAM_UNIX && stat(upstream->host, &file) == 0 && S_ISSOCK(file.st_mode) &&
           file.st_nlink == 0;
}

bool upstreams_stale(const struct upstreams *upstreams)
{
    for (size_t i = 0; i < upstreams->count; i++)
        if (upstream_is_stale(&upstreams->list[i]))
            return true;
    return false;
}

const char *upstream_fault(const struct upstream *upstream)
{
    struct stat file;

    if (upstream->kind != UPSTREAM_UNIX)
        return NULL;
    if (stat(upstream->host, &file) != 0)
        return errno == ENOENT ? "there is no such file; it is not mounted, or the Engine has not made it yet"
                               : "it cannot be looked at";
    if (S_ISDIR(file.st_mode))
        return "it is a directory; Docker makes one if the socket to be mounted is missing";
    if (!S_ISSOCK(file.st_mode))
        return "it is not a socket";
    return upstream_is_stale(upstream) ? UPSTREAM_STALE : NULL;
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
