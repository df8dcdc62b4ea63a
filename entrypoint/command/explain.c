/* `explain`: whether the proxy would allow a request, and by which variable. */
#include "command/explain.h"

#include "config/targets.h"
#include "guard/schema.h"
#include "inventory/facts.h"
#include "inventory/losses.h"
#include "inventory/protection.h"
#include "policy/router.h"
#include "base/terminal.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BAD_ENVIRONMENT 2
#define DENIED          3

#define LOSSES_MILLISECONDS 5000

struct verdict {
    bool allowed;
    size_t row;                         /* of the table of operations; operation_count for none */
    const char *operation;              /* operationId, "-" for none */
    bool protected;                     /* a permission opens it, but the protection or the targets refuse it, or what
                                           it names would be lost */
    bool limited;                       /* it depends on the targets, or a list gets their filter */
    bool audited;                       /* nothing opens it, and MODE=audit forwards it */
    char reason[PATH_LENGTH_MAX + 256]; /* what opens it, or why it is denied */
};

/* What requests are judged with. */
struct judge {
    const struct environment *environment;
    const struct inventory *inventory;
    const struct profile *profile;
    struct protection protection;
    struct router *router;
    struct losses losses; /* read when they are needed first: */
    bool losses_known;
};

/* False if memory runs out. Release with judge_end. */
static bool judge_begin(struct judge *judge, const struct environment *environment, const struct inventory *inventory,
                        const struct profile *profile)
{
    memset(judge, 0, sizeof *judge);
    judge->environment = environment;
    judge->inventory = inventory;
    judge->profile = profile;
    judge->router = router_new();
    if (judge->router == NULL) {
        notice("out of memory");
        return false;
    }
    protection_make(&judge->protection, inventory);
    return true;
}

static void judge_end(struct judge *judge)
{
    if (judge->losses_known)
        losses_free(&judge->losses);
    protection_free(&judge->protection);
    router_free(judge->router);
}

/* Whether REDACT refuses the request because of its query; then the reason is written. */
static bool has_hidden_query(const struct profile *profile, size_t i, const char *target, struct verdict *verdict)
{
    const char *query = strchr(target, '?');
    char *reason = query == NULL || query[1] == '\0' ? NULL : profile_refuses_query(profile, i);

    if (reason == NULL)
        return false;
    verdict->allowed = false;
    verdict->audited = false;
    snprintf(verdict->reason, sizeof verdict->reason, "%s", reason);
    free(reason);
    return true;
}

/* What the targets add. A list with the wrong query is refused; what one container is, only the Engine knows. */
static void judge_targets(const struct judge *judge, size_t i, const char *target, struct verdict *verdict)
{
    const char *query = strchr(target, '?');
    char *reason;

    verdict->limited = targets_judge(&judge->profile->targets, &operations[i]);
    if (targets_refuse_query(judge->profile, judge->inventory, i, query == NULL ? "" : query + 1, &reason)) {
        verdict->allowed = false;
        verdict->protected = true;
        snprintf(verdict->reason, sizeof verdict->reason, "%s", reason);
        free(reason);
    }
}

/* Whether the container is one that could not be created again; then the reason is written. An audit forwards that. */
static bool would_be_lost(struct judge *judge, const char *reference, struct verdict *verdict)
{
    if (!profile_keeps(judge->profile, verdict->operation))
        return false;
    if (!judge->losses_known)
        losses_read(&judge->losses, judge->environment, judge->inventory, LOSSES_MILLISECONDS);
    judge->losses_known = true;
    return losses_refuse(&judge->losses, judge->profile, verdict->operation, reference, verdict->reason,
                         sizeof verdict->reason);
}

static void judge_request(struct judge *judge, const char *method, const char *target, struct verdict *verdict)
{
    const struct permissions *permissions = &judge->profile->permissions;
    long minor = judge->environment->settings.min_api_minor;
    char reference[PATH_LENGTH_MAX + 1];
    char reason[REASON_MAX];
    enum refusal refusal;
    size_t i = router_find(judge->router, method, target, minor, &refusal);

    verdict->allowed = refusal == NOT_REFUSED && profile_forwards(judge->profile, operations[i].id);
    verdict->audited = verdict->allowed && !permissions->open[i];
    verdict->protected = false;
    verdict->limited = false;
    verdict->row = i;
    verdict->operation = refusal == NOT_REFUSED ? operations[i].id : "-";
    if (refusal == OLD_VERSION)
        snprintf(verdict->reason, sizeof verdict->reason, "API versions below 1.%ld are refused, see MIN_API_VERSION",
                 minor);
    else if (refusal == NO_OPERATION)
        snprintf(verdict->reason, sizeof verdict->reason, "%s", router_fault(judge->router, method, target));
    else {
        profile_reason(judge->profile, i, reason);
        snprintf(verdict->reason, sizeof verdict->reason, "%s%s", reason,
                 verdict->allowed && !verdict->audited ? "" : profile_hint_end(judge->profile, i));
    }
    if (!verdict->allowed)
        return;
    router_reference(judge->router, target, reference);
    if (has_hidden_query(judge->profile, i, target, verdict))
        return;
    verdict->protected = protection_refuses(&judge->protection, verdict->operation, reference, verdict->reason,
                                            sizeof verdict->reason);
    if (!verdict->protected && would_be_lost(judge, reference, verdict)) {
        verdict->audited = judge->profile->mode == MODE_AUDIT;
        verdict->protected = !verdict->audited;
    }
    verdict->allowed = !verdict->protected;
    if (verdict->allowed)
        judge_targets(judge, i, target, verdict);
}

