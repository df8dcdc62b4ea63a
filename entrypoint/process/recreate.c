/* Warnings of containers that could be deleted and not be created again. */
#include "process/recreate.h"

#include "base/text.h"
#include "inventory/facts.h"
#include "inventory/fetch.h"
#include "inventory/json.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define CONTAINERS_MAX 200
#define REASONS_MAX    4 /* of one container */
#define MILLISECONDS   5000

/* Labels that exclude a container with the value false: Watchtower's, which renews most containers, and ours. */
static const char *const excluding[] = {"com.centurylinklabs.watchtower.enable", "docker-socket-proxy.recreate"};

/* The containers, and their inspections. */
struct candidates {
    size_t count;
    char *names[CONTAINERS_MAX];
    char *ids[CONTAINERS_MAX];
    struct fetch inspections[CONTAINERS_MAX];
};

static bool may_lose(const struct profile *profile)
{
    return permissions_open(&profile->permissions, "ContainerDelete") &&
           profile_guards(profile, operation_find("ContainerCreate"));
}

bool recreate_matters(const struct environment *environment)
{
    for (size_t i = 0; i < environment->profile_count; i++)
        if (may_lose(&environment->profiles[i]))
            return true;
    return false;
}

static bool is_excluded(const json_t *labels)
{
    for (size_t i = 0; i < sizeof excluding / sizeof *excluding; i++) {
        const char *value = json_string_value(json_object_get(labels, excluding[i]));

        if (value != NULL && strcmp(value, "false") == 0)
            return true;
    }
    return false;
}

char *recreate_body(const char *inspection, size_t length)
{
    json_t *container = json_loadb(inspection, length, 0, NULL);
    json_t *config = json_object_get(container, "Config");
    json_t *host = json_object_get(container, "HostConfig");
    json_t *networks = json_object_get(json_object_get(container, "NetworkSettings"), "Networks");
    char *result = NULL;

    if (json_is_object(config) && json_is_object(host) && !is_excluded(json_object_get(config, "Labels"))) {
        json_object_set(config, "HostConfig", host);
        if (json_object_size(networks) > 0)
            json_object_set_new(config, "NetworkingConfig", json_pack("{s:O}", "EndpointsConfig", networks));
        result = json_dumps(config, JSON_COMPACT);
    }
    json_decref(container);
    return result;
}

/* ---- querying ---- */

static bool is_known(const struct candidates *candidates, const char *id)
{
    for (size_t i = 0; i < candidates->count; i++)
        if (strcmp(candidates->ids[i], id) == 0)
            return true;
    return false;
}

/* Adds the containers of one upstream's list. Returns how many there was no room for. */
static size_t take_list(struct candidates *candidates, const struct fetch *list, const struct inventory *inventory)
{
    struct inventory_entries entries;
    size_t left = 0;

    if (list->status != 200)
        return 0;
    if (!inventory_entries_read(&entries, list->body, list->length))
        entries.count = 0;
    for (size_t i = 0; i < entries.count; i++) {
        const struct inventory_container *container = &entries.list[i].container;
        size_t k = candidates->count;

        if (is_known(candidates, container->id) ||
            (inventory->own.id != NULL && strcmp(container->id, inventory->own.id) == 0))
            continue;
        if (k == CONTAINERS_MAX) {
            left++;
            continue;
        }
        candidates->ids[k] = inventory_copy(container->id);
        candidates->names[k] = inventory_copy(container->names.count > 0 ? container->names.items[0] : container->id);
        candidates->inspections[k].upstream = list->upstream;
        bounded_format(candidates->inspections[k].path, sizeof candidates->inspections[k].path, "/containers/%s/json",
                       container->id);
        candidates->count++;
    }
    inventory_entries_free(&entries);
    return left;
}

/* Lists the containers of all upstreams, and reads their inspections. */
static void read_candidates(struct candidates *candidates, struct recreations *recreations,
                            const struct settings *settings, const struct inventory *inventory)
{
    long deadline = channel_now() + MILLISECONDS;
    struct endpoint endpoints[UPSTREAMS_MAX];
    struct fetch lists[UPSTREAMS_MAX] = {{0}};
    size_t count = settings->upstreams.count;

    endpoints_find(endpoints, &settings->upstreams, deadline);
    for (size_t i = 0; i < count; i++) {
        lists[i].upstream = i;
        bounded_copy(lists[i].path, sizeof lists[i].path, "/containers/json?all=1");
    }
    fetch_all(lists, count, settings, endpoints, deadline);
    for (size_t i = 0; i < count; i++) {
        recreations->left += take_list(candidates, &lists[i], inventory);
        recreations->silent += lists[i].status != 200;
        fetch_free(&lists[i]);
    }
    fetch_all(candidates->inspections, candidates->count, settings, endpoints, deadline);
}

