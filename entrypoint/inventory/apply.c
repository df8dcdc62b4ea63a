/* Applies what the Engine says to the set of containers, and calls the owner's hooks. */
#include "inventory/following.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* In milliseconds */
#define INSPECT_AGAIN 1000
#define ASK_AGAIN     50

/* ---- the owner ---- */

/* Before the set is true as a whole, the owner waits for renewed. */
static void tell_changed(const struct follow *follow, struct known_container *container)
{
    if (follow->containers.known)
        follow->hooks->changed(follow->hooks->context, container);
}

static void remove_container(struct follow *follow, struct known_container *container)
{
    follow->hooks->gone(follow->hooks->context, container);
    known_remove(&follow->containers, container);
}

/* ---- what to ask ---- */

/* Wants a list to have an item, which it returns; NULL if too much waits, so that the follower begins anew. */
static struct waiting *want(struct follow *follow, struct waiting_list *list, const char *container,
                            const char *network)
{
    struct waiting *item = waiting_add(list, container, network);

    if (item == NULL)
        follow_lose(follow, "more changes than can be followed");
    return item;
}

static void want_later(struct follow *follow, struct waiting_list *list, const char *container, long milliseconds)
{
    struct waiting *item = want(follow, list, container, "");

    if (item != NULL)
        item->when = channel_now() + milliseconds;
}

/* ---- the hidden network ---- */

/* A container of an overlay network has an address on docker_gwbridge too, for what lies beyond; unless one of its
 * other networks leads out (libnetwork, sandbox.needDefaultGW). Neither the list nor an event tells of it, but the
 * network does, so it is asked whenever the networks of such a container have changed. */
static bool is_plain_bridge(const struct containers *containers, const char *network)
{
    for (size_t i = 0; i < containers->network_count; i++)
        if (strcmp(containers->networks[i].id, network) == 0)
            return !containers->networks[i].hidden;
    return false;
}

/* Whether it has an address on a network that is not a plain bridge. */
static bool may_be_hidden(const struct containers *containers, const struct known_container *container)
{
    for (size_t i = 0; container != NULL && i < container->address_count; i++)
        if (!is_plain_bridge(containers, container->addresses[i].network_id))
            return true;
    return false;
}

/* The container has joined or left the network. False if the follower begins anew. */
static bool doubt_hidden(struct follow *follow, const struct event *event, struct known_container *container)
{
    bool plain = is_plain_bridge(&follow->containers, event->network) && !may_be_hidden(&follow->containers, container);

    for (size_t i = 0; i < follow->containers.network_count; i++) {
        const struct known_network *network = &follow->containers.networks[i];

        /* An answer that is under way may be from before this network was the way out. */
        if (!network->hidden || (plain && waiting_find(&follow->joins, event->container, network->id) == NULL))
            continue;
        if (container != NULL && known_leave(container, network->id))
            tell_changed(follow, container);
        if (want(follow, &follow->joins, event->container, network->id) == NULL)
            return false;
    }
    return true;
}

void apply_hidden(struct follow *follow)
{
    for (size_t n = 0; n < follow->containers.network_count && follow->phase != RESTING; n++)
        for (size_t i = 0; i < follow->containers.count && follow->phase != RESTING; i++)
            if (follow->containers.networks[n].hidden && may_be_hidden(&follow->containers, follow->containers.list[i]))
                want(follow, &follow->joins, follow->containers.list[i]->entry.container.id,
                     follow->containers.networks[n].id);
}

/* ---- events ---- */

/* An answer that is under way may be from before the event. */
static void doubt(struct follow *follow, const char *container)
{
    if (waiting_find(&follow->asks, container, "") != NULL)
        waiting_add(&follow->asks, container, "");
}

static void apply_change(struct follow *follow, const struct event *event, struct known_container *container)
{
    struct waiting *item = want(follow, &follow->asks, event->container, "");

    if (item == NULL)
        return;
    item->whole |= event->kind == EVENT_RECONFIGURED;
    if (event->kind == EVENT_STARTED) {
        item->ended = false;
        waiting_forget(&follow->left, event->container, NULL);
        if (container != NULL)
            container->ended = false;
    }
}

/* The addresses are free from now on. */
static void apply_end(struct follow *follow, const struct event *event, struct known_container *container)
{
    struct waiting *item = NULL;

    waiting_forget(&follow->joins, event->container, NULL);
    waiting_forget(&follow->left, event->container, NULL);
    if (container != NULL && follow->listed) {
        doubt(follow, event->container);
    } else {
        item = want(follow, &follow->asks, event->container, "");
        if (item == NULL)
            return;
        item->ended = true;
    }
    if (container == NULL)
        return;
    if (known_end(container))
        tell_changed(follow, container);
}

