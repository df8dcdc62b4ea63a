/* The proxy protects itself. Whoever may run a command in the proxy's own container, put files into it, or rename it,
 * has what the proxy keeps from its clients; so has whoever may run a command in another container that holds the
 * Engine's socket, which would not be found under a new name. No permission opens that, whichever way the container is
 * named: by its names, its id, or any beginning of its id.
 *
 * What stops it (stop, kill, restart, pause, delete) is left to the permissions: it takes from clients, and gives them
 * nothing. So is commit: it makes an image and changes nothing. What a body names (NetworkConnect) is the create
 * guard's.
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
    const char *because;             /* "a command in it could undo the proxy" */
};
extern const struct protected_operation protected_operations[]; /* ended by id NULL */

/* The reference in the path ("/containers/{reference}/exec") that is meant: one that is one of the names, or matches
 * the regex, which takes the id or any beginning of it. */
struct protection_target {
    const struct inventory_list *names; /* the inventory's; NULL: one name, in the regex */
    char *regex;                        /* NULL: none; owned */
};

struct protection {
    const struct inventory *inventory; /* not owned */
    /* By subject: own: one; holders; the service (letters in any case), and its name; volumes by any beginning of their
     * names, since Podman takes that. */
    struct protection_target *targets[PROTECTION_SUBJECTS];
    size_t counts[PROTECTION_SUBJECTS];
};

/* What every reference has to be, or it is refused: Podman takes % and _ in one for wildcards. */
#define PROTECTION_PLAIN "^[A-Za-z0-9][A-Za-z0-9_.-]*$"

/* As long as the own container is not known: what cannot be its name, for it is (the beginning of) another one's id. It
 * may be a holder's, so that it passes for operations on the own container only. */
#define PROTECTION_OTHER "^[0-9a-f]{12,64}$"

/* What answers say; the reference stands before all but the last two. */
#define PROTECTION_SAYS_OWN     "is the container of this proxy"
#define PROTECTION_SAYS_HOLDER  "holds the socket of the Engine"
#define PROTECTION_SAYS_SERVICE "is the service of this proxy"
#define PROTECTION_SAYS_VOLUME  "is mounted in the container of this proxy"
#define PROTECTION_SAYS_NEVER   "no permission opens this"
#define PROTECTION_SAYS_ODD     "this is neither a name nor an id; " PROTECTION_SAYS_NEVER
#define PROTECTION_SAYS_UNKNOWN "the Engine has not said yet which container this proxy runs in; try again in a moment"

/* The regex for a text or any beginning of it. With wildcards, _ stands for any of its characters. The caller frees it.
 */
char *protection_prefix_regex(const char *text, bool wildcards);

/* What is to be protected, from an inventory that must stay as long. Release with protection_free. */
void protection_make(struct protection *protection, const struct inventory *inventory);
void protection_free(struct protection *protection);

/* Whether the operation is refused for the reference, as the rules of haproxy.cfg do (config/protection.c). reason gets
 * what they answer behind "is forbidden: ". */
bool protection_refuses(const struct protection *protection, const char *operation_id, const char *reference,
                        char *reason, size_t size);

/* The row of protected_operations for an operation; NULL if it is not protected. */
const struct protected_operation *protection_find(const char *operation_id);

#endif
