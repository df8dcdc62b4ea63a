#include "listener.h"

#include "address.h"
#include "bounded.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool plain_path(const char *path)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@:,=";

    return path[0] == '/' && strspn(path, allowed) == strlen(path);
}

/* Copies length bytes of text that fit, with their end. */
static bool copy(char *to, size_t size, const char *text, size_t length)
{
    if (length >= size)
        return false;
    memcpy(to, text, length);
    to[length] = '\0';
    return true;
}

bool port_read(const char *text, unsigned *port)
{
    char *end;
    unsigned long number;

    if (*text == '\0' || strspn(text, "0123456789") != strlen(text))
        return false;
    number = strtoul(text, &end, 10);
    *port = (unsigned)number;
    return number >= 1 && number <= 65535;
}

/* What follows tcp:// or tls://: :2375, 127.0.0.1:2375, [::1]:2375. Returns what is wrong, or NULL. */
static const char *read_tcp(struct listener *listener, const char *rest, enum listener_kind kind)
{
    const char *colon = strrchr(rest, ':');
    size_t length = colon == NULL ? 0 : (size_t)(colon - rest);

    listener->kind = kind;
    if (colon == NULL || !port_read(colon + 1, &listener->port))
        return "a port from 1 to 65535 is missing";
    if (length >= 2 && rest[0] == '[' && rest[length - 1] == ']') {
        /* One of IPv4's in IPv6's form would make a socket for both, on which IPv4 clients have addresses that no claim
         * means. */
        if (copy(listener->address, sizeof listener->address, rest + 1, length - 2) &&
            address_read(AF_INET6, listener->address, listener->address, sizeof listener->address))
            return NULL;
    } else if (copy(listener->address, sizeof listener->address, rest, length)) {
        if (strcmp(listener->address, "*") == 0)
            listener->address[0] = '\0';
        if (strcmp(listener->address, "localhost") == 0)
            bounded_copy(listener->address, sizeof listener->address, "127.0.0.1");
        if (length == 0 || address_read(AF_INET, listener->address, listener->address, sizeof listener->address) || listener->address[0] == '\0')
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
    if (!plain_path(rest) || strlen(rest) > LISTEN_PATH_MAX)
        return "the path is not absolute, too long for a socket, or has a special character";
    copy(listener->address, sizeof listener->address, rest, strlen(rest));
    return NULL;
}

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
    return read_tcp(listener, address, LISTEN_TCP);
}

void listeners_read_bind_config(struct listeners *listeners, const char *value, struct problems *problems)
{
    const char *wrong = read_bind_config(&listeners->list[0], value);

    listeners->count = 1;
    if (wrong != NULL)
        problem(problems, "BIND_CONFIG=%s: %s", value, wrong);
}

static const char *read_url(struct listener *listener, char *url)
{
    if (strncmp(url, "tcp://", 6) == 0)
        return read_tcp(listener, url + 6, LISTEN_TCP);
    if (strncmp(url, "tls://", 6) == 0)
        return read_tcp(listener, url + 6, LISTEN_TLS);
    if (strncmp(url, "unix://", 7) == 0)
        return read_unix(listener, url + 7);
    return "a listener begins with tcp://, tls:// or unix://";
}

void listeners_read(struct listeners *listeners, const struct variables *variables, const char *name,
                    const char *preset, struct problems *problems)
{
    const char *value = variable(variables, name);
    char *list;
    char *save;

    listeners->count = 0;
    if (value == NULL)
        value = preset;
    if (value == NULL)
        return;
    list = strdup(value);
    if (list == NULL)
        abort();
    for (char *url = strtok_r(list, ", ", &save); url != NULL; url = strtok_r(NULL, ", ", &save)) {
        const char *wrong;

        if (listeners->count == LISTENERS_MAX) {
            problem(problems, "%s%s: more than %d listeners", variables->prefix, name, LISTENERS_MAX);
            break;
        }
        wrong = read_url(&listeners->list[listeners->count++], url);
        if (wrong != NULL)
            problem(problems, "%s%s=%s: %s", variables->prefix, name, value, wrong);
    }
    if (listeners->count == 0)
        problem(problems, "%s%s=%s: names no listener", variables->prefix, name, value);
    free(list);
}
