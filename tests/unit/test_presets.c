/* Presets: the table against the facts about the clients (tests/fixtures/clients.tsv), names, and what comes first if
 * several variables concern an operation. */
#include "base/text.h"
#include "environment/environment.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the table ---- */

static bool is_name(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t client = strspn(name, letters);
    size_t mode = name[client] == '+' ? strspn(name + client + 1, letters) : 0;

    return client > 0 && (name[client] == '\0' || (mode > 0 && name[client + 1 + mode] == '\0'));
}

/* Checks a list whose items are separated by single blanks. */
static void check_items(const struct preset *preset, const char *list,
                        void (*check)(const struct preset *, const char *))
{
    size_t count;
    char **items = list_split(list, " ", &count);
    size_t length = count == 0 ? 0 : count - 1;

    for (size_t i = 0; i < count; i++) {
        length += strlen(items[i]);
        check(preset, items[i]);
        for (size_t k = 0; k < i; k++)
            ck_assert_msg(strcmp(items[i], items[k]) != 0, "%s: %s twice", preset->name, items[i]);
    }
    ck_assert_msg(length == strlen(list), "%s: blanks in \"%s\"", preset->name, list);
    list_free(items, count);
}

static void check_operation(const struct preset *preset, const char *id)
{
    char client[64];

    ck_assert_msg(operation_find(id) < operation_count, "%s: no operation %s", preset->name, id);
    /* what the client has, its modes need not repeat */
    snprintf(client, sizeof client, "%.*s", (int)strcspn(preset->name, "+"), preset->name);
    for (const struct preset *other = presets; preset_is_mode(preset) && other < preset; other++)
        ck_assert_msg(strcmp(other->name, client) != 0 || !text_has_word(other->operations, id), "%s: %s has %s",
                      preset->name, client, id);
}

/* The program accepts NAME=VALUE, and NAME is one of the guard's. */
static void check_guard(const struct preset *preset, const char *assignment)
{
    char text[256];
    char *list[] = {text, NULL};
    struct problems problems = {.to = stderr};
    struct environment environment;
    bool known = false;

    snprintf(text, sizeof text, "%s", assignment);
    for (const char *const *name = guard_variables; *name != NULL; name++)
        known |= strlen(*name) == strcspn(text, "=") && strncmp(*name, text, strcspn(text, "=")) == 0;
    ck_assert_msg(known, "%s: %s", preset->name, assignment);
    environment_read(&environment, list, &problems);
    ck_assert_msg(problems.count == 0, "%s: %s", preset->name, assignment);
    environment_free(&environment);
}

START_TEST(test_rows)
{
    const struct preset *preset = &presets[_i];
    char client[64];
    bool found = false;

    ck_assert_msg(is_name(preset->name), "%s", preset->name);
    ck_assert_uint_lt(strlen(preset->name), sizeof client);
    snprintf(client, sizeof client, "%.*s", (int)strcspn(preset->name, "+"), preset->name);
    for (const struct preset *other = presets; other < preset; other++) {
        ck_assert_str_ne(other->name, preset->name);
        found |= strcmp(other->name, client) == 0;
    }
    ck_assert_msg(found == preset_is_mode(preset), "%s: a mode stands below its client", preset->name);
    ck_assert_msg(preset->help[0] != '\0' && strpbrk(preset->help, "\t\n|") == NULL, "%s", preset->name);
    ck_assert_msg(strpbrk(preset->remark, "\t\n|") == NULL, "%s", preset->name);
    ck_assert_msg(preset->remark[0] == '\0' || preset->remark[strlen(preset->remark) - 1] == '.', "%s", preset->name);
    ck_assert_msg(preset->operations[0] != '\0', "%s", preset->name);
    check_items(preset, preset->operations, check_operation);
    check_items(preset, preset->guard, check_guard);
    check_items(preset, preset->guard_may, check_guard);
}
END_TEST

/* One line of the facts. */
struct fact {
    char *columns[7]; /* preset, client, version, mode, operationId, need, evidence */
};

/* Reads the next line of the facts; false at the end. */
static bool next_fact(FILE *file, struct fact *fact, char line[1024])
{
    size_t count = 0;

    do {
        if (fgets(line, 1024, file) == NULL)
            return false;
    } while (line[0] == '#');
    line[strcspn(line, "\n")] = '\0';
    for (char *rest = line; count < 7; count++)
        fact->columns[count] = strsep(&rest, "\t");
    ck_assert_msg(fact->columns[6] != NULL, "%s: a column is missing", line);
    return true;
}

static size_t index_of(const char *name)
{
    size_t i = 0;

    while (i < preset_count && strcmp(presets[i].name, name) != 0)
        i++;
    return i;
}

