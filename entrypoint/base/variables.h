/* Environment variables: the table of those that are not permissions (base/variables.def), and how a value is read. */
#ifndef BASE_VARIABLES_H
#define BASE_VARIABLES_H

#include "base/problems.h"

#include <stdbool.h>
#include <stddef.h>

enum tristate { UNSET, NO, YES };

#define BOOLEAN_WORDS "1 true yes on or 0 false no off"

/* Where values come from: the environment, or a part of it under a prefix. */
struct variables {
    char *const *environment; /* NAME=value strings, ended by NULL; not owned */
    const char *prefix;       /* put before each name that is looked up; "" for none */
};

/* What a value looks like, and what reads it. */
enum variable_kind {
    KIND_BOOLEAN,
    KIND_NUMBER, /* values: "LOW-HIGH" */
    KIND_WORD,   /* values: the words, separated by blanks */
    KIND_CHOICE, /* the same, read as the index of the word */
    KIND_PATH,   /* absolute, and plain (see plain_path) */
    KIND_TEXT,
    KIND_API_VERSION,
    KIND_LISTENERS, /* comma-separated lists */
    KIND_UPSTREAMS,
    KIND_CLAIMS,
    KIND_LIST,         /* values: what an item is */
    KIND_LIST_OR_TRUE, /* the same */
    KIND_LABEL,
};

enum variable_scope {
    SCOPE_GLOBAL,
    SCOPE_PROFILE, /* only as PROFILE_<NAME>_<name> */
    SCOPE_BOTH,
};

/* One row of base/variables.def. */
struct variable_info {
    const char *name; /* without a profile's prefix */
    enum variable_scope scope;
    enum variable_kind kind;
    const char *values; /* what the kind says of it, or "" */
    const char *
        preset; /* what counts if it is unset; in parentheses where that is not one value: the reader gives 0 or NULL */
    bool limits;      /* without it more is open, or something else, than was meant */
    const char *help; /* one line */
};

/* The indices of the rows: VAR_LISTEN, ... */
enum variable_id {
#define VARIABLE(name, ...) VAR_##name,
#include "base/variables.def"
    VARIABLE_COUNT
};
extern const struct variable_info variable_table[VARIABLE_COUNT];

/* What counts if the variable is unset; NULL if that is not one value. */
const char *variable_preset(enum variable_id id);

/* Writes the table: name, scope, kind, default and help of each row, separated by tabs. */
void variables_write_table(FILE *out);

/* Writes what --help says of the table: a line for each row, with a * for what a profile can have. */
void variables_help(FILE *out);

/* The value of prefix+name, without blanks and one pair of quotes around it, or NULL if it is unset or empty: Compose
 * passes an empty string for a variable that is mentioned but has no value, and an empty permission must not count as a
 * decision. The string is not owned, and stays as long as the environment does. */
const char *variable(const struct variables *variables, const char *name);

/* The items of a list, each without the blanks around it; empty ones are left out. The array, of count items, is the
 * caller's to free with list_free. */
char **list_split(const char *value, const char *separators, size_t *count);
void list_free(char **items, size_t count);

/* What a word says as a boolean, in any case; UNSET if it is none. */
enum tristate boolean_word(const char *value);

/* Reads a boolean in any case. Anything that is none is a problem, and UNSET. */
enum tristate variable_boolean(const struct variables *variables, const char *name, struct problems *problems);

/* Reads a whole number within the row's bounds. Unset gives the preset, 0 if there is none; anything else is a problem.
 */
long variable_number(const struct variables *variables, enum variable_id id, struct problems *problems);

/* Reads one of the row's words, in any case: its index, or itself. Unset gives the preset, or 0 and NULL if there is
 * none; anything else is a problem. */
size_t variable_choice(const struct variables *variables, enum variable_id id, struct problems *problems);
const char *variable_word(const struct variables *variables, enum variable_id id, struct problems *problems);

/* Reads any text: the preset if it is unset, or NULL. */
const char *variable_text(const struct variables *variables, enum variable_id id);

/* The same of a path; one that is not plain is a problem. */
const char *variable_path(const struct variables *variables, enum variable_id id, struct problems *problems);

/* Reads an API version of the form 1.<minor>: the minor number. Anything else is a problem, and the preset. */
long variable_api_minor(const struct variables *variables, enum variable_id id, struct problems *problems);

#endif
