/* The values for the metrics: the tables that count requests, the page for Prometheus, and the status pages. */
#include "config/parts.h"

#include "inventory/protection.h"

#include <stdlib.h>
#include <string.h>

#define METRICS_CONNECTIONS 16
#define METRICS_RATE        20                      /* requests in a second, from all together */
#define PAGE_MAX            (HEAD_ROOM - 4L * 1024) /* HAProxy sends a page from one buffer, which holds its head too */
#define NUMBER_MAX          20                      /* digits of a counter */
#define TOTALS              9                       /* keys of a profile in the table `totals` */

/* Profiles that have counters of their own: the base set and the first ones. The others have the last ones together, so
 * that the page for Prometheus stays within PAGE_MAX. */
#define SLOTS_MAX 16

static const char others[] = "(others)";

/* What is counted together: a profile, or several. */
struct slot {
    const struct profile *profile; /* NULL: the others */
    const char *label;
    char counts[sizeof "counts_" + sizeof((struct profile *)0)->backend]; /* the table */
};

static size_t slot_count(const struct environment *environment)
{
    return environment->profile_count < SLOTS_MAX ? environment->profile_count : SLOTS_MAX;
}

/* The slot of profile i. */
static struct slot slot_of(const struct environment *environment, size_t i)
{
    const struct profile *profile = &environment->profiles[i];
    struct slot slot = {.profile = profile, .label = i == 0 ? "-" : profile_log_name(profile)};

    if (environment->profile_count > SLOTS_MAX && i >= SLOTS_MAX - 1)
        slot = (struct slot){.label = others};
    bounded_format(slot.counts, sizeof slot.counts, "counts_%s", slot.profile != NULL ? profile->backend : "others");
    return slot;
}

/* Whether operations have no line of their own in the page for Prometheus before the first request. With profiles there
 * would be too many. */
static bool shares(const struct environment *environment)
{
    return environment->profile_count > 1;
}

void set_counts(struct values *backend, const struct environment *environment, size_t i)
{
    struct slot slot = slot_of(environment, i);
    bool on = environment->settings.metrics.count > 0;

    values_set(backend, "counts", "%s", on ? slot.counts : "");
    values_set(backend, "label", "%s", slot.label);
    values_set_if(backend, "shares", shares(environment));
}

/* ---- the page for Prometheus ---- */

/* What opens row i, or would open it, without the alternative in parentheses: "ALLOW_NETWORK_CREATE". plain: without
 * the prefix of the profile. The caller frees it. */
static char *variable_for(const struct profile *profile, size_t i, bool plain)
{
    static const char end[] = "=true";
    size_t prefix = strlen(profile->prefix);
    char reason[REASON_MAX];
    struct text text;

    profile_reason(profile, i, reason);
    text_begin(&text);
    for (const char *c = reason; *c != '\0' && strncmp(c, " (or ", 5) != 0;) {
        if (strncmp(c, end, strlen(end)) == 0)
            c += strlen(end);
        else if (plain && prefix > 0 && strncmp(c, profile->prefix, prefix) == 0)
            c += prefix;
        else
            fputc(*c++, text.stream);
    }
    return text_end(&text);
}

struct page {
    struct values *values;
    size_t rows;
    size_t line_most; /* bytes of the longest line */
};

/* Adds a line to the page: the requests for an operation that had this decision. */
static void add_line(struct page *page, const struct slot *slot, const char *operation, const char *decision,
                     const char *variable)
{
    static const char rest[] =
        "docker_socket_proxy_requests_total{operation=\"\",decision=\"\",profile=\"\",variable=\"\"} \n";
    struct values *row = values_row(page->values, "operations");
    size_t line = sizeof rest + NUMBER_MAX + strlen(operation) + strlen(decision) + strlen(slot->label) +
                  strlen(variable);

    values_set(row, "operation", "%s", operation);
    values_set(row, "decision", "%s", decision);
    values_set(row, "variable", "%s", variable);
    values_set(row, "label", "%s", slot->label);
    values_set(row, "counts", "%s", slot->counts);
    if (strcmp(decision, "allowed") == 0)
        values_set(row, "key", "%s", operation);
    else
        values_set(row, "key", "%s:%s", operation, decision);
    page->rows++;
    page->line_most = line > page->line_most ? line : page->line_most;
}

static bool is_protected(const struct inventory *inventory, size_t i)
{
    return inventory->contained && protection_find(operations[i].id) != NULL;
}

