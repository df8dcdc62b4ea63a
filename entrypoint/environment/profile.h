/* A set of permissions, and for whom it is: the base set of the unprefixed variables, and PROFILE_<NAME>_*. */
#ifndef ENVIRONMENT_PROFILE_H
#define ENVIRONMENT_PROFILE_H

#include "guard/guard.h"
#include "policy/permissions.h"
#include "environment/settings.h"

#define PROFILES_MAX       256
#define PROFILE_NAME_MAX   48
#define PROFILE_PREFIX_MAX (PROFILE_NAME_MAX + sizeof "PROFILE__")

struct profile {
    char name[PROFILE_NAME_MAX];                        /* as written, "ADMIN"; "" for the base set */
    char prefix[PROFILE_PREFIX_MAX];                    /* "PROFILE_ADMIN_"; "" for the base set */
    char backend[PROFILE_NAME_MAX + sizeof "profile_"]; /* its section of haproxy.cfg */
    struct permissions permissions;
/* The settings of scope PROFILE and BOTH, by the fields' names in base/variables.def; the base set has no clients. */
#define PROFILE_SETTING(field, name, scope, kind, ...) TYPE_##kind field;
#include "base/variables.def"
    bool guard_is_set;   /* one of the guard's variables is set */
    struct guard *guard; /* judges the bodies of requests that carry a workload; owned */
};

/* Reads the settings of one profile, whose name (or "" for the base set) must be set. compat is NULL for all but the
 * base set, and must stay as long as the profile is used. socket_path is the Engine's socket, which the guard keeps out
 * of bind mounts. Release with profile_free. */
void profile_read(struct profile *profile, char *const environment[], const struct compat *compat,
                  const char *socket_path, struct problems *problems);
void profile_free(struct profile *profile);

/* The name of a profile that is not the base set in small letters, as the log has it. The profile's own. */
const char *profile_log_name(const struct profile *profile);

/* Whether the guard judges what row i of the table carries. What a foreign name has opened is judged only if one of the
 * guard's variables is set: the images those names come from have no guard, and a drop-in must not break. */
bool profile_guards(const struct profile *profile, size_t i);

/* Why row i is open, or what would open it, see permissions_reason; what the guard refuses as a whole needs its
 * variable as well. */
void profile_reason(const struct profile *profile, size_t i, char reason[REASON_MAX]);

/* What follows the reason of a closed operation in a hint: " would allow it", and where the body or the query decides
 * as well, that it does. */
const char *profile_hint_end(const struct profile *profile, size_t i);

/* The same; of a closed operation, what the guard would do once one of our variables has opened it. */
bool profile_would_guard(const struct profile *profile, size_t i);

/* Whether clients reach BuildKit's own protocol: Grpc is open, and the guard does not refuse it. */
bool profile_speaks_buildkit(const struct profile *profile);

/* Whether a workload can be created unjudged for that reason. */
bool profile_leaves_unguarded(const struct profile *profile);

/* Splits a variable's name "PROFILE_<NAME>_<REST>" where REST is ALLOW_* or a variable that a profile can have. Copies
 * NAME; returns REST, or NULL if the name is none of that form. */
const char *profile_split(const char *variable, char name[PROFILE_NAME_MAX]);

#endif
