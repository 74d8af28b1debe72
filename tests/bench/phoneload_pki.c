#include "tests/bench/phoneload.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

static X509 *issuer;
static EVP_PKEY *issuer_key, *phone_key;
static X509 *made[PHONES_MAX];

void device_name(unsigned id, char out[16])
{
        snprintf(out, 16, "SEP0011%08X", id);
}

static X509 *certificate(unsigned id)
{
        X509 *x = X509_new();
        X509_NAME *name = X509_get_subject_name(x);
        char device[16], cn[32];

        device_name(id, device);
        snprintf(cn, sizeof cn, "CP-7962G-%s", device);
        X509_set_version(x, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(x), 1000 + (long)id);
        X509_gmtime_adj(X509_getm_notBefore(x), -86400);
        X509_gmtime_adj(X509_getm_notAfter(x), 86400L * 30);
        X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const uint8_t *)"Cisco Systems Inc.", -1, -1, 0);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)cn, -1, -1, 0);
        X509_set_issuer_name(x, X509_get_subject_name(issuer));
        X509_set_pubkey(x, phone_key);
        if (!X509_sign(x, issuer_key, EVP_sha256()))
                die("a certificate cannot be signed");
        return x;
}

void pki_load(const char *ca_cert, const char *ca_key, unsigned n)
{
        FILE *c = fopen(ca_cert, "r"), *k = fopen(ca_key, "r");

        if (!c || !k)
                die("%s, %s: cannot be read", ca_cert, ca_key);
        issuer = PEM_read_X509(c, NULL, NULL, NULL);
        issuer_key = PEM_read_PrivateKey(k, NULL, NULL, NULL);
        phone_key = EVP_RSA_gen(2048);
        if (!issuer || !issuer_key || !phone_key)
                die("%s, %s: no CA, or no key", ca_cert, ca_key);
        fclose(c);
        fclose(k);
        for (unsigned i = 0; i < n; i++)
                made[i] = certificate(i);
}

void pki_dress(SSL *ssl, unsigned id)
{
        if (SSL_use_certificate(ssl, made[id]) != 1 || SSL_use_PrivateKey(ssl, phone_key) != 1)
                die("a certificate cannot be used");
}
