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

/* The beginning of a text up to one of the characters. */
static void cut_at(char *text, const char *characters)
{
    text[strcspn(text, characters)] = '\0';
}

/* "with that path", "with that name", "with the driver": the value; "with syslog": that word. */
static void read_with(struct guard_remedy *remedy, const char *rest, const char *reason, const char *hint)
{
    if (strncmp(rest, "that ", 5) != 0 && strncmp(rest, "the ", 4) != 0) {
        snprintf(remedy->value, sizeof remedy->value, "%.*s", (int)strcspn(rest, " "), rest);
        return;
    }
    copy_value(remedy->value, sizeof remedy->value, reason, hint);
    if (strncmp(rest, "that capability", 15) == 0 && strncmp(remedy->value, "CAP_", 4) == 0)
        memmove(remedy->value, remedy->value + 4, strlen(remedy->value + 4) + 1); /* either name means both */
    else if (strncmp(rest, "that path", 9) == 0 || strcmp(remedy->variable, "ALLOW_VOLUME_NAMES") == 0)
        cut_at(remedy->value, ":"); /* of SOURCE:TARGET */
}

bool guard_remedy_read(struct guard_remedy *remedy, const char *reason)
{
    const char *hint = strrchr(reason, '"'); /* a value holds anything but a quote */
    const char *name;
    const char *rest;
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
    if (*rest == '=')
        snprintf(remedy->value, sizeof remedy->value, "%.*s", (int)strcspn(rest + 1, " "), rest + 1);
    else if (strncmp(rest, " with ", 6) == 0)
        read_with(remedy, rest + 6, reason, hint);
    else if (strncmp(rest, " does not list it", 17) == 0)
        copy_value(remedy->value, sizeof remedy->value, reason, hint);
    return remedy->value[0] != '\0';
}
