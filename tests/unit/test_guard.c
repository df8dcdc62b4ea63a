/* The create guard: what its variables mean, and which bodies and queries pass. */
#include "base/text.h"
#include "config/parts.h"
#include "config/template.h"
#include "guard/internal.h"
#include "suite.h"

#include <stdlib.h>
#include <string.h>

/* ---- a guard from "NAME=value;NAME=value" ---- */

static char *problems_text;
static const struct guard_facts docker = {.docker = true};

/* The last line of what was told is kept. */
static struct guard *guard_of(const char *text, bool on)
{
    static char copy[1024];
    static char *environment[32];
    size_t count = 0;
    size_t length;
    struct problems problems = {.to = NULL};

    free(problems_text);
    problems.to = open_memstream(&problems_text, &length);
    snprintf(copy, sizeof copy, "%s", text);
    for (char *item = strtok(copy, ";"); item != NULL; item = strtok(NULL, ";"))
        environment[count++] = item;
    environment[count] = NULL;
    const struct variables variables = {.environment = environment, .prefix = ""};
    const struct guard_permissions none = {false, false, false};
    struct guard *guard = guard_new(on, "/run/engine/docker.sock", &none, &variables, &problems);
    fclose(problems.to);
    return guard;
}

/* ---- bodies and queries ---- */

struct trial {
    const char *variables;
    const char *operation;
    const char *text;   /* the body; for what begins with a question mark, the query behind it */
    const char *reason; /* NULL: passes; else what the reason begins with */
};

#define CREATE        "ContainerCreate"
#define HOST(members) "{\"Image\":\"i\",\"HostConfig\":{" members "}}"
#define MASKED                                                                                                     \
    "\"/proc/asound\",\"/proc/acpi\",\"/proc/kcore\",\"/proc/keys\",\"/proc/latency_stats\",\"/proc/timer_list\"," \
    "\"/proc/timer_stats\",\"/proc/sched_debug\",\"/proc/scsi\",\"/sys/firmware\""
#define NO_JUDGEMENT "its body cannot be judged"
#define EXEC         "ContainerExec"
#define NAMESPACES \
    "ALLOW_HOST_NAMESPACES=network:host,cgroup:host,userns:host,network:container:gluetun,pid:container:web*,ipc:container:dbx"
#define DEVICES      "ALLOW_DEVICES=/dev/dri/,/dev/net/tun,c:189:*,b:8:0"
#define DEVICE(path) "{\"PathOnHost\":\"" path "\",\"PathInContainer\":\"/dev/x\",\"CgroupPermissions\":\"rwm\"}"
#define GPU          "{\"Driver\":\"\",\"Count\":-1,\"DeviceIDs\":null,\"Capabilities\":[[\"gpu\"]],\"Options\":{}}"
#define SYSCTLS      "ALLOW_SYSCTLS=net.ipv4.ip_forward,net.ipv6.*,net/ipv4/conf/eth0.1/forwarding"
#define COMMANDS \
    "ALLOW_EXEC_COMMANDS=nginx  -s reload,pg_dump -U * **,cat /backup/*.sql,/bin/true,ls ?;ALLOW_EXEC_USERS=postgres,1000:1000"
#define NOT_LISTED "Cmd; ALLOW_EXEC_COMMANDS does not allow it"
#define SRV        "ALLOW_BIND_MOUNTS=/srv,/data"

