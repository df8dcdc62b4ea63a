/* Why a body or a query is refused: where its first fault is, what that member is called, and what would open it. */
#include "guard_internal.h"
#include "guard_json.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PATH_MAX_DEPTH 6

/* The type of what is inside; NULL for none. */
static const struct guard_type *inside(const struct guard_field *field)
{
    bool objects = field->shape == OBJECT || field->shape == OBJECTS || field->shape == NETWORKS;

    return objects ? guard_type_find(field->value) : NULL;
}

/* -- Where ----------------------------------------------------------------------------------------------------------- */

static void put_fault(FILE *out, const struct grammar *grammar, const struct guard_type *type);

/* What is inside the member, if it is an object or a list, up to the fault; then a |. */
static void put_inside(FILE *out, const struct grammar *grammar, const struct guard_field *field)
{
    if (grammar_is_open(grammar, field) || field->shape == RULE)
        return;
    fprintf(out, "\"((?i:%s))\"" W ":" W, field->name);
    if (field->shape == ITEMS || field->shape == OBJECTS)
        fprintf(out, "\\[" W "(?:(?&%s)" W "," W ")*+", field->value);
    if (field->shape == ENTRIES)
        fprintf(out, "\\{" W "(?:(?&%s)" W "," W ")*+(?=\")", field->value);
    if (field->shape == NETWORKS)
        fprintf(out, "\\{" W "(?:(?&network_name)" W ":" W "(?>null|(?&%s))" W "," W ")*+(?|(?=\")(?!(?&network_name))|(?&s)" W ":" W, field->value);
    if (inside(field) != NULL)
        put_fault(out, grammar, inside(field));
    fputs(field->shape == NETWORKS ? ")|" : "|", out);
}

/* From the opening brace of an object of the type to its first fault. Harmless members are taken once and for all; then comes
 * the one that is not: what is inside it, if it is an object or a list, else its value. Each name on the way is captured. */
static void put_fault(FILE *out, const struct grammar *grammar, const struct guard_type *type)
{
    fprintf(out, "\\{" W "(?:(?&%s_)" W "," W ")*+(?|", type->name);
    for (const struct guard_field *field = type->fields; field->name != NULL; field++)
        put_inside(out, grammar, field);
    fputs("\"([\\w.-]++)\"" W ":" W ")", out);
}

/* How many names there are on the longest way. */
static size_t depth_of(const struct guard_type *type)
{
    size_t deepest = 0;

    for (const struct guard_field *field = type->fields; field->name != NULL; field++)
        if (inside(field) != NULL) {
            size_t depth = depth_of(inside(field));

            deepest = depth > deepest ? depth : deepest;
        }
    return deepest + 1;
}

/* HAProxy reads a converter's argument into a buffer of 16 KiB, so that the search is done in parts. Each looks at some members
 * of one object, and at nothing else: an object that is the body, or is reached through objects only. */
struct place {
    const struct guard_field *path[PATH_MAX_DEPTH];
    size_t depth;
    const struct guard_type *type;
    bool also; /* its members stand where those of another type do: Engines to 26.1 read HostConfig's at the top */
};

struct part {
    struct place place;
    size_t begin; /* the members from here ... */
    size_t end;   /* ... to before here */
};

static size_t count_fields(const struct guard_type *type)
{
    size_t count = 0;

    while (type->fields[count].name != NULL)
        count++;
    return count;
}

/* The names of those members, in any case. */
static void put_some_names(FILE *out, const struct part *part)
{
    fputs("\"(?i:", out);
    for (size_t i = part->begin; i < part->end; i++)
        fprintf(out, "%s%s", i == part->begin ? "" : "|", part->place.type->fields[i].name);
    fputs(")\"", out);
}

/* The last part of a type also looks at what is not known. */
static bool seeks_unknown(const struct part *part)
{
    return !part->place.also && part->place.type->fields[part->end].name == NULL;
}

/* A member without fault, as far as the part looks: what else there is may be anything. Of what is inside an object another part
 * looks. */
