/* The guard's part of a backend in haproxy.cfg. */
#include "bounded.h"
#include "guard_internal.h"
#include "guard_json.h"
#include "words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Time for a client to send a body: as long as it may take for the head. */
#define BODY_TIME "30s"

/* -- Definitions ----------------------------------------------------------------------------------------------------- */

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
    definition->name = strdup(name);
    definition->text = text;
    if (definition->name == NULL)
        abort();
    if (namesakes == 0)
        bounded_format(definition->variable, sizeof definition->variable, "GUARD_%s", name);
    else
        bounded_format(definition->variable, sizeof definition->variable, "GUARD_%s_%zu", name, namesakes + 1);
    return definition->variable;
}

void definitions_write(FILE *out, const struct definitions *definitions)
{
    if (definitions->count == 0)
        return;
    fputs("\n"
          "    # What the create guard knows: pieces of regex, (?<name>...) each, put together in the backends. A piece calls\n"
          "    # another as (?&name); name_ is one member of an object.\n",
          out);
    for (size_t i = 0; i < definitions->count; i++)
        fprintf(out, "    setenv %s '%s'\n", definitions->list[i].variable, definitions->list[i].text);
}

/* -- Rules ----------------------------------------------------------------------------------------------------------- */

struct writer {
    FILE *out;
    struct definitions *definitions;
    struct grammar grammar;
};

/* "${GUARD_s}${GUARD_v}...": what the regex needs. */
static void put_definitions(const struct writer *writer, const struct regex *regex)
{
    if (regex->count == 0)
        return;
    fputs("(?(DEFINE)", writer->out);
    for (size_t i = 0; i < regex->count; i++)
        fprintf(writer->out, "${%s}", define(writer->definitions, regex->groups[i], grammar_definition(&writer->grammar, regex->groups[i])));
    fputc(')', writer->out);
}

/* Refuses the operation unless the regex matches. Uses the regex up. */
static void put_demand(const struct writer *writer, const char *id, const char *what, const char *fetch, struct regex *regex)
{
    fprintf(writer->out, "    acl %s_of_%s %s -m reg '%s'\"", what, id, fetch, regex->text);
    put_definitions(writer, regex);
    fprintf(writer->out, "\"\n    http-request set-var(txn.fault) str(%s) if { var(txn.operation) -m str %s } !caught !%s_of_%s\n", what, id, what, id);
    regex_free(regex);
}

/* Looks for the first fault, unless an earlier part has found one. Uses the regex up. */
static void put_cause(const struct writer *writer, const char *id, const char *what, const char *of, size_t n, const char *fetch,
                      struct regex *regex)
{
    char name[96];
    char *whole = grammar_whole(&writer->grammar, regex);
    bool too_long = strlen(whole) > CAUSE_REGEX_MAX;

    free(whole);
    if (!too_long) {
        bounded_format(name, sizeof name, "%s_fault_%zu", of, n);
        fprintf(writer->out, "    http-request set-var(txn.cause) \"%s,regsub('${%s}", fetch, define(writer->definitions, name, regex->text));
        regex->text = NULL;
        put_definitions(writer, regex);
        fprintf(writer->out, "','" CAUSE_FORMAT "')\" if { var(txn.operation) -m str %s } { var(txn.fault) -m str %s }%s%s\n", id, what,
                strcmp(what, "body") == 0 ? " short_body" : "", n > 0 ? " !cause_found" : "");
    }
    regex_free(regex);
}

