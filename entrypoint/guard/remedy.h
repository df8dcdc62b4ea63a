/* The remedy in a refusal: the setting that its reason names. */
#ifndef GUARD_REMEDY_H
#define GUARD_REMEDY_H

#include <stdbool.h>

struct guard_remedy {
    char variable[64]; /* "ALLOW_BIND_MOUNTS", without a profile's prefix */
    char value[256];   /* an item for the variable's list, "/srv/app"; or "true", its whole value */
};

/* Reads the reason of a refusal (struct guard_verdict), such as
 *   HostConfig.Binds "/srv/app:/data"; ALLOW_BIND_MOUNTS with that path would allow it
 * Returns false if it names no setting. Whether the setting is enough has to be judged: one fault hides the next, and a
 * value that is cut short in the reason is no item. */
bool guard_remedy_read(struct guard_remedy *remedy, const char *reason);

#endif
