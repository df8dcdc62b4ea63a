/* A set of permissions, and for whom it is: the base set of the unprefixed variables, and PROFILE_<NAME>_*. */
#ifndef PROFILE_H
#define PROFILE_H

#include "client.h"
#include "listener.h"
#include "permissions.h"

#define PROFILES_MAX 256
#define PROFILE_NAME_MAX 48
#define PROFILE_PREFIX_MAX (PROFILE_NAME_MAX + sizeof "PROFILE__")

struct profile {
    char name[PROFILE_NAME_MAX];     /* as written, "ADMIN"; "" for the base set */
    char prefix[PROFILE_PREFIX_MAX]; /* "PROFILE_ADMIN_"; "" for the base set */
    char backend[PROFILE_NAME_MAX + sizeof "profile_"]; /* its section of haproxy.cfg */
    struct permissions permissions;
    struct clients clients;
    struct listeners listeners; /* of its own; none for the base set, which has the general ones */
    long rate_limit;            /* requests a second and client, 0 for no limit */
};

/* Reads the settings of one profile, whose name (or "" for the base set) must be set. compat is NULL for all but the
 * base set. */
void profile_read(struct profile *profile, char *const environment[], const struct compat *compat,
                  struct problems *problems);

/* Splits a variable's name "PROFILE_<NAME>_<REST>" where REST is something a profile can have (FROM, LISTEN, RATE_LIMIT,
 * ALLOW_* and the guard's). Copies NAME; returns REST, or NULL if the name is none of that form. */
const char *profile_split(const char *variable, char name[PROFILE_NAME_MAX]);

#endif
