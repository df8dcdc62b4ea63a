/* Follows the events of an Engine: connects, asks, and begins anew after a loss. */
#include "inventory/following.h"

#include "base/text.h"
#include "inventory/parse.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* All in milliseconds. */
#define PAUSE_LEAST       250
#define PAUSE_MOST        2000
#define STEADY            10000 /* a follower that lasts that long begins with the least pause again */
#define PING_AT_MOST      2000
#define SUBSCRIBE_AT_MOST 5000
#define LIST_AT_MOST      10000
#define ASK_AT_MOST       5000
#define INSPECT_AT_MOST   5000 /* one container, and all of them before the set counts as true */
#define WATCH_EVERY       10000
#define PROBE_EVERY       2000
#define RESOLVE_AT_MOST   500

#define SINCE 3 /* seconds */

/* An event of a container has all its labels, which may be those of its image, and the Engine does not limit them.
 * Whoever makes a container or an image must not be able to end the following with them: this only bounds the memory.
 */
#define LINE_MOST ((size_t)8 * 1024 * 1024)

/* The Engine keeps 1,024 events for a reader that is slow, and drops further ones without a word (moby
 * daemon/events/events.go). A reader that was slow then gets them all at once. */
#define EVENTS_A_SECOND ((size_t)900)

#define ASKED_AT_ONCE ((size_t)12)

/* ---- phases ---- */

static void stop(struct follow *follow)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (follow->slots[i].fetching.fetch != NULL) {
            fetch_give_up(&follow->slots[i].fetching, "");
            fetch_free(&follow->slots[i].fetch);
        }
    if (follow->stream.fetch != NULL)
        fetch_give_up(&follow->stream, "");
    fetch_free(&follow->events);
    waiting_free(&follow->asks);
    waiting_free(&follow->joins);
    waiting_free(&follow->inspections);
    waiting_free(&follow->left);
    follow->listed = follow->networked = follow->networks_wanted = false;
    follow->phase = RESTING;
}

static void ask(struct follow *follow, size_t slot, size_t upstream, const char *path, long milliseconds)
{
    struct slot *asked = &follow->slots[slot];

    memset(&asked->fetch, 0, sizeof asked->fetch);
    asked->fetch.upstream = upstream;
    bounded_copy(asked->fetch.path, sizeof asked->fetch.path, path);
    asked->deadline = channel_now() + milliseconds;
    fetch_begin(&asked->fetching, &asked->fetch, &follow->settings->upstreams.list[upstream],
                &follow->endpoints[upstream], follow->tls);
}

static bool is_free(const struct follow *follow, size_t slot)
{
    return follow->slots[slot].fetching.fetch == NULL;
}

static void try_upstream(struct follow *follow, size_t upstream)
{
    follow->upstream = upstream;
    follow->phase = PINGING;
    ask(follow, SLOT_PING, upstream, "/_ping", PING_AT_MOST);
}

static void begin_round(struct follow *follow)
{
    endpoints_find(follow->endpoints, &follow->settings->upstreams, channel_now() + RESOLVE_AT_MOST);
    try_upstream(follow, 0);
}

void follow_lose(struct follow *follow, const char *why)
{
    bool known = follow->containers.known;
    bool was_following = follow->phase == FOLLOWING;

    if (follow->phase == RESTING)
        return;
    snprintf(follow->why, sizeof follow->why, "%s", why);
    stop(follow);
    follow->containers.known = false;
    if (known)
        follow->hooks->lost(follow->hooks->context);
    if (!was_following && follow->upstream + 1 < follow->settings->upstreams.count) {
        try_upstream(follow, follow->upstream + 1);
        return;
    }
    if (was_following && channel_now() - follow->since >= STEADY)
        follow->pause = PAUSE_LEAST;
    follow->when = channel_now() + follow->pause;
    follow->pause = follow->pause * 2 > PAUSE_MOST ? PAUSE_MOST : follow->pause * 2;
}

/* The time by the Engine's clock, from the Date of its response, or by our own. Events are asked for from a moment
 * before: the Engine sends the head of the response to SystemEvents before it records events for it, and what it lists
 * may lag behind the events. Older events do no harm, because all that followed come after them. */
static long engine_time(const struct fetch *ping)
{
    const char *date = fetch_header(ping, "Date");
    struct tm parts = {.tm_sec = 0};

    if (date == NULL || strptime(date, " %a, %d %b %Y %H:%M:%S GMT", &parts) == NULL)
        return (long)time(NULL) - SINCE;
    return (long)timegm(&parts) - SINCE;
}

