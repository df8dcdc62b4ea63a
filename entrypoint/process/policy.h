/* The policy that a reload takes up: the variables, read again from where they come from. */
#ifndef PROCESS_POLICY_H
#define PROCESS_POLICY_H

#include "environment/environment.h"
#include "process/watch.h"

/* Reads the process's NAME=value strings again, with the files that they name, and watches these files from now on.
 * Returns the environment, which the caller releases with policy_free; NULL, with the reasons in the log, if it is not
 * valid or differs from the present one in something that only a start takes up. */
struct environment *policy_load(const struct environment *present, char *const variables[], struct watch *watch);
void policy_free(struct environment *environment);

/* Watches the certificates of the settings, and the files that the variables come from. */
void policy_watch(struct watch *watch, const struct environment *environment);

/* Returns the paths of cert.pem, key.pem and ca.pem in TLS_CERT_PATH and in UPSTREAM_TLS_CERT_PATH, one of which may be
 * unset, in this order, terminated by NULL. Release with list_free. */
char **policy_certificates(const struct settings *settings, size_t *count);

#endif
