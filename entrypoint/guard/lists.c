/* Writes the groups of regex that depend on the variables and on what is known of the Engine. */
#include "guard/json.h"
#include "guard/lists.h"
#include "base/text.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The capabilities that a container has by default, so adding them after CapDrop is harmless. */
#define DEFAULT_CAPABILITIES                                                                                          \
    "AUDIT_WRITE|CHOWN|DAC_OVERRIDE|FOWNER|FSETID|KILL|MKNOD|NET_BIND_SERVICE|NET_RAW|SETFCAP|SETGID|SETPCAP|SETUID|" \
    "SYS_CHROOT"

/* A path in the container, without the colon and the comma that separate it from what follows. */
#define DESTINATION "(?&inner)"

#define VOLUME_NAME "[A-Za-z0-9][A-Za-z0-9_.-]*+"

/* The options after a mount's destination, for a volume and for a path. Podman's others, such as O and upperdir=, are
 * refused. */
#define MODE        "r[ow]|z|Z|(?:no)?copy|cached|delegated|consistent|r?private"
#define PATH_MODE   MODE "|r?shared|r?slave"
#define MODES(mode) "(?::(?:(?:" mode ")(?:,(?!\")|(?=\")))*+)?+"

#define OPTION(name) "\"" name "\"" COLON

/* A value without escapes and control characters (U+0080 to U+009F included), so that it holds no line break. */
#define ONE_LINE "\"(?:[^\"\\\\\\x00-\\x1f\\x7f\\xc2]|\\xc2[\\xa0-\\xbf]|\\\\/)*+\""

/* Matches nothing. */
#define NOTHING "(?!)"

/* In queries. A segment is neither . nor .. */
#define END_OF_PARAMETER "(?=&|\\z)"
#define QUERY_SLASH      "(?:/|%2[Ff])"
#define QUERY_COLON      "(?::|%3[Aa])"
#define QUERY_SEGMENT    "(?!\\.{1,2}(?:/|&|%|:|\\z))[A-Za-z0-9_.~-]++"

/* ---- literals ---- */

/* Writes a literal character. All but letters, digits and _ are in hexadecimal, so that they have no other meaning for
 * PCRE2 or for HAProxy's quoting. */
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
        if (*text == '/')
            fputs(SLASH, out);
        else
            put_char(out, *text);
}

/* ---- lists of names ---- */

static bool lists(const struct guard_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], name) == 0)
            return true;
    return false;
}

