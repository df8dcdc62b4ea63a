/* Queries the upstreams and reads their responses into the inventory. */
#include "inventory/internal.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const char *const questions[QUESTIONS] = {
    [PING] = "/_ping", [LIST] = "/containers/json?all=1", [VERSION_OF] = "/version",
    [INFO] = "/info",  [HOST_NETWORK] = "/networks/host", [SWARM_NETWORK] = "/networks/host?scope=swarm",
};

static bool is_podman(const struct fetch *ping)
{
    return fetch_has_header(ping, "Libpod-API-Version");
}

/* Sends the wanted requests to the upstreams, all at the same time. */
static void query(struct inventory_reading *reading, bool wanted[UPSTREAMS_MAX][QUESTIONS], long deadline)
{
    struct fetch *fetches = calloc((size_t)UPSTREAMS_MAX * QUESTIONS, sizeof *fetches);
    struct fetch *places[UPSTREAMS_MAX * QUESTIONS];
    size_t count = 0;

    if (fetches == NULL)
        abort();
    for (size_t i = 0; i < reading->settings->upstreams.count; i++)
        for (size_t k = 0; k < QUESTIONS; k++) {
            if (!wanted[i][k])
                continue;
            fetches[count].upstream = i;
            bounded_copy(fetches[count].path, sizeof fetches[count].path, questions[k]);
            reading->asked[i][k] = true;
            places[count++] = &reading->answers[i][k];
        }
    fetch_all(fetches, count, reading->settings, reading->endpoints, deadline);
    for (size_t i = 0; i < count; i++)
        *places[i] = fetches[i];
    free(fetches);
}

/* The first round identifies Podman by its /_ping and lists containers; the second is for Docker only. Podman's
 * /version is slow, it has no swarm, and nothing depends on its cgroups. */
static void query_all(struct inventory_reading *reading, long deadline)
{
    bool first[UPSTREAMS_MAX][QUESTIONS] = {{false}};
    bool second[UPSTREAMS_MAX][QUESTIONS] = {{false}};
    size_t count = reading->settings->upstreams.count;

    for (size_t i = 0; i < count; i++) {
        first[i][PING] = true;
        first[i][LIST] = reading->container->contained;
    }
    query(reading, first, deadline);
    for (size_t i = 0; i < count; i++)
        for (size_t k = VERSION_OF; k < QUESTIONS; k++)
            second[i][k] = reading->answers[i][PING].status == 200 && !is_podman(&reading->answers[i][PING]);
    query(reading, second, deadline);
}

static void set_unfit(struct inventory_upstream *part, const char *question)
{
    part->answer = INVENTORY_UNFIT;
    bounded_format(part->why, sizeof part->why, "its response to GET %s is not that of an Engine", question);
}

/* Reads the responses that only Docker's Engine is queried for. A missing response leaves its fact unknown. */
static void read_facts(struct inventory_upstream *part, const struct fetch *answers)
{
    const struct fetch *info = &answers[INFO];
    const struct fetch *host = &answers[HOST_NETWORK];
    const struct fetch *swarm = &answers[SWARM_NETWORK];

    part->sound_builds = inventory_sound_builds(answers[VERSION_OF].body, answers[VERSION_OF].length);
    part->cgroup_v1 = info->status == 200 && inventory_cgroup_v1(info->body, info->length);
    if (host->status == 200)
        inventory_host_network_read(part->host_network, LOCAL_NETWORK_ID_LENGTH, host->body, host->length);
    if (swarm->status == 200)
        inventory_host_network_read(part->swarm_host_network, SWARM_NETWORK_ID_LENGTH, swarm->body, swarm->length);
}

/* Reads the responses of upstream i into its part. */
static void read_part(struct inventory_upstream *part, struct inventory_reading *reading, size_t i)
{
    struct fetch *answers = reading->answers[i];
    const bool *asked = reading->asked[i];

    part->answer = INVENTORY_GIVEN;
    for (size_t k = 0; k < NEEDED; k++) {
        if (!asked[k] || answers[k].status == 200)
            continue;
        part->answer = answers[k].status == 0 ? INVENTORY_SILENT : INVENTORY_UNFIT;
        if (answers[k].status == 0)
            bounded_copy(part->why, sizeof part->why, answers[k].why);
        else
            bounded_format(part->why, sizeof part->why, "its response to GET %s has status %d", questions[k],
                           answers[k].status);
        return;
    }
    if (is_podman(&answers[PING]))
        part->kind = ENGINE_PODMAN;
    else if (!inventory_kind_read(&part->kind, answers[VERSION_OF].body, answers[VERSION_OF].length))
        set_unfit(part, questions[VERSION_OF]);
    if (asked[LIST] && part->answer == INVENTORY_GIVEN &&
        !inventory_entries_read(&reading->entries[i], answers[LIST].body, answers[LIST].length))
        set_unfit(part, questions[LIST]);
    part->told = part->answer == INVENTORY_GIVEN;
    if (!part->told)
        inventory_entries_free(&reading->entries[i]);
    else if (part->kind == ENGINE_DOCKER)
        read_facts(part, answers);
}

