/* The members of the Engine's requests, and the hints of refusals. Data only. */
#include "guard/schema.h"

#include "guard/json.h"

#include <string.h>

/* The tables below are aligned by hand. */
/* clang-format off */

const struct guard_knob_info guard_knobs[KNOB_COUNT] = {
#define KNOB(name, kind, item, limits, ...) [KNOB_##name] = {"ALLOW_" #name, KNOB_##kind, item, limits},
#include "base/variables.def"
};

#define DRIVER_NAME "[A-Za-z0-9][A-Za-z0-9_.-]*(?:/[A-Za-z0-9][A-Za-z0-9_.-]*)*(?::[A-Za-z0-9_.-]+)?\\z"
#define PATH_SHOWN "/(?!(?:[^:]*/)?\\.{0,2}/)(?![^:]*/\\.{1,2}(?::|\\z))[A-Za-z0-9_./@+=-]*"
#define VOLUME_SHOWN "[A-Za-z0-9][A-Za-z0-9_.-]+"
#define MODE_SHOWN ":/[^:,]*(?::(?:(?:r[ow]|z|Z|(?:no)?copy|cached|delegated|consistent|r?private)(?:,|\\z))*)?\\z"
#define ODD_PATH "[^:]*(?://|/\\.{1,2}(?:/|:|\\z))"
#define NO_LIST "ALLOW_BIND_MOUNTS=true would allow it; a list does not, because the path has an empty segment, or . or .. in it"

/* Not what could be the beginning of an id, see put_listed_container in guard/lists.c. */
#define CONTAINER_SHOWN "container:(?![0-9A-Fa-f_]*\\z)[A-Za-z0-9][A-Za-z0-9_.-]*"
/* Below /dev, segment by segment, without what cannot stand in a list. */
#define DEVICE_SHOWN "/dev(?!/(?:shm|fd)(?:/|\\z))(?:/(?!\\.{1,2}(?:/|\\z))[A-Za-z0-9_.@+=-]+)+"

const struct guard_namespace guard_namespaces[] = {
    {KNOB_NETWORK_MODE, "network", true},
    {KNOB_PID_MODE, "pid", true},
    {KNOB_IPC_MODE, "ipc", true},
    {KNOB_UTS_MODE, "uts", false},
    {KNOB_USERNS_MODE, "userns", false},
    {KNOB_CGROUPNS_MODE, "cgroup", false},
    {KNOB_NONE, NULL, false},
};

const char *const guard_keys[SAY_ALL] = {
    [KNOB_PRIVILEGED] = "PRIVILEGED",
    [KNOB_HOST_NAMESPACES] = "HOST_NAMESPACES",
    [KNOB_CAP_ADD] = "CAP_ADD",
    [KNOB_DEVICES] = "DEVICES",
    [KNOB_BIND_MOUNTS] = "BIND_MOUNTS",
    [KNOB_SECURITY_OPT] = "SECURITY_OPT",
    [KNOB_VOLUMES_FROM] = "VOLUMES_FROM",
    [KNOB_SYSCTLS] = "SYSCTLS",
    [KNOB_RUNTIME] = "RUNTIME",
    [KNOB_CGROUP_PARENT] = "CGROUP_PARENT",
    [KNOB_IMAGE_REFERENCES] = "IMAGE_REFERENCES",
    [KNOB_VOLUME_DRIVERS] = "VOLUME_DRIVERS",
    [KNOB_NETWORK_DRIVERS] = "NETWORK_DRIVERS",
    [KNOB_LOG_DRIVERS] = "LOG_DRIVERS",
    [KNOB_VOLUME_NAMES] = "VOLUME_NAMES",
    [KNOB_EXEC_COMMANDS] = "EXEC_COMMANDS",
    [KNOB_EXEC_USERS] = "EXEC_USERS",
    [KNOB_SOURCE] = "SOURCE",
    [KNOB_MOUNT] = "MOUNT",
    [KNOB_NETWORK_MODE] = "NETWORK_MODE",
    [KNOB_PID_MODE] = "PID_MODE",
    [KNOB_IPC_MODE] = "IPC_MODE",
    [KNOB_UTS_MODE] = "UTS_MODE",
    [KNOB_USERNS_MODE] = "USERNS_MODE",
    [KNOB_CGROUPNS_MODE] = "CGROUPNS_MODE",
    [KNOB_BUILD_NETWORK] = "BUILD_NETWORK",
    [KNOB_DEVICE] = "DEVICE",
    [KNOB_DEVICE_REQUEST] = "DEVICE_REQUEST",
    [KNOB_DEVICE_RULE] = "DEVICE_RULE",
    [KNOB_SYSCTL] = "SYSCTL",
    [KNOB_REMOTE] = "REMOTE",
    [KNOB_EXEC_ENV] = "EXEC_ENV",
    [KNOB_ENVIRONMENT] = "ENVIRONMENT",
    [KNOB_LINKS] = "LINKS",
    [KNOB_SECRETS] = "SECRETS",
    [KNOB_CONFIGS] = "CONFIGS",
    [KNOB_RENAME] = "RENAME",
    [KNOB_LABEL] = "LABEL",
    [KNOB_OWN] = "OWN",
    [KNOB_NONE] = "NONE",
    [SAY_OBJECT] = "OBJECT",
    [SAY_UNKNOWN] = "UNKNOWN",
    [SAY_UNKNOWN_PARAMETER] = "UNKNOWN_PARAMETER",
    [SAY_BODY] = "(?:body|part)",
    [SAY_QUERY] = "query",
    [SAY_LONG] = "long",
    [SAY_FILLED] = "filled",
    [SAY_ENCODED] = "encoded",
    [SAY_FORM] = "form",
    [SAY_UNTOLD] = "UNTOLD",
};

