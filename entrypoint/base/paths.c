/* Compares the paths of sockets and mounts. */
#include "base/paths.h"

#include <string.h>

const char *path_canonical(const char *path)
{
    return strncmp(path, "/var/run", 8) == 0 && (path[8] == '/' || path[8] == '\0') ? path + strlen("/var") : path;
}

bool path_is_at_or_above(const char *source, const char *path)
{
    size_t length = strlen(source);

    while (length > 0 && source[length - 1] == '/')
        length--;
    return source[0] == '/' && strncmp(source, path, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

bool path_is_below(const char *path, const char *directory)
{
    return path_is_at_or_above(path_canonical(directory), path_canonical(path));
}
