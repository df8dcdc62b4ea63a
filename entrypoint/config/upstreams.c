/* The values for the servers, their health checks and certificates. */
#include "config/parts.h"

#include <string.h>

static void set_host(struct values *row, const char *host, unsigned port)
{
    values_set(row, "address", strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, port);
}

static void add_certificates(struct values *values, const char *store, const char *alias, const char *directory)
{
    struct values *row = values_row(values, "certificates");

    values_set(row, "store", "%s", store);
    values_set(row, "alias", "%s", alias);
    values_set(row, "directory", "%s", directory);
}

void set_upstreams(struct values *values, const struct environment *environment, const struct machine *machine)
{
    const struct settings *settings = &environment->settings;
    const struct upstreams *upstreams = &settings->upstreams;
    bool tls = false;
    bool names = false;
    struct text list;

    text_begin(&list);
    for (size_t k = 0; k < upstreams->count; k++) {
        const struct upstream *upstream = &upstreams->list[k];
        char url[300];

        tls |= upstream->kind == UPSTREAM_TLS;
        names |= upstream_has_name(upstream);
        if (upstream->kind == UPSTREAM_UNIX || upstream_url(upstream, url, sizeof url))
            fprintf(list.stream, "%s%s", k == 0 ? "" : ", ", upstream->kind == UPSTREAM_UNIX ? upstream->host : url);
    }
    values_set_text(values, "upstreams", &list);
    values_set(values, "unreachable", "%s",
               machine->stale ? UPSTREAM_STALE
                              : "the socket is not mounted, the Engine is not running, or the proxy may not open it "
                                "(permissions)");
    values_set_if(values, "upstreams_have_names", names);
    /* HAProxy warns of a name server that it cannot reach yet; that must not stop the start. */
    values_set_if(values, "zero_warning", !names && !has_names(environment));
    for (size_t k = 0; k < machine->nameserver_count; k++) {
        struct values *row = values_row(values, "nameservers");

        values_set(row, "number", "%zu", k + 1);
        set_host(row, machine->nameservers[k], 53);
    }
    values_set(values, "retries", upstreams->count > 1 ? "2" : "0");
    values_list(values, "certificates");
    if (environment_listens_with_tls(environment))
        add_certificates(values, "listeners", "server", settings->tls_cert_path);
    if (tls)
        add_certificates(values, "upstreams", "client", settings->upstream_tls_cert_path);
}

static void add_servers(struct values *backend, const struct environment *environment, const struct machine *machine,
                        bool checks, bool tracks)
{
    const struct upstreams *upstreams = &environment->settings.upstreams;

    values_set_if(backend, "checks_health", checks);
    for (size_t k = 0; k < upstreams->count; k++) {
        const struct upstream *upstream = &upstreams->list[k];
        struct values *server = values_row(backend, "servers");

        values_set(server, "number", "%zu", k + 1);
        if (upstream->kind == UPSTREAM_UNIX)
            values_set(server, "address", "unix@%s", upstream->host);
        else
            set_host(server, upstream->host, upstream->port);
        values_set(server, "host", "%s", upstream->host);
        values_set(server, "first_address", "%s", upstream_has_name(upstream) ? machine->first_addresses[k] : "");
        values_set_if(server, "tls", upstream->kind == UPSTREAM_TLS);
        values_set_if(server, "checks", checks);
        values_set_if(server, "tracks", tracks);
        values_set_if(server, "backup", k > 0);
    }
}

void set_servers(struct values *backend, const struct environment *environment, const struct machine *machine, size_t i)
{
    bool several = environment->settings.upstreams.count > 1;

    add_servers(backend, environment, machine, several && i == 0, several && i > 0);
}

void set_checked_server(struct values *backend, const struct environment *environment, const struct machine *machine)
{
    add_servers(backend, environment, machine, true, false);
}
