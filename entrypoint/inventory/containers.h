/* The containers of an Engine, as clients of the proxy and as targets of requests. Read once (containers_read), or kept
 * true by following the Engine's events (inventory/follow.h). */
#ifndef INVENTORY_CONTAINERS_H
#define INVENTORY_CONTAINERS_H

#include "environment/settings.h"
#include "inventory/inventory.h"
#include "inventory/json.h"

#include <netinet/in.h>

/* An address of a running container. */
struct known_address {
    char text[INET6_ADDRSTRLEN]; /* as inet_ntop(3) writes it */
    char *network_id;            /* Podman: or a name */
    bool early;                  /* known from the network, before the list of containers has it */
};

/* Where a container has a label from, see inventory/images.h. */
enum label_origin {
    ORIGIN_UNKNOWN,   /* the Engine has not been asked, or has not answered yet */
    ORIGIN_CONTAINER, /* its image does not have the label */
    ORIGIN_IMAGE,     /* its image has it, so that the container may have it from there */
    ORIGIN_UNCERTAIN, /* the Engine does not say what its image has */
};

struct known_container {
    struct inventory_entry entry;    /* id, names, mounts, modes, running (also while it is paused) */
    struct inventory_list labels;    /* "key=value", sorted; the key is without a = */
    struct known_address *addresses; /* none if it uses the network of another container or of the host */
    size_t address_count;
    char *image;    /* the id of its image; NULL: not known */
    char *manifest; /* the digest of the image's manifest for its platform, in containerd's store; NULL: in another */
    enum label_origin label_origin; /* of the label that chooses its profile; what the owner of the set has found out */
    bool ended;     /* its process has ended, and no event says since that it was started: the list may lag behind */
    void *attached; /* what the follower's owner keeps with the container, see struct follow_hooks; NULL: nothing */
};

/* A bridge network: an address in its subnets that is neither a container's nor a gateway belongs to a container that
 * is not known yet. */
struct known_network {
    char *id;
    bool hidden; /* docker_gwbridge of a swarm's node: what has an address there does not show in the list */
    struct inventory_list subnets;  /* "10.0.0.0/24" */
    struct inventory_list gateways; /* addresses of the host */
};

struct containers {
    bool known;      /* the Engine has listed them, and nothing was missed since */
    size_t upstream; /* the index of that Engine */
    size_t count;
    struct known_container **list; /* sorted by id; owned */
    size_t network_count;
    struct known_network *networks; /* sorted by id; owned */
};

/* Lists the containers and the bridge networks of the first upstream that answers, for the given milliseconds at most.
 * Never fails: known is false if none has answered. Release with containers_free. Zeros are an empty set. */
void containers_read(struct containers *containers, const struct settings *settings, long milliseconds);
void containers_free(struct containers *containers);

/* The container with that id, 64 digits; NULL if there is none. */
struct known_container *containers_find(const struct containers *containers, const char *id);

/* The container that the Engine takes for a reference: a full id, else a name, else a prefix of exactly one id (API
 * description, ContainerInspect). NULL if there is none. */
const struct known_container *containers_refer(const struct containers *containers, const char *reference);

/* The container with that address; NULL if there is none, or more than one. */
const struct known_container *containers_at(const struct containers *containers, const char *address);

/* The value of a label; NULL if the container does not have it. */
const char *container_label(const struct known_container *container, const char *key);

#endif
