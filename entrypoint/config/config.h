/* The generated haproxy.cfg. */
#ifndef CONFIG_H
#define CONFIG_H

#include "environment/environment.h"
#include "inventory/inventory.h"
#include "environment/machine.h"

/* The whole haproxy.cfg as a string that the caller frees: a function of its arguments and of the templates in the data
 * directory, which asks nothing else. NULL if there is a problem, such as a template that cannot be read, or was
 * before. */
char *config_text(const struct environment *environment, const struct machine *machine,
                  const struct inventory *inventory, struct problems *problems);

/* haproxy/operations.map, derived from the table, to out: what an operation is, which variable decides it alone, and
 * whether it is a stream or leaves HTTP. */
void config_write_operations_map(FILE *out);

/* haproxy/answers.map: what would allow each operation where nothing is set. */
void config_write_answers_map(FILE *out);

#endif
