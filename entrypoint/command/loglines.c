/* Reads the lines of the proxy's log, as text or JSON. */
#include "command/loglines.h"

#include "base/text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *const verdicts[] = {
    [LOG_ALLOWED] = "Allowed",           [LOG_UNREACHABLE] = "Unreachable", [LOG_WITHHELD] = "Withheld",
    [LOG_WOULD_FORBID] = "Would forbid", [LOG_FORBIDDEN] = "Forbidden",     [LOG_REFUSED] = "Refused"};

#define VERDICTS (sizeof verdicts / sizeof *verdicts)

static bool find_verdict(const char *word, size_t length, enum log_verdict *verdict)
{
    for (size_t i = 0; i < VERDICTS; i++)
        if (strlen(verdicts[i]) == length && strncmp(word, verdicts[i], length) == 0) {
            *verdict = (enum log_verdict)i;
            return true;
        }
    return false;
}

/* Where the line proper begins: at its verdict or its brace, which is the first one that a blank comes before. NULL if
 * there is none. (What a client chooses comes after it.) */
static const char *begin_of(const char *text, enum log_verdict *verdict)
{
    for (const char *c = text; *c != '\0'; c++) {
        const char *colon;

        if (c > text && c[-1] != ' ' && c[-1] != '\t')
            continue;
        if (*c == '{')
            return c;
        colon = strstr(c, ": ");
        if (colon != NULL && find_verdict(c, (size_t)(colon - c), verdict))
            return c;
    }
    return NULL;
}

/* ---- text ---- */

/* Takes the next word, and moves past it and a blank. NULL if there is none. */
static char *take_word(const char **at)
{
    size_t length = strcspn(*at, " \r\n");
    char *word = length > 0 ? text_format("%.*s", (int)length, *at) : NULL;

    *at += length;
    *at += **at == ' ';
    return word;
}

/* The length without the last word and the blank before it. */
static size_t without_word(const char *at, size_t length)
{
    while (length > 0 && at[length - 1] != ' ')
        length--;
    return length > 0 ? length - 1 : 0;
}

/* The detail, which the status follows, and the time if there was a request. */
static char *take_detail(const char *at)
{
    size_t length = strcspn(at, "\r\n");
    bool timed = length > 2 && strncmp(at + length - 2, "ms", 2) == 0;

    length = without_word(at, length);
    return text_format("%.*s", (int)(timed ? without_word(at, length) : length), at);
}

/* 172.20.0.5 of "172.20.0.5:41234", unix of "unix:1". */
static void cut_port(char *client)
{
    char *colon = client == NULL ? NULL : strrchr(client, ':');

    if (colon != NULL)
        *colon = '\0';
}

static bool read_text(struct log_line *line, const char *at)
{
    at = strstr(at, ": ") + 2;
    line->path = take_word(&at);
    line->method = take_word(&at);
    line->client = take_word(&at);
    cut_port(line->client);
    if (strncmp(at, "profile=", strlen("profile=")) == 0) {
        at += strlen("profile=");
        line->profile = take_word(&at);
    } else {
        line->profile = text_format("-");
    }
    if (strncmp(at, "client=", strlen("client=")) == 0)
        free(take_word(&at));
    line->detail = take_detail(at);
    return line->client != NULL && line->profile != NULL;
}

/* ---- JSON ---- */

/* A copy of a member; NULL if it is not a string. */
static char *member(json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));

    return value == NULL ? NULL : text_format("%s", value);
}

static bool read_json(struct log_line *line, const char *text)
{
    json_t *object = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
    char *verdict = member(object, "verdict");
    bool good = verdict != NULL && find_verdict(verdict, strlen(verdict), &line->verdict);

    if (good) {
        line->path = member(object, "path");
        line->method = member(object, "method");
        line->client = member(object, "client");
        line->profile = member(object, "profile");
        line->detail = member(object, "detail");
        if (line->profile == NULL)
            line->profile = text_format("-");
        good = line->path != NULL && line->method != NULL && line->client != NULL && line->detail != NULL;
    }
    free(verdict);
    json_decref(object);
    return good;
}

bool log_line_read(struct log_line *line, const char *text)
{
    const char *begin;
    bool good;

    *line = (struct log_line){.path = NULL};
    begin = begin_of(text, &line->verdict);
    if (begin == NULL)
        return false;
    good = *begin == '{' ? read_json(line, begin) : read_text(line, begin);
    if (!good)
        log_line_free(line);
    return good;
}

void log_line_free(struct log_line *line)
{
    free(line->path);
    free(line->method);
    free(line->client);
    free(line->profile);
    free(line->detail);
}
