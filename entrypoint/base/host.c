/* Parses host names, addresses, ports, paths and URLs. */
#include "base/host.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

bool address_read(int family, const char *text, char *to, size_t size)
{
    struct in6_addr binary;

    return inet_pton(family, text, &binary) == 1 && !(family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&binary)) &&
           inet_ntop(family, &binary, to, (socklen_t)size) != NULL;
}

bool host_name_read(const char *text, char *to)
{
    size_t length = strlen(text);
    size_t i = 0;

    if (length == 0 || length >= HOST_NAME_SIZE || !isalnum((unsigned char)text[0]))
        return false;
    for (const char *label = text;; label++) {
        size_t size = strspn(label, ALNUM "_-");

        if (size == 0 || size > 63)
            return false;
        label += size;
        if (*label == '\0')
            break;
        if (*label != '.')
            return false;
    }
    for (; text[i] != '\0'; i++)
        to[i] = (char)tolower((unsigned char)text[i]);
    to[i] = '\0';
    return true;
}

bool plain_path(const char *path)
{
    return path[0] == '/' && strspn(path, ALNUM "/._-+@:,=") == strlen(path);
}

bool path_join(char path[PATH_MAX], const char *directory, const char *file)
{
    return (size_t)snprintf(path, PATH_MAX, "%s/%s", directory, file) < PATH_MAX;
}

const char *socket_path_wrong(const char *path, size_t most)
{
    return plain_path(path) && strlen(path) <= most
               ? NULL
               : "the path is not absolute, too long for a socket, or has a special character";
}

static bool port_read(const char *text, unsigned *port)
{
    unsigned long number;

    if (*text == '\0' || strspn(text, "0123456789") != strlen(text))
        return false;
    number = strtoul(text, NULL, 10);
    *port = (unsigned)number;
    return number >= 1 && number <= 65535;
}

static const char *read_host(struct url *url, char *rest)
{
    char *colon = strrchr(rest, ':');
    size_t length = colon == NULL ? 0 : (size_t)(colon - rest);

    if (colon == NULL || !port_read(colon + 1, &url->port))
        return "a port from 1 to 65535 is missing";
    *colon = '\0';
    url->brackets = length >= 2 && rest[0] == '[' && rest[length - 1] == ']';
    if (url->brackets)
        rest[length - 1] = '\0';
    url->host = rest + url->brackets;
    return NULL;
}

const char *url_read(struct url *url, char *text, size_t path_most)
{
    static const char *const schemes[] = {[URL_UNIX] = "unix://", [URL_TCP] = "tcp://", [URL_TLS] = "tls://"};

    memset(url, 0, sizeof *url);
    url->scheme = URL_OTHER;
    for (int i = URL_UNIX; i <= URL_TLS; i++)
        if (strncmp(text, schemes[i], strlen(schemes[i])) == 0) {
            url->scheme = (enum url_scheme)i;
            text += strlen(schemes[i]);
        }
    if (url->scheme == URL_TCP || url->scheme == URL_TLS)
        return read_host(url, text);
    if (url->scheme == URL_OTHER)
        return NULL;
    url->host = text;
    url->options = strchr(text, '?');
    if (url->options != NULL)
        *url->options++ = '\0';
    return socket_path_wrong(text, path_most);
}
