/* `suggest --recreate`: the guard's variables without which a container could not be created again. */
#include "command/recreate.h"

#include "base/array.h"
#include "base/assignments.h"
#include "base/text.h"
#include "guard/remedy.h"
#include "inventory/facts.h"
#include "process/dangers.h"
#include "process/recreate.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS_MAX 200     /* settings that one container needs */
#define BODY_STEP  65536   /* MAX_CREATE_BODY grows by this, in bytes */
#define BODY_MOST  8388608 /* its limit, see base/variables.def */

/* A setting that was added: NAME without the prefix, and an item of its list, or its whole value. */
struct addition {
    char name[64];
    char value[256];
};

struct additions {
    size_t count;
    struct addition *list; /* owned */
};

struct search {
    const struct environment *environment;
    const char *profile; /* its name */
    const char *prefix;
    const struct guard_facts *facts;
};

/* ---- variables with additions ---- */

static bool has(const struct additions *additions, const char *name, const char *value)
{
    for (size_t i = 0; additions->list != NULL && i < additions->count; i++)
        if (strcmp(additions->list[i].name, name) == 0 && strcmp(additions->list[i].value, value) == 0)
            return true;
    return false;
}

static void remove_at(struct additions *additions, size_t i)
{
    if (additions->count == 0)
        return;
    for (additions->count--; i < additions->count; i++)
        additions->list[i] = additions->list[i + 1];
}

static void remove_named(struct additions *additions, const char *name)
{
    size_t kept = 0;

    for (size_t i = 0; i < additions->count; i++)
        if (strcmp(additions->list[i].name, name) != 0)
            additions->list[kept++] = additions->list[i];
    additions->count = kept;
}

static void add(struct additions *additions, const char *name, const char *value)
{
    struct addition *added;

    if (has(additions, name, value))
        return;
    if (strcmp(value, "true") == 0) /* it has them all */
        remove_named(additions, name);
    additions->list = array_grow(additions->list, additions->count, sizeof *additions->list);
    added = &additions->list[additions->count++];
    bounded_copy(added->name, sizeof added->name, name);
    bounded_copy(added->value, sizeof added->value, value);
}

/* Whether the value is the variable's whole value, not an item of its list. */
static bool is_whole(const struct addition *addition)
{
    return strcmp(addition->value, "true") == 0 || strcmp(addition->name, "MAX_CREATE_BODY") == 0;
}

/* The value of the variable with the additions: the whole one, or the present list and the items. NULL if nothing is
 * added to it. The caller frees it. */
static char *value_with(const struct search *search, const struct additions *additions, const char *name)
{
    const struct variables present = {.environment = search->environment->variables, .prefix = search->prefix};
    const char *before = variable(&present, name);
    struct text text;
    bool added = false;

    for (size_t i = 0; i < additions->count; i++)
        if (strcmp(additions->list[i].name, name) == 0 && is_whole(&additions->list[i]))
            return text_format("%s", additions->list[i].value);
    text_begin(&text);
    if (before != NULL && boolean_word(before) == UNSET)
        fputs(before, text.stream);
    for (size_t i = 0; i < additions->count; i++)
        if (strcmp(additions->list[i].name, name) == 0) {
            fprintf(text.stream, "%s%s", ftell(text.stream) > 0 ? "," : "", additions->list[i].value);
            added = true;
        }
    if (added)
        return text_end(&text);
    free(text_end(&text));
    return NULL;
}

/* The variables with the additions. Release with assignments_free. */
static void apply(struct assignments *with, const struct search *search, const struct additions *additions)
{
    *with = (struct assignments){.list = NULL};
    for (char *const *text = search->environment->variables; *text != NULL; text++)
        assignments_add(with, *text, strlen(*text));
    for (size_t i = 0; i < additions->count; i++) {
        char *name = text_format("%s%s", search->prefix, additions->list[i].name);
        char *value = value_with(search, additions, additions->list[i].name);

        assignments_replace(with, name, value);
        free(value);
        free(name);
    }
}

/* ---- judging ---- */

/* A guard with additions, ready to judge. */
struct trial {
    struct assignments with;
    struct environment environment;
    struct guard_judge *judge; /* NULL: the additions are not valid */
};

