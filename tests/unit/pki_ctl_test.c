/* CTL files and .sgn files: what is written is checked with another library on the raw bytes, what is read is built
 * by hand. */
#include "pki/ctl.h"

#include <stdlib.h>

#include "pki/libcrypto.h"
#include "tests/support/pki_store.h"

#define WHEN 0x60000000

struct ident {
        struct keypair *key;
        struct cert *cert;
};

struct fix {
        struct pki_store *s;
        struct ident sast, spare, cucm;
};

static struct ident ident_new(struct pki_store *s, const char *name, const char *subject, unsigned bits)
{
        struct trustpoint_conf tp = { .o.name = (char *)(uintptr_t)name };
        struct ident id = { .key = keypair_generate(bits, PKI_NOW, &rng_system, &s->e) };
        struct tp_assets a;

        assert_non_null(id.key);
        strcpy(tp.keypair, name);
        strcpy(tp.subject, subject);
        strcpy(tp.fqdn, "none");
        assert_int_equal(keystore_key_put(s->k, name, id.key, NULL), 0);
        if (pki_enroll_self(s->k, &tp, &s->params, &s->e) < 0)
                fail_msg("%s", s->e.text);
        keystore_tp_get(s->k, name, &a);
        id.cert = cert_get(a.id);
        tp_assets_put(&a);
        return id;
}

static int open_fix(void **state)
{
        struct fix *f = calloc(1, sizeof *f);
        void *s = NULL;

        if (pki_store_open(&s) < 0)
                return -1;
        f->s = s;
        f->sast = ident_new(f->s, "sast", "cn=SAST-1,ou=UC,o=Example", 2048);
        f->spare = ident_new(f->s, "spare", "cn=SAST-2,ou=UC,o=Example", 1024);
        f->cucm = ident_new(f->s, "cucm", "cn=ucm1,o=Example", 1024);
        *state = f;
        return 0;
}

static int close_fix(void **state)
{
        struct fix *f = *state;
        struct ident *id[] = { &f->sast, &f->spare, &f->cucm };
        void *s = f->s;

        for (size_t i = 0; i < ARRAY_LEN(id); i++) {
                keypair_put(id[i]->key);
                cert_put(id[i]->cert);
        }
        pki_store_close(&s);
        free(f);
        return 0;
}

static struct ctl_signer signer_of(const struct ident *id, enum ctl_digest d)
{
        return (struct ctl_signer){ .key = id->key, .cert = id->cert, .digest = d };
}

static void records(const struct fix *f, struct ctl_record rec[3])
{
        rec[0] = (struct ctl_record){ .role = CTL_SAST, .cert = f->sast.cert };
        rec[1] = (struct ctl_record){ .role = CTL_SAST, .cert = f->spare.cert };
        rec[2] = (struct ctl_record){ .role = CTL_CCM_TFTP, .cert = f->cucm.cert, .addr = addr_v4(0xd1a5ca81) };
        strcpy(rec[2].dns, "ucm1.example.com");
}

static uint8_t *write_ctl(const struct fix *f, size_t *n)
{
        struct ctl_signer s = signer_of(&f->sast, CTL_SHA1);
        struct ctl_record rec[3];
        uint8_t *out = NULL;
        struct err e = { 0 };

        records(f, rec);
        if (ctl_write(&s, WHEN, rec, 3, &out, n, &e) < 0)
                fail_msg("%s", e.text);
        return out;
}

/* ---- the other library ---- */

/* RSA PKCS#1 over everything but the 3 + len bytes at sig - 3. */
static bool openssl_verifies(const struct cert *c, const EVP_MD *md, const uint8_t *p, size_t n, size_t sig,
                             size_t len)
{
        size_t dn;
        const uint8_t *der = cert_der(c, &dn);
        X509 *x = d2i_X509(NULL, &der, (long)dn);
        EVP_MD_CTX *m = EVP_MD_CTX_new();
        bool ok = EVP_DigestVerifyInit(m, NULL, md, NULL, X509_get0_pubkey(x)) == 1 &&
                  EVP_DigestVerifyUpdate(m, p, sig - 3) == 1 &&
                  EVP_DigestVerifyUpdate(m, p + sig + len, n - sig - len) == 1 &&
                  EVP_DigestVerifyFinal(m, p + sig, len) == 1;

        EVP_MD_CTX_free(m);
        X509_free(x);
        return ok;
}

