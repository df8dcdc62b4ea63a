/* Limits lists of containers to the targets: which queries can be judged, and what is substituted in their filters. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "config/narrow.h"

#include "base/text.h"

#include <ctype.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

/* What the Engine and Podman read of the query (moby: container_routes.go, system_routes.go; podman:
 * pkg/api/handlers/compat), and the keys of filters that only leave out more (moby: daemon/list.go, events/filter.go,
 * prune.go), beside label and name. Not before and since of a list: they show whether another container is there. */
static const struct {
    const char *operation;
    const char *parameters;
    const char *keys;
    bool of_events;
} lists[] = {
    {"ContainerList", "all|limit|size|trunc_cmd",
     "ancestor|exited|expose|health|id|is-task|isolation|network|publish|status|volume", false},
    {"SystemEvents", "since|until",
     "config|container|daemon|event|image|network|node|plugin|scope|secret|service|volume", true},
    {"ContainerPrune", NULL, "until|label!", false},
};

/* A value in a query, and that of filters, which is JSON that few clients encode wholly. Control characters, which end
 * HAProxy's strings or break lines, are in none. Before Go 1.17 a semicolon separated parameters. */
#define ESCAPED       "%(?!7[Ff])[2-9A-Fa-f][0-9A-Fa-f]"
#define VALUE         "(?:[A-Za-z0-9._~:@/+,-]|" ESCAPED ")*+"
#define FILTERS_VALUE "(?:[^&;%#\\x00-\\x20\\x7f-\\xff]|" ESCAPED ")*+"

/* The parts of JSON. Keys have no escapes: Go would read an escaped one like a plain one. The values of a map are true:
 * Podman ignores those that are false (podman: pkg/util/filters.go), and of two that are the same, Go takes the last,
 * so that a client could take the targets' label out again. */
static const char *const bodies[NARROW_FORMS] = {
    [NARROW_LIST] = "\\[(?&w)(?:(?&s)(?&w)(?:,(?&w)(?&s)(?&w))*+)?+\\]",
    [NARROW_MAP] = "\\{(?&w)(?:(?&t)(?:,(?&w)(?&t))*+)?+\\}",
};
static const char *const only_containers[NARROW_FORMS] = {
    [NARROW_LIST] = "\\[(?&w)\"container\"(?&w)\\]",
    [NARROW_MAP] = "\\{(?&w)\"container\"(?&w):(?&w)true(?&w)\\}",
};
static const char *const opens[NARROW_FORMS] = {[NARROW_LIST] = "\\[", [NARROW_MAP] = "\\{"};
static const char *const closes[NARROW_FORMS] = {[NARROW_LIST] = "\\]", [NARROW_MAP] = "\\}"};

/* No client has more; each key is there once anyway. */
#define MEMBERS "{0,15}"

/* Matches filters of the form, with these keys, each at most once: of two, Go would take the last. begin stands
 * behind the first ^. */
static char *grammar(enum narrow_form form, const char *keys, bool of_events, const char *begin)
{
    return text_format("^%s"
                       "(?!(?&w)\\{(?:(?&m),)" MEMBERS "(?&w)(?<d>\"[a-z!-]+\")(?&w):(?&w)(?&b)(?&w),(?:(?&m),)" MEMBERS
                       "(?&w)\\k<d>(?&w):)"
                       "(?&w)\\{(?:%s(?&m)(?:,(?&m))" MEMBERS "+)\\}(?&w)$"
                       "(?(DEFINE)(?<w> *+)(?<s>\"(?:[^\"\\\\]|\\\\[\"\\\\/bfnrtu])*+\")"
                       "(?<t>(?&s)(?&w):(?&w)true(?&w))(?<b>%s)"
                       "(?<m>(?&w)(?:\"(?:%s)\"(?&w):(?&w)(?&b)%s%s)(?&w)))",
                       begin, form == NARROW_LIST ? "(?&w)|" : "", bodies[form], keys,
                       of_events ? "|\"type\"(?&w):(?&w)" : "", of_events ? only_containers[form] : "");
}

/* The labels as the form has them: "a","b" or "a":true,"b":true. */
static char *values_of(enum narrow_form form, char *const *items, size_t count)
{
    struct text text;

    text_begin(&text);
    for (size_t i = 0; i < count; i++)
        fprintf(text.stream, "%s\"%s\"%s", i > 0 ? "," : "", items[i], form == NARROW_MAP ? ":true" : "");
    return text_end(&text);
}