static void trial_begin(struct trial *trial, const struct search *search, const struct additions *additions)
{
    struct problems problems = {.to = NULL};

    apply(&trial->with, search, additions);
    environment_read(&trial->environment, trial->with.list, &problems);
    trial->judge = problems.count > 0
                       ? NULL
                       : guard_judge_new(environment_profile(&trial->environment, search->profile)->guard,
                                         search->facts, "ContainerCreate");
}

static void trial_end(struct trial *trial)
{
    guard_judge_free(trial->judge);
    environment_free(&trial->environment);
    assignments_free(&trial->with);
}

static enum guard_result judge_body(const struct trial *trial, const char *name, const char *body,
                                    struct guard_verdict *verdict)
{
    char *query = text_format("name=%s", name);

    guard_judge_run(trial->judge, query, body, strlen(body), verdict);
    free(query);
    return verdict->result;
}

/* The first request for the container that is refused; NULL if all pass. */
static const char *refused_body(const struct trial *trial, const struct recreated *container,
                                struct guard_verdict *verdict)
{
    if (judge_body(trial, container->name, container->as_is, verdict) != GUARD_PASSES)
        return container->as_is;
    if (container->by_name != NULL && judge_body(trial, container->name, container->by_name, verdict) != GUARD_PASSES)
        return container->by_name;
    return NULL;
}

static bool is_valid(const struct search *search, const struct additions *additions)
{
    struct trial trial;
    bool valid;

    trial_begin(&trial, search, additions);
    valid = trial.judge != NULL;
    trial_end(&trial);
    return valid;
}

/* ---- the search ---- */

/* Before all namespaces are opened, tries that of the container by its name: the reason has its id, which ends with it,
 * or nothing. */
static bool add_network(const struct search *search, struct additions *additions, const struct guard_remedy *remedy,
                        const struct recreated *container)
{
    char *item;
    bool added = false;

    if (strcmp(remedy->variable, variable_table[VAR_ALLOW_HOST_NAMESPACES].name) != 0 || container->network_of == NULL)
        return false;
    item = text_format("network:container:%s", container->network_of);
    if (strlen(item) < sizeof additions->list->value && !has(additions, remedy->variable, item)) {
        add(additions, remedy->variable, item);
        added = is_valid(search, additions);
        if (!added)
            remove_at(additions, additions->count - 1);
    }
    free(item);
    return added;
}

/* Adds what the verdict says would help, or the whole variable where an item does not. Returns false if nothing does.
 */
static bool add_remedy(const struct search *search, struct additions *additions, const struct guard_verdict *verdict,
                       const struct recreated *container, const char *body)
{
    struct guard_remedy remedy;
    size_t size = (strlen(body) / BODY_STEP + 1) * BODY_STEP;

    if (verdict->result == GUARD_TOO_LARGE) {
        remedy = (struct guard_remedy){.variable = "MAX_CREATE_BODY"};
        bounded_format(remedy.value, sizeof remedy.value, "%zu", size);
        if (size > BODY_MOST)
            return false;
    } else if (!guard_remedy_read(&remedy, verdict->reason)) {
        return false;
    }
    if (add_network(search, additions, &remedy, container))
        return true;
    if (!has(additions, remedy.variable, remedy.value)) {
        add(additions, remedy.variable, remedy.value);
        if (is_valid(search, additions))
            return true;
        remove_at(additions, additions->count - 1);
    }
    if (has(additions, remedy.variable, "true"))
        return false;
    add(additions, remedy.variable, "true");
    if (is_valid(search, additions))
        return true;
    remove_at(additions, additions->count - 1);
    return false;
}

/* Finds the additions with which the container can be created. Returns false, with the verdict, if there are none. */
static bool solve(const struct search *search, const struct recreated *container, struct additions *additions,
                  struct guard_verdict *verdict)
{
    for (int round = 0; round < ROUNDS_MAX; round++) {
        struct trial trial;
        const char *body;

        trial_begin(&trial, search, additions);
        body = trial.judge == NULL ? NULL : refused_body(&trial, container, verdict);
        trial_end(&trial);
        if (body == NULL)
            return true;
        if (!add_remedy(search, additions, verdict, container, body))
            return false;
    }
    return false;
}

/* Whether all containers that can be created at all pass. */
static bool all_pass(const struct search *search, const struct additions *additions,
                     const struct recreations *recreations, const bool *hopeless)
{
    struct guard_verdict verdict;
    struct trial trial;
    bool all;

    trial_begin(&trial, search, additions);
    all = trial.judge != NULL;
    for (size_t i = 0; all && i < recreations->count; i++)
        all = hopeless[i] || refused_body(&trial, &recreations->list[i], &verdict) == NULL;
    trial_end(&trial);
    return all;
}