START_TEST(test_facts)
{
    static bool known[PRESETS_MAX][OPERATIONS_MAX];
    FILE *file = fopen("tests/fixtures/clients.tsv", "re");
    struct fact fact;
    char line[1024];
    size_t count = 0;

    ck_assert_msg(file != NULL, "run in the top directory");
    while (next_fact(file, &fact, line)) {
        size_t row = index_of(fact.columns[0]);
        size_t operation = operation_find(fact.columns[4]);

        count++;
        ck_assert_msg(operation < operation_count, "%s: no operation %s", fact.columns[1], fact.columns[4]);
        ck_assert_msg(strcmp(fact.columns[5], "required") == 0 || strcmp(fact.columns[5], "optional") == 0, "%s",
                      fact.columns[5]);
        ck_assert_msg(fact.columns[6][0] != '\0', "%s %s: no evidence", fact.columns[1], fact.columns[4]);
        if (strcmp(fact.columns[0], "-") == 0)
            continue;
        ck_assert_msg(row < preset_count, "no preset %s", fact.columns[0]);
        ck_assert_msg(preset_opens(&presets[row], &operations[operation]), "%s lacks %s: %s", presets[row].name,
                      operations[operation].id, fact.columns[6]);
        known[row][operation] = true;
    }
    fclose(file);
    ck_assert_uint_gt(count, 300);
    for (size_t row = 0; row < preset_count; row++)
        for (size_t i = 0; i < operation_count; i++)
            ck_assert_msg(!preset_opens(&presets[row], &operations[i]) || known[row][i], "%s: no evidence for %s",
                          presets[row].name, operations[i].id);
}
END_TEST

/* What a client's mode requires is in a preset if any of the mode is: half of what it needs would not work. */
START_TEST(test_required)
{
    FILE *file = fopen("tests/fixtures/clients.tsv", "re");
    FILE *again = fopen("tests/fixtures/clients.tsv", "re");
    struct fact fact;
    struct fact other;
    char line[1024];
    char other_line[1024];

    ck_assert(file != NULL && again != NULL);
    while (next_fact(file, &fact, line)) {
        if (strcmp(fact.columns[0], "-") != 0 || strcmp(fact.columns[5], "required") != 0)
            continue;
        rewind(again);
        while (next_fact(again, &other, other_line))
            ck_assert_msg(strcmp(fact.columns[1], other.columns[1]) != 0 ||
                              strcmp(fact.columns[3], other.columns[3]) != 0 || strcmp(other.columns[0], "-") == 0,
                          "%s, %s: %s is required and in no preset", fact.columns[1], fact.columns[3], fact.columns[4]);
    }
    fclose(file);
    fclose(again);
}
END_TEST

/* ---- reading ---- */

static struct environment environment;
static char *told;

/* Reads variables that are separated by semicolons; returns the count of problems. */
static unsigned given(const char *variables)
{
    static char *list[16];
    static char *text;
    struct problems problems;
    size_t length;
    size_t count = 0;

    free(text);
    free(told);
    text = strdup(variables);
    for (char *rest = text, *item; (item = strsep(&rest, ";")) != NULL;)
        list[count++] = item;
    list[count] = NULL;
    problems = (struct problems){.to = open_memstream(&told, &length)};
    environment_read(&environment, list, &problems);
    fclose(problems.to);
    return problems.count;
}

static const struct mistake {
    const char *value;
    const char *message;
} mistakes[] = {
    {"traefic", "PRESET=traefic: no such preset; did you mean traefik"},
    {"traefik,dozle", "PRESET=dozle: no such preset; did you mean dozzle"},
    {"dozzle-actions", "PRESET=dozzle-actions: no such preset; did you mean dozzle+actions"},
    {"dozzle+action", "PRESET=dozzle+action: no such preset; did you mean dozzle+actions"},
    {"dozzle+", "PRESET=dozzle+: no such preset; did you mean dozzle"},
    {"dozzle++shell", "PRESET=dozzle++shell: no such preset; did you mean dozzle"},
    {"dozzle+foo", "PRESET=dozzle+foo: no such preset; related ones: dozzle dozzle+stats"},
    {"traefik+actions", "PRESET=traefik+actions: no such preset; related ones: traefik"},
    {"watchtower-monitor", "PRESET=watchtower-monitor: no such preset; related ones: watchtower watchtower+update"},
    {"caddy", "PRESET=caddy: no such preset; related ones: caddy-docker-proxy"},
    {"nothing", "PRESET=nothing: no such preset; `docker-socket-proxy presets` lists them"},
    {"true", "PRESET=true: no such preset; `docker-socket-proxy presets` lists them"},
    {"+", "PRESET=+: no such preset; `docker-socket-proxy presets` lists them"},
    {"+modes", "PRESET=+modes: no such preset; `docker-socket-proxy presets` lists them"},
};

