/* docker-socket-proxy: environment -> permissions -> haproxy.cfg -> HAProxy. */

#include "config.h"
#include "haproxy.h"
#include "healthcheck.h"
#include "migrate.h"
#include "place.h"
#include "report.h"
#include "supervisor.h"
#include "warnings.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAD_ENVIRONMENT 2

static const char usage[] =
    "usage: docker-socket-proxy [run]               check, render, run HAProxy\n"
    "       docker-socket-proxy render              print haproxy.cfg\n"
    "       docker-socket-proxy check               check the environment, and haproxy.cfg with `haproxy -c`\n"
    "       docker-socket-proxy explain METHOD PATH what would happen, and by which variable: 0 allowed, 3 denied\n"
    "       docker-socket-proxy explain METHOD PATH --body FILE   with what the create guard says of the body\n"
    "       docker-socket-proxy explain -           the same for each \"METHOD PATH\" line of stdin\n"
    "       docker-socket-proxy permissions         every operation of the Engine API, and what opens it now\n"
    "       (explain and permissions take --profile NAME first)\n"
    "       docker-socket-proxy healthcheck         ask the running proxy: 0 healthy, 1 not\n"
    "       docker-socket-proxy migrate [FILE [SERVICE]]  say a Compose file's, an env file's or this environment's names of\n"
    "                                               other images in ALLOW_* names\n"
    "       docker-socket-proxy map NAME            print haproxy/NAME.map: operations, variables, kinds, members or hints\n"
    "       docker-socket-proxy --help | --version\n"
    "\n"
    "Everything is set by environment variables: ALLOW_*, PROFILE_<NAME>_*, LISTEN, SOCKET_PATH, UPSTREAM, TLS_CERT_PATH,\n"
    "LOG_LEVEL, RATE_LIMIT and others. The README has the tables.\n";

/* The configuration with what the Engines say now. NULL with a problem told; the inventory is the caller's to free. */
static char *make_config(const struct environment *environment, struct inventory *inventory, struct problems *problems)
{
    inventory_read(inventory, &environment->settings, INVENTORY_MILLISECONDS);
    return config_text(environment, inventory, problems);
}

static int render(const struct environment *environment, struct problems *problems)
{
    struct inventory inventory;
    char *config = make_config(environment, &inventory, problems);

    inventory_free(&inventory);

    if (config == NULL)
        return BAD_ENVIRONMENT;
    fputs(config, stdout);
    free(config);
    return fflush(stdout) == 0 ? 0 : 1;
}

static int check(const struct environment *environment, struct problems *problems)
{
    struct inventory inventory;
    char *config = make_config(environment, &inventory, problems);
    bool usable = haproxy_usable(environment->settings.haproxy, problems);
    struct config_file file;
    bool made = config != NULL && usable && config_file_make(&file, NULL, config, problems);
    int code = BAD_ENVIRONMENT;

    inventory_free(&inventory);
    free(config);
    if (made) {
        code = haproxy_check(environment->settings.haproxy, file.path) == 0 ? 0 : 1;
        config_file_close(&file);
    }
    return code;
}

/* The certificates that are in use: PATH_MAX bytes each in paths, which the supervision points into. */
static void watch_certificates(struct supervision *supervision, const struct settings *settings,
                               char paths[WATCHED_MAX][PATH_MAX])
{
    static const char *const files[] = {"cert.pem", "key.pem", "ca.pem"};
    const char *const directories[] = {settings->tls_cert_path, settings->upstream_tls_cert_path};
    size_t count = 0;

    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
        for (size_t k = 0; directories[i] != NULL && k < sizeof files / sizeof *files; k++) {
            if ((size_t)snprintf(paths[count], PATH_MAX, "%s/%s", directories[i], files[k]) < PATH_MAX) {
                supervision->watched[count] = paths[count];
                count++;
            }
        }
}

static void tell_of_taken(const struct listeners *listeners, const char *prefix, struct problems *problems)
{
    for (size_t i = 0; i < listeners->count; i++) {
        const struct listener *listener = &listeners->list[i];

        if (listener_taken(listener))
            problem(problems, listener->kind == LISTEN_UNIX ? "%sLISTEN: %s is in use, or no socket" : "%sLISTEN: %s port %u is in use",
                    prefix, listener->address[0] == '\0' ? "*" : listener->address, listener->port);
    }
}