static void subscribe(struct follow *follow, const struct fetch *ping)
{
    memset(&follow->events, 0, sizeof follow->events);
    follow->events.upstream = follow->upstream;
    event_path(follow->events.path, sizeof follow->events.path, engine_time(ping), follow->hooks->exec != NULL);
    fetch_begin(&follow->stream, &follow->events, &follow->settings->upstreams.list[follow->upstream],
                &follow->endpoints[follow->upstream], follow->tls);
    follow->phase = SUBSCRIBING;
    follow->when = channel_now() + SUBSCRIBE_AT_MOST;
    follow->second = follow->when;
    follow->events_in_second = 0;
}

static void begin_reading(struct follow *follow)
{
    follow->phase = READING;
    ask(follow, SLOT_LIST, follow->upstream, KNOWN_LIST, LIST_AT_MOST);
    ask(follow, SLOT_NETWORKS, follow->upstream, KNOWN_NETWORKS, LIST_AT_MOST);
}

/* From reading to inspecting, and to following, as soon as everything is there. */
static void proceed(struct follow *follow)
{
    if (follow->phase == READING && follow->listed && follow->networked) {
        apply_hidden(follow);
        follow->phase = INSPECTING;
        follow->when = channel_now() + INSPECT_AT_MOST;
    }
    if (follow->phase == INSPECTING && (follow->inspections.count == 0 || channel_now() >= follow->when)) {
        follow->phase = FOLLOWING;
        follow->since = channel_now();
        follow->watch_at = follow->since + WATCH_EVERY;
        follow->probe_at = follow->since + PROBE_EVERY;
        follow->containers.known = true;
        follow->containers.upstream = follow->upstream;
        malloc_trim(0); /* the list of all containers is large */
        follow->hooks->renewed(follow->hooks->context);
    }
}

/* ---- events ---- */

static void read_line(struct follow *follow, const char *line, size_t length)
{
    struct event event;
    long now = channel_now();

    if (now - follow->second >= 1000) {
        follow->second = now;
        follow->events_in_second = 0;
    }
    if (length > LINE_MOST)
        follow_lose(follow, "an event is too long");
    else if (++follow->events_in_second > EVENTS_A_SECOND)
        follow_lose(follow, "more events than the Engine keeps for a reader");
    else if (!event_read(&event, line, length))
        follow_lose(follow, "an event is not that of an Engine");
    else
        apply_event(follow, &event);
}

/* Reads all complete lines of the stream, and keeps the rest. */
static void read_lines(struct follow *follow)
{
    struct fetching *stream = &follow->stream;
    size_t at = stream->head;

    while (stream->fetch != NULL && at < stream->length) {
        const char *line = stream->bytes + at;
        const char *end = memchr(line, '\n', stream->length - at);

        if (end == NULL)
            break;
        at += (size_t)(end - line) + 1;
        if (line + strspn(line, " \r") < end)
            read_line(follow, line, (size_t)(end - line));
    }
    if (stream->fetch == NULL || at == stream->head)
        return;
    memmove(stream->bytes + stream->head, stream->bytes + at, stream->length - at + 1);
    stream->length -= at - stream->head;
}

static void step_stream(struct follow *follow)
{
    char why[sizeof follow->why];

    if (follow->stream.fetch == NULL)
        return;
    if (fetch_proceed(&follow->stream)) {
        snprintf(why, sizeof why, "its events have ended%s%s", follow->events.why[0] != '\0' ? ": " : "",
                 follow->events.why);
        follow_lose(follow, why);
        return;
    }
    if (follow->phase == SUBSCRIBING && fetching_status(&follow->stream) == 200)
        begin_reading(follow);
    if (follow->phase == SUBSCRIBING && (fetching_status(&follow->stream) != 0 || channel_now() >= follow->when)) {
        follow_lose(follow, "it gives no events");
        return;
    }
    if (follow->phase != SUBSCRIBING)
        read_lines(follow);
    if (follow->stream.fetch != NULL && follow->stream.length - follow->stream.head > LINE_MOST)
        follow_lose(follow, "an event is too long");
}

/* ---- questions ---- */

