#include "guard_internal.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REQUIRE_LABEL "REQUIRE_LABEL"
#define MAX_CREATE_BODY "MAX_CREATE_BODY"
#define MAX_CREATE_BODY_LOW 1024L
#define MAX_CREATE_BODY_HIGH (8L * 1024 * 1024)

/* Room for the request's head (refused above that, see guard_write.c), what HAProxy reserves for rewriting (1 KiB), and
 * its own bookkeeping of the parts. */
#define HEAD_ROOM (16L * 1024)
#define OTHER_ROOM (8L * 1024)

const char *const guard_variables[] = {
    "ALLOW_PRIVILEGED",    "ALLOW_HOST_NAMESPACES", "ALLOW_CAP_ADD",     "ALLOW_DEVICES",
    "ALLOW_BIND_MOUNTS",   "ALLOW_SECURITY_OPT",    "ALLOW_VOLUMES_FROM", "ALLOW_SYSCTLS",
    "ALLOW_RUNTIME",       "ALLOW_CGROUP_PARENT",   "ALLOW_IMAGE_REFERENCES",
    REQUIRE_LABEL,         MAX_CREATE_BODY,         NULL,
};

enum word { WORD_NONE, WORD_TRUE, WORD_FALSE };

static enum word boolean_word(const char *value)
{
    static const char *const yes[] = {"1", "true", "yes", "on"};
    static const char *const no[] = {"0", "false", "no", "off"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (strcasecmp(value, yes[i]) == 0)
            return WORD_TRUE;
        if (strcasecmp(value, no[i]) == 0)
            return WORD_FALSE;
    }
    return WORD_NONE;
}

static bool only(const char *text, const char *characters)
{
    return text[strspn(text, characters)] == '\0';
}

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static bool printable(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x21 || (unsigned char)*text > 0x7e || *text == '"' || *text == '\\')
            return false;
    return true;
}

/* An absolute path without empty or dot segments; a slash at its end is cut off. */
static bool clean_path(char *path)
{
    size_t length = strlen(path);
    if (path[0] != '/')
        return false;
    if (length > 1 && path[length - 1] == '/')
        path[length - 1] = '\0';
    for (const char *c = path; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == '"' || *c == '\\' || *c == ':')
            return false;
    if (strcmp(path, "/") == 0)
        return true;
    for (const char *segment = path + 1;; segment += strcspn(segment, "/") + 1) {
        size_t n = strcspn(segment, "/");
        if (n == 0 || (n == 1 && segment[0] == '.') || (n == 2 && segment[0] == '.' && segment[1] == '.'))
            return false;
        if (segment[n] == '\0')
            return true;
    }
}

/* NULL if the item is right for the knob, else what it should be. */
static const char *item_fault(enum guard_knob knob, char *item)
{
    switch (knob) {
    case KNOB_CAP_ADD:
        return only(item, ALNUM "_") ? NULL : "a capability such as NET_ADMIN";
    case KNOB_BIND_MOUNTS:
        return clean_path(item) ? NULL : "an absolute path without . or .. or // in it";
    case KNOB_SECURITY_OPT:
        return printable(item) && strpbrk(item, "=:") != NULL ? NULL : "an option such as apparmor=unconfined";
    case KNOB_RUNTIME:
        return only(item, ALNUM "_.-/") ? NULL : "the name of a runtime";
    case KNOB_IMAGE_REFERENCES:
        return only(item, ALNUM "_.-/:@*?") ? NULL : "an image reference, in which * and ? stand for other characters";
    default:
        return NULL;
    }
}

static bool list_add(struct guard_list *list, const char *item, size_t length)
{
    char **items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (items == NULL)
        return false;
    list->items = items;
    char *copy = strndup(item, length);
    if (copy == NULL)
        return false;
    list->items[list->count++] = copy;
    return true;
}

struct reader {
    struct guard *guard;
    guard_lookup *get;
    void *get_context;
    guard_problem *problem;
    void *problem_context;
};

/* Compose passes an empty string for a variable that has no value: it counts as unset. */
static const char *look_up(const struct reader *reader, const char *name)
{
    const char *value = reader->get(reader->get_context, name);
    return value != NULL && *value != '\0' ? value : NULL;
}

static bool read_list(const struct reader *reader, enum guard_knob knob, const char *value)
{
    static const char separators[] = ", \t\n";
    struct guard_list *list = &reader->guard->list[knob];
    for (value += strspn(value, separators); *value != '\0'; value += strspn(value, separators)) {
        size_t length = strcspn(value, separators);
        if (!list_add(list, value, length))
            return false;
        const char *fault = item_fault(knob, list->items[list->count - 1]);
        if (fault != NULL)
            reader->problem(reader->problem_context, "%s: \"%.*s\" is not %s", guard_knobs[knob].variable, (int)length, value,
                            fault);
        value += length;
    }
    return true;
}

