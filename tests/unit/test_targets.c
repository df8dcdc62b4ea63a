/* Targets: which operations they concern, which containers they select, and which lists can be limited to them. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/text.h"
#include "config/maps.h"
#include "config/narrow.h"
#include "config/targets.h"
#include "suite.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

static struct profile profile;

static void read_profile(char *const variables[], size_t problems_expected)
{
    struct problems problems = {.to = NULL};

    memset(&profile, 0, sizeof profile);
    profile_read(&profile, variables, NULL, "", &problems);
    ck_assert_uint_eq(problems.count, problems_expected);
}

static enum operation_reach reach_of(const char *id)
{
    size_t i = operation_find(id);

    ck_assert_msg(i < operation_count, "%s", id);
    return operations[i].reach;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* What the path says of an operation is what the table says. */
START_TEST(test_reach_and_path)
{
    for (size_t i = 0; i < operation_count; i++) {
        const struct operation *operation = &operations[i];
        bool of_container = begins(operation->path, "/containers/{") || begins(operation->path, "/libpod/containers/{");
        bool of_exec = begins(operation->path, "/exec/") || begins(operation->path, "/libpod/exec/");
        bool imports = strcmp(operation->id, "ContainerRestoreLibpod") == 0; /* it may create another one */

        ck_assert_msg(of_exec == (operation->reach == REACH_EXEC), "%s", operation->id);
        ck_assert_msg((of_container && !imports) ==
                          (operation->reach == REACH_CONTAINER || operation->reach == REACH_RENAME),
                      "%s", operation->id);
        if (strstr(operation->path, "container") != NULL || strstr(operation->path, "/pods/") != NULL ||
            strstr(operation->path, "kube") != NULL)
            ck_assert_msg(operation->reach != REACH_NOTHING, "%s", operation->id);
    }
    ck_assert_int_eq(reach_of("ContainerList"), REACH_LIST);
    ck_assert_int_eq(reach_of("SystemEvents"), REACH_LABELS);
    ck_assert_int_eq(reach_of("ContainerPrune"), REACH_LABELS);
    ck_assert_int_eq(reach_of("SystemDataUsage"), REACH_MANY);
    ck_assert_int_eq(reach_of("ImageList"), REACH_MANY);
}
END_TEST

/* The operations that show or change no container, by which nothing can be reached: a change of this list is a
 * decision.
 */
START_TEST(test_reaches_nothing)
{
    static const char *const sections[] = {"System",  "Images", "Build", "Distribution", "Networks", "Volumes",
                                           "Plugins", "Swarm",  "Nodes", "Secrets",      "Configs",  "Libpod"};
    static const char *const none[] = {"Containers", "Exec", "Services", "Tasks", "Session"};

    for (size_t i = 0; i < operation_count; i++) {
        bool known = false;

        if (operations[i].reach != REACH_NOTHING)
            continue;
        for (size_t k = 0; k < sizeof sections / sizeof *sections; k++)
            known |= strcmp(operations[i].section, sections[k]) == 0;
        ck_assert_msg(known, "%s", operations[i].id);
        for (size_t k = 0; k < sizeof none / sizeof *none; k++)
            ck_assert_str_ne(operations[i].section, none[k]);
    }
}
END_TEST

/* A list that gets a filter has its rules. */
START_TEST(test_lists_have_rules)
{
    struct narrowing narrowing;
    const char *reason;
    size_t lists = 0;

    read_profile((char *[]){"ALLOW_CONTAINER_LABELS=a=b,c", NULL}, 0);
    for (size_t i = 0; i < operation_count; i++)
        if (operations[i].reach == REACH_LIST || operations[i].reach == REACH_LABELS) {
            ck_assert_ptr_null(strstr(operations[i].id, "Libpod"));
            narrowing_make(&narrowing, &profile.targets, &operations[i], true);
            ck_assert(!narrowing_refuses(&narrowing, "", &reason));
            ck_assert(narrowing_refuses(&narrowing, "x=y", &reason));
            narrowing_free(&narrowing);
            lists++;
        }
    ck_assert_uint_eq(lists, 3);
    profile_free(&profile);
}
END_TEST

