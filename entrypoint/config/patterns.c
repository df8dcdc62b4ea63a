/* Splits lists of patterns in haproxy.cfg into lines. */
#include "config/patterns.h"

#include <string.h>

#define WORDS_PER_LINE 48

static int is_plain(const char *word)
{
    return word[strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:_-")] == '\0';
}

static void put(FILE *out, const char *word)
{
    const char *quote = is_plain(word) ? "" : "'";

    fprintf(out, "%s%s%s", quote, word, quote);
}

static void end_line(struct lines *lines)
{
    if (lines->count > 0)
        values_set_text(values_row(lines->values, "lines"), "words", &lines->text);
}

void lines_add(struct lines *lines, const char *word)
{
    if (lines->count == 0 && lines->list != NULL)
        lines->values = values_row(lines->values, lines->list);
    if (lines->count % WORDS_PER_LINE == 0) {
        end_line(lines);
        text_begin(&lines->text);
    } else {
        fputc(' ', lines->text.stream);
    }
    put(lines->text.stream, word);
    lines->count++;
}

bool lines_end(struct lines *lines)
{
    end_line(lines);
    values_list(lines->values, lines->count == 0 && lines->list != NULL ? lines->list : "lines");
    return lines->count > 0;
}
