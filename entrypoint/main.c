/* The program docker-socket-proxy: its table of commands, and those that render haproxy.cfg and run HAProxy. */

#include "base/host.h"
#include "command/alias.h"
#include "command/arguments.h"
#include "base/text.h"
#include "config/config.h"
#include "process/dangers.h"
#include "process/haproxy.h"
#include "command/from.h"
#include "command/healthcheck.h"
#include "command/migrate.h"
#include "command/presets.h"
#include "command/recreate.h"
#include "command/suggest.h"
#include "environment/listener_conflicts.h"
#include "command/explain.h"
#include "process/policy.h"
#include "process/supervisor.h"
#include "process/warnings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BAD_ENVIRONMENT 2

/* Reads the inventory and the machine, and renders haproxy.cfg, which the caller frees. NULL with a problem on failure.
 * The caller frees the inventory in both cases. Begins a follower, unless that is NULL, which reads the containers
 * meanwhile. */
static char *make_config(const struct environment *environment, struct inventory *inventory, struct follower *follower,
                         struct problems *problems)
{
    struct machine machine;

    inventory_read(inventory, environment, INVENTORY_MILLISECONDS);
    machine_read(&machine, environment, problems);
    if (follower != NULL)
        follower->warns = inventory->complete;
    if (follower != NULL && problems->count == 0 &&
        !follower_begin(follower, environment, inventory, &machine.credentials))
        problem(problems, "a process cannot be started: %s", strerror(errno));
    return config_text(environment, &machine, inventory, problems);
}

static int render(const struct arguments *arguments, const struct environment *environment, struct problems *problems)
{
    struct inventory inventory;
    char *config = make_config(environment, &inventory, NULL, problems);

    inventory_free(&inventory);

    (void)arguments;
    if (config == NULL)
        return BAD_ENVIRONMENT;
    fputs(config, stdout);
    free(config);
    return fflush(stdout) == 0 ? 0 : 1;
}

static int check(const struct arguments *arguments, const struct environment *environment, struct problems *problems)
{
    struct inventory inventory;
    struct version_query version;
    struct config_file file;
    char *config;
    bool usable, made;
    int code = BAD_ENVIRONMENT;

    haproxy_ask(&version, environment->settings.haproxy);
    config = make_config(environment, &inventory, NULL, problems);
    usable = haproxy_usable(&version, problems);
    made = config != NULL && usable && config_file_make(&file, NULL, config, problems);
    inventory_free(&inventory);
    free(config);
    if (made) {
        code = haproxy_check(environment->settings.haproxy, file.path) == 0 ? 0 : 1;
        dangers_remind(environment);
        warn_of_upgrades(environment);
        warn_of_presets(environment);
        config_file_close(&file);
    }
    if (arguments->strict && code == 0 && !dangers_acknowledged(environment))
        code = 1;
    return code;
}

/* Reports listeners whose address is already in use, before HAProxy tries to bind it. */
static void report_taken(const struct environment *environment, struct problems *problems)
{
    const struct listener *listener;
    const char *prefix;

    for (size_t k = 0; (listener = environment_listener(environment, k, &prefix)) != NULL; k++)
        if (listener_taken(listener))
            problem(problems,
                    listener->kind == LISTEN_UNIX ? "%sLISTEN: %s is in use, or not a socket"
                                                  : "%sLISTEN: %s port %u is in use",
                    prefix, listener->address[0] == '\0' ? "*" : listener->address, listener->port);
}

static int run(const struct arguments *arguments, const struct environment *environment, struct problems *problems)
{
    const struct settings *settings = &environment->settings;
    struct supervision supervision = {
        .environment = environment, .variables = environ, .config = {.fd = -1}, .follower = NO_FOLLOWER};
    struct version_query version;
    char *config;
    bool usable, made;
    int code = BAD_ENVIRONMENT;

    (void)arguments;
    haproxy_ask(&version, settings->haproxy);
    config = make_config(environment, &supervision.inventory, &supervision.follower, problems);
    usable = haproxy_usable(&version, problems);
    report_taken(environment, problems);
    made = config != NULL && usable && problems->count == 0 &&
           config_file_make(&supervision.config, settings->runtime_dir, config, problems) &&
           config_file_put(&supervision.config, settings->runtime_dir, problems);
    free(config);
    if (!made) {
        follower_end(&supervision.follower);
        inventory_free(&supervision.inventory);
        return BAD_ENVIRONMENT;
    }
    /* HAProxy checks the certificates before anything listens. */
    if ((settings->tls_cert_path != NULL || settings->upstream_tls_cert_path != NULL) &&
        !supervision_check(&supervision, &supervision.config)) {
        problem(problems, "HAProxy refuses the configuration or its certificates, see above");
        follower_end(&supervision.follower);
    } else {
        warn(environment, &supervision.inventory);
        code = supervise(&supervision);
    }
    policy_free(supervision.reloaded);
    inventory_free(&supervision.inventory);
    config_file_close(&supervision.config);
    return code;
}

