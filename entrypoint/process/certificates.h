/* Whether a certificate and a key belong together. */
#ifndef PROCESS_CERTIFICATES_H
#define PROCESS_CERTIFICATES_H

#include <stdbool.h>

/* Asks HAProxy, which tells what is wrong on stderr. Its own check of a configuration that names both files, as ours
 * does, does not look whether they fit: every handshake would fail later. */
bool certificate_fits(const char *haproxy, const char *certificate, const char *key);

#endif
