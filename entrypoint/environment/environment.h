/* All variables of the environment, read and checked at once. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include "environment/profile.h"
#include "environment/settings.h"
#include "environment/sources.h"

struct environment {
    char *const *variables; /* the NAME=value strings, terminated by NULL; not owned */
    struct sources sources; /* holds them if environment_load read them; owned */
    struct settings settings;
    struct compat compat;
    struct profile *profiles; /* the base set, then each PROFILE_<NAME>; owned */
    size_t profile_count;
};

/* Reads NAME=value strings, terminated by NULL, which must outlive the environment. Reports all problems; the result
 * may be used only if there were none. Release it with environment_free. Aborts if memory runs out. */
void environment_read(struct environment *environment, char *const variables[], struct problems *problems);

/* The same for the environment of a process: reads the files that ENV_FILE and <VARIABLE>_FILE name as well, see
 * environment/sources.h. The given strings need not outlive the environment. */
void environment_load(struct environment *environment, char *const variables[], struct problems *problems);
void environment_free(struct environment *environment);

/* Whether a proxy may be running although this environment has problems: one that was started before a file went bad
 * goes on, so its health is not that of its files. */
bool environment_may_serve(const struct environment *environment);

/* The k-th of all listeners: those of the base set, then each profile's, then those of the metrics. NULL after the last
 * one. Its variable is prefix and LISTEN. */
const struct listener *environment_listener(const struct environment *environment, size_t k, const char **prefix);

/* Whether any of the listeners is tls://. */
bool environment_listens_with_tls(const struct environment *environment);

/* Whether MODE=audit forwards everything for the base set or any profile. */
bool environment_audits(const struct environment *environment);

/* The profile with that name in any case; the base set for NULL or ""; NULL if there is none. */
const struct profile *environment_profile(const struct environment *environment, const char *name);

#endif
