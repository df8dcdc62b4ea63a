/* Reports problems and notices as lines that are safe to show on a terminal. */
#include "base/problems.h"

#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

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

/* Waits a tenth of a second at most for a file that is full, such as a pipe without a reader, then drops the rest:
 * logging must not stop the supervisor. A writable pipe takes PIPE_BUF bytes without blocking (pipe(7)). */
static void write_all(FILE *to, const char *text, size_t length)
{
    struct pollfd polled = {.fd = fileno(to), .events = POLLOUT};

    while (length > 0 && poll(&polled, 1, 100) > 0) {
        ssize_t wrote = write(polled.fd, text, length < PIPE_BUF ? length : PIPE_BUF);

        if (wrote < 0 && errno != EAGAIN && errno != EINTR)
            return;
        if (wrote > 0) {
            text += wrote;
            length -= (size_t)wrote;
        }
    }
}

static void write_line(FILE *to, const char *format, va_list arguments)
{
    char *message = text_vformat(format, arguments);
    struct text line;
    char *bytes;

    text_begin(&line);
    fputs("docker-socket-proxy: ", line.stream);
    print_visibly(line.stream, message);
    fputc('\n', line.stream);
    bytes = text_end(&line);
    if (fileno(to) >= 0)
        write_all(to, bytes, line.length);
    else
        fputs(bytes, to);
    fflush(to);
    free(bytes);
    free(message);
}

void problem(struct problems *problems, const char *format, ...)
{
    va_list arguments;

    problems->count++;
    if (problems->to == NULL)
        return;
    va_start(arguments, format);
    write_line(problems->to, format, arguments);
    va_end(arguments);
}

void notice(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_line(stderr, format, arguments);
    va_end(arguments);
}
