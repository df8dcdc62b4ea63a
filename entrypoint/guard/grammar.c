/* Makes regexes from the schema: for what is harmless, and for the first fault. */
#include "guard/grammar.h"
#include "guard/json.h"
#include "guard/lists.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LIST        "\\[" W EACH("%s")
#define OBJECT_OF   "\\{" W EACH("%s")
#define NETWORKS_OF "\\{" W "(?:" NETWORK NEXT ")*+"
#define FIELDS_MAX  128 /* of one type */

#define NETWORK "(?&network_name)" COLON "(?>null|(?&%s))"

/* ---- regexes in two parts ---- */

static char *definition_of(const struct grammar *grammar, const char *name);

static bool has_group(const struct regex *regex, const char *name, size_t length)
{
    for (size_t i = 0; i < regex->count; i++)
        if (strlen(regex->groups[i]) == length && strncmp(regex->groups[i], name, length) == 0)
            return true;
    return false;
}

/* Adds the groups that text calls, and those that they call. Types begin with a capital letter; the group of a type's
 * members, whose name ends in _, is defined with it. */
static void add_groups(const struct grammar *grammar, struct regex *regex, const char *text)
{
    for (const char *call = strstr(text, "(?&"); call != NULL; call = strstr(call + 3, "(?&")) {
        const char *name = call + 3;
        size_t length = strcspn(name, isupper((unsigned char)*name) ? "_)" : ")");

        if (has_group(regex, name, length))
            continue;
        if (regex->count == GROUPS_CALLED_MAX)
            abort();
        size_t added = regex->count++;
        regex->groups[added] = text_format("%.*s", (int)length, name);
        regex->definitions[added] = definition_of(grammar, regex->groups[added]);
        add_groups(grammar, regex, regex->definitions[added]);
    }
}

void regex_set(const struct grammar *grammar, struct regex *regex, char *text)
{
    *regex = (struct regex){.text = text};
    add_groups(grammar, regex, text);
}

void regex_join(struct regex *a, struct regex *b)
{
    for (size_t i = 0; i < b->count; i++) {
        if (has_group(a, b->groups[i], strlen(b->groups[i]))) {
            free(b->groups[i]);
            free(b->definitions[i]);
        } else {
            a->groups[a->count] = b->groups[i];
            a->definitions[a->count++] = b->definitions[i];
        }
    }
    for (b->count = 0; b->count < a->count; b->count++) {
        b->groups[b->count] = text_format("%s", a->groups[b->count]);
        b->definitions[b->count] = text_format("%s", a->definitions[b->count]);
    }
}

void regex_free(struct regex *regex)
{
    free(regex->text);
    for (size_t i = 0; i < regex->count; i++) {
        free(regex->groups[i]);
        free(regex->definitions[i]);
    }
    *regex = (struct regex){NULL};
}

char *regex_whole(const struct regex *regex)
{
    struct text text;

    text_begin(&text);
    fprintf(text.stream, "%s(?(DEFINE)", regex->text);
    for (size_t i = 0; i < regex->count; i++)
        fputs(regex->definitions[i], text.stream);
    fputc(')', text.stream);
    return text_end(&text);
}

/* ---- values and types ---- */

/* Whether the variable opens the member to any value. Never VolumesFrom, which may not name a protected container, and
 * not networks, whose members are judged one by one. */
static bool is_open(const struct grammar *grammar, const struct guard_field *field)
{
    return field->knob != KNOB_NONE && field->knob != KNOB_VOLUMES_FROM && field->shape != NETWORKS &&
           grammar->guard->open[field->knob];
}

/* Whether the member may be a namespace, which could be a protected container's. */
static bool is_namespace(const struct guard_field *field)
{
    const struct guard_namespace *kind = guard_namespaces;

    while (kind->name != NULL && kind->knob != field->knob)
        kind++;
    return kind->name != NULL || field->knob == KNOB_HOST_NAMESPACES;
}

/* The regex for a value of the schema, and for those that a list adds. */
static void put_rule(FILE *out, const struct grammar *grammar, const struct guard_field *field)
{
    struct text text;
    char *listed;

    text_begin(&text);
    guard_put_listed(text.stream, grammar, field->knob);
    listed = text_end(&text);
    fprintf(out, strchr(field->value, '|') == NULL && *listed == '\0' ? "%s%s" : "(?>%s%s)", field->value, listed);
    free(listed);
}

