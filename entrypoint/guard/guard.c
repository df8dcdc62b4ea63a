/* Reads the guard's variables. */
#include "guard/internal.h"
#include "guard/lists.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

const char *const guard_variables[] = {
#define GUARD(name, ...) #name,
#include "base/variables.def"
    NULL,
};

static bool only(const char *text, const char *characters)
{
    return text[strspn(text, characters)] == '\0';
}

static bool printable(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x21 || (unsigned char)*text > 0x7e || *text == '"' || *text == '\\')
            return false;
    return true;
}

/* Whether it is an absolute path without empty or dot segments; a slash at its end is removed. */
static bool clean_path(char *path)
{
    size_t length = strlen(path);

    if (path[0] != '/')
        return false;
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
        if (segment[n + 1] == '\0') {
            path[length - 1] = '\0';
            return true;
        }
    }
}

/* A driver is a plain name; a plugin may have a registry, a path and a tag, whose segments are plain names. */
static bool driver_name(const char *name)
{
    if (!only(name, ALNUM "_.-/:") || strchr(name, ':') != strrchr(name, ':'))
        return false;
    for (;; name++) {
        if (strchr(ALNUM, *name) == NULL || *name == '\0')
            return false;
        name = strpbrk(name, "/:");
        if (name == NULL)
            return true;
    }
}

/* ** makes the regex backtrack, so a pattern may hold one only. */
static bool image_pattern(const char *pattern)
{
    const char *both = strstr(pattern, "**");

    return only(pattern, ALNUM "_.-/:@*?") && (both == NULL || strstr(both + 2, "**") == NULL);
}

/* KIND:host, or KIND:container:NAME for the kinds that containers can share; * and ? in NAME stand for other
 * characters.
 */
static bool namespace_fits(const char *item)
{
    static const char of_container[] = "container:";
    const struct guard_namespace *kind = guard_namespaces;
    size_t length = strcspn(item, ":");
    const char *name;

    while (kind->name != NULL && (strlen(kind->name) != length || strncmp(kind->name, item, length) != 0))
        kind++;
    if (kind->name == NULL || item[length] == '\0')
        return false;
    item += length + 1;
    name = item + strlen(of_container);
    return strcmp(item, "host") == 0 ||
           (kind->of_containers && strncmp(item, of_container, strlen(of_container)) == 0 && *name != '\0' &&
            strchr("_.-", *name) == NULL && only(name, ALNUM "_.-*?") && strstr(name, "**") == NULL);
}

static bool number_or_star(const char *text, size_t length)
{
    return length > 0 && (strspn(text, "0123456789") == length || (length == 1 && *text == '*'));
}

/* c:MAJOR:MINOR or b:MAJOR:MINOR; either number may be *. */
static bool device_rule(const char *item)
{
    const char *major = item + 2;
    size_t length;

    if (strncmp(item, "c:", 2) != 0 && strncmp(item, "b:", 2) != 0)
        return false;
    length = strcspn(major, ":");
    return number_or_star(major, length) && major[length] == ':' &&
           number_or_star(major + length + 1, strlen(major + length + 1));
}

/* A path below /dev. What is in /dev/shm and /dev/fd may be a link that anyone has made. */
static bool device_fits(char *item)
{
    static const char *const others[] = {"/dev/shm", "/dev/fd"};

    if (strcmp(item, "gpu") == 0 || device_rule(item))
        return true;
    if (strchr(item, ',') != NULL || !clean_path(item) || strncmp(item, "/dev/", 5) != 0)
        return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        size_t length = strlen(others[i]);

        if (strncmp(item, others[i], length) == 0 && (item[length] == '/' || item[length] == '\0'))
            return false;
    }
    return true;
}

/* A name with dots, or with slashes; .* (with slashes: a slash and *) at its end stands for all below. */
static bool sysctl_fits(const char *item)
{
    size_t length = strlen(item);
    bool separated = false;

    if (length > 2 && item[length - 1] == '*' && strchr("./", item[length - 2]) != NULL)
        length -= 2;
    for (size_t i = 0; i < length; i++) {
        bool separator = item[i] == '.' || item[i] == '/';

        if (separator ? i == 0 || i + 1 == length || strchr("./", item[i + 1]) != NULL
                      : strchr(ALNUM "_-", item[i]) == NULL)
            return false;
        separated |= separator;
    }
    return separated || item[length] != '\0';
}

