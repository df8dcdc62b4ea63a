/* What `permissions` and `explain` print: for programs where stdout is not a terminal or JSON is asked for, else for
 * people. */
#ifndef COMMAND_EXPLAIN_H
#define COMMAND_EXPLAIN_H

#include "environment/environment.h"
#include "inventory/inventory.h"

/* The whole table, or what is open of it, as the profile has it. Not on a terminal a line for each operation,
 * tab-separated: state, method, path, operationId, own variable, groups, default, and what opens it or would. json: an
 * array of objects. */
void report_permissions(const struct profile *profile, bool only_open, bool json);

/* One request: a sentence, the same in columns on a terminal, or a JSON object. The inventory is what the proxy
 * protects. body_file is what it carries, for the create guard; NULL to leave the body open. Returns 0 if the proxy
 * would allow it, 3 if not, 2 if the file cannot be read, 1 if memory runs out. */
int report_explain(const struct environment *environment, const struct inventory *inventory,
                   const struct profile *profile, const char *method, const char *target, const char *body_file,
                   bool json);

/* The same for each "METHOD PATH" line of stdin, a line "allowed OPERATION" or "denied OPERATION REASON" each. */
int report_explain_lines(const struct environment *environment, const struct inventory *inventory,
                         const struct profile *profile);

#endif
