/* The generated haproxy.cfg. */
#ifndef CONFIG_H
#define CONFIG_H

#include "environment.h"
#include "inventory.h"

/* Writes the whole haproxy.cfg to out, from the templates in the data directory, for this machine and for
 * what the Engines say. What the templates or the machine do not give is a problem. */
void config_write(FILE *out, const struct environment *environment, const struct inventory *inventory,
                  struct problems *problems);

/* The same into a string that the caller frees; NULL with a problem told. */
char *config_text(const struct environment *environment, const struct inventory *inventory, struct problems *problems);

/* haproxy/operations.map, derived from the table, to out. */
void config_write_map(FILE *out);

/* haproxy/variables.map, likewise: the own variable of each operation. */
void config_write_variables_map(FILE *out);

/* haproxy/kinds.map, likewise: the operations that are streams, and those that leave HTTP. */
void config_write_kinds_map(FILE *out);

#endif
