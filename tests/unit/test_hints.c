/* Hints are true: with the variable that a refusal names, the request is allowed, also by the create guard. */
#include "environment/environment.h"
#include "guard/schema.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct guard_facts docker = {.docker = true};

#define VARIABLES_MAX 128
#define ROUNDS        40

/* A set of NAME=value strings, each name once. */
struct set {
    char *list[VARIABLES_MAX + 1];
    size_t count;
};

static void set(struct set *variables, const char *name, const char *value)
{
    size_t length = strlen(name);
    char *text;
    size_t i = 0;

    ck_assert_int_gt(asprintf(&text, "%s=%s", name, value), 0);
    while (i < variables->count &&
           !(strncmp(variables->list[i], name, length) == 0 && variables->list[i][length] == '='))
        i++;
    ck_assert_uint_lt(i, VARIABLES_MAX);
    if (i < variables->count)
        free(variables->list[i]);
    else
        variables->list[++variables->count] = NULL;
    variables->list[i] = text;
}

static void empty(struct set *variables)
{
    while (variables->count > 0)
        free(variables->list[--variables->count]);
    variables->list[0] = NULL;
}

static void copy(struct set *to, const struct set *from)
{
    to->list[0] = NULL;
    for (to->count = 0; to->count < from->count; to->list[to->count] = NULL) {
        to->list[to->count] = strdup(from->list[to->count]);
        to->count++;
    }
}

/* A sequence that looks random and is the same each time. */
static unsigned state;

static unsigned below(unsigned end)
{
    state = state * 1103515245u + 12345u;
    return (state >> 16) % end;
}

static const char *word(void)
{
    return below(3) == 0 ? "false" : "true";
}

/* Settings of any kind: groups, own variables, other images' names, both readings of those, the guard's, a profile. */
static void make_settings(struct set *variables)
{
    static const char *const foreign[] = {"CONTAINERS",
                                          "POST",
                                          "EXEC",
                                          "IMAGES",
                                          "NETWORKS",
                                          "PLUGINS",
                                          "SWARM",
                                          "EVENTS",
                                          "PING",
                                          "LIBPOD_CONTAINERS",
                                          "LIBPOD_ALLOW_RESTARTS"};
    static const char *const readings[] = {"tecnativa", "linuxserver"};
    char name[128];

    for (int profile = 0; profile < 2; profile++) {
        const char *prefix = profile == 0 ? "" : "PROFILE_A_";

        for (size_t i = 0; i < GROUP_COUNT; i++)
            if (below(4) == 0) {
                snprintf(name, sizeof name, "%s%s", prefix, group_variables[i]);
                set(variables, name, word());
            }
        for (size_t i = 0; i < operation_count; i++)
            if (below(20) == 0) {
                snprintf(name, sizeof name, "%s", prefix);
                operation_own_variable(&operations[i], name + strlen(name));
                set(variables, name, word());
            }
        for (size_t i = 0; guard_variables[i] != NULL; i++)
            if (below(5) == 0 && strncmp(guard_variables[i], "ALLOW_", 6) == 0 &&
                strstr("ALLOW_RUNTIME ALLOW_IMAGE_REFERENCES ALLOW_VOLUME_NAMES ALLOW_EXEC_COMMANDS",
                       guard_variables[i]) == NULL) {
                snprintf(name, sizeof name, "%s%s", prefix, guard_variables[i]);
                set(variables, name, i < KNOB_COUNT && guard_knobs[i].kind == KNOB_LIST ? "false" : word());
            }
    }
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (below(3) == 0)
            set(variables, foreign[i], below(4) == 0 ? "0" : "1");
    if (below(2) == 0)
        set(variables, "COMPAT", readings[below(2)]);
    set(variables, "PROFILE_A_FROM", "10.0.0.0/8");
}

static void read_all(struct environment *environment, const struct set *variables)
{
    struct problems problems = {.to = stderr};

    environment_read(environment, variables->list, &problems);
    ck_assert_uint_eq(problems.count, 0);
}