const struct guard_hint guard_hints[] = {
    {KNOB_PRIVILEGED, NULL, "ALLOW_PRIVILEGED=true would allow it"},
    {KNOB_HOST_NAMESPACES, NULL, "ALLOW_HOST_NAMESPACES=true would allow it"},
    {KNOB_NETWORK_MODE, "(host|" CONTAINER_SHOWN ")\\z", "ALLOW_HOST_NAMESPACES=network:\\1 would allow it"},
    {KNOB_NETWORK_MODE, NULL, "ALLOW_HOST_NAMESPACES=true would allow it"},
    {KNOB_BUILD_NETWORK, "(host|" CONTAINER_SHOWN ")\\z", "ALLOW_HOST_NAMESPACES=network:\\1 would allow it"},
    {KNOB_BUILD_NETWORK, NULL, "ALLOW_HOST_NAMESPACES=true would allow it"},
    {KNOB_PID_MODE, "(host|" CONTAINER_SHOWN ")\\z", "ALLOW_HOST_NAMESPACES=pid:\\1 would allow it"},
    {KNOB_PID_MODE, NULL, "ALLOW_HOST_NAMESPACES=true would allow it"},
    {KNOB_IPC_MODE, "(host|" CONTAINER_SHOWN ")\\z", "ALLOW_HOST_NAMESPACES=ipc:\\1 would allow it"},
    {KNOB_IPC_MODE, NULL, "ALLOW_HOST_NAMESPACES=true would allow it"},
    {KNOB_UTS_MODE, "host\\z", "ALLOW_HOST_NAMESPACES=uts:host would allow it"},
    {KNOB_UTS_MODE, NULL, "ALLOW_HOST_NAMESPACES=true would allow it"},
    {KNOB_USERNS_MODE, "host\\z", "ALLOW_HOST_NAMESPACES=userns:host would allow it"},
    {KNOB_USERNS_MODE, NULL, "ALLOW_HOST_NAMESPACES=true would allow it"},
    {KNOB_CGROUPNS_MODE, "host\\z", "ALLOW_HOST_NAMESPACES=cgroup:host would allow it"},
    {KNOB_CGROUPNS_MODE, NULL, "ALLOW_HOST_NAMESPACES=true would allow it"},
    {KNOB_CAP_ADD, "(?i:1|0|true|false|yes|no|on|off)\\z", "ALLOW_CAP_ADD=true would allow it"}, /* no item of a list */
    {KNOB_CAP_ADD, "[A-Za-z0-9_]+\\z", "ALLOW_CAP_ADD with that capability would allow it"},
    {KNOB_CAP_ADD, NULL, "ALLOW_CAP_ADD=true would allow it"},
    {KNOB_DEVICES, NULL, "ALLOW_DEVICES=true would allow it"},
    {KNOB_DEVICE, "(" DEVICE_SHOWN ")\\z", "ALLOW_DEVICES=\\1 would allow it"},
    {KNOB_DEVICE, NULL, "ALLOW_DEVICES=true would allow it"},
    {KNOB_DEVICE_REQUEST, "gpu\\z", "ALLOW_DEVICES=gpu would allow it"},
    {KNOB_DEVICE_REQUEST, NULL, "ALLOW_DEVICES=true would allow it"},
    {KNOB_DEVICE_RULE, NULL, "ALLOW_DEVICES=true (or that rule, such as c:189:*) would allow it"},
    {KNOB_BIND_MOUNTS, PATH_SHOWN MODE_SHOWN, "ALLOW_BIND_MOUNTS with that path would allow it"},
    {KNOB_BIND_MOUNTS, ODD_PATH, NO_LIST},
    {KNOB_BIND_MOUNTS, VOLUME_SHOWN MODE_SHOWN, "ALLOW_VOLUME_NAMES with that name would allow it"},
    {KNOB_BIND_MOUNTS, NULL, "ALLOW_BIND_MOUNTS=true would allow it"},
    {KNOB_SOURCE, PATH_SHOWN "\\z", "ALLOW_BIND_MOUNTS with that path would allow it"},
    {KNOB_SOURCE, ODD_PATH, NO_LIST},
    {KNOB_SOURCE, VOLUME_SHOWN "\\z", "ALLOW_VOLUME_NAMES with that name would allow it"},
    {KNOB_SOURCE, NULL, "ALLOW_BIND_MOUNTS=true would allow it"},
    {KNOB_MOUNT, "(?:bind|none|type|o|device)\\z",
     "ALLOW_BIND_MOUNTS with that path, for Podman true (for a share by name: ALLOW_VOLUME_DRIVERS with nfs or cifs) would allow it"},
    {KNOB_MOUNT, NULL, "ALLOW_BIND_MOUNTS=true would allow it"},
    {KNOB_SECURITY_OPT, ".*[=:]", "ALLOW_SECURITY_OPT with that option would allow it"},
    {KNOB_SECURITY_OPT, NULL, "ALLOW_SECURITY_OPT=true would allow it"},
    {KNOB_VOLUMES_FROM, NULL, "ALLOW_VOLUMES_FROM=true would allow it"},
    {KNOB_SYSCTLS, NULL, "ALLOW_SYSCTLS=true would allow it"},
    {KNOB_SYSCTL, "([A-Za-z0-9_-]+(?:[./][A-Za-z0-9_-]+)+)\\z", "ALLOW_SYSCTLS=\\1 would allow it"},
    {KNOB_SYSCTL, NULL, "ALLOW_SYSCTLS=true would allow it"},
    {KNOB_REMOTE, "(?:https?|git)://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/(?!\\.{1,2}(?:/|\\z))[A-Za-z0-9_.-]+)*/?\\z",
     "ALLOW_HOST_NAMESPACES=true would allow it"},
    {KNOB_REMOTE, NULL, "ALLOW_PRIVILEGED=true (for a plain URL: ALLOW_HOST_NAMESPACES=true) would allow it"},
    {KNOB_RENAME, NULL,
     "ALLOW_HOST_NAMESPACES lists containers by their names, and another one must not get such a name"},
    {KNOB_LABEL, "(?i:podman_systemd_unit|io\\.containers\\.autoupdate)", NULL},
    {KNOB_LABEL, NULL, "labels that begin with docker-socket-proxy. are for this proxy, and nothing sets them through it"},
    {KNOB_EXEC_COMMANDS, NULL, "ALLOW_EXEC_COMMANDS does not allow it"},
    {KNOB_EXEC_USERS, "([A-Za-z0-9_.@+-]+(?::[A-Za-z0-9_.@+-]+)?)\\z", "ALLOW_EXEC_USERS=\\1 would allow it"},
    {KNOB_EXEC_ENV, "(?:NVIDIA|HABANA|AMD|MTHREADS|ASCEND|DOCKER)_[A-Z_]+=", "ALLOW_DEVICES=true would allow it"},
    {KNOB_RUNTIME, "[A-Za-z0-9_./-]+\\z", "ALLOW_RUNTIME with that name would allow it"},
    {KNOB_CGROUP_PARENT, NULL, "ALLOW_CGROUP_PARENT=true would allow it"},
    {KNOB_IMAGE_REFERENCES, NULL, "ALLOW_IMAGE_REFERENCES does not list it"},
    {KNOB_VOLUME_DRIVERS, "(?:nfs4?|cifs|smb3)\\z", NULL},
    {KNOB_VOLUME_DRIVERS, DRIVER_NAME, "ALLOW_VOLUME_DRIVERS with that name would allow it"},
    {KNOB_NETWORK_DRIVERS, "host\\z", "ALLOW_HOST_NAMESPACES=true would allow it"},
    {KNOB_NETWORK_DRIVERS, DRIVER_NAME, "ALLOW_NETWORK_DRIVERS with that name would allow it"},
    {KNOB_LOG_DRIVERS, "syslog-", "ALLOW_LOG_DRIVERS with syslog would allow it"},
    {KNOB_LOG_DRIVERS, "gelf-", "ALLOW_LOG_DRIVERS with gelf would allow it"},
    {KNOB_LOG_DRIVERS, "fluentd-", "ALLOW_LOG_DRIVERS with fluentd would allow it"},
    {KNOB_LOG_DRIVERS, "splunk-", "ALLOW_LOG_DRIVERS with splunk would allow it"},
    {KNOB_LOG_DRIVERS, "awslogs-", "ALLOW_LOG_DRIVERS with awslogs would allow it"},
    {KNOB_LOG_DRIVERS, "gcp-", "ALLOW_LOG_DRIVERS with gcplogs would allow it"},
    {KNOB_LOG_DRIVERS, "(?:logentries-|line-only)", "ALLOW_LOG_DRIVERS with logentries would allow it"},
    {KNOB_LOG_DRIVERS, "(?i:path|driver)\\z", NULL},
    {KNOB_LOG_DRIVERS, "(?:tag|max-size|max-file|compress|mode|max-buffer-size|labels|env)\\z", NULL},
    {KNOB_LOG_DRIVERS, DRIVER_NAME, "ALLOW_LOG_DRIVERS with the driver would allow it"},
    {KNOB_VOLUME_NAMES, VOLUME_SHOWN "\\z", "ALLOW_VOLUME_NAMES with that name would allow it"},
    {KNOB_ENVIRONMENT, "NVIDIA_VISIBLE_DEVICES=" GPU_IDS "\\z", "ALLOW_DEVICES=gpu would allow it"},
    {KNOB_ENVIRONMENT, "(?:NVIDIA|HABANA|AMD|MTHREADS|ASCEND|DOCKER)_[A-Z_]+=", "ALLOW_DEVICES=true would allow it"},
    {KNOB_LINKS, NULL, "ALLOW_CONTAINER_INSPECT=true would allow it"},
    {KNOB_SECRETS, NULL, "ALLOW_SECRET_INSPECT=true would allow it"},
    {KNOB_CONFIGS, NULL, "ALLOW_CONFIG_INSPECT=true would allow it"},
    {SAY_OBJECT, NULL, "holds a name with an escape or a letter beyond ASCII, or is not an object, which cannot be judged"},
    {SAY_UNKNOWN, NULL, "is a member that this version does not know; ALLOW_PRIVILEGED=true would allow it"},
    {SAY_UNKNOWN_PARAMETER, NULL, "is a parameter that this version does not know; ALLOW_PRIVILEGED=true would allow it"},
    {SAY_BODY, NULL, "its body cannot be judged with certainty; it has to be one JSON object, written plainly"},
    {SAY_QUERY, NULL, "its query cannot be judged with certainty"},
    {SAY_LONG, NULL,
     "its body of more than 16 KiB is not searched for the reason, often HostConfig.Binds or HostConfig.Privileged; "
     "`docker-socket-proxy explain METHOD PATH --body FILE` finds it"},
    {SAY_FILLED, NULL, "a body; the Engine takes none here since API 1.24"},
    {SAY_ENCODED, NULL, "a compressed body, which cannot be judged"},
    {SAY_FORM, NULL, "a form, which cannot be judged"},
    {SAY_UNTOLD, NULL, "the Engine has not said yet which container this proxy runs in; try again in a moment"},
    {KNOB_NONE, NULL, "no setting allows it"},
};

/* ---- values ---- */

#define EMPTY "(?&empty)"
#define NOTHING_OR(words) "\"(?:" words ")?+\""

#define BOOLEAN "true|false"
#define NUMBER "(?&number)"
#define NUMBERS "\\[" W EACH("number") "\\]"
#define NAME "\"(?:" IDENTIFIER ")?+\""
#define DOMAIN "\"[A-Za-z0-9_.-]*+\""
#define ADDRESS "(?&address)"
#define MAC "\"[0-9A-Fa-f:.-]*+\""
#define PROCESSORS "\"[0-9,-]*+\""
/* The Engine stores it, and passes it to the container only. */
#define STORED "(?&s)"
#define STORED_ANY "(?&v)"

/* An array of strings that holds at least these. */
#define ARRAY_WITH "(?=\\[[^\\]]*+\\])"
#define AMONG(string) "(?=[^\\]]*?\"" string "\")"
#define PATHS "\\[" W EACH("k") "\\]"
#define SL SLASH

