/* Why a body or a query is refused: where its first fault is, what that member is called, and what would open it. */
#include "guard_internal.h"
#include "guard_json.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The type of what is inside; NULL for none. */
static const struct guard_type *inside(const struct guard_field *field)
{
    bool objects = field->shape == OBJECT || field->shape == OBJECTS || field->shape == NETWORKS;

    return objects ? guard_type_find(field->value) : NULL;
}

/* -- Where ----------------------------------------------------------------------------------------------------------- */

static void put_fault(FILE *out, const struct grammar *grammar, const struct guard_type *type);

/* What is inside the members that are objects or lists, up to the fault; each ends in a |. */
static void put_inside(FILE *out, const struct grammar *grammar, const struct guard_field *fields, bool without_objects)
{
    for (const struct guard_field *field = fields; field->name != NULL; field++) {
        if (grammar_is_open(grammar, field) || field->shape == RULE || (without_objects && field->shape == OBJECT))
            continue;
        fprintf(out, "\"((?i:%s))\"" W ":" W, field->name);
        if (field->shape == ITEMS || field->shape == OBJECTS)
            fprintf(out, "\\[" W "(?:(?&%s)" W "," W ")*+", field->value);
        if (field->shape == ENTRIES)
            fprintf(out, "\\{" W "(?:(?&%s)" W "," W ")*+(?=\")", field->value);
        if (field->shape == NETWORKS)
            fprintf(out, "\\{" W "(?:(?&network_name)" W ":" W "(?>null|(?&%s))" W "," W ")*+(?|(?=\")(?!(?&network_name))|(?&s)" W ":" W, field->value);
        if (field->shape == OBJECT || field->shape == OBJECTS || field->shape == NETWORKS)
            put_fault(out, grammar, guard_type_find(field->value));
        fputs(field->shape == NETWORKS ? ")|" : "|", out);
    }
}

/* From the opening brace of an object of the type to its first fault. Harmless members are taken once and for all; then comes
 * the one that is not: what is inside it, if it is an object or a list, else its value. Each name on the way is captured. */
static void put_fault(FILE *out, const struct grammar *grammar, const struct guard_type *type)
{
    fprintf(out, "\\{" W "(?:(?&%s_)" W "," W ")*+(?|", type->name);
    put_inside(out, grammar, type->fields, false);
    fputs("\"([\\w.-]++)\"" W ":" W ")", out);
}

/* How many names there are on the longest way. */
static int depth_of(const struct guard_type *type, bool without_objects)
{
    int deepest = 0;

    for (const struct guard_field *field = type->fields; field->name != NULL; field++)
        if (inside(field) != NULL && !(without_objects && field->shape == OBJECT)) {
            int depth = depth_of(inside(field), false);

            deepest = depth > deepest ? depth : deepest;
        }
    return deepest + 1;
}

/* HAProxy reads a converter's argument into a buffer of 16 KiB, so that the search is done in parts: the inside of each object of
 * the body, then what Engines to 26.1 read at the top as if it were HostConfig's, then the rest. */
struct part {
    const struct guard_field *object; /* the inside of this member; NULL for the others */
    bool also;                        /* what the type takes from another */
};

static bool find_part(const struct guard_type *type, size_t wanted, struct part *part)
{
    size_t n = 0;

    for (const struct guard_field *field = type->fields; field->name != NULL; field++)
        if (field->shape == OBJECT && n++ == wanted) {
            *part = (struct part){.object = field};
            return true;
        }
    *part = (struct part){.also = type->also != NULL && n++ == wanted};
    return part->also || n == wanted;
}

/* The first object of that name with a fault, and the way to the fault. */
static void put_object(FILE *out, const struct grammar *grammar, const struct guard_field *field)
{
    fprintf(out, "\\{" W "(?:(?>\"(?i:%s)\"" W ":" W "(?>null|(?&%s))|(?!\"(?i:%s)\")(?&m))" W "," W ")*+", field->name, field->value, field->name);
    fprintf(out, "\"((?i:%s))\"" W ":" W "(?!(?>null|(?&%s))" W "[,}])(?|", field->name, field->value);
    put_fault(out, grammar, guard_type_find(field->value));
    fputs("|)", out);
}

