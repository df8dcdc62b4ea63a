/* From NAME=value strings to permissions, settings, profiles and problems. */
#include "environment/environment.h"
#include "environment/strangers.h"
#include "suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VARIABLES_MAX 24

static struct environment environment;
static char *told;
static size_t told_length;
static unsigned problem_count;

/* Reads the NAME=value strings, which are separated by spaces. */
static void given(const char *text)
{
    static char copy[2048];
    char *variables[VARIABLES_MAX + 1] = {NULL};
    struct problems problems = {.to = open_memstream(&told, &told_length)};
    size_t count = 0;

    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " ")) {
        ck_assert_uint_lt(count, VARIABLES_MAX);
        variables[count++] = word;
    }
    environment_read(&environment, variables, &problems);
    fclose(problems.to);
    problem_count = problems.count;
}

static void done(void)
{
    environment_free(&environment);
    free(told);
    told = NULL;
}

static size_t row(const char *id)
{
    for (size_t i = 0; i < operation_count; i++)
        if (strcmp(operations[i].id, id) == 0)
            return i;
    ck_abort_msg("no operation %s", id);
}

/* What a set of variables says of an operation in a profile (NULL: the base set), with its reason. */
static const struct decision {
    const char *variables;
    const char *profile;
    const char *operation;
    bool open;
    const char *reason;
} decisions[] = {
    {"", NULL, "SystemPing", true, "default"},
    {"", NULL, "SystemEvents", true, "default"},
    {"", NULL, "ContainerList", false, "ALLOW_CONTAINER_LIST=true (or ALLOW_CONTAINERS=true)"},
    {"ALLOW_CONTAINERS=TRUE", NULL, "ContainerList", true, "ALLOW_CONTAINERS"},
    {"ALLOW_CONTAINERS=On", NULL, "ContainerLogs", false, "ALLOW_LOGS=true"},
    {"ALLOW_CONTAINERS=", NULL, "ContainerList", false, "ALLOW_CONTAINER_LIST=true (or ALLOW_CONTAINERS=true)"},
    {"ALLOW_PING=off", NULL, "SystemPing", false, "ALLOW_SYSTEM_PING=true (or ALLOW_PING=true)"},
    {"ALLOW_PING=0", NULL, "SystemVersion", true, "default"},
    /* either group */
    {"ALLOW_STOP=1", NULL, "ContainerStop", true, "ALLOW_STOP"},
    {"ALLOW_RESTARTS=1", NULL, "ContainerStop", true, "ALLOW_RESTARTS"},
    {"ALLOW_STOP=0 ALLOW_RESTARTS=1", NULL, "ContainerStop", true, "ALLOW_RESTARTS"},
    {"", NULL, "ContainerStop", false, "ALLOW_STOP=true"},
    {"ALLOW_STOP=1", NULL, "ContainerRestart", false, "ALLOW_CONTAINER_RESTART=true (or ALLOW_RESTARTS=true)"},
    /* both groups */
    {"ALLOW_CREATE=1", NULL, "NetworkCreate", false, "ALLOW_NETWORK_CREATE=true (or ALLOW_NETWORKS=true)"},
    {"ALLOW_NETWORKS=1", NULL, "NetworkCreate", false, "ALLOW_NETWORK_CREATE=true (or ALLOW_CREATE=true)"},
    {"", NULL, "NetworkCreate", false, "ALLOW_NETWORK_CREATE=true (or ALLOW_CREATE=true and ALLOW_NETWORKS=true)"},
    {"ALLOW_CREATE=1 ALLOW_NETWORKS=1", NULL, "NetworkCreate", true, "ALLOW_CREATE and ALLOW_NETWORKS"},
    {"ALLOW_CREATE=1 ALLOW_NETWORKS=1", NULL, "VolumeCreate", false,
     "ALLOW_VOLUME_CREATE=true (or ALLOW_VOLUMES=true)"},
    /* what the guard refuses as a whole */
    {"", NULL, "PluginPull", false,
     "ALLOW_PLUGIN_PULL=true (or ALLOW_CREATE=true and ALLOW_PLUGINS=true) and ALLOW_PRIVILEGED=true"},
    {"ALLOW_PRIVILEGED=1", NULL, "PluginPull", false,
     "ALLOW_PLUGIN_PULL=true (or ALLOW_CREATE=true and ALLOW_PLUGINS=true)"},
    /* a group that opens nothing else is named alone */
    {"", NULL, "ContainerLogs", false, "ALLOW_LOGS=true"},
    {"ALLOW_SERVICES=1", NULL, "ContainerLogs", false, "ALLOW_CONTAINER_LOGS=true (or ALLOW_LOGS=true)"},
    /* own variables decide alone */
    {"ALLOW_CONTAINER_LIST=1", NULL, "ContainerList", true, "ALLOW_CONTAINER_LIST"},
    {"ALLOW_CONTAINERS=1 ALLOW_CONTAINER_LIST=no", NULL, "ContainerList", false, "ALLOW_CONTAINER_LIST=true"},
    {"ALLOW_CONTAINERS=0 ALLOW_CONTAINER_LIST=yes", NULL, "ContainerList", true, "ALLOW_CONTAINER_LIST"},
    {"ALLOW_IMAGES=1", NULL, "ImagePush", false, "ALLOW_IMAGE_PUSH=true"},
    {"ALLOW_IMAGE_PUSH=1", NULL, "ImagePush", true, "ALLOW_IMAGE_PUSH"},
    {"ALLOW_LIBPOD_CONTAINER_LIST=1", NULL, "ContainerListLibpod", true, "ALLOW_LIBPOD_CONTAINER_LIST"},
    {"ALLOW_CONTAINERS=1", NULL, "ContainerListLibpod", false, "ALLOW_LIBPOD_CONTAINER_LIST=true"},
    /* names of the other images */
    {"CONTAINERS=1", NULL, "ContainerList", true, "CONTAINERS"},
    {"CONTAINERS=1", NULL, "ContainerCreate", false, "ALLOW_CONTAINER_CREATE=true (or ALLOW_CREATE=true)"},
    {"CONTAINERS=1 POST=1", NULL, "ContainerCreate", true, "CONTAINERS and POST"},
    {"CONTAINERS=1 POST=1 ALLOW_CREATE=0", NULL, "ContainerCreate", false,
     "ALLOW_CONTAINER_CREATE=true (or ALLOW_CREATE=true)"},
    {"CONTAINERS=0 ALLOW_CONTAINERS=1", NULL, "ContainerList", true, "ALLOW_CONTAINERS"},
    {"CONTAINERS=1 ALLOW_CONTAINERS=0", NULL, "ContainerList", false,
     "ALLOW_CONTAINER_LIST=true (or ALLOW_CONTAINERS=true)"},
    {"POST=1", NULL, "ContainerCreate", false, "ALLOW_CONTAINER_CREATE=true (or ALLOW_CREATE=true)"},
    {"CONTAINERS=1 POST=1", NULL, "ContainerLogs", false, "ALLOW_LOGS=true"},
    {"CONTAINERS=1 COMPAT=tecnativa", NULL, "ContainerLogs", true, "CONTAINERS"},
    {"CONTAINERS=1", NULL, "ContainerAttachWebsocket", false,
     "ALLOW_CONTAINER_ATTACH_WEBSOCKET=true (or ALLOW_ATTACH=true)"},
    {"CONTAINERS=1 COMPAT=tecnativa", NULL, "ContainerAttachWebsocket", false,
     "ALLOW_CONTAINER_ATTACH_WEBSOCKET=true (or ALLOW_ATTACH=true)"},
    {"CONTAINERS=1 POST=1 EXEC=0", NULL, "ContainerExec", false, "ALLOW_CONTAINER_EXEC=true (or ALLOW_EXEC=true)"},
    {"CONTAINERS=1 POST=1 EXEC=1", NULL, "ContainerExec", true, "CONTAINERS and POST"},
    {"POST=1 EXEC=1", NULL, "ContainerExec", false, "ALLOW_CONTAINER_EXEC=true (or ALLOW_EXEC=true)"},
    {"CONTAINERS=1 POST=1 COMPAT=tecnativa", NULL, "ContainerExec", true, "CONTAINERS and POST"},
    {"POST=1 EXEC=1 COMPAT=linuxserver", NULL, "ContainerExec", false,
     "ALLOW_CONTAINER_EXEC=true (or ALLOW_EXEC=true)"},
    {"CONTAINERS=1 POST=1 COMPAT=linuxserver", NULL, "ContainerExec", true, "CONTAINERS and POST"},
    {"CONTAINERS=1 COMPAT=linuxserver", NULL, "ContainerLogs", false, "ALLOW_LOGS=true"},
    {"LIBPOD_CONTAINERS=1 POST=1 COMPAT=linuxserver", NULL, "ContainerExecLibpod", true, "LIBPOD_CONTAINERS and POST"},
    {"LIBPOD_PODS=1", NULL, "PodTopLibpod", false, "ALLOW_LIBPOD_POD_TOP=true"},
    {"LIBPOD_PODS=1 ALLOW_TOP=1", NULL, "PodTopLibpod", true, "LIBPOD_PODS"},
    {"EVENTS=0", NULL, "SystemEvents", false, "ALLOW_EVENTS=true"},
    {"ALLOW_START=1", NULL, "ContainerStart", true, "ALLOW_START"},
    {"ALLOW_START=1 COMPAT=tecnativa", NULL, "ContainerStart", false, "ALLOW_CONTAINER_START=true"},
    {"CONTAINERS=1 ALLOW_RESTARTS=1 COMPAT=tecnativa", NULL, "ContainerRestart", false, "ALLOW_CONTAINER_RESTART=true"},
    {"ALLOW_START=1 COMPAT=tecnativa POST=1", NULL, "ContainerStart", true, "ALLOW_START"},
    {"LIBPOD_CONTAINERS=1", NULL, "ContainerListLibpod", true, "LIBPOD_CONTAINERS"},
    {"LIBPOD_ALLOW_RESTARTS=1", NULL, "ContainerKillLibpod", true, "LIBPOD_ALLOW_RESTARTS"},
    {"SERVICES=1", NULL, "ServiceLogs", true, "SERVICES"},
    /* profiles */
    {"PROFILE_A_FROM=x PROFILE_A_ALLOW_INFO=1", "a", "SystemInfo", true, "PROFILE_A_ALLOW_INFO"},
    {"PROFILE_A_FROM=x PROFILE_A_ALLOW_INFO=1", NULL, "SystemInfo", false, "ALLOW_INFO=true"},
    {"PROFILE_A_FROM=x ALLOW_INFO=1", "A", "SystemInfo", false, "PROFILE_A_ALLOW_INFO=true"},
    {"PROFILE_A_ALLOW_INFO=1 PROFILES_FROM_LABELS=1", "A", "SystemInfo", true, "PROFILE_A_ALLOW_INFO"},
    {"PROFILE_A_FROM=x INFO=1", "A", "SystemInfo", false, "PROFILE_A_ALLOW_INFO=true"},
    {"PROFILE_READ_ONLY_FROM=x", "read_only", "NetworkCreate", false,
     "PROFILE_READ_ONLY_ALLOW_NETWORK_CREATE=true (or PROFILE_READ_ONLY_ALLOW_CREATE=true and PROFILE_READ_ONLY_ALLOW_NETWORKS=true)"},
};

