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

/* Inspects the containers of one upstream. */
static void inspect(struct inventory_upstream *part, struct inventory_reading *reading, size_t i, long deadline)
{
    struct inventory_entries *entries = &reading->entries[i];
    struct fetch *fetches = calloc(INSPECTED_AT_ONCE, sizeof *fetches);

    if (fetches == NULL)
        abort();
    for (size_t first = 0; first < entries->count; first += INSPECTED_AT_ONCE) {
        size_t left = entries->count - first;
        size_t count = left < INSPECTED_AT_ONCE ? left : INSPECTED_AT_ONCE;

        memset(fetches, 0, INSPECTED_AT_ONCE * sizeof *fetches);
        for (size_t k = 0; k < count; k++) {
            fetches[k].upstream = i;
            bounded_format(fetches[k].path, sizeof fetches[k].path, "/containers/%s/json",
                           entries->list[first + k].container.id);
        }
        fetch_all(fetches, count, reading->settings, reading->endpoints, deadline);
        for (size_t k = 0; k < count; k++) {
            read_inspection(part, &entries->list[first + k], &fetches[k]);
            fetch_free(&fetches[k]);
        }
    }
    free(fetches);
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