static const struct {
    const char *pattern;
    const char *name;
    bool matches;
} names[] = {
    {"web", "web", true},
    {"web", "webb", false},
    {"web", "we", false},
    {"web", "xweb", false},
    {"web*", "web", true},
    {"web*", "web-1.a_b", true},
    {"*web", "a-web", true},
    {"*web", "web1", false},
    {"w?b", "web", true},
    {"w?b", "wb", false},
    {"a.b", "axb", false},
    {"a.b", "a.b", true},
    {"*", "anything", true},
    {"*a*b*", "xxaxxbxx", true},
    {"*a*b*", "xxbxxaxx", false},
    {"**", "x", true},
    {"a,b", "b", true},
    {"a,b*", "a*", false},
    {"web*", "web/x", false},
    {"*", "a/b", false},
    {"a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
};

/* The pattern and the regex for the Engine agree. */
START_TEST(test_names)
{
    char *variable = text_format("ALLOW_CONTAINER_NAMES=%s", names[_i].pattern);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    size_t offset;
    pcre2_code *code;
    char *regex;
    int error;

    read_profile((char *[]){variable, NULL}, 0);
    ck_assert_int_eq(targets_have_name(&profile.targets, names[_i].name), names[_i].matches);
    regex = targets_name_regex(&profile.targets);
    code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED, 0, &error, &offset, NULL);
    ck_assert_ptr_nonnull(code);
    ck_assert_int_eq(pcre2_match(code, (PCRE2_SPTR)names[_i].name, PCRE2_ZERO_TERMINATED, 0, 0, data, NULL) >= 0,
                     names[_i].matches);
    ck_assert_ptr_null(strchr(regex, '/')); /* which Podman removes */
    pcre2_code_free(code);
    pcre2_match_data_free(data);
    free(regex);
    free(variable);
    profile_free(&profile);
}
END_TEST

static char *const mistakes[] = {
    "ALLOW_CONTAINER_NAMES=,",         "ALLOW_CONTAINER_NAMES=-a",     "ALLOW_CONTAINER_NAMES=a/b",
    "ALLOW_CONTAINER_NAMES=a b",       "ALLOW_CONTAINER_NAMES=[ab]",   "ALLOW_CONTAINER_LABELS=,",
    "ALLOW_CONTAINER_LABELS==a",       "ALLOW_CONTAINER_LABELS=a=",    "ALLOW_CONTAINER_LABELS=a\"b",
    "ALLOW_CONTAINER_LABELS=a\\b",     "ALLOW_CONTAINER_LABELS=a'b",   "ALLOW_CONTAINER_LABELS=a*=b",
    "ALLOW_CONTAINER_LABELS=name=x",   "ALLOW_CONTAINER_LABELS=image", "ALLOW_CONTAINER_LABELS=a\tb",
    "ALLOW_CONTAINER_LABELS=\xc3\xa9",
};

START_TEST(test_mistakes)
{
    read_profile((char *[]){mistakes[_i], NULL}, 1);
    profile_free(&profile);
}
END_TEST

static struct known_container container = {
    .entry.container = {.id = "abababababababababababababababababababababababababababababababab"}};

static bool selects(char *const variables[])
{
    bool selected;

    read_profile(variables, 0);
    selected = targets_select(&profile.targets, &container);
    profile_free(&profile);
    return selected;
}

/* Labels: all of them, exactly. Names: any, and not those that links give. */
START_TEST(test_select)
{
    char *labels[] = {"a", "a.b=", "traefik.enable=true", "x=y=z"};
    char *own[] = {"db/web", "web"};

    container.labels = (struct inventory_list){4, labels};
    container.entry.container.names = (struct inventory_list){2, own};
    ck_assert(selects((char *[]){"ALLOW_CONTAINER_LABELS=traefik.enable=true", NULL}));
    ck_assert(selects((char *[]){"ALLOW_CONTAINER_LABELS=traefik.enable", NULL}));
    ck_assert(selects((char *[]){"ALLOW_CONTAINER_LABELS=traefik.enable, x=y=z", NULL}));
    ck_assert(selects((char *[]){"ALLOW_CONTAINER_LABELS=a.b", NULL}));
    ck_assert(!selects((char *[]){"ALLOW_CONTAINER_LABELS=traefik.enable=tru", NULL}));
    ck_assert(!selects((char *[]){"ALLOW_CONTAINER_LABELS=traefik.enable=true,b", NULL}));
    ck_assert(!selects((char *[]){"ALLOW_CONTAINER_LABELS=traefik", NULL}));
    ck_assert(!selects((char *[]){"ALLOW_CONTAINER_LABELS=x=y", NULL}));
    ck_assert(selects((char *[]){"ALLOW_CONTAINER_NAMES=w*", NULL}));
    ck_assert(!selects((char *[]){"ALLOW_CONTAINER_NAMES=db*", NULL}));
    ck_assert(selects((char *[]){"ALLOW_CONTAINER_NAMES=db,web", "ALLOW_CONTAINER_LABELS=x", NULL}));
    ck_assert(!selects((char *[]){"ALLOW_CONTAINER_NAMES=web", "ALLOW_CONTAINER_LABELS=y", NULL}));
    ck_assert(!selects((char *[]){"ALLOW_CONTAINER_NAMES=wob", "ALLOW_CONTAINER_LABELS=x", NULL}));
    container.entry.container.names.count = 0;
    ck_assert(!selects((char *[]){"ALLOW_CONTAINER_NAMES=*", NULL}));
}
END_TEST

