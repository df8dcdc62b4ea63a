/* The pieces of regex that depend on the variables: what a list allows besides what is harmless anyway. */
#include "guard_internal.h"
#include "guard_json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Capabilities that a container has without asking, so that giving them back after CapDrop is harmless. */
#define DEFAULT_CAPABILITIES                                                                                           \
    "AUDIT_WRITE|CHOWN|DAC_OVERRIDE|FOWNER|FSETID|KILL|MKNOD|NET_BIND_SERVICE|NET_RAW|SETFCAP|SETGID|SETPCAP|SETUID|" \
    "SYS_CHROOT"

/* What follows the source in a bind specification: a path in the container, and options. */
#define DESTINATION SLASH "(?:[^\":\\\\\\x00-\\x1f]|\\\\/)*+"
#define BIND_REST ":" DESTINATION "(?::[A-Za-z,]*+)?+\""

/* The name of a volume; at least two characters, so that it is no drive letter. */
#define VOLUME_NAME "[A-Za-z0-9][A-Za-z0-9_.-]++"

#define OPTION(name) "\"" name "\"" W ":" W

/* Mount options that would make something else of a network file system. */
#define HOST_OPTIONS "(?:r?bind|r?unbindable|remount|move)"
#define OPTIONS "\"[!#-\\[\\]-~]*+\""

/* -- Literals -------------------------------------------------------------------------------------------------------- */

/* A character as itself. Everything but letters, digits and _ is written in hexadecimal, so that neither the regex nor
 * HAProxy's quoting can read anything else. */
static void put_char(FILE *out, char c)
{
    if (isalnum((unsigned char)c) || c == '_')
        fputc(c, out);
    else
        fprintf(out, "\\x%02x", (unsigned)(unsigned char)c);
}

static void put_literal(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        put_char(out, *text);
}

static void put_path(FILE *out, const char *path)
{
    if (strcmp(path, "/") == 0)
        return; /* what follows begins with the slash */
    for (; *path != '\0'; path++)
        if (*path == '/')
            fputs(SLASH, out);
        else
            put_char(out, *path);
}

/* -- Paths of the host ----------------------------------------------------------------------------------------------- */

static bool listed(const struct guard_list *list, const char *path, size_t length)
{
    for (size_t i = 0; i < list->count; i++)
        if (strlen(list->items[i]) == length && strncmp(list->items[i], path, length) == 0)
            return true;
    return false;
}

/* A lookahead that refuses the Engine's socket and all directories above it, save those that are listed as such: they
 * would show the socket. end is what follows a path. */
static void put_not_socket(FILE *out, const struct guard *guard, const char *end)
{
    const char *const sockets[] = {guard->socket_path, "/var/run/docker.sock", "/run/docker.sock"};
    const struct guard_list *list = &guard->list[KNOB_BIND_MOUNTS];
    fputs("(?!(?:\\x00", out); /* matches nothing, so that every alternative can begin with | */
    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++) {
        const char *path = sockets[i];
        if (path[0] != '/')
            continue;
        if (!listed(list, "/", 1))
            fputc('|', out);
        for (size_t n = 1;; n++) {
            if ((path[n] == '/' || path[n] == '\0') && n > 1 && !listed(list, path, n)) {
                fputc('|', out);
                for (size_t c = 0; c < n; c++)
                    if (path[c] == '/')
                        fputs(SLASH, out);
                    else
                        put_char(out, path[c]);
            }
            if (path[n] == '\0')
                break;
        }
    }
    fprintf(out, ")(?:%s)?+%s)", SLASH, end);
}

/* A path at or below one of the list's, whole segments, neither . nor .. nor // in it. A possessive path takes all it
 * can, so that end must follow. */
static void put_allowed_path(FILE *out, const struct guard *guard, const char *end)
{
    const struct guard_list *list = &guard->list[KNOB_BIND_MOUNTS];
    fputs("(?=" SLASH ")", out);
    put_not_socket(out, guard, end);
    fputs("(?:", out);
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            fputc('|', out);
        put_path(out, list->items[i]);
        fprintf(out, "(?:%s%s)*+(?:%s)?+(?=%s)", SLASH, SEGMENT, SLASH, end);
    }
    fputc(')', out);
}

static bool has_paths(const struct guard *guard)
{
    return guard->list[KNOB_BIND_MOUNTS].count > 0;
}

/* -- Groups ---------------------------------------------------------------------------------------------------------- */

/* The name of a network of a container. */
static void put_network_name(FILE *out, const struct guard *guard)
{
    fprintf(out, "(?&%s)", guard->open[KNOB_HOST_NAMESPACES] ? "k" : "network");
}

static void put_bind(FILE *out, const struct guard *guard)
{
    fputs("(?>\"" VOLUME_NAME BIND_REST "|\"" DESTINATION "\"", out);
    if (has_paths(guard)) {
        fputs("|\"", out);
        put_allowed_path(out, guard, ":");
        fputs(BIND_REST, out);
    }
    fputc(')', out);
}

