#include "settings.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#ifndef DATA_DIR
#define DATA_DIR "/usr/local/share/docker-socket-proxy"
#endif

const char *const setting_names[] = {"SOCKET_PATH",  "LISTEN",   "LOG_LEVEL", "LOG_FORMAT",        "MIN_API_VERSION",
                                     "DISABLE_IPV6", "DATA_DIR", "HAPROXY",   "RUNTIME_DIRECTORY", "MAX_CONNECTIONS",
                                     "COMPAT", "BIND_CONFIG", NULL};

/* Copies length bytes of text that fit, with their end. */
static bool copy(char *to, size_t size, const char *text, size_t length)
{
    if (length >= size)
        return false;
    memcpy(to, text, length);
    to[length] = '\0';
    return true;
}

/* A path goes into haproxy.cfg as it is, so it may hold nothing that means something there. */
static bool plain_path(const char *path)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@:,=";

    return path[0] == '/' && strspn(path, allowed) == strlen(path);
}

static bool read_port(const char *text, unsigned *port)
{
    char *end;
    unsigned long number;

    if (*text == '\0' || strspn(text, "0123456789") != strlen(text))
        return false;
    number = strtoul(text, &end, 10);
    *port = (unsigned)number;
    return number >= 1 && number <= 65535;
}

/* tcp://:2375, tcp://127.0.0.1:2375, tcp://[::1]:2375 */
static const char *read_tcp(struct listener *listener, const char *rest)
{
    const char *colon = strrchr(rest, ':');
    size_t length = colon == NULL ? 0 : (size_t)(colon - rest);
    unsigned char binary[sizeof(struct in6_addr)];

    listener->kind = LISTEN_TCP;
    if (colon == NULL || !read_port(colon + 1, &listener->port))
        return "a port from 1 to 65535 is missing";
    if (length >= 2 && rest[0] == '[' && rest[length - 1] == ']') {
        if (copy(listener->address, sizeof listener->address, rest + 1, length - 2) &&
            inet_pton(AF_INET6, listener->address, binary) == 1)
            return NULL;
    } else if (copy(listener->address, sizeof listener->address, rest, length)) {
        if (strcmp(listener->address, "*") == 0)
            listener->address[0] = '\0';
        if (strcmp(listener->address, "localhost") == 0)
            strcpy(listener->address, "127.0.0.1");
        if (length == 0 || inet_pton(AF_INET, listener->address, binary) == 1 || listener->address[0] == '\0')
            return NULL;
    }
    return "the address is neither empty nor an IPv4 address nor an IPv6 address in brackets";
}

static const char *read_unix_option(struct listener *listener, const char *name, const char *value)
{
    char *end;
    long number = strtol(value, &end, strcmp(name, "mode") == 0 ? 8 : 10);

    if (*value == '\0' || *end != '\0' || number < 0 || number > INT_MAX)
        return "mode wants an octal number, uid and gid decimal ones";
    if (strcmp(name, "mode") == 0 && number <= 0777)
        listener->mode = (unsigned)number;
    else if (strcmp(name, "uid") == 0)
        listener->uid = number;
    else if (strcmp(name, "gid") == 0)
        listener->gid = number;
    else
        return "the options are mode (to 0777), uid and gid";
    return NULL;
}

/* unix:///run/proxy/docker.sock?mode=0660&uid=0&gid=1000 */
static const char *read_unix(struct listener *listener, char *rest)
{
    const char *wrong = NULL;
    char *options = strchr(rest, '?');
    char *save;

    listener->kind = LISTEN_UNIX;
    listener->mode = 0660;
    listener->uid = -1;
    listener->gid = -1;
    if (options != NULL)
        *options++ = '\0';
    for (char *option = options == NULL ? NULL : strtok_r(options, "&", &save); option != NULL && wrong == NULL;
         option = strtok_r(NULL, "&", &save)) {
        char *value = strchr(option, '=');

        if (value == NULL)
            return "an option has no value";
        *value++ = '\0';
        wrong = read_unix_option(listener, option, value);
    }
    if (wrong != NULL)
        return wrong;
    if (!plain_path(rest) || strlen(rest) >= sizeof((struct sockaddr_un *)0)->sun_path)
        return "the path is not absolute, too long for a socket, or has a special character";
    copy(listener->address, sizeof listener->address, rest, strlen(rest));
    return NULL;
}

