/* haproxy.cfg: the templates, with what follows from the environment, the machine and the inventory. */
#include "config.h"

#include "config_parts.h"
#include "facts.h"
#include "request.h"
#include "values.h"

#include <stdlib.h>
#include <string.h>

#define BUFFERS_KEPT 32

#define JSON_TIME(sample) "%%(time)[" sample ",ms_ltime(\"%%Y-%%m-%%dT%%H:%%M:%%S%%z\")]"

/* One line for each request. */
static void write_log_format(FILE *out, enum log_format format, bool profiles)
{
    if (format == LOG_TEXT)
        fprintf(out, "\"%%[var(txn.verdict,Refused)]: %%[var(txn.path,-)] %%HM %%ci:%%cp%s %%[var(txn.detail,-)] %%ST %%[txn.timer.user]ms\"",
                profiles ? " profile=%[var(txn.profile,-)]" : "");
    else
        fprintf(out,
                "'%%{+json}o" JSON_TIME("accept_date(ms)") "%%(verdict)[var(txn.verdict,Refused)]%%(path)[var(txn.path,-)]%%(method)HM"
                "%%(client)[src]%%(client_port:sint)[src_port]%s%%(detail)[var(txn.detail,-)]%%(status:sint)ST"
                "%%(duration_ms:sint)[txn.timer.user]'",
                profiles ? "%(profile)[var(txn.profile,-)]" : "");
}

/* Why there is no request. Where nothing is wrong with the connection (HAProxy's word for it is "Success"), HAProxy has refused
 * what came through it before any rule could see it, and does not say more. */
#define NO_REQUEST_BECAUSE \
    "fc_err_str,regsub(\"^Success$\",\"no request: its head is larger than 64 KiB, is not valid HTTP/1.1, or did not come whole and in time\")"

_Static_assert(HEAD_MAX / 1024 == 64, "NO_REQUEST_BECAUSE says how large a head may be");

/* The same for a connection that does not come to a request: a TLS handshake that fails, a head that HAProxy cannot read. */
static void write_error_log_format(FILE *out, enum log_format format)
{
    if (format == LOG_TEXT)
        fputs("'Refused: - - %ci:%cp %[" NO_REQUEST_BECAUSE "]%{-M}[ssl_fc_err_str,regsub(\"^\",\": \")]'", out);
    else
        fprintf(out, "'%%{+json}o" JSON_TIME("date(0,ms)") "%%(verdict)[str(Refused)]%%(client)[src]%%(client_port:sint)[src_port]"
                     "%%(detail)[" NO_REQUEST_BECAUSE "]%%(tls)[ssl_fc_err_str]'");
}

static void write_credentials(FILE *out, const struct credentials *credentials)
{
    if (credentials->drop)
        fprintf(out, "    uid %u\n    gid %u\n", (unsigned)credentials->uid, (unsigned)credentials->gid);
}

static void write_resolvers(FILE *out, const struct environment *environment)
{
    write_name_resolvers(out, environment);
    write_upstream_resolvers(out, &environment->settings.upstreams);
}

/* A client that opens connections without end is cut off before it can take those of the others. Clients of a Unix socket
 * have no address; each such socket counts as one client. */
static void write_connection_limit(FILE *out, const struct environment *environment, const struct machine *machine)
{
    long limit = environment->settings.max_connections_per_client;

    if (limit == 0)
        limit = machine->connections / 4 > 8 ? machine->connections / 4 : 8;
    fprintf(out,
            "    stick-table type ipv6 size 100k expire 5m store conn_cur%s\n"
            "    tcp-request connection track-sc1 src\n"
            "    tcp-request connection track-sc1 so_id # without an address: the listener\n"
            "    tcp-request connection reject if { sc1_conn_cur gt %ld }\n",
            needs_resolvers(environment) ? ",gpt(3)" : "", limit);
}

/* 429 as the Engine would shape it. Only what is let through counts, so that a client that keeps asking gets its rate and no
 * less; each Unix socket counts as one client. */
static void write_rate_limit(FILE *out, const struct profile *profile)
{
    if (profile->rate_limit > 0)
        fprintf(out,
                "    stick-table type ipv6 size 100k expire 10s store gpc0,gpc0_rate(1s)\n"
                "    http-request track-sc0 src\n"
                "    http-request track-sc0 so_id # without an address: the listener\n"
                "    acl too_many sc0_gpc0_rate ge %ld # of those that were let through\n"
                "    http-request set-var-fmt(txn.detail) 'more than %ld requests a second, see %sRATE_LIMIT' if too_many\n"
                "    http-request return status 429 content-type application/json hdr Retry-After 1 string '{\"message\":\"docker-socket-proxy: more than %ld requests a second; try again later, or see %sRATE_LIMIT\"}' if too_many\n"
                "    http-request sc-inc-gpc0(0)\n",
                profile->rate_limit, profile->rate_limit, profile->prefix, profile->rate_limit, profile->prefix);
}