static bool among(const char *name, const char *const names[])
{
    for (; *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* Whether the list has a name that is not among names: a plugin, which has options of its own. */
static bool lists_another(const struct guard_list *list, const char *const names[])
{
    for (size_t i = 0; i < list->count; i++)
        if (!among(list->items[i], names))
            return true;
    return false;
}

/* A string that is one of the alternatives in usual, empty, or an item of the list, which may be a plugin's whole name.
 */
static void put_names(FILE *out, const char *usual, const struct guard_list *list)
{
    fprintf(out, "\"(?:%s", usual);
    for (size_t i = 0; i < list->count; i++) {
        fputc('|', out);
        put_literal(out, list->items[i]);
    }
    fputs(")?+\"", out);
}

/* ---- what is known of the Engine ---- */

/* No two ids share so many digits. All 64 of each would be too much for PCRE2 where some 14 containers hold the socket:
 * it limits a compiled regex to 64 KiB, and HAProxy would not start. */
#define ID_DIGITS 12

/* Any prefix of an id, of one digit or more: the Engine accepts a prefix that is unique. Some versions of Podman read _
 * as any digit, and ignore case. What follows ID_DIGITS of them is not compared. */
static void put_id_prefix(FILE *out, const char *id, bool docker)
{
    size_t length = strlen(id) < ID_DIGITS ? strlen(id) : ID_DIGITS;

    for (size_t i = 0; i < length; i++) {
        fputs(i == 0 ? "" : "(?:", out);
        if (docker || isdigit((unsigned char)id[i]))
            fprintf(out, docker ? "%c" : "[%c_]", id[i]);
        else
            fprintf(out, "[%c%c_]", id[i], toupper((unsigned char)id[i]));
    }
    if (id[length] != '\0')
        fputs("[0-9A-Za-z_]*+", out);
    for (size_t i = 1; i < length; i++)
        fputs(")?+", out);
}

/* Alternatives, each after a |, for the names of these containers and the prefixes of their ids. */
static void put_containers(FILE *out, const struct guard_names *containers, bool docker)
{
    for (size_t i = 0; i < containers->count; i++) {
        const char *name = containers->list[i];

        fputc('|', out);
        if (strlen(name) == 64 && strspn(name, "0123456789abcdef") == 64)
            put_id_prefix(out, name, docker);
        else
            put_literal(out, name);
    }
}

#define END_OF_NAME "(?=[:\"&]|\\z)"

/* The proxy's own container, by name or id. */
static void put_own(FILE *out, const struct grammar *grammar)
{
    fputs("(?:" SLASH ")?+(?:\\x00", out);
    put_containers(out, &grammar->facts->own, grammar->facts->docker);
    fputs(")" END_OF_NAME, out);
}

/* A container whose volumes and namespaces no setting opens: the proxy's own, or one that has the Engine's socket. */
static void put_protected(FILE *out, const struct grammar *grammar)
{
    fputs("(?&own)|(?:" SLASH ")?+(?:\\x00", out);
    put_containers(out, &grammar->facts->holders, grammar->facts->docker);
    fputs(")" END_OF_NAME, out);
}

/* The container in NetworkConnect and NetworkDisconnect: any but the proxy's own. */
static void put_other_container(FILE *out, const struct grammar *grammar)
{
    fputs(grammar->facts->own_unknown ? NOTHING : "\"(?!(?&own))(?:" SLASH ")?+" IDENTIFIER "\"", out);
}

/* The containers whose volumes may be taken. */
static void put_volumes_from(FILE *out, const struct grammar *grammar)
{
    bool none = !grammar->guard->open[KNOB_VOLUMES_FROM] || grammar->facts->own_unknown;

    fputs(none ? NOTHING : "\"(?!(?&protected))(?:" SLASH ")?+" IDENTIFIER "(?::(?:r[ow]|z|Z|,)*+)?+\"", out);
}

/* Any value except a namespace of a protected container. */
static void put_not_protected(FILE *out, const struct grammar *grammar)
{
    fprintf(out, "(?>\"(?!container:%s)[^\"\\\\\\x00-\\x1f]*+\"|(?!\")(?&v))",
            grammar->facts->own_unknown ? "" : "(?&protected)\"");
}

/* ---- lists of namespaces ---- */

/* The end of a string, or of a parameter in a query. */
#define END_OF_VALUE "(?=[\"&]|\\z)"

#define NAMESPACE_HOST      "host"
#define NAMESPACE_CONTAINER "container:"

/* What the list has for a kind of namespace, the first from index *i on; NULL for nothing more. Advances *i. */
static const char *next_namespace(const struct guard *guard, const struct guard_namespace *kind, size_t *i)
{
    const struct guard_list *list = &guard->list[KNOB_HOST_NAMESPACES];
    size_t length = strlen(kind->name);

    while (*i < list->count) {
        const char *item = list->items[(*i)++];

        if (strncmp(item, kind->name, length) == 0 && item[length] == ':')
            return item + length + 1;
    }
    return NULL;
}

/* A container that the list names by a pattern: by its name, or by the id that it had when the Engine was asked,
 * because Compose and the Engine itself write ids. What could be the beginning of another container's id counts only if
 * a container had that very name then. Each alternative begins with |. */
static void put_listed_container(FILE *out, const struct grammar *grammar, const char *pattern)
{
    const char *digits = grammar->facts->docker ? "0123456789abcdef"
                                                : "0123456789abcdefABCDEF_"; /* see put_id_prefix */
    const struct guard_names *known = &grammar->facts->containers;
    bool any = strcmp(pattern, "*") == 0;

    if (pattern[strspn(pattern, digits)] != '\0') {
        fprintf(out, "|%s(?=[A-Za-z0-9_.-]{1,255}+" END_OF_VALUE ")",
                any                      ? ""
                : grammar->facts->docker ? "(?![0-9a-f]++" END_OF_VALUE ")"
                                         : "(?![0-9A-Fa-f_]++" END_OF_VALUE ")");
        guard_put_glob(out, pattern, strlen(pattern), GLOB_VOLUME);
        fputs(END_OF_VALUE, out);
    }
    for (size_t i = 0; i + 1 < known->count && !any; i += 2)
        if (fnmatch(pattern, known->list[i], 0) == 0) {
            fputc('|', out);
            put_literal(out, known->list[i]);
            fprintf(out, END_OF_VALUE "|%s" END_OF_VALUE, known->list[i + 1]);
        }
}

/* The name or pattern of a container that the list has, the first from index *i on; NULL for nothing more. Advances *i.
 */
static const char *next_container(const struct guard *guard, size_t *i)
{
    const struct guard_list *list = &guard->list[KNOB_HOST_NAMESPACES];

    while (*i < list->count) {
        const char *name = strstr(list->items[(*i)++], ":" NAMESPACE_CONTAINER);

        if (name != NULL && strcmp(name + strlen(":" NAMESPACE_CONTAINER), "*") != 0)
            return name + strlen(":" NAMESPACE_CONTAINER);
    }
    return NULL;
}

bool guard_lists_containers(const struct guard *guard)
{
    size_t i = 0;

    return next_container(guard, &i) != NULL;
}

bool guard_lists_container(const struct guard *guard, const char *name)
{
    const char *pattern;

    for (size_t i = 0; (pattern = next_container(guard, &i)) != NULL;)
        if (fnmatch(pattern, name, 0) == 0)
            return true;
    return false;
}

bool guard_joins_containers(const struct guard *guard)
{
    const struct guard_list *list = &guard->list[KNOB_HOST_NAMESPACES];

    for (size_t i = 0; i < list->count; i++)
        if (strstr(list->items[i], ":" NAMESPACE_CONTAINER) != NULL)
            return true;
    return guard->open[KNOB_HOST_NAMESPACES] || guard->open[KNOB_VOLUMES_FROM];
}

/* The new name of a container, in a query: none that the list has, and no id, since those of the listed containers
 * count as their names. */
static void put_new_name(FILE *out, const struct grammar *grammar)
{
    const char *name;

    fputs("(?:" QUERY_SLASH ")?+(?![0-9a-fA-F]{64}" END_OF_VALUE, out);
    for (size_t i = 0; (name = next_container(grammar->guard, &i)) != NULL;) {
        fputc('|', out);
        guard_put_glob(out, name, strlen(name), GLOB_VOLUME);
        fputs(END_OF_VALUE, out);
    }
    fputs(")(?:" IDENTIFIER ")?+", out);
}

bool guard_opens_namespace(const struct guard *guard, const char *item)
{
    return guard->open[KNOB_HOST_NAMESPACES] || lists(&guard->list[KNOB_HOST_NAMESPACES], item);
}

bool guard_opens_processes(const struct guard *guard)
{
    const struct guard_list *list = &guard->list[KNOB_HOST_NAMESPACES];

    for (size_t i = 0; i < list->count; i++)
        if (strncmp(list->items[i], "pid:container:", 14) == 0 || strncmp(list->items[i], "ipc:container:", 14) == 0)
            return true;
    return guard->open[KNOB_HOST_NAMESPACES];
}

/* The values that the list has for a kind of namespace: alternatives, each after a |, without what ends them. A
 * protected container's namespace is never among them. */
static void put_listed_namespace(FILE *out, const struct grammar *grammar, const struct guard_namespace *kind,
                                 const char *before, const char *colon, const char *after)
{
    const char *item;
    bool containers = false;

    for (size_t i = 0; (item = next_namespace(grammar->guard, kind, &i)) != NULL;)
        if (strcmp(item, NAMESPACE_HOST) == 0)
            fprintf(out, "|%s" NAMESPACE_HOST "%s", before, after);
        else
            containers = true;
    if (!containers || grammar->facts->own_unknown)
        return;
    /* Watchtower writes the name with the slash that inspections have. */
    fprintf(out, "|%scontainer%s(?!(?&protected))(?:" SLASH ")?+(?:\\x00", before, colon);
    for (size_t i = 0; (item = next_namespace(grammar->guard, kind, &i)) != NULL;)
        if (strncmp(item, NAMESPACE_CONTAINER, strlen(NAMESPACE_CONTAINER)) == 0)
            put_listed_container(out, grammar, item + strlen(NAMESPACE_CONTAINER));
    fprintf(out, ")%s", after);
}

void guard_put_listed(FILE *out, const struct grammar *grammar, enum guard_knob knob)
{
    for (const struct guard_namespace *kind = guard_namespaces; kind->name != NULL; kind++)
        if (kind->knob == knob)
            put_listed_namespace(out, grammar, kind, "\"", ":", "\"");
}

/* With cgroup v1, containers have the host's cgroup namespace by default, and clients that recreate one send it. */
static void put_cgroupns(FILE *out, const struct grammar *grammar)
{
    fprintf(out, "\"(?:private%s)?+\"", grammar->facts->cgroup_v1 ? "|host" : "");
}

/* A member that is not in the schema may be empty; with ALLOW_PRIVILEGED it may hold any value. */
static void put_other(FILE *out, const struct grammar *grammar)
{
    fprintf(out, "(?&k)" COLON "(?&%s)", grammar->guard->open[KNOB_PRIVILEGED] ? "v" : "e");
}

/* A file of the client's. Docker only stores the name; Podman deletes the file on the host. */
static void put_client_file(FILE *out, const struct grammar *grammar)
{
    fputs(grammar->facts->docker ? "(?&s)" : "\"\"", out);
}

/* The classic builder (1), and BuildKit (2) if it checks the containers of frontends: up to Engine 25.0.1 they may be
 * privileged and in the host's network, and any image can be a frontend. */
static void put_builder(FILE *out, const struct grammar *grammar)
{
    fputs(grammar->facts->sound_builds ? "[12]" : "1", out);
}

#define REST_OF_STRING "(?&rest)"

/* NAME=value. Some variables give the container devices if the vendor's runtime is the default. Podman copies a
 * variable without a value, and all that a * matches, from its own environment. */
static void put_environment(FILE *out, const struct grammar *grammar)
{
    fputc('"', out);
    if (!grammar->guard->open[KNOB_DEVICES])
        fprintf(
            out,
            "(?!%s(?:(?:NVIDIA|HABANA|AMD|MTHREADS|ASCEND)_(?:VISIBLE|IMEX|MOFED|GD|NVSW|MIG)|DOCKER_RESOURCE_)[^=\"]*+=(?!(?:void|none)?\"))",
            lists(&grammar->guard->list[KNOB_DEVICES], "gpu") ? "(?!NVIDIA_VISIBLE_DEVICES=" GPU_IDS "\")" : "");
    fprintf(out, "[^\"\\\\=\\x00-\\x1f]++(?:=" REST_OF_STRING "%s)", grammar->facts->docker ? "|\"" : "");
}

/* What the keys of labels begin with that mean something to this proxy. */
#define OWN_LABELS "docker-socket-proxy."

/* Writes the two hexadecimal digits of a character, in either case of these and of the character. */
static void put_digits(FILE *out, char c)
{
    unsigned upper = (unsigned)toupper((unsigned char)c) >> 4;
    unsigned lower = (unsigned)tolower((unsigned char)c) >> 4;
    unsigned last = (unsigned)(unsigned char)c & 15;

    if (upper == lower)
        fprintf(out, "%x", lower);
    else
        fprintf(out, "[%x%x]", upper, lower);
    fprintf(out, last > 9 ? "[%x%X]" : "%x", last, last);
}

/* Writes each character of a text in either case, itself or as the escape before its hexadecimal digits. */
static void put_escaped(FILE *out, const char *text, const char *escape)
{
    for (; *text != '\0'; text++) {
        fputs("(?:", out);
        if (isalpha((unsigned char)*text))
            fprintf(out, "[%c%c]", tolower((unsigned char)*text), toupper((unsigned char)*text));
        else
            put_char(out, *text);
        fprintf(out, "|%s", escape);
        put_digits(out, *text);
        fputc(')', out);
    }
}

/* The beginning of such a key, in a body. A key with a letter as an escape may be one: encoders write only others so.
 */
static void put_own_label(FILE *out, const struct grammar *grammar)
{
    (void)grammar;
    fputs("\"(?:(?i:", out);
    put_literal(out, OWN_LABELS);
    fprintf(out, ")|[%c%c][A-Za-z.-]{0,%zu}+\\\\u00(?:2[DdEe]|[4-7])|\\\\u00", toupper((unsigned char)*OWN_LABELS),
            *OWN_LABELS, strlen(OWN_LABELS) - 2);
    put_digits(out, *OWN_LABELS);
    fputc(')', out);
}

/* The same in JSON in a query. A letter as an escape of JSON is refused wherever it is: encoders write only others so.
 */
static void put_own_label_query(FILE *out, const struct grammar *grammar)
{
    (void)grammar;
    fputs("(?:\"|%22)", out);
    put_escaped(out, OWN_LABELS, "%");
    fputs("|(?:\\\\|%5[Cc])(?:u|%75)(?!(?!00(?:2[DdEe]|[4-7]))[0-9A-Fa-f]{4})", out);
}

/* Podman's auto-update restarts the systemd unit, and reads the file, that these labels name. */
static void put_label(FILE *out, const struct grammar *grammar)
{
    fputs("(?!(?&own_label))", out);
    if (!grammar->facts->docker)
        fputs("(?=\"[^\"\\\\]*+\")(?!\"(?i:podman_systemd_unit|io\\.containers\\.autoupdate))", out);
    fputs("(?&s)" COLON "(?>null|(?&s))", out);
}

/* ---- drivers ---- */

static const char *const network_file_systems[] = {"nfs", "nfs4", "cifs", "smb3", NULL};

/* The Engine appends a driver's name to its plugin directory unchanged: "../x" would leave the directory. */
static void put_volume_driver(FILE *out, const struct grammar *grammar)
{
    const struct guard_list *list = &grammar->guard->list[KNOB_VOLUME_DRIVERS];

    fputs("\"(?:local|default", out);
    for (size_t i = 0; i < list->count; i++)
        if (!among(list->items[i], network_file_systems)) {
            fputc('|', out);
            put_literal(out, list->items[i]);
        }
    fputs(")?+\"", out);
}

static void put_network_driver(FILE *out, const struct grammar *grammar)
{
    put_names(out,
              grammar->guard->open[KNOB_HOST_NAMESPACES] ? "default|bridge|overlay|null|none|host"
                                                         : "default|bridge|overlay|null|none",
              &grammar->guard->list[KNOB_NETWORK_DRIVERS]);
}

static void put_ipam_driver(FILE *out, const struct grammar *grammar)
{
    put_names(out, "default|null", &grammar->guard->list[KNOB_NETWORK_DRIVERS]);
}

/* The option parent, an interface of the host, if its driver is listed; and the options of a listed plugin. */
static void put_parent(FILE *out, const struct grammar *grammar)
{
    static const char *const own[] = {"macvlan", "ipvlan", NULL};
    const struct guard_list *list = &grammar->guard->list[KNOB_NETWORK_DRIVERS];

    fputs("(?>" NOTHING, out);
    if (lists(list, "macvlan") || lists(list, "ipvlan"))
        fputs("|" OPTION("parent") "\"[A-Za-z0-9_.-]*+\"", out);
    if (lists_another(list, own))
        fputs("|(?!\"(?i:com\\.docker\\.network\\.|parent\"))(?&option)" COLON ONE_LINE, out);
    fputc(')', out);
}

static void put_log_driver(FILE *out, const struct grammar *grammar)
{
    put_names(out, "default|json-file|local|none|journald", &grammar->guard->list[KNOB_LOG_DRIVERS]);
}

/* The options of each log driver. */
static const struct {
    const char *driver;
    const char *options;
} log_drivers[] = {
    {"syslog", "syslog-[a-z0-9-]*+"},
    {"gelf", "gelf-[a-z0-9-]*+"},
    {"fluentd", "fluentd-[a-z0-9-]*+"},
    {"splunk", "splunk-[a-z0-9-]*+"},
    {"awslogs", "awslogs-[a-z0-9-]*+"},
    {"gcplogs", "gcp-[a-z0-9-]*+"},
    {"logentries", "logentries-[a-z0-9-]*+|line-only"},
};

/* Options that are harmless with every driver: sizes, numbers, words, and the tag, a template that the Engine executes.
 * journald turns labels and variables into fields, and some names would forge the origin of a line. path and driver are
 * Podman's: a file of the host. */
static void put_log_option(FILE *out, const struct grammar *grammar)
{
    static const char *const builtin[] = {"syslog",  "gelf",       "fluentd",  "splunk",    "awslogs",
                                          "gcplogs", "logentries", "journald", "json-file", "local",
                                          "none",    "etwlogs",    NULL};
    static const char *const journal[] = {"json-file", "local", "none", NULL};
    const struct guard_list *list = &grammar->guard->list[KNOB_LOG_DRIVERS];

    /* clang-format off */
    fputs("(?>\"[A-Za-z0-9_.-]*+\"" COLON "(?:null|\"\")(?=" W "[,}])"
          "|" OPTION("(?:max-size|max-buffer-size|cache-max-size)") "\"-?+[0-9]*+[A-Za-z]*+\""
          "|" OPTION("(?:max-file|cache-max-file)") "\"[0-9]*+\""
          "|" OPTION("(?:compress|cache-disabled|cache-compress)") "\"(?:true|false|[01])\""
          "|" OPTION("mode") "\"(?:non-)?+blocking\""
          "|" OPTION("(?:labels|env)") "\"(?:(?!(?i:container|image|syslog|priority|message|code|object|coredump|unit))[A-Za-z0-9][A-Za-z0-9_.-]*+,?+)*+\""
          "|" OPTION("(?:labels|env)-regex") "\"\\^(?:com|[abd-hj-lnqrtv-zABD-HJ-LNQRTV-Z0-9])[A-Za-z0-9_.-]*+\""
          "|" OPTION("tag") "\"(?:[A-Za-z0-9_.:/ -]|\\\\/|\\{\\{ ?+\\.(?:ID|FullID|Name|ImageID|ImageFullID|ImageName|DaemonName) ?+\\}\\})*+\"",
          out);
    /* clang-format on */
    if (lists(list, "journald") || lists_another(list, journal))
        fputs("|" OPTION("(?:labels|env)(?:-regex)?+") ONE_LINE, out);
    for (size_t i = 0; i < sizeof log_drivers / sizeof *log_drivers; i++)
        if (lists(list, log_drivers[i].driver))
            fprintf(out, "|\"(?:%s)\"" COLON ONE_LINE, log_drivers[i].options);
    if (lists_another(list, builtin))
        fputs(
            "|(?!\"(?i:(?:path|driver|tag|labels|env|labels-regex|env-regex)\"|(?:syslog|gelf|fluentd|splunk|awslogs|gcp|logentries)-))(?&option)" COLON
                ONE_LINE,
            out);
    fputc(')', out);
}

/* ---- names of volumes ---- */

/* The name of a volume that the list of patterns allows; any name if there is no list. To Podman, what begins with a
 * dot is a path. */
static void put_volume_new(FILE *out, const struct grammar *grammar)
{
    const struct guard_list *list = &grammar->guard->list[KNOB_VOLUME_NAMES];

    if (list->count == 0) {
        fputs(VOLUME_NAME, out);
        return;
    }
    fputs("(?=[A-Za-z0-9][A-Za-z0-9_.-]{0,254}+[:\"])(?:", out);
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            fputc('|', out);
        guard_put_glob(out, list->items[i], strlen(list->items[i]), GLOB_VOLUME);
        fputs("(?=[:\"])", out);
    }
    fputc(')', out);
}

/* The name of a volume that may be mounted. The proxy's own hold its listeners' sockets or its certificates: they pass
 * only if the list has their exact name. While they are not known, no volume passes. */
static void put_volume_name(FILE *out, const struct grammar *grammar)
{
    const struct guard_names *volumes = &grammar->facts->volumes;

    if (grammar->facts->own_unknown) {
        fputs(NOTHING, out);
        return;
    }
    fputs("(?!(?:\\x00", out);
    for (size_t i = 0; i < volumes->count; i++)
        if (!lists(&grammar->guard->list[KNOB_VOLUME_NAMES], volumes->list[i])) {
            fputc('|', out);
            put_literal(out, volumes->list[i]);
        }
    fputs(")[:\"])(?&volume_new)", out);
}

/* ---- paths of the host ---- */

#define END_OF_PATH "(?=[:\"])"

/* Alternatives, each after a |, for the Engine's sockets and all directories above them, which would expose the socket,
 * except those that the list has literally. */
static void put_sockets(FILE *out, const struct guard *guard)
{
    const char *const sockets[] = {guard->socket_path, "/var/run/docker.sock", "/run/docker.sock",
                                   "/run/podman/podman.sock", "/var/run/podman/podman.sock"};
    const struct guard_list *list = &guard->list[KNOB_BIND_MOUNTS];

    for (size_t i = 0; i < sizeof sockets / sizeof *sockets; i++) {
        char *path = text_format("%s", sockets[i]);

        if (path[0] == '/' && !lists(list, "/"))
            fputc('|', out);
        for (size_t n = strlen(path); n > 1 && path[0] == '/'; n = (size_t)(strrchr(path, '/') - path)) {
            path[n] = '\0';
            if (!lists(list, path)) {
                fputc('|', out);
                put_literal(out, path);
            }
        }
        free(path);
    }
}

/* A path at or below one of the list, segment by segment, without ., .. and //. The end of a path in a bind
 * specification or a string must follow. */
static void put_path(FILE *out, const struct grammar *grammar)
{
    const struct guard_list *list = &grammar->guard->list[KNOB_BIND_MOUNTS];

    fputs("(?=" SLASH ")(?!(?:\\x00", out); /* \x00 matches nothing: every alternative begins with | */
    put_sockets(out, grammar->guard);
    fputs(")(?:" SLASH ")?+" END_OF_PATH ")(?:", out);
    for (size_t i = 0; i < list->count; i++) {
        fputs(i > 0 ? "|" : "", out);
        if (strcmp(list->items[i], "/") != 0) /* the segments begin with the slash */
            put_literal(out, list->items[i]);
    }
    fputs(")(?&segments)" END_OF_PATH, out);
}

static bool has_paths(const struct guard *guard)
{
    return guard->list[KNOB_BIND_MOUNTS].count > 0;
}

/* ---- devices ---- */

static bool is_path(const char *item)
{
    return item[0] == '/';
}

static bool is_rule(const char *item)
{
    return item[1] == ':';
}

static bool is_gpu(const char *item)
{
    return strcmp(item, "gpu") == 0;
}

static bool is_any(const char *item)
{
    return item[0] != '\0';
}

/* The knobs whose members pass only what a list has for them. */
static const struct {
    enum guard_knob knob;
    enum guard_knob list;
    bool (*is_for)(const char *item);
} listed_only[] = {
    {KNOB_DEVICE, KNOB_DEVICES, is_path},
    {KNOB_DEVICE_REQUEST, KNOB_DEVICES, is_gpu},
    {KNOB_DEVICE_RULE, KNOB_DEVICES, is_rule},
    {KNOB_SYSCTL, KNOB_SYSCTLS, is_any},
};

bool guard_lists_nothing(const struct guard *guard, enum guard_knob knob)
{
    for (size_t k = 0; k < sizeof listed_only / sizeof *listed_only; k++) {
        const struct guard_list *list = &guard->list[listed_only[k].list];
        size_t i = 0;

        if (listed_only[k].knob != knob)
            continue;
        while (i < list->count && !listed_only[k].is_for(list->items[i]))
            i++;
        return i == list->count;
    }
    return false;
}

#define MEMBER(name) "\"(?i:" name ")\"" COLON

/* An object with these members; others may be empty, as everywhere. */
static void put_object(FILE *out, const char *members, const char *names)
{
    fprintf(out, "(?>\\{" W "(?:(?>%s|(?!\"(?i:%s)\")(?&other)|(?&k)" COLON "null)" NEXT ")*+\\})", members, names);
}

/* A device, or a directory of devices: the Engine follows symbolic links, and takes all that is below a directory.
 * Podman joins the three members with colons. */
static void put_device(FILE *out, const struct grammar *grammar)
{
    const struct guard_list *list = &grammar->guard->list[KNOB_DEVICES];
    struct text members;
    char *text;

    text_begin(&members);
    fputs(MEMBER("PathOnHost") "\"(?=" SLASH ")(?:\\x00", members.stream);
    for (size_t i = 0; i < list->count; i++)
        if (is_path(list->items[i])) {
            fputc('|', members.stream);
            put_literal(members.stream, list->items[i]);
        }
    fputs(")(?&segments)\"|" MEMBER("PathInContainer") "\"(?&segments)\"|" MEMBER("CgroupPermissions") "\"[rwm]*+\"",
          members.stream);
    text = text_end(&members);
    put_object(out, text, "PathOnHost|PathInContainer|CgroupPermissions");
    free(text);
}

#define GPU_WORDS "gpu|nvidia|compute|compat32|graphics|utility|video|display|ngx"

/* GPUs by NVIDIA's driver, or by the one that the Engine finds for these capabilities. The driver cdi takes the names
 * of any devices, with mounts and hooks. */
static void put_device_request(FILE *out, const struct grammar *grammar)
{
    (void)grammar;
    put_object(out,
               MEMBER("Driver") "\"(?:nvidia)?+\"|" MEMBER("Count") "(?&number)|" MEMBER(
                   "DeviceIDs") "\\[" W "(?:\"[A-Za-z0-9_.:-]++\"" NEXT
                                ")*+\\]|" MEMBER("Capabilities") "\\[" W "(?:\\[" W "(?:\"(?:" GPU_WORDS ")\"" NEXT
                                                                 ")*+\\]" NEXT ")*+\\]|" MEMBER("Options") "(?&empty)",
               "Driver|Count|DeviceIDs|Capabilities|Options");
}

/* c:189:* is "c 189:* rwm" and the like. */
static void put_device_rule(FILE *out, const struct grammar *grammar)
{
    const struct guard_list *list = &grammar->guard->list[KNOB_DEVICES];

    fputs("\"(?:\\x00", out);
    for (size_t i = 0; i < list->count; i++)
        if (is_rule(list->items[i])) {
            fprintf(out, "|%c ", list->items[i][0]);
            put_literal(out, list->items[i] + 2);
        }
    fputs(") [rwm]{1,3}+\"", out);
}

/* ---- sysctls ---- */

/* Writes a name with dots for slashes and slashes for dots if swap is true. */
static void put_sysctl_name(FILE *out, const char *name, size_t length, bool swap)
{
    for (size_t i = 0; i < length; i++)
        if (name[i] == (swap ? '.' : '/'))
            fputs(SLASH, out);
        else
            put_char(out, (char)(name[i] == '/' ? '.' : name[i]));
}

/* A setting of the list, with any value, by either form of its name: dots are slashes where the first separator is a
 * slash (sysctl.d(5), as runc reads it). */
static void put_sysctl(FILE *out, const struct grammar *grammar)
{
    const struct guard_list *list = &grammar->guard->list[KNOB_SYSCTLS];

    fputs("\"(?:\\x00", out);
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->items[i];
        size_t length = strlen(name);
        bool below = name[length - 1] == '*';
        bool slashes = name[strcspn(name, "./")] == '/';

        length -= below ? 2 : 0;
        fputc('|', out);
        put_sysctl_name(out, name, length, slashes);
        fputs(below ? "(?:\\.[A-Za-z0-9_-]++)++|" : "|", out);
        put_sysctl_name(out, name, length, !slashes);
        fputs(below ? "(?:" SLASH "[A-Za-z0-9_-]++)++" : "", out);
    }
    fputs(")\"" COLON "(?>null|" ONE_LINE ")", out);
}