static bool has_body(const struct guard_operation *operation)
{
    return operation->body == BODY_OBJECT || operation->body == BODY_EMPTY;
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

static void put_label(const struct writer *writer, const struct guard_operation *operation)
{
    const struct guard *guard = writer->grammar.guard;
    struct regex regex;
    char label[65];

    grammar_label(&writer->grammar, operation, &regex);
    put_demand(writer, operation->id, "label", "req.body", &regex);
    fprintf(writer->out, "    http-request set-var-fmt(txn.why) '%s; %sREQUIRE_LABEL asks for the label ", operation->labels, guard->prefix);
    snprintf(label, sizeof label, "%s", guard->label);
    put_format(writer->out, label);
    fprintf(writer->out, "' if { var(txn.operation) -m str %s } { var(txn.fault) -m str label }\n", operation->id);
}

static void put_operation(const struct writer *writer, const struct guard_operation *operation)
{
    FILE *out = writer->out;
    const struct guard *guard = writer->grammar.guard;
    struct causes causes;
    struct regex regex;
    enum guard_knob knob;
    const char *whole = guard_refuses_whole(&writer->grammar, operation, &knob);

    fprintf(out, "\n    # %s\n", operation->id);
    fprintf(out, "    http-request set-var-fmt(txn.doing) '%s' if { var(txn.operation) -m str %s }\n", operation->doing, operation->id);
    if (whole != NULL) {
        fprintf(out, "    http-request set-var(txn.fault) str(whole) if { var(txn.operation) -m str %s }\n", operation->id);
        fputs("    http-request set-var-fmt(txn.why) '", out);
        put_format(out, whole);
        fprintf(out, "; %s%s' if { var(txn.operation) -m str %s }\n", guard->prefix, hint_find(&writer->grammar, knob, ""), operation->id);
        return;
    }
    if (guard_judges_query(guard, operation)) {
        grammar_query(&writer->grammar, operation, &regex);
        put_demand(writer, operation->id, "query", "var(txn.query)", &regex);
        cause_query(&writer->grammar, operation, &regex);
        put_cause(writer, operation->id, "query", operation->id, 0, "var(txn.query)", &regex);
    }
    if (has_body(operation)) {
        fprintf(out, "    acl body_of_%s req.body_len eq 0\n", operation->id);
        grammar_body(&writer->grammar, operation, &regex);
        put_demand(writer, operation->id, "body", "req.body", &regex);
    }
    causes_begin(&causes);
    for (size_t n = 0; operation->body == BODY_OBJECT && causes_next(&causes, &writer->grammar, operation, &regex); n++)
        put_cause(writer, operation->id, "body", operation->type, n, "req.body", &regex);
    if (operation->body == BODY_EMPTY)
        fprintf(out, "    http-request set-var-fmt(txn.why) '" REASON_NOT_EMPTY "' if { var(txn.operation) -m str %s } { var(txn.fault) -m str body }\n",
                operation->id);
    if (guard->label != NULL && operation->labels != NULL)
        put_label(writer, operation);
}

/* An ACL that names the operations of a kind. Returns whether there are any. */
static bool put_names(const struct writer *writer, const char *acl, guard_wants *wants, const void *context,
                      bool (*of_kind)(const struct guard *guard, const struct guard_operation *operation))
{
    char head[64];
    struct words words = {.out = writer->out, .head = head, .tail = ""};
    const struct guard *guard = writer->grammar.guard;

    bounded_format(head, sizeof head, "acl %s var(txn.operation) -m str", acl);
    for (const struct guard_operation *operation = guard_operations; operation->id != NULL; operation++)
        if (guard_inspects(guard, operation->id) && wants(context, operation->id) && of_kind(guard, operation))
            words_add(&words, operation->id);
    words_end(&words);
    return words.count > 0;
}

static bool of_any_kind(const struct guard *guard, const struct guard_operation *operation)
{
    (void)guard;
    (void)operation;
    return true;
}

static bool with_body(const struct guard *guard, const struct guard_operation *operation)
{
    (void)guard;
    return has_body(operation);
}

static bool with_query(const struct guard *guard, const struct guard_operation *operation)
{
    return guard_judges_query(guard, operation);
}

/* A request is judged whole or not at all. */
static void put_whole(const struct writer *writer)
{
    const struct guard *guard = writer->grammar.guard;

    fprintf(writer->out,
            "\n"
            "    # A body is judged whole, or not at all. A length that is announced is judged before the body is waited for.\n"
            "    acl too_large req.body_size gt %ld\n"
            "    acl too_large req.body_len gt %ld\n"
            "    acl short_body req.body_len le %ld\n"
            "    http-request set-var(txn.fault) str(large) if with_body too_large\n"
            "    http-request wait-for-body time " BODY_TIME " if with_body !caught\n"
            "    http-request set-var(txn.fault) str(large) if with_body too_large\n"
            "    http-request set-var(txn.body_len) req.body_len if with_body\n"
            "    http-request set-var(txn.fault) str(part) if with_body !caught !{ req.body_size,sub(txn.body_len) eq 0 }\n"
            "    # (A string of HAProxy ends at its first NUL: a regex would not see what is behind it.)\n"
            "    http-request set-var(txn.fault) str(part) if with_body !caught !{ req.body_len eq 0 } !{ "
            "req.body,length,sub(txn.body_len) eq 0 }\n"
            "    http-request set-var(txn.fault) str(encoded) if with_body !caught { req.fhdr(content-encoding) -m found } !{ req.body_len eq 0 }\n"
            "    http-request set-var-fmt(txn.why) 'a body of more than %ld bytes; %sMAX_CREATE_BODY sets the limit' if { "
            "var(txn.fault) -m str large }\n"
            "    http-request set-var-fmt(txn.why) '" REASON_BODY "' if { var(txn.fault) -m str part }\n"
            "    http-request set-var-fmt(txn.why) '" REASON_ENCODING "' if { var(txn.fault) -m str encoded }\n",
            guard->max_body, guard->max_body, REASON_BODY_MAX, guard->max_body, guard->prefix);
}

static void put_parameters(FILE *out)
{
    fputs("\n"
          "    # Go reads parameters from the body of a form as well, and prefers them. A form that is empty has none.\n"
          "    http-request set-var-fmt(txn.query) '%[query]' if with_query\n"
          "    acl form req.fhdr(content-type) -m sub -i form\n"
          "    acl announced req.hdr_val(content-length) gt 0\n"
          "    acl announced req.hdr(transfer-encoding) -m found\n"
          "    http-request set-var(txn.fault) str(form) if with_query !caught form announced !with_body\n"
          "    http-request set-var(txn.fault) str(form) if with_query !caught form with_body !{ req.body_len eq 0 }\n"
          "    http-request set-var-fmt(txn.why) '" REASON_FORM "' if { var(txn.fault) -m str form }\n",
          out);
}

/* Puts the reason together from the cause, as guard_judge.c does. */
static void put_reason(const struct writer *writer, const char *members_map)
{
    const struct guard *guard = writer->grammar.guard;
    FILE *out = writer->out;
    char hints_map[4096];

    /* (It lies beside the other.) */
    bounded_format(hints_map, sizeof hints_map, "%.*s/hints.map", (int)(strrchr(members_map, '/') - members_map), members_map);
    fputs("\n"
          "    # The reason, for refused requests only: members.map knows what opens the member, hints.map what to say of that.\n"
          "    acl of_body var(txn.fault) -m str body\n"
          "    acl of_query var(txn.fault) -m str query\n"
          "    acl explained var(txn.why) -m found\n"
          "    acl of_member var(txn.entry) -m found\n"
          "    acl nameless var(txn.member) -m len 0\n"
          "    http-request set-var(txn.member) var(txn.cause),regsub('\"\\\\A.([^|]*?)[.]*[|].*\",\"\\\\1\"') if caught cause_found\n"
          "    http-request set-var(txn.value) var(txn.cause),field(2,|) if caught cause_found\n"
          "    http-request set-var-fmt(txn.key) '%[var(txn.operation)]:%[var(txn.member)]' if of_body cause_found\n"
          "    http-request set-var-fmt(txn.key) '%[var(txn.operation)]?%[var(txn.member)]' if of_query cause_found\n",
          out);
    fprintf(out, "    http-request set-var(txn.entry) var(txn.key),lower,map_str(%s) if caught cause_found\n", members_map);
    fputs("    http-request set-var(txn.knob) var(txn.entry),field(2,|) if of_member\n", out);
    /* What is refused although its knob is open, nothing opens. */
    fputs("    http-request set-var(txn.hint) str(none) if of_member { var(txn.knob) -m str NONE OWN", out);
    for (int knob = 0; knob < KNOB_NONE; knob++)
        if (guard->open[knob])
            fprintf(out, " %s", knob_key((enum guard_knob)knob));
    fputs(" }\n", out);
    fputs("    http-request set-var(txn.hint) str(none) if of_member { var(txn.knob) -m str VOLUMES_FROM } { var(txn.value) -m reg '", out);
    guard_put_protected(out, &writer->grammar);
    fputs("' }\n", out);
    fprintf(out, "    http-request set-var-fmt(txn.lookup) '%%[var(txn.knob)]_%%[var(txn.value)]' if of_member !{ var(txn.hint) -m found }\n"
                 "    http-request set-var(txn.hint) var(txn.lookup),map_reg(%s,none) if of_member !{ var(txn.hint) -m found }\n",
            hints_map);
    fputs("    http-request set-var-fmt(txn.said) '%[var(txn.entry),field(1,|)]' if of_member\n"
          "    http-request set-var-fmt(txn.said) '%[var(txn.said)] \"%[var(txn.value)]\"' if of_member { var(txn.value) -m len 1: }\n",
          out);
    fprintf(out, "    http-request set-var-fmt(txn.why) '%%[var(txn.said)]; %s%%[var(txn.hint)]' if of_member !explained\n", guard->prefix);
    if (writer->grammar.facts->own_unknown)
        fprintf(out,
                "    acl perhaps_own var(txn.hint) -m beg ALLOW_VOLUME_NAMES\n"
                "    acl perhaps_own var(txn.knob) -m str OWN%s\n"
                "    http-request set-var(txn.hint) str(unknown) if of_member perhaps_own\n"
                "    http-request set-var-fmt(txn.why) '%%[var(txn.said)]; " NOT_KNOWN_YET "' if of_member perhaps_own\n",
                guard->open[KNOB_VOLUMES_FROM] ? " VOLUMES_FROM" : "");
    fputs("    http-request set-var-fmt(txn.why) '%[var(txn.said)]; " NOTHING_HELPS "' if of_member { var(txn.hint) -m str none }\n"
          "    http-request set-var-fmt(txn.why) '%[var(txn.entry),field(1,|)] " REASON_ODD_NAME "' if of_member { var(txn.knob) -m str OBJECT }\n"
          "    http-request set-var-fmt(txn.why) '" REASON_QUERY "' if of_member { var(txn.knob) -m str ANY }\n"
          "    http-request set-var-fmt(txn.why) 'the body " REASON_ODD_NAME "' if of_body cause_found nameless !explained\n",
          out);
    fprintf(out, "    http-request set-var-fmt(txn.why) '%%[var(txn.member)] " REASON_UNKNOWN "; %sALLOW_PRIVILEGED=true would allow it' if of_body cause_found !explained\n"
                 "    http-request set-var-fmt(txn.why) '%%[var(txn.member)] " REASON_UNKNOWN_PARAMETER "; %sALLOW_PRIVILEGED=true would allow it' if of_query cause_found !explained\n",
            guard->prefix, guard->prefix);
    fputs("    http-request set-var-fmt(txn.why) '" REASON_LONG "' if of_body !short_body !explained\n"
          "    http-request set-var-fmt(txn.why) '" REASON_BODY "' if of_body !explained\n"
          "    http-request set-var-fmt(txn.why) '" REASON_QUERY "' if of_query !explained\n",
          out);
}

#define ANSWER "content-type application/json lf-string '{\"message\":\"docker-socket-proxy: %[var(txn.doing)] is forbidden: %[var(txn.quoted)]\"}'"

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

void guard_write_rules(FILE *out, struct definitions *definitions, const struct guard *guard, const struct guard_facts *facts,
                       const char *members_map, guard_wants *wants, const void *context)
{
    const struct writer writer = {.out = out, .definitions = definitions, .grammar = {guard, facts}};
    struct text text;
    bool bodies;
    bool queries;

    if (!guard->active)
        return;
    text_begin(&text);
    const struct writer trial = {.out = text.stream, .definitions = definitions, .grammar = {guard, facts}};
    bool any = put_names(&trial, "workload", wants, context, of_any_kind);
    char *names = text_end(&text);
    if (any) {
        fputs("\n    # -- The create guard: what these operations carry has to be harmless ------------------------------------------\n"
              "    # The regexes describe the harmless bodies completely.\n",
              out);
        fputs(names, out);
        fputs("    http-request set-var(txn.verdict) str(Allowed) if allowed !workload\n"
              "    http-request set-var(txn.detail) var(txn.operation) if allowed !workload\n"
              "    http-request allow if allowed !workload\n"
              "\n"
              "    acl caught var(txn.fault) -m found\n"
              "    # A cause: a sign that there is one, the names of the members on the way, and the value if it can be shown.\n"
              "    acl cause_found var(txn.cause) -m reg '\\A[A-Za-z0-9_{][A-Za-z0-9_.-]*+[|]" SHOWN "*+\\z'\n",
              out);
        bodies = put_names(&writer, "with_body", wants, context, with_body);
        if (bodies)
            put_whole(&writer);
        else
            fputs("    acl with_body always_false\n    acl short_body always_true\n", out);
        queries = put_names(&writer, "with_query", wants, context, with_query);
        if (queries)
            put_parameters(out);
        for (const struct guard_operation *operation = guard_operations; operation->id != NULL; operation++)
            if (guard_inspects(guard, operation->id) && wants(context, operation->id))
                put_operation(&writer, operation);
        if (bodies || queries)
            put_reason(&writer, members_map);
        put_answers(out);
    }
    free(names);
}

/* -- Maps ------------------------------------------------------------------------------------------------------------ */

static void write_member(FILE *out, const char *key, const struct member *member)
{
    fprintf(out, "%s %s|%s\n", key, member->name, member_key(member));
}

void guard_write_members_map(FILE *out)
{
    fputs("# operation:member (or operation?parameter) -> its name in messages|what opens it, for hints.map. Made from\n"
          "# entrypoint/guard_schema.c by `make maps`; the first of several counts.\n",
          out);
    members_list(out, write_member);
}

void guard_write_hints_map(FILE *out)
{
    fputs("# what opens it _ the refused value -> what to say. Made from entrypoint/guard_schema.c by `make maps`; the first match\n"
          "# counts.\n",
          out);
    for (const struct guard_hint *hint = guard_hints; hint->knob != KNOB_ALL; hint++)
        fprintf(out, "^%s_(?:%s) %s\n", knob_key(hint->knob), hint->value == NULL ? "" : hint->value, hint->text == NULL ? "none" : hint->text);
}