static void set_path(char *path, size_t size, const char *data_dir, const char *file, struct problems *problems)
{
    if ((size_t)snprintf(path, size, "%s/%s", data_dir, file) >= size)
        problem(problems, "DATA_DIR=%s: the path is too long", data_dir);
}

static bool is_guarded(const void *profile, const char *operation_id)
{
    for (size_t i = 0; i < operation_count; i++)
        if (strcmp(operations[i].id, operation_id) == 0)
            return profile_guards(profile, i);
    return false;
}

static void write_guard(FILE *out, struct definitions *definitions, const struct environment *environment, const struct inventory *inventory,
                        const struct profile *profile, struct problems *problems)
{
    struct facts facts;
    char members_map[4096];

    facts_read(&facts, inventory);
    set_path(members_map, sizeof members_map, environment->settings.data_dir, "haproxy/members.map", problems);
    guard_write_rules(out, definitions, profile->guard, &facts.known, members_map, is_guarded, profile);
    facts_free(&facts);
}

/* Whether a guard looks at anything that is open. */
static bool guards_something(const struct profile *profile)
{
    for (size_t i = 0; i < operation_count; i++)
        if (profile_guards(profile, i))
            return true;
    return false;
}

/* A head must fit a buffer, and so must a body that is judged. Each thread keeps as
 * many of them as its busy connections take: by default it would keep two, and ask the system for the others each time. */
static void write_tuning(FILE *out, const struct environment *environment)
{
    long size = HEAD_ROOM;

    for (size_t i = 0; i < environment->profile_count; i++) {
        const struct profile *profile = &environment->profiles[i];

        if (guards_something(profile) && guard_buffer_size(profile->guard) > size)
            size = guard_buffer_size(profile->guard);
    }
    if (environment_listens_with_tls(environment))
        fputs("    tune.ssl.cachesize 0             # no session is resumed, see no-tls-tickets: each handshake proves the certificate anew\n", out);
    fprintf(out, "    tune.bufsize %ld\n    tune.memory.hot-size %ld\n", size, BUFFERS_KEPT * size);
}

static void write_backend(FILE *out, struct definitions *definitions, const struct environment *environment,
                          const struct machine *machine, const struct inventory *inventory, size_t i, struct problems *problems)
{
    const struct profile *profile = &environment->profiles[i];
    struct values values = {.count = 0};
    struct text text;
    char path[4096];

    values_set(&values, "backend", profile->backend);
    values_set(&values, "prefix", profile->prefix);
    values_set(&values, "data_dir", environment->settings.data_dir);
    text_begin(&text);
    write_protection(text.stream, profile, inventory);
    values_set_text(&values, "protection", &text);
    text_begin(&text);
    write_guard(text.stream, definitions, environment, inventory, profile, problems);
    values_set_text(&values, "guard", &text);
    text_begin(&text);
    write_open(text.stream, &profile->permissions);
    values_set_text(&values, "open", &text);
    text_begin(&text);
    write_rate_limit(text.stream, profile);
    values_set_text(&values, "rate_limit", &text);
    text_begin(&text);
    write_hints(text.stream, profile);
    values_set_text(&values, "hints", &text);
    text_begin(&text);
    write_faults(text.stream);
    values_set_text(&values, "faults", &text);
    text_begin(&text);
    if (i == 0)
        write_checks(text.stream, &environment->settings.upstreams);
    values_set_text(&values, "checks", &text);
    text_begin(&text);
    write_servers(text.stream, &environment->settings, machine, i);
    values_set_text(&values, "servers", &text);
    set_path(path, sizeof path, environment->settings.data_dir, "templates/backend.cfg", problems);
    template_write(out, path, values.table, problems);
    values_free(&values);
}

static void set_global(struct values *values, const struct environment *environment, const struct machine *machine)
{
    const struct settings *settings = &environment->settings;
    struct text text;

    values_set(values, "version", VERSION);
    values_set(values, "log_level", settings->log_level);
    values_set(values, "data_dir", settings->data_dir);
    values_set(values, "retries", settings->upstreams.count > 1 ? "2" : "0");
    values_set_number(values, "maxconn", machine->connections);
    /* (The clocks of several threads differ by milliseconds, in which an answer that one has just had counts as new for
     * another, see config_names.c.) */
    values_set_number(values, "nbthread", needs_resolvers(environment) ? 1 : machine->threads);
    text_begin(&text);
    write_credentials(text.stream, &machine->credentials);
    values_set_text(values, "credentials", &text);
    text_begin(&text);
    if (needs_resolvers(environment))
        fputs("    set-var proc.begin date\n", text.stream);
    write_tuning(text.stream, environment);
    values_set_text(values, "tuning", &text);
    text_begin(&text);
    write_upstream_names(text.stream, &settings->upstreams);
    values_set_text(values, "upstreams", &text);
    text_begin(&text);
    write_certificates(text.stream, environment);
    values_set_text(values, "certificates", &text);
    text_begin(&text);
    write_resolvers(text.stream, environment);
    values_set_text(values, "resolvers", &text);
}

