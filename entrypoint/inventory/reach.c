/* Watches whether the Engines can be reached, over idle connections. */
#include "inventory/reach.h"

#include <string.h>

#define TRY_AGAIN       2000 /* all in milliseconds */
#define TRY_AT_MOST     5000 /* to connect and to respond */
#define RESOLVE_AT_MOST 500

static const char request[] = "GET /_ping HTTP/1.1\r\nHost: docker\r\nUser-Agent: docker-socket-proxy/watch\r\n\r\n";

void reach_begin(struct reach *reach, const struct settings *settings, const struct inventory *inventory)
{
    memset(reach, 0, sizeof *reach);
    reach->settings = settings;
    reach->lost = channel_now();
    for (size_t i = 0; i < settings->upstreams.count; i++)
        reach->upstreams[i].news = true;
    reach_told(reach, inventory);
}

static void give_up(struct reach *reach, size_t i)
{
    channel_close(&reach->upstreams[i].channel);
    reach->upstreams[i].trying = false;
    reach->upstreams[i].reached = false;
    reach->upstreams[i].when = channel_now() + TRY_AGAIN;
}

/* Podman is not watched: its service ends when no client is connected, and its containers do not depend on it. */
void reach_told(struct reach *reach, const struct inventory *inventory)
{
    for (size_t i = 0; i < reach->settings->upstreams.count; i++) {
        const struct inventory_upstream *part = &inventory->upstreams[i];

        if (part->answer != INVENTORY_SILENT) {
            reach->upstreams[i].news = false;
            reach->upstreams[i].rests = part->kind == ENGINE_PODMAN;
        }
        if (reach->upstreams[i].trying &&
            (reach->upstreams[i].rests || (reach->upstreams[i].reached && reach->upstreams[i].news)))
            give_up(reach, i);
    }
}

void reach_end(struct reach *reach)
{
    for (size_t i = 0; i < reach->settings->upstreams.count; i++)
        if (reach->upstreams[i].trying)
            give_up(reach, i);
}

size_t reach_poll(const struct reach *reach, struct pollfd *polled)
{
    size_t count = 0;

    for (size_t i = 0; i < reach->settings->upstreams.count; i++)
        if (reach->upstreams[i].trying)
            polled[count++] = (struct pollfd){.fd = reach->upstreams[i].channel.fd,
                                              .events = channel_events(&reach->upstreams[i].channel)};
    return count;
}

long reach_patience(const struct reach *reach)
{
    long now = channel_now();
    long patience = -1;

    for (size_t i = 0; i < reach->settings->upstreams.count; i++) {
        long left = reach->upstreams[i].when > now ? reach->upstreams[i].when - now : 0;

        if (!reach->upstreams[i].rests && !reach->upstreams[i].reached && (patience < 0 || left < patience))
            patience = left;
    }
    return patience;
}

/* Begins to connect to the upstreams that are due. */
static void try_again(struct reach *reach)
{
    const struct upstreams *upstreams = &reach->settings->upstreams;
    struct endpoint endpoints[UPSTREAMS_MAX];
    struct tls_context *context = NULL;
    long now = channel_now();
    bool looked = false;

    for (size_t i = 0; i < upstreams->count; i++) {
        if (reach->upstreams[i].trying || reach->upstreams[i].rests || now < reach->upstreams[i].when)
            continue;
        if (!looked) {
            endpoints_find(endpoints, upstreams, now + RESOLVE_AT_MOST);
            context = tls_context_new(reach->settings);
        }
        looked = true;
        channel_open(&reach->upstreams[i].channel, &endpoints[i], &upstreams->list[i], context, request);
        reach->upstreams[i].trying = true;
        reach->upstreams[i].when = channel_now() + TRY_AT_MOST;
    }
    tls_context_free(context);
}

static void note_loss(struct reach *reach)
{
    bool any = false;

    for (size_t i = 0; i < reach->settings->upstreams.count; i++)
        any |= reach->upstreams[i].reached || reach->upstreams[i].rests;
    if (any)
        reach->lost = 0;
    else if (reach->lost == 0)
        reach->lost = channel_now();
}

bool reach_step(struct reach *reach)
{
    bool news = false;

    try_again(reach);
    for (size_t i = 0; i < reach->settings->upstreams.count; i++) {
        struct channel *channel = &reach->upstreams[i].channel;
        char bytes[4096];

        if (!reach->upstreams[i].trying)
            continue;
        if (channel_step(channel, bytes, sizeof bytes) > 0 && !reach->upstreams[i].reached) {
            reach->upstreams[i].reached = true;
            news |= reach->upstreams[i].news;
        }
        if (channel->state == CHANNEL_FAILED || channel->state == CHANNEL_ENDED ||
            (!reach->upstreams[i].reached && channel_now() >= reach->upstreams[i].when)) {
            give_up(reach, i);
            reach->upstreams[i].news = true;
        }
    }
    note_loss(reach);
    return news;
}

long reach_lost(const struct reach *reach)
{
    long now = channel_now();

    return reach->lost == 0 ? 0 : now > reach->lost ? now - reach->lost : 1;
}