static void apply_gone(struct follow *follow, const struct event *event, struct known_container *container)
{
    waiting_forget(&follow->joins, event->container, NULL);
    waiting_forget(&follow->inspections, event->container, NULL);
    waiting_forget(&follow->asks, event->container, NULL);
    waiting_forget(&follow->left, event->container, NULL);
    if (container != NULL)
        remove_container(follow, container);
    if (!follow->listed) /* the list may still have it */
        apply_end(follow, event, NULL);
}

/* The network knows the address before the container's process starts, and answers while the container is locked. */
static void apply_joined(struct follow *follow, const struct event *event, struct known_container *container)
{
    struct waiting *item;

    if (want(follow, &follow->joins, event->container, event->network) == NULL ||
        !doubt_hidden(follow, event, container))
        return;
    waiting_forget(&follow->left, event->container, event->network);
    doubt(follow, event->container);
    if (container != NULL && !container->entry.running && follow->listed)
        return; /* it is being started, and an event says when it is */
    item = want(follow, &follow->asks, event->container, "");
    if (item != NULL)
        item->whole = true;
}

/* The Engine may list the addresses for a moment after the event: it saves the state of the container only then. They
 * do not count until it joins that network again, or is started. */
static void apply_left(struct follow *follow, const struct event *event, struct known_container *container)
{
    const char *network = event->kind == EVENT_LEFT ? event->network : NULL;
    bool running = container != NULL && container->entry.running;

    waiting_forget(&follow->joins, event->container, network);
    if (network != NULL && running && !doubt_hidden(follow, event, container))
        return;
    if (network != NULL && (container == NULL || !container->ended) &&
        want(follow, &follow->left, event->container, network) == NULL)
        return;
    if (!follow->listed || running) {
        struct waiting *item = want(follow, &follow->asks, event->container, "");

        if (item == NULL)
            return;
        item->whole = true;
    }
    doubt(follow, event->container);
    if (container != NULL && known_leave(container, network))
        tell_changed(follow, container);
}

/* Docker's Engine writes the labels of the container over the attributes of an event, so that such a label could claim
 * the exec instance of another container. */
static void apply_exec(const struct follow *follow, const struct event *event, const struct known_container *container)
{
    if (follow->hooks->exec != NULL && container != NULL && container_label(container, "execID") == NULL)
        follow->hooks->exec(follow->hooks->context, container, event->exec, event->kind == EVENT_EXEC_ENDED);
}

void apply_event(struct follow *follow, const struct event *event)
{
    struct known_container *container = containers_find(&follow->containers, event->container);

    switch (event->kind) {
    case EVENT_CHANGED:
    case EVENT_RECONFIGURED:
    case EVENT_STARTED:
        apply_change(follow, event, container);
        break;
    case EVENT_ENDED:
        apply_end(follow, event, container);
        break;
    case EVENT_GONE:
        apply_gone(follow, event, container);
        break;
    case EVENT_JOINED:
        apply_joined(follow, event, container);
        break;
    case EVENT_LEFT:
    case EVENT_LEFT_ONE:
        apply_left(follow, event, container);
        break;
    case EVENT_NETWORKS:
        follow->networks_wanted = true;
        break;
    case EVENT_EXEC:
    case EVENT_EXEC_ENDED:
        apply_exec(follow, event, container);
        break;
    default:
        break;
    }
}

/* ---- answers ---- */

static bool usable(struct follow *follow, const struct fetch *fetch)
{
    char why[sizeof follow->why];

    if (fetch->status == 200)
        return true;
    if (fetch->status == 0)
        snprintf(why, sizeof why, "%.20s: %s", fetch->path, fetch->why);
    else
        snprintf(why, sizeof why, "its response to GET %.20s has status %d", fetch->path, fetch->status);
    follow_lose(follow, why);
    return false;
}

static void lose_unfit(struct follow *follow, const struct fetch *fetch)
{
    char why[sizeof follow->why];

    snprintf(why, sizeof why, "its response to GET %.20s is not that of an Engine", fetch->path);
    follow_lose(follow, why);
}

/* Removes the addresses on networks that the container has left, see apply_left. */
static void leave_those_left(const struct follow *follow, struct known_container *container)
{
    for (size_t i = 0; i < follow->left.count; i++)
        if (strcmp(follow->left.items[i].container, container->entry.container.id) == 0)
            known_leave(container, follow->left.items[i].network);
}

/* What was known before is not relied on, but stays the same object with what is attached. */
static void replace(struct follow *follow, struct containers *fresh)
{
    for (size_t i = follow->containers.count; i-- > 0;) {
        struct known_container *container = follow->containers.list[i];

        container->ended = false;
        known_leave(container, NULL);
        if (containers_find(fresh, container->entry.container.id) == NULL)
            remove_container(follow, container);
    }
    for (size_t i = 0; i < fresh->count; i++) {
        bool changed;

        known_put(&follow->containers, &fresh->list[i], &changed);
    }
    fresh->count = 0;
}

/* The event of a rename comes before the Engine gives up the old name (moby daemon/rename.go), and no other follows.
 * Only then a container has two. */
