/* Makes regexes from the schema: one matches what is harmless, one finds the first fault of what is not. */
#ifndef GUARD_GRAMMAR_H
#define GUARD_GRAMMAR_H

#include "guard/internal.h"

/* A regex in two parts: the text, and the groups it calls, directly or not, each with its definition for PCRE2,
 * "(?<name>...)"; that of a type defines the group of its members too. */
#define GROUPS_CALLED_MAX 96
struct regex {
    char *text; /* owned; NULL: there is none */
    size_t count;
    char *groups[GROUPS_CALLED_MAX];      /* names; owned */
    char *definitions[GROUPS_CALLED_MAX]; /* owned */
};
void regex_free(struct regex *regex);

/* The regex as one text with all definitions. The caller frees it. */
char *regex_whole(const struct regex *regex);

/* Makes a regex of a text that calls groups. The regex owns the text then. Release with regex_free. */
void regex_set(const struct grammar *grammar, struct regex *regex, char *text);

/* Gives both the groups of either, in one order, so that the same definitions serve them. */
void regex_join(struct regex *a, struct regex *b);

/* Whether any value of the parameter passes. */
bool grammar_parameter_is_open(const struct guard *guard, const struct guard_parameter *parameter);

/* Whether a member of the operation's body, or a parameter of its query, has the knob. */
bool grammar_has_knob(const struct guard_operation *operation, enum guard_knob knob);

/* The type of what is inside the member; NULL for none. */
const struct guard_type *grammar_inside(const struct guard_field *field);

/* Regexes for what is harmless: a body, a query; and for a body with the label that REQUIRE_LABEL demands. As those
 * below, each makes *regex, which the caller releases with regex_free. */
void grammar_body(const struct grammar *grammar, struct regex *regex);
void grammar_query(const struct grammar *grammar, struct regex *regex);
void grammar_label(const struct grammar *grammar, struct regex *regex);

/* Matches the beginning of an item of VolumesFrom, or of a mode such as container:NAME, without quotes, that names a
 * protected container. */
void grammar_protected(const struct grammar *grammar, struct regex *regex);

/* Find the first fault of a body or a query that is not harmless. Captured are a mark that there is one, the names of
 * the members on the way, and the value if it is short and plain. CAUSE_FORMAT puts them together, as HAProxy's actions
 * have it: "{HostConfig.Binds.....|/srv/x:/x". One more capture is empty, where the faulty value begins. A # in front
 * is skipped. */
#define CAUSE_GROUPS 9
#define CAUSE_FORMAT "\\1\\2.\\3.\\4.\\5.\\6.\\7.\\8|\\9"
void grammar_body_fault(const struct grammar *grammar, struct regex *regex);
void grammar_query_fault(const struct grammar *grammar, struct regex *regex);

#endif
