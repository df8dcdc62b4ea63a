/* SOCKET_PATH and UPSTREAM: what each URL means. */
#include "environment/upstream.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct upstreams upstreams;
static char *told;
static unsigned problem_count;

static void given(const char *name, const char *value)
{
    char variable[2048];
    char *environment[] = {variable, NULL};
    struct variables variables = {.environment = environment, .prefix = ""};
    size_t length;
    struct problems problems;

    free(told);
    problems = (struct problems){.to = open_memstream(&told, &length)};
    snprintf(variable, sizeof variable, "%s=%s", name, value);
    upstreams_read(&upstreams, &variables, &problems);
    fclose(problems.to);
    problem_count = problems.count;
}

static void ck_upstream(size_t i, enum upstream_kind kind, const char *host, const char *url)
{
    char text[300];

    ck_assert_uint_lt(i, upstreams.count);
    ck_assert_int_eq(upstreams.list[i].kind, kind);
    ck_assert_str_eq(upstreams.list[i].host, host);
    ck_assert(upstream_url(&upstreams.list[i], text, sizeof text));
    ck_assert_str_eq(text, url);
}

START_TEST(test_socket)
{
    given("NOTHING", "");
    ck_upstream(0, UPSTREAM_UNIX, "/var/run/docker.sock", "unix:///var/run/docker.sock");
    given("SOCKET_PATH", "/run/podman.sock");
    ck_upstream(0, UPSTREAM_UNIX, "/run/podman.sock", "unix:///run/podman.sock");
    ck_assert_str_eq(upstreams_socket(&upstreams), "/run/podman.sock");
}
END_TEST

START_TEST(test_list)
{
    given("UPSTREAM", "unix:///a.sock, tcp://manager-2:2375,tls://10.0.0.5:2376,tcp://[fd00::1]:1");
    ck_assert_msg(problem_count == 0, "%s", told);
    ck_assert_uint_eq(upstreams.count, 4);
    ck_upstream(0, UPSTREAM_UNIX, "/a.sock", "unix:///a.sock");
    ck_upstream(1, UPSTREAM_TCP, "manager-2", "tcp://manager-2:2375");
    ck_upstream(2, UPSTREAM_TLS, "10.0.0.5", "tls://10.0.0.5:2376");
    ck_upstream(3, UPSTREAM_TCP, "fd00::1", "tcp://[fd00::1]:1");
    ck_assert_str_eq(upstreams_socket(&upstreams), "/a.sock");
    given("UPSTREAM", "tcp://x:1");
    ck_assert_str_eq(upstreams_socket(&upstreams), "/var/run/docker.sock");
}
END_TEST

START_TEST(test_url_does_not_fit)
{
    char small[8];

    given("UPSTREAM", "tcp://manager:2375");
    ck_assert(!upstream_url(&upstreams.list[0], small, sizeof small));
}
END_TEST

static const char *const wrong[] = {
    "tcp://x",     "tcp://:1",        "tcp://x:0",  "tcp://x:65536",
    "tcp://a'b:1", "tcp://a%b:1",     "tcp://a{:1", "tcp://[x]:1",
    "tcp://[]:1",  "tcp://fd00::1:1", "http://x:1", "/var/run/docker.sock",
    "unix://x",    "unix:///a'b",     "unix://",    ",",
    "x",
};

START_TEST(test_wrong)
{
    given("UPSTREAM", wrong[_i]);
    ck_assert_msg(problem_count >= 1, "accepted: %s", wrong[_i]);
}
END_TEST

START_TEST(test_many)
{
    char list[UPSTREAMS_MAX * 16 + 32] = "";

    for (int i = 0; i <= UPSTREAMS_MAX; i++)
        strcat(list, "tcp://x:1,");
    given("UPSTREAM", list);
    ck_assert_uint_eq(problem_count, 1);
    ck_assert_uint_eq(upstreams.count, UPSTREAMS_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("upstream");
    TCase *tests = tcase_create("upstream");

    tcase_add_test(tests, test_socket);
    tcase_add_test(tests, test_list);
    tcase_add_test(tests, test_url_does_not_fit);
    tcase_add_loop_test(tests, test_wrong, 0, sizeof wrong / sizeof *wrong);
    tcase_add_test(tests, test_many);
    suite_add_tcase(suite, tests);
    return run(suite);
}
