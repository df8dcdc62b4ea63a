/* Holds the table of variables and reads their values. */
#include "base/variables.h"

#include "base/array.h"
#include "base/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct variable_info variable_table[VARIABLE_COUNT] = {
#define VARIABLE(name, scope, kind, values, preset, limits, help) \
    [VAR_##name] = {#name, SCOPE_##scope, KIND_##kind, values, preset, limits, help},
#include "base/variables.def"
};

void variables_write_table(FILE *out)
{
    static const char *const scopes[] = {[SCOPE_GLOBAL] = "global", [SCOPE_PROFILE] = "profile", [SCOPE_BOTH] = "both"};
    static const char *const kinds[] = {[KIND_BOOLEAN] = "boolean",
                                        [KIND_NUMBER] = "number",
                                        [KIND_SECONDS] = "time, seconds",
                                        [KIND_WORD] = "word",
                                        [KIND_CHOICE] = "word",
                                        [KIND_PATH] = "path",
                                        [KIND_TEXT] = "text",
                                        [KIND_API_VERSION] = "API version",
                                        [KIND_LISTENERS] = "listeners",
                                        [KIND_UPSTREAMS] = "upstreams",
                                        [KIND_CLAIMS] = "clients",
                                        [KIND_LIST] = "list",
                                        [KIND_LIST_OR_TRUE] = "list or true",
                                        [KIND_LABEL] = "label"};

    for (const struct variable_info *row = variable_table; row < variable_table + VARIABLE_COUNT; row++) {
        bool bounded = row->kind == KIND_NUMBER || row->kind == KIND_SECONDS || row->kind == KIND_WORD ||
                       row->kind == KIND_CHOICE;

        fprintf(out, "%s\t%s\t%s%s%s\t%s\t%s\n", row->name, scopes[row->scope], kinds[row->kind], bounded ? ": " : "",
                bounded ? row->values : "", row->preset, row->help);
    }
}

void variables_help(FILE *out)
{
    for (const struct variable_info *row = variable_table; row < variable_table + VARIABLE_COUNT; row++)
        fprintf(out, "  %-26s %c %s\n", row->name, row->scope == SCOPE_GLOBAL ? ' ' : '*', row->help);
}

/* ---- values ---- */

/* Values without their quotes and blanks. variable() returns pointers to them, so they stay until the program ends. */
struct kept {
    struct kept *next;
    char text[];
};
static struct kept *all_kept;

static const char *keep(const char *text, size_t length)
{
    struct kept *kept = all_kept;

    while (kept != NULL && (strncmp(kept->text, text, length) != 0 || kept->text[length] != '\0'))
        kept = kept->next;
    if (kept == NULL) {
        kept = malloc(sizeof *kept + length + 1);
        if (kept == NULL)
            abort();
        memcpy(kept->text, text, length);
        kept->text[length] = '\0';
        kept->next = all_kept;
        all_kept = kept;
    }
    return kept->text;
}

#define BLANKS " \t\r\n"

/* Moves text past leading blanks; returns the length without trailing ones. */
static size_t trim(const char **text, size_t length)
{
    size_t blanks = strspn(*text, BLANKS);

    if (blanks > length)
        blanks = length;
    *text += blanks;
    length -= blanks;
    while (length > 0 && strchr(BLANKS, (*text)[length - 1]) != NULL)
        length--;
    return length;
}

/* Env files and the web interfaces of NAS systems pass quotes and blanks as part of the value. */
static const char *plain_value(const char *text)
{
    const char *begin = text;
    size_t length = trim(&begin, strlen(text));

    if (length >= 2 && strchr("\"'", *begin) != NULL && begin[length - 1] == *begin) {
        begin++;
        length = trim(&begin, length - 2);
    }
    if (length == 0)
        return NULL;
    return begin[length] == '\0' ? begin : keep(begin, length);
}

const char *variable(const struct variables *variables, const char *name)
{
    size_t prefix = strlen(variables->prefix);
    size_t length = strlen(name);

    for (char *const *entry = variables->environment; *entry != NULL; entry++) {
        const char *text = *entry;

        if (strncmp(text, variables->prefix, prefix) == 0 && strncmp(text + prefix, name, length) == 0 &&
            text[prefix + length] == '=')
            return plain_value(text + prefix + length + 1);
    }
    return NULL;
}

/* Compose removes a comment at the end of a line of an env file; docker and podman do not. */
static const char *comment_hint(const char *value)
{
    return strpbrk(value, " \t") != NULL && strchr(value, '#') != NULL
               ? "; in an env file, a comment needs a line of its own"
               : "";
}

char **list_split(const char *value, const char *separators, size_t *count)
{
    char **items = NULL;

    *count = 0;
    for (size_t length; *value != '\0'; value += length + (value[length] != '\0')) {
        const char *begin = value;
        size_t size;

        length = strcspn(value, separators);
        size = trim(&begin, length);
        if (size == 0)
            continue;
        items = array_grow(items, *count, sizeof *items);
        items[*count] = strndup(begin, size);
        if (items[(*count)++] == NULL)
            abort();
    }
    return items;
}

void list_free(char **items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(items[i]);
    free(items);
}