/* The profile that --profile names, or the base set; NULL with a problem if there is no such profile. */
static const struct profile *chosen_profile(const struct arguments *arguments, const struct environment *environment,
                                            struct problems *problems)
{
    const struct profile *profile = environment_profile(environment, arguments->profile);

    if (profile == NULL)
        problem(problems, "--profile %s: no PROFILE_%s_* variable is set", arguments->profile, arguments->profile);
    return profile;
}

/* The same, or the profile of the container that --from names. Reads the inventory if `reads` or if that needs it. */
static const struct profile *asking_profile(const struct arguments *arguments, const struct environment *environment,
                                            struct inventory *inventory, bool reads, struct problems *problems)
{
    const struct profile *profile = arguments->from == NULL ? chosen_profile(arguments, environment, problems) : NULL;

    if (arguments->from != NULL && arguments->profile != NULL)
        problem(problems, "--profile and --from exclude each other: a container has the profile that it has");
    if (problems->count == 0 && (reads || arguments->from != NULL))
        inventory_read(inventory, environment, INVENTORY_MILLISECONDS_LATER);
    if (problems->count == 0 && arguments->from != NULL)
        profile = profile_from(environment, inventory, arguments->from, problems);
    return profile;
}

static int permissions(const struct arguments *arguments, const struct environment *environment,
                       struct problems *problems)
{
    struct inventory inventory = {.contained = false};
    const struct profile *profile = asking_profile(arguments, environment, &inventory, false, problems);

    inventory_free(&inventory);
    if (profile == NULL)
        return BAD_ENVIRONMENT;
    report_permissions(profile, arguments->open, arguments->json);
    return 0;
}

static int explain(const struct arguments *arguments, const struct environment *environment, struct problems *problems)
{
    struct inventory inventory = {.contained = false};
    const struct profile *profile;
    int code;

    if (arguments->word[1] == NULL && (arguments->json || arguments->body != NULL || arguments->response != NULL)) {
        problem(problems, "explain: - cannot be combined with --json or --body, nor with --response");
        return BAD_ENVIRONMENT;
    }
    profile = asking_profile(arguments, environment, &inventory, true, problems);
    if (profile == NULL) {
        inventory_free(&inventory);
        return BAD_ENVIRONMENT;
    }
    if (arguments->word[1] == NULL)
        code = report_explain_lines(environment, &inventory, profile);
    else if (arguments->response != NULL)
        code = report_response(environment, &inventory, profile, arguments->word[0], arguments->word[1],
                               arguments->response);
    else
        code = report_explain(environment, &inventory, profile, arguments->word[0], arguments->word[1], arguments->body,
                              arguments->json);
    inventory_free(&inventory);
    return code;
}

static int print_suggestions(const struct arguments *arguments, const struct environment *environment,
                             struct problems *problems)
{
    const struct suggest_options options = {
        .narrow = arguments->narrow, .merge = arguments->merge, .compose = arguments->compose};
    const struct profile *profile = chosen_profile(arguments, environment, problems);
    struct inventory inventory;
    int code;

    if (profile == NULL)
        return BAD_ENVIRONMENT;
    if (!arguments->recreate)
        return suggest(arguments->word[0], &options, environment->variables);
    if (arguments->word[0] != NULL || options.narrow || options.merge || options.compose) {
        problem(problems, "suggest: --recreate reads the Engine's containers, not a log");
        return BAD_ENVIRONMENT;
    }
    inventory_read(&inventory, environment, INVENTORY_MILLISECONDS_LATER);
    code = suggest_recreate(environment, &inventory, profile);
    inventory_free(&inventory);
    return code;
}

static int check_health(const struct arguments *arguments, const struct environment *environment,
                        struct problems *problems)
{
    (void)arguments;
    (void)problems;
    return healthcheck(environment);
}

static int migrate_names(const struct arguments *arguments, const struct environment *environment,
                         struct problems *problems)
{
    (void)environment;
    (void)problems;
    return migrate(arguments->word[0], arguments->word[1]);
}

static int print_presets(const struct arguments *arguments, const struct environment *environment,
                         struct problems *problems)
{
    (void)environment;
    if (arguments->word[0] != NULL)
        return presets_show(arguments->word[0], problems);
    presets_list(arguments->json);
    return fflush(stdout) == 0 ? 0 : 1;
}

static int print_map(const struct arguments *arguments, const struct environment *environment,
                     struct problems *problems)
{
    static const struct {
        const char *name;
        void (*write)(FILE *out);
    } maps[] = {{"operations", config_write_operations_map},
                {"libpod", config_write_libpod_map},
                {"plain", config_write_plain_list},
                {"kinds", config_write_kinds_map},
                {"variables", config_write_variables_map},
                {"answers", config_write_answers_map},
                {"faults", config_write_faults_map},
                {"members", guard_write_members_map},
                {"hints", guard_write_hints_map},
                {"redactions", redact_write_table},
                {"settings", variables_write_table},
                {"targets", operations_write_reach}};
    char names[160] = "";

