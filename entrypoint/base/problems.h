/* What is wrong, told one line each and all of it, so that nobody has to fix a configuration one error at a time. */
#ifndef BASE_PROBLEMS_H
#define BASE_PROBLEMS_H

#include <stdio.h>

struct problems {
    FILE *to; /* where the lines go, NULL to count only; not owned */
    unsigned count;
};

/* Prints one line, "docker-socket-proxy: " and the text, and counts it. The text has no newline of its own. What is in
 * it may come from the environment, and must not command the terminal that shows it: see print_visibly. */
void problem(struct problems *problems, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line of the same form on stderr that is no error: what the proxy decided, and what its owner should know. */
void notice(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes the text with its control characters, and what is not ASCII, as \xNN. */
void print_visibly(FILE *to, const char *text);

#endif