static void put_mount_type(FILE *out, const struct guard *guard)
{
    fprintf(out, "\"(?:volume|tmpfs|image|cluster%s)?+\"", has_paths(guard) ? "|bind" : "");
}

/* What does not begin with a slash is the name of a volume, or an image; as the source of a bind mount the Engine refuses
 * it. */
static void put_mount_source(FILE *out, const struct guard *guard)
{
    fputs("(?>\"\"|\"(?![A-Za-z]:)[A-Za-z0-9](?:[A-Za-z0-9_.:@/-]|\\\\/)*+\"", out);
    if (has_paths(guard)) {
        fputs("|\"", out);
        put_allowed_path(out, guard, "\"");
        fputc('"', out);
    }
    fputc(')', out);
}

/* Options of the local driver: a mount as `mount -t type -o o device` makes it. A relative device is relative to the
 * Engine's own directory, so that with bind mounts only network shares and allowed paths are devices. */
static void put_volume_option(FILE *out, const struct guard *guard)
{
    fputs("(?>" OPTION("size") "(?:null|(?&s))", out);
    if (has_paths(guard)) {
        fputs("|" OPTION("type") "\"(?:none|bind|nfs4?|cifs|smb3|tmpfs)\"", out);
        fputs("|" OPTION("o") "(?!\"(?:[^\",]*+,)*?(?:remount|move)[,\"])" OPTIONS, out);
        fputs("|" OPTION("device") "\"(?:none|tmpfs|[A-Za-z0-9_.-]*+:(?:" SLASH SEGMENT ")*+(?:" SLASH ")?+|", out);
        put_allowed_path(out, guard, "\"");
        fputs(")\"", out);
    } else {
        fputs("|" OPTION("type") "\"(?:nfs4?|cifs|smb3|tmpfs)\"", out);
        fputs("|" OPTION("o") "(?!\"(?:[^\",]*+,)*?" HOST_OPTIONS "[,\"])" OPTIONS, out);
        fputs("|" OPTION("device") "(?&s)", out);
    }
    fputs("|(?&k)" W ":" W "(?:null|\"\"))", out);
}

static void put_capability(FILE *out, const struct guard *guard)
{
    const struct guard_list *list = &guard->list[KNOB_CAP_ADD];
    fputs("\"(?i:(?:CAP_)?(?:" DEFAULT_CAPABILITIES, out);
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->items[i];
        fputc('|', out);
        put_literal(out, strncasecmp(name, "CAP_", 4) == 0 ? name + 4 : name);
    }
    fputs("))\"", out);
}

static void put_security_opt(FILE *out, const struct guard *guard)
{
    const struct guard_list *list = &guard->list[KNOB_SECURITY_OPT];
    fputs("\"(?:no-new-privileges(?:[=:]true)?|apparmor[=:]docker-default|seccomp[=:]builtin", out);
    for (size_t i = 0; i < list->count; i++) {
        const char *item = list->items[i];
        size_t key = strcspn(item, "=:"); /* the Engine takes either */
        fputc('|', out);
        for (size_t c = 0; item[c] != '\0'; c++)
            if (c == key)
                fputs("[=:]", out);
            else if (item[c] == '/')
                fputs(SLASH, out);
            else
                put_char(out, item[c]);
    }
    fputs(")\"", out);
}

static void put_runtime(FILE *out, const struct guard *guard)
{
    const struct guard_list *list = &guard->list[KNOB_RUNTIME];
    fputs("\"(?:|runc|io\\.containerd\\.runc\\.v2", out);
    for (size_t i = 0; i < list->count; i++) {
        fputc('|', out);
        put_path(out, list->items[i]);
    }
    fputs(")\"", out);
}

/* -- Image references ------------------------------------------------------------------------------------------------ */

#define TAG_CHARS "[A-Za-z0-9_.:@+-]"
#define QUERY_TAG_CHARS "(?:[A-Za-z0-9_.:@+-]|%3[Aa]|%40)"

/* One part of a glob: * stands for characters other than slash, ** in a name for slashes too. */
static void put_glob(FILE *out, const char *glob, size_t length, bool tag, bool query)
{
    for (size_t i = 0; i < length; i++) {
        char c = glob[i];
        if (c == '*' || c == '?') {
            bool both = c == '*' && i + 1 < length && glob[i + 1] == '*';
            if (tag)
                fputs(query ? QUERY_TAG_CHARS : TAG_CHARS, out);
            else if (both)
                fputs(query ? "(?:[A-Za-z0-9_./-]|%2[Ff]|:(?=[0-9]+(?:/|%2[Ff])))"
                            : "(?:[A-Za-z0-9_./-]|\\\\/|:(?=[0-9]+\\\\?/))",
                      out);
            else
                fputs("[A-Za-z0-9_.-]", out);
            fputs(c == '*' ? "*" : "", out);
            i += both ? 1 : 0;
        } else if (c == '/') {
            fputs(query ? "(?:/|%2[Ff])" : SLASH, out);
        } else if (query && (c == ':' || c == '@')) {
            fprintf(out, c == ':' ? "(?::|%%3[Aa])" : "(?:@|%%40)");
        } else {
            put_char(out, c);
        }
    }
}

