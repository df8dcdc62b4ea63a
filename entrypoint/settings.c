#include "settings.h"

#include "data_dir.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* One of the words, in any case; words[0] if unset. */
static size_t read_word(const struct variables *variables, const char *name, const char *const words[],
                        struct problems *problems)
{
    const char *value = variable(variables, name);
    char accepted[128] = "";

    if (value == NULL)
        return 0;
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcasecmp(value, words[i]) == 0)
            return i;
        snprintf(accepted + strlen(accepted), sizeof accepted - strlen(accepted), " %s", words[i]);
    }
    problem(problems, "%s=%s: not one of%s", name, value, accepted);
    return 0;
}

static void read_min_api_version(struct settings *settings, const struct variables *variables,
                                 struct problems *problems)
{
    const char *value = variable(variables, "MIN_API_VERSION");
    const char *minor;

    settings->min_api_minor = MIN_API_MINOR;
    if (value == NULL)
        return;
    minor = strncmp(value, "1.", 2) == 0 ? value + 2 : "";
    if (*minor >= '1' && *minor <= '9' && strlen(minor) <= 4 && strspn(minor, "0123456789") == strlen(minor))
        settings->min_api_minor = strtol(minor, NULL, 10);
    else
        problem(problems, "MIN_API_VERSION=%s: not an API version such as 1.24", value);
}

static const char *read_path(const struct variables *variables, const char *name, struct problems *problems)
{
    const char *value = variable(variables, name);

    if (value != NULL && !plain_path(value))
        problem(problems, "%s=%s: not an absolute path, or it has a special character", name, value);
    return value;
}

/* A directory of Docker's certificate names must hold what a listener or an upstream needs of it. */
static void need_file(const char *name, const char *directory, const char *file, struct problems *problems)
{
    char path[PATH_MAX];

    if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, file) >= sizeof path || access(path, R_OK) != 0)
        problem(problems, "%s=%s: %s cannot be read: %s", name, directory, file, strerror(errno));
}

static bool forwards_with_tls(const struct upstreams *upstreams)
{
    for (size_t i = 0; i < upstreams->count; i++)
        if (upstreams->list[i].kind == UPSTREAM_TLS)
            return true;
    return false;
}

void settings_check_tls(const struct settings *settings, bool listens_with_tls, struct problems *problems)
{
    if (!listens_with_tls)
        return;
    if (settings->tls_cert_path == NULL) {
        problem(problems, "LISTEN: tls:// needs TLS_CERT_PATH, a directory with cert.pem, key.pem and, to require client "
                          "certificates, ca.pem");
        return;
    }
    need_file("TLS_CERT_PATH", settings->tls_cert_path, "cert.pem", problems);
    need_file("TLS_CERT_PATH", settings->tls_cert_path, "key.pem", problems);
}

bool settings_require_client_certificates(const struct settings *settings)
{
    char path[PATH_MAX];
    struct stat file;

    if (settings->tls_cert_path == NULL ||
        (size_t)snprintf(path, sizeof path, "%s/ca.pem", settings->tls_cert_path) >= sizeof path)
        return false;
    /* Only a ca.pem that is certainly not there means that none is wanted; one that cannot be read stops HAProxy. */
    return lstat(path, &file) == 0 || errno != ENOENT;
}

static void check_upstream_tls(const struct settings *settings, struct problems *problems)
{
    const char *directory = settings->upstream_tls_cert_path;

    if (!forwards_with_tls(&settings->upstreams))
        return;
    if (directory == NULL) {
        problem(problems, "UPSTREAM: tls:// needs UPSTREAM_TLS_CERT_PATH, a directory with ca.pem, cert.pem and key.pem");
        return;
    }
    need_file("UPSTREAM_TLS_CERT_PATH", directory, "ca.pem", problems);
    need_file("UPSTREAM_TLS_CERT_PATH", directory, "cert.pem", problems);
    need_file("UPSTREAM_TLS_CERT_PATH", directory, "key.pem", problems);
}

void settings_read(struct settings *settings, const struct variables *variables, struct problems *problems)
{
    static const char *const levels[] = {"info",    "emerg",  "alert", "crit",  "err",
                                         "warning", "notice", "debug", "error", NULL};
    static const char *const formats[] = {"text", "json", NULL};
    const char *data_dir = variable(variables, "DATA_DIR");
    const char *bind_config = variable(variables, "BIND_CONFIG");
    const char *haproxy = variable(variables, "HAPROXY");

    memset(settings, 0, sizeof *settings);
    upstreams_read(&settings->upstreams, variables, problems);
    if (variable(variables, "LISTEN") == NULL && bind_config != NULL)
        listeners_read_bind_config(&settings->listeners, bind_config, problems);
    else
        listeners_read(&settings->listeners, variables, "LISTEN", "tcp://:2375", problems);
    settings->log_level = levels[read_word(variables, "LOG_LEVEL", levels, problems)];
    if (strcmp(settings->log_level, "error") == 0)
        settings->log_level = "err"; /* syslog's own short name */
    settings->log_format = read_word(variables, "LOG_FORMAT", formats, problems) == 1 ? LOG_JSON : LOG_TEXT;
    read_min_api_version(settings, variables, problems);
    settings->ipv6 = variable_boolean(variables, "DISABLE_IPV6", problems) != YES;
    settings->max_connections = variable_number(variables, VAR_MAX_CONNECTIONS, problems);
    settings->max_connections_per_client = variable_number(variables, VAR_MAX_CONNECTIONS_PER_CLIENT, problems);
    settings->data_dir = data_dir == NULL ? data_dir_preset() : data_dir;
    settings->tls_cert_path = read_path(variables, "TLS_CERT_PATH", problems);
    settings->upstream_tls_cert_path = read_path(variables, "UPSTREAM_TLS_CERT_PATH", problems);
    settings->runtime_dir = variable(variables, "RUNTIME_DIRECTORY");
    settings->haproxy = haproxy == NULL ? "haproxy" : haproxy;
    if (!plain_path(settings->data_dir))
        problem(problems, "DATA_DIR=%s: not an absolute path, or it has a special character", settings->data_dir);
    check_upstream_tls(settings, problems);
}
