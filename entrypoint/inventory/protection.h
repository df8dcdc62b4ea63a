/* The protection of the proxy itself. A client that runs a command in the proxy's own container, puts files into it or
 * renames it gains full access to the Engine. The same holds for other containers that hold the Engine's socket, which
 * are not protected under a new name. No permission opens such operations, whether the container is referred to by a
 * name, by its id or by a prefix of its id.
 *
 * Permissions alone decide on operations that stop the container (stop, kill, restart, pause, delete), because a client
 * gains no access by them, and on commit, which does not change the container. The create guard judges references in
 * bodies (NetworkConnect).
 *
 * Outside a container there is nothing to protect. */
#ifndef INVENTORY_PROTECTION_H
#define INVENTORY_PROTECTION_H

#include "inventory/inventory.h"

/* What is protected. */
enum protection_subject { PROTECT_OWN, PROTECT_HOLDER, PROTECT_SERVICE, PROTECT_VOLUME, PROTECTION_SUBJECTS };

/* An operation that could change a protected thing. */
struct protected_operation {
    const char *id;
    enum protection_subject subject; /* HOLDER: the own container and the holders */
    const char *because;             /* the reason: "a command in it could bypass the proxy" */
};
extern const struct protected_operation protected_operations[]; /* terminated by id NULL */

/* Matches a reference in a path ("/containers/{reference}/exec"): one of the names, or a match of the regex, which
 * accepts the id and any prefix of it. */
struct protection_target {
    const struct inventory_list *names; /* not owned; NULL: the only name is in the regex */
    char *regex;                        /* NULL: none; owned */
};

struct protection {
    const struct inventory *inventory; /* not owned */
    /* By subject: the own container; holders; the service by id and name, in any case; volumes by any prefix of
     * their names, which Podman accepts. */
    struct protection_target *targets[PROTECTION_SUBJECTS];
    size_t counts[PROTECTION_SUBJECTS];
};

/* Other references are refused: Podman treats % and _ in them as wildcards. */
#define PROTECTION_PLAIN "^[A-Za-z0-9][A-Za-z0-9_.-]*$"

/* While the own container is unknown, a reference of this form is the id of another container, or a prefix of one.
 * Since that may be a holder, it passes only for operations that are refused for the own container alone. */
#define PROTECTION_OTHER "^[0-9a-f]{12,64}$"

/* The parts of reasons in responses. The reference precedes OWN, HOLDER, SERVICE and VOLUME. */
#define PROTECTION_SAYS_OWN     "is the container of this proxy"
#define PROTECTION_SAYS_HOLDER  "holds the socket of the Engine, itself or by a shared namespace"
#define PROTECTION_SAYS_SERVICE "is the service of this proxy"
#define PROTECTION_SAYS_VOLUME  "is mounted in the container of this proxy"
#define PROTECTION_SAYS_NEVER   "no permission opens this"
#define PROTECTION_SAYS_ODD     "this is neither a name nor an id; " PROTECTION_SAYS_NEVER
#define PROTECTION_SAYS_UNKNOWN "the Engine has not said yet which container this proxy runs in; try again in a moment"

#define PROTECTION_SAYS_UNREAD "has not been inspected yet"
#define PROTECTION_SAYS_AGAIN  "try again in a moment"
/* To Podman, an id may begin so, but none is written so. */
#define PROTECTION_WILDCARD      "^(?=.*[A-F_])[0-9A-Fa-f_]+$"
#define PROTECTION_SAYS_WILDCARD "may be the beginning of the id of one that has just got the socket"
#define PROTECTION_SAYS_LISTED   "use the id as it is listed"

#define PROTECTION_SAYS_UNLISTED "the Engine has not said yet which containers hold its socket; try again in a moment"

/* Returns the regex that matches the text and any prefix of it, to be freed by the caller. With wildcards, it also
 * matches _ in place of any character. */
char *protection_prefix_regex(const char *text, bool wildcards);

/* Builds the protection from an inventory, which must outlive it. Release with protection_free. */
void protection_make(struct protection *protection, const struct inventory *inventory);
void protection_free(struct protection *protection);

/* Whether the operation on the reference is refused, by the same rules as in haproxy.cfg (config/protection.c).
 * Writes the reason of the response to reason, size bytes at most. */
bool protection_refuses(const struct protection *protection, const char *operation_id, const char *reference,
                        char *reason, size_t size);

/* The row of an operation in protected_operations; NULL if there is none. */
const struct protected_operation *protection_find(const char *operation_id);

#endif
