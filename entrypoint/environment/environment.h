/* Everything the environment says, read and checked in one go. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include "environment/profile.h"
#include "environment/settings.h"

struct environment {
    char *const *variables; /* the NAME=value strings that were read, ended by NULL; not owned */
    struct settings settings;
    struct compat compat;
    struct profile *profiles; /* the base set first, then PROFILE_*; owned */
    size_t profile_count;
};

/* Reads the NAME=value strings in variables, which must stay as long as the environment is used. All that is wrong is
 * told; the result may be used only if nothing was. Release it with environment_free. */
void environment_read(struct environment *environment, char *const variables[], struct problems *problems);
void environment_free(struct environment *environment);

/* Where the clients of profile i come in. */
const struct listeners *environment_listeners(const struct environment *environment, size_t i);

/* Whether any listener of all is tls://. */
bool environment_listens_with_tls(const struct environment *environment);

/* The profile of that name in any case, the base set for NULL or ""; NULL if there is none. */
const struct profile *environment_profile(const struct environment *environment, const char *name);

#endif
