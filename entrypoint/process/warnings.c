/* The warnings and notes in the start log about a configuration that is valid but may not do what was intended. */
#include "process/warnings.h"

#include "base/text.h"
#include "process/dangers.h"
#include "process/trial.h"

#include <stdlib.h>
#include <string.h>

bool warn_of_upgrades(const struct environment *environment)
{
    bool opened = false;

    for (size_t i = 0; i < environment->profile_count; i++)
        opened |= permissions_open(&environment->profiles[i].permissions, "Session") ||
                  permissions_open(&environment->profiles[i].permissions, "Grpc");
    if (!opened || trial_upgrades_h2c(&environment->settings))
        return true;
    notice(
        "warning: SESSION or GRPC is open, but %s does not forward Upgrade: h2c, so builds with BuildKit fail; that of "
        "Debian 13 (3.0.11-1+deb13u5) does, or build with DOCKER_BUILDKIT=0",
        environment->settings.haproxy);
    return false;
}

/* Logs what one of the images opens with these names, and the stricter reading of both does not. */
static void report_reading(const struct environment *environment, enum reading reading, const char *name)
{
    const struct profile *base = environment_profile(environment, NULL);
    const struct variables variables = {.environment = environment->variables, .prefix = ""};
    struct compat compat = environment->compat;
    struct permissions permissions;
    struct problems problems = {.to = NULL};
    char text[2048] = "";
    size_t used = 0;

    compat.reading = reading;
    permissions_read(&permissions, &variables, &compat, &problems);
    for (size_t i = 0; i < operation_count; i++)
        if (permissions.open[i] && !base->permissions.open[i] && used + OPERATION_NAME_MAX < sizeof text)
            used += (size_t)snprintf(text + used, sizeof text - used, " %s", operations[i].id);
    if (used > 0)
        notice("the %s image opens with these names also, and here they are closed:%s; COMPAT=%s opens them", name,
               text, name);
}

static void report_foreign_names(const struct environment *environment)
{
    static const char *const readings[] = {[STRICTER] = "stricter of the two images",
                                           [TECNATIVA] = "tecnativa image",
                                           [LINUXSERVER] = "linuxserver image"};
    char names[512];

    if (compat_used(&environment->compat, names, sizeof names) == 0)
        return;
    notice("understood as in the %s: %s; `docker-socket-proxy migrate` prints the same in ALLOW_* names",
           readings[environment->compat.reading], names);
    if (environment->compat.reading == STRICTER) {
        report_reading(environment, TECNATIVA, "tecnativa");
        report_reading(environment, LINUXSERVER, "linuxserver");
    }
}

/* Without -d, the docker command attaches to the container that it starts. Without ATTACH it fails with "received 403"
 * and leaves a container behind. (A client with a preset is known not to.) */
static void report_foreground(const struct profile *profile)
{
    if (profile->permissions.decider[operation_find("ContainerCreate")] == BY_PRESET)
        return;
    if (permissions_open(&profile->permissions, "ContainerCreate") &&
        permissions_open(&profile->permissions, "ContainerStart") &&
        !permissions_open(&profile->permissions, "ContainerAttach"))
        notice("%s%sContainerCreate and ContainerStart are open and ContainerAttach is not: `docker run` and `docker "
               "compose up` need %sALLOW_ATTACH=true, or -d",
               profile->name, profile->name[0] == '\0' ? "" : ": ", profile->prefix);
}

/* Operations of a preset that another variable closes. */
static void warn_of_closed(const struct profile *profile, const struct preset *preset)
{
    struct text text;
    char *names;

    text_begin(&text);
    for (size_t i = 0; i < operation_count; i++)
        if (preset_opens(preset, &operations[i]) && !profile->permissions.open[i])
            fprintf(text.stream, " %s", operations[i].id);
    names = text_end(&text);
    if (names[0] != '\0')
        notice("warning: %sPRESET=%s needs these operations, which ALLOW_* variables close:%s", profile->prefix,
               preset->name, names);
    free(names);
}