START_TEST(test_decision)
{
    const struct decision *decision = &decisions[_i];
    const struct profile *profile;
    char reason[REASON_MAX];
    size_t i = row(decision->operation);

    given(decision->variables);
    ck_assert_str_eq(told, "");
    profile = environment_profile(&environment, decision->profile);
    ck_assert_ptr_nonnull(profile);
    ck_assert_msg(profile->permissions.open[i] == decision->open, "%s: %s", decision->variables, decision->operation);
    profile_reason(profile, i, reason);
    ck_assert_str_eq(reason, decision->reason);
    done();
}
END_TEST

/* What is wrong, and what is said of it. */
static const struct mistake {
    const char *variables;
    const char *said;
} mistakes[] = {
    {"ALLOW_START=maybe", "ALLOW_START=maybe: not a boolean; use 1 true yes on or 0 false no off"},
    {"CONTAINERS=2", "CONTAINERS=2: not a boolean"},
    {"ALLOW_CONTAINER=1", "ALLOW_CONTAINER: unknown variable; did you mean ALLOW_CONTAINERS"},
    {"ALLOW_CONTAINERLIST=1", "ALLOW_CONTAINERLIST: unknown variable; did you mean ALLOW_CONTAINER_LIST"},
    {"ALLOW_PRIVILEGD=1", "ALLOW_PRIVILEGD: unknown variable; did you mean ALLOW_PRIVILEGED"},
    {"ALLOW_=1", "ALLOW_"},
    {"ALLOW_QUITE_SOMETHING_ELSE=1", "ALLOW_QUITE_SOMETHING_ELSE: no such permission"},
    {"LIBPOD_CONTAINER=1", "LIBPOD_CONTAINER: unknown variable; did you mean LIBPOD_CONTAINERS"},
    {"LIBPOD_NONSENSE_AT_ALL=1", "LIBPOD_NONSENSE_AT_ALL: unknown variable; ALLOW_LIBPOD_*"},
    {"COMPAT=x", "COMPAT=x: not one of linuxserver tecnativa"},
    {"LISTEN=tcp://:0", "a port from 1 to 65535 is missing"},
    {"LISTEN=tcp://:65536", "a port from 1 to 65535 is missing"},
    {"LISTEN=tcp://127.0.0.1", "a port from 1 to 65535 is missing"},
    {"LISTEN=tcp://[::1:2375", "the address must be empty"},
    {"LISTEN=tcp://300.1.1.1:1", "the address must be empty"},
    {"LISTEN=http://:1", "a listener must begin with"},
    {"LISTEN=unix://x.sock", "the path is not absolute"},
    {"LISTEN=unix:///x.sock?mode=0999", "mode must be an octal number"},
    {"LISTEN=unix:///x.sock?colour=1", "the options are mode"},
    {"LISTEN=unix:///a$b", "has a special character"},
    {"LISTEN=,", "names no listener"},
    {"LISTEN=tls://:2376", "tls:// needs TLS_CERT_PATH"},
    {"LISTEN=tls://:2376 TLS_CERT_PATH=/nonexistent", "cert.pem cannot be read"},
    {"BIND_CONFIG=*:2375x", "BIND_CONFIG=*:2375x: a port"},
    {"SOCKET_PATH=docker.sock", "SOCKET_PATH=docker.sock: the path is not absolute"},
    {"SOCKET_PATH=/a'b", "has a special character"},
    {"UPSTREAM=tcp://host", "a port from 1 to 65535 is missing"},
    {"UPSTREAM=tcp://h{}st:1", "the host is neither"},
    {"UPSTREAM=ftp://x:1", "an upstream must begin with"},
    {"UPSTREAM=tls://host:2376", "tls:// needs UPSTREAM_TLS_CERT_PATH"},
    {"LOG_LEVEL=loud", "LOG_LEVEL=loud: not one of info"},
    {"LOG_FORMAT=xml", "LOG_FORMAT=xml: not one of text json"},
    {"MIN_API_VERSION=1.024", "not an API version such as 1.24"},
    {"MIN_API_VERSION=2.0", "not an API version such as 1.24"},
    {"MAX_CONNECTIONS=many", "not a whole number from 1 to"},
    {"RATE_LIMIT=0", "RATE_LIMIT=0: not a whole number from 1 to"},
    {"PROFILE_A_ALLOW_INFO=1", "the profile has no clients"},
    {"PROFILE_A_FROM=x PROFILE_A_ALLOW_INF=1",
     "PROFILE_A_ALLOW_INF: unknown variable; did you mean PROFILE_A_ALLOW_INFO"},
    {"PROFILE_A_FROM=x PROFILE_A_ALLOW_INFO=so", "PROFILE_A_ALLOW_INFO=so: not a boolean"},
    {"PROFILE_A_COLOUR=1", "PROFILE_A_COLOUR: not PROFILE_<NAME>_ followed by"},
    {"PROFILE_a_FROM=x", "PROFILE_a_FROM: not PROFILE_<NAME>_ followed by"},
    {"PROFILE_A_FROM=10.0.0.0/33", "the prefix is longer than the address"},
    {"PROFILE_A_FROM=10.0.0/8", "the part before the slash is not an address"},
    {"PROFILE_A_FROM=10.0.0.0/x", "the part after the slash is not a prefix length"},
    {"PROFILE_A_FROM=a!b", "neither the name of a container, nor an address"},
    {"PROFILE_A_FROM=cn:x", "cn:x needs a tls:// listener"},
    {"PROFILE_A_FROM=x PROFILE_B_FROM=x", "PROFILE_A_FROM and PROFILE_B_FROM both claim x"},
    {"PROFILE_A_FROM=dns:x PROFILE_B_FROM=dns:X", "PROFILE_A_FROM and PROFILE_B_FROM both claim dns:x"},
    {"PROFILE_A_FROM=service:x PROFILE_B_FROM=service:x", "PROFILE_A_FROM and PROFILE_B_FROM both claim service:x"},
    {"PROFILE_A_FROM=10.1.2.3/8 PROFILE_B_FROM=y,10.0.0.0/8",
     "PROFILE_A_FROM and PROFILE_B_FROM both claim 10.0.0.0/8"},
    {"PROFILE_A_FROM=::0001 PROFILE_B_FROM=::1", "both claim ::1"},
    {"PROFILE_A_FROM=localhost", "not the name of a container"},
    {"PROFILE_A_ALLOW_INFO=1", "PROFILE_A_FROM and PROFILE_A_LISTEN are not set: the profile has no clients"},
    {"PROFILE_A_ALLOW_INFO=1 PROFILES_FROM_LABELS=0", "the profile has no clients"},
    {"PROFILE_A_FROM=dns:localhost", "not a name of the DNS"},
    {"PROFILES_FROM_LABEL=1", "PROFILES_FROM_LABEL: "},
    {"PROFILES_A_FROM=x", "PROFILES_A_FROM: not PROFILE_<NAME>_ followed by"},
    {"profile_a_from=x", "profile_a_from: not PROFILE_<NAME>_ followed by"},
    {"allow_info=1", "allow_info: no such permission"},
    {"REQUIRE_LABELS=a", "REQUIRE_LABELS: unknown variable; did you mean REQUIRE_LABEL"},
    {"REQUIRED_LABEL=a", "REQUIRED_LABEL: unknown variable; did you mean REQUIRE_LABEL"},
    {"RATELIMIT=1", "RATELIMIT: unknown variable; did you mean RATE_LIMIT"},
    {"MAX_CONNECTION_PER_CLIENT=1",
     "MAX_CONNECTION_PER_CLIENT: unknown variable; did you mean MAX_CONNECTIONS_PER_CLIENT"},
    {"LISTENS=unix:///x.sock", "LISTENS: unknown variable; did you mean LISTEN"},
    {"MIN_API_VERION=1.30", "MIN_API_VERION: unknown variable; did you mean MIN_API_VERSION"},
    {"TLS_CERTPATH=/x", "TLS_CERTPATH: unknown variable; did you mean TLS_CERT_PATH"},
    {"UPSTREAMS=tcp://x:1", "UPSTREAMS: unknown variable; did you mean UPSTREAM"},
    {"UPSTREAM=tcp://host.:1", "the host is neither a name"},
    /* what is right in itself is no slip, and is looked up */
    {"ALLOW_KILL=1", "ALLOW_KILL: no such permission; related ones: ALLOW_CONTAINER_KILL\n"},
    {"ALLOW_READ=1", "ALLOW_READ: no such permission; `docker-socket-proxy permissions` lists them all\n"},
    {"ALLOW_STATS=1", "ALLOW_STATS: no such permission; related ones: ALLOW_CONTAINER_STATS\n"},
    {"ALLOW_IMAGE_PULL=1", "ALLOW_IMAGE_PULL: no such permission; related ones: ALLOW_IMAGE_CREATE\n"},
    {"ALLOW_PULL=1", "related ones: ALLOW_IMAGE_CREATE ALLOW_PLUGIN_PULL\n"},
    {"ALLOW_RENAME=1", "related ones: ALLOW_CONTAINER_RENAME\n"},
    {"ALLOW_PRUNE=1",
     "related ones: ALLOW_CONTAINER_PRUNE ALLOW_IMAGE_PRUNE ALLOW_BUILD_PRUNE ALLOW_NETWORK_PRUNE ALLOW_VOLUME_PRUNE\n"},
    {"ALLOW_LIST=1", "related ones: ALLOW_CONTAINER_LIST ALLOW_CHECKPOINT_LIST ALLOW_IMAGE_LIST "},
    {"ALLOW_INSPECT=1", "related ones: ALLOW_CONTAINER_INSPECT ALLOW_EXEC_INSPECT ALLOW_IMAGE_INSPECT "},
    {"ALLOW_EXEC_CREATE=1",
     "ALLOW_EXEC_CREATE: no such permission; `docker-socket-proxy permissions` lists them all\n"},
    {"ALLOW_CONTAINER_REMOVE=1", "related ones: ALLOW_CONTAINER_DELETE\n"},
    {"ALLOW_LIBPOD_KILL=1", "related ones: ALLOW_LIBPOD_CONTAINER_KILL ALLOW_LIBPOD_POD_KILL\n"},
    {"PROFILE_A_FROM=x PROFILE_A_ALLOW_KILL=1",
     "PROFILE_A_ALLOW_KILL: no such permission; related ones: PROFILE_A_ALLOW_CONTAINER_KILL\n"},
    {"ALLOW_CONTIANERS=1", "ALLOW_CONTIANERS: unknown variable; did you mean ALLOW_CONTAINERS\n"},
    {"ALLOW_STRAT=1", "ALLOW_STRAT: unknown variable; did you mean ALLOW_START\n"},
    /* words, which the other images take for closed */
    {"CONTAINERS=true",
     "CONTAINERS=true: the image with this variable reads any word as 0; set CONTAINERS=0 to keep it closed, or "
     "CONTAINERS=1 or ALLOW_CONTAINERS=true to open it\n"},
    {"POST=Yes",
     "POST=Yes: the image with this variable reads any word as 0; set POST=0 to keep it closed, or POST=1 to open it\n"},
    {"EXEC=on", "or EXEC=1 or ALLOW_EXEC=true to open it\n"},
    {"LIBPOD_IMAGES=true", "or LIBPOD_IMAGES=1 to open it\n"},
    {"ALLOW_INFO='1", "ALLOW_INFO='1: not a boolean"},
};

