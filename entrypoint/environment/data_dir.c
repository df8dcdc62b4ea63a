/* Finds the directory of templates/ and haproxy/ if DATA_DIR is not set. */
#include "environment/data_dir.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef INSTALLED_DATA_DIR
#define INSTALLED_DATA_DIR "/usr/local/share/docker-socket-proxy"
#endif

/* Whether the path exists, is not a link, belongs to this user and is not world-writable: its content decides what
 * HAProxy allows. */
static bool is_ours(const char *path)
{
    struct stat file;

    return lstat(path, &file) == 0 && !S_ISLNK(file.st_mode) && file.st_uid == geteuid() &&
           (file.st_mode & S_IWOTH) == 0;
}

/* Writes the root of the checkout, if the program is in its build/ and is_ours holds for all that is read from it. */
static bool find_checkout(char root[PATH_MAX])
{
    static const char *const parts[] = {"", "/build", "/templates", "/templates/haproxy.cfg", "/haproxy"};
    char *build;
    ssize_t length = readlink("/proc/self/exe", root, PATH_MAX - 64);

    if (length <= 0 || getauxval(AT_SECURE) != 0)
        return false;
    root[length] = '\0';
    if (!is_ours(root))
        return false;
    *strrchr(root, '/') = '\0';
    build = strrchr(root, '/');
    if (build == NULL || strcmp(build, "/build") != 0)
        return false;
    *build = '\0';
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char path[PATH_MAX + 32];

        snprintf(path, sizeof path, "%s%s", root, parts[i]);
        if (!is_ours(path))
            return false;
    }
    return true;
}

const char *data_dir_preset(void)
{
    static char root[PATH_MAX];

    return find_checkout(root) ? root : INSTALLED_DATA_DIR;
}
