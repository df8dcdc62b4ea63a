/* The values for the create guard: the rules of a backend, and the regexes that backends share. */
#include "config/parts.h"

#include "base/array.h"
#include "base/text.h"
#include "config/patterns.h"
#include "guard/causes.h"
#include "guard/json.h"
#include "guard/scope.h"

#include <stdlib.h>
#include <string.h>

/* ---- definitions ---- */

/* A piece of regex with a name. If profiles differ, one name has several texts; from the second on they get numbers. */
struct definition {
    char *name;
    char *text;
    char variable[96];
};

struct definitions {
    struct definition *list;
    size_t count;
};

struct definitions *definitions_new(void)
{
    struct definitions *definitions = calloc(1, sizeof *definitions);

    if (definitions == NULL)
        abort();
    return definitions;
}

void definitions_free(struct definitions *definitions)
{
    for (size_t i = 0; i < definitions->count; i++) {
        free(definitions->list[i].name);
        free(definitions->list[i].text);
    }
    free(definitions->list);
    free(definitions);
}

/* The environment variable that holds the text. */
static const char *define(struct definitions *definitions, const char *name, const char *text)
{
    size_t namesakes = 0;
    struct definition *definition;

    for (size_t i = 0; i < definitions->count; i++) {
        definition = &definitions->list[i];
        if (strcmp(definition->name, name) != 0)
            continue;
        namesakes++;
        if (strcmp(definition->text, text) == 0)
            return definition->variable;
    }
    definitions->list = array_grow(definitions->list, definitions->count, sizeof *definitions->list);
    definition = &definitions->list[definitions->count++];
    definition->name = text_format("%s", name);
    definition->text = text_format("%s", text);
    if (namesakes == 0)
        bounded_format(definition->variable, sizeof definition->variable, "%s", name);
    else
        bounded_format(definition->variable, sizeof definition->variable, "%s_%zu", name, namesakes + 1);
    return definition->variable;
}

/* The longest part of a definition on one line, in bytes: an auditor reads it. */
#define SHARE_MAX 5000

/* How many bytes of the text go on a line: all, or those before an alternative that begins in the second half. */
static size_t share(const char *text)
{
    size_t length = strlen(text);

    if (length <= SHARE_MAX)
        return length;
    for (length = SHARE_MAX; length > SHARE_MAX / 2 && text[length] != '|'; length--)
        continue;
    return length;
}

/* A long text takes several lines. One that names other variables is in double quotes, so that HAProxy expands them. */
static void add_definition(struct values *values, const struct definition *definition)
{
    const char *text = definition->text;
    char quote = *text == '$' ? '"' : '\'';
    struct values *row = values_row(values, "definitions");
    size_t length = share(text);

    values_set(row, "variable", "%s", definition->variable);
    values_set(row, "text", "%c%.*s%c", quote, (int)length, text, quote);
    for (text += length; *text != '\0'; text += length) {
        row = values_row(values, "definitions");
        length = share(text);
        values_set(row, "variable", "%s", definition->variable);
        values_set(row, "text", "\"${%s}\"'%.*s'", definition->variable, (int)length, text);
    }
}

void set_definitions(struct values *values, const struct definitions *definitions)
{
    values_set_if(values, "defines", definitions->count > 0);
    for (size_t i = 0; i < definitions->count; i++)
        add_definition(values, &definitions->list[i]);
}

/* ---- rules ---- */

/* 'text'"(?(DEFINE)${ContainerCreate_all})": a regex with the groups that it calls; empty for NULL. */
static void set_regex(struct values *row, const char *name, struct definitions *definitions, const struct regex *regex)
{
    struct text text;
    char *variable;
    char *all;

    if (regex == NULL) {
        values_set(row, name, "%s", "");
        return;
    }
    if (regex->count == 0) {
        values_set(row, name, "'%s'", regex->text);
        return;
    }
    text_begin(&text);
    for (size_t i = 0; i < regex->count; i++)
        fprintf(text.stream, "$%s", define(definitions, regex->groups[i], regex->definitions[i]));
    all = text_end(&text);
    variable = text_format("%s_all", regex->groups[0]);
    values_set(row, name, "'%s'\"(?(DEFINE)${%s})\"", regex->text, define(definitions, variable, all));
    free(variable);
    free(all);
}

