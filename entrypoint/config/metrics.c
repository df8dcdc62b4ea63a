/* The values for the metrics: the tables that count requests, the page for Prometheus, and the status pages. */
#include "config/parts.h"

#include "inventory/protection.h"
#include "inventory/recreation.h"

#include <stdlib.h>
#include <string.h>

#define METRICS_CONNECTIONS 16
#define METRICS_RATE        20 /* requests in a second, all together */
#define NUMBER_MAX          20 /* digits of a counter */

/* HAProxy sends a page from one buffer (tune.bufsize), which holds the head and the room for rewriting it as well. */
#define PAGE_MAX (HEAD_ROOM - 4L * 1024)

/* Only the first profiles have counters and a page of their own, so that the page for Prometheus keeps within PAGE_MAX.
 * If there are more, the last slot has all further ones together. */
#define SLOTS_MAX 16

/* Only so many clients are counted by name, and so much of a name, for the same reason. */
#define CLIENTS_MAX       24
#define CLIENT_LENGTH_MAX 63

/* What is counted together: profiles from first on; more than one in the last slot only. */
struct slot {
    const struct profile *first;
    size_t profiles;
    const char *label;
    char counts[sizeof "counts_" + PROFILE_PREFIX_MAX];     /* the table of what is allowed */
    char refusals[sizeof "refusals_" + PROFILE_PREFIX_MAX]; /* and of what is refused */
};

static size_t slot_count(const struct environment *environment)
{
    return environment->profile_count < SLOTS_MAX ? environment->profile_count : SLOTS_MAX;
}

/* The slot of profile i. */
static struct slot slot_of(const struct environment *environment, size_t i)
{
    bool shared = environment->profile_count > SLOTS_MAX && i >= SLOTS_MAX - 1;
    struct slot slot = {.first = &environment->profiles[shared ? SLOTS_MAX - 1 : i], .profiles = 1};
    const char *table = slot.first->backend;

    slot.label = i == 0 ? "-" : profile_log_name(slot.first);
    if (shared) {
        slot.profiles = environment->profile_count - (SLOTS_MAX - 1);
        slot.label = "other-profiles";
        table = "others";
    }
    bounded_format(slot.counts, sizeof slot.counts, "counts_%s", table);
    bounded_format(slot.refusals, sizeof slot.refusals, "refusals_%s", table);
    return slot;
}

/* Sets the names that the rules and the pages have for the slot. */
static void set_slot(struct values *values, const struct slot *slot)
{
    values_set(values, "label", "%s", slot->label);
    values_set(values, "counts", "%s", slot->counts);
    values_set(values, "refusals", "%s", slot->refusals);
}

/* What is possible in one of the slot's profiles. */
static bool opens(const struct slot *slot, size_t i, bool open)
{
    for (size_t k = 0; k < slot->profiles; k++)
        if (slot->first[k].permissions.open[i] == open)
            return true;
    return false;
}

/* Whether the guard judges row i, or what it opens could be lost because of the guard. */
static bool guards(const struct slot *slot, size_t i)
{
    for (size_t k = 0; k < slot->profiles; k++)
        if (profile_guards(&slot->first[k], i) || profile_keeps(&slot->first[k], operations[i].id))
            return true;
    return false;
}

/* Whether one of the slot's profiles forwards what it would refuse, or refuses it. */
static bool has_mode(const struct slot *slot, enum mode mode)
{
    for (size_t k = 0; k < slot->profiles; k++)
        if (slot->first[k].mode == mode)
            return true;
    return false;
}

/* Whether requests for row i, which is open, may be refused because of the container that they reach. */
static bool limits(const struct slot *slot, size_t i)
{
    for (size_t k = 0; k < slot->profiles; k++)
        if (slot->first[k].permissions.open[i] && targets_judge(&slot->first[k].targets, &operations[i]))
            return true;
    return false;
}

/* Whether the slot's profiles, or one of them, may refuse row i, and forward it in an audit. */
static bool audits(const struct slot *slot, size_t i)
{
    return has_mode(slot, MODE_AUDIT) && (opens(slot, i, false) || guards(slot, i) || limits(slot, i));
}

