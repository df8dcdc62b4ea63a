/* What HAProxy's maps have to say, and what HAProxy has been told. */
#include "process/mirror.h"

#include "base/array.h"
#include "base/text.h"

#include <ctype.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

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
    struct place *later; /* in that list */
};

struct mirror {
    void *places;          /* by map and key, see tsearch(3) */
    struct place *changed; /* in the order of the changes */
    struct place **last;
};

/* By map, so that entries of one map follow each other in commands. */
static int compare(const void *a, const void *b)
{
    const struct place *one = a;
    const struct place *other = b;
    int by_map = strcmp(one->map, other->map);

    return by_map != 0 ? by_map : strcmp(one->key, other->key);
}

struct mirror *mirror_new(void)
{
    struct mirror *mirror = calloc(1, sizeof *mirror);

    if (mirror == NULL)
        abort();
    mirror->last = &mirror->changed;
    return mirror;
}

static void place_free(void *at)
{
    struct place *place = at;

    free(place->map);
    free(place->key);
    free((void *)place->claims);
    free(place->told);
    free(place);
}

void mirror_free(struct mirror *mirror)
{
    tdestroy(mirror->places, place_free);
    free(mirror);
}

static struct place *find(const struct mirror *mirror, const char *map, const char *key)
{
    const struct place wanted = {.map = (char *)map, .key = (char *)key};
    struct place *const *at = tfind(&wanted, &mirror->places, compare);

    return at == NULL ? NULL : *at;
}

static struct place *add(struct mirror *mirror, const char *map, const char *key)
{
    struct place *place = calloc(1, sizeof *place);

    if (place == NULL)
        abort();
    place->map = text_format("%s", map);
    place->key = text_format("%s", key);
    if (tsearch(place, &mirror->places, compare) == NULL)
        abort();
    return place;
}

static void remove_place(struct mirror *mirror, struct place *place)
{
    tdelete(place, &mirror->places, compare);
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

        mirror->changed = place->later;
        if (mirror->changed == NULL)
            mirror->last = &mirror->changed;
        place->changed = false;
        if (!text_equal(value, place->told)) {
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

static void forget_told(const void *node, VISIT visit, void *mirror)
{
    struct place *place = *(struct place *const *)node;

    if (visit != postorder && visit != leaf)
        return;
    free(place->told);
    place->told = NULL;
    note_change(mirror, place);
}

void mirror_start_over(struct mirror *mirror, struct console *console, const struct inventory_list *names)
{
    for (size_t i = 0; i < names->count; i++)
        console_say(console, "clear map virtual/%s\n", names->items[i]);
    twalk_r(mirror->places, forget_told, mirror);
}
