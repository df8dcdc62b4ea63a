/* The values for the redaction of answers. */
#include "config/parts.h"

#include "base/text.h"
#include "config/patterns.h"

#include <stdlib.h>
#include <string.h>

/* What a client must not ask for in a request whose answer is rewritten: another form of it, a part, or an answer with
 * 1xx before it, of which HAProxy 3.0 aborts if both arrive together. */
static const char *const headers[] = {
    "Accept-Encoding",     "Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since",
    "If-Unmodified-Since", "TE",    "Expect"};

/* The statuses of answers that are sent on; HAProxy has no status from a variable. */
static const int statuses[] = {200, 201, 400, 401, 403, 404, 405, 406, 409, 410, 500, 501, 503, 504};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Whether the answers of both operations are redacted in the same way. */
static bool is_same(unsigned words, const char *id, const char *other)
{
    struct redact_recipe a;
    struct redact_recipe b;
    bool same;

    redact_recipe_make(&a, words, id);
    redact_recipe_make(&b, words, other);
    same = strcmp(a.proof, b.proof) == 0;
    redact_recipe_free(&a);
    redact_recipe_free(&b);
    return same;
}

static void add_recipe(struct values *row, unsigned words, const char *id)
{
    struct redact_recipe recipe;
    struct text proof;

    redact_recipe_make(&recipe, words, id);
    values_set(row, "name", "answers_%s", id);
    text_begin(&proof);
    fprintf(proof.stream, "%s(?(DEFINE)%s)", recipe.proof, redact_groups);
    values_set_text(row, "proof", &proof);
    for (size_t i = 0; i < recipe.count; i++) {
        struct values *step = values_row(row, "steps");
        bool calls = strstr(recipe.steps[i].regex, "(?&") != NULL;
        char *groups = text_format("(?(DEFINE)%s)", redact_groups);

        values_set_argument(step, "regex", recipe.steps[i].regex);
        values_set_argument(step, "groups", calls ? groups : "");
        values_set_argument(step, "replacement", recipe.steps[i].replacement);
        free(groups);
    }
    redact_recipe_free(&recipe);
}

/* One row for operations whose answers are redacted in the same way. ids is ended by NULL. */
static void add_recipes(struct values *values, unsigned words, const char *const *ids)
{
    bool *done;
    size_t count = 0;

    while (ids[count] != NULL)
        count++;
    done = calloc(count + 1, sizeof *done);
    if (done == NULL)
        abort();
    for (size_t i = 0; i < count; i++) {
        struct lines lines;

        if (done[i])
            continue;
        lines = (struct lines){.values = values_row(values, "recipes")};
        for (size_t k = i; k < count; k++)
            if (!done[k] && is_same(words, ids[i], ids[k])) {
                lines_add(&lines, ids[k]);
                done[k] = true;
            }
        lines_end(&lines);
        add_recipe(lines.values, words, ids[i]);
    }
    free(done);
}

static void add_constants(struct values *values, const struct profile *profile)
{
    char *words = redact_text(profile->redact);
    struct text error;

    values_set(values, "hidden", "%s", words);
    free(words);
    values_set(values, "max_body", "%ld", profile->max_redact_body);
    values_set(values, "del_more", "%d", REDACT_DEL_MORE);
    values_set_argument(values, "first", redact_first.regex);
    values_set_argument(values, "first_replacement", redact_first.replacement);
    values_set(values, "reason_large", REDACT_TOO_LARGE, profile->max_redact_body, profile->prefix);
    values_set(values, "reason_unproven", "%s", redact_unproven);
    text_begin(&error);
    fprintf(error.stream, "%s(?(DEFINE)%s)", redact_error, redact_groups);
    values_set_text(values, "error", &error);
    for (size_t i = 0; i < COUNT(headers); i++)
        values_set(values_row(values, "headers"), "header", "%s", headers[i]);
    for (size_t i = 0; i < COUNT(statuses); i++)
        values_set(values_row(values, "statuses"), "status", "%d", statuses[i]);
}

/* The operations of which requests with a query are refused. They have the same reason. */
static void set_unqueried(struct values *backend, const struct profile *profile)
{
    struct lines lines = {.values = NULL};

    values_list(backend, "unqueried");
    for (size_t i = 0; i < operation_count; i++) {
        char *reason = profile_forwards(profile, operations[i].id) ? profile_refuses_query(profile, i) : NULL;

        if (reason != NULL && lines.values == NULL) {
            lines.values = values_row(backend, "unqueried");
            values_set(backend, "query_hint", "%s", reason);
        }
        if (reason != NULL)
            lines_add(&lines, operations[i].id);
        free(reason);
    }
    if (lines.values != NULL)
        lines_end(&lines);
}

long set_redaction(struct values *backend, const struct profile *profile)
{
    const char **ids = calloc(operation_count + 1, sizeof *ids);
    struct values *values = NULL;
    struct lines lines;
    size_t count = 0;

    if (ids == NULL)
        abort();
    for (size_t i = 0; i < operation_count; i++)
        if (profile_forwards(profile, operations[i].id) && redact_hides(profile->redact, operations[i].id) != 0)
            ids[count++] = operations[i].id;
    set_unqueried(backend, profile);
    values_list(backend, "redaction");
    if (count > 0) {
        values = values_row(backend, "redaction");
        values_list(values, "always");
        lines = (struct lines){.values = values, .list = "always"};
        for (size_t i = 0; i < count; i++)
            lines_add(&lines, ids[i]);
        lines_end(&lines);
        add_recipes(values, profile->redact, ids);
        add_constants(values, profile);
    }
    free(ids);
    /* A replacement must fit half a buffer, and the rewritten answer a whole one: HAProxy 3.0 does not check that. */
    return count > 0 ? REDACT_GROWTH * profile->max_redact_body + HEAD_ROOM : 0;
}