/* ---- the vector of section 6 ---- */

static void the_header_is_that_of_the_vector(void **state)
{
        static const char start[] = "\1\0\2\1\2\2\0\2\1\x80\3\0\x45\4\0\x1a"
                                    "CN=SAST-1;OU=UC;O=Example\0\5\0\x8";
        static const char middle[] = "\6\0\x1a"
                                     "CN=SAST-1;OU=UC;O=Example\0\7\0\xf\x8\0\1\1\x9\0\x8\xa\0\1\0\xb\0\1\2\xc\1";
        static const char end[] = "\xe\0\xc"
                                  "CTLFile.tlv\0\xf\0\4\x60\0\0\0\xd\xd\xd";
        struct fix *f = *state;
        size_t n;
        uint8_t *p = write_ctl(f, &n);
        const mbedtls_x509_buf *serial = &cert_x509(f->sast.cert)->serial;

        assert_memory_equal(p, start, sizeof start - 1);
        assert_int_equal(serial->len, 8);
        assert_memory_equal(p + 45, serial->p, 8);
        assert_memory_equal(p + 53, middle, sizeof middle - 1);
        assert_int_equal(p[102], 0); /* the signature's TLV at 100: 0c 01 00 */
        assert_memory_equal(p + 359, end, sizeof end - 1);
        assert_int_equal(p[384], 1); /* the first record */
        assert_true(openssl_verifies(f->sast.cert, EVP_sha1(), p, n, 103, 256));
        p[n - 1] ^= 1;
        assert_false(openssl_verifies(f->sast.cert, EVP_sha1(), p, n, 103, 256));
        mem_free(p);
}

static size_t be16(const uint8_t *p)
{
        return (size_t)(p[0] << 8 | p[1]);
}

static void records_hold_the_certificates_own_numbers(void **state)
{
        static const uint8_t order[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };
        struct fix *f = *state;
        size_t n, at = 384, dn;
        uint8_t *p = write_ctl(f, &n);
        const struct cert *c[] = { f->sast.cert, f->spare.cert, f->cucm.cert };
        const char *subject[] = { "CN=SAST-1;OU=UC;O=Example", "CN=SAST-2;OU=UC;O=Example", "CN=ucm1;O=Example" };

        for (unsigned r = 0; r < 3; r++) {
                size_t end = at + be16(p + at + 3);
                const uint8_t *v[11] = { 0 }, *der;

                for (unsigned i = 0; at < end; at += 3 + be16(p + at + 1), i++) {
                        assert_int_equal(p[at], order[i]);
                        v[order[i]] = p + at + 3;
                }
                assert_int_equal(at, end);
                assert_string_equal((const char *)v[2], r == 2 ? "ucm1.example.com" : "");
                assert_string_equal((const char *)v[3], subject[r]);
                assert_int_equal(be16(v[4]), r == 2 ? CTL_CCM_TFTP : CTL_SAST);
                assert_string_equal((const char *)v[5], subject[r]);
                assert_int_equal(be16(v[7] - 2), r ? 140 : 270); /* PKCS#1 of 1024 and 2048 bits */
                assert_memory_equal(v[8], cert_x509(c[r])->sig.p, cert_x509(c[r])->sig.len);
                der = cert_der(c[r], &dn);
                assert_memory_equal(v[9], der, dn);
                assert_int_equal(v[10] != NULL, r == 2);
        }
        assert_int_equal(at, n);
        assert_memory_equal(p + n - 7, "\xa\0\4\xd1\xa5\xca\x81", 7);
        mem_free(p);
}

/* ---- read back ---- */