static int run(const struct environment *environment, struct problems *problems)
{
    static char paths[WATCHED_MAX][PATH_MAX];
    const struct settings *settings = &environment->settings;
    struct supervision supervision = {.haproxy = settings->haproxy, .environment = environment, .config = {.fd = -1}};
    char *config = make_config(environment, &supervision.inventory, problems);
    bool usable = haproxy_usable(settings->haproxy, problems);
    bool made;
    int code = BAD_ENVIRONMENT;

    for (size_t i = 0; i < environment->profile_count; i++)
        tell_of_taken(i == 0 ? &settings->listeners : &environment->profiles[i].listeners, environment->profiles[i].prefix, problems);
    made = config != NULL && usable && problems->count == 0 &&
           config_file_make(&supervision.config, settings->runtime_dir, config, problems) &&
           config_file_put(&supervision.config, settings->runtime_dir, problems);
    free(config);
    if (!made) {
        inventory_free(&supervision.inventory);
        return BAD_ENVIRONMENT;
    }
    watch_certificates(&supervision, settings, paths);
    /* Certificates are HAProxy's to judge; ask it before anything listens. */
    if (supervision.watched[0] != NULL && !supervision_check(&supervision, &supervision.config)) {
        problem(problems, "HAProxy refuses the configuration or its certificates, see above");
    } else {
        warn(environment, &supervision.inventory);
        code = supervise(&supervision);
    }
    inventory_free(&supervision.inventory);
    config_file_close(&supervision.config);
    return code;
}

/* Takes "--profile NAME" off the front of the words. Returns the profile it names, or the base set; NULL with a problem
 * told if there is no such profile. */
static const struct profile *take_profile(int *count, char *const *words[], const struct environment *environment,
                                          struct problems *problems)
{
    const struct profile *profile;

    if (*count < 2 || strcmp((*words)[0], "--profile") != 0)
        return environment_profile(environment, NULL);
    profile = environment_profile(environment, (*words)[1]);
    if (profile == NULL)
        problem(problems, "--profile %s: no PROFILE_%s_* variable is set", (*words)[1], (*words)[1]);
    *count -= 2;
    *words += 2;
    return profile;
}

static int bad_usage(void)
{
    fputs(usage, stderr);
    return BAD_ENVIRONMENT;
}

static int permissions(int count, char *const words[], const struct environment *environment,
                       struct problems *problems)
{
    const struct profile *profile = take_profile(&count, &words, environment, problems);

    if (profile == NULL)
        return BAD_ENVIRONMENT;
    if (count != 0)
        return bad_usage();
    report_permissions(profile);
    return 0;
}

static int explain(int count, char *const words[], const struct environment *environment, struct problems *problems)
{
    const struct profile *profile = take_profile(&count, &words, environment, problems);
    struct inventory inventory;
    int code;

    if (profile == NULL)
        return BAD_ENVIRONMENT;
    inventory_read(&inventory, &environment->settings, INVENTORY_MILLISECONDS_LATER);
    if (count == 1 && strcmp(words[0], "-") == 0)
        code = report_explain_lines(environment, &inventory, profile);
    else if (count == 2)
        code = report_explain(environment, &inventory, profile, words[0], words[1], NULL);
    else if (count == 4 && strcmp(words[2], "--body") == 0)
        code = report_explain(environment, &inventory, profile, words[0], words[1], words[3]);
    else
        code = bad_usage();
    inventory_free(&inventory);
    return code;
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
    if (count == 1 && strcmp(name, "healthcheck") == 0)
        return healthcheck(&environment->settings);
    if (strcmp(name, "permissions") == 0)
        return permissions(count - 1, words + 1, environment, problems);
    if (strcmp(name, "explain") == 0)
        return explain(count - 1, words + 1, environment, problems);
    return bad_usage();
}

int main(int argc, char *argv[])
{
    struct problems problems = {.to = stderr};
    struct environment environment;
    int code;

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
        if (strcmp(argv[2], "kinds") == 0)
            config_write_kinds_map(stdout);
        if (strcmp(argv[2], "members") == 0)
            guard_write_members_map(stdout);
        if (strcmp(argv[2], "hints") == 0)
            guard_write_hints_map(stdout);
        return 0;
    }
    if (argc >= 2 && argc <= 4 && strcmp(argv[1], "migrate") == 0)
        return migrate(argc > 2 ? argv[2] : NULL, argc > 3 ? argv[3] : NULL);
    environment_read(&environment, environ, &problems);
    code = problems.count > 0 ? BAD_ENVIRONMENT : command(argc - 1, argv + 1, &environment, &problems);
    environment_free(&environment);
    return code;
}
