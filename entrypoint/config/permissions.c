/* The values for a profile's open operations, and the answers for the closed ones. */
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
    size_t i = 0;

    while (i < operation_count) {
        const char *section = operations[i].section;
        struct lines lines = {.values = backend, .list = "sections"};

        for (; i < operation_count && strcmp(operations[i].section, section) == 0; i++)
            if (permissions->open[i])
                lines_add(&lines, operations[i].id);
        if (lines_end(&lines))
            values_set(lines.values, "section", "%s", section);
    }
}

/* What would allow the closed row i. The caller frees it. */
static char *answer(const struct profile *profile, size_t i)
{
    char reason[REASON_MAX];

    profile_reason(profile, i, reason);
    return text_format("%s%s", reason, profile_hint_end(profile, i));
}

char **plain_answers(void)
{
    static char *nothing[] = {NULL};
    struct problems problems = {.to = NULL};
    struct profile *profile = calloc(1, sizeof *profile);
    char **plain = calloc(operation_count, sizeof *plain);

    if (profile == NULL || plain == NULL)
        abort();
    profile_read(profile, nothing, NULL, "", &problems);
    for (size_t i = 0; i < operation_count; i++)
        plain[i] = profile->permissions.open[i] ? NULL : answer(profile, i);
    profile_free(profile);
    free(profile);
    return plain;
}

void plain_answers_free(char **plain)
{
    for (size_t i = 0; i < operation_count; i++)
        free(plain[i]);
    free(plain);
}

void config_write_answers_map(FILE *out)
{
    char **plain = plain_answers();

    fputs(
        "# operationId -> what would allow it where nothing is set. Made from entrypoint/policy/operations.def by `make maps`.\n",
        out);
    for (size_t i = 0; i < operation_count; i++)
        if (plain[i] != NULL)
            fprintf(out, "%s %s\n", operations[i].id, plain[i]);
    plain_answers_free(plain);
}

/* Whether the text is the plain one with the prefix before each variable. */
static bool differs_by_prefix(const char *text, const char *plain, const char *prefix)
{
    static const char variable[] = "ALLOW_";

    for (; *plain != '\0'; plain++) {
        if (strncmp(plain, variable, strlen(variable)) == 0) {
            if (strncmp(text, prefix, strlen(prefix)) != 0)
                return false;
            text += strlen(prefix);
        }
        if (*text++ != *plain)
            return false;
    }
    return *text == '\0';
}

/* The answer of haproxy.cfg for row i, whose own variable is txn.own; NULL if the row is open, or haproxy/answers.map
 * has the answer. The caller frees it. */
static char *hint(const struct profile *profile, const char *plain, size_t i)
{
    char own[PROFILE_PREFIX_MAX + OPERATION_NAME_MAX];
    char *text;
    char *result;

    if (profile->permissions.open[i])
        return NULL;
    text = answer(profile, i);
    if (plain != NULL && differs_by_prefix(text, plain, profile->prefix)) {
        free(text);
        return NULL;
    }
    bounded_copy(own, sizeof own, profile->prefix);
    operation_own_variable(&operations[i], own + strlen(own));
    if (strncmp(text, own, strlen(own)) != 0 || text[strlen(own)] != '=')
        return text;
    result = text_format("%%[var(txn.own)]%s", text + strlen(own));
    free(text);
    return result;
}

/* A row for each different answer. */
static void add_hints(struct values *backend, const struct profile *profile, char *const *plain)
{
    char **hints = calloc(operation_count, sizeof *hints);

    if (hints == NULL)
        abort();
    for (size_t i = 0; i < operation_count; i++)
        hints[i] = hint(profile, plain[i], i);
    values_list(backend, "hints");
    for (size_t i = 0; i < operation_count; i++) {
        struct lines lines;

        if (hints[i] == NULL)
            continue;
        lines = (struct lines){.values = values_row(backend, "hints")};
        values_set(lines.values, "hint", "%s", hints[i]);
        for (size_t k = i; k < operation_count; k++)
            if (hints[k] != NULL && strcmp(hints[i], hints[k]) == 0) {
                lines_add(&lines, operations[k].id);
                if (k > i) {
                    free(hints[k]);
                    hints[k] = NULL;
                }
            }
        lines_end(&lines);
        free(hints[i]);
    }
    free(hints);
}

void config_write_faults_map(FILE *out)
{
    static const char *const begins[] = {[ON_ANY_RAW] = "^[^\\x20]*?",
                                         [ON_ENGINE] = "(?s)^[^\\x20]*\\x20engine:",
                                         [ON_LIBPOD] = "^[^\\x20]*\\x20libpod:"};

    fputs(
        "# \"PATH engine:DECODED\" or \"PATH libpod:PATH\" -> what is wrong with a path that names no operation. Made from\n"
        "# entrypoint/policy/router.c by `make maps`; the first match counts.\n",
        out);
    for (const struct path_fault *fault = path_faults; fault->regex != NULL; fault++) {
        bool anchored = fault->regex[0] == '^';

        fprintf(out, "%s%s(?:%s) %s\n", begins[fault->on], anchored || fault->on == ON_ANY_RAW ? "" : ".*?",
                fault->regex + anchored, fault->said);
    }
}

static bool forwards_upgrades(const struct profile *profile)
{
    return profile_forwards(profile, "Session") || profile_forwards(profile, "Grpc");
}

/* Whether a profile is for builds, whichever builder, but not for those with BuildKit. (In an audit, all are.) */
static bool lacks_buildkit(const struct profile *profile)
{
    const struct permissions *permissions = &profile->permissions;

    return profile->mode != MODE_AUDIT && !profile_speaks_buildkit(profile) &&
           (permissions_open(permissions, "Session") || permissions_open(permissions, "Grpc") ||
            permissions_open(permissions, "ImageBuild"));
}

/* The names of the presets, for a comment. */
static void set_presets(struct values *backend, const struct preset_choice *choice)
{
    struct text text;
    char *names;

    text_begin(&text);
    for (size_t i = 0; i < preset_count; i++)
        if (choice->chosen[i])
            fprintf(text.stream, " %s", presets[i].name);
    names = text_end(&text);
    values_set(backend, "presets", "%s", names[0] == '\0' ? "" : names + 1);
    free(names);
}

/* A row for the operations that an audit does not forward, if any. */
static void add_withheld(struct values *backend, const struct profile *profile)
{
    struct lines lines = {.values = backend, .list = "withheld"};

    values_list(backend, "withheld");
    for (size_t i = 0; i < operation_count; i++)
        if (!profile_forwards(profile, operations[i].id) && profile->mode == MODE_AUDIT)
            lines_add(&lines, operations[i].id);
    lines_end(&lines);
}

void set_permissions(struct values *backend, const struct profile *profile, char *const *plain)
{
    values_set_if(backend, "audit", profile->mode == MODE_AUDIT);
    add_withheld(backend, profile);
    values_set(backend, "forwarded", "%s", profile->mode == MODE_AUDIT ? "forwarded" : "allowed");
    values_set_if(backend, "h2c", forwards_upgrades(profile));
    values_set_if(backend, "buildx", lacks_buildkit(profile));
    set_presets(backend, &profile->permissions.presets);
    add_sections(backend, &profile->permissions);
    add_hints(backend, profile, plain);
}