static bool protects(const struct slot *slot, const struct inventory *inventory, size_t i)
{
    return inventory->contained && opens(slot, i, true) && protection_find(operations[i].id) != NULL;
}

/* What opens row i, or would open it, without the alternative in parentheses: "ALLOW_NETWORK_CREATE". plain: without
 * the prefix of the profile. The caller frees it. */
static char *variable_for(const struct profile *profile, size_t i, bool plain)
{
    static const char end[] = "=true";
    size_t prefix = plain ? strlen(profile->prefix) : 0;
    char reason[REASON_MAX];
    struct text text;

    profile_reason(profile, i, reason);
    text_begin(&text);
    for (const char *c = reason; *c != '\0' && strncmp(c, " (or ", 5) != 0;) {
        if (strncmp(c, end, strlen(end)) == 0)
            c += strlen(end);
        else if (prefix > 0 && strncmp(c, profile->prefix, prefix) == 0)
            c += prefix;
        else
            fputc(*c++, text.stream);
    }
    return text_end(&text);
}

/* ---- how much fits the page for Prometheus ---- */

/* The bytes of the lines of one kind. */
struct lengths {
    size_t count;
    size_t sum;
    size_t most; /* of one line */
};

/* How many operations each profile can have lines for. With one profile, every operation has its lines from the start.
 * With more, those of refused operations would be too many: there, the first refusals get one, up to a number for each
 * profile; if not even the allowed ones fit, which takes many profiles that open much, the same holds for these. */
struct plan {
    bool shares;  /* refused operations get lines when they are refused */
    bool crowded; /* and allowed ones when they are allowed */
    size_t allowed_most;
    size_t refused_most;
};

static void measure(struct lengths *lengths, const struct slot *slot, const char *operation, const char *variable)
{
    static const char rest[] =
        "docker_socket_proxy_requests_total{operation=\"\",decision=\"protected\",profile=\"\",variable=\"\"} \n";
    size_t length = sizeof rest + NUMBER_MAX + strlen(operation) + strlen(slot->label) + strlen(variable);

    lengths->count++;
    lengths->sum += length;
    lengths->most = length > lengths->most ? length : lengths->most;
}

/* The bytes that the lines of clients by name may have. */
static size_t clients_length(void)
{
    static const char line[] = "docker_socket_proxy_client_requests_total{client=\"\",decision=\"allowed\"} \n";
    static const size_t help = 300;

    return help + (size_t)CLIENTS_MAX * 2 * (sizeof line + CLIENT_LENGTH_MAX + NUMBER_MAX);
}

static void measure_slot(struct lengths *allowed, struct lengths *refused, const struct slot *slot,
                         const struct inventory *inventory)
{
    measure(refused, slot, "-", "");
    for (size_t i = 0; i < operation_count; i++) {
        if (opens(slot, i, true))
            measure(allowed, slot, operations[i].id, "");
        if (guards(slot, i))
            measure(refused, slot, operations[i].id, "");
        if (protects(slot, inventory, i))
            measure(refused, slot, operations[i].id, "");
        if (opens(slot, i, false)) {
            char *variable = variable_for(slot->first, i, false);

            measure(refused, slot, operations[i].id, variable);
            free(variable);
        } else if (limits(slot, i)) {
            measure(refused, slot, operations[i].id, "");
        }
        if (audits(slot, i))
            measure(refused, slot, operations[i].id, "");
    }
}

static struct plan make_plan(const struct environment *environment, const struct inventory *inventory)
{
    static const size_t of_all = 4096;  /* more than the other lines have, */
    static const size_t of_each = 1700; /* and those of a profile without its name, which is in each of 13 */
    size_t count = slot_count(environment);
    struct plan plan = {.shares = count > 1};
    struct lengths allowed = {.count = 0};
    struct lengths refused = {.count = 0};
    size_t used = of_all + (environment->settings.client_names ? clients_length() : 0);
    size_t room;

