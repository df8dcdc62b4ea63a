/* Decides which operations the variables of other images open. */
#include "policy/compat.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Every name and its path. The path of a section is a prefix of whole segments; the path of a LIBPOD_ALLOW_* name is
 * that of one operation. Sources: the READMEs of tecnativa/docker-socket-proxy and linuxserver/docker-socket-proxy. */
static const struct foreign {
    const char *name;
    const char *path;
} foreign[] = {
    {"POST", NULL},
    {"AUTH", "/auth"},
    {"BUILD", "/build"},
    {"COMMIT", "/commit"},
    {"CONFIGS", "/configs"},
    {"CONTAINERS", "/containers"},
    {"DISTRIBUTION", "/distribution"},
    {"EVENTS", "/events"},
    {"EXEC", "/exec"},
    {"GRPC", "/grpc"},
    {"IMAGES", "/images"},
    {"INFO", "/info"},
    {"NETWORKS", "/networks"},
    {"NODES", "/nodes"},
    {"PING", "/_ping"},
    {"PLUGINS", "/plugins"},
    {"SECRETS", "/secrets"},
    {"SERVICES", "/services"},
    {"SESSION", "/session"},
    {"SWARM", "/swarm"},
    {"SYSTEM", "/system"},
    {"TASKS", "/tasks"},
    {"VERSION", "/version"},
    {"VOLUMES", "/volumes"},
    {"LIBPOD_CONTAINERS", "/libpod/containers"},
    {"LIBPOD_EVENTS", "/libpod/events"},
    {"LIBPOD_EXEC", "/libpod/exec"},
    {"LIBPOD_GENERATE", "/libpod/generate"},
    {"LIBPOD_IMAGES", "/libpod/images"},
    {"LIBPOD_INFO", "/libpod/info"},
    {"LIBPOD_MANIFESTS", "/libpod/manifests"},
    {"LIBPOD_NETWORKS", "/libpod/networks"},
    {"LIBPOD_PING", "/libpod/_ping"},
    {"LIBPOD_PLAY", "/libpod/play"},
    {"LIBPOD_PODS", "/libpod/pods"},
    {"LIBPOD_SECRETS", "/libpod/secrets"},
    {"LIBPOD_SYSTEM", "/libpod/system"},
    {"LIBPOD_VERSION", "/libpod/version"},
    {"LIBPOD_VOLUMES", "/libpod/volumes"},
    {"LIBPOD_ALLOW_START", "/libpod/containers/{name}/start"},
    {"LIBPOD_ALLOW_STOP", "/libpod/containers/{name}/stop"},
    {"LIBPOD_ALLOW_RESTARTS", "/libpod/containers/{name}/stop"},
    {"LIBPOD_ALLOW_RESTARTS", "/libpod/containers/{name}/restart"},
    {"LIBPOD_ALLOW_RESTARTS", "/libpod/containers/{name}/kill"},
    {"LIBPOD_ALLOW_PAUSE", "/libpod/containers/{name}/pause"},
    {"LIBPOD_ALLOW_UNPAUSE", "/libpod/containers/{name}/unpause"},
    {"LIBPOD_ALLOW_POD_START", "/libpod/pods/{name}/start"},
    {"LIBPOD_ALLOW_POD_STOP", "/libpod/pods/{name}/stop"},
    {"LIBPOD_ALLOW_POD_RESTARTS", "/libpod/pods/{name}/stop"},
    {"LIBPOD_ALLOW_POD_RESTARTS", "/libpod/pods/{name}/restart"},
    {"LIBPOD_ALLOW_POD_RESTARTS", "/libpod/pods/{name}/kill"},
    {"LIBPOD_ALLOW_POD_PAUSE", "/libpod/pods/{name}/pause"},
    {"LIBPOD_ALLOW_POD_UNPAUSE", "/libpod/pods/{name}/unpause"},
};
#define FOREIGN_COUNT (sizeof foreign / sizeof *foreign)

_Static_assert(FOREIGN_COUNT <= COMPAT_NAMES_MAX, "COMPAT_NAMES_MAX is too small");

/* These read more than metadata of a container or a pod. LinuxServer's image keeps them closed unless ALLOW_<name>
 * is set. */
static const enum operation_group separate[] = {GROUP_ARCHIVE, GROUP_CHANGES, GROUP_EXPORT, GROUP_LOGS, GROUP_TOP};
#define SEPARATE_COUNT (sizeof separate / sizeof *separate)

static bool repeats_last(size_t i)
{
    return i > 0 && i < FOREIGN_COUNT && strcmp(foreign[i].name, foreign[i - 1].name) == 0;
}

void compat_try_names(struct nearest *nearest, const char *prefix)
{
    for (size_t i = 0; i < FOREIGN_COUNT; i++)
        if (strncmp(foreign[i].name, prefix, strlen(prefix)) == 0)
            nearest_try(nearest, foreign[i].name);
}

bool compat_knows(const char *name)
{
    for (size_t i = 0; i < FOREIGN_COUNT; i++)
        if (strcmp(foreign[i].name, name) == 0)
            return true;
    return false;
}

static void refuse_unknown_libpod(char *const environment[], struct problems *problems)
{
    for (; *environment != NULL; environment++) {
        char name[64];
        struct nearest nearest = {.name = name, .most = SLIP_MAX};

        snprintf(name, sizeof name, "%.*s", (int)strcspn(*environment, "="), *environment);
        if (strncmp(name, "LIBPOD_", 7) != 0 || compat_knows(name))
            continue;
        compat_try_names(&nearest, "LIBPOD_");
        if (nearest.found[0] != '\0')
            problem(problems, "%s: unknown variable; did you mean %s", name, nearest.found);
        else
            problem(problems, "%s: unknown variable; ALLOW_LIBPOD_* variables open single operations", name);
    }
}

