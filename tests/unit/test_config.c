/* The rendered configurations of the environments in tests/fixtures/cfg, byte by byte, and errors in templates. */
#include "config/config.h"
#include "config/template.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

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
    char *config = rendered(
        (char *[]){data_dir, "ALLOW_CONTAINERS=1", "ALLOW_NETWORKS=1", "SOCKET_PATH=/nonexistent.sock", NULL});

    /* all of them, and none that is not enabled */
    expect(config, "    # System, Containers, Networks, Libpod\n"
                   "    acl free var(txn.detail) -m str SystemVersion SystemPingHead SystemPing SystemEvents "
                   "ContainerList ContainerInspect ContainerStats ContainerWait NetworkList NetworkInspect "
                   "SystemPingLibpod SystemVersionLibpod\n    acl free always_false\n");
    /* what answers.map has, without the group that is open */
    expect(config, "var(txn.operation),map_str(haproxy/answers.map),regsub('\"ALLOW_(?:NETWORKS)=true and | and "
                   "ALLOW_(?:NETWORKS)=true\",\"\"') if { var(txn.operation) -m found }");
    ck_assert_ptr_null(strstr(config, "-m str ContainerCreate"));
    ck_assert_ptr_null(strstr(config, "-m str NetworkCreate"));
    expect(config, "    server engine1 unix@/nonexistent.sock\n");
    ck_assert_ptr_null(strstr(config, "Volumes\n    acl"));      /* only what is enabled */
    ck_assert_ptr_null(strstr(config, "    acl open var"));      /* nothing that is judged further */
    ck_assert_ptr_nonnull(strstr(config, "tune.bufsize 73728")); /* a head of 64 KiB */
    expect(config, "    tune.epoll.mask-events rdhup\n");        /* see tests/behaviour/streams.py, half_close */
    ck_assert_ptr_null(strstr(config, "{{"));
    ck_assert_ptr_null(strstr(config, "profile"));
    free(config);
}
END_TEST

START_TEST(test_profiles)
{
    char *config = rendered((char *[]){data_dir, "PROFILE_B_FROM=10.0.0.0/8,dns:portainer,10.1.0.0/16",
                                       "PROFILE_B_ALLOW_INFO=1", "PROFILE_B_RATE_LIMIT=7",
                                       "PROFILE_C_LISTEN=tcp://127.0.0.1:9", NULL});
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
    expect(config,
           "use_backend profile_%[var(txn.profile)] if { var(txn.profile) -m found }\n    default_backend engine\n");
    free(config);
}
END_TEST

START_TEST(test_containers)
{
    char *config = rendered((char *[]){data_dir, "PROFILE_B_FROM=portainer", "PROFILE_B_ALLOW_INFO=1", NULL});

    expect(config, "    set-var proc.inventory int(0)\n");
    expect(config, "map_str(opt@virtual/profiles,-)\n");
    expect(config, "set-var(sess.container) src,map_ip(virtual/profiles,-)\n");
    expect(config, "\nbackend profile_:unsure\n");
    ck_assert_ptr_null(strstr(config, "resolvers"));
    ck_assert_ptr_null(strstr(config, "portainer")); /* the map has it */
    free(config);
    config = rendered((char *[]){data_dir, "PROFILE_B_FROM=10.0.0.1", "PROFILE_B_ALLOW_INFO=1", NULL});
    ck_assert_ptr_null(strstr(config, "inventory"));
    ck_assert_ptr_null(strstr(config, "virtual/"));
    free(config);
}
END_TEST

START_TEST(test_guard)
{
    char *config = rendered((char *[]){data_dir, "ALLOW_CREATE=1", NULL});

    expect(config, "    tune.bufsize ");
    expect(config, "acl with_body var(txn.operation) -m str ContainerCreate ContainerUpdate\n");
    expect(config, "    # Containers\n    acl open var(txn.operation) -m str ContainerCreate ContainerUpdate\n");
    free(config);
    config = rendered((char *[]){data_dir, "CONTAINERS=1", "POST=1", NULL});
    ck_assert_ptr_null(strstr(config, "acl with_body"));
    free(config);
}
END_TEST

