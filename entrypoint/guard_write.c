/* The guard's part of a backend in haproxy.cfg. */
#include "bounded.h"
#include "guard_internal.h"
#include "guard_json.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

#define HEAD_MAX 16384 /* see HEAD_ROOM in guard.c */

/* Time for a client to send a body: as long as it may take for the head. */
#define BODY_TIME "30s"

/* Where to look for what is wrong with one operation. */
struct place {
    FILE *out;
    const char *id;
    const char *fetch;
};

/* One line per thing that can be wrong; the first that is found is told. */
static bool put_reason(void *context, const char *regex, const char *reason)
{
    const struct place *place = context;
    fprintf(place->out, "    http-request set-var-fmt(txn.why) '%s' if { var(txn.guard) -m str %s } !explained { %s -m reg '%s' }\n",
            reason, place->id, place->fetch, regex);
    return true;
}

static void put_otherwise(FILE *out, const char *id, const char *reason)
{
    fprintf(out, "    http-request set-var-fmt(txn.why) '%s' if { var(txn.guard) -m str %s } !explained\n", reason, id);
}

/* Refuses the operation unless the regex matches. */
static bool put_demand(FILE *out, const char *id, const char *what, const char *fetch, char *regex)
{
    if (regex == NULL)
        return false;
    fprintf(out, "    acl %s_of_%s %s -m reg '%s'\n", what, id, fetch, regex);
    fprintf(out, "    http-request set-var(txn.guard) str(%s) if { var(txn.operation) -m str %s } !caught !%s_of_%s\n", id, id,
            what, id);
    free(regex);
    return true;
}

static bool has_body(const struct guard_operation *operation)
{
    return operation->body == BODY_OBJECT || operation->body == BODY_EMPTY;
}

static bool put_query(FILE *out, const struct guard *guard, const struct guard_operation *operation)
{
    struct place place = {out, operation->id, "var(txn.query)"};
    if (!put_demand(out, operation->id, "query", place.fetch, guard_query_regex(guard, operation)) ||
        !guard_query_reasons(guard, operation, put_reason, &place))
        return false;
    put_otherwise(out, operation->id, REASON_QUERY);
    return true;
}

static bool put_body(FILE *out, const struct guard *guard, const struct guard_operation *operation)
{
    struct place place = {out, operation->id, "req.body"};
    fprintf(out, "    acl body_of_%s req.body_len eq 0\n", operation->id);
    if (!put_demand(out, operation->id, "body", place.fetch, guard_body_regex(guard, operation)) ||
        !guard_body_reasons(guard, operation, put_reason, &place))
        return false;
    put_otherwise(out, operation->id, operation->body == BODY_EMPTY ? REASON_NOT_EMPTY : REASON_BODY);
    return true;
}

/* A text as part of a log format string in single quotes. */
static void put_format(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '%')
            fputs("%%", out);
        else if (*text != '\'')
            fputc(*text, out);
}

static bool put_label(FILE *out, const struct guard *guard, const struct guard_operation *operation)
{
    if (!put_demand(out, operation->id, "label", "req.body", guard_label_regex(guard, operation)))
        return false;
    fprintf(out, "    http-request set-var-fmt(txn.why) '%s; %sREQUIRE_LABEL asks for the label ", operation->labels,
            guard_prefix(guard));
    char label[65];
    snprintf(label, sizeof label, "%s", guard->label);
    put_format(out, label);
    fprintf(out, "' if { var(txn.guard) -m str %s } !explained\n", operation->id);
    return true;
}

static bool put_operation(FILE *out, const struct guard *guard, const struct guard_operation *operation)
{
    fprintf(out, "\n    # %s\n", operation->id);
    fprintf(out, "    http-request set-var-fmt(txn.doing) '%s' if { var(txn.operation) -m str %s }\n", operation->doing,
            operation->id);
    if (operation->body == BODY_REFUSED) {
        fprintf(out, "    http-request set-var(txn.guard) str(%s) if { var(txn.operation) -m str %s }\n", operation->id,
                operation->id);
        fprintf(out, "    http-request set-var-fmt(txn.why) '");
        put_format(out, operation->because);
        fprintf(out, "; %s%s' if { var(txn.guard) -m str %s }\n", guard_prefix(guard), guard_knobs[operation->knob].would,
                operation->id);
        return true;
    }
    if (guard_judges_query(guard, operation) && !put_query(out, guard, operation))
        return false;
    if (has_body(operation) && !put_body(out, guard, operation))
        return false;
    return guard->label == NULL || operation->labels == NULL || put_label(out, guard, operation);
}

/* An ACL that names the operations of a kind. Returns whether there are any. */
static bool put_names(FILE *out, const struct guard *guard, const char *acl, guard_is_open *is_open, void *context,
                      bool (*wanted)(const struct guard *guard, const struct guard_operation *operation))
{
    char head[64];
    struct words words = {.out = out, .head = head, .tail = ""};

    bounded_format(head, sizeof head, "acl %s var(txn.operation) -m str", acl);
    for (const struct guard_operation *operation = guard_operations; operation->id != NULL; operation++)
        if (guard_inspects(guard, operation->id) && is_open(context, operation->id) && wanted(guard, operation))
            words_add(&words, operation->id);
    words_end(&words);
    return words.count > 0;
}

