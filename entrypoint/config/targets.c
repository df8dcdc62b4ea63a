/* The values for the rules by which a profile reaches only some containers, and the maps that say which these are. */
#include "config/targets.h"

#include "base/text.h"
#include "config/narrow.h"
#include "config/parts.h"
#include "config/patterns.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Parameters that reach beyond the container in the path (podman: pkg/api/handlers). Podman restarts all containers,
 * and deletes what depends on one as well; ps runs on the host, and can show the processes of all. */
static const struct aside {
    const char *parameter; /* in any case, as Podman reads it */
    const char *operations[9];
} asides[] = {
    {"all",
     {"ContainerRestart", "ContainerRestartLibpod", "ContainerKill", "ContainerKillLibpod", "ContainerStop",
      "ContainerStopLibpod", "ContainerDelete", "ContainerDeleteLibpod"}},
    {"depend", {"ContainerDeleteLibpod"}},
    {"ps_args", {"ContainerTop", "ContainerTopLibpod"}},
};

#define ASIDES (sizeof asides / sizeof *asides)

/* Such a query cannot be searched for parameters. Of one that does not decode, Go drops only the parameter with the
 * fault (net/url: ParseQuery); and Podman takes other characters for letters (U+017F for an s), as Unicode folds them.
 */
#define ODD_QUERY "[^!-~]|%(?![0-7][0-9A-Fa-f])"

/* ---- which containers ---- */

static bool has_label(const struct known_container *container, const char *label)
{
    size_t length = strlen(label);
    bool whole = strchr(label, '=') != NULL;

    for (size_t i = 0; i < container->labels.count; i++) {
        const char *item = container->labels.items[i];

        if (strncmp(item, label, length) == 0 && item[length] == (whole ? '\0' : '='))
            return true;
    }
    return false;
}

bool targets_select(const struct targets *targets, const struct known_container *container)
{
    const struct inventory_list *names = &container->entry.container.names;
    bool named = false;

    for (size_t i = 0; i < targets->label_count; i++)
        if (!has_label(container, targets->labels[i]))
            return false;
    for (size_t i = 0; i < names->count; i++)
        named |= targets_have_name(targets, names->items[i]);
    return named || targets->name_count == 0;
}

char *targets_map(const struct profile *profile)
{
    return profile_map("targets", profile);
}

char *targets_names_map(const struct profile *profile)
{
    return profile_map("target_names", profile);
}

char *targets_execs_map(const struct profile *profile)
{
    return profile_map("execs", profile);
}

/* ---- the maps ---- */

static bool reaches(const struct profile *profile, bool (*wanted)(const struct operation *operation))
{
    for (size_t i = 0; i < operation_count; i++)
        if (wanted(&operations[i]) && profile_forwards(profile, operations[i].id))
            return targets_limit(&profile->targets);
    return false;
}

static bool is_of_container(const struct operation *operation)
{
    return operation->reach == REACH_CONTAINER || operation->reach == REACH_RENAME;
}

static bool is_of_exec(const struct operation *operation)
{
    return operation->reach == REACH_EXEC;
}

static bool creates_exec(const struct operation *operation)
{
    return strcmp(operation->id, "ContainerExec") == 0 || strcmp(operation->id, "ContainerExecLibpod") == 0;
}

static bool needed(const struct environment *environment, const struct inventory *inventory)
{
    (void)inventory;
    for (size_t i = 0; i < environment->profile_count; i++)
        if (reaches(&environment->profiles[i], is_of_container) || reaches(&environment->profiles[i], is_of_exec))
            return true;
    return false;
}

static void add_names(struct inventory_list *names, const struct maps_of *of)
{
    for (size_t i = 0; i < of->environment->profile_count; i++) {
        const struct profile *profile = &of->environment->profiles[i];
        char *const maps[] = {targets_map(profile), targets_names_map(profile), targets_execs_map(profile)};

        for (size_t k = 0; k < sizeof maps / sizeof *maps; k++) {
            if (reaches(profile, k < 2 ? is_of_container : is_of_exec))
                inventory_list_add(names, maps[k]);
            free(maps[k]);
        }
    }
}

/* The digits of an id that the map has; haproxy.cfg looks longer references up by as many. */
#define DIGITS_MAX 12

static bool looks_like_digits(const char *name)
{
    return name[strspn(name, "0123456789abcdef")] == '\0';
}