static bool among(const char *value, const char *const words[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(value, words[i]) == 0)
            return true;
    return false;
}

enum tristate boolean_word(const char *value)
{
    static const char *const yes[] = {"1", "true", "yes", "on"};
    static const char *const no[] = {"0", "false", "no", "off"};

    if (among(value, yes, sizeof yes / sizeof *yes))
        return YES;
    return among(value, no, sizeof no / sizeof *no) ? NO : UNSET;
}

enum tristate variable_boolean(const struct variables *variables, const char *name, struct problems *problems)
{
    const char *value = variable(variables, name);
    enum tristate boolean;

    if (value == NULL)
        return UNSET;
    boolean = boolean_word(value);
    if (boolean == UNSET)
        problem(problems, "%s%s=%s: not a boolean; use " BOOLEAN_WORDS "%s", variables->prefix, name, value,
                comment_hint(value));
    return boolean;
}

const struct variable_info *variable_find(const char *name)
{
    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        if (strcmp(variable_table[i].name, name) == 0)
            return &variable_table[i];
    return NULL;
}

const char *variable_preset(enum variable_id id)
{
    return variable_table[id].preset[0] == '(' ? NULL : variable_table[id].preset;
}

long variable_number(const struct variables *variables, enum variable_id id, struct problems *problems)
{
    const char *name = variable_table[id].name;
    const char *value = variable(variables, name);
    const char *preset = variable_preset(id);
    char *dash;
    long low = strtol(variable_table[id].values, &dash, 10);
    long high = strtol(dash + 1, NULL, 10);
    long number;

    if (value != NULL) {
        errno = 0;
        number = strtol(value, NULL, 10);
        if (errno == 0 && strspn(value, "0123456789") == strlen(value) && number >= low && number <= high)
            return number;
        problem(problems, "%s%s=%s: not a whole number from %ld to %ld%s", variables->prefix, name, value, low, high,
                comment_hint(value));
    }
    return preset == NULL ? 0 : strtol(preset, NULL, 10);
}

/* How many seconds the unit behind a number has; 0 for another text. */
static long unit_seconds(const char *unit)
{
    static const struct {
        const char *name;
        long seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}};

    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i].name, unit) == 0)
            return units[i].seconds;
    return 0;
}

long variable_seconds(const struct variables *variables, enum variable_id id, struct problems *problems)
{
    const char *value = variable_text(variables, id);
    char *end;
    long low = strtol(variable_table[id].values, &end, 10);
    long high = strtol(end + 1, NULL, 10);
    long number;

    if (value == NULL)
        return 0;
    errno = 0;
    number = strtol(value, &end, 10);
    if (errno == 0 && *value >= '0' && *value <= '9' && number <= high && number * unit_seconds(end) >= low &&
        number * unit_seconds(end) <= high)
        return number * unit_seconds(end);
    problem(problems, "%s%s=%s: not a time such as 90s or 2m, from %ld to %ld seconds%s", variables->prefix,
            variable_table[id].name, value, low, high, comment_hint(value));
    return 0;
}

/* The word at index i; "" after the last one. */
static const char *word_at(const char *words, size_t i)
{
    for (; i > 0; i--) {
        words += strcspn(words, " ");
        words += strspn(words, " ");
    }
    return keep(words, strcspn(words, " "));
}

size_t variable_choice(const struct variables *variables, enum variable_id id, struct problems *problems)
{
    const char *words = variable_table[id].values;
    const char *value = variable_text(variables, id);

    if (value == NULL)
        return 0;
    for (size_t i = 0; *word_at(words, i) != '\0'; i++)
        if (strcasecmp(word_at(words, i), value) == 0)
            return i;
    problem(problems, "%s%s=%s: not one of %s", variables->prefix, variable_table[id].name, value, words);
    return 0;
}

const char *variable_word(const struct variables *variables, enum variable_id id, struct problems *problems)
{
    return variable_text(variables, id) == NULL
               ? NULL
               : word_at(variable_table[id].values, variable_choice(variables, id, problems));
}

const char *variable_text(const struct variables *variables, enum variable_id id)
{
    const char *value = variable(variables, variable_table[id].name);

    return value == NULL ? variable_preset(id) : value;
}

const char *variable_path(const struct variables *variables, enum variable_id id, struct problems *problems)
{
    const char *value = variable_text(variables, id);

    if (value != NULL && !plain_path(value))
        problem(problems, "%s%s=%s: not an absolute path, or it has a special character", variables->prefix,
                variable_table[id].name, value);
    return value;
}

long variable_api_minor(const struct variables *variables, enum variable_id id, struct problems *problems)
{
    const char *value = variable_text(variables, id);
    const char *minor = strncmp(value, "1.", 2) == 0 ? value + 2 : "";

    if (*minor >= '1' && *minor <= '9' && strlen(minor) <= 4 && strspn(minor, "0123456789") == strlen(minor))
        return strtol(minor, NULL, 10);
    problem(problems, "%s%s=%s: not an API version such as 1.24", variables->prefix, variable_table[id].name, value);
    return strtol(variable_preset(id) + 2, NULL, 10);
}
