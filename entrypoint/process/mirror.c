/* What HAProxy's maps have to say, and what HAProxy has been told. */
#include "process/mirror.h"

#include "base/array.h"
#include "base/text.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS_MIN 256

/* A command with its payload must fit in a buffer of HAProxy, which holds a head at least (guard.h, HEAD_ROOM), with
 * the longest entry that may come on top. Unit: bytes. */
#define PAYLOAD_MAX ((size_t)8 * 1024)

/* A key of a map. */
struct place {
    char *map;
    char *key;
    const struct map_entry **claims; /* the list is owned */
    size_t claim_count;
    char *told;          /* the value that HAProxy has; NULL: none; owned */
    bool changed;        /* it is in the list of the places that may have changed */
    struct place *next;  /* in the bucket */
    struct place *later; /* in that list */
};

struct mirror {
    struct place **buckets;
    size_t bucket_count;
    size_t count;
    struct place *changed; /* in the order of the changes */
    struct place **last;
};

/* FNV-1a, 64 bits. Who chooses names cannot do more than slow down this process. */
static size_t hash_of(const char *map, const char *key)
{
    uint64_t hash = 14695981039346656037u;

    for (; *map != '\0'; map++)
        hash = (hash ^ (unsigned char)*map) * 1099511628211u;
    for (hash *= 1099511628211u; *key != '\0'; key++)
        hash = (hash ^ (unsigned char)*key) * 1099511628211u;
    return (size_t)hash;
}

static struct place **new_buckets(size_t count)
{
    struct place **buckets = calloc(count, sizeof(struct place *));

    if (buckets == NULL)
        abort();
    return buckets;
}

struct mirror *mirror_new(void)
{
    struct mirror *mirror = calloc(1, sizeof *mirror);

    if (mirror == NULL)
        abort();
    mirror->bucket_count = BUCKETS_MIN;
    mirror->buckets = new_buckets(BUCKETS_MIN);
    mirror->last = &mirror->changed;
    return mirror;
}

static void place_free(struct place *place)
{
    free(place->map);
    free(place->key);
    free((void *)place->claims);
    free(place->told);
    free(place);
}

void mirror_free(struct mirror *mirror)
{
    for (size_t i = 0; i < mirror->bucket_count; i++)
        for (struct place *place = mirror->buckets[i], *next; place != NULL; place = next) {
            next = place->next;
            place_free(place);
        }
    free(mirror->buckets);
    free(mirror);
}

static void grow(struct mirror *mirror)
{
    size_t count = mirror->bucket_count * 4;
    struct place **buckets = new_buckets(count);

    for (size_t i = 0; i < mirror->bucket_count; i++)
        for (struct place *place = mirror->buckets[i], *next; place != NULL; place = next) {
            struct place **bucket = &buckets[hash_of(place->map, place->key) % count];

            next = place->next;
            place->next = *bucket;
            *bucket = place;
        }
    free(mirror->buckets);
    mirror->buckets = buckets;
    mirror->bucket_count = count;
}

static struct place *find(const struct mirror *mirror, const char *map, const char *key)
{
    struct place *place = mirror->buckets[hash_of(map, key) % mirror->bucket_count];

    while (place != NULL && (strcmp(place->key, key) != 0 || strcmp(place->map, map) != 0))
        place = place->next;
    return place;
}

static struct place *add(struct mirror *mirror, const char *map, const char *key)
{
    struct place *place = calloc(1, sizeof *place);
    struct place **bucket;

    if (place == NULL)
        abort();
    if (mirror->count++ > 2 * mirror->bucket_count)
        grow(mirror);
    place->map = text_format("%s", map);
    place->key = text_format("%s", key);
    bucket = &mirror->buckets[hash_of(map, key) % mirror->bucket_count];
    place->next = *bucket;
    *bucket = place;
    return place;
}

static void remove_place(struct mirror *mirror, struct place *place)
{
    struct place **at = &mirror->buckets[hash_of(place->map, place->key) % mirror->bucket_count];

    while (*at != place)
        at = &(*at)->next;
    *at = place->next;
    mirror->count--;
    place_free(place);
}

static void note_change(struct mirror *mirror, struct place *place)
{
    if (place->changed)
        return;
    place->changed = true;
    place->later = NULL;
    *mirror->last = place;
    mirror->last = &place->later;
}

void mirror_claim(struct mirror *mirror, const struct map_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        const struct map_entry *entry = &entries->list[i];
        struct place *place = find(mirror, entry->map, entry->key);

        if (place == NULL)
            place = add(mirror, entry->map, entry->key);
        place->claims = array_grow((void *)place->claims, place->claim_count, sizeof(void *));
        place->claims[place->claim_count++] = entry;
        note_change(mirror, place);
    }
}