static void add_target(struct map_entries *entries, const struct profile *profile, const char *id)
{
    char *map = targets_map(profile);

    for (int length = 1; length <= DIGITS_MAX; length++) {
        char digits[DIGITS_MAX + 1];

        bounded_format(digits, sizeof digits, "%.*s", length, id);
        map_entry_add(entries, map, digits, id, false);
    }
    free(map);
}

/* A name that looks like digits is a name to the Engine, also if the id of a target begins so. */
static void add_container(struct map_entries *entries, const struct maps_of *of, const struct containers *containers,
                          const struct known_container *container)
{
    const struct inventory_container *known = &container->entry.container;

    (void)containers;
    for (size_t i = 0; i < of->environment->profile_count; i++) {
        const struct profile *profile = &of->environment->profiles[i];
        bool selected = targets_select(&profile->targets, container);
        char *names = targets_names_map(profile);

        if (reaches(profile, is_of_container)) {
            if (selected)
                add_target(entries, profile, known->id);
            for (size_t k = 0; k < known->names.count; k++)
                if (selected || looks_like_digits(known->names.items[k]))
                    map_entry_add(entries, names, known->names.items[k], selected ? known->id : TARGETS_NONE, false);
        }
        free(names);
    }
}

bool targets_need_execs(const struct environment *environment)
{
    for (size_t i = 0; i < environment->profile_count; i++)
        if (reaches(&environment->profiles[i], is_of_exec))
            return true;
    return false;
}

void targets_add_exec(struct map_entries *entries, const struct maps_of *of, const struct known_container *container,
                      const char *id)
{
    for (size_t i = 0; i < of->environment->profile_count; i++) {
        const struct profile *profile = &of->environment->profiles[i];
        char *map = targets_execs_map(profile);

        if (reaches(profile, is_of_exec) && targets_select(&profile->targets, container))
            map_entry_add(entries, map, id, container->entry.container.id, false);
        free(map);
    }
}

const struct map_source map_of_targets = {needed, add_names, add_container, NULL};

/* ---- haproxy.cfg ---- */

/* The forwarded operations of a kind, in a row of the list if there are any. */
static void add_operations(struct values *values, const char *list, const struct profile *profile,
                           bool (*wanted)(const struct operation *operation))
{
    struct lines lines = {.values = values, .list = list};

    for (size_t i = 0; i < operation_count; i++)
        if (wanted(&operations[i]) && profile_forwards(profile, operations[i].id))
            lines_add(&lines, operations[i].id);
    lines_end(&lines);
}

static bool is_libpod(const struct operation *operation)
{
    return strstr(operation->id, "Libpod") != NULL;
}

static bool is_one_of_engine(const struct operation *operation)
{
    return (is_of_container(operation) || is_of_exec(operation)) && !is_libpod(operation);
}

static bool is_one_of_libpod(const struct operation *operation)
{
    return (is_of_container(operation) || is_of_exec(operation)) && is_libpod(operation);
}

/* The operations that create exec instances, if any can be used. */
static void set_creates(struct values *row, const struct profile *profile)
{
    const char *between = "";
    struct text text;

    text_begin(&text);
    for (size_t i = 0; i < operation_count; i++)
        if (creates_exec(&operations[i]) && profile_forwards(profile, operations[i].id) &&
            reaches(profile, is_of_exec)) {
            fprintf(text.stream, "%s%s", between, operations[i].id);
            between = " ";
        }
    values_set_text(row, "creates", &text);
}

static void add_asides(struct values *row, const struct profile *profile)
{
    char *variables = targets_variables(&profile->targets, profile->prefix);

    values_list(row, "asides");
    for (size_t i = 0; i < ASIDES; i++) {
        const char *between = "";
        struct values *aside;
        struct text text;
        char *words;

        text_begin(&text);
        for (const char *const *id = asides[i].operations; *id != NULL; id++)
            if (profile_forwards(profile, *id)) {
                fprintf(text.stream, "%s%s", between, *id);
                between = " ";
            }
        words = text_end(&text);
        if (*words != '\0') {
            aside = values_row(row, "asides");
            values_set(aside, "words", "%s", words);
            values_set(aside, "odd_query", "%s", ODD_QUERY);
            values_set(aside, "parameter", "%s", asides[i].parameter);
            values_set(aside, "says_aside", "%s: " TARGETS_SAYS_ASIDE "%s select", asides[i].parameter, variables);
        }
        free(words);
    }
    free(variables);
}