/* The lists of the oldest Engine that is still in use (20.10); newer ones have more. */
#define MASKED                                                                                                        \
    ARRAY_WITH                                                                                                \
    AMONG(SL "proc" SL "acpi") AMONG(SL "proc" SL "kcore") AMONG(SL "proc" SL "keys") AMONG(SL "proc" SL "latency_stats") \
    AMONG(SL "proc" SL "timer_list") AMONG(SL "proc" SL "sched_debug") AMONG(SL "proc" SL "scsi")                     \
    AMONG(SL "sys" SL "firmware") PATHS
#define READONLY                                                                                                      \
    ARRAY_WITH                                                                                                \
    AMONG(SL "proc" SL "bus") AMONG(SL "proc" SL "fs") AMONG(SL "proc" SL "irq") AMONG(SL "proc" SL "sys")            \
    AMONG(SL "proc" SL "sysrq-trigger") PATHS

#define END {NULL, RULE, NULL, KNOB_NONE}

/* ---- containers ---- */

static const struct guard_field host_config[] = {
    {"Privileged", RULE, "false", KNOB_PRIVILEGED},
    {"Binds", ITEMS, "bind", KNOB_BIND_MOUNTS},
    {"Mounts", OBJECTS, "Mount", KNOB_NONE},
    {"VolumesFrom", ITEMS, "volumes_from", KNOB_VOLUMES_FROM},
    {"VolumeDriver", RULE, "(?&volume_driver)", KNOB_VOLUME_DRIVERS},
    {"Devices", ITEMS, "device", KNOB_DEVICE},
    {"DeviceRequests", ITEMS, "device_request", KNOB_DEVICE_REQUEST},
    {"DeviceCgroupRules", ITEMS, "device_rule", KNOB_DEVICE_RULE},
    {"CapAdd", ITEMS, "capability", KNOB_CAP_ADD},
    {"CapDrop", ITEMS, "any_capability", KNOB_NONE},
    {"SecurityOpt", ITEMS, "security_opt", KNOB_SECURITY_OPT},
    {"NetworkMode", RULE, "\"\"|(?&network)", KNOB_NETWORK_MODE},
    {"PidMode", RULE, NOTHING_OR("private"), KNOB_PID_MODE},
    {"IpcMode", RULE, NOTHING_OR("private|shareable|none"), KNOB_IPC_MODE},
    {"UTSMode", RULE, NOTHING_OR("private"), KNOB_UTS_MODE},
    {"UsernsMode", RULE, NOTHING_OR("private"), KNOB_USERNS_MODE},
    {"CgroupnsMode", RULE, "(?&cgroupns)", KNOB_CGROUPNS_MODE},
    {"Sysctls", ENTRIES, "sysctl", KNOB_SYSCTL},
    {"Runtime", RULE, "(?&runtime)", KNOB_RUNTIME},
    {"CgroupParent", RULE, NOTHING_OR(""), KNOB_CGROUP_PARENT},
    {"Cgroup", RULE, NOTHING_OR(""), KNOB_CGROUP_PARENT},
    {"MaskedPaths", RULE, MASKED, KNOB_PRIVILEGED},
    {"ReadonlyPaths", RULE, READONLY, KNOB_PRIVILEGED},
    {"LogConfig", OBJECT, "LogConfig", KNOB_NONE},
    /* Mount options: with bind it would be a bind mount. */
    {"Tmpfs", ENTRIES, "tmpfs", KNOB_MOUNT},
    /* Passed to the runtime, which executes some (org.systemd.property.*, run.oci.*, io.katacontainers.*). */
    {"Annotations", RULE, EMPTY, KNOB_PRIVILEGED},
    /* Podman deletes this file together with the container. */
    {"ContainerIDFile", RULE, "(?&client_file)", KNOB_NONE},
    /* Gives the container the environment of another one. */
    {"Links", RULE, EMPTY, KNOB_LINKS},
    /* The Engine opens these paths on the host. */
    {"BlkioWeightDevice", RULE, EMPTY, KNOB_DEVICES},
    {"BlkioDeviceReadBps", RULE, EMPTY, KNOB_DEVICES},
    {"BlkioDeviceWriteBps", RULE, EMPTY, KNOB_DEVICES},
    {"BlkioDeviceReadIOps", RULE, EMPTY, KNOB_DEVICES},
    {"BlkioDeviceWriteIOps", RULE, EMPTY, KNOB_DEVICES},
    {"PortBindings", ENTRIES, "port_binding", KNOB_NONE},
    {"RestartPolicy", OBJECT, "RestartPolicy", KNOB_NONE},
    {"Dns", ITEMS, "address", KNOB_NONE},
    {"DnsOptions", ITEMS, "resolver_option", KNOB_NONE},
    {"DnsSearch", ITEMS, "domain", KNOB_NONE},
    {"ExtraHosts", ITEMS, "extra_host", KNOB_NONE},
    {"GroupAdd", ITEMS, "group", KNOB_NONE},
    {"StorageOpt", ENTRIES, "storage_option", KNOB_PRIVILEGED},
    {"Umask", RULE, "\"[0-7]{0,4}+\"", KNOB_NONE},
    {"Isolation", RULE, NOTHING_OR("default|process|hyperv"), KNOB_NONE},
    {"CpusetCpus", RULE, PROCESSORS, KNOB_NONE},
    {"CpusetMems", RULE, PROCESSORS, KNOB_NONE},
    {"Ulimits", OBJECTS, "Ulimit", KNOB_NONE},
    {"ConsoleSize", RULE, NUMBERS, KNOB_NONE},
    {"AutoRemove", RULE, BOOLEAN, KNOB_NONE},
    {"PublishAllPorts", RULE, BOOLEAN, KNOB_NONE},
    {"ReadonlyRootfs", RULE, BOOLEAN, KNOB_NONE},
    {"Init", RULE, BOOLEAN, KNOB_NONE},
    {"OomKillDisable", RULE, BOOLEAN, KNOB_NONE},
    {"OomScoreAdj", RULE, NUMBER, KNOB_NONE},
    {"ShmSize", RULE, NUMBER, KNOB_NONE},
    {"CpuShares", RULE, NUMBER, KNOB_NONE},
    {"Memory", RULE, NUMBER, KNOB_NONE},
    {"NanoCpus", RULE, NUMBER, KNOB_NONE},
    {"BlkioWeight", RULE, NUMBER, KNOB_NONE},
    {"CpuPeriod", RULE, NUMBER, KNOB_NONE},
    {"CpuQuota", RULE, NUMBER, KNOB_NONE},
    {"CpuRealtimePeriod", RULE, NUMBER, KNOB_NONE},
    {"CpuRealtimeRuntime", RULE, NUMBER, KNOB_NONE},
    {"MemoryReservation", RULE, NUMBER, KNOB_NONE},
    {"MemorySwap", RULE, NUMBER, KNOB_NONE},
    {"MemorySwappiness", RULE, NUMBER, KNOB_NONE},
    {"PidsLimit", RULE, NUMBER, KNOB_NONE},
    {"CpuCount", RULE, NUMBER, KNOB_NONE},
    {"CpuPercent", RULE, NUMBER, KNOB_NONE},
    {"IOMaximumIOps", RULE, NUMBER, KNOB_NONE},
    {"IOMaximumBandwidth", RULE, NUMBER, KNOB_NONE},
    {"KernelMemory", RULE, NUMBER, KNOB_NONE},
    {"KernelMemoryTCP", RULE, NUMBER, KNOB_NONE},
    {"DiskQuota", RULE, NUMBER, KNOB_NONE},
    END,
};

/* The whole body. Engines to 23.0 also read the members of HostConfig at the top level when there is no HostConfig.
 * name, platform and the like are not members of the Engine's; clients send them. */
static const struct guard_field container_create[] = {
    {"Image", RULE, "\"\"|(?&image)", KNOB_IMAGE_REFERENCES},
    {"HostConfig", OBJECT, "HostConfig", KNOB_NONE},
    {"NetworkingConfig", OBJECT, "NetworkingConfig", KNOB_NONE},
    /* Paths in the container. One with a colon would be a bind specification. */
    {"Volumes", ENTRIES, "anonymous_volume", KNOB_MOUNT},
    {"Env", ITEMS, "environment", KNOB_ENVIRONMENT},
    {"Labels", ENTRIES, "label", KNOB_LABEL},
    {"ExposedPorts", ENTRIES, "exposed_port", KNOB_NONE},
    {"Healthcheck", OBJECT, "Healthcheck", KNOB_NONE},
    {"Hostname", RULE, DOMAIN, KNOB_NONE},
    {"Domainname", RULE, DOMAIN, KNOB_NONE},
    {"User", RULE, "(?&user)", KNOB_NONE},
    {"MacAddress", RULE, MAC, KNOB_NONE},
    {"StopSignal", RULE, "\"[A-Za-z0-9+-]*+\"", KNOB_NONE},
    {"Cpuset", RULE, PROCESSORS, KNOB_NONE},
    {"PortSpecs", RULE, EMPTY, KNOB_NONE},
    {"PublishService", RULE, EMPTY, KNOB_NONE},
    {"name", RULE, "\"(?:" SLASH ")?+(?:" IDENTIFIER ")?+\"", KNOB_NONE},
    {"platform", RULE, "\"(?:[A-Za-z0-9_.-]|\\\\?/)*+\"", KNOB_NONE},
    {"WorkingDir", RULE, STORED, KNOB_NONE},
    {"Cmd", RULE, STORED_ANY, KNOB_NONE},
    {"Entrypoint", RULE, STORED_ANY, KNOB_NONE},
    {"OnBuild", RULE, STORED_ANY, KNOB_NONE},
    {"Shell", RULE, STORED_ANY, KNOB_NONE},
    {"AttachStdin", RULE, BOOLEAN, KNOB_NONE},
    {"AttachStdout", RULE, BOOLEAN, KNOB_NONE},
    {"AttachStderr", RULE, BOOLEAN, KNOB_NONE},
    {"Tty", RULE, BOOLEAN, KNOB_NONE},
    {"OpenStdin", RULE, BOOLEAN, KNOB_NONE},
    {"StdinOnce", RULE, BOOLEAN, KNOB_NONE},
    {"ArgsEscaped", RULE, BOOLEAN, KNOB_NONE},
    {"NetworkDisabled", RULE, BOOLEAN, KNOB_NONE},
    {"StopTimeout", RULE, NUMBER, KNOB_NONE},
    END,
};

