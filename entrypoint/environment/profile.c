/* Reads the base set and the profiles, PROFILE_<NAME>_*. */
#include "environment/profile.h"

#include "base/text.h"
#include "guard/schema.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the part after PROFILE_<NAME>_ begins: at the first _ALLOW_, else at the longest name of a variable at the end;
 * NULL if at neither, or if no profile may have that variable (METRICS_LISTEN is not the LISTEN of a profile METRICS).
 */
static const char *rest_of(const char *text)
{
    const char *rest = strstr(text, "_ALLOW_");
    size_t length = strcspn(text, "=");
    const struct variable_info *found = NULL;

    if (rest != NULL && rest < text + length)
        return rest + 1;
    for (const struct variable_info *row = variable_table; row < variable_table + VARIABLE_COUNT; row++) {
        size_t tail = strlen(row->name);

        if (length > tail + 1 && strncmp(text + length - tail, row->name, tail) == 0 &&
            text[length - tail - 1] == '_' && (found == NULL || tail > strlen(found->name)))
            found = row;
    }
    return found == NULL || found->scope == SCOPE_GLOBAL ? NULL : text + length - strlen(found->name);
}

const char *profile_split(const char *variable, char name[PROFILE_NAME_MAX])
{
    const char *begin = variable + strlen("PROFILE_");
    const char *rest;
    size_t length;

    if (strncmp(variable, "PROFILE_", strlen("PROFILE_")) != 0)
        return NULL;
    rest = rest_of(begin);
    if (rest == NULL || rest <= begin + 1)
        return NULL;
    length = (size_t)(rest - begin) - 1;
    if (length >= PROFILE_NAME_MAX || strspn(begin, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") < length)
        return NULL;
    memcpy(name, begin, length);
    name[length] = '\0';
    return rest;
}

static void set_backend(struct profile *profile)
{
    if (profile->name[0] == '\0') {
        bounded_copy(profile->backend, sizeof profile->backend, "engine");
        return;
    }
    bounded_format(profile->backend, sizeof profile->backend, "profile_%s", profile->name);
    for (char *c = profile->backend; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
}

const char *profile_log_name(const struct profile *profile)
{
    return profile->backend + strlen("profile_");
}

char *profile_map(const char *kind, const struct profile *profile)
{
    bool base = profile->name[0] == '\0';

    return text_format("%s%s%s", kind, base ? "" : "_", base ? "" : profile_log_name(profile));
}

bool profile_forwards(const struct profile *profile, const char *operation_id)
{
    return permissions_open(&profile->permissions, operation_id) ||
           (profile->mode == MODE_AUDIT && !redact_refuses(profile->redact, operation_id));
}

bool profile_would_guard(const struct profile *profile, size_t i)
{
    return guard_inspects(profile->guard, operations[i].id) &&
           (profile->guard_is_set || !permissions_foreign(&profile->permissions, i));
}

bool profile_guards(const struct profile *profile, size_t i)
{
    return (profile->permissions.open[i] || profile->mode == MODE_AUDIT) && profile_would_guard(profile, i);
}

bool profile_speaks_buildkit(const struct profile *profile)
{
    return permissions_open(&profile->permissions, "Grpc") && !profile_guards(profile, operation_find("Grpc"));
}

bool profile_leaves_unguarded(const struct profile *profile)
{
    for (size_t i = 0; i < operation_count; i++)
        if (permissions_foreign(&profile->permissions, i) && strcmp(operations[i].method, "POST") == 0 &&
            guard_inspects(profile->guard, operations[i].id) && !profile_guards(profile, i))
            return true;
    return false;
}

char *profile_refuses_query(const struct profile *profile, size_t i)
{
    unsigned set = redact_refuses_query(profile->redact, operations[i].id);
    char *words = redact_text(set);
    char *reason = set == 0 ? NULL
                            : text_format("its query may ask for what is hidden: %sREDACT without %s", profile->prefix,
                                          words);

    free(words);
    return reason;
}

/* Closes what REDACT refuses as a whole. */
static void apply_redaction(struct profile *profile)
{
    for (size_t i = 0; profile->redact != 0 && i < operation_count; i++)
        if (profile->permissions.open[i] && redact_refuses(profile->redact, operations[i].id)) {
            profile->permissions.open[i] = false;
            profile->redact_closes[i] = true;
        }
}

/* Closes what reaches containers that are no targets, unless its own variable opens it. */
static void apply_targets(struct profile *profile)
{
    for (size_t i = 0; i < operation_count; i++)
        if ((profile->permissions.open[i] || profile->redact_closes[i]) &&
            profile->permissions.decider[i] != BY_OWN_VARIABLE && targets_close(&profile->targets, &operations[i])) {
            profile->permissions.open[i] = false;
            profile->targets_close[i] = true;
        }
}

/* Adds what REDACT must not have: "ALLOW_IMAGE_GET=true and REDACT without environment". */
static void add_redaction(const struct profile *profile, size_t i, char reason[REASON_MAX])
{
    char *words = redact_text(redact_refuses(profile->redact, operations[i].id));
    size_t used = profile->redact_closes[i] && !profile->targets_close[i] ? 0 : strlen(reason);

    if (*words != '\0')
        bounded_format(reason + used, REASON_MAX - used, "%s%sREDACT without %s", used > 0 ? " and " : "",
                       profile->prefix, words);
    free(words);
}

void profile_reason(const struct profile *profile, size_t i, char reason[REASON_MAX])
{
    size_t used;

    permissions_reason(&profile->permissions, i, reason);
    if (!profile->permissions.open[i] && targets_close(&profile->targets, &operations[i]) &&
        (!profile->redact_closes[i] || profile->targets_close[i])) {
        char own[OPERATION_NAME_MAX];

        operation_own_variable(&operations[i], own);
        bounded_format(reason, REASON_MAX, "%s%s=true", profile->prefix, own);
    }
    used = strlen(reason);
    if (!profile->permissions.open[i] && guard_refuses_every_body(operations[i].id) &&
        guard_inspects(profile->guard, operations[i].id))
        bounded_format(reason + used, REASON_MAX - used, " and %s%s=true", profile->prefix,
                       guard_knobs[guard_operation_find(operations[i].id)->knob].variable);
    if (!profile->permissions.open[i] && profile->redact != 0)
        add_redaction(profile, i, reason);
}

const char *profile_hint_end(const struct profile *profile, size_t i)
{
    const struct guard_operation *guarded = guard_operation_find(operations[i].id);
    bool judged = guarded != NULL && (guarded->body == BODY_OBJECT || guarded->body == BODY_IGNORED) &&
                  guard_inspects(profile->guard, operations[i].id);

    if (judged)
        return " would allow it, if the create guard passes it";
    return targets_close(&profile->targets, &operations[i]) && operations[i].reach != REACH_RENAME
               ? " would allow it, for all containers"
               : " would allow it";
}

void profile_free(struct profile *profile)
{
    targets_free(&profile->targets);
    guard_free(profile->guard);
    profile->guard = NULL;
}

void profile_read(struct profile *profile, char *const environment[], const struct compat *compat,
                  const char *socket_path, struct problems *problems)
{
    struct guard_permissions shown;
    const struct variables own = {.environment = environment, .prefix = profile->prefix};
    const struct variables *variables = &own;

    profile->prefix[0] = '\0';
    if (profile->name[0] != '\0')
        bounded_format(profile->prefix, sizeof profile->prefix, "PROFILE_%s_", profile->name);
    set_backend(profile);
    permissions_read(&profile->permissions, variables, compat, problems);
    profile->redact = redact_read(variable(variables, "REDACT"), profile->prefix, problems);
    targets_read(&profile->targets, variables, problems);
    apply_redaction(profile);
    apply_targets(profile);
    for (const char *const *name = guard_variables; *name != NULL; name++)
        profile->guard_is_set |= variable(variables, *name) != NULL;
    shown.inspects_containers = permissions_open(&profile->permissions, "ContainerInspect");
    shown.inspects_secrets = permissions_open(&profile->permissions, "SecretInspect");
    shown.inspects_configs = permissions_open(&profile->permissions, "ConfigInspect");
    profile->guard = guard_new(true, socket_path, &shown, variables, problems);
#define PROFILE_SETTING(field, name, scope, kind, ...)             \
    if (SCOPE_##scope == SCOPE_BOTH || profile->prefix[0] != '\0') \
        READ_##kind(profile->field, name);
#include "base/variables.def"
    if (profile->mode == MODE_AUDIT)
        guard_audit(profile->guard);
}
