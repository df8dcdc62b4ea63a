/* PROFILE_<NAME>_*: which part of a variable's name is that of the profile, and the settings of a profile. */
#include "environment/profile.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct split {
    const char *variable;
    const char *name; /* NULL: none of that form */
    const char *rest;
} splits[] = {
    {"PROFILE_ADMIN_FROM=x", "ADMIN", "FROM"},
    {"PROFILE_ADMIN_LISTEN", "ADMIN", "LISTEN"},
    {"PROFILE_A_RATE_LIMIT", "A", "RATE_LIMIT"},
    {"PROFILE_A_ALLOW_CONTAINERS", "A", "ALLOW_CONTAINERS"},
    {"PROFILE_READ_ONLY_2_ALLOW_LOGS", "READ_ONLY_2", "ALLOW_LOGS"},
    {"PROFILE_A_FROM_B_FROM", "A_FROM_B", "FROM"},
    {"PROFILE_A_ALLOW_X_FROM", "A", "ALLOW_X_FROM"},
    {"PROFILE_A_MAX_CREATE_BODY", "A", "MAX_CREATE_BODY"},
    {"PROFILE_A_REQUIRE_LABEL", "A", "REQUIRE_LABEL"},
    {"PROFILE_A_FROM=PROFILE_B_ALLOW_INFO", "A", "FROM"}, /* what is behind the sign is a value */
    {"PROFILE_FROM", NULL, NULL},
    {"PROFILE__FROM", NULL, NULL},
    {"PROFILE_ALLOW_INFO", NULL, NULL},
    {"PROFILE__ALLOW_INFO", NULL, NULL},
    {"PROFILE_A", NULL, NULL},
    {"PROFILE_", NULL, NULL},
    {"PROFILE_a_FROM", NULL, NULL},
    {"PROFILE_A-B_FROM", NULL, NULL},
    {"PROFILE_A_FORM", NULL, NULL},
    {"PROFILE_A_FROM_", NULL, NULL},
    {"PROFILE_A_MAX_CONNECTIONS", NULL, NULL},
    {"PROFILE_A=_FROM", NULL, NULL},
    {"ALLOW_INFO", NULL, NULL},
    {"MY_PROFILE_A_FROM", NULL, NULL},
    {"PROFILE_ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUV_FROM", NULL, NULL}, /* 48 letters: too long */
    {"PROFILE_ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTU_FROM", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTU",
     "FROM"},
};

START_TEST(test_split)
{
    const struct split *split = &splits[_i];
    char name[PROFILE_NAME_MAX] = "";
    const char *rest = profile_split(split->variable, name);

    if (split->name == NULL) {
        ck_assert_msg(rest == NULL, "%s is taken for profile %s", split->variable, name);
        return;
    }
    ck_assert_msg(rest != NULL, "%s is not understood", split->variable);
    ck_assert_str_eq(name, split->name);
    ck_assert_uint_eq(strcspn(rest, "="), strlen(split->rest));
    ck_assert(strncmp(rest, split->rest, strlen(split->rest)) == 0);
}
END_TEST

static struct profile profile;
static char *told;

static unsigned read_it(const char *name, char *const environment[])
{
    size_t length;
    struct problems problems;

    free(told);
    problems = (struct problems){.to = open_memstream(&told, &length)};
    memset(&profile, 0, sizeof profile);
    snprintf(profile.name, sizeof profile.name, "%s", name);
    profile_read(&profile, environment, NULL, "/var/run/docker.sock", &problems);
    fclose(problems.to);
    return problems.count;
}

static bool open_operation(const char *id)
{
    for (size_t i = 0; i < operation_count; i++)
        if (strcmp(operations[i].id, id) == 0)
            return profile.permissions.open[i];
    ck_abort_msg("no operation %s", id);
    return false;
}

START_TEST(test_own_variables_only)
{
    char *environment[] = {"ALLOW_INFO=1",
                           "RATE_LIMIT=7",
                           "PROFILE_A_ALLOW_CONTAINERS=1",
                           "PROFILE_A_FROM=x",
                           "PROFILE_AB_ALLOW_IMAGES=1",
                           "PROFILE_AB_FROM=y",
                           "PROFILE_AB_RATE_LIMIT=3",
                           NULL};

    ck_assert_msg(read_it("A", environment) == 0, "%s", told);
    ck_assert(open_operation("ContainerList"));
    ck_assert(!open_operation("SystemInfo"));
    ck_assert(!open_operation("ImageList"));
    ck_assert(open_operation("SystemPing")); /* a default, of each profile anew */
    ck_assert_int_eq(profile.rate_limit, 0);
    ck_assert_str_eq(profile.backend, "profile_a");
    ck_assert_uint_eq(profile.clients.count, 1);
    profile_free(&profile);
    ck_assert_msg(read_it("AB", environment) == 0, "%s", told);
    ck_assert(open_operation("ImageList"));
    ck_assert(!open_operation("ContainerList"));
    ck_assert_int_eq(profile.rate_limit, 3);
    profile_free(&profile);
    ck_assert_msg(read_it("", environment) == 0, "%s", told);
    ck_assert(open_operation("SystemInfo"));
    ck_assert(!open_operation("ContainerList"));
    ck_assert_int_eq(profile.rate_limit, 7);
    ck_assert_str_eq(profile.backend, "engine");
    profile_free(&profile);
}
END_TEST

START_TEST(test_listeners)
{
    char *environment[] = {"PROFILE_A_ALLOW_INFO=1", "PROFILE_A_LISTEN=tcp://:2380", NULL};

    ck_assert_msg(read_it("A", environment) == 0, "%s", told);
    ck_assert_uint_eq(profile.listeners.count, 1);
    profile_free(&profile);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("profile");
    TCase *tests = tcase_create("profile");

    tcase_add_loop_test(tests, test_split, 0, sizeof splits / sizeof *splits);
    tcase_add_test(tests, test_own_variables_only);
    tcase_add_test(tests, test_listeners);
    suite_add_tcase(suite, tests);
    return run(suite);
}
