/* Lines that are missing in the log: HAProxy drops them rather than wait for a reader that is too slow, and counts. */
#ifndef PROCESS_DROPPED_H
#define PROCESS_DROPPED_H

#include <stdbool.h>

/* What is known of one HAProxy. */
struct dropped {
    long reported;  /* lines that the log has been told of */
    long next_look; /* see channel_now */
};

/* Lets the log hold 1 MiB that its reader has not read yet, if it is a pipe; Linux gives 64 KiB, some 600 lines. The
 * limit of the kernel (fs.pipe-max-size) may keep it smaller. */
void dropped_prevent(int log);

/* Begins with a HAProxy that has just been started. */
void dropped_begin(struct dropped *dropped);

/* The milliseconds until dropped_look has to be called. */
long dropped_patience(const struct dropped *dropped);

/* Logs how many lines the running HAProxy has dropped since the last look, if any. A look takes place every minute, or
 * now. offers is our end of its socket pair, see struct handover. Takes a second at most. Returns whether HAProxy was
 * asked, and has answered. */
bool dropped_look(struct dropped *dropped, int offers, bool now);

#endif
