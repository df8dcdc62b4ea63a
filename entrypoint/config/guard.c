/* The guard's part of a backend in haproxy.cfg. */
#include "guard/causes.h"
#include "guard/json.h"
#include "guard/scope.h"
#include "base/text.h"
#include "config/patterns.h"

#include <stdlib.h>
#include <string.h>

/* Time for a client to send a body: as long as it may take for the head. */
#define BODY_TIME "30s"

/* ---- definitions ---- */

/* A piece of regex by name. The same name may stand for several texts, where profiles differ: they get numbers. */
struct definition {
    char *name;
    char *text;
    char variable[96];
};

struct definitions {
    struct definition *list;
    size_t count;
};

struct definitions *definitions_new(void)
{
    struct definitions *definitions = calloc(1, sizeof *definitions);

    if (definitions == NULL)
        abort();
    return definitions;
}

void definitions_free(struct definitions *definitions)
{
    for (size_t i = 0; i < definitions->count; i++) {
        free(definitions->list[i].name);
        free(definitions->list[i].text);
    }
    free(definitions->list);
    free(definitions);
}

/* The environment variable that has the text. Takes text. */
static const char *define(struct definitions *definitions, const char *name, char *text)
{
    size_t namesakes = 0;
    struct definition *definition;

    for (size_t i = 0; i < definitions->count; i++) {
        definition = &definitions->list[i];
        if (strcmp(definition->name, name) != 0)
            continue;
        namesakes++;
        if (strcmp(definition->text, text) == 0) {
            free(text);
            return definition->variable;
        }
    }
    definitions->list = realloc(definitions->list, (definitions->count + 1) * sizeof *definitions->list);
    if (definitions->list == NULL)
        abort();
    definition = &definitions->list[definitions->count++];
    definition->name = text_format("%s", name);
    definition->text = text;
    if (namesakes == 0)
        bounded_format(definition->variable, sizeof definition->variable, "%s", name);
    else
        bounded_format(definition->variable, sizeof definition->variable, "%s_%zu", name, namesakes + 1);
    return definition->variable;
}

/* As long as a line's share of a definition may be: an auditor has to read it. */
#define SHARE_MAX 5000

/* How much of the text goes on a line: all of it, or up to an alternative that begins behind the middle. */
static size_t share(const char *text)
{
    size_t length = strlen(text);

    if (length <= SHARE_MAX)
        return length;
    for (length = SHARE_MAX; length > SHARE_MAX / 2 && text[length] != '|'; length--)
        continue;
    return length;
}

/* A long text is put together from several lines. One that names others is quoted so that HAProxy looks at them. */
static void put_definition(FILE *out, const struct definition *definition)
{
    const char *text = definition->text;
    char quote = *text == '$' ? '"' : '\'';
    size_t length = share(text);

    fprintf(out, "    setenv %s %c%.*s%c\n", definition->variable, quote, (int)length, text, quote);
    for (text += length; *text != '\0'; text += length) {
        length = share(text);
        fprintf(out, "    setenv %s \"${%s}\"'%.*s'\n", definition->variable, definition->variable, (int)length, text);
    }
}

void definitions_write(FILE *out, const struct definitions *definitions)
{
    if (definitions->count == 0)
        return;
    fputs(
        "\n"
        "    # Pieces of regex for the create guard. One calls another as (?&name); name_ is one member of an object.\n",
        out);
    for (size_t i = 0; i < definitions->count; i++)
        put_definition(out, &definitions->list[i]);
}

/* ---- rules ---- */

struct writer {
    FILE *out;
    struct definitions *definitions;
    const struct guard *guard;
    const struct guard_facts *facts;
    const char *const *operations; /* the ids of those that are judged, ended by NULL */
};

/* 'text'"(?(DEFINE)${ContainerCreate_all})": a regex with what it calls. */
static void put_regex(const struct writer *writer, const struct grammar *grammar, const struct regex *regex)
{
    struct text all;
    char *name;

    fprintf(writer->out, "'%s'", regex->text);
    if (regex->count == 0)
        return;
    name = text_format("%s_all", regex->groups[0]);
    text_begin(&all);
    for (size_t i = 0; i < regex->count; i++)
        fprintf(all.stream, "${%s}",
                define(writer->definitions, regex->groups[i], grammar_definition(grammar, regex->groups[i])));
    fprintf(writer->out, "\"(?(DEFINE)${%s})\"", define(writer->definitions, name, text_end(&all)));
    free(name);
}