/* ---- commands ---- */

bool guard_limits_commands(const struct guard *guard)
{
    return guard->list[KNOB_EXEC_COMMANDS].count > 0;
}

/* A word with a wildcard is bounded, because that goes back over what it has read. A group of its own, because PCRE2
 * writes out what it repeats 256 times. */
static void put_short_word(FILE *out, const struct grammar *grammar)
{
    (void)grammar;
    fputs("(?=\"(?>[^\"\\\\]|\\\\.){0,256}+\")", out);
}

/* A segment of a path with a wildcard: not ., and not .. at its end, where it may follow an option (-C..). */
static void put_segment(FILE *out, const char *segment, size_t length)
{
    bool wild = memchr(segment, '*', length) != NULL || memchr(segment, '?', length) != NULL;

    fputs(wild ? "(?!\\.\\\\?[/\"])" : "", out);
    guard_put_glob(out, segment, length, GLOB_WORD);
    fputs(wild ? "(?<!\\.\\.)" : "", out);
}

/* One word of a command, or all that follow. What begins with a wildcard is neither an option nor, unless it is any
 * word, a path from the root. */
static void put_word(FILE *out, const char *word, size_t length)
{
    if (length == 2 && memcmp(word, "**", 2) == 0) {
        fputs("(?:" W "," W "(?&s))*+", out);
    } else if (length == 1 && *word == '*') {
        fputs("(?!\"(?:-|\\\\u002[Dd]))(?&s)", out);
    } else {
        fputs(memchr(word, '*', length) != NULL || memchr(word, '?', length) != NULL ? "(?&short_word)\"" : "\"", out);
        fputs(*word == '*' || *word == '?' ? "(?!-|\\\\?/)" : "", out);
        for (size_t i = 0, n; i <= length; i += n + 1) {
            const char *slash = i < length ? memchr(word + i, '/', length - i) : NULL;

            n = slash != NULL ? (size_t)(slash - word) - i : length - i;
            put_segment(out, word + i, n);
            fputs(slash != NULL ? SLASH : "", out);
        }
        fputc('"', out);
    }
}