/* The reason, which stands in a log format string in single quotes; empty for NULL. */
static void set_why(struct values *row, const char *why)
{
    struct text text;

    text_begin(&text);
    for (; why != NULL && *why != '\0'; why++)
        if (*why == '%')
            fputs("%%", text.stream);
        else if (*why != '\'')
            fputc(*why, text.stream);
    values_set_text(row, "why", &text);
}

/* A row for one part of what operations carry, whose ids are separated by spaces. */
static struct values *add_part(struct values *values, const char *list, const char *ids, const char *part)
{
    struct values *row = values_row(values, list);

    values_set(row, "operation", "%s", ids);
    values_set(row, "part", "%s", part);
    return row;
}

/* A rule that sets the fault; demand is NULL if the operation is refused whatever it carries. */
static void add_demand(struct values *values, struct definitions *definitions, const char *ids,
                       const struct product *product, const struct demand *demand)
{
    const struct regex *harmless = demand != NULL ? &demand->harmless : NULL;
    struct values *row = add_part(values, "demands", ids, demand != NULL ? demand->part : "whole");
    bool of_query = demand != NULL && demand->saying == SAY_QUERY;

    values_set_if(row, "refused", demand == NULL);
    set_regex(row, "query", definitions, of_query ? harmless : NULL);
    set_regex(row, "body", definitions, of_query ? NULL : harmless);
    values_set_if(row, "may_be_empty", demand != NULL && demand->saying != SAY_ALL);
    set_why(row, demand == NULL ? product->refusal : demand->why);
}

static void add_product(struct values *values, struct definitions *definitions, const char *ids,
                        const struct product *product)
{
    if (product->refusal != NULL)
        add_demand(values, definitions, ids, product, NULL);
    for (size_t i = 0; i < product->count; i++) {
        const struct demand *demand = &product->demands[i];

        add_demand(values, definitions, ids, product, demand);
        if (demand->fault.text != NULL)
            set_regex(add_part(values, "searches", ids, demand->part), "regex", definitions, &demand->fault);
    }
}

static bool same_regex(const struct regex *a, const struct regex *b)
{
    bool same = a->count == b->count && text_equal(a->text, b->text);

    for (size_t i = 0; i < a->count && same; i++)
        same = strcmp(a->definitions[i], b->definitions[i]) == 0;
    return same;
}

/* Whether two operations are judged in the same words. */
static bool same_product(const struct product *a, const struct product *b)
{
    bool same = a->count == b->count && text_equal(a->refusal, b->refusal);

    for (size_t i = 0; i < a->count && same; i++)
        same = strcmp(a->demands[i].part, b->demands[i].part) == 0 && a->demands[i].saying == b->demands[i].saying &&
               text_equal(a->demands[i].why, b->demands[i].why) &&
               same_regex(&a->demands[i].harmless, &b->demands[i].harmless) &&
               same_regex(&a->demands[i].fault, &b->demands[i].fault);
    return same;
}

/* Operations that are judged alike share their rules: each regex costs memory and time to compile. */
static void add_products(struct values *values, struct definitions *definitions, struct product *products, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct text ids;
        char *list;
        size_t first = 0;

        while (!same_product(&products[first], &products[i]))
            first++;
        if (first < i)
            continue;
        text_begin(&ids);
        fputs(products[i].grammar.operation->id, ids.stream);
        for (size_t k = i + 1; k < count; k++)
            if (same_product(&products[i], &products[k]))
                fprintf(ids.stream, " %s", products[k].grammar.operation->id);
        list = text_end(&ids);
        add_product(values, definitions, list, &products[i]);
        free(list);
    }
}