static void put_also(FILE *out, const struct guard_type *type)
{
    fprintf(out, "\\{" W "(?:(?>(?&%s_k)|(?!(?&%s_n))(?&m))" W "," W ")*+(?=(?&%s_n))\"([\\w.-]++)\"" W ":" W, type->also, type->also, type->also);
}

/* What is neither. The members that the other parts have searched are skipped. */
static void put_rest(FILE *out, const struct grammar *grammar, const struct guard_type *type)
{
    const char *separator = "";

    fputs("\\{" W "(?:(?>\"(?i:", out);
    for (const struct guard_field *field = type->fields; field->name != NULL; field++)
        if (field->shape == OBJECT) {
            fprintf(out, "%s%s", separator, field->name);
            separator = "|";
        }
    fputs(*separator == '\0' ? "(?!)" : "", out);
    fputs(")\"" W ":" W "(?&v)|", out);
    if (type->also != NULL)
        fprintf(out, "(?&%s_n)" W ":" W "(?&v)|", type->also);
    grammar_put_own_members(out, grammar, type);
    fputs(")" W "," W ")*+(?|", out);
    put_inside(out, grammar, type->fields, true);
    fputs("\"([\\w.-]++)\"" W ":" W "|)", out);
}

/* The value is shown if it is a short and plain string, and, where it is the name of an entry, nothing odd follows it. */
bool cause_body(const struct grammar *grammar, const struct guard_operation *operation, size_t n, struct regex *regex)
{
    const struct guard_type *type = guard_type_find(operation->type);
    struct text text;
    struct part part;
    int depth = 1;

    if (!find_part(type, n, &part))
        return false;
    text_begin(&text);
    fputs("\\A(?:" NO_OTHER_BLANKS "(?=" W "(?&v)" W "\\z)" W "(?=(\\{))", text.stream);
    if (part.object != NULL) {
        put_object(text.stream, grammar, part.object);
        depth = 1 + depth_of(inside(part.object), false);
    } else if (part.also) {
        put_also(text.stream, type);
    } else {
        put_rest(text.stream, grammar, type);
        depth = depth_of(type, true);
    }
    for (int i = depth + 2; i < CAUSE_GROUPS; i++)
        fputs("()", text.stream);
    fputs("(?=(?:\"(" SHOWN "{1,200}+)\"(?!" W ":" W "\"[^\"\\\\]*+\\\\))?+)()|)(?s:.*+)\\z", text.stream);
    regex_set(grammar, regex, text_end(&text));
    return true;
}

/* -- What ------------------------------------------------------------------------------------------------------------ */

static const char *const keys[KNOB_ALL] = {
    [KNOB_ENVIRONMENT] = "ENVIRONMENT", [KNOB_LINKS] = "LINKS", [KNOB_SECRETS] = "SECRETS", [KNOB_CONFIGS] = "CONFIGS", [KNOB_NONE] = "NONE",
};

const char *member_key(const struct member *member)
{
    if (member->any)
        return "ANY";
    if (member->object && member->knob == KNOB_NONE)
        return "OBJECT";
    return knob_key(member->knob);
}

const char *knob_key(enum guard_knob knob)
{
    return knob < KNOB_COUNT ? guard_knobs[knob].variable + strlen("ALLOW_") : keys[knob];
}

static bool is_list(const struct guard_field *field)
{
    return field->shape == OBJECTS;
}

