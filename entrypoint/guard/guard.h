/* The create guard: requests that carry a workload pass only if their body gives no power over the host except what a
 * variable allows. How and why: docs/guard.md.
 *
 * For each inspected operation one regex (PCRE2) describes the harmless bodies: the whole body must be one JSON object
 * whose every member is known to be harmless. All else is refused, a body that cannot be read included. HAProxy runs
 * the regex on the buffered body; guard_judge() runs the same regex for `explain`. */
#ifndef GUARD_H
#define GUARD_H

#include "base/variables.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct guard;

/* The guard's variables, ended by NULL. */
extern const char *const guard_variables[];

/* The permissions of a profile that matter to the guard. */
struct guard_permissions {
    bool inspects_containers; /* ContainerInspect: shows what a link would give */
    bool inspects_secrets;    /* SecretInspect: may mount secrets in services */
    bool inspects_configs;    /* ConfigInspect: likewise */
};

/* Reads the guard's variables. The guard is on if on_by_default is true or any of its variables is set. Mistakes are
 * added to problems; the guard must not be used then. socket_path is the Engine's socket, which no bind mount may show.
 * Release with guard_free. */
struct guard *guard_new(bool on_by_default, const char *socket_path, const struct guard_permissions *permissions,
                        const struct variables *variables, struct problems *problems);
void guard_free(struct guard *guard);

/* Whether the guard is on at all. */
bool guard_active(const struct guard *guard);

/* Whether the guard judges requests for this operation. */
bool guard_inspects(const struct guard *guard, const char *operation_id);

/* The largest body that is judged, in bytes (MAX_CREATE_BODY). */
long guard_max_body(const struct guard *guard);

/* The tune.bufsize that HAProxy needs for such a body with its head, in bytes; 0 if the guard is off. */
long guard_buffer_size(const struct guard *guard);

/* Whether one guard may pass something that the other refuses (guard/compare.c). Patterns are compared as text. */
bool guard_allows_more(const struct guard *guard, const struct guard *than);

/* Whether ALLOW_HOST_NAMESPACES is true or has that item, such as pid:host. */
bool guard_opens_namespace(const struct guard *guard, const char *item);

/* Whether it opens the processes or the IPC namespace of some container. */
bool guard_opens_processes(const struct guard *guard);

/* Why nothing of another container passes while one that has got the socket is not among the facts yet. */
#define GUARD_SAYS_NEW_HOLDER "another container has just got the socket of the Engine; try again in a moment"

/* Likewise, while it is not known whether one has, because events were missed. */
#define GUARD_SAYS_UNLISTED "the Engine has not said yet which containers hold its socket; try again in a moment"

/* Whether it may pass a namespace or the volumes of another container. */
bool guard_joins_containers(const struct guard *guard);

/* Whether ALLOW_HOST_NAMESPACES has an item with that name of a container, or a pattern for it. */
bool guard_lists_container(const struct guard *guard, const char *name);

/* How large a request's head may be, in bytes: X-Registry-Config of a build with many registries, long filters. */
#define HEAD_MAX (64L * 1024)

/* Room in HAProxy's buffer for a head, in bytes: with what it reserves for rewriting (1 KiB) and for its own
 * bookkeeping. */
#define HEAD_ROOM (HEAD_MAX + 8L * 1024)

/* A list of names; not owned. */
struct guard_names {
    const char *const *list;
    size_t count;
};

/* What is known of the Engine and of the container that the proxy itself runs in. All zero: the Engine may be Podman,
 * so what only Podman misreads is refused, and the proxy does not run in a container. */
struct guard_facts {
    bool docker;                      /* known to be Docker, not Podman */
    bool cgroup_v1;                   /* containers have the host's cgroup namespace by default */
    bool sound_builds;                /* its BuildKit checks all that builds ask for */
    bool own_unknown;                 /* the proxy runs in a container, and does not know in which */
    struct guard_names own;           /* the ids and names of its container */
    struct guard_names holders;       /* those of other containers that have the Engine's socket */
    struct guard_names volumes;       /* the volumes that are mounted in its container */
    struct guard_names host_networks; /* the ids of the host network, if they are known */
    struct guard_names containers;    /* pairs: the name of a container, and its id */
};

/* From now on, what some variable would allow passes: haproxy.cfg only logs the reason. The verdicts of guard_judge
 * stay as they are. */
void guard_audit(struct guard *guard);

/* Writes haproxy/members.map: for each member that can be refused, its name in messages and the key of its hint. */
void guard_write_members_map(FILE *out);

/* Writes haproxy/hints.map: for each key and refused value, what would allow it. */
void guard_write_hints_map(FILE *out);

enum guard_result {
    GUARD_PASSES,
    GUARD_REFUSES,   /* 403 */
    GUARD_TOO_LARGE, /* 413 */
};

struct guard_verdict {
    enum guard_result result;
    char reason[640];  /* "HostConfig.Privileged; ALLOW_PRIVILEGED=true would allow it" */
    char message[768]; /* the whole message of the answer */
    bool settable;     /* the reason names a variable that would allow it, or the body is not searched for the reason */
};

/* Judges one request as the proxy would. query is what follows the question mark, or NULL; body has length bytes, or is
 * NULL. A request that the guard does not judge passes. */
void guard_judge(const struct guard *guard, const struct guard_facts *facts, const char *operation_id,
                 const char *query, const char *body, size_t length, struct guard_verdict *verdict);

/* The same for many requests of one operation: compiles the regexes once. NULL if the operation is not inspected.
 * Release with guard_judge_free. */
struct guard_judge;
struct guard_judge *guard_judge_new(const struct guard *guard, const struct guard_facts *facts,
                                    const char *operation_id);
void guard_judge_run(struct guard_judge *judge, const char *query, const char *body, size_t length,
                     struct guard_verdict *verdict);

/* Writes all faults of a body of any length to out: one reason a line, in the order of the body. Returns their number.
 */
size_t guard_judge_all(struct guard_judge *judge, const char *body, size_t length, FILE *out);
void guard_judge_free(struct guard_judge *judge);

#endif