START_TEST(test_mistake)
{
    given(mistakes[_i].variables);
    ck_assert_msg(problem_count == 1 || strchr(mistakes[_i].variables, ' ') != NULL || problem_count == 2,
                  "%u problems: %s", problem_count, told);
    ck_assert_uint_ge(problem_count, 1);
    ck_assert_msg(strstr(told, mistakes[_i].said) != NULL, "%s: %s", mistakes[_i].variables, told);
    ck_assert_msg(strncmp(told, "docker-socket-proxy: ", 21) == 0, "%s", told);
    done();
}
END_TEST

START_TEST(test_all_at_once)
{
    given("ALLOW_START=maybe ALLOW_CONTAINER=1 LISTEN=tcp://:99999 LOG_LEVEL=x SOCKET_PATH=y");
    ck_assert_uint_eq(problem_count, 5);
    done();
    given(
        "DOCKER_CERT_PATH=/x DOCKER_API_VERSION=1.41 STATE_DIRECTORY=/x LISTEN_FDS=1 HTTP_PROXY=x LOGLEVEL=x DATADIR=/x DATABASE=x");
    ck_assert_msg(problem_count == 0, "%s", told);
    done();
    given("MOTD=1 PATH=/bin POSTGRES=x CONTAINERSX=1 ALLOWED=1 LIBPOD=1 PROFILE=x"); /* somebody else's */
    ck_assert_msg(problem_count == 0, "%s", told);
    done();
}
END_TEST

