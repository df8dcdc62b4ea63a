/* Conflicts of listeners. HAProxy binds with SO_REUSEPORT, so that the kernel may give its clients to another
 * process on the same port, and it replaces a file that has the path of its socket. It reports neither, so the start
 * has to check. */
#ifndef ENVIRONMENT_LISTENER_CONFLICTS_H
#define ENVIRONMENT_LISTENER_CONFLICTS_H

#include "environment/listener.h"

/* Whether two listeners would have the same address or path. */
bool listeners_collide(const struct listener *a, const struct listener *b);

/* Whether a client of one could reach the other in its place: they also overlap if one has the port on every address.
 */
bool listeners_overlap(const struct listener *a, const struct listener *b);

/* Whether the listener would replace the Engine's socket, by any spelling of the paths. socket_path is a plain path. */
bool listener_replaces(const struct listener *listener, const char *socket_path);

/* Whether a process listens there already, or the path is that of a file that is not a socket. */
bool listener_taken(const struct listener *listener);

#endif
