#include "config_parts.h"

#include "bounded.h"
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

static bool reason_seen(const struct permissions *permissions, size_t before, const char *reason)
{
    for (size_t i = 0; i < before; i++)
        if (!permissions->open[i] && strcmp(permissions->reason[i], reason) == 0)
            return true;
    return false;
}

/* Whether the answer is the operation's own variable: haproxy/variables.map has those. */
static bool asks_for_own_variable(const char *reason, const char *prefix, size_t i)
{
    char own[OPERATION_NAME_MAX];
    size_t length;

    operation_own_variable(&operations[i], own);
    length = strlen(prefix);
    if (strncmp(reason, prefix, length) != 0)
        return false;
    reason += length;
    length = strlen(own);
    return strncmp(reason, own, length) == 0 && strcmp(reason + length, "=true") == 0;
}

/* A rule for each different answer. */
void write_hints(FILE *out, const char *prefix, const struct permissions *permissions)
{
    for (size_t i = 0; i < operation_count; i++) {
        const char *reason = permissions->reason[i];
        char head[512];
        struct words words = {.out = out, .head = head, .tail = " }"};

        if (permissions->open[i] || asks_for_own_variable(reason, prefix, i) || reason_seen(permissions, i, reason))
            continue;
        bounded_format(head, sizeof head,
                       "http-request set-var-fmt(txn.detail) '%s would allow it' if { var(txn.operation) -m str", reason);
        for (size_t j = i; j < operation_count; j++)
            if (!permissions->open[j] && strcmp(permissions->reason[j], reason) == 0 && !operation_repeats(j))
                words_add(&words, operations[j].id);
        words_end(&words);
    }
}
