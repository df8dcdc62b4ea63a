#include "config.h"

#include "machine.h"
#include "request.h"
#include "template.h"

#include <stdlib.h>
#include <string.h>

#define PLACEHOLDERS_MAX 32
#define HARD_STOP_AFTER "5s" /* half of the 10 s that Docker gives a container to stop */

/* A text under construction. */
struct text {
    FILE *stream;
    char *bytes;
    size_t length;
};

/* The placeholders of a template. Values made here are owned here. */
struct values {
    struct placeholder table[PLACEHOLDERS_MAX + 1];
    char *owned[PLACEHOLDERS_MAX];
    size_t count;
};

static void text_begin(struct text *text)
{
    text->stream = open_memstream(&text->bytes, &text->length);
    if (text->stream == NULL)
        abort(); /* out of memory before the first byte was served */
}

static char *text_end(struct text *text)
{
    if (fclose(text->stream) != 0)
        abort();
    return text->bytes;
}

/* A value stands on a line of the template, which ends it. */
static void cut_newline(char *bytes)
{
    size_t length = strlen(bytes);

    if (length > 0 && bytes[length - 1] == '\n')
        bytes[length - 1] = '\0';
}

static void set(struct values *values, const char *name, const char *value)
{
    if (values->count == PLACEHOLDERS_MAX)
        abort();
    values->table[values->count++] = (struct placeholder){.name = name, .value = value};
}

/* Takes over what the text has become. */
static void set_text(struct values *values, const char *name, struct text *text)
{
    values->owned[values->count] = text_end(text);
    cut_newline(values->owned[values->count]);
    set(values, name, values->owned[values->count]);
}

static void set_number(struct values *values, const char *name, long number)
{
    struct text text;

    text_begin(&text);
    fprintf(text.stream, "%ld", number);
    set_text(values, name, &text);
}

static void release(struct values *values)
{
    for (size_t i = 0; i < values->count; i++)
        free(values->owned[i]);
}

/* ---- the frontend ---- */

static void write_binds(FILE *out, const struct settings *settings)
{
    bool ipv6 = settings->ipv6 && machine_has_ipv6();

    for (size_t i = 0; i < settings->listener_count; i++) {
        const struct listener *listener = &settings->listeners[i];

        if (listener->kind == LISTEN_UNIX) {
            fprintf(out, "    bind unix@%s mode %04o", listener->address, listener->mode);
            if (listener->uid >= 0)
                fprintf(out, " uid %ld", listener->uid);
            if (listener->gid >= 0)
                fprintf(out, " gid %ld", listener->gid);
            fputc('\n', out);
        } else if (listener->address[0] != '\0') {
            bool literal6 = strchr(listener->address, ':') != NULL;

            fprintf(out, literal6 ? "    bind [%s]:%u\n" : "    bind %s:%u\n", listener->address, listener->port);
        } else {
            fprintf(out, "    bind 0.0.0.0:%u\n", listener->port);
            if (ipv6)
                fprintf(out, "    bind [::]:%u v6only\n", listener->port);
        }
    }
}

static void write_log_format(FILE *out, enum log_format format)
{
    if (format == LOG_TEXT)
        fputs("\"%[var(txn.verdict,Refused)]: %[var(txn.path,-)] %HM %ci:%cp %[var(txn.detail,-)] %ST %[txn.timer.user]ms\"", out);
    else
        fputs("'%{+json}o%(time)[accept_date(ms),ms_ltime(\"%Y-%m-%dT%H:%M:%S%z\")]"
              "%(verdict)[var(txn.verdict,Refused)]%(path)[var(txn.path,-)]%(method)HM%(client)[src]"
              "%(client_port:sint)[src_port]%(detail)[var(txn.detail,-)]%(status:sint)ST%(duration_ms:sint)[txn.timer.user]'",
              out);
}

static void write_credentials(FILE *out, const char *socket_path)
{
    struct credentials credentials = machine_credentials(socket_path);

    if (credentials.drop)
        fprintf(out, "    uid %u\n    gid %u\n", (unsigned)credentials.uid, (unsigned)credentials.gid);
}

