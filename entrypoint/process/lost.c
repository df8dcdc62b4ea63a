/* Lines that are missing in the log: room for a reader that pauses, and how many lines HAProxy has dropped. */
#include "process/lost.h"

#include "base/problems.h"
#include "inventory/channel.h"
#include "process/runtime.h"

#include <fcntl.h>

#define MILLISECONDS 60000     /* between looks */
#define PIPE_SIZE    (1 << 20) /* the kernel's default limit for users that are not root */

void lost_prevent(int log)
{
    if (fcntl(log, F_GETPIPE_SZ) < PIPE_SIZE) /* -1: it is not a pipe, whose size cannot be set either */
        fcntl(log, F_SETPIPE_SZ, PIPE_SIZE);
}

void lost_begin(struct lost *lost)
{
    lost->reported = 0;
    lost->next_look = channel_now() + MILLISECONDS;
}

long lost_patience(const struct lost *lost)
{
    long left = lost->next_look - channel_now();

    return left > 0 ? left : 0;
}

void lost_look(struct lost *lost, int offers, bool now)
{
    long dropped;

    if (!now && lost_patience(lost) > 0)
        return;
    dropped = runtime_number(offers, "DroppedLogs");
    if (dropped > lost->reported) {
        notice("warning: %ld lines of the log are lost: its reader was too slow", dropped - lost->reported);
        lost->reported = dropped;
    }
    lost->next_look = channel_now() + MILLISECONDS;
}
