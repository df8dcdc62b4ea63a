/* How a request finds its operation: by a key that is looked up, in haproxy.cfg as in `explain`.
 *
 * A regex makes "METHOD HEAD : TAIL" of "METHOD PATH". It leaves out the version and what a client chooses:
 *
 *     GET /v1.41/containers/json           GET/containers/json:
 *     GET  /v1.41/containers/my web/json   GET/containers/:/json     decoded: with two spaces
 *     DELETE /networks/web                 DELETE/networks/:
 *
 * A path that the Engine would decode, clean or redirect does not match. regsub then leaves the text as it is, and that
 * is no key: no key has a space. */
#ifndef POLICY_ROUTES_H
#define POLICY_ROUTES_H

#include "policy/operations.h"

/* The replacement for the regex (HAProxy manual: regsub). */
#define ROUTE_REPLACEMENT "\\1\\7:\\8"

/* Room for a key with its terminating zero, and for the keys of one operation. */
#define ROUTE_KEY_MAX  96
#define ROUTE_KEYS_MAX 4

/* Which paths a regex reads. */
enum route_paths {
    ENGINE_PATHS, /* of the Engine's API, as they are sent or decoded once */
    LIBPOD_PATHS, /* of the libpod API, as they are sent; MALFORMED_LIBPOD must not match them */
};

/* Returns the regex, to be freed by the caller. It matches "METHOD PATH" with groups for ROUTE_REPLACEMENT, the path
 * with a version from 1.min_api_minor (1 to 9999) on, or without. */
char *route_regex(enum route_paths paths, long min_api_minor);

/* Whether an operation is one of the libpod API, which has keys of its own. */
bool route_is_libpod(const struct operation *operation);

/* Writes the keys of an operation: of its method, of HEAD as well if that is GET, and of /networks/. Returns how many.
 * The first operation of its API that has a key counts. */
size_t route_keys(const struct operation *operation, char keys[ROUTE_KEYS_MAX][ROUTE_KEY_MAX]);

#endif
