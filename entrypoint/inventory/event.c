/* Reads the events of an Engine. */
#include "inventory/event.h"

#include "base/text.h"
#include "inventory/parse.h"

#include <stdlib.h>
#include <string.h>

/* Docker's and Podman's words. Others, such as pause or health_status, change nothing that is in the set. */
static const struct {
    const char *action;
    enum event_kind kind;
} container_actions[] = {
    {"create", EVENT_CHANGED},   {"rename", EVENT_RECONFIGURED}, {"update", EVENT_RECONFIGURED},
    {"start", EVENT_STARTED},    {"restore", EVENT_STARTED},     {"die", EVENT_ENDED},
    {"died", EVENT_ENDED},       {"destroy", EVENT_GONE},        {"remove", EVENT_GONE},
    {"exec_create", EVENT_EXEC}, {"exec_die", EVENT_EXEC_ENDED},
};

static const char asked_actions[] = "create rename update start restore die died destroy remove connect "
                                    "disconnect";

static enum event_kind kind_of(const char *action)
{
    /* "exec_create: COMMAND" */
    size_t length = strcspn(action, ":");

    for (size_t i = 0; i < sizeof container_actions / sizeof *container_actions; i++)
        if (strlen(container_actions[i].action) == length && strncmp(action, container_actions[i].action, length) == 0)
            return container_actions[i].kind;
    return EVENT_OTHER;
}

static bool copy_id(char to[CONTAINER_ID_LENGTH + 1], const char *id)
{
    if (id == NULL || !inventory_is_id(id))
        return false;
    bounded_copy(to, CONTAINER_ID_LENGTH + 1, id);
    return true;
}

static bool read_container_event(struct event *event, const char *action, const char *id, const json_t *attributes)
{
    event->kind = kind_of(action);
    if (event->kind == EVENT_OTHER)
        return true;
    if (!copy_id(event->container, id))
        return false;
    /* Podman has no attribute for it. */
    if ((event->kind == EVENT_EXEC || event->kind == EVENT_EXEC_ENDED) &&
        !copy_id(event->exec, json_text_of(attributes, "execID")))
        event->kind = EVENT_OTHER;
    return true;
}

/* Docker: the actor is the network, and an attribute is the container. Podman: the actor is the container of a connect,
 * and an attribute is the network's name. */
static bool read_network_event(struct event *event, const char *action, const char *id, const json_t *attributes)
{
    const char *container = json_text_of(attributes, "container");
    bool joined = strcmp(action, "connect") == 0;

    if (!joined && strcmp(action, "disconnect") != 0) {
        event->kind = EVENT_NETWORKS;
        return true;
    }
    if (container != NULL && container[0] == '\0') {
        event->kind = joined ? EVENT_CHANGED : EVENT_LEFT_ONE;
        return copy_id(event->container, id);
    }
    event->kind = joined ? EVENT_JOINED : EVENT_LEFT;
    if (!copy_id(event->container, container) || !known_is_network_id(id))
        return false;
    bounded_copy(event->network, sizeof event->network, id);
    return true;
}

bool event_read(struct event *event, const char *line, size_t length)
{
    json_t *object = json_read(line, length);
    json_t *actor = json_object_get(object, "Actor");
    json_t *attributes = json_object_get(actor, "Attributes");
    const char *type = json_text_of(object, "Type");
    const char *action = json_text_of(object, "Action");
    const char *id = json_text_of(actor, "ID");
    bool right = json_is_object(object) && json_fits(actor, JSON_OBJECT) && json_fits(attributes, JSON_OBJECT) &&
                 type != NULL && action != NULL && id != NULL;

    memset(event, 0, sizeof *event);
    if (right && strcmp(type, "container") == 0)
        right = read_container_event(event, action, id, attributes);
    else if (right && strcmp(type, "network") == 0)
        right = read_network_event(event, action, id, attributes);
    json_decref(object);
    return right;
}

/* Adds the quoted words of a list, percent-encoded. */
static void add_words(struct text *path, const char *words)
{
    const char *before = "";

    for (size_t length; *words != '\0'; words += length + (words[length] == ' ')) {
        length = strcspn(words, " ");
        fprintf(path->stream, "%s%%22%.*s%%22", before, (int)length, words);
        before = "%2C";
    }
}

void event_path(char *path, size_t size, long since, bool exec)
{
    struct text text;
    char *result;

    text_begin(&text);
    fprintf(text.stream, "/events?since=%ld&filters=%%7B%%22type%%22%%3A%%5B", since);
    add_words(&text, "container network");
    fputs("%5D%2C%22event%22%3A%5B", text.stream);
    add_words(&text, asked_actions);
    if (exec) {
        fputs("%2C", text.stream);
        add_words(&text, "exec_create exec_die");
    }
    fputs("%5D%7D", text.stream);
    result = text_end(&text);
    bounded_copy(path, size, result);
    free(result);
}