static void add_reaching(struct values *values, const struct profile *profile)
{
    struct values *row;
    char *map = targets_map(profile);
    char *names = targets_names_map(profile);
    char *execs = targets_execs_map(profile);

    values_list(values, "reaching");
    if (reaches(profile, is_of_container) || reaches(profile, is_of_exec)) {
        row = values_row(values, "reaching");
        add_operations(row, "of_engine", profile, is_one_of_engine);
        add_operations(row, "of_libpod", profile, is_one_of_libpod);
        values_set(row, "execs", "%s", execs);
        values_set(row, "map", "%s", map);
        values_set(row, "names", "%s", names);
        add_operations(row, "of_containers", profile, is_of_container);
        add_operations(row, "of_execs", profile, is_of_exec);
        values_set(row, "plain", "%s", TARGETS_PLAIN);
        values_set(row, "path", "%s", TARGETS_PATH);
        values_set_argument(row, "path_argument", TARGETS_PATH);
        add_asides(row, profile);
        set_creates(row, profile);
    }
    free(execs);
    free(names);
    free(map);
}

/* ,regsub("...","...") for each step: converters, in single quotes. */
static void set_steps(struct values *row, const char *name, const struct narrow_form_rules *rules)
{
    struct text text;

    text_begin(&text);
    for (size_t i = 0; i < rules->step_count; i++) {
        char *regex = argument_of(rules->steps[i].regex);
        char *replacement = argument_of(rules->steps[i].replacement);

        fprintf(text.stream, ",regsub(\"%s\",\"%s\")", regex, replacement);
        free(replacement);
        free(regex);
    }
    values_set_text(row, name, &text);
}

/* The reason of a list with the wrong query. The caller frees it. */
static char *list_reason(const struct profile *profile, const char *fault)
{
    char *variables = targets_variables(&profile->targets, profile->prefix);
    char *reason = text_format(TARGETS_SAYS_LIST "%s select, and %s", variables, fault);

    free(variables);
    return reason;
}

static void add_narrowing(struct values *values, const struct profile *profile, const struct operation *operation,
                          bool docker)
{
    struct values *row = values_row(values, "narrowings");
    struct narrowing narrowing;
    char *reason;

    narrowing_make(&narrowing, &profile->targets, operation, docker);
    values_set(row, "operation", "%s", operation->id);
    values_set(row, "list", "%s", narrowing.forms[NARROW_LIST].harmless);
    values_set(row, "map", "%s", narrowing.forms[NARROW_MAP].harmless);
    values_set(row, "proof_list", "%s", narrowing.forms[NARROW_LIST].proof);
    values_set(row, "proof_map", "%s", narrowing.forms[NARROW_MAP].proof);
    values_set(row, "parameters", "%s", narrowing.parameters);
    set_steps(row, "steps_list", &narrowing.forms[NARROW_LIST]);
    set_steps(row, "steps_map", &narrowing.forms[NARROW_MAP]);
    reason = list_reason(profile, narrowing.parameters_fault);
    values_set(row, "says_query", "%s", reason);
    free(reason);
    reason = list_reason(profile, narrowing.filters_fault);
    values_set(row, "says_filters", "%s", reason);
    free(reason);
    narrowing_free(&narrowing);
}

/* An audit does not limit lists: it forwards what the client sends. */
static bool narrows(const struct profile *profile, size_t i)
{
    return (operations[i].reach == REACH_LIST || operations[i].reach == REACH_LABELS) && profile->mode != MODE_AUDIT &&
           profile->permissions.open[i] && targets_judge(&profile->targets, &operations[i]);
}

static void set_reasons(struct values *values, const struct profile *profile)
{
    char *variables = targets_variables(&profile->targets, profile->prefix);

    values_set(values, "selecting", "%s select", variables);
    values_set(values, "variable", "%.*s", (int)strcspn(variables, " "), variables);
    values_set(values, "says_unknown", "the Engine has not said yet which containers %s select; try again in a moment",
               variables);
    values_set(values, "says_odd", "%s", TARGETS_SAYS_ODD);
    values_set(values, "says_encoded", "%s", TARGETS_SAYS_ENCODED);
    values_set(values, "says_container", TARGETS_SAYS_CONTAINER "%s select", variables);
    values_set(values, "says_exec", TARGETS_SAYS_EXEC "%s select", variables);
    free(variables);
}

