/* Error reports: one line for each problem. All problems are reported before the program gives up. */
#ifndef BASE_PROBLEMS_H
#define BASE_PROBLEMS_H

#include <stdio.h>

struct problems {
    FILE *to; /* receives the lines; NULL to count only; not owned */
    unsigned count;
};

/* Counts a problem and writes a line for it: "docker-socket-proxy: " and the formatted text, which has no newline of
 * its own. The text may contain values of the environment, so it is written with print_visibly. Ends the program if
 * memory runs out. */
void problem(struct problems *problems, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes a line of the same form to stderr that is not counted as an error: a decision of the proxy, or a warning. */
void notice(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes the text with control characters and non-ASCII bytes as \xNN, so that it cannot control a terminal. */
void print_visibly(FILE *to, const char *text);

#endif