/* Writes an atomic piece of regex for what the member may hold besides null. */
static void put_value(FILE *out, const struct grammar *grammar, const struct guard_field *field)
{
    const char *name = field->value;

    if (is_open(grammar, field)) {
        fputs(is_namespace(field) ? "(?&not_protected)" : "(?&v)", out);
        return;
    }
    if (guard_lists_nothing(grammar->guard, field->knob)) {
        fputs("(?&empty)", out);
        return;
    }
    switch (field->shape) {
    case RULE:
        put_rule(out, grammar, field);
        break;
    case ITEMS:
    case OBJECTS:
        fprintf(out, LIST "\\]", name);
        break;
    case ENTRIES:
        fprintf(out, OBJECT_OF "\\}", name);
        break;
    case OBJECT:
        fprintf(out, "(?&%s)", name);
        break;
    case NETWORKS:
        fprintf(out, NETWORKS_OF "\\}", name);
        break;
    }
}

/* Writes the names of the marked members, in any case; of all if marks is NULL. */
static void put_names(FILE *out, const struct guard_type *type, const bool *marks)
{
    const char *before = "\"(?i:";

    for (size_t i = 0; type->fields[i].name != NULL; i++)
        if (marks == NULL || marks[i]) {
            fprintf(out, "%s%s", before, type->fields[i].name);
            before = "|";
        }
    fputs(")\"", out);
}

/* Writes the members of a type with what each may hold, then a |. Those that may hold the same share an alternative. */
static void put_known(FILE *out, const struct grammar *grammar, const struct guard_type *type)
{
    const char *values[FIELDS_MAX] = {NULL};
    bool marks[FIELDS_MAX];
    struct text text; /* all values, one after another: a stream for each would cost more than what is written */
    char *bytes;
    size_t count = 0;

    text_begin(&text);
    for (; type->fields[count].name != NULL; count++) {
        if (count == FIELDS_MAX)
            abort();
        put_value(text.stream, grammar, &type->fields[count]);
        fputc('\0', text.stream);
    }
    bytes = text_end(&text);
    for (size_t i = 0; i < count; i++)
        values[i] = i == 0 ? bytes : values[i - 1] + strlen(values[i - 1]) + 1;
    for (size_t i = 0; i < count; i++) {
        if (values[i] == NULL)
            continue;
        for (size_t k = 0; k < count; k++)
            marks[k] = values[k] != NULL && strcmp(values[i], values[k]) == 0;
        put_names(out, type, marks);
        fprintf(out, COLON "%s|", values[i]);
        for (size_t k = count; k-- > i;)
            if (marks[k])
                values[k] = NULL;
    }
    free(bytes);
}

/* Writes two groups: the object, and a member of it, which is in the schema, or another, or null. */
static void put_type(FILE *out, const struct grammar *grammar, const struct guard_type *type)
{
    fprintf(out, "(?<%s>\\{" W EACH("%s_") "\\})(?<%s_>(?>", type->name, type->name, type->name);
    put_known(out, grammar, type);
    fputs("(?!", out);
    put_names(out, type, NULL);
    fprintf(out, ")(?&%s%s)|(?&k)" COLON "null))", type->also != NULL ? type->also : "other",
            type->also != NULL ? "_" : "");
}

/* ---- queries ---- */

/* A value without a separator of any kind: older Engines also split at semicolons. */
#define QUERY_VALUE "[^&;#\\x00-\\x20\\x7f]*+"

bool grammar_parameter_is_open(const struct guard *guard, const struct guard_parameter *parameter)
{
    return parameter->value == NULL ||
           (parameter->knob != KNOB_NONE && parameter->knob != KNOB_BUILD_NETWORK && guard->open[parameter->knob]);
}

/* Writes the names of the parameters that are open, or of all, as alternatives. The first, a NUL, matches no name. */
static void put_parameter_names(FILE *out, const struct grammar *grammar, bool all)
{
    fputs("(?:\\x00", out);
    for (const struct guard_parameter *parameter = grammar->operation->query; parameter->name != NULL; parameter++)
        if (all || grammar_parameter_is_open(grammar->guard, parameter))
            fprintf(out, "|%s", parameter->name);
    fputc(')', out);
}

static bool same_value(const struct guard *guard, const struct guard_parameter *a, const struct guard_parameter *b)
{
    return b->name != NULL && !grammar_parameter_is_open(guard, b) && strcmp(a->value, b->value) == 0;
}

/* Any number of harmless parameters, each with its & or the end. */
static void put_parameters(FILE *out, const struct grammar *grammar)
{
    fputs("(?:(?>", out);
    for (const struct guard_parameter *parameter = grammar->operation->query; parameter->name != NULL; parameter++) {
        if (grammar_parameter_is_open(grammar->guard, parameter))
            continue;
        fprintf(out, "(?:%s", parameter->name);
        for (; same_value(grammar->guard, parameter, parameter + 1); parameter++)
            fprintf(out, "|%s", parameter[1].name);
        fprintf(out, ")(?:=%s)?+(?=&|\\z)|", parameter->value);
    }
    put_parameter_names(out, grammar, false);
    fputs("(?:=" QUERY_VALUE ")?+(?=&|\\z)|(?!", out);
    put_parameter_names(out, grammar, true);
    fprintf(out, "(?:=|&|\\z))[A-Za-z0-9_.-]*+(?:=%s)?+(?=&|\\z))(?:&(?!\\z)|\\z|&\\z))*+",
            grammar->guard->open[KNOB_PRIVILEGED] ? QUERY_VALUE : "");
}

