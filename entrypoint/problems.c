#include "problems.h"

#include <stdarg.h>

static void line(FILE *to, const char *format, va_list arguments)
{
    fputs("docker-socket-proxy: ", to);
    vfprintf(to, format, arguments);
    fputc('\n', to);
    fflush(to);
}

void problem(struct problems *problems, const char *format, ...)
{
    va_list arguments;

    problems->count++;
    if (problems->to == NULL)
        return;
    va_start(arguments, format);
    line(problems->to, format, arguments);
    va_end(arguments);
}

void notice(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    line(stderr, format, arguments);
    va_end(arguments);
}
