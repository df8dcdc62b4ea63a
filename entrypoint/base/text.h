/* String building: strings of any length, and copies into buffers of a fixed size. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A string under construction: write to stream. */
struct text {
    FILE *stream;
    char *bytes;
    size_t length;
};

/* text_begin starts an empty string; text_end returns it, to be freed by the caller. Both abort if memory runs out. */
void text_begin(struct text *text);
char *text_end(struct text *text);

/* Returns the formatted string, which the caller frees. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *text_vformat(const char *format, va_list arguments) __attribute__((format(printf, 1, 0)));

/* Whether both are the same text, or both are NULL. */
bool text_equal(const char *a, const char *b);

/* Whether a word is in a list, whose items are separated by blanks. */
bool text_has_word(const char *list, const char *word);

/* Write to a buffer that is known to be large enough, because the length was checked or comes from a table. A text
 * that does not fit is a defect of the program and aborts it; it is never truncated. */
void bounded_copy(char *to, size_t size, const char *text);
void bounded_format(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
