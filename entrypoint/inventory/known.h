/* Changes of a set of containers (inventory/containers.h), and the parsers for it. For inventory/follow.c. */
#ifndef INVENTORY_KNOWN_H
#define INVENTORY_KNOWN_H

#include "inventory/containers.h"

#define NETWORK_ID_MOST 128 /* characters */

#define KNOWN_LIST     "/containers/json?all=1"
#define KNOWN_NETWORKS "/networks"

/* Reads the body of GET /containers/json into a set without networks. False if any of it is not as the API description
 * requires. Release with containers_free in any case. */
bool known_list_read(struct containers *containers, const char *body, size_t length);

/* Reads the bridge networks from the body of GET /networks. *changed: whether they are other ones than before. On
 * false, they are as before. */
bool known_networks_read(struct containers *containers, const char *body, size_t length, bool *changed);

/* Reads the addresses of a container from the body of GET /networks/{id}, and adds those that it does not have, as
 * early ones. Sets *changed if it has added any. False if the body is not as the API description requires. */
bool known_network_read(struct known_container *container, const char *network_id, const char *body, size_t length,
                        bool *changed);

/* Whether text can be the id of a network, so that it may stand in a path. */
bool known_is_network_id(const char *text);

/* Moves what is new of `fresh` to the container with its id, or adds it; *fresh is freed or taken, and NULL afterwards.
 * Keeps what is attached, and the early addresses that the list does not have yet. Returns the container; *changed:
 * whether it is new, or any of it has changed. */
struct known_container *known_put(struct containers *containers, struct known_container **fresh, bool *changed);

/* Removes the container from the set, and frees it; known_take leaves it to the caller. */
void known_remove(struct containers *containers, struct known_container *container);
void known_take(struct containers *containers, struct known_container *container);

/* Its process has ended: it has no addresses. Whether that is new. */
bool known_end(struct known_container *container);

/* Removes the addresses on that network; all of them for NULL. Whether there were any. */
bool known_leave(struct known_container *container, const char *network_id);

#endif
