/* A list of NAME=value strings, as an environment is one. */
#ifndef COMMAND_ASSIGNMENTS_H
#define COMMAND_ASSIGNMENTS_H

#include <stddef.h>
#include <stdio.h>

struct assignments {
    char **list; /* ended by NULL once something was added; owned, as are the strings */
    size_t count;
};

/* Adds a copy of length bytes of text, or of NAME and value. Ends the program if memory runs out. */
void assignments_add(struct assignments *assignments, const char *text, size_t length);
void assignments_set(struct assignments *assignments, const char *name, const char *value);
void assignments_free(struct assignments *assignments);

/* Puts NAME=value in the place of what the list says of NAME. */
void assignments_replace(struct assignments *assignments, const char *name, const char *value);

/* Reads an env file: NAME=value lines, with # comments, an optional "export " and optional quotes. */
void assignments_read_env(struct assignments *assignments, const char *text);

/* What a Compose file says of a service besides its environment; cut short if it is long, "" if it says nothing. */
struct compose_service {
    char image[256];
    char check[256]; /* the program of its health check: "sh" for CMD-SHELL */
};

/* Reads the environment of a service of a Compose file, and what else there is to know of it. service NULL: the first
 * whose image is one of those whose names are understood. Returns what is wrong, or NULL. Needs HAVE_YAML. */
const char *assignments_read_compose(struct assignments *assignments, struct compose_service *found, const char *text,
                                     const char *service);

#endif