static void what_is_written_is_read(void **state)
{
        struct fix *f = *state;
        enum ctl_digest d[] = { CTL_SHA1, CTL_SHA256, CTL_SHA512 };
        struct ctl_record rec[3];

        records(f, rec);
        for (size_t i = 0; i < ARRAY_LEN(d); i++) {
                struct ctl_signer s = signer_of(i ? &f->spare : &f->sast, d[i]);
                struct ctl_file *file = calloc(1, sizeof *file);
                struct err e = { 0 };
                uint8_t *p;
                size_t n;

                assert_int_equal(ctl_write(&s, WHEN, rec, 3, &p, &n, &e), 0);
                if (ctl_parse(p, n, file, &e) < 0)
                        fail_msg("%s", e.text);
                assert_int_equal(file->n, 3);
                assert_int_equal(file->head.digest, d[i]);
                assert_int_equal(file->head.major << 8 | file->head.minor, 0x102);
                assert_int_equal(file->head.time, WHEN);
                assert_string_equal(file->head.name, "CTLFile.tlv");
                assert_string_equal(file->head.signer, i ? "CN=SAST-2;OU=UC;O=Example" : "CN=SAST-1;OU=UC;O=Example");
                for (unsigned r = 0; r < 3; r++) {
                        assert_int_equal(file->rec[r].role, rec[r].role);
                        assert_true(cert_same(file->rec[r].cert, rec[r].cert));
                        assert_string_equal(file->rec[r].dns, rec[r].dns);
                        assert_true(addr_eq(&file->rec[r].addr, &rec[r].addr));
                }
                ctl_file_fini(file);
                free(file);
                mem_free(p);
        }
}

static bool taken(const uint8_t *p, size_t n)
{
        static struct ctl_file file;
        uint8_t *exact = malloc(n ? n : 1); /* the sanitizer sees a read behind it */
        bool ok;

        memcpy(exact, p, n);
        ok = ctl_parse(exact, n, &file, NULL) == 0;
        if (ok)
                ctl_file_fini(&file);
        free(exact);
        return ok;
}

static void every_prefix_is_refused(void **state)
{
        size_t n;
        uint8_t *p = write_ctl(*state, &n);

        for (size_t i = 0; i < n; i++)
                if (taken(p, i))
                        fail_msg("%zu of %zu bytes are taken", i, n);
        assert_true(taken(p, n));
        mem_free(p);
}

static void every_changed_byte_is_noticed(void **state)
{
        size_t n;
        uint8_t *p = write_ctl(*state, &n);

        for (size_t i = 0; i < n; i += i < 400 ? 1 : 13) {
                p[i] ^= 0x20;
                if (taken(p, n))
                        fail_msg("a change at %zu is not noticed", i);
                p[i] ^= 0x20;
        }
        mem_free(p);
}

/* ---- files of others: put together and signed by hand ---- */

struct hand {
        uint8_t p[8192];
        size_t n, sig;
};

static void put(struct hand *h, const void *p, size_t n)
{
        memcpy(h->p + h->n, p, n);
        h->n += n;
}

static void put_tlv(struct hand *h, uint8_t tag, const void *p, size_t n)
{
        put(h, (uint8_t[]){ tag, (uint8_t)(n >> 8), (uint8_t)n }, 3);
        put(h, p, n);
}

/* The order of an open-source builder: 04, 06, 05, names with commas, an unknown tag and padding. */
static void hand_head(struct hand *h, const struct ident *id, uint8_t minor, const char *ca, const char *name)
{
        const mbedtls_x509_buf *s = &cert_x509(id->cert)->serial;
        size_t ids = 9 + 10 + strlen(ca) + 1 + s->len;
        uint8_t none[256] = { 0 };

        put_tlv(h, 1, (uint8_t[]){ 1, minor }, 2);
        put_tlv(h, 2, none, 2);
        put(h, (uint8_t[]){ 3, 0, (uint8_t)ids }, 3);
        put_tlv(h, 4, "cn=signer", 10);
        put_tlv(h, 6, ca, strlen(ca) + 1);
        put_tlv(h, 5, s->p, s->len);
        put(h, "\7\0\xf\x8\0\1\1\x9\0\x8\xa\0\1\0\xb\0\1", 17);
        put(h, (uint8_t[]){ keypair_bits(id->key) == 2048 ? 2 : 1 }, 1);
        h->sig = h->n + 3;
        put_tlv(h, 12, none, keypair_bits(id->key) / 8);
        put_tlv(h, 14, name, strlen(name) + 1);
        put_tlv(h, 0x77, "?", 2);
        put(h, "\xd\xd", 2);
        h->p[8] = (uint8_t)(h->n >> 8);
        h->p[9] = (uint8_t)h->n;
}

