/* The table of variables: its rows are sound, and each kind of value is read. */
#include "base/host.h"
#include "environment/environment.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct problems problems;

/* The variables for NAME=value, until the next call. */
static const struct variables *given(const char *assignment)
{
    static char text[256];
    static char *list[] = {text, NULL};
    static const struct variables variables = {.environment = list, .prefix = ""};

    problems = (struct problems){.to = NULL};
    snprintf(text, sizeof text, "%s", assignment);
    return &variables;
}

START_TEST(test_rows)
{
    const struct variable_info *row = &variable_table[_i];
    char name[PROFILE_NAME_MAX];
    char assignment[256];
    char *list[] = {assignment, "PROFILE_A_FROM=x", NULL};
    struct environment environment;
    const char *rest;

    problems = (struct problems){.to = stderr};
    for (int k = 0; k < _i; k++)
        ck_assert_str_ne(row->name, variable_table[k].name);
    ck_assert_msg(row->help[0] != '\0' && strpbrk(row->help, "\t\n") == NULL, "%s", row->name);
    ck_assert_msg(row->preset[0] != '\0' && strpbrk(row->preset, "\t\n") == NULL, "%s", row->name);
    /* a preset is a value like any other */
    if (variable_preset((enum variable_id)_i) != NULL) {
        snprintf(assignment, sizeof assignment, "%s=%s", row->name, row->preset);
        environment_read(&environment, list, &problems);
        ck_assert_msg(problems.count == 0, "%s", assignment);
        environment_free(&environment);
    }
    snprintf(assignment, sizeof assignment, "PROFILE_A_B_%s", row->name);
    rest = profile_split(assignment, name);
    ck_assert_msg((rest != NULL) == (row->scope != SCOPE_GLOBAL), "%s", assignment);
    if (rest != NULL) {
        ck_assert_str_eq(name, "A_B");
        ck_assert_str_eq(rest, row->name);
    }
    /* one letter more: what limits must not be left open by it */
    snprintf(assignment, sizeof assignment, "%sX=1", row->name);
    problems = (struct problems){.to = NULL};
    environment_read(&environment, list, &problems);
    ck_assert_msg(problems.count == 1 || (!row->limits && strncmp(row->name, "ALLOW_", 6) != 0), "%s", assignment);
    environment_free(&environment);
}
END_TEST

START_TEST(test_numbers)
{
    ck_assert_int_eq(variable_number(given("MAX_CREATE_BODY=1024"), VAR_MAX_CREATE_BODY, &problems), 1024);
    ck_assert_int_eq(variable_number(given("MAX_CREATE_BODY=8388608"), VAR_MAX_CREATE_BODY, &problems), 8388608);
    ck_assert_uint_eq(problems.count, 0);
    ck_assert_int_eq(variable_number(given("X=1"), VAR_MAX_CREATE_BODY, &problems), 65536);
    ck_assert_int_eq(variable_number(given("X=1"), VAR_RATE_LIMIT, &problems), 0);
    ck_assert_uint_eq(problems.count, 0);
    ck_assert_int_eq(variable_number(given("MAX_CREATE_BODY=1023"), VAR_MAX_CREATE_BODY, &problems), 65536);
    ck_assert_uint_eq(problems.count, 1);
    variable_number(given("MAX_CREATE_BODY=8388609"), VAR_MAX_CREATE_BODY, &problems);
    ck_assert_uint_eq(problems.count, 1);
    variable_number(given("RATE_LIMIT=99999999999999999999"), VAR_RATE_LIMIT, &problems);
    ck_assert_uint_eq(problems.count, 1);
}
END_TEST

