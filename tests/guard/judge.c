/* The guard as a program, for tests: NAME=value arguments are its variables.
 *
 *   judge OPERATION [NAME=value ...] < records    judges many bodies: each is 4 bytes of length (big endian) and the
 *                                                 body; the answer to each is a byte, P or R
 *   judge -v OPERATION FILE [NAME=value ...]      judges one body and prints the message, or "passes"
 *   judge -a OPERATION FILE [NAME=value ...]      all that is wrong with one body, a line each
 *   judge -q OPERATION QUERY [NAME=value ...]     the same for a query
 *   judge -b [NAME=value ...]                     the buffer size
 *   judge -o [NAME=value ...]                     the operations that are looked at
 *   judge -m                                      every member and parameter that the guard knows
 *
 * Some names are not variables but what is known of the Engine and the profile: ENGINE=docker, CGROUP=1, SELF=unknown,
 * SELF_CONTAINER, SELF_VOLUMES, HOLDERS, HOST_NETWORKS, NAMED (lists; the last of names and ids in turn); INSPECT=open,
 * SECRETS=open, CONFIGS=open. */
#include "guard/internal.h"

#include <stdlib.h>
#include <string.h>

/* NAME=value arguments that are facts instead of variables. */
static const char *argument(char **arguments, const char *name)
{
    size_t length = strlen(name);

    for (; *arguments != NULL; arguments++)
        if (strncmp(*arguments, name, length) == 0 && (*arguments)[length] == '=')
            return *arguments + length + 1;
    return NULL;
}

static bool is(char **arguments, const char *name, const char *value)
{
    const char *given = argument(arguments, name);

    return given != NULL && strcmp(given, value) == 0;
}

static struct guard_names split(const char *value)
{
    static char *items[64];
    static size_t count;
    struct guard_names names = {.list = (const char *const *)&items[count]};
    char *copy = value == NULL ? NULL : strdup(value);

    for (char *item = copy == NULL ? NULL : strtok(copy, ","); item != NULL && count < 64; item = strtok(NULL, ",")) {
        items[count++] = item;
        names.count++;
    }
    return names;
}

static void read_facts(struct guard_facts *facts, char **arguments)
{
    facts->docker = is(arguments, "ENGINE", "docker");
    facts->sound_builds = is(arguments, "BUILDKIT", "sound");
    facts->cgroup_v1 = is(arguments, "CGROUP", "1");
    facts->own_unknown = is(arguments, "SELF", "unknown");
    facts->own = split(argument(arguments, "SELF_CONTAINER"));
    facts->holders = split(argument(arguments, "HOLDERS"));
    facts->volumes = split(argument(arguments, "SELF_VOLUMES"));
    facts->host_networks = split(argument(arguments, "HOST_NETWORKS"));
    facts->containers = split(argument(arguments, "NAMED"));
}

/* The ids of all operations that are looked at, ended by NULL. */
static const char *const *all_operations(const struct guard *guard)
{
    static const char *ids[128];
    size_t count = 0;

    for (const struct guard_operation *operation = guard_operations; operation->id != NULL && count < 127; operation++)
        if (guard_inspects(guard, operation->id))
            ids[count++] = operation->id;
    return ids;
}

static char *read_file(const char *path, size_t *length)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    char *data = malloc(1 << 24);
    if (file == NULL || data == NULL) {
        perror(path);
        exit(2);
    }
    *length = fread(data, 1, 1 << 24, file);
    if (file != stdin)
        fclose(file);
    return data;
}

static int batch(const struct guard *guard, const struct guard_facts *facts, const char *id)
{
    struct guard_judge *judge = guard_judge_new(guard, facts, id);
    if (judge == NULL)
        return 2;
    unsigned char head[4];
    while (fread(head, 1, 4, stdin) == 4) {
        size_t length = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
        char *body = malloc(length + 1);
        if (body == NULL || fread(body, 1, length, stdin) != length)
            return 2;
        struct guard_verdict verdict;
        guard_judge_run(judge, NULL, body, length, &verdict);
        free(body);
        putchar(verdict.result == GUARD_PASSES ? 'P' : 'R');
        fflush(stdout);
    }
    guard_judge_free(judge);
    return 0;
}

int main(int argc, char *argv[])
{
    if (argc < 2)
        return 2;
    const char *mode = argv[1];
    int first = strcmp(mode, "-v") == 0 || strcmp(mode, "-q") == 0 || strcmp(mode, "-a") == 0 ? 4 : 2;
    if (argc < first)
        return 2;
    struct problems problems = {.to = stderr};
    struct guard_facts facts;
    const struct variables variables = {.environment = argv + first, .prefix = ""};
    const struct guard_permissions permissions = {
        is(argv + first, "INSPECT", "open"), is(argv + first, "SECRETS", "open"), is(argv + first, "CONFIGS", "open")};
    const char *socket_path = argument(argv + first, "SOCKET_PATH");
    struct guard *guard = guard_new(true, socket_path != NULL ? socket_path : "/var/run/docker.sock", &permissions,
                                    &variables, &problems);
    read_facts(&facts, argv + first);
    if (problems.count > 0)
        return 2;
    int result = 0;
    if (strcmp(mode, "-b") == 0) {
        printf("%ld\n", guard_buffer_size(guard));
    } else if (strcmp(mode, "-o") == 0) {
        for (const char *const *id = all_operations(guard); *id != NULL; id++)
            puts(*id);
    } else if (strcmp(mode, "-m") == 0) {
        for (const struct guard_type *type = guard_types; type->name != NULL; type++)
            for (const struct guard_field *field = type->fields; field->name != NULL; field++)
                printf("%s\t%s\n", type->name, field->name);
        for (const struct guard_operation *operation = guard_operations; operation->id != NULL; operation++)
            for (const struct guard_parameter *parameter = operation->query;
                 parameter != NULL && parameter->name != NULL; parameter++)
                printf("%s?\t%s\n", operation->id, parameter->name);
    } else if (strcmp(mode, "-a") == 0) {
        size_t length = 0;
        char *body = read_file(argv[3], &length);
        struct guard_judge *judge = guard_judge_new(guard, &facts, argv[2]);
        result = guard_judge_all(judge, body, length, stdout) == 0 ? 0 : 3;
        guard_judge_free(judge);
        free(body);
    } else if (first == 4) {
        struct guard_verdict verdict;
        size_t length = 0;
        char *body = mode[1] == 'v' ? read_file(argv[3], &length) : NULL;
        guard_judge(guard, &facts, argv[2], body == NULL ? argv[3] : NULL, body, length, &verdict);
        puts(verdict.result == GUARD_PASSES ? "passes" : verdict.message);
        result = verdict.result == GUARD_PASSES ? 0 : 3;
        free(body);
    } else {
        result = batch(guard, &facts, mode);
    }
    guard_free(guard);
    return result;
}
