/*
 * Certificates per phone: what a verified original may do to the one we make of it. The input is a certificate, and
 * also a bare Name and a bare CN: a signature would keep the fuzzer away from most of the odd ones.
 */
#include <stdlib.h>
#include <string.h>

#include "pki/issuer.h"
#include "pki/x509_write.h"
#include "platform/base/mem.h"

#define NOW ((time_t)1900000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
        struct rng_fixed seed;
        struct rng rng;
        struct keypair *key;
        struct cert *ca;
} box;

static void box_open(void)
{
        struct trustpoint_conf tp = { .o.name = (char *)(uintptr_t) "ldc", .proxy_ldc_issuer = true };
        struct enroll_params ep = { .hostname = "ciscoasa", .domain = "example.com" };
        struct x509_plan plan;
        struct err e;

        box.seed.state = 1;
        box.rng = rng_of_fixed(&box.seed);
        box.key = keypair_generate(1024, NOW, &box.rng, &e);
        if (!box.key || x509_plan(&plan, &tp, &ep, &e) < 0)
                abort();
        box.ca = self_signed_make(&plan, box.key, NOW, &box.rng, &e);
        if (!box.ca)
                abort();
}

/* What is signed bears the very name, and the name is one that other readers read alike. */
static void sign_for(const mbedtls_x509_crt *original)
{
        struct err e = { 0 };
        struct cert *c = issuer_sign_ldc(original, box.ca, box.key, box.key, NOW, &box.rng, &e);
        const mbedtls_x509_crt *x;

        if (!c) {
                if (!e.text[0])
                        abort();
                return;
        }
        x = cert_x509(c);
        if (x->subject_raw.len != original->subject_raw.len ||
            memcmp(x->subject_raw.p, original->subject_raw.p, x->subject_raw.len) || x->ca_istrue ||
            ldc_subject_check(x->subject_raw.p, x->subject_raw.len, NULL) < 0)
                abort();
        cert_put(c);
}

static void as_certificate(const uint8_t *data, size_t size)
{
        struct cert *c = cert_from_der(data, size, NULL);
        char device[PHONE_DEVICE_MAX + 1];

        if (!c)
                return;
        cert_phone_device(cert_x509(c), device);
        sign_for(cert_x509(c));
        cert_put(c);
}

static void as_name(const uint8_t *data, size_t size)
{
        mbedtls_x509_crt original = *cert_x509(box.ca);
        uint8_t *copy = mem_dup(MEM_MISC, data, size);

        if (!copy)
                return;
        original.subject_raw.p = copy;
        original.subject_raw.len = size;
        if (ldc_subject_check(copy, size, NULL) == 0)
                sign_for(&original);
        mem_free(copy);
}

static void as_cn(const uint8_t *data, size_t size)
{
        char device[PHONE_DEVICE_MAX + 1] = "";
        unsigned n = phone_device_in(data, size, device);

        if (n > 2 || (n && strlen(device) != 15) || (!n && *device))
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        if (!box.ca)
                box_open();
        as_certificate(data, size);
        if (size)
                as_name(data, size);
        as_cn(data, size);
        return 0;
}