static bool is_open(const char *id)
{
    return permissions_open(&profile.permissions, id);
}

/* Groups and presets do not open what cannot be limited; the own variable does, and the hint says so. */
START_TEST(test_closed)
{
    char reason[REASON_MAX];

    read_profile((char *[]){"ALLOW_CONTAINER_LABELS=a", "ALLOW_SYSTEM=1", "ALLOW_CREATE=1", "ALLOW_CONTAINERS=1",
                            "ALLOW_NETWORK_LIST=1", "ALLOW_NETWORKS=1", "ALLOW_DELETE=1", NULL},
                 0);
    ck_assert(!is_open("SystemDataUsage") && !is_open("ContainerCreate") && !is_open("NetworkInspect"));
    ck_assert(is_open("NetworkList") && is_open("ContainerRename") && is_open("SystemEvents") &&
              is_open("ContainerPrune"));
    ck_assert(is_open("ContainerList") && is_open("ContainerInspect") && is_open("SystemVersion"));
    profile_reason(&profile, operation_find("SystemDataUsage"), reason);
    ck_assert_str_eq(reason, "ALLOW_SYSTEM_DATA_USAGE=true");
    ck_assert_str_eq(profile_hint_end(&profile, operation_find("SystemDataUsage")),
                     " would allow it, for all containers");
    profile_reason(&profile, operation_find("TaskList"), reason);
    ck_assert_str_eq(reason, "ALLOW_TASK_LIST=true");
    profile_free(&profile);
    read_profile((char *[]){"ALLOW_CONTAINER_NAMES=a", "PRESET=traefik", "ALLOW_CREATE=1", "ALLOW_DELETE=1", NULL}, 0);
    ck_assert(!is_open("SystemEvents") && !is_open("ContainerRename") && !is_open("ContainerPrune"));
    ck_assert(is_open("ContainerList"));
    profile_free(&profile);
    read_profile((char *[]){"ALLOW_CONTAINER_LABELS=a", "ALLOW_EVENTS=1", "ALLOW_IMAGES=1", "REDACT=environment", NULL},
                 0);
    profile_reason(&profile, operation_find("ImageInspect"), reason);
    ck_assert_str_eq(reason, "ALLOW_IMAGE_INSPECT=true");
    profile_free(&profile);
    read_profile((char *[]){"PRESET=traefik", "ALLOW_CREATE=1", NULL}, 0);
    ck_assert(is_open("SystemEvents") && is_open("ContainerCreate"));
    ck_assert(!targets_judge(&profile.targets, &operations[operation_find("ContainerInspect")]));
    profile_free(&profile);
}
END_TEST

/* The maps: each reference to a target, for each profile that has targets and reaches containers. */
START_TEST(test_maps)
{
    char *labels[] = {"a=b"};
    char *own[] = {"web"};
    char *variables[] = {"ALLOW_CONTAINERS=1",
                         "ALLOW_CONTAINER_LABELS=a=b",
                         "PROFILE_X_FROM=10.0.0.1",
                         "PROFILE_X_ALLOW_CONTAINER_NAMES=no",
                         "PROFILE_X_ALLOW_LOGS=1",
                         "PROFILE_Y_FROM=10.0.0.2",
                         "PROFILE_Y_ALLOW_CONTAINER_LABELS=a",
                         "PROFILE_Z_FROM=10.0.0.3",
                         "PROFILE_Z_ALLOW_LOGS=1",
                         NULL};
    struct problems problems = {.to = NULL};
    struct inventory inventory = {.contained = false};
    struct environment environment;
    struct map_entries entries = {0};
    struct inventory_list maps = {0};
    struct containers containers = {0};
    const struct maps_of of = {&environment, &inventory};

    container.labels = (struct inventory_list){1, labels};
    container.entry.container.names = (struct inventory_list){1, own};
    environment_read(&environment, variables, &problems);
    ck_assert_uint_eq(problems.count, 0);
    ck_assert(map_of_targets.needed(&environment, &inventory));
    map_of_targets.add_names(&maps, &of);
    ck_assert_uint_eq(maps.count, 4);
    map_of_targets.add_container(&entries, &of, &containers, &container);
    ck_assert_uint_eq(entries.count, 13);
    for (size_t i = 0; i < entries.count; i++) {
        ck_assert_str_eq(entries.list[i].map, i < 12 ? "targets" : "target_names");
        ck_assert_uint_eq(strlen(entries.list[i].key), i < 12 ? i + 1 : 3);
        ck_assert_str_eq(entries.list[i].value, container.entry.container.id);
        ck_assert(!entries.list[i].closes);
    }
    map_entries_free(&entries);
    own[0] = "db"; /* of one that is no target, but looks like digits of one */
    labels[0] = "b";
    map_of_targets.add_container(&entries, &of, &containers, &container);
    ck_assert_uint_eq(entries.count, 2);
    ck_assert_str_eq(entries.list[0].map, "target_names");
    ck_assert_str_eq(entries.list[1].map, "target_names_x");
    ck_assert_str_eq(entries.list[0].key, "db");
    ck_assert_str_eq(entries.list[0].value, TARGETS_NONE);
    map_entries_free(&entries);
    inventory_list_free(&maps);
    environment_free(&environment);
}
END_TEST

