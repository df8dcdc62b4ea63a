/* What HAProxy's maps have to say, and what HAProxy has been told: the difference becomes commands. */
#ifndef PROCESS_MIRROR_H
#define PROCESS_MIRROR_H

#include "config/maps.h"
#include "process/console.h"

struct mirror;

/* An empty one, for maps that are empty in HAProxy. Release with mirror_free. */
struct mirror *mirror_new(void);
void mirror_free(struct mirror *mirror);

/* Adds entries, which must stay as they are until they are withdrawn. */
void mirror_claim(struct mirror *mirror, const struct map_entries *entries);
void mirror_withdraw(struct mirror *mirror, const struct map_entries *entries);

/* What HAProxy has is not known: says so that it empties these maps, and tells everything anew. */
void mirror_start_over(struct mirror *mirror, struct console *console, const struct inventory_list *names);

/* Says the differences, as long as the console has room. Returns whether none is left. */
bool mirror_tell(struct mirror *mirror, struct console *console);

#endif
