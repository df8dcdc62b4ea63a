/* A profile's operations, and what is said of those that are closed. */
#include "config/config.h"
#include "config/parts.h"

#include "base/text.h"
#include "policy/router.h"
#include "config/patterns.h"

#include <stdlib.h>
#include <string.h>

/* A row for each section of the API that has anything open. */
static void add_sections(struct values *backend, const struct permissions *permissions)
{
    struct lines lines = {.values = NULL};

    values_list(backend, "sections");
    for (size_t i = 0; i < operation_count; i++) {
        if (i > 0 && strcmp(operations[i].section, operations[i - 1].section) != 0 && lines.values != NULL) {
            lines_end(&lines);
            lines = (struct lines){.values = NULL};
        }
        if (!permissions->open[i])
            continue;
        if (lines.values == NULL) {
            lines.values = values_row(backend, "sections");
            values_set(lines.values, "section", "%s", operations[i].section);
        }
        lines_add(&lines, operations[i].id);
    }
    if (lines.values != NULL)
        lines_end(&lines);
}

/* What a hint says behind the operation's own variable, which haproxy/operations.map has; NULL if it does not begin with it. */
static const char *behind_own_variable(const struct profile *profile, size_t i, const char *reason)
{
    char own[PROFILE_PREFIX_MAX + OPERATION_NAME_MAX];
    size_t length = strlen(profile->prefix);

    bounded_copy(own, sizeof own, profile->prefix);
    operation_own_variable(&operations[i], own + length);
    length = strlen(own);
    if (strncmp(reason, own, length) != 0 || strncmp(reason + length, "=true", strlen("=true")) != 0)
        return NULL;
    return reason + length + strlen("=true");
}

/* Whether two closed operations are answered alike, but for their own variables. */
static bool same_hint(const struct profile *profile, char (*reasons)[REASON_MAX], size_t i, size_t k)
{
    const char *a = behind_own_variable(profile, i, reasons[i]);
    const char *b = behind_own_variable(profile, k, reasons[k]);

    if ((a == NULL) != (b == NULL) || strcmp(profile_hint_end(profile, i), profile_hint_end(profile, k)) != 0)
        return false;
    return strcmp(a != NULL ? a : reasons[i], b != NULL ? b : reasons[k]) == 0;
}

static bool hint_seen(const struct profile *profile, char (*reasons)[REASON_MAX], const bool *usual, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (!profile->permissions.open[k] && !usual[k] && same_hint(profile, reasons, i, k))
            return true;
    return false;
}

/* The base set of an environment in which nothing is set. Release with profile_free, and free. */
static struct profile *plain_profile(void)
{
    static char *nothing[] = {NULL};
    struct problems problems = {.to = NULL};
    struct profile *profile = calloc(1, sizeof *profile);

    if (profile == NULL)
        abort();
    profile_read(profile, nothing, NULL, "", &problems);
    return profile;
}

/* What a closed operation is answered, behind "is forbidden; ". The caller frees it. */
static char *answer(const struct profile *profile, size_t i)
{
    char reason[REASON_MAX];

    profile_reason(profile, i, reason);
    return text_format("%s%s", reason, profile_hint_end(profile, i));
}

/* Whether the answer is the plain one with the prefix before each ALLOW_. */
static bool is_plain_answer(const char *given, const char *plain, const char *prefix)
{
    for (; *plain != '\0'; plain++) {
        if (strncmp(plain, "ALLOW_", strlen("ALLOW_")) == 0) {
            if (strncmp(given, prefix, strlen(prefix)) != 0)
                return false;
            given += strlen(prefix);
        }
        if (*given++ != *plain)
            return false;
    }
    return *given == '\0';
}

/* Marks the closed operations that are answered as haproxy/answers.map has it. */
static void mark_usual(bool *usual, const struct profile *profile)
{
    struct profile *plain = plain_profile();

    for (size_t i = 0; i < operation_count; i++) {
        char *given;
        char *expected;

        if (plain->permissions.open[i] || profile->permissions.open[i])
            continue;
        given = answer(profile, i);
        expected = answer(plain, i);
        usual[i] = is_plain_answer(given, expected, profile->prefix);
        free(given);
        free(expected);
    }
    profile_free(plain);
    free(plain);
}

void config_write_answers_map(FILE *out)
{
    struct profile *plain = plain_profile();

    fputs("# operationId -> what would allow it where nothing is set. Made from entrypoint/policy/operations.def by `make maps`.\n", out);
    for (size_t i = 0; i < operation_count; i++)
        if (!plain->permissions.open[i]) {
            char *text = answer(plain, i);

            fprintf(out, "%s %s\n", operations[i].id, text);
            free(text);
        }
    profile_free(plain);
    free(plain);
}

/* A row for each different answer that haproxy/answers.map does not have. */
static void add_hints(struct values *backend, const struct profile *profile)
{
    char (*reasons)[REASON_MAX] = calloc(operation_count, sizeof *reasons);
    bool *usual = calloc(operation_count, sizeof *usual);

    if (reasons == NULL || usual == NULL)
        abort();
    for (size_t i = 0; i < operation_count; i++)
        profile_reason(profile, i, reasons[i]);
    mark_usual(usual, profile);
    values_list(backend, "hints");
    for (size_t i = 0; i < operation_count; i++) {
        const char *rest = behind_own_variable(profile, i, reasons[i]);
        struct lines lines;

        if (profile->permissions.open[i] || usual[i] || hint_seen(profile, reasons, usual, i))
            continue;
        lines = (struct lines){.values = values_row(backend, "hints")};
        values_set(lines.values, "hint", "%s%s%s", rest != NULL ? "%[var(txn.own)]=true" : "", rest != NULL ? rest : reasons[i],
                   profile_hint_end(profile, i));
        for (size_t k = i; k < operation_count; k++)
            if (!profile->permissions.open[k] && !usual[k] && same_hint(profile, reasons, i, k))
                lines_add(&lines, operations[k].id);
        lines_end(&lines);
    }
    free(usual);
    free(reasons);
}

static void add_fault(struct values *values, const char *fault, const char *condition)
{
    struct values *row = values_row(values, "faults");

    values_set(row, "fault", "%s", fault);
    values_set(row, "condition", "%s", condition);
}

void set_faults(struct values *values)
{
    static const char *const judged[] = {[ON_ANY_RAW] = "path", [ON_ENGINE] = "var(txn.decoded)", [ON_LIBPOD] = "var(txn.encoded)"};
    char condition[128];

    add_fault(values, FAULT_TARGET, "!{ url -m beg / } !METH_CONNECT");
    bounded_format(condition, sizeof condition, "{ path -m len %d: }", PATH_LENGTH_MAX + 1);
    add_fault(values, FAULT_LENGTH, condition);
    for (const struct path_fault *fault = path_faults; fault->regex != NULL; fault++) {
        bounded_format(condition, sizeof condition, "{ %s -m reg '%s' }", judged[fault->on], fault->regex);
        add_fault(values, fault->said, condition);
    }
}

void set_permissions(struct values *backend, const struct profile *profile)
{
    add_sections(backend, &profile->permissions);
    add_hints(backend, profile);
}
