/* The router: which operation a request line means. */
#include "policy/router.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

static const struct reading {
    const char *method;
    const char *target;
    const char *operation; /* NULL: refused; "old": for its version */
} readings[] = {
    {"GET", "/containers/json", "ContainerList"},
    {"GET", "/v1.41/containers/json?all=1", "ContainerList"},
    {"HEAD", "/containers/json", "ContainerList"},
    {"GET", "/containers%2fjson", "ContainerList"},
    {"GET", "/%63ontainers/js%6Fn", "ContainerList"},
    {"GET", "/containers/json/json", "ContainerInspect"},
    {"GET", "/containers/x%20y/json", "ContainerInspect"},
    {"GET", "/containers/x+y/json", "ContainerInspect"},
    {"HEAD", "/_ping", "SystemPingHead"},
    {"GET", "/_ping", "SystemPing"},
    {"HEAD", "/containers/x/archive", "ContainerArchiveInfo"},
    {"GET", "/networks/", "NetworkList"},
    {"GET", "/images/json", "ImageList"},
    {"GET", "/images/json/json", "ImageInspect"},
    {"GET", "/images/host:5000/a/b:1/json", "ImageInspect"},
    {"GET", "/images/host%3A5000%2Fa/json", "ImageInspect"},
    {"GET", "/images/get/get", "ImageGet"},
    {"DELETE", "/images/a/json", "ImageDelete"},
    {"DELETE", "/containers/x/checkpoints/y", "CheckpointDelete"},
    {"GET", "/v4.3.1/libpod/containers/json", "ContainerListLibpod"},
    {"GET", "/libpod/images/a%2Fb%3A1/json", "ImageInspectLibpod"},
    {"GET", "/v1.9999/version", "SystemVersion"},
    {"GET", "/v1.23/version", "old"},
    {"POST", "/v1.22/containers/x/start", "old"},
    {"POST", "/v1%2E22/containers/x/start", "old"},
    {"GET", "/v1.024/version", NULL},
    {"GET", "/v1.41./version", NULL},
    {"GET", "/v1.99999/version", NULL},
    {"GET", "/v2.0/version", NULL},
    {"GET", "/v1x41/version", NULL},
    {"GET", "/v1.41/v1.41/version", NULL},
    {"GET", "//containers/json", NULL},
    {"GET", "/containers/json/", NULL},
    {"GET", "/networks//", NULL},
    {"GET", "/containers/../info", NULL},
    {"GET", "/containers/%2e%2E/info", NULL},
    {"GET", "/containers/./json", NULL},
    {"GET", "/containers/x%252Fjson", NULL},
    {"GET", "/containers/x%2Fy/json", NULL},
    {"GET", "/containers/x%00/json", NULL},
    {"GET", "/containers/json%0a", NULL},
    {"GET", "/containers/x%5cy/json", NULL},
    {"GET", "/containers/%zz/json", NULL},
    {"GET", "/containers/json%", NULL},
    {"GET", "/containers/json%4", NULL},
    {"GET", "containers/json", NULL},
    {"GET", "http://docker/containers/json", NULL},
    {"GET", "*", NULL},
    {"GET", "", NULL},
    {"get", "/containers/json", NULL},
    {"POST", "/containers/json", NULL},
    {"", "/containers/json", NULL},
    {"GET", "/libpod/images/a/b/json", NULL},
    {"GET", "/libpod/containers/x%20/json", NULL},
    {"GET", "/libpod/containers/%2E%2E/json", NULL},
    {"GET", "/libpod/images/..%2Fx/json", NULL},
    {"POST", "/libpod/images/scp/push", NULL},
    {"GET", "/v1.41/libpod/containers/json", NULL},
    {"GET", "/%6cibpod/containers/json", NULL},
    {"GET", "/v4.3.1/containers/json", NULL},
};

