/* The names of members in messages, and the hints of refusals. */
#include "guard/causes.h"
#include "guard/lists.h"
#include "base/text.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- members ---- */

static int key_of_field(const struct guard_field *field)
{
    return field->knob == KNOB_NONE && grammar_inside(field) != NULL ? (int)SAY_OBJECT : (int)field->knob;
}

/* Where any value of the parameter passes, only the query as a whole can be at fault. */
static int key_of_parameter(const struct guard_parameter *parameter)
{
    return parameter->value == NULL ? (int)SAY_QUERY : (int)parameter->knob;
}

static const char *list_mark(const struct guard_field *field)
{
    return field->shape == OBJECTS ? "[]" : "";
}

/* Finds a member of a type by its dotted path, and writes its name. */
static int find_in_type(const struct guard_type *type, const char *path, FILE *name)
{
    size_t length = strcspn(path, ".");

    for (const struct guard_field *field = type->fields; field->name != NULL; field++) {
        if (strlen(field->name) != length || strncasecmp(path, field->name, length) != 0)
            continue;
        fprintf(name, "%s%s", field->name, list_mark(field));
        if (path[length] == '\0')
            return key_of_field(field);
        fputc('.', name);
        return grammar_inside(field) != NULL ? find_in_type(grammar_inside(field), path + length + 1, name)
                                             : SAY_UNKNOWN;
    }
    if (type->also == NULL)
        return SAY_UNKNOWN;
    fprintf(name, "%s.", type->also); /* what Engines to 26.1 read at the top as well goes by its usual name */
    return find_in_type(guard_type_find(type->also), path, name);
}

int member_find(const struct guard_operation *operation, bool query, const char *path, FILE *name)
{
    if (!query && *path != '\0')
        return find_in_type(guard_type_find(operation->type), path, name);
    if (!query) {
        fputs(THE_BODY, name);
        return SAY_OBJECT;
    }
    for (const struct guard_parameter *parameter = operation->query; parameter->name != NULL; parameter++)
        if (strcasecmp(parameter->name, path) == 0) {
            fputs(parameter->name, name);
            return key_of_parameter(parameter);
        }
    return SAY_UNKNOWN_PARAMETER;
}

static void put_lower(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        fputc(tolower((unsigned char)*text), out);
}

static void put_row(FILE *out, const char *operation, const char *path, const char *name, int key)
{
    put_lower(out, operation);
    fputc(':', out);
    put_lower(out, path);
    fprintf(out, " %s|%s\n", name, guard_keys[key]);
}

/* Every member below a type, by the way to it: as clients may write it (path) and as messages do (name). */
static void put_members(FILE *out, const char *operation, const struct guard_type *type, const char *path,
                        const char *name)
{
    for (const struct guard_field *field = type->fields; field->name != NULL; field++) {
        char *below = text_format("%s%s%s", path, *path != '\0' ? "." : "", field->name);
        char *shown = text_format("%s%s%s%s", name, *name != '\0' ? "." : "", field->name, list_mark(field));

        put_row(out, operation, below, shown, key_of_field(field));
        if (grammar_inside(field) != NULL)
            put_members(out, operation, grammar_inside(field), below, shown);
        free(below);
        free(shown);
    }
    if (type->also != NULL)
        put_members(out, operation, guard_type_find(type->also), path, type->also);
}

void guard_write_members_map(FILE *out)
{
    fputs(
        "# operation -> what it does; operation:member (or parameter) -> its name in messages|its key in hints.map. Made from\n"
        "# entrypoint/guard/schema.c by `make maps`; the first of several counts.\n",
        out);
    for (const struct guard_operation *operation = guard_operations; operation->id != NULL; operation++) {
        put_lower(out, operation->id);
        fprintf(out, " %s\n", operation->doing);
        if (operation->type != NULL) {
            put_row(out, operation->id, "", THE_BODY, SAY_OBJECT);
            put_members(out, operation->id, guard_type_find(operation->type), "", "");
        }
        for (const struct guard_parameter *parameter = operation->query; parameter != NULL && parameter->name != NULL;
             parameter++)
            put_row(out, operation->id, parameter->name, parameter->name, key_of_parameter(parameter));
    }
}

/* ---- hints ---- */

/* In a hint: the first group of the value, as map_regm in templates/guard.cfg writes it. */
#define THE_GROUP "\\1"

