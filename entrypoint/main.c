/* docker-socket-proxy: environment -> permissions -> haproxy.cfg -> HAProxy. */

#include "config.h"
#include "haproxy.h"
#include "healthcheck.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAD_ENVIRONMENT 2

static const char usage[] =
    "usage: docker-socket-proxy [run]               check, render, run HAProxy\n"
    "       docker-socket-proxy render              print haproxy.cfg\n"
    "       docker-socket-proxy check               check the environment, and haproxy.cfg with `haproxy -c`\n"
    "       docker-socket-proxy explain METHOD PATH what would happen, and by which variable: 0 allowed, 3 denied\n"
    "       docker-socket-proxy explain -           the same for each \"METHOD PATH\" line of stdin\n"
    "       docker-socket-proxy permissions         every operation of the Engine API, and what opens it now\n"
    "       docker-socket-proxy healthcheck         ask the running proxy: 0 healthy, 1 not\n"
    "       docker-socket-proxy map NAME            print haproxy/NAME.map: operations or variables\n"
    "       docker-socket-proxy --help | --version\n"
    "\n"
    "Everything is set by environment variables: ALLOW_*, SOCKET_PATH, LISTEN, LOG_LEVEL, LOG_FORMAT,\n"
    "MIN_API_VERSION, DISABLE_IPV6, MAX_CONNECTIONS, HAPROXY, RUNTIME_DIRECTORY. The README has the tables.\n";

/* A grant that cannot work today is said at the start, not found out later. */
static void warn_of_grants(const struct environment *environment)
{
    for (size_t i = 0; i < operation_count; i++)
        if (environment->permissions.open[i] &&
            (strcmp(operations[i].id, "Session") == 0 || strcmp(operations[i].id, "Grpc") == 0))
            notice("warning: POST %s is open, but HAProxy drops its Upgrade: h2c, so builds with BuildKit fail; build with "
                   "DOCKER_BUILDKIT=0",
                   operations[i].path);
}

static void tell_of_foreign_names(const struct environment *environment)
{
    char names[512];

    if (compat_used(&environment->compat, names, sizeof names) > 0)
        notice("understood as in the %s image: %s; `docker-socket-proxy migrate` prints the same in ALLOW_* names",
               environment->compat.tecnativa ? "tecnativa" : "linuxserver", names);
}

static int render(const struct environment *environment, struct problems *problems)
{
    char *config = config_text(environment, problems);

    if (config == NULL)
        return BAD_ENVIRONMENT;
    fputs(config, stdout);
    free(config);
    return fflush(stdout) == 0 ? 0 : 1;
}

static int check(const struct environment *environment, struct problems *problems)
{
    char *config = config_text(environment, problems);
    bool usable = haproxy_usable(environment->settings.haproxy, problems);
    const char *file = NULL;

    if (config != NULL && usable)
        file = haproxy_config_file(NULL, config, problems);
    free(config);
    if (file == NULL)
        return BAD_ENVIRONMENT;
    return haproxy_check(environment->settings.haproxy, file) == 0 ? 0 : 1;
}

static int run(const struct environment *environment, struct problems *problems)
{
    char *config = config_text(environment, problems);
    bool usable = haproxy_usable(environment->settings.haproxy, problems);
    const char *file = NULL;

    if (config != NULL && usable)
        file = haproxy_config_file(environment->settings.runtime_dir, config, problems);
    free(config);
    if (file == NULL)
        return BAD_ENVIRONMENT;
    warn_of_grants(environment);
    tell_of_foreign_names(environment);
    return haproxy_supervise(environment->settings.haproxy, file);
}

static int command(int count, char *const words[], const struct environment *environment, struct problems *problems)
{
    const char *name = count == 0 ? "run" : words[0];

    if (count <= 1 && strcmp(name, "run") == 0)
        return run(environment, problems);
    if (count == 1 && strcmp(name, "render") == 0)
        return render(environment, problems);
    if (count == 1 && strcmp(name, "check") == 0)
        return check(environment, problems);
    if (count == 1 && strcmp(name, "permissions") == 0) {
        report_permissions(environment);
        return 0;
    }
    if (count == 1 && strcmp(name, "healthcheck") == 0)
        return healthcheck(&environment->settings);
    if (count == 2 && strcmp(name, "explain") == 0 && strcmp(words[1], "-") == 0)
        return report_explain_lines(environment);
    if (count == 3 && strcmp(name, "explain") == 0)
        return report_explain(environment, words[1], words[2]);
    fputs(usage, stderr);
    return BAD_ENVIRONMENT;
}

int main(int argc, char *argv[])
{
    struct problems problems = {.to = stderr};
    struct environment environment;

    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        fputs(usage, stdout);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("docker-socket-proxy " VERSION);
        return 0;
    }
    if (argc == 3 && strcmp(argv[1], "map") == 0) {
        if (strcmp(argv[2], "operations") == 0)
            config_write_map(stdout);
        if (strcmp(argv[2], "variables") == 0)
            config_write_variables_map(stdout);
        return 0;
    }
    environment_read(&environment, environ, &problems);
    if (problems.count > 0)
        return BAD_ENVIRONMENT;
    return command(argc - 1, argv + 1, &environment, &problems);
}
