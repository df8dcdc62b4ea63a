/* Parses the Engines' responses. */
#include "inventory/parse.h"

#include "base/array.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* RestrictedNameChars of Docker's Engine, NameRegex of Podman. */
bool inventory_is_name(const char *text)
{
    return strchr(LETTERS, text[0]) != NULL && text[0] != '\0' && strspn(text, LETTERS "_.-") == strlen(text);
}

bool inventory_is_id(const char *text)
{
    return strlen(text) == CONTAINER_ID_LENGTH && strspn(text, "0123456789abcdef") == CONTAINER_ID_LENGTH;
}

char *inventory_copy(const char *text)
{
    char *result = text == NULL ? NULL : strdup(text);

    if (text != NULL && result == NULL)
        abort();
    return result;
}

void *json_zeroed(size_t count, size_t size)
{
    void *result = calloc(count == 0 ? 1 : count, size);

    if (result == NULL)
        abort();
    return result;
}

static const char zero[] = "\\u0000";
static const char zero_read[] = "\\ufffd";      /* what json_read makes of it */
static const char zero_kept[] = "\xef\xbf\xbd"; /* the same in UTF-8, as Jansson writes it */

json_t *json_read(const char *body, size_t length)
{
    char *text = json_zeroed(length, 1);
    json_t *result;

    memcpy(text, body, length);
    for (size_t i = 0; i + 1 < length; i++) {
        if (text[i] != '\\')
            continue;
        if (length - i >= strlen(zero) && strncmp(text + i, zero, strlen(zero)) == 0)
            memcpy(text + i, zero_read, strlen(zero));
        i++; /* skip the escaped character, which may be a backslash */
    }
    result = json_loadb(text, length, 0, NULL); /* Jansson limits the depth: JSON_PARSER_MAX_DEPTH */
    free(text);
    return result;
}

char *json_write(const json_t *value)
{
    char *dumped = json_dumps(value, JSON_COMPACT);
    struct text text;

    if (dumped == NULL)
        abort();
    text_begin(&text);
    for (const char *c = dumped; *c != '\0';) {
        bool replaced = strncmp(c, zero_kept, strlen(zero_kept)) == 0;

        if (replaced)
            fputs(zero, text.stream);
        else
            fputc(*c, text.stream);
        c += replaced ? strlen(zero_kept) : 1;
    }
    free(dumped);
    return text_end(&text);
}

const char *json_text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    return value == NULL || json_is_null(value) ? "" : json_string_value(value);
}

bool json_fits(const json_t *value, json_type type)
{
    return value == NULL || json_is_null(value) || json_typeof(value) == type;
}

