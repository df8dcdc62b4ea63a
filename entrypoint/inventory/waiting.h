/* What the Engine still has to be asked: of containers, or of their addresses on a network. Each item is asked once,
 * however often it is wanted. What is wanted again while it is in a question is asked anew, because the answer may be
 * from before. */
#ifndef INVENTORY_WAITING_H
#define INVENTORY_WAITING_H

#include "inventory/known.h"

#define WAITING_MOST ((size_t)8192)

#define NO_SLOT ((size_t)-1)

struct waiting {
    char container[CONTAINER_ID_LENGTH + 1];
    char network[NETWORK_ID_MOST + 1]; /* "" if it is not an address that is wanted */
    size_t slot;                       /* the question that it is in; NO_SLOT: none yet */
    long when;                         /* not before that time, see channel_now */
    bool again;                        /* the answer to that question does not count */
    bool ended;                        /* the process of the container has ended, see struct known_container */
    bool whole;                        /* it is inspected even if nothing else has changed */
};

struct waiting_list {
    size_t count;
    struct waiting *items; /* in the order in which they are asked; owned */
};

/* Adds an item at the end, unless it is there: then an answer that is under way does not count. Returns the item, which
 * is valid until the next change. NULL if the list is full. */
struct waiting *waiting_add(struct waiting_list *list, const char *container, const char *network);

/* The item; NULL if there is none. */
struct waiting *waiting_find(const struct waiting_list *list, const char *container, const char *network);

/* Forgets the item at that index. */
void waiting_remove(struct waiting_list *list, size_t i);

/* Forgets the items of a container on a network, NULL: all of the container. Answers for them that are under way do not
 * count. */
void waiting_forget(struct waiting_list *list, const char *container, const char *network);

/* Whether the item is to be asked now. */
bool waiting_due(const struct waiting *item);

/* When the first item is due; -1 if there is none. */
long waiting_next(const struct waiting_list *list);

void waiting_free(struct waiting_list *list);

#endif