static void set_frontend(struct values *values, const struct environment *environment, const struct machine *machine)
{
    const struct settings *settings = &environment->settings;
    struct text text;

    values_set(values, "malformed_path", MALFORMED_PATH);
    values_set(values, "malformed_libpod", MALFORMED_LIBPOD);
    values_set(values, "version_prefix", VERSION_PREFIX);
    values_set(values, "libpod_prefix", LIBPOD_PREFIX);
    values_set_number(values, "path_length_over", PATH_LENGTH_MAX + 1);
    values_set_number(values, "min_api_minor", settings->min_api_minor);
    text_begin(&text);
    write_binds(text.stream, environment, machine);
    values_set_text(values, "binds", &text);
    text_begin(&text);
    write_log_format(text.stream, settings->log_format, environment->profile_count > 1);
    values_set_text(values, "log_format", &text);
    text_begin(&text);
    write_error_log_format(text.stream, settings->log_format);
    values_set_text(values, "error_log_format", &text);
    text_begin(&text);
    write_connection_limit(text.stream, environment, machine);
    values_set_text(values, "connection_limit", &text);
    text_begin(&text);
    write_identification(text.stream, environment, machine);
    values_set_text(values, "identification", &text);
    values_set(values, "choice",
               environment->profile_count == 1
                   ? ""
                   : "    use_backend profile_%[var(txn.profile)] if { var(txn.profile) -m found }");
}

static void write_config(FILE *out, const struct environment *environment, const struct machine *machine,
                         const struct inventory *inventory, struct problems *problems)
{
    struct values values = {.count = 0};
    struct definitions *definitions = definitions_new();
    struct text text;
    char path[4096];

    set_global(&values, environment, machine);
    set_frontend(&values, environment, machine);
    text_begin(&text);
    for (size_t i = 0; i < environment->profile_count && problems->count == 0; i++)
        write_backend(text.stream, definitions, environment, machine, inventory, i, problems);
    write_presence(text.stream, environment, machine);
    values_set_text(&values, "backends", &text);
    text_begin(&text);
    definitions_write(text.stream, definitions);
    values_set_text(&values, "definitions", &text);
    definitions_free(definitions);
    set_path(path, sizeof path, environment->settings.data_dir, "templates/haproxy.cfg", problems);
    template_write(out, path, values.table, problems);
    values_free(&values);
}

char *config_text(const struct environment *environment, const struct machine *machine, const struct inventory *inventory,
                  struct problems *problems)
{
    struct text text;
    char *bytes;

    text_begin(&text);
    write_config(text.stream, environment, machine, inventory, problems);
    bytes = text_end(&text);
    if (problems->count == 0)
        return bytes;
    free(bytes);
    return NULL;
}

void config_write_map(FILE *out)
{
    fputs("# METHOD and path without version -> operationId. Made from entrypoint/operations.def by `make maps`;\n"
          "# the first match counts.\n",
          out);
    for (size_t i = 0; i < operation_count; i++) {
        char regex[OPERATION_REGEX_MAX];

        operation_regex(&operations[i], regex);
        fprintf(out, "%s %s\n", regex, operations[i].id);
    }
}

void config_write_variables_map(FILE *out)
{
    fputs("# operationId -> the variable that decides it alone. Made from entrypoint/operations.def by `make maps`.\n", out);
    for (size_t i = 0; i < operation_count; i++) {
        char own[OPERATION_NAME_MAX];

        operation_own_variable(&operations[i], own);
        if (!operation_repeats(i))
            fprintf(out, "%s %s\n", operations[i].id, own);
    }
}

void config_write_kinds_map(FILE *out)
{
    static const char *const names[] = {[PLAIN] = NULL, [STREAM] = "stream", [UPGRADE] = "upgrade"};

    fputs("# operationId -> stream, if it lasts as long as its client; upgrade, if it also leaves HTTP. Made from\n"
          "# entrypoint/operations.def by `make maps`.\n",
          out);
    for (size_t i = 0; i < operation_count; i++)
        if (names[operations[i].kind] != NULL && !operation_repeats(i))
            fprintf(out, "%s %s\n", operations[i].id, names[operations[i].kind]);
}
