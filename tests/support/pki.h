/* Files of tests/data/pki as objects, for tests that link vg_pki. */
#ifndef VOXGATE_TEST_PKI_H
#define VOXGATE_TEST_PKI_H

#include "pki/cert.h"
#include "pki/keypair.h"
#include "pki/pem.h"
#include "platform/base/file.h"
#include "platform/base/mem.h"
#include "tests/support/test.h"

#define PKI_PASS "sample_passphrase"
#define PKI_NOW ((time_t)1900000000) /* 2030-03-17, inside the validity of all files */

/* The caller frees the block with mem_free_secret(). */
static inline uint8_t *pki_file(const char *name, size_t *n)
{
        struct err e = { 0 };
        char path[512];
        uint8_t *p = NULL;

        snprintf(path, sizeof path, "%s/pki/%s", TEST_DATA, name);
        if (file_read(path, 1 << 20, &p, n, &e) < 0)
                fail_msg("%s", e.text);
        return p;
}

static inline struct cert *pki_cert(const char *name)
{
        struct err e = { 0 };
        size_t n;
        uint8_t *text = pki_file(name, &n);
        struct cert *c = cert_from_text((const char *)text, n, &e);

        mem_free_secret(text);
        if (!c)
                fail_msg("%s: %s", name, e.text);
        return c;
}

static inline struct keypair *pki_key(const char *name)
{
        struct err e = { 0 };
        size_t n, len;
        uint8_t *text = pki_file(name, &n), *der;
        struct keypair *k = NULL;

        if (paste_decode((const char *)text, n, "PRIVATE KEY", 65536, &der, &len, &e) == 0)
                k = keypair_from_der(der, len, PKI_NOW, &e);
        mem_free_secret(der);
        mem_free_secret(text);
        if (!k)
                fail_msg("%s: %s", name, e.text);
        return k;
}

#endif