static const struct trial trials[] = {
    /* what is harmless */
    {"", CREATE, "{\"Image\":\"i\"}", NULL},
    {"", CREATE, " {\t\"Image\" :\r\n\"i\" } \n", NULL},
    {"", CREATE, HOST("\"Privileged\":false,\"Binds\":[\"data:/data\",\"x9:/y:ro,z\",\"/anonymous\"]"), NULL},
    {"", CREATE, HOST("\"Binds\":[\"data:\\/data\"]"), NULL},
    {"", CREATE, HOST("\"Devices\":[],\"SecurityOpt\":null,\"CapAdd\":null,\"PidMode\":\"\""), NULL},
    {"", CREATE, HOST("\"CapAdd\":[\"NET_BIND_SERVICE\",\"cap_chown\"]"), NULL},
    {"", CREATE, HOST("\"SecurityOpt\":[\"no-new-privileges\",\"no-new-privileges:true\"]"), NULL},
    {"", CREATE, HOST("\"MaskedPaths\":[" MASKED "],\"Runtime\":\"runc\""), NULL},
    {"", CREATE, HOST("\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"8080\"}]},\"NetworkMode\":\"my_net\""), NULL},
    {"", CREATE, HOST("\"Tmpfs\":{\"/run\":\"rw,size=1m,mode=1777\",\"/t\":\"\"}"), NULL},
    {"", CREATE, HOST("\"Tmpfs\":{\"/run\":\"rw,rbind\"}"), "HostConfig.Tmpfs; ALLOW_BIND_MOUNTS"},
    /* decoys */
    {"", CREATE, "{\"Labels\":{\"Privileged\":\"true\",\"x\":\"\\\"HostConfig\\\":{\\\"Privileged\\\":true}\"}}", NULL},
    {"", CREATE, "{\"Env\":[\"A={\\\"Binds\\\":[\\\"/:/x\\\"]}\"],\"Cmd\":[\"--privileged\",\"-v\",\"/:/x\"]}", NULL},
    {"", CREATE, "{\"Labels\":{\"Pr\\u0069vileged\":\"\\u0000\\ud800\",\"\xc5\xbf\":\"\xff\"}}", NULL},
    /* labels that are for this proxy */
    {"", CREATE, "{\"Labels\":{\"a\":\"b\",\"docker-socket-proxy.profile\":\"x\"}}", "Labels; labels that begin with"},
    {"ALLOW_PRIVILEGED=true", CREATE, "{\"Labels\":{\"Docker-Socket-Prox\\u0079\\u002Ea\":\"x\"}}",
     "Labels; labels that"},
    {"", CREATE, "{\"Labels\":{\"docker-socket-proxy\":\"\",\"x.docker-socket-proxy.\":\"docker-socket-proxy.a\"}}",
     NULL},
    {"", CREATE, HOST("\"Mounts\":[{\"VolumeOptions\":{\"Labels\":{\"docker-socket-proxy.a\":\"\"}}}]"),
     "HostConfig.Mounts[].VolumeOptions.Labels; labels that"},
    {"", "ServiceUpdate", "{\"TaskTemplate\":{\"ContainerSpec\":{\"Labels\":{\"docker-socket-proxy.a\":\"\"}}}}",
     "TaskTemplate.ContainerSpec.Labels; labels that"},
    {"", "ImageBuild", "?labels=%7B%22a%22%3A%22docker-socket-prox\\n%5Cu00e9%5Cu003c%22%7D&t=x", NULL},
    {"", "ImageBuild", "?labels={\"docker-socket-prox%79%2Ea\":\"\"}", "labels; labels that begin with"},
    {"", "ImageBuild", "?labels={\"docker-socket-prox\\u0079.a\":\"\"}", "labels; labels that begin with"},
    /* each of the README's attacks */
    {"", CREATE, HOST("\"Privileged\":true"), "HostConfig.Privileged; ALLOW_PRIVILEGED=true would allow it"},
    {"", CREATE, HOST("\"Binds\":[\"/:/mnt\"]"), "HostConfig.Binds; ALLOW_BIND_MOUNTS"},
    {"", CREATE, HOST("\"Binds\":[\"a1:/a\",\"/var/run/docker.sock:/s\"]"), "HostConfig.Binds; ALLOW_BIND_MOUNTS"},
    {"", CREATE, HOST("\"PidMode\":\"host\""), "HostConfig.PidMode; ALLOW_HOST_NAMESPACES=pid:host would allow it"},
    {"", CREATE, HOST("\"NetworkMode\":\"container:x\""),
     "HostConfig.NetworkMode; ALLOW_HOST_NAMESPACES=network:container:x would"},
    {"", CREATE, HOST("\"CapAdd\":[\"SYS_ADMIN\"]"), "HostConfig.CapAdd; ALLOW_CAP_ADD"},
    {"", CREATE, HOST("\"Devices\":[{\"PathOnHost\":\"/dev/sda\"}]"),
     "HostConfig.Devices; ALLOW_DEVICES=/dev/sda would allow it"},
    {"", CREATE, HOST("\"DeviceRequests\":[{}]"), "HostConfig.DeviceRequests; ALLOW_DEVICES=true"},
    {"", CREATE, HOST("\"DeviceCgroupRules\":[\"a *:* rwm\"]"), "HostConfig.DeviceCgroupRules; ALLOW_DEVICES=true"},
    {"", CREATE, HOST("\"VolumesFrom\":[\"x\"]"), "HostConfig.VolumesFrom; ALLOW_VOLUMES_FROM=true"},
    {"", CREATE, HOST("\"SecurityOpt\":[\"apparmor=unconfined\"]"), "HostConfig.SecurityOpt; ALLOW_SECURITY_OPT"},
    {"", CREATE, HOST("\"Sysctls\":{\"a\":\"b\"}"), "HostConfig.Sysctls; ALLOW_SYSCTLS=true"},
    {"", CREATE, HOST("\"Runtime\":\"evil\""), "HostConfig.Runtime; ALLOW_RUNTIME"},
    {"", CREATE, HOST("\"CgroupParent\":\"/x\""), "HostConfig.CgroupParent; ALLOW_CGROUP_PARENT=true"},
    {"", CREATE, HOST("\"MaskedPaths\":[]"), "HostConfig.MaskedPaths; ALLOW_PRIVILEGED=true"},
    {"", CREATE, HOST("\"ReadonlyPaths\":[]"), "HostConfig.ReadonlyPaths; ALLOW_PRIVILEGED=true"},
    {"", CREATE, HOST("\"Annotations\":{\"org.systemd.property.X\":\"y\"}"),
     "HostConfig.Annotations; ALLOW_PRIVILEGED=true"},
    {"", CREATE, HOST("\"Mounts\":[{\"Type\":\"bind\"}]"), "HostConfig.Mounts[].Type; ALLOW_BIND_MOUNTS"},
    {"", CREATE, HOST("\"Mounts\":[{\"Type\":\"volume\"},{\"Source\":\"/etc\"}]"),
     "HostConfig.Mounts[].Source; ALLOW_BIND_MOUNTS"},
    {"", CREATE, HOST("\"Mounts\":[{\"VolumeOptions\":{\"DriverConfig\":{\"Options\":{\"o\":\"bind\"}}}}]"),
     "HostConfig.Mounts[].VolumeOptions.DriverConfig.Options; ALLOW_BIND_MOUNTS"},
    {"", CREATE, HOST("\"LogConfig\":{\"Config\":{\"syslog-address\":\"unix:///s\"}}"), "HostConfig.LogConfig.Config;"},
    {"", CREATE, HOST("\"LogConfig\":{\"Config\":{\"syslog-address\":\"u\\u006eix:///s\"}}"),
     "HostConfig.LogConfig.Config;"},
    {"", CREATE, "{\"Volumes\":{\"/:/x\":{}}}", "Volumes; ALLOW_BIND_MOUNTS"},
    {"", CREATE, "{\"NetworkingConfig\":{\"EndpointsConfig\":{\"host\":{}}}}",
     "NetworkingConfig.EndpointsConfig; ALLOW_HOST_NAMESPACES"},
    /* as old Engines read it */
    {"", CREATE, "{\"Image\":\"i\",\"Privileged\":true}", "HostConfig.Privileged; ALLOW_PRIVILEGED=true"},
    {"", CREATE, "{\"Binds\":[\"/:/x\"],\"HostConfig\":null}", "HostConfig.Binds; ALLOW_BIND_MOUNTS"},
    /* names as Go compares them */
    {"", CREATE, HOST("\"privileged\":true"), "HostConfig.Privileged;"},
    {"", CREATE, "{\"hostCONFIG\":{\"PRIVILEGED\":true}}", "HostConfig.Privileged;"},
    {"", CREATE, HOST("\"Pr\\u0069vileged\":true"), "HostConfig holds a name with an escape"},
    {"", CREATE, "{\"Ho\xc5\xbftConfig\":{\"Privileged\":true}}", "the body holds a name with an escape"},
    {"", CREATE, HOST("\"NetworkMode\":\"\",\"Network\\u004dode\":\"host\""), "HostConfig holds a name with an escape"},
    {"", CREATE, HOST("\"Lin\xe2\x84\xaas\":[\"x\"]"), "HostConfig holds a name with an escape"},
    /* duplicates, in any order */
    {"", CREATE, HOST("\"Privileged\":true,\"Privileged\":false"), "HostConfig.Privileged;"},
    {"", CREATE, HOST("\"Privileged\":false,\"Privileged\":true"), "HostConfig.Privileged;"},
    {"", CREATE, "{\"HostConfig\":{\"Privileged\":true},\"HostConfig\":{}}", "HostConfig.Privileged;"},
    {"", CREATE, "{\"HostConfig\":{},\"HostConfig\":{\"Privileged\":true}}", "HostConfig.Privileged;"},
    /* values as Go decodes them */
    {"", CREATE, HOST("\"PidMode\":\"h\\u006fst\""), "HostConfig.PidMode;"},
    {"", CREATE, HOST("\"Binds\":[\"\\/:\\/mnt\"]"), "HostConfig.Binds;"},
    {"", CREATE, HOST("\"Binds\":[\"\\u002f:/mnt\"]"), "HostConfig.Binds;"},
    {"", CREATE, HOST("\"CapAdd\":[\"\xc5\xbfYS_ADMIN\"]"), "HostConfig.CapAdd;"},
    {"", CREATE, HOST("\"Privileged\":\"false\""), "HostConfig.Privileged;"},
    {"", CREATE, HOST("\"Binds\":[null]"), "HostConfig.Binds;"},
    /* what is not known */
    {"", CREATE, HOST("\"NewThing\":{\"a\":1}"),
     "HostConfig.NewThing is a member that this version does not know; ALLOW_PRIVILEGED=true"},
    {"", CREATE, HOST("\"NewThing\":null,\"N2\":\"\",\"N3\":[],\"N4\":{},\"N5\":0,\"N6\":false"), NULL},
    {"ALLOW_PRIVILEGED=true", CREATE, HOST("\"NewThing\":{\"a\":1}"), NULL},
    /* what is not one JSON object */
    {"", CREATE, "", NULL}, /* the Engine says itself that it wants one */
    {"", CREATE, "[]", NO_JUDGEMENT},
    {"", CREATE, "null", NO_JUDGEMENT},
    {"", CREATE, "{\"Image\":\"i\"}{\"Image\":\"i\"}", NO_JUDGEMENT},
    {"", CREATE, "{\"Image\":\"i\"} x", NO_JUDGEMENT},
    {"", CREATE, "\xef\xbb\xbf{}", NO_JUDGEMENT},
    {"", CREATE, "{\"Image\":\"i\",}", NO_JUDGEMENT},
    {"", CREATE, "{\"Memory\":01}", NO_JUDGEMENT},
    {"", CREATE, "{\"Env\":[\"a\nb\"]}", NO_JUDGEMENT},
    {"", CREATE, "{\"Env\":[\"\\x\"]}", NO_JUDGEMENT},
    {"", CREATE, "{\"Env\":[\"a\\\"]}", NO_JUDGEMENT},
    {"", CREATE, "{\"Env\":\v[]}", NO_JUDGEMENT},
    /* bind mounts */
    {SRV, CREATE, HOST("\"Binds\":[\"/srv:/a\",\"/srv/:/a\",\"/srv/a/b c:/a:ro\",\"/data/...:/x\"]"), NULL},
    {SRV, CREATE, HOST("\"Binds\":[\"\\/srv\\/a:\\/a\"]"), NULL},
    {SRV, CREATE, HOST("\"Binds\":[\"/srv2:/a\"]"), "HostConfig.Binds;"},
    {SRV, CREATE, HOST("\"Binds\":[\"/srv/..:/a\"]"), "HostConfig.Binds;"},
    {SRV, CREATE, HOST("\"Binds\":[\"/srv/a/../../etc:/a\"]"), "HostConfig.Binds;"},
    {SRV, CREATE, HOST("\"Binds\":[\"/srv/a\\/..\\/..\\/etc:/a\"]"), "HostConfig.Binds;"},
    {SRV, CREATE, HOST("\"Binds\":[\"/srv/./a:/a\"]"), "HostConfig.Binds;"},
    {SRV, CREATE, HOST("\"Binds\":[\"/srv//a:/a\"]"), "HostConfig.Binds;"},
    {SRV, CREATE, HOST("\"Binds\":[\"//srv:/a\"]"), "HostConfig.Binds;"},
    {SRV, CREATE, HOST("\"Binds\":[\"srv:/a\",\"./srv:/a\"]"), "HostConfig.Binds;"},
    {SRV, CREATE, HOST("\"Binds\":[\"/etc:/srv\"]"), "HostConfig.Binds;"},
    {SRV, CREATE, HOST("\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/data/x\",\"Target\":\"/x\"}]"), NULL},
    {SRV, CREATE, HOST("\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/data/x/..\",\"Target\":\"/x\"}]"),
     "HostConfig.Mounts[].Source;"},
    {SRV, CREATE, HOST("\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/etc\"}],\"Mounts\":[]"),
     "HostConfig.Mounts[].Source;"},
    {"ALLOW_BIND_MOUNTS=/", CREATE, HOST("\"Binds\":[\"/:/a\",\"/etc:/b\"]"), NULL},
    {"ALLOW_BIND_MOUNTS=/", CREATE, HOST("\"Binds\":[\"/var/run/docker.sock:/a\"]"), "HostConfig.Binds;"},
    {"ALLOW_BIND_MOUNTS=/", CREATE, HOST("\"Binds\":[\"/run/engine/docker.sock:/a\"]"), "HostConfig.Binds;"},
    {"ALLOW_BIND_MOUNTS=/", CREATE, HOST("\"Binds\":[\"/run:/a\"]"), "HostConfig.Binds;"},
    {"ALLOW_BIND_MOUNTS=/", CREATE, HOST("\"Binds\":[\"/var/run/:/a\"]"), "HostConfig.Binds;"},
    {"ALLOW_BIND_MOUNTS=/var", CREATE, HOST("\"Binds\":[\"/var/run/docker.sock:/a\"]"), "HostConfig.Binds;"},
    {"ALLOW_BIND_MOUNTS=/var", CREATE, HOST("\"Mounts\":[{\"Source\":\"/var/run\"}]"), "HostConfig.Mounts[].Source;"},
    {"ALLOW_BIND_MOUNTS=/var/run/docker.sock", CREATE, HOST("\"Binds\":[\"/var/run/docker.sock:/a:ro\"]"), NULL},
    {"ALLOW_BIND_MOUNTS=/var/run/docker.sock", CREATE, HOST("\"Binds\":[\"/var/run:/a\"]"), "HostConfig.Binds;"},
    {"ALLOW_BIND_MOUNTS=true", CREATE, HOST("\"Binds\":[\"/:/a\"]"), NULL},
    /* lists */
    {"ALLOW_CAP_ADD=NET_ADMIN, CAP_SYS_TIME", CREATE, HOST("\"CapAdd\":[\"cap_net_admin\",\"SYS_TIME\"]"), NULL},
    {"ALLOW_CAP_ADD=NET_ADMIN", CREATE, HOST("\"CapAdd\":[\"ALL\"]"), "HostConfig.CapAdd;"},
    {"ALLOW_CAP_ADD=true", CREATE, HOST("\"CapAdd\":[\"ALL\"]"), NULL},
    {"ALLOW_SECURITY_OPT=label=disable", CREATE, HOST("\"SecurityOpt\":[\"label:disable\",\"label=disable\"]"), NULL},
    {"ALLOW_SECURITY_OPT=label=disable", CREATE, HOST("\"SecurityOpt\":[\"seccomp=unconfined\"]"),
     "HostConfig.SecurityOpt;"},
    {"ALLOW_RUNTIME=runsc", CREATE, HOST("\"Runtime\":\"runsc\""), NULL},
    {"ALLOW_HOST_NAMESPACES=true", CREATE,
     "{\"NetworkingConfig\":{\"EndpointsConfig\":{\"host\":{\"DriverOpts\":{\"com.docker.network.endpoint.sysctls\":\"x\"}}}}}",
     "NetworkingConfig.EndpointsConfig.DriverOpts; ALLOW_SYSCTLS=true"},
    {"ALLOW_IMAGE_REFERENCES=nginx,ghcr.io/me/*:1.*", CREATE, "{\"Image\":\"nginx:1.27\"}", NULL},
    {"ALLOW_IMAGE_REFERENCES=nginx,ghcr.io/me/*:1.*", CREATE, "{\"Image\":\"docker.io/library/nginx@sha256:ab\"}",
     NULL},
    {"ALLOW_IMAGE_REFERENCES=nginx,ghcr.io/me/*:1.*", CREATE, "{\"Image\":\"ghcr.io/me/app:1.2\"}", NULL},
    {"ALLOW_IMAGE_REFERENCES=nginx,ghcr.io/me/*:1.*", CREATE, "{\"Image\":\"ghcr.io/me/app:2\"}",
     "Image; ALLOW_IMAGE_REFERENCES"},
    {"ALLOW_IMAGE_REFERENCES=nginx,ghcr.io/me/*:1.*", CREATE, "{\"Image\":\"nginx/evil\"}",
     "Image; ALLOW_IMAGE_REFERENCES"},
    {"ALLOW_IMAGE_REFERENCES=nginx,ghcr.io/me/*:1.*", CREATE, "{\"Image\":\"nginx:5000/evil\"}",
     "Image; ALLOW_IMAGE_REFERENCES"},
    {"ALLOW_IMAGE_REFERENCES=nginx,ghcr.io/me/*:1.*", CREATE, "{\"Image\":\"ghcr.io/me/a/b:1.2\"}",
     "Image; ALLOW_IMAGE_REFERENCES"},
    {"ALLOW_IMAGE_REFERENCES=nginx", "ImageCreate", "?fromImage=nginx&tag=1", NULL},
    {"ALLOW_IMAGE_REFERENCES=nginx", "ImageCreate", "?fromImage=docker.io%2Flibrary%2Fnginx&tag=sha256%3Aab", NULL},
    {"ALLOW_IMAGE_REFERENCES=nginx:1.*", "ImageCreate", "?fromImage=nginx&tag=1.2", NULL},
    {"ALLOW_IMAGE_REFERENCES=nginx:1.*", "ImageCreate", "?tag=1.2&fromImage=nginx", NULL},
    {"ALLOW_IMAGE_REFERENCES=nginx:1.*", "ImageCreate", "?fromImage=nginx:1.2", NULL},
    {"ALLOW_IMAGE_REFERENCES=nginx:1.*", "ImageCreate", "?fromImage=nginx", "fromImage;"},
    {"ALLOW_IMAGE_REFERENCES=nginx:1.*", "ImageCreate", "?fromImage=nginx:1.2&tag=2", "fromImage;"},
    {"ALLOW_IMAGE_REFERENCES=nginx", "ImageCreate", "?fromImage=evil&fromImage=nginx", "fromImage;"},
    {"ALLOW_IMAGE_REFERENCES=nginx", "ImageCreate", "?fromImage=evil", "fromImage;"},
    {"ALLOW_IMAGE_REFERENCES=nginx", "ImageCreate", "?fromSrc=http://x/y&fromImage=nginx", "fromSrc;"},
    {"ALLOW_IMAGE_REFERENCES=nginx", "ImageCreate", "?from%49mage=evil&fromImage=nginx", "its query cannot be judged"},
    {"REQUIRE_LABEL=team=blue", CREATE, "{\"Image\":\"i\",\"Labels\":{\"a\":\"b\",\"team\":\"blue\"}}", NULL},
    {"REQUIRE_LABEL=team", CREATE, "{\"Labels\":{\"team\":\"red\"},\"Image\":\"i\"}", NULL},
    {"REQUIRE_LABEL=team=blue", CREATE, "{\"Labels\":{\"team\":\"red\"}}", "Labels; REQUIRE_LABEL"},
    {"REQUIRE_LABEL=team=blue", CREATE, "{\"Labels\":{\"team\":\"blue\",\"team\":\"red\"}}", "Labels; REQUIRE_LABEL"},
    {"REQUIRE_LABEL=team=blue", CREATE, "{\"Labels\":{\"team\":\"blue\",\"te\\u0061m\":\"red\"}}",
     "Labels; REQUIRE_LABEL"},
    {"REQUIRE_LABEL=team=blue", CREATE, "{\"Labels\":{\"team\":\"blue\"},\"labels\":null}", "Labels; REQUIRE_LABEL"},
    {"REQUIRE_LABEL=team=blue", CREATE, "{\"Image\":\"i\",\"Env\":[\"team=blue\"]}", "Labels; REQUIRE_LABEL"},
    /* the other operations */
    {"", "ContainerUpdate", "{\"Memory\":1,\"RestartPolicy\":{\"Name\":\"no\"}}", NULL},
    {"", "ContainerUpdate", "{\"Devices\":[{}]}", "Devices; ALLOW_DEVICES=true"},
    {"", "ContainerExec", "{\"Cmd\":[\"sh\"],\"Privileged\":false,\"User\":\"root\"}", NULL},
    {"", "ContainerExec", "{\"Cmd\":[\"sh\"],\"privileged\":true}", "Privileged; ALLOW_PRIVILEGED=true"},
    {"", "ContainerStart", "", NULL},
    {"", "ContainerStart", "{}", NULL},
    {"", "ContainerStart", "{\"Privileged\":true}", "a body;"},
    /* under a listed name, any container could be joined */
    {"", "ContainerRename", "?name=web", NULL},
    {"ALLOW_HOST_NAMESPACES=true", "ContainerRename", "?name=web", NULL},
    {"ALLOW_HOST_NAMESPACES=pid:host,network:container:*", "ContainerRename", "?name=web", NULL},
    {"ALLOW_HOST_NAMESPACES=pid:container:web,ipc:container:db-*", "ContainerRename", "?name=web2", NULL},
    {"ALLOW_HOST_NAMESPACES=pid:container:web,ipc:container:db-*", "ContainerRename", "?name=db", NULL},
    {"ALLOW_HOST_NAMESPACES=pid:container:web,ipc:container:db-*", "ContainerRename", "?name=web",
     "name; ALLOW_HOST_NAMESPACES lists"},
    {"ALLOW_HOST_NAMESPACES=pid:container:web,ipc:container:db-*", "ContainerRename", "?name=%2Fweb",
     "name; ALLOW_HOST_NAMESPACES lists"},
    {"ALLOW_HOST_NAMESPACES=pid:container:web,ipc:container:db-*", "ContainerRename", "?name=x&name=db-1",
     "name; ALLOW_HOST_NAMESPACES lists"},
    {"ALLOW_HOST_NAMESPACES=pid:container:web,ipc:container:db-*", "ContainerRename", "?name=we%62",
     "name; ALLOW_HOST_NAMESPACES lists"},
    {"ALLOW_HOST_NAMESPACES=pid:container:web,ipc:container:db-*", "ContainerRename", "?n%61me=web",
     "its query cannot be judged"},
    {"ALLOW_HOST_NAMESPACES=pid:container:web", "ContainerRename",
     "?name=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "name; ALLOW_HOST_NAMESPACES lists"},
    {"ALLOW_HOST_NAMESPACES=pid:container:web", "ContainerRenameLibpod", "?name=web",
     "name; ALLOW_HOST_NAMESPACES lists"},
    {"", "ContainerStart", "?checkpoint-dir=/etc", "checkpoint-dir; ALLOW_PRIVILEGED=true"},
    {"", "CheckpointCreate", "{\"CheckpointID\":\"a\",\"CheckpointDir\":\"\"}", NULL},
    {"", "CheckpointCreate", "{\"CheckpointID\":\"a\",\"CheckpointDir\":\"/etc\"}",
     "CheckpointDir; ALLOW_PRIVILEGED=true"},
    {"", "CheckpointDelete", "?dir=/etc", "dir; ALLOW_PRIVILEGED=true"},
    {"ALLOW_VOLUME_DRIVERS=nfs", "VolumeCreate",
     "{\"Name\":\"vv\",\"DriverOpts\":{\"type\":\"nfs\",\"o\":\"addr=1.2.3.4,rw\",\"device\":\":/x\"}}", NULL},
    {"", "VolumeCreate",
     "{\"Name\":\"v\",\"DriverOpts\":{\"type\":\"nfs\",\"o\":\"addr=1.2.3.4,rw\",\"device\":\":/x\"}}", NULL},
    {"", "VolumeCreate", "{\"DriverOpts\":{\"type\":\"nfs\",\"o\":\"addr=nas,rw\",\"device\":\":/x\"}}",
     "DriverOpts; ALLOW_BIND_MOUNTS with that path, for Podman true (for a share by name: ALLOW_VOLUME_DRIVERS with nfs"},
    {"ALLOW_VOLUME_DRIVERS=nfs", "VolumeCreate",
     "{\"DriverOpts\":{\"type\":\"nfs\",\"o\":\"addr=nas.lan,rw\",\"device\":\"nas.lan:/x\"}}", NULL},
    {"ALLOW_VOLUME_DRIVERS=nfs", "VolumeCreate",
     "{\"DriverOpts\":{\"type\":\"nfs\",\"o\":\"addr=127.0.0.1\",\"device\":\":/x\"}}", "DriverOpts;"},
    {"ALLOW_VOLUME_DRIVERS=nfs", "VolumeCreate", "{\"DriverOpts\":{\"device\":\"127.0.0.1:/x\"}}", "DriverOpts;"},
    {"", "VolumeCreate", "{\"DriverOpts\":{\"device\":\"/dev/sda1\"}}", "DriverOpts;"},
    {"", "VolumeCreate", "{\"DriverOpts\":{\"type\":\"tmpfs\",\"device\":\"tmpfs\",\"o\":\"size=100m,uid=1000\"}}",
     NULL},
    {"", "VolumeCreate", "{\"Driver\":\"../../x\"}", "Driver; no setting allows it"},
    {"ALLOW_VOLUME_DRIVERS=vieux/sshfs:latest", "VolumeCreate",
     "{\"Driver\":\"vieux/sshfs:latest\",\"DriverOpts\":{\"sshcmd\":\"me@host:/x\"}}", NULL},
    {"ALLOW_VOLUME_NAMES=web*,db", "VolumeCreate", "{\"Name\":\"web_1\"}", NULL},
    {"ALLOW_VOLUME_NAMES=web*,db", "VolumeCreate", "{\"Name\":\"dbx\"}", "Name; ALLOW_VOLUME_NAMES with that name"},
    {"ALLOW_VOLUME_NAMES=web*,db", CREATE,
     HOST(
         "\"Binds\":[\"db:/x\",\"web:/y:ro\",\"/z\"],\"Mounts\":[{\"Type\":\"volume\",\"Source\":\"db\",\"Target\":\"/x\"}]"),
     NULL},
    {"ALLOW_VOLUME_NAMES=web*,db", CREATE, HOST("\"Binds\":[\"secret:/x\"]"),
     "HostConfig.Binds; ALLOW_VOLUME_NAMES with that name"},
    /* values are compared with regard to case, in the reason too */
    /* to Podman these are paths */
    {"ALLOW_VOLUME_NAMES=*", CREATE, HOST("\"Binds\":[\"..:/x\"]"), "HostConfig.Binds; ALLOW_BIND_MOUNTS"},
    {"ALLOW_VOLUME_NAMES=??", CREATE, HOST("\"Mounts\":[{\"Source\":\"..\"}]"), "HostConfig.Mounts[].Source;"},
    {"ALLOW_VOLUME_NAMES=*", CREATE, HOST("\"Binds\":[\"a.:/x\"]"), NULL},
    {"ALLOW_VOLUME_NAMES=web*,db", CREATE, HOST("\"Binds\":[\"WEB_1:/x\"]"),
     "HostConfig.Binds; ALLOW_VOLUME_NAMES with that name"},
    {"ALLOW_BIND_MOUNTS=/srv", CREATE, HOST("\"Binds\":[\"/SRV/x:/x\"]"), "HostConfig.Binds; ALLOW_BIND_MOUNTS"},
    {"ALLOW_RUNTIME=kata", CREATE, HOST("\"Runtime\":\"Kata\""), "HostConfig.Runtime; ALLOW_RUNTIME"},
    {"ALLOW_LOG_DRIVERS=syslog", CREATE, HOST("\"LogConfig\":{\"Type\":\"Syslog\"}"),
     "HostConfig.LogConfig.Type; ALLOW_LOG_DRIVERS"},
    {"", CREATE, HOST("\"IpcMode\":\"Shareable\""), "HostConfig.IpcMode; ALLOW_HOST_NAMESPACES"},
    {"ALLOW_VOLUME_NAMES=web*,db", CREATE, HOST("\"Mounts\":[{\"Source\":\"secret\"}]"),
     "HostConfig.Mounts[].Source; ALLOW_VOLUME_NAMES"},
    {"", "VolumeCreate", "{\"Name\":\"vv\",\"DriverOpts\":{\"type\":\"none\",\"o\":\"bind\",\"device\":\"/\"}}",
     "DriverOpts; ALLOW_BIND_MOUNTS"},
    {"", "VolumeCreate", "{\"DriverOpts\":{\"type\":\"nfs\",\"o\":\"ro,bind\",\"device\":\"/\"}}", "DriverOpts;"},
    {"", "VolumeCreate", "{\"DriverOpts\":{\"type\":\"ext4\",\"device\":\"/dev/sda1\"}}", "DriverOpts;"},
    {"", "VolumeCreate", "{\"Driver\":\"x\",\"DriverOpts\":{\"mountpoint\":\"/\"}}",
     "Driver; ALLOW_VOLUME_DRIVERS with that name"},
    {"", "VolumeCreate", "{\"DriverOpts\":{\"mountpoint\":\"/\"}}", "DriverOpts;"},
    {SRV, "VolumeCreate", "{\"DriverOpts\":{\"type\":\"none\",\"o\":\"bind\",\"device\":\"/srv/a\"}}", NULL},
    {SRV, "VolumeCreate", "{\"DriverOpts\":{\"type\":\"none\",\"o\":\"bind\",\"device\":\"/etc\"}}", "DriverOpts;"},
    {SRV, "VolumeCreate", "{\"DriverOpts\":{\"type\":\"none\",\"o\":\"bind\",\"device\":\"etc\"}}", "DriverOpts;"},
    {SRV, "VolumeCreate", "{\"DriverOpts\":{\"type\":\"none\",\"o\":\"bind\",\"device\":\"//etc\"}}", "DriverOpts;"},
    {"", "NetworkCreate",
     "{\"Name\":\"nn\",\"Driver\":\"bridge\",\"IPAM\":{\"Config\":[{\"Subnet\":\"10.0.0.0/24\"}]}}", NULL},
    {"", "NetworkCreate", "{\"Name\":\"n\",\"Driver\":\"host\"}", "Driver; ALLOW_HOST_NAMESPACES=true"},
    {"", "NetworkCreate", "{\"Name\":\"n\",\"Driver\":\"macvlan\",\"Options\":{\"parent\":\"eth0\"}}",
     "Driver; ALLOW_NETWORK_DRIVERS with that name"},
    {"", "NetworkCreate", "{\"Name\":\"n\",\"Options\":{\"parent\":\"eth0\"}}", "Options; ALLOW_HOST_NAMESPACES=true"},
    {"ALLOW_NETWORK_DRIVERS=macvlan", "NetworkCreate",
     "{\"Name\":\"n\",\"Driver\":\"macvlan\",\"Options\":{\"parent\":\"eth0\"}}", NULL},
    {"", "NetworkCreate", "{\"IPAM\":{\"Config\":[{\"Subnet\":\"8.8.8.0/24\"}]}}",
     "IPAM.Config[].Subnet; ALLOW_HOST_NAMESPACES=true"},
    {"", "NetworkCreate", "{\"IPAM\":{\"Driver\":\"../x\"}}", "IPAM.Driver; no setting allows it"},
    {"", "SecretCreate", "{\"Name\":\"s\",\"Data\":\"aGk=\",\"Driver\":{\"Name\":\"shell\"}}",
     "Driver.Name; ALLOW_PRIVILEGED=true"},
    {"", "ConfigCreate", "{\"Name\":\"s\",\"Data\":\"aGk=\",\"Templating\":{\"Name\":\"golang\"}}", NULL},
    {"", "NetworkConnect", "{\"Container\":\"web\",\"EndpointConfig\":{\"Aliases\":[\"w\"]}}", NULL},
    {"", "ServiceCreate", "{\"TaskTemplate\":{\"ContainerSpec\":{\"Secrets\":[{\"SecretID\":\"x\"}]}}}",
     "TaskTemplate.ContainerSpec.Secrets; ALLOW_SECRET_INSPECT=true"},
    {"", "ServiceCreate", "{\"TaskTemplate\":{\"Networks\":[{\"Target\":\"x3\"}]}}", "TaskTemplate.Networks[].Target;"},
    {"", "ServiceCreate", "{\"TaskTemplate\":{\"LogDriver\":{\"Name\":\"../../x\"}}}",
     "TaskTemplate.LogDriver.Name; no setting allows it"},
    {"", CREATE, HOST("\"Links\":[\"db:db\"]"), "HostConfig.Links; ALLOW_CONTAINER_INSPECT=true"},
    {"", CREATE, HOST("\"VolumeDriver\":\"../../x\""), "HostConfig.VolumeDriver; no setting allows it"},
    {"", CREATE, "{\"VolumeDriver\":\"../../x\",\"HostConfig\":{}}", "HostConfig.VolumeDriver; no setting allows it"},
    {"", CREATE, HOST("\"LogConfig\":{\"Type\":\"syslog\"}"),
     "HostConfig.LogConfig.Type; ALLOW_LOG_DRIVERS with the driver"},
    {"", CREATE, HOST("\"LogConfig\":{\"Type\":\"\",\"Config\":{\"syslog-address\":\"tcp://127.0.0.1:6379\"}}"),
     "HostConfig.LogConfig.Config; ALLOW_LOG_DRIVERS with syslog"},
    {"ALLOW_LOG_DRIVERS=syslog", CREATE,
     HOST(
         "\"LogConfig\":{\"Type\":\"syslog\",\"Config\":{\"syslog-address\":\"udp://logs:514\",\"tag\":\"{{.Name}}\"}}"),
     NULL},
    {"ALLOW_LOG_DRIVERS=syslog", CREATE,
     HOST("\"LogConfig\":{\"Type\":\"syslog\",\"Config\":{\"tag\":\"a\\r\\nCONFIG SET dir /x\"}}"),
     "HostConfig.LogConfig.Config; no setting allows it"},
    {"ALLOW_LOG_DRIVERS=syslog", CREATE, HOST("\"LogConfig\":{\"Config\":{\"path=/etc/cron.d/x\":\"\"}}"),
     "HostConfig.LogConfig.Config; no setting allows it"},
    {"", CREATE, "{\"Env\":[\"A=1\",\"NVIDIA_VISIBLE_DEVICES=all\"]}", "Env; ALLOW_DEVICES=gpu would allow it"},
    {"", CREATE, "{\"Env\":[\"A=1\",\"TZ\",\"NVIDIA_VISIBLE_DEVICES=void\",\"B=\\u0041\"]}", NULL},
    {"", CREATE, HOST("\"Mounts\":[{\"Target\":\"/x,type=bind,src=/\"}]"),
     "HostConfig.Mounts[].Target; no setting allows it"},
    {"", CREATE, HOST("\"BlkioWeightDevice\":[{\"Path\":\"/etc/shadow\",\"Weight\":10}]"),
     "HostConfig.BlkioWeightDevice; ALLOW_DEVICES=true"},
    {"", "ContainerStart", "?checkpoint=../../x", "checkpoint; ALLOW_PRIVILEGED=true"},
    {"", "ImageBuild", "?outputs=type%3Dlocal", "outputs; ALLOW_PRIVILEGED=true"},
    {"", "ImageBuild", "?remote=http://127.0.0.1/x", "remote; ALLOW_HOST_NAMESPACES=true"},
    {"", "ImageBuild", "?dockerfile=../../etc/passwd", "dockerfile; ALLOW_PRIVILEGED=true"},
    {"", "ImageBuild", "?dockerfile=docker%2FDockerfile.web", NULL},
    {"", "ImageCreate", "?fromSrc=/etc/shadow", "fromSrc; ALLOW_PRIVILEGED=true"},
    {"", "ImageCreate", "?fromImage=docker.io%2Flibrary%2Fnginx&tag=1.27", NULL},
    {"", "ImageCreate", "?fromImage=dir:/etc", "fromImage;"},
    {"", "ImagePush", "?destination=dir:/etc", "destination; ALLOW_PRIVILEGED=true"},
    {"", "ImageBuild", "?rusagelogfile=/etc/x",
     "rusagelogfile is a parameter that this version does not know; ALLOW_PRIVILEGED=true"},
    {"", "ServiceCreate", "{\"Name\":\"s\",\"TaskTemplate\":{\"ContainerSpec\":{\"Image\":\"i\"}}}", NULL},
    {"", "ServiceCreate", "{\"TaskTemplate\":{\"ContainerSpec\":{\"Mounts\":[{\"Type\":\"bind\",\"Source\":\"/\"}]}}}",
     "TaskTemplate.ContainerSpec.Mounts[].Type;"},
    {"", "ServiceUpdate", "{\"TaskTemplate\":{\"ContainerSpec\":{\"CapabilityAdd\":[\"CAP_SYS_ADMIN\"]}}}",
     "TaskTemplate.ContainerSpec.CapabilityAdd; ALLOW_CAP_ADD"},
    {"", "ServiceCreate", "{\"TaskTemplate\":{\"Networks\":[{\"Target\":\"host\"}]}}",
     "TaskTemplate.Networks[].Target; ALLOW_HOST_NAMESPACES"},
    {"", "ServiceCreate", "{\"TaskTemplate\":{\"Networks\":[{\"Target\":\"3f\"}]}}",
     "TaskTemplate.Networks[].Target; ALLOW_HOST_NAMESPACES"},
    {"", "ServiceCreate", "{\"TaskTemplate\":{\"PluginSpec\":{\"Name\":\"x\"}}}",
     "TaskTemplate.PluginSpec; ALLOW_PRIVILEGED=true"},
    {"", "ServiceCreate",
     "{\"TaskTemplate\":{\"ContainerSpec\":{\"Privileges\":{\"Seccomp\":{\"Mode\":\"unconfined\"}}}}}",
     "TaskTemplate.ContainerSpec.Privileges.Seccomp.Mode; ALLOW_SECURITY_OPT"},
    {"", "ImageBuild", "?t=a&t=b&networkmode=default&rm=1&buildargs=%7B%7D", NULL},
    {"", "ImageBuild", "?", NULL},
    {"", "ImageBuild", "?version=1", NULL},
    {"", "ImageBuild", "?version=", NULL},
    {"", "ImageBuild", "?version=2", "version \"2\"; ALLOW_PRIVILEGED=true"},
    {"", "ImageBuild", "?version=1&version=2", "version \"2\"; ALLOW_PRIVILEGED=true"},
    {"", "ImageBuild", "?version=%32", "version"},
    {"ALLOW_PRIVILEGED=true", "ImageBuild", "?version=2", NULL},
    {"", "ImageBuild", "?networkmode=host", "networkmode; ALLOW_HOST_NAMESPACES=network:host would allow it"},
    {"", "ImageBuild", "?networkmode=default&networkmode=host", "networkmode;"},
    {"", "ImageBuild", "?networkmode=ho%73t", "networkmode;"},
    {"", "ImageBuild", "?network%6dode=host", "its query cannot be judged"},
    {"", "ImageBuild", "?t=a;networkmode=host", "its query cannot be judged"},
    {"", "ImageBuild", "?cgroupparent=/", "cgroupparent; ALLOW_CGROUP_PARENT=true"},
    {"", "ImageBuild", "?securityopt=x", "securityopt; ALLOW_SECURITY_OPT"},
    /* namespaces by list */
    {NAMESPACES, CREATE, HOST("\"NetworkMode\":\"host\",\"CgroupnsMode\":\"host\",\"UsernsMode\":\"host\""), NULL},
    {NAMESPACES, CREATE, HOST("\"NetworkMode\":\"container:gluetun\",\"PidMode\":\"container:web-1\""), NULL},
    {NAMESPACES, CREATE, HOST("\"NetworkMode\":\"container:/gluetun\",\"PidMode\":\"container:\\/web-1\""), NULL},
    {NAMESPACES, CREATE, HOST("\"NetworkMode\":\"container://gluetun\""), "HostConfig.NetworkMode"},
    {NAMESPACES, CREATE, HOST("\"NetworkMode\":\"container:/other\""), "HostConfig.NetworkMode"},
    {NAMESPACES, CREATE, HOST("\"IpcMode\":\"container:dbx\",\"PidMode\":\"\",\"UTSMode\":\"private\""), NULL},
    {NAMESPACES, CREATE, "{\"NetworkingConfig\":{\"EndpointsConfig\":{\"host\":{}}}}", NULL},
    {NAMESPACES, CREATE, HOST("\"PidMode\":\"host\""), "HostConfig.PidMode; ALLOW_HOST_NAMESPACES=pid:host would"},
    {NAMESPACES, CREATE, HOST("\"UTSMode\":\"host\""), "HostConfig.UTSMode; ALLOW_HOST_NAMESPACES=uts:host would"},
    {NAMESPACES, CREATE, HOST("\"IpcMode\":\"host\""), "HostConfig.IpcMode; ALLOW_HOST_NAMESPACES=ipc:host would"},
    {NAMESPACES, CREATE, HOST("\"NetworkMode\":\"Host\""), "HostConfig.NetworkMode;"},
    {NAMESPACES, CREATE, HOST("\"NetworkMode\":\"h\\u006fst\""), "HostConfig.NetworkMode;"},
    {NAMESPACES, CREATE, HOST("\"NetworkMode\":\"container:gluetun2\""), "HostConfig.NetworkMode;"},
    {NAMESPACES, CREATE, HOST("\"NetworkMode\":\"container:Gluetun\""), "HostConfig.NetworkMode;"},
    {NAMESPACES, CREATE, HOST("\"NetworkMode\":\"container:web-1\""), "HostConfig.NetworkMode;"},
    {NAMESPACES, CREATE, HOST("\"NetworkMode\":\"ns:/proc/1/ns/net\""),
     "HostConfig.NetworkMode; ALLOW_HOST_NAMESPACES=true"},
    {NAMESPACES, CREATE, HOST("\"PidMode\":\"container:\""), "HostConfig.PidMode; ALLOW_HOST_NAMESPACES=true"},
    /* what a pattern matches is no beginning of an id, nor is a name that could be one */
    {NAMESPACES, CREATE, HOST("\"PidMode\":\"container:web\""), NULL},
    {"ALLOW_HOST_NAMESPACES=pid:container:d*", CREATE, HOST("\"PidMode\":\"container:db3f\""),
     "HostConfig.PidMode; ALLOW_HOST_NAMESPACES=true"},
    {"ALLOW_HOST_NAMESPACES=pid:container:db", CREATE, HOST("\"PidMode\":\"container:db\""),
     "HostConfig.PidMode; ALLOW_HOST_NAMESPACES=true"},
    {"ALLOW_HOST_NAMESPACES=pid:container:*", CREATE, HOST("\"PidMode\":\"container:db\""), NULL},
    {"ALLOW_HOST_NAMESPACES=pid:container:*", CREATE, HOST("\"PidMode\":\"host\""), "HostConfig.PidMode;"},
    {"ALLOW_HOST_NAMESPACES=pid:container:w?b", CREATE, HOST("\"PidMode\":\"container:web\""), NULL},
    /* a list opens the modes only; true what it did */
    {NAMESPACES, "NetworkCreate", "{\"Name\":\"n\",\"Driver\":\"host\"}", "Driver; ALLOW_HOST_NAMESPACES=true"},
    {NAMESPACES, "NetworkCreate", "{\"IPAM\":{\"Config\":[{\"Subnet\":\"8.8.8.0/24\"}]}}",
     "IPAM.Config[].Subnet; ALLOW_HOST_NAMESPACES=true"},
    {NAMESPACES, "NetworkCreate", "{\"Ingress\":true}", "Ingress; ALLOW_HOST_NAMESPACES=true"},
    {NAMESPACES, "Grpc", "", "BuildKit's protocol cannot be judged; ALLOW_HOST_NAMESPACES=true"},
    {NAMESPACES, "ServiceCreate", "{\"TaskTemplate\":{\"Networks\":[{\"Target\":\"host\"}]}}", NULL},
    {NAMESPACES, "ServiceCreate", "{\"TaskTemplate\":{\"Networks\":[{\"Target\":\"3f\"}]}}",
     "TaskTemplate.Networks[].Target; ALLOW_HOST_NAMESPACES=true"},
    {"ALLOW_HOST_NAMESPACES=pid:host", "ServiceCreate", "{\"Networks\":[{\"Target\":\"host\"}]}",
     "Networks[].Target; ALLOW_HOST_NAMESPACES=network:host would"},
    {NAMESPACES, "ImageBuild", "?networkmode=host", NULL},
    {NAMESPACES, "ImageBuild", "?networkmode=container%3Agluetun", NULL},
    {NAMESPACES, "ImageBuild", "?networkmode=container:web-1", "networkmode;"},
    {"ALLOW_HOST_NAMESPACES=true", "ImageBuild", "?networkmode=container%3Ax&networkmode=host", NULL},
    {"ALLOW_HOST_NAMESPACES=true", "ImageBuild", "?networkmode=c%6fntainer:x", "networkmode; no setting allows it"},
    /* where a build's context may come from */
    {NAMESPACES, "ImageBuild", "?remote=https://github.com/a/b.git",
     "remote; ALLOW_HOST_NAMESPACES=true would allow it"},
    {"ALLOW_HOST_NAMESPACES=true", "ImageBuild", "?remote=https://github.com/a/b.git", NULL},
    {"ALLOW_HOST_NAMESPACES=true", "ImageBuild", "?remote=https%3A%2F%2Fgithub.com%2Fa%2Fb.git%23v1.2%3Adocker%2Fweb",
     NULL},
    {"ALLOW_HOST_NAMESPACES=true", "ImageBuild", "?remote=https%3A%2F%2Fgithub.com%2Fa%2Fb.git%23%3Adocker", NULL},
    {"ALLOW_HOST_NAMESPACES=true", "ImageBuild", "?remote=client-session", NULL},
    {"ALLOW_HOST_NAMESPACES=true", "ImageBuild", "?remote=https://github.com/a/b.git%23main:../..",
     "remote; ALLOW_PRIVILEGED=true"},
    {"ALLOW_HOST_NAMESPACES=true", "ImageBuild", "?remote=https://github.com/a/b.git%23main:a/../../..",
     "remote; ALLOW_PRIVILEGED=true"},
    {"ALLOW_HOST_NAMESPACES=true", "ImageBuild", "?remote=https://github.com/a/b.git%23main:a%2F..%2F..%2Fx",
     "remote; ALLOW_PRIVILEGED=true"},
    {"ALLOW_HOST_NAMESPACES=true", "ImageBuild", "?remote=https://github.com/a/b.git%23-x",
     "remote; ALLOW_PRIVILEGED=true"},
    {"ALLOW_HOST_NAMESPACES=true", "ImageBuild", "?remote=https://github.com/a/..%2Fb.git",
     "remote; ALLOW_PRIVILEGED=true"},
    {"ALLOW_HOST_NAMESPACES=true", "ImageBuild", "?remote=/etc", "remote; ALLOW_PRIVILEGED=true"},
    {"ALLOW_HOST_NAMESPACES=true", "ImageBuild", "?remote=../x", "remote; ALLOW_PRIVILEGED=true"},
    {"ALLOW_HOST_NAMESPACES=true", "ImageBuild", "?remote=git@host:x", "remote; ALLOW_PRIVILEGED=true"},
    {"ALLOW_PRIVILEGED=true", "ImageBuild", "?remote=git@host:x", NULL},
    /* devices by list */
    {DEVICES, CREATE,
     HOST("\"Devices\":[" DEVICE("/dev/net/tun") "," DEVICE("/dev/dri") "," DEVICE("/dev/dri/card0") "]"), NULL},
    {DEVICES, CREATE, HOST("\"Devices\":[{\"pathonhost\":\"\\/dev\\/dri\\/\",\"PathInContainer\":\"\\/x\"}]"), NULL},
    {DEVICES, CREATE, HOST("\"Devices\":[" DEVICE("/dev/net/tun") "," DEVICE("/dev/sda") "]"),
     "HostConfig.Devices; ALLOW_DEVICES=/dev/sda would allow it"},
    {DEVICES, CREATE, HOST("\"Devices\":[" DEVICE("/dev/dri2") "]"), "HostConfig.Devices; ALLOW_DEVICES=/dev/dri2"},
    {DEVICES, CREATE, HOST("\"Devices\":[" DEVICE("/dev/dri/../sda") "]"), "HostConfig.Devices; ALLOW_DEVICES=true"},
    {DEVICES, CREATE, HOST("\"Devices\":[" DEVICE("/dev/dri\\/..\\/sda") "]"),
     "HostConfig.Devices; ALLOW_DEVICES=true"},
    {DEVICES, CREATE, HOST("\"Devices\":[" DEVICE("/dev/dri/.") "]"), "HostConfig.Devices; ALLOW_DEVICES=true"},
    {DEVICES, CREATE, HOST("\"Devices\":[" DEVICE("//dev/dri") "]"), "HostConfig.Devices; ALLOW_DEVICES=true"},
    {DEVICES, CREATE, HOST("\"Devices\":[" DEVICE("/dev//dri") "]"), "HostConfig.Devices; ALLOW_DEVICES=true"},
    {DEVICES, CREATE, HOST("\"Devices\":[" DEVICE("/dev/../dev/sda") "]"), "HostConfig.Devices; ALLOW_DEVICES=true"},
    {DEVICES, CREATE, HOST("\"Devices\":[" DEVICE("dev/dri") "]"), "HostConfig.Devices; ALLOW_DEVICES=true"},
    {DEVICES, CREATE, HOST("\"Devices\":[" DEVICE("/DEV/dri") "]"), "HostConfig.Devices; ALLOW_DEVICES=true"},
    {DEVICES, CREATE, HOST("\"Devices\":[" DEVICE("/dev/net/tun:/dev/sda") "]"),
     "HostConfig.Devices; ALLOW_DEVICES=true"},
    {DEVICES, CREATE, HOST("\"Devices\":[" DEVICE("nvidia.com/gpu=all") "]"), "HostConfig.Devices; ALLOW_DEVICES=true"},
    {DEVICES, CREATE, HOST("\"Devices\":[{\"PathOnHost\":\"/dev/net/tun\",\"PathOnHost\":\"/dev/sda\"}]"),
     "HostConfig.Devices;"},
    {DEVICES, CREATE, HOST("\"Devices\":[{\"PathOnHost\":\"/dev/net/tun\",\"PathInContainer\":\"/x:/dev/sda\"}]"),
     "HostConfig.Devices;"},
    {DEVICES, CREATE, HOST("\"Devices\":[{\"PathOnHost\":\"/dev/net/tun\",\"PathInContainer\":\"/../x\"}]"),
     "HostConfig.Devices;"},
    {DEVICES, CREATE, HOST("\"Devices\":[{\"PathOnHost\":\"/dev/net/tun\",\"CgroupPermissions\":\"rwx\"}]"),
     "HostConfig.Devices;"},
    {DEVICES, CREATE, HOST("\"Devices\":[{\"PathOnHost\":\"/dev/net/tun\",\"New\":\"x\"}]"), "HostConfig.Devices;"},
    {DEVICES, CREATE, HOST("\"Devices\":[{\"PathOnHost\":\"/dev/n\\u0065t/tun\"}]"), "HostConfig.Devices;"},
    {DEVICES, CREATE, HOST("\"Devices\":[{\"PathOnHost\":\"/dev/net/tun\"}],\"Devices\":[null]"),
     "HostConfig.Devices;"},
    {DEVICES, CREATE, HOST("\"DeviceCgroupRules\":[\"c 189:* rwm\",\"b 8:0 r\"]"), NULL},
    {DEVICES, CREATE, HOST("\"DeviceCgroupRules\":[\"c 189:1 rwm\"]"),
     "HostConfig.DeviceCgroupRules; ALLOW_DEVICES=true"},
    {DEVICES, CREATE, HOST("\"DeviceCgroupRules\":[\"c *:* rwm\"]"),
     "HostConfig.DeviceCgroupRules; ALLOW_DEVICES=true"},
    {DEVICES, CREATE, HOST("\"DeviceCgroupRules\":[\"a 189:* rwm\"]"), "HostConfig.DeviceCgroupRules;"},
    {DEVICES, CREATE, HOST("\"DeviceCgroupRules\":[\"c 189:* rwm \"]"), "HostConfig.DeviceCgroupRules;"},
    {DEVICES, CREATE, HOST("\"BlkioWeightDevice\":[{\"Path\":\"/dev/dri\"}]"),
     "HostConfig.BlkioWeightDevice; ALLOW_DEVICES=true"},
    {DEVICES, CREATE, HOST("\"DeviceRequests\":[" GPU "]"),
     "HostConfig.DeviceRequests; ALLOW_DEVICES=gpu would allow it"},
    {"", CREATE, HOST("\"DeviceRequests\":[" GPU "]"), "HostConfig.DeviceRequests; ALLOW_DEVICES=gpu would allow it"},
    {"ALLOW_DEVICES=gpu", CREATE, HOST("\"DeviceRequests\":[" GPU "]"), NULL},
    {"ALLOW_DEVICES=gpu", CREATE,
     HOST(
         "\"DeviceRequests\":[{\"Driver\":\"nvidia\",\"DeviceIDs\":[\"0\",\"GPU-1a\"],\"Capabilities\":[[\"gpu\",\"utility\"]]}]"),
     NULL},
    {"ALLOW_DEVICES=gpu", CREATE,
     HOST(
         "\"DeviceRequests\":[{\"Driver\":\"cdi\",\"DeviceIDs\":[\"vendor.com/class=name\"],\"Capabilities\":[[\"gpu\"]]}]"),
     "HostConfig.DeviceRequests;"},
    {"ALLOW_DEVICES=gpu", CREATE,
     HOST("\"DeviceRequests\":[{\"Driver\":\"\",\"DeviceIDs\":[\"/dev/sda\"],\"Capabilities\":[[\"gpu\"]]}]"),
     "HostConfig.DeviceRequests;"},
    {"ALLOW_DEVICES=gpu", CREATE, HOST("\"DeviceRequests\":[{\"Capabilities\":[[\"cdi\"]]}]"),
     "HostConfig.DeviceRequests; ALLOW_DEVICES=true"},
    {"ALLOW_DEVICES=gpu", CREATE, HOST("\"DeviceRequests\":[{\"Capabilities\":[[\"gpu\"]],\"Options\":{\"a\":\"b\"}}]"),
     "HostConfig.DeviceRequests;"},
    {"ALLOW_DEVICES=gpu", CREATE, HOST("\"Devices\":[" DEVICE("/dev/nvidia0") "]"),
     "HostConfig.Devices; ALLOW_DEVICES=/dev/nvidia0"},
    {"ALLOW_DEVICES=gpu", CREATE, "{\"Env\":[\"NVIDIA_VISIBLE_DEVICES=all\",\"NVIDIA_VISIBLE_DEVICES=0,1\",\"A=b\"]}",
     NULL},
    {"ALLOW_DEVICES=gpu", CREATE, "{\"Env\":[\"NVIDIA_VISIBLE_DEVICES=management.nvidia.com/gpu=all\"]}",
     "Env; ALLOW_DEVICES=true"},
    {"ALLOW_DEVICES=gpu", CREATE, "{\"Env\":[\"NVIDIA_MOFED=enabled\"]}", "Env; ALLOW_DEVICES=true"},
    {"ALLOW_DEVICES=gpu", CREATE, "{\"Env\":[\"NVIDIA_GDS=enabled\"]}", "Env; ALLOW_DEVICES=true"},
    {"ALLOW_DEVICES=gpu", CREATE, "{\"Env\":[\"NVIDIA_GDRCOPY=enabled\"]}", "Env; ALLOW_DEVICES=true"},
    {"ALLOW_DEVICES=gpu", CREATE, "{\"Env\":[\"NVIDIA_NVSWITCH=enabled\"]}", "Env; ALLOW_DEVICES=true"},
    {"ALLOW_DEVICES=gpu", CREATE, "{\"Env\":[\"NVIDIA_IMEX_CHANNELS=0\"]}", "Env; ALLOW_DEVICES=true"},
    {"ALLOW_DEVICES=gpu", CREATE, "{\"Env\":[\"NVIDIA_MIG_CONFIG_DEVICES=all\"]}", "Env; ALLOW_DEVICES=true"},
    {"ALLOW_DEVICES=gpu", CREATE, "{\"Env\":[\"NVIDIA_MIG_MONITOR_DEVICES=all\"]}", "Env; ALLOW_DEVICES=true"},
    {"ALLOW_DEVICES=gpu", CREATE,
     "{\"Env\":[\"NVIDIA_GDS=void\",\"NVIDIA_DRIVER_CAPABILITIES=all\",\"NVIDIA_REQUIRE_CUDA=cuda>=12\"]}", NULL},
    {"ALLOW_DEVICES=true", CREATE, "{\"Env\":[\"NVIDIA_GDS=enabled\"]}", NULL},
    {"ALLOW_DEVICES=gpu", CREATE, "{\"Env\":[\"HABANA_VISIBLE_DEVICES=all\"]}", "Env; ALLOW_DEVICES=true"},
    {"ALLOW_DEVICES=/dev/dri", CREATE, "{\"Env\":[\"NVIDIA_VISIBLE_DEVICES=all\"]}", "Env; ALLOW_DEVICES=gpu"},
    {"", CREATE, HOST("\"Devices\":[" DEVICE("/dev/shm/x") "]"), "HostConfig.Devices; ALLOW_DEVICES=true"},
    {"ALLOW_DEVICES=true", CREATE, HOST("\"Devices\":[" DEVICE("/dev/sda") "],\"DeviceCgroupRules\":[\"a *:* rwm\"]"),
     NULL},
    /* sysctls by list, by either form of their names */
    {SYSCTLS, CREATE,
     HOST(
         "\"Sysctls\":{\"net.ipv4.ip_forward\":\"1\",\"net/ipv4/ip_forward\":\"1\",\"net.ipv6.conf.all.disable_ipv6\":\"0\"}"),
     NULL},
    {SYSCTLS, CREATE,
     HOST(
         "\"Sysctls\":{\"net/ipv6/conf/eth0/x\":\"1\",\"net.ipv4.conf.eth0/1.forwarding\":\"1\",\"net\\/ipv4\\/conf\\/eth0.1\\/forwarding\":\"1\"}"),
     NULL},
    {SYSCTLS, CREATE, HOST("\"Sysctls\":{\"kernel.msgmax\":\"1\"}"),
     "HostConfig.Sysctls; ALLOW_SYSCTLS=kernel.msgmax would allow it"},
    {SYSCTLS, CREATE, HOST("\"Sysctls\":{\"net.ipv4.ip_forward_x\":\"1\"}"), "HostConfig.Sysctls;"},
    {SYSCTLS, CREATE, HOST("\"Sysctls\":{\"net.ipv4/ip_forward\":\"1\"}"), "HostConfig.Sysctls;"},
    {SYSCTLS, CREATE, HOST("\"Sysctls\":{\"NET.ipv4.ip_forward\":\"1\"}"), "HostConfig.Sysctls;"},
    {SYSCTLS, CREATE, HOST("\"Sysctls\":{\"net.ipv6\":\"1\"}"), "HostConfig.Sysctls;"},
    {SYSCTLS, CREATE, HOST("\"Sysctls\":{\"net.ipv6./x\":\"1\"}"), "HostConfig.Sysctls;"},
    {SYSCTLS, CREATE, HOST("\"Sysctls\":{\"net/ipv6/../../kernel/x\":\"1\"}"), "HostConfig.Sysctls;"},
    {SYSCTLS, CREATE, HOST("\"Sysctls\":{\"net.ipv6.x=1\":\"1\"}"), "HostConfig.Sysctls;"},
    {SYSCTLS, CREATE, HOST("\"Sysctls\":{\"net.ipv4.ip\\u005fforward\":\"1\"}"), "HostConfig.Sysctls;"},
    {SYSCTLS, CREATE, HOST("\"Sysctls\":{\"net.ipv4.ip_forward\":1}"), "HostConfig.Sysctls;"},
    {SYSCTLS, CREATE, HOST("\"Sysctls\":{\"net.ipv4.ip_forward\":\"1\\n2\"}"), "HostConfig.Sysctls;"},
    {"", CREATE, HOST("\"Sysctls\":{\"net.ipv4.ip_forward\":\"1\"}"),
     "HostConfig.Sysctls; ALLOW_SYSCTLS=net.ipv4.ip_forward would allow it"},
    {SYSCTLS, CREATE,
     "{\"NetworkingConfig\":{\"EndpointsConfig\":{\"n\":{\"DriverOpts\":{\"com.docker.network.endpoint.sysctls\":\"x\"}}}}}",
     "NetworkingConfig.EndpointsConfig.DriverOpts; ALLOW_SYSCTLS=true"},
    {SYSCTLS, "ServiceCreate", "{\"TaskTemplate\":{\"ContainerSpec\":{\"Sysctls\":{\"net.ipv4.ip_forward\":\"1\"}}}}",
     NULL},
    {SYSCTLS, "ServiceCreate", "{\"TaskTemplate\":{\"ContainerSpec\":{\"Sysctls\":{\"a.b\":\"1\"}}}}",
     "TaskTemplate.ContainerSpec.Sysctls; ALLOW_SYSCTLS=a.b would"},
    /* commands by list: word by word */
    {COMMANDS, EXEC, "{\"Cmd\":[\"nginx\",\"-s\",\"reload\"]}", NULL},
    {COMMANDS, EXEC,
     " { \"cmd\" : [ \"nginx\" , \"-s\",\"reload\" ] ,\"AttachStdout\":true,\"Tty\":true,\"Detach\":false,\"DetachKeys\":\"\",\"User\":\"\",\"WorkingDir\":\"\",\"Env\":null,\"AttachStdin\":false,\"Privileged\":false} ",
     NULL},
    {COMMANDS, EXEC, "{\"Cmd\":[\"pg_dump\",\"-U\",\"app\"]}", NULL},
    {COMMANDS, EXEC, "{\"Cmd\":[\"pg_dump\",\"-U\",\"\\u0041\\\"]\",\"--file=/x y\",\"\",\"a\\nb\"]}", NULL},
    {COMMANDS, EXEC, "{\"Cmd\":[\"cat\",\"/backup/a.sql\"]}", NULL},
    {COMMANDS, EXEC, "{\"Cmd\":[\"\\/bin\\/true\"]}", NULL},
    {COMMANDS, EXEC, "{\"Cmd\":[\"ls\",\"x\"]}", NULL},
    {COMMANDS, EXEC, "{\"Cmd\":[\"nginx\",\"-s\"]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"nginx\",\"-s\",\"reload\",\"x\"]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"nginx -s reload\"]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"nginx -s\",\"reload\"]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":\"nginx -s reload\"}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"Nginx\",\"-s\",\"reload\"]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"ngin\\u0078\",\"-s\",\"reload\"]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"nginx\",\"-s\",\"reload\",null]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"nginx\",null,\"reload\"]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"pg_dump\",\"-U\",null]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"pg_dump\",\"-U\"]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"pg_dump\",\"-U\",\"a\",[\"b\"]]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[[\"nginx\",\"-s\",\"reload\"]]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"sh\"],\"Cmd\":[\"ls\",\"x\"]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"ls\",\"x\"],\"CMD\":[\"sh\"]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"cat\",\"/backup/../etc/x.sql\"]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"cat\",\"/backup/..\\/x.sql\"]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"cat\",\"/backup/..\\u002fx.sql\"]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"cat\",\"/backup/a.sql\\\\n\"]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"cat\",\"/backup/a.sql\",\"/etc/x\"]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"ls\",\"xy\"]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"bin\\/true\"]}", NOT_LISTED},
/* a wildcard is neither a step out of the directory nor an option */
#define WILD \
    "ALLOW_EXEC_COMMANDS=cat /data/*/*/*,cat /data/?\?/x,ls /data/*,ls ./data/.*,tar -C* */x,du *,du *.a --x=*/*"
    {WILD, EXEC, "{\"Cmd\":[\"cat\",\"/data/a/b/c\"]}", NULL},
    {WILD, EXEC, "{\"Cmd\":[\"cat\",\"/data/..a\\/.b/...c\"]}", NULL},
    {WILD, EXEC, "{\"Cmd\":[\"cat\",\"/data/../etc/shadow\"]}", NOT_LISTED},
    {WILD, EXEC, "{\"Cmd\":[\"cat\",\"\\/data\\/..\\/etc\\/shadow\"]}", NOT_LISTED},
    {WILD, EXEC, "{\"Cmd\":[\"cat\",\"/data/\\u002e\\u002E/etc/shadow\"]}", NOT_LISTED},
    {WILD, EXEC, "{\"Cmd\":[\"cat\",\"/data/.\\u002e/etc/shadow\"]}", NOT_LISTED},
    {WILD, EXEC, "{\"Cmd\":[\"cat\",\"/data/a/b/..\"]}", NOT_LISTED},
    {WILD, EXEC, "{\"Cmd\":[\"cat\",\"/data/a/./c\"]}", NOT_LISTED},
    {WILD, EXEC, "{\"Cmd\":[\"cat\",\"/data/../x\"]}", NOT_LISTED},
    {WILD, EXEC, "{\"Cmd\":[\"cat\",\"/data/ab/x\"]}", NULL},
    {WILD, EXEC, "{\"Cmd\":[\"ls\",\"/data/..\"]}", NOT_LISTED},
    {WILD, EXEC, "{\"Cmd\":[\"ls\",\"/data/.\"]}", NOT_LISTED},
    {WILD, EXEC, "{\"Cmd\":[\"ls\",\"/data/.a\"]}", NULL},
    {WILD, EXEC, "{\"Cmd\":[\"ls\",\"./data/.a\"]}", NULL},
    {WILD, EXEC, "{\"Cmd\":[\"ls\",\"./data/..\"]}", NOT_LISTED},
    {WILD, EXEC, "{\"Cmd\":[\"tar\",\"-Ca\",\"a/x\"]}", NULL},
    {WILD, EXEC, "{\"Cmd\":[\"tar\",\"-C..\",\"a/x\"]}", NOT_LISTED},
    {WILD, EXEC, "{\"Cmd\":[\"tar\",\"-Ca\",\"/x\"]}", NOT_LISTED},
    {WILD, EXEC, "{\"Cmd\":[\"tar\",\"-Ca\",\"\\/x\"]}", NOT_LISTED},
    {WILD, EXEC, "{\"Cmd\":[\"tar\",\"-Ca\",\"-/x\"]}", NOT_LISTED},
    {WILD, EXEC, "{\"Cmd\":[\"du\",\"/../x\"]}", NULL},
    {WILD, EXEC, "{\"Cmd\":[\"du\",\"-x\"]}", NOT_LISTED},
    {WILD, EXEC, "{\"Cmd\":[\"du\",\"\\u002dx\"]}", NOT_LISTED},
    {WILD, EXEC, "{\"Cmd\":[\"du\",\"b.a\",\"--x=b/c\"]}", NULL},
    {WILD, EXEC, "{\"Cmd\":[\"du\",\"-b.a\",\"--x=b/c\"]}", NOT_LISTED},
    {WILD, EXEC, "{\"Cmd\":[\"du\",\"\\u002Db.a\",\"--x=b/c\"]}", NOT_LISTED},
    {WILD, EXEC, "{\"Cmd\":[\"du\",\"b.a\",\"--x=../c\"]}", NOT_LISTED},
    {COMMANDS, EXEC, "{\"Cmd\":[\"ls\",\"x\"],\"User\":\"postgres\"}", NULL},
    {COMMANDS, EXEC, "{\"Cmd\":[\"ls\",\"x\"],\"User\":\"1000:1000\"}", NULL},
    {COMMANDS, EXEC, "{\"Cmd\":[\"ls\",\"x\"],\"User\":\"root\"}", "User; ALLOW_EXEC_USERS=root would allow it"},
    {COMMANDS, EXEC, "{\"Cmd\":[\"ls\",\"x\"],\"User\":\"postgres:root\"}",
     "User; ALLOW_EXEC_USERS=postgres:root would allow it"},
    {COMMANDS, EXEC, "{\"Cmd\":[\"ls\",\"x\"],\"User\":\"1000\"}", "User;"},
    {COMMANDS, EXEC, "{\"Env\":[\"LD_PRELOAD=/x\"]}", "Env; no setting allows it"},
    {COMMANDS, EXEC, "{\"WorkingDir\":\"/tmp\"}", "WorkingDir; ALLOW_EXEC_COMMANDS does not allow it"},
    {COMMANDS, EXEC, "{\"AttachStdin\":true}", "AttachStdin; ALLOW_EXEC_COMMANDS does not allow it"},
    {COMMANDS, EXEC, "{\"Privileged\":true}", "Privileged; ALLOW_PRIVILEGED=true"},
    {COMMANDS, "ContainerExecLibpod", "{\"Cmd\":[\"sh\"]}", NOT_LISTED},
    {COMMANDS, "ContainerExecLibpod", "{\"Cmd\":[\"ls\",\"x\"]}", NULL},
    {COMMANDS ";ALLOW_PRIVILEGED=true", "ContainerExecLibpod", "{\"Cmd\":[\"sh\"]}", NOT_LISTED},
    {"", EXEC, "{\"Cmd\":[\"sh\"],\"User\":\"x y\"}", "User; no setting allows it"},
    {"", EXEC, "{\"Cmd\":\"sh\",\"User\":\"root\",\"Env\":[\"A=b\"],\"WorkingDir\":\"/tmp\",\"AttachStdin\":true}",
     NULL},
    {"", "PluginPull", "[]", "a plugin may hold any right over the host; ALLOW_PRIVILEGED=true would allow it"},
    {"", "SwarmJoin", "{}", "a manager of the swarm controls this host; ALLOW_PRIVILEGED=true would allow it"},
    {"", "ContainerCreateLibpod", "{}", "libpod"},
    {"ALLOW_PRIVILEGED=true", "PluginPull", "[]", NULL},
    {"", "ContainerList", "", NULL},
};

/* Whether a reason begins as expected. Between the member and what would open it stands the value, if it can be shown.
 */
static bool is_reason(const char *reason, const char *expected)
{
    size_t member = strcspn(expected, ";");
    const char *rest = reason + member;

    if (strncmp(reason, expected, member) != 0)
        return false;
    if (strncmp(rest, " \"", 2) == 0 && strchr(rest + 2, '"') != NULL)
        rest = strchr(rest + 2, '"') + 1;
    return strncmp(rest, expected + member, strlen(expected + member)) == 0;
}

START_TEST(test_trial)
{
    const struct trial *trial = &trials[_i];
    struct guard *guard = guard_of(trial->variables, true);
    ck_assert_str_eq(problems_text, "");
    bool query = trial->text[0] == '?';
    struct guard_verdict verdict;
    guard_judge(guard, &docker, trial->operation, query ? trial->text + 1 : NULL, query ? "" : trial->text,
                query ? 0 : strlen(trial->text), &verdict);
    if (trial->reason == NULL) {
        ck_assert_msg(verdict.result == GUARD_PASSES, "%s: %s", trial->text, verdict.message);
    } else {
        ck_assert_msg(verdict.result == GUARD_REFUSES, "%s passes", trial->text);
        ck_assert_msg(is_reason(verdict.reason, trial->reason), "%s: %s", trial->text, verdict.reason);
        ck_assert_ptr_nonnull(strstr(verdict.message, verdict.reason));
        ck_assert_ptr_nonnull(strstr(verdict.message, guard_operation_find(trial->operation)->doing));
    }
    guard_free(guard);
}
END_TEST

/* ---- variables ---- */

static const char *const wrong[] = {
    "ALLOW_PRIVILEGED=maybe",
    "ALLOW_BIND_MOUNTS=srv",
    "ALLOW_BIND_MOUNTS=/srv/../etc",
    "ALLOW_BIND_MOUNTS=/a//b",
    "ALLOW_BIND_MOUNTS=/a,/./b",
    "ALLOW_CAP_ADD=SYS-ADMIN",
    "ALLOW_SECURITY_OPT=unconfined",
    "ALLOW_RUNTIME=true",
    "ALLOW_RUNTIME=a b\"",
    "ALLOW_IMAGE_REFERENCES=a\"b",
    "ALLOW_IMAGE_REFERENCES=true",
    "ALLOW_IMAGE_REFERENCES=,",
    "ALLOW_IMAGE_REFERENCES=false",
    "ALLOW_VOLUME_NAMES=off",
    "ALLOW_VOLUME_NAMES=, ,",
    "ALLOW_HOST_NAMESPACES=,",
    "ALLOW_HOST_NAMESPACES=true,pid:host",
    "ALLOW_HOST_NAMESPACES=host",
    "ALLOW_HOST_NAMESPACES=pid",
    "ALLOW_HOST_NAMESPACES=pid:",
    "ALLOW_HOST_NAMESPACES=pid:private",
    "ALLOW_HOST_NAMESPACES=mnt:host",
    "ALLOW_HOST_NAMESPACES=PID:host",
    "ALLOW_HOST_NAMESPACES=uts:container:x",
    "ALLOW_HOST_NAMESPACES=pid:container:",
    "ALLOW_HOST_NAMESPACES=pid:container:a/b",
    "ALLOW_HOST_NAMESPACES=pid:container:a**",
    "ALLOW_HOST_NAMESPACES=network:ns:/proc/1/ns/net",
    "ALLOW_DEVICES=,",
    "ALLOW_DEVICES=/dev/dri,true",
    "ALLOW_DEVICES=/",
    "ALLOW_DEVICES=/dev",
    "ALLOW_DEVICES=/dev/",
    "ALLOW_DEVICES=/dev/../etc",
    "ALLOW_DEVICES=/dev//dri",
    "ALLOW_DEVICES=/srv/tun",
    "ALLOW_DEVICES=/dev/shm/x",
    "ALLOW_DEVICES=/dev/fd",
    "ALLOW_DEVICES=dri",
    "ALLOW_DEVICES=GPU",
    "ALLOW_DEVICES=a:*:*",
    "ALLOW_DEVICES=c:189",
    "ALLOW_DEVICES=c:1*:0",
    "ALLOW_DEVICES=c:189:0:rwm",
    "ALLOW_DEVICES=c",
    "ALLOW_SYSCTLS=,",
    "ALLOW_SYSCTLS=true,net.x",
    "ALLOW_SYSCTLS=ip_forward",
    "ALLOW_SYSCTLS=*",
    "ALLOW_SYSCTLS=net.ipv4..x",
    "ALLOW_SYSCTLS=net.ipv4.*.x",
    "ALLOW_SYSCTLS=net.ipv4.i*",
    "ALLOW_SYSCTLS=net/../x",
    "ALLOW_SYSCTLS=.net",
    "ALLOW_CAP_ADD=true,NET_ADMIN",
    "ALLOW_EXEC_COMMANDS=true",
    "ALLOW_EXEC_COMMANDS=false",
    "ALLOW_EXEC_COMMANDS=,",
    "ALLOW_EXEC_COMMANDS=* x",
    "ALLOW_EXEC_COMMANDS=**",
    "ALLOW_EXEC_COMMANDS=s? -c x",
    "ALLOW_EXEC_COMMANDS=ls ** x",
    "ALLOW_EXEC_COMMANDS=ls a**",
    "ALLOW_EXEC_COMMANDS=ls \"x\"",
    "ALLOW_EXEC_COMMANDS=ls a\\b",
    "ALLOW_EXEC_USERS=a:b:c;ALLOW_EXEC_COMMANDS=x",
    "ALLOW_EXEC_USERS=-x;ALLOW_EXEC_COMMANDS=x",
    "ALLOW_EXEC_USERS=true;ALLOW_EXEC_COMMANDS=x",
    "ALLOW_EXEC_USERS=postgres",
    "REQUIRE_LABEL==x",
    "REQUIRE_LABEL=a\"b",
    "MAX_CREATE_BODY=0",
    "MAX_CREATE_BODY=1e6",
    "MAX_CREATE_BODY=99999999999",
};

/* As many containers hold the socket as may on a host of builds: the regex still compiles, and still refuses each. */
START_TEST(test_many_holders)
{
    enum { COUNT = 50 };
    static char ids[COUNT][65];
    static const char *list[COUNT];
    struct guard *guard = guard_of("ALLOW_VOLUMES_FROM=true", true);
    struct guard_facts facts = {.docker = _i == 0, .holders = {.list = list, .count = COUNT}};
    struct guard_judge *judge;
    struct guard_verdict verdict;
    char body[128];

    for (int i = 0; i < COUNT; i++) {
        bounded_format(ids[i], sizeof ids[i], "%02uabcdef%056u", (unsigned)i % 100, (unsigned)i % 100);
        list[i] = ids[i];
    }
    judge = guard_judge_new(guard, &facts, CREATE);
    for (int length = 1; length <= 64; length++) {
        snprintf(body, sizeof body, "{\"HostConfig\":{\"VolumesFrom\":[\"%.*s:ro\"]}}", length, ids[COUNT - 1]);
        guard_judge_run(judge, NULL, body, strlen(body), &verdict);
        ck_assert_msg(verdict.result == GUARD_REFUSES, "%s passes", body);
    }
    snprintf(body, sizeof body, "{\"HostConfig\":{\"VolumesFrom\":[\"49abcdef-web\"]}}");
    guard_judge_run(judge, NULL, body, strlen(body), &verdict);
    ck_assert_msg(verdict.result == GUARD_PASSES, "%s", verdict.message);
    guard_judge_free(judge);
    guard_free(guard);
}
END_TEST

START_TEST(test_wrong_value)
{
    struct guard *guard = guard_of(wrong[_i], false);
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(wrong[_i], "="), wrong[_i]);
    ck_assert_msg(strncmp(problems_text, "docker-socket-proxy: ", 21) == 0 &&
                      strncmp(problems_text + 21, name, strlen(name)) == 0,
                  "%s: %s", wrong[_i], problems_text);
    guard_free(guard);
}
END_TEST

