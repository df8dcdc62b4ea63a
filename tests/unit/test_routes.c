/* The keys by which requests find their operation, against another statement of the same: a regex for each row. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "policy/router.h"
#include "policy/routes.h"
#include "suite.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pcre2_match_data *data;

static pcre2_code *compile(const char *regex)
{
    int error;
    size_t offset;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED, 0, &error, &offset, NULL);

    ck_assert_msg(code != NULL, "%s", regex);
    return code;
}

static bool matches(const pcre2_code *code, const char *text, size_t length)
{
    return pcre2_match(code, (PCRE2_SPTR)text, length, 0, 0, data, NULL) >= 0;
}

/* ---- a regex for each row: METHOD and path without version; the first that matches counts ---- */

static pcre2_code *rows[OPERATIONS_MAX];
static pcre2_code *malformed;
static pcre2_code *malformed_libpod;
static pcre2_code *version;
static pcre2_code *libpod_version;

static pcre2_code *row_regex(const struct operation *operation)
{
    bool reference = strncmp(operation->path, "/images/", 8) == 0 || strncmp(operation->path, "/plugins/", 9) == 0 ||
                     strncmp(operation->path, "/distribution/", 14) == 0;
    char regex[256];
    size_t used = (size_t)snprintf(regex, sizeof regex, "^%s",
                                   strcmp(operation->method, "GET") == 0 ? "(GET|HEAD)" : operation->method);

    for (const char *c = operation->path; *c != '\0'; c++) {
        if (*c == '{') {
            used += (size_t)snprintf(regex + used, sizeof regex - used, "%s", reference ? "[^/]+(/[^/]+)*" : "[^/]+");
            c = strchr(c, '}');
        } else {
            regex[used++] = *c;
        }
    }
    snprintf(regex + used, sizeof regex - used, "%s", strcmp(operation->path, "/networks") == 0 ? "/?\\z" : "\\z");
    return compile(regex);
}

static void set_up(void)
{
    data = pcre2_match_data_create(16, NULL);
    for (size_t i = 0; i < operation_count; i++)
        rows[i] = row_regex(&operations[i]);
    malformed = compile(MALFORMED_PATH);
    malformed_libpod = compile(MALFORMED_LIBPOD);
    version = compile("^/v1\\.([1-9][0-9]{0,3})(?=/)");
    libpod_version = compile("^(/v[0-9]{1,4}\\.[0-9]{1,4}\\.[0-9]{1,4})?(?=/libpod/)");
}

static void tear_down(void)
{
    for (size_t i = 0; i < operation_count; i++)
        pcre2_code_free(rows[i]);
    pcre2_code_free(malformed);
    pcre2_code_free(malformed_libpod);
    pcre2_code_free(version);
    pcre2_code_free(libpod_version);
    pcre2_match_data_free(data);
}

/* The operation of a path, decoded if it is one of the Engine's. */
static size_t expected(const char *method, const char *path, size_t length, bool libpod)
{
    char text[512];
    size_t skip = 0;
    size_t used;

    if (matches(libpod ? malformed_libpod : malformed, path, length))
        return operation_count;
    if (matches(libpod ? libpod_version : version, path, length)) {
        skip = pcre2_get_ovector_pointer(data)[1];
        if (!libpod && strtol(path + strlen("/v1."), NULL, 10) < 24)
            return operation_count;
    }
    used = (size_t)snprintf(text, sizeof text, "%s", method);
    memcpy(text + used, path + skip, length - skip);
    for (size_t i = 0; i < operation_count; i++)
        if (matches(rows[i], text, used + length - skip))
            return i;
    return operation_count;
}

/* ---- random requests ---- */

static unsigned long state = 1;

static size_t below(size_t count)
{
    state = state * 6364136223846793005 + 1442695040888963407;
    return (size_t)(state >> 33) % count;
}