/* A regex for the text alone. */
static char *quoted(const char *plain)
{
    struct text text;

    text_begin(&text);
    for (; *plain != '\0'; plain++)
        if (isalnum((unsigned char)*plain))
            fputc(*plain, text.stream);
        else
            fprintf(text.stream, "\\x%02x", (unsigned)(unsigned char)*plain);
    return text_end(&text);
}

static void add_step(struct narrow_form_rules *rules, char *regex, char *replacement)
{
    if (rules->step_count == NARROW_STEPS_MAX)
        abort();
    rules->steps[rules->step_count++] = (struct narrow_step){regex, replacement};
}

/* Adds the values to the key, if it is there. A key is told from a value by what follows it: in this form, a value is
 * not followed by a colon and the opening bracket, and a quote in a string has a backslash before it. */
static void add_to_key(struct narrow_form_rules *rules, enum narrow_form form, const char *key, const char *values)
{
    const char open = *(opens[form] + 1);
    const char close = *(closes[form] + 1);

    add_step(rules, text_format("\"%s\" *: *%s *(?=\")", key, opens[form]),
             text_format("\"%s\":%c%s,", key, open, values));
    add_step(rules, text_format("\"%s\" *: *%s *%s", key, opens[form], closes[form]),
             text_format("\"%s\":%c%s%c", key, open, values, close));
}

/* Adds the key with the values, if it is not there. */
static void add_key(struct narrow_form_rules *rules, enum narrow_form form, const char *key, const char *values)
{
    const char open = *(opens[form] + 1);
    const char close = *(closes[form] + 1);

    add_step(rules, text_format("^ *\\{ *(?=\")(?!.*\"%s\" *: *%s)", key, opens[form]),
             text_format("{\"%s\":%c%s%c,", key, open, values, close));
    if (form == NARROW_LIST)
        add_step(rules, text_format("^ *\\{ *\\}"), text_format("{\"%s\":%c%s%c}", key, open, values, close));
}

/* Appends a look-ahead for the key with these values first, or alone. The old text is freed. */
static char *demand(char *before, enum narrow_form form, const char *key, const char *values, bool alone)
{
    char *regex = quoted(values);
    char *text = text_format("%s(?=.*\"%s\" *: *%s%s%s)", before, key, opens[form], regex,
                             *values == '\0'       ? ""
                             : alone               ? closes[form]
                             : form == NARROW_LIST ? "[],]"
                                                   : "[},]");

    free(regex);
    free(before);
    return text;
}

/* What the rules of both forms are made of. */
struct plan {
    const struct targets *targets;
    const char *harmless; /* the keys that a client may use, NULL for none at all */
    const char *keys;     /* all that the limited filters may have */
    bool one_label;       /* there may be no label beside that of the targets */
    bool of_list;
    bool of_events;
};

static void make_form(struct narrow_form_rules *rules, enum narrow_form form, const struct plan *plan)
{
    static char container[] = "container";
    const struct targets *targets = plan->targets;
    char *name = plan->of_list ? targets_name_regex(targets) : NULL;
    char *labels = values_of(form, targets->labels, targets->label_count);
    char *names = values_of(form, &name, name == NULL ? 0 : 1);
    char *types = values_of(form, (char *[]){container}, 1);
    char *proof = text_format("%s", "");

    rules->harmless = plan->harmless == NULL ? text_format("(?!)") : grammar(form, plan->harmless, plan->of_events, "");
    if (targets->label_count > 0) {
        add_to_key(rules, form, "label", labels);
        add_key(rules, form, "label", labels);
        proof = demand(proof, form, "label", labels, plan->one_label);
    }
    if (name != NULL) {
        add_key(rules, form, "name", names);
        proof = demand(proof, form, "name", names, true);
    }
    if (plan->of_events) {
        add_key(rules, form, "type", types);
        proof = demand(proof, form, "type", "", false); /* the grammar has the rest */
    }
    rules->proof = grammar(form, plan->keys, plan->of_events, proof);
    free(proof);
    free(types);
    free(names);
    free(labels);
    free(name);
}

/* "all|limit" becomes "all, limit". The caller frees it. */
static char *listed(const char *alternatives)
{
    struct text text;

    text_begin(&text);
    for (; *alternatives != '\0'; alternatives++)
        if (*alternatives == '|')
            fputs(", ", text.stream);
        else
            fputc(*alternatives, text.stream);
    return text_end(&text);
}