/* Returns the content of the file, which the caller frees; NULL after an error message. */
static char *read_file(const char *path, size_t *length)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char *bytes = NULL;
    FILE *copy = open_memstream(&bytes, length);
    char block[4096];
    size_t got;

    if (file == NULL || copy == NULL) {
        notice("%s: %s", path, strerror(errno));
    } else {
        while ((got = fread(block, 1, sizeof block, file)) > 0)
            fwrite(block, 1, got, copy);
        if (ferror(file))
            notice("%s: %s", path, strerror(errno));
    }
    if (copy != NULL && (fclose(copy) != 0 || file == NULL || ferror(file))) {
        free(bytes);
        bytes = NULL;
    }
    if (file != NULL && file != stdin)
        fclose(file);
    return bytes;
}

/* What the create guard finds in a request. */
enum guard_part {
    NOT_GUARDED, /* the guard does not judge the operation */
    NO_BODY,     /* it would judge the body, which is not given */
    FOUND_HARMLESS,
    FOUND_HARMFUL,
};

struct answer {
    const char *method;
    const char *target;
    const struct profile *profile;
    struct verdict verdict;
    enum guard_part part;
    struct guard_verdict guard; /* FOUND_HARMFUL */
    char *faults;               /* FOUND_HARMFUL: all faults, one per line; owned */
};

/* Lets the guard judge a body of an allowed operation. */
static void judge_bytes(struct answer *answer, const struct inventory *inventory, const char *body, size_t length)
{
    const char *query = strchr(answer->target, '?');
    struct guard_judge *judge;
    struct facts facts;
    FILE *list;
    size_t size;

    facts_read(&facts, inventory);
    judge = guard_judge_new(answer->profile->guard, &facts.known, answer->verdict.operation);
    guard_judge_run(judge, query == NULL ? NULL : query + 1, body, length, &answer->guard);
    list = open_memstream(&answer->faults, &size);
    if (list == NULL)
        abort();
    guard_judge_all(judge, body, length, list);
    if (fclose(list) != 0)
        abort();
    guard_judge_free(judge);
    facts_free(&facts);
    answer->part = answer->guard.result == GUARD_PASSES ? FOUND_HARMLESS : FOUND_HARMFUL;
}

/* The same for the body in a file. Returns 0, or the exit status after an error message. */
static int judge_file(struct answer *answer, const struct inventory *inventory, const char *body_file)
{
    size_t length;
    char *body = read_file(body_file, &length);

    if (body == NULL)
        return BAD_ENVIRONMENT;
    judge_bytes(answer, inventory, body, length);
    free(body);
    return 0;
}

/* Whether MODE=audit forwards what the permissions or the guard would refuse. */
static bool is_audited(const struct answer *answer)
{
    return answer->profile->mode == MODE_AUDIT && answer->verdict.allowed &&
           (answer->part == FOUND_HARMFUL ? answer->guard.settable : answer->verdict.audited);
}

static bool is_allowed(const struct answer *answer)
{
    return answer->verdict.allowed && (answer->part != FOUND_HARMFUL || is_audited(answer));
}

/* Prints all faults but the first, so that a Compose file need not be corrected one fault at a time. */
static void print_others(const struct answer *answer, const char *before)
{
    const char *line = answer->faults == NULL ? NULL : strchr(answer->faults, '\n');

    while (line != NULL && line[1] != '\0') {
        size_t length = strcspn(line + 1, "\n");

        printf("%s%.*s\n", before, (int)length, line + 1);
        line = strchr(line + 1, '\n');
    }
}

/* What REDACT hides in the answer: "environment, labels", "" for nothing. The caller frees it. */
static char *hidden_words(const struct answer *answer)
{
    return redact_text(redact_hides(answer->profile->redact, answer->verdict.operation));
}