/* ---- tests/fixtures/cfg/NAME.env -> NAME.cfg ---- */

static const char *const golden_names[] = {"default",   "read-only", "create", "profiles", "names",  "tls",
                                           "upstreams", "log",       "unix",   "metrics",  "redact", "targets"};
#define GOLDEN_COUNT (sizeof golden_names / sizeof *golden_names)

static const struct machine golden_machine = {
    .connections = 1024,
    .ipv6 = true,
    .client_ca = true,
    .credentials = {.drop = true, .uid = 99, .gid = 999},
    .own_names = {"0123456789ab"},
    .own_name_count = 1,
    .first_addresses = {"10.0.0.3", "10.0.0.3", "none"},
    .nameservers = {"127.0.0.11"},
    .nameserver_count = 1,
};

static char *own_names[] = {"docker-socket-proxy"};
static char *holder_names[] = {"portainer"};
static struct inventory_volume own_volumes[] = {{.name = "proxy_run", .place = "/run/proxy"}};
static struct inventory_container holders[] = {
    {.id = "ba9876543210ba9876543210ba9876543210ba9876543210ba9876543210ba98",
     .names = {.count = 1, .items = holder_names}}};
static const struct inventory golden_inventory = {
    .contained = true,
    .known = true,
    .complete = true,
    .kind = ENGINE_DOCKER,
    .own = {.id = "0123456789ab0123456789ab0123456789ab0123456789ab0123456789ab0123",
            .names = {.count = 1, .items = own_names}},
    .own_found = true,
    .volumes = own_volumes,
    .volume_count = 1,
    .holders = holders,
    .holder_count = 1,
};

static char certificates[] = "/tmp/certificates-XXXXXX"; /* where *_CERT_PATH=certificates points to while it is read */

static void certificates_file(const char *name, bool make)
{
    char path[sizeof certificates + 16];

    snprintf(path, sizeof path, "%s/%s", certificates, name);
    if (make)
        write_file(path, "");
    else
        unlink(path);
}

static void certificates_all(bool make)
{
    certificates_file("ca.pem", make);
    certificates_file("cert.pem", make);
    certificates_file("key.pem", make);
}

/* The variables of an .env file; the strings and the list are the caller's to free. */
static char **variables_of(const char *path)
{
    static const char directory[] = "_CERT_PATH=certificates";
    FILE *file = fopen(path, "r");
    char **variables = calloc(64, sizeof *variables);
    char line[256];
    char whole[512];
    size_t count = 0;

    ck_assert_msg(file != NULL && variables != NULL, "%s", path);
    while (fgets(line, sizeof line, file) != NULL && count < 63) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '#' || line[0] == '\0')
            continue;
        snprintf(whole, sizeof whole, "%s", line);
        if (strlen(line) > strlen(directory) && strcmp(line + strlen(line) - strlen(directory), directory) == 0)
            snprintf(whole, sizeof whole, "%.*s%s", (int)(strchr(line, '=') + 1 - line), line, certificates);
        variables[count++] = strdup(whole);
    }
    fclose(file);
    return variables;
}

static char *file_text(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 1 << 20);

    ck_assert_ptr_nonnull(text);
    if (file != NULL) {
        ck_assert_uint_lt(fread(text, 1, (1 << 20) - 1, file), (1 << 20) - 1);
        fclose(file);
    }
    return text;
}

/* Its paths are relative to the repository's root, so that they are the same everywhere; `haproxy -c` reads the files
 * in tests/behaviour/config.bats. */
