/* Texts under construction, and the values that a template's placeholders get. */
#ifndef VALUES_H
#define VALUES_H

#include "template.h"

#define PLACEHOLDERS_MAX 32

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

/* The placeholders of a template. */
struct values {
    struct placeholder table[PLACEHOLDERS_MAX + 1];
    char *owned[PLACEHOLDERS_MAX];
    size_t count;
};

/* Adds a placeholder: a string that stays the caller's; a number; what a text has become, without its last newline, since
 * the line of the template ends it (the text is used up). Release what is owned with values_free. */
void values_set(struct values *values, const char *name, const char *value);
void values_set_number(struct values *values, const char *name, long number);
void values_set_text(struct values *values, const char *name, struct text *text);
void values_free(struct values *values);

#endif