#define INSPECTED_AT_ONCE ((size_t)64)

/* Whoever has no time to respond is asked again, see inventory/reach.h. A container that is gone has no namespaces. */
static void read_inspection(struct inventory_upstream *part, struct inventory_entry *entry, const struct fetch *fetch)
{
    entry->unread = fetch->status != 404 &&
                    (fetch->status != 200 || !inventory_modes_read(entry, fetch->body, fetch->length));
    if (fetch->status == 0)
        part->answer = INVENTORY_SILENT;
    if (entry->unread)
        bounded_format(part->why, sizeof part->why, "its response to GET %s cannot be used: %s", fetch->path,
                       fetch->status == 0 ? fetch->why : "it is not an inspection");
}

#define PING_MILLISECONDS 500

/* Whether the upstream is there at all. */
static bool responds(const struct inventory_reading *reading, size_t i)
{
    struct fetch ping = {.upstream = i};
    bool there;

    bounded_copy(ping.path, sizeof ping.path, questions[PING]);
    fetch_all(&ping, 1, reading->settings, reading->endpoints, channel_now() + PING_MILLISECONDS);
    there = ping.status == 200;
    fetch_free(&ping);
    return there;
}

/* Inspects the containers of one upstream, or only those whose inspection has not been read yet. */
static void inspect_some(struct inventory_upstream *part, struct inventory_reading *reading, size_t i, bool unread,
                         long deadline)
{
    struct inventory_entries *entries = &reading->entries[i];
    struct fetch *fetches = calloc(INSPECTED_AT_ONCE, sizeof *fetches);
    struct inventory_entry *asked[INSPECTED_AT_ONCE];
    size_t count = 0;

    if (fetches == NULL)
        abort();
    for (size_t k = 0; k < entries->count; k++) {
        if (!unread || entries->list[k].unread) {
            fetches[count].upstream = i;
            bounded_format(fetches[count].path, sizeof fetches->path, "/containers/%s/json",
                           entries->list[k].container.id);
            asked[count++] = &entries->list[k];
        }
        if (count == 0 || (count < INSPECTED_AT_ONCE && k + 1 < entries->count))
            continue;
        fetch_all(fetches, count, reading->settings, reading->endpoints, deadline);
        for (size_t f = 0; f < count; f++) {
            read_inspection(part, asked[f], &fetches[f]);
            fetch_free(&fetches[f]);
        }
        memset(fetches, 0, INSPECTED_AT_ONCE * sizeof *fetches);
        count = 0;
    }
    free(fetches);
}

/* Inspects the containers of one upstream. If it goes away meanwhile, nothing of it is known, as if it had never
 * responded: what was known before is kept then. If it is back already, it is asked once more. */
static void inspect(struct inventory_upstream *part, struct inventory_reading *reading, size_t i, long deadline)
{
    inspect_some(part, reading, i, false, deadline);
    if (!part->told || part->answer != INVENTORY_SILENT)
        return;
    if (responds(reading, i)) {
        part->answer = INVENTORY_GIVEN;
        inspect_some(part, reading, i, true, deadline);
    } else {
        part->told = false;
        inventory_entries_free(&reading->entries[i]);
    }
}

void inventory_ask(struct inventory *inventory, struct inventory_reading *reading, long milliseconds)
{
    const struct upstreams *upstreams = &reading->settings->upstreams;
    struct endpoint endpoints[UPSTREAMS_MAX];
    long begin = channel_now();

    endpoints_find(endpoints, upstreams, begin + milliseconds / 2);
    reading->endpoints = endpoints;
    query_all(reading, begin + milliseconds);
    for (size_t i = 0; i < upstreams->count; i++) {
        read_part(&inventory->upstreams[i], reading, i);
        for (size_t k = 0; k < QUESTIONS; k++)
            fetch_free(&reading->answers[i][k]);
        if (reading->needs.inspections)
            inspect(&inventory->upstreams[i], reading, i, begin + milliseconds);
    }
    reading->endpoints = NULL;
}
