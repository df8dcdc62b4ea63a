/* Renders haproxy.cfg: the templates with values from the environment, the machine and the inventory. */
#include "config/config.h"

#include "base/host.h"
#include "config/parts.h"
#include "inventory/facts.h"
#include "policy/router.h"
#include "policy/routes.h"

#include <limits.h>
#include <stdlib.h>

#define KEPT (64 * HEAD_ROOM) /* bytes of buffers */

/* What the log says of a connection whose first bytes HAProxy cannot read as a request. */
#define NO_REQUEST                                                                                                   \
    "no request: its head is larger than %ld KiB, is not valid HTTP/1.1 (such as TLS on a tcp:// listener), or did " \
    "not come whole and in time"

/* The part of a method that the answer and the log show. Unit: bytes. */
#define METHOD_LENGTH_MAX 64

/* The ids of the operations that the profile's guard judges, ended by NULL. The caller frees the list. */
static const char **guarded_operations(const struct profile *profile)
{
    const char **ids = calloc(operation_count + 1, sizeof *ids);
    size_t count = 0;

    if (ids == NULL)
        abort();
    for (size_t i = 0; i < operation_count; i++)
        if (profile_guards(profile, i))
            ids[count++] = operations[i].id;
    return ids;
}

/* Returns the buffer, in bytes, that the bodies which the guard judges need; 0 if it judges none. */
static long add_guard(struct values *backend, struct definitions *definitions, const struct inventory *inventory,
                      const struct profile *profile)
{
    const char **ids = guarded_operations(profile);
    long buffer_size = ids[0] != NULL ? guard_buffer_size(profile->guard) : 0;
    struct facts facts;

    facts_read(&facts, inventory);
    set_guard(backend, definitions, profile->guard, &facts.known, ids);
    facts_free(&facts);
    free(ids);
    return buffer_size;
}

static void set_global(struct values *values, const struct environment *environment, const struct machine *machine)
{
    const struct settings *settings = &environment->settings;

    values_set(values, "version", VERSION);
    values_set(values, "data_dir", "%s", settings->data_dir);
    values_set(values, "log_level", "%s", settings->log_level);
    values_set(values, "maxconn", "%ld", machine->connections + CONNECTIONS_ANSWERED);
    values_set(values, "health_connections", "%d", HEALTH_CONNECTIONS);
    values_set_if(values, "drop", machine->credentials.drop);
    values_set(values, "uid", "%u", (unsigned)machine->credentials.uid);
    values_set(values, "gid", "%u", (unsigned)machine->credentials.gid);
    values_set_if(values, "audits", environment_audits(environment));
    values_set_if(values, "listens_with_tls", environment_listens_with_tls(environment));
    values_set(values, "tls_directory", "%s", settings->tls_cert_path != NULL ? settings->tls_cert_path : "");
    values_set(values, "upstream_tls_directory", "%s",
               settings->upstream_tls_cert_path != NULL ? settings->upstream_tls_cert_path : "");
}

static void set_route(struct values *values, const char *name, enum route_paths paths, long min_api_minor)
{
    char *regex = route_regex(paths, min_api_minor);

    values_set(values, name, "%s", regex);
    free(regex);
}

static void set_frontend(struct values *values, const struct environment *environment, const struct machine *machine)
{
    const struct settings *settings = &environment->settings;
    long share = settings->max_connections_per_client;
    const long half = machine->connections / 2;

    /* A client that opens more and more connections is cut off before it takes those of the others. Clients of a Unix
     * socket have no address; each such socket counts as one client. */
    if (share == 0)
        share = machine->connections / 4 > 8 ? machine->connections / 4 : 8;
    values_set(values, "share", "%ld", share);
    values_set(values, "most", "%ld", share + (share / 8 > 4 ? share / 8 : 4)); /* those over the share get an answer */
    /* The shares of many clients together are more than all connections. So a share falls with what is free, once half
     * is taken. One that is larger than half cannot: its owner could not reach it alone. */
    values_set_if(values, "shares_fall", share <= half);
    values_set(values, "connections", "%ld", machine->connections);
    values_set(values, "half", "%ld", half);
    values_set_if(values, "log_text", settings->log_format == LOG_TEXT);
    values_set_if(values, "log_json", settings->log_format == LOG_JSON);
    /* Only these two need the variable that would allow a request, beside the text that names it. */
    values_set_if(values, "variables", settings->log_format == LOG_JSON || environment_audits(environment));
    values_set(values, "no_request", NO_REQUEST, HEAD_MAX / 1024);
    values_set(values, "malformed_path", "%s", MALFORMED_PATH);
    values_set(values, "malformed_libpod", "%s", MALFORMED_LIBPOD);
    set_route(values, "route", ENGINE_PATHS, settings->min_api_minor);
    set_route(values, "route_libpod", LIBPOD_PATHS, settings->min_api_minor);
    values_set(values, "version_prefix", "%s", VERSION_PREFIX);
    values_set(values, "libpod_prefix", "%s", LIBPOD_PREFIX);
    values_set(values, "method_length", "%d", METHOD_LENGTH_MAX);
    values_set(values, "path_length_rest", "%d", PATH_LENGTH_MAX - 1);
    values_set(values, "path_length_over", "%d", PATH_LENGTH_MAX + 1);
    values_set(values, "fault_target", "%s", FAULT_TARGET);
    values_set(values, "no_permission", "%s", NO_PERMISSION);
    values_set(values, "min_api_minor", "%ld", settings->min_api_minor);
}