/* A command: words with blanks between. Its program is written out, and ** is its last word. Makes the blanks single.
 */
static bool command_fits(char *item)
{
    size_t count = 0;
    char **words = list_split(item, " \t", &count);
    bool fits = count > 0 && strpbrk(words[0], "*?") == NULL;
    char *end = item;

    for (size_t i = 0; i < count; i++) {
        fits &= printable(words[i]) &&
                (strstr(words[i], "**") == NULL || (strcmp(words[i], "**") == 0 && i + 1 == count));
        if (i > 0)
            *end++ = ' ';
        memmove(end, words[i], strlen(words[i]) + 1); /* not longer than it was */
        end += strlen(words[i]);
    }
    list_free(words, count);
    return fits;
}

static bool user_fits(const char *item)
{
    return only(item, ALNUM "_.@+-:") && strchr(item, ':') == strrchr(item, ':') && item[0] != ':' && item[0] != '-' &&
           item[strlen(item) - 1] != ':';
}

/* Whether an item of a list is valid for the variable. Removes a slash at the end of a path. */
static bool item_fits(enum guard_knob knob, char *item)
{
    /* true opens any value, alone: in a list it would be a name. */
    if (guard_knobs[knob].kind == KNOB_LIST_OR_TRUE && boolean_word(item) != UNSET)
        return false;
    switch (knob) {
    case KNOB_HOST_NAMESPACES:
        return namespace_fits(item);
    case KNOB_DEVICES:
        return device_fits(item);
    case KNOB_SYSCTLS:
        return sysctl_fits(item);
    case KNOB_EXEC_COMMANDS:
        return command_fits(item);
    case KNOB_EXEC_USERS:
        return user_fits(item);
    case KNOB_CAP_ADD:
        return only(item, ALNUM "_");
    case KNOB_BIND_MOUNTS:
        return clean_path(item);
    case KNOB_SECURITY_OPT:
        return printable(item) && strpbrk(item, "=:") != NULL;
    case KNOB_RUNTIME:
        return only(item, ALNUM "_.-/");
    case KNOB_IMAGE_REFERENCES:
        return image_pattern(item);
    case KNOB_NETWORK_DRIVERS:
        return driver_name(item) && strcmp(item, "host") != 0;
    case KNOB_VOLUME_DRIVERS:
    case KNOB_LOG_DRIVERS:
        return driver_name(item);
    case KNOB_VOLUME_NAMES:
        return only(item, ALNUM "_.-*?") && strstr(item, "**") == NULL;
    default:
        return true;
    }
}

static void read_list(struct guard *guard, enum guard_knob knob, const char *value, struct problems *problems)
{
    const struct guard_knob_info *info = &guard_knobs[knob];
    struct guard_list *list = &guard->list[knob];

    list->items = list_split(value, knob == KNOB_EXEC_COMMANDS ? ",\n" : ", \t\n", &list->count);
    for (size_t i = 0; i < list->count; i++)
        if (!item_fits(knob, list->items[i]))
            problem(problems, "%s%s: \"%s\" is not %s", guard->prefix, info->variable, list->items[i], info->item);
    /* Without an item, a list that restricts would restrict nothing: "${A},${B}" with both empty. */
    if (list->count == 0)
        problem(problems, "%s%s=%s: names nothing; it takes %s", guard->prefix, info->variable, value, info->item);
}

/* A boolean opens or closes the members; a list opens the values that it names, where the variable takes one. */
static void read_knob(struct guard *guard, enum guard_knob knob, const struct variables *variables,
                      struct problems *problems)
{
    const struct guard_knob_info *info = &guard_knobs[knob];
    const char *value = variable(variables, info->variable);
    struct problems ignored = {.to = NULL};
    enum tristate word;

