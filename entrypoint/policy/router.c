/* Finds the operation of a request with the regexes and the keys that haproxy.cfg uses. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "policy/router.h"

#include "base/text.h"
#include "policy/routes.h"

#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct path_fault path_faults[] = {
    {ON_ANY_RAW, "[\\x00-\\x1f\\x7f]|%([01][0-9A-Fa-f]|7[Ff])", "the path has a control character"},
    {ON_ANY_RAW, "%(?![0-9A-Fa-f][0-9A-Fa-f])", "the path has a % without two hexadecimal digits"},
    {ON_ENGINE, "\\\\", "the path has a backslash"},
    {ON_LIBPOD, "\\\\|%5[Cc]", "the path has a backslash"},
    {ON_ANY_RAW, "%(25)+2[Ff]", "the path has an encoded separator"},
    {ON_ENGINE, "%[0-9A-Fa-f][0-9A-Fa-f]", "the path is encoded twice"},
    {ON_ENGINE, "//|[^/]/$", "the path has an empty segment"},
    {ON_LIBPOD, "//|[^/]/$", "the path has an empty segment"},
    {ON_ENGINE, "/\\.\\.?(/|$)", "the path has a . or .. segment"},
    {ON_LIBPOD, "(/|%2[Ff])\\.\\.?(/|%2[Ff]|$)", "the path has a . or .. segment"},
    {ON_ENGINE, "^(/v[^/]*)?/libpod/", "the path is not written as clients of Podman write libpod paths"},
    {ON_LIBPOD, "[\\x20\\x80-\\xff]|%(?!2[Ff]|3[Aa]|40)",
     "the path encodes characters that clients of Podman do not encode"},
    {ON_ANY_RAW, "%2[Ff]", "the path has an encoded separator"},
    {ON_ANY_RAW, NULL, NULL},
};
#define FAULTS_MAX 16

_Static_assert(sizeof path_faults / sizeof *path_faults <= FAULTS_MAX, "FAULTS_MAX is too small");

struct router {
    pcre2_code *malformed;
    pcre2_code *version;
    pcre2_code *libpod;
    pcre2_code *malformed_libpod;
    pcre2_code *fault[FAULTS_MAX]; /* by index into path_faults */
    pcre2_code *engine_route;
    pcre2_code *libpod_route;
    pcre2_match_data *match;
    size_t key_count;
    struct key {
        char text[ROUTE_KEY_MAX];
        size_t operation;
    } keys[];
};

static pcre2_code *compile(const char *regex)
{
    int error;
    size_t offset;

    return pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED, 0, &error, &offset, NULL);
}

void router_free(struct router *router)
{
    if (router == NULL)
        return;
    pcre2_code_free(router->malformed);
    pcre2_code_free(router->version);
    pcre2_code_free(router->libpod);
    pcre2_code_free(router->malformed_libpod);
    pcre2_code_free(router->engine_route);
    pcre2_code_free(router->libpod_route);
    pcre2_match_data_free(router->match);
    for (size_t i = 0; i < FAULTS_MAX; i++)
        pcre2_code_free(router->fault[i]);
    free(router);
}

/* The regex for paths with any version: an old one is a refusal of its own. */
static pcre2_code *compile_route(enum route_paths paths)
{
    char *regex = route_regex(paths, 1);
    pcre2_code *code = compile(regex);

    free(regex);
    return code;
}

static void add_keys(struct router *router)
{
    for (size_t i = 0; i < operation_count; i++) {
        char keys[ROUTE_KEYS_MAX][ROUTE_KEY_MAX];
        size_t count = route_keys(&operations[i], keys);

        for (size_t k = 0; k < count; k++) {
            struct key *key = &router->keys[router->key_count++];

            bounded_copy(key->text, sizeof key->text, keys[k]);
            key->operation = i;
        }
    }
}

struct router *router_new(void)
{
    struct router *router = calloc(1, sizeof *router + ROUTE_KEYS_MAX * operation_count * sizeof(struct key));
    bool complete;

