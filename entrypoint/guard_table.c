#include "guard_table.h"

#include "guard_json.h"

#include <string.h>

const struct guard_knob_info guard_knobs[KNOB_COUNT] = {
    [KNOB_PRIVILEGED] = {"ALLOW_PRIVILEGED", KNOB_BOOLEAN, "ALLOW_PRIVILEGED=true would allow it"},
    [KNOB_HOST_NAMESPACES] = {"ALLOW_HOST_NAMESPACES", KNOB_BOOLEAN, "ALLOW_HOST_NAMESPACES=true would allow it"},
    [KNOB_CAP_ADD] = {"ALLOW_CAP_ADD", KNOB_LIST_OR_TRUE, "ALLOW_CAP_ADD with that capability would allow it"},
    [KNOB_DEVICES] = {"ALLOW_DEVICES", KNOB_BOOLEAN, "ALLOW_DEVICES=true would allow it"},
    [KNOB_BIND_MOUNTS] = {"ALLOW_BIND_MOUNTS", KNOB_LIST_OR_TRUE, "ALLOW_BIND_MOUNTS with that path would allow it"},
    [KNOB_SECURITY_OPT] = {"ALLOW_SECURITY_OPT", KNOB_LIST_OR_TRUE, "ALLOW_SECURITY_OPT with that option would allow it"},
    [KNOB_VOLUMES_FROM] = {"ALLOW_VOLUMES_FROM", KNOB_BOOLEAN, "ALLOW_VOLUMES_FROM=true would allow it"},
    [KNOB_SYSCTLS] = {"ALLOW_SYSCTLS", KNOB_BOOLEAN, "ALLOW_SYSCTLS=true would allow it"},
    [KNOB_RUNTIME] = {"ALLOW_RUNTIME", KNOB_LIST, "ALLOW_RUNTIME with that name would allow it"},
    [KNOB_CGROUP_PARENT] = {"ALLOW_CGROUP_PARENT", KNOB_BOOLEAN, "ALLOW_CGROUP_PARENT=true would allow it"},
    [KNOB_IMAGE_REFERENCES] = {"ALLOW_IMAGE_REFERENCES", KNOB_LIST, "ALLOW_IMAGE_REFERENCES does not list it"},
};

#define EMPTY "null|\"\"|\\[" W "\\]|\\{" W "\\}"
#define NOTHING_OR(words) "null|\"(?:" words ")?+\""
#define ABSENT "null|false|\"\"|0|\\[" W "\\]|\\{" W "\\}"

/* An array of strings that holds at least these. */
#define AMONG(string) "(?=\\[[^\\]]*+\\])(?=[^\\]]*?\"" string "\")"
#define PATHS "\\[" W "(?:\"" PLAIN "*+\"" W "(?:," W "\"" PLAIN "*+\"" W ")*+)?+\\]"
#define SL SLASH

/* The lists of the oldest Engine that is still around (20.10); newer ones have more. */
#define MASKED                                                                                                        \
    "null|"                                                                                                           \
    AMONG(SL "proc" SL "acpi") AMONG(SL "proc" SL "kcore") AMONG(SL "proc" SL "keys") AMONG(SL "proc" SL "latency_stats") \
    AMONG(SL "proc" SL "timer_list") AMONG(SL "proc" SL "sched_debug") AMONG(SL "proc" SL "scsi")                     \
    AMONG(SL "sys" SL "firmware") PATHS
#define READONLY                                                                                                      \
    "null|"                                                                                                           \
    AMONG(SL "proc" SL "bus") AMONG(SL "proc" SL "fs") AMONG(SL "proc" SL "irq") AMONG(SL "proc" SL "sys")            \
    AMONG(SL "proc" SL "sysrq-trigger") PATHS

/* -- Containers ------------------------------------------------------------------------------------------------------ */

