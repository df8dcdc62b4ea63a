/* Builds strings with stdio, in allocated memory or in a buffer. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
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

char *text_vformat(const char *format, va_list arguments)
{
    char *text;

    if (vasprintf(&text, format, arguments) < 0)
        abort();
    return text;
}

char *text_format(const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = text_vformat(format, arguments);
    va_end(arguments);
    return text;
}

/* ---- buffers ---- */

void bounded_copy(char *to, size_t size, const char *text)
{
    size_t length = strlen(text);

    if (length >= size)
        abort();
    memcpy(to, text, length + 1);
}

void bounded_format(char *to, size_t size, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(to, size, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length >= size)
        abort();
}

bool text_equal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool text_has_word(const char *list, const char *word)
{
    size_t length = strlen(word);

    for (const char *at = strstr(list, word); at != NULL; at = strstr(at + 1, word))
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0'))
            return true;
    return false;
}
