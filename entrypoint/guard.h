/* The create guard: requests that carry a workload are let through only if their body certainly gives no power over the
 * host, or only such power as a variable has opened.
 *
 * How it judges. For each inspected operation one regex (PCRE2) describes the harmless bodies: the whole body must be one
 * JSON object whose every member is known to be harmless. It is a positive description: what it does not describe is
 * refused, so a body that we read wrongly, or cannot read, is refused as well. HAProxy runs the regex on the buffered
 * body; guard_judge() runs the same text for `explain`.
 *
 * Why it agrees with the Engine's decoder (Go's encoding/json):
 *   - Each member is judged alone, and the sum of harmless members is harmless. So it does not matter which of two
 *     duplicates wins, nor that Go merges the second object into what the first has left (elements of arrays too).
 *     Every rule in guard_table.c has to keep this property: never "X is harmless if Y is also there".
 *   - Where names matter they must be plain ASCII without escapes, and are compared without regard to case. A name with
 *     a backslash or a byte above 0x7f (Go folds U+017F to s and U+212A to k) is refused there. Where names do not
 *     matter (below Labels, say) everything that is JSON goes.
 *   - Values that matter are written plainly too (no \u002f), save that a slash may be written as \/.
 *   - A type that Go would refuse is refused; so are trailing data, a byte order mark, control characters. An empty body
 *     passes: it carries nothing, and the Engine says itself that it wants one.
 *
 * What is not in the tables. A member we do not know is refused unless its value is null, false, 0, "", [] or {}: a newer
 * Engine may give it a dangerous meaning, but clients that send every field of theirs with its zero value keep working.
 * ALLOW_PRIVILEGED=true accepts unknown members, since it gives away the host anyway.
 *
 * What is inspected is the table guard_operations in guard_table.c. Judged harmless, and why:
 *   - resource limits, OomScoreAdj, ShmSize, Ulimits: at most a nuisance; their absence would be one too
 *   - ports, DNS, ExtraHosts, subnets: network exposure, not host access
 *   - Tmpfs, StorageOpt, anonymous and named volumes: the container's own storage
 *   - volumes of type nfs, nfs4, cifs, smb3, tmpfs: they bring in foreign data, they do not show the host's
 *   - capabilities of Docker's default set (CHOWN, NET_BIND_SERVICE, ...): a container has them anyway
 *   - Runtime runc and io.containerd.runc.v2: the default; clients that recreate a container send it
 *   - MaskedPaths and ReadonlyPaths that hold at least the Engine's own list: likewise (null: the Engine's list)
 *   - GroupAdd, Links, User: power inside the container only
 *   - the body of ImageCommit: the configuration of an image, which cannot hold a HostConfig
 *   - the query of ImageBuild other than networkmode, securityopt, cgroupparent; the build context
 *
 *   - LogConfig other than options that name a path or a Unix socket: log drivers write where the host's owner set them up
 *   - labels, environment, commands, health checks, and ContainerStart's checkpoint (not checkpoint-dir): the container's own
 *   - NetworkMode and EndpointsConfig by id: the Engine itself keeps a container that is not in the host's network out of
 *     it. For services it does not, so there a target of hexadecimal digits only is refused (no id of the swarm is one).
 *
 * What it cannot do.
 *   - A bind mount that is allowed below /srv follows symbolic links when the container starts: whoever can put a link into
 *     /srv on the host (a container with that very bind can!) may point it at /etc, and a second container's bind of
 *     /srv/link then shows /etc. Allow directories that containers cannot write to, or one directory per purpose.
 *   - ALLOW_BIND_MOUNTS=true allows the Engine's socket too; a list never does, unless it names it.
 *   - What exists already is taken as it is: a volume, a network, a plugin, and a privileged container in which commands
 *     are then run (EXEC), or that is started.
 *   - SwarmInspect shows join tokens, and NodeUpdate makes managers: with a manager in a swarm one rules all its machines.
 *   - ALLOW_IMAGE_REFERENCES looks at names. Whoever may build, load, import, commit or tag images can give one any name.
 *   - Recreating a container of a host with cgroup v1 needs ALLOW_HOST_NAMESPACES: there CgroupnsMode is "host" by default.
 *   - Nesting beyond some 300 levels, and bodies above MAX_CREATE_BODY, are refused unread. */
#ifndef GUARD_H
#define GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct guard;

/* Looks up a variable: its value, or NULL if it is unset. */
typedef const char *guard_lookup(void *context, const char *name);

/* Is told about each wrong value, printf-like. */
typedef void guard_problem(void *context, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Is asked whether the permissions open an operation. */
typedef bool guard_is_open(void *context, const char *operation_id);

/* The guard's variables, ended by NULL. */
extern const char *const guard_variables[];

/* Reads the guard's variables. The guard is on if on_by_default, or if any of its variables is set. Wrong values are told
 * as problems; the guard must not be used then. socket_path is the Engine's socket, which no bind mount may show. NULL if
 * memory runs out. */
struct guard *guard_new(bool on_by_default, const char *socket_path, guard_lookup *get, void *get_context,
                        guard_problem *problem, void *problem_context);
void guard_free(struct guard *guard);

/* Puts a prefix before the names of variables in messages, as their owner writes them ("PROFILE_A_"). False if memory runs
 * out. */
bool guard_set_prefix(struct guard *guard, const char *prefix);

/* Whether the guard is on at all. */
bool guard_active(const struct guard *guard);

/* Whether requests for this operation are looked at. */
bool guard_inspects(const struct guard *guard, const char *operation_id);

/* Whether guard a lets something pass that guard b refuses (guard_compare.c). */
bool guard_allows_more(const struct guard *a, const struct guard *b);

/* The largest body that is judged, in bytes (MAX_CREATE_BODY). */
long guard_max_body(const struct guard *guard);

/* The tune.bufsize that HAProxy needs for such a body with its head; 0: the guard needs nothing. */
long guard_buffer_size(const struct guard *guard);

/* Writes the rules for a backend. They rely on an ACL `open` above them, let requests that are not inspected leave after
 * one more ACL, answer what is refused, and let the rest fall through. Set on the way, for the log: txn.verdict and
 * txn.detail. Returns 0, or -1 if writing fails or memory runs out. */
int guard_write_rules(const struct guard *guard, FILE *out, guard_is_open *is_open, void *context);

enum guard_result {
    GUARD_PASSES,
    GUARD_REFUSES,   /* 403 */
    GUARD_TOO_LARGE, /* 413 */
    GUARD_FAILS,     /* memory */
};

struct guard_verdict {
    enum guard_result result;
    char reason[256];  /* "HostConfig.Privileged; ALLOW_PRIVILEGED=true would allow it" */
    char message[384]; /* the whole message of the answer */
};

/* Judges one request as the proxy would. query is what follows the question mark, or NULL. */
void guard_judge(const struct guard *guard, const char *operation_id, const char *query, const char *body, size_t length,
                 struct guard_verdict *verdict);

/* The same for many requests of one operation: compiles once. NULL if the operation is not inspected or memory runs
 * out. */
struct guard_judge;
struct guard_judge *guard_judge_new(const struct guard *guard, const char *operation_id);
void guard_judge_run(struct guard_judge *judge, const char *query, const char *body, size_t length,
                     struct guard_verdict *verdict);
void guard_judge_free(struct guard_judge *judge);

#endif
