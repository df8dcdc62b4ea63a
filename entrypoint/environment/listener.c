/* Parses LISTEN, METRICS_LISTEN and BIND_CONFIG. */
#include "environment/listener.h"

#include "base/host.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads the address of a tcp:// or tls:// listener: empty, *, 127.0.0.1, localhost or [::1], for example. */
static const char *read_address(struct listener *listener, const struct url *url)
{
    const char *host = strcmp(url->host, "localhost") == 0 ? "127.0.0.1" : url->host;

    listener->port = url->port;
    listener->address[0] = '\0';
    /* address_read refuses IPv4-mapped addresses: such a socket would show IPv4 clients with addresses that no claim
     * matches. */
    if (url->brackets ? address_read(AF_INET6, url->host, listener->address, sizeof listener->address)
                      : *host == '\0' || strcmp(host, "*") == 0 ||
                            address_read(AF_INET, host, listener->address, sizeof listener->address))
        return NULL;
    return "the address must be empty, an IPv4 address, or an IPv6 address in brackets";
}

static const char *read_unix_option(struct listener *listener, const char *name, const char *value)
{
    char *end;
    long number = strtol(value, &end, strcmp(name, "mode") == 0 ? 8 : 10);

    if (*value == '\0' || *end != '\0' || number < 0 || number > INT_MAX)
        return "mode must be an octal number, uid and gid decimal numbers";
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

/* Reads the options of a unix:// listener, such as mode=0660&uid=0&gid=1000. */
static const char *read_unix_options(struct listener *listener, char *options)
{
    const char *wrong = NULL;
    char *save;

    listener->mode = 0660;
    listener->uid = -1;
    listener->gid = -1;
    for (char *option = options == NULL ? NULL : strtok_r(options, "&", &save); option != NULL && wrong == NULL;
         option = strtok_r(NULL, "&", &save)) {
        char *value = strchr(option, '=');

        if (value == NULL)
            return "an option has no value";
        *value++ = '\0';
        wrong = read_unix_option(listener, option, value);
    }
    return wrong;
}

/* Modifies text. Returns what is wrong, or NULL. */
static const char *read_listener(struct listener *listener, char *text)
{
    static const enum listener_kind kinds[] = {
        [URL_UNIX] = LISTEN_UNIX, [URL_TCP] = LISTEN_TCP, [URL_TLS] = LISTEN_TLS};
    struct url url;
    const char *wrong = url_read(&url, text, LISTEN_PATH_MAX);

    if (wrong != NULL)
        return wrong;
    if (url.scheme == URL_OTHER)
        return "a listener must begin with tcp://, tls:// or unix://";
    listener->kind = kinds[url.scheme];
    if (url.scheme != URL_UNIX)
        return read_address(listener, &url);
    bounded_copy(listener->address, sizeof listener->address, url.host);
    return read_unix_options(listener, url.options);
}

/* Reads the arguments of HAProxy's `bind`, as Tecnativa's image does: ":::2375 v4v6", "*:2375", "127.0.0.1:2375". */
static const char *read_bind_config(struct listener *listener, const char *value)
{
    size_t length = strcspn(value, " ");
    const char *option = value + length + strspn(value + length, " ");
    size_t every = length > 3 && strncmp(value, ":::", 3) == 0
                       ? 2
                       : 0; /* the length of "::", which stands for every address */
    char url[256];

    if (strcmp(option, "") != 0 && strcmp(option, "v4v6") != 0)
        return "only ADDRESS:PORT, with or without v4v6, is supported; use LISTEN instead";
    snprintf(url, sizeof url, "tcp://%.*s", (int)(length - every), value + every);
    return read_listener(listener, url);
}

/* Reads one item of the variable. Modifies text. Returns what is wrong, or NULL. */
static const char *read_item(struct listener *listener, enum variable_id id, char *text)
{
    bool local = id == VAR_METRICS_LISTEN && strstr(text, "://:") != NULL;
    const char *wrong = read_listener(listener, text);

    if (wrong == NULL && local)
        bounded_copy(listener->address, sizeof listener->address, "127.0.0.1");
    return wrong;
}

void listeners_read(struct listeners *listeners, enum variable_id id, const struct variables *variables,
                    struct problems *problems)
{
    const char *name = variable_table[id].name;
    bool base = id == VAR_LISTEN && variables->prefix[0] == '\0';
    const char *value = variable(variables, name);
    const char *bind_config = base ? variable(variables, "BIND_CONFIG") : NULL;
    const char *wrong;
    char **items;
    size_t count;

    listeners->count = 0;
    if (value == NULL && bind_config != NULL) {
        wrong = read_bind_config(&listeners->list[listeners->count++], bind_config);
        if (wrong != NULL)
            problem(problems, "BIND_CONFIG=%s: %s", bind_config, wrong);
        return;
    }
    if (value == NULL && base)
        value = variable_preset(VAR_LISTEN);
    if (value == NULL)
        return;
    items = list_split(value, ", ", &count);
    if (count == 0)
        problem(problems, "%s%s=%s: names no listener", variables->prefix, name, value);
    if (count > LISTENERS_MAX)
        problem(problems, "%s%s: more than %d listeners", variables->prefix, name, LISTENERS_MAX);
    for (size_t i = 0; i < count && i < LISTENERS_MAX; i++) {
        wrong = read_item(&listeners->list[listeners->count++], id, items[i]);
        if (wrong != NULL)
            problem(problems, "%s%s=%s: %s", variables->prefix, name, value, wrong);
    }
    list_free(items, count);
}