START_TEST(test_activity)
{
    struct guard *guard = guard_of("", false);
    ck_assert(!guard_active(guard));
    ck_assert(!guard_inspects(guard, CREATE));
    ck_assert_int_eq(guard_buffer_size(guard), 0);
    guard_free(guard);
    guard = guard_of("", true);
    ck_assert(guard_active(guard));
    ck_assert(guard_inspects(guard, CREATE));
    ck_assert(!guard_inspects(guard, "ContainerList"));
    ck_assert(guard_inspects(guard, "ImageCreate"));
    ck_assert_int_gt(guard_buffer_size(guard), 64 * 1024);
    guard_free(guard);
}
END_TEST

START_TEST(test_each_variable_activates)
{
    static const char *const values[][2] = {{"REQUIRE_LABEL", "a"},          {"MAX_CREATE_BODY", "100000"},
                                            {"ALLOW_IMAGE_REFERENCES", "a"}, {"ALLOW_EXEC_COMMANDS", "a"},
                                            {"ALLOW_VOLUME_NAMES", "a"},     {NULL, NULL}};
    for (const char *const *name = guard_variables; *name != NULL; name++) {
        const char *value = "false";
        for (size_t i = 0; values[i][0] != NULL; i++)
            if (strcmp(values[i][0], *name) == 0)
                value = values[i][1];
        char variable[128];
        snprintf(variable, sizeof variable, "%s=%s", *name, value);
        struct guard *guard = guard_of(variable, false);
        ck_assert_str_eq(problems_text, "");
        ck_assert_msg(guard_active(guard), "%s", variable);
        guard_free(guard);
    }
}
END_TEST

