/* The container that this program runs in, as far as it can be seen from inside. */
#ifndef ENVIRONMENT_CONTAINER_H
#define ENVIRONMENT_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CONTAINER_ID_LENGTH    64
#define CONTAINER_ID_SIZE      (CONTAINER_ID_LENGTH + 1)
#define CONTAINER_SHORT_LENGTH 12 /* digits of an id in host names and in output */

struct container {
    bool contained;                     /* it runs in a container */
    char id[CONTAINER_ID_SIZE];         /* its full id; "" if unknown */
    char network_id[CONTAINER_ID_SIZE]; /* of the container whose network it uses: its own, or with `--network
                                           container:` another one's; "" if unknown */
    char host_name[CONTAINER_ID_SIZE];  /* its host name if that could be the beginning of its id; else "" */
    char **mounts;                      /* the mount points that this program sees, terminated by NULL; owned */
};

/* Reads the files of this process. What cannot be read counts as missing. Release with container_free. */
void container_read(struct container *container);

/* The same from open files in the format of /proc/self/mountinfo and /proc/self/cgroup, NULL if they cannot be read.
 * dockerenv, containerenv: /.dockerenv and /run/.containerenv exist. Leaves out host_name. */
void container_parse(struct container *container, FILE *mountinfo, FILE *cgroup, bool dockerenv, bool containerenv);
void container_free(struct container *container);

/* Writes the short id, which Docker and Podman resolve as a name in networks with a DNS. False if it is unknown. */
bool container_network_name(char name[CONTAINER_SHORT_LENGTH + 1]);

#endif