static bool is_group(const char *name)
{
    for (size_t i = 0; i < GROUP_COUNT; i++)
        if (strcmp(group_variables[i] + strlen("ALLOW_"), name) == 0)
            return true;
    return false;
}

/* The HAProxy of those images reads numbers only (`-m bool`), so that any word counts as 0. A word that means true
 * is a problem: it opened nothing there, and must not open anything here without notice. */
static enum tristate read_value(const struct variables *variables, const char *name, struct problems *problems)
{
    enum tristate value = variable_boolean(variables, name, problems);
    const char *text = variable(variables, name);

    if (value != YES || strcmp(text, "1") == 0)
        return value;
    problem(
        problems,
        "%s=%s: the image with this variable reads any word as 0; set %s=0 to keep it closed, or %s=1%s%s%s to open it",
        name, text, name, name, is_group(name) ? " or ALLOW_" : "", is_group(name) ? name : "",
        is_group(name) ? "=true" : "");
    return UNSET;
}

void compat_read(struct compat *compat, const struct variables *variables, struct problems *problems)
{
    const char *mode = variable_word(variables, VAR_COMPAT, problems);

    memset(compat, 0, sizeof *compat);
    if (mode != NULL)
        compat->reading = strcmp(mode, "tecnativa") == 0 ? TECNATIVA : LINUXSERVER;
    for (size_t i = 0; i < FOREIGN_COUNT; i++)
        compat->value[i] = repeats_last(i) ? compat->value[i - 1] : read_value(variables, foreign[i].name, problems);
    refuse_unknown_libpod(variables->environment, problems);
}

static enum tristate value_of(const struct compat *compat, const char *name)
{
    for (size_t i = 0; i < FOREIGN_COUNT; i++)
        if (strcmp(foreign[i].name, name) == 0)
            return compat->value[i];
    return UNSET;
}

static bool below(const char *path, const char *prefix)
{
    size_t length = strlen(prefix);

    return strncmp(path, prefix, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

/* Whether the last segment of the path is that word in any case, such as LOGS of ALLOW_LOGS for .../logs. */
static bool ends_in(const char *path, const char *capitals)
{
    return strcasecmp(strrchr(path, '/') + 1, capitals) == 0;
}

/* Whether an operation of an open section stays closed by a rule of its own. */
static bool kept_closed(const struct compat *compat, const struct operation *operation, uint64_t groups_on)
{
    bool post = value_of(compat, "POST") == YES;

    /* GET, but it writes to the container's stdin */
    if (ends_in(operation->path, "ws") && !post)
        return true;
    /* a GET that runs the health check's command in the container */
    if (ends_in(operation->path, "healthcheck") && !post)
        return true;
    if (compat->reading == TECNATIVA ||
        (strstr(operation->path, "/containers/") == NULL && strstr(operation->path, "/pods/") == NULL))
        return false;
    for (size_t i = 0; i < SEPARATE_COUNT; i++)
        if (ends_in(operation->path, group_variables[separate[i]] + strlen("ALLOW_")) &&
            !(groups_on & GROUP_BIT(separate[i])))
            return true;
    /* CONTAINERS opens it in both images. LinuxServer documents EXEC for it too, so the stricter reading needs both. */
    if (compat->reading != STRICTER)
        return false;
    if (strcmp(operation->id, "ContainerExec") == 0)
        return value_of(compat, "EXEC") != YES;
    if (strcmp(operation->id, "ContainerExecLibpod") == 0)
        return value_of(compat, "LIBPOD_EXEC") != YES;
    return false;
}

enum tristate compat_decide(const struct compat *compat, const struct operation *operation, uint64_t groups_on,
                            char *reason, size_t size)
{
    bool reads = strcmp(operation->method, "GET") == 0 || strcmp(operation->method, "HEAD") == 0;
    bool post = value_of(compat, "POST") == YES;
    enum tristate decision = UNSET;

    for (size_t i = 1; i < FOREIGN_COUNT; i++) {
        bool exact = strchr(foreign[i].path, '{') != NULL;

        if (compat->value[i] == UNSET || decision == YES)
            continue;
        if (exact ? strcmp(operation->path, foreign[i].path) != 0 : !below(operation->path, foreign[i].path))
            continue;
        decision = NO;
        if (compat->value[i] != YES || (!exact && !reads && !post))
            continue;
        if (!exact && kept_closed(compat, operation, groups_on))
            continue;
        decision = YES;
        snprintf(reason, size, "%s%s", foreign[i].name, exact || reads ? "" : " and POST");
    }
    return decision;
}

uint64_t compat_ignored(const struct compat *compat)
{
    return compat->reading != TECNATIVA || value_of(compat, "POST") == YES
               ? 0
               : GROUP_BIT(GROUP_START) | GROUP_BIT(GROUP_STOP) | GROUP_BIT(GROUP_RESTARTS) | GROUP_BIT(GROUP_PAUSE) |
                     GROUP_BIT(GROUP_UNPAUSE);
}

unsigned compat_used(const struct compat *compat, char *names, size_t size)
{
    unsigned count = 0;

    names[0] = '\0';
    for (size_t i = 0; i < FOREIGN_COUNT; i++) {
        size_t used = strlen(names);

        if (compat->value[i] != YES || repeats_last(i))
            continue;
        snprintf(names + used, size - used, "%s%s", count == 0 ? "" : " ", foreign[i].name);
        count++;
    }
    return count;
}
