/* PROFILE_<NAME>_FROM: the clients that a profile applies to. */
#ifndef ENVIRONMENT_CLAIM_H
#define ENVIRONMENT_CLAIM_H

#include "base/host.h"
#include "base/variables.h"

#include <stddef.h>

#define CLAIMS_MAX     64
#define CLAIM_TEXT_MAX 256

/* In the order of precedence: the first kind that matches a client decides. A profile's own listener precedes them
 * all. */
enum claim_kind { CLAIM_CERTIFICATE, CLAIM_ADDRESS, CLAIM_NAME, CLAIM_NETWORK };

struct claim {
    enum claim_kind kind;
    char text[CLAIM_TEXT_MAX]; /* certificate: the common name; address, network: in the form of inet_ntop; name: in
                                  lower case */
    unsigned bits;             /* network: the length of the prefix */
};

struct claims {
    size_t count;
    struct claim list[CLAIMS_MAX];
};

/* Reads FROM, a comma-separated list of names, addresses, CIDRs and cn:<common name>. A wrong item is a problem. */
void claims_read(struct claims *clients, const struct variables *variables, struct problems *problems);

/* Whether both claim the same clients in the same way. */
bool claim_equal(const struct claim *a, const struct claim *b);

#endif