    if (value == NULL)
        return;
    guard->active = true;
    word = variable_boolean(variables, info->variable, info->kind == KNOB_BOOLEAN ? problems : &ignored);
    /* false would open everything where a list limits. */
    if ((word == YES && info->kind == KNOB_LIST) || (word == NO && info->limits))
        problem(problems, "%s%s=%s: not a list of names; it takes %s, or several with commas between them",
                guard->prefix, info->variable, value, info->item);
    else if (word == YES)
        guard->open[knob] = true;
    else if (word == UNSET && info->kind != KNOB_BOOLEAN)
        read_list(guard, knob, value, problems);
}

static char *copy(const char *text, size_t length)
{
    char *bytes = strndup(text, length);

    if (bytes == NULL)
        abort();
    return bytes;
}

static void read_label(struct guard *guard, const struct variables *variables, struct problems *problems)
{
    const char *value = variable(variables, "REQUIRE_LABEL");
    size_t key;

    if (value == NULL)
        return;
    guard->active = true;
    key = strcspn(value, "=");
    if (key == 0 || !printable(value)) {
        problem(problems, "%sREQUIRE_LABEL=%s: not a label, or label=value", guard->prefix, value);
        return;
    }
    guard->label = copy(value, key);
    if (value[key] != '\0')
        guard->label_value = copy(value + key + 1, strlen(value + key + 1));
}

void guard_audit(struct guard *guard)
{
    guard->audit = true;
}

struct guard *guard_new(bool on_by_default, const char *socket_path, const struct guard_permissions *permissions,
                        const struct variables *variables, struct problems *problems)
{
    struct guard *guard = calloc(1, sizeof *guard);

    if (guard == NULL)
        abort();
    guard->active = on_by_default;
    guard->socket_path = copy(socket_path, strlen(socket_path));
    guard->prefix = copy(variables->prefix, strlen(variables->prefix));
    for (int knob = 0; knob < KNOB_COUNT; knob++)
        read_knob(guard, (enum guard_knob)knob, variables, problems);
    guard->open[KNOB_SOURCE] = guard->open[KNOB_MOUNT] = guard->open[KNOB_BIND_MOUNTS];
    for (const struct guard_namespace *kind = guard_namespaces; kind->name != NULL; kind++)
        guard->open[kind->knob] = guard->open[KNOB_HOST_NAMESPACES];
    guard->open[KNOB_BUILD_NETWORK] = guard->open[KNOB_HOST_NAMESPACES];
    guard->open[KNOB_RENAME] = !guard_lists_containers(guard);
    guard->open[KNOB_DEVICE] = guard->open[KNOB_DEVICE_REQUEST] = guard->open[KNOB_DEVICE_RULE] =
        guard->open[KNOB_DEVICES];
    guard->open[KNOB_SYSCTL] = guard->open[KNOB_SYSCTLS];
    guard->open[KNOB_REMOTE] = guard->open[KNOB_PRIVILEGED];
    if (guard->list[KNOB_EXEC_USERS].count > 0 && guard->list[KNOB_EXEC_COMMANDS].count == 0)
        problem(problems, "%sALLOW_EXEC_USERS needs ALLOW_EXEC_COMMANDS: without it, commands run as any user",
                guard->prefix);
    guard->open[KNOB_LINKS] = permissions->inspects_containers;
    guard->open[KNOB_SECRETS] = permissions->inspects_secrets;
    guard->open[KNOB_CONFIGS] = permissions->inspects_configs;
    guard->active |= variable(variables, "MAX_CREATE_BODY") != NULL;
    guard->max_body = variable_number(variables, VAR_MAX_CREATE_BODY, problems);
    read_label(guard, variables, problems);
    return guard;
}

void guard_free(struct guard *guard)
{
    if (guard == NULL)
        return;
    for (int knob = 0; knob < KNOB_COUNT; knob++)
        list_free(guard->list[knob].items, guard->list[knob].count);
    free(guard->label);
    free(guard->label_value);
    free(guard->socket_path);
    free(guard->prefix);
    free(guard);
}

bool guard_active(const struct guard *guard)
{
    return guard->active;
}

long guard_max_body(const struct guard *guard)
{
    return guard->max_body;
}

long guard_buffer_size(const struct guard *guard)
{
    return guard->active ? guard->max_body + HEAD_ROOM : 0;
}