static bool read_knob(const struct reader *reader, enum guard_knob knob)
{
    const struct guard_knob_info *info = &guard_knobs[knob];
    const char *value = look_up(reader, info->variable);
    if (value == NULL)
        return true;
    reader->guard->active = true;
    enum word word = boolean_word(value);
    if (word == WORD_FALSE)
        return true;
    if (word == WORD_TRUE && info->kind != KNOB_LIST) {
        reader->guard->open[knob] = true;
        return true;
    }
    if (word == WORD_TRUE || info->kind == KNOB_BOOLEAN) {
        reader->problem(reader->problem_context, "%s=%s: %s", info->variable, value,
                        info->kind == KNOB_BOOLEAN ? "the value has to be 1 true yes on or 0 false no off"
                                                   : "the value has to be a list of names");
        return true;
    }
    return read_list(reader, knob, value);
}

static bool read_label(const struct reader *reader)
{
    const char *value = look_up(reader, REQUIRE_LABEL);
    if (value == NULL)
        return true;
    reader->guard->active = true;
    size_t key = strcspn(value, "=");
    if (key == 0 || !printable(value)) {
        reader->problem(reader->problem_context, "%s=%s: the value has to be a label, or label=value", REQUIRE_LABEL, value);
        return true;
    }
    reader->guard->label = strndup(value, key);
    if (reader->guard->label == NULL)
        return false;
    if (value[key] == '\0')
        return true;
    reader->guard->label_value = strdup(value + key + 1);
    return reader->guard->label_value != NULL;
}

static void read_max_body(const struct reader *reader)
{
    const char *value = look_up(reader, MAX_CREATE_BODY);
    if (value == NULL)
        return;
    reader->guard->active = true;
    char *end = NULL;
    errno = 0;
    long bytes = strtol(value, &end, 10);
    if (errno != 0 || *end != '\0' || !isdigit((unsigned char)*value) || bytes < MAX_CREATE_BODY_LOW ||
        bytes > MAX_CREATE_BODY_HIGH) {
        reader->problem(reader->problem_context, "%s=%s: the value has to be a number of bytes from %ld to %ld",
                        MAX_CREATE_BODY, value, MAX_CREATE_BODY_LOW, MAX_CREATE_BODY_HIGH);
        return;
    }
    reader->guard->max_body = bytes;
}

static bool read_all(const struct reader *reader)
{
    for (int knob = 0; knob < KNOB_COUNT; knob++)
        if (!read_knob(reader, (enum guard_knob)knob))
            return false;
    read_max_body(reader);
    return read_label(reader) && guard_make_groups(reader->guard);
}

struct guard *guard_new(bool on_by_default, const char *socket_path, guard_lookup *get, void *get_context,
                        guard_problem *problem, void *problem_context)
{
    struct guard *guard = calloc(1, sizeof *guard);
    if (guard == NULL)
        return NULL;
    guard->active = on_by_default;
    guard->max_body = MAX_CREATE_BODY_DEFAULT;
    guard->socket_path = strdup(socket_path);
    struct reader reader = {guard, get, get_context, problem, problem_context};
    if (guard->socket_path == NULL || !read_all(&reader)) {
        guard_free(guard);
        return NULL;
    }
    return guard;
}

void guard_free(struct guard *guard)
{
    if (guard == NULL)
        return;
    for (int knob = 0; knob < KNOB_COUNT; knob++) {
        for (size_t i = 0; i < guard->list[knob].count; i++)
            free(guard->list[knob].items[i]);
        free(guard->list[knob].items);
    }
    for (size_t i = 0; i < GUARD_DYNAMIC_MAX; i++)
        free((void *)guard->groups[i].text);
    free(guard->image_query);
    free(guard->label);
    free(guard->label_value);
    free(guard->socket_path);
    free(guard->prefix);
    free(guard);
}

bool guard_set_prefix(struct guard *guard, const char *prefix)
{
    free(guard->prefix);
    guard->prefix = strdup(prefix);
    return guard->prefix != NULL;
}

const char *guard_prefix(const struct guard *guard)
{
    return guard->prefix != NULL ? guard->prefix : "";
}

bool guard_active(const struct guard *guard)
{
    return guard->active;
}

/* Whether the operation is looked at for these variables: a pull only if images are restricted, what is refused as a
 * whole only as long as nothing opens it. */
bool guard_inspects(const struct guard *guard, const char *operation_id)
{
    const struct guard_operation *operation = guard_operation_find(operation_id);
    if (!guard->active || operation == NULL)
        return false;
    if (operation->body == BODY_REFUSED)
        return !guard->open[operation->knob];
    return operation->body != BODY_IGNORED || guard_judges_query(guard, operation);
}

long guard_max_body(const struct guard *guard)
{
    return guard->max_body;
}

long guard_buffer_size(const struct guard *guard)
{
    if (!guard->active)
        return 0;
    return guard->max_body + HEAD_ROOM + OTHER_ROOM;
}
