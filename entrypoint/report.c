#include "report.h"

#include "request.h"
#include "terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BAD_ENVIRONMENT 2
#define DENIED 3

struct verdict {
    bool allowed;
    size_t row;               /* of the table, operation_count for none */
    const char *operation;    /* operationId, "-" for none */
    char reason[REASON_MAX + 64]; /* what opens it, or why not */
};

static void judge(const struct environment *environment, const struct profile *profile, const struct router *router,
                  const char *method, const char *target, struct verdict *verdict)
{
    enum refusal refusal;
    size_t i = router_find(router, method, target, environment->settings.min_api_minor, &refusal);

    verdict->allowed = refusal == NOT_REFUSED && profile->permissions.open[i];
    verdict->row = i;
    verdict->operation = refusal == NOT_REFUSED ? operations[i].id : "-";
    if (refusal == OLD_VERSION)
        snprintf(verdict->reason, sizeof verdict->reason, "API versions below 1.%ld are refused, see MIN_API_VERSION",
                 environment->settings.min_api_minor);
    else if (refusal == NO_OPERATION)
        snprintf(verdict->reason, sizeof verdict->reason, "%s", router_fault(router, target));
    else
        snprintf(verdict->reason, sizeof verdict->reason, "%s%s", profile->permissions.reason[i],
                 verdict->allowed ? "" : profile_hint_end(profile, i));
}

static struct router *new_router(void)
{
    struct router *router = router_new();

    if (router == NULL)
        notice("out of memory");
    return router;
}

/* The whole file, which the caller frees; NULL with the reason told. */
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

/* What the create guard has to do with a request. */
enum guard_part {
    NOT_LOOKED_AT, /* the operation carries no workload, or nothing sets the guard for it */
    WOULD_LOOK,    /* it judges the body, which is not at hand */
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
};

/* Lets the guard judge an allowed operation's body. Returns 0, or the exit status of a failure, which has been told. */
static int ask_guard(struct answer *answer, const char *body_file)
{
    const char *query = strchr(answer->target, '?');
    size_t length;
    char *body = read_file(body_file, &length);

    if (body == NULL)
        return BAD_ENVIRONMENT;
    guard_judge(answer->profile->guard, answer->verdict.operation, query == NULL ? NULL : query + 1, body, length, &answer->guard);
    free(body);
    if (answer->guard.result == GUARD_FAILS) {
        notice("out of memory");
        return 1;
    }
    answer->part = answer->guard.result == GUARD_PASSES ? FOUND_HARMLESS : FOUND_HARMFUL;
    return 0;
}

static bool is_allowed(const struct answer *answer)
{
    return answer->verdict.allowed && answer->part != FOUND_HARMFUL;
}

static void print_sentence(const struct answer *answer)
{
    const struct verdict *verdict = &answer->verdict;
    const char *of = answer->profile->name[0] == '\0' ? "" : ", for profile ";
    const char *name = answer->profile->name;

    if (!verdict->allowed)
        printf("denied: %s %s is forbidden; %s%s%s\n", answer->method, answer->target, verdict->reason, of, name);
    else if (answer->part == FOUND_HARMFUL)
        printf("denied: %s%s%s\n", answer->guard.message, of, name);
    else if (answer->part == FOUND_HARMLESS)
        printf("allowed: the body is harmless, or opened; %s is opened by %s%s%s\n", verdict->operation, verdict->reason, of, name);
    else
        printf("allowed: %s %s is %s, opened by %s%s%s%s\n", answer->method, answer->target, verdict->operation, verdict->reason, of, name,
               answer->part == WOULD_LOOK ? ", if the create guard finds its body harmless (--body FILE)" : "");
}

static const char *about_guard(const struct answer *answer)
{
    static const char *const parts[] = {
        [NOT_LOOKED_AT] = "does not look at this request",
        [WOULD_LOOK] = "judges its body, if the permissions allow the operation; --body FILE asks it",
        [FOUND_HARMLESS] = "finds its body harmless, or opened",
    };

    return answer->part == FOUND_HARMFUL ? answer->guard.reason : parts[answer->part];
}

static void print_columns(const struct answer *answer)
{
    const struct verdict *verdict = &answer->verdict;
    bool allowed = is_allowed(answer);

    printf("%s%s%s\n", allowed ? colour_yes() : colour_no(), allowed ? "allowed" : "denied", colour_end());
    printf("  request    %s %s\n", answer->method, answer->target);
    printf("  operation  %s\n", verdict->row < operation_count ? verdict->operation : "none");
    printf("  %s  %s\n", verdict->allowed ? "opened by" : "because  ", verdict->reason);
    printf("  profile    %s\n", answer->profile->name[0] == '\0' ? "none, the unprefixed variables" : answer->profile->name);
    printf("  guard      %s\n", about_guard(answer));
}

static void print_object(const struct answer *answer)
{
    const struct verdict *verdict = &answer->verdict;
    const char *const members[][2] = {{"method", answer->method},
                                      {"path", answer->target},
                                      {"operation", verdict->row < operation_count ? verdict->operation : ""},
                                      {verdict->allowed ? "opened_by" : "reason", verdict->reason},
                                      {"profile", answer->profile->name},
                                      {"guard", about_guard(answer)}};

    printf("{\"allowed\": %s", is_allowed(answer) ? "true" : "false");
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        printf(", \"%s\": ", members[i][0]);
        print_json(members[i][1]);
    }
    puts("}");
}

int report_explain(const struct environment *environment, const struct profile *profile, const char *method,
                   const char *target, const char *body_file, bool json)
{
    struct answer answer = {.method = method, .target = target, .profile = profile, .part = NOT_LOOKED_AT};
    struct router *router = new_router();
    int failure = 0;

    if (router == NULL)
        return 1;
    judge(environment, profile, router, method, target, &answer.verdict);
    router_free(router);
    if (answer.verdict.row < operation_count && profile_would_guard(profile, answer.verdict.row))
        answer.part = WOULD_LOOK;
    if (answer.verdict.allowed && answer.part == WOULD_LOOK && body_file != NULL)
        failure = ask_guard(&answer, body_file);
    if (failure != 0)
        return failure;
    if (json)
        print_object(&answer);
    else if (terminal())
        print_columns(&answer);
    else
        print_sentence(&answer);
    return is_allowed(&answer) ? 0 : DENIED;
}

int report_explain_lines(const struct environment *environment, const struct profile *profile)
{
    struct router *router = new_router();
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    if (router == NULL)
        return 1;
    while ((length = getline(&line, &size, stdin)) > 0) {
        struct verdict verdict;
        char *target;

        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        target = strchr(line, ' ');
        if (target != NULL)
            *target++ = '\0';
        judge(environment, profile, router, line, target == NULL ? "" : target, &verdict);
        if (verdict.allowed)
            printf("allowed %s\n", verdict.operation);
        else
            printf("denied %s %s\n", verdict.operation, verdict.reason);
    }
    free(line);
    router_free(router);
    return 0;
}
