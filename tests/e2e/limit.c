/* A preloaded library that reports a limit of 1,073,741,816 open files, the default with systemd, on any machine. */
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/resource.h>

int getrlimit(__rlimit_resource_t resource, struct rlimit *limit)
{
    if (resource != RLIMIT_NOFILE)
        return prlimit(0, resource, NULL, limit);
    limit->rlim_cur = limit->rlim_max = 1073741816;
    return 0;
}

int getrlimit64(__rlimit_resource_t resource, struct rlimit64 *limit)
{
    return getrlimit(resource, (struct rlimit *)limit);
}

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
    (void)resource;
    (void)limit;
    return 0;
}

int setrlimit64(__rlimit_resource_t resource, const struct rlimit64 *limit)
{
    return setrlimit(resource, (const struct rlimit *)limit);
}
