#include "config_parts.h"

#include "bounded.h"
#include "machine.h"
#include "words.h"

#include <ctype.h>
#include <string.h>

/* ---- bind ---- */

static void write_tls(FILE *out, const struct settings *settings)
{
    fputs(" ssl crt @listeners/server alpn http/1.1 ssl-min-ver TLSv1.2", out);
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
    bool ipv6 = environment->settings.ipv6 && machine_has_ipv6();

    for (size_t i = 0; i < environment->profile_count; i++) {
        const struct profile *profile = &environment->profiles[i];
        const struct listeners *listeners = i == 0 ? &environment->settings.listeners : &profile->listeners;

        for (size_t k = 0; k < listeners->count; k++)
            write_listener(out, &environment->settings, &listeners->list[k], ipv6, profile->backend);
    }
}

/* ---- which profile ---- */

/* The profile's name as sess.profile has it, in small letters. */
static const char *session_name(const struct profile *profile)
{
    return profile->backend + strlen("profile_");
}

/* A rule for all the profile's clients of one kind, which are static patterns of one sample. */
static void write_claims(FILE *out, const struct profile *profile, enum client_kind kind, const char *sample)
{
    char head[160];
    struct words words = {.out = out, .head = head, .tail = " }"};

    bounded_format(head, sizeof head, "tcp-request session set-var(sess.profile,ifnotset) str(%s) if { %s",
                   session_name(profile), sample);
    for (size_t k = 0; k < profile->clients.count; k++)
        if (profile->clients.list[k].kind == kind)
            words_add(&words, profile->clients.list[k].text);
    words_end(&words);
}

static void write_static(FILE *out, const struct environment *environment)
{
    for (size_t i = 1; i < environment->profile_count; i++)
        if (environment->profiles[i].listeners.count > 0)
            fprintf(out, "    tcp-request session set-var(sess.profile) str(%s) if { so_name %s }\n",
                    session_name(&environment->profiles[i]), environment->profiles[i].backend);
    for (size_t i = 1; i < environment->profile_count; i++)
        write_claims(out, &environment->profiles[i], CLIENT_CERTIFICATE, "ssl_c_s_dn(cn) -m str --");
    for (size_t i = 1; i < environment->profile_count; i++)
        write_claims(out, &environment->profiles[i], CLIENT_ADDRESS, "src");
}

/* Names are asked for when a connection needs them; the resolvers keep an answer for two seconds. */
static void write_names(FILE *out, const struct environment *environment)
{
    unsigned number = 0;

    for (size_t i = 1; i < environment->profile_count; i++) {
        const struct clients *clients = &environment->profiles[i].clients;

        for (size_t k = 0; k < clients->count; k++) {
            if (clients->list[k].kind != CLIENT_NAME)
                continue;
            number++;
            fprintf(out,
                    "    tcp-request content do-resolve(sess.address_%u,container_dns,ipv4) str(%s) if { src 0.0.0.0/0 } !own !{ var(sess.profile) -m found }\n"
                    "    tcp-request content do-resolve(sess.address_%u,container_dns,ipv6) str(%s) if { src ::/0 } !{ src 0.0.0.0/0 } !own !{ var(sess.profile) -m found }\n"
                    "    tcp-request content set-var(sess.profile,ifnotset) str(%s) if { src,strcmp(sess.address_%u) eq 0 }\n",
                    number, clients->list[k].text, number, clients->list[k].text,
                    session_name(&environment->profiles[i]), number);
        }
    }
}

/* Networks by the length of their prefix, the longest first. */
static void write_networks(FILE *out, const struct environment *environment, const char *ruleset)
{
    for (unsigned bits = 129; bits-- > 0;)
        for (size_t i = 1; i < environment->profile_count; i++) {
            const struct clients *clients = &environment->profiles[i].clients;

            for (size_t k = 0; k < clients->count; k++)
                if (clients->list[k].kind == CLIENT_NETWORK && clients->list[k].bits == bits)
                    fprintf(out, "    tcp-request %s set-var(sess.profile,ifnotset) str(%s) if { src %s/%u }\n", ruleset,
                            session_name(&environment->profiles[i]), clients->list[k].text, bits);
        }
}

bool needs_resolvers(const struct environment *environment)
{
    for (size_t i = 1; i < environment->profile_count; i++)
        for (size_t k = 0; k < environment->profiles[i].clients.count; k++)
            if (environment->profiles[i].clients.list[k].kind == CLIENT_NAME)
                return true;
    return false;
}

void write_identification(FILE *out, const struct environment *environment)
{
    bool names = needs_resolvers(environment);

    if (environment->profile_count == 1)
        return;
    fputs("    # Whose profile counts is decided once a connection, by the most specific claim: a listener of its own, a\n"
          "    # certificate, an address, a name, the narrowest network. A client of no profile gets the base set.\n",
          out);
    write_static(out, environment);
    if (names) {
        fputs("    acl own src 127.0.0.0/8 ::1 # the health check, which must not wait for a DNS that is slow\n"
              "    tcp-request inspect-delay 10s\n"
              "    tcp-request content accept if { var(sess.identified) -m bool }\n",
              out);
        write_names(out, environment);
    }
    write_networks(out, environment, names ? "content" : "session");
    if (names)
        fputs("    tcp-request content set-var(sess.identified) bool(true)\n", out);
}
