/* Judges which containers the create guard would not let a client create again. */
#include "inventory/recreation.h"

#include "base/text.h"
#include "inventory/parse.h"

#include <stdlib.h>
#include <string.h>

#define REASONS_WARNED 4 /* of one container */

const struct taking_apart taking_apart[] = {
    {"ContainerDelete", "deleting"},
    {"ContainerDeleteLibpod", "deleting"},
    {"ContainerKill", "killing"},
    {"ContainerKillLibpod", "killing"},
    {"ContainerStop", "stopping"},
    {"ContainerStopLibpod", "stopping"},
    {"ContainerRename", "renaming"},
    {"ContainerRenameLibpod", "renaming"},
    {"ContainerPrune", "pruning the stopped"},
    {NULL, NULL},
};

bool profile_may_lose(const struct profile *profile)
{
    return (permissions_open(&profile->permissions, "ContainerDelete") ||
            permissions_open(&profile->permissions, "ContainerDeleteLibpod")) &&
           profile_guards(profile, operation_find("ContainerCreate"));
}

bool profile_keeps(const struct profile *profile, const char *operation_id)
{
    if (profile->allow_unrecreatable || !profile_may_lose(profile) ||
        !permissions_open(&profile->permissions, operation_id))
        return false;
    for (const struct taking_apart *row = taking_apart; row->id != NULL; row++)
        if (strcmp(row->id, operation_id) == 0)
            return true;
    return false;
}

char *lost_map(const struct profile *profile)
{
    return profile_map("lost", profile);
}

bool recreation_is_like_id(const char *name)
{
    return name[strspn(name, "0123456789abcdefABCDEF_")] == '\0';
}

bool recreation_matters(const struct environment *environment)
{
    for (size_t i = 0; i < environment->profile_count; i++)
        if (profile_may_lose(&environment->profiles[i]))
            return true;
    return false;
}

bool recreation_counts(const struct inventory *inventory)
{
    return inventory->kind != ENGINE_PODMAN;
}

/* ---- the requests ---- */

static bool is_false(const json_t *labels, const char *key)
{
    const char *value = json_string_value(json_object_get(labels, key));

    return value != NULL && strcmp(value, "false") == 0;
}

bool recreated_read(struct recreated *recreated, const char *name, const char *inspection, size_t length)
{
    json_t *container = json_read(inspection, length);
    json_t *config = json_object_get(container, "Config");
    json_t *host = json_object_get(container, "HostConfig");
    json_t *networks = json_object_get(json_object_get(container, "NetworkSettings"), "Networks");
    bool valid = json_is_object(config) && json_is_object(host);

    memset(recreated, 0, sizeof *recreated);
    if (valid) {
        recreated->unwanted = is_false(json_object_get(config, "Labels"), "docker-socket-proxy.recreate");
        recreated->disabled = is_false(json_object_get(config, "Labels"), "com.centurylinklabs.watchtower.enable");
        json_object_set(config, "HostConfig", host);
        if (json_object_size(networks) > 0)
            json_object_set_new(config, "NetworkingConfig", json_pack("{s:O}", "EndpointsConfig", networks));
        recreated->name = inventory_copy(name);
        recreated->as_is = json_write(config);
    }
    json_decref(container);
    return valid;
}

void recreated_free(struct recreated *recreated)
{
    free(recreated->name);
    free(recreated->as_is);
    free(recreated->by_name);
    free(recreated->network_of);
    memset(recreated, 0, sizeof *recreated);
}

char *recreated_network_id(const struct recreated *recreated)
{
    json_t *body = json_read(recreated->as_is, strlen(recreated->as_is));
    const char *mode = json_string_value(json_object_get(json_object_get(body, "HostConfig"), "NetworkMode"));
    char *id = inventory_copy(inventory_mode_container(mode));

    json_decref(body);
    return id;
}

void recreated_name_network(struct recreated *recreated, const char *name)
{
    json_t *body = json_read(recreated->as_is, strlen(recreated->as_is));

    json_object_set_new(json_object_get(body, "HostConfig"), "NetworkMode", json_sprintf("container:/%s", name));
    free(recreated->by_name);
    free(recreated->network_of);
    recreated->by_name = json_write(body);
    recreated->network_of = inventory_copy(name);
    json_decref(body);
}

/* ---- judging ---- */

/* What a text may hold: it gets into a map of HAProxy, the log and JSON. Takes it. */
static char *make_plain(char *text)
{
    for (char *c = text; *c != '\0'; c++)
        if (*c < ' ' || *c > '~' || *c == '|' || *c == '\\')
            *c = '?';
    return text;
}

/* The first reason, and how many more there are. What no setting of the guard allows names the one that remains. */
static char *conclude(const char *reasons, size_t count, bool settable, const char *prefix)
{
    int length = (int)strcspn(reasons, "\n");

    if (count > 1)
        return make_plain(text_format("%.*s; %zu more reason%s, see docker-socket-proxy suggest --recreate", length,
                                      reasons, count - 1, count == 2 ? "" : "s"));
    return make_plain(text_format(settable ? "%.*s" : "%.*s; %sALLOW_UNRECREATABLE=true would allow this all the same",
                                  length, reasons, prefix));
}

