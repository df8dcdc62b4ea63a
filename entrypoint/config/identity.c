/* The maps `profiles` and `clients`: the profile of an address, which the container that has it gets by its name, its
 * service or its label, and the name of that container. */
#include "config/maps.h"

#include "base/text.h"
#include "config/parts.h"
#include "inventory/images.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Values of `profiles` that are no profile. With a reason, UNKNOWN is followed by it. */
#define NONE    "-"
#define UNKNOWN "?"
#define TWICE   "?*"

/* The part of an unknown profile's name that the answer shows. Unit: bytes. */
#define SHOWN_MAX 47

static bool any_claims(const struct environment *environment, enum claim_kind kind)
{
    for (size_t i = 1; i < environment->profile_count; i++)
        for (size_t k = 0; k < environment->profiles[i].clients.count; k++)
            if (environment->profiles[i].clients.list[k].kind == kind)
                return true;
    return false;
}

/* Whether the profile of a client depends on its container. */
static bool identifies(const struct environment *environment)
{
    return environment->settings.profiles_from_labels || any_claims(environment, CLAIM_NAME) ||
           any_claims(environment, CLAIM_SERVICE);
}

static bool needed(const struct environment *environment, const struct inventory *inventory)
{
    (void)inventory;
    return identifies(environment) || environment->settings.client_names;
}

static void add_names(struct inventory_list *names, const struct maps_of *of)
{
    if (identifies(of->environment))
        inventory_list_add(names, "profiles");
    inventory_list_add(names, "clients");
}

/* ---- haproxy.cfg ---- */

/* How long a request waits for what is not known yet. It does not wait if clients are also looked for in the DNS, which
 * has a limit of its own. */
#define PATIENCE "300ms"

void set_identities(struct values *values, const struct environment *environment, const struct inventory *inventory)
{
    bool followed = maps_needed(environment, inventory);
    bool decides = identifies(environment) || maps_needed_beside(&map_of_clients, environment, inventory);
    bool profiles = environment->profile_count > 1 || environment->settings.profiles_from_labels;
    size_t engines = environment->settings.upstreams.count;
    const char *patience = has_names(environment) ? "" : PATIENCE;

    values_set_if(values, "followed", followed);
    values_set_if(values, "decides", decides);
    values_set_if(values, "follows_only", decides && !profiles);
    values_set_if(values, "identifies", identifies(environment));
    values_set_if(values, "by_session", !identifies(environment));
    values_set_if(values, "named", needed(environment, inventory));
    values_set_if(values, "any_networks", any_claims(environment, CLAIM_NETWORK));
    values_set_if(values, "remembers", engines == 1 && *patience != '\0');
    values_set_if(values, "waits_only", decides && !identifies(environment) && *patience != '\0');
    values_set(values, "patience", "%s", patience);
    /* Of several Engines, the first that is up serves. The last rule that holds decides. */
    values_set(values, "certain", "%s",
               engines > 1 ? "var(proc.inventory),mod(32),sub(txn.serving) -m int 0"
                           : "var(proc.inventory) -m int gt 0");
    values_list(values, "maps");
    if (followed) {
        struct inventory_list names = {.count = 0};

        maps_names(&names, &(struct maps_of){.environment = environment, .inventory = inventory});
        inventory_list_sort(&names);
        for (size_t i = 0; i < names.count; i++)
            values_set(values_row(values, "maps"), "map", "%s", names.items[i]);
        inventory_list_free(&names);
    }
    values_list(values, "several");
    for (size_t i = engines; engines > 1 && i-- > 0;)
        values_set(values_row(values, "several"), "number", "%zu", i + 1);
}

/* ---- services ---- */

/* What a container is an instance of; NULL: of none. Not owned, except short_name. */
struct service {
    const char *project; /* of Compose, or the stack */
    const char *name;    /* in the project */
    const char *whole;   /* of Swarm: the name with the stack */
};

/* Whether a name is a, separator, b, separator and a number, as Compose names containers. */
static bool is_numbered(const char *name, const char *a, const char *b)
{
    char separator;

    if (strncmp(name, a, strlen(a)) != 0)
        return false;
    name += strlen(a);
    separator = *name++;
    if ((separator != '-' && separator != '_') || strncmp(name, b, strlen(b)) != 0)
        return false;
    name += strlen(b);
    return *name == separator && name[1] != '\0' && strspn(name + 1, "0123456789") == strlen(name + 1);
}

