/* Which operations the guard judges, and what it requires of each. */
#ifndef GUARD_SCOPE_H
#define GUARD_SCOPE_H

#include "guard/grammar.h"

/* In a longer body, in bytes, the reason of a refusal is not searched for. */
#define REASON_BODY_MAX (16L * 1024)

/* The reason for a body that is too large: takes the limit in bytes and the profile's prefix. */
#define REASON_LARGE "a body of more than %ld bytes; %sMAX_CREATE_BODY sets the limit"

/* A part of a request that has to be harmless. */
struct demand {
    const char *part; /* "query", "body", "filled" (a body that has to be empty) or "label" */
    struct regex harmless;
    struct regex fault;       /* where the first fault is; without a text: not searched for */
    enum guard_saying saying; /* the reason if no fault is found; SAY_ALL: why is the reason */
    char *why;
};

/* All that the guard requires of one operation: both haproxy.cfg and `explain` are made from it. */
struct product {
    struct grammar grammar;
    char *refusal;            /* why the operation is refused whatever it carries; NULL: the demands decide */
    struct demand demands[3]; /* in the order in which they are judged */
    size_t count;
};

/* Makes the product for an operation that guard_inspects. Release with product_free. */
void product_make(struct product *product, const struct guard *guard, const struct guard_facts *facts,
                  const struct guard_operation *operation);
void product_free(struct product *product);

/* Whether the operation's body is judged, so that HAProxy has to wait for it. */
bool guard_has_body(const struct guard_operation *operation);

/* Whether the operation's query is judged: it has parameters that are not open. */
bool guard_judges_query(const struct guard *guard, const struct guard_operation *operation);

#endif