/* Values as env files and the forms of NAS systems give them: blanks and one pair of quotes are no part of them. */
START_TEST(test_values)
{
    static const char *const plain[] = {"1", " 1", "1 ", "\t1\r", "\"1\"", "'1'", " \"1\" ", "' 1 '", "\"true\""};
    static const char *const wrong[] = {"1 # note", "'1\"", "\"1", "1'", "0 1"};
    static const char *const nothing[] = {"", " ", "\"\"", "''", " ' ' ", "\r"};
    struct problems problems = {.to = NULL};
    char text[64];
    char *list[] = {text, "ALLOW_LOGS=0", NULL};
    const struct variables variables = {.environment = list, .prefix = ""};

    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        snprintf(text, sizeof text, "ALLOW_TOP=%s", plain[i]);
        ck_assert_msg(variable_boolean(&variables, "ALLOW_TOP", &problems) == YES && problems.count == 0, "%s", text);
    }
    for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
        snprintf(text, sizeof text, "ALLOW_TOP=%s", nothing[i]);
        ck_assert_msg(variable_boolean(&variables, "ALLOW_TOP", &problems) == UNSET && problems.count == 0, "%s", text);
    }
    snprintf(text, sizeof text, "RATE_LIMIT='12'");
    ck_assert_int_eq(variable_number(&variables, VAR_RATE_LIMIT, &problems), 12);
    snprintf(text, sizeof text, "SOCKET_PATH= \"/a b'\" ");
    ck_assert_str_eq(variable(&variables, "SOCKET_PATH"), "/a b'");
    snprintf(text, sizeof text, "REQUIRE_LABEL='\"x\"'"); /* one pair */
    ck_assert_str_eq(variable(&variables, "REQUIRE_LABEL"), "\"x\"");
    ck_assert_ptr_eq(variable(&variables, "SOCKET_PATH"), variable(&variables, "SOCKET_PATH"));
    ck_assert_uint_eq(problems.count, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *told_here;
        size_t length;
        char expected[128];

        problems = (struct problems){.to = open_memstream(&told_here, &length)};
        snprintf(text, sizeof text, "ALLOW_TOP=%s", wrong[i]);
        ck_assert_int_eq(variable_boolean(&variables, "ALLOW_TOP", &problems), UNSET);
        fclose(problems.to);
        snprintf(expected, sizeof expected, "ALLOW_TOP=%s: not a boolean; use 1 true yes on or 0 false no off%s\n",
                 wrong[i], strchr(wrong[i], '#') != NULL ? "; in an env file, a comment needs a line of its own" : "");
        ck_assert_msg(strstr(told_here, expected) != NULL, "%s", told_here);
        free(told_here);
    }
}
END_TEST