/* What of it the targets decide: "only for one of the containers that ALLOW_CONTAINER_LABELS select", "" for nothing.
 * The caller frees it. */
static char *about_targets(const struct answer *answer)
{
    const struct profile *profile = answer->profile;
    enum operation_reach reach = answer->verdict.limited ? operations[answer->verdict.row].reach : REACH_NOTHING;
    bool lists = reach == REACH_LIST || reach == REACH_LABELS;
    char *variables = targets_variables(&profile->targets, profile->prefix);
    char *text = reach == REACH_NOTHING || !answer->verdict.allowed || (lists && profile->mode == MODE_AUDIT)
                     ? text_format("%s", "")
                     : text_format("only %s" TARGETS_THAT "%s select",
                                   lists                 ? ""
                                   : reach == REACH_EXEC ? "for an exec instance of one of "
                                                         : "for one of ",
                                   variables);

    free(variables);
    return text;
}

static void print_sentence(const struct answer *answer)
{
    const struct verdict *verdict = &answer->verdict;
    const char *of = answer->profile->name[0] == '\0' ? "" : ", for profile ";
    const char *name = answer->profile->name;
    char *hidden = hidden_words(answer);
    char *targets = about_targets(answer);
    const char *also = *targets == '\0' ? "" : "; ";

    if (is_audited(answer))
        printf("allowed: %sMODE=audit forwards it; enforced, %s %s would be forbidden%s%s%s%s%s%s\n",
               answer->profile->prefix, answer->method, answer->target, verdict->audited ? "; " : "",
               verdict->audited ? verdict->reason : "", answer->part == FOUND_HARMFUL ? ": " : "",
               answer->part == FOUND_HARMFUL ? answer->guard.message + strlen("docker-socket-proxy: ") : "", of, name),
            print_others(answer, "also: ");
    else if (!verdict->allowed)
        printf("denied: %s %s is forbidden%s %s%s%s\n", answer->method, answer->target, verdict->protected ? ":" : ";",
               verdict->reason, of, name);
    else if (answer->part == FOUND_HARMFUL)
        printf("denied: %s%s%s\n", answer->guard.message, of, name), print_others(answer, "also: ");
    else if (answer->part == FOUND_HARMLESS)
        printf("allowed: the body is harmless, or opened; %s is opened by %s%s%s%s%s\n", verdict->operation,
               verdict->reason, of, name, also, targets);
    else
        printf("allowed: %s %s is %s, opened by %s%s%s%s%s%s%s%s\n", answer->method, answer->target, verdict->operation,
               verdict->reason, of, name, also, targets,
               answer->part == NO_BODY ? ", if the create guard finds its body harmless (--body FILE)" : "",
               *hidden == '\0' ? "" : "; its answer is redacted: ", hidden);
    free(targets);
    free(hidden);
}

static const char *about_guard(const struct answer *answer)
{
    static const char *const parts[] = {
        [NOT_GUARDED] = "does not judge this request",
        [NO_BODY] = "judges its body, if the permissions allow the operation; --body FILE tests a body",
        [FOUND_HARMLESS] = "finds its body harmless, or opened",
    };

    return answer->part == FOUND_HARMFUL ? answer->guard.reason : parts[answer->part];
}

static void print_columns(const struct answer *answer)
{
    const struct verdict *verdict = &answer->verdict;
    bool allowed = is_allowed(answer);
    char *hidden = hidden_words(answer);
    char *targets = about_targets(answer);

    printf("%s%s%s\n", allowed ? colour_yes() : colour_no(), allowed ? "allowed" : "denied", colour_end());
    printf("  request    %s %s\n", answer->method, answer->target);
    printf("  operation  %s\n", verdict->row < operation_count ? verdict->operation : "none");
    if (is_audited(answer))
        printf("  opened by  %sMODE=audit; enforced, it would be denied\n", answer->profile->prefix);
    printf("  %s  %s\n", verdict->allowed && !verdict->audited ? "opened by" : "because  ", verdict->reason);
    printf("  profile    %s\n",
           answer->profile->name[0] == '\0' ? "none, the unprefixed variables" : answer->profile->name);
    printf("  guard      %s\n", about_guard(answer));
    print_others(answer, "  also       ");
    if (*targets != '\0')
        printf("  targets    %s\n", targets);
    if (*hidden != '\0')
        printf("  redacted   %s\n", hidden);
    free(targets);
    free(hidden);
}

