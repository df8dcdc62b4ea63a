/* Parses what the Engines report of containers and networks for a set of containers. */
#include "inventory/known.h"

#include "base/array.h"
#include "inventory/parse.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool known_is_network_id(const char *text)
{
    return inventory_is_name(text) && strlen(text) <= NETWORK_ID_MOST;
}

/* ---- addresses ---- */

/* Writes the address as inet_ntop(3) does. The family, or 0 if it is none. */
static int read_address(char to[INET6_ADDRSTRLEN], unsigned char binary[sizeof(struct in6_addr)], const char *text)
{
    int family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;

    return inet_pton(family, text, binary) == 1 && inet_ntop(family, binary, to, INET6_ADDRSTRLEN) != NULL ? family : 0;
}

/* Splits an address with the length of a prefix: 10.0.0.1/24. False if it is none. */
static bool split(const char *text, char address[INET6_ADDRSTRLEN], unsigned *bits)
{
    const char *slash = strchr(text, '/');
    size_t digits = slash == NULL ? 0 : strspn(slash + 1, "0123456789");

    if (slash == NULL || (size_t)(slash - text) >= INET6_ADDRSTRLEN || digits < 1 || digits > 3 ||
        slash[1 + digits] != '\0')
        return false;
    memcpy(address, text, (size_t)(slash - text));
    address[slash - text] = '\0';
    *bits = (unsigned)strtoul(slash + 1, NULL, 10);
    return true;
}

/* Adds an address, unless the text is none. */
static void add_address(struct known_container *container, const char *text, const char *network_id, bool early)
{
    struct known_address address = {.early = early};
    unsigned char binary[sizeof(struct in6_addr)];

    if (read_address(address.text, binary, text) == 0)
        return;
    address.network_id = inventory_copy(network_id);
    container->addresses = array_grow(container->addresses, container->address_count, sizeof address);
    container->addresses[container->address_count++] = address;
}

/* ---- the list of containers ---- */

/* A key with a = cannot be told from a value with one, so that it is left out. */
static bool read_labels(struct inventory_list *labels, json_t *object)
{
    const char *key;
    json_t *value;

    if (!json_fits(object, JSON_OBJECT))
        return false;
    labels->items = json_zeroed(json_object_size(object), sizeof *labels->items);
    json_object_foreach(object, key, value)
    {
        const char *text = json_string_value(value);
        size_t size = strlen(key) + 2 + (text == NULL ? 0 : strlen(text));

        if (text == NULL)
            return false;
        if (strchr(key, '=') != NULL)
            continue;
        labels->items[labels->count] = json_zeroed(size, 1);
        snprintf(labels->items[labels->count++], size, "%s=%s", key, text);
    }
    inventory_list_sort(labels);
    return true;
}

/* A container that is paused runs, and keeps its addresses. One that does not run has none, whatever the list says. */
static bool read_addresses(struct known_container *container, const json_t *object)
{
    const char *state = json_text_of(object, "State");
    json_t *settings = json_object_get(object, "NetworkSettings");
    json_t *networks = json_object_get(settings, "Networks");
    const char *name;
    json_t *network;

    if (!json_fits(settings, JSON_OBJECT) || !json_fits(networks, JSON_OBJECT))
        return false;
    if (state == NULL || (strcmp(state, "running") != 0 && strcmp(state, "paused") != 0))
        return true;
    container->entry.running = true;
    json_object_foreach(networks, name, network)
    {
        const char *id = json_text_of(network, "NetworkID");
        const char *ipv4 = json_text_of(network, "IPAddress");
        const char *ipv6 = json_text_of(network, "GlobalIPv6Address");

        if (!json_fits(network, JSON_OBJECT) || id == NULL || ipv4 == NULL || ipv6 == NULL)
            return false;
        if (!known_is_network_id(id))
            continue;
        add_address(container, ipv4, id, false);
        add_address(container, ipv6, id, false);
    }
    return true;
}