/* The words of a command, each by itself: a string stays in its word, whatever is in it. */
static void put_exec_command(FILE *out, const struct grammar *grammar)
{
    const struct guard_list *list = &grammar->guard->list[KNOB_EXEC_COMMANDS];

    if (!guard_limits_commands(grammar->guard)) {
        fputs("(?&v)", out);
        return;
    }
    fputs("\\[" W "(?:\\x00", out);
    for (size_t i = 0; i < list->count; i++) {
        const char *word = list->items[i];

        fputc('|', out);
        for (size_t length; *word != '\0'; word += length + (word[length] == ' ')) {
            length = strcspn(word, " ");
            if (word != list->items[i] && strcmp(word, "**") != 0)
                fputs(W "," W, out);
            put_word(out, word, length);
        }
        fputs(W "(?=\\])", out);
    }
    fputs(")\\]", out);
}

/* The user of a command: the container's own, or one of the list. */
static void put_exec_user(FILE *out, const struct grammar *grammar)
{
    if (guard_limits_commands(grammar->guard))
        put_names(out, "\\x00", &grammar->guard->list[KNOB_EXEC_USERS]);
    else
        fputs("(?&user)", out);
}

/* Variables such as PATH or LD_PRELOAD would make another command of it. */
static void put_exec_environment(FILE *out, const struct grammar *grammar)
{
    if (guard_limits_commands(grammar->guard))
        fputs(NOTHING, out);
    else
        put_environment(out, grammar);
}