static void make_parameters(struct narrowing *narrowing, const char *names)
{
    char *one = names == NULL ? text_format("(?:filters=%s)?", FILTERS_VALUE)
                              : text_format("(?:(?:%s)(?:=%s)?|filters=%s)?", names, VALUE, FILTERS_VALUE);
    char *said = names == NULL ? NULL : listed(names);

    narrowing->parameters = text_format("^(?!(?:.*&)?filters=.*&filters=)%s(?:&%s)*$", one, one);
    narrowing->parameters_fault = text_format("its query may have only %s%s, once, and no more than %d bytes",
                                              said == NULL ? "filters" : said, said == NULL ? "" : " and filters",
                                              NARROW_QUERY_MAX);
    free(said);
    free(one);
}

/* Podman shows the events that have any of several labels (podman: libpod/events/filters.go). */
void narrowing_make(struct narrowing *narrowing, const struct targets *targets, const struct operation *operation,
                    bool docker)
{
    size_t i = 0;
    struct plan plan = {.targets = targets, .of_list = operation->reach == REACH_LIST};
    bool any_label;
    char *keys;
    char *harmless;
    char *said;

    memset(narrowing, 0, sizeof *narrowing);
    while (strcmp(lists[i].operation, operation->id) != 0) /* the unit test of all rows finds one that has none here */
        i++;
    any_label = lists[i].of_events && !docker;
    harmless = text_format("%s%s%s", lists[i].keys, any_label ? "" : "|label",
                           plan.of_list && targets->name_count == 0 ? "|name" : "");
    keys = text_format("%s|label%s", lists[i].keys, plan.of_list ? "|name" : "");
    said = listed(harmless);
    plan.harmless = any_label && targets->label_count > 1 ? NULL : harmless;
    plan.keys = keys;
    plan.one_label = any_label;
    plan.of_events = lists[i].of_events;
    make_parameters(narrowing, lists[i].parameters);
    narrowing->filters_fault =
        plan.harmless == NULL
            ? text_format("Podman would show the events with any of several labels: there may be one")
            : text_format("its filters may have only %s%s, each once%s%s", said, plan.of_events ? ", type" : "",
                          plan.of_events ? ", and no type but container" : "",
                          any_label ? ", and no label, unless the Engine is known to be Docker" : "");
    for (enum narrow_form form = NARROW_LIST; form < NARROW_FORMS; form++)
        make_form(&narrowing->forms[form], form, &plan);
    free(said);
    free(keys);
    free(harmless);
}

void narrowing_free(struct narrowing *narrowing)
{
    for (enum narrow_form form = NARROW_LIST; form < NARROW_FORMS; form++) {
        struct narrow_form_rules *rules = &narrowing->forms[form];

        for (size_t i = 0; i < rules->step_count; i++) {
            free(rules->steps[i].regex);
            free(rules->steps[i].replacement);
        }
        free(rules->harmless);
        free(rules->proof);
    }
    free(narrowing->parameters);
    free(narrowing->parameters_fault);
    free(narrowing->filters_fault);
    memset(narrowing, 0, sizeof *narrowing);
}

/* ---- for `explain` ---- */

static bool matches(const char *regex, const char *text, size_t length)
{
    int error;
    size_t offset;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED, 0, &error, &offset, NULL);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    bool found;

    if (code == NULL || data == NULL)
        abort();
    found = pcre2_match(code, (PCRE2_SPTR)text, length, 0, 0, data, NULL) >= 0;
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return found;
}

static int digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : (tolower((unsigned char)c) - 'a') + 10;
}

/* The value of filters in a query that parameters has matched, decoded; {} if there is none. The caller frees it. */
static char *filters_of(const char *query)
{
    const char *at = strncmp(query, "filters=", strlen("filters=")) == 0 ? query : strstr(query, "&filters=");
    struct text text;

    text_begin(&text);
    if (at != NULL)
        at = strchr(at, '=') + 1;
    if (at == NULL || *at == '&' || *at == '\0')
        fputs("{}", text.stream);
    for (; at != NULL && *at != '&' && *at != '\0'; at++)
        if (*at == '%') {
            fputc(digit(at[1]) * 16 + digit(at[2]), text.stream);
            at += 2;
        } else {
            fputc(*at == '+' ? ' ' : *at, text.stream);
        }
    return text_end(&text);
}

bool narrowing_refuses(const struct narrowing *narrowing, const char *query, const char **reason)
{
    char *filters;
    bool fits;

    *reason = narrowing->parameters_fault;
    if (query == NULL)
        query = "";
    if (strlen(query) > NARROW_QUERY_MAX || !matches(narrowing->parameters, query, strlen(query)))
        return true;
    *reason = narrowing->filters_fault;
    filters = filters_of(query);
    fits = matches(narrowing->forms[NARROW_LIST].harmless, filters, strlen(filters)) ||
           matches(narrowing->forms[NARROW_MAP].harmless, filters, strlen(filters));
    free(filters);
    return !fits;
}