void mirror_withdraw(struct mirror *mirror, const struct map_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        struct place *place = find(mirror, entries->list[i].map, entries->list[i].key);

        for (size_t k = 0; place != NULL && k < place->claim_count; k++)
            if (place->claims[k] == &entries->list[i]) {
                place->claims[k] = place->claims[--place->claim_count];
                note_change(mirror, place);
                break;
            }
    }
}

void mirror_withdraw_all(struct mirror *mirror)
{
    for (size_t i = 0; i < mirror->bucket_count; i++)
        for (struct place *place = mirror->buckets[i]; place != NULL; place = place->next) {
            place->claim_count = 0;
            note_change(mirror, place);
        }
}

/* What the map has to say for the key; NULL: nothing. If several containers claim it, what refuses something stays, and
 * what opens something does not. Points into the claims, or is static. */
static const char *value_of(const struct place *place)
{
    const char *value = NULL;
    bool disputed = false;

    for (size_t i = 0; i < place->claim_count; i++) {
        if (place->claims[i]->closes)
            return place->claims[i]->value;
        disputed |= value != NULL && strcmp(place->claims[i]->value, value) != 0;
        value = place->claims[i]->value;
    }
    return disputed ? map_disputed(place->map) : value;
}

/* ---- commands ---- */

/* Writes a word of a command: a blank, a semicolon and a backslash need a backslash (management guide, section 9.3). No
 * value has a line break; one would end the command. The caller frees it. */
static char *word_of(const char *value)
{
    struct text text;

    text_begin(&text);
    for (; *value != '\0'; value++) {
        if (!isalnum((unsigned char)*value) && *value != '\n')
            fputc('\\', text.stream);
        fputc(*value == '\n' ? '_' : *value, text.stream);
    }
    return text_end(&text);
}

/* Commands under construction: entries are added to one map after another. */
struct addition {
    struct console *console;
    const char *map; /* NULL: none; that of a place which stays, because it has a value */
    size_t length;   /* of the payload */
};

static void end_addition(struct addition *addition)
{
    if (addition->map != NULL)
        console_say(addition->console, "\n"); /* an empty line ends the payload */
    addition->map = NULL;
}

static void add_entry(struct addition *addition, const struct place *place, const char *value)
{
    char *line = text_format("%s %s\n", place->key, value);

    for (char *c = line; c[1] != '\0'; c++)
        if (*c == '\n')
            *c = '_';
    if (addition->map == NULL || strcmp(addition->map, place->map) != 0 || addition->length > PAYLOAD_MAX) {
        end_addition(addition);
        addition->map = place->map;
        addition->length = 0;
        console_begin_to_say(addition->console, "add map virtual/");
        console_begin_to_say(addition->console, place->map);
        console_begin_to_say(addition->console, " <<\n");
    }
    console_begin_to_say(addition->console, line);
    addition->length += strlen(line);
    free(line);
}

static void tell_one(struct addition *addition, struct place *place, const char *value)
{
    char *key = word_of(place->key);

    if (place->told == NULL) {
        add_entry(addition, place, value);
    } else {
        end_addition(addition);
        if (value == NULL) {
            console_say(addition->console, "del map virtual/%s %s\n", place->map, key);
        } else {
            char *word = word_of(value);

            console_say(addition->console, "set map virtual/%s %s %s\n", place->map, key, word);
            free(word);
        }
    }
    free(key);
}

bool mirror_tell(struct mirror *mirror, struct console *console)
{
    struct addition addition = {.console = console};

    while (mirror->changed != NULL && console_has_room(console)) {
        struct place *place = mirror->changed;
        const char *value = value_of(place);
        bool same = value == NULL || place->told == NULL ? value == place->told : strcmp(value, place->told) == 0;

        mirror->changed = place->later;
        if (mirror->changed == NULL)
            mirror->last = &mirror->changed;
        place->changed = false;
        if (!same) {
            tell_one(&addition, place, value);
            free(place->told);
            place->told = value != NULL ? text_format("%s", value) : NULL;
        }
        if (place->claim_count == 0) /* nothing more to remember */
            remove_place(mirror, place);
    }
    end_addition(&addition);
    return mirror->changed == NULL;
}

void mirror_start_over(struct mirror *mirror, struct console *console, const struct inventory_list *names)
{
    for (size_t i = 0; i < names->count; i++)
        console_say(console, "clear map virtual/%s\n", names->items[i]);
    for (size_t i = 0; i < mirror->bucket_count; i++)
        for (struct place *place = mirror->buckets[i]; place != NULL; place = place->next) {
            free(place->told);
            place->told = NULL;
            note_change(mirror, place);
        }
}
