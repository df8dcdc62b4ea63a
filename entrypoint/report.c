#include "report.h"

#include "request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BAD_ENVIRONMENT 2
#define DENIED 3

void report_permissions(const struct profile *profile)
{
    printf("# state\tmethod\tpath\toperationId\town variable\tgroups that open it\tdefault\tdecided by (open) or needs "
           "(closed)\n");
    for (size_t i = 0; i < operation_count; i++) {
        const struct operation *operation = &operations[i];
        char own[OPERATION_NAME_MAX];

        operation_own_variable(operation, own);
        printf("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", profile->permissions.open[i] ? "open" : "closed",
               operation->method, operation->path, operation->id, own,
               operation->groups[0] == '\0' ? "own variable only" : operation->groups,
               operation->on_by_default ? "on" : "off", profile->permissions.reason[i]);
    }
}

struct verdict {
    bool allowed;
    size_t row;               /* of the table, operation_count for none */
    const char *operation;    /* operationId, "-" for none */
    char reason[REASON_MAX + 32]; /* what opens it, or why not */
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
        snprintf(verdict->reason, sizeof verdict->reason, "no permission covers it");
    else
        snprintf(verdict->reason, sizeof verdict->reason, verdict->allowed ? "%s" : "%s would allow it",
                 profile->permissions.reason[i]);
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

/* What the create guard says of an allowed operation's body. */
static int explain_body(const struct profile *profile, const struct verdict *verdict, const char *target,
                        const char *body_file)
{
    const char *query = strchr(target, '?');
    static const struct guard_facts nothing_known = {.docker = false};
    struct guard_verdict guard;
    size_t length;
    char *body = read_file(body_file, &length);

    if (body == NULL)
        return BAD_ENVIRONMENT;
    guard_judge(profile->guard, &nothing_known, verdict->operation, query == NULL ? NULL : query + 1, body, length, &guard);
    free(body);
    if (guard.result == GUARD_PASSES)
        printf("allowed: the body is harmless, or opened; %s is opened by %s\n", verdict->operation, verdict->reason);
    else
        printf("denied: %s\n", guard.message);
    return guard.result == GUARD_PASSES ? 0 : DENIED;
}

int report_explain(const struct environment *environment, const struct profile *profile, const char *method,
                   const char *target, const char *body_file)
{
    struct router *router = new_router();
    struct verdict verdict;
    bool guarded;

    if (router == NULL)
        return 1;
    judge(environment, profile, router, method, target, &verdict);
    router_free(router);
    if (!verdict.allowed) {
        printf("denied: %s %s is forbidden; %s\n", method, target, verdict.reason);
        return DENIED;
    }
    guarded = profile_guards(profile, verdict.row);
    if (guarded && body_file != NULL)
        return explain_body(profile, &verdict, target, body_file);
    printf("allowed: %s %s is %s, opened by %s%s%s%s\n", method, target, verdict.operation, verdict.reason,
           profile->name[0] == '\0' ? "" : ", for profile ", profile->name,
           guarded ? ", if the create guard finds its body harmless (--body FILE)" : "");
    return 0;
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
