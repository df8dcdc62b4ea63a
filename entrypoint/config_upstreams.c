/* Where requests go: servers, their health checks and certificates. */
#include "config_parts.h"

#include <string.h>

static void write_address(FILE *out, const struct upstream *upstream)
{
    if (upstream->kind == UPSTREAM_UNIX)
        fprintf(out, "unix@%s", upstream->host);
    else
        fprintf(out, strchr(upstream->host, ':') != NULL ? "[%s]:%u" : "%s:%u", upstream->host, upstream->port);
}

void write_upstream_resolvers(FILE *out, const struct upstreams *upstreams)
{
    bool names = false;

    for (size_t k = 0; k < upstreams->count; k++)
        names |= upstream_has_name(&upstreams->list[k]);
    if (names)
        fputs("\n# For the Engines: a name that the DNS does not know (it may come from /etc/hosts), or not now, keeps its address.\n"
              "resolvers upstream_dns\n"
              "    parse-resolv-conf\n"
              "    hold valid 5s\n"
              "    hold nx 24d\n"
              "    hold refused 24d\n"
              "    hold timeout 24d\n"
              "    hold other 24d\n",
              out);
}

void write_servers(FILE *out, const struct settings *settings, const struct machine *machine, size_t i)
{
    const struct upstreams *upstreams = &settings->upstreams;
    bool several = upstreams->count > 1;

    for (size_t k = 0; k < upstreams->count; k++) {
        const struct upstream *upstream = &upstreams->list[k];

        fprintf(out, "    server engine%zu ", k + 1);
        write_address(out, upstream);
        if (upstream_has_name(upstream))
            fprintf(out, " resolvers upstream_dns init-addr %s", machine->first_addresses[k]);
        if (upstream->kind == UPSTREAM_TLS)
            fprintf(out, " ssl verify required ca-file %s/ca.pem crt @upstreams/client verifyhost %s ssl-min-ver TLSv1.2",
                    settings->upstream_tls_cert_path, upstream->host);
        if (upstream->kind == UPSTREAM_TLS && upstream_has_name(upstream))
            fprintf(out, " sni str(%s) check-sni %s", upstream->host, upstream->host);
        if (several && i == 0)
            fputs(" check", out);
        if (several && i > 0)
            fprintf(out, " track engine/engine%zu", k + 1);
        if (k > 0)
            fputs(" backup", out);
        fputc('\n', out);
    }
}

void write_checks(FILE *out, const struct upstreams *upstreams)
{
    if (upstreams->count == 1)
        return;
    fputs("    # The first Engine that answers GET /_ping gets the requests; the others stand by.\n"
          "    option httpchk\n"
          "    http-check send meth GET uri /_ping ver HTTP/1.1 hdr host docker\n"
          "    http-check expect status 200\n"
          "    default-server inter 2s fastinter 500ms downinter 1s fall 2 rise 1\n",
          out);
}

void write_upstream_names(FILE *out, const struct upstreams *upstreams)
{
    for (size_t k = 0; k < upstreams->count; k++) {
        char url[300];

        if (upstreams->list[k].kind == UPSTREAM_UNIX)
            fprintf(out, "%s%s", k == 0 ? "" : ", ", upstreams->list[k].host);
        else if (upstream_url(&upstreams->list[k], url, sizeof url))
            fprintf(out, "%s%s", k == 0 ? "" : ", ", url);
    }
}

static void write_store(FILE *out, const char *name, const char *alias, const char *directory)
{
    fprintf(out, "\ncrt-store %s\n    load crt %s/cert.pem key %s/key.pem alias %s\n", name, directory, directory, alias);
}

void write_certificates(FILE *out, const struct environment *environment)
{
    const struct settings *settings = &environment->settings;
    bool upstreams = false;

    for (size_t k = 0; k < settings->upstreams.count; k++)
        upstreams |= settings->upstreams.list[k].kind == UPSTREAM_TLS;
    if (environment_listens_with_tls(environment))
        write_store(out, "listeners", "server", settings->tls_cert_path);
    if (upstreams)
        write_store(out, "upstreams", "client", settings->upstream_tls_cert_path);
}
