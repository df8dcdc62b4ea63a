/* Finds settings that give more than they seem to. */
#include "process/dangers.h"

#include "base/array.h"
#include "base/paths.h"
#include "base/text.h"
#include "environment/strangers.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct danger {
    const char *word;              /* by which ACKNOWLEDGE accepts it */
    const struct profile *profile; /* whose ACKNOWLEDGE */
    bool warned;                   /* the start warns of it */
    char *text;
};

struct dangers {
    const struct environment *environment;
    size_t count;
    struct danger *list;
};

static void add(struct dangers *dangers, const struct profile *profile, const char *word, bool warned, char *text)
{
    dangers->list = array_grow(dangers->list, dangers->count, sizeof *dangers->list);
    dangers->list[dangers->count++] = (struct danger){word, profile, warned, text};
}

static const char *name_end(const struct profile *profile)
{
    return profile->name[0] == '\0' ? "" : ": ";
}

/* ---- permissions ---- */

/* What some operations give beyond their name. */
static const struct {
    const char *word;
    const char *operations[4];
    const char *text;
} powers[] = {
    {"exec", {"ContainerExec", "ContainerExecLibpod"}, "EXEC runs commands in every container, with all that it has"},
    {"archive",
     {"PutContainerArchive", "PutContainerArchiveLibpod"},
     "files can be written into every container, which is as much as running commands in it"},
    {"build",
     {"ImageBuild", "ImageBuildLibpod", "LocalBuildLibpod"},
     "builds run any command in containers of their own, with the network"},
};

static void find_powers(struct dangers *dangers, const struct profile *profile)
{
    for (size_t i = 0; i < sizeof powers / sizeof *powers; i++)
        for (size_t k = 0; k < 4 && powers[i].operations[k] != NULL; k++)
            if (permissions_open(&profile->permissions, powers[i].operations[k])) {
                add(dangers, profile, powers[i].word, false,
                    text_format("%s%s%s", profile->name, name_end(profile), powers[i].text));
                break;
            }
}

/* An audit gives everything. */
static void find_audit(struct dangers *dangers, const struct profile *profile)
{
    if (profile->mode == MODE_AUDIT)
        add(dangers, profile, "audit", true,
            text_format("%sMODE=audit: all operations are forwarded to the Engine for %s%s, which can become root on "
                        "this host; `docker-socket-proxy suggest` reads the log, and %sMODE=enforce ends this",
                        profile->prefix, profile->name[0] == '\0' ? "clients of no profile" : "profile ", profile->name,
                        profile->prefix));
}

/* BuildKit's own protocol is not judged, so /grpc gives more than the guard's settings allow. */
static void find_grpc(struct dangers *dangers, const struct profile *profile)
{
    if (profile_speaks_buildkit(profile))
        add(dangers, profile, "grpc", true,
            text_format("%s%sPOST /grpc is open, and what clients send to BuildKit there is not judged: builds can use "
                        "the network of the host, choose their cgroup, push images and read every build's cache and "
                        "history, and before Engine 25.0.2 be root on the host",
                        profile->name, name_end(profile)));
}

static void find_unguarded(struct dangers *dangers, const struct profile *profile)
{
    if (profile_leaves_unguarded(profile))
        add(dangers, profile, "unguarded", true,
            text_format("what other images' names let clients create is not judged, as in those images: a client that "
                        "may create a container can become root on this host; ALLOW_PRIVILEGED=false turns the create "
                        "guard on"));
}

/* Before 1.24, ContainerStart accepts a HostConfig. */
static void find_old_api(struct dangers *dangers, const struct profile *profile)
{
    if (dangers->environment->settings.min_api_minor < 24 && permissions_open(&profile->permissions, "ContainerStart"))
        add(dangers, profile, "old-api", false,
            text_format("%s%sMIN_API_VERSION is below 1.24, where starting a container can give it the whole host",
                        profile->name, name_end(profile)));
}

/* ---- the create guard ---- */

/* Capabilities with which a container can take over the host. */
static const char *const strong_capabilities[] = {"ALL",       "SYS_ADMIN", "SYS_MODULE",     "SYS_PTRACE",
                                                  "SYS_RAWIO", "BPF",       "DAC_READ_SEARCH"};

