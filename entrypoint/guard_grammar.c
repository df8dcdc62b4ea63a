/* From the schema to the regexes of harmless bodies and queries. */
#include "guard_internal.h"
#include "guard_json.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LIST_OF(group) "\\[" W "(?:(?&" group ")" W "(?:," W "(?&" group ")" W ")*+)?+\\]"
#define OBJECT_OF(group) "\\{" W "(?:(?&" group ")" W "(?:," W "(?&" group ")" W ")*+)?+\\}"
#define NETWORK "(?&network_name)" W ":" W "(?>null|(?&%s))"

/* -- Regexes in two parts -------------------------------------------------------------------------------------------- */

static bool has_group(const struct regex *regex, const char *name, size_t length)
{
    for (size_t i = 0; i < regex->count; i++)
        if (strlen(regex->groups[i]) == length && strncmp(regex->groups[i], name, length) == 0)
            return true;
    return false;
}

/* Adds the groups that text calls, and those that they call. A group that the text itself defines is not looked for. */
static void add_groups(const struct grammar *grammar, struct regex *regex, const char *text)
{
    for (const char *call = strstr(text, "(?&"); call != NULL; call = strstr(call + 3, "(?&")) {
        const char *name = call + 3;
        size_t length = strcspn(name, ")");
        char mark[80];

        snprintf(mark, sizeof mark, "(?<%.*s>", (int)length, name);
        if (has_group(regex, name, length) || strstr(text, mark) != NULL)
            continue;
        /* A type's other groups are defined together with it. */
        length = strcspn(name, "_)") + (islower((unsigned char)*name) ? strcspn(name + strcspn(name, "_)"), ")") : 0);
        if (has_group(regex, name, length))
            continue;
        if (regex->count == GROUPS_CALLED_MAX)
            abort();
        regex->groups[regex->count] = strndup(name, length);
        if (regex->groups[regex->count] == NULL)
            abort();
        char *definition = grammar_definition(grammar, regex->groups[regex->count++]);
        add_groups(grammar, regex, definition);
        free(definition);
    }
}

void regex_set(const struct grammar *grammar, struct regex *regex, char *text)
{
    *regex = (struct regex){.text = text};
    add_groups(grammar, regex, text);
}

void regex_free(struct regex *regex)
{
    free(regex->text);
    for (size_t i = 0; i < regex->count; i++)
        free(regex->groups[i]);
    *regex = (struct regex){NULL};
}

char *grammar_whole(const struct grammar *grammar, const struct regex *regex)
{
    struct text text;

    text_begin(&text);
    fputs(regex->text, text.stream);
    if (regex->count > 0) {
        fputs("(?(DEFINE)", text.stream);
        for (size_t i = 0; i < regex->count; i++) {
            char *definition = grammar_definition(grammar, regex->groups[i]);

            fputs(definition, text.stream);
            free(definition);
        }
        fputc(')', text.stream);
    }
    return text_end(&text);
}

/* -- Values and types ------------------------------------------------------------------------------------------------ */

/* What a list may hold is decided by its items, and VolumesFrom never gives what the proxy has. */
bool grammar_is_open(const struct grammar *grammar, const struct guard_field *field)
{
    return field->knob != KNOB_NONE && field->knob != KNOB_VOLUMES_FROM && field->shape != NETWORKS && grammar->guard->open[field->knob];
}

/* An atomic piece of regex. */
void grammar_put_value(FILE *out, const struct grammar *grammar, const struct guard_field *field)
{
    const char *name = field->value;

    if (grammar_is_open(grammar, field)) {
        fputs(field->knob == KNOB_HOST_NAMESPACES ? "(?&not_protected)" : "(?&v)", out);
        return;
    }
    switch (field->shape) {
    case RULE:
        fprintf(out, "(?>%s)", name);
        break;
    case ITEMS:
    case OBJECTS:
        fprintf(out, "(?>null|" LIST_OF("%s") ")", name, name);
        break;
    case ENTRIES:
        fprintf(out, "(?>null|" OBJECT_OF("%s") ")", name, name);
        break;
    case OBJECT:
        fprintf(out, "(?>null|(?&%s))", name);
        break;
    case NETWORKS:
        fprintf(out, "(?>null|\\{" W "(?:" NETWORK W "(?:," W NETWORK W ")*+)?+\\})", name, name);
        break;
    }
}

bool grammar_alike(const struct guard_field *a, const struct guard_field *b)
{
    return a->shape == b->shape && a->knob == b->knob && strcmp(a->value, b->value) == 0;
}

