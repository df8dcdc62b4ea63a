/* Recognizes variables of other programs and unknown variables that look like permissions. */
#include "environment/strangers.h"

#include "policy/compat.h"
#include "base/variables.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Variables of other proxies. A name that ends in an underscore stands for all names with this prefix. */
static const struct stranger {
    const char *name;
    const char *advice;
} others[] = {
    {"ALLOWED_PATHS", "paths cannot be set; use ALLOW_* variables such as ALLOW_CONTAINER_LIST"},
    {"ALLOWED_METHODS", "methods cannot be set; use ALLOW_* variables such as ALLOW_CONTAINER_LIST"},
    {"SP_ALLOWFROM", "it is of wollomatic/socket-proxy; use PROFILE_<NAME>_FROM"},
    {"SP_ALLOWBINDMOUNTFROM", "it is of wollomatic/socket-proxy; use ALLOW_BIND_MOUNTS, which takes the same list"},
    {"SP_LISTENIP", "it is of wollomatic/socket-proxy; use LISTEN=tcp://ADDRESS:PORT"},
    {"SP_PROXYPORT", "it is of wollomatic/socket-proxy; use LISTEN=tcp://ADDRESS:PORT"},
    {"SP_PROXYSOCKETENDPOINT", "it is of wollomatic/socket-proxy; use LISTEN=unix:///PATH"},
    {"SP_PROXYCONTAINERNAME", "it is of wollomatic/socket-proxy; use PROFILE_<NAME>_FROM=CONTAINER"},
    {"SP_SOCKETPATH", "it is of wollomatic/socket-proxy; use SOCKET_PATH"},
    {"SP_LOGLEVEL", "it is of wollomatic/socket-proxy; use LOG_LEVEL"},
    {"SP_LOGJSON", "it is of wollomatic/socket-proxy; use LOG_FORMAT=json"},
    {"SP_", "it is of wollomatic/socket-proxy, whose regular expressions are not supported; use ALLOW_* variables"},
    {"CETUSGUARD_BACKEND_ADDR", "it is of CetusGuard; use UPSTREAM"},
    {"CETUSGUARD_FRONTEND_ADDR", "it is of CetusGuard; use LISTEN"},
    {"CETUSGUARD_", "it is of CetusGuard, whose rules are not supported; use ALLOW_* variables"},
    {"SOCKGUARD_", "it is of Sockguard, whose settings are not supported; use ALLOW_* variables"},
    {"SOCKET_PROXY_VOLUME", "it is of 11notes/socket-proxy; use LISTEN=unix:///PATH"},
    {"SOCKET_PROXY_DOCKER_SOCKET", "it is of 11notes/socket-proxy; use SOCKET_PATH"},
    {"DOCKER_SOCKET", "use SOCKET_PATH"},
    {"DOCKER_SOCK", "use SOCKET_PATH"},
    {"PRESETS", "use PRESET"},
    {"PROXY_PORT", "use LISTEN=tcp://ADDRESS:PORT"},
};

/* Names that no image has, but that are set by mistake. Recognized only with a boolean value. */
static const struct stranger mistaken[] = {
    {"GET", "sections are opened one by one, such as with ALLOW_CONTAINERS=true"},
    {"HEAD", "sections are opened one by one, such as with ALLOW_CONTAINERS=true"},
    {"PUT", "ALLOW_PUT_CONTAINER_ARCHIVE=true writes files into containers"},
    {"PATCH", "the Engine has no such method"},
    {"DELETE", "ALLOW_DELETE=true removes containers, and other objects whose section is open; POST=1 allows it too"},
    {"CREATE", "ALLOW_CREATE=true creates containers, and other objects whose section is open"},
    {"START", "ALLOW_START=true starts containers"},
    {"STOP", "ALLOW_STOP=true stops containers"},
    {"RESTART", "ALLOW_CONTAINER_RESTART=true restarts containers"},
    {"RESTARTS", "ALLOW_RESTARTS=true stops, restarts and kills containers"},
    {"KILL", "ALLOW_CONTAINER_KILL=true kills containers"},
    {"PAUSE", "ALLOW_PAUSE=true pauses containers"},
    {"UNPAUSE", "ALLOW_UNPAUSE=true resumes containers"},
    {"RENAME", "ALLOW_CONTAINER_RENAME=true renames containers"},
    {"ATTACH", "ALLOW_ATTACH=true attaches to containers"},
    {"LIST", "use the permission of a section, such as ALLOW_CONTAINER_LIST=true"},
    {"INSPECT", "use the permission of a section, such as ALLOW_CONTAINER_INSPECT=true"},
    {"PRUNE", "use the permission of a section, such as ALLOW_IMAGE_PRUNE=true"},
    {"LOGS", "ALLOW_LOGS=true reads the logs of containers"},
    {"STATS", "ALLOW_CONTAINER_STATS=true reads the resource usage of containers"},
    {"TOP", "ALLOW_TOP=true lists the processes of containers"},
    {"CHANGES", "ALLOW_CHANGES=true lists the changed files of containers"},
    {"ARCHIVE", "ALLOW_ARCHIVE=true reads files of containers"},
    {"EXPORT", "ALLOW_EXPORT=true exports the files of containers"},
    {"PORTS", "ALLOW_CONTAINER_LIST=true shows ports"},
    {"PULL", "ALLOW_IMAGE_CREATE=true pulls images"},
    {"PUSH", "ALLOW_IMAGE_PUSH=true pushes images"},
    {"SEARCH", "ALLOW_IMAGE_SEARCH=true searches registries"},
};

static const struct stranger *find(const struct stranger *table, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(table[i].name);

        if (strcmp(table[i].name, name) == 0 ||
            (table[i].name[length - 1] == '_' && strncmp(table[i].name, name, length) == 0))
            return &table[i];
    }
    return NULL;
}

bool stranger_advice(const char *assignment, char *advice, size_t size)
{
    char name[64];
    struct nearest nearest = {.name = name};
    size_t length = strcspn(assignment, "=");
    char *const only[] = {(char *)assignment, NULL};
    const struct variables variables = {.environment = only, .prefix = ""};
    const struct stranger *stranger;
    const char *value;

    if (length >= sizeof name || assignment[length] == '\0')
        return false;
    snprintf(name, sizeof name, "%.*s", (int)length, assignment);
    value = variable(&variables, name);
    stranger = find(others, sizeof others / sizeof *others, name);
    if (stranger == NULL && value != NULL && boolean_word(value) != UNSET)
        stranger = find(mistaken, sizeof mistaken / sizeof *mistaken, name);
    if (stranger != NULL) {
        snprintf(advice, size, "%s has no effect: %s", name, stranger->advice);
        return true;
    }
    if (value == NULL || boolean_word(value) == UNSET || compat_knows(name))
        return false;
    for (char *c = name; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
    nearest.most = slip(name);
    compat_try_names(&nearest, "");
    if (nearest.found[0] == '\0')
        return false;
    snprintf(advice, size, "%.*s has no effect: did you mean %s", (int)length, assignment, nearest.found);
    return true;
}