/* Directories and sockets of the host with which a container that has them takes it over. */
static const char *const system_directories[] = {"/run/docker.sock",
                                                 "/var/run/docker.sock",
                                                 "/run/containerd",
                                                 "/etc/systemd",
                                                 "/etc/cron.d",
                                                 "/bin",
                                                 "/boot",
                                                 "/dev",
                                                 "/etc",
                                                 "/lib",
                                                 "/proc",
                                                 "/root",
                                                 "/run",
                                                 "/sbin",
                                                 "/sys",
                                                 "/usr",
                                                 "/home",
                                                 "/var/lib/docker",
                                                 "/var/run"};

static bool is_strong_capability(const char *item)
{
    if (strncasecmp(item, "CAP_", 4) == 0)
        item += 4;
    for (size_t i = 0; i < sizeof strong_capabilities / sizeof *strong_capabilities; i++)
        if (strcasecmp(item, strong_capabilities[i]) == 0)
            return true;
    return false;
}

static bool is_system_path(const char *item)
{
    for (size_t i = 0; i < sizeof system_directories / sizeof *system_directories; i++)
        if (path_is_at_or_above(item, system_directories[i]))
            return true;
    return false;
}

static bool is_any(const char *item)
{
    (void)item;
    return true;
}

/* The host's own network, processes, memory or users, or any container's. */
static bool is_strong_namespace(const char *item)
{
    size_t length = strlen(item);

    if (strncmp(item, "uts:", 4) == 0 || strncmp(item, "cgroup:", 7) == 0)
        return false;
    return length > 2 && (strcmp(strrchr(item, ':') + 1, "host") == 0 || strcmp(item + length - 2, ":*") == 0);
}

/* Devices with which a container does not take over the host, as ALLOW_DEVICES names them; numbers and paths below them
 * as well. All others count as dangerous: buses, disks, memory and input have too many names. */
static const char *const usual_devices[] = {"gpu",
                                            "/dev/dri",
                                            "/dev/kfd",
                                            "/dev/nvidia",
                                            "/dev/net/tun",
                                            "/dev/snd",
                                            "/dev/serial",
                                            "/dev/ttyACM",
                                            "/dev/ttyAMA",
                                            "/dev/ttyUSB",
                                            "/dev/video",
                                            "/dev/dvb",
                                            "/dev/fuse",
                                            "/dev/null",
                                            "/dev/zero",
                                            "/dev/full",
                                            "/dev/random",
                                            "/dev/urandom",
                                            "/dev/nvidiactl",
                                            "/dev/rtc",
                                            "/dev/ppp",
                                            "/dev/nvidia-uvm",
                                            "/dev/nvidia-modeset",
                                            "c:116:",
                                            "c:166:",
                                            "c:188:",
                                            "c:226:",
                                            "c:81:"};

static bool is_strong_device(const char *item)
{
    for (size_t i = 0; i < sizeof usual_devices / sizeof *usual_devices; i++) {
        size_t length = strlen(usual_devices[i]);
        const char *rest = item + length;

        if (strncmp(item, usual_devices[i], length) == 0 &&
            (*rest == '/' || rest[strspn(rest, "0123456789")] == '\0' || strcmp(rest, "*") == 0))
            return false;
    }
    return true;
}

/* Runtimes that do with a container what runc does, or keep it in a machine of its own. What others, such as nvidia, do
 * because of the environment or the files of an image is not known, and the guard does not see these. */
static const char *const usual_runtimes[] = {
    "runc",
    "crun",
    "youki",
    "io.containerd.runc.v2",
    "runsc",
    "kata-runtime",
    "kata",
    "kata-qemu",
    "kata-clh",
    "kata-fc",
    "io.containerd.kata.v2",
    "io.containerd.runsc.v1",
};

static bool is_strong_runtime(const char *item)
{
    for (size_t i = 0; i < sizeof usual_runtimes / sizeof *usual_runtimes; i++)
        if (strcmp(item, usual_runtimes[i]) == 0)
            return false;
    return true;
}

/* Programs that run what a file or a word says, so that part of a word is enough. */
static const char *const shells[] = {
    "ash",    "awk",     "bash",    "busybox", "chroot", "csh",   "dash",  "doas",    "env",  "find",
    "fish",   "gosu",    "ksh",     "lua",     "nice",   "node",  "nohup", "nsenter", "perl", "php",
    "python", "ruby",    "runuser", "setpriv", "setsid", "sh",    "ssh",   "strace",  "su",   "su-exec",
    "sudo",   "timeout", "tini",    "unshare", "watch",  "xargs", "zsh",
};

