/* Writes the files in haproxy/ that follow from the table of operations. */
#include "config/config.h"

#include "policy/routes.h"

#include <string.h>

/* Whether a row before i has the key. Such a row counts. */
static bool is_repeated(const char *key, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        char keys[ROUTE_KEYS_MAX][ROUTE_KEY_MAX];
        size_t count = route_keys(&operations[k], keys);

        for (size_t n = 0; n < count; n++)
            if (strcmp(keys[n], key) == 0)
                return true;
    }
    return false;
}

static void write_routes(FILE *out, bool libpod)
{
    fputs("# METHOD and path, with a colon in place of the first name in it, or at its end -> operationId. Made from\n"
          "# entrypoint/policy/operations.def by `make maps`.\n",
          out);
    for (size_t i = 0; i < operation_count; i++) {
        char keys[ROUTE_KEYS_MAX][ROUTE_KEY_MAX];
        size_t count = route_is_libpod(&operations[i]) == libpod ? route_keys(&operations[i], keys) : 0;

        for (size_t k = 0; k < count; k++)
            if (!is_repeated(keys[k], i))
                fprintf(out, "%s %s\n", keys[k], operations[i].id);
    }
}

void config_write_operations_map(FILE *out)
{
    write_routes(out, false);
}

void config_write_libpod_map(FILE *out)
{
    write_routes(out, true);
}

/* SystemPing is the request of the health check, which the frontend does not log. */
static bool is_plain(const struct operation *operation)
{
    return operation->kind == PLAIN && strcmp(operation->id, "SystemPing") != 0;
}

void config_write_plain_list(FILE *out)
{
    fputs("# The operations that the frontend has no further rule for. Made from entrypoint/policy/operations.def by\n"
          "# `make maps`.\n",
          out);
    for (size_t i = 0; i < operation_count; i++)
        if (is_plain(&operations[i]) && !route_is_libpod(&operations[i]))
            fprintf(out, "%s\n", operations[i].id);
}

void config_write_kinds_map(FILE *out)
{
    static const char *const kinds[] = {[STREAM] = "stream", [UPGRADE] = "upgrade", [H2C] = "h2c"};

    fputs(
        "# operationId -> stream if it lasts as long as its client, upgrade if it also leaves HTTP, h2c if it does so for\n"
        "# HTTP/2. Made from entrypoint/policy/operations.def by `make maps`.\n",
        out);
    for (size_t i = 0; i < operation_count; i++)
        if (operations[i].kind != PLAIN)
            fprintf(out, "%s %s\n", operations[i].id, kinds[operations[i].kind]);
}

void config_write_variables_map(FILE *out)
{
    fputs(
        "# operationId -> the variable that decides it alone. Made from entrypoint/policy/operations.def by `make maps`.\n",
        out);
    for (size_t i = 0; i < operation_count; i++) {
        char own[OPERATION_NAME_MAX];

        operation_own_variable(&operations[i], own);
        fprintf(out, "%s %s\n", operations[i].id, own);
    }
}