static const struct guard_field host_config[] = {
    {"Privileged", RULE, "null|false", KNOB_PRIVILEGED},
    {"Binds", ITEMS, "bind", KNOB_BIND_MOUNTS},
    {"Mounts", OBJECTS, "Mount", KNOB_NONE},
    {"VolumesFrom", RULE, EMPTY, KNOB_VOLUMES_FROM},
    {"Devices", RULE, EMPTY, KNOB_DEVICES},
    {"DeviceRequests", RULE, EMPTY, KNOB_DEVICES},
    {"DeviceCgroupRules", RULE, EMPTY, KNOB_DEVICES},
    {"CapAdd", ITEMS, "capability", KNOB_CAP_ADD},
    {"SecurityOpt", ITEMS, "security_opt", KNOB_SECURITY_OPT},
    {"NetworkMode", RULE, "null|\"\"|(?&network)", KNOB_HOST_NAMESPACES},
    {"PidMode", RULE, NOTHING_OR("private"), KNOB_HOST_NAMESPACES},
    {"IpcMode", RULE, NOTHING_OR("private|shareable|none"), KNOB_HOST_NAMESPACES},
    {"UTSMode", RULE, NOTHING_OR("private"), KNOB_HOST_NAMESPACES},
    {"UsernsMode", RULE, NOTHING_OR("private"), KNOB_HOST_NAMESPACES},
    {"CgroupnsMode", RULE, NOTHING_OR("private"), KNOB_HOST_NAMESPACES},
    {"Sysctls", RULE, EMPTY, KNOB_SYSCTLS},
    {"Runtime", RULE, "null|(?&runtime)", KNOB_RUNTIME},
    {"CgroupParent", RULE, NOTHING_OR(""), KNOB_CGROUP_PARENT},
    {"Cgroup", RULE, NOTHING_OR(""), KNOB_CGROUP_PARENT},
    {"MaskedPaths", RULE, MASKED, KNOB_PRIVILEGED},
    {"ReadonlyPaths", RULE, READONLY, KNOB_PRIVILEGED},
    {"LogConfig", OBJECT, "LogConfig", KNOB_NONE},
    /* Its options are mount options: bind would make something else of it. */
    {"Tmpfs", ENTRIES, "tmpfs", KNOB_BIND_MOUNTS},
    /* Handed to the runtime, where some are commands (org.systemd.property.*, run.oci.*, io.katacontainers.*). */
    {"Annotations", RULE, EMPTY, KNOB_PRIVILEGED},
    {"ContainerIDFile|PortBindings|RestartPolicy|AutoRemove|VolumeDriver|ConsoleSize|CapDrop|Dns|DnsOptions|DnsSearch|"
     "ExtraHosts|GroupAdd|Links|OomScoreAdj|PublishAllPorts|ReadonlyRootfs|StorageOpt|ShmSize|Umask|Isolation|Init|"
     "CpuShares|Memory|NanoCpus|BlkioWeight|BlkioWeightDevice|BlkioDeviceReadBps|BlkioDeviceWriteBps|"
     "BlkioDeviceReadIOps|BlkioDeviceWriteIOps|CpuPeriod|CpuQuota|CpuRealtimePeriod|CpuRealtimeRuntime|CpusetCpus|"
     "CpusetMems|MemoryReservation|MemorySwap|MemorySwappiness|OomKillDisable|PidsLimit|Ulimits|CpuCount|CpuPercent|"
     "IOMaximumIOps|IOMaximumBandwidth|KernelMemory|KernelMemoryTCP|DiskQuota",
     FREE, NULL, KNOB_NONE},
    {NULL, FREE, NULL, KNOB_NONE},
};

/* The whole body. Engines to 23.0 also read the members of HostConfig at the top level when there is no HostConfig.
 * name, platform and the like are no fields of the Engine; clients put them there. */
