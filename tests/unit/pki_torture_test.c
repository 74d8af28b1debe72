/*
 * The nth allocation of ours fails, for every n: a clean error, nothing changed, nothing left. libcrypto's and
 * mbedTLS's own allocations are their business; LeakSanitizer watches them as well.
 */
#include <mbedtls/x509_crt.h>
#include <unistd.h>

#include "pki/libcrypto.h"
#include "pki/pki_rt.h"
#include "tests/support/pki_store.h"

struct job {
        struct pki_store *s;
        char dir[64];
        uint8_t *p12, *pem;
        size_t p12_len, pem_len;
        struct pki_conf conf;
};

typedef int (*job_fn)(struct job *j, struct err *e);

static int import_bundle(struct job *j, struct err *e)
{
        return pki_import_pkcs12(j->s->k, "tp", (char *)j->p12, j->p12_len, PKI_PASS, e);
}

static int enroll_self(struct job *j, struct err *e)
{
        return pki_enroll_self(j->s->k, &j->s->tp, &j->s->params, e);
}

static int enroll_csr(struct job *j, struct err *e)
{
        char text[4096];
        struct wbuf w = wbuf_of(text, sizeof text);

        return pki_enroll_csr(j->s->k, &j->s->tp, &j->s->params, &w, e);
}

static int authenticate(struct job *j, struct err *e)
{
        struct cert *c = pki_authenticate_parse((char *)j->pem, j->pem_len, e);
        int ret = c ? pki_authenticate_accept(j->s->k, &j->s->tp, c, e) : -1;

        cert_put(c);
        return ret;
}

static int import_cert(struct job *j, struct err *e)
{
        return pki_import_certificate(j->s->k, &j->s->tp, (char *)j->pem, j->pem_len, e);
}

static int export_bundle(struct job *j, struct err *e)
{
        static char text[16384];
        struct wbuf w = wbuf_of(text, sizeof text);

        return pki_export_pkcs12(j->s->k, &j->s->tp, "x", &w, e);
}

static int compile(struct job *j, struct err *e)
{
        struct snap_part *part = snap_part_new();
        int ret = part ? pki_compile(part, &j->conf, j->s->k, e) : err_nomem(e, "test");

        snap_part_put(part);
        return ret;
}

static int clone_store(struct job *j, struct err *e)
{
        struct keystore *k = keystore_clone_dry(j->s->k);

        keystore_close(k);
        return k ? 0 : err_nomem(e, "test");
}

static int reopen(struct job *j, struct err *e)
{
        struct keystore *k = keystore_open(j->dir, &j->s->clk, &rng_system, e);

        keystore_close(k);
        return k ? 0 : -1;
}

/* Everything of the trustpoint and its key, as one number that changes when they do. */
static uint64_t state_of(struct keystore *k, const char *label)
{
        uint64_t h = keystore_generation(k);
        struct keypair *kp = keystore_key_get(k, label);
        struct tp_assets a;
        size_t n;

        keystore_tp_get(k, "tp", &a);
        h = hash_bytes(&(uint64_t){ a.nca + (kp ? 100 : 0) }, sizeof h, h);
        if (a.id) {
                const uint8_t *der = cert_der(a.id, &n);

                h = hash_bytes(der, n, h);
        }
        tp_assets_put(&a);
        keypair_put(kp);
        return h;
}

/* changes: the job leaves its mark in the store, so each round starts from a fresh copy of base. */
static void torture(struct job *j, job_fn fn, bool changes)
{
        struct keystore *base = j->s->k;
        bool done = false;
        unsigned n = 0;

        for (bool forever = false;; forever = true) {
                for (n = 1, done = false; !done; n++) {
                        struct err e = { 0 };
                        uint64_t before, live;
                        int ret;

                        if (changes)
                                assert_non_null(j->s->k = keystore_clone_dry(base));
                        before = state_of(j->s->k, pki_keypair_label(&j->s->tp));
                        live = mem_live_blocks();
                        mem_fail_nth(n, forever);
                        ret = fn(j, &e);
                        done = mem_fail_count() < n;
                        mem_fail_nth(0, false);
                        if (!done && ret == 0)
                                fail_msg("allocation %u failed and nobody noticed", n);
                        if (!done && e.code != ERR_NOMEM)
                                fail_msg("allocation %u: %s", n, e.text);
                        if (done && ret < 0)
                                fail_msg("without failure: %s", e.text);
                        if (ret < 0) {
                                assert_true(state_of(j->s->k, pki_keypair_label(&j->s->tp)) == before);
                                assert_true(mem_live_blocks() == live);
                        }
                        if (changes)
                                keystore_close(j->s->k);
                        j->s->k = base;
                }
                if (forever)
                        break;
        }
        assert_true(n > 2);
}

