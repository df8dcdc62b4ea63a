/* IP addresses as text. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

/* Reads an address of the family (AF_INET, AF_INET6) into to in the form inet_ntop gives it, so that equal addresses are
 * equal texts; text and to may be the same. False if it is none, or does not fit. An IPv4 address in IPv6's form
 * (::ffff:10.0.0.1, RFC 4291 2.5.5.2) is none: it would be a second text for the same client or listener. */
bool address_read(int family, const char *text, char *to, size_t size);

#endif
