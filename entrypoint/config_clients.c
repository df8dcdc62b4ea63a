#include "config_parts.h"

#include "bounded.h"
#include "machine.h"
#include "words.h"

#include <string.h>

/* ---- bind ---- */

/* (A resumed session shows a certificate that nobody has looked at again: it may have expired, and its key be another's.) */
static void write_tls(FILE *out, const struct settings *settings)
{
    fputs(" ssl crt @listeners/server alpn http/1.1 ssl-min-ver TLSv1.2 no-tls-tickets", out);
    if (settings_require_client_certificates(settings))
        fprintf(out, " ca-file %s/ca.pem verify required", settings->tls_cert_path);
}

static void write_bind(FILE *out, const struct settings *settings, const struct listener *listener,
                       const char *address, const char *option, const char *name)
{
    fprintf(out, "    bind %s:%u%s name %s", address, listener->port, option, name);
    if (listener->kind == LISTEN_TLS)
        write_tls(out, settings);
    fputc('\n', out);
}

static void write_socket(FILE *out, const struct listener *listener, const char *name)
{
    fprintf(out, "    bind unix@%s mode %04o", listener->address, listener->mode);
    if (listener->uid >= 0)
        fprintf(out, " uid %ld", listener->uid);
    if (listener->gid >= 0)
        fprintf(out, " gid %ld", listener->gid);
    fprintf(out, " name %s\n", name);
}

static void write_listener(FILE *out, const struct settings *settings, const struct listener *listener, bool ipv6,
                           const char *name)
{
    char bracketed[sizeof listener->address + 2];

    if (listener->kind == LISTEN_UNIX) {
        write_socket(out, listener, name);
    } else if (listener->address[0] == '\0' || strcmp(listener->address, "::") == 0) {
        /* Never one socket for both: an IPv4 client would then show an IPv6 address, which no profile claims. */
        write_bind(out, settings, listener, "0.0.0.0", "", name);
        if (ipv6)
            write_bind(out, settings, listener, "[::]", " v6only", name);
    } else if (strchr(listener->address, ':') != NULL) {
        snprintf(bracketed, sizeof bracketed, "[%s]", listener->address);
        write_bind(out, settings, listener, bracketed, "", name);
    } else {
        write_bind(out, settings, listener, listener->address, "", name);
    }
}

void write_binds(FILE *out, const struct environment *environment)
{
    bool ipv6 = !environment->settings.disable_ipv6 && machine_has_ipv6();

    for (size_t i = 0; i < environment->profile_count; i++) {
        const struct profile *profile = &environment->profiles[i];
        const struct listeners *listeners = environment_listeners(environment, i);

        for (size_t k = 0; k < listeners->count; k++)
            write_listener(out, &environment->settings, &listeners->list[k], ipv6, profile->backend);
    }
}

/* ---- which profile ---- */

/* HAProxy would also find an IPv4 address in some IPv6 ones (RFC 3056's 2002::/16, ::a.b.c.d), and IPv4 in ::/0. */
static bool is_v6(const struct client *client)
{
    return strchr(client->text, ':') != NULL;
}

/* A rule for all the profile's clients of one kind, which are static patterns of one sample. */
static void write_claims(FILE *out, const struct profile *profile, enum client_kind kind, bool v6, const char *sample,
                         const char *tail)
{
    char head[160];
    struct words words = {.out = out, .head = head, .tail = tail};

    bounded_format(head, sizeof head, "tcp-request session set-var(sess.profile,ifnotset) str(%s) if { %s",
                   profile_log_name(profile), sample);
    for (size_t k = 0; k < profile->clients.count; k++) {
        const struct client *client = &profile->clients.list[k];

        if (client->kind == kind && (kind == CLIENT_CERTIFICATE || is_v6(client) == v6))
            words_add(&words, client->text);
    }
    words_end(&words);
}

static void write_static(FILE *out, const struct environment *environment)
{
    for (size_t i = 1; i < environment->profile_count; i++)
        if (environment->profiles[i].listeners.count > 0)
            fprintf(out, "    tcp-request session set-var(sess.profile) str(%s) if { so_name %s }\n",
                    profile_log_name(&environment->profiles[i]), environment->profiles[i].backend);
    for (size_t i = 1; i < environment->profile_count; i++)
        write_claims(out, &environment->profiles[i], CLIENT_CERTIFICATE, false, "ssl_c_s_dn(cn) -m str --", " } !odd_cn");
    for (size_t i = 1; i < environment->profile_count; i++) {
        write_claims(out, &environment->profiles[i], CLIENT_ADDRESS, false, "src", " } !v6");
        write_claims(out, &environment->profiles[i], CLIENT_ADDRESS, true, "src", " } v6");
    }
}

/* Networks by the length of their prefix, the longest first. */
static void write_networks(FILE *out, const struct environment *environment)
{
    for (unsigned bits = 129; bits-- > 0;)
        for (size_t i = 1; i < environment->profile_count; i++) {
            const struct clients *clients = &environment->profiles[i].clients;

            for (size_t k = 0; k < clients->count; k++)
                if (clients->list[k].kind == CLIENT_NETWORK && clients->list[k].bits == bits)
                    fprintf(out, "    tcp-request session set-var(sess.network,ifnotset) str(%s) if { src %s/%u } %sv6\n",
                            profile_log_name(&environment->profiles[i]), clients->list[k].text, bits,
                            is_v6(&clients->list[k]) ? "" : "!");
        }
}

static bool claims_certificates(const struct environment *environment)
{
    for (size_t i = 1; i < environment->profile_count; i++)
        for (size_t k = 0; k < environment->profiles[i].clients.count; k++)
            if (environment->profiles[i].clients.list[k].kind == CLIENT_CERTIFICATE)
                return true;
    return false;
}

void write_identification(FILE *out, const struct environment *environment)
{
    if (environment->profile_count == 1)
        return;
    fputs("    # Whose profile counts is decided by the most specific claim: a listener of its own, a certificate, an address, a\n"
          "    # name, the narrowest network. A client of no profile gets the base set.\n",
          out);
    fputs("    acl v6 src -m sub :\n", out);
    if (claims_certificates(environment))
        fputs("    acl odd_cn ssl_c_s_dn(cn) -m reg [^\\x20-\\x7e] # strings are compared up to a NUL\n", out);
    write_static(out, environment);
    write_networks(out, environment);
    write_names(out, environment);
    fputs("    http-request set-var(txn.profile) var(sess.profile)\n"
          "    http-request set-var(txn.profile,ifnotset) var(sess.network)\n",
          out);
}
