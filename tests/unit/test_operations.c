/* The table of operations against the specification of each, and what is derived from the table. */
#include "config/config.h"
#include "policy/operations.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPECIFICATION "tests/fixtures/permissions.tsv"

static const struct operation *find(const char *method, const char *path)
{
    for (size_t i = 0; i < operation_count; i++)
        if (strcmp(operations[i].method, method) == 0 && strcmp(operations[i].path, path) == 0)
            return &operations[i];
    return NULL;
}

START_TEST(test_specification)
{
    FILE *file = fopen(SPECIFICATION, "r");
    char line[512];
    bool *specified = calloc(operation_count, sizeof *specified);
    unsigned rows = 0;

    ck_assert_msg(file != NULL && specified != NULL, SPECIFICATION);
    while (fgets(line, sizeof line, file) != NULL) {
        char *field[6] = {line};
        char own[OPERATION_NAME_MAX];
        char groups[OPERATION_GROUPS_MAX];
        const struct operation *operation;

        if (line[0] == '#')
            continue;
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 1; i < 6; i++) {
            field[i] = strchr(field[i - 1], '\t');
            ck_assert_ptr_nonnull(field[i]);
            *field[i]++ = '\0';
        }
        operation = find(field[0], strcmp(field[1], "/networks/") == 0 ? "/networks" : field[1]);
        ck_assert_msg(operation != NULL, "%s %s is not in the table", field[0], field[1]);
        ck_assert_str_eq(operation->id, field[2]);
        operation_own_variable(operation, own);
        operation_groups(operation, groups);
        ck_assert_str_eq(own, field[3]);
        ck_assert_str_eq(groups, strcmp(field[4], "own variable only") == 0 ? "" : field[4]);
        ck_assert_str_eq(operation->on_by_default ? "on" : "off", field[5]);
        specified[operation - operations] = true;
        rows++;
    }
    fclose(file);
    for (size_t i = 0; i < operation_count; i++)
        ck_assert_msg(specified[i] || strcmp(operations[i].section, "Libpod") == 0, "%s is not in " SPECIFICATION,
                      operations[i].id);
    free(specified);
    ck_assert_msg(rows == 114, SPECIFICATION " has %u rows; is that intended? Then correct the number here", rows);
    for (size_t i = 0; i < operation_count; i++)
        rows -= strcmp(operations[i].section, "Libpod") != 0;
    ck_assert_uint_eq(rows, 1); /* /networks/ */
}
END_TEST

static void expect_file(const char *path, void (*write)(FILE *))
{
    char *bytes;
    size_t length;
    FILE *made = open_memstream(&bytes, &length);
    FILE *kept = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    const char *at;

    ck_assert_msg(kept != NULL, "%s", path);
    write(made);
    fclose(made);
    at = bytes;
    while (getline(&line, &size, kept) > 0) {
        ck_assert_msg(strncmp(at, line, strlen(line)) == 0, "%s is not what `make maps` makes: %s", path, line);
        at += strlen(line);
    }
    ck_assert_str_eq(at, "");
    free(line);
    free(bytes);
    fclose(kept);
}

START_TEST(test_maps)
{
    expect_file("haproxy/operations.map", config_write_operations_map);
    expect_file("haproxy/libpod.map", config_write_libpod_map);
    expect_file("haproxy/plain.lst", config_write_plain_list);
    expect_file("haproxy/kinds.map", config_write_kinds_map);
    expect_file("haproxy/variables.map", config_write_variables_map);
    expect_file("haproxy/answers.map", config_write_answers_map);
    expect_file("haproxy/faults.map", config_write_faults_map);
}
END_TEST

START_TEST(test_own_variables)
{
    char name[OPERATION_NAME_MAX];

    operation_own_variable(find("GET", "/libpod/containers/json"), name);
    ck_assert_str_eq(name, "ALLOW_LIBPOD_CONTAINER_LIST");
    operation_own_variable(find("GET", "/swarm/unlockkey"), name);
    ck_assert_str_eq(name, "ALLOW_SWARM_UNLOCKKEY");
    for (size_t i = 0; i < operation_count; i++)
        for (size_t k = i + 1; k < operation_count; k++)
            ck_assert_msg(strcmp(operations[i].id, operations[k].id) != 0, "%s twice", operations[i].id);
}
END_TEST

/* A groups expression as it is printed; test_specification holds those of the rows to the specification. */
START_TEST(test_groups)
{
    const struct operation operation = {
        .groups = {GROUP_BIT(GROUP_STOP), GROUP_BIT(GROUP_CREATE) | GROUP_BIT(GROUP_NETWORKS)}};
    char text[OPERATION_GROUPS_MAX];

    operation_groups(&operation, text);
    ck_assert_str_eq(text, "STOP | CREATE+NETWORKS");
    operation_groups(&(struct operation){.id = "X"}, text);
    ck_assert_str_eq(text, "");
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        bool used = false;

        for (size_t k = 0; k < operation_count; k++)
            used |= ((operations[k].groups[0] | operations[k].groups[1]) & GROUP_BIT(i)) != 0;
        ck_assert_msg(used, "%s opens nothing", group_variables[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("operations");
    TCase *tests = tcase_create("table");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_specification);
    tcase_add_test(tests, test_maps);
    tcase_add_test(tests, test_own_variables);
    tcase_add_test(tests, test_groups);
    suite_add_tcase(suite, tests);
    return run(suite);
}
