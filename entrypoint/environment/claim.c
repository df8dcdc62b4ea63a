/* Parses PROFILE_<NAME>_FROM. */
#include "environment/claim.h"

#include "base/host.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool shortest_form(const char *text, char *to, unsigned *bits)
{
    int family = strchr(text, ':') == NULL ? AF_INET : AF_INET6;

    *bits = family == AF_INET ? 32 : 128;
    return address_read(family, text, to, CLAIM_TEXT_MAX);
}

/* Clears the bits after the prefix: 172.20.0.7/16 is the network 172.20.0.0/16. */
static void mask_network(char *address, unsigned bits)
{
    unsigned char binary[sizeof(struct in6_addr)];
    int family = strchr(address, ':') == NULL ? AF_INET : AF_INET6;
    unsigned size = family == AF_INET ? 32 : 128;

    if (inet_pton(family, address, binary) != 1)
        abort(); /* inet_ntop wrote it */
    for (unsigned bit = bits; bit < size; bit++)
        binary[bit / 8] &= (unsigned char)~(0x80u >> bit % 8);
    inet_ntop(family, binary, address, CLAIM_TEXT_MAX);
}

static const char *read_network(struct claim *client, char *text)
{
    char *slash = strchr(text, '/');
    unsigned most;

    client->kind = CLAIM_NETWORK;
    *slash++ = '\0';
    if (!shortest_form(text, client->text, &most))
        return "the part before the slash is not an address";
    if (*slash == '\0' || strlen(slash) > 3 || strspn(slash, "0123456789") != strlen(slash))
        return "the part after the slash is not a prefix length";
    client->bits = (unsigned)strtoul(slash, NULL, 10);
    if (client->bits > most)
        return "the prefix is longer than the address";
    if (client->bits == most)
        client->kind = CLAIM_ADDRESS; /* a network of one address */
    mask_network(client->text, client->bits);
    return NULL;
}

static const char *read_certificate(struct claim *client, const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@:/+ ";

    client->kind = CLAIM_CERTIFICATE;
    if (*name == '\0' || strspn(name, allowed) != strlen(name))
        return "the common name is empty or has a special character";
    bounded_copy(client->text, sizeof client->text, name);
    return NULL;
}

static const char *read_dns_name(struct claim *client, const char *name)
{
    client->kind = CLAIM_DNS;
    if (!host_name_read(name, client->text))
        return "not a name of the DNS";
    if (strcmp(client->text, "localhost") == 0)
        return "not a name of the DNS; use 127.0.0.1 and ::1 for the proxy's own container";
    return NULL;
}

/* The names of containers, services and projects (API description, ContainerCreate: name), upper and lower case being
 * different. Names with an empty part between dots are slips. */
static bool is_name(const char *text, size_t length)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    const char *twice = strstr(text, "..");

    return length > 0 && strchr("_.-", text[0]) == NULL && strspn(text, allowed) >= length && text[length - 1] != '.' &&
           (twice == NULL || twice >= text + length);
}

static const char *read_service(struct claim *client, const char *text)
{
    const char *slash = strchr(text, '/');
    size_t project = slash != NULL ? (size_t)(slash - text) : 0;
    const char *name = slash != NULL ? slash + 1 : text;

    client->kind = CLAIM_SERVICE;
    if ((slash != NULL && !is_name(text, project)) || !is_name(name, strlen(name)))
        return "not service:NAME or service:PROJECT/NAME";
    bounded_copy(client->text, sizeof client->text, text);
    return NULL;
}

static const char *read_name(struct claim *client, const char *name)
{
    client->kind = CLAIM_NAME;
    /* Digits and dots are a mistyped address, not a name. */
    if ((strchr(name, '.') != NULL && strspn(name, "0123456789.") == strlen(name)) || !is_name(name, strlen(name)))
        return "neither the name of a container, nor an address, nor a CIDR, nor service:<name>, dns:<name> or "
               "cn:<common name>";
    if (strcasecmp(name, "localhost") == 0)
        return "not the name of a container; use 127.0.0.1 and ::1 for the proxy's own container";
    bounded_copy(client->text, sizeof client->text, name);
    return NULL;
}

static const char *read_client(struct claim *client, char *text)
{
    static const struct {
        enum claim_kind kind;
        const char *(*read)(struct claim *client, const char *text);
    } readers[] = {{CLAIM_CERTIFICATE, read_certificate}, {CLAIM_SERVICE, read_service}, {CLAIM_DNS, read_dns_name}};

    if (strlen(text) >= CLAIM_TEXT_MAX)
        return "too long";
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        size_t length = strlen(claim_prefix(readers[i].kind));

        if (strncmp(text, claim_prefix(readers[i].kind), length) == 0)
            return readers[i].read(client, text + length);
    }
    if (strchr(text, '/') != NULL)
        return read_network(client, text);
    client->kind = CLAIM_ADDRESS;
    if (shortest_form(text, client->text, &client->bits))
        return NULL;
    return read_name(client, text);
}

const char *claim_prefix(enum claim_kind kind)
{
    switch (kind) {
    case CLAIM_CERTIFICATE:
        return "cn:";
    case CLAIM_DNS:
        return "dns:";
    case CLAIM_SERVICE:
        return "service:";
    default:
        return "";
    }
}

/* Whether the entry after the last one repeats another. */
static bool is_repeated(const struct claims *clients)
{
    for (size_t i = 0; i < clients->count; i++)
        if (claim_equal(&clients->list[i], &clients->list[clients->count]))
            return true;
    return false;
}

void claims_read(struct claims *clients, const struct variables *variables, struct problems *problems)
{
    const char *value = variable(variables, "FROM");
    char **items;
    size_t count;

    clients->count = 0;
    if (value == NULL)
        return;
    items = list_split(value, ",", &count);
    for (size_t i = 0; i < count; i++) {
        const char *wrong;

        if (clients->count == CLAIMS_MAX) {
            problem(problems, "%sFROM: more than %d clients", variables->prefix, CLAIMS_MAX);
            break;
        }
        wrong = read_client(&clients->list[clients->count], items[i]);
        if (wrong != NULL)
            problem(problems, "%sFROM: %s: %s", variables->prefix, items[i], wrong);
        if (wrong != NULL || !is_repeated(clients))
            clients->count++;
    }
    list_free(items, count);
}

bool claim_equal(const struct claim *a, const struct claim *b)
{
    return a->kind == b->kind && strcmp(a->text, b->text) == 0 && (a->kind != CLAIM_NETWORK || a->bits == b->bits);
}
