/* Whether the Engines can be reached: one connection to each that has answered is kept, idle, so that its end is
 * noticed when it happens; those that have not are tried every two seconds. */
#ifndef INVENTORY_REACH_H
#define INVENTORY_REACH_H

#include "inventory/channel.h"
#include "inventory/inventory.h"

#include <poll.h>

struct reach {
    const struct settings *settings; /* not owned */
    struct {
        struct channel channel;
        bool trying;  /* the channel is open */
        bool reached; /* and has answered */
        bool news;    /* once it answers, it has to be asked anew */
        bool rests;   /* there is nothing to watch */
        long when;    /* of the next try, or of the end of this one */
    } upstreams[UPSTREAMS_MAX];
};

/* Begins with what an inventory has read. Release with reach_end. */
void reach_begin(struct reach *reach, const struct settings *settings, const struct inventory *inventory);
void reach_end(struct reach *reach);

/* What to poll for: adds to polled, whose room for UPSTREAMS_MAX more is the caller's. Returns how many. */
size_t reach_poll(const struct reach *reach, struct pollfd *polled);

/* How many milliseconds until reach_step has something to do by itself; -1: for ever. */
long reach_patience(const struct reach *reach);

/* Goes on, without waiting (names are looked up for half a second at most). Returns whether an upstream that had been
 * away, or had never answered, answers now: it is time for a new inventory. */
bool reach_step(struct reach *reach);

/* Is told what came of that. */
void reach_told(struct reach *reach, const struct inventory *inventory);

#endif