/* ---- groups ---- */

static char *definition_of(const struct grammar *grammar, const char *name)
{
    const struct guard_type *type = guard_type_find(name);
    const struct guard_group *group = guard_groups;
    struct text text;

    text_begin(&text);
    if (type != NULL) {
        put_type(text.stream, grammar, type);
        return text_end(&text);
    }
    fprintf(text.stream, "(?<%s>", name);
    if (strcmp(name, "query") == 0) {
        put_parameters(text.stream, grammar);
    } else if (!guard_put_list(text.stream, grammar, name)) {
        while (group->name != NULL && strcmp(group->name, name) != 0)
            group++;
        if (group->name == NULL)
            abort(); /* a name in the schema that no table has */
        fputs(group->text, text.stream);
    }
    fputc(')', text.stream);
    return text_end(&text);
}

/* ---- what is harmless ---- */

/* An empty body is harmless; the Engine refuses it where it needs one. */
void grammar_body(const struct grammar *grammar, struct regex *regex)
{
    if (grammar->operation->body == BODY_EMPTY)
        regex_set(grammar, regex, text_format("\\A" NO_OTHER_BLANKS W "(?>null|\\{" W "\\})?+" W "\\z"));
    else
        regex_set(grammar, regex,
                  text_format("\\A" NO_OTHER_BLANKS "(?:" W "(?&%s)" W ")?\\z", grammar->operation->type));
}

static bool pulls(const struct grammar *grammar)
{
    return strcmp(grammar->operation->id, "ImageCreate") == 0;
}

void grammar_query(const struct grammar *grammar, struct regex *regex)
{
    regex_set(grammar, regex, text_format("\\A%s(?&query)\\z", pulls(grammar) ? "(?&image_query)" : ""));
}

/* The members of an object before and after the one of that name, which must occur exactly once. */
#define BEFORE(name, member) "\\{" W "(?:(?!" name ")" member W "," W ")*+" name COLON
#define AFTER(name, member)  W "(?:," W "(?!" name ")" member W ")*+\\}"
#define ANY_CASE             "\"(?i:%.*s)\""
#define KEY                  "\"(?&required_key)\""
#define COMPARABLE           "(?>(?&k)" COLON "(?&v))"

/* The label must occur exactly once, as must the object around it on each level, so that no duplicate can override it.
 */
static void put_label(FILE *out, const char *path)
{
    int length = (int)strcspn(path, ".");

    if (*path == '\0') {
        fputs(BEFORE(KEY, COMPARABLE) "(?&required_value)" AFTER(KEY, COMPARABLE), out);
        return;
    }
    fprintf(out, BEFORE(ANY_CASE, "(?&m)"), length, path, length, path);
    put_label(out, path + length + (path[length] == '.'));
    fprintf(out, AFTER(ANY_CASE, "(?&m)"), length, path);
}

void grammar_label(const struct grammar *grammar, struct regex *regex)
{
    struct text text;

    text_begin(&text);
    fputs("\\A" NO_OTHER_BLANKS W, text.stream);
    put_label(text.stream, grammar->operation->labels);
    fputs(W "\\z", text.stream);
    regex_set(grammar, regex, text_end(&text));
}

void grammar_protected(const struct grammar *grammar, struct regex *regex)
{
    regex_set(grammar, regex, text_format("\\A(?:container:)?+(?&protected)"));
}

/* ---- where the first fault is ---- */

const struct guard_type *grammar_inside(const struct guard_field *field)
{
    bool objects = field->shape == OBJECT || field->shape == OBJECTS || field->shape == NETWORKS;

    return objects ? guard_type_find(field->value) : NULL;
}

static void put_fault(FILE *out, const struct guard *guard, const struct guard_type *type);

/* Writes what is inside the member up to the fault, if it is an object or a list, then a |. Not called for a member
 * whose members may also stand in the type itself: put_fault covers both. */
static void put_inside(FILE *out, const struct guard *guard, const struct guard_field *field)
{
    if (field->shape == RULE || guard_lists_nothing(guard, field->knob))
        return;
    fprintf(out, "\"(%s)\"" COLON, field->name);
    if (field->shape == ITEMS || field->shape == OBJECTS)
        fprintf(out, LIST, field->value);
    if (field->shape == ENTRIES)
        fprintf(out, OBJECT_OF "(?=\")", field->value);
    if (field->shape == NETWORKS)
        fprintf(out, NETWORKS_OF "(?|(?=\")(?!(?&network_name))|(?&s)" COLON, field->value);
    if (grammar_inside(field) != NULL)
        put_fault(out, guard, grammar_inside(field));
    fputs(field->shape == NETWORKS ? ")|" : "|", out);
}

