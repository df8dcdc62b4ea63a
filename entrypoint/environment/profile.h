/* A set of permissions and the clients it applies to: the base set of unprefixed variables, or PROFILE_<NAME>_*. */
#ifndef ENVIRONMENT_PROFILE_H
#define ENVIRONMENT_PROFILE_H

#include "guard/guard.h"
#include "policy/permissions.h"
#include "redact/redact.h"
#include "environment/settings.h"
#include "environment/targets.h"

#define PROFILES_MAX       256
#define PROFILE_NAME_MAX   48
#define PROFILE_PREFIX_MAX (PROFILE_NAME_MAX + sizeof "PROFILE__")

enum mode { MODE_ENFORCE, MODE_AUDIT }; /* in the order of the words of MODE */

struct profile {
    char name[PROFILE_NAME_MAX];                        /* as written, "ADMIN"; "" for the base set */
    char prefix[PROFILE_PREFIX_MAX];                    /* "PROFILE_ADMIN_"; "" for the base set */
    char backend[PROFILE_NAME_MAX + sizeof "profile_"]; /* the name of its section in haproxy.cfg */
    struct permissions permissions;
/* The settings of scope PROFILE and BOTH, by the fields' names in base/variables.def; the base set has no clients. A
 * profile has the listeners of its own only: none if its clients use those of the base set. */
#define PROFILE_SETTING(field, name, scope, kind, ...) TYPE_##kind field;
#include "base/variables.def"
    unsigned redact;                    /* REDACT: a set of words, see redact/redact.h */
    bool redact_closes[OPERATIONS_MAX]; /* by index into operations[]: the permissions open it, and REDACT does not */
    struct targets targets;             /* the containers that its clients may reach; owned */
    bool
        targets_close[OPERATIONS_MAX]; /* by index into operations[]: the permissions open it, and the targets do not */
    bool guard_is_set;                 /* one of the guard's variables is set */
    struct guard *guard;               /* judges the bodies of requests that create workloads; owned */
};

/* Reads the variables of the profile in its name field, "" for the base set. compat is NULL for all but the base
 * set; it and the environment must outlive the profile. socket_path is the Engine's socket, which the guard refuses
 * in bind mounts. Release with profile_free. */
void profile_read(struct profile *profile, char *const environment[], const struct compat *compat,
                  const char *socket_path, struct problems *problems);
void profile_free(struct profile *profile);

/* The name of a profile other than the base set in lower case, for the log. Points into the profile. */
const char *profile_log_name(const struct profile *profile);

/* The name of a map of HAProxy that each profile has one of: "KIND", "KIND_PROFILE". The caller frees it. */
char *profile_map(const char *kind, const struct profile *profile);

/* Returns why a request for row i is refused if it has a query, or NULL if it is not. The caller frees it. */
char *profile_refuses_query(const struct profile *profile, size_t i);

/* Whether the guard judges requests for row i of the table: it is open, or MODE=audit forwards it. Operations that a
 * foreign name has opened are judged only if a variable of the guard is set: the images with these names have no guard,
 * and a replacement for them must not break. */
bool profile_guards(const struct profile *profile, size_t i);

/* Writes why row i is open or what would open it, as permissions_reason does. For an operation that the guard
 * refuses as a whole, adds the guard's variable. */
void profile_reason(const struct profile *profile, size_t i, char reason[REASON_MAX]);

/* The end of a hint, after the reason of a closed operation: " would allow it", with a note if the create guard
 * judges it as well, or if it then reaches all containers. The string is static. */
const char *profile_hint_end(const struct profile *profile, size_t i);

/* As profile_guards; for a closed operation, whether the guard would judge it if an ALLOW_* variable opened it. */
bool profile_would_guard(const struct profile *profile, size_t i);

/* Whether the operation with that id reaches the Engine: it is open, or MODE=audit forwards it. An audit
 * forwards all but what REDACT refuses. */
bool profile_forwards(const struct profile *profile, const char *operation_id);

/* Whether clients can use BuildKit's own protocol: Grpc is open, and the guard does not refuse it. */
bool profile_speaks_buildkit(const struct profile *profile);

/* Whether a foreign name has opened a POST that the guard would judge, but that profile_guards excludes. */
bool profile_leaves_unguarded(const struct profile *profile);

/* Splits "PROFILE_<NAME>_<REST>", where REST is ALLOW_* or a variable that a profile can have. Copies NAME to name.
 * Returns REST, which points into variable, or NULL if the variable does not have this form. */
const char *profile_split(const char *variable, char name[PROFILE_NAME_MAX]);

#endif
