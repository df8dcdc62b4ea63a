/* The variables besides ALLOW_*: where to listen, what to forward to, how to log, what to limit. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "listener.h"
#include "upstream.h"

#define MIN_API_MINOR 24 /* below 1.24, ContainerStart takes a HostConfig: "may start" would mean "is root" */

enum log_format { LOG_TEXT, LOG_JSON };

struct settings {
    struct upstreams upstreams;
    struct listeners listeners;
    const char *log_level; /* a syslog name */
    enum log_format log_format;
    long min_api_minor;
    bool ipv6;               /* to be bound where the kernel has it */
    long max_connections;            /* 0: what the machine gives */
    long max_connections_per_client; /* 0: a quarter of all */
    const char *data_dir;    /* holds templates/ and haproxy/; not owned */
    const char *tls_cert_path;          /* Docker's ca.pem, cert.pem, key.pem of the listeners; NULL; not owned */
    const char *upstream_tls_cert_path; /* the same of the upstreams */
    const char *runtime_dir; /* where haproxy.cfg is written; NULL: kept in memory */
    const char *haproxy;     /* program, looked up in PATH if it has no slash; not owned */
};

/* Reads all settings. What is wrong is told as problems; the settings are then complete but must not be used. */
void settings_read(struct settings *settings, const struct variables *variables, struct problems *problems);

/* If there are tls:// listeners, of whichever profile, certificates that cannot be used are a problem: nobody would be served,
 * or everybody. */
void settings_check_tls(const struct settings *settings, bool listens_with_tls, struct problems *problems);

/* Whether TLS_CERT_PATH holds a ca.pem: clients need a certificate then. */
bool settings_require_client_certificates(const struct settings *settings);

#endif