/* From the opening brace of an object of the type to its first fault. Harmless members are matched possessively; then
 * comes the one that is not: what is inside it, if it is an object or a list, else its value. Each name on the way is
 * captured. The members of the type's `also` may be in this object or in a member of their own. */
static void put_fault(FILE *out, const struct guard *guard, const struct guard_type *type)
{
    const struct guard_type *also = type->also != NULL ? guard_type_find(type->also) : NULL;

    fprintf(out, "\\{" W EACH("%s_") "(?|", type->name);
    for (const struct guard_field *field = type->fields; field->name != NULL; field++)
        if (also == NULL || grammar_inside(field) != also)
            put_inside(out, guard, field);
    if (also != NULL) {
        fprintf(out, "(?:\"(%s)\"" COLON "\\{" W EACH("%s_") ")?(?|", also->name, also->name);
        for (const struct guard_field *field = also->fields; field->name != NULL; field++)
            put_inside(out, guard, field);
    }
    fputs(also != NULL ? "\"([\\w.-]++)\"" COLON "))" : "\"([\\w.-]++)\"" COLON ")", out);
}

/* The number of names on the longest path through a type. */
static size_t depth_of(const struct guard_type *type)
{
    size_t deepest = 0;

    for (const struct guard_field *field = type->fields; field->name != NULL; field++) {
        size_t depth = grammar_inside(field) != NULL ? depth_of(grammar_inside(field)) : 0;

        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

/* What names a list or an object that is refused as a whole: what stands before the path of its first device, or before
 * the name of its first sysctl; and gpu, as one more branch. As clients write them, with or without a blank. */
#define BEFORE_FIRST "(?:\\[?+\\{\"PathOnHost\"" COLON "|(?<=sysctls\":|sysctls\": )\\{)?+"
#define OR_GPU       "|\\[?+\\{(?![^}]*\"cdi)[^{}]*?\\[\\[\"(gpu)\""

static bool has_knob(const struct guard_type *type, enum guard_knob knob)
{
    for (const struct guard_field *field = type->fields; field->name != NULL; field++)
        if (field->knob == knob || (grammar_inside(field) != NULL && has_knob(grammar_inside(field), knob)))
            return true;
    return false;
}

bool grammar_has_knob(const struct guard_operation *operation, enum guard_knob knob)
{
    for (const struct guard_parameter *parameter = operation->query; parameter != NULL && parameter->name != NULL;
         parameter++)
        if (parameter->knob == knob)
            return true;
    return operation->type != NULL && has_knob(guard_type_find(operation->type), knob);
}

/* The value is captured if it is a short and plain string and, where it is the name of an entry, the entry's value has
 * no escapes. A member whose name cannot be shown is a fault of the object around it. */
void grammar_body_fault(const struct grammar *grammar, struct regex *regex)
{
    const struct guard_type *type = guard_type_find(grammar->operation->type);
    bool devices = grammar->operation->labels != NULL; /* it creates a container */
    struct text text;

    text_begin(&text);
    fputs("(?i)\\A#?+" NO_OTHER_BLANKS "(?=" W "(?&v)" W "\\z)" W "(?=(\\{))(?|", text.stream);
    put_fault(text.stream, grammar->guard, type);
    for (size_t i = depth_of(type) + 2; i < CAUSE_GROUPS; i++)
        fputs("()", text.stream);
    fprintf(text.stream, "(?=(?|%s\"(" SHOWN "{1,200}+)\"(?!" COLON "\"[^\"\\\\]*+\\\\)%s)?+)()|)(?s:.*+)\\z",
            devices ? BEFORE_FIRST : "", devices ? OR_GPU : "");
    fputs("(?-i)", text.stream); /* names go in any case, but what the groups behind this judge does not */
    regex_set(grammar, regex, text_end(&text));
}

/* If the image is refused, the fault is the value of fromImage, not a name. */
void grammar_query_fault(const struct grammar *grammar, struct regex *regex)
{
    regex_set(grammar, regex,
              text_format(
                  "\\A#?+(?|(?&query)(?=([A-Za-z0-9_]))([A-Za-z0-9_.-]{1,64}+)(?=[=&]|\\z)()()()()()()(?:=(" SHOWN
                  "{1,200}+)(?=&|\\z))?+%s)"
                  "(?s:.*+)\\z",
                  pulls(grammar) ? "|(?!(?&image_query))(?:[^&]*+&)*?(?=(f))(fromImage)()()()()()()=(" SHOWN "{0,200}+)"
                                 : ""));
}
