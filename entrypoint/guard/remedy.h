/* The remedy in a refusal: the setting that its reason names. */
#ifndef GUARD_REMEDY_H
#define GUARD_REMEDY_H

#include <stdbool.h>
#include <stddef.h>

struct guard_remedy {
    char variable[64]; /* "ALLOW_BIND_MOUNTS", without a profile's prefix */
    char value[256];   /* an item for the variable's list, "/srv/app"; or "true", its whole value */
};

/* Reads the reason of a refusal (struct guard_verdict), such as
 *   HostConfig.Binds "/srv/app:/data"; ALLOW_BIND_MOUNTS with that path would allow it
 * Returns false if it names no setting. Whether the setting is enough has to be judged: one fault hides the next, and a
 * value that is cut short in the reason is no item. */
bool guard_remedy_read(struct guard_remedy *remedy, const char *reason);

/* Finds the value that a hint gives for a variable: "=VALUE", " with VALUE", or, as in " with that path", the refused
 * one. rest is the text behind the variable's name in the hint. Returns where the value begins in rest or in refused,
 * and its length; NULL if the hint gives none. */
const char *guard_remedy_value(const char *variable, const char *rest, const char *refused, size_t *length);

#endif