/* A relative program or file would be another one in another directory. */
static void put_exec_directory(FILE *out, const struct grammar *grammar)
{
    fputs(guard_limits_commands(grammar->guard) ? "\"\"" : "(?&s)", out);
}

/* Many programs take commands from their input. */
static void put_exec_input(FILE *out, const struct grammar *grammar)
{
    fputs(guard_limits_commands(grammar->guard) ? "false" : "true|false", out);
}

/* ---- mounts and volumes ---- */

/* The name of a network of a container. */
static void put_network_name(FILE *out, const struct grammar *grammar)
{
    fprintf(out, "(?&%s)", grammar->guard->open[KNOB_HOST_NAMESPACES] ? "k" : "network");
    guard_put_listed(out, grammar, KNOB_NETWORK_MODE);
}

/* A build's network. One in any spelling could be a protected container's, so the variable does not open it to that. */
static void put_build_network(FILE *out, const struct grammar *grammar)
{
    if (grammar->guard->open[KNOB_HOST_NAMESPACES]) {
        fprintf(out, "(?!(?i:container)(?::|%%3[Aa])%s)(?:[A-Za-z0-9_.:/=,-]|%%3[AaDd]|%%2[CcFf])*+",
                grammar->facts->own_unknown ? "" : "(?:/|%2[Ff]|(?&protected))");
        return;
    }
    fputs("(?!(?i:host)(?:&|\\z))[A-Za-z0-9_.-]*+" END_OF_PARAMETER, out);
    put_listed_namespace(out, grammar, guard_namespaces, "", "(?::|%3[Aa])", "");
}

