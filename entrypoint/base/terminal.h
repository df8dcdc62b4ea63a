/* Output on stdout: colours for terminals, JSON strings for programs. */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include <stdbool.h>

/* Whether stdout is a terminal. */
bool terminal(void);

/* Escape sequences; "" if stdout is not a terminal, TERM is unset or "dumb", or NO_COLOR is set (no-color.org). */
const char *colour_yes(void);
const char *colour_no(void);
const char *colour_faint(void);
const char *colour_end(void);

/* Prints a string as a JSON string with its quotes (RFC 8259 7). Invalid UTF-8 becomes U+FFFD. */
void print_json(const char *text);

#endif
