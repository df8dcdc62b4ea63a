/* The verdict on one request, offline, with the regexes that HAProxy runs. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "guard_internal.h"
#include "guard_json.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

struct cause {
    pcre2_code *code;
    char *reason;
};

struct causes {
    struct cause *items;
    size_t count;
};

struct guard_judge {
    const struct guard *guard;
    const struct guard_operation *operation;
    pcre2_code *body;  /* NULL: not looked at */
    pcre2_code *label; /* NULL: none required */
    pcre2_code *query; /* NULL: not looked at */
    struct causes body_causes;
    struct causes query_causes;
    pcre2_match_data *data;
};

/* As HAProxy compiles its patterns. Where there is no JIT the interpreter runs them. */
static pcre2_code *compile(const char *regex)
{
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED, PCRE2_NO_AUTO_CAPTURE, &error, &offset, NULL);
    if (code != NULL)
        pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    return code;
}

static pcre2_code *compile_and_free(char *regex)
{
    pcre2_code *code = regex != NULL ? compile(regex) : NULL;
    free(regex);
    return code;
}

static bool matches(const struct guard_judge *judge, const pcre2_code *code, const char *text, size_t length)
{
    return pcre2_match(code, (PCRE2_SPTR)(text != NULL ? text : ""), length, 0, 0, judge->data, NULL) >= 0;
}

static bool add_cause(void *context, const char *regex, const char *reason)
{
    struct causes *causes = context;
    struct cause *items = realloc(causes->items, (causes->count + 1) * sizeof *items);
    if (items == NULL)
        return false;
    causes->items = items;
    struct cause cause = {compile(regex), strdup(reason)};
    if (cause.code == NULL || cause.reason == NULL) {
        pcre2_code_free(cause.code);
        free(cause.reason);
        return false;
    }
    causes->items[causes->count++] = cause;
    return true;
}

static void free_causes(struct causes *causes)
{
    for (size_t i = 0; i < causes->count; i++) {
        pcre2_code_free(causes->items[i].code);
        free(causes->items[i].reason);
    }
    free(causes->items);
}

static bool prepare(struct guard_judge *judge)
{
    const struct guard *guard = judge->guard;
    const struct guard_operation *operation = judge->operation;
    judge->data = pcre2_match_data_create(1, NULL);
    if (judge->data == NULL)
        return false;
    if (operation->body == BODY_OBJECT || operation->body == BODY_EMPTY) {
        judge->body = compile_and_free(guard_body_regex(guard, operation));
        if (judge->body == NULL || !guard_body_reasons(guard, operation, add_cause, &judge->body_causes))
            return false;
    }
    if (guard->label != NULL && operation->labels != NULL) {
        judge->label = compile_and_free(guard_label_regex(guard, operation));
        if (judge->label == NULL)
            return false;
    }
    if (guard_judges_query(guard, operation)) {
        judge->query = compile_and_free(guard_query_regex(guard, operation));
        if (judge->query == NULL || !guard_query_reasons(guard, operation, add_cause, &judge->query_causes))
            return false;
    }
    return true;
}

struct guard_judge *guard_judge_new(const struct guard *guard, const char *operation_id)
{
    if (!guard_inspects(guard, operation_id))
        return NULL;
    struct guard_judge *judge = calloc(1, sizeof *judge);
    if (judge == NULL)
        return NULL;
    judge->guard = guard;
    judge->operation = guard_operation_find(operation_id);
    if (!prepare(judge)) {
        guard_judge_free(judge);
        return NULL;
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
    free_causes(&judge->body_causes);
    free_causes(&judge->query_causes);
    pcre2_match_data_free(judge->data);
    free(judge);
}

static void refuse(const struct guard_judge *judge, struct guard_verdict *verdict, const char *reason)
{
    verdict->result = GUARD_REFUSES;
    snprintf(verdict->reason, sizeof verdict->reason, "%s", reason);
    snprintf(verdict->message, sizeof verdict->message, "docker-socket-proxy: %s is forbidden: %s", judge->operation->doing,
             verdict->reason);
}

static const char *first_cause(const struct guard_judge *judge, const struct causes *causes, const char *text, size_t length,
                               const char *otherwise)
{
    for (size_t i = 0; i < causes->count; i++)
        if (matches(judge, causes->items[i].code, text, length))
            return causes->items[i].reason;
    return otherwise;
}

void guard_judge_run(struct guard_judge *judge, const char *query, const char *body, size_t length,
                     struct guard_verdict *verdict)
{
    const struct guard *guard = judge->guard;
    const struct guard_operation *operation = judge->operation;
    *verdict = (struct guard_verdict){.result = GUARD_PASSES};
    if (operation->body == BODY_REFUSED) {
        char reason[sizeof verdict->reason];
        snprintf(reason, sizeof reason, "%s; %s%s", operation->because, guard_prefix(guard),
                 guard_knobs[operation->knob].would);
        refuse(judge, verdict, reason);
        return;
    }
    if (judge->body != NULL && length > (size_t)guard->max_body) {
        verdict->result = GUARD_TOO_LARGE;
        snprintf(verdict->reason, sizeof verdict->reason, "a body of more than %ld bytes; %sMAX_CREATE_BODY sets the limit",
                 guard->max_body, guard_prefix(guard));
        snprintf(verdict->message, sizeof verdict->message, "docker-socket-proxy: %s is forbidden: %s", operation->doing,
                 verdict->reason);
        return;
    }
    if (judge->query != NULL) {
        size_t query_length = query != NULL ? strlen(query) : 0;
        if (!matches(judge, judge->query, query, query_length)) {
            refuse(judge, verdict, first_cause(judge, &judge->query_causes, query, query_length, REASON_QUERY));
            return;
        }
    }
    if (judge->body != NULL && !matches(judge, judge->body, body, length)) {
        const char *otherwise = operation->body == BODY_EMPTY ? REASON_NOT_EMPTY : REASON_BODY;
        refuse(judge, verdict, first_cause(judge, &judge->body_causes, body, length, otherwise));
        return;
    }
    if (judge->label != NULL && !matches(judge, judge->label, body, length)) {
        char reason[sizeof verdict->reason];
        snprintf(reason, sizeof reason, "%s; %sREQUIRE_LABEL asks for the label %.64s", operation->labels,
                 guard_prefix(guard), guard->label);
        refuse(judge, verdict, reason);
    }
}

void guard_judge(const struct guard *guard, const char *operation_id, const char *query, const char *body, size_t length,
                 struct guard_verdict *verdict)
{
    *verdict = (struct guard_verdict){.result = GUARD_PASSES};
    if (!guard_inspects(guard, operation_id))
        return;
    struct guard_judge *judge = guard_judge_new(guard, operation_id);
    if (judge == NULL) {
        verdict->result = GUARD_FAILS;
        snprintf(verdict->message, sizeof verdict->message, "docker-socket-proxy: out of memory");
        return;
    }
    guard_judge_run(judge, query, body, length, verdict);
    guard_judge_free(judge);
}
