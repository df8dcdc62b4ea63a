#include "address.h"

#include <arpa/inet.h>

bool address_read(int family, const char *text, char *to, size_t size)
{
    struct in6_addr binary;

    return inet_pton(family, text, &binary) == 1 && !(family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&binary)) &&
           inet_ntop(family, &binary, to, (socklen_t)size) != NULL;
}
