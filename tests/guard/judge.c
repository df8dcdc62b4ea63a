/* The guard as a program, for tests: NAME=value arguments are its variables.
 *
 *   judge OPERATION [NAME=value ...] < records    judges many bodies: each is 4 bytes of length (big endian) and the
 *                                                 body; the answer to each is a byte, P or R
 *   judge -v OPERATION FILE [NAME=value ...]      judges one body and prints the message, or "passes"
 *   judge -q OPERATION QUERY [NAME=value ...]     the same for a query
 *   judge -r [NAME=value ...]                     the rules for haproxy.cfg, every operation open
 *   judge -b [NAME=value ...]                     the buffer size
 *   judge -o [NAME=value ...]                     the operations that are looked at */
#include "guard.h"
#include "guard_table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *get(void *context, const char *name)
{
    size_t length = strlen(name);
    for (char **arguments = context; *arguments != NULL; arguments++)
        if (strncmp(*arguments, name, length) == 0 && (*arguments)[length] == '=')
            return *arguments + length + 1;
    return NULL;
}

__attribute__((format(printf, 2, 3))) static void problem(void *context, const char *format, ...)
{
    ++*(int *)context;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

static bool open_all(void *context, const char *id)
{
    (void)context;
    (void)id;
    return true;
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

static int batch(const struct guard *guard, const char *id)
{
    struct guard_judge *judge = guard_judge_new(guard, id);
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
    int first = strcmp(mode, "-v") == 0 || strcmp(mode, "-q") == 0 ? 4 : 2;
    if (argc < first)
        return 2;
    int problems = 0;
    const char *socket_path = get(argv + first, "SOCKET_PATH");
    struct guard *guard =
        guard_new(true, socket_path != NULL ? socket_path : "/var/run/docker.sock", get, argv + first, problem, &problems);
    if (guard == NULL || problems > 0)
        return 2;
    int result = 0;
    if (strcmp(mode, "-r") == 0) {
        result = guard_write_rules(guard, stdout, open_all, NULL) == 0 ? 0 : 1;
    } else if (strcmp(mode, "-b") == 0) {
        printf("%ld\n", guard_buffer_size(guard));
    } else if (strcmp(mode, "-o") == 0) {
        for (const struct guard_operation *operation = guard_operations; operation->id != NULL; operation++)
            if (guard_inspects(guard, operation->id))
                puts(operation->id);
    } else if (first == 4) {
        struct guard_verdict verdict;
        size_t length = 0;
        char *body = mode[1] == 'v' ? read_file(argv[3], &length) : NULL;
        guard_judge(guard, argv[2], body == NULL ? argv[3] : NULL, body, length, &verdict);
        puts(verdict.result == GUARD_PASSES ? "passes" : verdict.message);
        result = verdict.result == GUARD_PASSES ? 0 : 3;
        free(body);
    } else {
        result = batch(guard, mode);
    }
    guard_free(guard);
    return result;
}
