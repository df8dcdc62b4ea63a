/* PROFILE_<NAME>_FROM: which clients a profile is for. */
#ifndef ENVIRONMENT_CLAIM_H
#define ENVIRONMENT_CLAIM_H

#include "base/host.h"
#include "base/variables.h"

#include <stddef.h>

#define CLIENTS_MAX 64
#define CLIENT_TEXT_MAX 256

/* In the order of specificity: the first kind that matches a client decides. A listener of a profile's own comes before
 * all of them. */
enum client_kind { CLIENT_CERTIFICATE, CLIENT_ADDRESS, CLIENT_NAME, CLIENT_NETWORK };

struct client {
    enum client_kind kind;
    char text[CLIENT_TEXT_MAX]; /* certificate: the common name; address, network: in its shortest form; name: in small letters */
    unsigned bits;              /* network: length of the prefix */
};

struct clients {
    size_t count;
    struct client list[CLIENTS_MAX];
};

/* Reads FROM, a comma-separated list of names, addresses, CIDRs and cn:<common name>. */
void clients_read(struct clients *clients, const struct variables *variables, struct problems *problems);

/* Whether both are the same claim. */
bool client_equal(const struct client *a, const struct client *b);

#endif
