/* HAProxy does not outlive this program. The kernel kills a child with its parent (prctl(2), PR_SET_PDEATHSIG), but
 * not one that has changed its user since. */
#ifndef PROCESS_ORPHANS_H
#define PROCESS_ORPHANS_H

#include <sys/types.h>

struct orphans {
    pid_t group; /* the process group that HAProxy has to join; 0: none is needed */
    int ours;    /* open as long as this program lives; -1: none */
};

/* Starts a process that kills the group when this program ends, in whatever way. None is needed if this program is not
 * root, so that HAProxy keeps its user, or is PID 1, whose end ends all processes of the container. If the process
 * cannot be started, HAProxy may go on without this program. Release with orphans_end. */
void orphans_begin(struct orphans *orphans);
void orphans_end(struct orphans *orphans);

#endif
