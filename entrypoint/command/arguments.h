/* The words of the command line: a table of commands, from which they are understood and the help is printed. */
#ifndef COMMAND_ARGUMENTS_H
#define COMMAND_ARGUMENTS_H

#include "environment/environment.h"

#include <stdbool.h>
#include <stdio.h>

#define WORDS_OF_COMMAND_MAX 2

/* What was said behind a command's name. */
struct arguments {
    const char *word[WORDS_OF_COMMAND_MAX]; /* NULL where there is none */
    const char *profile;                    /* --profile NAME */
    const char *body;                       /* --body FILE */
    bool json;                              /* --json */
    bool open;                              /* --open */
};

struct command {
    const char *name;
    const char *words;   /* the names of its words, separated by blanks: "METHOD PATH" */
    int least;           /* how many of them there have to be; a lone "-" in their place stands for all */
    const char *options; /* those of the above that it takes, separated by blanks; "" for none */
    const char *help;    /* lines that end in a newline */
    /* Runs it; returns the exit status. One that is not about this environment gets NULL. */
    bool needs_environment;
    int (*run)(const struct arguments *arguments, const struct environment *environment, struct problems *problems);
};

/* Finds the command of the words (those of main, without the program's name), the first of the table if there are none,
 * and reads the words behind it. The table ends with a name NULL. What is wrong is told on stderr: then NULL. */
const struct command *arguments_read(struct arguments *arguments, const struct command *commands, int count,
                                     char *const words[]);

/* What there is to say, a line or more for each command. */
void arguments_help(FILE *out, const struct command *commands);

#endif
