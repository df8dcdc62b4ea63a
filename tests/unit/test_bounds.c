/* The number of steps of the guard's regexes for each byte of a body is bounded, for all bodies. PCRE2's match limit
 * counts them, without the JIT; no time is measured. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "guard/grammar.h"
#include "guard/scope.h"
#include "suite.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#define SIZE           1500 /* bytes of what a body is filled with */
#define STEPS_PER_BYTE 100  /* about as many as a type has members: each name of a body is compared with theirs */
#define STEPS_FIXED    5000
#define HEAP_PER_BYTE  2048 /* frames of nested groups, in bytes */
#define HEAP_FIXED     (4 * 1024 * 1024)

static const char *const settings[] = {
    "",
    "ALLOW_BIND_MOUNTS=/srv,/data/a,/data;ALLOW_VOLUME_NAMES=a*b*c*d,*x*y*z;ALLOW_IMAGE_REFERENCES=a*b*c*d*e,**/x*y*z,ghcr.io/*/*:*.*.*;"
    "ALLOW_LOG_DRIVERS=syslog,other;ALLOW_NETWORK_DRIVERS=macvlan,other;ALLOW_VOLUME_DRIVERS=nfs,other;REQUIRE_LABEL=a=b;"
    "ALLOW_SECURITY_OPT=label=disable;ALLOW_CAP_ADD=NET_ADMIN;ALLOW_VOLUMES_FROM=true;"
    "ALLOW_HOST_NAMESPACES=network:host,network:container:a*b*c*d,pid:container:*x*y*z;ALLOW_DEVICES=/dev/dri,/dev/a/b,gpu,c:1:*;"
    "ALLOW_SYSCTLS=net.ipv4.a,net.ipv6.*,net/x/*;ALLOW_EXEC_COMMANDS=a * **,a * * *,a *b*c*d* e,x **;ALLOW_EXEC_USERS=a,b",
};

static const char *const own[] = {"4f1d2a9c7be05316d8a4c0f2e79b1358604dca27fe913b5580ac6d42e17f9b03", "socket-proxy"};
static const struct guard_facts facts = {.own = {own, 2}, .holders = {own, 2}, .volumes = {own + 1, 1}};
static const struct guard_facts docker = {.docker = true}; /* elsewhere builds are refused as a whole */

static struct guard *guard_of(const char *text)
{
    static char copy[2048];
    char *environment[32];
    size_t count = 0;
    struct problems problems = {.to = stderr};
    const struct guard_permissions none = {false, false, false};

    snprintf(copy, sizeof copy, "%s", text);
    for (char *item = strtok(copy, ";"); item != NULL; item = strtok(NULL, ";"))
        environment[count++] = item;
    environment[count] = NULL;
    const struct variables variables = {.environment = environment, .prefix = ""};
    struct guard *guard = guard_new(true, "/run/engine/docker.sock", &none, &variables, &problems);
    ck_assert_uint_eq(problems.count, 0);
    return guard;
}

/* ---- regexes ---- */

#define CODES_MAX 80
struct codes {
    pcre2_code *list[CODES_MAX];
    size_t count;
};

static void add(struct codes *codes, const struct regex *regex)
{
    int error;
    PCRE2_SIZE offset;

    if (regex->text == NULL)
        return;
    char *whole = regex_whole(regex);
    ck_assert_uint_lt(codes->count, CODES_MAX);
    codes->list[codes->count] = pcre2_compile((PCRE2_SPTR)whole, PCRE2_ZERO_TERMINATED, 0, &error, &offset, NULL);
    ck_assert_ptr_nonnull(codes->list[codes->count]);
    codes->count++;
    free(whole);
}

/* All regexes for an operation's body, or its query. */
static void add_all(struct codes *codes, const struct guard *guard, const struct guard_operation *operation, bool query)
{
    struct product product;

    product_make(&product, guard, query ? &docker : &facts, operation);
    for (size_t i = 0; i < product.count; i++)
        if ((product.demands[i].saying == SAY_QUERY) == query) {
            add(codes, &product.demands[i].harmless);
            add(codes, &product.demands[i].fault);
        }
    product_free(&product);
}

static pcre2_match_data *data;