/* ---- lists of operationIds ---- */

/* Whether row i repeats the operation of the row before it (/networks and /networks/). */
static bool repeats_last(size_t i)
{
    return i > 0 && strcmp(operations[i].id, operations[i - 1].id) == 0;
}

#define WORDS_PER_LINE 48 /* HAProxy reads 64 words of a line */

/* An ACL "<name>" that matches the operations for which chosen says so; nothing if there are none. */
static void write_acl(FILE *out, const char *name, const struct permissions *permissions,
                      bool (*chosen)(const struct permissions *, size_t, const void *), const void *context)
{
    size_t words = 0;

    for (size_t i = 0; i < operation_count; i++) {
        if (repeats_last(i) || !chosen(permissions, i, context))
            continue;
        if (words % WORDS_PER_LINE == 0)
            fprintf(out, "%s    acl %s var(txn.operation) -m str", words == 0 ? "" : "\n", name);
        fprintf(out, " %s", operations[i].id);
        words++;
    }
    if (words > 0)
        fputc('\n', out);
}

static bool is_open_and_of_kind(const struct permissions *permissions, size_t i, const void *least)
{
    return permissions->open[i] && operations[i].kind >= *(const enum operation_kind *)least;
}

static bool is_open_and_in_section(const struct permissions *permissions, size_t i, const void *section)
{
    return permissions->open[i] && strcmp(operations[i].section, section) == 0;
}

/* The open operations that are streams, or that leave HTTP. */
static void write_kind(FILE *out, const char *name, const struct permissions *permissions, enum operation_kind least)
{
    write_acl(out, name, permissions, is_open_and_of_kind, &least);
    fprintf(out, "    acl %s always_false\n", name); /* so that it is defined even if none is open */
}

/* Commented ACL lines for each section of the API that has anything open. */
static void write_open(FILE *out, const struct permissions *permissions)
{
    for (size_t i = 0; i < operation_count; i++) {
        const char *section = operations[i].section;
        struct text text;
        char *lines;

        if (i > 0 && strcmp(section, operations[i - 1].section) == 0)
            continue;
        text_begin(&text);
        write_acl(text.stream, "open", permissions, is_open_and_in_section, section);
        lines = text_end(&text);
        if (lines[0] != '\0')
            fprintf(out, "    # %s\n%s", section, lines);
        free(lines);
    }
    fputs("    acl open always_false\n", out); /* so that it is defined even if nothing is open */
}

static bool reason_seen(const struct permissions *permissions, size_t before, const char *reason)
{
    for (size_t i = 0; i < before; i++)
        if (!permissions->open[i] && strcmp(permissions->reason[i], reason) == 0)
            return true;
    return false;
}

/* Whether the answer is the operation's own variable: haproxy/variables.map has those. */
static bool asks_for_own_variable(const char *reason, size_t i)
{
    char own[OPERATION_NAME_MAX];
    size_t length;

    operation_own_variable(&operations[i], own);
    length = strlen(own);
    return strncmp(reason, own, length) == 0 && strcmp(reason + length, "=true") == 0;
}

/* For the denied path: what would open each closed operation, a rule for each different answer. */
static void write_hints(FILE *out, const struct permissions *permissions)
{
    for (size_t i = 0; i < operation_count; i++) {
        const char *reason = permissions->reason[i];

        if (permissions->open[i] || asks_for_own_variable(reason, i) || reason_seen(permissions, i, reason))
            continue;
        fprintf(out, "    http-request set-var-fmt(txn.detail) '%s would allow it' if { var(txn.operation) -m str",
                reason);
        for (size_t j = i; j < operation_count; j++)
            if (!permissions->open[j] && strcmp(permissions->reason[j], reason) == 0 && !repeats_last(j))
                fprintf(out, " %s", operations[j].id);
        fputs(" }\n", out);
    }
}

/* ---- the whole ---- */

static void set_path(char *path, size_t size, const char *data_dir, const char *file, struct problems *problems)
{
    if ((size_t)snprintf(path, size, "%s/%s", data_dir, file) >= size)
        problem(problems, "DATA_DIR=%s: the path is too long", data_dir);
}

