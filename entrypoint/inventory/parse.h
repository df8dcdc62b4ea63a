/* What the parsers of the Engines' responses share. */
#ifndef INVENTORY_PARSE_H
#define INVENTORY_PARSE_H

#include "inventory/json.h"

#include <jansson.h>

/* Parses a body, the only way to read what an Engine has answered; NULL if it is not JSON. Strings that clients choose,
 * such as labels and commands, may contain \u0000. Jansson would refuse the whole body, so these become U+FFFD; names
 * and ids with it are refused later. Release with json_decref. */
json_t *json_read(const char *body, size_t length);

/* A value that json_read has read, as the body of a request: U+FFFD becomes \u0000 again, because the guard judges the
 * two differently. One that was U+FFFD from the beginning is judged as the stricter one. To be freed by the caller. */
char *json_write(const json_t *value);

/* A member that is a string; "" if it is missing or null; NULL if it has another type. */
const char *json_text_of(const json_t *object, const char *name);

/* Whether a member has that type, or is missing or null. */
bool json_fits(const json_t *value, json_type type);

/* Reads one item of GET /containers/json into an entry of zeros. False if any of it is not as the API description
 * requires. Release with inventory_entry_free in any case. */
bool json_read_entry(struct inventory_entry *entry, const json_t *object);

/* Zeroed memory, at least one byte. Aborts if memory runs out. */
void *json_zeroed(size_t count, size_t size);

#endif
