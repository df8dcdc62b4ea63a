/* Finds the operation of a request by the rules of the frontend in templates/haproxy.cfg, for `explain`.
 *
 * The regexes below are copied to haproxy.cfg. Both sides run them with PCRE2, so that the program and the proxy cannot
 * disagree on a path. */
#ifndef POLICY_ROUTER_H
#define POLICY_ROUTER_H

#include "policy/operations.h"

/* Matches decoded paths that no operation of the Engine API has, because the Engine would clean, redirect or decode
 * them: control characters, backslashes, a second layer of percent-encoding, empty segments, dot segments. */
#define MALFORMED_PATH "[\\x00-\\x1f\\x7f\\\\]|%[0-9A-Fa-f][0-9A-Fa-f]|//|/\\.\\.?(/|$)|^(/v[^/]*)?/libpod/"

/* Matches the paths of Podman's libpod API as its clients write them. Podman routes before it decodes: an image
 * reference is one segment, with %2F in it. So these paths are judged as they are sent, and MALFORMED_PATH refuses
 * an encoded "libpod". */
#define LIBPOD_VERSION "(?:/v[0-9]{1,4}\\.[0-9]{1,4}\\.[0-9]{1,4})?"
#define LIBPOD_PREFIX  "^" LIBPOD_VERSION "/libpod/"

/* Matches malformed libpod paths. Podman's clients encode only / : and @, and only once. An image named "scp" is
 * refused, because such a path could be one of two operations. */
#define MALFORMED_LIBPOD \
    "[\\x00-\\x20\\x7f-\\xff\\\\]|%(?!2[Ff]|3[Aa]|40)|//|(/|%2[Ff])\\.\\.?(/|%2[Ff]|$)|/images/scp/(push|tag|untag)$"

/* A version prefix and the slash that follows it. Leading zeros and further dots, which the Engine's [0-9.]+
 * accepts, do not match; such a path then names no operation. */
#define VERSION_PREFIX "^/v1\\.[1-9][0-9]{0,3}/"

/* Longer paths are refused, because HAProxy's converters work on buffers of a fixed size. Unit: bytes. */
#define PATH_LENGTH_MAX 4096

/* What can be wrong with a path that names no operation. The first regex that matches gives the reason. ON_ENGINE
 * applies to decoded Engine paths, ON_LIBPOD to libpod paths as they are sent, ON_ANY_RAW to all paths as they are
 * sent. */
struct path_fault {
    enum { ON_ANY_RAW, ON_ENGINE, ON_LIBPOD } on;
    const char *regex;
    const char *said;
};
extern const struct path_fault path_faults[]; /* terminated by regex NULL */

/* Faults that are checked before path_faults, in this order. */
#define FAULT_TARGET "the target is not an absolute path"
#define FAULT_LENGTH "the path is too long"

#define NO_PERMISSION "no permission covers it"

enum refusal {
    NOT_REFUSED,
    NO_OPERATION, /* malformed, or not in the table */
    OLD_VERSION,  /* below MIN_API_VERSION */
};

struct router;

/* Compiles all regexes. NULL if memory runs out; free with router_free, which accepts NULL. */
struct router *router_new(void);
void router_free(struct router *router);

/* Finds the operation of a method and a request target as the request line has it (RFC 9112 3.2); a query is
 * ignored. Returns the index of the operation, or operation_count with the refusal. */
size_t router_find(const struct router *router, const char *method, const char *target, long min_api_minor,
                   enum refusal *refusal);

/* Writes the reference in the path of a target that names an operation: "web" of /v1.41/containers/web/exec and of
 * /v4.0.0/libpod/containers/web/exec, decoded as the Engine and Podman do. "" if the path has none. */
void router_reference(const struct router *router, const char *target, char reference[PATH_LENGTH_MAX + 1]);

/* Why router_find returned NO_OPERATION for a request: a fault of its path, else NO_PERMISSION. The target of
 * CONNECT is a host and a port (RFC 9112 3.2.3), so it has no fault. The string is static. */
const char *router_fault(const struct router *router, const char *method, const char *target);

#endif