static void set_kind(struct values *values, const char *placeholder, const char *acl,
                     const struct permissions *permissions, enum operation_kind least)
{
    struct text text;

    text_begin(&text);
    write_kind(text.stream, acl, permissions, least);
    set_text(values, placeholder, &text);
}

static void write_backend(FILE *out, const struct environment *environment, struct problems *problems)
{
    struct values values = {.count = 0};
    struct text text;
    char path[4096];

    set(&values, "backend", "engine");
    set(&values, "data_dir", environment->settings.data_dir);
    set(&values, "socket_path", environment->settings.socket_path);
    set(&values, "guard", "");
    set_kind(&values, "streams", "stream", &environment->permissions, STREAM);
    set_kind(&values, "upgrades", "upgrade", &environment->permissions, UPGRADE);
    text_begin(&text);
    write_open(text.stream, &environment->permissions);
    set_text(&values, "open", &text);
    text_begin(&text);
    write_hints(text.stream, &environment->permissions);
    set_text(&values, "hints", &text);
    set_path(path, sizeof path, environment->settings.data_dir, "templates/backend.cfg", problems);
    template_write(out, path, values.table, problems);
    release(&values);
}

void config_write(FILE *out, const struct environment *environment, struct problems *problems)
{
    const struct settings *settings = &environment->settings;
    struct values values = {.count = 0};
    struct text text;
    char path[4096];

    set(&values, "version", VERSION);
    set(&values, "hard_stop_after", HARD_STOP_AFTER);
    set(&values, "log_level", settings->log_level);
    set(&values, "data_dir", settings->data_dir);
    set(&values, "malformed_path", MALFORMED_PATH);
    set(&values, "version_prefix", VERSION_PREFIX);
    set(&values, "libpod_prefix", LIBPOD_PREFIX);
    set(&values, "malformed_libpod", MALFORMED_LIBPOD);
    set(&values, "socket_path", settings->socket_path);
    set_number(&values, "path_length_over", PATH_LENGTH_MAX + 1);
    set_number(&values, "maxconn", machine_connections(settings->max_connections, problems));
    set_number(&values, "nbthread", machine_threads());
    set_number(&values, "min_api_minor", settings->min_api_minor);
    set_kind(&values, "streams", "stream", &environment->permissions, STREAM);
    text_begin(&text);
    write_credentials(text.stream, settings->socket_path);
    set_text(&values, "credentials", &text);
    text_begin(&text);
    write_binds(text.stream, settings);
    set_text(&values, "binds", &text);
    text_begin(&text);
    write_log_format(text.stream, settings->log_format);
    set_text(&values, "log_format", &text);
    text_begin(&text);
    write_backend(text.stream, environment, problems);
    set_text(&values, "backends", &text);
    set_path(path, sizeof path, settings->data_dir, "templates/haproxy.cfg", problems);
    template_write(out, path, values.table, problems);
    release(&values);
}

char *config_text(const struct environment *environment, struct problems *problems)
{
    struct text text;
    char *bytes;

    text_begin(&text);
    config_write(text.stream, environment, problems);
    bytes = text_end(&text);
    if (problems->count == 0)
        return bytes;
    free(bytes);
    return NULL;
}

void config_write_map(FILE *out)
{
    fputs("# METHOD and path without version -> operationId. Made from entrypoint/operations.def by `make maps`;\n"
          "# the first match counts.\n",
          out);
    for (size_t i = 0; i < operation_count; i++) {
        char regex[OPERATION_REGEX_MAX];

        operation_regex(&operations[i], regex);
        fprintf(out, "%s %s\n", regex, operations[i].id);
    }
}

void config_write_variables_map(FILE *out)
{
    fputs("# operationId -> the variable that decides it alone. Made from entrypoint/operations.def by `make maps`.\n", out);
    for (size_t i = 0; i < operation_count; i++) {
        char own[OPERATION_NAME_MAX];

        operation_own_variable(&operations[i], own);
        if (!repeats_last(i))
            fprintf(out, "%s %s\n", operations[i].id, own);
    }
}
