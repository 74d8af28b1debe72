/* libcrypto's headers. One of their type names is an error code of ours, so it gets out of the way. */
#ifndef VOXGATE_PKI_LIBCRYPTO_H
#define VOXGATE_PKI_LIBCRYPTO_H

#define ERR_STATE LIBCRYPTO_ERR_STATE
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

#include <stdbool.h>

/*
 * From now on libcrypto wipes whatever it frees: some of its inner functions (the key derivation of PKCS#12 files)
 * forget to. Must come before the process's first use of libcrypto, so it belongs to the start of main(); false when
 * too late.
 */
bool libcrypto_wipe_freed(void);

#endif
