/* Environment variables: the table of those that are not permissions (base/variables.def), and readers of values. */
#ifndef BASE_VARIABLES_H
#define BASE_VARIABLES_H

#include "base/problems.h"

#include <stdbool.h>
#include <stddef.h>

enum tristate { UNSET, NO, YES };

#define BOOLEAN_WORDS "1 true yes on or 0 false no off"

/* A source of values: the environment, or the part of it with a prefix. */
struct variables {
    char *const *environment; /* NAME=value strings, terminated by NULL; not owned */
    const char *prefix;       /* prepended to each name that is looked up; "" for none */
};

/* The form of a value, which decides the function that reads it. */
enum variable_kind {
    KIND_BOOLEAN,
    KIND_NUMBER,  /* values: "LOW-HIGH" */
    KIND_SECONDS, /* the same, in seconds: 90, 90s, 2m or 1h */
    KIND_WORD,    /* values: the words, separated by blanks */
    KIND_CHOICE,  /* the same, read as the index of the word */
    KIND_PATH,    /* absolute, see plain_path */
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
    const char *values; /* what the kind requires, see enum variable_kind; or "" */
    const char *preset; /* the default; in parentheses if it is not a constant: the reader then returns 0 or NULL */
    bool limits;        /* leaving it out opens more than was meant, or something else */
    const char *help;   /* one line */
};

/* The indices of the rows: VAR_LISTEN, ... */
enum variable_id {
#define VARIABLE(name, ...) VAR_##name,
#include "base/variables.def"
    VARIABLE_COUNT
};
extern const struct variable_info variable_table[VARIABLE_COUNT];

/* The row with that name; NULL if there is none. */
const struct variable_info *variable_find(const char *name);

/* The default of the variable; NULL if it has none, or one that is not a constant. */
const char *variable_preset(enum variable_id id);

/* Writes one line for each variable, its columns separated by tabs, for `map settings`. */
void variables_write_table(FILE *out);

/* Writes one line for each variable, for --help. A * marks those that a profile can have. */
void variables_help(FILE *out);

/* Returns the value of the variable prefix+name without surrounding blanks and one pair of quotes; NULL if it is
 * unset or empty. Compose passes an empty string for a variable without a value, and an empty permission must not
 * count as a decision. The string is not owned, and valid as long as the environment. */
const char *variable(const struct variables *variables, const char *name);

/* Splits a list into items without surrounding blanks; empty items are left out. Free the array with list_free. */
char **list_split(const char *value, const char *separators, size_t *count);
void list_free(char **items, size_t count);

/* Parses one of BOOLEAN_WORDS in any case; UNSET for any other word. */
enum tristate boolean_word(const char *value);

/* Reads a boolean. UNSET if the variable is unset; a value that is not a boolean is a problem, and UNSET. */
enum tristate variable_boolean(const struct variables *variables, const char *name, struct problems *problems);

/* Reads a whole number in the row's range. Unset, it is the default, or 0. Any other value is a problem. */
long variable_number(const struct variables *variables, enum variable_id id, struct problems *problems);

/* The same for a time: a number with s, m or h, or in seconds without a unit. Returns seconds. */
long variable_seconds(const struct variables *variables, enum variable_id id, struct problems *problems);

/* Read one of the row's words in any case. variable_choice returns its index, variable_word the word of the table.
 * Unset, it is the default, or else 0 or NULL. Any other value is a problem. */
size_t variable_choice(const struct variables *variables, enum variable_id id, struct problems *problems);
const char *variable_word(const struct variables *variables, enum variable_id id, struct problems *problems);

/* Reads a text. Unset, it is the default, or NULL. Ownership as for variable(). */
const char *variable_text(const struct variables *variables, enum variable_id id);

/* Reads a path in the same way. A path that plain_path refuses is a problem. */
const char *variable_path(const struct variables *variables, enum variable_id id, struct problems *problems);

/* Reads an API version 1.<minor> and returns the minor number. Any other value is a problem, and the default. */
long variable_api_minor(const struct variables *variables, enum variable_id id, struct problems *problems);

#endif