START_TEST(test_reading)
{
    const struct reading *reading = &readings[_i];
    struct router *router = router_new();
    enum refusal refusal;
    size_t i = router_find(router, reading->method, reading->target, 24, &refusal);

    router_free(router);
    if (reading->operation == NULL) {
        ck_assert_msg(refusal == NO_OPERATION && i == operation_count, "%s %s", reading->method, reading->target);
    } else if (strcmp(reading->operation, "old") == 0) {
        ck_assert_msg(refusal == OLD_VERSION && i == operation_count, "%s %s", reading->method, reading->target);
    } else {
        ck_assert_msg(refusal == NOT_REFUSED, "%s %s", reading->method, reading->target);
        ck_assert_str_eq(operations[i].id, reading->operation);
    }
}
END_TEST

/* Why a target names no operation. */
static const struct fault {
    const char *target;
    const char *said;
} faults[] = {
    {"//containers/json", "the path has an empty segment"},
    {"/containers/json/", "the path has an empty segment"},
    {"/containers%2F%2Fjson", "the path has an empty segment"},
    {"/libpod/containers//json", "the path has an empty segment"},
    {"/v1.41/../containers/json", "the path has a . or .. segment"},
    {"/containers/%2E%2e/json", "the path has a . or .. segment"},
    {"/libpod/images/..%2Fx/json", "the path has a . or .. segment"},
    {"/containers/x%2Fy/json", "the path has an encoded separator"},
    {"/containers/x%252Fjson", "the path has an encoded separator"},
    {"/containers/x%25252fjson", "the path has an encoded separator"},
    {"/containers/x%2561/json", "the path is encoded twice"},
    {"/containers/x%00/json", "the path has a control character"},
    {"/containers/x%7f/json", "the path has a control character"},
    {"/libpod/containers/x%0a/json", "the path has a control character"},
    {"/containers/x%5Cy/json", "the path has a backslash"},
    {"/containers\\json", "the path has a backslash"},
    {"/containers/%zz/json", "the path has a % without two hexadecimal digits"},
    {"/containers/json%4", "the path has a % without two hexadecimal digits"},
    {"/libpod/containers/x%20/json", "the path encodes characters that clients of Podman do not encode"},
    {"/%6cibpod/containers/json", "the path is not written as clients of Podman write libpod paths"},
    {"/v1.41/libpod/containers/json", "the path is not written as clients of Podman write libpod paths"},
    {"containers/json", FAULT_TARGET},
    {"http://docker/containers/json", FAULT_TARGET},
    {"*", FAULT_TARGET},
    {"/containers/x/logs/y?a=//", NO_PERMISSION},
    {"/networks/x/y", NO_PERMISSION},
    {"/", NO_PERMISSION},
};

START_TEST(test_fault)
{
    struct router *router = router_new();
    enum refusal refusal;

    router_find(router, "GET", faults[_i].target, 24, &refusal);
    ck_assert_msg(refusal == NO_OPERATION, "%s", faults[_i].target);
    ck_assert_str_eq(router_fault(router, "GET", faults[_i].target), faults[_i].said);
    router_free(router);
}
END_TEST

/* CONNECT has a host and a port, and is open to nobody. */
START_TEST(test_connect)
{
    struct router *router = router_new();

    ck_assert_str_eq(router_fault(router, "CONNECT", "docker:2375"), NO_PERMISSION);
    ck_assert_str_eq(router_fault(router, "CONNECT", "/containers/../json"), "the path has a . or .. segment");
    router_free(router);
}
END_TEST

/* What is malformed is never answered as if only a permission were missing. */
START_TEST(test_each_malformed_path_has_a_fault)
{
    static const char *const pieces[] = {"/",   "//", "/./", "/..", "%2F", "%252f", "%00",    "%0A",
                                         "%7f", "\\", "%5c", "%",   "x",   "v1.41", "libpod", "json"};
    struct router *router = router_new();
    unsigned state = 1;

    for (int n = 0; n < 3000; n++) {
        char target[128] = "/containers/";
        enum refusal refusal;
        bool malformed = false;

        for (int k = 0; k < 4; k++) {
            const char *piece;

            state = state * 1103515245u + 12345u;
            piece = pieces[(state >> 16) % (sizeof pieces / sizeof *pieces)];
            strcat(target, piece);
            malformed |= strpbrk(piece, "%\\.") != NULL && strcmp(piece, "%2F") != 0 && strcmp(piece, "/..") != 0 &&
                         strcmp(piece, "v1.41") != 0 && strcmp(piece, "%") != 0;
        }
        router_find(router, "GET", target, 24, &refusal);
        if (malformed)
            ck_assert_msg(refusal == NO_OPERATION && strcmp(router_fault(router, "GET", target), NO_PERMISSION) != 0,
                          "%s: %s", target, router_fault(router, "GET", target));
    }
    router_free(router);
}
END_TEST

