/* How a request line is read. */
#include "request.h"
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
    router_find(router, "AMETHODTHATISLONGERTHANANYOTHERMETHOD", "/info", 24, &refusal);
    ck_assert_int_eq(refusal, NO_OPERATION);
    router_find(router, "GET", "/v1.30/info", 31, &refusal);
    ck_assert_int_eq(refusal, OLD_VERSION);
    router_free(router);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("request");
    TCase *tests = tcase_create("request");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_reading, 0, (int)(sizeof readings / sizeof *readings));
    tcase_add_test(tests, test_length);
    suite_add_tcase(suite, tests);
    return run(suite);
}