/* Sets what the text names: "A=true and B=true". */
static void follow(struct set *variables, const char *text)
{
    char *names = strdup(text);

    for (char *name = strtok(names, " ()"); name != NULL; name = strtok(NULL, " ()")) {
        char *equals = strstr(name, "=true");

        if (strcmp(name, "and") == 0 || strcmp(name, "or") == 0)
            continue;
        ck_assert_msg(equals != NULL && equals[5] == '\0', "%s is no assignment in %s", name, text);
        *equals = '\0';
        set(variables, name, "true");
    }
    free(names);
}

/* The operation's plainest request is allowed. */
static void expect_allowed(const struct set *variables, const char *profile_name, size_t i, const char *hint)
{
    const char *body = strcmp(operations[i].method, "GET") == 0 ? "" : "{}";
    struct guard_verdict verdict = {.result = GUARD_PASSES};
    const struct profile *profile;
    struct environment environment;

    read_all(&environment, variables);
    profile = environment_profile(&environment, profile_name);
    ck_assert_msg(profile->permissions.open[i], "%s of %s is closed in spite of: %s", operations[i].id, profile_name,
                  hint);
    if (profile_guards(profile, i))
        guard_judge(profile->guard, &docker, operations[i].id, NULL, body, strlen(body), &verdict);
    ck_assert_msg(verdict.result == GUARD_PASSES, "%s of %s, in spite of %s: %s", operations[i].id, profile_name, hint,
                  verdict.message);
    environment_free(&environment);
}

/* "A (or B and C) and D" is A and D, or B and C and D. */
static void check_hint(const struct set *variables, const char *profile, size_t i, const char *hint)
{
    const char * or = strstr(hint, " (or ");
    const char *end = or == NULL ? NULL : strchr(or, ')');
    struct set with;
    char text[REASON_MAX];

    copy(&with, variables);
    snprintf(text, sizeof text, "%.*s%s", or == NULL ? (int)strlen(hint) : (int)(or -hint), hint,
             or == NULL ? "" : end + 1);
    follow(&with, text);
    expect_allowed(&with, profile, i, hint);
    empty(&with);
    if (or == NULL)
        return;
    ck_assert_ptr_nonnull(end);
    copy(&with, variables);
    follow(&with, or +strlen(" (or "));
    expect_allowed(&with, profile, i, hint);
    empty(&with);
}

START_TEST(test_hints_are_true)
{
    struct environment environment;
    struct set variables = {.count = 0};

    state = (unsigned)_i;
    make_settings(&variables);
    read_all(&environment, &variables);
    for (size_t k = 0; k < environment.profile_count; k++)
        for (unsigned n = 0; n < 8; n++) {
            size_t i = below((unsigned)operation_count);
            const struct profile *profile = &environment.profiles[k];
            char reason[REASON_MAX];

            profile_reason(profile, i, reason);
            if (!profile->permissions.open[i])
                check_hint(&variables, profile->name, i, reason);
        }
    environment_free(&environment);
    empty(&variables);
}
END_TEST

/* With nothing set, each operation's. */
START_TEST(test_each_operation)
{
    struct environment environment;
    struct set variables = {.count = 0, .list = {NULL}};
    size_t i = (size_t)_i;
    char reason[REASON_MAX];

    read_all(&environment, &variables);
    profile_reason(&environment.profiles[0], i, reason);
    if (!environment.profiles[0].permissions.open[i])
        check_hint(&variables, "", i, reason);
    environment_free(&environment);
}
END_TEST

#define IN_HOST(members)    "{\"HostConfig\":{" members "}}"
#define IN_NETWORKS(target) "{\"TaskTemplate\":{\"Networks\":[{\"Target\":\"" target "\"}]}}"

/* Operation, body or ? and query, and the value of the variable that the refusal names; NULL: that value is named, too.
 */
