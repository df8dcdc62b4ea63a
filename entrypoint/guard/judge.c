/* Judges one request without HAProxy, with the regexes that HAProxy runs. */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "guard/causes.h"
#include "guard/scope.h"
#include "base/text.h"

#include <pcre2.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct guard_judge {
    struct product product;
    pcre2_code *harmless[3]; /* one for each demand */
    pcre2_code *fault[3];    /* NULL: not searched for */
    pcre2_code *value;       /* a member's value, to remove it */
    pcre2_match_data *data;
};

/* Compiles as HAProxy does. Without JIT, PCRE2's interpreter runs the regex. */
static pcre2_code *compile(const struct regex *regex, uint32_t options)
{
    char *whole = regex_whole(regex);
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)whole, PCRE2_ZERO_TERMINATED, options, &error, &offset, NULL);

    if (code == NULL) {
        fprintf(stderr, "a regex of the create guard is wrong at offset %zu, PCRE2 error %d\n%s\n", (size_t)offset,
                error, whole);
        abort();
    }
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    free(whole);
    return code;
}

struct guard_judge *guard_judge_new(const struct guard *guard, const struct guard_facts *facts,
                                    const char *operation_id)
{
    struct guard_judge *judge;
    struct regex value;

    if (!guard_inspects(guard, operation_id))
        return NULL;
    judge = calloc(1, sizeof *judge);
    if (judge == NULL)
        abort();
    product_make(&judge->product, guard, facts, guard_operation_find(operation_id));
    judge->data = pcre2_match_data_create(CAUSE_GROUPS + 2, NULL);
    if (judge->data == NULL)
        abort();
    for (size_t i = 0; i < judge->product.count; i++) {
        const struct demand *demand = &judge->product.demands[i];

        judge->harmless[i] = compile(&demand->harmless, PCRE2_NO_AUTO_CAPTURE);
        if (demand->fault.text != NULL)
            judge->fault[i] = compile(&demand->fault, 0);
    }
    regex_set(&judge->product.grammar, &value, text_format("\\G(?&v)"));
    judge->value = compile(&value, PCRE2_NO_AUTO_CAPTURE);
    regex_free(&value);
    return judge;
}

void guard_judge_free(struct guard_judge *judge)
{
    if (judge == NULL)
        return;
    for (size_t i = 0; i < judge->product.count; i++) {
        pcre2_code_free(judge->harmless[i]);
        pcre2_code_free(judge->fault[i]);
    }
    pcre2_code_free(judge->value);
    pcre2_match_data_free(judge->data);
    product_free(&judge->product);
    free(judge);
}

/* ---- causes ---- */

struct cause {
    bool found;
    char path[256];
    char value[256];
    size_t at; /* where the refused value, item of a list, or name of an entry begins */
};

static void add_capture(char *to, size_t size, const char *text, const PCRE2_SIZE *ends, size_t group)
{
    size_t used = strlen(to);
    PCRE2_SIZE begin = ends[2 * group];
    PCRE2_SIZE end = ends[2 * group + 1];

    if (begin != PCRE2_UNSET && end > begin)
        snprintf(to + used, size - used, "%s%.*s", used > 0 ? "." : "", (int)(end - begin), text + begin);
}

/* Reads the captures as haproxy.cfg does: a mark that there is a fault, the names, the value. */
static void find_cause(const struct guard_judge *judge, const pcre2_code *code, const char *text, size_t length,
                       struct cause *cause)
{
    int got = code != NULL ? pcre2_match(code, (PCRE2_SPTR)text, length, 0, 0, judge->data, NULL) : -1;
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

/* Whether a text of ours names a variable, by the regex of templates/guard.cfg. */
static bool names_variable(const char *text)
{
    for (; *text != '\0'; text++)
        if (isupper((unsigned char)text[0]) && text[1] == '_' && isupper((unsigned char)text[2]))
            return true;
    return false;
}

/* The reason, as templates/guard.cfg has HAProxy build it. */
static char *explain(const struct grammar *grammar, const struct demand *demand, const struct cause *cause,
                     bool *settable)
{
    bool query = demand->saying == SAY_QUERY;
    int key = demand->saying;
    struct text text;
    struct text hint;
    char *name;
    char *said;

    if (demand->why != NULL) {
        *settable = names_variable(demand->why);
        return text_format("%s", demand->why);
    }
    text_begin(&text);
    if (cause->found)
        key = member_find(grammar->operation, query, cause->path, text.stream);
    name = text_end(&text);
    text_begin(&text);
    if (key < SAY_BODY)
        fputs(key == SAY_UNKNOWN || key == SAY_UNKNOWN_PARAMETER ? cause->path : name, text.stream);
    if (key < KNOB_ALL && cause->value[0] != '\0')
        fprintf(text.stream, " \"%s\"", cause->value);
    fputs(key < KNOB_ALL ? "; " : key < SAY_BODY ? " " : "", text.stream);
    text_begin(&hint);
    hint_put(hint.stream, grammar, key, cause->value);
    said = text_end(&hint);
    *settable = names_variable(said);
    fputs(said, text.stream);
    free(said);
    free(name);
    return text_end(&text);
}

/* ---- verdicts ---- */

/* Sets the verdict. Takes the reason. */
static void refuse(const struct guard_judge *judge, struct guard_verdict *verdict, enum guard_result result,
                   char *reason)
{
    verdict->result = result;
    snprintf(verdict->reason, sizeof verdict->reason, "%s", reason);
    snprintf(verdict->message, sizeof verdict->message, "docker-socket-proxy: %s is forbidden: %.640s",
             judge->product.grammar.operation->doing, verdict->reason);
    free(reason);
}

/* Sets the verdict, and the cause if one is found. */
static void judge_request(struct guard_judge *judge, const char *query, const char *body, size_t length,
                          struct guard_verdict *verdict, struct cause *cause)
{
    const struct product *product = &judge->product;
    const struct guard *guard = product->grammar.guard;

