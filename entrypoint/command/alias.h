/* /bin/sh, wget and curl in the image: names of this program under which it does the health check and nothing else.
 * Compose files bring health checks that were written for images that have those ("CMD-SHELL", "wget --spider ... ||
 * exit 1"). */
#ifndef COMMAND_ALIAS_H
#define COMMAND_ALIAS_H

#include <stdbool.h>

/* The name without its path, if the program was called by one of them; else NULL. Points into program. */
const char *alias_of(const char *program);

/* Whether the words of main, behind the program's name, look like a health check of this container's own proxy. */
bool alias_is_health_check(int argc, char *const argv[]);

/* Does the health check of this environment, whatever the words say; tells whoever did not mean one. Returns 0 or 1. */
int alias_run(const char *alias, int argc, char *const argv[]);

#endif