static void expect_bounded(const struct codes *codes, const char *text, size_t length)
{
    pcre2_match_context *context = pcre2_match_context_create(NULL);

    pcre2_set_match_limit(context, (uint32_t)(STEPS_PER_BYTE * length + STEPS_FIXED));
    pcre2_set_heap_limit(context, (uint32_t)((HEAP_PER_BYTE * length + HEAP_FIXED) / 1024));
    for (size_t i = 0; i < codes->count; i++) {
        int got = pcre2_match(codes->list[i], (PCRE2_SPTR)text, length, 0, 0, data, context);

        ck_assert_msg(got >= 0 || got == PCRE2_ERROR_NOMATCH, "regex %zu: error %d on %.300s", i, got, text);
    }
    pcre2_match_context_free(context);
}

static void codes_free(struct codes *codes)
{
    for (size_t i = 0; i < codes->count; i++)
        pcre2_code_free(codes->list[i]);
}

/* ---- what costs most ---- */

/* begin, then as many middles as fit, then end. */
struct filling {
    const char *begin;
    const char *middle;
    const char *end;
    size_t most; /* middles; 0 for no limit */
};

static const struct filling fillings[] = {
    {"[", "[],", "[]]", 0},
    {"", "[", "", 150},
    {"[", "{\"a\":1},", "{}]", 0},
    {"{", "\"a\":{},", "\"b\":1}", 0},
    {"{", "\"o\":\"a,a,a\",", "\"o\":\"bind\"}", 0},
    {"[", "\"data:/x\",", "\"/etc:/x\"]", 0},
    {"[", "\"/srv/a/b:/x:ro\",", "\"/srv/a/../..:/x\"]", 0},
    {"\"", "a", "\"", 0},
    {"\"", "a/", "..\"", 0},
    {"\"/srv", "/a", "/..\"", 0},
    {"\"", "aabbccx", "\"", 0},
    {"\"", "a,", "bind\"", 0},
    {"{\"o\":\"", "addr=10.0.0.1,", "addr=127.0.0.1\"}", 0},
    {"\"", "\\\\", "\\u0000\"", 0},
    {"{\"Type\":\"volume\",\"Source\":\"", "xyz", "/\"}", 0},
    {"[\"", "4f1d", "\"]", 0},
    {"\"container:", "aabbccx", "\"", 0},
    {"[\"a\",\"", "b\\\"c", "\"]", 0},
    {"[\"a\",", "\"bcd\",", "null]", 0},
    {"[{\"PathOnHost\":\"/dev/dri", "/a", "/..\"}]", 0},
    {"[", "{\"PathOnHost\":\"/dev/dri\"},", "{\"PathOnHost\":\"/dev/sda\"}]", 0},
    {"[{\"Capabilities\":[", "[\"gpu\"],", "[\"x\"]]}]", 0},
    {"{", "\"net.ipv6.a\":\"1\",", "\"x\":\"1\"}", 0},
    {"{\"net.ipv6", ".a", "/\":\"1\"}", 0},
};

static size_t fill(char *to, const struct filling *filling)
{
    size_t length = (size_t)sprintf(to, "%s", filling->begin);

    for (size_t n = 0; length < SIZE && (filling->most == 0 || n < filling->most); n++)
        length += (size_t)sprintf(to + length, "%s", filling->middle);
    return length + (size_t)sprintf(to + length, "%s", filling->end);
}

/* Each member once: the filling as its value, alone, and after as many harmless ones. */
static void try_member(const struct codes *codes, const char *before, const char *name, const char *after)
{
    static char body[4 * SIZE + 4096];

    for (size_t i = 0; i < sizeof fillings / sizeof *fillings; i++) {
        size_t length = (size_t)sprintf(body, "%s{\"zz\":1,\"%s\":", before, name);

        length += fill(body + length, &fillings[i]);
        length += (size_t)sprintf(body + length, "}%s", after);
        expect_bounded(codes, body, length);
    }
    /* the same member over and over, the last one wrong */
    size_t length = (size_t)sprintf(body, "%s{", before);
    while (length < SIZE)
        length += (size_t)sprintf(body + length, "\"%s\":null,", name);
    length += (size_t)sprintf(body + length, "\"%s\":[{}]}%s", name, after);
    expect_bounded(codes, body, length);
}

