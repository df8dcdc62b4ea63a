/* Colours and JSON strings on stdout. */
#include "base/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool terminal(void)
{
    return isatty(STDOUT_FILENO) == 1;
}

static bool coloured(void)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *kind = getenv("TERM");

    return terminal() && (no_colour == NULL || *no_colour == '\0') && kind != NULL && strcmp(kind, "dumb") != 0;
}

const char *colour_yes(void)
{
    return coloured() ? "\033[32m" : "";
}

const char *colour_no(void)
{
    return coloured() ? "\033[31m" : "";
}

const char *colour_faint(void)
{
    return coloured() ? "\033[2m" : "";
}

const char *colour_end(void)
{
    return coloured() ? "\033[0m" : "";
}

/* The length in bytes of the UTF-8 character at this position; 0 if the bytes are not valid UTF-8. */
static size_t character(const unsigned char *at)
{
    size_t length = *at < 0x80                  ? 1
                    : *at >= 0xc2 && *at < 0xe0 ? 2
                    : *at >= 0xe0 && *at < 0xf0 ? 3
                    : *at >= 0xf0 && *at < 0xf5 ? 4
                                                : 0;

    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    if ((*at == 0xe0 && at[1] < 0xa0) || (*at == 0xed && at[1] > 0x9f) || (*at == 0xf0 && at[1] < 0x90) ||
        (*at == 0xf4 && at[1] > 0x8f))
        return 0;
    return length;
}

void print_json(const char *text)
{
    putchar('"');
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0';) {
        size_t length = character(at);

        if (*at < 0x20 || *at == 0x7f)
            printf("\\u%04x", *at);
        else if (*at == '"' || *at == '\\')
            printf("\\%c", *at);
        else if (length == 0)
            fputs("\\ufffd", stdout);
        else
            fwrite(at, 1, length, stdout);
        at += length == 0 ? 1 : length;
    }
    putchar('"');
}
