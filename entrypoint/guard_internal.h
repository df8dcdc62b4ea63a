/* What the guard's own files share. */
#ifndef GUARD_INTERNAL_H
#define GUARD_INTERNAL_H

#include "guard.h"
#include "guard_table.h"

#define GUARD_DYNAMIC_MAX 16
#define MAX_CREATE_BODY_DEFAULT (256L * 1024)

struct guard_list {
    char **items;
    size_t count;
};

struct guard {
    bool active;
    bool open[KNOB_COUNT];             /* any value of the knob's fields is accepted */
    struct guard_list list[KNOB_COUNT];
    char *socket_path;
    char *prefix; /* of the names of variables in messages; NULL for none */
    char *label; /* REQUIRE_LABEL, the key; NULL: none is required */
    char *label_value; /* NULL: any */
    long max_body;
    struct guard_group groups[GUARD_DYNAMIC_MAX]; /* guard_groups whose text depends on the variables; owned */
    char *image_query; /* lookahead for the query of a pull; NULL: any image */
};

/* guard_values.c: the groups that depend on the variables. False if memory runs out. */
bool guard_make_groups(struct guard *guard);

/* guard_regex.c. Each gives a regex that the caller frees, or NULL if memory runs out. */

/* Matches the harmless bodies of an operation. */
char *guard_body_regex(const struct guard *guard, const struct guard_operation *operation);

/* Matches the bodies that have the label that REQUIRE_LABEL asks for. */
char *guard_label_regex(const struct guard *guard, const struct guard_operation *operation);

/* Matches the harmless queries of an operation. */
char *guard_query_regex(const struct guard *guard, const struct guard_operation *operation);

/* Calls found for each thing that can be wrong with an operation's body, with a regex that finds it and the reason to
 * give. The regex is freed after the call. Both are to be tried in order, until one hits. Returns false if found does,
 * or if memory runs out. */
typedef bool guard_found(void *context, const char *regex, const char *reason);
bool guard_body_reasons(const struct guard *guard, const struct guard_operation *operation, guard_found *found, void *context);

/* The same for its query. */
bool guard_query_reasons(const struct guard *guard, const struct guard_operation *operation, guard_found *found,
                         void *context);

/* The reason to give if nothing else was found. */
#define REASON_BODY "its body cannot be judged with certainty; it has to be one JSON object, written plainly"
#define REASON_QUERY "its query cannot be judged with certainty"
#define REASON_NOT_EMPTY "a body; the Engine takes none here since API 1.24"
#define REASON_ENCODING "a compressed body, which cannot be judged"
#define REASON_FORM "a form, which cannot be judged"
#define REASON_HEADERS "a request head of more than 16 KiB, which cannot be judged"

/* An empty body, as clients write it. */
#define EMPTY_BODY_REGEX "\\A" W "(?>null|\\{" W "\\})?+" W "\\z"

#define GUARD_REASON_MAX 256

/* The prefix as it is printed. */
const char *guard_prefix(const struct guard *guard);

/* Whether a regex is to be run on the operation's query: there are parameters to judge at all. */
bool guard_judges_query(const struct guard *guard, const struct guard_operation *operation);

#endif
