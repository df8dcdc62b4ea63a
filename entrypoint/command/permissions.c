/* `permissions`: prints the table of operations with what opens each. */
#include "command/explain.h"

#include "base/terminal.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is derived from row i for a profile. */
struct derived {
    char own[OPERATION_NAME_MAX];
    char groups[OPERATION_GROUPS_MAX];
    char reason[REASON_MAX];
};

/* As profile_reason; for an open row also what is hidden in its answers. */
static void reason_with_redaction(const struct profile *profile, size_t i, char reason[REASON_MAX])
{
    char *hidden = redact_text(redact_hides(profile->redact, operations[i].id));
    size_t used;

    profile_reason(profile, i, reason);
    used = strlen(reason);
    if (profile->permissions.open[i] && *hidden != '\0')
        bounded_format(reason + used, REASON_MAX - used, "; redacted: %s", hidden);
    free(hidden);
}

static struct derived derive(const struct profile *profile, size_t i)
{
    struct derived derived = {.own = ""};

    operation_own_variable(&operations[i], derived.own);
    operation_groups(&operations[i], derived.groups);
    reason_with_redaction(profile, i, derived.reason);
    return derived;
}

static const char *state_of(const struct profile *profile, size_t i)
{
    return profile->permissions.open[i] ? "open" : profile_forwards(profile, operations[i].id) ? "audit" : "closed";
}

static void print_row(const struct profile *profile, size_t i)
{
    const struct operation *operation = &operations[i];
    const struct derived derived = derive(profile, i);

    printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", state_of(profile, i), operation->method, operation->path, operation->id,
           derived.own, derived.groups[0] == '\0' ? "own variable only" : derived.groups,
           operation->on_by_default ? "on" : "off", derived.reason);
}

static void print_member(const char *name, const char *value)
{
    printf(", \"%s\": ", name);
    print_json(value);
}

static void print_object(const struct profile *profile, size_t i, bool first)
{
    const struct operation *operation = &operations[i];
    const struct derived derived = derive(profile, i);
    char *hidden;

    printf("%s  {\"open\": %s", first ? "" : ",\n", profile->permissions.open[i] ? "true" : "false");
    if (profile->mode == MODE_AUDIT)
        printf(", \"audit\": true");
    print_member("section", operation->section);
    print_member("method", operation->method);
    print_member("path", operation->path);
    print_member("operation", operation->id);
    print_member("variable", derived.own);
    print_member("groups", derived.groups);
    printf(", \"default\": %s", operation->on_by_default ? "true" : "false");
    print_member(profile->permissions.open[i] ? "opened_by" : "needs", derived.reason);
    hidden = redact_text(redact_hides(profile->redact, operation->id));
    printf(", \"guarded\": %s", profile_guards(profile, i) ? "true" : "false");
    print_member("redacted", hidden);
    putchar('}');
    free(hidden);
}

/* The widths of the columns of a section. */
struct widths {
    int path;
    int id;
};

static struct widths measure(const struct profile *profile, const char *section, bool only_open)
{
    struct widths widths = {0, 0};

    for (size_t i = 0; i < operation_count; i++) {
        if (strcmp(operations[i].section, section) != 0 || (only_open && !profile->permissions.open[i]))
            continue;
        if ((int)strlen(operations[i].path) > widths.path)
            widths.path = (int)strlen(operations[i].path);
        if ((int)strlen(operations[i].id) > widths.id)
            widths.id = (int)strlen(operations[i].id);
    }
    return widths;
}

static void print_line(const struct profile *profile, size_t i, const struct widths *widths)
{
    bool open = profile->permissions.open[i];
    char reason[REASON_MAX];

    reason_with_redaction(profile, i, reason);
    printf("  %s%-6s%s  %-6s %-*s  %-*s  %s%s%s%s\n", open ? colour_yes() : colour_no(), state_of(profile, i),
           colour_end(), operations[i].method, widths->path, operations[i].path, widths->id, operations[i].id,
           open ? "" : colour_faint(), open ? "by " : "needs ", reason, open ? "" : colour_end());
}

void report_permissions(const struct profile *profile, bool only_open, bool json)
{
    bool lines = !json && terminal();
    struct widths widths = {0, 0};
    const char *section = "";
    bool first = true;

    if (profile->mode == MODE_AUDIT)
        notice("warning: %sMODE=audit: closed operations are forwarded too, and logged", profile->prefix);
    if (json)
        puts("[");
    else if (!lines)
        puts("# state\tmethod\tpath\toperationId\town variable\tgroups that open it\tdefault\tdecided by (open) or "
             "needs (closed)");
    for (size_t i = 0; i < operation_count; i++) {
        if (only_open && !profile->permissions.open[i])
            continue;
        if (lines && strcmp(operations[i].section, section) != 0) {
            section = operations[i].section;
            widths = measure(profile, section, only_open);
            printf("%s%s\n", first ? "" : "\n", section);
        }
        if (json)
            print_object(profile, i, first);
        else if (lines)
            print_line(profile, i, &widths);
        else
            print_row(profile, i);
        first = false;
    }
    if (json)
        puts("\n]");
}