START_TEST(test_mistakes)
{
    char variables[128];

    snprintf(variables, sizeof variables, "PRESET=%s", mistakes[_i].value);
    ck_assert_uint_eq(given(variables), 1);
    ck_assert_msg(strstr(told, mistakes[_i].message) != NULL, "%s instead of %s", told, mistakes[_i].message);
    environment_free(&environment);
}
END_TEST

/* Each preset opens its operations, by its name, and nothing else that is not open by default; and its guard judges
 * them as if they were opened by own variables. */
START_TEST(test_opens)
{
    const struct preset *preset = &presets[_i];
    size_t client = index_of(strndupa(preset->name, strcspn(preset->name, "+")));
    char variables[160];
    const struct profile *profile;

    snprintf(variables, sizeof variables, "PRESET=%s", preset->name);
    ck_assert_msg(given(variables) == 0, "%s", told);
    profile = &environment.profiles[0];
    for (size_t i = 0; i < operation_count; i++) {
        const struct preset *opener = preset_opens(&presets[client], &operations[i]) ? &presets[client] : preset;
        bool listed = preset_opens(opener, &operations[i]);
        char reason[REASON_MAX];

        ck_assert_msg(profile->permissions.open[i] == (listed || operations[i].on_by_default), "%s: %s", preset->name,
                      operations[i].id);
        if (!listed)
            continue;
        profile_reason(profile, i, reason);
        snprintf(variables, sizeof variables, "PRESET=%s", opener->name);
        ck_assert_str_eq(reason, variables);
        ck_assert(profile_guards(profile, i) == guard_inspects(profile->guard, operations[i].id));
    }
    environment_free(&environment);
}
END_TEST

/* Variables beside PRESET, what an operation then is, and why. */
static const struct precedence {
    const char *variables;
    const char *operation;
    bool open;
    const char *reason; /* the beginning */
} precedences[] = {
    {"PRESET=traefik", "ContainerList", true, "PRESET=traefik"},
    {"PRESET= Dozzle , TRAEFIK ", "ContainerList", true, "PRESET=traefik"}, /* the first row of the table */
    {"PRESET=dozzle+shell+actions", "ContainerStart", true, "PRESET=dozzle+actions"},
    {"PRESET=traefik dozzle", "ContainerLogs", true, "PRESET=dozzle"},
    {"PRESET=", "ContainerList", false, "ALLOW_CONTAINER_LIST=true"},
    {"PRESET=traefik", "ContainerLogs", false, "ALLOW_LOGS=true"},
    {"PRESET=traefik", "SystemInfo", false, "ALLOW_INFO=true"},
    /* a preset closes nothing */
    {"PRESET=homepage", "SystemEvents", true, "default"},
    {"PRESET=traefik", "SystemEvents", true, "PRESET=traefik"},
    {"PRESET=homepage;ALLOW_EVENTS=false", "SystemEvents", false, "ALLOW_EVENTS=true"},
    {"PRESET=traefik;ALLOW_EVENTS=false", "SystemEvents", false, "ALLOW_EVENTS=true"},
    /* own variables and groups come first, whatever they say */
    {"PRESET=traefik;ALLOW_CONTAINER_LIST=false", "ContainerList", false, "ALLOW_CONTAINER_LIST=true"},
    {"PRESET=traefik;ALLOW_CONTAINER_LIST=true", "ContainerList", true, "ALLOW_CONTAINER_LIST"},
    {"PRESET=traefik;ALLOW_CONTAINERS=false", "ContainerList", false, "ALLOW_CONTAINER_LIST=true"},
    {"PRESET=traefik;ALLOW_CONTAINERS=true", "ContainerList", true, "ALLOW_CONTAINERS"},
    {"PRESET=traefik;ALLOW_CONTAINERS=true", "ContainerStats", true, "ALLOW_CONTAINERS"},
    {"PRESET=traefik;ALLOW_CONTAINERS=false;ALLOW_CONTAINER_LIST=true", "ContainerList", true, "ALLOW_CONTAINER_LIST"},
    {"PRESET=traefik;ALLOW_CONTAINERS=false;ALLOW_CONTAINER_LIST=true", "ContainerInspect", false,
     "ALLOW_CONTAINER_INSPECT=true"},
    {"PRESET=dozzle+shell;ALLOW_EXEC=false", "ContainerExec", false, "ALLOW_CONTAINER_EXEC=true"},
    /* one of two groups */
    {"PRESET=watchtower+update;ALLOW_NETWORKS=false", "NetworkConnect", false, "ALLOW_NETWORK_CONNECT=true"},
    {"PRESET=watchtower+update;ALLOW_CREATE=false", "NetworkConnect", false, "ALLOW_NETWORK_CONNECT=true"},
    {"PRESET=watchtower+update;ALLOW_CREATE=true", "NetworkConnect", true, "PRESET=watchtower+update"},
    {"PRESET=dozzle+actions;ALLOW_RESTARTS=false", "ContainerStop", false, "ALLOW_STOP=true"},
    {"PRESET=dozzle+actions;ALLOW_RESTARTS=false;ALLOW_STOP=true", "ContainerStop", true, "ALLOW_STOP"},
    /* other images' names neither close what a preset opens nor take it over */
    {"PRESET=traefik;CONTAINERS=0", "ContainerList", true, "PRESET=traefik"},
    {"PRESET=traefik;CONTAINERS=1", "ContainerList", true, "PRESET=traefik"},
    {"PRESET=traefik;CONTAINERS=1", "ContainerStats", true, "CONTAINERS"},
    {"PRESET=autoheal;CONTAINERS=1", "ContainerRestart", true, "PRESET=autoheal"},
    {"PRESET=traefik;POST=1;CONTAINERS=1", "ContainerCreate", true, "CONTAINERS and POST"},
    {"PRESET=autoheal;COMPAT=tecnativa;CONTAINERS=1;ALLOW_RESTARTS=0", "ContainerRestart", false,
     "ALLOW_CONTAINER_RESTART=true"},
    {"PRESET=homepage;EVENTS=0", "SystemEvents", false, "ALLOW_EVENTS=true"},
    {"PRESET=traefik;EVENTS=0", "SystemEvents", true, "PRESET=traefik"},
    /* profiles have their own */
    {"PRESET=traefik;PROFILE_A_FROM=a", "ContainerLogs", false, "ALLOW_LOGS=true"},
};

