/* Holds the table of operations and derives variables, regexes and groups from its rows. */
#include "policy/operations.h"

#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { OFF = false, ON = true };

const char *const group_variables[] = {
#define GROUP(name) "ALLOW_" #name,
#include "policy/operations.def"
};

#define OWN \
    {       \
        0   \
    }
#define ONE(a)               \
    {                        \
        GROUP_BIT(GROUP_##a) \
    }
#define BOTH(a, b)                                  \
    {                                               \
        GROUP_BIT(GROUP_##a) | GROUP_BIT(GROUP_##b) \
    }
#define EITHER(a, b)                               \
    {                                              \
        GROUP_BIT(GROUP_##a), GROUP_BIT(GROUP_##b) \
    }

const struct operation operations[] = {
#define OPERATION(section, method, path, id, groups, preset, kind, reach) \
    {#section, #method, path, #id, groups, preset, kind, REACH_##reach},
#include "policy/operations.def"
};

const size_t operation_count = sizeof operations / sizeof *operations;

_Static_assert(sizeof operations / sizeof *operations <= OPERATIONS_MAX, "OPERATIONS_MAX is too small");
_Static_assert(GROUP_COUNT <= 64, "a set of groups has 64 bits");

/* Appends to a buffer that is large enough for every row. A row that does not fit is a defect of the table, which
 * the unit test of all rows finds. */
static void append(char *to, size_t size, const char *text, size_t length)
{
    size_t used = strlen(to);

    if (length >= size - used)
        abort();
    memcpy(to + used, text, length);
    to[used + length] = '\0';
}

size_t operation_find(const char *id)
{
    size_t i = 0;

    while (i < operation_count && strcmp(operations[i].id, id) != 0)
        i++;
    return i;
}

void operations_write_reach(FILE *out)
{
    static const char *const words[] = {
        [REACH_NOTHING] = "none", [REACH_CONTAINER] = "one", [REACH_RENAME] = "rename", [REACH_EXEC] = "exec",
        [REACH_LIST] = "list",    [REACH_LABELS] = "labels", [REACH_MANY] = "many"};

    for (size_t i = 0; i < operation_count; i++)
        fprintf(out, "%s\t%s\n", words[operations[i].reach], operations[i].id);
}

void operation_own_variable(const struct operation *operation, char name[OPERATION_NAME_MAX])
{
    const char *libpod = strstr(operation->id, "Libpod");
    const char *end = libpod == NULL ? strchr(operation->id, '\0') : libpod;

    bounded_copy(name, OPERATION_NAME_MAX, libpod == NULL ? "ALLOW" : "ALLOW_LIBPOD");
    for (const char *c = operation->id; c < end; c++) {
        char upper = (char)toupper((unsigned char)*c);

        if (isupper((unsigned char)*c))
            append(name, OPERATION_NAME_MAX, "_", 1);
        append(name, OPERATION_NAME_MAX, &upper, 1);
    }
}

size_t operation_find_by_variable(const char *name)
{
    char own[OPERATION_NAME_MAX];
    size_t i = 0;

    for (; i < operation_count; i++) {
        operation_own_variable(&operations[i], own);
        if (strcmp(own, name) == 0)
            break;
    }
    return i;
}

bool is_permission(const char *name)
{
    for (size_t i = 0; i < GROUP_COUNT; i++)
        if (strcmp(group_variables[i], name) == 0)
            return true;
    return operation_find_by_variable(name) < operation_count;
}

bool operation_name_is_reference(const struct operation *operation)
{
    const char *path = operation->path;

    return strncmp(path, "/images/", 8) == 0 || strncmp(path, "/plugins/", 9) == 0 ||
           strncmp(path, "/distribution/", 14) == 0;
}

void operation_groups(const struct operation *operation, char text[OPERATION_GROUPS_MAX])
{
    text[0] = '\0';
    for (size_t k = 0; k < ALTERNATIVES_MAX; k++) {
        const char *between = k == 0 ? "" : " | ";

        for (size_t i = 0; i < GROUP_COUNT; i++)
            if (operation->groups[k] & GROUP_BIT(i)) {
                const char *name = group_variables[i] + strlen("ALLOW_");

                append(text, OPERATION_GROUPS_MAX, between, strlen(between));
                append(text, OPERATION_GROUPS_MAX, name, strlen(name));
                between = "+";
            }
    }
}
