/* The command line: a table of commands, by which it is parsed and the help is printed. */
#ifndef COMMAND_ARGUMENTS_H
#define COMMAND_ARGUMENTS_H

#include "environment/environment.h"

#include <stdbool.h>
#include <stdio.h>

#define WORDS_OF_COMMAND_MAX 2

/* The operands and options of a command. */
struct arguments {
    const char *word[WORDS_OF_COMMAND_MAX]; /* NULL where there is none */
    const char *profile;                    /* --profile NAME */
    const char *from;                       /* --from CONTAINER */
    const char *body;                       /* --body FILE */
    const char *response;                   /* --response FILE */
    bool json;                              /* --json */
    bool open;                              /* --open */
    bool strict;                            /* --strict */
    bool recreate;                          /* --recreate */
    bool narrow;                            /* --narrow */
    bool merge;                             /* --merge */
    bool compose;                           /* --compose */
};

struct command {
    const char *name;
    const char *words;   /* the names of its operands, separated by blanks: "METHOD PATH" */
    int least;           /* the fewest operands it takes; a single "-" replaces all */
    const char *options; /* its options, separated by blanks; "" for none */
    const char *help;    /* lines that end in a newline */
    /* Returns the exit status. environment is NULL unless needs_environment. */
    bool needs_environment;
    int (*run)(const struct arguments *arguments, const struct environment *environment, struct problems *problems);
};

/* Parses the count words of the command line, without the program's name. Returns their command, the first of the table
 * if there are none, and fills arguments, which point into words. The table ends with a name NULL. Returns NULL after
 * an error, which is on stderr. */
const struct command *arguments_read(struct arguments *arguments, const struct command *commands, int count,
                                     char *const words[]);

/* Prints each command with its help. */
void arguments_help(FILE *out, const struct command *commands);

#endif
