#include "pki/chain.h"

#include <stdlib.h>

#include "platform/base/str.h"
#include "tests/support/pki.h"

/* Names of files, separated by blanks, as one chain in that order. */
static mbedtls_x509_crt *peer_of(const char *files)
{
        mbedtls_x509_crt *x = calloc(1, sizeof *x);
        char copy[200], *save, *name;

        mbedtls_x509_crt_init(x);
        str_copy(copy, sizeof copy, files);
        for (name = strtok_r(copy, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
                struct cert *c = pki_cert(name);
                size_t n;
                const uint8_t *der = cert_der(c, &n);

                assert_int_equal(mbedtls_x509_crt_parse_der(x, der, n), 0);
                cert_put(c);
        }
        return x;
}

static void peer_free(mbedtls_x509_crt *x)
{
        mbedtls_x509_crt_free(x);
        free(x);
}

/* Every file becomes an anchor of a trustpoint called like it. */
static struct trust_set *set_of(const char *files)
{
        struct trust_anchor a[12];
        char copy[200], *save, *name;
        struct trust_set *t;
        unsigned n = 0;

        str_copy(copy, sizeof copy, files);
        for (name = strtok_r(copy, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
                str_copy(a[n].trustpoint, sizeof a[n].trustpoint, name);
                a[n++].cert = pki_cert(name);
        }
        t = trust_set_new(a, n);
        assert_non_null(t);
        assert_int_equal(trust_set_count(t), n);
        for (unsigned i = 0; i < n; i++) {
                assert_ptr_equal(trust_set_at(t, i)->cert, a[i].cert);
                cert_put(a[i].cert);
        }
        return t;
}

struct row {
        const char *anchors, *peer;
        const char *trustpoint; /* NULL: refused */
        const char *reason;     /* begins with */
        struct chain_policy p;  /* zero: server, PKI_NOW, 1024 bits, no SHA-1, no MD5 */
};

#define NOBODY "No suitable trustpoint was found to validate chain"

static const struct row rows[] = {
        /* paths */
        { "root.pem", "server.pem int.pem", "root.pem", NULL, { 0 } },
        { "root.pem", "server.pem int.pem root.pem", "root.pem", NULL, { 0 } },
        { "root.pem", "server.pem root.pem int.pem", "root.pem", NULL, { 0 } },
        { "root.pem", "server.pem", NULL, NOBODY, { 0 } },
        { "int.pem", "server.pem", "int.pem", NULL, { 0 } }, /* a subordinate CA may be the anchor */
        { "self.pem root.pem", "server.pem int.pem", "root.pem", NULL, { 0 } },
        { "", "server.pem int.pem", NULL, NOBODY, { 0 } },
        { "self.pem", "server.pem int.pem", NULL, NOBODY, { 0 } },
        { "other.pem root.pem", "server.pem int.pem", "root.pem", NULL, { 0 } }, /* same name, different CA */
        { "other.pem",
          "server.pem int.pem",
          NULL,
          "The CA of trustpoint other.pem has not signed this chain",
          { 0 } },
        { "root.pem", "forged.pem", NULL, "The CA of trustpoint root.pem has not signed this chain", { 0 } },
        { "root.pem", "deep.pem int2.pem int.pem", NULL, "The CA of trustpoint root.pem", { 0 } }, /* path length */
        { "int2.pem", "deep.pem", "int2.pem", NULL, { 0 } },
        /* itself */
        { "server.pem", "server.pem", "server.pem", NULL, { 0 } },
        { "self.pem", "self.pem", "self.pem", NULL, { 0 } },
        { "self.pem",
          "self-child.pem self.pem",
          NULL,
          "The certificate of trustpoint self.pem is no CA certificate and vouches only for itself",
          { 0 } },
        { "self.pem", "self-child.pem", NULL, "The certificate of trustpoint self.pem is no CA", { 0 } },
        { "selfca.pem", "selfca.pem", "selfca.pem", NULL, { 0 } },
        { "selfca.pem", "selfca-child.pem", NULL, "The certificate of trustpoint selfca.pem is no CA", { 0 } },
        { "selfuse.pem", "selfuse.pem", "selfuse.pem", NULL, { 0 } },
        { "selfuse.pem", "selfuse-child.pem", NULL, "The certificate of trustpoint selfuse.pem is no CA", { 0 } },
        { "selfnc.pem", "selfnc-child.pem", NULL, "The certificate of trustpoint selfnc.pem is no CA", { 0 } },
        { "selfca.pem", "self.pem", NULL, NOBODY, { 0 } },
        { "ec.pem", "ec.pem", "ec.pem", NULL, { 0 } },
        { "server.pem", "forged.pem", NULL, NOBODY, { 0 } }, /* the same key is not the same certificate */
        /* clock */
        { "root.pem",
          "server.pem int.pem",
          NULL,
          "Certificate date is out-of-range: not valid before 20",
          { .now = 1000000000 } },
        { "root.pem",
          "server.pem int.pem",
          NULL,
          "Certificate date is out-of-range: expired 21",
          { .now = 7000000000 } },
        { "self.pem", "self.pem", NULL, "Certificate date is out-of-range: expired 21", { .now = 7000000000 } },
        { "self.pem",
          "self.pem",
          NULL,
          "Certificate date is out-of-range: not valid before 20",
          { .now = 1000000000 } },
        /* purpose */
        { "root.pem", "client.pem", "root.pem", NULL, { .purpose = CHAIN_CLIENT } },
        { "root.pem", "client.pem", NULL, "Extended key usage does not allow server authentication", { 0 } },
        { "client.pem", "client.pem", NULL, "Extended key usage does not allow server authentication", { 0 } },
        { "root.pem", "server.pem int.pem", "root.pem", NULL, { .purpose = CHAIN_CLIENT } },
        { "root.pem", "root.pem", NULL, "Key usage does not allow server authentication", { 0 } },
        /* algorithms and sizes */
        { "root.pem", "sha1.pem", NULL, "Signature algorithm SHA1 is not allowed", { 0 } },
        { "root.pem", "sha1.pem", "root.pem", NULL, { .allow_sha1 = true } },
        { "root.pem", "md5.pem", NULL, "Signature algorithm MD5 is not allowed", { .allow_sha1 = true } },
        { "root.pem", "md5.pem", "root.pem", NULL, { .allow_md5 = true } },
        { "root.pem", "small.pem", NULL, "Key of 768 bits is smaller than 1024", { 0 } },
        { "small.pem", "small.pem", NULL, "Key of 768 bits is smaller than 1024", { 0 } },
        { "root.pem", "small.pem", "root.pem", NULL, { .rsa_min_bits = 768 } },
        { "root.pem", "server.pem int.pem", NULL, "Key of 2048 bits is smaller than 3072", { .rsa_min_bits = 3072 } },
        /* length */
        { "root.pem", "server.pem int.pem int.pem int.pem int.pem int.pem int.pem int.pem", "root.pem", NULL, { 0 } },
        { "root.pem",
          "server.pem int.pem int.pem int.pem int.pem int.pem int.pem int.pem int.pem",
          NULL,
          "Certificate chain of 9 certificates is longer than 8",
          { 0 } },
        { "server.pem",
          "server.pem int.pem int.pem int.pem int.pem int.pem int.pem int.pem int.pem",
          NULL,
          "Certificate chain of 9 certificates is longer than 8",
          { 0 } },
};

static void paths_are_judged(void **state)
{
        (void)state;
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                const struct row *r = &rows[i];
                struct trust_set *t = set_of(r->anchors);
                mbedtls_x509_crt *peer = peer_of(r->peer);
                struct chain_policy p = r->p;
                struct chain_answer out;
                enum chain_result got;

                p.now = p.now ? p.now : PKI_NOW;
                p.rsa_min_bits = p.rsa_min_bits ? p.rsa_min_bits : 1024;
                got = chain_verify(t, peer, &p, NULL, &out);
                if (got != (r->trustpoint ? CHAIN_OK : CHAIN_REFUSED))
                        fail_msg("row %zu (%s): %s", i, r->peer, out.reason);
                assert_string_equal(out.trustpoint, r->trustpoint ? r->trustpoint : "");
                assert_false(out.expired_accepted);
                if (r->reason && strncmp(out.reason, r->reason, strlen(r->reason)))
                        fail_msg("row %zu (%s): %s", i, r->peer, out.reason);
                peer_free(peer);
                trust_set_put(t);
        }
}

static void no_certificate_is_no_identity(void **state)
{
        struct trust_set *t = set_of("root.pem");
        struct chain_policy p = { .now = PKI_NOW };
        struct chain_answer out = { .trustpoint = "x" };
        mbedtls_x509_crt none;

        (void)state;
        mbedtls_x509_crt_init(&none);
        assert_int_equal(chain_verify(t, &none, &p, NULL, &out), CHAIN_REFUSED);
        assert_int_equal(chain_verify(t, NULL, &p, NULL, &out), CHAIN_REFUSED);
        assert_string_equal(out.reason, "The peer has not shown a certificate");
        assert_string_equal(out.trustpoint, "");
        trust_set_put(t);
}

/* Validity ends with the second in the certificate. */
static void validity_is_exact(void **state)
{
        struct cert *c = pki_cert("self.pem");
        const mbedtls_x509_time *to = &cert_x509(c)->valid_to;
        struct tm tm = { .tm_year = to->year - 1900,
                         .tm_mon = to->mon - 1,
                         .tm_mday = to->day,
                         .tm_hour = to->hour,
                         .tm_min = to->min,
                         .tm_sec = to->sec };
        struct chain_policy p = { .now = timegm(&tm), .rsa_min_bits = 1024 };
        struct trust_set *t = set_of("self.pem");
        struct chain_answer out;

        (void)state;
        assert_int_equal(chain_verify(t, cert_x509(c), &p, NULL, &out), CHAIN_OK);
        p.now++;
        assert_int_equal(chain_verify(t, cert_x509(c), &p, NULL, &out), CHAIN_REFUSED);
        trust_set_put(t);
        cert_put(c);
}

/* ---- messages ---- */

struct lines {
        char text[4096];
        size_t used;
};

static void collect(void *ctx, const char *line)
{
        struct lines *l = ctx;

        l->used += (size_t)snprintf(l->text + l->used, sizeof l->text - l->used, "%s\n", line);
}

static void verify_logged(const char *anchors, const char *files, struct lines *out)
{
        struct clock_virtual v = { .wall = PKI_NOW * 1000000000ll };
        struct clock clk = clock_of_virtual(&v);
        struct log *l = log_new(&clk, 64);
        struct log_src *src = log_src_new(l, "test");
        struct trust_set *t = set_of(anchors);
        mbedtls_x509_crt *peer = peer_of(files);
        struct chain_policy p = { .purpose = CHAIN_CLIENT, .now = PKI_NOW, .rsa_min_bits = 1024 };
        struct chain_answer answer;
        struct log_conf conf;

        log_conf_init(&conf);
        conf.enable = true;
        conf.buffer_size = 65536;
        conf.dest[LOG_TO_BUFFER].level = LOG_L_DEBUG;
        assert_int_equal(log_configure(l, &conf, NULL), 0);
        chain_verify(t, peer, &p, src, &answer);
        log_step(l);
        *out = (struct lines){ 0 };
        assert_int_equal(log_buffer_walk(l, collect, out), 0);
        peer_free(peer);
        trust_set_put(t);
        log_free(l);
}

/* The serial is random: it reads S here. */
static void hide_serial(char *text, const char *file)
{
        struct cert *c = pki_cert(file);
        char serial[80], *at;

        cert_serial_text(c, serial, sizeof serial);
        cert_put(c);
        while ((at = strstr(text, serial))) {
                *at = 'S';
                memmove(at + 1, at + strlen(serial), strlen(at + strlen(serial)) + 1);
        }
}

static void messages_tell_the_story(void **state)
{
        struct lines l;

        (void)state;
        verify_logged("root.pem", "client.pem", &l);
        hide_serial(l.text, "client.pem");
        assert_string_equal(
                l.text,
                "%ASA-7-717025: Validating certificate chain containing 1 certificate(s).\n"
                "%ASA-7-717029: Identified client certificate within certificate chain. serial number: S, "
                "subject name: cn=SEP001122334455.\n"
                "%ASA-7-717030: Found a suitable trustpoint root.pem to validate certificate.\n"
                "%ASA-6-717022: Certificate was successfully validated. serial number: S, subject name: "
                "cn=SEP001122334455.\n"
                "%ASA-6-717028: Certificate chain was successfully validated with warning, revocation status was not "
                "checked.\n");
        verify_logged("selfca.pem", "client.pem", &l);
        hide_serial(l.text, "client.pem");
        assert_string_equal(l.text, "%ASA-7-717025: Validating certificate chain containing 1 certificate(s).\n"
                                    "%ASA-4-717031: Failed to find a suitable trustpoint for the issuer: cn=Example "
                                    "Root,o=Example,c=US Reason: " NOBODY "\n"
                                    "%ASA-3-717009: Certificate validation failed. " NOBODY
                                    ", serial number: S, subject name: "
                                    "cn=SEP001122334455.\n"
                                    "%ASA-3-717027: Certificate chain failed validation. " NOBODY ".\n");
        /* the certificate that is wrong is named, not the leaf in front of it */
        verify_logged("root.pem", "sha1.pem", &l);
        assert_null(strstr(l.text, "717031"));
        assert_non_null(
                strstr(l.text, "717009: Certificate validation failed. Signature algorithm SHA1 is not allowed"));
        assert_non_null(strstr(l.text, "subject name: cn=sha1.example.com."));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(paths_are_judged),
                cmocka_unit_test(no_certificate_is_no_identity),
                cmocka_unit_test(validity_is_exact),
                cmocka_unit_test(messages_tell_the_story),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
