/* Reads all variables and checks names, profiles and listeners. */
#include "environment/environment.h"

#include "base/array.h"
#include "base/text.h"
#include "environment/listener_conflicts.h"
#include "policy/spelling.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- names ---- */

#define NAME_SIZE 160 /* longer names are cut: the beginning is enough for a message */

/* Offers all ALLOW_* names to the search. */
static void try_permissions(struct nearest *nearest)
{
    char own[OPERATION_NAME_MAX];

    for (size_t i = 0; i < GROUP_COUNT; i++)
        nearest_try(nearest, group_variables[i]);
    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        if (strncmp(variable_table[i].name, "ALLOW_", strlen("ALLOW_")) == 0)
            nearest_try(nearest, variable_table[i].name);
    for (size_t i = 0; i < operation_count; i++) {
        operation_own_variable(&operations[i], own);
        nearest_try(nearest, own);
    }
}

/* Copies a name without _FILE at its end. Returns what was left out: "_FILE" or "". */
static const char *cut_file(const char *name, char bare[NAME_SIZE])
{
    size_t length = strlen(name);
    size_t suffix = strlen("_FILE");
    bool file = length > suffix && strcmp(name + length - suffix, "_FILE") == 0;

    bounded_format(bare, NAME_SIZE, "%.*s", (int)(file ? length - suffix : length), name);
    return file ? "_FILE" : "";
}

/* A typo must never silently close or open anything. */
static void refuse_unknown(const char *prefix, const char *name, struct problems *problems)
{
    char bare[NAME_SIZE];
    const char *file = cut_file(name, bare);
    struct nearest nearest = {.name = bare, .most = SLIP_MAX, .same_meaning = true};
    char meant[512];

    if (variable_find(name) != NULL || is_permission(name)) /* (ALLOW_LIBPOD_QUADLET_FILE is one) */
        return;
    try_permissions(&nearest);
    if (strcmp(nearest.found, bare) == 0)
        problem(problems, "%s%s: only the start reads values from files; write %s%s=VALUE", prefix, name, prefix, bare);
    else if (nearest.found[0] != '\0')
        problem(problems, "%s%s: unknown variable; did you mean %s%s%s", prefix, name, prefix, nearest.found, file);
    else if (spoken_of(bare, prefix, meant, sizeof meant))
        problem(problems, "%s%s: no such permission; related ones: %s", prefix, name, meant);
    else
        problem(problems, "%s%s: no such permission; `docker-socket-proxy permissions` lists them all", prefix, name);
}

/* A misspelled setting such as REQUIRE_LABELS or LISTENS would leave open what it was meant to close. Names that are
 * further away belong to other programs. */
static void refuse_near_setting(const char *name, struct problems *problems)
{
    char bare[NAME_SIZE];
    const char *file = cut_file(name, bare);
    struct nearest nearest = {.name = bare, .most = slip(bare)};

    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        if (variable_table[i].limits)
            nearest_try(&nearest, variable_table[i].name);
    if (nearest.found[0] != '\0' && strcmp(bare, nearest.found) != 0)
        problem(problems, "%s: unknown variable; did you mean %s%s", name, nearest.found, file);
}

static void refuse_profile_name(const char *name, struct problems *problems)
{
    char settings[512] = "";

    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        if (variable_table[i].scope != SCOPE_GLOBAL && strncmp(variable_table[i].name, "ALLOW_", strlen("ALLOW_")) != 0)
            bounded_format(settings + strlen(settings), sizeof settings - strlen(settings), " %s",
                           variable_table[i].name);
    problem(problems, "%s: not PROFILE_<NAME>_ followed by ALLOW_* or one of%s (NAME: A-Z, 0-9 and _, %d at most)",
            name, settings, PROFILE_NAME_MAX - 1);
}

