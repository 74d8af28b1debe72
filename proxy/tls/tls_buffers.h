/*
 * The record buffers of a TLS session. The library makes two of 16 KB; a session that is open needs them as large as
 * its messages are. Only our own build of the library knows how large its buffers are (VOXGATE_MBEDTLS=source): with
 * the system's all of this does nothing.
 */
#ifndef VOXGATE_PROXY_TLS_TLS_BUFFERS_H
#define VOXGATE_PROXY_TLS_TLS_BUFFERS_H

#include <mbedtls/ssl.h>
#include <stdbool.h>

/* What a record may need beside its contents: sequence number, head, IV, MAC, padding. */
#define TLS_RECORD_EXTRA 512u
/* Buffers are this large when the handshake is over, and at most that large while nothing is under way. */
#define TLS_BUFFER_START 1024u
#define TLS_BUFFER_KEPT 2048u

/* The handshake is over. */
void tls_buffers_open(mbedtls_ssl_context *ssl);
/* Between messages: what was made larger for one is made smaller again. */
void tls_buffers_rest(mbedtls_ssl_context *ssl);
/* A read failed for the record whose head has come: true when it fits now, and the read is to be called again. */
bool tls_buffers_fit_in(mbedtls_ssl_context *ssl);
/* Makes room for a record of n bytes; how many may be written now. */
size_t tls_buffers_fit_out(mbedtls_ssl_context *ssl, size_t n);
/* Bytes of both; 0: not known. */
size_t tls_buffers_size(const mbedtls_ssl_context *ssl);

#endif
