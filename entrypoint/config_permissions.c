#include "config_parts.h"

#include "bounded.h"
#include "request.h"
#include "values.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

/* An ACL "<name>" that matches the operations for which chosen says so; nothing if there are none. */
static void write_acl(FILE *out, const char *name, const struct permissions *permissions,
                      bool (*chosen)(const struct permissions *, size_t, const void *), const void *context)
{
    char head[64];
    struct words words = {.out = out, .head = head, .tail = ""};

    bounded_format(head, sizeof head, "acl %s var(txn.operation) -m str", name);
    for (size_t i = 0; i < operation_count; i++)
        if (!operation_repeats(i) && chosen(permissions, i, context))
            words_add(&words, operations[i].id);
    words_end(&words);
}

static bool is_open_and_in_section(const struct permissions *permissions, size_t i, const void *section)
{
    return permissions->open[i] && strcmp(operations[i].section, section) == 0;
}

void write_open(FILE *out, const struct permissions *permissions)
{
    for (size_t i = 0; i < operation_count; i++) {
        const char *section = operations[i].section;
        struct text text;
        char *lines;

        if (i > 0 && strcmp(section, operations[i - 1].section) == 0)
            continue;
        text_begin(&text);
        write_acl(text.stream, "open", permissions, is_open_and_in_section, section);
        lines = text_end(&text);
        if (lines[0] != '\0')
            fprintf(out, "    # %s\n%s", section, lines);
        free(lines);
    }
    fputs("    acl open always_false\n", out); /* so that it is defined even if nothing is open */
}

/* What a hint says behind the operation's own variable, which haproxy/variables.map has; NULL if it does not begin with it. */
static const char *behind_own_variable(const struct profile *profile, size_t i)
{
    const char *reason = profile->permissions.reason[i];
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
static bool same_hint(const struct profile *profile, size_t i, size_t k)
{
    const char *a = behind_own_variable(profile, i);
    const char *b = behind_own_variable(profile, k);

    if ((a == NULL) != (b == NULL) || strcmp(profile_hint_end(profile, i), profile_hint_end(profile, k)) != 0)
        return false;
    return strcmp(a != NULL ? a : profile->permissions.reason[i], b != NULL ? b : profile->permissions.reason[k]) == 0;
}

static bool hint_seen(const struct profile *profile, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (!profile->permissions.open[k] && same_hint(profile, i, k))
            return true;
    return false;
}

/* A rule for each different answer. */
void write_hints(FILE *out, const struct profile *profile)
{
    for (size_t i = 0; i < operation_count; i++) {
        const char *rest = behind_own_variable(profile, i);
        const char *end = profile_hint_end(profile, i);
        char head[REASON_MAX + 256];
        struct words words = {.out = out, .head = head, .tail = " }"};

        if (profile->permissions.open[i] || hint_seen(profile, i) ||
            (rest != NULL && *rest == '\0' && strcmp(end, " would allow it") == 0))
            continue;
        bounded_format(head, sizeof head, "http-request set-var-fmt(txn.detail) '%s%s%s' if { var(txn.operation) -m str",
                       rest != NULL ? "%[var(txn.own)]=true" : "", rest != NULL ? rest : profile->permissions.reason[i], end);
        for (size_t k = i; k < operation_count; k++)
            if (!profile->permissions.open[k] && same_hint(profile, i, k) && !operation_repeats(k))
                words_add(&words, operations[k].id);
        words_end(&words);
    }
}

static void write_fault(FILE *out, const char *said, const char *condition)
{
    fprintf(out, "    http-request set-var(txn.detail) str('%s') if !named %s\n", said, condition);
}

void write_faults(FILE *out)
{
    static const char *const judged[] = {[ON_ANY_RAW] = "path", [ON_ENGINE] = "var(txn.decoded)", [ON_LIBPOD] = "var(txn.encoded)"};
    char condition[128];

    write_fault(out, FAULT_TARGET, "!{ url -m beg / } !METH_CONNECT");
    bounded_format(condition, sizeof condition, "{ path -m len %d: }", PATH_LENGTH_MAX + 1);
    write_fault(out, FAULT_LENGTH, condition);
    for (const struct path_fault *fault = path_faults; fault->regex != NULL; fault++) {
        bounded_format(condition, sizeof condition, "{ %s -m reg '%s' }", judged[fault->on], fault->regex);
        write_fault(out, fault->said, condition);
    }
}