/* Whether the regex matches the beginning of value; the first group is then at group[0] to group[1], which are equal if
 * there is none. */
static bool value_matches(const char *regex, const char *value, size_t group[2])
{
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED, PCRE2_ANCHORED, &error, &offset, NULL);
    pcre2_match_data *data = pcre2_match_data_create(2, NULL);

    if (code == NULL || data == NULL)
        abort();
    int got = pcre2_match(code, (PCRE2_SPTR)value, strlen(value), 0, 0, data, NULL);
    bool good = got >= 0;
    group[0] = got == 1 || !good ? 0 : pcre2_get_ovector_pointer(data)[2];
    group[1] = got == 1 || !good ? 0 : pcre2_get_ovector_pointer(data)[3];
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return good;
}

static bool is_protected(const struct grammar *grammar, const char *value)
{
    struct regex regex;
    size_t group[2];
    char *whole;

    grammar_protected(grammar, &regex);
    whole = regex_whole(&regex);
    bool found = value_matches(whole, value, group);
    free(whole);
    regex_free(&regex);
    return found;
}

/* The first hint that matches, and its group as value_matches has it. */
static const struct guard_hint *look_up(int key, const char *value, size_t group[2])
{
    const struct guard_hint *hint = guard_hints;

    group[0] = group[1] = 0;
    while (hint->key != KNOB_NONE &&
           (hint->key != key || (hint->value != NULL && !value_matches(hint->value, value, group))))
        hint++;
    return hint->text != NULL ? hint : look_up(KNOB_NONE, "", group);
}

bool hint_is_vain(const struct guard *guard, int key)
{
    switch (key) {
    case KNOB_OWN:
        return true;
    case KNOB_EXEC_COMMANDS:
    case KNOB_EXEC_USERS:
        return !guard_limits_commands(guard);
    case KNOB_EXEC_ENV:
        return guard_limits_commands(guard);
    default:
        return key < KNOB_NONE && guard->open[key];
    }
}

bool hint_is_of_container(int key)
{
    return key == KNOB_VOLUMES_FROM || key == KNOB_NETWORK_MODE || key == KNOB_PID_MODE || key == KNOB_IPC_MODE;
}

/* The key of what to report. While the proxy does not know its container, what is refused to protect it may be allowed
 * later. */
static int key_to_report(const struct grammar *grammar, int key, const char *value)
{
    bool vain = hint_is_vain(grammar->guard, key);
    bool unknown = grammar->facts->own_unknown;
    size_t group[2];

    if (unknown && ((vain && (key == KNOB_OWN || key == KNOB_VOLUMES_FROM)) ||
                    (hint_is_of_container(key) && strncmp(value, OF_CONTAINER, strlen(OF_CONTAINER)) == 0)))
        return SAY_UNTOLD;
    if (vain || (hint_is_of_container(key) && is_protected(grammar, value)))
        return KNOB_NONE;
    if (unknown && strncmp(look_up(key, value, group)->text, OWN_VOLUMES, strlen(OWN_VOLUMES)) == 0)
        return SAY_UNTOLD;
    return key;
}

void hint_put(FILE *out, const struct grammar *grammar, int key, const char *value)
{
    size_t group[2];
    const char *text = look_up(key_to_report(grammar, key, value), value, group)->text;
    const char *name = strstr(text, "ALLOW_");
    const char *shown;

    if (name != NULL) {
        fprintf(out, "%.*s%s", (int)(name - text), text, grammar->guard->prefix);
        text = name;
    }
    shown = strstr(text, THE_GROUP);
    if (shown != NULL) {
        fprintf(out, "%.*s%.*s", (int)(shown - text), text, (int)(group[1] - group[0]), value + group[0]);
        text = shown + strlen(THE_GROUP);
    }
    fputs(text, out);
}

void guard_write_hints_map(FILE *out)
{
    size_t group[2];
    const char *none = look_up(KNOB_NONE, "", group)->text;

    fputs(
        "# key in members.map:refused value -> what would allow it. Made from entrypoint/guard/schema.c by `make maps`;\n"
        "# the first match counts.\n",
        out);
    for (const struct guard_hint *hint = guard_hints; hint->key != KNOB_NONE; hint++)
        fprintf(out, "^%s:(?:%s) %s\n", guard_keys[hint->key], hint->value == NULL ? "" : hint->value,
                hint->text == NULL ? none : hint->text);
    fprintf(out, "^ %s\n", none);
}
