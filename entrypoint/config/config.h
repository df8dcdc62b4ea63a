/* The generated haproxy.cfg. */
#ifndef CONFIG_H
#define CONFIG_H

#include "environment/environment.h"
#include "inventory/inventory.h"
#include "environment/machine.h"

/* The whole haproxy.cfg as a string that the caller frees. It depends on the arguments and on the templates in the data
 * directory only. NULL if there is a problem, such as a template that cannot be read, or was one before. */
char *config_text(const struct environment *environment, const struct machine *machine,
                  const struct inventory *inventory, struct problems *problems);

/* Writes haproxy/operations.map, derived from the table: the operation of each route, the variable that decides it
 * alone, and whether it is a stream or leaves HTTP. */
void config_write_operations_map(FILE *out);

/* Writes haproxy/faults.map: what can be wrong with a path that names no operation. */
void config_write_faults_map(FILE *out);

/* Writes haproxy/answers.map: what would allow each operation if nothing is set. */
void config_write_answers_map(FILE *out);

#endif