/* A copy of a member that is a string and not empty; NULL for anything else. */
static char *text_or_null(const json_t *object, const char *name)
{
    const char *text = json_text_of(object, name);

    return text != NULL && text[0] != '\0' ? inventory_copy(text) : NULL;
}

static int compare_containers(const void *a, const void *b)
{
    return strcmp((*(struct known_container *const *)a)->entry.container.id,
                  (*(struct known_container *const *)b)->entry.container.id);
}

bool known_list_read(struct containers *containers, const char *body, size_t length)
{
    json_t *array = json_read(body, length);
    bool right = json_is_array(array);

    memset(containers, 0, sizeof *containers);
    containers->list = json_zeroed(json_array_size(array), sizeof(struct known_container *));
    for (size_t i = 0; right && i < json_array_size(array); i++) {
        const json_t *item = json_array_get(array, i);
        struct known_container *container = json_zeroed(1, sizeof *container);

        containers->list[containers->count++] = container;
        container->image = text_or_null(item, "ImageID");
        container->manifest = text_or_null(json_object_get(item, "ImageManifestDescriptor"), "digest");
        right = json_read_entry(&container->entry, item) &&
                read_labels(&container->labels, json_object_get(item, "Labels")) && read_addresses(container, item);
    }
    json_decref(array);
    if (!right)
        return false;
    qsort(containers->list, containers->count, sizeof(struct known_container *), compare_containers);
    for (size_t i = 1; i < containers->count; i++)
        right &= compare_containers(&containers->list[i - 1], &containers->list[i]) != 0;
    return right;
}

/* ---- networks ---- */

/* Reads a subnet: its first address, and the length of its prefix. Returns the family, 0 if it is not a subnet. */
static int read_subnet(unsigned char binary[sizeof(struct in6_addr)], unsigned *bits, const char *text)
{
    char address[INET6_ADDRSTRLEN];
    int family = split(text, address, bits) ? read_address(address, binary, address) : 0;
    unsigned most = family == AF_INET6 ? 128 : 32;

    if (family == 0 || *bits > most)
        return 0;
    for (unsigned i = *bits; i < most; i++)
        binary[i / 8] &= (unsigned char)~(0x80u >> i % 8);
    return family;
}

/* Adds a subnet and its gateway. If no gateway is set, libnetwork takes the first address of the range, or of the
 * subnet, but not the subnet's own one (ipam.Allocator, RequestAddress). */
static void add_subnet(struct known_network *network, const char *subnet, const char *range, const char *gateway)
{
    unsigned char binary[sizeof(struct in6_addr)];
    unsigned char first[sizeof(struct in6_addr)];
    char address[INET6_ADDRSTRLEN];
    char text[INET6_ADDRSTRLEN + 11];
    unsigned bits;
    unsigned range_bits;
    int family = read_subnet(binary, &bits, subnet);
    size_t length = family == AF_INET6 ? 16 : 4;

    if (family == 0)
        return;
    inet_ntop(family, binary, address, sizeof address);
    snprintf(text, sizeof text, "%s/%u", address, bits);
    inventory_list_add(&network->subnets, text);
    if (range[0] == '\0' || read_subnet(first, &range_bits, range) != family)
        memcpy(first, binary, length);
    if (memcmp(first, binary, length) == 0)
        first[length - 1] |= 1;
    inet_ntop(family, first, address, sizeof address);
    if (gateway[0] != '\0' && read_address(address, binary, gateway) == 0)
        return;
    inventory_list_add(&network->gateways, address);
}

