/* What is rendered, and what the template does with mistakes. */
#include "config.h"
#include "template.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The configuration for the variables; the repository's root is the data directory. */
static char *rendered(char *const variables[])
{
    struct problems problems = {.to = stderr};
    struct inventory inventory = {.contained = false};
    struct environment environment;
    struct machine machine;
    char *config;

    environment_read(&environment, variables, &problems);
    ck_assert_uint_eq(problems.count, 0);
    machine_read(&machine, &environment, &problems);
    config = config_text(&environment, &machine, &inventory, &problems);
    ck_assert_uint_eq(problems.count, 0);
    environment_free(&environment);
    return config;
}

static char data_dir[4096];

static void setup(void)
{
    char root[4000];

    ck_assert_ptr_nonnull(getcwd(root, sizeof root));
    snprintf(data_dir, sizeof data_dir, "DATA_DIR=%s", root);
}

static void expect(const char *config, const char *text)
{
    ck_assert_msg(strstr(config, text) != NULL, "%s is missing in\n%s", text, config);
}

START_TEST(test_sections)
{
    char *config = rendered((char *[]){data_dir, "ALLOW_CONTAINERS=1", "ALLOW_NETWORKS=1", "SOCKET_PATH=/nonexistent.sock", NULL});

    expect(config, "    # Containers\n    acl open var(txn.operation) -m str ContainerList ContainerInspect ContainerStats ContainerWait\n");
    expect(config, "    # Networks\n    acl open var(txn.operation) -m str NetworkList NetworkInspect\n");
    expect(config, "'%[var(txn.own)]=true (or ALLOW_CREATE=true) would allow it, if the create guard passes it' if { var(txn.operation) -m str ContainerCreate ");
    expect(config, "    server engine1 unix@/nonexistent.sock\n");
    ck_assert_ptr_null(strstr(config, "# Volumes")); /* only what is enabled */
    ck_assert_ptr_nonnull(strstr(config, "tune.bufsize 73728")); /* a head of 64 KiB */
    expect(config, "    tune.epoll.mask-events rdhup\n"); /* see tests/behaviour/streams.py, half_close */
    ck_assert_ptr_null(strstr(config, "{{"));
    ck_assert_ptr_null(strstr(config, "profile"));
    free(config);
}
END_TEST

START_TEST(test_profiles)
{
    char *config = rendered((char *[]){data_dir, "PROFILE_B_FROM=10.0.0.0/8,portainer,10.1.0.0/16", "PROFILE_B_ALLOW_INFO=1",
                                       "PROFILE_B_RATE_LIMIT=7", "PROFILE_C_LISTEN=tcp://127.0.0.1:9", NULL});
    const char *narrow = strstr(config, "{ src 10.1.0.0/16 } !v6\n");
    const char *wide = strstr(config, "{ src 10.0.0.0/8 } !v6\n");

    ck_assert(narrow != NULL && wide != NULL && narrow < wide);
    expect(config, "bind 127.0.0.1:9 name profile_c\n");
    expect(config, "tcp-request session set-var(sess.profile) str(c) if { so_name profile_c }\n");
    expect(config, "do-resolve(sess.address_1,container_dns,ipv4) str(portainer) if !known !unsure up_1 !v6\n");
    expect(config, "set-var(sess.profile) str(b) if !known has_name_1\n");
    expect(config, "server portainer portainer:1 resolvers presence ");
    expect(config, "backend profile_b\n");
    expect(config, "acl too_many sc0_gpc0_rate ge 7 ");
    expect(config, "use_backend profile_%[var(txn.profile)] if { var(txn.profile) -m found }\n    default_backend engine\n");
    free(config);
}
END_TEST

START_TEST(test_guard)
{
    char *config = rendered((char *[]){data_dir, "ALLOW_CREATE=1", NULL});

    expect(config, "    tune.bufsize ");
    expect(config, "acl workload var(txn.operation) -m str ContainerCreate ContainerUpdate\n");
    free(config);
    config = rendered((char *[]){data_dir, "CONTAINERS=1", "POST=1", NULL});
    ck_assert_ptr_null(strstr(config, "acl workload"));
    free(config);
}
END_TEST

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

START_TEST(test_template)
{
    const struct placeholder table[] = {{"a", "1"}, {"empty", ""}, {"lines", "x\ny"}, {NULL, NULL}};
    char path[] = "/tmp/template-XXXXXX";
    struct problems problems = {.to = NULL};
    char *bytes;
    size_t length;
    FILE *out = open_memstream(&bytes, &length);
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
    write_file(path, "{{a}} and {{a}}{{empty}}.\n{{empty}}\n{{lines}}\n{ {no}} }}\nlast");
    ck_assert(template_write(out, path, table, &problems));
    fclose(out);
    ck_assert_str_eq(bytes, "1 and 1.\nx\ny\n{ {no}} }}\nlast");
    free(bytes);
    out = fopen("/dev/null", "w");
    write_file(path, "{{unknown}}\n");
    ck_assert(!template_write(out, path, table, &problems));
    write_file(path, "{{a\n");
    ck_assert(!template_write(out, path, table, &problems));
    unlink(path);
    ck_assert(!template_write(out, path, table, &problems));
    ck_assert_uint_eq(problems.count, 3);
    fclose(out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *tests = tcase_create("config");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, test_sections);
    tcase_add_test(tests, test_profiles);
    tcase_add_test(tests, test_guard);
    tcase_add_test(tests, test_template);
    suite_add_tcase(suite, tests);
    return run(suite);
}