/* A command of which clients choose whole words: their options make many programs run any other one, and a list of
 * these programs would never be complete. Of a shell, part of a word. */
static bool is_free_command(const char *item)
{
    size_t length = strcspn(item, " \t");
    const char *name = item;

    for (const char *word = item + length; *word != '\0'; word += strcspn(word, " \t")) {
        word += strspn(word, " \t");
        if (*word == '*' && strchr(" \t", word[strspn(word, "*")]) != NULL) /* or the end */
            return true;
    }
    for (const char *c = item; c < item + length; c++)
        if (*c == '/')
            name = c + 1;
    length -= (size_t)(name - item);
    while (length > 0 && strchr("0123456789.", name[length - 1]) != NULL) /* python3.11 */
        length--;
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strlen(shells[i]) == length && strncmp(name, shells[i], length) == 0)
            return strpbrk(item, "*?") != NULL;
    return false;
}

/* The guard's variables that open the host, with the items of a list that do. */
static const struct {
    enum variable_id id;
    const char *word;
    bool (*item)(const char *item); /* NULL: the variable is a boolean */
    const char *text;
} knobs[] = {
    {VAR_ALLOW_PRIVILEGED, "privileged", NULL, "a privileged container is root on this host"},
    {VAR_ALLOW_HOST_NAMESPACES, "host-namespaces", is_strong_namespace,
     "containers may share the network, the processes or the users of this host or of other containers"},
    {VAR_ALLOW_CAP_ADD, "cap-add", is_strong_capability, "with such a capability a container can take over this host"},
    {VAR_ALLOW_DEVICES, "devices", is_strong_device,
     "with a disk, the memory or a bus of this host a container can take it over, and this may be one"},
    {VAR_ALLOW_BIND_MOUNTS, "bind-mounts", is_system_path, "a container that mounts it can take over this host"},
    {VAR_ALLOW_SECURITY_OPT, "security-opt", is_any, "containers may do without AppArmor, seccomp or SELinux"},
    {VAR_ALLOW_VOLUMES_FROM, "volumes-from", NULL, "containers may use all that other containers have mounted"},
    {VAR_ALLOW_EXEC_COMMANDS, "exec-commands", is_free_command,
     "clients choose whole words or a shell's, and may make it run any command"},
    {VAR_ALLOW_RUNTIME, "runtime", is_strong_runtime,
     "a runtime is a program that runs as root on this host, and the guard judges containers as runc makes them"},
    {VAR_ALLOW_CGROUP_PARENT, "cgroup-parent", NULL, "containers may leave the cgroup that limits them"},
};

/* The items that are dangerous, each after a comma; "" for none. The caller frees the text. */
static char *dangerous_items(const char *value, bool (*is_dangerous)(const char *item))
{
    struct text text;
    size_t count;
    char **items = list_split(value, ",", &count);

    text_begin(&text);
    for (size_t i = 0; i < count; i++)
        if (is_dangerous != NULL && boolean_word(items[i]) == UNSET && is_dangerous(items[i]))
            fprintf(text.stream, ",%s", items[i]);
    list_free(items, count);
    return text_end(&text);
}

static bool guards_anything(const struct profile *profile)
{
    for (size_t i = 0; i < operation_count; i++)
        if (profile_guards(profile, i))
            return true;
    return false;
}

static void find_knobs(struct dangers *dangers, const struct profile *profile, const struct variables *variables)
{
    for (size_t i = 0; i < sizeof knobs / sizeof *knobs; i++) {
        const char *name = variable_table[knobs[i].id].name;
        const char *value = variable(variables, name);
        char *items = dangerous_items(value == NULL ? "" : value, knobs[i].item);

        if (value != NULL && (boolean_word(value) == YES || *items != '\0'))
            add(dangers, profile, knobs[i].word, false,
                text_format("%s%s=%s: %s", variables->prefix, name, *items == '\0' ? value : items + 1, knobs[i].text));
        free(items);
    }
}

/* ---- clients ---- */

static void find_tls(struct dangers *dangers)
{
    const struct environment *environment = dangers->environment;

    if (environment_listens_with_tls(environment) && !settings_require_client_certificates(&environment->settings))
        add(dangers, environment_profile(environment, NULL), "tls-clients", true,
            text_format("tls:// listeners require no client certificate: there is no ca.pem in TLS_CERT_PATH"));
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
        if (profile_forwards(profile, givers[i]))
            return true;
    return false;
}

/* Whether the profile opens an operation that the other one does not, or lets bodies pass that the other's guard
 * refuses. */
