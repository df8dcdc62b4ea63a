#include "variables.h"

#include "bounded.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *variable(const struct variables *variables, const char *name)
{
    size_t prefix = strlen(variables->prefix);
    size_t length = strlen(name);

    for (char *const *entry = variables->environment; *entry != NULL; entry++) {
        const char *text = *entry;

        if (strncmp(text, variables->prefix, prefix) == 0 && strncmp(text + prefix, name, length) == 0 &&
            text[prefix + length] == '=') {
            text += prefix + length + 1;
            return *text == '\0' ? NULL : text;
        }
    }
    return NULL;
}

static bool among(const char *value, const char *const words[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(value, words[i]) == 0)
            return true;
    return false;
}

enum tristate variable_boolean(const struct variables *variables, const char *name, struct problems *problems)
{
    static const char *const yes[] = {"1", "true", "yes", "on"};
    static const char *const no[] = {"0", "false", "no", "off"};
    const char *value = variable(variables, name);

    if (value == NULL)
        return UNSET;
    if (among(value, yes, sizeof yes / sizeof *yes))
        return YES;
    if (among(value, no, sizeof no / sizeof *no))
        return NO;
    problem(problems, "%s%s=%s: not a boolean; use " BOOLEAN_WORDS, variables->prefix, name, value);
    return UNSET;
}

long variable_number(const struct variables *variables, const char *name, long low, long high, long preset,
                     struct problems *problems)
{
    const char *value = variable(variables, name);
    char *end;
    long number;

    if (value == NULL)
        return preset;
    errno = 0;
    number = strtol(value, &end, 10);
    if (errno == 0 && strspn(value, "0123456789") == strlen(value) && number >= low && number <= high)
        return number;
    problem(problems, "%s%s=%s: not a whole number from %ld to %ld", variables->prefix, name, value, low, high);
    return preset;
}

#define NAME_MAX_COMPARED 64

/* Levenshtein's edit distance of two names; names too long to be ours are infinitely far away. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[NAME_MAX_COMPARED + 1];
    size_t rows = strlen(a);
    size_t columns = strlen(b);

    if (rows > NAME_MAX_COMPARED || columns > NAME_MAX_COMPARED)
        return NAME_MAX_COMPARED;
    for (size_t j = 0; j <= columns; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= rows; i++) {
        unsigned diagonal = row[0];

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= columns; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[columns];
}

const char *nearest_name(const char *name, unsigned most, const char *(*next)(void *context), void *context, char *nearest,
                         size_t size)
{
    unsigned best = most;
    bool found = false;
    const char *candidate;

    while ((candidate = next(context)) != NULL) {
        unsigned far = distance(name, candidate);

        if (far < best + !found && strlen(candidate) < size) {
            best = far;
            found = true;
            bounded_copy(nearest, size, candidate);
        }
    }
    return found ? nearest : NULL;
}
