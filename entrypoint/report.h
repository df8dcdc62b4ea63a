/* What `permissions` and `explain` print. */
#ifndef REPORT_H
#define REPORT_H

#include "environment.h"
#include "inventory.h"

/* The whole table, as the profile has it, on stdout, tab-separated: state, method, path, operationId, own variable, groups, and what opens it or
 * would. */
void report_permissions(const struct profile *profile);

/* One request: a sentence on stdout. The inventory is what the proxy protects. body_file is what it carries, for the create guard; NULL to leave the body open.
 * Returns 0 if the proxy would allow it, 3 if not, 2 if the file cannot be read, 1 if memory runs out. */
int report_explain(const struct environment *environment, const struct inventory *inventory, const struct profile *profile,
                   const char *method, const char *target, const char *body_file);

/* The same for each "METHOD PATH" line of stdin, a line "allowed OPERATION" or "denied OPERATION REASON" each. */
int report_explain_lines(const struct environment *environment, const struct inventory *inventory, const struct profile *profile);

#endif
