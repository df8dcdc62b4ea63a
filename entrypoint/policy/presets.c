/* Finds presets by name, and the operations that they open. */
#include "policy/presets.h"

#include "base/text.h"
#include "policy/spelling.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct preset presets[] = {
#define PRESET(name, help, operations, guard, guard_may, remark) {name, help, operations, guard, guard_may, remark},
#include "policy/presets.def"
};

const size_t preset_count = sizeof presets / sizeof *presets;

_Static_assert(sizeof presets / sizeof *presets <= PRESETS_MAX, "PRESETS_MAX is too small");

bool preset_is_mode(const struct preset *preset)
{
    return strchr(preset->name, '+') != NULL;
}

bool preset_opens(const struct preset *preset, const struct operation *operation)
{
    return text_has_word(preset->operations, operation->id);
}

const struct preset *presets_opening(const struct preset_choice *choice, const struct operation *operation)
{
    for (size_t i = 0; i < preset_count; i++)
        if (choice->chosen[i] && preset_opens(&presets[i], operation))
            return &presets[i];
    return NULL;
}

/* ---- names ---- */

/* The index of the row whose name has that length and these letters in any case; preset_count if there is none. */
static size_t find(const char *name, size_t length)
{
    size_t i = 0;

    while (i < preset_count && (strncasecmp(presets[i].name, name, length) != 0 || presets[i].name[length] != '\0'))
        i++;
    return i;
}

/* Whether an unknown name says what the row is for: it has the whole name of the client in it, or is a part of it. */
static bool speaks_of(const char *name, const struct preset *preset)
{
    char *client = strndup(preset->name, strcspn(preset->name, "+"));
    bool speaks = client != NULL && (strcasestr(client, name) != NULL || strcasestr(name, client) != NULL);

    free(client);
    return speaks;
}

/* before is what stands before the item in the message; name is what could not be found: the whole item, or its client
 * and one mode. */
static void report_unknown(const char *before, const char *item, const char *name, struct problems *problems)
{
    struct nearest nearest = {.name = name, .most = slip(name)};
    struct text related;
    char *names;

    for (size_t i = 0; i < preset_count; i++)
        nearest_try(&nearest, presets[i].name);
    text_begin(&related);
    for (size_t i = 0; i < preset_count; i++)
        if (strlen(name) >= 3 && speaks_of(name, &presets[i]))
            fprintf(related.stream, " %s", presets[i].name);
    names = text_end(&related);
    if (nearest.found[0] != '\0')
        problem(problems, "%s%s: no such preset; did you mean %s", before, item, nearest.found);
    else if (names[0] != '\0')
        problem(problems, "%s%s: no such preset; related ones:%s", before, item, names);
    else
        problem(problems, "%s%s: no such preset; `docker-socket-proxy presets` lists them", before, item);
    free(names);
}

/* Adds the rows of an item, such as dozzle+actions+shell. */
static void choose(struct preset_choice *choice, const char *item, const char *before, struct problems *problems)
{
    size_t client = strcspn(item, "+");
    size_t row = find(item, client);
    const char *mode = item + client;

    if (row == preset_count) {
        report_unknown(before, item, item, problems);
        return;
    }
    choice->chosen[row] = true;
    while (*mode == '+') {
        size_t length = strcspn(mode + 1, "+") + 1;
        char *name = text_format("%.*s%.*s", (int)client, item, (int)length, mode);

        row = find(name, strlen(name));
        if (row == preset_count)
            report_unknown(before, item, name, problems);
        else
            choice->chosen[row] = true;
        free(name);
        mode += length;
    }
}

void presets_choose(struct preset_choice *choice, const char *list, const char *before, struct problems *problems)
{
    size_t count;
    char **items = list_split(list, ", \t\r\n", &count);

    for (size_t i = 0; i < count; i++)
        choose(choice, items[i], before, problems);
    list_free(items, count);
}

void presets_read(struct preset_choice *choice, const struct variables *variables, struct problems *problems)
{
    const char *name = variable_table[VAR_PRESET].name;
    const char *list = variable(variables, name);
    char *prefixed;

    memset(choice, 0, sizeof *choice);
    if (list == NULL)
        return;
    prefixed = text_format("%s%s=", variables->prefix, name);
    presets_choose(choice, list, prefixed, problems);
    free(prefixed);
}
