/* /bin/sh, wget and curl in the image: names of this program under which it only does the health check. They are there
 * for Compose files with a health check for an image that has these programs ("CMD-SHELL", "wget --spider ... || exit
 * 1"). */
#ifndef COMMAND_ALIAS_H
#define COMMAND_ALIAS_H

#include <stdbool.h>

/* If program, the first argument of main, is one of these names, returns it without its path, else NULL. Points into
 * program. */
const char *alias_of(const char *program);

/* Whether the arguments of main, without the program's name, look like a health check of the proxy in this container.
 */
bool alias_is_health_check(int argc, char *const argv[]);

/* Does the health check of this environment, whatever the arguments are; prints a note if they do not look like one.
 * Returns the exit status, 0 or 1. */
int alias_run(const char *alias, int argc, char *const argv[]);

#endif