static bool want_all(const struct guard *guard, const struct guard_operation *operation)
{
    (void)guard;
    (void)operation;
    return true;
}

static bool want_body(const struct guard *guard, const struct guard_operation *operation)
{
    (void)guard;
    return has_body(operation);
}

static bool want_query(const struct guard *guard, const struct guard_operation *operation)
{
    return guard_judges_query(guard, operation);
}

/* A request is judged whole or not at all. */
static void put_whole(FILE *out, const struct guard *guard)
{
    fprintf(out,
            "\n"
            "    # A body is judged whole, or not at all. A length that is announced is judged before the body is waited for.\n"
            "    acl too_large req.body_size gt %ld\n"
            "    acl too_large req.body_len gt %ld\n"
            "    acl long_head req.hdrs,length gt %d\n"
            "    http-request set-var(txn.guard) str(large) if with_body too_large\n"
            "    http-request wait-for-body time " BODY_TIME " if with_body !caught\n"
            "    http-request set-var(txn.guard) str(large) if with_body too_large\n"
            "    http-request set-var(txn.body_len) req.body_len if with_body\n"
            "    http-request set-var(txn.guard) str(part) if with_body !caught !{ req.body_size,sub(txn.body_len) eq 0 }\n"
            "    # (A string of HAProxy ends at its first NUL: a regex would not see what is behind it.)\n"
            "    http-request set-var(txn.guard) str(part) if with_body !caught !{ req.body_len eq 0 } !{ "
            "req.body,length,sub(txn.body_len) eq 0 }\n"
            "    http-request set-var(txn.guard) str(head) if with_body !caught long_head\n"
            "    http-request set-var(txn.guard) str(encoded) if with_body !caught { req.fhdr(content-encoding) -m found }\n"
            "    http-request set-var-fmt(txn.why) 'a body of more than %ld bytes; %sMAX_CREATE_BODY sets the limit' if { "
            "var(txn.guard) -m str large }\n"
            "    http-request set-var-fmt(txn.why) '" REASON_BODY "' if { var(txn.guard) -m str part }\n"
            "    http-request set-var-fmt(txn.why) '" REASON_HEADERS "' if { var(txn.guard) -m str head }\n"
            "    http-request set-var-fmt(txn.why) '" REASON_ENCODING "' if { var(txn.guard) -m str encoded }\n",
            guard->max_body, guard->max_body, HEAD_MAX, guard->max_body, guard_prefix(guard));
}

static void put_parameters(FILE *out)
{
    fprintf(out, "\n"
                 "    # Go reads parameters from the body of a form as well, and prefers them.\n"
                 "    http-request set-var-fmt(txn.query) '%%[query]' if with_query\n"
                 "    http-request set-var(txn.guard) str(form) if with_query !caught { req.fhdr(content-type) -m sub -i form }\n"
                 "    http-request set-var-fmt(txn.why) '" REASON_FORM "' if { var(txn.guard) -m str form }\n");
}

static void put_answers(FILE *out)
{
    fprintf(out,
            "\n"
            "    http-request set-log-level warning if caught\n"
            "    http-request set-var(txn.verdict) str(Forbidden) if caught\n"
            "    http-request set-var(txn.detail) var(txn.why) if caught\n"
            "    http-request return status 413 content-type application/json lf-string '{\"message\":\"docker-socket-proxy: "
            "%%[var(txn.doing)] is forbidden: %%[var(txn.why)]\"}' if { var(txn.guard) -m str large }\n"
            "    http-request return status 403 content-type application/json lf-string '{\"message\":\"docker-socket-proxy: "
            "%%[var(txn.doing)] is forbidden: %%[var(txn.why)]\"}' if caught\n");
}

static bool inspects_any(const struct guard *guard, guard_is_open *is_open, void *context)
{
    for (const struct guard_operation *operation = guard_operations; operation->id != NULL; operation++)
        if (guard_inspects(guard, operation->id) && is_open(context, operation->id))
            return true;
    return false;
}

int guard_write_rules(const struct guard *guard, FILE *out, guard_is_open *is_open, void *context)
{
    if (!guard->active)
        return 0;
    if (!inspects_any(guard, is_open, context))
        return 0;

    fputs("\n    # The create guard: what these operations carry has to be harmless. The regexes describe the harmless bodies\n"
          "    # completely (see guard.h); the lines below each only look for the reason to give.\n",
          out);
    put_names(out, guard, "workload", is_open, context, want_all);
    fputs("    http-request set-var(txn.verdict) str(Allowed) if allowed !workload\n"
          "    http-request set-var(txn.detail) var(txn.operation) if allowed !workload\n"
          "    http-request allow if allowed !workload\n"
          "\n"
          "    acl caught var(txn.guard) -m found\n"
          "    acl explained var(txn.why) -m found\n",
          out);
    if (put_names(out, guard, "with_body", is_open, context, want_body))
        put_whole(out, guard);
    if (put_names(out, guard, "with_query", is_open, context, want_query))
        put_parameters(out);
    for (const struct guard_operation *operation = guard_operations; operation->id != NULL; operation++)
        if (guard_inspects(guard, operation->id) && is_open(context, operation->id) && !put_operation(out, guard, operation))
            return -1;
    put_answers(out);
    return ferror(out) ? -1 : 0;
}
