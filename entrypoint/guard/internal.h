/* The values of the guard's variables, and what regexes are made from. */
#ifndef GUARD_INTERNAL_H
#define GUARD_INTERNAL_H

#include "guard/guard.h"
#include "guard/schema.h"

struct guard_list {
    char **items;
    size_t count;
};

struct guard {
    bool active;
    bool audit;          /* what a variable would allow passes, and is logged */
    bool open[KNOB_ALL]; /* any value of the knob's members passes */
    struct guard_list list[KNOB_COUNT];
    char *socket_path;
    char *prefix;      /* of the names of variables in messages */
    char *label;       /* REQUIRE_LABEL, the key; NULL: none is required */
    char *label_value; /* NULL: any */
    long max_body;
};

/* What regexes are made from: the variables, what is known of the Engine, and one operation. Nothing is owned. */
struct grammar {
    const struct guard *guard;
    const struct guard_facts *facts;
    const struct guard_operation *operation;
};

#endif
