/* TLS to an upstream over a non-blocking socket. The certificate is verified as in HAProxy (see config/upstreams.c):
 * the CA of UPSTREAM_TLS_CERT_PATH, the name of the host, TLS 1.2 or newer. */
#ifndef INVENTORY_TLS_H
#define INVENTORY_TLS_H

#include "environment/settings.h"

#include <stdbool.h>
#include <sys/types.h>

/* The certificates and the key, read once. */
struct tls_context;

/* A session. */
struct tls;

/* Reads UPSTREAM_TLS_CERT_PATH, a directory with ca.pem, cert.pem and key.pem, if any upstream needs it. NULL if none
 * does, or if the files cannot be used: sessions then fail. Release with tls_context_free, which accepts NULL. */
struct tls_context *tls_context_new(const struct settings *settings);
void tls_context_free(struct tls_context *context);

/* Prepares a session on a connected or connecting socket, which the caller keeps. NULL if the context cannot be used or
 * is NULL; it may be released before the session. Release with tls_free, which accepts NULL. */
struct tls *tls_new(int fd, const struct upstream *upstream, const struct tls_context *context);
void tls_free(struct tls *tls);

/* Returns 1 when done, 0 to be called again after poll reports tls_events, -1 on an error, which tls_why describes. */
int tls_handshake(struct tls *tls);
short tls_events(const struct tls *tls);
const char *tls_why(const struct tls *tls);

/* As send(2) and recv(2): -1 with errno EAGAIN if they would block, with EPROTO on an error of TLS. */
ssize_t tls_write(struct tls *tls, const char *bytes, size_t length);
ssize_t tls_read(struct tls *tls, char *bytes, size_t size);

#endif
