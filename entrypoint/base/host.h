/* Parsers of host names, addresses, ports, paths and URLs. */
#ifndef BASE_HOST_H
#define BASE_HOST_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define HOST_NAME_SIZE 254 /* RFC 1035: 253 characters and the terminating zero */

/* Copies an address of the family (AF_INET, AF_INET6) to `to` in the form of inet_ntop, so that equal addresses are
 * equal strings. text and to may be the same buffer. Returns false if text is not an address, or does not fit in
 * size. An IPv4-mapped IPv6 address (::ffff:10.0.0.1, RFC 4291 2.5.5.2) is refused: it would be a second spelling of
 * the same client or listener. */
bool address_read(int family, const char *text, char *to, size_t size);

/* Whether text is a valid DNS name (RFC 1035 2.3.4, and the underscores that Compose uses). If so, copies it to `to`
 * in lower case, HOST_NAME_SIZE bytes at most. text and to may be the same buffer. */
bool host_name_read(const char *text, char *to);

/* Whether the path can be written to haproxy.cfg without quoting: absolute, no special characters. */
bool plain_path(const char *path);

/* Writes directory/file to path. False if it does not fit. */
bool path_join(char path[PATH_MAX], const char *directory, const char *file);

/* Checks the path of a Unix socket, at most `most` characters long. Returns what is wrong with it, or NULL. */
const char *socket_path_wrong(const char *path, size_t most);

enum url_scheme { URL_UNIX, URL_TCP, URL_TLS, URL_OTHER };

/* The parts of unix://PATH?OPTIONS, tcp://HOST:PORT or tls://HOST:PORT. */
struct url {
    enum url_scheme scheme;
    const char *host; /* unix: a plain path; tcp, tls: not checked, may be empty; without its brackets */
    bool brackets;    /* tcp, tls: the host was in brackets, as an IPv6 address is */
    unsigned port;    /* tcp, tls: from 1 to 65535 */
    char *options;    /* unix: the part after the question mark; NULL without one */
};

/* Splits a URL. Modifies text; the result points into it. A path may have path_most characters. Returns what is
 * wrong with the URL, or NULL. A URL with another scheme is URL_OTHER, with nothing else set. */
const char *url_read(struct url *url, char *text, size_t path_most);

#endif
