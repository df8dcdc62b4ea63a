/* PROFILE_<NAME>_FROM: what each text means, and which texts mean the same client. */
#include "environment/claim.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct claims clients;
static char *told;
static unsigned problem_count;

static void given(const char *from)
{
    char variable[4096];
    char *environment[] = {variable, NULL};
    struct variables variables = {.environment = environment, .prefix = "PROFILE_A_"};
    size_t length;
    struct problems problems;

    free(told);
    problems = (struct problems){.to = open_memstream(&told, &length)};
    snprintf(variable, sizeof variable, "PROFILE_A_FROM=%s", from);
    claims_read(&clients, &variables, &problems);
    fclose(problems.to);
    problem_count = problems.count;
}

static void ck_client(size_t i, enum claim_kind kind, const char *text, unsigned bits)
{
    ck_assert_uint_lt(i, clients.count);
    ck_assert_int_eq(clients.list[i].kind, kind);
    ck_assert_str_eq(clients.list[i].text, text);
    if (kind == CLAIM_NETWORK)
        ck_assert_uint_eq(clients.list[i].bits, bits);
}

START_TEST(test_kinds)
{
    given("portainer, 10.0.0.7 ,172.20.0.9/16,cn:ops team,fd00::1,fd00:0:0::5/64,My_App.lan,dns:My_App.lan,"
          "service:web,service:My-stack/web.1");
    ck_assert_msg(problem_count == 0, "%s", told);
    ck_assert_uint_eq(clients.count, 10);
    ck_client(0, CLAIM_NAME, "portainer", 0);
    ck_client(1, CLAIM_ADDRESS, "10.0.0.7", 0);
    ck_client(2, CLAIM_NETWORK, "172.20.0.0", 16);
    ck_client(3, CLAIM_CERTIFICATE, "ops team", 0);
    ck_client(4, CLAIM_ADDRESS, "fd00::1", 0);
    ck_client(5, CLAIM_NETWORK, "fd00::", 64);
    ck_client(6, CLAIM_NAME, "My_App.lan", 0);
    ck_client(7, CLAIM_DNS, "my_app.lan", 0);
    ck_client(8, CLAIM_SERVICE, "web", 0);
    ck_client(9, CLAIM_SERVICE, "My-stack/web.1", 0);
}
END_TEST

START_TEST(test_one_text_for_one_client)
{
    given("10.0.0.7/32,fd00:0000::0001/128,FD00::A,0.0.0.0/0,255.255.255.255/1,10.0.0.255/31");
    ck_assert_msg(problem_count == 0, "%s", told);
    ck_client(0, CLAIM_ADDRESS, "10.0.0.7", 0);
    ck_client(1, CLAIM_ADDRESS, "fd00::1", 0);
    ck_client(2, CLAIM_ADDRESS, "fd00::a", 0);
    ck_client(3, CLAIM_NETWORK, "0.0.0.0", 0);
    ck_client(4, CLAIM_NETWORK, "128.0.0.0", 1);
    ck_client(5, CLAIM_NETWORK, "10.0.0.254", 31);
}
END_TEST

START_TEST(test_repeated)
{
    given(
        "a,A,a,dns:b,dns:B,service:a,service:p/a,10.0.0.1,10.0.0.1/32,10.0.0.0/8,10.9.9.9/8,10.0.0.0/9,cn:a,cn:A,cn:a");
    ck_assert_msg(problem_count == 0, "%s", told);
    ck_assert_uint_eq(clients.count, 10);
    /* The Engine tells upper and lower case apart, the DNS does not. */
    ck_client(0, CLAIM_NAME, "a", 0);
    ck_client(1, CLAIM_NAME, "A", 0);
    ck_client(2, CLAIM_DNS, "b", 0);
    ck_client(3, CLAIM_SERVICE, "a", 0);
    ck_client(4, CLAIM_SERVICE, "p/a", 0);
    ck_client(5, CLAIM_ADDRESS, "10.0.0.1", 0);
    ck_client(6, CLAIM_NETWORK, "10.0.0.0", 8);
    ck_client(7, CLAIM_NETWORK, "10.0.0.0", 9);
    /* a name is no certificate, and common names are not folded */
    ck_client(8, CLAIM_CERTIFICATE, "a", 0);
    ck_client(9, CLAIM_CERTIFICATE, "A", 0);
}
END_TEST

