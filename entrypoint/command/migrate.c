/* `migrate`: translates the names of other images into ALLOW_* names. */
#include "command/migrate.h"

#include "command/alias.h"
#include "command/compose.h"
#include "environment/environment.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAD_INPUT 2

/* Operations that are often open only because a section opens them. */
static const struct remark {
    const char *operation;
    const char *text;
} remarks[] = {
    {"ContainerCreate", "may create containers; with these names the create guard judges them (docs/guard.md)"},
    {"ContainerExec", "may run commands in every container"},
    {"ContainerAttach", "may write to the stdin of every container"},
    {"ContainerAttachWebsocket", "may write to the stdin of every container"},
    {"PutContainerArchive", "may write files into every container"},
    {"ContainerArchive", "may read every file of every container"},
    {"ContainerExport", "may read every file of every container"},
    {"ContainerUpdate", "may change the limits of every container"},
    {"ContainerPrune", "may remove all stopped containers at once"},
    {"ImageBuild", "may run commands in build containers"},
    {"ImagePush", "may push images to registries"},
    {"ImageLoad", "may replace images by others of the same name"},
    {"ImageGet", "may read everything in every image"},
    {"ImageGetAll", "may read everything in every image"},
    {"ImagePrune", "may remove all unused images at once"},
    {"ImageCommit", "may make images of running containers"},
    {"VolumePrune", "may remove all unused volumes, with their data, at once"},
    {"PluginPull", "may install plugins, which run as root on the host"},
    {"SecretCreate", "may create and replace secrets"},
    {"SwarmInit", "may make the host a swarm manager"},
    {"SwarmUpdate", "may change the swarm, its certificates included"},
    {"SwarmUnlockkey", "may read the key that unlocks the managers' data"},
    {"ServiceCreate", "may run services, which may mount anything, on every node"},
    {"NodeUpdate", "may make nodes managers"},
    {"Session", "may serve what builds with BuildKit ask their client for (needs the HAProxy of Debian 13)"},
    {"Grpc", "may speak to BuildKit itself, which is not judged (needs the HAProxy of Debian 13)"},
};

/* Settings that are copied unchanged. */
static const char *const carried[] = {"SOCKET_PATH", "LOG_LEVEL", "DISABLE_IPV6", "TZ"};

/* Returns the whole input, which the caller frees; NULL after an error message. */
static char *read_all(const char *path)
{
    FILE *in = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    char *text = NULL;
    size_t length = 0;

    if (in == NULL) {
        notice("%s: %s", path, strerror(errno));
        return NULL;
    }
    if (getdelim(&text, &length, '\0', in) < 0 && ferror(in)) {
        notice("%s: %s", path, strerror(errno));
        free(text);
        text = NULL;
    } else if (text == NULL || feof(in) == 0) {
        notice("%s: not a text file", path);
        free(text);
        text = NULL;
    }
    if (in != stdin)
        fclose(in);
    return text;
}

/* The COMPAT of an image, by its name; NULL if it is neither. */
static const char *image_reading(const char *image)
{
    if (strstr(image, "tecnativa") != NULL)
        return "tecnativa";
    return strstr(image, "linuxserver") != NULL ? "linuxserver" : NULL;
}

static bool is_compose(const char *text)
{
    return strncmp(text, "services:", 9) == 0 || strstr(text, "\nservices:") != NULL;
}

/* Finds what the assignments open, by groups and own variables only. */
static void decide(const struct assignments *chosen, struct permissions *permissions)
{
    struct problems problems = {.to = stderr};
    struct variables variables = {.environment = chosen->list, .prefix = ""};

    permissions_read(permissions, &variables, NULL, &problems);
    if (problems.count > 0)
        abort(); /* the names and values are this file's own */
}

static bool within(const struct permissions *inner, const struct permissions *outer)
{
    for (size_t i = 0; i < operation_count; i++)
        if (inner->open[i] && !outer->open[i])
            return false;
    return true;
}

