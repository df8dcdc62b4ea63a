/* Reads once which containers of an Engine could not be created again. */
#include "inventory/losses.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

static void on_change(void *context, struct known_container *container)
{
    (void)context;
    (void)container;
}

static void on_gone(void *context, struct known_container *container)
{
    (void)context;
    loss_free(container->attached);
    container->attached = NULL;
}

static void on_set(void *context)
{
    (void)context;
}

static void on_inspected(void *context, struct known_container *container, const char *body, size_t length)
{
    const struct losses *losses = context;

    loss_free(container->attached);
    container->attached = recreation_judge(losses->recreation, follow_containers(losses->follow), container, body,
                                           length);
}

void losses_read(struct losses *losses, const struct environment *environment, const struct inventory *inventory,
                 long milliseconds)
{
    long deadline = channel_now() + milliseconds;

    memset(losses, 0, sizeof *losses);
    if (!recreation_matters(environment) || !recreation_counts(inventory))
        return;
    losses->recreation = recreation_new(environment, inventory);
    losses->hooks = (struct follow_hooks){.context = losses,
                                          .changed = on_change,
                                          .gone = on_gone,
                                          .renewed = on_set,
                                          .lost = on_set,
                                          .inspected = on_inspected,
                                          .inspections = true};
    losses->follow = follow_begin(&environment->settings, &losses->hooks);
    while (!follow_containers(losses->follow)->known && channel_now() < deadline) {
        struct pollfd polled[FOLLOW_DESCRIPTORS];
        long patience;
        size_t count;

        follow_step(losses->follow);
        if (follow_why(losses->follow)[0] != '\0' || follow_containers(losses->follow)->known)
            break;
        patience = follow_patience(losses->follow);
        if (patience < 0 || patience > deadline - channel_now())
            patience = deadline - channel_now();
        count = follow_poll(losses->follow, polled);
        poll(polled, count, patience < 0 ? 0 : (int)patience);
    }
    for (size_t i = 0; i < follow_containers(losses->follow)->count; i++)
        if (follow_containers(losses->follow)->list[i]->attached == NULL)
            on_inspected(losses, follow_containers(losses->follow)->list[i], NULL, 0);
}

void losses_free(struct losses *losses)
{
    follow_end(losses->follow);
    recreation_free(losses->recreation);
    memset(losses, 0, sizeof *losses);
}

/* The text for the container; NULL: it could be created again. */
static const char *text_of(size_t profile, const struct known_container *container)
{
    const struct loss *loss = container == NULL ? NULL : container->attached;

    return loss == NULL ? NULL : loss->profiles[profile].text;
}

bool losses_refuse(const struct losses *losses, const struct profile *profile, const char *operation_id,
                   const char *reference, char *reason, size_t size)
{
    const struct containers *containers;
    const char *text = NULL;
    size_t i;

    if (losses->recreation == NULL || !profile_keeps(profile, operation_id))
        return false;
    containers = follow_containers(losses->follow);
    i = (size_t)(profile - losses->recreation->environment->profiles);
    if (!containers->known)
        return false; /* nothing that is allowed is served either */
    if (strcmp(operation_id, "ContainerPrune") != 0)
        text = text_of(i, containers_refer(containers, reference));
    for (size_t k = 0; text == NULL && strcmp(operation_id, "ContainerPrune") == 0 && k < containers->count; k++)
        if (!containers->list[k]->entry.running)
            text = text_of(i, containers->list[k]);
    if (text != NULL)
        snprintf(reason, size, RECREATION_SAYS ": %s", text);
    return text != NULL;
}
