/* What the log says at the start of an environment that is right, and yet may not do what was meant. */
#ifndef WARNINGS_H
#define WARNINGS_H

#include "environment.h"

void warn(const struct environment *environment);

#endif