static size_t count_open(const struct permissions *permissions)
{
    size_t count = 0;

    for (size_t i = 0; i < operation_count; i++)
        count += permissions->open[i];
    return count;
}

/* Closes by its group what is open by default and closed today. */
static void close_defaults(const struct permissions *today, struct assignments *chosen, struct permissions *now)
{
    for (size_t i = 0; i < operation_count; i++)
        if (operations[i].on_by_default && !today->open[i] && now->open[i]) {
            char group[OPERATION_GROUPS_MAX];
            char name[OPERATION_GROUPS_MAX + 8];

            operation_groups(&operations[i], group);
            snprintf(name, sizeof name, "ALLOW_%s", group);
            assignments_set(chosen, name, "false");
            decide(chosen, now);
        }
}

/* Takes each group that opens something and nothing that is closed today, in the order of the table. */
static void choose_groups(const struct permissions *today, struct assignments *chosen, struct permissions *now)
{
    bool taken[GROUP_COUNT] = {false};
    bool more = true;

    while (more) {
        more = false;
        for (size_t i = 0; i < GROUP_COUNT; i++) {
            struct permissions with;

            if (taken[i])
                continue;
            assignments_set(chosen, group_variables[i], "true");
            decide(chosen, &with);
            if (within(&with, today) && count_open(&with) > count_open(now)) {
                taken[i] = true;
                *now = with;
                more = true; /* it may complete a pair */
            } else {
                assignments_remove(chosen, chosen->count - 1);
            }
        }
    }
}

static void choose_own_variables(const struct permissions *today, struct assignments *chosen, struct permissions *now)
{
    for (size_t i = 0; i < operation_count; i++) {
        char own[OPERATION_NAME_MAX];

        if (today->open[i] == now->open[i])
            continue;
        operation_own_variable(&operations[i], own);
        assignments_set(chosen, own, today->open[i] ? "true" : "false");
        decide(chosen, now);
    }
}

static void print(const char *assignment, bool compose)
{
    size_t length = strcspn(assignment, "=");

    if (compose)
        printf("      %.*s: \"%s\"\n", (int)length, assignment, assignment + length + 1);
    else
        puts(assignment);
}

static void print_settings(const struct assignments *input, const struct environment *environment, bool compose)
{
    struct variables variables = {.environment = input->list, .prefix = ""};
    const struct listener *listener = environment->profiles[0].listeners.list;
    const char *prefix = compose ? "      " : "";

    for (size_t i = 0; i < sizeof carried / sizeof *carried; i++) {
        const char *value = variable(&variables, carried[i]);

        if (value != NULL)
            printf(compose ? "%s%s: \"%s\"\n" : "%s%s=%s\n", prefix, carried[i], value);
    }
    for (const char *const *name = guard_variables; *name != NULL; name++)
        if (variable(&variables, *name) != NULL)
            printf(compose ? "%s%s: \"%s\"\n" : "%s%s=%s\n", prefix, *name, variable(&variables, *name));
    if (variable(&variables, "BIND_CONFIG") != NULL && variable(&variables, "LISTEN") == NULL)
        printf(compose ? "%sLISTEN: \"tcp://%s:%u\"\n" : "%sLISTEN=tcp://%s:%u\n", prefix, listener->address,
               listener->port);
    else if (variable(&variables, "LISTEN") != NULL)
        printf(compose ? "%sLISTEN: \"%s\"\n" : "%sLISTEN=%s\n", prefix, variable(&variables, "LISTEN"));
}

static void print_remarks(const struct profile *today, bool compose)
{
    char reason[REASON_MAX];

    for (size_t i = 0; i < operation_count; i++)
        for (size_t k = 0; k < sizeof remarks / sizeof *remarks; k++)
            if (today->permissions.open[i] && strcmp(operations[i].id, remarks[k].operation) == 0) {
                profile_reason(today, i, reason);
                printf("%s# %s (%s): %s\n", compose ? "      " : "", operations[i].id, reason, remarks[k].text);
            }
    if (profile_leaves_unguarded(today))
        printf("%s# today what clients create is not judged: a client that may create a container can become root on "
               "this host.\n"
               "%s# With the names above it is judged; variables such as ALLOW_BIND_MOUNTS=/srv open what your "
               "containers need.\n",
               compose ? "      " : "", compose ? "      " : "");
}