    for (size_t k = 0; k < count; k++) {
        struct slot slot = slot_of(environment, k);

        measure_slot(&allowed, &refused, &slot, inventory);
        used += of_each + 13 * strlen(slot.label);
    }
    plan.allowed_most = operation_count;
    plan.refused_most = refused.count;
    if (!plan.shares)
        return plan;
    used += allowed.count + refused.count; /* a line that is not needed is empty */
    room = used < (size_t)PAGE_MAX ? (size_t)PAGE_MAX - used : 0;
    plan.crowded = allowed.sum > room / 2;
    if (plan.crowded) {
        plan.allowed_most = room / 2 / count / allowed.most;
        plan.refused_most = room / 2 / count / refused.most;
    } else {
        plan.refused_most = (room - allowed.sum) / count / refused.most;
    }
    return plan;
}

/* ---- the page for Prometheus ---- */

/* Adds the line for the requests for row i that had this decision. */
static void add_line(struct values *metrics, const struct slot *slot, const char *operation, const char *decision,
                     const char *variable, bool sparse)
{
    struct values *row = values_row(metrics, "operations");
    bool allowed = strcmp(decision, "allowed") == 0;

    values_set(row, "operation", "%s", operation);
    values_set(row, "decision", "%s", decision);
    values_set(row, "variable", "%s", variable);
    values_set(row, "label", "%s", slot->label);
    values_set(row, "table", "%s", allowed ? slot->counts : slot->refusals);
    values_set(row, "key", allowed ? "%s" : "%s:%s", operation, decision);
    values_set_if(row, "always", !sparse);
    values_set_if(row, "sparse", sparse);
}

static void add_lines(struct values *metrics, const struct slot *slot, const struct inventory *inventory,
                      const struct plan *plan)
{
    for (size_t i = 0; i < operation_count; i++) {
        const char *id = operations[i].id;

        if (opens(slot, i, true))
            add_line(metrics, slot, id, "allowed", "", plan->crowded);
        if (guards(slot, i))
            add_line(metrics, slot, id, "guard", "", plan->shares);
        if (protects(slot, inventory, i))
            add_line(metrics, slot, id, "protected", "", plan->shares);
        if (opens(slot, i, false)) {
            char *variable = variable_for(slot->first, i, false);
            bool one = slot->profiles == 1;

            if (has_mode(slot, MODE_ENFORCE))
                add_line(metrics, slot, id, "forbidden", one ? variable : "", plan->shares);
            if (has_mode(slot, MODE_AUDIT))
                add_line(metrics, slot, id, "audited", one ? variable : "", plan->shares);
            free(variable);
            continue;
        }
        if (limits(slot, i) && has_mode(slot, MODE_ENFORCE))
            add_line(metrics, slot, id, "forbidden", "", plan->shares);
        if (audits(slot, i))
            add_line(metrics, slot, id, "audited", "", plan->shares);
    }
    add_line(metrics, slot, "-", "forbidden", "", plan->shares);
}

static void add_tables(struct values *metrics, const struct environment *environment, const struct plan *plan)
{
    static const size_t totals = 11; /* keys of each profile */

    values_set(metrics, "totals_size", "%zu", totals * slot_count(environment));
    for (size_t k = 0; k < slot_count(environment); k++) {
        struct slot slot = slot_of(environment, k);
        struct values *table = values_row(metrics, "tables");

        set_slot(table, &slot);
        values_set_if(table, "audits", has_mode(&slot, MODE_AUDIT));
        values_set(table, "audit_gauge", "%d", has_mode(&slot, MODE_AUDIT));
        values_set(table, "counts_size", "%zu", plan->allowed_most > 0 ? plan->allowed_most : 1);
        values_set(table, "refusals_size", "%zu", plan->refused_most > 0 ? plan->refused_most : 1);
    }
}

/* ---- the status pages ---- */