/* Whether Compose has made the container, and not only an image with Compose's labels, which Compose gives to what it
 * builds. It writes the id of the image in a label, which no image can know of itself, and has a form for names. */
static bool is_of_compose(const struct known_container *container, const char *project, const char *service)
{
    const struct inventory_list *names = &container->entry.container.names;
    const char *image = container_label(container, "com.docker.compose.image");

    if (image != NULL && container->image != NULL && strcmp(image_bare_id(image), image_bare_id(container->image)) == 0)
        return true;
    for (size_t i = 0; project != NULL && i < names->count; i++)
        if (is_numbered(names->items[i], project, service))
            return true;
    return false;
}

/* Whether Swarm has made the container: its name is SERVICE.SLOT.TASK. */
static bool is_of_swarm(const struct known_container *container, const char *service)
{
    const struct inventory_list *names = &container->entry.container.names;
    const char *task = container_label(container, "com.docker.swarm.task.id");

    for (size_t i = 0; task != NULL && i < names->count; i++) {
        const char *dot = strrchr(names->items[i], '.');

        if (dot != NULL && strcmp(dot + 1, task) == 0 && strncmp(names->items[i], service, strlen(service)) == 0 &&
            names->items[i][strlen(service)] == '.')
            return true;
    }
    return false;
}

/* Labels of services count if Compose or Swarm has given them to the container: an image can have them as well.
 * Compose and Swarm write their own labels over those of an image, but not those of the other one. So a container with
 * both is of neither. Returns false then. */
static bool find_service(struct service *service, const struct known_container *container)
{
    const char *of_compose = container_label(container, "com.docker.compose.service");
    const char *of_swarm = container_label(container, "com.docker.swarm.service.name");
    size_t length;

    *service = (struct service){.project = NULL};
    if (of_compose != NULL && of_swarm != NULL)
        return false;
    if (of_compose != NULL &&
        !is_of_compose(container, container_label(container, "com.docker.compose.project"), of_compose))
        return true;
    if (of_swarm != NULL && !is_of_swarm(container, of_swarm))
        return true;
    if (of_compose != NULL) {
        service->project = container_label(container, "com.docker.compose.project");
        service->name = of_compose;
        return true;
    }
    service->project = container_label(container, "com.docker.stack.namespace");
    service->name = service->whole = of_swarm;
    if (service->project == NULL || service->name == NULL)
        return true;
    length = strlen(service->project);
    if (strncmp(service->name, service->project, length) == 0 && service->name[length] == '_')
        service->name += length + 1;
    return true;
}

/* Finds the proxy's own project, NULL for none. Returns false if it is not known. */
static bool find_own_project(const char **project, const struct maps_of *of, const struct containers *containers)
{
    const char *own = of->inventory->own.id;
    const struct known_container *container = own != NULL ? containers_find(containers, own) : NULL;
    struct service service = {.project = NULL};
    bool certain = container == NULL || find_service(&service, container);

    *project = service.project;
    return certain && (own != NULL || !of->inventory->contained);
}

/* ---- claims ---- */

struct identity {
    const struct known_container *container;
    struct service service;
    bool knows_project; /* own_project is known */
    const char *own_project;
};

