/* Paths of sockets and mounts, compared as the host sees them: /var/run is a link to /run. */
#ifndef BASE_PATHS_H
#define BASE_PATHS_H

#include <stdbool.h>

/* The path with /var/run written as /run. Points into path. */
const char *path_canonical(const char *path);

/* Whether what is mounted from source shows the path: it is the same, or a directory above it. As written; see
 * path_is_below. */
bool path_is_at_or_above(const char *source, const char *path);

/* Whether the path is the directory's or lies below it. */
bool path_is_below(const char *path, const char *directory);

#endif