/* Tecnativa's BIND_CONFIG is what follows HAProxy's `bind`: ":::2375 v4v6", "*:2375", "127.0.0.1:2375". */
static const char *read_bind_config(struct listener *listener, const char *value)
{
    size_t length = strcspn(value, " ");
    const char *option = value + length + strspn(value + length, " ");
    char address[256];

    if (strcmp(option, "") != 0 && strcmp(option, "v4v6") != 0)
        return "only an address, and v4v6 behind it, are understood; use LISTEN";
    if (length > 3 && strncmp(value, ":::", 3) == 0) /* every address, port */
        snprintf(address, sizeof address, ":%.*s", (int)(length - 3), value + 3);
    else
        snprintf(address, sizeof address, "%.*s", (int)length, value);
    return read_tcp(listener, address);
}

static void read_listeners(struct settings *settings, const struct variables *variables, struct problems *problems)
{
    const char *value = variable(variables, "LISTEN");
    const char *bind_config = variable(variables, "BIND_CONFIG");
    char *list;
    char *save;

    if (value == NULL && bind_config != NULL) {
        const char *wrong = read_bind_config(&settings->listeners[settings->listener_count++], bind_config);

        if (wrong != NULL)
            problem(problems, "BIND_CONFIG=%s: %s", bind_config, wrong);
        return;
    }
    list = strdup(value == NULL ? "tcp://:2375" : value);
    if (list == NULL) {
        problem(problems, "LISTEN: out of memory");
        return;
    }
    for (char *url = strtok_r(list, ", ", &save); url != NULL; url = strtok_r(NULL, ", ", &save)) {
        struct listener *listener = &settings->listeners[settings->listener_count];
        const char *wrong = "it must begin with tcp:// or unix://";

        if (settings->listener_count == LISTENERS_MAX) {
            problem(problems, "LISTEN: more than %d listeners", LISTENERS_MAX);
            break;
        }
        if (strncmp(url, "tcp://", 6) == 0)
            wrong = read_tcp(listener, url + 6);
        else if (strncmp(url, "unix://", 7) == 0)
            wrong = read_unix(listener, url + 7);
        if (wrong != NULL)
            problem(problems, "LISTEN=%s: %s", value, wrong);
        settings->listener_count++;
    }
    if (settings->listener_count == 0)
        problem(problems, "LISTEN=%s: names no listener", value);
    free(list);
}

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

void settings_read(struct settings *settings, const struct variables *variables, struct problems *problems)
{
    static const char *const levels[] = {"info",    "emerg",  "alert", "crit",  "err",
                                         "warning", "notice", "debug", "error", NULL};
    static const char *const formats[] = {"text", "json", NULL};
    const char *socket = variable(variables, "SOCKET_PATH");
    const char *data_dir = variable(variables, "DATA_DIR");
    const char *haproxy = variable(variables, "HAPROXY");

    memset(settings, 0, sizeof *settings);
    if (socket == NULL)
        socket = "/var/run/docker.sock";
    if (!plain_path(socket) || !copy(settings->socket_path, sizeof settings->socket_path, socket, strlen(socket)))
        problem(problems, "SOCKET_PATH=%s: the path is not absolute, too long for a socket, or has a special character",
                socket);
    read_listeners(settings, variables, problems);
    settings->log_level = levels[read_word(variables, "LOG_LEVEL", levels, problems)];
    if (strcmp(settings->log_level, "error") == 0)
        settings->log_level = "err"; /* syslog's own short name */
    settings->log_format = read_word(variables, "LOG_FORMAT", formats, problems) == 1 ? LOG_JSON : LOG_TEXT;
    read_min_api_version(settings, variables, problems);
    settings->ipv6 = variable_boolean(variables, "DISABLE_IPV6", problems) != YES;
    settings->max_connections = variable_number(variables, "MAX_CONNECTIONS", 1, 1000000, 0, problems);
    settings->data_dir = data_dir == NULL ? DATA_DIR : data_dir;
    settings->runtime_dir = variable(variables, "RUNTIME_DIRECTORY");
    settings->haproxy = haproxy == NULL ? "haproxy" : haproxy;
    if (!plain_path(settings->data_dir))
        problem(problems, "DATA_DIR=%s: not an absolute path, or it has a special character", settings->data_dir);
}
