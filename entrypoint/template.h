/* Text with {{names}} in it. */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include "problems.h"

#include <stdbool.h>

struct placeholder {
    const char *name;
    const char *value; /* not owned */
};

/* Reads the template file at path and writes it to out with every {{name}} replaced by its value. A line that holds
 * nothing but a placeholder goes if the value is empty. The table ends with a NULL name. What cannot be read, and a
 * name that the table does not have, is a problem; returns false then. */
bool template_write(FILE *out, const char *path, const struct placeholder *placeholders, struct problems *problems);

#endif