START_TEST(test_too_large)
{
    struct guard *guard = guard_of("MAX_CREATE_BODY=2000", true);
    char *body = malloc(2001);
    ck_assert_ptr_nonnull(body);
    memset(body, ' ', 2001);
    memcpy(body, "{}", 2);
    struct guard_verdict verdict;
    guard_judge(guard, &docker, CREATE, NULL, body, 2000, &verdict);
    ck_assert_int_eq(verdict.result, GUARD_PASSES);
    guard_judge(guard, &docker, CREATE, NULL, body, 2001, &verdict);
    ck_assert_int_eq(verdict.result, GUARD_TOO_LARGE);
    free(body);
    guard_free(guard);
}
END_TEST

START_TEST(test_prefix)
{
    static char *nothing[] = {NULL};
    const struct variables variables = {.environment = nothing, .prefix = "PROFILE_A_"};
    const struct guard_permissions none = {false, false, false};
    struct problems problems = {.to = NULL};
    struct guard *guard = guard_new(true, "/run/engine/docker.sock", &none, &variables, &problems);
    struct guard_verdict verdict;
    static const char body[] = "{\"Privileged\":true}";
    guard_judge(guard, &docker, CREATE, NULL, body, strlen(body), &verdict);
    ck_assert_str_eq(verdict.reason, "HostConfig.Privileged; PROFILE_A_ALLOW_PRIVILEGED=true would allow it");
    guard_free(guard);
}
END_TEST

