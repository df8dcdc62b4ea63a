/* The parts of haproxy.cfg: each adds the values for the placeholders of a template. */
#ifndef CONFIG_PARTS_H
#define CONFIG_PARTS_H

#include "environment/environment.h"
#include "guard/guard.h"
#include "inventory/inventory.h"
#include "environment/machine.h"
#include "config/template.h"

/* Connections besides those of MAX_CONNECTIONS: further ones of clients, which get an answer that says so, and those of
 * the health check */
#define CONNECTIONS_ANSWERED 8
#define HEALTH_CONNECTIONS   8

/* config/clients.c: the listeners, and the rules that choose the profile of a client (haproxy.cfg). */
void set_clients(struct values *values, const struct environment *environment, const struct machine *machine);

/* config/clients.c: listeners, as rows of "binds" (binds.cfg). HAProxy gives them the name. */
void set_binds(struct values *values, const struct environment *environment, const struct machine *machine,
               const struct listeners *listeners, const char *name);

/* config/identity.c: the profile of a container, by the map `profiles` (clients.cfg, unsure.cfg), and whether there are
 * maps at all. */
void set_identities(struct values *values, const struct environment *environment, const struct inventory *inventory);

/* config/names.c: clients that profiles claim by name (names.cfg). */
void set_names(struct values *values, const struct environment *environment, const struct machine *machine);

/* Whether there are such clients. */
bool has_names(const struct environment *environment);

/* config/upstreams.c: the Engines in the global part, name servers, and the certificates of listeners and upstreams
 * (haproxy.cfg). */
void set_upstreams(struct values *values, const struct environment *environment, const struct machine *machine);

/* config/upstreams.c: the servers of the backend of profile i. With several upstreams, those of the base set check
 * their health, and the others track them. */
void set_servers(struct values *backend, const struct environment *environment, const struct machine *machine,
                 size_t i);

/* config/upstreams.c: the only upstream, as a server whose health is checked (health.cfg, servers.cfg). */
void set_checked_server(struct values *backend, const struct environment *environment, const struct machine *machine);

/* config/metrics.c: the metrics and their pages, whose templates are in the directory (metrics.cfg); nothing but the
 * limit of connections and an empty list if METRICS_LISTEN is not set. */
void set_metrics(struct values *values, const struct environment *environment, const struct machine *machine,
                 const struct inventory *inventory, const char *directory, struct problems *problems);

/* config/metrics.c: where the requests of profile i are counted (backend.cfg). */
void set_counts(struct values *backend, const struct environment *environment, size_t i);

/* config/permissions.c: the operations that a profile opens, and those answers for the others that haproxy/answers.map
 * does not have (backend.cfg). Rules that judge requests further, beside those of protection and guard, have to take
 * their operations out of the list of the free ones (needs_no_judgement). */
void set_permissions(struct values *backend, const struct profile *profile, const struct inventory *inventory,
                     char *const *plain);

/* config/permissions.c: what haproxy/answers.map has for each operation, in the table's order: what would allow it if
 * no variable is set; NULL for one that is open then. Release with plain_answers_free. */
char **plain_answers(void);
void plain_answers_free(char **plain);

/* config/protection.c: the proxy protects itself (protection.cfg). Nothing if no operation of the kind is open, or
 * outside a container. */
void set_protection(struct values *backend, const struct profile *profile, const struct inventory *inventory);

/* Whether these rules judge requests of that operation. */
bool protection_judges(const struct inventory *inventory, const char *operation_id);

/* config/targets.c: operations reach only the targets of a profile (targets.cfg). Nothing if it has none. */
void set_targets(struct values *backend, const struct profile *profile, const struct inventory *inventory);

/* config/lost.c: containers that could not be created again are not taken apart (lost.cfg). Nothing if the profile may
 * not lose any. */
void set_lost(struct values *backend, const struct profile *profile, const struct inventory *inventory);

/* config/redact.c: what is done with requests whose answers REDACT hides something in (backend.cfg), and with these
 * answers (redact.cfg). Nothing if there are none. Returns the buffer, in bytes, that they need. */
long set_redaction(struct values *backend, const struct profile *profile);

/* config/guard.c: the create guard of a backend (guard.cfg), with what its regexes use added to the definitions.
 * Nothing if the guard is off or there is no operation. ids are those of the operations to be judged, all of which
 * guard_inspects, ended by NULL. The rules rely on an ACL `allowed` above them, let requests that are not inspected
 * leave after one more ACL, answer what is refused, and let the rest fall through. Set on the way, for the log:
 * txn.verdict and txn.detail. */
struct definitions;
void set_guard(struct values *backend, struct definitions *definitions, const struct guard *guard,
               const struct guard_facts *facts, const char *const *ids);

/* config/guard.c: the regexes that several backends share, as `setenv` lines (haproxy.cfg). Release with
 * definitions_free, which may come before the values are used. */
struct definitions *definitions_new(void);
void definitions_free(struct definitions *definitions);
void set_definitions(struct values *values, const struct definitions *definitions);

#endif
