/* Reads the variables that limit a profile to some containers, and decides what follows for names and operations. */
#include "environment/targets.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* The attributes of a container's events (moby, daemon: LogContainerEventWithAttributes). They stand beside the labels,
 * and the Engine's filter of labels does not tell them apart. */
static const char attributes[] = "comment container execDuration execID exitCode height image imageID imageRef name "
                                 "oldName reclaimed signal width";

static bool name_fits(const char *item)
{
    return strchr("_.-", item[0]) == NULL && item[strspn(item, ALNUM "_.-*?")] == '\0' && strlen(item) <= 255;
}

/* The filter is text in JSON, in a regex' replacement and in haproxy.cfg. Podman takes a * in a key for any characters,
 * and an empty value for any value. */
static bool label_fits(const char *item)
{
    size_t key = strcspn(item, "=");

    for (const char *c = item; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e || strchr("\"'\\", *c) != NULL)
            return false;
    return key > 0 && memchr(item, '*', key) == NULL && (item[key] == '\0' || item[key + 1] != '\0') &&
           strlen(item) <= 1024;
}

static bool is_attribute(const char *item)
{
    char *key = text_format("%.*s", (int)strcspn(item, "="), item);
    bool found = *key != '\0' && text_has_word(attributes, key);

    free(key);
    return found;
}

static char **read_list(const struct variables *variables, enum variable_id id, bool (*fits)(const char *item),
                        size_t *count, struct problems *problems)
{
    const struct variable_info *info = &variable_table[id];
    const char *value = variable(variables, info->name);
    char **items = value == NULL ? NULL : list_split(value, ",", count);

    if (value == NULL)
        return NULL;
    if (*count == 0)
        problem(problems, "%s%s=%s: names nothing; it takes %s", variables->prefix, info->name, value, info->values);
    for (size_t i = 0; i < *count; i++)
        if (!fits(items[i]))
            problem(problems, "%s%s: \"%s\" is not %s", variables->prefix, info->name, items[i], info->values);
    return items;
}

void targets_read(struct targets *targets, const struct variables *variables, struct problems *problems)
{
    memset(targets, 0, sizeof *targets);
    targets->names = read_list(variables, VAR_ALLOW_CONTAINER_NAMES, name_fits, &targets->name_count, problems);
    targets->labels = read_list(variables, VAR_ALLOW_CONTAINER_LABELS, label_fits, &targets->label_count, problems);
    for (size_t i = 0; i < targets->label_count; i++)
        if (is_attribute(targets->labels[i]))
            problem(problems,
                    "%sALLOW_CONTAINER_LABELS: \"%s\" cannot be told apart from an attribute of events; "
                    "use another label",
                    variables->prefix, targets->labels[i]);
}

void targets_free(struct targets *targets)
{
    list_free(targets->names, targets->name_count);
    list_free(targets->labels, targets->label_count);
    memset(targets, 0, sizeof *targets);
}

bool targets_limit(const struct targets *targets)
{
    return targets->name_count > 0 || targets->label_count > 0;
}

bool targets_close(const struct targets *targets, const struct operation *operation)
{
    if (operation->reach == REACH_RENAME || operation->reach == REACH_LABELS)
        return targets->name_count > 0;
    return operation->reach == REACH_MANY && targets_limit(targets);
}

bool targets_judge(const struct targets *targets, const struct operation *operation)
{
    if (operation->reach == REACH_LABELS)
        return targets->label_count > 0;
    return targets_limit(targets) && operation->reach != REACH_NOTHING && operation->reach != REACH_MANY;
}

/* Linear in the pattern times the name: a star takes one more character only if the rest does not match. */
static bool matches(const char *pattern, const char *name)
{
    const char *star = NULL;
    const char *after = NULL; /* what of the name the star does not take */

    while (*name != '\0')
        if (*pattern == '*') {
            star = pattern++;
            after = name;
        } else if (*pattern == '?' || *pattern == *name) {
            pattern++;
            name++;
        } else if (star != NULL) {
            pattern = star + 1;
            name = ++after;
        } else {
            return false;
        }
    return pattern[strspn(pattern, "*")] == '\0';
}

bool targets_have_name(const struct targets *targets, const char *name)
{
    if (name[0] == '\0' || name[strspn(name, ALNUM "_.-")] != '\0') /* a link of another one has a slash */
        return false;
    for (size_t i = 0; i < targets->name_count; i++)
        if (matches(targets->names[i], name))
            return true;
    return targets->name_count == 0;
}

/* Without backslashes, which JSON and the replacements of haproxy.cfg would read, and without a slash, which Podman
 * removes: of ^/? it would leave ^?, which matches everywhere. */
char *targets_name_regex(const struct targets *targets)
{
    struct text text;

    if (targets->name_count == 0)
        return NULL;
    text_begin(&text);
    for (size_t i = 0; i < targets->name_count; i++) {
        fputs(i == 0 ? "^(?:" : "|", text.stream);
        for (const char *c = targets->names[i]; *c != '\0'; c++)
            if (*c == '*' || *c == '?')
                fprintf(text.stream, "[A-Za-z0-9_.-]%s", *c == '*' ? "*" : "");
            else
                fprintf(text.stream, *c == '.' ? "[%c]" : "%c", *c);
    }
    fputs(")$", text.stream);
    return text_end(&text);
}

char *targets_variables(const struct targets *targets, const char *prefix)
{
    bool both = targets->name_count > 0 && targets->label_count > 0;

    return text_format("%s%s%s%s%s", targets->name_count > 0 ? prefix : "",
                       targets->name_count > 0 ? "ALLOW_CONTAINER_NAMES" : "", both ? " and " : "",
                       targets->label_count > 0 ? prefix : "",
                       targets->label_count > 0 ? "ALLOW_CONTAINER_LABELS" : "");
}
