/* The values for a profile's open operations, and the answers for the closed ones. */
#include "config/config.h"
#include "config/parts.h"
#include "inventory/recreation.h"

#include "base/text.h"
#include "policy/router.h"
#include "config/patterns.h"

#include <stdlib.h>
#include <string.h>

/* HAProxy reads 64 words of a line (MAX_LINE_ARGS), of which `acl free var(txn.operation) -m str` takes five. */
#define WORDS_OF_LINE_MAX 56

/* Whether an open operation is allowed as it is: it is neither guarded nor protected, loses no container, neither its
 * query nor its answer is judged for REDACT, it does not depend on the targets, and it does not leave HTTP. */
static bool needs_no_judgement(const struct profile *profile, const struct inventory *inventory, size_t i)
{
    char *of_query = profile_refuses_query(profile, i);
    bool queried = of_query != NULL;

    free(of_query);
    return operations[i].kind != UPGRADE && operations[i].kind != H2C && !profile_guards(profile, i) &&
           !protection_judges(inventory, operations[i].id) && !queried && !profile_keeps(profile, operations[i].id) &&
           !targets_judge(&profile->targets, &operations[i]) && redact_hides(profile->redact, operations[i].id) == 0;
}

/* The end of the section that begins with row i. */
static size_t section_end(size_t i)
{
    size_t end = i;

    while (end < operation_count && strcmp(operations[end].section, operations[i].section) == 0)
        end++;
    return end;
}

/* A row for each section of the API that has anything open that is judged further; whether the guard leaves any of it
 * to others. */
static void add_sections(struct values *backend, const struct profile *profile, const struct inventory *inventory)
{
    bool unguarded = false;

    values_list(backend, "sections");
    for (size_t begin = 0, end; begin < operation_count; begin = end) {
        struct lines lines = {.values = backend, .list = "sections"};

        end = section_end(begin);
        for (size_t i = begin; i < end; i++)
            if (profile->permissions.open[i] && !needs_no_judgement(profile, inventory, i)) {
                lines_add(&lines, operations[i].id);
                unguarded |= !profile_guards(profile, i);
            }
        if (lines_end(&lines))
            values_set(lines.values, "section", "%s", operations[begin].section);
    }
    values_set_if(backend, "unguarded", unguarded);
}

/* Rows of words and the sections that they are of. HAProxy looks each line up, one after another, so there are as few
 * as possible: sections share a line. */