/* Checks the name of a variable, and writes the profile in it; "" for none. */
static void check_name(const char *name, char profile[PROFILE_NAME_MAX], struct problems *problems)
{
    const char *rest;

    profile[0] = '\0';
    if (strncasecmp(name, "ALLOW_", strlen("ALLOW_")) == 0) {
        refuse_unknown("", name, problems);
        return;
    }
    if (strncasecmp(name, "PROFILE_", strlen("PROFILE_")) != 0 &&
        (strncasecmp(name, "PROFILES_", strlen("PROFILES_")) != 0 || variable_find(name) != NULL)) {
        refuse_near_setting(name, problems);
        return;
    }
    rest = profile_split(name, profile);
    if (rest == NULL) {
        refuse_profile_name(name, problems);
    } else if (strncmp(rest, "ALLOW_", strlen("ALLOW_")) == 0) {
        char prefix[PROFILE_PREFIX_MAX];

        memcpy(prefix, name, (size_t)(rest - name));
        prefix[rest - name] = '\0';
        refuse_unknown(prefix, rest, problems);
    }
}

/* ---- profiles ---- */

static struct profile *add_profile(struct environment *environment, const char *name, struct problems *problems)
{
    struct profile *profile;

    for (size_t i = 0; i < environment->profile_count; i++)
        if (strcmp(environment->profiles[i].name, name) == 0)
            return &environment->profiles[i];
    if (environment->profile_count == PROFILES_MAX) {
        problem(problems, "PROFILE_%s: more than %d profiles", name, PROFILES_MAX - 1);
        return NULL;
    }
    environment->profiles = array_grow(environment->profiles, environment->profile_count, sizeof *profile);
    profile = &environment->profiles[environment->profile_count++];
    bounded_copy(profile->name, sizeof profile->name, name);
    return profile;
}

/* Checks all names, and adds each profile that one of them has. */
static void find_profiles(struct environment *environment, char *const variables[], struct problems *problems)
{
    add_profile(environment, "", problems);
    for (; *variables != NULL; variables++) {
        char name[NAME_SIZE];
        char profile[PROFILE_NAME_MAX];
        size_t length = strcspn(*variables, "=");

        if (length >= sizeof name)
            length = sizeof name - 1;
        memcpy(name, *variables, length);
        name[length] = '\0';
        check_name(name, profile, problems);
        if (profile[0] != '\0')
            add_profile(environment, profile, problems);
    }
}

/* Writes a claim as FROM has it. */
static void claim_text(const struct claim *client, char *text, size_t size)
{
    if (client->kind == CLAIM_NETWORK)
        bounded_format(text, size, "%s/%u", client->text, client->bits);
    else
        bounded_format(text, size, "%s%s", claim_prefix(client->kind), client->text);
}

static void check_claim(const struct environment *environment, size_t i, const struct claim *client,
                        struct problems *problems)
{
    char text[CLAIM_TEXT_MAX + 16];

    claim_text(client, text, sizeof text);
    for (size_t j = i + 1; j < environment->profile_count; j++) {
        const struct claims *others = &environment->profiles[j].clients;

        for (size_t k = 0; k < others->count; k++)
            if (claim_equal(client, &others->list[k]))
                problem(problems, "%sFROM and %sFROM both claim %s", environment->profiles[i].prefix,
                        environment->profiles[j].prefix, text);
    }
}

const struct listener *environment_listener(const struct environment *environment, size_t k, const char **prefix)
{
    const struct listeners *metrics = &environment->settings.metrics;

    for (size_t i = 0; i < environment->profile_count; i++) {
        const struct listeners *listeners = &environment->profiles[i].listeners;

        *prefix = environment->profiles[i].prefix;
        if (k < listeners->count)
            return &listeners->list[k];
        k -= listeners->count;
    }
    *prefix = "METRICS_";
    return k < metrics->count ? &metrics->list[k] : NULL;
}

/* A listener of the metrics must not take a port from one for clients, on any address. */
static bool conflict(const struct environment *environment, const struct listener *a, const struct listener *b)
{
    const struct listeners *metrics = &environment->settings.metrics;
    bool serves_metrics = b >= metrics->list && b < metrics->list + metrics->count;

    return serves_metrics ? listeners_overlap(a, b) : listeners_collide(a, b);
}

