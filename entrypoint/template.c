#include "template.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *value_of(const struct placeholder *placeholders, const char *name, size_t length)
{
    for (; placeholders->name != NULL; placeholders++)
        if (strlen(placeholders->name) == length && strncmp(placeholders->name, name, length) == 0)
            return placeholders->value;
    return NULL;
}

/* One line, its newline included. Returns false, with the name in *unknown, if a placeholder is not in the table. */
static bool write_line(FILE *out, const char *line, const struct placeholder *placeholders, const char **unknown)
{
    const char *start = line;
    const char *open;

    while ((open = strstr(line, "{{")) != NULL) {
        const char *name = open + 2;
        size_t length = strcspn(name, "}\n");
        const char *value = value_of(placeholders, name, length);

        if (value == NULL || strncmp(name + length, "}}", 2) != 0) {
            *unknown = open;
            return false;
        }
        fwrite(line, 1, (size_t)(open - line), out);
        line += open - line + 2 + (long)length + 2;
        if (open == start && *value == '\0' && *line == '\n')
            line++;
        else
            fputs(value, out);
    }
    fputs(line, out);
    return true;
}

bool template_write(FILE *out, const char *path, const struct placeholder *placeholders, struct problems *problems)
{
    FILE *in = fopen(path, "re");
    const char *unknown;
    char *line = NULL;
    size_t size = 0;
    unsigned number = 0;
    bool whole = true;

    if (in == NULL) {
        problem(problems, "%s: %s; the template is part of the program, set DATA_DIR to where it is", path,
                strerror(errno));
        return false;
    }
    while (whole && getline(&line, &size, in) >= 0) {
        number++;
        if (!write_line(out, line, placeholders, &unknown)) {
            problem(problems, "%s:%u: %.*s: no such placeholder", path, number, (int)strcspn(unknown + 2, "}\n"), unknown + 2);
            whole = false;
        }
    }
    if (ferror(in)) {
        problem(problems, "%s: %s", path, strerror(errno));
        whole = false;
    }
    free(line);
    fclose(in);
    return whole;
}