static void hand_record(struct hand *h, const struct cert *c, uint8_t role, const char *ca)
{
        const mbedtls_x509_buf *s = &cert_x509(c)->serial;
        size_t at = h->n, n;
        const uint8_t *der = cert_der(c, &n);

        put_tlv(h, 1, "..", 2);
        put_tlv(h, 5, ca, strlen(ca) + 1);
        put_tlv(h, 4, (uint8_t[]){ 0, role }, 2);
        put_tlv(h, 6, s->p, s->len);
        put_tlv(h, 0x42, "\0\0", 2);
        put_tlv(h, 9, der, n);
        h->p[at + 3] = (uint8_t)((h->n - at) >> 8);
        h->p[at + 4] = (uint8_t)(h->n - at);
}

static void hand_sign(struct hand *h, const struct ident *id)
{
        size_t len = keypair_bits(id->key) / 8, dn, out = len;
        EVP_MD_CTX *m = EVP_MD_CTX_new();
        const uint8_t *q;
        uint8_t *der, sig[512];
        EVP_PKEY *key;

        assert_int_equal(keypair_export(id->key, &der, &dn, NULL), 0);
        q = der;
        key = d2i_AutoPrivateKey(NULL, &q, (long)dn);
        assert_int_equal(EVP_DigestSignInit(m, NULL, EVP_sha1(), NULL, key), 1);
        EVP_DigestSignUpdate(m, h->p, h->sig - 3);
        EVP_DigestSignUpdate(m, h->p + h->sig + len, h->n - h->sig - len);
        assert_int_equal(EVP_DigestSignFinal(m, sig, &out), 1);
        memcpy(h->p + h->sig, sig, len);
        EVP_MD_CTX_free(m);
        EVP_PKEY_free(key);
        mem_free_secret(der);
}

#define CA "cn=SAST-1,o=Example,ou=UC"

static void files_of_other_makers_are_read(void **state)
{
        static struct ctl_file file;
        struct fix *f = *state;
        struct hand h = { .n = 0 };
        struct err e = { 0 };

        hand_head(&h, &f->sast, 2, CA, "CTLFile.tlv");
        hand_record(&h, f->cucm.cert, CTL_CCM, "cn=ucm1,o=Example");
        hand_record(&h, f->sast.cert, CTL_SAST, CA);
        hand_sign(&h, &f->sast);
        if (ctl_parse(h.p, h.n, &file, &e) < 0)
                fail_msg("%s", e.text);
        assert_int_equal(file.n, 2);
        assert_false(file.head.has_time);
        assert_int_equal(file.rec[0].addr.fam, ADDR_NONE);
        ctl_file_fini(&file);
}

/* The same file with one thing wrong each, signed well. */
static void files_that_are_wrong_are_refused(void **state)
{
        static const char *const why[] = {
                [0] = "the signature of the CTL file is not that of a security token in it",
                [1] = "the signature of the CTL file is not that of a security token in it",
                [2] = "the signature of the CTL file is not that of a security token in it",
                [3] = "record 1 of the CTL file is damaged",
                [4] = "record 1 of the CTL file does not fit the certificate in it",
                [5] = "the header of the signed file is damaged",
                [6] = "signed files of version 2.0 cannot be read (encrypted: 2.0)",
                [7] = "the CTL file has more than 32 records",
                [8] = "record 1 of the CTL file is damaged",
        };
        static struct ctl_file file;
        struct fix *f = *state;

        for (unsigned i = 0; i < ARRAY_LEN(why); i++) {
                struct hand h = { .n = 0 };
                struct err e = { 0 };

                hand_head(&h, &f->spare, 2, CA, "CTLFile.tlv");
                hand_record(&h, f->spare.cert, i == 0 ? CTL_TFTP : CTL_SAST, i == 1 ? "cn=other" : CA);
                if (i == 3)
                        h.p[be16(h.p + 8) + 6] = 0xff; /* the issuer is longer than the record */
                if (i == 4)
                        h.p[be16(h.p + 8) + 5 + 3 + sizeof CA + 5 + 3] ^= 1; /* the serial */
                if (i == 5)
                        h.p[be16(h.p + 8) - 7] = 14; /* the unknown tag names the file once more */
                if (i == 8)                          /* the unknown tag says the role once more */
                        h.p[be16(h.p + 8) + 5 + 3 + sizeof CA + 5 + 3 + cert_x509(f->spare.cert)->serial.len] = 4;
                if (i == 6)
                        memcpy(h.p + 3, "\2", 2);
                for (unsigned k = 0; i == 7 && k < CTL_RECORDS_MAX; k++)
                        put(&h, "\1\0\2\0\xa\4\0\2\0\1", 10);
                hand_sign(&h, i == 2 ? &f->cucm : &f->spare);
                assert_int_equal(ctl_parse(h.p, h.n, &file, &e), -1);
                assert_string_equal(e.text, why[i]);
        }
}

