/* A profile's operations, and what is said of those that are closed. */
#include "config_parts.h"

#include "bounded.h"
#include "request.h"
#include "words.h"

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

static bool hint_seen(const struct profile *profile, char (*reasons)[REASON_MAX], size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (!profile->permissions.open[k] && same_hint(profile, reasons, i, k))
            return true;
    return false;
}

/* A row for each different answer. */
static void add_hints(struct values *backend, const struct profile *profile)
{
    char (*reasons)[REASON_MAX] = calloc(operation_count, sizeof *reasons);

    if (reasons == NULL)
        abort();
    for (size_t i = 0; i < operation_count; i++)
        profile_reason(profile, i, reasons[i]);
    values_list(backend, "hints");
    for (size_t i = 0; i < operation_count; i++) {
        const char *rest = behind_own_variable(profile, i, reasons[i]);
        const char *end = profile_hint_end(profile, i);
        struct lines lines;

        if (profile->permissions.open[i] || hint_seen(profile, reasons, i) ||
            (rest != NULL && *rest == '\0' && strcmp(end, " would allow it") == 0))
            continue;
        lines = (struct lines){.values = values_row(backend, "hints")};
        values_set(lines.values, "hint", "%s%s%s", rest != NULL ? "%[var(txn.own)]=true" : "",
                   rest != NULL ? rest : reasons[i], end);
        for (size_t k = i; k < operation_count; k++)
            if (!profile->permissions.open[k] && same_hint(profile, reasons, i, k))
                lines_add(&lines, operations[k].id);
        lines_end(&lines);
    }
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
