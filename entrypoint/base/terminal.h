/* Printing to stdout for people, and for programs. */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include <stdbool.h>

/* Whether a person reads it: stdout is a terminal. */
bool terminal(void);

/* Escape sequences, "" unless stdout is a terminal that shows colours and NO_COLOR is not set. */
const char *colour_yes(void);
const char *colour_no(void);
const char *colour_faint(void);
const char *colour_end(void);

/* Prints a string as JSON has it, quotes included. Bytes that are no UTF-8 are replaced. */
void print_json(const char *text);

#endif