static int setup(void **state)
{
        struct job *j = calloc(1, sizeof *j);
        struct trustpoint_conf *tp;

        pki_store_open((void **)&j->s);
        conf_list_init(&j->conf.trustpoints, sizeof *tp, NULL);
        tp = conf_list_add(&j->conf.trustpoints, "tp");
        strcpy(tp->keypair, "tp");
        *state = j;
        return 0;
}

static int teardown(void **state)
{
        struct job *j = *state;

        mem_free_secret(j->p12);
        mem_free_secret(j->pem);
        conf_list_fini(&j->conf.trustpoints);
        pki_store_close((void **)&j->s);
        free(j);
        return 0;
}

static void with_bundle(struct job *j)
{
        assert_int_equal(pki_store_pkcs12(j->s, "tp", "chain.p12", PKI_PASS), 0);
        strcpy(j->s->tp.keypair, "tp");
}

static void importing_a_bundle(void **state)
{
        struct job *j = *state;

        j->p12 = pki_file("mac.p12", &j->p12_len);
        torture(j, import_bundle, true);
        with_bundle(j); /* over an existing one */
        torture(j, import_bundle, true);
}

static void enrolling(void **state)
{
        struct job *j = *state;

        with_bundle(j);
        strcpy(j->s->tp.subject, "cn=x,o=y");
        torture(j, enroll_self, true);
        torture(j, enroll_csr, false);
}

static void authenticating_and_importing(void **state)
{
        struct job *j = *state;

        j->pem = pki_file("int.pem", &j->pem_len);
        torture(j, authenticate, true);
        with_bundle(j);
        torture(j, authenticate, true);
        mem_free_secret(j->pem);
        j->pem = pki_file("server.pem", &j->pem_len);
        torture(j, import_cert, true);
}

static void exporting(void **state)
{
        struct job *j = *state;

        with_bundle(j);
        torture(j, export_bundle, false);
}

static void compiling_and_cloning(void **state)
{
        struct job *j = *state;

        with_bundle(j);
        torture(j, compile, false);
        torture(j, clone_store, false);
}

static void loading_from_flash(void **state)
{
        struct job *j = *state;
        struct keystore *memory = j->s->k;
        char cmd[128];

        strcpy(j->dir, "/tmp/voxgate-torture-XXXXXX");
        assert_non_null(mkdtemp(j->dir));
        j->s->k = keystore_open(j->dir, &j->s->clk, &rng_system, NULL);
        with_bundle(j);
        keystore_close(j->s->k);
        j->s->k = memory;
        torture(j, reopen, false);
        snprintf(cmd, sizeof cmd, "rm -rf %s", j->dir);
        assert_int_equal(system(cmd), 0);
}

/* The same with files: what a restart finds is what was there before, or all of the new. */
static void importing_on_flash(void **state)
{
        struct job *j = *state;
        struct keystore *memory = j->s->k;
        struct cert *was = pki_cert("server.pem"), *new = pki_cert("self.pem");
        bool done = false;
        char cmd[128];

        strcpy(j->dir, "/tmp/voxgate-torture-XXXXXX");
        assert_non_null(mkdtemp(j->dir));
        j->s->k = keystore_open(j->dir, &j->s->clk, &rng_system, NULL);
        with_bundle(j);
        j->p12 = pki_file("self.p12", &j->p12_len);
        for (unsigned n = 1; !done; n++) {
                struct err e = { 0 };
                struct tp_assets a;
                struct keypair *kp;
                int ret;

                mem_fail_nth(n, true);
                ret = import_bundle(j, &e);
                done = mem_fail_count() < n;
                mem_fail_nth(0, false);
                assert_int_equal(ret, done ? 0 : -1);
                keystore_close(j->s->k);
                j->s->k = keystore_open(j->dir, &j->s->clk, &rng_system, NULL);
                keystore_tp_get(j->s->k, "tp", &a);
                kp = keystore_key_get(j->s->k, "tp");
                assert_true(cert_same(a.id, done ? new : was));
                assert_true(cert_matches_key(a.id, kp));
                keypair_put(kp);
                tp_assets_put(&a);
        }
        keystore_close(j->s->k);
        j->s->k = memory;
        cert_put(was);
        cert_put(new);
        snprintf(cmd, sizeof cmd, "rm -rf %s", j->dir);
        assert_int_equal(system(cmd), 0);
}

#define T(x) cmocka_unit_test_setup_teardown(x, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(importing_a_bundle),    T(enrolling),          T(authenticating_and_importing), T(exporting),
                T(compiling_and_cloning), T(loading_from_flash), T(importing_on_flash),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