/* The length of the name in a pattern; a tag or digest follows it. */
static size_t name_length(const char *pattern)
{
    const char *slash = strrchr(pattern, '/');
    const char *last = slash != NULL ? slash + 1 : pattern;
    return (size_t)(last - pattern) + strcspn(last, ":@");
}

/* A name without a registry is one of Docker Hub, whose long form is the same reference. */
static void put_registry(FILE *out, const char *pattern, bool query)
{
    const char *slash = query ? "(?:/|%2[Ff])" : SLASH;
    size_t first = strcspn(pattern, "/");
    if (pattern[first] == '\0') {
        fprintf(out, "(?:(?:(?:index\\.)?docker\\.io%s)?(?:library%s)?)?", slash, slash);
        return;
    }
    bool registry = memchr(pattern, '.', first) != NULL || memchr(pattern, ':', first) != NULL ||
                    memchr(pattern, '*', first) != NULL || strncmp(pattern, "localhost/", 10) == 0;
    if (!registry)
        fprintf(out, "(?:(?:index\\.)?docker\\.io%s)?", slash);
}

static void put_image(FILE *out, const struct guard *guard)
{
    const struct guard_list *list = &guard->list[KNOB_IMAGE_REFERENCES];
    if (list->count == 0) {
        fputs("(?&s)", out);
        return;
    }
    /* Bounded, because these are the only parts that go back and forth. */
    fputs("(?=\"[^\"]{1,512}\")\"(?:", out);
    for (size_t i = 0; i < list->count; i++) {
        const char *pattern = list->items[i];
        size_t name = name_length(pattern);
        if (i > 0)
            fputc('|', out);
        put_registry(out, pattern, false);
        put_glob(out, pattern, name, false, false);
        if (pattern[name] == '\0')
            fputs("(?:[:@]" TAG_CHARS "*+)?", out);
        else
            put_glob(out, pattern + name, strlen(pattern + name), true, false);
    }
    fputs(")\"", out);
}

#define ANYWHERE "(?:[^&]*+&)*?"
#define END "(?:&|\\z)"

/* The Engine puts the reference of a pull together from two parameters. Each may be there once only. */
static void put_image_query(FILE *out, const struct guard *guard)
{
    const struct guard_list *list = &guard->list[KNOB_IMAGE_REFERENCES];
    fputs("(?=[^\\n]{0,1024}+\\z)(?!" ANYWHERE "fromImage=[^&]*+&" ANYWHERE "fromImage=)(?!" ANYWHERE "tag=[^&]*+&" ANYWHERE
          "tag=)(?:",
          out);
    for (size_t i = 0; i < list->count; i++) {
        const char *pattern = list->items[i];
        size_t name = name_length(pattern);
        const char *tag = pattern + name;
        if (i > 0)
            fputc('|', out);
        fputs("(?=" ANYWHERE "fromImage=", out);
        put_registry(out, pattern, true);
        put_glob(out, pattern, name, false, true);
        if (*tag == '\0') {
            fputs("(?:(?::|@|%3[Aa]|%40)" QUERY_TAG_CHARS "*+)?" END ")", out);
            continue;
        }
        /* The tag in its own parameter, ... */
        fputs(END ")(?=" ANYWHERE "tag=", out);
        put_glob(out, tag + 1, strlen(tag + 1), true, true);
        fputs(END ")|(?=" ANYWHERE "fromImage=", out);
        /* ... or in the name. */
        put_registry(out, pattern, true);
        put_glob(out, pattern, name, false, true);
        put_glob(out, tag, strlen(tag), true, true);
        fputs(END ")(?!" ANYWHERE "tag=[^&])", out);
    }
    fputs(")", out);
}

/* -- All of them ----------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*put)(FILE *out, const struct guard *guard);
} dynamic[] = {
    {"network_name", put_network_name},
    {"bind", put_bind},
    {"mount_type", put_mount_type},
    {"mount_source", put_mount_source},
    {"volume_option", put_volume_option},
    {"capability", put_capability},
    {"security_opt", put_security_opt},
    {"runtime", put_runtime},
    {"image", put_image},
};

static char *text(void (*put)(FILE *out, const struct guard *guard), const struct guard *guard)
{
    char *result = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&result, &size);
    if (out == NULL)
        return NULL;
    put(out, guard);
    bool bad = ferror(out) != 0;
    if (fclose(out) != 0 || bad) {
        free(result);
        return NULL;
    }
    return result;
}

bool guard_make_groups(struct guard *guard)
{
    _Static_assert(sizeof dynamic / sizeof *dynamic < GUARD_DYNAMIC_MAX, "the list of groups needs its end");
    for (size_t i = 0; i < sizeof dynamic / sizeof *dynamic; i++) {
        guard->groups[i].name = dynamic[i].name;
        guard->groups[i].text = text(dynamic[i].put, guard);
        if (guard->groups[i].text == NULL)
            return false;
    }
    if (guard->list[KNOB_IMAGE_REFERENCES].count == 0)
        return true;
    guard->image_query = text(put_image_query, guard);
    return guard->image_query != NULL;
}
