/* Watches files for changes, by inotify and by looking at them. */
#include "process/watch.h"

#include "base/array.h"
#include "inventory/channel.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define LOOK_EACH 2000 /* milliseconds */
#define REST      200

static struct fingerprint look_at(const char *path)
{
    struct fingerprint fingerprint;
    struct stat file;

    memset(&fingerprint, 0, sizeof fingerprint); /* padding as well, for memcmp */
    if (stat(path, &file) != 0)
        return fingerprint;
    fingerprint.changed = file.st_ctim;
    fingerprint.size = file.st_size;
    fingerprint.device = file.st_dev;
    fingerprint.inode = file.st_ino;
    return fingerprint;
}

static bool is_same(const struct fingerprint *a, const struct fingerprint *b)
{
    return a->inode == b->inode && a->device == b->device && a->size == b->size &&
           a->changed.tv_sec == b->changed.tv_sec && a->changed.tv_nsec == b->changed.tv_nsec;
}

/* Asks for events of the file and of its directory: an editor, and a mounted configuration, put a new file or link in
 * its place; a file that is itself mounted is written in place, and its directory is not told. Adding what is watched
 * already changes nothing. What cannot be watched has the regular looks. */
static void ask_for_events(const struct watch *watch, const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path) + 1;

    if (watch->events < 0 || length == 0 || length >= sizeof directory)
        return;
    memcpy(directory, path, length);
    directory[length] = '\0';
    inotify_add_watch(watch->events, directory,
                      IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ATTRIB);
    inotify_add_watch(watch->events, path, IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF);
}

static struct watched *find(const struct watch *watch, const char *path)
{
    for (size_t i = 0; i < watch->count; i++)
        if (strcmp(watch->files[i].path, path) == 0)
            return &watch->files[i];
    return NULL;
}

static void free_files(struct watched *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(files[i].path);
    free(files);
}

/* Adds a path. A file that was not watched before counts as not taken up unless this is the first list. */
static void add(struct watch *next, const struct watch *before, const char *path, bool certificate)
{
    const struct watched *known = find(before, path);
    struct watched *file;

    if (find(next, path) != NULL)
        return;
    next->files = array_grow(next->files, next->count, sizeof *next->files);
    file = &next->files[next->count++];
    if (known != NULL)
        *file = *known;
    else if (!before->begun)
        file->taken = file->seen = look_at(path);
    file->path = strdup(path);
    if (file->path == NULL)
        abort();
    file->certificate = certificate;
    ask_for_events(next, path);
}

void watch_begin(struct watch *watch, char *const certificates[], size_t certificate_count, char *const variables[],
                 size_t variable_count)
{
    struct watch before = *watch;
    struct watch next = {.begun = true,
                         .events = before.begun ? before.events : inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
                         .next_look = channel_now() + REST};

    for (size_t i = 0; i < certificate_count; i++)
        add(&next, &before, certificates[i], true);
    for (size_t i = 0; i < variable_count; i++)
        add(&next, &before, variables[i], false);
    free_files(before.files, before.count);
    *watch = next;
}

void watch_end(struct watch *watch)
{
    if (watch->begun && watch->events >= 0)
        close(watch->events);
    free_files(watch->files, watch->count);
    memset(watch, 0, sizeof *watch);
}

long watch_patience(const struct watch *watch)
{
    long left = watch->next_look - channel_now();

    return watch->count == 0 ? -1 : left > 0 ? left : 0;
}

void watch_take(struct watch *watch)
{
    for (size_t i = 0; i < watch->count; i++)
        watch->files[i].taken = watch->files[i].seen = look_at(watch->files[i].path);
}

/* Discards the events: the looks find out what has changed. */
static bool had_events(const struct watch *watch)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    bool any = false;

    while (watch->events >= 0 && read(watch->events, events, sizeof events) > 0)
        any = true;
    return any;
}

int watch_step(struct watch *watch)
{
    long now = channel_now();
    bool rests = true;
    int changed = 0;

    if (watch->count == 0)
        return 0;
    if (had_events(watch) && watch->next_look > now + REST)
        watch->next_look = now + REST;
    if (now < watch->next_look)
        return 0;
    for (size_t i = 0; i < watch->count; i++) {
        struct watched *file = &watch->files[i];
        struct fingerprint fresh = look_at(file->path);

        if (!is_same(&fresh, &file->seen)) {
            rests = false;
            ask_for_events(watch, file->path); /* of the new file */
        }
        if (!is_same(&fresh, &file->taken))
            changed |= file->certificate ? WATCH_CERTIFICATE : WATCH_VARIABLES;
        file->seen = fresh;
    }
    watch->next_look = now + (rests || (changed & WATCH_CERTIFICATE) != 0 ? LOOK_EACH : REST);
    return rests ? changed : 0;
}