/* Lists of one row, if any: the operations that are judged, and those whose body or query is. */
static void add_operations(struct values *values, const struct guard *guard, const char *const *ids)
{
    struct lines workload = {.values = values, .list = "workload"};
    struct lines with_body = {.values = values, .list = "with_body"};
    struct lines with_query = {.values = values, .list = "with_query"};

    for (const char *const *id = ids; *id != NULL; id++) {
        const struct guard_operation *operation = guard_operation_find(*id);

        lines_add(&workload, *id);
        if (guard_has_body(operation))
            lines_add(&with_body, *id);
        if (guard_judges_query(guard, operation))
            lines_add(&with_query, *id);
    }
    lines_end(&workload);
    values_set_if(values, "without_body", !lines_end(&with_body));
    lines_end(&with_query);
}

/* Whether a refusal of one of the operations may have the knob. */
static bool reports(const char *const *ids, enum guard_knob knob)
{
    while (*ids != NULL && !grammar_has_knob(guard_operation_find(*ids), knob))
        ids++;
    return *ids != NULL;
}

/* What hint_put decides for judge.c: what no setting opens, and what may be allowed once the own container is known. */
static void add_hints(struct values *values, struct definitions *definitions, const struct guard *guard,
                      const struct guard_facts *facts, const char *const *ids)
{
    const struct grammar grammar = {guard, facts, NULL};
    struct text text;
    struct lines lines = {.values = values_row(values, "vain")};
    struct regex regex = {NULL};
    bool protects = facts->own.count + facts->holders.count > 0;

    lines_add(&lines, guard_keys[KNOB_OWN]);
    for (int knob = 0; knob < KNOB_OWN; knob++)
        if (hint_is_vain(guard, knob) && reports(ids, (enum guard_knob)knob))
            lines_add(&lines, guard_keys[knob]);
    lines_end(&lines);
    values_set_if(values, "own_unknown", facts->own_unknown);
    values_set_if(values, "volumes_from_open", guard->open[KNOB_VOLUMES_FROM]);
    text_begin(&text);
    for (int knob = 0; knob < KNOB_OWN; knob++)
        if (hint_is_of_container(knob))
            fprintf(text.stream, "%s%s", knob == KNOB_VOLUMES_FROM ? "" : " ", guard_keys[knob]);
    values_set_text(values, "of_container", &text);
    values_set(values, "own_volumes", "%s", OWN_VOLUMES);
    if (protects)
        grammar_protected(&grammar, &regex);
    set_regex(values, "protected", definitions, protects ? &regex : NULL);
    regex_free(&regex);
}

void set_guard(struct values *backend, struct definitions *definitions, const struct guard *guard,
               const struct guard_facts *facts, const char *const *ids)
{
    struct values *values;
    struct product *products;
    size_t count = 0;

    values_list(backend, "guard");
    if (!guard->active || *ids == NULL)
        return;
    values = values_row(backend, "guard");
    add_operations(values, guard, ids);
    values_set_if(values, "audit", guard->audit);
    values_set_if(values, "joins", guard_joins_containers(guard) && (facts->own.count > 0 || facts->own_unknown));
    values_set(values, "says_new_holder", "%s", GUARD_SAYS_NEW_HOLDER);
    values_set(values, "says_unlisted", "%s", GUARD_SAYS_UNLISTED);
    values_set(values, "max_body", "%ld", guard->max_body);
    values_set(values, "explained_body", "%ld", REASON_BODY_MAX);
    values_set(values, "reason_large", REASON_LARGE, guard->max_body, guard->prefix);
    values_set(values, "cause", "%s", CAUSE_FORMAT);
    values_set(values, "shown", "%s", SHOWN);
    values_set(values, "prefix", "%s", guard->prefix);
    values_list(values, "demands");
    values_list(values, "searches");
    while (ids[count] != NULL)
        count++;
    products = calloc(count + 1, sizeof *products);
    if (products == NULL)
        abort();
    for (size_t i = 0; i < count; i++)
        product_make(&products[i], guard, facts, guard_operation_find(ids[i]));
    add_products(values, definitions, products, count);
    for (size_t i = 0; i < count; i++)
        product_free(&products[i]);
    free(products);
    add_hints(values, definitions, guard, facts, ids);
}