static void add_lines(struct page *page, const struct slot *slot, const struct inventory *inventory)
{
    const struct profile *profile = slot->profile;

    for (size_t i = 0; i < operation_count; i++) {
        const char *id = operations[i].id;
        bool open = profile == NULL || profile->permissions.open[i];

        if (open)
            add_line(page, slot, id, "allowed", "");
        if (profile == NULL || profile_guards(profile, i))
            add_line(page, slot, id, "guard", "");
        if (open && is_protected(inventory, i))
            add_line(page, slot, id, "protected", "");
        if (profile == NULL) {
            add_line(page, slot, id, "forbidden", "");
        } else if (!open) {
            char *variable = variable_for(profile, i, false);

            add_line(page, slot, id, "forbidden", variable);
            free(variable);
        }
    }
    add_line(page, slot, "-", "forbidden", "");
}

/* How many operations and decisions each profile can have a line for, so that the page never exceeds PAGE_MAX. */
static size_t table_size(const struct environment *environment, const struct page *page)
{
    static const size_t fixed = 4096;     /* bytes of the other lines, */
    static const size_t of_a_slot = 1200; /* and of those of a profile, without its name in each */
    size_t count = slot_count(environment);
    size_t used = fixed + page->rows;
    size_t size;

    if (!shares(environment))
        return page->rows;
    for (size_t i = 0; i < count; i++)
        used += of_a_slot + TOTALS * strlen(slot_of(environment, i).label);
    size = used < (size_t)PAGE_MAX ? ((size_t)PAGE_MAX - used) / count / page->line_most : 0;
    return size > 0 ? size : 1;
}

/* ---- the status pages ---- */

static void add_operation(struct values *section, const struct slot *slot, const struct inventory *inventory, size_t i)
{
    const struct profile *profile = slot->profile;
    struct values *row = values_row(section, "rows");
    char *variable = variable_for(profile, i, true);

    values_set(row, "operation", "%s", operations[i].id);
    values_set(row, "method", "%s", operations[i].method);
    values_set(row, "path", "%s", operations[i].path);
    values_set_if(row, "open", profile->permissions.open[i]);
    values_set_if(row, "closed", !profile->permissions.open[i]);
    values_set_if(row, "guarded", profile_guards(profile, i));
    values_set_if(row, "protected", profile->permissions.open[i] && is_protected(inventory, i));
    values_set(row, "variable", "%s", variable);
    free(variable);
}

static void add_sections(struct values *page, const struct slot *slot, const struct inventory *inventory)
{
    size_t i = 0;
    size_t open_in_all = 0;

    while (i < operation_count) {
        struct values *section = values_row(page, "sections");
        const char *name = operations[i].section;
        size_t open = 0;
        size_t first = i;

        for (; i < operation_count && strcmp(operations[i].section, name) == 0; i++) {
            add_operation(section, slot, inventory, i);
            open += slot->profile->permissions.open[i];
        }
        values_set(section, "section", "%s", name);
        values_set(section, "open_count", "%zu", open);
        values_set(section, "count", "%zu", i - first);
        open_in_all += open;
    }
    values_set(page, "open_in_all", "%zu", open_in_all);
    values_set(page, "count_of_all", "%zu", operation_count);
}

/* Adds a link from one status page to that of the slot. */
static void add_link(struct values *page, const struct slot *slot, bool here)
{
    struct values *link = values_row(page, "links");

    if (slot->label[0] == '-')
        values_set(link, "target", "/");
    else
        values_set(link, "target", "/profile/%s", slot->label);
    values_set(link, "name", "%s", slot->label[0] == '-' ? "base" : slot->label);
    values_set_if(link, "here", here);
}

/* ---- all together ---- */

/* The text in double quotes of haproxy.cfg (HAProxy manual, 2.2). The caller frees it. */
static char *quoted(const char *text)
{
    struct text result;

    text_begin(&result);
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            fputs("\\n", result.stream);
        else
            fprintf(result.stream, strchr("\"\\$", *text) != NULL ? "\\%c" : "%c", *text);
    }
    return text_end(&result);
}

