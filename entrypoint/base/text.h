/* Texts under construction, and writing into buffers. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>
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

/* Writing into buffers that were sized for what goes into them: the tables' names, parts whose length was checked. What
 * does not fit is a defect of the program and ends it; it is never cut short. */
void bounded_copy(char *to, size_t size, const char *text);
void bounded_format(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