static void ask_some(struct follow *follow)
{
    struct text path;
    char *text;
    size_t count = 0;

    text_begin(&path);
    fputs(KNOWN_LIST "&filters=%7B%22id%22%3A%5B", path.stream);
    for (size_t i = 0; i < follow->asks.count && count < ASKED_AT_ONCE; i++) {
        struct waiting *item = &follow->asks.items[i];

        if (!waiting_due(item))
            continue;
        item->slot = SLOT_LIST;
        fprintf(path.stream, "%s%%22%s%%22", count++ == 0 ? "" : "%2C", item->container);
    }
    fputs("%5D%7D", path.stream);
    text = text_end(&path);
    ask(follow, SLOT_LIST, follow->upstream, text, ASK_AT_MOST);
    free(text);
}

/* Whether a question on that network is under way. */
static bool is_asked(const struct follow *follow, const char *network)
{
    for (size_t i = 0; i < follow->joins.count; i++)
        if (follow->joins.items[i].slot != NO_SLOT && strcmp(follow->joins.items[i].network, network) == 0)
            return true;
    return false;
}

/* Asks one network for all addresses on it that are wanted. Those of containers that are not known yet wait. */
static void ask_network(struct follow *follow, size_t slot)
{
    char network[NETWORK_ID_MOST + 1] = "";
    char path[NETWORK_ID_MOST + 16];

    for (size_t i = 0; i < follow->joins.count; i++) {
        struct waiting *item = &follow->joins.items[i];

        if (!waiting_due(item) || containers_find(&follow->containers, item->container) == NULL ||
            (network[0] == '\0' ? is_asked(follow, item->network) : strcmp(network, item->network) != 0))
            continue;
        bounded_copy(network, sizeof network, item->network);
        item->slot = slot;
    }
    if (network[0] == '\0')
        return;
    bounded_format(path, sizeof path, "/networks/%s", network);
    ask(follow, slot, follow->upstream, path, ASK_AT_MOST);
}

static void inspect_one(struct follow *follow, size_t slot)
{
    char path[CONTAINER_ID_LENGTH + 24];

    for (size_t i = 0; i < follow->inspections.count; i++) {
        struct waiting *item = &follow->inspections.items[i];

        if (!waiting_due(item))
            continue;
        item->slot = slot;
        bounded_format(path, sizeof path, "/containers/%s/json", item->container);
        ask(follow, slot, follow->upstream, path, INSPECT_AT_MOST);
        return;
    }
}

/* A TCP connection to a machine that is gone ends only after many minutes. */
static void watch(struct follow *follow)
{
    const struct upstreams *upstreams = &follow->settings->upstreams;
    long now = channel_now();

    if (follow->phase != FOLLOWING || !is_free(follow, SLOT_PING))
        return;
    if (upstreams->list[follow->upstream].kind != UPSTREAM_UNIX && now >= follow->watch_at) {
        follow->watch_at = now + WATCH_EVERY;
        ask(follow, SLOT_PING, follow->upstream, "/_ping", ASK_AT_MOST);
    } else if (follow->upstream > 0 && now >= follow->probe_at) {
        follow->probed = (follow->probed + 1) % follow->upstream;
        follow->probe_at = now + PROBE_EVERY;
        if (follow->endpoints[follow->probed].length == 0)
            endpoints_find(follow->endpoints, upstreams, now + RESOLVE_AT_MOST);
        ask(follow, SLOT_PING, follow->probed, "/_ping", PING_AT_MOST);
    }
}

static bool any_due(const struct waiting_list *list)
{
    long next = waiting_next(list);

    return next >= 0 && channel_now() >= next;
}

/* Asks what is to be asked, as far as slots are free. */
static void ask_on(struct follow *follow)
{
    watch(follow);
    if (follow->phase < READING || !follow->listed)
        return;
    if (follow->networks_wanted && is_free(follow, SLOT_NETWORKS)) {
        follow->networks_wanted = false;
        ask(follow, SLOT_NETWORKS, follow->upstream, KNOWN_NETWORKS, ASK_AT_MOST);
    }
    if (any_due(&follow->asks) && is_free(follow, SLOT_LIST))
        ask_some(follow);
    for (size_t slot = SLOT_NETWORK; slot < SLOTS; slot++) {
        if (!is_free(follow, slot))
            continue;
        if (slot < SLOT_INSPECT)
            ask_network(follow, slot);
        else
            inspect_one(follow, slot);
    }
}