    if (router == NULL)
        return NULL;
    router->malformed = compile(MALFORMED_PATH);
    router->version = compile(VERSION_PREFIX);
    router->libpod = compile(LIBPOD_PREFIX);
    router->malformed_libpod = compile(MALFORMED_LIBPOD);
    router->engine_route = compile_route(ENGINE_PATHS);
    router->libpod_route = compile_route(LIBPOD_PATHS);
    router->match = pcre2_match_data_create(16, NULL); /* more than the groups of any regex */
    complete = router->malformed != NULL && router->version != NULL && router->libpod != NULL &&
               router->malformed_libpod != NULL && router->engine_route != NULL && router->libpod_route != NULL &&
               router->match != NULL;
    for (size_t i = 0; complete && path_faults[i].regex != NULL; i++) {
        router->fault[i] = compile(path_faults[i].regex);
        complete = router->fault[i] != NULL;
    }
    add_keys(router);
    if (complete)
        return router;
    router_free(router);
    return NULL;
}

static bool matches(const struct router *router, const pcre2_code *code, const char *text, size_t length)
{
    return pcre2_match(code, (PCRE2_SPTR)text, length, 0, 0, router->match, NULL) >= 0;
}

static int hex(char c)
{
    const char *digits = "0123456789abcdef";
    const char *found = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);

    return found == NULL ? -1 : (int)(found - digits);
}

/* Decodes once, as the Engine (Go's net/url) and HAProxy's url_dec do. Returns the length, or -1 if a percent sign
 * is not followed by two hexadecimal digits. A plus sign is kept: it means a space in queries only. */
static long decode(const char *from, size_t length, char *to)
{
    long used = 0;

    for (size_t i = 0; i < length; i++) {
        char c = from[i];

        if (c == '%') {
            int high = i + 2 < length ? hex(from[i + 1]) : -1;
            int low = i + 2 < length ? hex(from[i + 2]) : -1;

            if (high < 0 || low < 0)
                return -1;
            c = (char)(high * 16 + low);
            i += 2;
        }
        to[used++] = c;
    }
    return used;
}

/* The length of the version prefix, without the slash that follows it; 0 without a prefix. */
static size_t after_version(const struct router *router, const char *path, size_t length, long *minor)
{
    const char *digits = path + strlen("/v1.");

    if (!matches(router, router->version, path, length))
        return 0;
    *minor = strtol(digits, NULL, 10);
    return strlen("/v1.") + strspn(digits, "0123456789");
}

/* Decodes an Engine path, or copies a libpod path as it is sent. Returns the length, or -1 if it cannot be decoded. */
static long read_path(const struct router *router, const char *target, size_t raw, bool *libpod, char *path)
{
    long length = (long)raw;

    *libpod = matches(router, router->libpod, target, raw);
    if (*libpod)
        memcpy(path, target, raw);
    else
        length = decode(target, raw, path);
    if (length >= 0)
        path[length] = '\0';
    return length;
}

static bool is_malformed(const struct router *router, const char *path, size_t length, bool libpod)
{
    return matches(router, libpod ? router->malformed_libpod : router->malformed, path, length);
}

/* Makes the key of "METHOD PATH" by ROUTE_REPLACEMENT. Returns false if the regex does not match, or no key is that
 * long. */
static bool make_key(const struct router *router, const pcre2_code *route, const char *text, size_t length,
                     char key[ROUTE_KEY_MAX])
{
    const PCRE2_SIZE *group = pcre2_get_ovector_pointer(router->match);
    size_t used = 0;

    if (!matches(router, route, text, length))
        return false;
    for (const char *c = ROUTE_REPLACEMENT; *c != '\0'; c++) {
        const char *part = c;
        size_t size = 1;

        if (*c == '\\') {
            const PCRE2_SIZE *of = group + 2 * (size_t)(*++c - '0');

            part = text + of[0];
            size = of[1] - of[0];
        }
        if (size >= ROUTE_KEY_MAX - used)
            return false;
        memcpy(key + used, part, size);
        used += size;
    }
    key[used] = '\0';
    return true;
}

