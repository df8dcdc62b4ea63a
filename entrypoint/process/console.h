/* A lasting connection to HAProxy's Runtime API (management guide, section 9.3), on which nothing blocks. */
#ifndef PROCESS_CONSOLE_H
#define PROCESS_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CONSOLE_ANSWER_MAX 16384 /* bytes */

struct console {
    int fd;
    bool ended;        /* HAProxy has closed the connection, or what it answers cannot be understood */
    char *waiting;     /* commands that are not sent yet; owned */
    size_t length;     /* of waiting, in bytes */
    size_t sent;       /* of these */
    size_t unanswered; /* commands */
    char answer[CONSOLE_ANSWER_MAX + 1];
    size_t got; /* bytes of it */
};

/* What is done with an answer that has a text: an error, or what a command has asked for. */
struct console_reader {
    void *context;
    void (*read)(void *context, const char *text);
};

/* The first commands on a connection, which the answers depend on; they also set proc.inventory to 0, as nothing is
 * certain when a connection begins. Answered CONSOLE_GREETINGS times. */
#define CONSOLE_GREETING  "prompt\nset timeout cli 2000000\nexperimental-mode on\nset var proc.inventory int(0)\n"
#define CONSOLE_GREETINGS 4

/* Takes over a connection on which the greeting has been sent. Release with console_end. */
void console_begin(struct console *console, int fd);
void console_end(struct console *console);

/* Queues a command, a line or a line with a payload, which must end with a line break. */
void console_say(struct console *console, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Queues a part of a command that console_say ends. */
void console_begin_to_say(struct console *console, const char *text);

/* Whether HAProxy keeps up, so that more may be said. */
bool console_has_room(const struct console *console);

/* Whether everything has been said and answered. */
bool console_is_idle(const struct console *console);

/* The events to poll fd for (poll(2)). */
short console_events(const struct console *console);

/* Sends and reads as much as possible without blocking. */
void console_step(struct console *console, const struct console_reader *reader);

#endif
