/* A lasting connection to HAProxy's Runtime API. */
#include "process/console.h"

#include "base/descriptor.h"
#include "base/text.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define WAITING_MAX    ((size_t)64 * 1024) /* bytes */
#define UNANSWERED_MAX 256

void console_begin(struct console *console, int fd)
{
    memset(console, 0, sizeof *console);
    console->fd = fd;
    console->unanswered = CONSOLE_GREETINGS;
}

void console_end(struct console *console)
{
    descriptor_close(&console->fd);
    free(console->waiting);
    console->waiting = NULL;
    console->length = console->sent = 0;
}

void console_begin_to_say(struct console *console, const char *text)
{
    size_t more = strlen(text);

    console->waiting = realloc(console->waiting, console->length + more + 1);
    if (console->waiting == NULL)
        abort();
    memcpy(console->waiting + console->length, text, more + 1);
    console->length += more;
}

void console_say(struct console *console, const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = text_vformat(format, arguments);
    va_end(arguments);
    console_begin_to_say(console, text);
    console->unanswered++;
    free(text);
}

bool console_has_room(const struct console *console)
{
    return console->length < WAITING_MAX && console->unanswered < UNANSWERED_MAX;
}

bool console_is_idle(const struct console *console)
{
    return console->length == 0 && console->unanswered == 0;
}

short console_events(const struct console *console)
{
    return (short)(console->length > 0 ? POLLIN | POLLOUT : POLLIN);
}

static void send_more(struct console *console)
{
    while (console->sent < console->length) {
        ssize_t sent = send(console->fd, console->waiting + console->sent, console->length - console->sent,
                            MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0) {
            console->ended |= errno != EAGAIN;
            return;
        }
        console->sent += (size_t)sent;
    }
    free(console->waiting);
    console->waiting = NULL;
    console->length = console->sent = 0;
}

/* An answer without the prompts of a payload's lines, and without white space at its end. */
static char *answer_text(char *answer)
{
    size_t length;

    while (strncmp(answer, "+ ", 2) == 0)
        answer += 2;
    length = strlen(answer);
    while (length > 0 && strchr(" \n", answer[length - 1]) != NULL)
        answer[--length] = '\0';
    return answer + strspn(answer, " \n");
}

/* Hands on the answers that are complete: each ends with a prompt in a line of its own. */
static void read_answers(struct console *console, const struct console_reader *reader)
{
    static const char prompt[] = "\n> ";
    char *begin = console->answer;
    char *end;

    console->answer[console->got] = '\0';
    while ((end = strstr(begin, prompt)) != NULL) {
        char *text;

        *end = '\0';
        text = answer_text(begin);
        if (console->unanswered > 0)
            console->unanswered--;
        if (*text != '\0')
            reader->read(reader->context, text);
        begin = end + strlen(prompt);
    }
    console->got -= (size_t)(begin - console->answer);
    memmove(console->answer, begin, console->got);
}

void console_step(struct console *console, const struct console_reader *reader)
{
    ssize_t got;

    send_more(console);
    do {
        got = recv(console->fd, console->answer + console->got, CONSOLE_ANSWER_MAX - console->got, MSG_DONTWAIT);
        if (got > 0) {
            console->got += (size_t)got;
            read_answers(console, reader);
        }
    } while (got > 0 && console->got < CONSOLE_ANSWER_MAX);
    if (got == 0 || console->got == CONSOLE_ANSWER_MAX || (got < 0 && errno != EAGAIN && errno != EINTR))
        console->ended = true;
}
