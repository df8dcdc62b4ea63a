/* What is wrong, told one line each and all of it, so that nobody has to fix a configuration one error at a time. */
#ifndef PROBLEMS_H
#define PROBLEMS_H

#include <stdio.h>

struct problems {
    FILE *to; /* where the lines go, NULL to count only; not owned */
    unsigned count;
};

/* Prints one line, "docker-socket-proxy: " and the text, and counts it. The text has no newline of its own. */
void problem(struct problems *problems, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line of the same form on stderr that is no error: what the proxy decided, and what its owner should know. */
void notice(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