static void print_object(const struct answer *answer)
{
    const struct verdict *verdict = &answer->verdict;
    char *hidden = hidden_words(answer);
    char *targets = about_targets(answer);
    const char *const members[][2] = {{"method", answer->method},
                                      {"path", answer->target},
                                      {"operation", verdict->row < operation_count ? verdict->operation : ""},
                                      {verdict->allowed && !verdict->audited ? "opened_by" : "reason", verdict->reason},
                                      {"profile", answer->profile->name},
                                      {"guard", about_guard(answer)}};

    printf("{\"allowed\": %s", is_allowed(answer) ? "true" : "false");
    if (is_audited(answer))
        printf(", \"audit\": true");
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        printf(", \"%s\": ", members[i][0]);
        print_json(members[i][1]);
    }
    if (*targets != '\0') {
        printf(", \"targets\": ");
        print_json(targets);
    }
    if (*hidden != '\0') {
        printf(", \"redacted\": ");
        print_json(hidden);
    }
    puts("}");
    free(targets);
    free(hidden);
}

int report_response(const struct environment *environment, const struct inventory *inventory,
                    const struct profile *profile, const char *method, const char *target, const char *response_file)
{
    struct answer answer = {.method = method, .target = target, .profile = profile};
    struct judge judge;
    size_t length;
    char *hidden;
    char *body;
    int code = 0;

    if (!judge_begin(&judge, environment, inventory, profile))
        return 1;
    judge_request(&judge, method, target, &answer.verdict);
    judge_end(&judge);
    if (!answer.verdict.allowed) {
        print_sentence(&answer);
        return DENIED;
    }
    body = read_file(response_file, &length);
    if (body == NULL)
        return BAD_ENVIRONMENT;
    hidden = hidden_words(&answer);
    if (*hidden != '\0') {
        struct redactor *redactor = redactor_new(profile->redact, answer.verdict.operation);
        bool fits = redact_length(body, length) <= (size_t)profile->max_redact_body;
        char *text = fits ? redactor_run(redactor, body, length) : NULL;

        if (text != NULL) {
            puts(text);
        } else {
            char *large = text_format(REDACT_TOO_LARGE, profile->max_redact_body, profile->prefix);

            notice("the answer to %s cannot be redacted: %s", answer.verdict.operation, fits ? redact_unproven : large);
            free(large);
            code = DENIED;
        }
        free(text);
        redactor_free(redactor);
    } else {
        fwrite(body, 1, length, stdout);
    }
    free(hidden);
    free(body);
    return code;
}

int report_explain(const struct environment *environment, const struct inventory *inventory,
                   const struct profile *profile, const char *method, const char *target, const char *body_file,
                   bool json)
{
    struct answer answer = {.method = method, .target = target, .profile = profile, .part = NOT_GUARDED};
    struct judge judge;
    int failure = 0;

    if (!judge_begin(&judge, environment, inventory, profile))
        return 1;
    judge_request(&judge, method, target, &answer.verdict);
    judge_end(&judge);
    if (answer.verdict.row < operation_count && profile_would_guard(profile, answer.verdict.row))
        answer.part = NO_BODY;
    if (answer.verdict.allowed && answer.part == NO_BODY && body_file != NULL)
        failure = judge_file(&answer, inventory, body_file);
    else if (answer.verdict.allowed && answer.part == NO_BODY && guard_refuses_every_body(answer.verdict.operation))
        judge_bytes(&answer, inventory, "", 0);
    if (failure != 0)
        return failure;
    if (json)
        print_object(&answer);
    else if (terminal())
        print_columns(&answer);
    else
        print_sentence(&answer);
    free(answer.faults);
    return is_allowed(&answer) ? 0 : DENIED;
}

int report_explain_lines(const struct environment *environment, const struct inventory *inventory,
                         const struct profile *profile)
{
    struct judge judge;
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    if (!judge_begin(&judge, environment, inventory, profile))
        return 1;
    while ((length = getline(&line, &size, stdin)) > 0) {
        struct answer answer = {.method = line, .profile = profile, .part = NOT_GUARDED};
        const struct verdict *verdict = &answer.verdict;
        char *target;

        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        target = strchr(line, ' ');
        if (target != NULL)
            *target++ = '\0';
        answer.target = target == NULL ? "" : target;
        judge_request(&judge, line, answer.target, &answer.verdict);
        if (verdict->allowed && profile_would_guard(profile, verdict->row) &&
            guard_refuses_every_body(verdict->operation))
            judge_bytes(&answer, inventory, "", 0);
        if (is_allowed(&answer))
            printf("allowed %s\n", verdict->operation);
        else
            printf("denied %s %s\n", verdict->operation, verdict->allowed ? answer.guard.reason : verdict->reason);
        free(answer.faults);
    }
    free(line);
    judge_end(&judge);
    return 0;
}