/* What is said of names that mean nothing here. NULL: nothing. */
static const struct advice {
    const char *assignment;
    const char *said;
} advices[] = {
    {"IAMGES=1", "IAMGES has no effect: did you mean IMAGES"},
    {"INF0=1", "INF0 has no effect: did you mean INFO"},
    {"CONTAINER='1'", "did you mean CONTAINERS"},
    {"containers=1", "containers has no effect: did you mean CONTAINERS"},
    {"POTS=0", "did you mean POST"},
    {"ALLOWED_PATHS=/containers", "ALLOWED_PATHS has no effect: paths cannot be set; use ALLOW_*"},
    {"SP_ALLOWFROM=10.0.0.0/8", "PROFILE_<NAME>_FROM"},
    {"SP_ALLOW_GET=/v1.*", "of wollomatic/socket-proxy, whose regular expressions"},
    {"CETUSGUARD_RULES=!", "of CetusGuard, whose rules"},
    {"CETUSGUARD_BACKEND_ADDR=unix:///x", "UPSTREAM"},
    {"SOCKGUARD_ANYTHING=x", "of Sockguard"},
    {"DELETE=1", "ALLOW_DELETE=true"},
    {"PUT=1", "ALLOW_PUT_CONTAINER_ARCHIVE=true"},
    {"PORTS=1", "ALLOW_CONTAINER_LIST=true"},
    {"LOGS=true", "ALLOW_LOGS=true"},
    {"START=1", "ALLOW_START=true"},
    {"STOP=0", "ALLOW_STOP=true"},
    {"LIST=1", "ALLOW_CONTAINER_LIST=true"},
    /* ours, the other images', and what belongs to other programs */
    {"CONTAINERS=1", NULL},
    {"INFO=1", NULL},
    {"PORT=8080", NULL},
    {"PORTS=80,443", NULL},
    {"START=/bin/start", NULL},
    {"PATH=/bin", NULL},
    {"HOME=/", NULL},
    {"DEBUG=1", NULL},
    {"TZ=UTC", NULL},
    {"LOG_LEVEL=info", NULL},
    {"DISABLE_IPV6=1", NULL},
    {"S6_KEEP_ENV=1", NULL},
    {"NODE_ENV=1", NULL},
    {"IAMGES=no such thing", NULL},
    {"IAMGES=", NULL},
    {"nonsense", NULL},
};

