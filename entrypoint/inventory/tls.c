/* Connects to an upstream with TLS. */
#include "inventory/tls.h"

#include "base/host.h"
#include "base/problems.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is used of OpenSSL. The library is loaded when there is an upstream with TLS: to be linked with it would cost
 * each start two milliseconds, and the program 0.6 MB for as long as it runs. */
#define OPENSSL_FUNCTIONS(USE)              \
    USE(SSL_CTX_new)                        \
    USE(SSL_CTX_free)                       \
    USE(SSL_CTX_ctrl)                       \
    USE(SSL_CTX_set_verify)                 \
    USE(SSL_CTX_load_verify_locations)      \
    USE(SSL_CTX_use_certificate_chain_file) \
    USE(SSL_CTX_use_PrivateKey_file)        \
    USE(TLS_client_method)                  \
    USE(SSL_new)                            \
    USE(SSL_free)                           \
    USE(SSL_ctrl)                           \
    USE(SSL_set_fd)                         \
    USE(SSL_get0_param)                     \
    USE(SSL_connect)                        \
    USE(SSL_read)                           \
    USE(SSL_write)                          \
    USE(SSL_get_error)                      \
    USE(SSL_get_verify_result)              \
    USE(X509_VERIFY_PARAM_set1_host)        \
    USE(X509_verify_cert_error_string)      \
    USE(ERR_clear_error)

#define MEMBER(name) __typeof__(name)(*(name));
static struct {
    OPENSSL_FUNCTIONS(MEMBER)
} openssl;

#define NAME_OF(version) "libssl.so." TEXT_OF(version)
#define TEXT_OF(version) #version
#define LOOK_UP(name)                                      \
    function = dlsym(library, #name);                      \
    memcpy(&openssl.name, &function, sizeof openssl.name); \
    found = found && function != NULL;

/* Returns false if the library is missing, or a function in it. Its version is the one of the headers. */
static bool load_openssl(void)
{
    static bool found = false;
    void *library = found ? NULL : dlopen(NAME_OF(OPENSSL_SHLIB_VERSION), RTLD_NOW | RTLD_LOCAL);
    void *function;

    if (found)
        return true;
    if (library != NULL) {
        found = true;
        OPENSSL_FUNCTIONS(LOOK_UP)
    }
    if (!found)
        notice("%s: no container of an Engine with TLS can be asked for", dlerror());
    return found;
}

struct tls_context {
    SSL_CTX *shared;
};

struct tls {
    SSL *session;
    short events;
    char why[160];
};

static bool use_certificates(SSL_CTX *context, const char *directory)
{
    char path[3][PATH_MAX];
    static const char *const files[] = {"ca.pem", "cert.pem", "key.pem"};

    for (size_t i = 0; i < 3; i++)
        if (!path_join(path[i], directory, files[i]))
            return false;
    return openssl.SSL_CTX_load_verify_locations(context, path[0], NULL) == 1 &&
           openssl.SSL_CTX_use_certificate_chain_file(context, path[1]) == 1 &&
           openssl.SSL_CTX_use_PrivateKey_file(context, path[2], SSL_FILETYPE_PEM) == 1;
}

/* As HAProxy's verifyhost, checks names only; IP addresses in a certificate do not count (see process/warnings.c). */
static bool expect_host(SSL *session, const struct upstream *upstream)
{
    return openssl.X509_VERIFY_PARAM_set1_host(openssl.SSL_get0_param(session), upstream->host, 0) == 1 &&
           (!upstream_has_name(upstream) || openssl.SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME,
                                                             TLSEXT_NAMETYPE_host_name, (void *)upstream->host) == 1);
}

struct tls_context *tls_context_new(const struct settings *settings)
{
    const char *directory = settings->upstream_tls_cert_path;
    bool needed = false;
    struct tls_context *context;

    for (size_t i = 0; i < settings->upstreams.count; i++)
        needed |= settings->upstreams.list[i].kind == UPSTREAM_TLS;
    if (!needed || directory == NULL || !load_openssl())
        return NULL;
    context = calloc(1, sizeof *context);
    if (context == NULL)
        abort();
    context->shared = openssl.SSL_CTX_new(openssl.TLS_client_method());
    if (context->shared != NULL &&
        openssl.SSL_CTX_ctrl(context->shared, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION, NULL) == 1 &&
        use_certificates(context->shared, directory)) {
        openssl.SSL_CTX_set_verify(context->shared, SSL_VERIFY_PEER, NULL);
        return context;
    }
    tls_context_free(context);
    return NULL;
}

void tls_context_free(struct tls_context *context)
{
    if (context == NULL)
        return;
    openssl.SSL_CTX_free(context->shared);
    free(context);
    openssl.ERR_clear_error();
}

struct tls *tls_new(int fd, const struct upstream *upstream, const struct tls_context *context)
{
    struct tls *tls = calloc(1, sizeof *tls);

    if (tls == NULL)
        abort();
    signal(SIGPIPE, SIG_IGN); /* the library writes without MSG_NOSIGNAL */
    tls->events = POLLIN | POLLOUT;
    if (context != NULL)
        tls->session = openssl.SSL_new(context->shared);
    if (tls->session != NULL && expect_host(tls->session, upstream) && openssl.SSL_set_fd(tls->session, fd) == 1)
        return tls;
    tls_free(tls);
    return NULL;
}

void tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
    if (tls->session != NULL) {
        openssl.SSL_free(tls->session);
        openssl.ERR_clear_error();
    }
    free(tls);
}

short tls_events(const struct tls *tls)
{
    return tls->events;
}

const char *tls_why(const struct tls *tls)
{
    return tls->why;
}

/* Interprets a call that did not succeed: 0 with errno EAGAIN to wait, else -1 with errno EPROTO. */
static int failure(struct tls *tls, int result)
{
    long verified = openssl.SSL_get_verify_result(tls->session);

    switch (openssl.SSL_get_error(tls->session, result)) {
    case SSL_ERROR_WANT_READ:
        tls->events = POLLIN;
        errno = EAGAIN;
        return 0;
    case SSL_ERROR_WANT_WRITE:
        tls->events = POLLOUT;
        errno = EAGAIN;
        return 0;
    default:
        snprintf(tls->why, sizeof tls->why, "TLS: %s",
                 verified != X509_V_OK ? openssl.X509_verify_cert_error_string(verified) : "the handshake fails");
        openssl.ERR_clear_error();
        errno = EPROTO;
        return -1;
    }
}

int tls_handshake(struct tls *tls)
{
    int result = openssl.SSL_connect(tls->session);

    return result == 1 ? 1 : failure(tls, result);
}

ssize_t tls_write(struct tls *tls, const char *bytes, size_t length)
{
    int result = openssl.SSL_write(tls->session, bytes, length > INT_MAX ? INT_MAX : (int)length);

    if (result > 0)
        return result;
    failure(tls, result);
    return -1;
}

ssize_t tls_read(struct tls *tls, char *bytes, size_t size)
{
    int result = openssl.SSL_read(tls->session, bytes, size > INT_MAX ? INT_MAX : (int)size);

    if (result > 0)
        return result;
    if (openssl.SSL_get_error(tls->session, result) == SSL_ERROR_ZERO_RETURN)
        return 0;
    failure(tls, result);
    return -1;
}
