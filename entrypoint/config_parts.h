/* The parts that haproxy.cfg is put together from. Each writes lines for one placeholder of a template. */
#ifndef CONFIG_PARTS_H
#define CONFIG_PARTS_H

#include "environment.h"
#include "inventory.h"
#include "machine.h"

#include <stdio.h>

/* ---- config_permissions.c: a profile's operations ---- */

/* ACL "open": commented lines for each section of the API that has anything open. */
void write_open(FILE *out, const struct permissions *permissions);

/* For the denied path: what would allow an operation, where it is not just its own variable, which haproxy/variables.map has
 * and the rules above have set as txn.own. */
void write_hints(FILE *out, const struct profile *profile);

/* For the denied path: what is wrong with a path that names no operation. They rely on an ACL `named`: the reason is known. */
void write_faults(FILE *out);

/* ---- config_protection.c: the proxy protects itself ---- */

/* Rules that refuse what could change the proxy's own container, and commands in those that hold the Engine's socket. Nothing
 * if no operation of the kind is open, or outside a container. */
void write_protection(FILE *out, const struct profile *profile, const struct inventory *inventory);

/* ---- config_clients.c: where clients come in, and which profile is for them ---- */

/* `bind` lines of all listeners; each has the name of its profile's backend. */
void write_binds(FILE *out, const struct environment *environment, const struct machine *machine);

/* Rules that set txn.profile. Nothing without profiles. */
void write_identification(FILE *out, const struct environment *environment, const struct machine *machine);

/* ---- config_names.c: clients that have names; nothing of this without such profiles ---- */

bool needs_resolvers(const struct environment *environment);

/* `resolvers` sections. */
void write_name_resolvers(FILE *out, const struct environment *environment);

/* Rules that set sess.profile by name, where no other claim did. */
void write_names(FILE *out, const struct environment *environment, const struct machine *machine);

/* The backend that knows which names can be resolved. */
void write_presence(FILE *out, const struct environment *environment, const struct machine *machine);

/* ---- config_upstreams.c: where requests go ---- */

/* `server` lines of the backend of profile i. The base set's check the health of several upstreams; the others follow. */
void write_servers(FILE *out, const struct settings *settings, const struct machine *machine, size_t i);

/* The `resolvers` section that `server` lines name, if an upstream has a name. */
void write_upstream_resolvers(FILE *out, const struct upstreams *upstreams);

/* The options of health checks, for the base set's backend; nothing for one upstream. */
void write_checks(FILE *out, const struct upstreams *upstreams);

/* The upstreams as the 503 names them, joined by commas. */
void write_upstream_names(FILE *out, const struct upstreams *upstreams);

/* `crt-store` sections for the certificates of listeners and upstreams. */
void write_certificates(FILE *out, const struct environment *environment);

#endif