/* Tells every member below a type, by the way to it: as clients may write it (key) and as messages do (name). */
static void list_type(FILE *out, member_told *told, const struct guard_type *type, const char *key, const char *name)
{
    for (const struct guard_field *field = type->fields; field->name != NULL; field++) {
        struct member member = {.knob = field->knob, .object = inside(field) != NULL};
        char below[256];
        char shown[128];

        snprintf(below, sizeof below, "%s%s", key, field->name);
        for (char *c = below; *c != '\0'; c++)
            *c = (char)tolower((unsigned char)*c);
        snprintf(shown, sizeof shown, "%s%s%s", name, field->name, is_list(field) ? "[]" : "");
        snprintf(member.name, sizeof member.name, "%s", shown);
        told(out, below, &member);
        if (inside(field) != NULL) {
            strncat(below, ".", sizeof below - strlen(below) - 1);
            strncat(shown, ".", sizeof shown - strlen(shown) - 1);
            list_type(out, told, inside(field), below, shown);
        }
    }
    /* What Engines to 26.1 read at the top as well goes by its usual name. */
    if (type->also != NULL) {
        char nested[128];

        snprintf(nested, sizeof nested, "%s%s.", name, type->also);
        const struct guard_type also = {.name = type->also, .fields = guard_type_find(type->also)->fields};
        list_type(out, told, &also, key, nested);
    }
}

static bool same_path(const char *path, size_t length, const char *name)
{
    return strlen(name) == length && strncasecmp(path, name, length) == 0;
}

/* The member below a type that the path means. */
static bool find_in_type(const struct guard_type *type, const char *path, struct member *member)
{
    size_t length = strcspn(path, ".");

    for (const struct guard_field *field = type->fields; field->name != NULL; field++) {
        if (!same_path(path, length, field->name))
            continue;
        size_t used = strlen(member->name);
        snprintf(member->name + used, sizeof member->name - used, "%s%s%s", used > 0 ? "." : "", field->name, is_list(field) ? "[]" : "");
        member->knob = field->knob;
        member->object = inside(field) != NULL;
        if (path[length] == '\0')
            return true;
        return inside(field) != NULL && find_in_type(inside(field), path + length + 1, member);
    }
    if (type->also == NULL)
        return false;
    snprintf(member->name, sizeof member->name, "%s", type->also);
    return find_in_type(guard_type_find(type->also), path, member);
}

bool member_find(const struct guard_operation *operation, const char *path, bool query, struct member *member)
{
    *member = (struct member){.knob = KNOB_NONE};
    if (!query)
        return operation->type != NULL && find_in_type(guard_type_find(operation->type), path, member);
    for (const struct guard_parameter *parameter = operation->query; parameter->name != NULL; parameter++)
        if (strcasecmp(parameter->name, path) == 0) {
            snprintf(member->name, sizeof member->name, "%s", parameter->name);
            member->knob = parameter->knob;
            member->any = parameter->value == NULL;
            return true;
        }
    return false;
}

void members_list(FILE *out, member_told *told)
{
    for (const struct guard_operation *operation = guard_operations; operation->id != NULL; operation++) {
        char key[80];

        snprintf(key, sizeof key, "%s:", operation->id);
        if (operation->type != NULL)
            list_type(out, told, guard_type_find(operation->type), key, "");
        for (const struct guard_parameter *parameter = operation->query; parameter != NULL && parameter->name != NULL; parameter++) {
            struct member member = {.knob = parameter->knob, .any = parameter->value == NULL};
            char below[256];

            snprintf(member.name, sizeof member.name, "%s", parameter->name);
            snprintf(below, sizeof below, "%s?%s", operation->id, parameter->name);
            for (char *c = below; *c != '\0'; c++)
                *c = (char)tolower((unsigned char)*c);
            told(out, below, &member);
        }
    }
}

/* -- What would help ------------------------------------------------------------------------------------------------- */

/* value begins with what the regex matches. */
static bool value_matches(const char *regex, const char *value)
{
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED, PCRE2_NO_AUTO_CAPTURE | PCRE2_ANCHORED, &error, &offset, NULL);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);

    if (code == NULL || data == NULL)
        abort();
    bool good = pcre2_match(code, (PCRE2_SPTR)value, strlen(value), 0, 0, data, NULL) >= 0;
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return good;
}

/* What is refused although its knob is open, nothing opens. */
const char *hint_find(const struct guard *guard, enum guard_knob knob, const char *value)
{
    if (knob == KNOB_NONE || guard->open[knob])
        return NULL;
    for (const struct guard_hint *hint = guard_hints; hint->knob != KNOB_ALL; hint++)
        if (hint->knob == knob && (hint->value == NULL || value_matches(hint->value, value)))
            return hint->text;
    return NULL;
}
