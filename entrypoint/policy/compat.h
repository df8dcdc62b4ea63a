/* The names of the images people come from (CONTAINERS=1, POST=1, LIBPOD_IMAGES=1, ...), and what they meant there.
 *
 * A section name opens GET and HEAD below its path, POST=1 every other method in the open sections. The stricter of the
 * two images counts; COMPAT=tecnativa or COMPAT=linuxserver gives that one's meaning. Neither image's accidents are
 * kept: unanchored prefixes, any method on a lifecycle path, a websocket that writes to a container under POST=0, old
 * API versions. */
#ifndef POLICY_COMPAT_H
#define POLICY_COMPAT_H

#include "policy/operations.h"
#include "policy/spelling.h"
#include "base/variables.h"

#define COMPAT_NAMES_MAX 96

enum reading {
    STRICTER, /* what both images open, and what either documents as needed */
    TECNATIVA,
    LINUXSERVER,
};

struct compat {
    enum reading reading;
    enum tristate value[COMPAT_NAMES_MAX]; /* by index into the list of names */
};

/* Compares the names that begin with prefix. */
void compat_try_names(struct nearest *nearest, const char *prefix);

bool compat_knows(const char *name);

/* Reads all names. Values that are no booleans, words that mean true (which those images do not understand), and
 * unknown LIBPOD_* names, are problems; unknown names without a prefix may belong to somebody else and are left alone.
 */
void compat_read(struct compat *compat, const struct variables *variables, struct problems *problems);

/* What the foreign names say of an operation: YES or NO if they speak of its section at all, else UNSET. groups_on is
 * the set of our own groups that are true, which some of their rules need. YES writes the names that open it
 * ("CONTAINERS and POST") into reason, which has that size; none are written if it is 0. */
enum tristate compat_decide(const struct compat *compat, const struct operation *operation, uint64_t groups_on,
                            char *reason, size_t size);

/* The set of groups that do not count, whatever their value: the lifecycle names that Tecnativa's image honours with
 * POST=1 only, if it is not set. */
uint64_t compat_ignored(const struct compat *compat);

/* The foreign names that are set to true, joined by spaces, for the line at the start. Returns how many there are. */
unsigned compat_used(const struct compat *compat, char *names, size_t size);

#endif
