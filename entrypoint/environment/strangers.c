/* Variables of other programs that look like ours. */
#include "environment/strangers.h"

#include "policy/compat.h"
#include "base/variables.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Names of other proxies. One that ends in an underscore stands for all that begin so. */
static const struct stranger {
    const char *name;
    const char *advice;
} others[] = {
    {"ALLOWED_PATHS", "paths are no setting here; ALLOW_* variables open operations, such as ALLOW_CONTAINER_LIST"},
    {"ALLOWED_METHODS", "methods are no setting here; ALLOW_* variables open operations, such as ALLOW_CONTAINER_LIST"},
    {"SP_ALLOWFROM", "of wollomatic/socket-proxy; here PROFILE_<NAME>_FROM says for whom a set of permissions is"},
    {"SP_ALLOWBINDMOUNTFROM", "of wollomatic/socket-proxy; ALLOW_BIND_MOUNTS takes the same list"},
    {"SP_LISTENIP", "of wollomatic/socket-proxy; LISTEN=tcp://ADDRESS:PORT says it here"},
    {"SP_PROXYPORT", "of wollomatic/socket-proxy; LISTEN=tcp://ADDRESS:PORT says it here"},
    {"SP_PROXYSOCKETENDPOINT", "of wollomatic/socket-proxy; LISTEN=unix:///PATH says it here"},
    {"SP_PROXYCONTAINERNAME", "of wollomatic/socket-proxy; PROFILE_<NAME>_FROM=CONTAINER says it here"},
    {"SP_SOCKETPATH", "of wollomatic/socket-proxy; SOCKET_PATH says it here"},
    {"SP_LOGLEVEL", "of wollomatic/socket-proxy; LOG_LEVEL says it here"},
    {"SP_LOGJSON", "of wollomatic/socket-proxy; LOG_FORMAT=json says it here"},
    {"SP_",
     "of wollomatic/socket-proxy, whose regular expressions are not understood; ALLOW_* variables open operations"},
    {"CETUSGUARD_BACKEND_ADDR", "of CetusGuard; UPSTREAM says it here"},
    {"CETUSGUARD_FRONTEND_ADDR", "of CetusGuard; LISTEN says it here"},
    {"CETUSGUARD_", "of CetusGuard, whose rules are not understood; ALLOW_* variables open operations"},
    {"SOCKGUARD_", "of Sockguard, whose settings are not understood; ALLOW_* variables open operations"},
    {"SOCKET_PROXY_VOLUME", "of 11notes/socket-proxy; LISTEN=unix:///PATH says it here"},
    {"SOCKET_PROXY_DOCKER_SOCKET", "of 11notes/socket-proxy; SOCKET_PATH says it here"},
    {"DOCKER_SOCKET", "SOCKET_PATH says it here"},
    {"DOCKER_SOCK", "SOCKET_PATH says it here"},
    {"PROXY_PORT", "LISTEN=tcp://ADDRESS:PORT says it here"},
};

/* Names that people believe in, where they are given a boolean: no image has them. */
static const struct stranger believed[] = {
    {"GET", "reading is opened section by section, such as ALLOW_CONTAINERS=true"},
    {"HEAD", "reading is opened section by section, such as ALLOW_CONTAINERS=true"},
    {"PUT", "the only PUT of the Engine's writes files into containers: ALLOW_PUT_CONTAINER_ARCHIVE=true"},
    {"PATCH", "the Engine has no such method"},
    {"DELETE",
     "ALLOW_DELETE=true removes containers, and what else is removed where its section is open; POST=1 has it too"},
    {"CREATE", "ALLOW_CREATE=true creates containers, and what else is created where its section is open"},
    {"START", "ALLOW_START=true starts containers"},
    {"STOP", "ALLOW_STOP=true stops containers"},
    {"RESTART", "ALLOW_CONTAINER_RESTART=true restarts containers"},
    {"RESTARTS", "ALLOW_RESTARTS=true stops, restarts and kills containers"},
    {"KILL", "ALLOW_CONTAINER_KILL=true kills containers"},
    {"PAUSE", "ALLOW_PAUSE=true pauses containers"},
    {"UNPAUSE", "ALLOW_UNPAUSE=true resumes containers"},
    {"RENAME", "ALLOW_CONTAINER_RENAME=true renames containers"},
    {"ATTACH", "ALLOW_ATTACH=true attaches to containers"},
    {"LIST", "each section has its own, such as ALLOW_CONTAINER_LIST=true"},
    {"INSPECT", "each section has its own, such as ALLOW_CONTAINER_INSPECT=true"},
    {"PRUNE", "each section has its own, such as ALLOW_IMAGE_PRUNE=true"},
    {"LOGS", "ALLOW_LOGS=true reads the logs of containers"},
    {"STATS", "ALLOW_CONTAINER_STATS=true reads the figures of containers"},
    {"TOP", "ALLOW_TOP=true lists the processes of containers"},
    {"CHANGES", "ALLOW_CHANGES=true lists what containers have changed"},
    {"ARCHIVE", "ALLOW_ARCHIVE=true reads files of containers"},
    {"EXPORT", "ALLOW_EXPORT=true reads all files of containers"},
    {"PORTS", "ports are a part of what ALLOW_CONTAINER_LIST=true shows"},
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
        stranger = find(believed, sizeof believed / sizeof *believed, name);
    if (stranger != NULL) {
        snprintf(advice, size, "%s means nothing here: %s", name, stranger->advice);
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
    snprintf(advice, size, "%.*s means nothing here: did you mean %s", (int)length, assignment, nearest.found);
    return true;
}