static const struct guard_field healthcheck[] = {
    {"Test", RULE, STORED_ANY, KNOB_NONE},
    {"Interval", RULE, NUMBER, KNOB_NONE},
    {"Timeout", RULE, NUMBER, KNOB_NONE},
    {"StartPeriod", RULE, NUMBER, KNOB_NONE},
    {"StartInterval", RULE, NUMBER, KNOB_NONE},
    {"Retries", RULE, NUMBER, KNOB_NONE},
    END,
};

static const struct guard_field restart_policy[] = {
    {"Name", RULE, NOTHING_OR("no|always|unless-stopped|on-failure"), KNOB_NONE},
    {"MaximumRetryCount", RULE, NUMBER, KNOB_NONE},
    END,
};

static const struct guard_field ulimit[] = {
    {"Name", RULE, "\"[A-Za-z_]*+\"", KNOB_NONE},
    {"Soft", RULE, NUMBER, KNOB_NONE},
    {"Hard", RULE, NUMBER, KNOB_NONE},
    END,
};

/* Podman joins the members of a mount with commas: none may contain one. */
static const struct guard_field mount[] = {
    {"Type", RULE, "(?&mount_type)", KNOB_MOUNT},
    {"Source", RULE, "(?&mount_source)", KNOB_SOURCE},
    {"Target", RULE, "\"\"|(?&target)", KNOB_NONE},
    {"ReadOnly", RULE, BOOLEAN, KNOB_NONE},
    {"Consistency", RULE, NOTHING_OR("default|consistent|cached|delegated"), KNOB_NONE},
    {"BindOptions", OBJECT, "BindOptions", KNOB_NONE},
    {"VolumeOptions", OBJECT, "VolumeOptions", KNOB_NONE},
    {"ImageOptions", OBJECT, "ImageOptions", KNOB_NONE},
    {"TmpfsOptions", OBJECT, "TmpfsOptions", KNOB_NONE},
    {"ClusterOptions", RULE, EMPTY, KNOB_NONE},
    END,
};

static const struct guard_field bind_options[] = {
    {"Propagation", RULE, NOTHING_OR("r?private|r?shared|r?slave"), KNOB_NONE},
    {"NonRecursive", RULE, BOOLEAN, KNOB_NONE},
    {"CreateMountpoint", RULE, BOOLEAN, KNOB_NONE},
    {"ReadOnlyNonRecursive", RULE, BOOLEAN, KNOB_NONE},
    {"ReadOnlyForceRecursive", RULE, BOOLEAN, KNOB_NONE},
    END,
};

static const struct guard_field volume_options[] = {
    {"DriverConfig", OBJECT, "VolumeDriver", KNOB_NONE},
    {"Labels", ENTRIES, "label", KNOB_LABEL},
    {"Subpath", RULE, "\"\"|(?&below)", KNOB_NONE},
    {"NoCopy", RULE, BOOLEAN, KNOB_NONE},
    END,
};

static const struct guard_field volume_driver[] = {
    {"Name", RULE, "(?&volume_driver)", KNOB_VOLUME_DRIVERS},
    {"Options", ENTRIES, "volume_option", KNOB_MOUNT},
    END,
};

static const struct guard_field image_options[] = {
    {"Subpath", RULE, "\"\"|(?&below)", KNOB_NONE},
    END,
};

static const struct guard_field tmpfs_options[] = {
    {"SizeBytes", RULE, NUMBER, KNOB_NONE},
    {"Mode", RULE, NUMBER, KNOB_NONE},
    {"Options", RULE, "\\[" W EACH("mount_flag") "\\]",
     KNOB_MOUNT},
    END,
};

static const struct guard_field log_config[] = {
    {"Type", RULE, "(?&log_driver)", KNOB_LOG_DRIVERS},
    {"Config", ENTRIES, "log_option", KNOB_LOG_DRIVERS},
    END,
};

static const struct guard_field networking_config[] = {
    {"EndpointsConfig", NETWORKS, "Endpoint", KNOB_NETWORK_MODE},
    END,
};

/* One network of a container. NetworkID may name any network: the Engine keeps a container that is not in the host
 * network out of it. */
static const struct guard_field endpoint[] = {
    {"DriverOpts", ENTRIES, "endpoint_option", KNOB_SYSCTLS},
    {"IPAMConfig", OBJECT, "EndpointAddresses", KNOB_NONE},
    {"Links", ITEMS, "link", KNOB_NONE},
    {"Aliases", ITEMS, "domain", KNOB_NONE},
    {"DNSNames", ITEMS, "domain", KNOB_NONE},
    {"NetworkID", RULE, NAME, KNOB_NONE},
    {"EndpointID", RULE, NAME, KNOB_NONE},
    {"Gateway", RULE, ADDRESS, KNOB_NONE},
    {"IPAddress", RULE, ADDRESS, KNOB_NONE},
    {"IPv6Gateway", RULE, ADDRESS, KNOB_NONE},
    {"GlobalIPv6Address", RULE, ADDRESS, KNOB_NONE},
    {"MacAddress", RULE, MAC, KNOB_NONE},
    {"GwPriority", RULE, NUMBER, KNOB_NONE},
    {"IPPrefixLen", RULE, NUMBER, KNOB_NONE},
    {"GlobalIPv6PrefixLen", RULE, NUMBER, KNOB_NONE},
    END,
};

static const struct guard_field endpoint_addresses[] = {
    {"IPv4Address", RULE, ADDRESS, KNOB_NONE},
    {"IPv6Address", RULE, ADDRESS, KNOB_NONE},
    {"LinkLocalIPs", ITEMS, "link_local", KNOB_NONE},
    END,
};

static const struct guard_field exec_create[] = {
    {"Privileged", RULE, "false", KNOB_PRIVILEGED},
    {"Env", ITEMS, "exec_environment", KNOB_EXEC_ENV},
    {"User", RULE, "(?&exec_user)", KNOB_EXEC_USERS},
    {"WorkingDir", RULE, "(?&exec_directory)", KNOB_EXEC_COMMANDS},
    {"Cmd", RULE, "(?&exec_command)", KNOB_EXEC_COMMANDS},
    {"DetachKeys", RULE, "\"[A-Za-z0-9,@^_\\[\\]-]*+\"", KNOB_NONE},
    {"ConsoleSize", RULE, NUMBERS, KNOB_NONE},
    {"Tty", RULE, BOOLEAN, KNOB_NONE},
    {"AttachStdin", RULE, "(?&exec_input)", KNOB_EXEC_COMMANDS},
    {"AttachStdout", RULE, BOOLEAN, KNOB_NONE},
    {"AttachStderr", RULE, BOOLEAN, KNOB_NONE},
    {"Detach", RULE, BOOLEAN, KNOB_NONE},
    /* Not members of the Engine's: clients send them. */
    {"Container", RULE, NAME, KNOB_NONE},
    {"id", RULE, NAME, KNOB_NONE},
    END,
};

static const struct guard_field checkpoint_create[] = {
    /* A directory of the host that the Engine writes to as root. */
    {"CheckpointDir", RULE, NOTHING_OR(""), KNOB_PRIVILEGED},
    {"CheckpointID", RULE, NAME, KNOB_PRIVILEGED},
    {"Exit", RULE, BOOLEAN, KNOB_NONE},
    END,
};

/* ---- volumes and networks ---- */

static const struct guard_field volume_create[] = {
    {"Name", RULE, "\"\"|\"(?&volume_name)\"", KNOB_VOLUME_NAMES},
    {"Driver", RULE, "(?&volume_driver)", KNOB_VOLUME_DRIVERS},
    {"DriverOpts", ENTRIES, "volume_option", KNOB_MOUNT},
    {"ClusterVolumeSpec", RULE, EMPTY, KNOB_MOUNT},
    {"Labels", ENTRIES, "label", KNOB_LABEL},
    END,
};

static const struct guard_field volume_update[] = {
    {"Spec", RULE, EMPTY, KNOB_MOUNT},
    END,
};

