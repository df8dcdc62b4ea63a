/* PROFILE_<NAME>_FROM: the clients that a profile applies to. */
#ifndef ENVIRONMENT_CLAIM_H
#define ENVIRONMENT_CLAIM_H

#include "base/host.h"
#include "base/variables.h"

#include <stddef.h>

#define CLAIMS_MAX     64
#define CLAIM_TEXT_MAX 256

/* In the order of precedence: the first kind that matches a client decides. A profile's own listener precedes them
 * all; a container's label comes between its service and the networks (PROFILES_FROM_LABELS). */
enum claim_kind {
    CLAIM_CERTIFICATE,
    CLAIM_ADDRESS,
    CLAIM_DNS,     /* what the DNS of the container network resolves */
    CLAIM_NAME,    /* a container as the Engine names it, or a service of the proxy's own project */
    CLAIM_SERVICE, /* the containers of a service of Compose or Swarm */
    CLAIM_NETWORK,
};

struct claim {
    enum claim_kind kind;
    char text[CLAIM_TEXT_MAX]; /* certificate: the common name; address, network: in the form of inet_ntop; dns: in
                                  lower case; service: NAME or PROJECT/NAME */
    unsigned bits;             /* network: the length of the prefix */
};

struct claims {
    size_t count;
    struct claim list[CLAIMS_MAX];
};

/* Reads FROM, a comma-separated list of names, service:[PROJECT/]NAME, dns:NAME, addresses, CIDRs and cn:<common name>.
 * A wrong item is a problem. */
void claims_read(struct claims *clients, const struct variables *variables, struct problems *problems);

/* What FROM has before the text of a claim of that kind, such as "dns:". The string is static. */
const char *claim_prefix(enum claim_kind kind);

/* Whether both claim the same clients in the same way. */
bool claim_equal(const struct claim *a, const struct claim *b);

#endif