static void add_free(struct values *backend, const struct profile *profile, const struct inventory *inventory)
{
    struct values *row = NULL;
    struct text words;
    struct text sections;
    size_t count = 0;

    values_list(backend, "free");
    for (size_t begin = 0, end; begin < operation_count; begin = end) {
        size_t of_section = 0;
        size_t begun = 0;

        end = section_end(begin);
        for (size_t i = begin; i < end; i++)
            of_section += profile->permissions.open[i] && needs_no_judgement(profile, inventory, i);
        for (size_t i = begin; i < end; i++) {
            if (!profile->permissions.open[i] || !needs_no_judgement(profile, inventory, i))
                continue;
            if (row == NULL || count == WORDS_OF_LINE_MAX || (begun == 0 && count + of_section > WORDS_OF_LINE_MAX)) {
                if (row != NULL) {
                    values_set_text(row, "words", &words);
                    values_set_text(row, "names", &sections);
                }
                row = values_row(backend, "free");
                text_begin(&words);
                text_begin(&sections);
                count = begun = 0;
            }
            if (begun++ == 0)
                fprintf(sections.stream, "%s%s", count == 0 ? "" : ", ", operations[i].section);
            fprintf(words.stream, "%s%s", count++ == 0 ? "" : " ", operations[i].id);
        }
    }
    if (row == NULL)
        return;
    values_set_text(row, "words", &words);
    values_set_text(row, "names", &sections);
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

/* A group that is open, in a place of a text where it is one of several that are needed. */
struct opened {
    size_t group; /* GROUP_COUNT if there is none */
    const char *at;
    size_t length;
};

/* The first place of those with a group that is open: "ALLOW_CREATE=true and ", or " and ALLOW_NETWORKS=true". */
static struct opened find_opened(const char *text, uint64_t groups_on)
{
    struct opened first = {.group = GROUP_COUNT, .at = NULL};

    for (size_t i = 0; i < (size_t)GROUP_COUNT * 2; i++) {
        size_t group = i / 2;
        char words[OPERATION_NAME_MAX + 16];
        const char *at;

        if ((groups_on >> group & 1) == 0)
            continue;
        bounded_format(words, sizeof words, i % 2 == 0 ? "%s=true and " : " and %s=true", group_variables[group]);
        at = strstr(text, words);
        if (at != NULL && (first.at == NULL || at < first.at))
            first = (struct opened){.group = group, .at = at, .length = strlen(words)};
    }
    return first;
}

/* Whether the text is what haproxy.cfg makes of the plain one: without a group that is open, and with the prefix. Adds
 * that group to those that haproxy.cfg has to leave out. */
static bool follows(const struct profile *profile, const char *text, const char *plain, uint64_t *left_out)
{
    struct opened opened = find_opened(plain, profile->permissions.groups_on);
    char *rest;
    bool same;

    if (opened.group == GROUP_COUNT)
        return differs_by_prefix(text, plain, profile->prefix);
    rest = text_format("%.*s%s", (int)(opened.at - plain), plain, opened.at + opened.length);
    same = differs_by_prefix(text, rest, profile->prefix);
    free(rest);
    if (same)
        *left_out |= (uint64_t)1 << opened.group;
    return same;
}

/* The answer of haproxy.cfg for row i, whose own variable is txn.own; NULL if the row is open, or follows from
 * haproxy/answers.map. The caller frees it. */
static char *hint(const struct profile *profile, const char *plain, size_t i, uint64_t *left_out)
{
    char own[PROFILE_PREFIX_MAX + OPERATION_NAME_MAX];
    char *text;
    char *result;

    if (profile->permissions.open[i])
        return NULL;
    text = answer(profile, i);
    if (plain != NULL && follows(profile, text, plain, left_out)) {
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

/* The groups for the rule that leaves them out: "CREATE|NETWORKS". */
static void set_left_out(struct values *backend, uint64_t groups)
{
    struct text names;

    text_begin(&names);
    for (size_t i = 0; i < GROUP_COUNT; i++)
        if ((groups >> i & 1) != 0)
            fprintf(names.stream, "%s%s", groups % ((uint64_t)1 << i) == 0 ? "" : "|",
                    group_variables[i] + strlen("ALLOW_"));
    values_set_text(backend, "left_out", &names);
}

/* A row for each different answer. */
static void add_hints(struct values *backend, const struct profile *profile, char *const *plain)
{
    char **hints = calloc(operation_count, sizeof *hints);
    uint64_t left_out = 0;
    bool any = false;

    if (hints == NULL)
        abort();
    for (size_t i = 0; i < operation_count; i++)
        hints[i] = hint(profile, plain[i], i, &left_out);
    set_left_out(backend, left_out);
    values_list(backend, "hints");
    for (size_t i = 0; i < operation_count; i++) {
        struct lines lines;

        if (hints[i] == NULL)
            continue;
        any = true;
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
    values_set_if(backend, "with_hints", any);
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
    fprintf(out, "^[^\\x20]{%d} %s\n", PATH_LENGTH_MAX + 1, FAULT_LENGTH);
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

void set_permissions(struct values *backend, const struct profile *profile, const struct inventory *inventory,
                     char *const *plain)
{
    values_set_if(backend, "audit", profile->mode == MODE_AUDIT);
    /* An audit decides when the guard has judged as well. */
    values_set_if(backend, "early", profile->mode != MODE_AUDIT);
    add_withheld(backend, profile);
    values_set(backend, "forwarded", "%s", profile->mode == MODE_AUDIT ? "forwarded" : "allowed");
    values_set_if(backend, "h2c", forwards_upgrades(profile));
    values_set_if(backend, "buildx", lacks_buildkit(profile));
    set_presets(backend, &profile->permissions.presets);
    add_free(backend, profile, inventory);
    add_sections(backend, profile, inventory);
    add_hints(backend, profile, plain);
}
