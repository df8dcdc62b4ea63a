/* Where a listener stands on this machine. HAProxy shares a port with whatever else asks for it (SO_REUSEPORT), so that
 * the kernel deals clients out by chance, and puts its socket in place of whatever has its path; both without a word.
 */
#ifndef ENVIRONMENT_LISTENER_CONFLICTS_H
#define ENVIRONMENT_LISTENER_CONFLICTS_H

#include "environment/listener.h"

/* Whether both would be the same address or path. */
bool listeners_collide(const struct listener *a, const struct listener *b);

/* Whether the listener would be put in place of the Engine's socket, whichever way their paths are written. socket_path
 * is a plain path. */
bool listener_replaces(const struct listener *listener, const char *socket_path);

/* Whether somebody listens there already, or something other than a socket has the path. */
bool listener_taken(const struct listener *listener);

#endif
