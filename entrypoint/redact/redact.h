/* Redaction: hides in the Engine's answers what REDACT names, although a permission shows them. What and why:
 * docs/redact.md.
 *
 * HAProxy buffers an answer, rewrites it with some substitutions (struct redact_step), and sends it only if the result
 * matches one regex (the proof): one whole JSON value in which every member that has to be hidden is. So what a
 * substitution overlooks, for whatever reason, is refused and not passed. `explain --response` does the same. */
#ifndef REDACT_REDACT_H
#define REDACT_REDACT_H

#include "base/problems.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Sets of words: bit 1 << REDACT_environment, ... */
enum redact_word {
#define REDACT_WORD(name, help) REDACT_##name,
#include "redact/members.def"
    REDACT_WORD_COUNT
};
extern const char *const redact_words[REDACT_WORD_COUNT];

/* Reads the value of REDACT, a list; NULL means none. A word that is not known is a problem of the variable with this
 * prefix. Returns the set. */
unsigned redact_read(const char *value, const char *prefix, struct problems *problems);

/* Returns the words of the set with ", " between them. The caller frees it. */
char *redact_text(unsigned words);

/* The words of the set because of which the operation is refused as a whole. */
unsigned redact_refuses(unsigned words, const char *operation_id);

/* The words of the set that hide something in the operation's answers. */
unsigned redact_hides(unsigned words, const char *operation_id);

/* The words of the set because of which requests for the operation are refused if they have a query. */
unsigned redact_refuses_query(unsigned words, const char *operation_id);

/* A substitution. Its regex and its replacement are what HAProxy's converter regsub takes (PCRE2, which sees what is
 * left of the answer after the last match as a text of its own; ^ matches in the first only). All replace the first
 * match and those that follow. */
struct redact_step {
    char *regex;
    const char *replacement; /* a literal */
};

/* What comes before the steps, in an answer or an error: DEL in a string, which JSON may have and HAProxy 3.0 cannot
 * write, becomes \u007f. */
extern const struct redact_step redact_first;

/* How the answers of an operation are redacted. The proof fails if anything that has to be hidden is not. */
struct redact_recipe {
    struct redact_step *steps;
    size_t count;
    char *proof;
};

/* Makes the recipe for an operation of which redact_hides names a word. Release with redact_recipe_free. */
void redact_recipe_make(struct redact_recipe *recipe, unsigned words, const char *operation_id);
void redact_recipe_free(struct redact_recipe *recipe);

/* Matches what an Engine says of an error, and nothing else: {"message":"..."}. */
extern const char redact_error[];

/* How much longer an answer becomes at most while it is rewritten: "" -> "***" and marks. A DEL counts as the bytes
 * that it becomes. */
#define REDACT_GROWTH   2
#define REDACT_DEL_MORE 5

/* Returns the length that MAX_REDACT_BODY bounds: with each DEL as six bytes. */
size_t redact_length(const char *body, size_t length);

/* The groups of redact_error, recipes' regexes and proofs: what JSON is. They are to be appended as
 * "(?(DEFINE)" REDACT_GROUPS ")". */
extern const char redact_groups[];

/* Redacts answers of one operation without HAProxy, as the proxy does. Release with redactor_free. */
struct redactor;
struct redactor *redactor_new(unsigned words, const char *operation_id);
void redactor_free(struct redactor *redactor);

/* Returns the new text of an answer of length bytes, which the caller frees, or NULL if the proxy would refuse it. */
char *redactor_run(const struct redactor *redactor, const char *body, size_t length);

/* What is said of an answer that is refused. */
#define REDACT_TOO_LARGE "it is larger than the %ld bytes of %sMAX_REDACT_BODY"
extern const char redact_unproven[];

/* Writes a line for each hidden member of each answer, and for each operation that is refused: operation, member,
 * words, what becomes of it; separated by tabs. For `map redactions`. */
void redact_write_table(FILE *out);

#endif
