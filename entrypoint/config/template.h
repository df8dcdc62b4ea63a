/* Templates: files with {{tags}} in them (a part of Mustache), and the values for the tags.
 *
 * {{name}}                 the value; a line that holds nothing else goes if the value is empty
 * {{#name}} ... {{/name}}  what stands between: once for each row of the list; of a value, once if it is not empty
 * {{>file}}                another template
 *
 * A line that holds only tags with # or / leaves no line; neither does one with >. A row has its own values, and all
 * those around it. */
#ifndef CONFIG_TEMPLATE_H
#define CONFIG_TEMPLATE_H

#include "base/problems.h"
#include "base/text.h"

#include <stdbool.h>

/* All memory is owned, names excepted, which have to be literals. If it runs out, the program ends, as in base/text.h.
 */
struct values;

struct values *values_new(void);
void values_free(struct values *values);

/* Adds a value; a text is used up, and loses its last newline, since the line of the template ends it. */
void values_set(struct values *values, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
void values_set_text(struct values *values, const char *name, struct text *text);

/* Adds "yes" or an empty value, to be used as {{#name}}. */
void values_set_if(struct values *values, const char *name, bool yes);

/* Adds an empty list; values_row adds a row to a list, which is made if need be. The row lives as long as values. */
void values_list(struct values *values, const char *name);
struct values *values_row(struct values *values, const char *name);

/* Writes the template of that name in the directory to out. What cannot be read, a name without a value and a section
 * without an end are problems; returns false then. */
bool template_write(FILE *out, const char *directory, const char *name, const struct values *values,
                    struct problems *problems);

#endif