/* The context of a build, which the Engine fetches from the network of the host: a file or a git repository at a plain
 * URL, with a branch and a directory in it. Another could name files of the host, or be an option of git. */
static void put_remote(FILE *out, const struct grammar *grammar)
{
    fputs("client-session", out);
    if (grammar->guard->open[KNOB_HOST_NAMESPACES])
        fputs("|(?:https?|git)" QUERY_COLON QUERY_SLASH "{2}[A-Za-z0-9.-]++(?:" QUERY_COLON
              "[0-9]++)?+(?:" QUERY_SLASH QUERY_SEGMENT ")*+" QUERY_SLASH
              "?+(?:%23(?:[A-Za-z0-9_][A-Za-z0-9_.-]*+(?:" QUERY_SLASH QUERY_SEGMENT
              ")*+)?+(?:" QUERY_COLON QUERY_SEGMENT "(?:" QUERY_SLASH QUERY_SEGMENT ")*+)?+)?+",
              out);
}

bool guard_opens_host_network(const struct guard *guard)
{
    return guard->open[KNOB_HOST_NAMESPACES] || lists(&guard->list[KNOB_HOST_NAMESPACES], "network:host");
}

/* A service cannot join a container. */
static void put_listed_host_network(FILE *out, const struct grammar *grammar)
{
    if (guard_opens_host_network(grammar->guard))
        fputs("|\"host\"", out);
}

/* The network of a service: a name, the whole id, or a prefix of an id. Ids are 25 lower-case letters and digits. If
 * the ids of the host network are known, they and their prefixes are refused; else all that could be such a prefix. */