static const char *const refused[][3] = {
    {"ContainerCreate", IN_HOST("\"Privileged\":true"), NULL},
    {"ContainerCreate", IN_HOST("\"PidMode\":\"host\""), NULL},
    {"ContainerCreate", IN_HOST("\"PidMode\":\"container:db\""), NULL},
    {"ContainerCreate", IN_HOST("\"PidMode\":\"container:web-1.x_2\""), NULL},
    {"ContainerCreate", IN_HOST("\"NetworkMode\":\"container:gluetun\""), NULL},
    {"ContainerCreate", IN_HOST("\"NetworkMode\":\"host\""), NULL},
    {"ContainerCreate", IN_HOST("\"NetworkMode\":\"container:../x\""), NULL},
    {"ContainerCreate", IN_HOST("\"IpcMode\":\"host\""), NULL},
    {"ContainerCreate", IN_HOST("\"UTSMode\":\"host\""), NULL},
    {"ContainerCreate", IN_HOST("\"UTSMode\":\"container:x\""), NULL},
    {"ContainerCreate", IN_HOST("\"UsernsMode\":\"host\""), NULL},
    {"ContainerCreate", IN_HOST("\"UsernsMode\":\"keep-id\""), NULL},
    {"ContainerCreate", IN_HOST("\"CgroupnsMode\":\"host\""), NULL},
    {"ContainerCreate", "{\"NetworkingConfig\":{\"EndpointsConfig\":{\"host\":{}}}}", NULL},
    {"ContainerCreate", "{\"NetworkingConfig\":{\"EndpointsConfig\":{\"a b/\":{}}}}", NULL},
    {"ContainerCreate", IN_HOST("\"CapAdd\":[\"SYS_ADMIN\"]"), "SYS_ADMIN"},
    {"ContainerCreate", IN_HOST("\"Binds\":[\"/srv/x:/x\"]"), "/srv"},
    {"ContainerCreate", IN_HOST("\"Devices\":[{\"PathOnHost\":\"/dev/net/tun\",\"PathInContainer\":\"/dev/x\"}]"),
     NULL},
    {"ContainerCreate", IN_HOST("\"Devices\":[{\"PathOnHost\":\"/dev/a:b\"}]"), NULL},
    {"ContainerCreate", IN_HOST("\"Devices\":[{\"PathOnHost\":\"/dev/a,b\"}]"), NULL},
    {"ContainerCreate", IN_HOST("\"Devices\":[{\"PathOnHost\":\"/dev/a@b=c+d\"}]"), NULL},
    {"ContainerCreate", IN_HOST("\"Devices\":[{\"PathOnHost\":\"/dev/../x\"}]"), NULL},
    {"ContainerCreate", IN_HOST("\"Devices\":[{\"PathOnHost\":\"/dev/\"}]"), NULL},
    {"ContainerCreate", IN_HOST("\"Devices\":[{\"PathOnHost\":\"/dev/shm/x\"}]"), NULL},
    {"ContainerCreate", IN_HOST("\"Devices\":[{\"PathOnHost\":\"/dev/fdx\"}]"), NULL},
    {"ContainerCreate", IN_HOST("\"Devices\":[{}]"), NULL},
    {"ContainerCreate", IN_HOST("\"Devices\": [{\"PathOnHost\": \"/dev/fuse\"}]"), NULL},
    {"ContainerCreate",
     IN_HOST("\"DeviceRequests\":[{\"Driver\":\"nvidia\",\"Count\":1,\"Capabilities\":[[\"gpu\"]]}]"), NULL},
    {"ContainerCreate",
     IN_HOST("\"DeviceRequests\":[{\"Driver\":\"cdi\",\"DeviceIDs\":[\"a/b=c\"],\"Capabilities\":[[\"gpu\"]]}]"), NULL},
    {"ContainerCreate", IN_HOST("\"DeviceRequests\":[{\"Driver\":\"x\"}]"), NULL},
    {"ContainerCreate", IN_HOST("\"DeviceCgroupRules\":[\"c 189:* rwm\"]"), "c:189:*"},
    {"ContainerCreate", IN_HOST("\"DeviceCgroupRules\":[\"a *:* rwm\"]"), "true"},
    {"ContainerCreate", IN_HOST("\"BlkioWeightDevice\":[{\"Path\":\"/dev/sda\"}]"), NULL},
    {"ContainerCreate", "{\"Env\":[\"NVIDIA_VISIBLE_DEVICES=0,1\"]}", NULL},
    {"ContainerCreate", "{\"Env\":[\"NVIDIA_VISIBLE_DEVICES=a/b=c\"]}", NULL},
    {"ContainerCreate", IN_HOST("\"Sysctls\":{\"net.ipv4.ip_forward\":\"1\"}"), NULL},
    {"ContainerCreate", IN_HOST("\"Sysctls\": {\"net/ipv4/conf/eth0.1/forwarding\": \"1\"}"), NULL},
    {"ContainerCreate", IN_HOST("\"Sysctls\":{\"net..x\":\"1\"}"), NULL},
    {"ContainerCreate", IN_HOST("\"Sysctls\":{\"x\":\"1\"}"), NULL},
    {"ServiceCreate", IN_NETWORKS("host"), NULL},
    {"ServiceCreate", IN_NETWORKS("3f"), NULL},
    {"ImageBuild", "?networkmode=host", NULL},
    {"ImageBuild", "?networkmode=container:gluetun", NULL},
    {"ImageBuild", "?networkmode=container%3Agluetun", NULL},
    {"ImageBuild", "?remote=https://github.com/a/b.git", NULL},
    {"ContainerExec", "{\"Privileged\":true}", NULL},
    {"PluginPull", "[]", NULL}};

