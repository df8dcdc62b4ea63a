/* The values for the listeners, and for the rules that choose the profile of a client. */
#include "config/parts.h"

#include "config/patterns.h"

#include <stdlib.h>
#include <string.h>

/* ---- bind ---- */

static struct values *add_bind(struct values *values, const struct listener *listener, const char *backend,
                               const char *option)
{
    struct values *bind = values_row(values, "binds");

    values_set(bind, "backend", "%s", backend);
    values_set(bind, "option", "%s", option);
    values_set_if(bind, "tls", listener->kind == LISTEN_TLS);
    return bind;
}

static void add_socket(struct values *values, const struct listener *listener, const char *backend)
{
    struct text text;
    char *option;

    text_begin(&text);
    fprintf(text.stream, " mode %04o", listener->mode);
    if (listener->uid >= 0)
        fprintf(text.stream, " uid %ld", listener->uid);
    if (listener->gid >= 0)
        fprintf(text.stream, " gid %ld", listener->gid);
    option = text_end(&text);
    values_set(add_bind(values, listener, backend, option), "address", "unix@%s", listener->address);
    free(option);
}

static void add_listener(struct values *values, const struct listener *listener, bool ipv6, const char *backend)
{
    const char *address = listener->address;

    if (listener->kind == LISTEN_UNIX) {
        add_socket(values, listener, backend);
    } else if (address[0] == '\0' || strcmp(address, "::") == 0) {
        /* Never one socket for both: an IPv4 client would then show an IPv6 address, which no profile claims. */
        values_set(add_bind(values, listener, backend, ""), "address", "0.0.0.0:%u", listener->port);
        if (ipv6)
            values_set(add_bind(values, listener, backend, " v6only"), "address", "[::]:%u", listener->port);
    } else {
        values_set(add_bind(values, listener, backend, ""), "address",
                   strchr(address, ':') != NULL ? "[%s]:%u" : "%s:%u", address, listener->port);
    }
}

void set_binds(struct values *values, const struct environment *environment, const struct machine *machine,
               const struct listeners *listeners, const char *name)
{
    for (size_t k = 0; k < listeners->count; k++)
        add_listener(values, &listeners->list[k], !environment->settings.disable_ipv6 && machine->ipv6, name);
}

/* ---- which profile ---- */

/* HAProxy would also match an IPv4 address in some IPv6 ones (RFC 3056's 2002::/16, ::a.b.c.d), and IPv4 in ::/0. */
static bool is_v6(const struct claim *client)
{
    return strchr(client->text, ':') != NULL;
}

/* A row for all the profile's clients of one kind, which are static patterns of one sample. Returns whether there are
 * any. */
static bool add_claims(struct values *values, const char *list, const struct profile *profile, enum claim_kind kind,
                       bool v6)
{
    struct lines lines = {.values = values, .list = list};

    for (size_t k = 0; k < profile->clients.count; k++) {
        const struct claim *client = &profile->clients.list[k];

        if (client->kind == kind && (kind != CLAIM_ADDRESS || is_v6(client) == v6))
            lines_add(&lines, client->text);
    }
    if (!lines_end(&lines))
        return false;
    values_set(lines.values, "profile", "%s", profile_log_name(profile));
    values_set(lines.values, "not", v6 ? "" : "!");
    return true;
}

/* Networks by the length of their prefix, the longest first. */
static void add_networks(struct values *values, const struct environment *environment)
{
    for (unsigned bits = 129; bits-- > 0;)
        for (size_t i = 1; i < environment->profile_count; i++) {
            const struct profile *profile = &environment->profiles[i];

            for (size_t k = 0; k < profile->clients.count; k++) {
                const struct claim *client = &profile->clients.list[k];
                struct values *row;

                if (client->kind != CLAIM_NETWORK || client->bits != bits)
                    continue;
                row = values_row(values, "networks");
                values_set(row, "profile", "%s", profile_log_name(profile));
                values_set(row, "network", "%s/%u", client->text, bits);
                values_set(row, "not", is_v6(client) ? "" : "!");
            }
        }
}

void set_clients(struct values *values, const struct environment *environment, const struct machine *machine)
{
    bool certificates = false;
    const char *const lists[] = {"binds", "listener_claims", "certificate_claims", "address_claims", "networks"};

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        values_list(values, lists[i]);
    values_set_if(values, "client_ca", machine->client_ca);
    values_set_if(values, "profiles", environment->profile_count > 1 || environment->settings.profiles_from_labels);
    for (size_t i = 0; i < environment->profile_count; i++) {
        const struct profile *profile = &environment->profiles[i];

        set_binds(values, environment, machine, &profile->listeners, profile->backend);
        if (i == 0)
            continue;
        if (profile->listeners.count > 0) {
            struct values *row = values_row(values, "listener_claims");

            values_set(row, "profile", "%s", profile_log_name(profile));
            values_set(row, "backend", "%s", profile->backend);
        }
        certificates |= add_claims(values, "certificate_claims", profile, CLAIM_CERTIFICATE, false);
        add_claims(values, "address_claims", profile, CLAIM_ADDRESS, false);
        add_claims(values, "address_claims", profile, CLAIM_ADDRESS, true);
    }
    values_set_if(values, "claims_certificates", certificates);
    add_networks(values, environment);
}