static bool read_network(struct known_network *network, const json_t *object)
{
    const char *id = json_text_of(object, "Id");
    const char *name = json_text_of(object, "Name");
    json_t *ipam = json_object_get(object, "IPAM");
    json_t *configs = json_object_get(ipam, "Config");
    size_t i;
    json_t *config;

    if (id == NULL || name == NULL || !known_is_network_id(id) || !json_fits(ipam, JSON_OBJECT) ||
        !json_fits(configs, JSON_ARRAY))
        return false;
    network->id = inventory_copy(id);
    network->hidden = strcmp(name, "docker_gwbridge") == 0;
    json_array_foreach(configs, i, config)
    {
        const char *subnet = json_text_of(config, "Subnet");
        const char *range = json_text_of(config, "IPRange");
        const char *gateway = json_text_of(config, "Gateway");

        if (!json_is_object(config) || subnet == NULL || range == NULL || gateway == NULL)
            return false;
        add_subnet(network, subnet, range, gateway);
    }
    inventory_list_sort(&network->subnets);
    inventory_list_sort(&network->gateways);
    return true;
}

static int compare_networks(const void *a, const void *b)
{
    return strcmp(((const struct known_network *)a)->id, ((const struct known_network *)b)->id);
}

static bool networks_equal(const struct containers *a, const struct containers *b)
{
    if (a->network_count != b->network_count)
        return false;
    for (size_t i = 0; i < a->network_count; i++)
        if (strcmp(a->networks[i].id, b->networks[i].id) != 0 || a->networks[i].hidden != b->networks[i].hidden ||
            !inventory_list_equal(&a->networks[i].subnets, &b->networks[i].subnets) ||
            !inventory_list_equal(&a->networks[i].gateways, &b->networks[i].gateways))
            return false;
    return true;
}

bool known_networks_read(struct containers *containers, const char *body, size_t length, bool *changed)
{
    json_t *array = json_read(body, length);
    bool right = json_is_array(array);
    struct containers fresh = {.networks = json_zeroed(json_array_size(array), sizeof *containers->networks)};
    struct containers before = {.networks = containers->networks, .network_count = containers->network_count};

    for (size_t i = 0; right && i < json_array_size(array); i++) {
        const json_t *object = json_array_get(array, i);
        const char *driver = json_text_of(object, "Driver");

        right = json_is_object(object) && driver != NULL;
        if (right && strcmp(driver, "bridge") == 0)
            right = read_network(&fresh.networks[fresh.network_count++], object);
    }
    json_decref(array);
    if (!right) {
        containers_free(&fresh);
        return false;
    }
    qsort(fresh.networks, fresh.network_count, sizeof *fresh.networks, compare_networks);
    *changed = !networks_equal(&fresh, containers);
    containers->networks = fresh.networks;
    containers->network_count = fresh.network_count;
    containers_free(&before);
    return true;
}

/* ---- the addresses of one network ---- */

/* Whether an address with a prefix, such as 10.0.0.2/24, was added. */
static bool add_early(struct known_container *container, const char *text, const char *network_id)
{
    struct known_container one = {.address_count = 0};
    char address[INET6_ADDRSTRLEN];
    bool known = false;
    unsigned bits;

    if (!split(text, address, &bits))
        return false;
    add_address(&one, address, network_id, true);
    for (size_t i = 0; one.address_count > 0 && i < container->address_count; i++)
        known |= strcmp(container->addresses[i].text, one.addresses[0].text) == 0 &&
                 strcmp(container->addresses[i].network_id, network_id) == 0;
    if (one.address_count > 0 && !known)
        add_address(container, address, network_id, true);
    known |= one.address_count == 0;
    known_leave(&one, NULL);
    free(one.addresses);
    return !known;
}

bool known_network_read(struct known_container *container, const char *network_id, const char *body, size_t length,
                        bool *changed)
{
    json_t *network = json_read(body, length);
    json_t *members = json_object_get(network, "Containers");
    json_t *member = json_object_get(members, container->entry.container.id);
    const char *ipv4 = json_text_of(member, "IPv4Address");
    const char *ipv6 = json_text_of(member, "IPv6Address");
    bool right = json_is_object(network) && json_fits(members, JSON_OBJECT) && json_fits(member, JSON_OBJECT) &&
                 ipv4 != NULL && ipv6 != NULL;

    *changed = right && add_early(container, ipv4, network_id);
    if (right)
        *changed |= add_early(container, ipv6, network_id);
    json_decref(network);
    return right;
}
