/*
 * How Voxgate builds its own mbedTLS (VOXGATE_MBEDTLS=source): the defaults of the library and these. The library and
 * every file of ours must see the same options, since its structs differ by them.
 */
#ifndef VOXGATE_PKI_MBEDTLS_OPTIONS_H
#define VOXGATE_PKI_MBEDTLS_OPTIONS_H

/* As Debian builds it. */
#define MBEDTLS_THREADING_C
#define MBEDTLS_THREADING_PTHREAD
#define MBEDTLS_CMAC_C

/* Suites that old phones and softphones need; in force only where a configuration names them. */
#define MBEDTLS_CIPHER_NULL_CIPHER
#define MBEDTLS_ENABLE_WEAK_CIPHERSUITES
#undef MBEDTLS_REMOVE_ARC4_CIPHERSUITES
#undef MBEDTLS_REMOVE_3DES_CIPHERSUITES

/* Buffers of a session may be smaller than 16 KB when its handshake is over (proxy/tls/tls_buffers.h). */
#define MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH

/* By libcrypto, in ecdh_alt.c and ecdsa_alt.c. */
#define MBEDTLS_ECDH_GEN_PUBLIC_ALT
#define MBEDTLS_ECDH_COMPUTE_SHARED_ALT
#define MBEDTLS_ECDSA_SIGN_ALT
#define MBEDTLS_ECDSA_VERIFY_ALT

/* Not spoken here. */
#undef MBEDTLS_SSL_PROTO_DTLS
#undef MBEDTLS_SSL_DTLS_ANTI_REPLAY
#undef MBEDTLS_SSL_DTLS_HELLO_VERIFY
#undef MBEDTLS_SSL_DTLS_CLIENT_PORT_REUSE
#undef MBEDTLS_SSL_DTLS_BADMAC_LIMIT
#undef MBEDTLS_SSL_DTLS_CONNECTION_ID
#undef MBEDTLS_SELF_TEST
#undef MBEDTLS_NET_C
#undef MBEDTLS_TIMING_C

#endif
