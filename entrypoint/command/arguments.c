/* The command line: parses it by the table of commands. */
#include "command/arguments.h"

#include "base/text.h"
#include "policy/spelling.h"

#include <stddef.h>
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

/* The options, in the order of the usage, and where they go in struct arguments: an option with an operand is a string,
 * the others are booleans. */
struct option {
    const char *name;
    const char *operand; /* "" for none */
    size_t at;
};
static const struct option options[] = {
    {"--profile", " NAME", offsetof(struct arguments, profile)},
    {"--from", " CONTAINER", offsetof(struct arguments, from)},
    {"--body", " FILE", offsetof(struct arguments, body)},
    {"--response", " FILE", offsetof(struct arguments, response)},
    {"--json", "", offsetof(struct arguments, json)},
    {"--open", "", offsetof(struct arguments, open)},
    {"--strict", "", offsetof(struct arguments, strict)},
    {"--recreate", "", offsetof(struct arguments, recreate)},
    {"--narrow", "", offsetof(struct arguments, narrow)},
    {"--merge", "", offsetof(struct arguments, merge)},
    {"--compose", "", offsetof(struct arguments, compose)},
};

#define OPTION_COUNT (sizeof options / sizeof *options)

/* The usage of a command: "explain [--profile NAME] [--json] METHOD PATH". */
static void usage(const struct command *command, char *text, size_t size)
{
    char name[32];
    size_t used = (size_t)snprintf(text, size, "%s", command->name);

    for (size_t i = 0; i < OPTION_COUNT && used < size; i++)
        if (text_has_word(command->options, options[i].name))
            used += (size_t)snprintf(text + used, size - used, " [%s%s]", options[i].name, options[i].operand);
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

/* The option that the command takes; NULL if there is none of that name. */
static const struct option *find_option(const struct command *command, const char *name)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strcmp(options[i].name, name) == 0 && text_has_word(command->options, name))
            return &options[i];
    return NULL;
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
            const struct option *option = find_option(command, words[i]);
            void *place;

            if (option == NULL)
                return wrong(command, words[i], ": no such option");
            place = (char *)arguments + option->at;
            if (option->operand[0] == '\0')
                *(bool *)place = true;
            else if (i + 1 == count)
                return wrong(command, words[i], ": its value is missing");
            else
                *(const char **)place = words[++i];
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