/* ---- .sgn ---- */

static void a_signed_file_is_header_and_payload(void **state)
{
        struct fix *f = *state;
        struct ctl_signer s = signer_of(&f->cucm, CTL_SHA1);
        const char *name = "SEP001122334455.cnf.xml.sgn";
        const uint8_t body[] = "<device>\r\n</device>\0";
        uint8_t *p;
        size_t n;
        struct cur payload;
        struct ctl_head h;

        assert_int_equal(sgn_write(&s, name, WHEN, body, sizeof body, &p, &n, NULL), 0);
        assert_int_equal(be16(p + 3), 0x100);
        assert_int_equal(be16(p + 8) % 4, 0);
        assert_int_equal(be16(p + 8) + sizeof body, n);
        assert_memory_equal(p + be16(p + 8), body, sizeof body);
        for (size_t i = 0; i < be16(p + 8); i++)
                assert_int_equal(sgn_strip(p, i, &payload, NULL, NULL), -1);
        assert_int_equal(sgn_strip(p, n, &payload, &h, NULL), 0);
        assert_true(payload.p == p + be16(p + 8) && payload.left == sizeof body);
        assert_string_equal(h.name, name);
        assert_true(openssl_verifies(f->cucm.cert, EVP_sha1(), p, n, h.sig_at, 128));
        assert_true(sgn_verify(p, n, f->cucm.cert));
        assert_false(sgn_verify(p, n, f->spare.cert));
        p[n - 1] ^= 1;
        assert_false(sgn_verify(p, n, f->cucm.cert));
        mem_free(p);
}

static void signed_files_of_versions_0_to_2_are_stripped(void **state)
{
        struct fix *f = *state;

        for (uint8_t minor = 0; minor < 4; minor++) {
                struct hand h = { .n = 0 };
                struct cur payload;

                hand_head(&h, &f->spare, minor, CA, "x.sgn");
                put(&h, "payload", 7);
                assert_int_equal(sgn_strip(h.p, h.n, &payload, NULL, NULL), minor > 2 ? -1 : 0);
                if (minor <= 2)
                        assert_memory_equal(payload.p, "payload", payload.left);
        }
}

static void an_empty_payload_is_signed_too(void **state)
{
        struct fix *f = *state;
        struct ctl_signer s = signer_of(&f->cucm, CTL_SHA512);
        struct cur payload;
        uint8_t *p;
        size_t n;

        assert_int_equal(sgn_write(&s, "x.sgn", WHEN, NULL, 0, &p, &n, NULL), 0);
        assert_int_equal(sgn_strip(p, n, &payload, NULL, NULL), 0);
        assert_int_equal(payload.left, 0);
        assert_true(sgn_verify(p, n, f->cucm.cert));
        mem_free(p);
}

/* ---- what cannot be written ---- */

static void what_cannot_be_written_is_refused(void **state)
{
        struct fix *f = *state;
        struct ctl_signer good = signer_of(&f->sast, CTL_SHA1), mixed = { f->sast.key, f->cucm.cert, CTL_SHA1 };
        struct ctl_record rec[CTL_RECORDS_MAX + 1];
        char name[CTL_NAME_MAX + 2];
        struct err e = { 0 };
        uint8_t *p = NULL;
        size_t n;

        for (size_t i = 0; i < ARRAY_LEN(rec); i++)
                rec[i] = (struct ctl_record){ .role = CTL_SAST, .cert = f->cucm.cert };
        assert_int_equal(ctl_write(&good, WHEN, rec, 2, &p, &n, &e), -1);
        assert_string_equal(e.text, "the signer of the CTL file is not one of its security tokens");
        assert_int_equal(ctl_write(&good, WHEN, rec, CTL_RECORDS_MAX + 1, &p, &n, &e), -1);
        assert_string_equal(e.text, "33 records are more than the 32 of a CTL file");
        assert_int_equal(ctl_write(&mixed, WHEN, rec, 2, &p, &n, &e), -1);
        assert_string_equal(e.text, "the signer of files for phones needs a certificate of its own RSA key");
        memset(name, 'a', sizeof name);
        name[sizeof name - 1] = 0;
        assert_int_equal(sgn_write(&good, name, WHEN, NULL, 0, &p, &n, &e), -1);
        assert_string_equal(e.text, "the name of a signed file is longer than 255 characters");
        assert_int_equal(sgn_write(&good, "x", WHEN, (const uint8_t *)name, SGN_PAYLOAD_MAX + 1, &p, &n, &e), -1);
        assert_null(p);
}