static void put_known(FILE *out, const struct grammar *grammar, const struct guard_type *type)
{
    const char *separator = "";

    for (const struct guard_field *field = type->fields; field->name != NULL; field++) {
        fprintf(out, "%s\"(?i:%s", separator, field->name);
        for (; field[1].name != NULL && grammar_alike(field, field + 1); field++)
            fprintf(out, "|%s", field[1].name);
        fputs(")\"" W ":" W, out);
        grammar_put_value(out, grammar, field);
        separator = "|";
    }
}

void grammar_put_names(FILE *out, const struct guard_type *type)
{
    fputs("\"(?i:", out);
    for (const struct guard_field *field = type->fields; field->name != NULL; field++)
        fprintf(out, "%s%s", field == type->fields ? "" : "|", field->name);
    fputs(")\"", out);
}

/* A member that we do not know may hold what says nothing; anything only where privileges are given away. */
static void put_unknown_value(FILE *out, const struct grammar *grammar)
{
    fprintf(out, "(?&k)" W ":" W "(?&%s)", grammar->guard->open[KNOB_PRIVILEGED] ? "v" : "e");
}

/* Four groups: the object, a member of it, one that we know, and the names of those. */
static void put_type(FILE *out, const struct grammar *grammar, const struct guard_type *type)
{
    const char *name = type->name;

    fprintf(out, "(?<%s>" OBJECT_OF("%s_") ")(?<%s_>(?>(?&%s_k)", name, name, name, name, name);
    if (type->also != NULL)
        fprintf(out, "|(?&%s_k)", type->also);
    fprintf(out, "|(?!(?&%s_n))", type->name);
    if (type->also != NULL)
        fprintf(out, "(?!(?&%s_n))", type->also);
    put_unknown_value(out, grammar);
    fprintf(out, "))(?<%s_k>(?>", name);
    put_known(out, grammar, type);
    fprintf(out, "))(?<%s_n>", name);
    grammar_put_names(out, type);
    fputc(')', out);
}

char *grammar_definition(const struct grammar *grammar, const char *name)
{
    const struct guard_type *type = guard_type_find(name);
    struct text text;

    text_begin(&text);
    if (type != NULL) {
        put_type(text.stream, grammar, type);
        return text_end(&text);
    }
    fprintf(text.stream, "(?<%s>", name);
    if (!guard_put_list(text.stream, grammar, name)) {
        const struct guard_group *group = guard_groups;

        while (group->name != NULL && strcmp(group->name, name) != 0)
            group++;
        if (group->name == NULL)
            abort(); /* a name in the schema that no table has */
        fputs(group->text, text.stream);
    }
    fputc(')', text.stream);
    return text_end(&text);
}

static char *format(const char *form, ...) __attribute__((format(printf, 1, 2)));
static char *format(const char *form, ...)
{
    struct text text;
    va_list arguments;

    text_begin(&text);
    va_start(arguments, form);
    vfprintf(text.stream, form, arguments);
    va_end(arguments);
    return text_end(&text);
}

void grammar_body(const struct grammar *grammar, const struct guard_operation *operation, struct regex *regex)
{
    if (operation->body == BODY_EMPTY)
        regex_set(grammar, regex, format(EMPTY_BODY_REGEX));
    else
        /* An empty body carries nothing; the Engine says itself that it wants one. */
        regex_set(grammar, regex, format("\\A" NO_OTHER_BLANKS "(?:" W "(?&%s)" W ")?\\z", operation->type));
}

/* -- Labels ---------------------------------------------------------------------------------------------------------- */

static void put_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        fprintf(out, "\\x%02x", (unsigned)(unsigned char)*text);
}

#define COMPARABLE "(?&k)" W ":" W "(?&v)"

/* The label exactly once, in an object that is there exactly once on each level, so that no duplicate can undo it. */
static void put_label(FILE *out, const struct guard *guard, const char *path)
{
    if (*path == '\0') {
        fputs("\\{" W "(?:(?!\"", out);
        put_text(out, guard->label);
        fputs("\")(?>" COMPARABLE ")" W "," W ")*+\"", out);
        put_text(out, guard->label);
        fputs("\"" W ":" W, out);
        if (guard->label_value == NULL) {
            fputs("(?&s)", out);
        } else {
            fputc('"', out);
            put_text(out, guard->label_value);
            fputc('"', out);
        }
        fputs(W "(?:," W "(?!\"", out);
        put_text(out, guard->label);
        fputs("\")(?>" COMPARABLE ")" W ")*+\\}", out);
        return;
    }
    int length = (int)strcspn(path, ".");
    fprintf(out, "\\{" W "(?:(?!\"(?i:%.*s)\")(?&m)" W "," W ")*+\"(?i:%.*s)\"" W ":" W, length, path, length, path);
    put_label(out, guard, path[length] == '.' ? path + length + 1 : path + length);
    fprintf(out, W "(?:," W "(?!\"(?i:%.*s)\")(?&m)" W ")*+\\}", length, path);
}

