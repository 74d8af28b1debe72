/* What an operator or a peer may hand us as a certificate: DER, pasted text, a typed subject name. */
#include <string.h>

#include "pki/chain.h"
#include "pki/dn.h"
#include "platform/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show(const struct cert *c)
{
        char out[200];

        for (unsigned i = 0; cert_subject_attr(c, i, out, sizeof out); i++)
                ;
        for (unsigned i = 0; cert_issuer_attr(c, i, out, sizeof out); i++)
                ;
        cert_subject_line(c, out, sizeof out);
        cert_issuer_line(c, out, 20);
        cert_serial_text(c, out, sizeof out);
        cert_fingerprint_text(c, CERT_MD5, out, sizeof out);
        cert_names_host(cert_x509(c), "a.example.com");
        cert_names_address(cert_x509(c), &(struct addr){ .fam = ADDR_V4 });
}

/* As its own anchor and as its own peer, with the certificate repeated behind it. */
static void judge(struct cert *c)
{
        struct trust_anchor a = { .trustpoint = "x", .cert = c };
        struct trust_set *t = trust_set_new(&a, 1);
        struct chain_policy p = { .now = 1900000000, .rsa_min_bits = 1024, .allow_sha1 = true };
        struct chain_answer out;
        mbedtls_x509_crt other;
        size_t n;
        const uint8_t *der = cert_der(c, &n);

        chain_verify(t, cert_x509(c), &p, NULL, &out);
        trust_set_put(t);
        t = trust_set_new(NULL, 0);
        mbedtls_x509_crt_init(&other);
        if (mbedtls_x509_crt_parse_der(&other, der, n) == 0 && mbedtls_x509_crt_parse_der(&other, der, n) == 0)
                chain_verify(t, &other, &p, NULL, &out);
        mbedtls_x509_crt_free(&other);
        trust_set_put(t);
}

static void use(struct cert *c)
{
        if (!c)
                return;
        show(c);
        judge(c);
        cert_put(c);
}

static void subject(const uint8_t *data, size_t size)
{
        char *text = mem_alloc(MEM_MISC, size + 1);
        mbedtls_asn1_named_data *names = NULL;
        struct dn dn = { 0 };

        if (!text)
                return;
        memcpy(text, data, size);
        if (dn_parse(&dn, text, NULL) == 0 && dn_to_names(&dn, &names, NULL) == 0)
                mbedtls_asn1_free_named_data_list(&names);
        mem_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct err e;

        use(cert_from_der(data, size, &e));
        use(cert_from_text((const char *)data, size, &e));
        if (size < 1024)
                subject(data, size);
        return 0;
}