static const struct guard_field container_create[] = {
    {"Image", RULE, "null|\"\"|(?&image)", KNOB_IMAGE_REFERENCES},
    {"HostConfig", OBJECT, "HostConfig", KNOB_NONE},
    {"NetworkingConfig", OBJECT, "NetworkingConfig", KNOB_NONE},
    /* A container path each; what has a colon would be a bind specification. */
    {"Volumes", ENTRIES, "anonymous_volume", KNOB_BIND_MOUNTS},
    {"Hostname|Domainname|User|AttachStdin|AttachStdout|AttachStderr|ExposedPorts|Tty|OpenStdin|StdinOnce|Env|Cmd|"
     "Healthcheck|ArgsEscaped|WorkingDir|Entrypoint|NetworkDisabled|MacAddress|OnBuild|Labels|StopSignal|StopTimeout|"
     "Shell|PortSpecs|Cpuset|PublishService|name|platform",
     FREE, NULL, KNOB_NONE},
    {NULL, FREE, NULL, KNOB_NONE},
};

static const struct guard_field mount[] = {
    {"Type", RULE, "null|(?&mount_type)", KNOB_BIND_MOUNTS},
    {"Source", RULE, "null|(?&mount_source)", KNOB_BIND_MOUNTS},
    {"VolumeOptions", OBJECT, "VolumeOptions", KNOB_NONE},
    {"Target|ReadOnly|Consistency|BindOptions|ImageOptions|TmpfsOptions|ClusterOptions", FREE, NULL, KNOB_NONE},
    {NULL, FREE, NULL, KNOB_NONE},
};

static const struct guard_field volume_options[] = {
    {"DriverConfig", OBJECT, "VolumeDriver", KNOB_NONE},
    {"NoCopy|Labels|Subpath", FREE, NULL, KNOB_NONE},
    {NULL, FREE, NULL, KNOB_NONE},
};

static const struct guard_field volume_driver[] = {
    {"Options", ENTRIES, "volume_option", KNOB_BIND_MOUNTS},
    {"Name", FREE, NULL, KNOB_NONE},
    {NULL, FREE, NULL, KNOB_NONE},
};

static const struct guard_field log_config[] = {
    {"Type", FREE, NULL, KNOB_NONE},
    {"Config", ENTRIES, "log_option", KNOB_PRIVILEGED},
    {NULL, FREE, NULL, KNOB_NONE},
};

static const struct guard_field networking_config[] = {
    {"EndpointsConfig", NETWORKS, "Endpoint", KNOB_HOST_NAMESPACES},
    {NULL, FREE, NULL, KNOB_NONE},
};

/* One network of a container. NetworkID may name any network: the Engine itself keeps a container that is not in the host
 * network out of it. */
static const struct guard_field endpoint[] = {
    {"DriverOpts", ENTRIES, "endpoint_option", KNOB_SYSCTLS},
    {"IPAMConfig|Links|Aliases|GwPriority|NetworkID|EndpointID|Gateway|IPAddress|MacAddress|IPPrefixLen|IPv6Gateway|"
     "GlobalIPv6Address|GlobalIPv6PrefixLen|DNSNames",
     FREE, NULL, KNOB_NONE},
    {NULL, FREE, NULL, KNOB_NONE},
};

static const struct guard_field exec_create[] = {
    {"Privileged", RULE, "null|false", KNOB_PRIVILEGED},
    {"User|Tty|ConsoleSize|AttachStdin|AttachStdout|AttachStderr|Detach|DetachKeys|Env|WorkingDir|Cmd|Container|id", FREE,
     NULL, KNOB_NONE},
    {NULL, FREE, NULL, KNOB_NONE},
};

static const struct guard_field checkpoint_create[] = {
    /* A directory of the host that the Engine writes to as root. */
    {"CheckpointDir", RULE, NOTHING_OR(""), KNOB_PRIVILEGED},
    {"CheckpointID|Exit", FREE, NULL, KNOB_NONE},
    {NULL, FREE, NULL, KNOB_NONE},
};

/* -- Volumes and networks -------------------------------------------------------------------------------------------- */

