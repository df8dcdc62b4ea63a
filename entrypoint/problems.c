#include "problems.h"

#include <stdarg.h>
#include <stdlib.h>

void print_visibly(FILE *to, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < ' ' || c > '~')
            fprintf(to, "\\x%02X", c);
        else
            fputc(c, to);
    }
}

static void line(FILE *to, const char *format, va_list arguments)
{
    char *text = NULL;

    if (vasprintf(&text, format, arguments) < 0)
        abort();
    fputs("docker-socket-proxy: ", to);
    print_visibly(to, text);
    fputc('\n', to);
    fflush(to);
    free(text);
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
