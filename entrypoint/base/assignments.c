/* A list of NAME=value strings. */
#include "base/assignments.h"

#include "base/array.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

void assignments_add(struct assignments *assignments, const char *text, size_t length)
{
    char *copy = strndup(text, length);

    if (copy == NULL)
        abort();
    assignments->list = array_grow(assignments->list, assignments->count + 1, sizeof *assignments->list);
    assignments->list[assignments->count++] = copy;
}

void assignments_set(struct assignments *assignments, const char *name, const char *value)
{
    char *text = text_format("%s=%s", name, value);

    assignments_add(assignments, text, strlen(text));
    free(text);
}

void assignments_remove(struct assignments *assignments, size_t i)
{
    free(assignments->list[i]);
    for (assignments->count--; i <= assignments->count; i++)
        assignments->list[i] = assignments->list[i + 1]; /* and the NULL */
}

void assignments_replace(struct assignments *assignments, const char *name, const char *value)
{
    size_t length = strlen(name);

    for (size_t i = assignments->count; i-- > 0;)
        if (strncmp(assignments->list[i], name, length) == 0 && assignments->list[i][length] == '=')
            assignments_remove(assignments, i);
    assignments_set(assignments, name, value);
}

void assignments_free(struct assignments *assignments)
{
    for (size_t i = 0; i < assignments->count; i++)
        free(assignments->list[i]);
    free(assignments->list);
    assignments->list = NULL;
    assignments->count = 0;
}