static const struct guard_field network_create[] = {
    {"Driver", RULE, "(?&network_driver)", KNOB_NETWORK_DRIVERS},
    {"Options", ENTRIES, "network_option", KNOB_HOST_NAMESPACES},
    {"IPAM", OBJECT, "IPAM", KNOB_NONE},
    {"ConfigFrom", OBJECT, "ConfigFrom", KNOB_NONE},
    {"Ingress", RULE, "false", KNOB_HOST_NAMESPACES},
    {"Name", RULE, "\"\"|(?&network)", KNOB_HOST_NAMESPACES},
    {"Scope", RULE, NOTHING_OR("local|swarm|global"), KNOB_NONE},
    {"Labels", ENTRIES, "label", KNOB_LABEL},
    {"CheckDuplicate", RULE, BOOLEAN, KNOB_NONE},
    {"EnableIPv4", RULE, BOOLEAN, KNOB_NONE},
    {"EnableIPv6", RULE, BOOLEAN, KNOB_NONE},
    {"Internal", RULE, BOOLEAN, KNOB_NONE},
    {"Attachable", RULE, BOOLEAN, KNOB_NONE},
    {"ConfigOnly", RULE, BOOLEAN, KNOB_NONE},
    END,
};

/* A network whose options are copied: one that the operator made may name an interface of the host. */
static const struct guard_field config_from[] = {
    {"Network", RULE, NOTHING_OR(""), KNOB_HOST_NAMESPACES},
    END,
};

static const struct guard_field ipam[] = {
    {"Driver", RULE, "(?&ipam_driver)", KNOB_NETWORK_DRIVERS},
    {"Options", RULE, EMPTY, KNOB_HOST_NAMESPACES},
    {"Config", OBJECTS, "IPAMConfig", KNOB_NONE},
    END,
};

/* The host routes traffic for a subnet into it: a public subnet, or the LAN's, would take the host's own traffic. */
static const struct guard_field ipam_config[] = {
    {"Subnet", RULE, "\"\"|(?&subnet)", KNOB_HOST_NAMESPACES},
    {"IPRange", RULE, "\"\"|(?&subnet)", KNOB_HOST_NAMESPACES},
    {"Gateway", RULE, "\"\"|(?&private_address)", KNOB_HOST_NAMESPACES},
    {"AuxiliaryAddresses", ENTRIES, "named_address", KNOB_NONE},
    {"AuxAddress", ENTRIES, "named_address", KNOB_NONE},
    END,
};

static const struct guard_field network_connect[] = {
    {"Container", RULE, "\"\"|(?&other_container)", KNOB_OWN},
    {"EndpointConfig", OBJECT, "Endpoint", KNOB_NONE},
    END,
};

static const struct guard_field network_disconnect[] = {
    {"Container", RULE, "\"\"|(?&other_container)", KNOB_OWN},
    {"Force", RULE, BOOLEAN, KNOB_NONE},
    END,
};

/* ---- swarm ---- */

static const struct guard_field service_spec[] = {
    {"TaskTemplate", OBJECT, "TaskSpec", KNOB_NONE},
    {"Networks", OBJECTS, "NetworkAttachment", KNOB_NONE},
    {"EndpointSpec", OBJECT, "EndpointSpec", KNOB_NONE},
    {"Name", RULE, NAME, KNOB_NONE},
    {"Labels", ENTRIES, "label", KNOB_LABEL},
    /* The number of tasks, and how they are replaced: numbers, durations and a few words. */
    {"Mode", RULE, STORED_ANY, KNOB_NONE},
    {"UpdateConfig", RULE, STORED_ANY, KNOB_NONE},
    {"RollbackConfig", RULE, STORED_ANY, KNOB_NONE},
    END,
};

static const struct guard_field endpoint_spec[] = {
    {"Mode", RULE, NOTHING_OR("vip|dnsrr"), KNOB_NONE},
    {"Ports", OBJECTS, "PortConfig", KNOB_NONE},
    END,
};

static const struct guard_field port_config[] = {
    {"Name", RULE, NAME, KNOB_NONE},
    {"Protocol", RULE, NOTHING_OR("tcp|udp|sctp"), KNOB_NONE},
    {"PublishMode", RULE, NOTHING_OR("ingress|host"), KNOB_NONE},
    {"TargetPort", RULE, NUMBER, KNOB_NONE},
    {"PublishedPort", RULE, NUMBER, KNOB_NONE},
    END,
};

static const struct guard_field task_spec[] = {
    {"ContainerSpec", OBJECT, "ContainerSpec", KNOB_NONE},
    {"PluginSpec", RULE, EMPTY, KNOB_PRIVILEGED},
    {"NetworkAttachmentSpec", RULE, EMPTY, KNOB_PRIVILEGED},
    {"Runtime", RULE, NOTHING_OR("container|attachment"), KNOB_PRIVILEGED},
    {"LogDriver", OBJECT, "LogDriver", KNOB_NONE},
    {"Networks", OBJECTS, "NetworkAttachment", KNOB_NONE},
    {"Resources", OBJECT, "Resources", KNOB_NONE},
    /* When and where tasks run: numbers, durations, and expressions that swarmkit compares with labels. */
    {"RestartPolicy", RULE, STORED_ANY, KNOB_NONE},
    {"Placement", RULE, STORED_ANY, KNOB_NONE},
    {"ForceUpdate", RULE, NUMBER, KNOB_NONE},
    END,
};

static const struct guard_field resources[] = {
    {"Limits", RULE, STORED_ANY, KNOB_NONE},
    {"Reservations", OBJECT, "Reservations", KNOB_NONE},
    {"SwapBytes", RULE, NUMBER, KNOB_NONE},
    {"MemorySwappiness", RULE, NUMBER, KNOB_NONE},
    END,
};

/* Generic resources reach the container as DOCKER_RESOURCE_* variables, by which GPU runtimes choose devices. */
static const struct guard_field reservations[] = {
    {"NanoCPUs", RULE, NUMBER, KNOB_NONE},
    {"MemoryBytes", RULE, NUMBER, KNOB_NONE},
    {"Pids", RULE, NUMBER, KNOB_NONE},
    {"GenericResources", RULE, EMPTY, KNOB_DEVICES},
    END,
};

static const struct guard_field container_spec[] = {
    {"Image", RULE, "\"\"|(?&image)", KNOB_IMAGE_REFERENCES},
    {"Mounts", OBJECTS, "Mount", KNOB_NONE},
    {"CapabilityAdd", ITEMS, "capability", KNOB_CAP_ADD},
    {"CapabilityDrop", ITEMS, "any_capability", KNOB_NONE},
    {"Privileges", OBJECT, "Privileges", KNOB_NONE},
    {"Sysctls", ENTRIES, "sysctl", KNOB_SYSCTL},
    /* A client that knows the id of a secret can mount it, and ServiceInspect shows those of other services. */
    {"Secrets", RULE, EMPTY, KNOB_SECRETS},
    {"Configs", RULE, EMPTY, KNOB_CONFIGS},
    {"Env", ITEMS, "environment", KNOB_ENVIRONMENT},
    {"Labels", ENTRIES, "label", KNOB_LABEL},
    {"Healthcheck", OBJECT, "Healthcheck", KNOB_NONE},
    {"Hosts", ITEMS, "hosts_line", KNOB_NONE},
    {"DNSConfig", OBJECT, "DNSConfig", KNOB_NONE},
    {"Ulimits", OBJECTS, "Ulimit", KNOB_NONE},
    {"Hostname", RULE, "(?&task_name)", KNOB_NONE},
    {"User", RULE, "(?&user)", KNOB_NONE},
    {"Groups", ITEMS, "group", KNOB_NONE},
    {"StopSignal", RULE, "\"[A-Za-z0-9+-]*+\"", KNOB_NONE},
    {"Isolation", RULE, NOTHING_OR("default|process|hyperv"), KNOB_NONE},
    {"Dir", RULE, STORED, KNOB_NONE},
    {"Command", RULE, STORED_ANY, KNOB_NONE},
    {"Args", RULE, STORED_ANY, KNOB_NONE},
    {"Init", RULE, BOOLEAN, KNOB_NONE},
    {"TTY", RULE, BOOLEAN, KNOB_NONE},
    {"OpenStdin", RULE, BOOLEAN, KNOB_NONE},
    {"ReadOnly", RULE, BOOLEAN, KNOB_NONE},
    {"StopGracePeriod", RULE, NUMBER, KNOB_NONE},
    {"OomScoreAdj", RULE, NUMBER, KNOB_NONE},
    {"PidsLimit", RULE, NUMBER, KNOB_NONE},
    END,
};

static const struct guard_field dns_config[] = {
    {"Nameservers", ITEMS, "address", KNOB_NONE},
    {"Search", ITEMS, "domain", KNOB_NONE},
    {"Options", ITEMS, "resolver_option", KNOB_NONE},
    END,
};

