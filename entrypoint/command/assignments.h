/* A list of NAME=value strings, in the form of an environment. */
#ifndef COMMAND_ASSIGNMENTS_H
#define COMMAND_ASSIGNMENTS_H

#include <stddef.h>
#include <stdio.h>

struct assignments {
    char **list; /* NULL while empty, else ended by NULL; owned, as are the strings */
    size_t count;
};

/* Adds a copy of length bytes of text, or of NAME=value. Ends the program if memory runs out. */
void assignments_add(struct assignments *assignments, const char *text, size_t length);
void assignments_set(struct assignments *assignments, const char *name, const char *value);
void assignments_free(struct assignments *assignments);

/* Removes all assignments to NAME, and adds NAME=value. */
void assignments_replace(struct assignments *assignments, const char *name, const char *value);

/* Reads an env file: NAME=value lines, with # comments, an optional "export " and optional quotes. */
void assignments_read_env(struct assignments *assignments, const char *text);

/* A service of a Compose file besides its environment: truncated where it is long, "" where it is missing. */
struct compose_service {
    char image[256];
    char check[256]; /* the program of its health check: "sh" for CMD-SHELL */
};

/* Reads the environment, image and health check of a service from text, the content of a Compose file (compose-spec,
 * services). service NULL: the first service whose image is a socket proxy. Returns NULL, or a static error message;
 * always the latter without libyaml at compile time (HAVE_YAML). */
const char *assignments_read_compose(struct assignments *assignments, struct compose_service *found, const char *text,
                                     const char *service);

#endif
