/* The state of a follower, for inventory/follow.c, which speaks to the Engine, and inventory/apply.c, which applies
 * what it says. */
#ifndef INVENTORY_FOLLOWING_H
#define INVENTORY_FOLLOWING_H

#include "inventory/event.h"
#include "inventory/follow.h"
#include "inventory/waiting.h"

enum phase {
    RESTING,     /* until `when` */
    PINGING,     /* which upstream answers? */
    SUBSCRIBING, /* the request for events was sent */
    READING,     /* events come, and the containers and networks are being read */
    INSPECTING,  /* both have been read, the containers are being inspected; until `when` at most */
    FOLLOWING,
};

/* The requests that may be under way at the same time. */
enum {
    SLOT_PING,
    SLOT_LIST, /* all containers, or some of them */
    SLOT_NETWORKS,
    SLOT_NETWORK,                    /* the addresses on one network; two of them */
    SLOT_INSPECT = SLOT_NETWORK + 2, /* two as well */
    SLOTS = SLOT_INSPECT + 2,
};

_Static_assert(SLOTS + 1 <= FOLLOW_DESCRIPTORS, "the slots and the events need a descriptor each");

struct slot {
    struct fetch fetch;
    struct fetching fetching; /* fetching.fetch: NULL if the slot is free */
    long deadline;
};

struct follow {
    const struct settings *settings;
    const struct follow_hooks *hooks;
    struct tls_context *tls;
    struct containers containers;
    struct endpoint endpoints[UPSTREAMS_MAX];
    enum phase phase;
    size_t upstream; /* the one that is followed or tried */
    long when;       /* see phase; times are those of channel_now */
    long pause;      /* before the next try */
    long since;      /* when FOLLOWING began */
    char why[240];   /* the last failure */
    struct fetch events;
    struct fetching stream;
    long second; /* when counting of events began */
    size_t events_in_second;
    struct slot slots[SLOTS];
    bool listed;                     /* the containers have been read, since the subscription */
    bool networked;                  /* the networks too */
    bool networks_wanted;            /* they have changed */
    struct waiting_list asks;        /* containers */
    struct waiting_list joins;       /* addresses */
    struct waiting_list inspections; /* containers to inspect */
    struct waiting_list left;        /* networks that a container has left, see apply_left in inventory/apply.c */
    long watch_at;                   /* the next look whether the upstream is there */
    long probe_at;                   /* the next look whether a preferred one is back */
    size_t probed;
};

/* inventory/follow.c: what was read cannot be relied on, or events may have been missed. Everything is read anew. */
void follow_lose(struct follow *follow, const char *why);

/* inventory/apply.c. A response that cannot be used calls follow_lose. */
void apply_event(struct follow *follow, const struct event *event);
void apply_list(struct follow *follow, const struct fetch *fetch); /* all containers */
void apply_some(struct follow *follow, const struct fetch *fetch); /* those that were asked */
void apply_networks(struct follow *follow, const struct fetch *fetch);
void apply_network(struct follow *follow, size_t slot, const struct fetch *fetch);
void apply_hidden(struct follow *follow); /* asks for the addresses on docker_gwbridge of all that may have one */
void apply_inspection(struct follow *follow, size_t slot, const struct fetch *fetch);

#endif