/* Removes each addition that the others make unnecessary: /srv/app below /srv, items of a list that is true. */
static void prune(const struct search *search, struct additions *additions, const struct recreations *recreations,
                  const bool *hopeless)
{
    for (size_t i = additions->count; i-- > 0;) {
        struct addition removed = additions->list[i];

        remove_at(additions, i);
        if (!all_pass(search, additions, recreations, hopeless))
            add(additions, removed.name, removed.value);
    }
}

/* ---- output ---- */

/* A value as an env file has it. */
static void print_value(const char *value)
{
    const char *quote = strpbrk(value, " \t#$\\\"") != NULL ? "'" : "";

    printf("%s%s%s", quote, value, quote);
}

static void print_container(const struct recreated *container, const struct search *search,
                            const struct additions *additions)
{
    printf("# ");
    print_visibly(stdout, container->name);
    printf("%s", additions->count == 0 ? ": nothing" : ":");
    for (size_t i = 0; i < additions->count; i++) {
        printf(" %s%s=", search->prefix, additions->list[i].name);
        print_visibly(stdout, additions->list[i].value);
    }
    putchar('\n');
}

/* Says what the variables give, those that are set already included. */
static void explain_dangers(const struct search *search, const struct additions *additions)
{
    struct trial trial;

    trial_begin(&trial, search, additions);
    if (trial.judge != NULL)
        dangers_explain(stdout, &(struct variables){.environment = trial.with.list, .prefix = search->prefix});
    trial_end(&trial);
}

static void print_together(const struct search *search, const struct additions *additions)
{
    puts(additions->count == 0 ? "# All of them together: nothing." : "# All of them together:");
    if (additions->count > 0)
        explain_dangers(search, additions);
    for (size_t i = 0; i < additions->count; i++) {
        char *value = value_with(search, additions, additions->list[i].name);
        bool first = true;

        for (size_t k = 0; k < i; k++)
            first &= strcmp(additions->list[k].name, additions->list[i].name) != 0;
        if (first) {
            printf("%s%s=", search->prefix, additions->list[i].name);
            print_value(value);
            putchar('\n');
        }
        free(value);
    }
}

/* Solves each container, and adds what it needs to `together`. Returns whether all have a solution. */
static bool solve_all(const struct search *search, const struct recreations *recreations, struct additions *together,
                      bool *hopeless)
{
    bool all = true;

    for (size_t i = 0; i < recreations->count; i++) {
        const struct recreated *container = &recreations->list[i];
        struct additions own = {.count = 0};
        struct guard_verdict verdict;

        hopeless[i] = !solve(search, container, &own, &verdict);
        if (hopeless[i]) {
            notice("%s cannot be created again by any setting: %s", container->name, verdict.reason);
        } else {
            print_container(container, search, &own);
            for (size_t k = 0; k < own.count; k++)
                add(together, own.list[k].name, own.list[k].value);
        }
        all &= !hopeless[i];
        free(own.list);
    }
    return all;
}

int suggest_recreate(const struct environment *environment, const struct inventory *inventory,
                     const struct profile *profile)
{
    struct recreations recreations;
    struct additions together = {.count = 0};
    struct facts facts;
    bool *hopeless;
    bool good;

    recreations_read(&recreations, &environment->settings, inventory);
    facts_read(&facts, inventory);
    hopeless = calloc(recreations.count + 1, sizeof *hopeless);
    if (hopeless == NULL)
        abort();
    if (recreations.silent > 0)
        notice("%zu of %zu Engines have not listed their containers", recreations.silent,
               environment->settings.upstreams.count);
    if (recreations.left > 0)
        notice("%zu containers could not be read and are not considered", recreations.left);
    good = recreations.silent == 0 && recreations.left == 0;
    {
        const struct search search = {environment, profile->name, profile->prefix, &facts.known};

        puts("# What the create guard needs so that each container can be created again:");
        good &= solve_all(&search, &recreations, &together, hopeless);
        prune(&search, &together, &recreations, hopeless);
        print_together(&search, &together);
    }
    free(hopeless);
    free(together.list);
    facts_free(&facts);
    recreations_free(&recreations);
    return good && fflush(stdout) == 0 ? 0 : 1;
}
