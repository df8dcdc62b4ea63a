/* The verdict on one request, offline, with the regexes that HAProxy runs. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "guard_internal.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

struct guard_judge {
    struct grammar grammar;
    const struct guard_operation *operation;
    pcre2_code *body;  /* NULL: not looked at */
    pcre2_code *label; /* NULL: none required */
    pcre2_code *query; /* NULL: not looked at */
    pcre2_code *body_causes[CAUSES_MAX + 1]; /* ended by NULL */
    pcre2_code *query_cause;
    pcre2_code *value; /* a member's value, to take it out */
    pcre2_match_data *data;
};

/* As HAProxy compiles its patterns. Where there is no JIT the interpreter runs them. */
static pcre2_code *compile(const struct grammar *grammar, struct regex *regex, uint32_t options)
{
    char *whole = grammar_whole(grammar, regex);
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)whole, PCRE2_ZERO_TERMINATED, options, &error, &offset, NULL);

    if (code == NULL) {
        fprintf(stderr, "a regex of ours is wrong at %zu: %d\n%s\n", (size_t)offset, error, whole);
        abort();
    }
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    free(whole);
    regex_free(regex);
    return code;
}

static bool matches(const struct guard_judge *judge, const pcre2_code *code, const char *text, size_t length)
{
    return pcre2_match(code, (PCRE2_SPTR)(text != NULL ? text : ""), length, 0, 0, judge->data, NULL) >= 0;
}

struct guard_judge *guard_judge_new(const struct guard *guard, const struct guard_facts *facts, const char *operation_id)
{
    const struct guard_operation *operation = guard_operation_find(operation_id);
    struct guard_judge *judge;
    struct regex regex;

    if (!guard_inspects(guard, operation_id))
        return NULL;
    judge = calloc(1, sizeof *judge);
    if (judge == NULL)
        abort();
    judge->grammar = (struct grammar){guard, facts};
    judge->operation = operation;
    judge->data = pcre2_match_data_create(CAUSE_GROUPS + 2, NULL);
    if (judge->data == NULL)
        abort();
    if (operation->body == BODY_OBJECT || operation->body == BODY_EMPTY) {
        grammar_body(&judge->grammar, operation, &regex);
        judge->body = compile(&judge->grammar, &regex, PCRE2_NO_AUTO_CAPTURE);
    }
    if (operation->body == BODY_OBJECT) {
        struct causes causes;
        size_t n = 0;

        causes_begin(&causes);
        while (n < CAUSES_MAX && causes_next(&causes, &judge->grammar, operation, &regex))
            judge->body_causes[n++] = compile(&judge->grammar, &regex, 0);
        regex_set(&judge->grammar, &regex, strdup("\\G(?&v)"));
        judge->value = compile(&judge->grammar, &regex, PCRE2_NO_AUTO_CAPTURE);
    }
    if (guard->label != NULL && operation->labels != NULL) {
        grammar_label(&judge->grammar, operation, &regex);
        judge->label = compile(&judge->grammar, &regex, PCRE2_NO_AUTO_CAPTURE);
    }
    if (guard_judges_query(guard, operation)) {
        grammar_query(&judge->grammar, operation, &regex);
        judge->query = compile(&judge->grammar, &regex, PCRE2_NO_AUTO_CAPTURE);
        cause_query(&judge->grammar, operation, &regex);
        judge->query_cause = compile(&judge->grammar, &regex, 0);
    }
    return judge;
}

void guard_judge_free(struct guard_judge *judge)
{
    if (judge == NULL)
        return;
    pcre2_code_free(judge->body);
    pcre2_code_free(judge->label);
    pcre2_code_free(judge->query);
    for (size_t n = 0; judge->body_causes[n] != NULL; n++)
        pcre2_code_free(judge->body_causes[n]);
    pcre2_code_free(judge->query_cause);
    pcre2_code_free(judge->value);
    pcre2_match_data_free(judge->data);
    free(judge);
}

static void refuse(const struct guard_judge *judge, struct guard_verdict *verdict, const char *reason)
{
    verdict->result = GUARD_REFUSES;
    snprintf(verdict->reason, sizeof verdict->reason, "%s", reason);
    snprintf(verdict->message, sizeof verdict->message, "docker-socket-proxy: %s is forbidden: %.640s", judge->operation->doing, verdict->reason);
}

/* -- Causes ---------------------------------------------------------------------------------------------------------- */

