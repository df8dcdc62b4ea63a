/* `--from CONTAINER`: which profile the requests of a container have, and why. */
#include "command/from.h"

#include "base/host.h"
#include "base/text.h"
#include "config/maps.h"
#include "inventory/images.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define HOPS_MAX 8 /* containers that use each other's network, one after another */

/* What is known of the asked container. */
struct asker {
    const struct maps_of *of;
    const struct containers *containers;
    const struct known_container *container; /* whose network it uses */
    const struct known_container *own;       /* the proxy's; NULL: not known, or it runs in none */
    const char *address;                     /* that was asked for; NULL: another reference */
};

/* A profile and the reason why a request has it. */
struct choice {
    const struct profile *profile; /* NULL: none is certain */
    char why[CLAIM_TEXT_MAX + 256];
};

static const char *name_of(const struct known_container *container)
{
    return inventory_container_name(&container->entry.container);
}

/* ---- the container ---- */

/* An address in the form of inet_ntop; NULL if the reference is none. */
static const char *read_address(const char *reference, char address[INET6_ADDRSTRLEN])
{
    return address_read(AF_INET, reference, address, INET6_ADDRSTRLEN) ||
                   address_read(AF_INET6, reference, address, INET6_ADDRSTRLEN)
               ? address
               : NULL;
}

/* The container whose network this one uses, which may be itself; NULL if the Engine does not have it. */
static const struct known_container *owner_of_network(const struct containers *containers,
                                                      const struct known_container *container)
{
    for (int hops = 0; container != NULL && hops < HOPS_MAX; hops++) {
        const char *other = inventory_mode_container(container->entry.modes[NETWORK_MODE]);

        if (other == NULL)
            return container;
        container = containers_refer(containers, other);
    }
    return NULL;
}

static bool is_on_network(const struct known_container *container, const char *network_id)
{
    for (size_t i = 0; i < container->address_count; i++)
        if (strcmp(container->addresses[i].network_id, network_id) == 0)
            return true;
    return false;
}

/* Whether the proxy may see the container with this address. */
static bool is_seen(const struct asker *asker, const struct known_address *address)
{
    if (asker->address != NULL)
        return strcmp(asker->address, address->text) == 0;
    return asker->own == NULL || is_on_network(asker->own, address->network_id);
}

/* ---- its profile ---- */

static bool has_address(const struct claim *claim, const char *address)
{
    unsigned char of_claim[sizeof(struct in6_addr)];
    unsigned char of_client[sizeof(struct in6_addr)];
    int family = strchr(address, ':') != NULL ? AF_INET6 : AF_INET;

    if (inet_pton(family, claim->text, of_claim) != 1 || inet_pton(family, address, of_client) != 1)
        return false;
    for (unsigned i = 0; i < claim->bits; i++)
        if (((of_claim[i / 8] ^ of_client[i / 8]) & 0x80u >> i % 8) != 0)
            return false;
    return true;
}

/* Looks for a claim of the address, or for the narrowest network with it. Returns whether there is one. */
static bool find_by_address(struct choice *choice, const struct environment *environment, enum claim_kind kind,
                            const char *address)
{
    const struct claim *best = NULL;

    for (size_t i = 1; address != NULL && i < environment->profile_count; i++)
        for (size_t k = 0; k < environment->profiles[i].clients.count; k++) {
            const struct claim *claim = &environment->profiles[i].clients.list[k];

            if (claim->kind != kind || (best != NULL && best->bits >= claim->bits) ||
                !(kind == CLAIM_ADDRESS ? strcmp(claim->text, address) == 0 : has_address(claim, address)))
                continue;
            best = claim;
            choice->profile = &environment->profiles[i];
        }
    if (best == NULL)
        return false;
    if (kind == CLAIM_ADDRESS)
        bounded_format(choice->why, sizeof choice->why, "%sFROM=%s is its address", choice->profile->prefix, address);
    else
        bounded_format(choice->why, sizeof choice->why, "%sFROM=%s/%u has its address %s", choice->profile->prefix,
                       best->text, best->bits, address);
    return true;
}

/* Whether the container has a profile, or has none because that is not certain. */
static bool find_by_container(struct choice *choice, const struct asker *asker)
{
    static const char *const meanings[] = {[BY_NAME] = "is its name",
                                           [BY_OWN_SERVICE] = "is its service in the proxy's own project",
                                           [BY_PROJECT_AND_SERVICE] = "is its project and service",
                                           [BY_SERVICE] = "is its service"};
    struct container_profile found;

    container_profile_find(&found, asker->of, asker->containers, asker->container);
    choice->profile = found.profile;
    if (found.way == NOT_AT_ALL)
        return false;
    if (found.rival != NULL)
        bounded_format(choice->why, sizeof choice->why,
                       "another profile and %s claim it in the same way, so its requests are refused",
                       found.rival->name);
    else if (found.way != BY_LABEL)
        bounded_format(choice->why, sizeof choice->why, "%sFROM=%s%s %s", found.profile->prefix,
                       claim_prefix(found.claim->kind), found.claim->text, meanings[found.way]);
    else if (found.origin == ORIGIN_CONTAINER)
        bounded_format(choice->why, sizeof choice->why, "its label " PROFILE_LABEL "=%.64s%s", found.label,
                       found.profile != NULL ? "" : " names no profile, so its requests are refused");
    else if (found.origin == ORIGIN_UNKNOWN)
        bounded_format(choice->why, sizeof choice->why,
                       "the Engine does not answer whether its image has the label " PROFILE_LABEL " as well");
    else
        return false;
    return true;
}

