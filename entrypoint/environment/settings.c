/* Reads the settings of the whole proxy. */
#include "environment/settings.h"

#include "base/host.h"
#include "environment/data_dir.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Checks that a directory has the certificate files. The names are those of the docker client. */
static void check_directory(const char *wanted_by, enum variable_id id, const char *directory,
                            const char *const files[], struct problems *problems)
{
    char path[PATH_MAX];

    if (directory == NULL) {
        problem(problems, "%s: tls:// needs %s, %s", wanted_by, variable_table[id].name, variable_table[id].help);
        return;
    }
    for (; *files != NULL; files++)
        if (!path_join(path, directory, *files) || access(path, R_OK) != 0)
            problem(problems, "%s=%s: %s cannot be read: %s", variable_table[id].name, directory, *files,
                    strerror(errno));
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
    static const char *const own[] = {"cert.pem", "key.pem", NULL};
    static const char *const with_ca[] = {"ca.pem", "cert.pem", "key.pem", NULL};

    if (listens_with_tls)
        check_directory("LISTEN", VAR_TLS_CERT_PATH, settings->tls_cert_path, own, problems);
    if (forwards_with_tls(&settings->upstreams))
        check_directory("UPSTREAM", VAR_UPSTREAM_TLS_CERT_PATH, settings->upstream_tls_cert_path, with_ca, problems);
}

bool settings_require_client_certificates(const struct settings *settings)
{
    char path[PATH_MAX];
    struct stat file;

    if (settings->tls_cert_path == NULL || !path_join(path, settings->tls_cert_path, "ca.pem"))
        return false;
    /* Fail closed: unless ca.pem certainly does not exist, it is required. HAProxy does not start if it is
     * unreadable. */
    return lstat(path, &file) == 0 || errno != ENOENT;
}

/* The name that syslog(3) and HAProxy have for a level. */
static const char *syslog_level(const char *level)
{
    static const char *const others[][2] = {
        {"error", "err"}, {"warn", "warning"}, {"critical", "crit"}, {"fatal", "emerg"}};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(level, others[i][0]) == 0)
            return others[i][1];
    return level;
}

void settings_read(struct settings *settings, const struct variables *variables, struct problems *problems)
{
#define SETTING(field, name, kind, ...) READ_##kind(settings->field, name);
#include "base/variables.def"
    if (settings->log_level != NULL)
        settings->log_level = syslog_level(settings->log_level);
    if (settings->data_dir != NULL)
        return;
    settings->data_dir = data_dir_preset();
    if (!plain_path(settings->data_dir))
        problem(problems, "DATA_DIR=%s: not an absolute path, or it has a special character", settings->data_dir);
}