static void keys_of_odd_sizes_cannot_sign(void **state)
{
        struct fix *f = *state;
        struct ident id = ident_new(f->s, "odd", "cn=odd", 768);
        struct ctl_signer s = signer_of(&id, CTL_SHA1);
        struct err e = { 0 };
        uint8_t *p;
        size_t n;

        assert_int_equal(sgn_write(&s, "x", WHEN, NULL, 0, &p, &n, &e), -1);
        assert_string_equal(e.text, "a key of 768 bits cannot sign for phones: 512, 1024, 2048 or 4096");
        keypair_put(id.key);
        cert_put(id.cert);
}

static void no_memory_leaves_nothing_behind(void **state)
{
        struct fix *f = *state;
        struct ctl_signer s = signer_of(&f->spare, CTL_SHA1);
        struct ctl_record rec[3];
        uint64_t live = mem_live_blocks();
        size_t n;
        uint8_t *p = write_ctl(f, &n), *q;
        static struct ctl_file file;
        size_t m;

        records(f, rec);
        for (unsigned nth = 1; nth < 3; nth++) {
                mem_fail_nth(nth, false);
                assert_int_equal(ctl_write(&s, WHEN, rec, 3, &q, &m, NULL), -1);
        }
        for (unsigned nth = 1; nth < 4; nth++) {
                mem_fail_nth(nth, false);
                assert_int_equal(ctl_parse(p, n, &file, NULL), -1);
        }
        mem_fail_nth(0, false);
        mem_free(p);
        assert_int_equal(mem_live_blocks(), live);
}

/* ---- listing ---- */

struct listing {
        char text[2048];
};

static void list_one(void *ctx, unsigned record, uint8_t tag, struct cur v)
{
        struct listing *l = ctx;
        size_t n = strlen(l->text);

        snprintf(l->text + n, sizeof l->text - n, "%u/%u:%zu ", record, tag, tag == 5 || tag == 9 ? 0 : v.left);
}

static void a_listing_enters_containers(void **state)
{
        struct listing l = { "" };
        size_t n;
        uint8_t *p = write_ctl(*state, &n);

        assert_int_equal(ctl_each(p, n, list_one, &l), 0);
        assert_int_equal(strncmp(l.text,
                                 "0/1:2 0/2:2 0/3:69 0/4:26 0/5:0 0/6:26 0/7:15 0/8:1 0/9:0 0/10:1 0/11:1 0/12:256 "
                                 "0/14:12 0/15:4 1/1:2 1/2:1 1/3:26 1/4:2 1/5:0 1/6:8 1/7:270 1/8:256 1/9:0 2/1:2",
                                 160),
                         0);
        assert_non_null(strstr(l.text, " 3/2:17 "));
        for (size_t i = 0; i < n; i += 7)
                if (i != n)
                        ctl_each(p, i, list_one, &(struct listing){ "" });
        assert_int_equal(ctl_each(p, n - 1, list_one, &(struct listing){ "" }), -1);
        mem_free(p);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_header_is_that_of_the_vector),
                cmocka_unit_test(records_hold_the_certificates_own_numbers),
                cmocka_unit_test(what_is_written_is_read),
                cmocka_unit_test(every_prefix_is_refused),
                cmocka_unit_test(every_changed_byte_is_noticed),
                cmocka_unit_test(files_of_other_makers_are_read),
                cmocka_unit_test(files_that_are_wrong_are_refused),
                cmocka_unit_test(a_signed_file_is_header_and_payload),
                cmocka_unit_test(signed_files_of_versions_0_to_2_are_stripped),
                cmocka_unit_test(an_empty_payload_is_signed_too),
                cmocka_unit_test(what_cannot_be_written_is_refused),
                cmocka_unit_test(keys_of_odd_sizes_cannot_sign),
                cmocka_unit_test(no_memory_leaves_nothing_behind),
                cmocka_unit_test(a_listing_enters_containers),
        };

        return cmocka_run_group_tests(tests, open_fix, close_fix);
}
