/* The ids of exec instances in HAProxy's maps (config/targets.h). HAProxy puts them there itself when it sees one being
 * created. The follower knows those as well that another HAProxy has seen, and removes them in the end. */
#ifndef PROCESS_EXECS_H
#define PROCESS_EXECS_H

#include "config/maps.h"
#include "process/mirror.h"

struct execs;

/* NULL if nothing needs them. of and the mirror must outlive them. */
struct execs *execs_new(const struct maps_of *of, struct mirror *mirror);

/* All of these accept NULL. An instance exists, or has ended: its id stays for ten minutes, for the exit code. */
void execs_created(struct execs *execs, const struct known_container *container, const char *id);
void execs_ended(struct execs *execs, const char *id);

/* Those that the body of ContainerInspect names. */
void execs_read(struct execs *execs, const struct known_container *container, const char *body, size_t length);

/* The container may be a target no longer, or have become one. */
void execs_changed(struct execs *execs, const struct known_container *container);

/* The container is gone. */
void execs_forget(struct execs *execs, const struct known_container *container);

/* Removes what has ended long ago. Returns the milliseconds until it has to be called again; -1: never. */
long execs_step(struct execs *execs);

#endif
