#include "values.h"

#include <stdlib.h>
#include <string.h>

void text_begin(struct text *text)
{
    text->stream = open_memstream(&text->bytes, &text->length);
    if (text->stream == NULL)
        abort();
}

char *text_end(struct text *text)
{
    if (fclose(text->stream) != 0)
        abort();
    return text->bytes;
}

/* A value stands on a line of the template, which ends it. */
static void cut_newline(char *bytes)
{
    size_t length = strlen(bytes);

    if (length > 0 && bytes[length - 1] == '\n')
        bytes[length - 1] = '\0';
}

void values_set(struct values *values, const char *name, const char *value)
{
    if (values->count == PLACEHOLDERS_MAX)
        abort();
    values->table[values->count++] = (struct placeholder){.name = name, .value = value};
}

void values_set_text(struct values *values, const char *name, struct text *text)
{
    values->owned[values->count] = text_end(text);
    cut_newline(values->owned[values->count]);
    values_set(values, name, values->owned[values->count]);
}

void values_set_number(struct values *values, const char *name, long number)
{
    struct text text;

    text_begin(&text);
    fprintf(text.stream, "%ld", number);
    values_set_text(values, name, &text);
}

void values_free(struct values *values)
{
    for (size_t i = 0; i < values->count; i++)
        free(values->owned[i]);
}