/* Why a label of the container has no effect; "" if it has none, or it has. */
static const char *about_label(const struct asker *asker)
{
    if (container_label(asker->container, PROFILE_LABEL) == NULL)
        return "";
    if (!asker->of->environment->settings.profiles_from_labels)
        return "; its label " PROFILE_LABEL " has no effect without PROFILES_FROM_LABELS=true";
    if (asker->container->label_origin == ORIGIN_IMAGE)
        return "; its label " PROFILE_LABEL " has no effect, because its image has that label too";
    return "; its label " PROFILE_LABEL " has no effect, because the Engine does not say which labels its image has";
}

/* In the order of the claims. address: NULL for none. */
static void choose(struct choice *choice, const struct asker *asker, const char *address)
{
    const struct environment *environment = asker->of->environment;

    if (find_by_address(choice, environment, CLAIM_ADDRESS, address) || find_by_container(choice, asker) ||
        find_by_address(choice, environment, CLAIM_NETWORK, address))
        return;
    choice->profile = environment_profile(environment, NULL);
    bounded_format(choice->why, sizeof choice->why, "no profile claims it%s", about_label(asker));
}

/* ---- all together ---- */

/* What keeps its requests from the proxy, or may give them another profile. */
static void add_remarks(const struct asker *asker, const struct known_container *asked, size_t seen)
{
    const struct environment *environment = asker->of->environment;
    const char *mode = asker->container->entry.modes[NETWORK_MODE];
    bool others = false;

    if (asked != asker->container)
        notice("%s uses the network of %s, and its requests have the profile of that one", name_of(asked),
               name_of(asker->container));
    if (mode != NULL && strcmp(mode, "host") == 0)
        notice("%s uses the network of the host: the proxy cannot tell its requests from others of the host, and a "
               "profile can only claim the address that the host has there",
               name_of(asker->container));
    else if (asker->container->address_count == 0)
        notice("%s has no address at present", name_of(asker->container));
    else if (seen == 0)
        notice("%s has no network in common with the proxy (%s)", name_of(asker->container), name_of(asker->own));
    for (size_t i = 1; i < environment->profile_count; i++) {
        others |= environment->profiles[i].listeners.count > 0;
        for (size_t k = 0; k < environment->profiles[i].clients.count; k++)
            others |= environment->profiles[i].clients.list[k].kind == CLAIM_CERTIFICATE ||
                      environment->profiles[i].clients.list[k].kind == CLAIM_DNS;
    }
    if (others)
        notice("requests through a listener of a profile's own, with a certificate or with a dns: name that a profile "
               "claims have that profile instead");
}

static const struct profile *report(const struct asker *asker, const struct known_container *asked,
                                    struct problems *problems)
{
    struct choice choice = {.profile = NULL};
    const char *address = NULL;
    size_t seen = 0;

    for (size_t i = 0; i < asker->container->address_count; i++) {
        const char *next = asker->container->addresses[i].text;
        struct choice other;

        if (!is_seen(asker, &asker->container->addresses[i]))
            continue;
        choose(&other, asker, next);
        if (seen++ > 0 && other.profile != choice.profile) {
            problem(problems, "--from %s: its profile depends on the network: at %s %s, and at %s %s; name the address",
                    name_of(asked), address, choice.why, next, other.why);
            return NULL;
        }
        choice = other;
        address = next;
    }
    if (seen == 0)
        choose(&choice, asker, NULL);
    if (choice.profile == NULL) {
        problem(problems, "--from %s: %s", name_of(asked), choice.why);
        return NULL;
    }
    notice("%s has %s%s: %s", name_of(asked), choice.profile->name[0] == '\0' ? "no profile" : "profile ",
           choice.profile->name, choice.why);
    add_remarks(asker, asked, seen);
    return choice.profile;
}

const struct profile *profile_from(const struct environment *environment, const struct inventory *inventory,
                                   const char *reference, struct problems *problems)
{
    const struct maps_of of = {.environment = environment, .inventory = inventory};
    const struct known_container *asked;
    const struct profile *profile = NULL;
    struct containers containers;
    struct asker asker = {.of = &of, .containers = &containers};
    char address[INET6_ADDRSTRLEN];

    containers_read(&containers, &environment->settings, INVENTORY_MILLISECONDS_LATER);
    if (environment->settings.profiles_from_labels)
        images_read(&containers, &environment->settings, PROFILE_LABEL, INVENTORY_MILLISECONDS_LATER);
    asked = containers_refer(&containers, reference + (reference[0] == '/'));
    if (asked == NULL) {
        asker.address = read_address(reference, address);
        asked = asker.address != NULL ? containers_at(&containers, asker.address) : NULL;
    }
    if (inventory->own.id != NULL)
        asker.own = containers_find(&containers, inventory->own.id);
    asker.container = asked != NULL ? owner_of_network(&containers, asked) : NULL;
    if (!containers.known)
        problem(problems, "--from %s: no Engine has listed its containers", reference);
    else if (asked == NULL)
        problem(problems, "--from %s: the Engine has no such container; its name, its id, or its address is needed",
                reference);
    else if (asker.container == NULL)
        problem(problems, "--from %s: the container whose network it uses does not exist", reference);
    else
        profile = report(&asker, asked, problems);
    containers_free(&containers);
    return profile;
}
