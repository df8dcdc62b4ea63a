/* Watches whether the Engines can be reached. One idle connection to each reachable Engine is kept, so that its end
 * is noticed at once; unreachable ones are tried every two seconds. */
#ifndef INVENTORY_REACH_H
#define INVENTORY_REACH_H

#include "inventory/channel.h"
#include "inventory/inventory.h"

#include <poll.h>

struct reach {
    const struct settings *settings; /* not owned */
    long lost;                       /* since when no upstream has been reached, see channel_now; 0: one is */
    struct {
        struct channel channel;
        bool trying;  /* the channel is open */
        bool reached; /* and the upstream has responded */
        bool news;    /* a new inventory is needed once it responds */
        bool rests;   /* it is not watched */
        long when;    /* the time of the next try, or of the end of this one, see channel_now */
    } upstreams[UPSTREAMS_MAX];
};

/* Begins to watch, with the outcome of an inventory. The settings must outlive it. Release with reach_end. */
void reach_begin(struct reach *reach, const struct settings *settings, const struct inventory *inventory);
void reach_end(struct reach *reach);

/* Writes the descriptors to poll to polled, which has room for UPSTREAMS_MAX. Returns their number. */
size_t reach_poll(const struct reach *reach, struct pollfd *polled);

/* The milliseconds until reach_step has to be called without an event; -1: never. */
long reach_patience(const struct reach *reach);

/* Proceeds without blocking, except to resolve names, for half a second at most. Returns whether a new inventory is
 * needed, because an upstream responds that was unreachable before. */
bool reach_step(struct reach *reach);

/* For how many milliseconds no upstream has been reached; 0 if one is, or is not watched. */
long reach_lost(const struct reach *reach);

/* Takes over the outcome of a new inventory. */
void reach_told(struct reach *reach, const struct inventory *inventory);

#endif
