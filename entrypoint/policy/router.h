/* How a request is judged: the same rules as in the frontend of templates/haproxy.cfg, for `explain`.
 *
 * The regexes below are written into haproxy.cfg as they stand here, and both sides run them with PCRE2, so that the
 * program and the proxy cannot read a path differently. */
#ifndef POLICY_ROUTER_H
#define POLICY_ROUTER_H

#include "policy/operations.h"

/* What no path of the Engine API holds once it is decoded, and what the Engine would clean, redirect or decode on:
 * control characters, backslashes, a second layer of percent-encoding, empty segments, dot segments. */
#define MALFORMED_PATH "[\\x00-\\x1f\\x7f\\\\]|%[0-9A-Fa-f][0-9A-Fa-f]|//|/\\.\\.?(/|$)|^(/v[^/]*)?/libpod/"

/* Podman's libpod API, as its clients write it. Podman routes before it decodes (an image reference is one segment,
 * with %2F in it), so these paths are judged as they are sent, and an encoded "libpod" is malformed above. */
#define LIBPOD_PREFIX "^(/v[0-9]{1,4}\\.[0-9]{1,4}\\.[0-9]{1,4})?/libpod/"

/* In them only / : and @ are ever encoded, once; and an image called "scp" would make two operations of one path. */
#define MALFORMED_LIBPOD \
    "[\\x00-\\x20\\x7f-\\xff\\\\]|%(?!2[Ff]|3[Aa]|40)|//|(/|%2[Ff])\\.\\.?(/|%2[Ff]|$)|/images/scp/(push|tag|untag)$"

/* A version prefix with the slash behind it. Leading zeros and the dots that the Engine's [0-9.]+ also takes are no
 * version here, and then match no operation. */
#define VERSION_PREFIX "^/v1\\.[1-9][0-9]{0,3}/"

/* Longer paths are refused: no name of the Engine comes near it, and HAProxy's converters work on bounded buffers. */
#define PATH_LENGTH_MAX 4096

/* What is wrong with a path that names no operation, the first that hits. The regex is tried on the path as it is
 * judged: an Engine's once decoded, a libpod path as it is sent; or on any path as it is sent. */
struct path_fault {
    enum { ON_ANY_RAW, ON_ENGINE, ON_LIBPOD } on;
    const char *regex;
    const char *said;
};
extern const struct path_fault path_faults[]; /* ended by regex NULL */

/* Further faults, in this order before those above. */
#define FAULT_TARGET "the target is not an absolute path"
#define FAULT_LENGTH "the path is too long"

#define NO_PERMISSION "no permission covers it"

enum refusal {
    NOT_REFUSED,
    NO_OPERATION, /* malformed, or outside the table */
    OLD_VERSION,  /* below MIN_API_VERSION */
};

struct router;

/* Compiles the table's regexes. NULL if memory runs out; free with router_free. */
struct router *router_new(void);
void router_free(struct router *router);

/* Judges a method and a request target as it stands in the request line (a query is cut off). Gives the index of the
 * operation, or a refusal and operation_count. */
size_t router_find(const struct router *router, const char *method, const char *target, long min_api_minor,
                   enum refusal *refusal);

/* What the target of a request that names an operation names in its path: "web" of /v1.41/containers/web/exec and of
 * /v4.0.0/libpod/containers/web/exec, decoded as the Engine and Podman do. "" if there is nothing in that place. */
void router_reference(const struct router *router, const char *target, char reference[PATH_LENGTH_MAX + 1]);

/* Why a request for which router_find gives NO_OPERATION names none: what is wrong with its path, else NO_PERMISSION.
 * (That of a CONNECT is a host and a port, as it should be.) */
const char *router_fault(const struct router *router, const char *method, const char *target);

#endif
