/* Turns patterns with * and ? into regexes that match in time proportional to the length of the text. */
#include "guard/json.h"
#include "guard/lists.h"

#include <ctype.h>
#include <string.h>

/* What a wildcard stands for, and how a slash, a colon and an @ are written. */
static const struct {
    const char *one;      /* for ? and for each character of * */
    const char *anything; /* for each character of ** */
    const char *slash;
    const char *colon;
    const char *at;
} kinds[] = {
    [GLOB_NAME] = {"[A-Za-z0-9_.-]", "(?:[A-Za-z0-9_./-]|\\\\/|:(?=[0-9]+\\\\?/))", SLASH, ":", "@"},
    [GLOB_TAG] = {"[A-Za-z0-9_.:@+-]", "[A-Za-z0-9_.:@+-]", SLASH, ":", "@"},
    [GLOB_QUERY_NAME] = {"[A-Za-z0-9_.-]", "(?:[A-Za-z0-9_./-]|%2[Ff]|:(?=[0-9]+(?:/|%2[Ff])))", "(?:/|%2[Ff])",
                         "(?::|%3[Aa])", "(?:@|%40)"},
    [GLOB_QUERY_TAG] = {"(?:[A-Za-z0-9_.:@+-]|%3[Aa]|%40)", "(?:[A-Za-z0-9_.:@+-]|%3[Aa]|%40)", "(?:/|%2[Ff])",
                        "(?::|%3[Aa])", "(?:@|%40)"},
    [GLOB_VOLUME] = {"[A-Za-z0-9_.-]", "[A-Za-z0-9_.-]", SLASH, ":", "@"},
    /* Escapes are read whole, and none may be a minus, a dot or a slash. */
    [GLOB_WORD] = {"(?>[^\"\\\\/\\x00-\\x1f]|\\\\(?:[\"\\\\bfnrt]|u(?!002[D-Fd-f])[0-9A-Fa-f]{4}))", NULL, SLASH, ":",
                   "@"},
};

static void put_one(FILE *out, char c, enum glob_kind kind)
{
    if (c == '?')
        fputs(kinds[kind].one, out);
    else if (c == '/')
        fputs(kinds[kind].slash, out);
    else if (c == ':')
        fputs(kinds[kind].colon, out);
    else if (c == '@')
        fputs(kinds[kind].at, out);
    else if (isalnum((unsigned char)c) || c == '_')
        fputc(c, out);
    else
        fprintf(out, "\\x%02x", (unsigned)(unsigned char)c);
}

/* The length of the text up to the next star or slash; a star does not match a slash. */
static size_t run_length(const char *glob, size_t length)
{
    size_t n = 0;

    while (n < length && glob[n] != '*' && glob[n] != '/')
        n++;
    return n;
}

/* A star between two texts is lazy and atomic: within a segment, the first match of the text behind it is as good as
 * any later one. Only the last star of a segment and ** backtrack. */
void guard_put_glob(FILE *out, const char *glob, size_t length, enum glob_kind kind)
{
    size_t i = 0;

    while (i < length) {
        if (glob[i] != '*') {
            put_one(out, glob[i++], kind);
            continue;
        }
        bool both = false;
        while (i < length && glob[i] == '*') {
            both |= i + 1 < length && glob[i + 1] == '*';
            i++;
        }
        size_t run = run_length(glob + i, length - i);
        bool again = !both && i + run < length && glob[i + run] == '*' &&
                     !(i + run + 1 < length && glob[i + run + 1] == '*');

        fprintf(out, again ? "(?>%s*?" : "%s*", both ? kinds[kind].anything : kinds[kind].one);
        for (size_t k = 0; again && k < run; k++)
            put_one(out, glob[i + k], kind);
        if (again) {
            fputc(')', out);
            i += run;
        }
    }
}
