/* Which exec instances belong to targets, and for how long HAProxy has to know them. */
#include "process/execs.h"

#include "base/array.h"
#include "base/text.h"
#include "config/targets.h"
#include "inventory/channel.h"
#include "inventory/parse.h"

#include <stdlib.h>
#include <string.h>

#define KEPT_MILLISECONDS (10L * 60 * 1000)

struct exec {
    char *id;
    char *container;
    struct map_entries entries;
    long until; /* see channel_now; 0: it has not ended */
};

struct execs {
    const struct maps_of *of;
    struct mirror *mirror;
    struct exec *list;
    size_t count;
};

struct execs *execs_new(const struct maps_of *of, struct mirror *mirror)
{
    struct execs *execs;

    if (!targets_need_execs(of->environment))
        return NULL;
    execs = calloc(1, sizeof *execs);
    if (execs == NULL)
        abort();
    execs->of = of;
    execs->mirror = mirror;
    return execs;
}

static struct exec *find(struct execs *execs, const char *id)
{
    for (size_t i = 0; i < execs->count; i++)
        if (strcmp(execs->list[i].id, id) == 0)
            return &execs->list[i];
    return NULL;
}

static void drop(struct execs *execs, size_t i)
{
    struct exec *exec = &execs->list[i];

    mirror_withdraw(execs->mirror, &exec->entries);
    map_entries_free(&exec->entries);
    free(exec->id);
    free(exec->container);
    execs->list[i] = execs->list[--execs->count];
}

/* (The entries themselves do not move with the list.) */
void execs_created(struct execs *execs, const struct known_container *container, const char *id)
{
    struct exec *exec;

    if (execs == NULL || find(execs, id) != NULL)
        return;
    execs->list = array_grow(execs->list, execs->count, sizeof *execs->list);
    exec = &execs->list[execs->count];
    targets_add_exec(&exec->entries, execs->of, container, id);
    if (exec->entries.count == 0)
        return;
    exec->id = text_format("%s", id);
    exec->container = text_format("%s", container->entry.container.id);
    execs->count++;
    mirror_claim(execs->mirror, &exec->entries);
}

void execs_ended(struct execs *execs, const char *id)
{
    struct exec *exec = execs == NULL ? NULL : find(execs, id);

    if (exec != NULL)
        exec->until = channel_now() + KEPT_MILLISECONDS;
}

void execs_read(struct execs *execs, const struct known_container *container, const char *body, size_t length)
{
    json_t *root = execs == NULL ? NULL : json_read(body, length);
    const json_t *list = json_object_get(root, "ExecIDs");

    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *id = json_string_value(json_array_get(list, i));

        if (id != NULL && inventory_is_id(id))
            execs_created(execs, container, id);
    }
    json_decref(root);
}

void execs_changed(struct execs *execs, const struct known_container *container)
{
    for (size_t i = execs == NULL ? 0 : execs->count; i-- > 0;) {
        struct exec *exec = &execs->list[i];
        struct map_entries before = exec->entries;

        if (strcmp(exec->container, container->entry.container.id) != 0)
            continue;
        exec->entries = (struct map_entries){.count = 0};
        targets_add_exec(&exec->entries, execs->of, container, exec->id);
        mirror_claim(execs->mirror, &exec->entries);
        mirror_withdraw(execs->mirror, &before);
        map_entries_free(&before);
        if (exec->entries.count == 0)
            drop(execs, i);
    }
}

void execs_forget(struct execs *execs, const struct known_container *container)
{
    for (size_t i = execs == NULL ? 0 : execs->count; i-- > 0;)
        if (strcmp(execs->list[i].container, container->entry.container.id) == 0)
            drop(execs, i);
}

long execs_step(struct execs *execs)
{
    long now = channel_now();
    long next = -1;

    for (size_t i = execs == NULL ? 0 : execs->count; i-- > 0;) {
        long left = execs->list[i].until - now;

        if (execs->list[i].until == 0)
            continue;
        if (left <= 0)
            drop(execs, i);
        else if (next < 0 || left < next)
            next = left;
    }
    return next;
}
