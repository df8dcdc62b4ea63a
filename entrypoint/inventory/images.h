/* Whether a label of a container comes from its image, whose labels the Engine copies to it: those are chosen by who
 * made the image, not by who made the container. */
#ifndef INVENTORY_IMAGES_H
#define INVENTORY_IMAGES_H

#include "inventory/containers.h"

#include <poll.h>

/* The id of an image without the name of its hash, which Podman leaves out at places. Points into the id. */
const char *image_bare_id(const char *id);

/* Asks about one image after another, without blocking, except that names of upstreams are resolved, for half a second
 * at most. */
struct images;

/* The label is a string that must outlive it, as must the settings. Release with images_end. */
struct images *images_begin(const struct settings *settings, const char *label);
void images_end(struct images *images);

/* Where a container has the label from. If that is not known, the Engine will be asked. upstream: see struct
 * containers; another one than the last time makes all answers so far void. */
enum label_origin images_origin(struct images *images, const struct known_container *container, size_t upstream);

/* Forgets what is uncertain, so that it is asked anew. */
void images_renew(struct images *images);

/* Whether answers are expected in a moment: something is unknown, and the last question was not in vain. */
bool images_expected(const struct images *images);

/* Writes the descriptor to poll. Returns the number of descriptors: 0 or 1. */
size_t images_poll(const struct images *images, struct pollfd *polled);

/* The milliseconds until images_step has to be called without an event; -1: never. */
long images_patience(const struct images *images);

/* Proceeds as far as possible. Returns whether an origin is known that was not known before. */
bool images_step(struct images *images);

/* For a set that was read once: asks for the images of all containers that have the label, for the given milliseconds
 * at most, and sets their label_origin. */
void images_read(struct containers *containers, const struct settings *settings, const char *label, long milliseconds);

/* Reads ImageInspect's answer: whether the image from which the container was made has the label. For the tests. */
enum label_origin image_judge(const struct known_container *container, const char *label, const char *body,
                              size_t length);

#endif
