/* Lines of haproxy.cfg that end in a list of words. HAProxy reads at most 64 words of a line (MAX_LINE_ARGS), so that a
 * long list takes several: an ACL of that name, or the same rule with other patterns, again. */
#ifndef CONFIG_PATTERNS_H
#define CONFIG_PATTERNS_H

#include "config/template.h"

struct words {
    FILE *out;
    const char *head; /* what each line begins with, without the indentation */
    const char *tail; /* what each line ends with */
    size_t count;
};

/* Adds a word, quoted if HAProxy could read it as something else. */
void words_add(struct words *words, const char *word);

/* Ends the last line. Nothing has been written if there was no word. */
void words_end(struct words *words);

/* The same for templates: the list "lines" of values, whose rows have {{words}} each. It is made if there is no word,
 * too. */
struct lines {
    struct values *values;
    struct text text;
    size_t count; /* of words */
};

void lines_add(struct lines *lines, const char *word);

/* Ends the list; returns whether there is any word. */
bool lines_end(struct lines *lines);

#endif
