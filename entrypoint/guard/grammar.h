/* From the schema to regexes: what is harmless, and where the first fault is. */
#ifndef GUARD_GRAMMAR_H
#define GUARD_GRAMMAR_H

#include "guard/internal.h"

/* A regex in two parts: the text, and the names of the groups it calls, directly or not. */
#define GROUPS_CALLED_MAX 96
struct regex {
    char *text; /* owned; NULL: there is none */
    size_t count;
    char *groups[GROUPS_CALLED_MAX]; /* owned */
};
void regex_free(struct regex *regex);

/* The definition of a group as PCRE2 wants it, "(?<name>...)"; of a type, with one for its members. The caller frees
 * it. */
char *grammar_definition(const struct grammar *grammar, const char *name);

/* The regex as one text with all definitions. The caller frees it. */
char *grammar_whole(const struct grammar *grammar, const struct regex *regex);

/* Makes a regex of a text that calls groups. Takes the text, which it frees with the regex. */
void regex_set(const struct grammar *grammar, struct regex *regex, char *text);

/* Gives both the groups of either, in one order, so that the same definitions serve them. */
void regex_join(struct regex *a, struct regex *b);

/* Whether any value of the parameter passes. */
bool grammar_parameter_is_open(const struct guard *guard, const struct guard_parameter *parameter);

/* The type of what is inside the member; NULL for none. */
const struct guard_type *grammar_inside(const struct guard_field *field);

/* Match what is harmless: a body, a query; and a body with the label that REQUIRE_LABEL asks for. */
void grammar_body(const struct grammar *grammar, struct regex *regex);
void grammar_query(const struct grammar *grammar, struct regex *regex);
void grammar_label(const struct grammar *grammar, struct regex *regex);

/* Matches the beginning of what VolumesFrom never gives away, without its quotes. */
void grammar_protected(const struct grammar *grammar, struct regex *regex);

/* Find the first fault of a body or a query that is not harmless: a sign, the names of the members on the way, and the
 * value if it is short and plain, are captured. CAUSE_FORMAT puts them together, as HAProxy's actions have it:
 * "{HostConfig.Binds.....|/srv/x:/x". One more capture is empty, where the faulty value begins. A # in front is passed
 * over. */
#define CAUSE_GROUPS 9
#define CAUSE_FORMAT "\\1\\2.\\3.\\4.\\5.\\6.\\7.\\8|\\9"
void grammar_body_fault(const struct grammar *grammar, struct regex *regex);
void grammar_query_fault(const struct grammar *grammar, struct regex *regex);

#endif