static const struct {
    const char *operation;
    const char *query;
    bool refused;
} queries[] = {
    {"ContainerList", "", false},
    {"ContainerList", "all=1&filters=%7B%22label%22%3A%5B%22x%22%5D%7D", false},
    {"ContainerList", "filters={\"label\":{\"x\":true}}", false},
    {"ContainerList", "filters={\"label\":[\"x\"],\"label\":[]}", true},
    {"ContainerList", "filters={\"l%5Cu0061bel\":[\"x\"]}", true},
    {"ContainerList", "filters={}&filters={}", true},
    {"ContainerList", "Filters={}", true},
    {"ContainerList", "all=1;filters={}", true},
    {"ContainerList", "before=x", true},
    {"ContainerList", "filters={\"name\":[\"x\"]}", false},
    {"ContainerPrune", "all=1", true},
    {"ContainerPrune", "filters={\"until\":[\"1h\"]}", false},
    {"SystemEvents", "since=1&until=2.5", false},
    {"SystemEvents", "filters={\"type\":[\"image\"]}", true},
    {"SystemEvents", "filters={\"type\":+[\"container\"],+\"label\":[\"x\"]}", false},
};

START_TEST(test_queries)
{
    struct narrowing narrowing;
    const char *reason;

    read_profile((char *[]){"ALLOW_CONTAINER_LABELS=a=b", NULL}, 0);
    narrowing_make(&narrowing, &profile.targets, &operations[operation_find(queries[_i].operation)], true);
    ck_assert_int_eq(narrowing_refuses(&narrowing, queries[_i].query, &reason), queries[_i].refused);
    narrowing_free(&narrowing);
    profile_free(&profile);
}
END_TEST

/* Podman shows events with any of several labels, so a client may add none, and there may be one only. */
START_TEST(test_events_of_podman)
{
    struct narrowing narrowing;
    const struct operation *events = &operations[operation_find("SystemEvents")];
    const char *reason;

    read_profile((char *[]){"ALLOW_CONTAINER_LABELS=a=b", NULL}, 0);
    narrowing_make(&narrowing, &profile.targets, events, false);
    ck_assert(!narrowing_refuses(&narrowing, "filters={\"event\":[\"die\"]}", &reason));
    ck_assert(narrowing_refuses(&narrowing, "filters={\"label\":[\"x\"]}", &reason));
    narrowing_free(&narrowing);
    profile_free(&profile);
    read_profile((char *[]){"ALLOW_CONTAINER_LABELS=a=b,c", NULL}, 0);
    narrowing_make(&narrowing, &profile.targets, events, false);
    ck_assert(narrowing_refuses(&narrowing, "", &reason));
    ck_assert_ptr_nonnull(strstr(reason, "Podman"));
    narrowing_free(&narrowing);
    narrowing_make(&narrowing, &profile.targets, events, true);
    ck_assert(!narrowing_refuses(&narrowing, "", &reason));
    narrowing_free(&narrowing);
    profile_free(&profile);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("targets");
    TCase *tests = tcase_create("targets");

    tcase_add_test(tests, test_reach_and_path);
    tcase_add_test(tests, test_reaches_nothing);
    tcase_add_test(tests, test_lists_have_rules);
    tcase_add_loop_test(tests, test_names, 0, sizeof names / sizeof *names);
    tcase_add_loop_test(tests, test_mistakes, 0, sizeof mistakes / sizeof *mistakes);
    tcase_add_test(tests, test_select);
    tcase_add_test(tests, test_closed);
    tcase_add_test(tests, test_maps);
    tcase_add_loop_test(tests, test_queries, 0, sizeof queries / sizeof *queries);
    tcase_add_test(tests, test_events_of_podman);
    suite_add_tcase(suite, tests);
    return run(suite);
}
