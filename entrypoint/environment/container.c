/* Identifies the container of this process by /proc/self/mountinfo, /proc/self/cgroup and the host name. */
#include "environment/container.h"

#include "base/array.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char digits[] = "0123456789abcdef";

static char *copy(const char *text)
{
    char *result = strdup(text);

    if (result == NULL)
        abort();
    return result;
}

/* Finds the last run of exactly 64 digits: in nested containers, the ids of the outer ones come before it. */
static bool last_id(const char *text, char id[CONTAINER_ID_SIZE])
{
    bool found = false;

    while (*text != '\0') {
        size_t length = strspn(text, digits);

        if (length == CONTAINER_ID_LENGTH) {
            bounded_format(id, CONTAINER_ID_SIZE, "%.*s", CONTAINER_ID_LENGTH, text);
            found = true;
        }
        text += length;
        text += strcspn(text, digits);
    }
    return found;
}

/* Finds the id in the path of a file that the Engine mounts: Docker's are in ".../containers/<64 digits>/", Podman's
 * in ".../<driver>-containers/<64 digits>/". */
static bool id_of_directory(const char *path, char id[CONTAINER_ID_SIZE])
{
    static const char directory[] = "containers/";

    for (const char *at = strstr(path, directory); at != NULL; at = strstr(at, directory)) {
        at += strlen(directory);
        if (strspn(at, digits) == CONTAINER_ID_LENGTH && at[CONTAINER_ID_LENGTH] == '/') {
            bounded_format(id, CONTAINER_ID_SIZE, "%.*s", CONTAINER_ID_LENGTH, at);
            return true;
        }
    }
    return false;
}

/* One line of mountinfo (proc(5)): "36 35 98:0 ROOT PLACE options [fields] - TYPE SOURCE OPTIONS". */
struct mount {
    char *root;
    char *place;
    char *type;
    char *source;
};

/* The kernel writes blanks and other special characters as \040 (proc(5)). */
static void unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        if (from[0] == '\\' && strspn(from + 1, "01234567") >= 3) {
            *to++ = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 3;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
}

static bool read_mount(char *line, struct mount *mount)
{
    char *words[5] = {NULL};
    char *separator = strstr(line, " - ");
    char *rest = line;

    line[strcspn(line, "\n")] = '\0';
    if (separator == NULL)
        return false;
    *separator = '\0';
    for (size_t i = 0; i < 5; i++)
        words[i] = strsep(&rest, " ");
    mount->root = words[3];
    mount->place = words[4];
    rest = separator + strlen(" - ");
    mount->type = strsep(&rest, " ");
    mount->source = strsep(&rest, " ");
    if (mount->place == NULL || mount->source == NULL)
        return false;
    unescape(mount->root);
    unescape(mount->place);
    return true;
}

/* /.dockerenv alone does not prove a container: it also exists in file systems made from an exported container, such
 * as those of small virtual machines. Their root is a whole device. */
static bool is_whole_device(const struct mount *root)
{
    return strcmp(root->root, "/") == 0 && strncmp(root->source, "/dev/", 5) == 0;
}

static void parse_mounts(struct container *container, FILE *mountinfo, bool dockerenv)
{
    static const char *const of_network[] = {"/etc/hostname", "/etc/hosts", "/etc/resolv.conf"};
    char *line = NULL;
    size_t room = 0;
    size_t count = 0;

    while (getline(&line, &room, mountinfo) > 0) {
        struct mount mount;

        if (!read_mount(line, &mount))
            continue;
        container->mounts = array_grow(container->mounts, count + 1, sizeof *container->mounts); /* NULL ends them */
        container->mounts[count++] = copy(mount.place);
        for (size_t i = 0; i < sizeof of_network / sizeof *of_network; i++)
            if (container->network_id[0] == '\0' && strcmp(mount.place, of_network[i]) == 0)
                id_of_directory(mount.root, container->network_id);
        if (strcmp(mount.place, "/run/.containerenv") == 0)
            id_of_directory(mount.root, container->id);
        if (strncmp(mount.type, "cgroup", 6) == 0 && container->id[0] == '\0')
            last_id(mount.root, container->id);
        if (strcmp(mount.place, "/") == 0)
            container->contained = dockerenv && !is_whole_device(&mount);
    }
    free(line);
}

static void parse_cgroup(struct container *container, FILE *cgroup)
{
    char *line = NULL;
    size_t room = 0;

    while (container->id[0] == '\0' && getline(&line, &room, cgroup) > 0)
        last_id(line, container->id);
    free(line);
}

/* By default, the host name is the first twelve digits of the id. */
static void read_host_name(struct container *container)
{
    char name[256] = "";

    if (gethostname(name, sizeof name - 1) == 0 && strlen(name) >= CONTAINER_SHORT_LENGTH &&
        strlen(name) <= CONTAINER_ID_LENGTH && strspn(name, digits) == strlen(name))
        bounded_copy(container->host_name, sizeof container->host_name, name);
}

void container_parse(struct container *container, FILE *mountinfo, FILE *cgroup, bool dockerenv, bool containerenv)
{
    memset(container, 0, sizeof *container);
    if (mountinfo != NULL)
        parse_mounts(container, mountinfo, dockerenv);
    else
        container->contained = dockerenv;
    if (cgroup != NULL)
        parse_cgroup(container, cgroup);
    container->contained |= containerenv || container->id[0] != '\0' || container->network_id[0] != '\0';
}

void container_read(struct container *container)
{
    FILE *mountinfo = fopen("/proc/self/mountinfo", "re");
    FILE *cgroup = fopen("/proc/self/cgroup", "re");

    container_parse(container, mountinfo, cgroup, access("/.dockerenv", F_OK) == 0,
                    access("/run/.containerenv", F_OK) == 0);
    if (container->contained)
        read_host_name(container);
    if (mountinfo != NULL)
        fclose(mountinfo);
    if (cgroup != NULL)
        fclose(cgroup);
}

void container_free(struct container *container)
{
    for (size_t i = 0; container->mounts != NULL && container->mounts[i] != NULL; i++)
        free(container->mounts[i]);
    free(container->mounts);
    memset(container, 0, sizeof *container);
}

bool container_network_name(char name[CONTAINER_SHORT_LENGTH + 1])
{
    struct container container;
    bool found;

    container_read(&container);
    found = container.network_id[0] != '\0';
    if (found)
        bounded_format(name, CONTAINER_SHORT_LENGTH + 1, "%.*s", CONTAINER_SHORT_LENGTH, container.network_id);
    container_free(&container);
    return found;
}
