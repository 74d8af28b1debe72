/* libcrypto's headers. One of their type names is an error code of ours, so it gets out of the way. */
#ifndef VOXGATE_PKI_LIBCRYPTO_H
#define VOXGATE_PKI_LIBCRYPTO_H

#define ERR_STATE LIBCRYPTO_ERR_STATE
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#undef ERR_STATE

#endif