/* Sets the reason; the text stands in a log format string in single quotes. */
static void put_why(FILE *out, const char *why, const char *id, const char *part)
{
    fputs("    http-request set-var-fmt(txn.why) '", out);
    for (; *why != '\0'; why++)
        if (*why == '%')
            fputs("%%", out);
        else if (*why != '\'')
            fputc(*why, out);
    fprintf(out, "' if { var(txn.operation) -m str %s } { var(txn.fault) -m str %s }\n", id, part);
}

/* What an operation demands, and the fault if that is not given. */
static void put_demands(const struct writer *writer, const struct product *product)
{
    FILE *out = writer->out;
    const char *id = product->grammar.operation->id;

    if (product->refusal != NULL) {
        fprintf(out, "    http-request set-var(txn.fault) str(whole) if { var(txn.operation) -m str %s }\n", id);
        put_why(out, product->refusal, id, "whole");
    }
    for (size_t i = 0; i < product->count; i++) {
        const struct demand *demand = &product->demands[i];
        bool of_query = demand->saying == SAY_QUERY;

        fprintf(
            out,
            "    http-request set-var(txn.fault) str(%s) if { var(txn.operation) -m str %s } !caught%s !{ %s -m reg ",
            demand->part, id, of_query || demand->saying == SAY_ALL ? "" : " !empty",
            of_query ? "var(txn.query)" : "req.body");
        put_regex(writer, &product->grammar, &demand->harmless);
        fputs(" }\n", out);
        if (demand->why != NULL)
            put_why(out, demand->why, id, demand->part);
    }
}

/* Looks for the first fault. */
static void put_faults(const struct writer *writer, const struct product *product)
{
    for (size_t i = 0; i < product->count; i++) {
        const struct demand *demand = &product->demands[i];

        if (demand->fault.text == NULL)
            continue;
        fputs("    http-request replace-header fault ", writer->out);
        put_regex(writer, &product->grammar, &demand->fault);
        fprintf(writer->out, " '" CAUSE_FORMAT "' if of_%s { var(txn.operation) -m str %s }\n", demand->part,
                product->grammar.operation->id);
    }
}

static void put_each(const struct writer *writer,
                     void (*put)(const struct writer *writer, const struct product *product))
{
    for (const char *const *id = writer->operations; *id != NULL; id++) {
        struct product product;

        product_make(&product, writer->guard, writer->facts, guard_operation_find(*id));
        put(writer, &product);
        product_free(&product);
    }
}

enum kind { ANY_KIND, WITH_BODY, WITH_QUERY };

/* An ACL that names the operations of a kind. Returns whether there are any. */
static bool put_names(const struct writer *writer, const char *acl, enum kind kind)
{
    char head[64];
    struct words words = {.out = writer->out, .head = head, .tail = ""};

    bounded_format(head, sizeof head, "acl %s var(txn.operation) -m str", acl);
    for (const char *const *id = writer->operations; *id != NULL; id++) {
        const struct guard_operation *operation = guard_operation_find(*id);

        if (kind == ANY_KIND ||
            (kind == WITH_BODY ? guard_has_body(operation) : guard_judges_query(writer->guard, operation)))
            words_add(&words, *id);
    }
    words_end(&words);
    return words.count > 0;
}

/* A request is judged whole or not at all. */
static void put_whole(const struct writer *writer)
{
    const struct guard *guard = writer->guard;

    fprintf(
        writer->out,
        "\n"
        "    # A body is judged whole, or not at all. A length that is announced is judged before the body is waited for.\n"
        "    acl too_large req.body_size gt %ld\n"
        "    acl too_large req.body_len gt %ld\n"
        "    http-request set-var(txn.fault) str(large) if with_body too_large\n"
        "    acl empty req.body_len eq 0\n"
        "    http-request wait-for-body time " BODY_TIME " if with_body !caught\n"
        "    http-request set-var(txn.fault) str(large) if with_body too_large\n"
        "    http-request set-var(txn.body_len) req.body_len if with_body\n"
        "    http-request set-var(txn.fault) str(part) if with_body !caught !{ req.body_size,sub(txn.body_len) eq 0 }\n"
        "    # (A string of HAProxy ends at its first NUL: a regex would not see what is behind it.)\n"
        "    http-request set-var(txn.fault) str(part) if with_body !caught !empty !{ "
        "req.body,length,sub(txn.body_len) eq 0 }\n"
        "    http-request set-var(txn.fault) str(encoded) if with_body !caught { req.fhdr(content-encoding) -m found } !empty\n"
        "    http-request set-var(txn.why) str('" REASON_LARGE "') if { var(txn.fault) -m str large }\n",
        guard->max_body, guard->max_body, guard->max_body, guard->prefix);
}