/* Variables of the guard that a preset needs and that are not set. */
static void warn_of_guard(const struct environment *environment, const struct profile *profile,
                          const struct preset *preset)
{
    const struct variables variables = {.environment = environment->variables, .prefix = profile->prefix};
    size_t count;
    char **needed = list_split(preset->guard, " ", &count);

    for (size_t i = 0; i < count; i++) {
        char *name = strndup(needed[i], strcspn(needed[i], "="));
        const char *value = name == NULL ? NULL : variable(&variables, name);

        if (name == NULL)
            abort();
        if (value == NULL || boolean_word(value) == NO)
            notice("warning: %sPRESET=%s: the create guard refuses what it needs unless %s%s", profile->prefix,
                   preset->name, profile->prefix, needed[i]);
        free(name);
    }
    list_free(needed, count);
}

void warn_of_presets(const struct environment *environment)
{
    for (size_t i = 0; i < environment->profile_count; i++) {
        const struct profile *profile = &environment->profiles[i];

        for (size_t k = 0; k < preset_count; k++) {
            if (!profile->permissions.presets.chosen[k])
                continue;
            warn_of_closed(profile, &presets[k]);
            warn_of_guard(environment, profile, &presets[k]);
        }
    }
}

/* HAProxy compares the host with the names in the certificate, not with the addresses (`verifyhost`). */
static void warn_of_upstream_addresses(const struct upstreams *upstreams)
{
    for (size_t i = 0; i < upstreams->count; i++)
        if (upstreams->list[i].kind == UPSTREAM_TLS && !upstream_has_name(&upstreams->list[i]))
            notice("warning: UPSTREAM: tls://%s is an address, and an IP: entry of the Engine's certificate does not "
                   "count, only a DNS: one does; give it a name (extra_hosts)",
                   upstreams->list[i].host);
}

/* ---- the inventory ---- */

static const char *name_of(const struct inventory_container *container)
{
    return container->names.count > 0 ? container->names.items[0] : "(no name)";
}

static bool any_opens_exec(const struct environment *environment)
{
    for (size_t i = 0; i < environment->profile_count; i++)
        if (profile_forwards(&environment->profiles[i], "ContainerExec") ||
            profile_forwards(&environment->profiles[i], "ContainerExecLibpod"))
            return true;
    return false;
}

static void report_own(const struct inventory *inventory)
{
    const struct inventory_container *own = &inventory->own;

    if (inventory->own_found)
        notice("this proxy runs in the container %s (%.12s)%s%s; no permission lets clients change it or run a command "
               "in it",
               name_of(own), own->id, own->service_name == NULL ? "" : " of the service ",
               own->service_name == NULL ? "" : own->service_name);
    else if (inventory->known)
        notice("this proxy runs in a container that the Engine does not have");
    if (inventory->known)
        return;
    notice("warning: the Engine has not said which container this proxy runs in; until it does, requests to run a "
           "command in a container, to change it or the like are refused");
    if (inventory->odd)
        notice("warning: a volume of this proxy's container has an invalid name; use another volume");
    for (size_t i = 0; i < inventory->upstream_count; i++)
        if (!inventory->upstreams[i].told)
            notice("warning: upstream %zu: %s", i + 1, inventory->upstreams[i].why);
}

/* (Where the own container is not known, report_own has logged it.) */
static void report_silent(const struct inventory *inventory)
{
    for (size_t i = 0; inventory->known && i < inventory->upstream_count; i++)
        if (!inventory->upstreams[i].told)
            notice(
                "warning: EXEC is open, and upstream %zu has not said which of its containers hold its socket; until "
                "it does, commands in those are not refused: %s",
                i + 1, inventory->upstreams[i].why);
}

static void report_holders(const struct inventory *inventory, bool shares, const char *what)
{
    struct text text;
    char *names;

    text_begin(&text);
    for (size_t i = 0; i < inventory->holder_count; i++)
        if (inventory->holders[i].shares == shares)
            fprintf(text.stream, ", %s", name_of(&inventory->holders[i]));
    names = text_end(&text);
    if (names[0] != '\0')
        notice("warning: EXEC is open, and these containers %s: %s; commands in them are refused; a container that is "
               "created later is protected after a reload (SIGHUP)",
               what, names + 2);
    free(names);
}

