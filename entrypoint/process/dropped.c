/* Lines that are missing in the log: room for a reader that pauses, and how many lines HAProxy has dropped. */
#include "process/dropped.h"

#include "base/problems.h"
#include "inventory/channel.h"
#include "process/runtime.h"

#include <fcntl.h>

#define MILLISECONDS 60000     /* between looks */
#define PIPE_SIZE    (1 << 20) /* the kernel's default limit for users that are not root */

void dropped_prevent(int log)
{
    if (fcntl(log, F_GETPIPE_SZ) < PIPE_SIZE) /* -1: it is not a pipe, whose size cannot be set either */
        fcntl(log, F_SETPIPE_SZ, PIPE_SIZE);
}

void dropped_begin(struct dropped *dropped)
{
    dropped->reported = 0;
    dropped->next_look = channel_now() + MILLISECONDS;
}

long dropped_patience(const struct dropped *dropped)
{
    return channel_until(dropped->next_look);
}

bool dropped_look(struct dropped *dropped, int offers, bool now)
{
    long count;

    if (!now && dropped_patience(dropped) > 0)
        return false;
    count = runtime_number(offers, "DroppedLogs");
    if (count > dropped->reported) {
        notice("warning: %ld lines of the log are lost: its reader was too slow", count - dropped->reported);
        dropped->reported = count;
    }
    dropped->next_look = channel_now() + MILLISECONDS;
    return count >= 0;
}
