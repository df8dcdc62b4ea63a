/* PROFILE_<NAME>_FROM: which clients a profile is for. */
#ifndef ENVIRONMENT_CLAIM_H
#define ENVIRONMENT_CLAIM_H

#include "base/host.h"
#include "base/variables.h"

#include <stddef.h>

#define CLAIMS_MAX     64
#define CLAIM_TEXT_MAX 256

/* In the order of specificity: the first kind that matches a client decides. A listener of a profile's own comes before
 * all of them. */
enum claim_kind { CLAIM_CERTIFICATE, CLAIM_ADDRESS, CLAIM_NAME, CLAIM_NETWORK };

struct claim {
    enum claim_kind kind;
    char text[CLAIM_TEXT_MAX]; /* certificate: the common name; address, network: in its shortest form; name: in small
                                  letters */
    unsigned bits;             /* network: length of the prefix */
};

struct claims {
    size_t count;
    struct claim list[CLAIMS_MAX];
};

/* Reads FROM, a comma-separated list of names, addresses, CIDRs and cn:<common name>. */
void claims_read(struct claims *clients, const struct variables *variables, struct problems *problems);

/* Whether both are the same claim. */
bool claim_equal(const struct claim *a, const struct claim *b);

#endif
