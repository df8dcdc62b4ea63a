/* The variables of other images (CONTAINERS=1, POST=1, LIBPOD_IMAGES=1, ...) with the meaning they have there.
 *
 * A section name opens GET and HEAD below its path; POST=1 opens every other method in the open sections. Where the two
 * images differ, the stricter one counts, unless COMPAT names one of them. Defects of the images are not reproduced:
 * unanchored prefixes, any method on a lifecycle path, a websocket that writes to a container with POST=0, old API
 * versions. */
#ifndef POLICY_COMPAT_H
#define POLICY_COMPAT_H

#include "policy/operations.h"
#include "policy/spelling.h"
#include "base/variables.h"

#define COMPAT_NAMES_MAX 96

enum reading {
    STRICTER, /* opens what both images open, and needs all that either documents */
    TECNATIVA,
    LINUXSERVER,
};

struct compat {
    enum reading reading;
    enum tristate value[COMPAT_NAMES_MAX]; /* by index into the table of names */
};

/* Offers all names that begin with prefix to the search. */
void compat_try_names(struct nearest *nearest, const char *prefix);

/* Whether the name is a variable of one of the images. */
bool compat_knows(const char *name);

/* Reads all names. Problems are values that are not booleans, words that mean true (those images read them as 0),
 * and unknown LIBPOD_* names. Other unknown names are ignored: they may belong to another program. */
void compat_read(struct compat *compat, const struct variables *variables, struct problems *problems);

/* The decision of the foreign names on an operation: YES or NO if a name of its section is set, else UNSET.
 * groups_on is the set of this proxy's groups that are true, which some of the rules need. On YES, writes the names
 * that open the operation ("CONTAINERS and POST") to reason, which has that size in bytes; reason may be NULL if
 * size is 0. */
enum tristate compat_decide(const struct compat *compat, const struct operation *operation, uint64_t groups_on,
                            char *reason, size_t size);

/* The set of groups whose values are ignored: with COMPAT=tecnativa and without POST=1, the lifecycle groups, since
 * Tecnativa's image honours them with POST=1 only. */
uint64_t compat_ignored(const struct compat *compat);

/* Writes the foreign names that are true to names, joined by spaces, for a notice at the start. Returns their count. */
unsigned compat_used(const struct compat *compat, char *names, size_t size);

#endif