/* The first operation of the API with that key; operation_count if there is none. */
static size_t find_key(const struct router *router, const char *key, bool libpod)
{
    for (size_t i = 0; i < router->key_count; i++)
        if (strcmp(router->keys[i].text, key) == 0 && route_is_libpod(&operations[router->keys[i].operation]) == libpod)
            return router->keys[i].operation;
    return operation_count;
}

size_t router_find(const struct router *router, const char *method, const char *target, long min_api_minor,
                   enum refusal *refusal)
{
    char text[PATH_LENGTH_MAX + 32]; /* METHOD PATH */
    char path[PATH_LENGTH_MAX + 1];
    char key[ROUTE_KEY_MAX];
    size_t raw = strcspn(target, "?");
    size_t before = strlen(method) + strlen("  ");
    long minor = min_api_minor;
    bool libpod;
    long length;
    size_t i;

    *refusal = NO_OPERATION;
    if (target[0] != '/' || raw > PATH_LENGTH_MAX || before > sizeof text - sizeof path)
        return operation_count;
    length = read_path(router, target, raw, &libpod, path);
    if (length < 0 || (libpod && is_malformed(router, path, raw, true)))
        return operation_count;
    if (!libpod)
        after_version(router, path, (size_t)length, &minor);
    if (minor < min_api_minor) {
        if (!is_malformed(router, path, (size_t)length, false))
            *refusal = OLD_VERSION;
        return operation_count;
    }
    before = (size_t)snprintf(text, sizeof text, libpod ? "%s " : "%s  ", method);
    memcpy(text + before, path, (size_t)length);
    if (!make_key(router, libpod ? router->libpod_route : router->engine_route, text, before + (size_t)length, key))
        return operation_count;
    i = find_key(router, key, libpod);
    if (i < operation_count)
        *refusal = NOT_REFUSED;
    return i;
}

void router_reference(const struct router *router, const char *target, char reference[PATH_LENGTH_MAX + 1])
{
    char path[PATH_LENGTH_MAX + 1] = "";
    size_t raw = strcspn(target, "?");
    bool libpod = false;
    long minor;
    long length = -1;
    const char *segment;

    reference[0] = '\0';
    if (raw <= PATH_LENGTH_MAX)
        length = read_path(router, target, raw, &libpod, path);
    if (length < 0 || is_malformed(router, path, (size_t)length, libpod))
        return;
    segment = libpod ? strstr(path, "/libpod/") : path + after_version(router, path, (size_t)length, &minor);
    for (int slashes = libpod ? 3 : 2; slashes > 0 && segment != NULL; slashes--) {
        segment = strchr(segment, '/');
        segment = segment == NULL ? NULL : segment + 1;
    }
    if (segment == NULL)
        return;
    length = (long)strcspn(segment, "/");
    if (libpod) {
        length = decode(segment, (size_t)length, reference);
        reference[length < 0 ? 0 : length] = '\0';
    } else {
        memcpy(reference, segment, (size_t)length);
        reference[length] = '\0';
    }
}

const char *router_fault(const struct router *router, const char *method, const char *target)
{
    char path[PATH_LENGTH_MAX + 1];
    size_t raw = strcspn(target, "?");
    bool libpod;
    long length;

    if (target[0] != '/')
        return strcmp(method, "CONNECT") == 0 ? NO_PERMISSION : FAULT_TARGET;
    if (raw > PATH_LENGTH_MAX)
        return FAULT_LENGTH;
    libpod = matches(router, router->libpod, target, raw);
    length = libpod ? -1 : decode(target, raw, path);
    for (size_t i = 0; path_faults[i].regex != NULL; i++) {
        bool decoded = path_faults[i].on == ON_ENGINE;

        if ((decoded && length < 0) || (path_faults[i].on == ON_LIBPOD && !libpod))
            continue;
        if (matches(router, router->fault[i], decoded ? path : target, decoded ? (size_t)length : raw))
            return path_faults[i].said;
    }
    return NO_PERMISSION;
}