static void put_faultless(FILE *out, const struct grammar *grammar, const struct part *part)
{
    const struct guard_type *type = part->place.type;

    fputs("(?>", out);
    for (size_t i = part->begin; i < part->end; i++) {
        const struct guard_field *field = &type->fields[i];

        fprintf(out, "\"(?i:%s", field->name);
        for (; i + 1 < part->end && grammar_alike(&type->fields[i], &type->fields[i + 1]); i++)
            fprintf(out, "|%s", type->fields[i + 1].name);
        fputs(")\"" W ":" W, out);
        if (field->shape == OBJECT && !grammar_is_open(grammar, field))
            fputs("(?>null|(?=\\{)(?&v))", out);
        else
            grammar_put_value(out, grammar, field);
        fputc('|', out);
    }
    if (!seeks_unknown(part)) {
        fputs("(?!", out);
        put_some_names(out, part);
        fputs(")(?&m))", out);
        return;
    }
    fputs("(?!", out);
    put_some_names(out, part);
    fputs(")(?>", out);
    grammar_put_names(out, type);
    if (type->also != NULL) {
        fputc('|', out);
        grammar_put_names(out, guard_type_find(type->also));
    }
    fputs(")" W ":" W "(?&v)|(?!", out);
    grammar_put_names(out, type);
    if (type->also != NULL) {
        fputc('|', out);
        grammar_put_names(out, guard_type_find(type->also));
    }
    fprintf(out, ")(?&k)" W ":" W "(?&%s))", grammar->guard->open[KNOB_PRIVILEGED] ? "v" : "e");
}

/* Groups for what has no fault: o0 is the body, o1 the object inside it, and so on; m0, m1, ... a member of each. */
static void put_faultless_objects(FILE *out, const struct grammar *grammar, const struct part *part)
{
    fputs("(?(DEFINE)", out);
    for (size_t i = 0; i <= part->place.depth; i++) {
        fprintf(out, "(?<o%zu>\\{" W "(?:(?&m%zu)" W "(?:," W "(?&m%zu)" W ")*+)?+\\})(?<m%zu>", i, i, i, i);
        if (i == part->place.depth)
            put_faultless(out, grammar, part);
        else
            fprintf(out, "(?>\"(?i:%s)\"" W ":" W "(?>(?&o%zu)|(?!\\{)(?&v))|(?!\"(?i:%s)\")(?&m))", part->place.path[i]->name, i + 1,
                    part->place.path[i]->name);
        fputc(')', out);
    }
    fputc(')', out);
}

/* From the body's opening brace to the first fault that the part looks for. */
static void put_part(FILE *out, const struct grammar *grammar, const struct part *part)
{
    const struct place *place = &part->place;

    for (size_t i = 0; i < place->depth; i++)
        fprintf(out, "\\{" W "(?:(?&m%zu)" W "," W ")*+\"((?i:%s))\"" W ":" W, i, place->path[i]->name);
    fprintf(out, "\\{" W "(?:(?&m%zu)" W "," W ")*+(?!\\}|(?&m%zu)" W "\\})(?|", place->depth, place->depth);
    for (size_t i = part->begin; i < part->end; i++)
        if (place->type->fields[i].shape != OBJECT)
            put_inside(out, grammar, &place->type->fields[i]);
    fputs(seeks_unknown(part) ? "\"([\\w.-]++)\"" W ":" W "|)" : "\"([\\w.-]++)\"" W ":" W ")", out);
}

/* How many names the part can capture. */
static size_t depth_of_part(const struct part *part)
{
    size_t deepest = 0;

    for (size_t i = part->begin; i < part->end; i++) {
        const struct guard_field *field = &part->place.type->fields[i];

        if (inside(field) != NULL && field->shape != OBJECT) {
            size_t depth = depth_of(inside(field));

            deepest = depth > deepest ? depth : deepest;
        }
    }
    return part->place.depth + deepest + 1;
}

/* The value is shown if it is a short and plain string, and, where it is the name of an entry, nothing odd follows it. */
static void make_regex(const struct grammar *grammar, const struct part *part, struct regex *regex)
{
    struct text text;

    text_begin(&text);
    fputs("\\A(?:" NO_OTHER_BLANKS "(?=" W "(?&v)" W "\\z)" W "(?=(\\{))", text.stream);
    put_part(text.stream, grammar, part);
    for (size_t i = depth_of_part(part) + 2; i < CAUSE_GROUPS; i++)
        fputs("()", text.stream);
    fputs("(?=(?:\"(" SHOWN "{1,200}+)\"(?!" W ":" W "\"[^\"\\\\]*+\\\\))?+)()|)(?s:.*+)\\z", text.stream);
    put_faultless_objects(text.stream, grammar, part);
    regex_set(grammar, regex, text_end(&text));
}

