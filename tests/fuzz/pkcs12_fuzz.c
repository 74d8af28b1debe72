/*
 * A PKCS#12 file as it is uploaded or pasted; the passphrase is that of the corpus. Input that begins with 'A' is the
 * inside of such a file and gets an integrity check that fits, or else no changed byte would ever be looked at.
 */
#include <string.h>

#include "pki/enroll.h"
#include "pki/libcrypto.h"
#include "platform/base/mem.h"

#define PASS "sample_passphrase"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void import(const uint8_t *data, size_t size)
{
        struct keystore *k = keystore_open(NULL, &clock_system, &rng_system, NULL);
        struct err e;

        if (!k)
                return;
        pki_import_pkcs12(k, "fuzz", (const char *)data, size, PASS, &e);
        keystore_close(k);
}

/* One header with a three-byte length, in front of n bytes. */
static uint8_t *wrap(uint8_t *p, uint8_t tag, size_t *n)
{
        p -= 5;
        p[0] = tag;
        p[1] = 0x83;
        p[2] = (uint8_t)(*n >> 16);
        p[3] = (uint8_t)(*n >> 8);
        p[4] = (uint8_t)*n;
        *n += 5;
        return p;
}

/* PFX ::= SEQUENCE { INTEGER 3, ContentInfo { data, [0] OCTET STRING } }, then a MAC of one iteration. */
static void seal(const uint8_t *inside, size_t size)
{
        static const uint8_t oid[] = { 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1 }, three[] = { 2, 1, 3 };
        uint8_t *buf = mem_alloc(MEM_MISC, size + 64), *p, *der = NULL;
        const uint8_t *in;
        size_t n = size;
        PKCS12 *p12;
        int len;

        if (!buf)
                return;
        p = memcpy(buf + 64, inside, size);
        p = wrap(wrap(p, 0x04, &n), 0xa0, &n) - sizeof oid;
        n += sizeof oid;
        p = wrap(memcpy(p, oid, sizeof oid), 0x30, &n) - sizeof three;
        n += sizeof three;
        in = wrap(memcpy(p, three, sizeof three), 0x30, &n);
        p12 = d2i_PKCS12(NULL, &in, (long)n);
        if (p12 && PKCS12_set_mac(p12, PASS, -1, NULL, 0, 1, NULL) && (len = i2d_PKCS12(p12, &der)) > 0)
                import(der, (size_t)len);
        OPENSSL_free(der);
        PKCS12_free(p12);
        mem_free(buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (size && *data == 'A' && size < 200000)
                seal(data + 1, size - 1);
        else
                import(data, size);
        return 0;
}