static void add_operation(struct values *section, const struct slot *slot, const struct inventory *inventory, size_t i)
{
    struct values *row = values_row(section, "rows");
    char *variable = variable_for(slot->first, i, true);

    values_set(row, "operation", "%s", operations[i].id);
    values_set(row, "method", "%s", operations[i].method);
    values_set(row, "path", "%s", operations[i].path);
    values_set_if(row, "open", opens(slot, i, true));
    values_set_if(row, "closed", opens(slot, i, false));
    values_set_if(row, "limits_targets", limits(slot, i) && !opens(slot, i, false));
    values_set_if(row, "guarded", guards(slot, i));
    values_set_if(row, "guarded_in_audit", guards(slot, i) && audits(slot, i));
    values_set(row, "refused_as", audits(slot, i) ? "audited" : "forbidden");
    values_set_if(row, "protected", protects(slot, inventory, i));
    values_set(row, "variable", "%s", variable);
    free(variable);
}

static void add_sections(struct values *page, const struct slot *slot, const struct inventory *inventory)
{
    size_t open_in_all = 0;
    size_t i = 0;

    while (i < operation_count) {
        struct values *section = values_row(page, "sections");
        const char *name = operations[i].section;
        size_t first = i;
        size_t open = 0;

        for (; i < operation_count && strcmp(operations[i].section, name) == 0; i++) {
            add_operation(section, slot, inventory, i);
            open += opens(slot, i, true);
        }
        values_set(section, "section", "%s", name);
        values_set(section, "open_count", "%zu", open);
        values_set(section, "count", "%zu", i - first);
        open_in_all += open;
    }
    values_set(page, "open_in_all", "%zu", open_in_all);
    values_set(page, "count_of_all", "%zu", operation_count);
}

/* The path of the status page of the slot. */
static void page_path(const struct slot *slot, char path[sizeof "/profile/" + PROFILE_NAME_MAX])
{
    bounded_format(path, sizeof "/profile/" + PROFILE_NAME_MAX, slot->label[0] == '-' ? "/" : "/profile/%s",
                   slot->label);
}

/* Adds the links from the page of profile i to all pages. */
static void add_links(struct values *page, const struct environment *environment, size_t i)
{
    values_set_if(page, "has_links", environment->profile_count > 1);
    values_set(page, "own_pages", environment->profile_count > SLOTS_MAX ? "%d" : "", SLOTS_MAX - 1);
    for (size_t k = 0; k < slot_count(environment); k++) {
        struct slot slot = slot_of(environment, k);
        char path[sizeof "/profile/" + PROFILE_NAME_MAX];
        struct values *link;

        if (slot.profiles > 1)
            return;
        link = values_row(page, "links");
        page_path(&slot, path);
        values_set(link, "target", "%s", path);
        values_set(link, "name", "%s", k == 0 ? "base" : slot.label);
        values_set_if(link, "here", k == i);
    }
}

/* ---- all together ---- */

/* The text as it stands between double quotes in haproxy.cfg (configuration manual, 2.2). The caller frees it. */
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

/* Where templates are, and where problems with them are reported. */
struct renderer {
    const char *directory;
    struct problems *problems;
};

/* Fills the template with the values of the page, and adds the result to the pages that are served. */
static void add_page(struct values *metrics, const struct values *page, const struct renderer *renderer,
                     const char *template, const char *type, const char *path)
{
    struct values *row = values_row(metrics, "pages");
    struct text text;
    char *plain;
    char *string;

    text_begin(&text);
    template_write(text.stream, renderer->directory, template, page, renderer->problems);
    plain = text_end(&text);
    string = quoted(plain);
    values_set(row, "type", "%s", type);
    values_set(row, "path", "%s", path);
    values_set(row, "page", "%s", string);
    free(plain);
    free(string);
}

/* What the pages and the rules have of the clients that are counted by name. */
static void add_clients(struct values *values, bool counted)
{
    values_set_if(values, "counts_clients", counted);
    values_set(values, "clients_most", "%d", CLIENTS_MAX);
    values_list(values, "client_numbers");
    for (int i = 1; counted && i <= CLIENTS_MAX; i++)
        values_set(values_row(values, "client_numbers"), "number", "%d", i);
}

