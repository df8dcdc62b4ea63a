/* The variables besides ALLOW_*: where to listen, what to forward to, how to log, what to limit. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include "variables.h"

#include <limits.h>
#include <sys/un.h>

#define LISTENERS_MAX 16
#define MIN_API_MINOR 24 /* below 1.24, ContainerStart takes a HostConfig: "may start" would mean "is root" */

enum listener_kind { LISTEN_TCP, LISTEN_UNIX };

struct listener {
    enum listener_kind kind;
    char address[256]; /* tcp: IPv4 or IPv6 literal, "" for every address; unix: the path */
    unsigned port;     /* tcp */
    unsigned mode;     /* unix: permission bits */
    long uid, gid;     /* unix: owner, -1 for whoever runs HAProxy */
};

enum log_format { LOG_TEXT, LOG_JSON };

struct settings {
    char socket_path[sizeof((struct sockaddr_un *)0)->sun_path];
    struct listener listeners[LISTENERS_MAX];
    size_t listener_count;
    const char *log_level; /* a syslog name */
    enum log_format log_format;
    long min_api_minor;
    bool ipv6;               /* to be bound where the kernel has it */
    long max_connections;    /* 0: what the machine gives */
    const char *data_dir;    /* holds templates/ and haproxy/; not owned */
    const char *runtime_dir; /* where haproxy.cfg is written; NULL: kept in memory */
    const char *haproxy;     /* program, looked up in PATH if it has no slash; not owned */
};

/* Reads all settings. What is wrong is told as problems; the settings are then complete but must not be used. */
void settings_read(struct settings *settings, const struct variables *variables, struct problems *problems);

/* Names of all settings, ended by NULL. */
extern const char *const setting_names[];

#endif