static bool equal(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static enum claim_way name_claims(const char *name, const struct identity *identity)
{
    bool own = identity->knows_project &&
               (identity->own_project == NULL || equal(identity->own_project, identity->service.project));

    if (inventory_list_has(&identity->container->entry.container.names, name))
        return BY_NAME;
    return own && (equal(identity->service.name, name) || equal(identity->service.whole, name)) ? BY_OWN_SERVICE
                                                                                                : NOT_AT_ALL;
}

static enum claim_way service_claims(const char *text, const struct identity *identity)
{
    const struct service *service = &identity->service;
    const char *slash = strchr(text, '/');
    size_t length;

    if (slash == NULL)
        return equal(service->name, text) || equal(service->whole, text) ? BY_SERVICE : NOT_AT_ALL;
    length = (size_t)(slash - text);
    return service->project != NULL && strlen(service->project) == length &&
                   strncmp(service->project, text, length) == 0 && equal(service->name, slash + 1)
               ? BY_PROJECT_AND_SERVICE
               : NOT_AT_ALL;
}

static enum claim_way claims(const struct claim *claim, const struct identity *identity)
{
    if (claim->kind == CLAIM_NAME)
        return name_claims(claim->text, identity);
    return claim->kind == CLAIM_SERVICE ? service_claims(claim->text, identity) : NOT_AT_ALL;
}

/* The profile that claims the container in the most specific way. */
static void find_claimant(struct container_profile *found, const struct environment *environment,
                          const struct identity *identity)
{
    for (size_t i = 1; i < environment->profile_count; i++)
        for (size_t k = 0; k < environment->profiles[i].clients.count; k++) {
            const struct profile *profile = &environment->profiles[i];
            enum claim_way way = claims(&profile->clients.list[k], identity);

            if (way == found->way && way != NOT_AT_ALL && found->profile != profile)
                found->rival = profile;
            if (way >= found->way)
                continue;
            *found = (struct container_profile){.profile = profile, .way = way, .claim = &profile->clients.list[k]};
        }
    if (found->rival != NULL)
        found->profile = NULL;
}

void container_profile_find(struct container_profile *found, const struct maps_of *of,
                            const struct containers *containers, const struct known_container *container)
{
    const struct environment *environment = of->environment;
    const char *label = container_label(container, PROFILE_LABEL);
    struct identity identity = {.container = container};

    *found = (struct container_profile){.way = NOT_AT_ALL};
    find_service(&identity.service, container);
    identity.knows_project = find_own_project(&identity.own_project, of, containers);
    find_claimant(found, environment, &identity);
    if (found->way != NOT_AT_ALL || label == NULL || !environment->settings.profiles_from_labels)
        return;
    found->way = BY_LABEL;
    found->label = label;
    found->origin = container->label_origin;
    if (found->origin == ORIGIN_CONTAINER && label[0] != '\0')
        found->profile = environment_profile(environment, label);
}

/* ---- entries ---- */

/* Writes what can be shown of a label's value. */
static void show(char shown[SHOWN_MAX + 1], const char *value)
{
    size_t length = 0;

    for (; *value != '\0' && length < SHOWN_MAX; value++)
        shown[length++] = (char)(isalnum((unsigned char)*value) || strchr("._-", *value) != NULL ? *value : '_');
    if (length == 0)
        shown[length++] = '-';
    shown[length] = '\0';
}

/* The profile that a container gets, as the map has it: in lower case. The caller frees it. */
static char *profile_text(const struct container_profile *found)
{
    char shown[SHOWN_MAX + 1];

    if (found->rival != NULL)
        return text_format("%s", TWICE);
    if (found->profile != NULL)
        return text_format("%s", profile_log_name(found->profile));
    if (found->way != BY_LABEL || found->origin == ORIGIN_IMAGE || found->origin == ORIGIN_UNCERTAIN)
        return text_format("%s", NONE);
    if (found->origin == ORIGIN_UNKNOWN) /* as an address whose container is not known yet */
        return text_format("%s", UNKNOWN);
    show(shown, found->label);
    return text_format("%s%s", UNKNOWN, shown);
}

static void add_container(struct map_entries *entries, const struct maps_of *of, const struct containers *containers,
                          const struct known_container *container)
{
    const struct inventory_container *known = &container->entry.container;
    struct container_profile found;
    char *profile;
    char *name;

    if (container->address_count == 0)
        return;
    container_profile_find(&found, of, containers, container);
    profile = profile_text(&found);
    name = known->names.count > 0 ? text_format("%s", known->names.items[0]) : text_format("%.12s", known->id);
    for (size_t i = 0; i < container->address_count; i++) {
        if (identifies(of->environment))
            map_entry_add(entries, "profiles", container->addresses[i].text, profile, false);
        map_entry_add(entries, "clients", container->addresses[i].text, name, false);
    }
    free(name);
    free(profile);
}

static void add_networks(struct map_entries *entries, const struct maps_of *of, const struct containers *containers)
{
    /* map_ip also looks for the IPv4 address in such IPv6 addresses (RFC 4291 2.5.5, RFC 3056), which may be anybody's.
     */
    static const char *const odd[] = {"::/96", "::ffff:0:0/96", "2002::/16"};

    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        if (identifies(of->environment))
            map_entry_add(entries, "profiles", odd[i], NONE, true);
        map_entry_add(entries, "clients", odd[i], NONE, true);
    }
    for (size_t i = 0; identifies(of->environment) && i < containers->network_count; i++) {
        const struct known_network *network = &containers->networks[i];

        for (size_t k = 0; k < network->subnets.count; k++)
            map_entry_add(entries, "profiles", network->subnets.items[k], UNKNOWN, true);
        for (size_t k = 0; k < network->gateways.count; k++)
            map_entry_add(entries, "profiles", network->gateways.items[k], NONE, false);
    }
}

const struct map_source map_of_clients = {needed, add_names, add_container, add_networks};