/* Values of names, and what may stand anywhere in a path */
static const char *const names[] = {"x",      "json",   "create",  "prune", "a/b",   "a/json",  "get",   "search",
                                    ":",      "a:/b",   "remove",  "scp",   "push",  "stats",   "load",  "ws",
                                    "attach", "x y",    ".x",      "..x",   "local", "kube",    "x GET", "x/json",
                                    "play",   "images", "sha256:", "a/tag", "%",     "\xc3\xa9"};
static const char *const pieces[] = {
    "/",  "//",   "/./",   "/..", "json", "create", "x",        ":",      "/:", "/:/", ".",    "..",
    "\\", "\x01", "%",     "%41", " ",    "/v1.41", "\x7f",     "libpod", "|",  "\n",  " GET", " POST",
    "?",  "HEAD", "/json", "/ws", "~",    "\xff",   "/libpod/", "DELETE", "\t", "%2F"};
static const char *const versions[] = {"",       "",         "",        "/v1.41",  "/v1.24",
                                       "/v1.23", "/v1.9999", "/v1.024", "/v4.3.1", "/v1.4"};
static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "get"};

#define CHOOSE(list) list[below(sizeof(list) / sizeof *(list))]

static const char *random_path(char *path, size_t size)
{
    const struct operation *operation = &operations[below(operation_count)];
    size_t used = (size_t)snprintf(path, size, "%s", CHOOSE(versions));

    for (const char *c = operation->path; *c != '\0'; c++) {
        if (*c == '{') {
            used += (size_t)snprintf(path + used, size - used, "%s", CHOOSE(names));
            c = strchr(c, '}');
        } else {
            path[used++] = *c;
        }
    }
    path[used] = '\0';
    for (size_t mutations = below(3); mutations > 0; mutations--) {
        const char *piece = CHOOSE(pieces);
        size_t at = 1 + below(strlen(path));

        if (below(3) == 0) {
            memmove(path + at - 1, path + at, strlen(path + at) + 1);
        } else {
            memmove(path + at + strlen(piece), path + at, strlen(path + at) + 1);
            memcpy(path + at, piece, strlen(piece));
        }
    }
    return below(5) == 0 ? CHOOSE(methods) : operation->method;
}

/* Percent-encodes what a request line cannot have, all % signs, and some other bytes, but the first. */
static void encode(const char *path, char *target)
{
    *target++ = *path++;
    for (; *path != '\0'; path++)
        target += sprintf(
            target, *path <= ' ' || *path == '\x7f' || *path == '%' || *path == '?' || below(40) == 0 ? "%%%02X" : "%c",
            (unsigned char)*path);
    *target = '\0';
}

/* Makes the key as HAProxy's regsub does, unless the regex does not match. */
static bool key_of(const pcre2_code *route, const char *method, const char *path, bool decoded, char *key)
{
    char text[512];
    size_t length = (size_t)snprintf(text, sizeof text, "%s %s%s", method, decoded ? " " : "", path);
    const PCRE2_SIZE *group = pcre2_get_ovector_pointer(data);

    if (!matches(route, text, length))
        return false;
    ck_assert_uint_eq(group[0], 0); /* nothing is left around the match */
    ck_assert_uint_eq(group[1], length);
    sprintf(key, "%.*s%.*s:%.*s", (int)(group[3] - group[2]), text + group[2], (int)(group[15] - group[14]),
            text + group[14], (int)(group[17] - group[16]), text + group[16]);
    return true;
}

static size_t find(const char *key, bool libpod)
{
    for (size_t i = 0; i < operation_count; i++) {
        char keys[ROUTE_KEYS_MAX][ROUTE_KEY_MAX];

        for (size_t k = route_is_libpod(&operations[i]) == libpod ? route_keys(&operations[i], keys) : 0; k-- > 0;)
            if (strcmp(keys[k], key) == 0)
                return i;
    }
    return operation_count;
}