void inventory_list_add(struct inventory_list *list, const char *text)
{
    list->items = array_grow(list->items, list->count, sizeof *list->items);
    list->items[list->count++] = inventory_copy(text);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void inventory_list_sort(struct inventory_list *list)
{
    size_t kept = 0;

    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, compare);
    for (size_t i = 0; i < list->count; i++) {
        if (kept > 0 && strcmp(list->items[kept - 1], list->items[i]) == 0)
            free(list->items[i]);
        else
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

bool inventory_list_equal(const struct inventory_list *a, const struct inventory_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return true;
}

void inventory_list_free(struct inventory_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    memset(list, 0, sizeof *list);
}

const char *inventory_container_name(const struct inventory_container *container)
{
    return container->names.count > 0 ? container->names.items[0] : container->id;
}

void inventory_container_free(struct inventory_container *container)
{
    free(container->id);
    inventory_list_free(&container->names);
    free(container->service_id);
    free(container->service_name);
    memset(container, 0, sizeof *container);
}

/* "/name". "/other/alias" is the alias of a link to the container, which no path of the API can refer to. */
static bool read_names(struct inventory_list *names, const json_t *array)
{
    size_t i;
    json_t *item;

    if (!json_fits(array, JSON_ARRAY))
        return false;
    json_array_foreach(array, i, item)
    {
        const char *name = json_string_value(item);

        if (name == NULL)
            return false;
        if (name[0] == '/')
            name++;
        if (strchr(name, '/') != NULL)
            continue;
        if (!inventory_is_name(name))
            return false;
        inventory_list_add(names, name);
    }
    inventory_list_sort(names);
    return true;
}

static bool read_service(struct inventory_container *container, const json_t *labels)
{
    const char *id;
    const char *name;

    if (!json_fits(labels, JSON_OBJECT))
        return false;
    id = json_text_of(labels, "com.docker.swarm.service.id");
    name = json_text_of(labels, "com.docker.swarm.service.name");
    if (id == NULL || name == NULL)
        return false;
    /* Any client may set labels. Values that cannot be a service are ignored. */
    if (inventory_is_name(id) && inventory_is_name(name)) {
        container->service_id = inventory_copy(id);
        container->service_name = inventory_copy(name);
    }
    return true;
}

static bool read_mounts(struct inventory_entry *entry, const json_t *array)
{
    size_t i;
    json_t *item;

    if (!json_fits(array, JSON_ARRAY))
        return false;
    entry->mounts = json_zeroed(json_array_size(array), sizeof *entry->mounts);
    json_array_foreach(array, i, item)
    {
        struct inventory_mount *mount = &entry->mounts[entry->mount_count];
        const char *type = json_text_of(item, "Type");
        const char *name = json_text_of(item, "Name");
        const char *source = json_text_of(item, "Source");
        const char *place = json_text_of(item, "Destination");

        if (!json_is_object(item) || type == NULL || name == NULL || source == NULL || place == NULL)
            return false;
        mount->source = inventory_copy(source);
        mount->place = inventory_copy(place);
        mount->volume = strcmp(type, "volume") == 0 ? inventory_copy(name) : NULL;
        entry->mount_count++;
    }
    return true;
}

bool json_read_entry(struct inventory_entry *entry, const json_t *object)
{
    const json_t *host = json_object_get(object, "HostConfig");
    const char *id = json_text_of(object, "Id");
    const char *state = json_text_of(object, "State");
    const char *mode = host == NULL ? "" : json_text_of(host, "NetworkMode");

    if (!json_is_object(object) || id == NULL || !inventory_is_id(id) || state == NULL || mode == NULL ||
        !json_fits(host, JSON_OBJECT))
        return false;
    entry->container.id = inventory_copy(id);
    entry->modes[NETWORK_MODE] = inventory_copy(mode);
    entry->running = strcmp(state, "running") == 0;
    return read_names(&entry->container.names, json_object_get(object, "Names")) &&
           read_service(&entry->container, json_object_get(object, "Labels")) &&
           read_mounts(entry, json_object_get(object, "Mounts"));
}

bool inventory_entries_read(struct inventory_entries *entries, const char *body, size_t length)
{
    json_t *array = json_read(body, length);
    bool right = json_is_array(array);
    size_t i;
    json_t *item;

    entries->count = 0;
    entries->list = json_zeroed(json_array_size(array), sizeof *entries->list);
    if (right)
        json_array_foreach(array, i, item)
        {
            entries->count++;
            right = json_read_entry(&entries->list[i], item);
            if (!right)
                break;
        }
    json_decref(array);
    return right;
}

void inventory_entry_free(struct inventory_entry *entry)
{
    inventory_container_free(&entry->container);
    for (size_t k = 0; k < entry->mount_count; k++) {
        free(entry->mounts[k].volume);
        free(entry->mounts[k].source);
        free(entry->mounts[k].place);
    }
    free(entry->mounts);
    for (size_t k = 0; k < MODES; k++)
        free(entry->modes[k]);
}

void inventory_entries_free(struct inventory_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        inventory_entry_free(&entries->list[i]);
    free(entries->list);
    memset(entries, 0, sizeof *entries);
}

bool inventory_modes_read(struct inventory_entry *entry, const char *body, size_t length)
{
    json_t *inspection = json_read(body, length);
    json_t *host = json_object_get(inspection, "HostConfig");
    const char *pid = json_text_of(host, "PidMode");
    const char *ipc = json_text_of(host, "IpcMode");
    bool right = json_is_object(host) && pid != NULL && ipc != NULL;

    if (right) {
        entry->modes[PID_MODE] = inventory_copy(pid);
        entry->modes[IPC_MODE] = inventory_copy(ipc);
    }
    json_decref(inspection);
    return right;
}

const char *inventory_mode_container(const char *mode)
{
    static const char prefix[] = "container:";

    return mode != NULL && strncmp(mode, prefix, strlen(prefix)) == 0 ? mode + strlen(prefix) : NULL;
}

bool inventory_kind_read(enum engine_kind *kind, const char *body, size_t length)
{
    json_t *version = json_read(body, length);
    json_t *components = json_object_get(version, "Components");
    bool right = json_is_object(version) && json_fits(components, JSON_ARRAY);
    size_t i;
    json_t *item;

    *kind = ENGINE_UNKNOWN;
    if (right)
        json_array_foreach(components, i, item)
        {
            const char *name = json_text_of(item, "Name");

            if (name != NULL && strcmp(name, "Podman Engine") == 0)
                *kind = ENGINE_PODMAN;
            else if (name != NULL && strcmp(name, "Engine") == 0 && *kind == ENGINE_UNKNOWN)
                *kind = ENGINE_DOCKER;
        }
    json_decref(version);
    return right;
}

bool inventory_cgroup_v1(const char *body, size_t length)
{
    json_t *info = json_read(body, length);
    const char *version = json_string_value(json_object_get(info, "CgroupVersion"));
    bool result = version != NULL && strcmp(version, "1") == 0;

    json_decref(info);
    return result;
}

/* Reads a number of a version, and moves text behind it and the dot that follows. -1 unless it has 1 to 3 digits. */
static long version_number(const char **text)
{
    size_t digits = strspn(*text, "0123456789");
    long number = digits >= 1 && digits <= 3 ? strtol(*text, NULL, 10) : -1;

    *text += digits;
    *text += **text == '.';
    return number;
}

bool inventory_sound_builds(const char *body, size_t length)
{
    json_t *version = json_read(body, length);
    const char *text = json_string_value(json_object_get(version, "Version"));
    long major = text != NULL ? version_number(&text) : -1;
    long minor = major >= 0 ? version_number(&text) : -1;
    long patch = minor >= 0 ? version_number(&text) : -1;

    json_decref(version);
    return patch >= 0 && (major > 25 || (major == 25 && (minor > 0 || patch >= 2)));
}

bool inventory_host_network_read(char *id, size_t id_length, const char *body, size_t length)
{
    const char *digits = id_length == LOCAL_NETWORK_ID_LENGTH ? "0123456789abcdef"
                                                              : "0123456789abcdefghijklmnopqrstuvwxyz";
    json_t *network = json_read(body, length);
    const char *name = json_string_value(json_object_get(network, "Name"));
    const char *text = json_string_value(json_object_get(network, "Id"));
    bool right = name != NULL && strcmp(name, "host") == 0 && text != NULL && strlen(text) == id_length &&
                 strspn(text, digits) == id_length;

    id[0] = '\0';
    if (right)
        memcpy(id, text, id_length + 1);
    json_decref(network);
    return right;
}
