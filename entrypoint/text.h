/* A text under construction. */
#ifndef TEXT_H
#define TEXT_H

#include <stdio.h>

/* A text that is written through stream. */
struct text {
    FILE *stream;
    char *bytes;
    size_t length;
};

/* Begins an empty text; text_end gives it as a string that the caller frees. Both end the program if memory runs out:
 * it has not served anything yet, and could not. */
void text_begin(struct text *text);
char *text_end(struct text *text);

/* The text that a format makes; the caller frees it. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