static const struct guard_field volume_create[] = {
    {"DriverOpts", ENTRIES, "volume_option", KNOB_BIND_MOUNTS},
    {"ClusterVolumeSpec", RULE, EMPTY, KNOB_BIND_MOUNTS},
    {"Name|Driver|Labels", FREE, NULL, KNOB_NONE},
    {NULL, FREE, NULL, KNOB_NONE},
};

static const struct guard_field network_create[] = {
    {"Driver", RULE, "null|\"\"|(?&network)", KNOB_HOST_NAMESPACES},
    {"Options", ENTRIES, "network_option", KNOB_HOST_NAMESPACES},
    {"Name|CheckDuplicate|Scope|EnableIPv4|EnableIPv6|IPAM|Internal|Attachable|Ingress|ConfigOnly|ConfigFrom|Labels", FREE,
     NULL, KNOB_NONE},
    {NULL, FREE, NULL, KNOB_NONE},
};

static const struct guard_field network_connect[] = {
    {"EndpointConfig", OBJECT, "Endpoint", KNOB_NONE},
    {"Container", FREE, NULL, KNOB_NONE},
    {NULL, FREE, NULL, KNOB_NONE},
};

/* -- Swarm services -------------------------------------------------------------------------------------------------- */

static const struct guard_field service_spec[] = {
    {"TaskTemplate", OBJECT, "TaskSpec", KNOB_NONE},
    {"Networks", OBJECTS, "NetworkAttachment", KNOB_NONE},
    {"Name|Labels|Mode|UpdateConfig|RollbackConfig|EndpointSpec", FREE, NULL, KNOB_NONE},
    {NULL, FREE, NULL, KNOB_NONE},
};

static const struct guard_field task_spec[] = {
    {"ContainerSpec", OBJECT, "ContainerSpec", KNOB_NONE},
    {"PluginSpec", RULE, EMPTY, KNOB_PRIVILEGED},
    {"Runtime", RULE, NOTHING_OR("container|attachment"), KNOB_PRIVILEGED},
    {"LogDriver", OBJECT, "LogDriver", KNOB_NONE},
    {"Networks", OBJECTS, "NetworkAttachment", KNOB_NONE},
    {"NetworkAttachmentSpec|Resources|RestartPolicy|Placement|ForceUpdate", FREE, NULL, KNOB_NONE},
    {NULL, FREE, NULL, KNOB_NONE},
};

static const struct guard_field container_spec[] = {
    {"Image", RULE, "null|\"\"|(?&image)", KNOB_IMAGE_REFERENCES},
    {"Mounts", OBJECTS, "Mount", KNOB_NONE},
    {"CapabilityAdd", ITEMS, "capability", KNOB_CAP_ADD},
    {"Privileges", OBJECT, "Privileges", KNOB_NONE},
    {"Sysctls", RULE, EMPTY, KNOB_SYSCTLS},
    {"Labels|Command|Args|Hostname|Env|Dir|User|Groups|Init|StopSignal|TTY|OpenStdin|ReadOnly|StopGracePeriod|"
     "Healthcheck|Hosts|DNSConfig|Secrets|Configs|Isolation|CapabilityDrop|Ulimits|OomScoreAdj|PidsLimit",
     FREE, NULL, KNOB_NONE},
    {NULL, FREE, NULL, KNOB_NONE},
};

static const struct guard_field privileges[] = {
    {"CredentialSpec", OBJECT, "CredentialSpec", KNOB_SECURITY_OPT},
    {"SELinuxContext", OBJECT, "SELinuxContext", KNOB_SECURITY_OPT},
    {"Seccomp", OBJECT, "Confinement", KNOB_SECURITY_OPT},
    {"AppArmor", OBJECT, "Confinement", KNOB_SECURITY_OPT},
    {"NoNewPrivileges", FREE, NULL, KNOB_NONE},
    {NULL, FREE, NULL, KNOB_NONE},
};

