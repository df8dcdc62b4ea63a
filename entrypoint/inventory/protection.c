/* Decides which operations on the own container, on holders, services and volumes are refused. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "inventory/protection.h"

#include "base/array.h"

#include <pcre2.h>
#include <stdio.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MAX 200 /* PCRE2 nests parentheses 250 deep; ids have 64 digits */

#define COMMAND  "a command in it could bypass the proxy"
#define FILES    "files put into it could bypass the proxy"
#define KEYS     "its files may contain keys of the proxy"
#define TERMINAL "input to it could bypass the proxy"
#define NAME     "it would not be protected under another name"
#define LIMITS   "other limits could stop the proxy"
#define MEMORY   "a checkpoint contains its memory, and so its keys"
#define STATE    "another state could bypass the proxy"
#define SPEC     "another specification could bypass the proxy"
#define CONTENT  "other files in it could bypass the proxy"
#define ROOT     "its files could be changed there"

const struct protected_operation protected_operations[] = {
    {"ContainerExec", PROTECT_HOLDER, COMMAND},
    {"ContainerExecLibpod", PROTECT_HOLDER, COMMAND},
    {"PutContainerArchive", PROTECT_HOLDER, FILES},
    {"PutContainerArchiveLibpod", PROTECT_HOLDER, FILES},
    {"ContainerAttach", PROTECT_HOLDER, TERMINAL},
    {"ContainerAttachWebsocket", PROTECT_HOLDER, TERMINAL},
    {"ContainerAttachLibpod", PROTECT_HOLDER, TERMINAL},
    {"ContainerRestoreLibpod", PROTECT_HOLDER, STATE},
    {"ContainerMountLibpod", PROTECT_OWN, ROOT},
    {"ContainerArchive", PROTECT_OWN, KEYS},
    {"ContainerArchiveInfo", PROTECT_OWN, KEYS},
    {"ContainerArchiveLibpod", PROTECT_OWN, KEYS},
    {"ContainerRename", PROTECT_HOLDER, NAME},
    {"ContainerRenameLibpod", PROTECT_HOLDER, NAME},
    {"ContainerUpdate", PROTECT_OWN, LIMITS},
    {"ContainerUpdateLibpod", PROTECT_OWN, LIMITS},
    {"CheckpointCreate", PROTECT_OWN, MEMORY},
    {"ContainerCheckpointLibpod", PROTECT_OWN, MEMORY},
    {"ServiceUpdate", PROTECT_SERVICE, SPEC},
    {"VolumeImportLibpod", PROTECT_VOLUME, CONTENT},
    {"VolumeExportLibpod", PROTECT_VOLUME, KEYS},
    {NULL, PROTECT_OWN, NULL},
};

const struct protected_operation *protection_find(const char *operation_id)
{
    for (const struct protected_operation *operation = protected_operations; operation->id != NULL; operation++)
        if (strcmp(operation->id, operation_id) == 0)
            return operation;
    return NULL;
}

/* a(b(c)?)? matches abc and each prefix of it in linear time. */
char *protection_prefix_regex(const char *text, bool wildcards)
{
    char *regex = NULL;
    size_t size;
    size_t depth = 0;
    FILE *out = open_memstream(&regex, &size);

    if (out == NULL)
        abort();
    fputc('^', out);
    for (; *text != '\0' && depth < DEPTH_MAX; text++, depth++) {
        const char *before = depth == 0 ? "" : "(";

        if (wildcards && islower((unsigned char)*text))
            fprintf(out, "%s[%c%c_]", before, *text, toupper((unsigned char)*text));
        else if (wildcards)
            fprintf(out, "%s[%c_]", before, *text);
        else
            fprintf(out, *text == '.' ? "%s\\x2e" : "%s%c", before, *text);
    }
    if (*text != '\0')
        fputs(".*", out);
    for (; depth > 1; depth--)
        fputs(")?", out);
    fputc('$', out);
    if (fclose(out) != 0)
        abort();
    return regex;
}

static void add(struct protection *protection, enum protection_subject subject, const struct inventory_list *names,
                const char *text, bool wildcards)
{
    size_t count = protection->counts[subject]++;
    struct protection_target *targets = array_grow(protection->targets[subject], count, sizeof *targets);

    targets[count].names = names;
    targets[count].regex = text == NULL ? NULL : protection_prefix_regex(text, wildcards);
    protection->targets[subject] = targets;
}

