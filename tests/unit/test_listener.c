/* LISTEN: what each URL means, and which two conflict. */
#include "environment/listener.h"
#include "environment/listener_conflicts.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct listeners listeners;
static char *told;
static unsigned problem_count;

static void given(const char *listen)
{
    char variable[2048];
    char *environment[] = {variable, NULL};
    struct variables variables = {.environment = environment, .prefix = ""};
    size_t length;
    struct problems problems;

    free(told);
    problems = (struct problems){.to = open_memstream(&told, &length)};
    snprintf(variable, sizeof variable, "LISTEN=%s", listen);
    listeners_read(&listeners, VAR_LISTEN, &variables, &problems);
    fclose(problems.to);
    problem_count = problems.count;
}

static void ck_address(size_t i, enum listener_kind kind, const char *address, unsigned port)
{
    ck_assert_uint_lt(i, listeners.count);
    ck_assert_int_eq(listeners.list[i].kind, kind);
    ck_assert_str_eq(listeners.list[i].address, address);
    if (kind != LISTEN_UNIX)
        ck_assert_uint_eq(listeners.list[i].port, port);
}

START_TEST(test_addresses)
{
    given(
        "tcp://:2375,tcp://127.0.0.1:1, tls://[::1]:65535,tcp://*:80,tcp://localhost:81,tcp://[::]:82,tcp://[0:0::0]:83,tcp://[FD00:0::1]:84");
    ck_assert_msg(problem_count == 0, "%s", told);
    ck_assert_uint_eq(listeners.count, 8);
    ck_address(0, LISTEN_TCP, "", 2375);
    ck_address(1, LISTEN_TCP, "127.0.0.1", 1);
    ck_address(2, LISTEN_TLS, "::1", 65535);
    ck_address(3, LISTEN_TCP, "", 80);
    ck_address(4, LISTEN_TCP, "127.0.0.1", 81);
    ck_address(5, LISTEN_TCP, "::", 82);
    ck_address(6, LISTEN_TCP, "::", 83);
    ck_address(7, LISTEN_TCP, "fd00::1", 84);
    given("");
    ck_address(0, LISTEN_TCP, "", 2375); /* the preset */
}
END_TEST

START_TEST(test_sockets)
{
    given("unix:///run/a.sock,unix:///b?mode=0600&uid=1&gid=2,unix:///c?gid=0");
    ck_assert_msg(problem_count == 0, "%s", told);
    ck_address(0, LISTEN_UNIX, "/run/a.sock", 0);
    ck_assert_uint_eq(listeners.list[0].mode, 0660);
    ck_assert_int_eq(listeners.list[0].uid, -1);
    ck_assert_int_eq(listeners.list[0].gid, -1);
    ck_address(1, LISTEN_UNIX, "/b", 0);
    ck_assert_uint_eq(listeners.list[1].mode, 0600);
    ck_assert_int_eq(listeners.list[1].uid, 1);
    ck_assert_int_eq(listeners.list[1].gid, 2);
    ck_assert_int_eq(listeners.list[2].gid, 0);
}
END_TEST

static const char *const wrong[] = {
    "tcp://",
    "tcp://:",
    "tcp://:0",
    "tcp://:65536",
    "tcp://:+1",
    "tcp://:1x",
    "tcp://:4294967297",
    "tcp://name:1",
    "tcp://1.2.3:1",
    "tcp://1.2.3.4",
    "tcp://[::1:1",
    "tcp://::1:1",
    "tcp://[1.2.3.4]:1",
    "tcp://[x]:1",
    "tcp://[]:1",
    "http://:1",
    ":2375",
    "2375",
    "unix://",
    "unix://x",
    "unix:///a'b",
    "unix:///a\"b",
    "unix:///a{b",
    "unix:///a?mode=8",
    "unix:///a?mode=",
    "unix:///a?mode=1000",
    "unix:///a?uid=x",
    "unix:///a?uid=-1",
    "unix:///a?gid=99999999999",
    "unix:///a?x=1",
    "unix:///a?mode",
    "unix:///a?uid=1&uid",
    "TCP://:1",
    "tls://",
    ",",
    "tcp://:1;tcp://:2",
    "tcp://[::ffff:127.0.0.1]:1",
    "tcp://[::ffff:7f00:1]:1",
};

START_TEST(test_wrong)
{
    given(wrong[_i]);
    ck_assert_msg(problem_count >= 1, "accepted: %s", wrong[_i]);
    ck_assert_ptr_nonnull(strstr(told, "LISTEN="));
}
END_TEST

START_TEST(test_long_path)
{
    char url[200] = "unix:///";
    size_t most = LISTEN_PATH_MAX;

    memset(url + 8, 'x', most - 1);
    given(url);
    ck_assert_uint_eq(problem_count, 0);
    ck_assert_uint_eq(strlen(listeners.list[0].address), most);
    url[8 + most - 1] = 'x';
    given(url);
    ck_assert_uint_eq(problem_count, 1);
}
END_TEST

START_TEST(test_many)
{
    char list[LISTENERS_MAX * 16 + 32] = "";

    for (int i = 1; i <= LISTENERS_MAX; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "tcp://:%d,", i);
    given(list);
    ck_assert_uint_eq(problem_count, 0);
    ck_assert_uint_eq(listeners.count, LISTENERS_MAX);
    strcat(list, "tcp://:99");
    given(list);
    ck_assert_uint_eq(problem_count, 1);
}
END_TEST

static const struct pair {
    const char *urls;
    bool collide;
} pairs[] = {
    {"tcp://:1,tcp://:1", true},
    {"tcp://:1,tcp://:2", false},
    {"tcp://:1,tls://:1", true},
    {"tcp://:1,tcp://0.0.0.0:1", true},
    {"tcp://:1,tcp://[::]:1", true},
    {"tcp://0.0.0.0:1,tcp://[::]:1", true},
    {"tcp://127.0.0.1:1,tcp://localhost:1", true},
    {"tcp://127.0.0.1:1,tcp://127.0.0.2:1", false},
    {"tcp://127.0.0.1:1,tcp://[::1]:1", false},
    {"tcp://:1,tcp://127.0.0.1:1", false}, /* the kernel takes the narrower one */
    {"unix:///a,unix:///a?mode=0600", true},
    {"unix:///a,unix:///b", false},
    {"unix:///tmp/a,unix:////tmp/./a", true},
    {"unix:///none/a,unix:///none/a", true},
    {"unix:///none/a,unix:///none/b", false},
    {"unix:///a,tcp://:1", false},
};

START_TEST(test_collide)
{
    given(pairs[_i].urls);
    ck_assert_msg(problem_count == 0, "%s", told);
    ck_assert_msg(listeners_collide(&listeners.list[0], &listeners.list[1]) == pairs[_i].collide, "%s", pairs[_i].urls);
    ck_assert_msg(listeners_collide(&listeners.list[1], &listeners.list[0]) == pairs[_i].collide, "%s", pairs[_i].urls);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("listener");
    TCase *tests = tcase_create("listen");

    tcase_add_test(tests, test_addresses);
    tcase_add_test(tests, test_sockets);
    tcase_add_loop_test(tests, test_wrong, 0, sizeof wrong / sizeof *wrong);
    tcase_add_test(tests, test_long_path);
    tcase_add_test(tests, test_many);
    tcase_add_loop_test(tests, test_collide, 0, sizeof pairs / sizeof *pairs);
    suite_add_tcase(suite, tests);
    return run(suite);
}