START_TEST(test_strangers)
{
    const struct advice *expected = &advices[_i];
    char advice[512] = "";
    bool told_so = stranger_advice(expected->assignment, advice, sizeof advice);

    ck_assert_msg(told_so == (expected->said != NULL), "%s: %s", expected->assignment, advice);
    if (told_so)
        ck_assert_msg(strstr(advice, expected->said) != NULL, "%s: %s", expected->assignment, advice);
}
END_TEST

START_TEST(test_settings)
{
    const struct listener *listener;

    given(
        "LISTEN=tcp://:2375,tcp://[::1]:1,unix:///run/p.sock?mode=0600&gid=7 SOCKET_PATH=/x.sock MIN_API_VERSION=1.40 LOG_LEVEL=ERROR "
        "DISABLE_IPV6=yes PROFILE_A_FROM=cn-less,172.20.0.9/16,10.0.0.1 PROFILE_A_LISTEN=tcp://127.0.0.1:3 PROFILE_A_RATE_LIMIT=9");
    ck_assert_str_eq(told, "");
    ck_assert_uint_eq(environment.profiles[0].listeners.count, 3);
    listener = environment.profiles[0].listeners.list;
    ck_assert(listener[0].kind == LISTEN_TCP && listener[0].port == 2375 && listener[0].address[0] == '\0');
    ck_assert_str_eq(listener[1].address, "::1");
    ck_assert(listener[2].kind == LISTEN_UNIX && listener[2].mode == 0600 && listener[2].gid == 7 &&
              listener[2].uid == -1);
    ck_assert_str_eq(listener[2].address, "/run/p.sock");
    ck_assert_str_eq(environment.settings.upstreams.list[0].host, "/x.sock");
    ck_assert_int_eq(environment.settings.min_api_minor, 40);
    ck_assert_str_eq(environment.settings.log_level, "err");
    ck_assert(environment.settings.disable_ipv6);
    ck_assert_uint_eq(environment.profile_count, 2);
    ck_assert_str_eq(environment.profiles[1].backend, "profile_a");
    ck_assert_int_eq(environment.profiles[1].rate_limit, 9);
    ck_assert_uint_eq(environment.profiles[1].clients.count, 3);
    ck_assert_int_eq(environment.profiles[1].clients.list[0].kind, CLAIM_NAME);
    ck_assert_int_eq(environment.profiles[1].clients.list[1].kind, CLAIM_NETWORK);
    ck_assert_str_eq(environment.profiles[1].clients.list[1].text, "172.20.0.0");
    ck_assert_int_eq(environment.profiles[1].clients.list[2].kind, CLAIM_ADDRESS);
    ck_assert_ptr_null(environment_profile(&environment, "b"));
    done();
    given("UPSTREAM=unix:///a,tcp://manager:2375,tcp://[fd00::1]:2");
    ck_assert_uint_eq(environment.settings.upstreams.count, 3);
    ck_assert_str_eq(environment.settings.upstreams.list[2].host, "fd00::1");
    ck_assert_str_eq(upstreams_socket(&environment.settings.upstreams), "/a");
    done();
}
END_TEST