/* Finds the place number wanted below (and with) a type. Counts n up to it. */
static bool find_place(const struct guard_type *type, struct place *place, size_t wanted, size_t *n)
{
    if ((*n)++ == wanted) {
        place->type = type;
        return true;
    }
    if (type->also != NULL && (*n)++ == wanted) {
        place->type = guard_type_find(type->also);
        place->also = true;
        return true;
    }
    for (const struct guard_field *field = type->fields; field->name != NULL; field++) {
        if (field->shape != OBJECT)
            continue;
        place->path[place->depth++] = field;
        if (find_place(guard_type_find(field->value), place, wanted, n))
            return true;
        place->depth--;
    }
    return false;
}

static bool is_short(const struct grammar *grammar, const struct regex *regex)
{
    char *whole = grammar_whole(grammar, regex);
    bool good = strlen(whole) <= CAUSE_REGEX_MAX;

    free(whole);
    return good;
}

/* Members from part->begin on, as many as fit; at least one. */
static void make_fitting(const struct grammar *grammar, struct part *part, struct regex *regex)
{
    for (part->end = count_fields(part->place.type);; part->end = part->begin + (part->end - part->begin + 1) / 2) {
        make_regex(grammar, part, regex);
        if (part->end - part->begin == 1 || is_short(grammar, regex))
            return;
        regex_free(regex);
    }
}

void causes_begin(struct causes *causes)
{
    *causes = (struct causes){0};
}

bool causes_next(struct causes *causes, const struct grammar *grammar, const struct guard_operation *operation, struct regex *regex)
{
    struct part part = {.begin = causes->field};
    size_t n = 0;

    if (!find_place(guard_type_find(operation->type), &part.place, causes->place, &n))
        return false;
    make_fitting(grammar, &part, regex);
    causes->field = part.end;
    if (part.place.type->fields[part.end].name == NULL) {
        causes->field = 0;
        causes->place++;
    }
    return true;
}

/* -- What ------------------------------------------------------------------------------------------------------------ */

static const char *const keys[KNOB_ALL] = {
    [KNOB_SOURCE] = "SOURCE", [KNOB_MOUNT] = "MOUNT", [KNOB_ENVIRONMENT] = "ENVIRONMENT", [KNOB_LINKS] = "LINKS", [KNOB_SECRETS] = "SECRETS", [KNOB_CONFIGS] = "CONFIGS", [KNOB_OWN] = "OWN", [KNOB_NONE] = "NONE",
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
    if (knob < KNOB_COUNT)
        return guard_knobs[knob].variable + strlen("ALLOW_");
    return knob < KNOB_ALL ? keys[knob] : keys[KNOB_NONE];
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

static bool is_protected(const struct grammar *grammar, const char *value)
{
    struct text regex;
    char *text;

    text_begin(&regex);
    guard_put_protected(regex.stream, grammar);
    text = text_end(&regex);
    bool found = value_matches(text, value);
    free(text);
    return found;
}

/* What is refused although its knob is open, nothing opens. As long as the proxy does not know its container, anything may be what
 * is refused to protect it. */
const char *hint_find(const struct grammar *grammar, enum guard_knob knob, const char *value)
{
    bool unknown = grammar->facts->own_unknown;

    if (unknown && (knob == KNOB_OWN || (knob == KNOB_VOLUMES_FROM && grammar->guard->open[knob])))
        return NOT_KNOWN_YET;
    if (knob == KNOB_VOLUMES_FROM && is_protected(grammar, value))
        return NULL;
    if (knob == KNOB_NONE || knob == KNOB_OWN || grammar->guard->open[knob])
        return NULL;
    for (const struct guard_hint *hint = guard_hints; hint->knob != KNOB_ALL; hint++)
        if (hint->knob == knob && (hint->value == NULL || value_matches(hint->value, value)))
            return unknown && hint->text != NULL && strncmp(hint->text, guard_knobs[KNOB_VOLUME_NAMES].variable, strlen("ALLOW_VOLUME_NAMES")) == 0
                       ? NOT_KNOWN_YET
                       : hint->text;
    return NULL;
}

void hint_say(FILE *out, const struct grammar *grammar, enum guard_knob knob, const char *value)
{
    const char *hint = hint_find(grammar, knob, value);

    if (hint == NULL)
        fputs(NOTHING_HELPS, out);
    else
        fprintf(out, "%s%s", strcmp(hint, NOT_KNOWN_YET) == 0 ? "" : grammar->guard->prefix, hint);
}
