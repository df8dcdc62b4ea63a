/* The command line: parses it by the table of commands. */
#include "command/arguments.h"

#include "base/text.h"
#include "policy/spelling.h"

#include <string.h>

#define PROGRAM "docker-socket-proxy"
#define COLUMN  48 /* where the help begins */

/* Writes the name of the i-th operand of a command to name. False if it takes fewer. */
static bool operand_name(const struct command *command, int i, char *name, size_t size)
{
    const char *at = command->words + strspn(command->words, " ");

    for (; i > 0; i--) {
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    snprintf(name, size, "%.*s", (int)strcspn(at, " "), at);
    return *at != '\0';
}

/* The usage of a command: "explain [--profile NAME] [--json] METHOD PATH". */
static void usage(const struct command *command, char *text, size_t size)
{
    static const char *const values[][2] = {
        {"--profile", " NAME"}, {"--body", " FILE"}, {"--response", " FILE"}, {"--json", ""},  {"--open", ""},
        {"--strict", ""},       {"--recreate", ""},  {"--narrow", ""},        {"--merge", ""}, {"--compose", ""}};
    char name[32];
    size_t used = (size_t)snprintf(text, size, "%s", command->name);

    for (size_t i = 0; i < sizeof values / sizeof *values && used < size; i++)
        if (text_has_word(command->options, values[i][0]))
            used += (size_t)snprintf(text + used, size - used, " [%s%s]", values[i][0], values[i][1]);
    for (int i = 0; operand_name(command, i, name, sizeof name) && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, i < command->least ? " %s" : " [%s]", name);
}

static const struct command *wrong(const struct command *command, const char *what, const char *why)
{
    char text[160];

    usage(command, text, sizeof text);
    notice("%s: %s%s; usage: " PROGRAM " %s", command->name, what, why, text);
    return NULL;
}

static const struct command *find(const struct command *commands, const char *name)
{
    struct nearest nearest = {.name = name, .most = SLIP_MAX};

    for (const struct command *command = commands; command->name != NULL; command++) {
        if (strcmp(command->name, name) == 0)
            return command;
        nearest_try(&nearest, command->name);
    }
    if (nearest.found[0] != '\0')
        notice("%s: no such command; did you mean %s?", name, nearest.found);
    else
        notice("%s: no such command; `" PROGRAM " --help` lists them", name);
    return NULL;
}

/* Where the value of an option goes; NULL if it takes none. */
static const char **value_of(struct arguments *arguments, const char *option)
{
    if (strcmp(option, "--profile") == 0)
        return &arguments->profile;
    if (strcmp(option, "--response") == 0)
        return &arguments->response;
    return strcmp(option, "--body") == 0 ? &arguments->body : NULL;
}

const struct command *arguments_read(struct arguments *arguments, const struct command *commands, int count,
                                     char *const words[])
{
    const struct command *command = count == 0 ? &commands[0] : find(commands, words[0]);
    char name[32];
    int seen = 0;

    memset(arguments, 0, sizeof *arguments);
    for (int i = 1; command != NULL && i < count; i++) {
        if (strncmp(words[i], "--", 2) == 0) {
            const char **value = value_of(arguments, words[i]);

            if (!text_has_word(command->options, words[i]))
                return wrong(command, words[i], ": no such option");
            if (value != NULL && i + 1 == count)
                return wrong(command, words[i], ": its value is missing");
            if (value != NULL)
                *value = words[++i];
            arguments->json |= strcmp(words[i], "--json") == 0;
            arguments->open |= strcmp(words[i], "--open") == 0;
            arguments->strict |= strcmp(words[i], "--strict") == 0;
            arguments->recreate |= strcmp(words[i], "--recreate") == 0;
            arguments->narrow |= strcmp(words[i], "--narrow") == 0;
            arguments->merge |= strcmp(words[i], "--merge") == 0;
            arguments->compose |= strcmp(words[i], "--compose") == 0;
        } else if (seen == WORDS_OF_COMMAND_MAX || !operand_name(command, seen, name, sizeof name)) {
            return wrong(command, words[i], ": one word too many");
        } else {
            arguments->word[seen++] = words[i];
        }
    }
    if (command != NULL && seen < command->least && !(seen == 1 && strcmp(arguments->word[0], "-") == 0)) {
        operand_name(command, seen, name, sizeof name);
        return wrong(command, name, " is missing");
    }
    return command;
}

void arguments_help(FILE *out, const struct command *commands)
{
    for (const struct command *command = commands; command->name != NULL; command++) {
        const char *help = command->help;
        char text[160];

        usage(command, text, sizeof text);
        fprintf(out, "  %s", text);
        if (strlen(text) + 2 >= COLUMN)
            fprintf(out, "\n%*s", COLUMN, "");
        else
            fprintf(out, "%*s", COLUMN - (int)strlen(text) - 2, "");
        while (*help != '\0') {
            size_t length = strcspn(help, "\n");

            fprintf(out, "%.*s\n", (int)length, help);
            help += length + (help[length] == '\n');
            if (*help != '\0')
                fprintf(out, "%*s", COLUMN, "");
        }
    }
}