static void add_lists(struct values *values, const struct profile *profile, bool docker)
{
    struct lines lines = {.values = values, .list = "narrowing"};
    bool posts = false;

    values_list(values, "narrowing");
    for (size_t i = 0; i < operation_count; i++)
        if (narrows(profile, i)) {
            lines_add(&lines, operations[i].id);
            add_narrowing(lines.values, profile, &operations[i], docker);
            posts |= strcmp(operations[i].method, "POST") == 0;
        }
    if (!lines_end(&lines))
        return;
    values_set(lines.values, "asks", "%s", NARROW_ASKS);
    values_set(lines.values, "query_over", "%d", NARROW_QUERY_MAX + 1);
    values_set_argument(lines.values, "filters_argument", NARROW_FILTERS);
    values_set_argument(lines.values, "others_argument", NARROW_OTHERS);
    values_set_if(lines.values, "of_posts", posts);
}

void set_targets(struct values *backend, const struct profile *profile, const struct inventory *inventory)
{
    bool audit = profile->mode == MODE_AUDIT;
    bool any = reaches(profile, is_of_container) || reaches(profile, is_of_exec);
    struct values *values;

    for (size_t i = 0; i < operation_count; i++)
        any |= narrows(profile, i);
    values_list(backend, "limited");
    values_set_if(backend, "audits_targets", any && audit);
    if (!any)
        return;
    values = values_row(backend, "limited");
    values_set_if(values, "enforced", !audit);
    values_set(values, "to", "%s", audit ? "excused" : "detail");
    set_reasons(values, profile);
    add_reaching(values, profile);
    add_lists(values, profile, inventory->kind == ENGINE_DOCKER);
}

/* ---- `explain` ---- */

/* The query, decoded as HAProxy's url_dec does it. The caller frees it. */
static char *decoded(const char *query)
{
    static const char digits[] = "0123456789abcdef";
    struct text text;

    text_begin(&text);
    for (; *query != '\0'; query++)
        if (*query == '%' && isxdigit((unsigned char)query[1]) && isxdigit((unsigned char)query[2])) {
            long high = strchr(digits, tolower((unsigned char)query[1])) - digits;
            long low = strchr(digits, tolower((unsigned char)query[2])) - digits;

            fputc((int)(high * 16 + low), text.stream);
            query += 2;
        } else {
            fputc(*query, text.stream);
        }
    return text_end(&text);
}

/* Whether ODD_QUERY matches. */
static bool is_odd(const char *query)
{
    for (; *query != '\0'; query++)
        if (*query < '!' || *query > '~' ||
            (*query == '%' && (query[1] < '0' || query[1] > '7' || !isxdigit((unsigned char)query[2]))))
            return true;
    return false;
}

static bool has_aside(const char *operation_id)
{
    for (size_t i = 0; i < ASIDES; i++)
        for (const char *const *id = asides[i].operations; *id != NULL; id++)
            if (strcmp(*id, operation_id) == 0)
                return true;
    return false;
}

static const char *find_aside(const char *operation_id, const char *query)
{
    char *text = decoded(query);
    const char *found = NULL;

    for (size_t i = 0; i < ASIDES; i++)
        for (const char *const *id = asides[i].operations; *id != NULL; id++)
            if (strcmp(*id, operation_id) == 0 && strcasestr(text, asides[i].parameter) != NULL)
                found = asides[i].parameter;
    free(text);
    return found;
}

bool targets_refuse_query(const struct profile *profile, const struct inventory *inventory, size_t i, const char *query,
                          char **reason)
{
    bool judged = targets_judge(&profile->targets, &operations[i]) && profile->mode != MODE_AUDIT;
    const char *aside = judged ? find_aside(operations[i].id, query) : NULL;
    struct narrowing narrowing;
    const char *fault;
    bool refuses;

    if (judged && is_odd(query) && has_aside(operations[i].id)) {
        *reason = text_format("%s", TARGETS_SAYS_ENCODED);
        return true;
    }
    if (aside != NULL) {
        char *variables = targets_variables(&profile->targets, profile->prefix);

        *reason = text_format("%s: " TARGETS_SAYS_ASIDE "%s select", aside, variables);
        free(variables);
        return true;
    }
    if (!narrows(profile, i))
        return false;
    narrowing_make(&narrowing, &profile->targets, &operations[i], inventory->kind == ENGINE_DOCKER);
    refuses = narrowing_refuses(&narrowing, query, &fault);
    if (refuses)
        *reason = list_reason(profile, fault);
    narrowing_free(&narrowing);
    return refuses;
}