    *verdict = (struct guard_verdict){.result = GUARD_PASSES};
    *cause = (struct cause){.found = false};
    if (product->refusal != NULL) {
        refuse(judge, verdict, GUARD_REFUSES, text_format("%s", product->refusal));
        verdict->settable = names_variable(product->refusal);
        return;
    }
    if (guard_has_body(product->grammar.operation) && length > (size_t)guard->max_body) {
        refuse(judge, verdict, GUARD_TOO_LARGE, text_format(REASON_LARGE, guard->max_body, guard->prefix));
        verdict->settable = true;
        return;
    }
    for (size_t i = 0; i < product->count; i++) {
        bool of_query = product->demands[i].saying == SAY_QUERY;
        const char *text = of_query ? query : body;
        size_t size = !of_query ? length : query != NULL ? strlen(query) : 0;

        text = text != NULL ? text : "";
        if (pcre2_match(judge->harmless[i], (PCRE2_SPTR)text, size, 0, 0, judge->data, NULL) >= 0)
            continue;
        find_cause(judge, judge->fault[i], text, size, cause);
        refuse(judge, verdict, GUARD_REFUSES,
               explain(&product->grammar, &product->demands[i], cause, &verdict->settable));
        verdict->settable |= product->demands[i].saying == SAY_BODY && length > REASON_BODY_MAX;
        return;
    }
}

void guard_judge_run(struct guard_judge *judge, const char *query, const char *body, size_t length,
                     struct guard_verdict *verdict)
{
    struct cause cause;

    judge_request(judge, query, body, length, verdict, &cause);
}

/* ---- all that is wrong ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The end of the value that begins at a position; the position itself if there is no value. */
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

/* Removes what begins at a position: a member with its name if it is a value, the entry if it is a name, else one item;
 * and a comma, so that the rest is JSON again. Returns the new length; the same if nothing could be removed. */
static size_t remove_at(const struct guard_judge *judge, char *body, size_t length, size_t at)
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

/* Where to remove something: the first item or entry of a list or an object that was refused as a whole because of it.
 */
static size_t first_of(const char *body, const struct cause *cause)
{
    bool inside = cause->value[0] != '\0' && (body[cause->at] == '[' || body[cause->at] == '{');

    return cause->at + (inside && (body[cause->at + 1] == '{' || body[cause->at + 1] == '"'));
}

size_t guard_judge_all(struct guard_judge *judge, const char *body, size_t length, FILE *out)
{
    char *rest = malloc(length + 1);
    size_t count = 0;
    size_t before;

    if (rest == NULL)
        abort();
    memcpy(rest, body, length);
    do {
        struct guard_verdict verdict;
        struct cause cause;

        before = length;
        judge_request(judge, NULL, rest, length, &verdict, &cause);
        if (verdict.result == GUARD_PASSES)
            break;
        fprintf(out, "%s\n", verdict.reason);
        count++;
        if (cause.at > 0)
            length = remove_at(judge, rest, length, first_of(rest, &cause));
    } while (length != before);
    free(rest);
    return count;
}

void guard_judge(const struct guard *guard, const struct guard_facts *facts, const char *operation_id,
                 const char *query, const char *body, size_t length, struct guard_verdict *verdict)
{
    struct guard_judge *judge = guard_judge_new(guard, facts, operation_id);

    *verdict = (struct guard_verdict){.result = GUARD_PASSES};
    if (judge == NULL)
        return;
    guard_judge_run(judge, query, body, length, verdict);
    guard_judge_free(judge);
}
