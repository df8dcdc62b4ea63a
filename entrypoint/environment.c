#include "environment.h"

#include <string.h>

/* The walk over all ALLOW_* names there are. */
struct names {
    struct groups groups;
    size_t group;
    size_t operation;
    char own[OPERATION_NAME_MAX];
};

static const char *next_name(void *context)
{
    struct names *names = context;

    if (names->group < names->groups.count)
        return names->groups.name[names->group++];
    if (names->operation < operation_count) {
        operation_own_variable(&operations[names->operation++], names->own);
        return names->own;
    }
    return NULL;
}

static void rewind_names(struct names *names)
{
    names->group = 0;
    names->operation = 0;
}

static bool known(const char *name, struct names *names)
{
    const char *candidate;

    rewind_names(names);
    while ((candidate = next_name(names)) != NULL)
        if (strcmp(candidate, name) == 0)
            return true;
    return false;
}

/* A typo must never silently close or open anything. */
static void refuse_unknown(const char *name, struct names *names, struct problems *problems)
{
    char nearest[OPERATION_NAME_MAX];

    if (known(name, names))
        return;
    rewind_names(names);
    if (nearest_name(name, next_name, names, nearest, sizeof nearest) != NULL)
        problem(problems, "%s? did you mean %s", name, nearest);
    else
        problem(problems, "%s: no such permission; `docker-socket-proxy permissions` lists them all", name);
}

static void check_names(char *const variables[], struct problems *problems)
{
    struct names names = {.group = 0};

    groups_list(&names.groups);
    for (; *variables != NULL; variables++) {
        char name[128];
        size_t length = strcspn(*variables, "=");

        if (strncmp(*variables, "ALLOW_", strlen("ALLOW_")) != 0)
            continue;
        if (length >= sizeof name)
            length = sizeof name - 1; /* too long to be known: the beginning is enough to name it */
        memcpy(name, *variables, length);
        name[length] = '\0';
        refuse_unknown(name, &names, problems);
    }
}

void environment_read(struct environment *environment, char *const variables[], struct problems *problems)
{
    struct variables all = {.environment = variables, .prefix = ""};

    check_names(variables, problems);
    settings_read(&environment->settings, &all, problems);
    compat_read(&environment->compat, &all, problems);
    permissions_read(&environment->permissions, &all, &environment->compat, problems);
}
