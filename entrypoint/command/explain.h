/* The output of `permissions` and `explain`: columns on a terminal, else lines for programs, or JSON. */
#ifndef COMMAND_EXPLAIN_H
#define COMMAND_EXPLAIN_H

#include "environment/environment.h"
#include "inventory/inventory.h"

/* Prints all operations, or only the open ones, with their state in the profile. Not on a terminal: a line for each,
 * tab-separated, below a line that names the columns. json: an array of objects. */
void report_permissions(const struct profile *profile, bool only_open, bool json);

/* Prints whether the proxy would allow a request of the profile, and why: a sentence, columns on a terminal, or a JSON
 * object. target is the path with its query. The inventory has what the proxy protects. body_file is the body, for the
 * create guard, "-" for stdin; with NULL the body is not judged. Returns 0 for allowed, 3 for denied, 2 if the file
 * cannot be read, 1 if memory runs out. */
int report_explain(const struct environment *environment, const struct inventory *inventory,
                   const struct profile *profile, const char *method, const char *target, const char *body_file,
                   bool json);

/* Prints what the client gets for an answer of the Engine with status 200, whose body is in the file ("-": stdin), if
 * the request is allowed: REDACT hides something in it, or it is the same. Returns as report_explain, 3 with an error
 * message also if the proxy would refuse the answer. */
int report_response(const struct environment *environment, const struct inventory *inventory,
                    const struct profile *profile, const char *method, const char *target, const char *response_file);

/* As report_explain, without bodies, for each "METHOD PATH" line of stdin: prints "allowed OPERATION" or "denied
 * OPERATION REASON" for each. Returns 0, or 1 if memory runs out. */
int report_explain_lines(const struct environment *environment, const struct inventory *inventory,
                         const struct profile *profile);

#endif
