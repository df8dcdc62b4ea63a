/* Everything the environment says, read and checked in one go. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include "permissions.h"
#include "settings.h"

struct environment {
    struct settings settings;
    struct compat compat;
    struct permissions permissions;
};

/* Reads the NAME=value strings in variables. All that is wrong is told; the result may be used only if nothing was. */
void environment_read(struct environment *environment, char *const variables[], struct problems *problems);

#endif
