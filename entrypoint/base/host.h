/* Host names, addresses, ports, paths and URLs as text. */
#ifndef BASE_HOST_H
#define BASE_HOST_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define HOST_NAME_SIZE 254 /* RFC 1035: 253 characters, and the end */

/* Reads an address of the family (AF_INET, AF_INET6) into to in the form inet_ntop gives it, so that equal addresses
 * are equal texts; text and to may be the same. False if it is not an address, or does not fit. An IPv4 address in
 * IPv6's form
 * (::ffff:10.0.0.1, RFC 4291 2.5.5.2) is refused: it would be a second text for the same client or listener. */
bool address_read(int family, const char *text, char *to, size_t size);

/* Whether text is a name that the DNS can have (RFC 1035 2.3.4, and the underscores of Compose). If so, to gets it in
 * small letters: HOST_NAME_SIZE bytes at most. The two may be the same. */
bool host_name_read(const char *text, char *to);

/* Whether the path may stand in haproxy.cfg as it is: absolute, and without a character that means something there. */
bool plain_path(const char *path);

/* The path of a file in a directory. False if it does not fit. */
bool path_join(char path[PATH_MAX], const char *directory, const char *file);

/* What is wrong with the path of a Unix socket that has at most so many characters; NULL if nothing is. */
const char *socket_path_wrong(const char *path, size_t most);

enum url_scheme { URL_UNIX, URL_TCP, URL_TLS, URL_OTHER };

/* unix://PATH?OPTIONS, tcp://HOST:PORT or tls://HOST:PORT, taken apart. */
struct url {
    enum url_scheme scheme;
    const char *host; /* unix: a plain path; tcp, tls: not checked, may be empty; without its brackets */
    bool brackets;    /* tcp, tls: the host had brackets, as an IPv6 address has */
    unsigned port;    /* tcp, tls: from 1 to 65535 */
    char *options;    /* unix: what follows the question mark, NULL for none */
};

/* Takes a URL apart. The result points into text, which is changed. A path has at most path_most characters. Returns
 * what is wrong, or NULL; a URL that begins otherwise is URL_OTHER, with nothing else set. */
const char *url_read(struct url *url, char *text, size_t path_most);

#endif