START_TEST(test_unset)
{
    given("");
    ck_assert_uint_eq(problem_count, 0);
    ck_assert_uint_eq(clients.count, 0);
    given(",");
    ck_assert_uint_eq(clients.count, 0);
}
END_TEST

static const char *const wrong[] = {
    "10.0.0.300",
    "10.0.0",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "10.0.0.0/1x",
    "10.0.0.0/0008",
    "fd00::/129",
    "/8",
    "x/8",
    "::ffff:10.0.0.1",
    "::ffff:10.0.0.0/104",
    "fd00::x",
    "a b",
    "x.",
    ".x",
    "-x",
    "_x",
    "a'b",
    "a\"b",
    "${x}",
    "%[src]",
    "a\\b",
    "a#b",
    "cn:",
    "cn:a'b",
    "cn:a\"b",
    "cn:%[src]",
    "cn:a\\b",
    "cn:{",
    "a\nb",
    "cn:a\nb",
    "a..b",
    "a.",
    "dns:",
    "dns:x.",
    "dns:10.0.0.1/8",
    "dns:localhost",
    "dns:a b",
    "service:",
    "service:/x",
    "service:x/",
    "service:a/b/c",
    "service:-x",
    "service:a b",
    "service:%[src]",
    "service:x'",
    "SERVICE:x",
    "docker:x",
};

START_TEST(test_wrong)
{
    given(wrong[_i]);
    ck_assert_msg(problem_count == 1, "accepted: %s", wrong[_i]);
    ck_assert_ptr_nonnull(strstr(told, "PROFILE_A_FROM: "));
}
END_TEST

/* RFC 1035: 63 characters in a label, 253 in a name. */
START_TEST(test_long)
{
    char label[64] = "";
    char name[CLAIM_TEXT_MAX + 8];

    memset(label, 'x', 63);
    snprintf(name, sizeof name, "dns:%s", label);
    given(name);
    ck_assert_uint_eq(problem_count, 0);
    ck_assert_str_eq(clients.list[0].text, label);
    snprintf(name, sizeof name, "dns:%sx", label);
    given(name);
    ck_assert_uint_eq(problem_count, 1);
    snprintf(name, sizeof name, "dns:%s.%s.%s.%.59s", label, label, label, label);
    given(name);
    ck_assert_uint_eq(problem_count, 0);
    ck_assert_str_eq(clients.list[0].text, name + strlen("dns:"));
    snprintf(name, sizeof name, "%s.%s.%s.%.63s", label, label, label, label);
    given(name); /* the Engine has no such limit */
    ck_assert_uint_eq(problem_count, 0);
    ck_assert_str_eq(clients.list[0].text, name);
    snprintf(name, sizeof name, "%s.%s.%s.%.63sx", label, label, label, label);
    given(name);
    ck_assert_uint_eq(problem_count, 1);
    snprintf(name, sizeof name, "cn:%s%s%s%s", label, label, label, label);
    given(name);
    ck_assert_uint_eq(problem_count, 0);
    snprintf(name, sizeof name, "cn:%s%s%s%sx", label, label, label, label);
    given(name);
    ck_assert_uint_eq(problem_count, 1);
}
END_TEST

START_TEST(test_many)
{
    char list[8 * CLAIMS_MAX + 8] = "";

    for (int i = 0; i < CLAIMS_MAX; i++)
        sprintf(list + strlen(list), "%sx%d", i == 0 ? "" : ",", i);
    given(list);
    ck_assert_uint_eq(problem_count, 0);
    ck_assert_uint_eq(clients.count, CLAIMS_MAX);
    strcat(list, ",y");
    given(list);
    ck_assert_uint_eq(problem_count, 1);
    ck_assert_uint_eq(clients.count, CLAIMS_MAX);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client");
    TCase *tests = tcase_create("from");

    tcase_add_test(tests, test_kinds);
    tcase_add_test(tests, test_one_text_for_one_client);
    tcase_add_test(tests, test_repeated);
    tcase_add_test(tests, test_unset);
    tcase_add_loop_test(tests, test_wrong, 0, sizeof wrong / sizeof *wrong);
    tcase_add_test(tests, test_long);
    tcase_add_test(tests, test_many);
    suite_add_tcase(suite, tests);
    return run(suite);
}