struct cause {
    bool found;
    char path[256];
    char value[256];
    size_t at; /* where what is refused begins: a value, an item of a list, or the name of an entry */
};

static void add_capture(char *to, size_t size, const char *text, const PCRE2_SIZE *ends, size_t group)
{
    size_t used = strlen(to);
    PCRE2_SIZE begin = ends[2 * group];
    PCRE2_SIZE end = ends[2 * group + 1];

    if (begin != PCRE2_UNSET && end > begin)
        snprintf(to + used, size - used, "%s%.*s", used > 0 ? "." : "", (int)(end - begin), text + begin);
}

/* As haproxy.cfg takes it apart: a sign that there is something, the names, the value. */
static void find_cause(const struct guard_judge *judge, const pcre2_code *code, const char *text, size_t length, struct cause *cause)
{
    int got = pcre2_match(code, (PCRE2_SPTR)text, length, 0, 0, judge->data, NULL);
    size_t groups = got == 0 ? CAUSE_GROUPS + 2 : (size_t)got; /* 0: more groups than asked for */
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(judge->data);

    *cause = (struct cause){.found = false};
    if (got < 0 || got == 1 || ends[2] == PCRE2_UNSET)
        return;
    cause->found = true;
    for (size_t group = 2; group < CAUSE_GROUPS && group < groups; group++)
        add_capture(cause->path, sizeof cause->path, text, ends, group);
    if (groups > CAUSE_GROUPS)
        add_capture(cause->value, sizeof cause->value, text, ends, CAUSE_GROUPS);
    if (groups > CAUSE_GROUPS + 1)
        cause->at = ends[2 * ((size_t)CAUSE_GROUPS + 1)];
}

static void find_body_cause(const struct guard_judge *judge, const char *body, size_t length, struct cause *cause)
{
    *cause = (struct cause){.found = false};
    for (size_t n = 0; !cause->found && judge->body_causes[n] != NULL; n++)
        find_cause(judge, judge->body_causes[n], body, length, cause);
}

static void explain(const struct guard_judge *judge, const struct cause *cause, bool query, char *reason, size_t size)
{
    const struct guard *guard = judge->grammar.guard;
    struct member member;

    if (!cause->found || (query && member_find(judge->operation, cause->path, query, &member) && member.any))
        snprintf(reason, size, "%s", query ? REASON_QUERY : REASON_BODY);
    else if (cause->path[0] == '\0')
        snprintf(reason, size, "the body " REASON_ODD_NAME);
    else if (!member_find(judge->operation, cause->path, query, &member))
        snprintf(reason, size, "%s %s; %s%s", cause->path, query ? REASON_UNKNOWN_PARAMETER : REASON_UNKNOWN, guard->prefix,
                 hint_find(&judge->grammar, KNOB_PRIVILEGED, ""));
    else if (member.object && member.knob == KNOB_NONE)
        snprintf(reason, size, "%s " REASON_ODD_NAME, member.name);
    else {
        bool shown = cause->value[0] != '\0';
        struct text hint;
        char *said;

        text_begin(&hint);
        hint_say(hint.stream, &judge->grammar, member.knob, cause->value);
        said = text_end(&hint);
        snprintf(reason, size, "%s%s%s%s; %s", member.name, shown ? " \"" : "", cause->value, shown ? "\"" : "", said);
        free(said);
    }
}

/* -- Verdicts -------------------------------------------------------------------------------------------------------- */

static void refuse_body(const struct guard_judge *judge, const char *body, size_t length, struct guard_verdict *verdict)
{
    char reason[sizeof verdict->reason];
    struct cause cause;

    if (judge->operation->body == BODY_EMPTY) {
        refuse(judge, verdict, REASON_NOT_EMPTY);
        return;
    }
    find_body_cause(judge, body, length, &cause);
    explain(judge, &cause, false, reason, sizeof reason);
    refuse(judge, verdict, reason);
}