/* Prints by which image's rules the names were read, and why. */
static void print_reading(const struct environment *environment, const char *image, bool compose)
{
    static const char *const readings[] = {[STRICTER] = "in the stricter of the two images' meanings",
                                           [TECNATIVA] = "as the tecnativa image does",
                                           [LINUXSERVER] = "as the linuxserver image does"};
    char names[512];

    if (compat_used(&environment->compat, names, sizeof names) == 0)
        return;
    printf("%s# read %s: %s (", compose ? "      " : "", readings[environment->compat.reading], names);
    if (image_reading(image) != NULL)
        printf("image: %s)\n", image);
    else if (environment->compat.reading == STRICTER)
        puts("COMPAT=tecnativa or COMPAT=linuxserver reads them as one of those does)");
    else
        puts("COMPAT)");
}

/* Prints what a health check in the Compose file does in this image. */
static void print_check(const char *program)
{
    const char *name = strrchr(program, '/') == NULL ? program : strrchr(program, '/') + 1;

    if (*name == '\0' || strcmp(name, "docker-socket-proxy") == 0)
        return;
    if (alias_of(name) != NULL)
        printf("      # healthcheck: in this image %s only does the image's own health check; the section can be "
               "removed\n",
               name);
    else
        printf(
            "      # healthcheck: there is no %s in this image, so the check will fail; remove the section, the image "
            "has its own check\n",
            name);
}

static int migrate_assignments(const struct assignments *input, const struct compose_service *service, bool compose)
{
    struct problems problems = {.to = stderr};
    struct assignments chosen = {.list = NULL};
    struct permissions now;
    struct environment environment;
    int result = BAD_INPUT;

    environment_read(&environment, input->list, &problems);
    if (problems.count == 0) {
        const struct profile *today = environment_profile(&environment, NULL);

        assignments_set(&chosen, "TZ", ""); /* so that there is a list */
        decide(&chosen, &now);
        close_defaults(&today->permissions, &chosen, &now);
        choose_groups(&today->permissions, &chosen, &now);
        choose_own_variables(&today->permissions, &chosen, &now);
        result = memcmp(now.open, today->permissions.open, sizeof now.open) == 0 ? 0 : 1;
        if (result != 0)
            notice("the names found do not open exactly what is open today; this is a bug, please report it");
        if (result == 0)
            print_reading(&environment, service->image, compose);
        for (size_t i = 1; i < chosen.count && result == 0; i++)
            print(chosen.list[i], compose);
        if (result == 0) {
            print_settings(input, &environment, compose);
            print_remarks(today, compose);
            print_check(service->check);
        }
    }
    environment_free(&environment);
    assignments_free(&chosen);
    return result;
}

int migrate(const char *file, const char *service)
{
    struct compose_service service_found = {"", ""};
    struct assignments input = {.list = NULL};
    bool compose = false;
    int result = BAD_INPUT;
    const char *wrong = NULL;

    assignments_set(&input, "MIGRATED", "1"); /* so that there is a list */
    if (file == NULL) {
        for (char **variable = environ; *variable != NULL; variable++)
            assignments_add(&input, *variable, strlen(*variable));
    } else {
        char *text = read_all(file);

        if (text == NULL) {
            assignments_free(&input);
            return BAD_INPUT;
        }
        compose = is_compose(text);
        if (compose)
            wrong = assignments_read_compose(&input, &service_found, text, service);
        else
            assignments_read_env(&input, text);
        free(text);
    }
    if (image_reading(service_found.image) != NULL)
        assignments_replace(&input, "COMPAT", image_reading(service_found.image));
    if (wrong != NULL)
        notice("%s: %s", file, wrong);
    else
        result = migrate_assignments(&input, &service_found, compose);
    assignments_free(&input);
    return result;
}
