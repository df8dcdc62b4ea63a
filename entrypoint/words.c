/* Lines of haproxy.cfg that end in a list of patterns. */
#include "words.h"

#include <string.h>

#define WORDS_PER_LINE 48

static int is_plain(const char *word)
{
    return word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:_-")] == '\0';
}

void words_add(struct words *words, const char *word)
{
    const char *quote = is_plain(word) ? "" : "'";

    if (words->count % WORDS_PER_LINE == 0) {
        if (words->count > 0)
            fprintf(words->out, "%s\n", words->tail);
        fprintf(words->out, "    %s", words->head);
    }
    fprintf(words->out, " %s%s%s", quote, word, quote);
    words->count++;
}

void words_end(struct words *words)
{
    if (words->count > 0)
        fprintf(words->out, "%s\n", words->tail);
}
