/* ALLOW_CONTAINER_NAMES and ALLOW_CONTAINER_LABELS: the containers that the clients of a profile may reach. */
#ifndef ENVIRONMENT_TARGETS_H
#define ENVIRONMENT_TARGETS_H

#include "base/variables.h"
#include "policy/operations.h"

/* A container is a target if its name matches one of the patterns, and it has all labels. An empty list limits nothing.
 */
struct targets {
    char **names; /* patterns, in which * and ? stand for other characters; owned */
    size_t name_count;
    char **labels; /* KEY or KEY=VALUE; owned */
    size_t label_count;
};

/* Reads both variables. A mistake is a problem. Release with targets_free. */
void targets_read(struct targets *targets, const struct variables *variables, struct problems *problems);
void targets_free(struct targets *targets);

/* Whether any of them is set, so that there are containers which are no targets. */
bool targets_limit(const struct targets *targets);

/* Whether the operation reaches containers that neither its path nor a filter can limit to the targets. Then only its
 * own variable opens it. */
bool targets_close(const struct targets *targets, const struct operation *operation);

/* Whether requests for the operation depend on the targets: its path names a container, or its list gets a filter. */
bool targets_judge(const struct targets *targets, const struct operation *operation);

/* Whether a name matches one of the patterns, or there are none. */
bool targets_have_name(const struct targets *targets, const char *name);

/* A regex for what targets_have_name accepts, which Go (RE2) reads like PCRE2, for the Engine's filter of names. (It
 * tries names without the slash before them as well.) The caller frees it; NULL if there are no patterns. */
char *targets_name_regex(const struct targets *targets);

/* The names of the variables that are set: "ALLOW_CONTAINER_NAMES and ALLOW_CONTAINER_LABELS". The caller frees it. */
char *targets_variables(const struct targets *targets, const char *prefix);

#endif
