/* Readers of env files and Compose files that were written for any socket proxy. */
#ifndef COMMAND_COMPOSE_H
#define COMMAND_COMPOSE_H

#include "base/assignments.h"

#include <stdio.h>

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