START_TEST(test_golden)
{
    struct problems problems = {.to = stderr};
    struct environment environment;
    char env[128];
    char cfg[128];
    char **variables;
    char *expected;
    char *config;
    size_t same = 0;

    snprintf(env, sizeof env, "tests/fixtures/cfg/%s.env", golden_names[_i]);
    snprintf(cfg, sizeof cfg, "tests/fixtures/cfg/%s.cfg", golden_names[_i]);
    ck_assert_ptr_nonnull(mkdtemp(certificates));
    certificates_all(true);
    variables = variables_of(env);
    environment_read(&environment, variables, &problems);
    certificates_all(false);
    rmdir(certificates);
    ck_assert_uint_eq(problems.count, 0);
    environment.settings.data_dir = ".";
    environment.settings.tls_cert_path = environment.settings.upstream_tls_cert_path = "certificates";
    config = config_text(&environment, &golden_machine, &golden_inventory, &problems);
    ck_assert_uint_eq(problems.count, 0);
    if (getenv("GOLDEN") != NULL)
        write_file(cfg, config);
    expected = file_text(cfg);
    while (config[same] != '\0' && config[same] == expected[same])
        same++;
    while (same > 0 && config[same - 1] != '\n')
        same--;
    ck_assert_msg(strcmp(config, expected) == 0,
                  "%s is not what is rendered; if the change is meant, `make golden` renews it, and git diff shows it\n"
                  "it has: %.*s\nrendered: %.*s",
                  cfg, (int)strcspn(expected + same, "\n"), expected + same, (int)strcspn(config + same, "\n"),
                  config + same);
    environment_free(&environment);
    for (size_t i = 0; variables[i] != NULL; i++)
        free(variables[i]);
    free(variables);
    free(expected);
    free(config);
}
END_TEST

START_TEST(test_template)
{
    static const struct {
        const char *template;
        const char *text; /* NULL: a problem */
    } cases[] = {
        {"{{a}} and {{a}}{{empty}}.\n{{empty}}\n{{lines}}\n{ {no}} }}\nlast", "1 and 1.\nx\ny\n{ {no}} }}\nlast"},
        {"{{#a}}\n{{a}}\n{{/a}}\n{{#empty}}\n{{unknown}}\n{{/empty}}\n.", "1\n."},
        {"{{#rows}}\n- {{n}}{{#empty}} no{{/empty}} of {{a}}\n{{/rows}}\n", "- 1 of 1\n- 2 of 1\n"},
        {"{{#rows}}{{#rows}}\n{{n}}\n{{/rows}}{{/rows}}\n", "1\n2\n1\n2\n"},
        {"{{#none}}\n{{unknown}}\n{{/none}}\n.{{#none}} x{{/none}}", "."},
        {"{{unknown}}\n", NULL},
        {"{{a\n", NULL},
        {"{{rows}}\n", NULL},
        {"{{#unknown}}x{{/unknown}}\n", NULL},
        {"{{#a}}x\n", NULL},
        {"{{#none}}x\n", NULL},
        {"x{{/a}}\n", NULL},
        {"{{#a}}{{#empty}}{{/a}}{{/empty}}\n", NULL},
        {"{{>none.cfg}}\n", NULL},
    };
    char directory[] = "/tmp/template-XXXXXX";
    char path[sizeof directory + 8];
    struct values *values = values_new();

    values_set(values, "a", "%d", 1);
    values_set(values, "empty", "%s", "");
    values_set(values, "lines", "%s", "x\ny");
    values_list(values, "none");
    values_set(values_row(values, "rows"), "n", "%d", 1);
    values_set(values_row(values, "rows"), "n", "%d", 2);
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/t.cfg", directory);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct problems problems = {.to = NULL};
        struct text text;
        char *bytes;
        bool written;

        write_file(path, cases[i].template);
        text_begin(&text);
        written = template_write(text.stream, directory, "t.cfg", values, &problems);
        bytes = text_end(&text);
        ck_assert_msg(written == (cases[i].text != NULL) && problems.count == !written, "%s", cases[i].template);
        if (written)
            ck_assert_str_eq(bytes, cases[i].text);
        free(bytes);
    }
    unlink(path);
    rmdir(directory);
    values_free(values);
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
    tcase_add_test(tests, test_containers);
    tcase_add_test(tests, test_guard);
    tcase_add_loop_test(tests, test_golden, 0, GOLDEN_COUNT);
    tcase_add_test(tests, test_template);
    suite_add_tcase(suite, tests);
    return run(suite);
}
