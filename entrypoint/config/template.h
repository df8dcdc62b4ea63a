/* Templates: files with {{tags}} in them (a part of Mustache), and the values for the tags.
 *
 * {{name}}                 the value; a line that holds nothing else is dropped if the value is empty
 * {{#name}} ... {{/name}}  the text between: once for each row of a list; for a value, once if it is not empty
 * {{>file}}                another template
 *
 * A line that holds only tags with # or / leaves no line; neither does one with >. A row has its own values, and all
 * those around it. */
#ifndef CONFIG_TEMPLATE_H
#define CONFIG_TEMPLATE_H

#include "base/problems.h"
#include "base/text.h"

#include <stdbool.h>

/* All memory is owned, except the names, which have to be literals. The program ends if memory runs out, as in
 * base/text.h.
 */
struct values;

struct values *values_new(void);
void values_free(struct values *values);

/* Adds a value. A text is ended and taken, and loses its last newline, because the template's line has one. */
void values_set(struct values *values, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
void values_set_text(struct values *values, const char *name, struct text *text);

/* Returns the text as it stands in double quotes, as an argument of a converter: a backslash there quotes. The caller
 * frees it. values_set_argument adds it as a value. */
char *argument_of(const char *text);
void values_set_argument(struct values *values, const char *name, const char *text);

/* Adds "yes" or an empty value, to be used as {{#name}}. */
void values_set_if(struct values *values, const char *name, bool yes);

/* Adds an empty list; values_row adds a row to a list, and makes the list if there is none. The row lives as long as
 * values. */
void values_list(struct values *values, const char *name);
struct values *values_row(struct values *values, const char *name);

/* Writes the template of that name in the directory to out. A file that cannot be read, a name without a value and a
 * section without an end are problems; returns false then. */
bool template_write(FILE *out, const char *directory, const char *name, const struct values *values,
                    struct problems *problems);

#endif