/* All reasons why the guard refuses the body; NULL if it does not. The caller frees them. */
static char *refusals(struct guard_judge *judge, const char *name, const char *body, size_t *count, bool *settable)
{
    char *query = text_format("name=%s", name);
    struct guard_verdict verdict;
    struct text text;
    char *reasons;

    guard_judge_run(judge, query, body, strlen(body), &verdict);
    free(query);
    *count = 0;
    *settable = verdict.settable;
    if (verdict.result == GUARD_PASSES)
        return NULL;
    text_begin(&text);
    if (verdict.result == GUARD_REFUSES)
        *count = guard_judge_all(judge, body, strlen(body), text.stream);
    reasons = text_end(&text);
    if (*count > 0)
        return reasons;
    free(reasons);
    *count = 1;
    return text_format("%s\n", verdict.reason);
}

char *recreated_reasons(const struct recreated *recreated, const struct profile *profile, struct guard_judge *judge,
                        char **text)
{
    size_t count;
    bool settable;
    char *reasons = refusals(judge, recreated->name, recreated->as_is, &count, &settable);

    if (reasons == NULL && recreated->by_name != NULL)
        reasons = refusals(judge, recreated->name, recreated->by_name, &count, &settable);
    *text = reasons == NULL ? NULL : conclude(reasons, count, settable, profile->prefix);
    return reasons;
}

struct recreation *recreation_new(const struct environment *environment, const struct inventory *inventory)
{
    struct recreation *recreation = calloc(1, sizeof *recreation);

    if (recreation == NULL)
        abort();
    recreation->environment = environment;
    recreation->inventory = inventory;
    facts_read(&recreation->facts, inventory);
    for (size_t i = 0; i < environment->profile_count; i++)
        if (profile_may_lose(&environment->profiles[i]))
            recreation->judges[i] = guard_judge_new(environment->profiles[i].guard, &recreation->facts.known,
                                                    "ContainerCreate");
    return recreation;
}

void recreation_free(struct recreation *recreation)
{
    if (recreation == NULL)
        return;
    for (size_t i = 0; i < PROFILES_MAX; i++)
        guard_judge_free(recreation->judges[i]);
    facts_free(&recreation->facts);
    free(recreation);
}

/* One text for all profiles that may lose the container, where it is not the guard that refuses it. */
static void lose_for(struct loss *loss, const struct recreation *recreation, const char *why)
{
    for (size_t i = 0; i < loss->count; i++)
        if (recreation->judges[i] != NULL) {
            loss->profiles[i].reasons = inventory_copy("");
            loss->profiles[i].text = text_format("%s; %sALLOW_UNRECREATABLE=true would allow this all the same", why,
                                                 recreation->environment->profiles[i].prefix);
        }
}

/* The name of the container whose network the other one uses; NULL if it is not known. */
static const char *network_name(const struct containers *containers, const struct recreated *recreated)
{
    char *id = recreated_network_id(recreated);
    const struct known_container *other = id == NULL ? NULL : containers_find(containers, id);

    free(id);
    return other == NULL || other->entry.container.names.count == 0 ? NULL : other->entry.container.names.items[0];
}

struct loss *recreation_judge(const struct recreation *recreation, const struct containers *containers,
                              const struct known_container *container, const char *inspection, size_t length)
{
    const char *own = recreation->inventory->own.id;
    struct loss *loss = calloc(1, sizeof *loss);
    struct recreated recreated;
    const char *network;

    if (loss == NULL)
        abort();
    loss->count = recreation->environment->profile_count;
    loss->profiles = calloc(loss->count, sizeof *loss->profiles);
    if (loss->profiles == NULL)
        abort();
    if (own != NULL && strcmp(container->entry.container.id, own) == 0) {
        lose_for(loss, recreation, "this proxy runs in it");
        return loss;
    }
    if (inspection == NULL ||
        !recreated_read(&recreated, inventory_container_name(&container->entry.container), inspection, length)) {
        lose_for(loss, recreation, "the Engine has not said what it is made of");
        return loss;
    }
    network = network_name(containers, &recreated);
    if (network != NULL)
        recreated_name_network(&recreated, network);
    loss->warns = !recreated.disabled;
    for (size_t i = 0; i < loss->count && !recreated.unwanted; i++)
        if (recreation->judges[i] != NULL)
            loss->profiles[i].reasons = recreated_reasons(&recreated, &recreation->environment->profiles[i],
                                                          recreation->judges[i], &loss->profiles[i].text);
    recreated_free(&recreated);
    return loss;
}

void loss_free(struct loss *loss)
{
    for (size_t i = 0; loss != NULL && i < loss->count; i++) {
        free(loss->profiles[i].reasons);
        free(loss->profiles[i].text);
    }
    if (loss != NULL)
        free(loss->profiles);
    free(loss);
}

void recreation_warn(const struct profile *profile, const char *name, const char *reasons)
{
    for (int told = 0; reasons != NULL && *reasons != '\0' && told < REASONS_WARNED; told++) {
        int length = (int)strcspn(reasons, "\n");

        notice("warning: %s%s%s could not be created again through this proxy: %.*s", profile->name,
               profile->name[0] == '\0' ? "" : ": ", name, length, reasons);
        reasons += length + (reasons[length] == '\n');
    }
}

void loss_warn(const struct loss *loss, const struct environment *environment, const char *name)
{
    for (size_t i = 0; loss->warns && i < loss->count; i++)
        recreation_warn(&environment->profiles[i], name, loss->profiles[i].reasons);
}