/* Sets the body with the name of the container whose network it uses, if it uses one that has a known name. */
static void add_body_by_name(struct recreated *container, const struct candidates *candidates)
{
    static const char prefix[] = "container:";
    json_t *body = json_loads(container->as_is, 0, NULL);
    json_t *host = json_object_get(body, "HostConfig");
    const char *mode = json_string_value(json_object_get(host, "NetworkMode"));

    for (size_t i = 0; mode != NULL && i < candidates->count; i++)
        if (strncmp(mode, prefix, strlen(prefix)) == 0 && strcmp(mode + strlen(prefix), candidates->ids[i]) == 0) {
            json_object_set_new(host, "NetworkMode", json_sprintf("%s/%s", prefix, candidates->names[i]));
            container->by_name = json_dumps(body, JSON_COMPACT);
            container->network_of = inventory_copy(candidates->names[i]);
            break;
        }
    json_decref(body);
}

void recreations_read(struct recreations *recreations, const struct settings *settings,
                      const struct inventory *inventory)
{
    struct candidates *candidates = calloc(1, sizeof *candidates);

    memset(recreations, 0, sizeof *recreations);
    if (candidates == NULL)
        abort();
    read_candidates(candidates, recreations, settings, inventory);
    recreations->list = calloc(candidates->count + 1, sizeof *recreations->list);
    if (recreations->list == NULL)
        abort();
    for (size_t i = 0; i < candidates->count; i++) {
        const struct fetch *inspection = &candidates->inspections[i];
        char *body = inspection->status == 200 ? recreate_body(inspection->body, inspection->length) : NULL;

        recreations->left += inspection->status == 0;
        if (body == NULL)
            continue;
        recreations->list[recreations->count] = (struct recreated){.name = inventory_copy(candidates->names[i]),
                                                                   .as_is = body};
        add_body_by_name(&recreations->list[recreations->count++], candidates);
    }
    for (size_t i = 0; i < candidates->count; i++) {
        free(candidates->ids[i]);
        free(candidates->names[i]);
        fetch_free(&candidates->inspections[i]);
    }
    free(candidates);
}

void recreations_free(struct recreations *recreations)
{
    for (size_t i = 0; i < recreations->count; i++) {
        free(recreations->list[i].name);
        free(recreations->list[i].as_is);
        free(recreations->list[i].by_name);
        free(recreations->list[i].network_of);
    }
    free(recreations->list);
    memset(recreations, 0, sizeof *recreations);
}

/* ---- judging ---- */

static void warn_of(const struct profile *profile, const char *name, const char *reason)
{
    notice("warning: %s%s%s could not be created again through this proxy: %s", profile->name,
           profile->name[0] == '\0' ? "" : ": ", name, reason);
}

/* Warns of each fault in the body, or of the verdict's if none is found there. */
static void warn_of_each(const struct profile *profile, struct guard_judge *judge, const char *name, const char *body,
                         const struct guard_verdict *verdict)
{
    char *reasons = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&reasons, &length);
    char *rest;
    char *reason;
    int reported = 0;

    if (out == NULL)
        abort();
    guard_judge_all(judge, body, strlen(body), out);
    if (fclose(out) != 0 || reasons == NULL)
        abort();
    for (reason = strtok_r(reasons, "\n", &rest); reason != NULL && reported < REASONS_MAX;
         reason = strtok_r(NULL, "\n", &rest), reported++)
        warn_of(profile, name, reason);
    if (reported == 0)
        warn_of(profile, name, verdict->reason);
    free(reasons);
}

static void judge_one(const struct profile *profile, struct guard_judge *judge, const struct recreated *container)
{
    const char *body = container->as_is;
    struct guard_verdict verdict;
    char query[300];

    if (body == NULL)
        return;
    snprintf(query, sizeof query, "name=%s", container->name);
    guard_judge_run(judge, query, body, strlen(body), &verdict);
    if (verdict.result == GUARD_REFUSES)
        warn_of_each(profile, judge, container->name, body, &verdict);
    else if (verdict.result == GUARD_TOO_LARGE)
        warn_of(profile, container->name, "its body would be too large, see MAX_CREATE_BODY");
}

void recreate_tell(const struct environment *environment, const struct inventory *inventory)
{
    struct recreations recreations;
    struct facts facts;

    recreations_read(&recreations, &environment->settings, inventory);
    if (recreations.left > 0)
        notice("checked whether %zu containers could be created again; %zu more were not checked", recreations.count,
               recreations.left);
    facts_read(&facts, inventory);
    for (size_t i = 0; i < environment->profile_count; i++) {
        const struct profile *profile = &environment->profiles[i];
        struct guard_judge *judge = may_lose(profile) ? guard_judge_new(profile->guard, &facts.known, "ContainerCreate")
                                                      : NULL;

        for (size_t k = 0; judge != NULL && k < recreations.count; k++)
            judge_one(profile, judge, &recreations.list[k]);
        guard_judge_free(judge);
    }
    facts_free(&facts);
    recreations_free(&recreations);
}

void recreate_tell_aside(const struct environment *environment, const struct inventory *inventory)
{
    pid_t parent = getpid();
    pid_t child = recreate_matters(environment) ? fork() : -1;

    if (child != 0)
        return; /* (If fork fails, there is no warning.) */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(1);
    recreate_tell(environment, inventory);
    _exit(0);
}
