/* `presets`: the sets of operations that known clients need. */
#ifndef COMMAND_PRESETS_H
#define COMMAND_PRESETS_H

#include "base/problems.h"

#include <stdbool.h>

/* Prints all presets: columns on a terminal, else a line for each, tab-separated, below a line that names the columns.
 * json: an array of objects. */
void presets_list(bool json);

/* Prints what a list of presets opens, such as "traefik,dozzle+shell", as lines of an env file with comments: what each
 * is for, the variables, those of the create guard, and remarks. Returns 0, or 2 with a problem for an unknown name. */
int presets_show(const char *list, struct problems *problems);

#endif
