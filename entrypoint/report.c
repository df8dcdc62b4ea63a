#include "report.h"

#include "facts.h"
#include "protection.h"
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
    bool protected;           /* a permission opens it, but the proxy protects itself */
    char reason[PATH_LENGTH_MAX + 256]; /* what opens it, or why not */
};

/* What every request is judged by. */
struct judge {
    const struct environment *environment;
    const struct profile *profile;
    struct protection protection;
    struct router *router;
};

/* False if memory runs out. Release with judge_end. */
static bool judge_begin(struct judge *judge, const struct environment *environment, const struct inventory *inventory,
                        const struct profile *profile)
{
    judge->environment = environment;
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
    protection_free(&judge->protection);
    router_free(judge->router);
}

static void judge_request(const struct judge *judge, const char *method, const char *target, struct verdict *verdict)
{
    const struct permissions *permissions = &judge->profile->permissions;
    long minor = judge->environment->settings.min_api_minor;
    char reference[PATH_LENGTH_MAX + 1];
    enum refusal refusal;
    size_t i = router_find(judge->router, method, target, minor, &refusal);

    verdict->allowed = refusal == NOT_REFUSED && permissions->open[i];
    verdict->protected = false;
    verdict->row = i;
    verdict->operation = refusal == NOT_REFUSED ? operations[i].id : "-";
    if (refusal == OLD_VERSION)
        snprintf(verdict->reason, sizeof verdict->reason, "API versions below 1.%ld are refused, see MIN_API_VERSION", minor);
    else if (refusal == NO_OPERATION)
        snprintf(verdict->reason, sizeof verdict->reason, "no permission covers it");
    else
        snprintf(verdict->reason, sizeof verdict->reason, verdict->allowed ? "%s" : "%s would allow it", permissions->reason[i]);
    if (!verdict->allowed)
        return;
    router_reference(judge->router, target, reference);
    verdict->protected =
        protection_refuses(&judge->protection, verdict->operation, reference, verdict->reason, sizeof verdict->reason);
    verdict->allowed = !verdict->protected;
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

/* The first fault as the client is told, then all others, so that a Compose file need not be tried one fault at a time. */
static int explain_faults(struct guard_judge *judge, const struct guard_verdict *verdict, const char *body, size_t length)
{
    char *faults = NULL;
    size_t size;
    FILE *list = open_memstream(&faults, &size);
    char *line;

    if (list == NULL)
        abort();
    guard_judge_all(judge, body, length, list);
    if (fclose(list) != 0)
        abort();
    printf("denied: %s\n", verdict->message);
    line = strchr(faults, '\n'); /* the first one has just been said */
    while (line != NULL && line[1] != '\0') {
        char *next = strchr(line + 1, '\n');

        printf("also: %.*s\n", (int)(next - line - 1), line + 1);
        line = next;
    }
    free(faults);
    return DENIED;
}

/* What the create guard says of an allowed operation's body. */
static int explain_body(const struct profile *profile, const struct inventory *inventory, const struct verdict *verdict, const char *target,
                        const char *body_file)
{
    const char *query = strchr(target, '?');
    struct guard_verdict said;
    struct guard_judge *judge;
    struct facts facts;
    size_t length;
    char *body = read_file(body_file, &length);
    int code = 0;

    if (body == NULL)
        return BAD_ENVIRONMENT;
    facts_read(&facts, inventory);
    judge = guard_judge_new(profile->guard, &facts.known, verdict->operation);
    guard_judge_run(judge, query == NULL ? NULL : query + 1, body, length, &said);
    if (said.result == GUARD_PASSES)
        printf("allowed: the body is harmless, or opened; %s is opened by %s\n", verdict->operation, verdict->reason);
    else
        code = explain_faults(judge, &said, body, length);
    guard_judge_free(judge);
    facts_free(&facts);
    free(body);
    return code;
}

int report_explain(const struct environment *environment, const struct inventory *inventory, const struct profile *profile,
                   const char *method, const char *target, const char *body_file)
{
    struct verdict verdict;
    struct judge judge;
    bool guarded;

    if (!judge_begin(&judge, environment, inventory, profile))
        return 1;
    judge_request(&judge, method, target, &verdict);
    judge_end(&judge);
    if (!verdict.allowed) {
        printf("denied: %s %s is forbidden%s %s\n", method, target, verdict.protected ? ":" : ";", verdict.reason);
        return DENIED;
    }
    guarded = profile_guards(profile, verdict.row);
    if (guarded && body_file != NULL)
        return explain_body(profile, inventory, &verdict, target, body_file);
    printf("allowed: %s %s is %s, opened by %s%s%s%s\n", method, target, verdict.operation, verdict.reason,
           profile->name[0] == '\0' ? "" : ", for profile ", profile->name,
           guarded ? ", if the create guard finds its body harmless (--body FILE)" : "");
    return 0;
}

int report_explain_lines(const struct environment *environment, const struct inventory *inventory, const struct profile *profile)
{
    struct judge judge;
    char *line = NULL;
    size_t size = 0;
    ssize_t length;

    if (!judge_begin(&judge, environment, inventory, profile))
        return 1;
    while ((length = getline(&line, &size, stdin)) > 0) {
        struct verdict verdict;
        char *target;

        if (line[length - 1] == '\n')
            line[length - 1] = '\0';
        target = strchr(line, ' ');
        if (target != NULL)
            *target++ = '\0';
        judge_request(&judge, line, target == NULL ? "" : target, &verdict);
        if (verdict.allowed)
            printf("allowed %s\n", verdict.operation);
        else
            printf("denied %s %s\n", verdict.operation, verdict.reason);
    }
    free(line);
    judge_end(&judge);
    return 0;
}