START_TEST(test_words)
{
    ck_assert_str_eq(variable_word(given("LOG_LEVEL=Debug"), VAR_LOG_LEVEL, &problems), "debug");
    ck_assert_str_eq(variable_word(given("X=1"), VAR_LOG_LEVEL, &problems), "info");
    ck_assert_ptr_null(variable_word(given("X=1"), VAR_COMPAT, &problems));
    ck_assert_uint_eq(variable_choice(given("LOG_FORMAT=JSON"), VAR_LOG_FORMAT, &problems), LOG_JSON);
    ck_assert_uint_eq(variable_choice(given("X=1"), VAR_LOG_FORMAT, &problems), LOG_TEXT);
    ck_assert_uint_eq(problems.count, 0);
    variable_choice(given("LOG_FORMAT=tex"), VAR_LOG_FORMAT, &problems);
    ck_assert_uint_eq(problems.count, 1);
    variable_choice(given("LOG_FORMAT=text json"), VAR_LOG_FORMAT, &problems);
    ck_assert_uint_eq(problems.count, 1);
}
END_TEST

START_TEST(test_list)
{
    static const struct {
        const char *value;
        const char *items[4];
    } lists[] = {
        {"a", {"a"}},
        {"a,b, c ,\td", {"a", "b", "c", "d"}},
        {",,a,, ,b,", {"a", "b"}},
        {"a b,c", {"a b", "c"}},
        {",", {NULL}},
        {"", {NULL}},
    };

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        size_t count;
        char **items = list_split(lists[i].value, ",", &count);

        for (size_t k = 0; k < 4; k++) {
            ck_assert_msg((k < count) == (lists[i].items[k] != NULL), "%s", lists[i].value);
            if (k < count)
                ck_assert_str_eq(items[k], lists[i].items[k]);
        }
        list_free(items, count);
    }
}
END_TEST

START_TEST(test_url)
{
    static const struct {
        const char *text;
        enum url_scheme scheme;
        const char *host;
        bool brackets;
        unsigned port;
        const char *options;
    } urls[] = {
        {"tcp://:1", URL_TCP, "", false, 1, NULL},
        {"tls://a.b:65535", URL_TLS, "a.b", false, 65535, NULL},
        {"tcp://[::1]:2", URL_TCP, "::1", true, 2, NULL},
        {"tcp://[]:2", URL_TCP, "", true, 2, NULL},
        {"tcp://[::1:2", URL_TCP, "[::1", false, 2, NULL},
        {"unix:///a", URL_UNIX, "/a", false, 0, NULL},
        {"unix:///a?b=c&d?", URL_UNIX, "/a", false, 0, "b=c&d?"},
        {"unix:///a?", URL_UNIX, "/a", false, 0, ""},
    };
    static const char *const wrong[] = {"tcp://",      "tcp://a",     "tcp://a:", "tcp://a:0", "tls://a:65536",
                                        "tcp://a:1x",  "tcp://[::1]", "unix://",  "unix://a",  "unix:///1234567890",
                                        "unix:///a b", "unix://?/a"};
    char text[64];
    struct url url;

    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        snprintf(text, sizeof text, "%s", urls[i].text);
        ck_assert_msg(url_read(&url, text, 10) == NULL, "%s", urls[i].text);
        ck_assert_int_eq(url.scheme, urls[i].scheme);
        ck_assert_str_eq(url.host, urls[i].host);
        ck_assert_int_eq(url.brackets, urls[i].brackets);
        ck_assert_uint_eq(url.port, urls[i].port);
        if (urls[i].options == NULL)
            ck_assert_ptr_null(url.options);
        else
            ck_assert_str_eq(url.options, urls[i].options);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(text, sizeof text, "%s", wrong[i]);
        ck_assert_msg(url_read(&url, text, 10) != NULL, "accepted: %s", wrong[i]);
    }
    snprintf(text, sizeof text, "http://a:1");
    ck_assert_ptr_null(url_read(&url, text, 10));
    ck_assert_int_eq(url.scheme, URL_OTHER);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("variables");
    TCase *tests = tcase_create("table");

    tcase_add_loop_test(tests, test_rows, 0, VARIABLE_COUNT);
    tcase_add_test(tests, test_numbers);
    tcase_add_test(tests, test_words);
    tcase_add_test(tests, test_list);
    tcase_add_test(tests, test_url);
    suite_add_tcase(suite, tests);
    return run(suite);
}
