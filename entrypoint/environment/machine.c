/* Reads what haproxy.cfg depends on from the kernel, the Engines' sockets and the DNS. */
#include "environment/machine.h"

#include "base/text.h"
#include "environment/container.h"

#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DESCRIPTORS_OF_HAPROXY 128 /* listeners, logs, resolvers, the poller and pipes */
#define NOBODY                 65534

/* The number of connections to serve. wanted is MAX_CONNECTIONS, 0 for the default. The hard limit of file
 * descriptors bounds it: two for each connection, and DESCRIPTORS_OF_HAPROXY. */
static long count_connections(long wanted, struct problems *problems)
{
    struct rlimit limit;
    long most = MAX_CONNECTIONS_DEFAULT;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < 2 * 1000000 + DESCRIPTORS_OF_HAPROXY)
        most = ((long)limit.rlim_max - DESCRIPTORS_OF_HAPROXY) / 2;
    else if (wanted > 0)
        most = wanted;
    if (most < 8) {
        problem(problems, "the limit of open files is %ld, too low to serve any client; raise it (ulimits: nofile)",
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

static bool has_ipv6(void)
{
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof any) == 0;

    if (fd >= 0)
        close(fd);
    return bound;
}

/* Whether this process may change the user and groups of HAProxy, and signal it afterwards. Root in a container with
 * cap_drop: [ALL] may not. */
static bool may_change_user(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    unsigned needed = 1u << CAP_SETUID | 1u << CAP_SETGID | 1u << CAP_KILL;

    return syscall(SYS_capget, &header, data) == 0 && (data[0].effective & needed) == needed;
}

/* Whether the credentials can open the socket. A child takes them and queries the kernel, so that directories above
 * the socket, access control lists and security modules count as well. */
static bool may_open(const char *socket_path, const struct credentials *as)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(setgroups(0, NULL) == 0 && setresgid(as->gid, as->gid, as->gid) == 0 &&
                      setresuid(as->uid, as->uid, as->uid) == 0 && access(socket_path, W_OK) == 0
                  ? 0
                  : 1);
    while (child > 0 && waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool may_open_all(const struct upstreams *upstreams, const struct credentials *as)
{
    for (size_t i = 0; i < upstreams->count; i++)
        if (upstreams->list[i].kind == UPSTREAM_UNIX && !may_open(upstreams->list[i].host, as))
            return false;
    return true;
}

/* The first credentials that can open all sockets: the unprivileged user, with the group of a socket, the owner of a
 * socket, root. */
static struct credentials least_credentials(const struct upstreams *upstreams)
{
    const struct passwd *haproxy = getpwnam("haproxy");
    struct credentials least = {.drop = true, .uid = NOBODY, .gid = NOBODY};

    if (haproxy != NULL && haproxy->pw_uid != 0)
        least = (struct credentials){.drop = true, .uid = haproxy->pw_uid, .gid = haproxy->pw_gid};
    if (may_open_all(upstreams, &least))
        return least;
    for (size_t i = 0; i < upstreams->count; i++) {
        struct credentials group = least;
        struct credentials owner = {.drop = true};
        struct stat socket;

        if (upstreams->list[i].kind != UPSTREAM_UNIX || stat(upstreams->list[i].host, &socket) != 0)
            continue;
        group.gid = socket.st_gid;
        if (may_open_all(upstreams, &group))
            return group;
        owner.uid = socket.st_uid;
        owner.gid = socket.st_gid;
        if (owner.uid != 0 && may_open_all(upstreams, &owner))
            return owner;
    }
    notice("HAProxy runs as root: no other user and group can open %s", upstreams_socket(upstreams));
    return (struct credentials){.drop = false};
}

/* Whether the path is a socket; reports if it is not, or cannot be opened. */
static bool is_socket(const char *path)
{
    struct stat file;

    if (stat(path, &file) != 0)
        notice("warning: %s: %s; requests get 503 until it is there%s", path, strerror(errno),
               geteuid() == 0 ? "; HAProxy runs as root, because the owner of the socket is not known yet" : "");
    else if (!S_ISSOCK(file.st_mode))
        notice("warning: %s is %s, not a socket; requests get 503 until it is one", path,
               S_ISDIR(file.st_mode) ? "a directory (Docker creates one if the socket to be mounted is missing)"
                                     : "something else");
    else {
        if (geteuid() != 0 && access(path, W_OK) != 0)
            notice("warning: %s (owner %u, group %u, mode %04o) cannot be opened by user %u; requests get 503; run as "
                   "root or with group_add: [\"%u\"]",
                   path, (unsigned)file.st_uid, (unsigned)file.st_gid, (unsigned)file.st_mode & 07777,
                   (unsigned)geteuid(), (unsigned)file.st_gid);
        return true;
    }
    return false;
}

/* The least privileged credentials that can open the sockets; root only if no others can. */
static struct credentials find_credentials(const struct upstreams *upstreams)
{
    const struct credentials stay = {.drop = false};
    bool all_there = true;

    for (size_t i = 0; i < upstreams->count; i++)
        if (upstreams->list[i].kind == UPSTREAM_UNIX && !is_socket(upstreams->list[i].host))
            all_there = false;
    if (geteuid() != 0 || !all_there)
        return stay;
    if (!may_change_user()) {
        notice("HAProxy runs as root: it lacks the capabilities to change its user (cap_drop), which also limits what "
               "root may do");
        return stay;
    }
    return least_credentials(upstreams);
}

/* Whether the last of count strings, each in size bytes, equals an earlier one. */
static bool repeats(const char *strings, size_t size, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++)
        if (strcmp(strings + i * size, strings + (count - 1) * size) == 0)
            return true;
    return false;
}

static void find_own_names(struct machine *machine)
{
    char(*names)[HOST_NAME_SIZE] = machine->own_names;
    size_t count = 0;

    if (gethostname(names[0], HOST_NAME_SIZE) == 0 && host_name_read(names[0], names[0]))
        count++;
    if (container_network_name(names[count]) && !repeats(names[0], sizeof names[0], count + 1))
        count++;
    machine->own_name_count = count;
}

static void find_first_address(char *text, size_t size, const struct upstream *upstream)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;

    if (!upstream_has_name(upstream) || getaddrinfo(upstream->host, NULL, &hints, &found) != 0 ||
        getnameinfo(found->ai_addr, found->ai_addrlen, text, (socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0 ||
        strchr(text, '%') != NULL) /* a link-local address, which HAProxy cannot express */
        bounded_copy(text, size, "none");
    if (found != NULL)
        freeaddrinfo(found);
}

/* Reads resolv.conf here rather than in HAProxy, which warns of repeated addresses and of forms that it does not
 * support, such as fe80::1%eth0. */
static void find_nameservers(struct machine *machine)
{
    FILE *file = fopen("/etc/resolv.conf", "re");
    char *line = NULL;
    size_t size = 0;
    size_t count = 0;

    while (file != NULL && count < NAMESERVERS_MAX && getline(&line, &size, file) > 0) {
        char *address = machine->nameservers[count];
        unsigned char binary[sizeof(struct in6_addr)];

        if (sscanf(line, "nameserver %45s", address) == 1 &&
            inet_pton(strchr(address, ':') != NULL ? AF_INET6 : AF_INET, address, binary) == 1 &&
            !repeats(machine->nameservers[0], sizeof machine->nameservers[0], count + 1))
            count++;
    }
    free(line);
    if (file != NULL)
        fclose(file);
    if (count == 0) /* the C library's default, resolv.conf(5) */
        bounded_copy(machine->nameservers[count++], INET6_ADDRSTRLEN, "127.0.0.1");
    machine->nameserver_count = count;
}

void machine_read(struct machine *machine, const struct environment *environment, struct problems *problems)
{
    const struct settings *settings = &environment->settings;

    machine->connections = count_connections(settings->max_connections, problems);
    machine->ipv6 = has_ipv6();
    machine->stale = upstreams_stale(&settings->upstreams);
    machine->client_ca = settings_require_client_certificates(settings);
    machine->credentials = find_credentials(&settings->upstreams);
    find_own_names(machine);
    find_nameservers(machine);
    for (size_t i = 0; i < settings->upstreams.count; i++)
        find_first_address(machine->first_addresses[i], sizeof machine->first_addresses[i],
                           &settings->upstreams.list[i]);
}