    (void)environment;
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        if (strcmp(arguments->word[0], maps[i].name) == 0) {
            maps[i].write(stdout);
            return fflush(stdout) == 0 ? 0 : 1;
        }
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        bounded_format(names + strlen(names), sizeof names - strlen(names), " %s", maps[i].name);
    problem(problems, "map: %s: no such map; there are%s", arguments->word[0], names);
    return BAD_ENVIRONMENT;
}

/* The first one runs if the command line is empty. */
static const struct command commands[] = {
    {"run", "", 0, "", "run the proxy; the default without a command\n", true, run},
    {"render", "", 0, "", "print haproxy.cfg\n", true, render},
    {"check", "", 0, "--strict",
     "check the environment, and haproxy.cfg with `haproxy -c`;\n"
     "--strict: exit status 1 for dangerous settings as well\n",
     true, check},
    {"explain", "METHOD PATH", 2, "--profile --from --body --response --json",
     "would the proxy allow this request, and by which variable;\n"
     "exit status 0: allowed, 3: denied; FILE: the body of the\n"
     "request, or of the Engine's answer, which is printed as the\n"
     "client gets it; -: each \"METHOD PATH\" line of stdin;\n"
     "CONTAINER: a name, an id or an address, whose profile the\n"
     "Engine's containers show\n",
     true, explain},
    {"permissions", "", 0, "--profile --from --open --json",
     "list all operations of the Engine API, and what opens each;\n"
     "tab-separated if stdout is not a terminal\n",
     true, permissions},
    {"presets", "NAME", 0, "--json",
     "list the presets, the sets of permissions of known clients;\n"
     "NAME: what PRESET=NAME opens, as an env file\n",
     false, print_presets},
    {"suggest", "FILE", 0, "--narrow --merge --compose --recreate --profile",
     "read a log (-: stdin), and print the variables that its clients\n"
     "need. --narrow: own variables only; --merge: one set for all\n"
     "clients; --compose: only the snippet for Compose; --recreate:\n"
     "instead the guard variables without which one of the Engine's\n"
     "containers could not be created again\n",
     true, print_suggestions},
    {"healthcheck", "", 0, "", "query the running proxy; exit status 0: healthy, 1: not\n", true, check_health},
    {"migrate", "FILE SERVICE", 0, "",
     "translate other images' variables in a Compose file, an env\n"
     "file (-: stdin) or this environment into ALLOW_* variables\n",
     false, migrate_names},
    {"map", "NAME", 1, "",
     "print haproxy/NAME.map: operations, answers, faults, members\n"
     "or hints; settings: the variables that are not permissions;\n"
     "redactions: what REDACT hides; targets: what operations reach\n",
     false, print_map},
    {NULL, NULL, 0, NULL, NULL, false, NULL},
};

static void print_help(void)
{
    puts("usage: docker-socket-proxy [COMMAND]\n");
    arguments_help(stdout, commands);
    puts("  --help | --version\n"
         "\n"
         "All settings are environment variables. Permissions are ALLOW_*: `docker-socket-proxy permissions` lists "
         "them. The\n"
         "others (* also as PROFILE_<NAME>_*, FROM only so):\n");
    variables_help(stdout);
}

/* Opens stdin, stdout and stderr where they are closed, so that no other file gets their numbers and what is written to
 * them. */
static void open_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            _exit(1);
}

static bool has_option(const char *option, const char *letter, int argc, char *const argv[])
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], option) == 0 || strcmp(argv[i], letter) == 0)
            return true;
    return false;
}

int main(int argc, char *argv[])
{
    struct problems problems = {.to = stderr};
    struct environment environment;
    const struct command *command;
    struct arguments arguments;
    int code;

    open_standard_descriptors();
    if (alias_of(argv[0]) != NULL)
        return alias_run(alias_of(argv[0]), argc, argv);
    if (has_option("--help", "-h", argc, argv)) {
        print_help();
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("docker-socket-proxy " VERSION);
        return 0;
    }
    command = arguments_read(&arguments, commands, argc - 1, argv + 1);
    if (command == NULL)
        return BAD_ENVIRONMENT;
    if (command->run == run)
        supervisor_hold_signals();
    if (!command->needs_environment)
        return command->run(&arguments, NULL, &problems);
    environment_load(&environment, environ, &problems);
    if (problems.count > 0 && !(command->run == check_health && environment_may_serve(&environment)))
        code = BAD_ENVIRONMENT;
    else
        code = command->run(&arguments, &environment, &problems);
    environment_free(&environment);
    return code;
}
