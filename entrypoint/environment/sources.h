/* Where variables come from: the environment of the process, ENV_FILE, and the files that <VARIABLE>_FILE names. */
#ifndef ENVIRONMENT_SOURCES_H
#define ENVIRONMENT_SOURCES_H

#include "base/assignments.h"
#include "base/problems.h"

#include <stdbool.h>
#include <stddef.h>

/* The largest file that is read, in bytes. */
#define SOURCE_FILE_MAX (256L * 1024)

struct sources {
    struct assignments variables; /* its list is never NULL */
    char **files; /* the paths of all files that were named, readable or not, in the order of reading; owned */
    size_t file_count;
};

/* Makes one list of the process's NAME=value strings (terminated by NULL) and of those in files:
 *
 *   ENV_FILE         paths, separated by commas. Each line is NAME=value, as in Compose's env_file; where other readers
 *                    of env files differ, the line is refused (docs/settings.md#files). A later file overrides an
 *                    earlier one; a file that differs from the environment is a problem.
 *   <VARIABLE>_FILE  the path of a file that holds the value of a variable of base/variables.def or of a permission, in
 *                    a profile or not. A variable that is set in this way and by itself is a problem. A name that is
 *                    itself a variable, such as ENV_FILE, is read as that variable.
 *
 * ENV_FILE, HAPROXY, DATA_DIR and RUNTIME_DIRECTORY in a file are a problem: they are read from the process only.
 *
 * An ENV_FILE whose last line has no newline may be cut short, and is a problem; the file of one variable needs none.
 * A file that is not a readable regular file, is empty or larger than SOURCE_FILE_MAX, holds a NUL byte or changes
 * while it is read is a problem. All problems are reported. The result has to be released with sources_free in any
 * case. */
void sources_read(struct sources *sources, char *const environment[], struct problems *problems);
void sources_free(struct sources *sources);

/* Whether both give the same variables the same values. */
bool sources_equal(const struct sources *a, const struct sources *b);

/* Returns the names of the variables that differ, separated by blanks. The caller frees the text. */
char *sources_difference(const struct sources *a, const struct sources *b);

#endif