START_TEST(test_precedence)
{
    const struct precedence *row = &precedences[_i];
    size_t i = operation_find(row->operation);
    char reason[REASON_MAX];

    ck_assert_msg(given(row->variables) == 0, "%s", told);
    profile_reason(&environment.profiles[0], i, reason);
    ck_assert_msg(environment.profiles[0].permissions.open[i] == row->open, "%s: %s", row->variables, row->operation);
    ck_assert_msg(strncmp(reason, row->reason, strlen(row->reason)) == 0, "%s: %s: %s instead of %s", row->variables,
                  row->operation, reason, row->reason);
    environment_free(&environment);
}
END_TEST

START_TEST(test_profiles)
{
    const struct profile *profile;
    char reason[REASON_MAX];

    ck_assert_msg(given("PRESET=traefik;PROFILE_D_FROM=d;PROFILE_D_PRESET=dozzle") == 0, "%s", told);
    profile = environment_profile(&environment, "D");
    ck_assert(permissions_open(&profile->permissions, "ContainerLogs"));
    ck_assert(!permissions_open(&environment.profiles[0].permissions, "ContainerLogs"));
    profile_reason(profile, operation_find("ContainerLogs"), reason);
    ck_assert_str_eq(reason, "PROFILE_D_PRESET=dozzle");
    environment_free(&environment);
    ck_assert_uint_eq(given("PROFILE_D_FROM=d;PROFILE_D_PRESET=dozle"), 1);
    ck_assert_ptr_nonnull(strstr(told, "PROFILE_D_PRESET=dozle: no such preset; did you mean dozzle"));
    environment_free(&environment);
}
END_TEST

/* With other images' names, creation is guarded only if a preset (or an ALLOW_* variable) opens it. */
START_TEST(test_guard)
{
    size_t create = operation_find("ContainerCreate");

    ck_assert_uint_eq(given("CONTAINERS=1;POST=1"), 0);
    ck_assert(environment.profiles[0].permissions.open[create] && !profile_guards(&environment.profiles[0], create));
    environment_free(&environment);
    ck_assert_uint_eq(given("CONTAINERS=1;POST=1;PRESET=watchtower+update"), 0);
    ck_assert(environment.profiles[0].permissions.open[create] && profile_guards(&environment.profiles[0], create));
    environment_free(&environment);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("presets");
    TCase *tests = tcase_create("presets");

    tcase_add_loop_test(tests, test_rows, 0, (int)preset_count);
    tcase_add_test(tests, test_facts);
    tcase_add_test(tests, test_required);
    tcase_add_loop_test(tests, test_mistakes, 0, sizeof mistakes / sizeof *mistakes);
    tcase_add_loop_test(tests, test_opens, 0, (int)preset_count);
    tcase_add_loop_test(tests, test_precedence, 0, sizeof precedences / sizeof *precedences);
    tcase_add_test(tests, test_profiles);
    tcase_add_test(tests, test_guard);
    suite_add_tcase(suite, tests);
    return run(suite);
}
