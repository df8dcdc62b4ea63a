/* Finds the operation of a request with the regexes that haproxy.cfg uses. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "policy/router.h"

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
    pcre2_match_data *match;
    size_t count;
    pcre2_code *operation[];
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
    pcre2_match_data_free(router->match);
    for (size_t i = 0; i < FAULTS_MAX; i++)
        pcre2_code_free(router->fault[i]);
    for (size_t i = 0; i < router->count; i++)
        pcre2_code_free(router->operation[i]);
    free(router);
}

struct router *router_new(void)
{
    struct router *router = calloc(1, sizeof *router + operation_count * sizeof(pcre2_code *));
    bool complete;

    if (router == NULL)
        return NULL;
    router->malformed = compile(MALFORMED_PATH);
    router->version = compile(VERSION_PREFIX);
    router->libpod = compile(LIBPOD_PREFIX);
    router->malformed_libpod = compile(MALFORMED_LIBPOD);
    router->match = pcre2_match_data_create(8, NULL);
    complete = router->malformed != NULL && router->version != NULL && router->libpod != NULL &&
               router->malformed_libpod != NULL && router->match != NULL;
    for (size_t i = 0; complete && path_faults[i].regex != NULL; i++) {
        router->fault[i] = compile(path_faults[i].regex);
        complete = router->fault[i] != NULL;
    }
    for (; complete && router->count < operation_count; router->count++) {
        char regex[OPERATION_REGEX_MAX];

        operation_regex(&operations[router->count], regex);
        router->operation[router->count] = compile(regex);
        complete = router->operation[router->count] != NULL;
    }
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

/* Decodes an Engine path. Returns where the path without its version begins, or -1 with the refusal. */
static long read_engine_path(const struct router *router, const char *target, size_t raw, long min_api_minor,
                             char *path, enum refusal *refusal)
{
    long length = decode(target, raw, path);
    long minor = min_api_minor;
    size_t skip;

    if (length < 0 || matches(router, router->malformed, path, (size_t)length))
        return -1;
    path[length] = '\0';
    skip = after_version(router, path, (size_t)length, &minor);
    if (minor < min_api_minor) {
        *refusal = OLD_VERSION;
        return -1;
    }
    return (long)skip;
}

/* Copies a libpod path as it is sent. Returns where the path without its version begins, or -1. */
static long read_libpod_path(const struct router *router, const char *target, size_t raw, char *path)
{
    if (matches(router, router->malformed_libpod, target, raw))
        return -1;
    memcpy(path, target, raw);
    path[raw] = '\0';
    return strstr(path, "/libpod/") - path;
}

size_t router_find(const struct router *router, const char *method, const char *target, long min_api_minor,
                   enum refusal *refusal)
{
    char path[PATH_LENGTH_MAX + 1];
    char text[32 + PATH_LENGTH_MAX + 1]; /* METHOD, then the path */
    size_t raw = strcspn(target, "?");
    long begin;
    int length;

    *refusal = NO_OPERATION;
    if (target[0] != '/' || raw > PATH_LENGTH_MAX)
        return operation_count;
    if (matches(router, router->libpod, target, raw))
        begin = read_libpod_path(router, target, raw, path);
    else
        begin = read_engine_path(router, target, raw, min_api_minor, path, refusal);
    if (begin < 0)
        return operation_count;
    length = snprintf(text, sizeof text, "%s%s", method, path + begin);
    if (length < 0 || (size_t)length >= sizeof text)
        return operation_count;
    for (size_t i = 0; i < operation_count; i++)
        if (matches(router, router->operation[i], text, (size_t)length)) {
            *refusal = NOT_REFUSED;
            return i;
        }
    return operation_count;
}

void router_reference(const struct router *router, const char *target, char reference[PATH_LENGTH_MAX + 1])
{
    char path[PATH_LENGTH_MAX + 1] = "";
    size_t raw = strcspn(target, "?");
    bool libpod = matches(router, router->libpod, target, raw);
    enum refusal refusal;
    long begin = -1;
    long length;
    const char *segment = path;

    reference[0] = '\0';
    if (raw <= PATH_LENGTH_MAX)
        begin = libpod ? read_libpod_path(router, target, raw, path)
                       : read_engine_path(router, target, raw, 0, path, &refusal);
    if (begin < 0)
        return;
    segment += begin;
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
