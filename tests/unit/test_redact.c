/* Redaction: the words, the table, and what a redactor does with answers. (tests/redact has the oracle.) */
#include "redact/redact.h"

#include "policy/operations.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *value; /* of REDACT */
    const char *words; /* as redact_text writes them; NULL: it is refused */
} values[] = {
    {NULL, ""},
    {"environment", "environment"},
    {"Swarm, environment", "environment, swarm"},
    {"environment,environment", "environment"},
    {"labels\tmounts networks", "labels, mounts, networks"},
    {"true", NULL},
    {"env", NULL},
    {"environment;labels", NULL},
    {",", NULL},
};

START_TEST(test_values)
{
    struct problems problems = {.to = NULL};
    char *words = redact_text(redact_read(values[_i].value, "", &problems));

    ck_assert_int_eq(problems.count, values[_i].words == NULL ? 1 : 0);
    if (values[_i].words != NULL)
        ck_assert_str_eq(words, values[_i].words);
    free(words);
}
END_TEST

/* The table names operations, and each of them with a path or as a whole. */
START_TEST(test_table)
{
    char *table;
    size_t size;
    FILE *out = open_memstream(&table, &size);
    char *rest;

    redact_write_table(out);
    fclose(out);
    for (char *line = strtok_r(table, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        char *tab = strchr(line, '\t');

        *tab = '\0';
        ck_assert_msg(operation_find(line) < operation_count, "%s is no operation", line);
        ck_assert_msg((tab[1] == '\t') == (strstr(tab + 1, "\trefused") != NULL), "%s: %s", line, tab + 1);
    }
    free(table);
}
END_TEST

START_TEST(test_sets)
{
    struct problems problems = {.to = NULL};
    unsigned environment = redact_read("environment", "", &problems);
    unsigned commands = redact_read("commands", "", &problems);

    ck_assert_uint_eq(redact_hides(environment, "ContainerInspect"), environment);
    ck_assert_uint_eq(redact_hides(environment, "ContainerList"), 0);
    ck_assert_uint_eq(redact_hides(environment | commands, "ContainerTop"), commands);
    ck_assert_uint_eq(redact_hides(0, "ContainerInspect"), 0);
    ck_assert_uint_eq(redact_refuses_query(environment, "ContainerTop"), environment);
    ck_assert_uint_eq(redact_refuses_query(environment | commands, "ContainerTopLibpod"), environment | commands);
    ck_assert_uint_eq(redact_refuses_query(environment, "ContainerInspect"), 0);
    ck_assert_uint_eq(redact_refuses(environment | commands, "SystemEvents"), commands);
    ck_assert_uint_eq(redact_refuses(environment, "SystemEvents"), 0);
    ck_assert_uint_eq(redact_hides(environment | commands, "ContainerList"), commands);
}
END_TEST

static const struct {
    const char *words;
    const char *operation;
    const char *answer;
    const char *result; /* NULL: refused */
} answers[] = {
    {"environment", "ContainerInspect", "{\"Config\":{\"Env\":[\"A=b\",\"c\",\"A B=c\",\"\"]}}\n",
     "{\"Config\":{\"Env\":[\"A=***\",\"***\",\"***\",\"***\"]}}"},
    {"environment", "ContainerInspect", "{\"Config\":{\"Env\":null}}", "{\"Config\":{\"Env\":null}}"},
    {"environment", "ContainerInspect", "{\"Config\":{\"Env\":[]},\"Env\":[\"a\"]}",
     "{\"Config\":{\"Env\":[]},\"Env\":[\"a\"]}"},
    {"environment", "ContainerInspect", "{\"Config\":null}", "{\"Config\":null}"},
    {"environment", "ContainerInspect",
     "{\"Config\":{\"Labels\":{\"Env\":\"x\",\"\\\"Env\\\":[\":\"\"},\"env\":[\"A=b\"]}}",
     "{\"Config\":{\"Labels\":{\"Env\":\"x\",\"\\\"Env\\\":[\":\"\"},\"env\":[\"A=***\"]}}"},
    /* what no Engine writes */
    {"environment", "ContainerInspect", "{\"Config\":{\"Env\":[\"A=b\"],\"Env\":[\"C=d\"]}}", NULL},
    {"environment", "ContainerInspect", "{\"Config\":{\"Env\":[\"A=b\"]},\"Config\":{\"Env\":[\"C=d\"]}}", NULL},
    {"environment", "ContainerInspect", "{\"Config\":{\"\\u0045nv\":[\"A=b\"]}}", NULL},
    {"environment", "ContainerInspect", "{\"Config\":{\"Env\":{\"A\":\"b\"}}}", NULL},
    {"environment", "ContainerInspect", "{\"Config\":{\"Env\":[[\"A=b\"]]}}", NULL},
    {"environment", "ContainerInspect", "{\"Config\":[{\"Env\":[\"A=b\"]}]}", NULL},
    {"environment", "ContainerInspect", "[{\"Config\":{\"Env\":[\"A=b\"]}}]", NULL},
    {"environment", "ContainerInspect", "{ \"Config\":{\"Env\":[\"A=b\"]}}", NULL},
    {"environment", "ContainerInspect", "{\"Config\":{\"Env\":[\"A=b\"]}", NULL},
    {"environment", "ContainerInspect", "{\"Config\":{\"Env\":[\"A=b\"]}}{}", NULL},
    {"environment", "ContainerInspect", "", NULL},
    /* DEL is what its escape is, and what follows a backslash is not an escape */
    {"environment", "ContainerInspect", "{\"Config\":{\"Env\":[\"A=\x7f\"]},\"a\":\"\x7f\x7f\\\\\x7f\"}",
     "{\"Config\":{\"Env\":[\"A=***\"]},\"a\":\"\\u007f\\u007f\\\\\\u007f\"}"},
    {"environment", "ContainerInspect", "{\"a\":\"\\\x7f\"}", NULL},
    {"environment", "ContainerInspect", "{\"a\":1\x7f}", NULL},
    /* the build's instruction */
    {"environment", "ImageInspect",
     "{\"Config\":{\"Cmd\":[\"a\"]},\"ContainerConfig\":{\"Cmd\":[\"ENV A=b\"],\"Entrypoint\":null}}",
     "{\"Config\":{\"Cmd\":[\"a\"]},\"ContainerConfig\":{\"Cmd\":[],\"Entrypoint\":null}}"},
    /* the names of networks are the user's */
    {"networks", "ContainerInspect",
     "{\"NetworkSettings\":{\"Networks\":{\"Networks\":{\"IPAddress\":\"1\"},\"IPAddress\":{\"IPAddress\":\"2\",\"x\":3}},"
     "\"Ports\":{\"1/tcp\":[{\"HostIp\":\"4\"},{\"HostIp\":\"5\"}],\"2/tcp\":null}}}",
     "{\"NetworkSettings\":{\"Networks\":{\"Networks\":{\"IPAddress\":\"\"},\"IPAddress\":{\"IPAddress\":\"\",\"x\":3}},"
     "\"Ports\":{\"1/tcp\":[{\"HostIp\":\"\"},{\"HostIp\":\"\"}],\"2/tcp\":null}}}"},
    {"commands,labels", "ContainerList",
     "[{\"Command\":\"a\",\"Labels\":{\"Command\":\"b\"},\"Id\":1},{\"Labels\":null,\"Command\":[\"c\"]}]",
     "[{\"Command\":\"\",\"Labels\":{},\"Id\":1},{\"Labels\":null,\"Command\":[]}]"},
    {"commands", "ContainerList", "[]\n", "[]"},
    {"environment", "ServiceList",
     "[{\"Spec\":{\"TaskTemplate\":{\"ContainerSpec\":{\"Env\":[\"A=b\"]}}},\"PreviousSpec\":{\"TaskTemplate\":{\"ContainerSpec\":{\"Env\":[\"C=d\"]}}}}]",
     "[{\"Spec\":{\"TaskTemplate\":{\"ContainerSpec\":{\"Env\":[\"A=***\"]}}},\"PreviousSpec\":{\"TaskTemplate\":{\"ContainerSpec\":{\"Env\":[\"C=***\"]}}}}]"},
};

START_TEST(test_answers)
{
    struct problems problems = {.to = NULL};
    unsigned words = redact_read(answers[_i].words, "", &problems);
    struct redactor *redactor = redactor_new(words, answers[_i].operation);
    char *result = redactor_run(redactor, answers[_i].answer, strlen(answers[_i].answer));

    if (answers[_i].result == NULL)
        ck_assert_ptr_null(result);
    else
        ck_assert_str_eq(result == NULL ? "(refused)" : result, answers[_i].result);
    free(result);
    redactor_free(redactor);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("redact");
    TCase *tests = tcase_create("redact");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tests, test_values, 0, sizeof values / sizeof *values);
    tcase_add_test(tests, test_table);
    tcase_add_test(tests, test_sets);
    tcase_add_loop_test(tests, test_answers, 0, sizeof answers / sizeof *answers);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
