/* Lists of containers (ContainerList, SystemEvents, ContainerPrune) get a filter, so that they show only targets. */
#ifndef CONFIG_NARROW_H
#define CONFIG_NARROW_H

#include "environment/targets.h"

#include <stdbool.h>
#include <stddef.h>

#define NARROW_STEPS_MAX 8

/* A substitution: its first match only. */
struct narrow_step {
    char *regex;
    char *replacement; /* has no backslashes */
};

/* The Engine takes a filter in two forms: {"label":["a"]} and {"label":{"a":true}}. */
enum narrow_form { NARROW_LIST, NARROW_MAP, NARROW_FORMS };

/* How a request for one operation is limited to the targets. The filters are the value of `filters`, decoded once, or
 * {} if there is none or it is empty. All strings are owned. */
struct narrowing {
    char *parameters;       /* matches the queries that can be judged */
    char *parameters_fault; /* the reason, if it does not */
    char *filters_fault;    /* the reason, if neither form matches */
    struct narrow_form_rules {
        char *harmless; /* matches the filters of this form that can be limited */
        struct narrow_step steps[NARROW_STEPS_MAX];
        size_t step_count;
        char *proof; /* matches the limited filters */
    } forms[NARROW_FORMS];
};

/* The longest query that is judged, in bytes. */
#define NARROW_QUERY_MAX 8192

/* The value of `filters` in a query that parameters matches: the replacement for the whole query is \1. */
#define NARROW_FILTERS "^(?:.*&)?filters=([^&]*).*$"
#define NARROW_OTHERS  "(?:^|&)filters=[^&]*"
#define NARROW_ASKS    "(?:^|&)filters=[^&]"

/* Makes it for an operation of which targets_judge is true, and whose reach is LIST or LABELS. docker: the Engine is
 * known to be Docker; Podman shows the events that have any of several labels. Release with narrowing_free. */
void narrowing_make(struct narrowing *narrowing, const struct targets *targets, const struct operation *operation,
                    bool docker);
void narrowing_free(struct narrowing *narrowing);

/* Whether a request with this query, NULL for none, is refused. The reason, which the narrowing owns, is written. */
bool narrowing_refuses(const struct narrowing *narrowing, const char *query, const char **reason);

#endif