static const struct guard_field privileges[] = {
    {"CredentialSpec", OBJECT, "CredentialSpec", KNOB_SECURITY_OPT},
    {"SELinuxContext", OBJECT, "SELinuxContext", KNOB_SECURITY_OPT},
    {"Seccomp", OBJECT, "Confinement", KNOB_SECURITY_OPT},
    {"AppArmor", OBJECT, "Confinement", KNOB_SECURITY_OPT},
    {"NoNewPrivileges", RULE, BOOLEAN, KNOB_NONE},
    END,
};

static const struct guard_field credential_spec[] = {
    {"Config", RULE, NOTHING_OR(""), KNOB_SECURITY_OPT},
    {"File", RULE, NOTHING_OR(""), KNOB_SECURITY_OPT},
    {"Registry", RULE, NOTHING_OR(""), KNOB_SECURITY_OPT},
    END,
};

static const struct guard_field selinux_context[] = {
    {"Disable", RULE, "false", KNOB_SECURITY_OPT},
    {"User", RULE, NOTHING_OR(""), KNOB_SECURITY_OPT},
    {"Role", RULE, NOTHING_OR(""), KNOB_SECURITY_OPT},
    {"Type", RULE, NOTHING_OR(""), KNOB_SECURITY_OPT},
    {"Level", RULE, NOTHING_OR(""), KNOB_SECURITY_OPT},
    END,
};

static const struct guard_field confinement[] = {
    {"Mode", RULE, NOTHING_OR("default"), KNOB_SECURITY_OPT},
    {"Profile", RULE, EMPTY, KNOB_SECURITY_OPT},
    END,
};

static const struct guard_field network_attachment[] = {
    {"Target", RULE, "\"\"|(?&service_network)", KNOB_NETWORK_MODE},
    {"DriverOpts", ENTRIES, "endpoint_option", KNOB_SYSCTLS},
    {"Aliases", ITEMS, "domain", KNOB_NONE},
    END,
};

static const struct guard_field log_driver[] = {
    {"Name", RULE, "(?&log_driver)", KNOB_LOG_DRIVERS},
    {"Options", ENTRIES, "log_option", KNOB_LOG_DRIVERS},
    END,
};

/* Secrets and configs. A driver is a plugin that the Engine calls, or a command that Podman runs. */
static const struct guard_field secret_spec[] = {
    {"Name", RULE, STORED, KNOB_NONE},
    {"Labels", ENTRIES, "label", KNOB_LABEL},
    {"Data", RULE, "\"(?:[A-Za-z0-9+=_-]|\\\\?/)*+\"", KNOB_NONE},
    {"Driver", OBJECT, "SecretDriver", KNOB_NONE},
    {"Templating", OBJECT, "Templating", KNOB_NONE},
    END,
};

static const struct guard_field secret_driver[] = {
    {"Name", RULE, NOTHING_OR(""), KNOB_PRIVILEGED},
    {"Options", RULE, EMPTY, KNOB_PRIVILEGED},
    END,
};

static const struct guard_field templating[] = {
    {"Name", RULE, NOTHING_OR("golang"), KNOB_PRIVILEGED},
    {"Options", RULE, EMPTY, KNOB_PRIVILEGED},
    END,
};

const struct guard_type guard_types[] = {
    {"ContainerCreate", container_create, "HostConfig"},
    {"HostConfig", host_config, NULL},
    {"Healthcheck", healthcheck, NULL},
    {"RestartPolicy", restart_policy, NULL},
    {"Ulimit", ulimit, NULL},
    {"Mount", mount, NULL},
    {"BindOptions", bind_options, NULL},
    {"VolumeOptions", volume_options, NULL},
    {"VolumeDriver", volume_driver, NULL},
    {"ImageOptions", image_options, NULL},
    {"TmpfsOptions", tmpfs_options, NULL},
    {"LogConfig", log_config, NULL},
    {"NetworkingConfig", networking_config, NULL},
    {"Endpoint", endpoint, NULL},
    {"EndpointAddresses", endpoint_addresses, NULL},
    {"ExecCreate", exec_create, NULL},
    {"CheckpointCreate", checkpoint_create, NULL},
    {"VolumeCreate", volume_create, NULL},
    {"VolumeUpdate", volume_update, NULL},
    {"NetworkCreate", network_create, NULL},
    {"ConfigFrom", config_from, NULL},
    {"IPAM", ipam, NULL},
    {"IPAMConfig", ipam_config, NULL},
    {"NetworkConnect", network_connect, NULL},
    {"NetworkDisconnect", network_disconnect, NULL},
    {"ServiceSpec", service_spec, NULL},
    {"EndpointSpec", endpoint_spec, NULL},
    {"PortConfig", port_config, NULL},
    {"TaskSpec", task_spec, NULL},
    {"Resources", resources, NULL},
    {"Reservations", reservations, NULL},
    {"ContainerSpec", container_spec, NULL},
    {"DNSConfig", dns_config, NULL},
    {"Privileges", privileges, NULL},
    {"CredentialSpec", credential_spec, NULL},
    {"SELinuxContext", selinux_context, NULL},
    {"Confinement", confinement, NULL},
    {"NetworkAttachment", network_attachment, NULL},
    {"LogDriver", log_driver, NULL},
    {"SecretSpec", secret_spec, NULL},
    {"SecretDriver", secret_driver, NULL},
    {"Templating", templating, NULL},
    {NULL, NULL, NULL},
};

/* ---- groups ---- */

#define IPV4 "[0-9]{1,3}+(?:\\.[0-9]{1,3}+){3}"
#define OCTET "(?:0|[1-9][0-9]{0,2}+)"
#define PRIVATE_IPV4 "(?:10\\.[0-9]{1,3}+|172\\.(?:1[6-9]|2[0-9]|3[01])|192\\.168)(?:\\.[0-9]{1,3}+){2}"
#define PRIVATE_IPV6 "[Ff][CcDd][0-9A-Fa-f]{2}:[0-9A-Fa-f:.]*+"
#define TMPFS_OPTION                                                                                                   \
    "(?:r[wo]|(?:no)?(?:exec|suid|dev|atime|diratime)|a?sync|dirsync|relatime|strictatime|defaults|z|Z|"               \
    "(?:size|nr_inodes|nr_blocks)=[0-9.]++[KMGTkmgt%]?[Bb]?|(?:mode|uid|gid)=[0-9]++|tmpcopyup|notmpcopyup|"           \
    "r?private|r?slave|r?shared)"
#define PORT "[0-9]{1,5}+(?:-[0-9]{1,5}+)?+(?:(?:\\\\)?/(?:tcp|udp|sctp))?+"
#define ANY_OF(names) "\"(?:" names ")\"" COLON