static void put_service_network(FILE *out, const struct grammar *grammar)
{
    const struct guard_names *hosts = &grammar->facts->host_networks;

    if (hosts->count == 0) {
        fputs("(?=\"(?:[^\"]*?[^0-9a-z\"]|(?=[0-9a-z]{25}\")[0-9a-f]*+[g-z]))(?&network)", out);
        put_listed_host_network(out, grammar);
        return;
    }
    fputs("(?!\"(?:\\x00", out);
    for (size_t i = 0; i < hosts->count; i++) {
        fputc('|', out);
        put_id_prefix(out, hosts->list[i], true);
    }
    fputs(")\")(?&network)", out);
    put_listed_host_network(out, grammar);
}

static void put_bind(FILE *out, const struct grammar *grammar)
{
    /* One letter would be a drive of Windows. */
    fputs("(?>\"(?=[A-Za-z0-9_.-]{2})(?&volume_name):" DESTINATION MODES(MODE) "\"|\"" DESTINATION "\"", out);
    fputs(has_paths(grammar->guard) ? "|\"(?&path):" DESTINATION MODES(PATH_MODE) "\")" : ")", out);
}

/* Not bind for Podman, which reads a relative source, here the name of a volume, as a path; Binds serves there. */
static void put_mount_type(FILE *out, const struct grammar *grammar)
{
    fprintf(out, "\"(?:volume|tmpfs|image%s)?+\"", has_paths(grammar->guard) && grammar->facts->docker ? "|bind" : "");
}

/* The name of a volume; an image, by a reference that is not a possible name of a volume; a path if paths are listed.
 * The Engine refuses a bind mount whose source does not begin with a slash. */
static void put_mount_source(FILE *out, const struct grammar *grammar)
{
    fputs("(?>\"\"|\"(?&volume_name)\"|(?=\"[^\"]*?[/:@])(?!\"[A-Za-z]:)(?&image)", out);
    fputs(has_paths(grammar->guard) ? "|\"(?&path)\")" : ")", out);
}

/* The address of another machine: neither loopback nor link-local. A name can resolve to any address, so names need a
 * list. Some parsers read an octet with a leading zero as octal. */
#define OTHER_ADDRESS "(?&other_address)"
#define OTHER_NAME    "(?!(?i:localhost|ip6-)|[0-9.xXA-Fa-f]*+[:/,\"])[A-Za-z0-9_][A-Za-z0-9_.-]*+"

/* The location of a share: an address, or a name if names is true; and its path. */
static void put_share(FILE *out, const char *before, bool names, const char *between)
{
    fprintf(out, "|%s(?:" OTHER_ADDRESS "%s)%s(?&segments)", before, names ? "|" OTHER_NAME : "", between);
}

/* Options of the local driver: a mount as `mount -t type -o o device` makes it. A relative device is relative to the
 * Engine's own directory. Podman runs mount(8), which accepts a device without a type. */
static void put_volume_option(FILE *out, const struct grammar *grammar)
{
    const struct guard *guard = grammar->guard;
    const struct guard_list *drivers = &guard->list[KNOB_VOLUME_DRIVERS];
    bool nfs = lists(drivers, "nfs") || lists(drivers, "nfs4");
    bool smb = lists(drivers, "cifs") || lists(drivers, "smb3");

    fputs("(?>\"[A-Za-z0-9_.-]*+\"" COLON "(?:null|\"\")(?=" W "[,}])|" OPTION("size") "\"[0-9.]*+ ?[A-Za-z%]*+\"",
          out);
    fprintf(out, "|" OPTION("type") "\"(?:tmpfs|nfs4?|cifs|smb3%s)\"", has_paths(guard) ? "|none|bind" : "");
    fputs("|" OPTION("device") "\"(?:none|tmpfs|shm|:(?&segments)", out);
    put_share(out, "", nfs, ":");
    /* Where bind mounts are allowed, //name would be the path /name. Without a type, mount(8) would search the file of
     * that name, or one of the client's, for a file system. */
    put_share(out, SLASH SLASH, smb && grammar->facts->docker && !has_paths(guard), "");
    fputs(has_paths(guard) && grammar->facts->docker ? "|(?&path)" : "", out);
    fputs(")\"|" OPTION("o") "\"(?:(?&share_option)(?:,(?&share_option))*+)?+\"", out);
    if (lists_another(drivers, network_file_systems))
        fputs("|(?!\"(?i:type|o|device)\")(?&option)" COLON ONE_LINE, out);
    fputc(')', out);
}

/* One option of such a mount: a word, or a word with a value that is neither a path nor an address, except the address
 * of the share. */
static void put_share_option(FILE *out, const struct grammar *grammar)
{
    const struct guard_list *drivers = &grammar->guard->list[KNOB_VOLUME_DRIVERS];
    bool names = lists(drivers, "nfs") || lists(drivers, "nfs4") || lists(drivers, "cifs") || lists(drivers, "smb3");

    fprintf(out, "(?>(?i:(?:mount|client)?addr|mounthost|ip|servern|servername)=(?:" OTHER_ADDRESS "%s)(?=[,\"])",
            names ? "|" OTHER_NAME : "");
    fprintf(
        out,
        "|(?!(?i:%sr?unbindable|remount|move|loop|(?:mount|client)?addr|mounthost|ip|servern|servername|lowerdir|upperdir|workdir|"
        "uhelper|helper|x-mount\\.subdir|context|fscontext|defcontext|rootcontext|sep|multiuser|cruid|offset|sizelimit|sec=krb5[a-z]*+)(?:[=,\"])|(?i:cred))"
        "[A-Za-z0-9_.-]++(?:=[A-Za-z0-9_.:%%@+!$*-]*+)?+(?=[,\"]))",
        has_paths(grammar->guard) ? "" : "r?bind|");
}

static void put_capability(FILE *out, const struct grammar *grammar)
{
    const struct guard_list *list = &grammar->guard->list[KNOB_CAP_ADD];

    fputs("\"(?i:(?:CAP_)?(?:" DEFAULT_CAPABILITIES, out);
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->items[i];

        fputc('|', out);
        put_literal(out, strncasecmp(name, "CAP_", 4) == 0 ? name + 4 : name);
    }
    fputs("))\"", out);
}