static const struct guard_field credential_spec[] = {
    {"Config", RULE, NOTHING_OR(""), KNOB_SECURITY_OPT},
    {"File", RULE, NOTHING_OR(""), KNOB_SECURITY_OPT},
    {"Registry", RULE, NOTHING_OR(""), KNOB_SECURITY_OPT},
    {NULL, FREE, NULL, KNOB_NONE},
};

static const struct guard_field selinux_context[] = {
    {"Disable", RULE, "null|false", KNOB_SECURITY_OPT},
    {"User", RULE, NOTHING_OR(""), KNOB_SECURITY_OPT},
    {"Role", RULE, NOTHING_OR(""), KNOB_SECURITY_OPT},
    {"Type", RULE, NOTHING_OR(""), KNOB_SECURITY_OPT},
    {"Level", RULE, NOTHING_OR(""), KNOB_SECURITY_OPT},
    {NULL, FREE, NULL, KNOB_NONE},
};

static const struct guard_field confinement[] = {
    {"Mode", RULE, NOTHING_OR("default"), KNOB_SECURITY_OPT},
    {"Profile", RULE, EMPTY, KNOB_SECURITY_OPT},
    {NULL, FREE, NULL, KNOB_NONE},
};

/* A target is given by name or by id, and a prefix of an id does. Ids of networks on one host are hexadecimal, and one of
 * them is the host network; those of the swarm have letters above f. */
static const struct guard_field network_attachment[] = {
    {"Target", RULE, "null|\"\"|(?=\"[^\"]*?[^0-9a-f\"])(?&network)", KNOB_HOST_NAMESPACES},
    {"DriverOpts", ENTRIES, "endpoint_option", KNOB_SYSCTLS},
    {"Aliases", FREE, NULL, KNOB_NONE},
    {NULL, FREE, NULL, KNOB_NONE},
};

static const struct guard_field log_driver[] = {
    {"Name", FREE, NULL, KNOB_NONE},
    {"Options", ENTRIES, "log_option", KNOB_PRIVILEGED},
    {NULL, FREE, NULL, KNOB_NONE},
};

