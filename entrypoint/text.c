/* Strings that are built with stdio. */
#include "text.h"

#include <stdarg.h>
#include <stdlib.h>

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

char *text_format(const char *format, ...)
{
    struct text text;
    va_list arguments;

    text_begin(&text);
    va_start(arguments, format);
    vfprintf(text.stream, format, arguments);
    va_end(arguments);
    return text_end(&text);
}
