/* Which container this program runs in, as far as it can see that by itself. */
#ifndef ENVIRONMENT_CONTAINER_H
#define ENVIRONMENT_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CONTAINER_ID_LENGTH    64
#define CONTAINER_ID_SIZE      (CONTAINER_ID_LENGTH + 1)
#define CONTAINER_SHORT_LENGTH 12 /* of an id, in host names and on screens */

struct container {
    bool contained;                     /* it runs in a container */
    char id[CONTAINER_ID_SIZE];         /* its full id; "" if this cannot be seen */
    char network_id[CONTAINER_ID_SIZE]; /* of the container whose network it has: its own, or with `--network
                                           container:` another one's; "" if this cannot be seen */
    char host_name[CONTAINER_ID_SIZE];  /* its host name if that could be the beginning of its id; "" if not */
    char **mounts;                      /* where something is mounted, as this program sees it; NULL ends them; owned */
};

/* Looks at this process. Release with container_free. Reading is all it does; what cannot be read counts as not there.
 */
void container_read(struct container *container);

/* The same from open files in the form of /proc/self/mountinfo and /proc/self/cgroup (NULL: cannot be read), and from
 * whether /.dockerenv and /run/.containerenv are there. */
void container_parse(struct container *container, FILE *mountinfo, FILE *cgroup, bool dockerenv, bool containerenv);
void container_free(struct container *container);

/* The twelve digits that Docker and Podman make a name of in the networks that have a DNS. False if it is in none. */
bool container_network_name(char name[CONTAINER_SHORT_LENGTH + 1]);

#endif