/* Nesting ends in a refusal, not in a crash; and all that the largest body may hold is judged. */
START_TEST(test_large_bodies)
{
    enum { SIZE = 256 * 1024 };
    struct guard *guard = guard_of("MAX_CREATE_BODY=262144", true);
    struct guard_verdict verdict;
    char *body = malloc(SIZE + 64);
    ck_assert_ptr_nonnull(body);
    static const char *const openers[] = {"[", "{\"a\":", "[{\"a\":", "[\"\\u0000\","};
    for (size_t i = 0; i < sizeof openers / sizeof *openers; i++) {
        size_t length = (size_t)sprintf(body, "{\"Labels\":");
        while (length < SIZE - 16)
            length += (size_t)sprintf(body + length, "%s", openers[i]);
        guard_judge(guard, &docker, CREATE, NULL, body, length, &verdict);
        ck_assert_int_eq(verdict.result, GUARD_REFUSES);
    }
    static const char *const parts[] = {"\"a=b\",", "\"\\u00e9\\n\",", "\"\",",
                                        "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"  ,\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t length = (size_t)sprintf(body, "{\"Cmd\":[");
        while (length < SIZE - 128)
            length += (size_t)sprintf(body + length, "%s", parts[i]);
        length += (size_t)sprintf(body + length, "\"z\"]}");
        guard_judge(guard, &docker, CREATE, NULL, body, length, &verdict);
        ck_assert_msg(verdict.result == GUARD_PASSES, "%s: %s", parts[i], verdict.message);
        length += (size_t)sprintf(body + length - 1, ",\"HostConfig\":{\"Privileged\":true}}") - 1;
        guard_judge(guard, &docker, CREATE, NULL, body, length, &verdict);
        ck_assert_msg(strncmp(verdict.reason, "HostConfig.Privileged", 21) == 0, "%s: %s", parts[i], verdict.reason);
    }
    free(body);
    guard_free(guard);
}
END_TEST