/* Returns the buffer, in bytes, that the profile's guard and its redaction need. */
static long add_backend(struct values *values, struct definitions *definitions, const struct environment *environment,
                        const struct machine *machine, const struct inventory *inventory, char *const *plain, size_t i)
{
    const struct profile *profile = &environment->profiles[i];
    struct values *backend = values_row(values, "backends");
    long for_answers = set_redaction(backend, profile);
    long for_bodies = add_guard(backend, definitions, inventory, profile);

    values_set(backend, "backend", "%s", profile->backend);
    values_set(backend, "prefix", "%s", profile->prefix);
    /* Only requests within the limit count, so that a client that does not slow down still gets its rate. */
    values_set(backend, "rate_limit", profile->rate_limit > 0 ? "%ld" : "", profile->rate_limit);
    set_permissions(backend, profile, inventory, plain);
    set_counts(backend, environment, i);
    set_protection(backend, profile, inventory);
    set_targets(backend, profile, inventory);
    set_lost(backend, profile, inventory);
    set_servers(backend, environment, machine, i);
    return for_answers > for_bodies ? for_answers : for_bodies;
}

/* A head must fit a buffer, and so must a body or an answer that is judged. Each thread keeps as many as its busy
 * connections need: by default it would keep two, and allocate the others each time. */
static void add_backends(struct values *values, struct definitions *definitions, const struct environment *environment,
                         const struct machine *machine, const struct inventory *inventory)
{
    char **plain = plain_answers();
    long buffer_size = HEAD_ROOM;
    long kept;

    for (size_t i = 0; i < environment->profile_count; i++) {
        long needed = add_backend(values, definitions, environment, machine, inventory, plain, i);

        buffer_size = needed > buffer_size ? needed : buffer_size;
    }
    /* A buffer that is not kept is a new mapping each time. What is kept does not go back to the system. */
    kept = 2 * buffer_size > KEPT ? 2 * buffer_size : KEPT;
    values_set(values, "buffer_size", "%ld", buffer_size);
    values_set(values, "buffers_size", "%ld", kept);
    plain_answers_free(plain);
}

char *config_text(const struct environment *environment, const struct machine *machine,
                  const struct inventory *inventory, struct problems *problems)
{
    struct values *values = values_new();
    struct definitions *definitions = definitions_new();
    char directory[PATH_MAX];
    struct text text;
    char *bytes;

    set_global(values, environment, machine);
    set_upstreams(values, environment, machine);
    set_frontend(values, environment, machine);
    set_clients(values, environment, machine);
    set_names(values, environment, machine);
    set_identities(values, environment, inventory);
    add_backends(values, definitions, environment, machine, inventory);
    set_definitions(values, definitions);
    definitions_free(definitions);
    text_begin(&text);
    if (path_join(directory, environment->settings.data_dir, "templates")) {
        set_metrics(values, environment, machine, inventory, directory, problems);
        template_write(text.stream, directory, "haproxy.cfg", values, problems);
    } else {
        problem(problems, "DATA_DIR=%s: the path is too long", environment->settings.data_dir);
    }
    values_free(values);
    bytes = text_end(&text);
    if (problems->count == 0)
        return bytes;
    free(bytes);
    return NULL;
}