void grammar_label(const struct grammar *grammar, const struct guard_operation *operation, struct regex *regex)
{
    struct text text;

    text_begin(&text);
    fputs("\\A" NO_OTHER_BLANKS W, text.stream);
    put_label(text.stream, grammar->guard, operation->labels);
    fputs(W "\\z", text.stream);
    regex_set(grammar, regex, text_end(&text));
}

/* -- Queries --------------------------------------------------------------------------------------------------------- */

/* A value without a separator of any kind: older Engines also split at semicolons. */
#define QUERY_VALUE "[^&;#\\x00-\\x20\\x7f]*+"

bool grammar_parameter_is_open(const struct grammar *grammar, const struct guard_parameter *parameter)
{
    return parameter->value == NULL || (parameter->knob != KNOB_NONE && grammar->guard->open[parameter->knob]);
}

/* Any number of harmless parameters, each with its & or the end. */
static void put_parameters(FILE *out, const struct grammar *grammar, const struct guard_parameter *parameters)
{
    fputs("(?:(?>", out);
    for (const struct guard_parameter *parameter = parameters; parameter->name != NULL; parameter++)
        if (!grammar_parameter_is_open(grammar, parameter))
            fprintf(out, "%s(?:=%s)?+(?=&|\\z)|", parameter->name, parameter->value);
    fputs("(?:\\x00", out);
    for (const struct guard_parameter *parameter = parameters; parameter->name != NULL; parameter++)
        if (grammar_parameter_is_open(grammar, parameter))
            fprintf(out, "|%s", parameter->name);
    fputs(")(?:=" QUERY_VALUE ")?+(?=&|\\z)|(?!(?:\\x00", out);
    for (const struct guard_parameter *parameter = parameters; parameter->name != NULL; parameter++)
        fprintf(out, "|%s", parameter->name);
    fprintf(out, ")(?:=|&|\\z))[A-Za-z0-9_.-]*+(?:=%s)?+(?=&|\\z))(?:&(?!\\z)|\\z|&\\z))*+",
            grammar->guard->open[KNOB_PRIVILEGED] ? QUERY_VALUE : "");
}

void grammar_query(const struct grammar *grammar, const struct guard_operation *operation, struct regex *regex)
{
    struct text text;

    text_begin(&text);
    fputs("\\A", text.stream);
    if (strcmp(operation->id, "ImageCreate") == 0 && grammar->guard->list[KNOB_IMAGE_REFERENCES].count > 0) {
        char *image = guard_image_query(grammar->guard);

        fputs(image, text.stream);
        free(image);
    }
    put_parameters(text.stream, grammar, operation->query);
    fputs("\\z", text.stream);
    regex_set(grammar, regex, text_end(&text));
}

/* The first fault, whose name and value are captured. Where it is the image, the names are not what is wrong. */
void cause_query(const struct grammar *grammar, const struct guard_operation *operation, struct regex *regex)
{
    struct text text;

    text_begin(&text);
    fputs("\\A(?|", text.stream);
    put_parameters(text.stream, grammar, operation->query);
    fputs("(?=([A-Za-z0-9_]))([A-Za-z0-9_.-]{1,64}+)(?=[=&]|\\z)()()()()()()(?:=(" SHOWN "{1,200}+)(?=&|\\z))?+", text.stream);
    if (strcmp(operation->id, "ImageCreate") == 0 && grammar->guard->list[KNOB_IMAGE_REFERENCES].count > 0) {
        char *image = guard_image_query(grammar->guard);

        fprintf(text.stream, "|(?!%s)(?:[^&]*+&)*?(?=(f))(fromImage)()()()()()()=(" SHOWN "{0,200}+)", image);
        free(image);
    }
    fputs("|)(?s:.*+)\\z", text.stream);
    regex_set(grammar, regex, text_end(&text));
}
