/* Error messages cannot send control sequences to a terminal. */
#include "environment/environment.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

/* Everything that a terminal takes for more than a letter. */
#define HOSTILE "\x1b]0;owned\a\x1b[2J\r\b\n\x7f\x9b\xff"
#define SHOWN   "\\x1B]0;owned\\x07\\x1B[2J\\x0D\\x08\\x0A\\x7F\\x9B\\xFF"

static void ck_assert_one_visible_line(const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++)
        ck_assert_msg((text[i] >= ' ' && text[i] <= '~') || text[i] == '\n', "%s", text);
}

START_TEST(test_line)
{
    char *text;
    size_t length;
    struct problems problems = {.to = open_memstream(&text, &length)};

    problem(&problems, "NAME=%s: a b~ \\ %%", HOSTILE);
    fclose(problems.to);
    ck_assert_str_eq(text, "docker-socket-proxy: NAME=" SHOWN ": a b~ \\ %\n");
    ck_assert_uint_eq(problems.count, 1);
    free(text);
}
END_TEST

/* Names and values of variables: each is an error that shows it. */
static const char *const variables[] = {
    "ALLOW_CONTAINERS=" HOSTILE, "ALLOW_" HOSTILE "=1",     "LISTEN=" HOSTILE,        "ALLOW_BIND_MOUNTS=" HOSTILE,
    "LOG_LEVEL=" HOSTILE,        "SOCKET_PATH=" HOSTILE,    "REQUIRE_LABEL=" HOSTILE, "MAX_CREATE_BODY=" HOSTILE,
    "CONTAINERS=" HOSTILE,       "PROFILE_A_FROM=" HOSTILE, "UPSTREAM=" HOSTILE,      "COMPAT=" HOSTILE,
};

START_TEST(test_variable)
{
    char *given[] = {(char *)variables[_i], NULL};
    struct environment environment;
    char *text;
    size_t length;
    struct problems problems = {.to = open_memstream(&text, &length)};

    environment_read(&environment, given, &problems);
    fclose(problems.to);
    ck_assert_msg(problems.count > 0, "%s", variables[_i]);
    ck_assert_one_visible_line(text);
    ck_assert_msg(strstr(text, "\\x1B]0;owned\\x07") != NULL, "%s", text);
    environment_free(&environment);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("problems");
    TCase *tests = tcase_create("problems");

    tcase_add_test(tests, test_line);
    tcase_add_loop_test(tests, test_variable, 0, (int)(sizeof variables / sizeof *variables));
    suite_add_tcase(suite, tests);
    return run(suite);
}
