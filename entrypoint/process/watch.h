/* Watches files for changes: the certificates and the files that variables come from. */
#ifndef PROCESS_WATCH_H
#define PROCESS_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* Identifies a version of a file. */
struct fingerprint {
    struct timespec changed; /* its inode: content, name, owner or mode; a mounted configuration swaps a link */
    off_t size;
    dev_t device;
    ino_t inode; /* 0: there is no file */
};

struct watched {
    char *path;
    bool certificate;
    struct fingerprint taken; /* the version that was last taken up */
    struct fingerprint seen;  /* the version at the last look */
};

struct watch {
    bool begun;
    int events; /* of inotify(7); -1 if the kernel gives none, then there are only the regular looks */
    struct watched *files;
    size_t count;
    long next_look; /* see channel_now */
};

/* What watch_step has found to be changed: any of */
enum { WATCH_CERTIFICATE = 1, WATCH_VARIABLES = 2 };

/* Begins to watch these paths, which are copied: certificates and files with variables. Call it again to change the
 * list; what is known of the files that stay is kept. Release with watch_end. `watch` is all zeros before. */
void watch_begin(struct watch *watch, char *const certificates[], size_t certificate_count, char *const variables[],
                 size_t variable_count);
void watch_end(struct watch *watch);

/* The milliseconds until watch_step has to be called without an event of `events`; -1: never. */
long watch_patience(const struct watch *watch);

/* Looks at the files if it is time to. Returns what has changed since it was taken up, once it has stayed the same for
 * a fifth of a second, or two seconds for certificates, which are files that belong together: what is being written is
 * not read. Changes are found by events, or by a look every two
 * seconds, because some mounts give no events (network file systems, shares of a virtual machine). */
int watch_step(struct watch *watch);

/* The present versions count as taken up. Call it before the files are read: what changes afterwards is found. */
void watch_take(struct watch *watch);

#endif
