#include "inventory_internal.h"

#include "bounded.h"

#include <stdlib.h>

static const char *const questions[QUESTIONS] = {"/_ping", "/containers/json?all=1", "/version"};

static bool is_podman(const struct fetch *ping)
{
    return fetch_has_header(ping, "Libpod-API-Version");
}

/* Asks the upstreams the questions for which wanted says so, all at the same time. */
static void ask(struct inventory_reading *reading, bool wanted[UPSTREAMS_MAX][QUESTIONS], long deadline)
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

/* (Podman's /version takes long, and what it is its /_ping has told.) */
static void ask_all(struct inventory_reading *reading, long deadline)
{
    bool first[UPSTREAMS_MAX][QUESTIONS] = {{false}};
    bool second[UPSTREAMS_MAX][QUESTIONS] = {{false}};
    size_t count = reading->settings->upstreams.count;

    for (size_t i = 0; i < count; i++) {
        first[i][PING] = true;
        first[i][LIST] = reading->container->contained;
    }
    ask(reading, first, deadline);
    for (size_t i = 0; i < count; i++)
        second[i][VERSION_OF] = reading->answers[i][PING].status == 200 && !is_podman(&reading->answers[i][PING]);
    ask(reading, second, deadline);
}

static void set_unfit(struct inventory_upstream *part, const char *question)
{
    part->answer = INVENTORY_UNFIT;
    bounded_format(part->why, sizeof part->why, "what it answers to GET %s is not understood", question);
}

/* The upstream's part, from its answers. */
static void take(struct inventory_upstream *part, struct inventory_reading *reading, size_t i)
{
    struct fetch *answers = reading->answers[i];
    const bool *asked = reading->asked[i];

    part->answer = INVENTORY_GIVEN;
    for (size_t k = 0; k < QUESTIONS; k++) {
        if (!asked[k] || answers[k].status == 200)
            continue;
        part->answer = answers[k].status == 0 ? INVENTORY_SILENT : INVENTORY_UNFIT;
        if (answers[k].status == 0)
            bounded_copy(part->why, sizeof part->why, answers[k].why);
        else
            bounded_format(part->why, sizeof part->why, "it answers GET %s with %d", questions[k], answers[k].status);
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
}

void inventory_ask(struct inventory *inventory, struct inventory_reading *reading, long milliseconds)
{
    const struct upstreams *upstreams = &reading->settings->upstreams;
    struct endpoint endpoints[UPSTREAMS_MAX];
    long begin = channel_now();

    endpoints_find(endpoints, upstreams, begin + milliseconds / 2);
    reading->endpoints = endpoints;
    ask_all(reading, begin + milliseconds);
    for (size_t i = 0; i < upstreams->count; i++) {
        take(&inventory->upstreams[i], reading, i);
        for (size_t k = 0; k < QUESTIONS; k++)
            fetch_free(&reading->answers[i][k]);
    }
    reading->endpoints = NULL;
}
