/* From the tables to regexes. */
#include "guard_internal.h"
#include "guard_json.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* -- Text ------------------------------------------------------------------------------------------------------------ */

struct text {
    char *data;
    size_t size;
    FILE *out;
};

static bool text_open(struct text *text)
{
    *text = (struct text){NULL, 0, NULL};
    text->out = open_memstream(&text->data, &text->size);
    return text->out != NULL;
}

/* The text, which the caller frees; NULL if memory ran out on the way. */
static char *text_close(struct text *text)
{
    if (text->out == NULL)
        return NULL;
    bool bad = ferror(text->out) != 0;
    if (fclose(text->out) != 0 || bad) {
        free(text->data);
        return NULL;
    }
    return text->data;
}

static char *format(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *format(const char *format, ...)
{
    struct text text;
    if (!text_open(&text))
        return NULL;
    va_list arguments;
    va_start(arguments, format);
    vfprintf(text.out, format, arguments);
    va_end(arguments);
    return text_close(&text);
}

/* -- Values and types ------------------------------------------------------------------------------------------------ */

#define LIST_OF(group) "\\[" W "(?:(?&" group ")" W "(?:," W "(?&" group ")" W ")*+)?+\\]"
#define NETWORKS_OF(group)                                                                                       \
    "\\{" W "(?:(?&network_name)" W ":" W "(?>null|(?&" group "))" W "(?:," W "(?&network_name)" W ":" W "(?>null|(?&" group \
    "))" W ")*+)?+\\}"
#define OBJECT_OF(group) "\\{" W "(?:(?&" group ")" W "(?:," W "(?&" group ")" W ")*+)?+\\}"

static bool is_open(const struct guard *guard, const struct guard_field *field)
{
    return field->shape == FREE || (field->shape != NETWORKS && field->knob != KNOB_NONE && guard->open[field->knob]);
}

/* What the field may hold: an atomic piece of regex. */
static void put_value(FILE *out, const struct guard *guard, const struct guard_field *field)
{
    const char *name = field->value;
    if (is_open(guard, field)) {
        fputs("(?&v)", out);
        return;
    }
    switch (field->shape) {
    case FREE:
        fputs("(?&v)", out);
        break;
    case RULE:
        fprintf(out, "(?>%s)", name);
        break;
    case ITEMS:
        fprintf(out, "(?>null|" LIST_OF("%s") ")", name, name);
        break;
    case ENTRIES:
        fprintf(out, "(?>null|" OBJECT_OF("%s") ")", name, name);
        break;
    case OBJECT:
        fprintf(out, "(?>null|(?&%s))", name);
        break;
    case OBJECTS:
        fprintf(out, "(?>null|" LIST_OF("%s") ")", name, name);
        break;
    case NETWORKS:
        fprintf(out, "(?>null|" NETWORKS_OF("%s") ")", name, name);
        break;
    }
}

static void put_members(FILE *out, const struct guard *guard, const struct guard_field *fields)
{
    for (const struct guard_field *field = fields; field->names != NULL; field++) {
        fprintf(out, "\"(?i:%s)\"" W ":" W, field->names);
        put_value(out, guard, field);
        fputc('|', out);
    }
}

/* All names of a type, as alternatives. */
static void put_names(FILE *out, const struct guard_type *type)
{
    const char *separator = "";
    for (; type != NULL; type = type->also != NULL ? guard_type_find(type->also) : NULL)
        for (const struct guard_field *field = type->fields; field->names != NULL; field++) {
            fprintf(out, "%s%s", separator, field->names);
            separator = "|";
        }
}

/* The members of a type that we do not know: any value only where privileges are given away. */
static const char *unknown_value(const struct guard *guard)
{
    return guard->open[KNOB_PRIVILEGED] ? "(?&v)" : "(?&e)";
}

/* The text of the group that is called name, or of the type, whose objects are a group as well. */
static char *group_text(const struct guard *guard, const char *name, size_t length)
{
    for (const struct guard_group *group = guard_groups; group->name != NULL; group++)
        if (group->text != NULL && strlen(group->name) == length && strncmp(group->name, name, length) == 0)
            return strdup(group->text);
    for (const struct guard_group *group = guard->groups; group->name != NULL; group++)
        if (strlen(group->name) == length && strncmp(group->name, name, length) == 0)
            return strdup(group->text);
    for (const struct guard_type *type = guard_types; type->name != NULL; type++) {
        if (strlen(type->name) != length || strncmp(type->name, name, length) != 0)
            continue;
        struct text text;
        if (!text_open(&text))
            return NULL;
        /* The object and, as a group of its own, one member. */
        fprintf(text.out, OBJECT_OF("%s_") ")(?<%s_>(?>", type->name, type->name, type->name);
        put_members(text.out, guard, type->fields);
        if (type->also != NULL) {
            const struct guard_type *also = guard_type_find(type->also);
            if (also != NULL)
                put_members(text.out, guard, also->fields);
        }
        fputs("(?!\"(?i:", text.out);
        put_names(text.out, type);
        fprintf(text.out, ")\")(?&k)" W ":" W "%s)", unknown_value(guard));
        return text_close(&text);
    }
    return NULL;
}

/* The regex with the definitions of all groups that it calls, directly or not. Frees body. */
static char *with_definitions(const struct guard *guard, char *body)
{
    if (body == NULL)
        return NULL;
    char *defined = strdup("");
    char *definitions = strdup("");
    bool more = true;
    bool good = defined != NULL && definitions != NULL;
    while (good && more) {
        more = false;
        char *all = format("%s%s", definitions, body);
        good = all != NULL;
        for (const char *call = all; good && (call = strstr(call, "(?&")) != NULL; call++) {
            const char *name = call + 3;
            size_t length = strcspn(name, ")");
            char *mark = format(" %.*s ", (int)length, name);
            char *local = format("(?<%.*s>", (int)length, name);
            good = mark != NULL && local != NULL;
            if (good && strstr(defined, mark) == NULL && strstr(all, local) == NULL) {
                char *text = group_text(guard, name, length);
                char *longer = format("%s(?<%.*s>%s)", definitions, (int)length, name, text != NULL ? text : "");
                char *names = format("%s%s", defined, mark);
                good = text != NULL && longer != NULL && names != NULL;
                free(text);
                free(definitions);
                free(defined);
                definitions = longer;
                defined = names;
                more = true;
            }
            free(mark);
            free(local);
        }
        free(all);
    }
    char *result = good ? format("(?(DEFINE)%s)%s", definitions, body) : NULL;
    free(defined);
    free(definitions);
    free(body);
    return result;
}

char *guard_body_regex(const struct guard *guard, const struct guard_operation *operation)
{
    if (operation->body == BODY_EMPTY)
        return strdup(EMPTY_BODY_REGEX);
    /* An empty body carries nothing; the Engine says itself that it wants one. */
    return with_definitions(guard, format("\\A(?:" W "(?&%s)" W ")?\\z", operation->type));
}

/* -- What is wrong --------------------------------------------------------------------------------------------------- */

/* A search walks down to one member: a chain of groups t0, t1, ..., each of which opens a member or an array, skips what
 * the next does not hit, and then demands the next. */
#define DEPTH_MAX 16

struct search {
    const struct guard *guard;
    guard_found *found;
    void *context;
    char *level[DEPTH_MAX]; /* "opener": what stands before the inner object or array */
    bool array[DEPTH_MAX];  /* it opens an array */
    bool optional[DEPTH_MAX];
    size_t depth;
    char path[GUARD_REASON_MAX];
    bool skip_unknown; /* once: what is unknown in an optional object may be known around it */
    bool skip_fields;  /* once */
};

static void put_inside(FILE *out, bool array, size_t next)
{
    if (array)
        fprintf(out, "\\[" W "(?:(?!(?&t%zu))(?&v)" W "," W ")*+(?&t%zu)", next, next);
    else
        fprintf(out, "\\{" W "(?:(?!(?&t%zu))(?&m)" W "," W ")*+(?&t%zu)", next, next);
}

/* Reports the search with this leaf at its end. Frees leaf. */
static bool report(struct search *search, char *leaf, const char *reason)
{
    struct text text;
    if (leaf == NULL || !text_open(&text)) {
        free(leaf);
        return false;
    }
    fputs("(?(DEFINE)", text.out);
    for (size_t i = 0; i < search->depth; i++) {
        fprintf(text.out, "(?<t%zu>", i);
        if (search->optional[i]) {
            /* Either below this member, or right here. */
            fprintf(text.out, "(?>%s", search->level[i]);
            put_inside(text.out, search->array[i], i + 1);
            fprintf(text.out, "|(?&t%zu)))", i + 1);
        } else {
            fputs(search->level[i], text.out);
            put_inside(text.out, search->array[i], i + 1);
            fputc(')', text.out);
        }
    }
    fprintf(text.out, "(?<t%zu>%s))\\A" W, search->depth, leaf);
    put_inside(text.out, false, 0);
    free(leaf);
    char *regex = with_definitions(search->guard, text_close(&text));
    bool good = regex != NULL && search->found(search->context, regex, reason);
    free(regex);
    return good;
}

static bool search_type(struct search *search, const struct guard_type *type);

static void path_add(char path[GUARD_REASON_MAX], const char *name, const char *after)
{
    size_t used = strlen(path);
    snprintf(path + used, GUARD_REASON_MAX - used, "%s%s%s", used > 0 ? "." : "", name, after);
}

/* Goes down one level, searches the type, comes back. Frees opener. */
static bool search_below(struct search *search, char *opener, bool array, bool optional, const struct guard_type *type)
{
    if (opener == NULL || search->depth + 2 >= DEPTH_MAX) {
        free(opener);
        return false;
    }
    size_t depth = search->depth;
    search->level[depth] = opener;
    search->array[depth] = array;
    search->optional[depth] = optional;
    search->depth++;
    char *element = NULL;
    bool good = true;
    if (array) {
        element = strdup("");
        search->level[search->depth] = element;
        search->array[search->depth] = false;
        search->optional[search->depth] = false;
        search->depth++;
        good = element != NULL;
    }
    good = good && search_type(search, type);
    search->depth = depth;
    free(element);
    free(opener);
    return good;
}

/* Reports what hits as the field at the search's path. Frees leaf. */
static bool report_field(struct search *search, char *leaf, enum guard_knob knob)
{
    char reason[GUARD_REASON_MAX + 64];
    snprintf(reason, sizeof reason, "%s; %s%s", search->path, guard_prefix(search->guard), guard_knobs[knob].would);
    return report(search, leaf, reason);
}

static bool search_value(struct search *search, const struct guard_field *field)
{
    struct text text;
    if (!text_open(&text))
        return false;
    fprintf(text.out, "\"(?i:%s)\"" W ":" W "(?!", field->names);
    put_value(text.out, search->guard, field);
    fputs(W "[,}])", text.out);
    return report_field(search, text_close(&text), field->knob);
}

/* What is below the name of a network, as a level of its own; and the names. */
static bool search_networks(struct search *search, const struct guard_field *field, const struct guard_type *type)
{
    if (search->depth + 2 >= DEPTH_MAX)
        return false;
    char *opener = format("\"(?i:%s)\"" W ":" W, field->names);
    size_t depth = search->depth++;
    search->level[depth] = opener;
    search->array[depth] = false;
    search->optional[depth] = false;
    bool good = opener != NULL && report_field(search, strdup("(?!(?&network_name))(?&s)" W ":"), field->knob) &&
                search_below(search, strdup("(?&s)" W ":" W), false, false, type);
    search->depth = depth;
    free(opener);
    return good;
}

static bool search_field(struct search *search, const struct guard_field *field)
{
    if (is_open(search->guard, field))
        return true;
    char saved[GUARD_REASON_MAX];
    memcpy(saved, search->path, sizeof saved);
    path_add(search->path, field->names, field->shape == OBJECTS ? "[]" : "");
    const struct guard_type *type = guard_type_find(field->value);
    bool good;
    if (field->shape == OBJECT || field->shape == OBJECTS)
        good = type != NULL && search_below(search, format("\"(?i:%s)\"" W ":" W, field->names), field->shape == OBJECTS, false,
                                            type);
    else if (field->shape == NETWORKS)
        good = type != NULL && search_networks(search, field, type);
    else
        good = search_value(search, field);
    memcpy(search->path, saved, sizeof saved);
    return good;
}

/* Members that the type does not have, and names that cannot be compared. */
static bool search_unknown(struct search *search, const struct guard_type *type)
{
    const char *where = search->path[0] != '\0' ? search->path : "the body";
    char reason[GUARD_REASON_MAX + 96];
    if (!search->guard->open[KNOB_PRIVILEGED]) {
        snprintf(reason, sizeof reason, "%s holds a member that this version does not know; %s%s", where,
                 guard_prefix(search->guard), guard_knobs[KNOB_PRIVILEGED].would);
        struct text text;
        if (!text_open(&text))
            return false;
        fputs("(?!\"(?i:", text.out);
        put_names(text.out, type);
        fputs(")\")(?&k)" W ":" W "(?!(?&e)" W "[,}])", text.out);
        if (!report(search, text_close(&text), reason))
            return false;
    }
    snprintf(reason, sizeof reason, "%s holds a name with an escape or a letter beyond ASCII, which cannot be judged", where);
    return report(search, strdup("(?!(?&k))(?&s)" W ":"), reason);
}

static bool search_type(struct search *search, const struct guard_type *type)
{
    bool unknown = !search->skip_unknown;
    bool fields = !search->skip_fields;
    search->skip_unknown = false;
    search->skip_fields = false;
    if (type->also != NULL) {
        const struct guard_type *also = guard_type_find(type->also);
        if (also == NULL)
            return false;
        char saved[GUARD_REASON_MAX];
        memcpy(saved, search->path, sizeof saved);
        path_add(search->path, type->nested, "");
        /* What these members hold, on either level; then what is unknown, below nested only. */
        search->skip_unknown = true;
        bool good = search_below(search, format("\"(?i:%s)\"" W ":" W, type->nested), false, true, also);
        search->skip_fields = true;
        good = good && search_below(search, format("\"(?i:%s)\"" W ":" W, type->nested), false, false, also);
        memcpy(search->path, saved, sizeof saved);
        if (!good)
            return false;
    }
    for (const struct guard_field *field = type->fields; fields && field->names != NULL; field++)
        if ((type->nested == NULL || strcmp(field->names, type->nested) != 0) && !search_field(search, field))
            return false;
    return !unknown || search_unknown(search, type);
}

bool guard_body_reasons(const struct guard *guard, const struct guard_operation *operation, guard_found *found, void *context)
{
    if (operation->body != BODY_OBJECT)
        return true;
    /* What is no JSON need not be searched. */
    char *regex = with_definitions(guard, format("\\A(?!" W "(?&v)" W "\\z)"));
    bool good = regex != NULL && found(context, regex, REASON_BODY);
    free(regex);
    struct search search = {.guard = guard, .found = found, .context = context};
    return good && search_type(&search, guard_type_find(operation->type));
}

/* -- Labels ---------------------------------------------------------------------------------------------------------- */

static void put_literal(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        fprintf(out, "\\x%02x", (unsigned)(unsigned char)*text);
}

/* The label exactly once, in an object that is there exactly once on each level, so that no duplicate can undo it. */
static void put_label(FILE *out, const struct guard *guard, const char *path)
{
    if (*path == '\0') {
        fputs("\\{" W "(?:(?!\"", out);
        put_literal(out, guard->label);
        fputs("\")(?&km)" W "," W ")*+\"", out);
        put_literal(out, guard->label);
        fputs("\"" W ":" W, out);
        if (guard->label_value == NULL) {
            fputs("(?&s)", out);
        } else {
            fputc('"', out);
            put_literal(out, guard->label_value);
            fputc('"', out);
        }
        fputs(W "(?:," W "(?!\"", out);
        put_literal(out, guard->label);
        fputs("\")(?&km)" W ")*+\\}", out);
        return;
    }
    int length = (int)strcspn(path, ".");
    fprintf(out, "\\{" W "(?:(?!\"(?i:%.*s)\")(?&m)" W "," W ")*+\"(?i:%.*s)\"" W ":" W, length, path, length, path);
    put_label(out, guard, path[length] == '.' ? path + length + 1 : path + length);
    fprintf(out, W "(?:," W "(?!\"(?i:%.*s)\")(?&m)" W ")*+\\}", length, path);
}

char *guard_label_regex(const struct guard *guard, const struct guard_operation *operation)
{
    struct text text;
    if (!text_open(&text))
        return NULL;
    fputs("(?(DEFINE)(?<km>(?>(?&k)" W ":" W "(?&v))))\\A" W, text.out);
    put_label(text.out, guard, operation->labels);
    fputs(W "\\z", text.out);
    return with_definitions(guard, text_close(&text));
}

/* -- Queries --------------------------------------------------------------------------------------------------------- */

static void put_parameter_names(FILE *out, const struct guard_parameter *parameters)
{
    for (const struct guard_parameter *parameter = parameters; parameter->names != NULL; parameter++)
        fprintf(out, "%s%s", parameter == parameters ? "" : "|", parameter->names);
}

/* A value without a separator of any kind: older Engines also split at semicolons. */
#define QUERY_VALUE "[^&;#\\x00-\\x20\\x7f]*+"

static bool parameter_open(const struct guard *guard, const struct guard_parameter *parameter)
{
    return parameter->value == NULL || (parameter->knob != KNOB_NONE && guard->open[parameter->knob]);
}

char *guard_query_regex(const struct guard *guard, const struct guard_operation *operation)
{
    struct text text;
    if (!text_open(&text))
        return NULL;
    fprintf(text.out, "\\A%s(?:(?>", guard->image_query != NULL && strcmp(operation->id, "ImageCreate") == 0
                                         ? guard->image_query
                                         : "");
    for (const struct guard_parameter *parameter = operation->query; parameter->names != NULL; parameter++)
        fprintf(text.out, "(?:%s)(?:=%s)?+(?=&|\\z)|", parameter->names,
                parameter_open(guard, parameter) ? QUERY_VALUE : parameter->value);
    fputs("(?!(?:", text.out);
    put_parameter_names(text.out, operation->query);
    fprintf(text.out, ")(?:=|&|\\z))[A-Za-z0-9_.-]*+(?:=%s)?+(?=&|\\z))(?:&(?!\\z)|\\z|&\\z))*+\\z",
            guard->open[KNOB_PRIVILEGED] ? QUERY_VALUE : "");
    return text_close(&text);
}

bool guard_query_reasons(const struct guard *guard, const struct guard_operation *operation, guard_found *found,
                         void *context)
{
    for (const struct guard_parameter *parameter = operation->query; parameter->names != NULL; parameter++) {
        if (parameter_open(guard, parameter))
            continue;
        char *regex = format("(?:\\A|&)%s(?!(?:=%s)?+(?:&|\\z))(?:=|&|\\z)", parameter->names, parameter->value);
        char reason[GUARD_REASON_MAX];
        snprintf(reason, sizeof reason, "%s; %s%s", parameter->names, guard_prefix(guard), guard_knobs[parameter->knob].would);
        bool good = regex != NULL && found(context, regex, reason);
        free(regex);
        if (!good)
            return false;
    }
    if (guard->image_query != NULL && strcmp(operation->id, "ImageCreate") == 0) {
        char *regex = format("\\A(?!%s)", guard->image_query);
        char reason[GUARD_REASON_MAX];
        snprintf(reason, sizeof reason, "fromImage; %s%s", guard_prefix(guard), guard_knobs[KNOB_IMAGE_REFERENCES].would);
        bool good = regex != NULL && found(context, regex, reason);
        free(regex);
        return good;
    }
    return true;
}

bool guard_judges_query(const struct guard *guard, const struct guard_operation *operation)
{
    if (operation->query == NULL)
        return false;
    if (strcmp(operation->id, "ImageCreate") == 0)
        return guard->image_query != NULL;
    for (const struct guard_parameter *parameter = operation->query; parameter->names != NULL; parameter++)
        if (!parameter_open(guard, parameter))
            return true;
    return false;
}
