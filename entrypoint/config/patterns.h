/* Lines of haproxy.cfg that hold a list of words. HAProxy reads at most 64 words of a line (MAX_LINE_ARGS), so a long
 * list takes several: the same ACL or rule again, with other patterns. */
#ifndef CONFIG_PATTERNS_H
#define CONFIG_PATTERNS_H

#include "config/template.h"

/* The list "lines" of values, whose rows have {{words}} each. It is made even if no word is added. If list is set, it
 * is in a row of that list instead, which is made with the first word: values becomes that row then. */
struct lines {
    struct values *values;
    const char *list;
    struct text text;
    size_t count; /* of words */
};

/* Adds a word, quoted if HAProxy could read it as something else. */
void lines_add(struct lines *lines, const char *word);

/* Ends the list; returns whether there is any word. */
bool lines_end(struct lines *lines);

#endif