START_TEST(test_length)
{
    char target[PATH_LENGTH_MAX + 64];
    struct router *router = router_new();
    enum refusal refusal;

    memset(target, 'x', sizeof target);
    memcpy(target, "/containers/", 12);
    strcpy(target + PATH_LENGTH_MAX - 5, "/json");
    router_find(router, "GET", target, 24, &refusal);
    ck_assert_int_eq(refusal, NOT_REFUSED);
    strcpy(target + PATH_LENGTH_MAX - 4, "/json");
    target[PATH_LENGTH_MAX - 5] = 'x';
    router_find(router, "GET", target, 24, &refusal);
    ck_assert_int_eq(refusal, NO_OPERATION);
    ck_assert_str_eq(router_fault(router, "GET", target), FAULT_LENGTH);
    router_find(router, "AMETHODTHATISLONGERTHANANYOTHERMETHOD", "/info", 24, &refusal);
    ck_assert_int_eq(refusal, NO_OPERATION);
    router_find(router, "GET", "/v1.30/info", 31, &refusal);
    ck_assert_int_eq(refusal, OLD_VERSION);
    router_free(router);
}
END_TEST

/* ---- what a path names ---- */

static const struct {
    const char *target;
    const char *reference;
} references[] = {
    {"/v1.41/containers/web/exec", "web"},
    {"/containers/web/exec?x=/containers/other", "web"},
    {"/containers/%77e%62/exec", "web"},
    {"/services/stack_web/update", "stack_web"},
    {"/libpod/containers/web/exec", "web"},
    {"/v4.0.0/libpod/containers/web/exec", "web"},
    {"/v5.0.0/libpod/volumes/a%2Fb/import", "a/b"},
    {"/libpod/images/host%3A5000%2Fa%40b/json", "host:5000/a@b"},
    /* nothing in that place */
    {"/info", ""},
    {"/v1.41/containers", ""},
    {"/libpod/containers", ""},
    {"/libpod/info", ""},
    {"/", ""},
    {"*", ""},
    /* what cannot be decoded */
    {"/containers/%zz/exec", ""},
    {"/containers/web%4", ""},
    {"/libpod/containers/%zz/exec", ""},
};

START_TEST(test_reference)
{
    struct router *router = router_new();
    char reference[PATH_LENGTH_MAX + 1];

    router_reference(router, references[_i].target, reference);
    ck_assert_str_eq(reference, references[_i].reference);
    router_free(router);
}
END_TEST

START_TEST(test_reference_of_a_long_path)
{
    struct router *router = router_new();
    char target[PATH_LENGTH_MAX + 64];
    char reference[PATH_LENGTH_MAX + 1];

    memset(target, 'x', sizeof target);
    memcpy(target, "/containers/", 12);
    target[PATH_LENGTH_MAX] = '\0';
    router_reference(router, target, reference);
    ck_assert_uint_eq(strlen(reference), PATH_LENGTH_MAX - 12);
    target[PATH_LENGTH_MAX] = 'x';
    target[PATH_LENGTH_MAX + 1] = '\0';
    router_reference(router, target, reference);
    ck_assert_str_eq(reference, "");
    router_free(router);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("request");
    TCase *tests = tcase_create("request");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_reading, 0, (int)(sizeof readings / sizeof *readings));
    tcase_add_test(tests, test_connect);
    tcase_add_loop_test(tests, test_fault, 0, (int)(sizeof faults / sizeof *faults));
    tcase_add_test(tests, test_each_malformed_path_has_a_fault);
    tcase_add_test(tests, test_length);
    tcase_add_loop_test(tests, test_reference, 0, (int)(sizeof references / sizeof *references));
    tcase_add_test(tests, test_reference_of_a_long_path);
    suite_add_tcase(suite, tests);
    return run(suite);
}
