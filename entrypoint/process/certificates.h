/* Whether a certificate and a key belong together. */
#ifndef PROCESS_CERTIFICATES_H
#define PROCESS_CERTIFICATES_H

#include <stdbool.h>

/* Returns whether the key is that of the certificate, according to HAProxy, which reports errors on stderr. haproxy is
 * the program, the others are paths of PEM files. `haproxy -c` does not compare them where they are separate files, as
 * in our configuration; with a wrong key every handshake would fail. */
bool certificate_fits(const char *haproxy, const char *certificate, const char *key);

#endif
