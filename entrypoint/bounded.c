#include "bounded.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
