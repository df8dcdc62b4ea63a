#include "report.h"

#include "request.h"

#include <stdlib.h>
#include <string.h>

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
    const char *operation;    /* operationId, "-" for none */
    char reason[REASON_MAX + 32]; /* what opens it, or why not */
};

static void judge(const struct environment *environment, const struct profile *profile, const struct router *router,
                  const char *method, const char *target, struct verdict *verdict)
{
    enum refusal refusal;
    size_t i = router_find(router, method, target, environment->settings.min_api_minor, &refusal);

    verdict->allowed = refusal == NOT_REFUSED && profile->permissions.open[i];
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

int report_explain(const struct environment *environment, const struct profile *profile, const char *method,
                   const char *target)
{
    struct router *router = new_router();
    struct verdict verdict;

    if (router == NULL)
        return 1;
    judge(environment, profile, router, method, target, &verdict);
    if (verdict.allowed)
        printf("allowed: %s %s is %s, opened by %s%s%s\n", method, target, verdict.operation, verdict.reason,
               profile->name[0] == '\0' ? "" : ", for profile ", profile->name);
    else
        printf("denied: %s %s is forbidden; %s\n", method, target, verdict.reason);
    router_free(router);
    return verdict.allowed ? 0 : DENIED;
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
