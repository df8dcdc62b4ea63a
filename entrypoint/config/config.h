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

/* Write files of haproxy/, derived from the table of operations (maps.c): the operation of each route of the
 * Engine's API and of Podman's; the operations that only the backend has rules for; what is a stream or leaves HTTP;
 * the variable that decides an operation alone. */
void config_write_operations_map(FILE *out);
void config_write_libpod_map(FILE *out);
void config_write_plain_list(FILE *out);
void config_write_kinds_map(FILE *out);
void config_write_variables_map(FILE *out);

/* Writes haproxy/faults.map: what can be wrong with a path that names no operation. */
void config_write_faults_map(FILE *out);

/* Writes haproxy/answers.map: what would allow each operation if nothing is set. */
void config_write_answers_map(FILE *out);

#endif