static void ask_again_if_renamed(struct follow *follow, const struct known_container *container)
{
    if (container->entry.container.names.count > 1)
        want_later(follow, &follow->asks, container->entry.container.id, ASK_AGAIN);
}

void apply_list(struct follow *follow, const struct fetch *fetch)
{
    struct containers fresh;
    bool right;

    if (!usable(follow, fetch))
        return;
    right = known_list_read(&fresh, fetch->body, fetch->length);
    if (right)
        replace(follow, &fresh);
    containers_free(&fresh);
    if (!right) {
        lose_unfit(follow, fetch);
        return;
    }
    /* What has happened since the subscription: the list may be from before. */
    for (size_t i = 0; i < follow->asks.count; i++) {
        struct known_container *container = containers_find(&follow->containers, follow->asks.items[i].container);

        if (container == NULL)
            continue;
        known_leave(container, NULL);
        if (follow->asks.items[i].ended)
            known_end(container);
    }
    follow->listed = true;
    for (size_t i = 0; i < follow->containers.count && follow->phase != RESTING; i++) {
        const struct known_container *container = follow->containers.list[i];

        if (follow->hooks->inspections)
            want(follow, &follow->inspections, container->entry.container.id, "");
        ask_again_if_renamed(follow, container);
    }
}

/* Takes the fresh state of one container, which is freed. */
static void take(struct follow *follow, struct known_container *fresh, bool whole)
{
    bool changed;
    struct known_container *container;

    leave_those_left(follow, fresh);
    container = known_put(&follow->containers, &fresh, &changed);
    if (changed)
        tell_changed(follow, container);
    ask_again_if_renamed(follow, container);
    if (follow->hooks->inspections && (changed || whole))
        want(follow, &follow->inspections, container->entry.container.id, "");
}

void apply_some(struct follow *follow, const struct fetch *fetch)
{
    struct containers fresh;
    bool right;

    if (!usable(follow, fetch))
        return;
    right = known_list_read(&fresh, fetch->body, fetch->length);
    for (size_t i = 0; right && i < follow->asks.count;) {
        struct waiting item = follow->asks.items[i];
        struct known_container *container;

        if (item.slot == NO_SLOT || item.again) {
            follow->asks.items[i].slot = NO_SLOT;
            follow->asks.items[i++].again = false;
            continue;
        }
        waiting_remove(&follow->asks, i);
        container = containers_find(&fresh, item.container);
        if (container != NULL) {
            known_take(&fresh, container);
            if (item.ended)
                known_end(container);
            take(follow, container, item.whole);
        } else {
            waiting_forget(&follow->joins, item.container, NULL);
            waiting_forget(&follow->inspections, item.container, NULL);
            container = containers_find(&follow->containers, item.container);
            if (container != NULL)
                remove_container(follow, container);
        }
    }
    containers_free(&fresh);
    if (!right)
        lose_unfit(follow, fetch);
}

void apply_networks(struct follow *follow, const struct fetch *fetch)
{
    bool changed;

    if (!usable(follow, fetch))
        return;
    if (!known_networks_read(&follow->containers, fetch->body, fetch->length, &changed)) {
        lose_unfit(follow, fetch);
        return;
    }
    follow->networked = true;
    if (!changed || !follow->containers.known)
        return;
    apply_hidden(follow);
    if (follow->containers.known)
        follow->hooks->renewed(follow->hooks->context);
}

void apply_network(struct follow *follow, size_t slot, const struct fetch *fetch)
{
    if (fetch->status != 404 && !usable(follow, fetch))
        return;
    for (size_t i = 0; i < follow->joins.count;) {
        struct waiting item = follow->joins.items[i];
        struct known_container *container = containers_find(&follow->containers, item.container);
        bool changed = false;

        if (item.slot != slot) {
            i++;
            continue;
        }
        if (item.again) {
            follow->joins.items[i].slot = NO_SLOT;
            follow->joins.items[i++].again = false;
            continue;
        }
        waiting_remove(&follow->joins, i);
        if (container == NULL || fetch->status == 404)
            continue;
        if (!known_network_read(container, item.network, fetch->body, fetch->length, &changed)) {
            lose_unfit(follow, fetch);
            return;
        }
        if (changed)
            tell_changed(follow, container);
    }
}

void apply_inspection(struct follow *follow, size_t slot, const struct fetch *fetch)
{
    for (size_t i = 0; i < follow->inspections.count; i++) {
        struct waiting item = follow->inspections.items[i];
        struct known_container *container = containers_find(&follow->containers, item.container);

        bool failed;

        if (item.slot != slot)
            continue;
        waiting_remove(&follow->inspections, i);
        if (container != NULL && fetch->status == 200) {
            follow->hooks->inspected(follow->hooks->context, container, fetch->body, fetch->length);
            tell_changed(follow, container);
        }
        failed = fetch->status != 200 && fetch->status != 404;
        if (container != NULL && (item.again || failed))
            want_later(follow, &follow->inspections, item.container, failed ? INSPECT_AGAIN : 0);
        return;
    }
}
