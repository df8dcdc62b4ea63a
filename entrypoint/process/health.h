/* The health check's own way to HAProxy, which no client can fill: an abstract Unix socket (unix(7)). */
#ifndef PROCESS_HEALTH_H
#define PROCESS_HEALTH_H

#include "environment/listener.h"

#include <sys/socket.h>
#include <sys/un.h>

/* Writes the address of the socket of the proxy with these listeners, which are those of the base set. No other proxy
 * in the same network namespace has it, as none can have the first of the listeners. Returns its length. */
socklen_t health_address(const struct listeners *listeners, struct sockaddr_un *address);

/* Listens there. HAProxy inherits the socket, and serves GET /_ping on it. Returns the socket, to be closed by the
 * caller, or -1 if that is not possible: then the health check asks a listener of the clients. */
int health_listen(const struct listeners *listeners);

#endif
