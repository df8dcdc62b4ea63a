/* The targets of profiles (ALLOW_CONTAINER_NAMES and ALLOW_CONTAINER_LABELS) in haproxy.cfg and in its maps. */
#ifndef CONFIG_TARGETS_H
#define CONFIG_TARGETS_H

#include "config/maps.h"
#include "environment/environment.h"
#include "inventory/containers.h"
#include "inventory/inventory.h"

/* The parts of reasons. The names of the variables (targets_variables) come behind THAT; the reference precedes
 * CONTAINER. */
#define TARGETS_THAT           "the containers that "
#define TARGETS_SAYS_ODD       "this is neither a name nor an id of a container"
#define TARGETS_SAYS_CONTAINER "is not one of " TARGETS_THAT
#define TARGETS_SAYS_EXEC      "this exec instance is not of one of " TARGETS_THAT
#define TARGETS_SAYS_ASIDE     "this parameter reaches others than " TARGETS_THAT
#define TARGETS_SAYS_ENCODED   "its query has an escape that is not one of ASCII, so it could have any parameters"
#define TARGETS_SAYS_LIST      "it may show only " TARGETS_THAT

#define TARGETS_NONE "-"

/* A reference that can be a container's. */
#define TARGETS_PLAIN "^[A-Za-z0-9][A-Za-z0-9_.-]*$"

/* A path that names a container, decoded: what comes before the reference, and after it. */
#define TARGETS_PATH "^((?:/v[0-9.]+)?(?:/libpod)?/containers/)[^/]+((?:/[A-Za-z0-9_.-]+)*)$"

/* Whether the profile's targets select the container. */
bool targets_select(const struct targets *targets, const struct known_container *container);

/* The names of its maps, "targets_traefik" and so on, without the profile's name for the base set. The caller frees
 * them. The first has up to 12 digits of the id of each target, the second the names; the value is the id, or
 * TARGETS_NONE for a container that is no target. The third has the ids of exec instances of targets. */
char *targets_map(const struct profile *profile);
char *targets_names_map(const struct profile *profile);
char *targets_execs_map(const struct profile *profile);

/* Whether any profile needs the ids of exec instances. */
bool targets_need_execs(const struct environment *environment);

/* Adds the entries of an exec instance, for each profile that may reach its container. */
void targets_add_exec(struct map_entries *entries, const struct maps_of *of, const struct known_container *container,
                      const char *id);

/* Whether a request for row i, which is open, is refused because of its query, "" for none: that of a list that cannot
 * be limited to the targets, or one that reaches beyond the container in the path. The reason is written then, to be
 * freed by the caller. */
bool targets_refuse_query(const struct profile *profile, const struct inventory *inventory, size_t i, const char *query,
                          char **reason);

#endif