static void add_status_page(struct values *metrics, const struct environment *environment, size_t i,
                            const struct inventory *inventory, const struct renderer *renderer)
{
    struct slot slot = slot_of(environment, i);
    char path[sizeof "/profile/" + PROFILE_NAME_MAX];
    struct values *page;

    if (slot.profiles > 1)
        return;
    page = values_row(metrics, "status_pages");
    page_path(&slot, path);
    set_slot(page, &slot);
    values_set(page, "prefix", "%s", slot.first->prefix);
    values_set_if(page, "audits", has_mode(&slot, MODE_AUDIT));
    values_set_if(page, "base", i == 0);
    values_set_if(page, "client_table", i == 0 && environment->settings.client_names);
    add_clients(page, environment->settings.client_names);
    values_set(page, "profile", "%s", i == 0 ? "" : slot.label);
    add_links(page, environment, i);
    add_sections(page, &slot, inventory);
    add_page(metrics, page, renderer, "status.html", "text/html", path);
}

/* The Engines, and the backend in which their health is checked: with several, that of the base set. */
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

static void add_metrics(struct values *values, const struct environment *environment, const struct machine *machine,
                        const struct inventory *inventory, const struct renderer *renderer)
{
    struct values *metrics = values_row(values, "metrics");
    struct plan plan = make_plan(environment, inventory);

    values_set_if(values, "shares", plan.shares);
    values_set_if(values, "crowded", plan.crowded);
    set_binds(metrics, environment, machine, &environment->settings.metrics, "metrics");
    values_set(metrics, "metrics_connections", "%d", METRICS_CONNECTIONS);
    values_set(metrics, "metrics_rate", "%d", METRICS_RATE);
    add_engines(metrics, environment, machine);
    add_tables(metrics, environment, &plan);
    add_clients(metrics, environment->settings.client_names);
    values_set(metrics, "client_size", "%d", CLIENT_LENGTH_MAX + 1);
    values_set(metrics, "clients_size", "%d", CLIENTS_MAX + 1);
    for (size_t k = 0; k < slot_count(environment); k++) {
        struct slot slot = slot_of(environment, k);

        add_lines(metrics, &slot, inventory, &plan);
    }
    add_page(metrics, metrics, renderer, "metrics.txt", "text/plain; version=0.0.4", "/metrics");
    for (size_t k = 0; k < slot_count(environment); k++)
        add_status_page(metrics, environment, k, inventory, renderer);
}

void set_metrics(struct values *values, const struct environment *environment, const struct machine *machine,
                 const struct inventory *inventory, const char *directory, struct problems *problems)
{
    bool on = environment->settings.metrics.count > 0;

    values_list(values, "metrics");
    values_set(values, "maxconn_of_all", "%ld",
               machine->connections + CONNECTIONS_ANSWERED + HEALTH_CONNECTIONS + (on ? METRICS_CONNECTIONS : 0));
    values_set(values, "stick_counters", "%d", environment->settings.client_names ? 6 : 4);
    values_set_if(values, "counts_clients", on && environment->settings.client_names);
    values_set(values, "clients_most", "%d", CLIENTS_MAX);
    values_set(values, "client_length", "%d", CLIENT_LENGTH_MAX);
    values_set_if(values, "knows_begin", on || has_names(environment));
    if (on)
        add_metrics(values, environment, machine, inventory,
                    &(struct renderer){.directory = directory, .problems = problems});
}

void set_counts(struct values *backend, const struct environment *environment, size_t i)
{
    struct slot slot = slot_of(environment, i);

    /* Nothing is left to do with a request that the guard has passed. */
    values_set_if(backend, "ends_here",
                  environment->settings.metrics.count == 0 && environment->profiles[i].mode != MODE_AUDIT);
    if (environment->settings.metrics.count > 0)
        set_slot(backend, &slot);
    else
        values_set_if(backend, "counts", false);
}