static void put_security_opt(FILE *out, const struct grammar *grammar)
{
    const struct guard_list *list = &grammar->guard->list[KNOB_SECURITY_OPT];

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

/* Not any plain name: since Engine 23, x.y.z is the program containerd-shim-y-z of the host. */
static void put_runtime(FILE *out, const struct grammar *grammar)
{
    put_names(out, "runc|io\\.containerd\\.runc\\.v2", &grammar->guard->list[KNOB_RUNTIME]);
}

/* ---- image references ---- */

/* Podman reads these as a transport, most of them followed by a path of the host. */
#define NO_TRANSPORT \
    "(?!\"(?:(?:dir|docker-archive|docker-daemon|oci|oci-archive|containers-storage|sif|ostree|tarball|atomic|https?):|[^\"]*?//))"

/* The length of the name in a pattern; a tag or digest follows it. */
static size_t name_length(const char *pattern)
{
    const char *slash = strrchr(pattern, '/');
    const char *last = slash != NULL ? slash + 1 : pattern;

    return (size_t)(last - pattern) + strcspn(last, ":@");
}

/* A name without a registry belongs to Docker Hub; the long form is the same reference. */
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

static void put_image(FILE *out, const struct grammar *grammar)
{
    const struct guard_list *list = &grammar->guard->list[KNOB_IMAGE_REFERENCES];

    if (list->count == 0) {
        fputs(NO_TRANSPORT "\"[A-Za-z0-9](?:[A-Za-z0-9_.:@+-]|\\\\?/)*+\"", out);
        return;
    }
    /* Bounded, because these are the only parts that backtrack. */
    fputs("(?=\"[^\"]{1,256}+\")\"(?:", out);
    for (size_t i = 0; i < list->count; i++) {
        const char *pattern = list->items[i];
        size_t name = name_length(pattern);

        if (i > 0)
            fputc('|', out);
        put_registry(out, pattern, false);
        guard_put_glob(out, pattern, name, GLOB_NAME);
        if (pattern[name] == '\0')
            fputs("(?:[:@][A-Za-z0-9_.:@+-]*+)?", out);
        else
            guard_put_glob(out, pattern + name, strlen(pattern + name), GLOB_TAG);
        fputs("(?=\")", out);
    }
    fputs(")\"", out);
}

#define ANYWHERE        "(?:[^&]*+&)*?"
#define ANYWHERE_AFTER  "(?:(?<=&)|[^&]*+&)(?:[^&]*+&)*?"
#define PARAMETER_END   "(?:&|\\z)"
#define QUERY_TAG_CHARS "(?:[A-Za-z0-9_.:@+-]|%3[Aa]|%40)"

/* The Engine joins the reference of a pull from two parameters. Each may occur once only. */
static void put_image_query(FILE *out, const struct grammar *grammar)
{
    const struct guard_list *list = &grammar->guard->list[KNOB_IMAGE_REFERENCES];

    if (list->count == 0)
        return;
    fputs("(?=[^\\n]{0,1024}+\\z)(?!" ANYWHERE "fromImage[=&]" ANYWHERE_AFTER "fromImage(?:[=&]|\\z))(?!" ANYWHERE
          "tag[=&]" ANYWHERE_AFTER "tag(?:[=&]|\\z))(?:",
          out);
    for (size_t i = 0; i < list->count; i++) {
        const char *pattern = list->items[i];
        size_t name = name_length(pattern);
        const char *tag = pattern + name;

        if (i > 0)
            fputc('|', out);
        fputs("(?=" ANYWHERE "fromImage=", out);
        put_registry(out, pattern, true);
        guard_put_glob(out, pattern, name, GLOB_QUERY_NAME);
        if (*tag == '\0') {
            fputs("(?:(?::|@|%3[Aa]|%40)" QUERY_TAG_CHARS "*+)?" PARAMETER_END ")", out);
            continue;
        }
        /* The tag in its own parameter, ... */
        fputs(PARAMETER_END ")(?=" ANYWHERE "tag=", out);
        guard_put_glob(out, tag + 1, strlen(tag + 1), GLOB_QUERY_TAG);
        fputs(PARAMETER_END ")|(?=" ANYWHERE "fromImage=", out);
        /* ... or in the name. */
        put_registry(out, pattern, true);
        guard_put_glob(out, pattern, name, GLOB_QUERY_NAME);
        guard_put_glob(out, tag, strlen(tag), GLOB_QUERY_TAG);
        fputs(PARAMETER_END ")(?!" ANYWHERE "tag=[^&])", out);
    }
    fputs(")", out);
}

/* ---- the required label ---- */

/* Writes a text in which a slash has one spelling only. */
static void put_plain(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        put_char(out, *text);
}

static void put_required_key(FILE *out, const struct grammar *grammar)
{
    put_plain(out, grammar->guard->label);
}

static void put_required_value(FILE *out, const struct grammar *grammar)
{
    if (grammar->guard->label_value == NULL) {
        fputs("(?&s)", out);
        return;
    }
    fputc('"', out);
    put_plain(out, grammar->guard->label_value);
    fputc('"', out);
}

/* ---- all of them ---- */

static const struct {
    const char *name;
    void (*put)(FILE *out, const struct grammar *grammar);
} lists_of_groups[] = {
    {"other", put_other},
    {"own", put_own},
    {"protected", put_protected},
    {"path", put_path},
    {"image_query", put_image_query},
    {"required_key", put_required_key},
    {"required_value", put_required_value},
    {"other_container", put_other_container},
    {"volumes_from", put_volumes_from},
    {"new_name", put_new_name},
    {"not_protected", put_not_protected},
    {"cgroupns", put_cgroupns},
    {"build_network", put_build_network},
    {"remote", put_remote},
    {"device", put_device},
    {"device_request", put_device_request},
    {"device_rule", put_device_rule},
    {"sysctl", put_sysctl},
    {"exec_command", put_exec_command},
    {"short_word", put_short_word},
    {"exec_user", put_exec_user},
    {"exec_environment", put_exec_environment},
    {"exec_directory", put_exec_directory},
    {"exec_input", put_exec_input},
    {"client_file", put_client_file},
    {"builder", put_builder},
    {"environment", put_environment},
    {"own_label", put_own_label},
    {"own_label_query", put_own_label_query},
    {"label", put_label},
    {"volume_driver", put_volume_driver},
    {"network_driver", put_network_driver},
    {"ipam_driver", put_ipam_driver},
    {"parent", put_parent},
    {"log_driver", put_log_driver},
    {"log_option", put_log_option},
    {"volume_new", put_volume_new},
    {"volume_name", put_volume_name},
    {"network_name", put_network_name},
    {"service_network", put_service_network},
    {"bind", put_bind},
    {"mount_type", put_mount_type},
    {"mount_source", put_mount_source},
    {"volume_option", put_volume_option},
    {"share_option", put_share_option},
    {"capability", put_capability},
    {"security_opt", put_security_opt},
    {"runtime", put_runtime},
    {"image", put_image},
};

bool guard_put_list(FILE *out, const struct grammar *grammar, const char *name)
{
    for (size_t i = 0; i < sizeof lists_of_groups / sizeof *lists_of_groups; i++)
        if (strcmp(lists_of_groups[i].name, name) == 0) {
            lists_of_groups[i].put(out, grammar);
            return true;
        }
    return false;
}
