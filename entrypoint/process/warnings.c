/* The warnings and notes in the start log about a configuration that is valid but may not do what was intended. */
#include "process/warnings.h"

#include "environment/strangers.h"
#include "base/text.h"
#include "process/trial.h"

#include <stdlib.h>
#include <string.h>

/* BuildKit's own protocol is not judged, so /grpc gives more than the guard's settings allow. */
static void warn_of_grpc(const struct profile *profile)
{
    if (profile_speaks_buildkit(profile))
        notice(
            "warning: %s%sPOST /grpc is open, and what clients send to BuildKit there is not judged: builds can use "
            "the network of the host, choose their cgroup, push images and read every build's cache and history, and "
            "before Engine 25.0.2 be root on the host",
            profile->name, profile->name[0] == '\0' ? "" : ": ");
}

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

static void warn_of_unguarded(const struct profile *profile)
{
    if (profile_leaves_unguarded(profile))
        notice("warning: what other images' names let clients create is not judged, as in those images: a client that "
               "may create a container can become root on this host; ALLOW_PRIVILEGED=false turns the create guard on");
}

static void warn_of_tls(const struct environment *environment)
{
    if (environment_listens_with_tls(environment) && !settings_require_client_certificates(&environment->settings))
        notice("warning: tls:// listeners require no client certificate: there is no ca.pem in TLS_CERT_PATH");
}

/* Whether the profile's clients may choose the name or the address of a container, a task or a pod, or run something in
 * a network of their choice. */
static bool may_give_names(const struct profile *profile)
{
    static const char *const givers[] = {"ContainerCreate",       "ContainerRename",       "NetworkConnect",
                                         "ServiceCreate",         "ServiceUpdate",         "ImageBuild",
                                         "ContainerCreateLibpod", "ContainerRenameLibpod", "NetworkConnectLibpod",
                                         "PodCreateLibpod",       "PlayKubeLibpod",        "KubeApplyLibpod",
                                         "ImageBuildLibpod",      "LocalBuildLibpod",      "ContainerRestoreLibpod"};

    for (size_t i = 0; i < sizeof givers / sizeof *givers; i++)
        if (permissions_open(&profile->permissions, givers[i]))
            return true;
    return false;
}

/* Whether the profile opens an operation that the other one does not, or lets bodies pass that the other's guard
 * refuses. */
static bool opens_more(const struct profile *profile, const struct profile *than)
{
    bool both_guard = false;

    for (size_t i = 0; i < operation_count; i++) {
        if (profile->permissions.open[i] &&
            (!than->permissions.open[i] || (profile_guards(than, i) && !profile_guards(profile, i))))
            return true;
        both_guard |= profile_guards(profile, i) && profile_guards(than, i);
    }
    return both_guard && guard_allows_more(profile->guard, than->guard);
}

/* Whether an address or a name is enough to get the profile. */
static bool is_claimed_by_address(const struct profile *profile)
{
    for (size_t i = 0; i < profile->clients.count; i++)
        if (profile->clients.list[i].kind != CLAIM_CERTIFICATE)
            return true;
    return false;
}

/* Clients that create containers or connect networks choose names and addresses. */
static void warn_of_claims(const struct environment *environment)
{
    const struct profile *profiles = environment->profiles;

    for (size_t i = 0; i < environment->profile_count; i++) {
        if (!may_give_names(&profiles[i]))
            continue;
        for (size_t k = 1; k < environment->profile_count; k++)
            if (k != i && is_claimed_by_address(&profiles[k]) && opens_more(&profiles[k], &profiles[i]))
                notice(
                    "warning: %s%s may give containers any name and address, and so take profile %s; give that one a "
                    "listener or a certificate of its own",
                    i == 0 ? "clients of no profile" : "profile ", i == 0 ? "" : profiles[i].name, profiles[k].name);
    }
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

static void warn_of_strangers(char *const variables[])
{
    char advice[512];

    for (; *variables != NULL; variables++)
        if (stranger_advice(*variables, advice, sizeof advice))
            notice("warning: %s", advice);
}

/* Without -d, the docker command attaches to the container that it starts. Without ATTACH it fails with "received 403"
 * and leaves a container behind. */
static void report_foreground(const struct profile *profile)
{
    if (permissions_open(&profile->permissions, "ContainerCreate") &&
        permissions_open(&profile->permissions, "ContainerStart") &&
        !permissions_open(&profile->permissions, "ContainerAttach"))
        notice("%s%sContainerCreate and ContainerStart are open and ContainerAttach is not: `docker run` and `docker "
               "compose up` need %sALLOW_ATTACH=true, or -d",
               profile->name, profile->name[0] == '\0' ? "" : ": ", profile->prefix);
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
        if (permissions_open(&environment->profiles[i].permissions, "ContainerExec") ||
            permissions_open(&environment->profiles[i].permissions, "ContainerExecLibpod"))
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

static void report_holders(const struct inventory *inventory)
{
    struct text text;
    char *names;

    if (inventory->holder_count == 0)
        return;
    text_begin(&text);
    for (size_t i = 0; i < inventory->holder_count; i++)
        fprintf(text.stream, "%s%s", i == 0 ? "" : ", ", name_of(&inventory->holders[i]));
    names = text_end(&text);
    notice("warning: EXEC is open, and these containers hold the Engine's socket: %s; commands in them are refused; a "
           "container that is created later is protected after a reload (SIGHUP)",
           names);
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
    report_holders(inventory);
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

/* What REDACT closes, and what still shows what it hides. */
static void report_redaction(const struct profile *profile)
{
    /* What gives a client more than an answer: commands in a container, its files, its output. */
    static const char *const wider[] = {"ContainerExec", "ContainerAttach", "ContainerAttachWebsocket",
                                        "ContainerCreate", "Grpc", "Session"};
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
    free(words);
}

void warn(const struct environment *environment, const struct inventory *inventory)
{
    for (size_t i = 0; i < environment->profile_count; i++)
        report_redaction(&environment->profiles[i]);
    for (size_t i = 0; i < environment->profile_count; i++)
        warn_of_grpc(&environment->profiles[i]);
    warn_of_upgrades(environment);
    for (size_t i = 0; i < environment->profile_count; i++)
        report_foreground(&environment->profiles[i]);
    warn_of_strangers(environment->variables);
    warn_of_tls(environment);
    warn_of_upstream_addresses(&environment->settings.upstreams);
    warn_of_claims(environment);
    tell_of_inventory(environment, inventory);
    report_sockets_in_volumes(environment, inventory);
    report_foreign_names(environment);
    warn_of_unguarded(environment_profile(environment, NULL));
}