static void answer_ping(struct follow *follow, const struct fetch *ping)
{
    char why[sizeof follow->why];

    if (follow->phase == PINGING && ping->status == 200) {
        subscribe(follow, ping);
    } else if (ping->upstream != follow->upstream) {
        if (ping->status == 200)
            follow_lose(follow, "a preferred upstream is back");
    } else if (ping->status != 200) {
        snprintf(why, sizeof why, "%s", ping->status == 0 ? ping->why : "it does not answer GET /_ping");
        follow_lose(follow, why);
    }
}

static void answer(struct follow *follow, size_t slot, const struct fetch *fetch)
{
    if (slot == SLOT_PING)
        answer_ping(follow, fetch);
    else if (slot == SLOT_LIST && !follow->listed)
        apply_list(follow, fetch);
    else if (slot == SLOT_LIST)
        apply_some(follow, fetch);
    else if (slot == SLOT_NETWORKS)
        apply_networks(follow, fetch);
    else if (slot < SLOT_INSPECT)
        apply_network(follow, slot, fetch);
    else
        apply_inspection(follow, slot, fetch);
}

static void step_slot(struct follow *follow, size_t i)
{
    struct slot *slot = &follow->slots[i];
    struct fetch fetch;

    if (slot->fetching.fetch == NULL)
        return;
    if (!fetch_proceed(&slot->fetching)) {
        if (channel_now() < slot->deadline)
            return;
        fetch_give_up(&slot->fetching, "it does not respond in time");
    }
    fetch = slot->fetch; /* the answer may begin another request in this slot */
    slot->fetch.head = NULL;
    answer(follow, i, &fetch);
    fetch_free(&fetch);
}

/* ---- the owner ---- */

struct follow *follow_begin(const struct settings *settings, const struct follow_hooks *hooks)
{
    struct follow *follow = json_zeroed(1, sizeof *follow);

    follow->settings = settings;
    follow->hooks = hooks;
    follow->tls = tls_context_new(settings);
    follow->pause = PAUSE_LEAST;
    return follow;
}

void follow_end(struct follow *follow)
{
    if (follow == NULL)
        return;
    stop(follow);
    for (size_t i = 0; i < follow->containers.count; i++)
        follow->hooks->gone(follow->hooks->context, follow->containers.list[i]);
    containers_free(&follow->containers);
    tls_context_free(follow->tls);
    free(follow);
}

const struct containers *follow_containers(const struct follow *follow)
{
    return &follow->containers;
}

const char *follow_why(const struct follow *follow)
{
    return follow->why;
}

size_t follow_poll(const struct follow *follow, struct pollfd *polled)
{
    size_t count = 0;

    if (follow->stream.fetch != NULL)
        polled[count++] = (struct pollfd){.fd = follow->stream.channel.fd,
                                          .events = channel_events(&follow->stream.channel)};
    for (size_t i = 0; i < SLOTS; i++)
        if (!is_free(follow, i))
            polled[count++] = (struct pollfd){.fd = follow->slots[i].fetching.channel.fd,
                                              .events = channel_events(&follow->slots[i].fetching.channel)};
    return count;
}

static void sooner(long *at, long other)
{
    if (other >= 0 && (*at < 0 || other < *at))
        *at = other;
}

long follow_patience(const struct follow *follow)
{
    long now = channel_now();
    long at = -1;

    if (follow->phase == RESTING || follow->phase == SUBSCRIBING || follow->phase == INSPECTING)
        sooner(&at, follow->when);
    for (size_t i = 0; i < SLOTS; i++)
        if (!is_free(follow, i))
            sooner(&at, follow->slots[i].deadline);
    if (follow->phase == FOLLOWING && is_free(follow, SLOT_PING)) {
        if (follow->settings->upstreams.list[follow->upstream].kind != UPSTREAM_UNIX)
            sooner(&at, follow->watch_at);
        if (follow->upstream > 0)
            sooner(&at, follow->probe_at);
    }
    if (follow->listed && is_free(follow, SLOT_LIST))
        sooner(&at, waiting_next(&follow->asks));
    if (follow->listed && (is_free(follow, SLOT_INSPECT) || is_free(follow, SLOT_INSPECT + 1)))
        sooner(&at, waiting_next(&follow->inspections));
    return at < 0 ? -1 : at > now ? at - now : 0;
}

void follow_step(struct follow *follow)
{
    if (follow->phase == RESTING && channel_now() >= follow->when)
        begin_round(follow);
    step_stream(follow);
    for (size_t i = 0; i < SLOTS; i++)
        step_slot(follow, i);
    proceed(follow);
    ask_on(follow);
}