const struct guard_group guard_groups[] = {
    /* Any string, any member, any value. */
    {"s", "\"(?&rest)"},
    {"rest", "(?>[^\"\\\\\\x00-\\x1f]++|\\\\(?:[\"\\\\/bfnrt]|u[0-9A-Fa-f]{4}))*+\""},
    {"m", "(?>(?&s)" COLON "(?&v))"},
    {"v", "(?>(?&s)"
          "|\\{" W EACH("m") "\\}"
          "|\\[" W EACH("v") "\\]"
          "|(?&number)"
          "|true|false|null)"},
    {"number", "-?+(?>0|[1-9][0-9]*+)(?:\\.[0-9]++)?+(?:[eE][-+]?+[0-9]++)?+"},
    /* A name without escapes, which can be compared. */
    {"k", "\"" PLAIN "*+\""},
    /* A colon; what follows an item; what is empty; what a member that is not in the schema may hold. */
    {"c", W ":" W},
    {"n", W "(?>," W "(?![\\]}])|(?=[\\]}]))"},
    /* null passes in any member, see guard/grammar.c. */
    {"empty", "(?>null|\"\"|\\[" W "\\]|\\{" W "\\})"},
    {"e", "(?>false|0|(?&empty))"},

    /* The rest of a path of the host, from its slash on. */
    {"segments", "(?:" SLASH SEGMENT ")*+(?:" SLASH ")?+"},
    {"domain", "\"[A-Za-z0-9_.-]*+\""},
    /* The name of a driver's option, without what ends it for Podman, which joins it with its value. */
    {"option", "\"[A-Za-z0-9_.-]++\""},
    {"user", "\"[A-Za-z0-9_.:@+-]*+\""},
    {"address", "\"(?:" IPV4 "|[0-9A-Fa-f.]*+:[0-9A-Fa-f:.]*+)?+\""},
    /* Another machine's: neither loopback nor link-local. Some parsers read an octet with a leading zero as octal. */
    {"other_address", "(?:(?!127\\.|0\\.|169\\.254\\.)" OCTET "(?:\\." OCTET "){3}|\\[?(?!:|0|[Ff][Ee]8)[0-9A-Fa-f]++:[0-9A-Fa-f:]++\\]?)"},
    {"private_address", "\"(?:" PRIVATE_IPV4 "|" PRIVATE_IPV6 ")\""},
    {"subnet", "\"(?:10\\.[0-9]{1,3}+(?:\\.[0-9]{1,3}+){2}\\\\?/(?:[89]|[12][0-9]|3[0-2])"
               "|172\\.(?:1[6-9]|2[0-9]|3[01])(?:\\.[0-9]{1,3}+){2}\\\\?/(?:1[2-9]|2[0-9]|3[0-2])"
               "|192\\.168(?:\\.[0-9]{1,3}+){2}\\\\?/(?:1[6-9]|2[0-9]|3[0-2])"
               "|" PRIVATE_IPV6 "\\\\?/(?:[89]|[1-9][0-9]|1[01][0-9]|12[0-8]))\""},
    {"named_address", "\"[A-Za-z0-9_.-]*+\"" COLON "(?>null|(?&address))"},
    {"link_local", "\"(?:169\\.254\\.(?!169\\.254\")[0-9]{1,3}+\\.[0-9]{1,3}+|[Ff][Ee]80:[0-9A-Fa-f:]*+)\""},
    {"any_capability", "\"[A-Za-z_]*+\""},
    {"group", "\"(?!keep-groups\")(?:" IDENTIFIER ")\""},
    {"resolver_option", "\"[A-Za-z0-9_.:-]*+\""},
    {"extra_host", "\"[A-Za-z0-9_.-]++[:=](?:host-gateway|\\[?[0-9A-Fa-f.:]++\\]?+)\""},
    {"hosts_line", "\"[0-9A-Fa-f.:]++(?: [A-Za-z0-9_.-]++)++\""},
    /* Services accept templates: {{.Node.Hostname}} and the like. */
    {"task_name", "\"(?:[A-Za-z0-9_.-]|\\{\\{\\.[A-Za-z.]++\\}\\})*+\""},
    {"link", "\"(?:" SLASH ")?+[A-Za-z0-9_.-]++(?::[A-Za-z0-9_.-]++)?+\""},
    {"storage_option", "\"size\"" COLON "\"[0-9.]++[A-Za-z]*+\""},
    {"port_host", "\"(?:(?i:HostIp))\"" COLON "(?>null|(?&address))|\"(?i:HostPort)\"" COLON
                  "(?>null|\"(?:[0-9]{1,5}+(?:-[0-9]{1,5}+)?+)?+\")"},
    {"port_binding", "\"" PORT "\"" COLON "(?>null|\\[" W EACH("port_address") "\\])"},
    {"port_address", "\\{" W EACH("port_host") "\\}"},
    {"exposed_port", "\"" PORT "\"" COLON "(?>null|\\{" W "\\})"},
    /* A path in the container. */
    {"inner", SLASH "(?:[^\":,\\\\\\x00-\\x1f]|\\\\/)*+"},
    {"place", "\"(?&inner)\""},
    {"target", "\"(?:[A-Za-z]:)?+(?&inner)\""},
    /* A path below a volume or an image. */
    {"below", "\"(?!(?:[^\"]*?/)?\\.{1,2}(?:[\"\\\\/]))[^\":,=\\\\/\\x00-\\x1f][^\":,=\\\\\\x00-\\x1f]*+\""},

    {"network", "\"(?!(?i:host)\")[A-Za-z0-9_][ A-Za-z0-9_.-]*+\""},
    {"endpoint_option", "(?>" ANY_OF("com\\.docker\\.network\\.endpoint\\.ifname") "\"[A-Za-z][A-Za-z0-9_-]{0,14}+\"|(?&k)" COLON
                        "(?:null|\"\")|(?!\"com\\.docker\\.)\"[A-Za-z0-9_.-]++\"" COLON "\"(?:[^\"\\\\\\x00-\\x1f]|\\\\/)*+\")"},
    {"mount_flag", "\\[" W "\"(?:no)?exec\"" W "\\]"},
    {"anonymous_volume", "\"(?&inner)?+\"" COLON "(?>null|\\{" W "\\})"},
    {"tmpfs_option", TMPFS_OPTION},
    {"tmpfs", "(?&place)" COLON "(?>null|\"(?:(?&tmpfs_option)(?:,(?&tmpfs_option))*+)?+\")"},
    {"network_option",
     "(?>" ANY_OF("com\\.docker\\.network\\.(?:enable_ipv[46]|bridge\\.(?:enable_icc|enable_ip_masquerade|inhibit_ipv4))|dsr|encrypted") "\"[A-Za-z01]*+\""
     "|" ANY_OF("com\\.docker\\.network\\.(?:driver\\.mtu|advertise_addr_(?:nmsgs|ms))|mtu") "\"[0-9]*+\""
     "|" ANY_OF("com\\.docker\\.network\\.container_iface_prefix") "\"(?:[A-Za-z][A-Za-z0-9_-]{0,11}+)?+\""
     "|" ANY_OF("com\\.docker\\.network\\.bridge\\.host_binding_ipv[46]") "(?&address)"
     "|" ANY_OF("com\\.docker\\.network\\.bridge\\.gateway_mode_ipv[46]") "\"(?:nat|routed|isolated)?+\""
     "|" ANY_OF("(?:macvlan_mode|ipvlan_flag)") "\"(?:bridge|private|vepa)?+\"|" ANY_OF("ipvlan_mode") "\"(?:l2|l3s?)?+\""
     "|(?&k)" COLON "(?:null|\"\")|(?&parent))"},
    {NULL, NULL},
};

/* ---- operations ---- */

/* A name in a query: slashes and colons may be percent-encoded. */
#define REFERENCE "(?:[A-Za-z0-9_.@+-]|/|:|%2[Ff]|%3[Aa]|%40)*+"
#define TAG "(?:sha256(?::|%3[Aa])[0-9a-f]++|[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}+)?+"
/* A relative path without dot segments. */
#define RELATIVE "(?!/|%2[Ff]|(?:[^&]*?(?:/|%2[Ff]))?(?:\\.|%2[Ee]){1,2}(?:/|%2[Ff]|&|\\z))(?:[A-Za-z0-9_.+-]|/|%2[Ff]|%20)*+"

/* As clients write them: 1 (docker), True (docker-py), true (others). The Engine ignores a size that has a unit. */
#define QUERY_BOOLEAN "(?:(?i:true|false|yes|no|on|off|none)|[01])?+"
#define QUERY_NUMBER "-?+[0-9]*+(?i:[bkmgt]b?)?+"
#define QUERY_PROCESSORS "(?:[0-9,-]|%2[Cc])*+"

/* What the Engine's classic builder and BuildKit read from the query of /build. */
static const struct guard_parameter build_query[] = {
    /* Never open to any value: see the group. */
    {"networkmode", "(?&build_network)", KNOB_BUILD_NETWORK},
    {"securityopt", "", KNOB_SECURITY_OPT},
    {"cgroupparent", "", KNOB_CGROUP_PARENT},
    /* The Engine fetches it in the host's network. client-session is BuildKit's. */
    {"remote", "(?:(?&remote))?+", KNOB_REMOTE},
    /* A build may push its result, or write it to files of the Engine. */
    {"outputs", "", KNOB_PRIVILEGED},
    {"output", "", KNOB_PRIVILEGED},
    /* A file of the build context. Podman would open any file of the host. */
    {"dockerfile", RELATIVE, KNOB_PRIVILEGED},
    {"isolation", "(?:default|process|hyperv)?+", KNOB_PRIVILEGED},
    {"q", QUERY_BOOLEAN, KNOB_PRIVILEGED},
    {"nocache", QUERY_BOOLEAN, KNOB_PRIVILEGED},
    {"rm", QUERY_BOOLEAN, KNOB_PRIVILEGED},
    {"forcerm", QUERY_BOOLEAN, KNOB_PRIVILEGED},
    {"pull", QUERY_BOOLEAN, KNOB_PRIVILEGED},
    {"squash", QUERY_BOOLEAN, KNOB_PRIVILEGED},
    {"memory", QUERY_NUMBER, KNOB_PRIVILEGED},
    {"memswap", QUERY_NUMBER, KNOB_PRIVILEGED},
    {"cpushares", QUERY_NUMBER, KNOB_PRIVILEGED},
    {"cpuperiod", QUERY_NUMBER, KNOB_PRIVILEGED},
    {"cpuquota", QUERY_NUMBER, KNOB_PRIVILEGED},
    {"shmsize", QUERY_NUMBER, KNOB_PRIVILEGED},
    {"cpusetcpus", QUERY_PROCESSORS, KNOB_PRIVILEGED},
    {"cpusetmems", QUERY_PROCESSORS, KNOB_PRIVILEGED},
    {"version", "(?&builder)?+", KNOB_PRIVILEGED},
    {"labels", "(?:null|(?:\\{|%7[Bb])(?:(?!(?&own_label_query))[^&;#\\x00-\\x20\\x7f])*+)?+", KNOB_LABEL},
    {"t", NULL, KNOB_NONE},
    {"extrahosts", NULL, KNOB_NONE},
    {"cachefrom", NULL, KNOB_NONE},
    {"buildargs", NULL, KNOB_NONE},
    {"platform", NULL, KNOB_NONE},
    {"target", NULL, KNOB_NONE},
    {"ulimits", NULL, KNOB_NONE},
    {"session", NULL, KNOB_NONE},
    {"buildid", NULL, KNOB_NONE},
    {NULL, NULL, KNOB_NONE},
};

