/* `suggest`: the smallest set of variables with which the requests of a log would have been allowed. */
#ifndef COMMAND_SUGGEST_H
#define COMMAND_SUGGEST_H

#include <stdbool.h>

struct suggest_options {
    bool narrow;  /* own variables only, neither groups nor presets */
    bool merge;   /* one set for all clients */
    bool compose; /* print the Compose snippet alone */
};

/* Reads a log (text, JSON or both) from the file, stdin for NULL or "-", and prints for each profile or client address
 * the variables that it needs: as the lines of an env file, and in comments why, and the same for Compose. Lists that
 * the environment sets (NAME=value strings, ended by NULL) are kept and added to. Returns the exit status: 0; 1 if some
 * refusals remain although a variable would help, because the log does not have its value; 2 if nothing could be read.
 */
int suggest(const char *path, const struct suggest_options *options, char *const environment[]);

#endif
