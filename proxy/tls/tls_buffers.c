#include "proxy/tls/tls_buffers.h"

#include <mbedtls/platform.h>
#include <mbedtls/platform_util.h>
#include <string.h>

#include "platform/base/attr.h"

#ifdef MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH

#define RECORD_HEAD 5u
#define COUNTER 8u /* stands before the head */
/* The largest the library makes; a peer's record that needs more breaks the protocol. */
#define FULL (MBEDTLS_SSL_IN_CONTENT_LEN + TLS_RECORD_EXTRA)

/* A pointer into the old buffer, at the same place of the new one. */
static void rebase(unsigned char **p, const unsigned char *from, unsigned char *to)
{
        if (*p)
                *p = to + (*p - from);
}

/* What the old one holds goes along as far as it fits; the caller knows that no more matters: nothing of a message
 * that is being read. */
static unsigned char *exchange(unsigned char **buf, size_t *len, size_t want)
{
        unsigned char *old = *buf, *made = mbedtls_calloc(1, want);

        if (!made)
                return NULL;
        memcpy(made, old, MIN_OF(*len, want));
        mbedtls_platform_zeroize(old, *len);
        *buf = made;
        *len = want;
        return old;
}

static bool resize_in(mbedtls_ssl_context *ssl, size_t want)
{
        unsigned char *old = exchange(&ssl->in_buf, &ssl->in_buf_len, want), *now = ssl->in_buf;

        if (!old)
                return false;
        rebase(&ssl->in_ctr, old, now);
        rebase(&ssl->in_hdr, old, now);
        rebase(&ssl->in_len, old, now);
        rebase(&ssl->in_iv, old, now);
        rebase(&ssl->in_msg, old, now);
        mbedtls_free(old);
        return true;
}

static bool resize_out(mbedtls_ssl_context *ssl, size_t want)
{
        unsigned char *old = exchange(&ssl->out_buf, &ssl->out_buf_len, want), *now = ssl->out_buf;

        if (!old)
                return false;
        rebase(&ssl->out_ctr, old, now);
        rebase(&ssl->out_hdr, old, now);
        rebase(&ssl->out_len, old, now);
        rebase(&ssl->out_iv, old, now);
        rebase(&ssl->out_msg, old, now);
        mbedtls_free(old);
        return true;
}

/* Nothing of a record is in it, nor anything that was not read yet. */
static bool in_idle(const mbedtls_ssl_context *ssl)
{
        return !ssl->in_offt && !ssl->in_left && ssl->in_hdr == ssl->in_buf + COUNTER;
}

static bool out_idle(const mbedtls_ssl_context *ssl)
{
        return !ssl->out_left && ssl->out_hdr == ssl->out_buf + COUNTER;
}

static void shrink(mbedtls_ssl_context *ssl, size_t above, size_t to)
{
        if (ssl->in_buf_len > above && in_idle(ssl))
                resize_in(ssl, to);
        if (ssl->out_buf_len > above && out_idle(ssl))
                resize_out(ssl, to);
}

void tls_buffers_open(mbedtls_ssl_context *ssl)
{
        shrink(ssl, TLS_BUFFER_START, TLS_BUFFER_START);
}

void tls_buffers_rest(mbedtls_ssl_context *ssl)
{
        shrink(ssl, TLS_BUFFER_KEPT, TLS_BUFFER_KEPT);
}

/* Doubled, so that a message a little longer than the last one needs no new buffer. */
static size_t roomy(size_t need)
{
        size_t n = TLS_BUFFER_START;

        while (n < need)
                n *= 2;
        return MIN_OF(n, FULL);
}

bool tls_buffers_fit_in(mbedtls_ssl_context *ssl)
{
        size_t need;

        if (ssl->state != MBEDTLS_SSL_HANDSHAKE_OVER || ssl->in_left < RECORD_HEAD)
                return false;
        need = COUNTER + RECORD_HEAD + ((size_t)ssl->in_hdr[3] << 8 | ssl->in_hdr[4]);
        return need > ssl->in_buf_len && need <= FULL && resize_in(ssl, roomy(need));
}

size_t tls_buffers_fit_out(mbedtls_ssl_context *ssl, size_t n)
{
        size_t need = n + TLS_RECORD_EXTRA;

        if (ssl->state != MBEDTLS_SSL_HANDSHAKE_OVER || need <= ssl->out_buf_len)
                return n;
        if (out_idle(ssl))
                resize_out(ssl, roomy(need));
        return MIN_OF(n, ssl->out_buf_len - TLS_RECORD_EXTRA);
}

size_t tls_buffers_size(const mbedtls_ssl_context *ssl)
{
        return ssl->in_buf_len + ssl->out_buf_len;
}

#else

void tls_buffers_open(mbedtls_ssl_context *ssl UNUSED)
{
}

void tls_buffers_rest(mbedtls_ssl_context *ssl UNUSED)
{
}

bool tls_buffers_fit_in(mbedtls_ssl_context *ssl UNUSED)
{
        return false;
}

size_t tls_buffers_fit_out(mbedtls_ssl_context *ssl UNUSED, size_t n)
{
        return n;
}

size_t tls_buffers_size(const mbedtls_ssl_context *ssl UNUSED)
{
        return 0;
}

#endif
