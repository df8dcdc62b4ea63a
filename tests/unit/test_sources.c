/* Variables from files, and the remedies that refusals name. (What is wrong with a file: tests/behaviour/reload.py.) */
#include "base/text.h"
#include "base/variables.h"
#include "environment/environment.h"
#include "guard/remedy.h"
#include "process/watch.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/sources-XXXXXX";

static void write_file(const char *text, size_t length)
{
    FILE *file = fopen(path, "we");

    ck_assert_ptr_nonnull(file);
    fwrite(text, 1, length, file);
    fclose(file);
}

static void make_file(void)
{
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void remove_file(void)
{
    unlink(path);
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
}

/* A line of an env file, and the value of REQUIRE_LABEL; NULL: it is refused, "": it is unset. */
static const struct line {
    const char *text;
    const char *value;
} lines[] = {
    {"REQUIRE_LABEL=a", "a"},
    {"  REQUIRE_LABEL=a\t ", "a"},
    {"REQUIRE_LABEL = a", "a"},
    {"export REQUIRE_LABEL=a", "a"},
    {"export\tREQUIRE_LABEL='a'", "a"},
    {"REQUIRE_LABEL=a\r", "a"},
    {"REQUIRE_LABEL=a=b", "a=b"},
    {"REQUIRE_LABEL=a#b", "a#b"},
    {"REQUIRE_LABEL=a #b", "a"},
    {"REQUIRE_LABEL=a\t# b", "a"},
    {"REQUIRE_LABEL=a # b # c", "a"},
    {"REQUIRE_LABEL= #b", ""},
    {"REQUIRE_LABEL=", ""},
    {"REQUIRE_LABEL=''", ""},
    {"REQUIRE_LABEL='a=$b\\'", "a=$b\\"},
    {"REQUIRE_LABEL='a=#b' # c", "a=#b"},
    {"REQUIRE_LABEL=\"a=#b\"", "a=#b"},
    {"REQUIRE_LABEL=a'b", "a'b"},
    {"exportREQUIRE_LABEL=a", ""},
    {"REQUIRE_LABEL=\"a\"b", NULL},
    {"REQUIRE_LABEL=\"a\\\"\"", NULL},
    {"REQUIRE_LABEL=$a", NULL},
    {"REQUIRE_LABEL=\"$a\"", NULL},
    {"REQUIRE_LABEL='a", NULL},
    {"REQUIRE_LABEL='", NULL},
    {"REQUIRE_LABEL", NULL},
    {"=a", NULL},
    {"1REQUIRE_LABEL=a", NULL},
    {"REQUIRE LABEL=a", NULL},
    {"REQUIRE_LABEL=a\x1b", NULL},
    {"REQUIRE_LABEL=a\x7f", NULL},
    {"REQUIRE_LABEL=a\rb", NULL},
};

START_TEST(test_lines)
{
    char *file = text_format("ENV_FILE=%s", path);
    char *given[] = {file, NULL};
    char *text = text_format("TZ=x\n%s\n", lines[_i].text);
    struct problems problems = {.to = NULL};
    struct sources sources;
    const char *value;

    write_file(text, strlen(text));
    sources_read(&sources, given, &problems);
    value = variable(&(struct variables){.environment = sources.variables.list, .prefix = ""}, "REQUIRE_LABEL");
    ck_assert_msg((problems.count == 0) == (lines[_i].value != NULL), "%s", lines[_i].text);
    if (lines[_i].value != NULL)
        ck_assert_str_eq(value == NULL ? "" : value, lines[_i].value);
    ck_assert_uint_eq(sources.file_count, 1);
    ck_assert_str_eq(sources.files[0], path);
    sources_free(&sources);
    free(text);
    free(file);
}
END_TEST

/* Every variable can be in a file, but for those that choose what runs, and no name can be read as two. */
START_TEST(test_names)
{
    write_file("7", 1);
    for (size_t i = 0; i < VARIABLE_COUNT; i++) {
        const struct variable_info *row = &variable_table[i];
        const char *prefix = row->scope == SCOPE_PROFILE ? "PROFILE_X_" : "";
        char *given[] = {text_format("%s%s_FILE=%s", prefix, row->name, path), NULL};
        char *name = text_format("%s%s", prefix, row->name);
        struct problems problems = {.to = NULL};
        struct sources sources;
        const char *value;
        bool refused = i == VAR_HAPROXY || i == VAR_DATA_DIR || i == VAR_RUNTIME_DIRECTORY;

        sources_read(&sources, given, &problems);
        value = variable(&(struct variables){.environment = sources.variables.list, .prefix = ""}, name);
        if (i == VAR_ENV_FILE || refused)
            ck_assert_ptr_null(value);
        else
            ck_assert_str_eq(value, "7");
        ck_assert_uint_eq(problems.count, refused);
        if (i != VAR_ENV_FILE && strlen(row->name) > 5)
            ck_assert_str_ne(row->name + strlen(row->name) - 5, "_FILE");
        sources_free(&sources);
        free(name);
        free(given[0]);
    }
}
END_TEST

START_TEST(test_difference)
{
    char *before[] = {"A=1", "B=2", "C=3", "D=", NULL};
    char *after[] = {"C= 3", "B=3", "E=4", "F=", NULL};
    struct problems problems = {.to = NULL};
    struct sources a;
    struct sources b;
    char *names;

    sources_read(&a, before, &problems);
    sources_read(&b, after, &problems);
    names = sources_difference(&a, &b);
    ck_assert_str_eq(names, "A B E");
    free(names);
    ck_assert(!sources_equal(&a, &b));
    ck_assert(sources_equal(&a, &a));
    sources_free(&a);
    sources_free(&b);
}
END_TEST

/* A change is found once the file rests, and each only once. */
START_TEST(test_watch)
{
    char *files[] = {path};
    struct watch watch = {.begun = false};
    int changed = 0;

    write_file("1", 1);
    watch_begin(&watch, NULL, 0, files, 1);
    write_file("12", 2);
    for (int i = 0; i < 3000 && changed == 0; i++) {
        usleep(10000);
        changed = watch_step(&watch);
    }
    ck_assert_int_eq(changed, WATCH_VARIABLES);
    watch_take(&watch);
    watch.next_look = 0;
    ck_assert_int_eq(watch_step(&watch), 0);
    unlink(path);
    for (int i = 0; i < 3000 && changed != 0; i++) {
        usleep(10000);
        changed = watch_step(&watch) != 0 ? 0 : 1;
    }
    ck_assert_int_eq(changed, 0);
    watch_end(&watch);
}
END_TEST

static const struct {
    const char *reason;
    const char *variable;
    const char *value;
} remedies[] = {
    {"HostConfig.Privileged; ALLOW_PRIVILEGED=true would allow it", "ALLOW_PRIVILEGED", "true"},
    {"HostConfig.Binds \"/srv/x:/x:ro\"; ALLOW_BIND_MOUNTS with that path would allow it", "ALLOW_BIND_MOUNTS",
     "/srv/x"},
    {"HostConfig.Binds \"ALLOW_EXEC=true:/x\"; ALLOW_BIND_MOUNTS=true would allow it", "ALLOW_BIND_MOUNTS", "true"},
    {"HostConfig.CapAdd \"CAP_NET_ADMIN\"; PROFILE_A_ALLOW_CAP_ADD with that capability would allow it",
     "ALLOW_CAP_ADD", "NET_ADMIN"},
    {"HostConfig.SecurityOpt \"label=type:x; y\"; ALLOW_SECURITY_OPT with that option would allow it",
     "ALLOW_SECURITY_OPT", "label=type:x; y"},
    {"HostConfig.LogConfig.Config \"syslog-address\"; ALLOW_LOG_DRIVERS with syslog would allow it",
     "ALLOW_LOG_DRIVERS", "syslog"},
    {"HostConfig.LogConfig.Type \"gelf\"; ALLOW_LOG_DRIVERS with the driver would allow it", "ALLOW_LOG_DRIVERS",
     "gelf"},
    {"Image \"team/app:1\"; ALLOW_IMAGE_REFERENCES does not list it", "ALLOW_IMAGE_REFERENCES", "team/app:1"},
    {"X \"y\"; ALLOW_DEVICES=/dev/dri would allow it", "ALLOW_DEVICES", "/dev/dri"},
    {"HostConfig.VolumesFrom \"x\"; no setting allows it", NULL, NULL},
    {"the label team is missing", NULL, NULL},
};

START_TEST(test_remedies)
{
    struct guard_remedy remedy;

    ck_assert(guard_remedy_read(&remedy, remedies[_i].reason) == (remedies[_i].variable != NULL));
    if (remedies[_i].variable != NULL) {
        ck_assert_str_eq(remedy.variable, remedies[_i].variable);
        ck_assert_str_eq(remedy.value, remedies[_i].value);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sources");
    TCase *files = tcase_create("files");
    TCase *texts = tcase_create("remedies");

    tcase_add_checked_fixture(files, make_file, remove_file);
    tcase_set_timeout(files, 120);
    tcase_add_loop_test(files, test_lines, 0, sizeof lines / sizeof *lines);
    tcase_add_test(files, test_names);
    tcase_add_test(files, test_difference);
    tcase_add_test(files, test_watch);
    tcase_add_loop_test(texts, test_remedies, 0, sizeof remedies / sizeof *remedies);
    suite_add_tcase(suite, files);
    suite_add_tcase(suite, texts);
    return run(suite);
}
