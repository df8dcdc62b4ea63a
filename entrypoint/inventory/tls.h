/* TLS to an upstream, over a socket that does not wait: the Engine's certificate is verified as HAProxy does (see
 * config/upstreams.c: the CA of UPSTREAM_TLS_CERT_PATH, the host's name, TLS 1.2 at least). */
#ifndef INVENTORY_TLS_H
#define INVENTORY_TLS_H

#include "environment/upstream.h"

#include <stdbool.h>
#include <sys/types.h>

struct tls;

/* On a connected or connecting socket, which stays the caller's; the directory has ca.pem, cert.pem and key.pem. NULL
 * if they cannot be used. Release with tls_free (NULL is fine). */
struct tls *tls_new(int fd, const struct upstream *upstream, const char *directory);
void tls_free(struct tls *tls);

/* 1: done, 0: to be called again once poll says so (tls_events), -1: failed, see tls_why. */
int tls_handshake(struct tls *tls);
short tls_events(const struct tls *tls);
const char *tls_why(const struct tls *tls);

/* As send and recv: -1 with errno EAGAIN if they would wait. */
ssize_t tls_write(struct tls *tls, const char *bytes, size_t length);
ssize_t tls_read(struct tls *tls, char *bytes, size_t size);

#endif
