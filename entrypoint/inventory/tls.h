/* TLS to an upstream over a non-blocking socket. The certificate is verified as in HAProxy (see config/upstreams.c):
 * the CA of UPSTREAM_TLS_CERT_PATH, the name of the host, TLS 1.2 or newer. */
#ifndef INVENTORY_TLS_H
#define INVENTORY_TLS_H

#include "environment/upstream.h"

#include <stdbool.h>
#include <sys/types.h>

struct tls;

/* Prepares a session on a connected or connecting socket, which the caller keeps. The directory has ca.pem, cert.pem
 * and key.pem. NULL if they cannot be used. Release with tls_free, which accepts NULL. */
struct tls *tls_new(int fd, const struct upstream *upstream, const char *directory);
void tls_free(struct tls *tls);

/* Returns 1 when done, 0 to be called again after poll reports tls_events, -1 on an error, which tls_why describes. */
int tls_handshake(struct tls *tls);
short tls_events(const struct tls *tls);
const char *tls_why(const struct tls *tls);

/* As send(2) and recv(2): -1 with errno EAGAIN if they would block, with EPROTO on an error of TLS. */
ssize_t tls_write(struct tls *tls, const char *bytes, size_t length);
ssize_t tls_read(struct tls *tls, char *bytes, size_t size);

#endif
