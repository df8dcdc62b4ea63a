/* The check whether a certificate and a key belong together. */
#include "process/certificates.h"

#include "process/haproxy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Appends a file, and a newline that ends its last line. */
static bool append(FILE *out, const char *path)
{
    FILE *file = fopen(path, "re");
    char block[4096];
    size_t got;
    bool whole;

    if (file == NULL)
        return false;
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        fwrite(block, 1, got, out);
    whole = !ferror(file);
    fclose(file);
    fputc('\n', out);
    return whole && !ferror(out);
}

/* Makes a file in memory, which HAProxy inherits and opens by the name in path. NULL with errno set if that fails. */
static FILE *memory_file(char *path, size_t size)
{
    int fd = memfd_create("certificate", 0);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

    if (file == NULL && fd >= 0)
        close(fd);
    if (file != NULL)
        snprintf(path, size, "/proc/self/fd/%d", fd);
    return file;
}

/* HAProxy compares the certificate and the key where they are in one file. */
static bool write_both(FILE *pem, const char *certificate, const char *key)
{
    if (append(pem, certificate) && append(pem, key) && fflush(pem) == 0)
        return true;
    notice("%s or %s cannot be read: %s", certificate, key, strerror(errno));
    return false;
}

static bool accepts(const char *haproxy, const char *pem_path)
{
    char path[64];
    FILE *config = memory_file(path, sizeof path);
    bool fits = false;

    if (config == NULL)
        return false;
    fprintf(config,
            "defaults\n    mode http\n    timeout client 1s\n    timeout server 1s\n    timeout connect 1s\n"
            "frontend certificate\n    bind 127.0.0.1:1 ssl crt %s\n    http-request deny\n",
            pem_path);
    if (fflush(config) == 0)
        fits = haproxy_check(haproxy, path) == 0;
    fclose(config);
    return fits;
}

bool certificate_fits(const char *haproxy, const char *certificate, const char *key)
{
    char path[64];
    FILE *pem = memory_file(path, sizeof path);
    bool fits;

    if (pem == NULL) {
        notice("memfd: %s", strerror(errno));
        return false;
    }
    fits = write_both(pem, certificate, key) && accepts(haproxy, path);
    fclose(pem);
    if (!fits)
        notice("%s and %s cannot be used together", certificate, key);
    return fits;
}