/* What a foreign name opens is guarded only if one of the guard's variables is set; ours always is. */
START_TEST(test_guarding)
{
    size_t create = row("ContainerCreate");

    given("ALLOW_CREATE=1");
    ck_assert(profile_guards(&environment.profiles[0], create) && !profile_leaves_unguarded(&environment.profiles[0]));
    done();
    given("CONTAINERS=1 POST=1");
    ck_assert(!profile_guards(&environment.profiles[0], create) && profile_leaves_unguarded(&environment.profiles[0]));
    done();
    given("CONTAINERS=1 POST=1 ALLOW_PRIVILEGED=false");
    ck_assert(profile_guards(&environment.profiles[0], create) && !profile_leaves_unguarded(&environment.profiles[0]));
    done();
    given("IMAGES=1 POST=1 ALLOW_CREATE=1");
    ck_assert(profile_guards(&environment.profiles[0], create));
    done();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("environment");
    TCase *tests = tcase_create("environment");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, test_decision, 0, (int)(sizeof decisions / sizeof *decisions));
    tcase_add_loop_test(tests, test_mistake, 0, (int)(sizeof mistakes / sizeof *mistakes));
    tcase_add_test(tests, test_all_at_once);
    tcase_add_test(tests, test_values);
    tcase_add_loop_test(tests, test_strangers, 0, (int)(sizeof advices / sizeof *advices));
    tcase_add_test(tests, test_settings);
    tcase_add_test(tests, test_guarding);
    suite_add_tcase(suite, tests);
    return run(suite);
}