/* Two listeners on one address would share clients at random; a listener on the Engine's socket would replace it. */
static void check_listeners(const struct environment *environment, struct problems *problems)
{
    const struct upstreams *upstreams = &environment->settings.upstreams;
    const struct listener *a;
    const struct listener *b;
    const char *prefix_a;
    const char *prefix_b;

    for (size_t i = 0; (a = environment_listener(environment, i, &prefix_a)) != NULL; i++) {
        for (size_t k = i + 1; (b = environment_listener(environment, k, &prefix_b)) != NULL; k++)
            if (conflict(environment, a, b))
                problem(problems, "%sLISTEN and %sLISTEN have the same address; each listener needs its own", prefix_a,
                        prefix_b);
        for (size_t k = 0; k < upstreams->count; k++)
            if (upstreams->list[k].kind == UPSTREAM_UNIX && listener_replaces(a, upstreams->list[k].host))
                problem(problems, "%sLISTEN=unix://%s is the Engine's own socket", prefix_a, a->address);
    }
}

/* Checks that concern several profiles, or a profile and the settings. */
static void check_profiles(const struct environment *environment, struct problems *problems)
{
    for (size_t i = 1; i < environment->profile_count; i++) {
        const struct profile *profile = &environment->profiles[i];

        if (profile->listeners.count == 0 && profile->clients.count == 0 && !environment->settings.profiles_from_labels)
            problem(problems, "%sFROM and %sLISTEN are not set: the profile has no clients", profile->prefix,
                    profile->prefix);
        for (size_t k = 0; k < profile->clients.count; k++) {
            check_claim(environment, i, &profile->clients.list[k], problems);
            if (profile->clients.list[k].kind == CLAIM_CERTIFICATE &&
                !(environment_listens_with_tls(environment) &&
                  settings_require_client_certificates(&environment->settings)))
                problem(problems, "%sFROM: cn:%s needs a tls:// listener whose TLS_CERT_PATH holds a ca.pem",
                        profile->prefix, profile->clients.list[k].text);
        }
    }
    settings_check_tls(&environment->settings, environment_listens_with_tls(environment), problems);
}

void environment_read(struct environment *environment, char *const variables[], struct problems *problems)
{
    struct variables all = {.environment = variables, .prefix = ""};

    memset(environment, 0, sizeof *environment);
    environment->variables = variables;
    find_profiles(environment, variables, problems);
    settings_read(&environment->settings, &all, problems);
    compat_read(&environment->compat, &all, problems);
    for (size_t i = 0; i < environment->profile_count; i++)
        profile_read(&environment->profiles[i], variables, i == 0 ? &environment->compat : NULL,
                     upstreams_socket(&environment->settings.upstreams), problems);
    check_profiles(environment, problems);
    check_listeners(environment, problems);
}

void environment_load(struct environment *environment, char *const variables[], struct problems *problems)
{
    struct sources sources;

    sources_read(&sources, variables, problems);
    environment_read(environment, sources.variables.list, problems);
    environment->sources = sources;
}

void environment_free(struct environment *environment)
{
    for (size_t i = 0; i < environment->profile_count; i++)
        profile_free(&environment->profiles[i]);
    free(environment->profiles);
    environment->profiles = NULL;
    environment->profile_count = 0;
    sources_free(&environment->sources);
}

bool environment_may_serve(const struct environment *environment)
{
    return environment->sources.file_count > 0;
}

bool environment_listens_with_tls(const struct environment *environment)
{
    const struct listener *listener;
    const char *prefix;

    for (size_t k = 0; (listener = environment_listener(environment, k, &prefix)) != NULL; k++)
        if (listener->kind == LISTEN_TLS)
            return true;
    return false;
}

bool environment_audits(const struct environment *environment)
{
    for (size_t i = 0; i < environment->profile_count; i++)
        if (environment->profiles[i].mode == MODE_AUDIT)
            return true;
    return false;
}

const struct profile *environment_profile(const struct environment *environment, const char *name)
{
    for (size_t i = 0; i < environment->profile_count; i++)
        if (strcasecmp(environment->profiles[i].name, name == NULL ? "" : name) == 0)
            return &environment->profiles[i];
    return NULL;
}