/* What the guard's own refusals name is true as well. */
START_TEST(test_guard_hints)
{
    const char *text = refused[_i][1];
    const char *query = text[0] == '?' ? text + 1 : NULL;
    const char *body = query == NULL ? text : "";
    struct set variables = {.count = 0};
    struct environment environment;
    struct guard_verdict verdict;
    char name[128];
    char value[256];
    char *names;

    set(&variables, "ALLOW_CREATE", "true");
    read_all(&environment, &variables);
    guard_judge(environment.profiles[0].guard, &docker, refused[_i][0], query, body, strlen(body), &verdict);
    ck_assert_int_eq(verdict.result, GUARD_REFUSES);
    names = strstr(verdict.reason, "; ALLOW_");
    ck_assert_msg(names != NULL, "%s", verdict.reason);
    names += strlen("; ");
    snprintf(name, sizeof name, "%.*s", (int)strcspn(names, "= "), names);
    names += strlen(name);
    snprintf(value, sizeof value, "%.*s", (int)strcspn(names, " "), names);
    ck_assert_msg(refused[_i][2] != NULL || value[0] == '=', "%s names no value", verdict.reason);
    environment_free(&environment);
    set(&variables, name, refused[_i][2] != NULL ? refused[_i][2] : value + 1);
    read_all(&environment, &variables);
    memset(&verdict, 0, sizeof verdict);
    if (guard_inspects(environment.profiles[0].guard, refused[_i][0]))
        guard_judge(environment.profiles[0].guard, &docker, refused[_i][0], query, body, strlen(body), &verdict);
    ck_assert_msg(verdict.result == GUARD_PASSES, "%s", verdict.message);
    environment_free(&environment);
    empty(&variables);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hints");
    TCase *tests = tcase_create("hints");

    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, test_hints_are_true, 0, ROUNDS);
    tcase_add_loop_test(tests, test_each_operation, 0, (int)operation_count);
    suite_add_tcase(suite, tests);
    TCase *guard = tcase_create("guard");
    tcase_add_loop_test(guard, test_guard_hints, 0, (int)(sizeof refused / sizeof *refused));
    suite_add_tcase(suite, guard);
    return run(suite);
}