/* ---- haproxy.cfg ---- */

/* The rules for one operation, or for all if id is NULL. */
static char *rules(struct guard *guard, const char *id)
{
    const char *ids[128] = {NULL};
    size_t count = 0;
    struct problems problems = {.to = stderr};
    struct values *values = values_new();
    struct definitions *definitions = definitions_new();
    struct text text;
    for (const struct guard_operation *operation = guard_operations; operation->id != NULL; operation++)
        if ((id == NULL || strcmp(operation->id, id) == 0) && guard_inspects(guard, operation->id))
            ids[count++] = operation->id;
    values_set_if(values, "variables", false);
    values_set_if(values, "unguarded", true);
    values_set_if(values, "audits_targets", false);
    values_set_if(values, "counts", false); /* no metrics, whose rules belong to a whole backend */
    values_set_if(values, "ends_here", false);
    set_guard(values, definitions, guard, &docker, ids);
    set_definitions(values, definitions);
    definitions_free(definitions);
    text_begin(&text);
    ck_assert(template_write(text.stream, "templates", "guard.cfg", values, &problems));
    ck_assert(template_write(text.stream, "templates", "definitions.cfg", values, &problems));
    values_free(values);
    return text_end(&text);
}

START_TEST(test_rules_only_for_what_is_open)
{
    struct guard *guard = guard_of("", true);
    char *text = rules(guard, "ContainerExec");
    ck_assert_ptr_nonnull(strstr(text, "-m str ContainerExec"));
    ck_assert_ptr_null(strstr(text, CREATE));
    free(text);
    text = rules(guard, "ContainerList");
    ck_assert_str_eq(text, "");
    free(text);
    guard_free(guard);
    guard = guard_of("", false);
    text = rules(guard, NULL);
    ck_assert_str_eq(text, "");
    free(text);
    guard_free(guard);
}
END_TEST

