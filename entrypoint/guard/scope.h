/* What the guard looks at, and what it demands of that. */
#ifndef GUARD_SCOPE_H
#define GUARD_SCOPE_H

#include "guard/grammar.h"

/* Up to here the reason of a refusal is searched. */
#define REASON_BODY_MAX (16L * 1024)

/* A sentence that holds a number and a profile's prefix. */
#define REASON_LARGE "a body of more than %ld bytes; %sMAX_CREATE_BODY sets the limit"

/* Something that has to be harmless. */
struct demand {
    const char *part; /* "query", "body", "filled" (a body that has to be empty) or "label" */
    struct regex harmless;
    struct regex fault;       /* where the first fault is; without a text: not looked for */
    enum guard_saying saying; /* what is said where no fault is found; SAY_ALL: why has it */
    char *why;
};

/* All that the guard has to say of one operation; haproxy.cfg and `explain` both come from it. */
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

/* Whether a body is waited for. */
bool guard_has_body(const struct guard_operation *operation);

/* Whether a regex is to be run on the operation's query: there are parameters to judge at all. */
bool guard_judges_query(const struct guard *guard, const struct guard_operation *operation);

#endif
