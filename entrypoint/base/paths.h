/* Comparison of the paths of sockets and mounts. /var/run counts as /run, to which it is a link on most hosts. */
#ifndef BASE_PATHS_H
#define BASE_PATHS_H

#include <stdbool.h>

/* The path with /var/run replaced by /run. Points into path. */
const char *path_canonical(const char *path);

/* Whether a mount of source contains path: source is the same path or a directory above it. Compares the paths as
 * they are written, without path_canonical. */
bool path_is_at_or_above(const char *source, const char *path);

/* Whether path is the directory or lies below it. Applies path_canonical to both. */
bool path_is_below(const char *path, const char *directory);

#endif
