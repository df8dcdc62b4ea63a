/* Reads the remedy from the reason of a refusal. The hints are in guard/schema.c (guard_hints). */
#include "guard/remedy.h"

#include <stdio.h>
#include <string.h>

/* Copies the refused value, which the reason has in quotes before its hint. */
static void copy_value(char *to, size_t size, const char *reason, const char *hint)
{
    const char *begin = strchr(reason, '"');
    const char *end = hint;

    while (end > reason && *end != '"')
        end--;
    to[0] = '\0';
    if (begin != NULL && begin < end)
        snprintf(to, size, "%.*s", (int)(end - begin - 1), begin + 1);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

const char *guard_remedy_value(const char *variable, const char *rest, const char *refused, size_t *length)
{
    const char *value = NULL;

    if (begins(rest, " with that ") || begins(rest, " with the driver") || begins(rest, " does not list it")) {
        bool mounted = strcmp(variable, "ALLOW_BIND_MOUNTS") == 0 || strcmp(variable, "ALLOW_VOLUME_NAMES") == 0;

        *length = strcspn(refused, mounted ? ":" : ""); /* of SOURCE:TARGET */
        return refused;
    }
    if (*rest == '=')
        value = rest + 1;
    else if (begins(rest, " with "))
        value = rest + strlen(" with ");
    *length = value == NULL ? 0 : strcspn(value, " ;,");
    return value;
}

bool guard_remedy_read(struct guard_remedy *remedy, const char *reason)
{
    const char *hint = strrchr(reason, '"'); /* a value holds anything but a quote */
    const char *name;
    const char *rest;
    const char *value;
    char refused[sizeof remedy->value];
    size_t length;

    remedy->variable[0] = remedy->value[0] = '\0';
    if (hint == NULL)
        hint = reason;
    name = strstr(hint, "ALLOW_");
    if (name == NULL)
        return false;
    length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    if (length >= sizeof remedy->variable)
        return false;
    snprintf(remedy->variable, sizeof remedy->variable, "%.*s", (int)length, name);
    rest = name + length;
    copy_value(refused, sizeof refused, reason, hint);
    value = guard_remedy_value(remedy->variable, rest, refused, &length);
    if (begins(rest, " with that capability") && begins(refused, "CAP_")) { /* either name means both */
        value += strlen("CAP_");
        length -= strlen("CAP_");
    }
    if (value != NULL)
        snprintf(remedy->value, sizeof remedy->value, "%.*s", (int)length, value);
    return remedy->value[0] != '\0';
}