/* Renders a page with a template, and adds it to those that are served. */
static void add_page(struct values *metrics, const struct values *page, const char *template, const char *type,
                     const char *path, struct problems *problems, const char *directory)
{
    struct values *row = values_row(metrics, "pages");
    struct text text;
    char *written;
    char *page_text;

    text_begin(&text);
    template_write(text.stream, directory, template, page, problems);
    written = text_end(&text);
    page_text = quoted(written);
    values_set(row, "type", "%s", type);
    values_set(row, "path", "%s", path);
    values_set(row, "page", "%s", page_text);
    free(written);
    free(page_text);
}

static void add_status_page(struct values *metrics, const struct environment *environment, size_t i,
                            const struct inventory *inventory, const char *directory, struct problems *problems)
{
    struct slot slot = slot_of(environment, i);
    struct values *page = values_row(metrics, "status_pages");
    size_t count = slot_count(environment);
    char path[sizeof "/profile/" + sizeof slot.profile->backend];

    if (slot.profile == NULL)
        return;
    values_list(page, "links");
    values_set_if(page, "has_links", count > 1);
    values_set(page, "more_profiles", environment->profile_count > SLOTS_MAX ? "yes" : "");
    values_set(page, "slots", "%d", SLOTS_MAX - 1);
    for (size_t k = 0; k < count; k++) {
        struct slot other = slot_of(environment, k);

        if (count > 1 && other.profile != NULL)
            add_link(page, &other, k == i);
    }
    values_set(page, "label", "%s", slot.label);
    values_set(page, "counts", "%s", slot.counts);
    values_set(page, "prefix", "%s", slot.profile->prefix);
    values_set(page, "profile", "%s", i == 0 ? "" : slot.label);
    values_set_if(page, "base", i == 0);
    add_sections(page, &slot, inventory);
    bounded_format(path, sizeof path, i == 0 ? "/" : "/profile/%s", slot.label);
    add_page(metrics, page, "status.html", "text/html", path, problems, directory);
}

/* The Engines, and where their health is checked: with several, in the backend of the base set. */
static void add_engines(struct values *metrics, const struct environment *environment, const struct machine *machine)
{
    size_t count = environment->settings.upstreams.count;

    values_list(metrics, "health");
    if (count == 1)
        set_checked_server(values_row(metrics, "health"), environment, machine);
    for (size_t k = 0; k < count; k++) {
        struct values *row = values_row(metrics, "engines");

        values_set(row, "engine", "engine%zu", k + 1);
        values_set(row, "checked_in", count == 1 ? "health" : "engine");
        values_set_if(row, "several", count > 1);
        values_set_if(row, "single", count == 1);
    }
}

void set_metrics(struct values *values, const struct environment *environment, const struct machine *machine,
                 const struct inventory *inventory, const char *directory, struct problems *problems)
{
    const struct listeners *listeners = &environment->settings.metrics;
    struct page page = {.rows = 0};
    struct values *metrics;
    size_t size;

    values_list(values, "metrics");
    values_set(values, "maxconn_with_metrics", "%ld",
               machine->connections + (listeners->count > 0 ? METRICS_CONNECTIONS : 0));
    values_set_if(values, "knows_begin", listeners->count > 0 || has_names(environment));
    if (listeners->count == 0)
        return;
    metrics = values_row(values, "metrics");
    set_binds(metrics, environment, machine, listeners, "metrics");
    values_set(metrics, "metrics_connections", "%d", METRICS_CONNECTIONS);
    values_set(metrics, "metrics_rate", "%d", METRICS_RATE);
    values_set(metrics, "audit", "%d", 0); /* nothing that is closed is ever forwarded */
    values_set_if(metrics, "always", !shares(environment));
    values_set_if(metrics, "shares", shares(environment));
    add_engines(metrics, environment, machine);
    page.values = metrics;
    for (size_t i = 0; i < slot_count(environment); i++) {
        struct slot slot = slot_of(environment, i);

        add_lines(&page, &slot, inventory);
    }
    size = table_size(environment, &page);
    values_set(metrics, "totals_size", "%zu", TOTALS * slot_count(environment));
    for (size_t i = 0; i < slot_count(environment); i++) {
        struct slot slot = slot_of(environment, i);
        struct values *table = values_row(metrics, "tables");

        values_set(table, "counts", "%s", slot.counts);
        values_set(table, "label", "%s", slot.label);
        values_set(table, "size", "%zu", size);
    }
    add_page(metrics, metrics, "metrics.txt", "text/plain; version=0.0.4", "/metrics", problems, directory);
    for (size_t i = 0; i < slot_count(environment); i++)
        add_status_page(metrics, environment, i, inventory, directory, problems);
}
