/* Writing into buffers that were sized for what goes into them: the tables' names, parts whose length was checked. What
 * does not fit is a defect of the program and ends it; it is never cut short. */
#ifndef BOUNDED_H
#define BOUNDED_H

#include <stddef.h>

void bounded_copy(char *to, size_t size, const char *text);
void bounded_format(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