static void put_parameters(FILE *out)
{
    fputs(
        "\n"
        "    # Go reads parameters from the body of a form as well, and prefers them. A form that is empty has none.\n"
        "    http-request set-var-fmt(txn.query) '%[query]' if with_query\n"
        "    acl form req.fhdr(content-type) -m sub -i form\n"
        "    acl announced req.hdr_val(content-length) gt 0\n"
        "    acl announced req.hdr(transfer-encoding) -m found\n"
        "    http-request set-var(txn.fault) str(form) if with_query !caught form announced !with_body\n"
        "    http-request set-var(txn.fault) str(form) if with_query !caught form with_body !empty\n",
        out);
}

/* Where the first fault is. A header takes the text because HAProxy's converters have 16 KiB for a regex (arg.c), and
 * its action replace-header has no such limit. Line breaks would be encoded in it. */
static void put_search(const struct writer *writer)
{
    fprintf(
        writer->out,
        "\n"
        "    # The reason, for refused requests only. A header that goes nowhere takes the body, then what a regex finds in it:\n"
        "    # {HostConfig.Binds.....|/srv/x:/x is a sign that there is a fault, the way to it, and a value that can be shown.\n"
        "    acl of_query var(txn.fault) -m str query\n"
        "    acl of_body var(txn.knob) -m str body\n"
        "    acl explained var(txn.why) -m found\n"
        "    http-request set-var(txn.doing) var(txn.operation),lower,map_str(haproxy/members.map) if caught\n"
        "    http-request set-var(txn.knob) var(txn.fault) if caught\n"
        "    http-request set-var(txn.knob) str(long) if of_body { req.body_len gt %ld }\n"
        "    http-request strict-mode off if caught\n"
        "    http-request set-header fault '#%%[var(txn.query)]' if of_query\n"
        "    http-request set-header fault '#%%[req.body,regsub(\"\\r|\\n\",\" \",g)]' if of_body\n",
        REASON_BODY_MAX);
    put_each(writer, put_faults);
    fputs("    http-request set-var(txn.cause) req.fhdr(fault) if of_query || of_body\n", writer->out);
}

