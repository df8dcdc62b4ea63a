/* The containers of an Engine that could not be created again, read once, for `explain`. */
#ifndef INVENTORY_LOSSES_H
#define INVENTORY_LOSSES_H

#include "inventory/follow.h"
#include "inventory/recreation.h"

struct losses {
    struct recreation *recreation; /* NULL: no profile can lose containers, so that nothing was read */
    struct follow_hooks hooks;
    struct follow *follow;
};

/* Reads and inspects the containers of the first upstream that answers, for the given milliseconds at most. Environment
 * and inventory must outlive it. Release with losses_free. */
void losses_read(struct losses *losses, const struct environment *environment, const struct inventory *inventory,
                 long milliseconds);
void losses_free(struct losses *losses);

/* Whether haproxy.cfg refuses the operation on the container that the reference names, for that profile; then writes
 * the reason of the answer. For ContainerPrune, on any that does not run. */
bool losses_refuse(const struct losses *losses, const struct profile *profile, const char *operation_id,
                   const char *reference, char *reason, size_t size);

#endif