const struct guard_type guard_types[] = {
    {"ContainerCreate", container_create, "HostConfig", "HostConfig"},
    {"HostConfig", host_config, NULL, NULL},
    {"Mount", mount, NULL, NULL},
    {"VolumeOptions", volume_options, NULL, NULL},
    {"VolumeDriver", volume_driver, NULL, NULL},
    {"LogConfig", log_config, NULL, NULL},
    {"NetworkingConfig", networking_config, NULL, NULL},
    {"Endpoint", endpoint, NULL, NULL},
    {"ExecCreate", exec_create, NULL, NULL},
    {"CheckpointCreate", checkpoint_create, NULL, NULL},
    {"VolumeCreate", volume_create, NULL, NULL},
    {"NetworkCreate", network_create, NULL, NULL},
    {"NetworkConnect", network_connect, NULL, NULL},
    {"ServiceSpec", service_spec, NULL, NULL},
    {"TaskSpec", task_spec, NULL, NULL},
    {"ContainerSpec", container_spec, NULL, NULL},
    {"Privileges", privileges, NULL, NULL},
    {"CredentialSpec", credential_spec, NULL, NULL},
    {"SELinuxContext", selinux_context, NULL, NULL},
    {"Confinement", confinement, NULL, NULL},
    {"NetworkAttachment", network_attachment, NULL, NULL},
    {"LogDriver", log_driver, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

/* -- Groups ---------------------------------------------------------------------------------------------------------- */

const struct guard_group guard_groups[] = {
    /* Any string, any member, any value. */
    {"s", "\"(?>[^\"\\\\\\x00-\\x1f]++|\\\\(?:[\"\\\\/bfnrt]|u[0-9A-Fa-f]{4}))*+\""},
    {"m", "(?>(?&s)" W ":" W "(?&v))"},
    {"v", "(?>(?&s)"
          "|\\{" W "(?:(?&m)" W "(?:," W "(?&m)" W ")*+)?+\\}"
          "|\\[" W "(?:(?&v)" W "(?:," W "(?&v)" W ")*+)?+\\]"
          "|-?+(?>0|[1-9][0-9]*+)(?:\\.[0-9]++)?+(?:[eE][-+]?+[0-9]++)?+"
          "|true|false|null)"},
    /* A name that can be compared. */
    {"k", "\"" PLAIN "*+\""},
    /* What a member that we do not know may hold. */
    {"e", "(?>" ABSENT ")"},

    {"network", "\"(?!(?i:host)\")[A-Za-z0-9_][ A-Za-z0-9_.-]*+\""},
    {"endpoint_option", "(?!\"com\\.docker\\.network\\.endpoint\\.sysctls\")(?&k)" W ":" W "(?&v)"},
    {"anonymous_volume", "\"(?:" SLASH "(?:[^\":\\\\\\x00-\\x1f]|\\\\/)*+)?+\"" W ":" W "(?&v)"},
    {"tmpfs", "(?&s)" W ":" W "(?>null|\"(?!(?:[^\",]*+,)*?(?:r?bind|r?unbindable|remount|move)[,\"])[A-Za-z0-9=,.%:_-]*+\")"},
    /* Log drivers that write to a socket of the host, or read a file of it. */
    {"log_option", "(?&k)" W ":" W "(?>null|\"\"|(?!\"(?:\\\\(?!u003[ce]|u0026|[\"nt])|/|[A-Za-z]{1,4}\\\\|"
                   "(?i:unix|file|npipe)))(?&s))"},
    {"network_option",
     "(?>\"(?:com\\.docker\\.network\\.(?:driver\\.mtu|enable_ipv[46]|container_iface_prefix|bridge\\.(?:enable_icc|"
     "enable_ip_masquerade|host_binding_ipv[46]|gateway_mode_ipv[46]))|encrypted|macvlan_mode|ipvlan_mode|ipvlan_flag)\"" W
     ":" W "(?&s)|(?&k)" W ":" W "(?:null|\"\"))"},

    {"network_name", NULL},
    {"bind", NULL},
    {"mount_type", NULL},
    {"mount_source", NULL},
    {"volume_option", NULL},
    {"capability", NULL},
    {"security_opt", NULL},
    {"runtime", NULL},
    {"image", NULL},
    {NULL, NULL},
};

/* -- Operations ------------------------------------------------------------------------------------------------------ */

/* What the Engine's classic builder and BuildKit read from the query of /build. */
static const struct guard_parameter build_query[] = {
    {"networkmode", "(?!(?i:host)(?:&|\\z))[A-Za-z0-9_.-]*+", KNOB_HOST_NAMESPACES},
    {"securityopt", "", KNOB_SECURITY_OPT},
    {"cgroupparent", "", KNOB_CGROUP_PARENT},
    {"dockerfile|t|extrahosts|remote|q|nocache|cachefrom|pull|rm|forcerm|memory|memswap|cpushares|cpusetcpus|cpusetmems|"
     "cpuperiod|cpuquota|buildargs|shmsize|squash|labels|platform|target|outputs|version|isolation|ulimits|session|"
     "buildid",
     NULL, KNOB_NONE},
    {NULL, NULL, KNOB_NONE},
};

static const struct guard_parameter checkpoint_query[] = {
    {"dir", "", KNOB_PRIVILEGED},
    {NULL, NULL, KNOB_NONE},
};

static const struct guard_parameter start_query[] = {
    {"checkpoint-dir", "", KNOB_PRIVILEGED},
    {"checkpoint|detachKeys", NULL, KNOB_NONE},
    {NULL, NULL, KNOB_NONE},
};

/* See guard_values.c for what ALLOW_IMAGE_REFERENCES makes of fromImage and tag. */
static const struct guard_parameter pull_query[] = {
    {"fromSrc", "", KNOB_IMAGE_REFERENCES},
    {"fromImage|tag|platform|repo|message|changes", NULL, KNOB_NONE},
    {NULL, NULL, KNOB_NONE},
};

#define PLUGINS "a plugin may hold any right over the host"
#define SWARMS "whoever manages the swarm rules this host"
#define LIBPOD "libpod's bodies are not judged"

const struct guard_operation guard_operations[] = {
    {"ContainerCreate", "creating this container", BODY_OBJECT, "ContainerCreate", KNOB_NONE, NULL, NULL, "Labels"},
    {"ContainerUpdate", "updating this container", BODY_OBJECT, "HostConfig", KNOB_NONE, NULL, NULL, NULL},
    {"ContainerExec", "running this command", BODY_OBJECT, "ExecCreate", KNOB_NONE, NULL, NULL, NULL},
    {"ContainerStart", "starting this container", BODY_EMPTY, NULL, KNOB_NONE, NULL, start_query, NULL},
    {"CheckpointCreate", "creating this checkpoint", BODY_OBJECT, "CheckpointCreate", KNOB_NONE, NULL, NULL, NULL},
    {"CheckpointList", "listing these checkpoints", BODY_IGNORED, NULL, KNOB_NONE, NULL, checkpoint_query, NULL},
    {"CheckpointDelete", "deleting this checkpoint", BODY_IGNORED, NULL, KNOB_NONE, NULL, checkpoint_query, NULL},
    {"VolumeCreate", "creating this volume", BODY_OBJECT, "VolumeCreate", KNOB_NONE, NULL, NULL, NULL},
    {"NetworkCreate", "creating this network", BODY_OBJECT, "NetworkCreate", KNOB_NONE, NULL, NULL, NULL},
    {"NetworkConnect", "connecting this container", BODY_OBJECT, "NetworkConnect", KNOB_NONE, NULL, NULL, NULL},
    {"ServiceCreate", "creating this service", BODY_OBJECT, "ServiceSpec", KNOB_NONE, NULL, NULL,
     "TaskTemplate.ContainerSpec.Labels"},
    {"ServiceUpdate", "updating this service", BODY_OBJECT, "ServiceSpec", KNOB_NONE, NULL, NULL,
     "TaskTemplate.ContainerSpec.Labels"},
    {"ImageBuild", "this build", BODY_IGNORED, NULL, KNOB_NONE, NULL, build_query, NULL},
    {"ImageCreate", "pulling this image", BODY_IGNORED, NULL, KNOB_NONE, NULL, pull_query, NULL},
    {"PluginPull", "installing this plugin", BODY_REFUSED, NULL, KNOB_PRIVILEGED, PLUGINS, NULL, NULL},
    {"PluginUpgrade", "upgrading this plugin", BODY_REFUSED, NULL, KNOB_PRIVILEGED, PLUGINS, NULL, NULL},
    {"PluginCreate", "creating this plugin", BODY_REFUSED, NULL, KNOB_PRIVILEGED, PLUGINS, NULL, NULL},
    {"PluginSet", "configuring this plugin", BODY_REFUSED, NULL, KNOB_PRIVILEGED, PLUGINS, NULL, NULL},
    {"SwarmInit", "starting a swarm", BODY_REFUSED, NULL, KNOB_PRIVILEGED, SWARMS, NULL, NULL},
    {"SwarmJoin", "joining a swarm", BODY_REFUSED, NULL, KNOB_PRIVILEGED, SWARMS, NULL, NULL},
    {"SwarmUpdate", "updating the swarm", BODY_REFUSED, NULL, KNOB_PRIVILEGED, SWARMS, NULL, NULL},
    /* BuildKit's own protocol: builds may ask for the host's network in it. */
    {"Grpc", "this connection", BODY_REFUSED, NULL, KNOB_HOST_NAMESPACES, "what BuildKit is told there cannot be judged", NULL,
     NULL},
    {"ContainerCreateLibpod", "creating this container", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
    {"ContainerUpdateLibpod", "updating this container", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
    {"ContainerExecLibpod", "running this command", BODY_REFUSED, NULL, KNOB_PRIVILEGED, LIBPOD, NULL, NULL},
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
