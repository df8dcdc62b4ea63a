/* The follower: a child process for each HAProxy, which keeps HAProxy's maps (config/maps.h) in step with the Engine.
 * It has no more rights than HAProxy. Nothing here waits for it or for HAProxy, except follower_await. */
#ifndef PROCESS_FOLLOWER_H
#define PROCESS_FOLLOWER_H

#include "config/maps.h"
#include "environment/machine.h"

#define FOLLOWER_SILENT 5 /* seconds; more for one that takes the place of one that never was ready */

struct follower {
    pid_t pid;                      /* 0: none */
    int talk;                       /* our end of the socket pair with the child; -1: none */
    int ours;                       /* the child's end of the connection to HAProxy, until there is a child; -1: none */
    int connection;                 /* HAProxy's end of it, until HAProxy is given it; -1: none */
    bool ready;                     /* the child has read the containers once */
    bool news;                      /* it has said something that follower_news has not returned yet */
    bool warns;                     /* the next child logs which containers could not be created again */
    long begun;                     /* see channel_now */
    bool spoke;                     /* the child has said anything */
    int silent;                     /* how often in turn follower_is_lost has heard nothing in time */
    int attempts;                   /* children in turn that were lost before they were ready */
    long look_at;                   /* when it looks again, see channel_now */
    struct credentials credentials; /* HAProxy's */
};

#define NO_FOLLOWER                              \
    {                                            \
        .talk = -1, .ours = -1, .connection = -1 \
    }

/* Makes the connection, with a first command in it: nothing is certain. Returns false with errno set on failure.
 * Release with follower_end. */
bool follower_connect(struct follower *follower);

/* Gives HAProxy its end of the connection. offers: see runtime.h. Returns false if HAProxy does not take it. */
bool follower_give(struct follower *follower, int offers);

/* Starts a child, and makes the connection unless there is one, if anything needs the maps; otherwise there is none,
 * which is no error. The environment and the inventory are those of HAProxy's configuration, the credentials
 * HAProxy's. Returns false with errno set on failure. Release with follower_end. */
bool follower_begin(struct follower *follower, const struct environment *environment, const struct inventory *inventory,
                    const struct credentials *credentials);

/* Waits until the child has read the containers, or has ended, until the deadline (see channel_now) at most. */
void follower_await(struct follower *follower, long deadline);

/* Reads what the child says. Returns whether the inventory has to be read again: containers have got the Engine's
 * socket, or those that a guard lists by name are others. The field news is true if follower_await has heard so: then
 * nothing more may come over talk. */
bool follower_news(struct follower *follower);

/* Whether the child is stopped or hangs: it says something every second, and has said nothing for FOLLOWER_SILENT of
 * them. Has to be called after follower_patience milliseconds at the latest. Time in which that has not been done, such
 * as that of a frozen container, does not count as silence. */
bool follower_is_lost(struct follower *follower);
long follower_patience(const struct follower *follower); /* -1: there is no child */

/* HAProxy no longer listens: the child ends as soon as HAProxy has nothing else to do, which waits for its connection
 * too. */
void follower_finish(struct follower *follower);

/* Ends the child. waitpid reports it to the supervisor. */
void follower_end(struct follower *follower);

#endif