/* Podman looks up ids in its database with LIKE, in which _ matches any character, and in some versions an
 * upper-case letter matches a lower-case one. */
void protection_make(struct protection *protection, const struct inventory *inventory)
{
    bool wildcards = inventory->kind != ENGINE_DOCKER;

    memset(protection, 0, sizeof *protection);
    protection->inventory = inventory;
    if (!inventory->contained)
        return;
    if (inventory->own.id != NULL)
        add(protection, PROTECT_OWN, &inventory->own.names, inventory->own.id, wildcards);
    for (size_t i = 0; i < inventory->holder_count; i++)
        add(protection, PROTECT_HOLDER, &inventory->holders[i].names, inventory->holders[i].id, wildcards);
    if (inventory->own.service_id != NULL) {
        add(protection, PROTECT_SERVICE, NULL, inventory->own.service_id, false);
        add(protection, PROTECT_SERVICE, NULL, inventory->own.service_name, false);
    }
    for (size_t i = 0; i < inventory->volume_count; i++)
        if (inventory->known)
            add(protection, PROTECT_VOLUME, NULL, inventory->volumes[i].name, false);
}

void protection_free(struct protection *protection)
{
    for (size_t subject = 0; subject < PROTECTION_SUBJECTS; subject++) {
        for (size_t i = 0; i < protection->counts[subject]; i++)
            free(protection->targets[subject][i].regex);
        free(protection->targets[subject]);
    }
    memset(protection, 0, sizeof *protection);
}

static bool matches(const char *regex, const char *text, uint32_t options)
{
    int error;
    size_t offset;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)regex, PCRE2_ZERO_TERMINATED, options, &error, &offset, NULL);
    pcre2_match_data *data = pcre2_match_data_create(1, NULL);
    bool found;

    if (code == NULL || data == NULL)
        abort();
    found = pcre2_match(code, (PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0, 0, data, NULL) >= 0;
    pcre2_match_data_free(data);
    pcre2_code_free(code);
    return found;
}

static bool is_target(const struct protection *protection, enum protection_subject subject, const char *reference)
{
    for (size_t i = 0; i < protection->counts[subject]; i++) {
        const struct protection_target *target = &protection->targets[subject][i];

        if ((target->names != NULL && inventory_list_has(target->names, reference)) ||
            (target->regex != NULL &&
             matches(target->regex, reference, subject == PROTECT_SERVICE ? PCRE2_CASELESS : 0)))
            return true;
    }
    return false;
}

bool protection_refuses(const struct protection *protection, const char *operation_id, const char *reference,
                        char *reason, size_t size)
{
    static const char *const says[] = {[PROTECT_OWN] = PROTECTION_SAYS_OWN,
                                       [PROTECT_HOLDER] = PROTECTION_SAYS_HOLDER,
                                       [PROTECT_SERVICE] = PROTECTION_SAYS_SERVICE,
                                       [PROTECT_VOLUME] = PROTECTION_SAYS_VOLUME};
    const struct protected_operation *operation = protection_find(operation_id);
    const struct inventory *inventory = protection->inventory;
    enum protection_subject found = PROTECTION_SUBJECTS;
    bool of_container;

    if (!inventory->contained || operation == NULL)
        return false;
    of_container = operation->subject == PROTECT_OWN || operation->subject == PROTECT_HOLDER;
    if (!matches(PROTECTION_PLAIN, reference, PCRE2_DOLLAR_ENDONLY)) {
        snprintf(reason, size, "%s", PROTECTION_SAYS_ODD);
        return true;
    }
    if (of_container && is_target(protection, PROTECT_OWN, reference))
        found = PROTECT_OWN;
    else if (operation->subject != PROTECT_OWN && is_target(protection, operation->subject, reference))
        found = operation->subject;
    if (found != PROTECTION_SUBJECTS) {
        snprintf(reason, size, "%s %s, and %s; " PROTECTION_SAYS_NEVER, reference, says[found], operation->because);
        return true;
    }
    if (inventory->known ||
        (operation->subject == PROTECT_OWN && inventory->own.id != NULL && matches(PROTECTION_OTHER, reference, 0)))
        return false;
    snprintf(reason, size, "%s", PROTECTION_SAYS_UNKNOWN);
    return true;
}
