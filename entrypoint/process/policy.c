/* Reads the policy again for a reload. */
#include "process/policy.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* What a start takes up and a reload does not, of what files may set: the directories whose files are watched and
 * decide whether clients need a certificate. */
static const enum variable_id of_the_start[] = {VAR_TLS_CERT_PATH, VAR_UPSTREAM_TLS_CERT_PATH};

static void refuse_changes(const struct environment *present, const struct environment *next, struct problems *problems)
{
    const struct variables before = {.environment = present->variables, .prefix = ""};
    const struct variables after = {.environment = next->variables, .prefix = ""};

    for (size_t i = 0; i < sizeof of_the_start / sizeof *of_the_start; i++)
        if (!text_equal(variable_text(&before, of_the_start[i]), variable_text(&after, of_the_start[i])))
            problem(problems, "%s has changed, which takes effect after a restart only",
                    variable_table[of_the_start[i]].name);
}

char **policy_certificates(const struct settings *settings, size_t *count)
{
    static const char *const files[] = {"cert.pem", "key.pem", "ca.pem"};
    const char *const directories[] = {settings->tls_cert_path, settings->upstream_tls_cert_path};
    char **paths = calloc(sizeof directories / sizeof *directories * (sizeof files / sizeof *files) + 1, sizeof *paths);

    *count = 0;
    if (paths == NULL)
        abort();
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
        for (size_t k = 0; directories[i] != NULL && k < sizeof files / sizeof *files; k++)
            paths[(*count)++] = text_format("%s/%s", directories[i], files[k]);
    return paths;
}

/* Watches the certificates that are in use, and the files of these sources. */
static void watch_both(struct watch *watch, const struct settings *settings, const struct sources *sources)
{
    size_t count;
    char **certificates = policy_certificates(settings, &count);

    watch_begin(watch, certificates, count, sources->files, sources->file_count);
    list_free(certificates, count);
}

void policy_watch(struct watch *watch, const struct environment *environment)
{
    watch_both(watch, &environment->settings, &environment->sources);
}

struct environment *policy_load(const struct environment *present, char *const variables[], struct watch *watch)
{
    struct environment *next = calloc(1, sizeof *next);
    struct problems problems = {.to = stderr};

    if (next == NULL)
        abort();
    environment_load(next, variables, &problems);
    if (problems.count == 0)
        refuse_changes(present, next, &problems);
    watch_both(watch, &present->settings, &next->sources);
    if (problems.count == 0)
        return next;
    policy_free(next);
    return NULL;
}

void policy_free(struct environment *environment)
{
    if (environment != NULL)
        environment_free(environment);
    free(environment);
}