/* Under a name of ALLOW_HOST_NAMESPACES, any container would be one whose namespaces may be shared. */
static const struct guard_parameter rename_query[] = {
    {"name", "(?&new_name)", KNOB_RENAME},
    {NULL, NULL, KNOB_NONE},
};

static const struct guard_parameter checkpoint_query[] = {
    {"dir", "", KNOB_PRIVILEGED},
    {NULL, NULL, KNOB_NONE},
};

/* A checkpoint named ../../x would be in any directory of the host. */
static const struct guard_parameter start_query[] = {
    {"checkpoint-dir", "", KNOB_PRIVILEGED},
    {"checkpoint", "(?:" IDENTIFIER ")?+", KNOB_PRIVILEGED},
    {"detachKeys", NULL, KNOB_NONE},
    {NULL, NULL, KNOB_NONE},
};

/* guard/lists.c judges fromImage and tag with ALLOW_IMAGE_REFERENCES. Podman reads fromSrc as a file of the host, Docker as
 * an address that it fetches in the host's network; - is the body. */
static const struct guard_parameter pull_query[] = {
    {"fromSrc", "-?+", KNOB_PRIVILEGED},
    {"fromImage", "(?![^A-Za-z0-9&]|(?:dir|docker-archive|docker-daemon|oci|oci-archive|containers-storage|sif|ostree|tarball|atomic|https?)(?::|%3[Aa])|[^&]*?(?:/|%2[Ff]){2})" REFERENCE,
     KNOB_IMAGE_REFERENCES},
    {"tag", TAG, KNOB_IMAGE_REFERENCES},
    {"platform", NULL, KNOB_NONE},
    {"repo", NULL, KNOB_NONE},
    {"message", NULL, KNOB_NONE},
    {"changes", NULL, KNOB_NONE},
    {NULL, NULL, KNOB_NONE},
};

/* Podman pushes to any destination, which may be a file of the host. */
static const struct guard_parameter push_query[] = {
    {"destination", "", KNOB_PRIVILEGED},
    {"tag", NULL, KNOB_NONE},
    {"platform", NULL, KNOB_NONE},
    {NULL, NULL, KNOB_NONE},
};

#define PLUGINS "a plugin may hold any right over the host"
#define SWARMS "a manager of the swarm controls this host"
#define LIBPOD "libpod's bodies are not judged"

const struct guard_operation guard_operations[] = {
    {"ContainerCreate", "creating this container", BODY_OBJECT, "ContainerCreate", KNOB_NONE, NULL, NULL, "Labels"},
    {"ContainerUpdate", "updating this container", BODY_OBJECT, "HostConfig", KNOB_NONE, NULL, NULL, NULL},
    {"ContainerRename", "renaming this container", BODY_IGNORED, NULL, KNOB_NONE, NULL, rename_query, NULL},
    {"ContainerExec", "running this command", BODY_OBJECT, "ExecCreate", KNOB_NONE, NULL, NULL, NULL},
    {"ContainerStart", "starting this container", BODY_EMPTY, NULL, KNOB_NONE, NULL, start_query, NULL},
    {"CheckpointCreate", "creating this checkpoint", BODY_OBJECT, "CheckpointCreate", KNOB_NONE, NULL, NULL, NULL},
    {"CheckpointList", "listing these checkpoints", BODY_IGNORED, NULL, KNOB_NONE, NULL, checkpoint_query, NULL},
    {"CheckpointDelete", "deleting this checkpoint", BODY_IGNORED, NULL, KNOB_NONE, NULL, checkpoint_query, NULL},
    {"VolumeCreate", "creating this volume", BODY_OBJECT, "VolumeCreate", KNOB_NONE, NULL, NULL, NULL},
    {"VolumeUpdate", "updating this volume", BODY_OBJECT, "VolumeUpdate", KNOB_NONE, NULL, NULL, NULL},
    {"NetworkCreate", "creating this network", BODY_OBJECT, "NetworkCreate", KNOB_NONE, NULL, NULL, NULL},
    {"NetworkConnect", "connecting this container", BODY_OBJECT, "NetworkConnect", KNOB_NONE, NULL, NULL, NULL},
    {"NetworkDisconnect", "disconnecting this container", BODY_OBJECT, "NetworkDisconnect", KNOB_NONE, NULL, NULL, NULL},
    {"ServiceCreate", "creating this service", BODY_OBJECT, "ServiceSpec", KNOB_NONE, NULL, NULL,
     "TaskTemplate.ContainerSpec.Labels"},
    {"ServiceUpdate", "updating this service", BODY_OBJECT, "ServiceSpec", KNOB_NONE, NULL, NULL,
     "TaskTemplate.ContainerSpec.Labels"},
    {"SecretCreate", "creating this secret", BODY_OBJECT, "SecretSpec", KNOB_NONE, NULL, NULL, NULL},
    {"SecretUpdate", "updating this secret", BODY_OBJECT, "SecretSpec", KNOB_NONE, NULL, NULL, NULL},
    {"ConfigCreate", "creating this config", BODY_OBJECT, "SecretSpec", KNOB_NONE, NULL, NULL, NULL},
    {"ConfigUpdate", "updating this config", BODY_OBJECT, "SecretSpec", KNOB_NONE, NULL, NULL, NULL},
    {"ImageBuild", "this build", BODY_IGNORED, NULL, KNOB_NONE, NULL, build_query, NULL},
    {"ImageCreate", "pulling this image", BODY_IGNORED, NULL, KNOB_NONE, NULL, pull_query, NULL},
    {"ImagePush", "pushing this image", BODY_IGNORED, NULL, KNOB_NONE, NULL, push_query, NULL},
    {"PluginPull", "installing this plugin", BODY_REFUSED, NULL, KNOB_PRIVILEGED, PLUGINS, NULL, NULL},
    {"PluginUpgrade", "upgrading this plugin", BODY_REFUSED, NULL, KNOB_PRIVILEGED, PLUGINS, NULL, NULL},
    {"PluginCreate", "creating this plugin", BODY_REFUSED, NULL, KNOB_PRIVILEGED, PLUGINS, NULL, NULL},
    {"PluginSet", "configuring this plugin", BODY_REFUSED, NULL, KNOB_PRIVILEGED, PLUGINS, NULL, NULL},
    {"SwarmInit", "starting a swarm", BODY_REFUSED, NULL, KNOB_PRIVILEGED, SWARMS, NULL, NULL},
    {"SwarmJoin", "joining a swarm", BODY_REFUSED, NULL, KNOB_PRIVILEGED, SWARMS, NULL, NULL},
    {"SwarmUpdate", "updating the swarm", BODY_REFUSED, NULL, KNOB_PRIVILEGED, SWARMS, NULL, NULL},
    /* BuildKit's own protocol: builds may ask for the host's network in it. */
    {"Grpc", "this connection", BODY_REFUSED, NULL, KNOB_HOST_NAMESPACES, "BuildKit's protocol cannot be judged", NULL,
     NULL},
    {"ContainerCreateLibpod", "creating this container", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
    {"ContainerUpdateLibpod", "updating this container", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
    {"ContainerRenameLibpod", "renaming this container", BODY_IGNORED, NULL, KNOB_NONE, NULL, rename_query, NULL},
    /* Podman serves both with one function. */
    {"ContainerExecLibpod", "running this command", BODY_OBJECT, "ExecCreate", KNOB_NONE, NULL, NULL, NULL},
    {"ContainerRestoreLibpod", "restoring this container", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
    {"ContainerCheckpointLibpod", "this checkpoint", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
    {"ContainerMountLibpod", "mounting this container", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
    {"PodCreateLibpod", "creating this pod", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
    {"PlayKubeLibpod", "creating these pods", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
    {"KubeApplyLibpod", "applying this to a cluster", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
    {"QuadletInstallLibpod", "installing these units", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
    {"VolumeCreateLibpod", "creating this volume", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
    {"NetworkCreateLibpod", "creating this network", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
    {"ImageBuildLibpod", "this build", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
    {"LocalBuildLibpod", "this build", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
    {"LocalImagesLibpod", "reading this file of the host", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
    {"ArtifactLocalLibpod", "reading this file of the host", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
    {"ImageScpLibpod", "copying this image", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
    {NULL, NULL, BODY_IGNORED, NULL, KNOB_NONE, NULL, NULL, NULL},
};

/* clang-format on */

const struct guard_type *guard_type_find(const char *name)
{
    for (const struct guard_type *type = guard_types; type->name != NULL; type++)
        if (strcmp(type->name, name) == 0)
            return type;
    return NULL;
}

const struct guard_operation *guard_operation_find(const char *id)
{
    for (const struct guard_operation *operation = guard_operations; operation->id != NULL; operation++)
        if (strcmp(operation->id, id) == 0)
            return operation;
    return NULL;
}

bool guard_refuses_every_body(const char *id)
{
    const struct guard_operation *operation = guard_operation_find(id);

    return operation != NULL && operation->body == BODY_REFUSED;
}
