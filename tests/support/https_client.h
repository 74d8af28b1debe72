/* A client of the HTTPS server over a descriptor: a request, an answer, the end. */
#ifndef VOXGATE_TEST_HTTPS_CLIENT_H
#define VOXGATE_TEST_HTTPS_CLIENT_H

#include <errno.h>
#include <mbedtls/base64.h>
#include <mbedtls/ssl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/base/rng.h"
#include "tests/support/test.h"

struct https {
        int fd;
        mbedtls_ssl_config conf;
        mbedtls_ssl_context ssl;
        char text[8192]; /* what came behind the last answer, or the answer's body */
        size_t n;
};

static inline int https_on_send(void *ctx, const unsigned char *p, size_t n)
{
        ssize_t k = send(*(int *)ctx, p, n, MSG_NOSIGNAL);

        return k < 0 ? MBEDTLS_ERR_SSL_CONN_EOF : (int)k;
}

static inline int https_on_recv(void *ctx, unsigned char *p, size_t n)
{
        ssize_t k = recv(*(int *)ctx, p, n, 0);

        return k <= 0 ? MBEDTLS_ERR_SSL_CONN_EOF : (int)k;
}

/* Takes fd; keys are agreed on when it returns. */
static inline void https_open(struct https *h, int fd)
{
        memset(h, 0, sizeof *h);
        h->fd = fd;
        mbedtls_ssl_config_init(&h->conf);
        mbedtls_ssl_init(&h->ssl);
        assert_int_equal(mbedtls_ssl_config_defaults(&h->conf, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                                     MBEDTLS_SSL_PRESET_DEFAULT),
                         0);
        mbedtls_ssl_conf_authmode(&h->conf, MBEDTLS_SSL_VERIFY_NONE);
        mbedtls_ssl_conf_rng(&h->conf, rng_mbedtls, (void *)(uintptr_t)&rng_system);
        assert_int_equal(mbedtls_ssl_setup(&h->ssl, &h->conf), 0);
        mbedtls_ssl_set_bio(&h->ssl, &h->fd, https_on_send, https_on_recv, NULL);
        assert_int_equal(mbedtls_ssl_handshake(&h->ssl), 0);
}

static inline void https_close(struct https *h)
{
        mbedtls_ssl_free(&h->ssl);
        mbedtls_ssl_config_free(&h->conf);
        close(h->fd);
}

static inline void https_send(struct https *h, const char *text)
{
        size_t n = strlen(text);

        assert_int_equal(mbedtls_ssl_write(&h->ssl, (const unsigned char *)text, n), n);
}

/* A request up to its empty line. user NULL: without credentials; more: fields with their line ends. */
static inline void https_ask(struct https *h, const char *method, const char *path, const char *user,
                             const char *password, const char *more)
{
        char who[200] = "", text[1024], cred[100], base64[140];
        size_t n;

        if (user) {
                snprintf(cred, sizeof cred, "%s:%s", user, password);
                assert_int_equal(mbedtls_base64_encode((unsigned char *)base64, sizeof base64, &n,
                                                       (const unsigned char *)cred, strlen(cred)),
                                 0);
                snprintf(who, sizeof who, "Authorization: Basic %s\r\n", base64);
        }
        snprintf(text, sizeof text, "%s %s HTTP/1.1\r\nHost: x\r\n%s%s\r\n", method, path, who, more);
        https_send(h, text);
}

static inline bool https_more(struct https *h)
{
        int k = mbedtls_ssl_read(&h->ssl, (unsigned char *)h->text + h->n, sizeof h->text - 1 - h->n);

        h->n += k > 0 ? (size_t)k : 0;
        h->text[h->n] = 0;
        return k > 0;
}

/* Status of the next answer that has a length; its body is in h->text. 0: the connection has ended. */
static inline int https_answer(struct https *h)
{
        const char *length, *body;
        size_t want;

        h->n = 0;
        do
                if (!https_more(h))
                        return 0;
        while (!(body = strstr(h->text, "\r\n\r\n")));
        length = strstr(h->text, "Content-Length: ");
        assert_non_null(length);
        want = (size_t)(body + 4 - h->text) + strtoul(length + 16, NULL, 10);
        while (h->n < want)
                assert_true(https_more(h));
        assert_int_equal(h->n, want);
        return atoi(h->text + strlen("HTTP/1.1 "));
}

static inline const char *https_body(const struct https *h)
{
        return strstr(h->text, "\r\n\r\n") + 4;
}

/* The box has ended the connection, and nothing came before. */
static inline bool https_ended(struct https *h)
{
        h->n = 0;
        return !https_more(h);
}

#endif