/* What a variable holds cannot end the quotes around a regex or a message. */
START_TEST(test_rules_quote)
{
    struct guard *guard = guard_of("ALLOW_BIND_MOUNTS=/it's/$HOME;REQUIRE_LABEL=it's%[src]=a'b;ALLOW_SECURITY_OPT=a='b",
                                   true);
    ck_assert_str_eq(problems_text, "");
    char *text = rules(guard, NULL);
    ck_assert_ptr_null(strstr(text, "it's"));
    ck_assert_ptr_null(strstr(text, " %[src]"));
    ck_assert_ptr_nonnull(strstr(text, "its%%[src]"));
    /* quotes are in pairs on every line, and 64 words are all that a line of HAProxy's may have */
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        size_t quotes = 0;
        size_t words = 1;
        for (const char *c = line; *c != '\0'; c++) {
            quotes += *c == '\'';
            words += *c == ' ' && quotes % 2 == 0;
        }
        ck_assert_msg(quotes % 2 == 0, "%s", line);
        ck_assert_msg(words < 64 || strstr(line, "#") != NULL, "%s", line);
    }
    free(text);
    guard_free(guard);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("guard");
    TCase *bodies = tcase_create("bodies");
    tcase_set_timeout(bodies, 120);
    tcase_add_loop_test(bodies, test_trial, 0, (int)(sizeof trials / sizeof *trials));
    tcase_add_test(bodies, test_too_large);
    tcase_add_test(bodies, test_large_bodies);
    suite_add_tcase(suite, bodies);
    TCase *variables = tcase_create("variables");
    tcase_add_loop_test(variables, test_wrong_value, 0, (int)(sizeof wrong / sizeof *wrong));
    tcase_add_loop_test(variables, test_many_holders, 0, 2);
    tcase_add_test(variables, test_activity);
    tcase_add_test(variables, test_each_variable_activates);
    tcase_add_test(variables, test_prefix);
    suite_add_tcase(suite, variables);
    TCase *text = tcase_create("rules");
    tcase_add_test(text, test_rules_only_for_what_is_open);
    tcase_add_test(text, test_rules_quote);
    suite_add_tcase(suite, text);
    return run(suite);
}