void tell_of_inventory(const struct environment *environment, const struct inventory *inventory)
{
    if (!inventory->contained)
        return;
    report_own(inventory);
    if (!any_opens_exec(environment))
        return;
    report_silent(inventory);
    report_holders(inventory, false, "hold the Engine's socket");
    report_holders(
        inventory, true,
        "share a namespace with one that holds the Engine's socket or with the host, or cannot be inspected");
}

/* A client that mounts the volume gets the profile. */
static void report_sockets_in_volumes(const struct environment *environment, const struct inventory *inventory)
{
    for (size_t i = 0; i < environment->profile_count; i++) {
        const struct listeners *listeners = &environment->profiles[i].listeners;

        for (size_t k = 0; k < listeners->count; k++) {
            const struct listener *listener = &listeners->list[k];
            const struct inventory_volume *volume = listener->kind == LISTEN_UNIX
                                                        ? inventory_volume_of(inventory, listener->address)
                                                        : NULL;

            if (volume != NULL)
                notice("%sLISTEN: %s is in the volume %s; clients that create containers may not mount it",
                       environment->profiles[i].prefix, listener->address, volume->name);
        }
    }
}

/* A name with a dot was meant for the DNS, most likely. */
static void warn_of_dotted_names(const struct profile *profile)
{
    for (size_t i = 0; i < profile->clients.count; i++) {
        const struct claim *client = &profile->clients.list[i];

        if (client->kind == CLAIM_NAME && strchr(client->text, '.') != NULL)
            notice("%sFROM=%s is a container that the Engine names so; for a name of the DNS write dns:%s",
                   profile->prefix, client->text, client->text);
    }
}

/* What REDACT closes, and what still shows what it hides. */
static void report_redaction(const struct profile *profile)
{
    /* What gives a client more than an answer: commands in a container, its files, its output, its image. */
    static const char *const wider[] = {
        "ContainerExec",
        "ContainerAttach",
        "ContainerAttachWebsocket",
        "ContainerCreate",
        "Grpc",
        "Session",
        "ContainerAttachLibpod",
        "ContainerExecLibpod",
        "ContainerCreateLibpod",
        "ImageBuild",
        "ImageBuildLibpod",
        "LocalBuildLibpod",
        "ImageCommit",
        "ImageCommitLibpod",
        "ImagePush",
        "ImagePushLibpod",
        "ImageScpLibpod",
        "ManifestPushLibpod",
        "ManifestPushV3Libpod",
        "PodCreateLibpod",
        "PlayKubeLibpod",
        "KubeApplyLibpod",
    };
    char *words = redact_text(profile->redact);

    for (size_t i = 0; i < operation_count; i++)
        if (profile->redact_closes[i])
            notice("%sREDACT=%s closes %s, whose answers cannot be rewritten", profile->prefix, words,
                   operations[i].id);
    for (size_t i = 0; profile->redact != 0 && i < sizeof wider / sizeof *wider; i++)
        if (permissions_open(&profile->permissions, wider[i])) {
            notice("warning: %sREDACT hides values in answers only; %s is open, and shows a client more than that",
                   profile->prefix, wider[i]);
            break;
        }
    if ((profile->redact & 1U << REDACT_environment) != 0 &&
        (permissions_open(&profile->permissions, "SystemEvents") ||
         permissions_open(&profile->permissions, "SystemEventsLibpod")))
        notice("%sREDACT=environment leaves events open, and events show the commands of exec, with what these set; "
               "%sREDACT=environment,commands closes them",
               profile->prefix, profile->prefix);
    free(words);
}

void warn(const struct environment *environment, const struct inventory *inventory)
{
    dangers_warn(environment);
    for (size_t i = 0; i < environment->profile_count; i++)
        report_redaction(&environment->profiles[i]);
    warn_of_upgrades(environment);
    for (size_t i = 0; i < environment->profile_count; i++) {
        report_foreground(&environment->profiles[i]);
        warn_of_dotted_names(&environment->profiles[i]);
    }
    warn_of_presets(environment);
    warn_of_upstream_addresses(&environment->settings.upstreams);
    tell_of_inventory(environment, inventory);
    report_sockets_in_volumes(environment, inventory);
    report_foreign_names(environment);
}