static bool opens_more(const struct profile *profile, const struct profile *than)
{
    bool both_guard = false;

    if (profile->mode != than->mode)
        return profile->mode == MODE_AUDIT;
    for (size_t i = 0; i < operation_count; i++) {
        if (profile->permissions.open[i] &&
            (!than->permissions.open[i] || (profile_guards(than, i) && !profile_guards(profile, i))))
            return true;
        both_guard |= profile_guards(profile, i) && profile_guards(than, i);
    }
    return both_guard && guard_allows_more(profile->guard, than->guard);
}

/* Whether an address or a name is enough to get the profile; or a label, which the guard of `other` does not let its
 * clients give. */
static bool is_claimed_by_address(const struct environment *environment, const struct profile *profile,
                                  const struct profile *other)
{
    for (size_t i = 0; i < profile->clients.count; i++)
        if (profile->clients.list[i].kind != CLAIM_CERTIFICATE)
            return true;
    return environment->settings.profiles_from_labels && profile_leaves_unguarded(other);
}

/* Clients that create containers or connect networks choose names and addresses. */
static void find_claims(struct dangers *dangers)
{
    const struct profile *profiles = dangers->environment->profiles;
    size_t count = dangers->environment->profile_count;

    for (size_t i = 0; i < count; i++)
        for (size_t k = 1; may_give_names(&profiles[i]) && k < count; k++)
            if (k != i && is_claimed_by_address(dangers->environment, &profiles[k], &profiles[i]) &&
                opens_more(&profiles[k], &profiles[i]))
                add(dangers, &profiles[i], "profiles", true,
                    text_format("%s%s may give containers any name and address, and so take profile %s; give that one "
                                "a listener or a certificate of its own",
                                i == 0 ? "clients of no profile" : "profile ", i == 0 ? "" : profiles[i].name,
                                profiles[k].name));
}

/* Whether the profile's clients may give a container any label: they create it, and the guard does not judge that. */
static bool may_give_labels(const struct profile *profile)
{
    static const char *const givers[] = {"ContainerCreate",      "ServiceCreate",          "ServiceUpdate",
                                         "PodCreateLibpod",      "ContainerCreateLibpod",  "PlayKubeLibpod",
                                         "KubeApplyLibpod",      "ContainerRestoreLibpod", "QuadletInstallLibpod",
                                         "ContainerUpdateLibpod"};

    for (size_t i = 0; i < sizeof givers / sizeof *givers; i++) {
        size_t row = operation_find(givers[i]);

        if (profile_forwards(profile, givers[i]) && !profile_guards(profile, row))
            return true;
    }
    return false;
}

/* Labels choose profiles, and only the guard keeps clients from giving them. */
static void find_labels(struct dangers *dangers)
{
    const struct environment *environment = dangers->environment;

    for (size_t i = 0; environment->settings.profiles_from_labels && i < environment->profile_count; i++)
        if (may_give_labels(&environment->profiles[i]))
            add(dangers, &environment->profiles[i], "profiles", true,
                text_format("%s%s may give containers any label, and so any profile, because the create guard does not "
                            "judge all that creates them; see PROFILES_FROM_LABELS",
                            i == 0 ? "clients of no profile" : "profile ",
                            i == 0 ? "" : environment->profiles[i].name));
}

/* A variable that was meant to do something and does nothing. */
static void find_strangers(struct dangers *dangers)
{
    char advice[512];

    for (char *const *one = dangers->environment->variables; *one != NULL; one++)
        if (stranger_advice(*one, advice, sizeof advice))
            add(dangers, environment_profile(dangers->environment, NULL), "no-effect", true, text_format("%s", advice));
}

/* Limits without a default that are set to nothing: as Compose writes them for ${NAME} if NAME is not set. */
static void find_empty_limits(struct dangers *dangers, const struct profile *profile)
{
    const struct variables variables = {.environment = dangers->environment->variables, .prefix = profile->prefix};

    for (size_t i = 0; i < VARIABLE_COUNT; i++) {
        const struct variable_info *row = &variable_table[i];
        char *assigned;
        bool present = false;

        if (!row->limits || row->scope != SCOPE_BOTH || variable_preset((enum variable_id)i) != NULL)
            continue;
        assigned = text_format("%s%s=", profile->prefix, row->name);
        for (char *const *one = variables.environment; *one != NULL; one++)
            present |= strncmp(*one, assigned, strlen(assigned)) == 0;
        if (present && variable(&variables, row->name) == NULL)
            add(dangers, profile, "no-effect", true,
                text_format("%s has no effect: it is set to nothing, which is no limit; give it a value, or remove it",
                            assigned));
        free(assigned);
    }
}

