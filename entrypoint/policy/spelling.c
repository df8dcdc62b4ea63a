/* Suggests names for an unknown variable. */
#include "policy/spelling.h"

#include "base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_COMPARED 64
#define WORDS_MAX         12
#define GUESSES_MAX       3

unsigned slip(const char *name)
{
    return strlen(name) >= 8 ? SLIP_MAX : (unsigned)strlen(name) / 4;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Damerau-Levenshtein distance (optimal string alignment); a large number for names that are too long. */
static unsigned distance(const char *a, const char *b)
{
    unsigned row[3][NAME_MAX_COMPARED + 1] = {{0}}; /* the last three rows, in rotation */
    size_t rows = strlen(a);
    size_t columns = strlen(b);

    if (rows > NAME_MAX_COMPARED || columns > NAME_MAX_COMPARED)
        return NAME_MAX_COMPARED;
    for (size_t k = 0; k <= columns; k++)
        row[0][k] = (unsigned)k;
    for (size_t i = 1; i <= rows; i++) {
        unsigned *now = row[i % 3];
        const unsigned *before = row[(i - 1) % 3];
        const unsigned *two_before = row[(i + 1) % 3];

        now[0] = (unsigned)i;
        for (size_t k = 1; k <= columns; k++) {
            now[k] = least(least(before[k], now[k - 1]) + 1, before[k - 1] + (a[i - 1] != b[k - 1]));
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                now[k] = least(now[k], two_before[k - 2] + 1);
        }
    }
    return row[rows % 3][columns];
}

/* ---- words ---- */

/* Common words for operations, mostly commands of the docker client. */
static const struct synonym {
    const char *word;
    const char *operation; /* operationId */
} synonyms[] = {
    {"PULL", "ImageCreate"},         {"IMPORT", "ImageCreate"},       {"SAVE", "ImageGet"},
    {"REMOVE", "ContainerDelete"},   {"REMOVE", "ImageDelete"},       {"REMOVE", "NetworkDelete"},
    {"REMOVE", "VolumeDelete"},      {"RM", "ContainerDelete"},       {"RMI", "ImageDelete"},
    {"PS", "ContainerList"},         {"DF", "SystemDataUsage"},       {"DIFF", "ContainerChanges"},
    {"CP", "ContainerArchive"},      {"CP", "PutContainerArchive"},   {"COPY", "ContainerArchive"},
    {"COPY", "PutContainerArchive"}, {"LOGIN", "SystemAuth"},         {"SHELL", "ContainerExec"},
    {"SHELL", "ExecStart"},          {"TERMINAL", "ContainerAttach"},
};

struct name_words {
    char text[WORDS_MAX][NAME_MAX_COMPARED + 1];
    size_t count;
};

/* Splits a name without ALLOW_ into words; a plural counts as its singular. */
static void split(const char *name, struct name_words *words)
{
    if (strncmp(name, "ALLOW_", strlen("ALLOW_")) == 0)
        name += strlen("ALLOW_");
    words->count = 0;
    while (*name != '\0' && words->count < WORDS_MAX) {
        size_t length = strcspn(name, "_");

        if (length > 0 && length <= NAME_MAX_COMPARED) {
            char *word = words->text[words->count++];

            memcpy(word, name, length);
            word[length] = '\0';
            if (length > 3 && word[length - 1] == 'S')
                word[length - 1] = '\0';
        }
        name += length + (name[length] == '_');
    }
}

static bool has_word(const struct name_words *words, const char *word)
{
    for (size_t i = 0; i < words->count; i++)
        if (strcmp(words->text[i], word) == 0)
            return true;
    return false;
}

/* Whether the word is part of the operation's variable, or a synonym of it. */
static bool has_name(const struct operation *operation, const char *word)
{
    char own[OPERATION_NAME_MAX];
    struct name_words words;
    struct name_words synonym;

    operation_own_variable(operation, own);
    split(own, &words);
    if (has_word(&words, word))
        return true;
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++) {
        split(synonyms[i].word, &synonym);
        if (strcmp(synonyms[i].operation, operation->id) == 0 && has_word(&synonym, word))
            return true;
    }
    return false;
}

/* Whether the word names any operation. */
static bool is_known(const char *word)
{
    for (size_t i = 0; i < operation_count; i++)
        if (has_name(&operations[i], word))
            return true;
    return false;
}

/* ---- suggestions ---- */

static bool same_meaning(const char *name, const char *candidate)
{
    struct name_words words;
    struct name_words theirs;

    split(name, &words);
    split(candidate, &theirs);
    for (size_t i = 0; i < words.count; i++)
        if (!has_word(&theirs, words.text[i]) && is_known(words.text[i]))
            return false;
    return true;
}

void nearest_try(struct nearest *nearest, const char *candidate)
{
    unsigned far = distance(nearest->name, candidate);

    if (far > nearest->most || (nearest->found[0] != '\0' && far >= distance(nearest->name, nearest->found)) ||
        strlen(candidate) >= sizeof nearest->found)
        return;
    if (!nearest->same_meaning || same_meaning(nearest->name, candidate))
        bounded_copy(nearest->found, sizeof nearest->found, candidate);
}

/* Whether the operation has all of the known words from first on, and at least one. */
static bool has_words(const struct operation *operation, const struct name_words *words, size_t first)
{
    bool meant = false;

    for (size_t i = first; i < words->count; i++)
        if (is_known(words->text[i])) {
            if (!has_name(operation, words->text[i]))
                return false;
            meant = true;
        }
    return meant;
}

/* Writes the own variables of the operations that have the words from first on. Returns their count. */
static size_t find_operations(const struct name_words *words, size_t first, const char *prefix, char *variables,
                              size_t size)
{
    size_t count = 0;
    size_t used = 0;

    variables[0] = '\0';
    for (size_t i = 0; i < operation_count; i++) {
        char own[OPERATION_NAME_MAX];
        int length;

        if (!has_words(&operations[i], words, first) ||
            (strcmp(operations[i].section, "Libpod") == 0 && !has_word(words, "LIBPOD")))
            continue;
        operation_own_variable(&operations[i], own);
        length = snprintf(variables + used, size - used, "%s%s%s", count > 0 ? " " : "", prefix, own);
        if (length < 0 || (size_t)length >= size - used) {
            variables[used] = '\0';
            return count;
        }
        used += (size_t)length;
        count++;
    }
    return count;
}

bool spoken_of(const char *name, const char *prefix, char *variables, size_t size)
{
    struct name_words words;

    split(name, &words);
    if (find_operations(&words, 0, prefix, variables, size) > 0)
        return true;
    /* If no operation has all of the words, try the last ones: the verb is there. */
    for (size_t first = 1; first < words.count; first++) {
        size_t count = find_operations(&words, first, prefix, variables, size);

        if (count > 0)
            return count <= GUESSES_MAX;
    }
    return false;
}
