#include "machine.h"

#include <errno.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DESCRIPTORS_OF_HAPROXY 128 /* listeners, pollers and pipes of each thread, logs, resolvers */
#define THREADS_MAX 4
#define NOBODY 65534

long machine_connections(long wanted, struct problems *problems)
{
    struct rlimit limit;
    long most = MAX_CONNECTIONS_DEFAULT;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < 2 * 1000000 + DESCRIPTORS_OF_HAPROXY)
        most = ((long)limit.rlim_max - DESCRIPTORS_OF_HAPROXY) / 2;
    else if (wanted > 0)
        most = wanted;
    if (most < 8) {
        problem(problems, "the limit of open files is %ld: too few to serve anyone; raise it (ulimits: nofile)",
                (long)limit.rlim_max);
        most = 8;
    }
    if (wanted > most)
        problem(problems, "MAX_CONNECTIONS=%ld: the limit of open files allows %ld; raise it (ulimits: nofile)", wanted,
                most);
    if (wanted > 0)
        return wanted;
    return most < MAX_CONNECTIONS_DEFAULT ? most : MAX_CONNECTIONS_DEFAULT;
}

int machine_threads(void)
{
    cpu_set_t processors;
    int count = 1;

    CPU_ZERO(&processors);
    if (sched_getaffinity(0, sizeof processors, &processors) == 0)
        count = CPU_COUNT(&processors);
    return count < 1 ? 1 : count > THREADS_MAX ? THREADS_MAX : count;
}

bool machine_has_ipv6(void)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof any) == 0;

    if (fd >= 0)
        close(fd);
    return bound;
}

/* Whether this process may change its user and groups, and still signal itself afterwards: root in a container with
 * cap_drop: [ALL] may not. */
static bool may_change_user(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    unsigned needed = 1u << CAP_SETUID | 1u << CAP_SETGID | 1u << CAP_KILL;

    return syscall(SYS_capget, &header, data) == 0 && (data[0].effective & needed) == needed;
}

static uid_t unprivileged_user(void)
{
    const struct passwd *haproxy = getpwnam("haproxy");

    return haproxy != NULL && haproxy->pw_uid != 0 ? haproxy->pw_uid : NOBODY;
}

static gid_t unprivileged_group(void)
{
    const struct passwd *haproxy = getpwnam("haproxy");

    return haproxy != NULL && haproxy->pw_uid != 0 ? haproxy->pw_gid : NOBODY;
}

static bool all_of(mode_t mode, mode_t bits)
{
    return (mode & bits) == bits;
}

static struct credentials credentials_of_root(const char *socket_path, const struct stat *socket)
{
    struct credentials stay = {.drop = false};
    struct credentials least = {.drop = true, .uid = unprivileged_user(), .gid = unprivileged_group()};

    if (!may_change_user()) {
        notice("HAProxy stays root, without the capabilities to change that (cap_drop); the kernel limits it already");
        return stay;
    }
    if (all_of(socket->st_mode, S_IROTH | S_IWOTH))
        return least;
    if (all_of(socket->st_mode, S_IRGRP | S_IWGRP)) {
        least.gid = socket->st_gid;
        return least;
    }
    if (socket->st_uid != 0) {
        least.uid = socket->st_uid;
        least.gid = socket->st_gid;
        return least;
    }
    notice("HAProxy runs as root: nothing less can open %s (mode %04o, owner root)", socket_path,
           (unsigned)socket->st_mode & 07777);
    return stay;
}

static struct credentials credentials_for(const char *socket_path)
{
    struct credentials stay = {.drop = false};
    struct stat socket;

    if (stat(socket_path, &socket) != 0) {
        notice("warning: %s: %s; requests get 503 until it is there%s", socket_path, strerror(errno),
               geteuid() == 0 ? "; HAProxy stays root, since nobody can know who will own it" : "");
        return stay;
    }
    if (!S_ISSOCK(socket.st_mode)) {
        notice("warning: %s is %s, not a socket; requests get 503 until it is one", socket_path,
               S_ISDIR(socket.st_mode) ? "a directory (Docker makes one if the socket to be mounted is missing)"
                                       : "something else");
        return stay;
    }
    if (geteuid() == 0)
        return credentials_of_root(socket_path, &socket);
    if (access(socket_path, R_OK | W_OK) != 0)
        notice("warning: %s (owner %u, group %u, mode %04o) may not be opened by user %u; requests get 503; run as root or "
               "with group_add: [\"%u\"]",
               socket_path, (unsigned)socket.st_uid, (unsigned)socket.st_gid, (unsigned)socket.st_mode & 07777,
               (unsigned)geteuid(), (unsigned)socket.st_gid);
    return stay;
}

struct credentials machine_credentials(const struct upstreams *upstreams)
{
    struct credentials credentials = {.drop = false};
    bool first = true;

    for (size_t i = 0; i < upstreams->count; i++) {
        struct credentials other;

        if (upstreams->list[i].kind != UPSTREAM_UNIX)
            continue;
        other = credentials_for(upstreams->list[i].host);
        if (first)
            credentials = other;
        if (!first && (other.drop != credentials.drop || other.uid != credentials.uid || other.gid != credentials.gid)) {
            notice("HAProxy runs as root: the sockets belong to different groups");
            return (struct credentials){.drop = false};
        }
        first = false;
    }
    if (first && geteuid() == 0 && may_change_user())
        return (struct credentials){.drop = true, .uid = unprivileged_user(), .gid = unprivileged_group()};
    return credentials;
}