void guard_judge_run(struct guard_judge *judge, const char *query, const char *body, size_t length, struct guard_verdict *verdict)
{
    const struct guard *guard = judge->grammar.guard;
    const struct guard_operation *operation = judge->operation;
    char reason[sizeof verdict->reason];
    enum guard_knob knob;
    const char *whole = guard_refuses_whole(&judge->grammar, operation, &knob);

    *verdict = (struct guard_verdict){.result = GUARD_PASSES};
    if (whole != NULL) {
        snprintf(reason, sizeof reason, "%s; %s%s", whole, guard->prefix, hint_find(&judge->grammar, knob, ""));
        refuse(judge, verdict, reason);
        return;
    }
    if (judge->body != NULL && length > (size_t)guard->max_body) {
        snprintf(reason, sizeof reason, "a body of more than %ld bytes; %sMAX_CREATE_BODY sets the limit", guard->max_body, guard->prefix);
        refuse(judge, verdict, reason);
        verdict->result = GUARD_TOO_LARGE;
        return;
    }
    if (judge->query != NULL) {
        const char *text = query != NULL ? query : "";
        struct cause cause;

        if (!matches(judge, judge->query, text, strlen(text))) {
            find_cause(judge, judge->query_cause, text, strlen(text), &cause);
            explain(judge, &cause, true, reason, sizeof reason);
            refuse(judge, verdict, reason);
            return;
        }
    }
    if (judge->body != NULL && !matches(judge, judge->body, body, length)) {
        refuse_body(judge, body, length, verdict);
        return;
    }
    if (judge->label != NULL && !matches(judge, judge->label, body, length)) {
        snprintf(reason, sizeof reason, "%s; %sREQUIRE_LABEL asks for the label %.64s", operation->labels, guard->prefix, guard->label);
        refuse(judge, verdict, reason);
    }
}

/* -- All that is wrong ----------------------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where the value that begins at a place ends; the place itself if there is none. */
static size_t end_of_value(const struct guard_judge *judge, const char *body, size_t length, size_t at)
{
    if (pcre2_match(judge->value, (PCRE2_SPTR)body, length, at, 0, judge->data, NULL) < 0)
        return at;
    return pcre2_get_ovector_pointer(judge->data)[1];
}

static size_t skip(const char *body, size_t length, size_t at, char wanted)
{
    while (at < length && is_blank(body[at]))
        at++;
    return at < length && body[at] == wanted ? at + 1 : 0;
}

/* Takes what begins at a place out of the body: a member with its name if it is a value, the entry if it is a name, else one
 * item; and a comma, so that what is left is JSON again. Returns the new length; the same if it found nothing to take. */
static size_t take_out(const struct guard_judge *judge, char *body, size_t length, size_t at)
{
    size_t begin = at;
    size_t end = end_of_value(judge, body, length, at);
    size_t colon = skip(body, length, end, ':');

    if (end == at)
        return length;
    while (begin > 0 && is_blank(body[begin - 1]))
        begin--;
    if (begin > 0 && body[begin - 1] == ':') {
        /* A name, which has no escapes, before the colon. */
        begin--;
        while (begin > 0 && body[begin] != '"')
            begin--;
        while (begin > 0 && body[begin - 1] != '"')
            begin--;
        begin = begin > 0 ? begin - 1 : 0;
    } else if (colon != 0) {
        while (colon < length && is_blank(body[colon]))
            colon++;
        end = end_of_value(judge, body, length, colon);
    }
    if (skip(body, length, end, ',') != 0) {
        end = skip(body, length, end, ',');
    } else {
        while (begin > 0 && is_blank(body[begin - 1]))
            begin--;
        begin -= begin > 0 && body[begin - 1] == ',';
    }
    memmove(body + begin, body + end, length - end);
    return length - (end - begin);
}

size_t guard_judge_all(struct guard_judge *judge, const char *body, size_t length, FILE *out)
{
    struct guard_verdict verdict;
    char *rest = malloc(length + 1);
    size_t count = 0;

    if (rest == NULL)
        abort();
    memcpy(rest, body, length);
    for (;;) {
        struct cause cause;
        size_t before = length;

        guard_judge_run(judge, NULL, rest, length, &verdict);
        if (verdict.result == GUARD_PASSES)
            break;
        fprintf(out, "%s\n", verdict.reason);
        count++;
        if (judge->body_causes[0] == NULL || verdict.result == GUARD_TOO_LARGE)
            break;
        find_body_cause(judge, rest, length, &cause);
        if (cause.found && cause.at > 0)
            length = take_out(judge, rest, length, cause.at);
        if (length == before)
            break;
    }
    free(rest);
    return count;
}

void guard_judge(const struct guard *guard, const struct guard_facts *facts, const char *operation_id, const char *query, const char *body,
                 size_t length, struct guard_verdict *verdict)
{
    struct guard_judge *judge = guard_judge_new(guard, facts, operation_id);

    *verdict = (struct guard_verdict){.result = GUARD_PASSES};
    if (judge == NULL)
        return;
    guard_judge_run(judge, query, body, length, verdict);
    guard_judge_free(judge);
}
