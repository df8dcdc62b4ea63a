/* HAProxy's Runtime API (management guide, section 9.3), over the socket pair that each HAProxy shares with us. */
#ifndef PROCESS_RUNTIME_H
#define PROCESS_RUNTIME_H

#include <stdbool.h>

/* Sets a number that pages and logs of the running HAProxy can show: the variable proc.NAME, which haproxy.cfg has to
 * have set once. offers is our end of its socket pair, see struct handover. Waits for a second at most. Returns false
 * if HAProxy has not done it. */
bool runtime_set(int offers, const char *name, int value);

/* Lets the running HAProxy give memory that it has freed back to the system: its allocator keeps what busy moments
 * needed. offers, the time and the result as for runtime_set. */
bool runtime_trim(int offers);

/* Gives HAProxy a connection to its Runtime API: one end of a socket pair, which the caller may close then. Returns
 * false if HAProxy has ended, or has not taken earlier ones. Never waits. */
bool runtime_give(int offers, int connection);

/* Returns a number of the running HAProxy's `show info` (management guide, section 9.3), such as DroppedLogs, or -1 if
 * HAProxy has not told it. offers and the time as for runtime_set. */
long runtime_number(int offers, const char *name);

#endif