/* TRIES in the environment asks for more. */
START_TEST(test_random_paths)
{
    struct router *router = router_new();
    char *regex = route_regex(ENGINE_PATHS, 24);
    pcre2_code *route = compile(regex);
    const char *more = getenv("TRIES");
    long tries = more == NULL ? 20000 : strtol(more, NULL, 10);
    long allowed = 0;

    state = (unsigned long)_i + 1;
    free(regex);
    for (long n = 0; n < tries; n++) {
        char path[256];
        char target[sizeof path * 3];
        char key[512];
        const char *method = random_path(path, sizeof path);
        enum refusal refusal;
        bool libpod;
        size_t want;
        size_t got;

        /* Podman routes on what is sent, the Engine on what it decodes. */
        libpod = matches(libpod_version, path, strlen(path)) && strpbrk(path, " \n?\t") == NULL;
        if (libpod)
            strcpy(target, path);
        else
            encode(path, target);
        libpod = matches(libpod_version, target, strlen(target));
        want = expected(method, libpod ? target : path, strlen(libpod ? target : path), libpod);
        got = router_find(router, method, target, 24, &refusal);
        ck_assert_msg(got == want, "%s %s: %s, expected %s", method, target,
                      got < operation_count ? operations[got].id : "none",
                      want < operation_count ? operations[want].id : "none");
        allowed += got < operation_count;
        /* HAProxy tries every path as one of the Engine's, and its regex knows the oldest version. */
        if (!libpod)
            ck_assert_msg((key_of(route, method, path, true, key) ? find(key, false) : operation_count) == want,
                          "%s %s", method, target);
        else if (strchr(target, '%') == NULL && key_of(route, method, target, true, key))
            ck_assert_msg(find(key, false) == operation_count, "%s %s", method, target);
        /* As it is sent, it is found if nothing in it is encoded, and never is another one. */
        got = key_of(route, method, target, false, key) ? find(key, false) : operation_count;
        ck_assert_msg(got == operation_count || got == want, "%s %s", method, target);
        if (!libpod && strchr(target, '%') == NULL)
            ck_assert_msg(got == want, "%s %s", method, target);
    }
    ck_assert_int_gt(allowed, tries / 10);
    pcre2_code_free(route);
    router_free(router);
}
END_TEST

/* Each row's own sample reaches that operation. */
START_TEST(test_samples)
{
    struct router *router = router_new();
    enum refusal refusal;

    for (size_t i = 0; i < operation_count; i++) {
        char path[256];
        size_t used = 0;

        for (const char *c = operations[i].path; *c != '\0'; c++) {
            if (*c == '{') {
                used += (size_t)sprintf(path + used, "%s",
                                        operation_name_is_reference(&operations[i]) ? "host:5000/a/b:1" : "a1._-");
                c = strchr(c, '}');
            } else {
                path[used++] = *c;
            }
        }
        path[used] = '\0';
        ck_assert_msg(router_find(router, operations[i].method, path, 24, &refusal) == i, "%s", path);
    }
    router_free(router);
}
END_TEST

/* Versions from the least on, and no other */
START_TEST(test_versions)
{
    static const long least[] = {1, 9, 10, 24, 47, 99, 100, 999, 1000, 1999, 9999};
    char *regex = route_regex(ENGINE_PATHS, least[_i]);
    pcre2_code *route = compile(regex);

    free(regex);
    for (long minor = 0; minor <= 10000; minor++) {
        char path[64];
        char key[256];

        snprintf(path, sizeof path, "/v1.%ld/info", minor);
        ck_assert_msg(key_of(route, "GET", path, minor % 2 == 0, key) &&
                          (strcmp(key, "GET/info:") == 0) == (minor >= least[_i] && minor <= 9999),
                      "%ld: %s: %s", least[_i], path, key);
    }
    pcre2_code_free(route);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("routes");
    TCase *tests = tcase_create("routes");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_loop_test(tests, test_random_paths, 0, 2);
    tcase_add_test(tests, test_samples);
    tcase_add_loop_test(tests, test_versions, 0, 11);
    suite_add_tcase(suite, tests);
    return run(suite);
}