/* Puts the reason together, as guard/judge.c does. */
static void put_reason(const struct writer *writer)
{
    const struct grammar grammar = {writer->guard, writer->facts, NULL};
    const char *prefix = writer->guard->prefix;
    FILE *out = writer->out;
    struct regex regex;

    fputs(
        "    # members.map has the name of the member and what opens it, hints.map what to say of that.\n"
        "    acl found var(txn.cause) -m reg '\\A[A-Za-z0-9_{][A-Za-z0-9_.-]*+[|]" SHOWN "*+\\z'\n"
        "    acl known var(txn.entry) -m found\n"
        "    http-request set-var(txn.said) var(txn.cause),regsub('\"\\\\A.[.]*([^|]*?)[.]*[|].*\",\"\\\\1\"') if found\n"
        "    http-request set-var(txn.value) var(txn.cause),field(2,|) if found\n"
        "    http-request set-var(txn.knob) str(UNKNOWN) if found\n"
        "    http-request set-var(txn.knob) str(UNKNOWN_PARAMETER) if found of_query\n"
        "    http-request set-var(txn.key) var(txn.operation),concat(:,txn.said) if found\n"
        "    http-request set-var(txn.entry) var(txn.key),lower,map_str(haproxy/members.map) if found\n"
        "    http-request set-var(txn.said) var(txn.entry),field(1,|) if known\n"
        "    http-request set-var(txn.knob) var(txn.entry),field(2,|) if known\n"
        "    # What is refused although its variable is set nothing opens.\n",
        out);
    if (writer->facts->own_unknown)
        fprintf(out, "    http-request set-var(txn.knob) str(UNTOLD) if { var(txn.knob) -m str OWN%s }\n",
                writer->guard->open[KNOB_VOLUMES_FROM] ? " VOLUMES_FROM" : "");
    fputs("    http-request set-var(txn.knob) str(NONE) if { var(txn.knob) -m str OWN", out);
    for (int knob = 0; knob < KNOB_OWN; knob++)
        if (hint_is_vain(writer->guard, knob))
            fprintf(out, " %s", guard_keys[knob]);
    fputs(" }\n", out);
    if (writer->facts->own.count + writer->facts->holders.count > 0) {
        fputs(
            "    http-request set-var(txn.knob) str(NONE) if { var(txn.knob) -m str VOLUMES_FROM } { var(txn.value) -m reg ",
            out);
        grammar_protected(&grammar, &regex);
        put_regex(writer, &grammar, &regex);
        regex_free(&regex);
        fputs(" }\n", out);
    }
    fputs("    http-request set-var(txn.lookup) var(txn.knob),concat(_,txn.value) if caught\n"
          "    http-request set-var(txn.hint) var(txn.lookup),map_reg(haproxy/hints.map) if caught\n",
          out);
    if (writer->facts->own_unknown)
        fputs(
            "    http-request set-var(txn.hint) str(UNTOLD_),map_reg(haproxy/hints.map) if caught { var(txn.hint) -m beg " OWN_VOLUMES
            " }\n",
            out);
    if (*prefix != '\0')
        fprintf(out, "    http-request set-var(txn.hint) var(txn.hint),regsub(ALLOW_,%sALLOW_) if caught\n", prefix);
    fputs(
        "    acl sentence var(txn.knob) -m reg ^[a-z]\n"
        "    acl of_name var(txn.knob) -m str OBJECT UNKNOWN UNKNOWN_PARAMETER\n"
        "    http-request set-var-fmt(txn.said) '%[var(txn.said)] \"%[var(txn.value)]\"' if found !of_name { var(txn.value) -m len 1: }\n"
        "    http-request set-var-fmt(txn.said) '%[var(txn.said)];' if found !of_name\n"
        "    http-request set-var-fmt(txn.why) '%[var(txn.said)] %[var(txn.hint)]' if found !sentence !explained\n"
        "    http-request set-var(txn.why) var(txn.hint) if caught !explained\n",
        out);
}

#define ANSWER \
    "content-type application/json lf-string '{\"message\":\"docker-socket-proxy: %[var(txn.doing)] is forbidden: %[var(txn.quoted)]\"}'"

static void put_answers(FILE *out)
{
    fputs("    http-request set-log-level warning if caught\n"
          "    http-request set-var(txn.verdict) str(Forbidden) if caught\n"
          "    http-request set-var(txn.detail) var(txn.why) if caught\n"
          "    http-request set-var(txn.quoted) var(txn.why),json(utf8s),regsub('\"\\\\/\",\"/\",g') if caught\n"
          "    http-request return status 413 " ANSWER " if { var(txn.fault) -m str large }\n"
          "    http-request return status 403 " ANSWER " if caught\n",
          out);
}

void guard_write_rules(FILE *out, struct definitions *definitions, const struct guard *guard,
                       const struct guard_facts *facts, const char *const *operations)
{
    const struct writer writer = {out, definitions, guard, facts, operations};

    if (!guard->active || *operations == NULL)
        return;
    fputs(
        "\n    # -- The create guard: what these operations carry has to be harmless ------------------------------------------\n"
        "    # The regexes describe the harmless bodies completely.\n",
        out);
    put_names(&writer, "workload", ANY_KIND);
    fputs("    http-request set-var(txn.verdict) str(Allowed) if allowed !workload\n"
          "    http-request set-var(txn.detail) var(txn.operation) if allowed !workload\n"
          "    http-request allow if allowed !workload\n"
          "\n"
          "    acl caught var(txn.fault) -m found\n",
          out);
    if (put_names(&writer, "with_body", WITH_BODY))
        put_whole(&writer);
    else
        fputs("    acl with_body always_false\n    acl empty req.body_len eq 0\n", out);
    if (put_names(&writer, "with_query", WITH_QUERY))
        put_parameters(out);
    fputc('\n', out);
    put_each(&writer, put_demands);
    put_search(&writer);
    put_reason(&writer);
    put_answers(out);
}