/* ---- all of them ---- */

static void find_all(struct dangers *dangers, const struct environment *environment)
{
    *dangers = (struct dangers){.environment = environment};
    for (size_t i = 0; i < environment->profile_count; i++) {
        const struct profile *profile = &environment->profiles[i];

        find_audit(dangers, profile);
        find_grpc(dangers, profile);
        find_powers(dangers, profile);
        find_unguarded(dangers, profile);
        find_old_api(dangers, profile);
        find_empty_limits(dangers, profile);
        if (guards_anything(profile))
            find_knobs(dangers, profile,
                       &(struct variables){.environment = environment->variables, .prefix = profile->prefix});
    }
    find_strangers(dangers);
    find_tls(dangers);
    find_claims(dangers);
    find_labels(dangers);
}

static void free_all(struct dangers *dangers)
{
    for (size_t i = 0; i < dangers->count; i++)
        free(dangers->list[i].text);
    free(dangers->list);
}

void dangers_warn(const struct environment *environment)
{
    struct dangers dangers;

    find_all(&dangers, environment);
    for (size_t i = 0; i < dangers.count; i++)
        if (dangers.list[i].warned)
            notice("warning: %s", dangers.list[i].text);
    free_all(&dangers);
}

void dangers_remind(const struct environment *environment)
{
    struct dangers dangers = {.environment = environment};

    for (size_t i = 0; i < environment->profile_count; i++)
        find_audit(&dangers, &environment->profiles[i]);
    for (size_t i = 0; i < dangers.count; i++)
        notice("warning: %s", dangers.list[i].text);
    free_all(&dangers);
}

void dangers_explain(FILE *out, const struct variables *variables)
{
    struct dangers dangers = {.environment = NULL};

    find_knobs(&dangers, NULL, variables);
    for (size_t i = 0; i < dangers.count; i++) {
        fputs("# ", out);
        print_visibly(out, dangers.list[i].text);
        fputc('\n', out);
    }
    free_all(&dangers);
}

/* The words of a profile's ACKNOWLEDGE. Release with list_free. */
static char **acknowledged(const struct environment *environment, const struct profile *profile, size_t *count)
{
    const struct variables variables = {.environment = environment->variables, .prefix = profile->prefix};
    const char *value = variable(&variables, variable_table[VAR_ACKNOWLEDGE].name);

    return list_split(value == NULL ? "" : value, ", ", count);
}

static bool is_acknowledged(const struct environment *environment, const struct danger *danger)
{
    size_t count;
    char **words = acknowledged(environment, danger->profile, &count);
    bool found = false;

    for (size_t i = 0; i < count; i++)
        found |= strcmp(words[i], danger->word) == 0;
    list_free(words, count);
    return found;
}

/* Reports the words of a profile that acknowledge nothing. Returns whether there are none. */
static bool words_are_needed(const struct dangers *dangers, const struct profile *profile)
{
    size_t count;
    char **words = acknowledged(dangers->environment, profile, &count);
    bool all = true;

    for (size_t i = 0; i < count; i++) {
        bool needed = false;

        for (size_t k = 0; k < dangers->count; k++)
            needed |= dangers->list[k].profile == profile && strcmp(dangers->list[k].word, words[i]) == 0;
        if (!needed)
            notice("%s%s=%s: there is nothing of this name to acknowledge; remove it", profile->prefix,
                   variable_table[VAR_ACKNOWLEDGE].name, words[i]);
        all &= needed;
    }
    list_free(words, count);
    return all;
}

bool dangers_acknowledged(const struct environment *environment)
{
    struct dangers dangers;
    bool all = true;

    find_all(&dangers, environment);
    for (size_t i = 0; i < dangers.count; i++) {
        const struct danger *danger = &dangers.list[i];

        if (is_acknowledged(environment, danger))
            continue;
        notice("dangerous: %s (%s%s=%s accepts this)", danger->text, danger->profile->prefix,
               variable_table[VAR_ACKNOWLEDGE].name, danger->word);
        all = false;
    }
    for (size_t i = 0; i < environment->profile_count; i++)
        all &= words_are_needed(&dangers, &environment->profiles[i]);
    free_all(&dangers);
    return all;
}