static void try_type(const struct codes *codes, const struct guard_type *type, const char *before, const char *after)
{
    for (const struct guard_field *field = type->fields; field->name != NULL; field++) {
        const struct guard_type *below = field->shape == OBJECT || field->shape == OBJECTS || field->shape == NETWORKS
                                             ? guard_type_find(field->value)
                                             : NULL;
        char head[512];
        char tail[64];

        /* (Members that are alike share one alternative.) */
        if (field == type->fields || field->shape != field[-1].shape || field->knob != field[-1].knob ||
            strcmp(field->value, field[-1].value) != 0)
            try_member(codes, before, field->name, after);
        if (below == NULL)
            continue;
        snprintf(head, sizeof head, "%s{\"%s\":%s", before, field->name,
                 field->shape == OBJECTS    ? "["
                 : field->shape == NETWORKS ? "{\"n\":"
                                            : "");
        snprintf(tail, sizeof tail, "%s}%s",
                 field->shape == OBJECTS    ? "]"
                 : field->shape == NETWORKS ? "}"
                                            : "",
                 after);
        try_type(codes, below, head, tail);
    }
}

static size_t operations_with_bodies(const struct guard_operation *found[])
{
    size_t count = 0;

    for (const struct guard_operation *operation = guard_operations; operation->id != NULL; operation++)
        if (operation->body == BODY_OBJECT)
            found[count++] = operation;
    return count;
}

START_TEST(test_bodies)
{
    const struct guard_operation *found[64];
    size_t count = operations_with_bodies(found);
    const struct guard_operation *operation = found[(size_t)_i % count];

    struct guard *guard = guard_of(settings[(size_t)_i / count]);
    struct codes codes = {.count = 0};
    data = pcre2_match_data_create(CAUSE_GROUPS + 2, NULL);
    add_all(&codes, guard, operation, false);
    try_type(&codes, guard_type_find(operation->type), "", "");
    codes_free(&codes);
    pcre2_match_data_free(data);
    guard_free(guard);
}
END_TEST

START_TEST(test_queries)
{
    static const char *const values[] = {"a", "a/", "%2e", "a&", "x=y&", "*", "%2F..", "fromImage=a&", "tag=a&"};
    static char text[2 * SIZE];

    for (size_t s = 0; s < sizeof settings / sizeof *settings; s++) {
        struct guard *guard = guard_of(settings[s]);
        data = pcre2_match_data_create(CAUSE_GROUPS + 2, NULL);
        for (const struct guard_operation *operation = guard_operations; operation->id != NULL; operation++) {
            struct codes codes = {.count = 0};

            add_all(&codes, guard, operation, true);
            if (codes.count == 0)
                continue;
            for (const struct guard_parameter *parameter = operation->query; parameter->name != NULL; parameter++)
                for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
                    size_t length = (size_t)sprintf(text, "%s=", parameter->name);

                    while (length < SIZE)
                        length += (size_t)sprintf(text + length, "%s", values[i]);
                    length += (size_t)sprintf(text + length, ";");
                    expect_bounded(&codes, text, length);
                }
            codes_free(&codes);
        }
        pcre2_match_data_free(data);
        guard_free(guard);
    }
}
END_TEST

/* The test itself can fail: a regex that goes back and forth is caught. */
START_TEST(test_limit_is_felt)
{
    struct codes codes = {.count = 1};
    int error;
    PCRE2_SIZE offset;
    char text[SIZE];
    pcre2_match_context *context = pcre2_match_context_create(NULL);

    memset(text, 'a', sizeof text);
    data = pcre2_match_data_create(1, NULL);
    codes.list[0] = pcre2_compile((PCRE2_SPTR) "\\A(?:a|a)*+\\A", PCRE2_ZERO_TERMINATED, 0, &error, &offset, NULL);
    expect_bounded(&codes, text, sizeof text);
    codes_free(&codes);
    codes.list[0] = pcre2_compile((PCRE2_SPTR) "(?:(?:a|aa)+)+b", PCRE2_ZERO_TERMINATED, PCRE2_NO_START_OPTIMIZE,
                                  &error, &offset, NULL);
    pcre2_set_match_limit(context, (uint32_t)(STEPS_PER_BYTE * sizeof text + STEPS_FIXED));
    ck_assert_int_eq(pcre2_match(codes.list[0], (PCRE2_SPTR)text, sizeof text, 0, 0, data, context),
                     PCRE2_ERROR_MATCHLIMIT);
    codes_free(&codes);
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bounds");
    TCase *all = tcase_create("steps");

    tcase_set_timeout(all, 600);
    tcase_add_test(all, test_limit_is_felt);
    const struct guard_operation *found[64];
    tcase_add_loop_test(all, test_bodies, 0, (int)(sizeof settings / sizeof *settings * operations_with_bodies(found)));
    tcase_add_test(all, test_queries);
    suite_add_tcase(suite, all);
    return run(suite);
}
