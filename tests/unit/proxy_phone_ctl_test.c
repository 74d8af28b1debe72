/* What a phone trusts because of the ctl-file of its phone proxy. */
#include "pki/ctl_make.h"
#include "proxy/phone/phone_compile.h"
#include "tests/support/pki_store.h"

struct fix {
        struct pki_store *s;
        struct pki_conf conf;
        struct ctl_file_conf *c;
        struct snap_part *pki;
        struct arena *a;
};

static void give_key(struct fix *f, const char *label)
{
        struct keypair *kp = pki_key("server.key");

        assert_int_equal(keystore_key_put(f->s->k, label, kp, NULL), 0);
        keypair_put(kp);
}

static void entry(struct fix *f, enum ctl_entry_role role, uint32_t addr)
{
        char name[16];
        struct ctl_entry_conf *en;

        snprintf(name, sizeof name, "%u", f->c->entries.n);
        en = conf_list_add(&f->c->entries, name);
        en->role = role;
        en->addr = addr_v4(addr);
        strcpy(en->trustpoint, "cucm");
}

static int setup(void **state)
{
        static const char *const key[] = { "cucm", "other", "_internal_PP_my", "_internal_my_SAST_0" };
        struct fix *f = calloc(1, sizeof *f);
        void *s = NULL;
        struct err e = { 0 };

        pki_store_open(&s);
        f->s = s;
        conf_list_init(&f->conf.trustpoints, sizeof(struct trustpoint_conf), NULL);
        conf_list_init(&f->conf.chains, sizeof(struct chain_conf), NULL);
        conf_list_init(&f->conf.ctl_files, sizeof(struct ctl_file_conf), ctl_file_conf_fini);
        for (size_t i = 0; i < ARRAY_LEN(key); i++)
                give_key(f, key[i]);
        for (size_t i = 0; i < 2; i++) {
                struct trustpoint_conf *tp = conf_list_add(&f->conf.trustpoints, key[i]);

                strcpy(tp->keypair, key[i]);
                assert_int_equal(pki_enroll_self(f->s->k, tp, &f->s->params, NULL), 0);
        }
        f->c = conf_list_add(&f->conf.ctl_files, "my");
        ctl_file_conf_init(f->c);
        f->c->sast = 1;
        f->c->up = true;
        entry(f, CTL_ENTRY_CUCM, 1);
        entry(f, CTL_ENTRY_TFTP, 2);
        entry(f, CTL_ENTRY_CUCM_TFTP, 3);
        entry(f, CTL_ENTRY_CAPF, 4);
        assert_int_equal(ctl_ensure(f->s->k, f->c, &f->conf, NULL, 0, &e), 0);
        f->pki = snap_part_new();
        assert_int_equal(pki_compile(f->pki, &f->conf, f->s->k, &e), 0);
        f->a = arena_new(1 << 16);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fix *f = *state;
        void *s = f->s;

        arena_free(f->a);
        snap_part_put(f->pki);
        conf_list_fini(&f->conf.trustpoints);
        conf_list_fini(&f->conf.chains);
        conf_list_fini(&f->conf.ctl_files);
        pki_store_close(&s);
        free(f);
        return 0;
}

/* The certificate of this trustpoint is shown to phones. */
static struct phone_ctl_rt *with_shown(struct fix *f, const char *tp)
{
        struct err e = { 0 };
        const struct identity_rt *id = pki_identity(f->pki->root, tp);
        struct phone_ctl_rt *c = phone_ctl_compile(f->a, f->pki->root, "my", id ? id->cert : NULL, &e);

        if (!c)
                fail_msg("%s", e.text);
        return c;
}

static void trust_goes_by_certificate_role_and_address(void **state)
{
        static const struct {
                const char *shown;
                bool cm;
        } row[] = { { "_internal_PP_my", true }, { "cucm", true }, { "other", false }, { "none", false } };
        struct fix *f = *state;

        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                struct phone_ctl_rt *c = with_shown(f, row[i].shown);

                for (uint32_t a = 0; a < 6; a++) {
                        struct addr at = addr_v4(a);

                        assert_int_equal(phone_ctl_trusts_cm(c, &at), row[i].cm && (a == 1 || a == 3));
                        assert_int_equal(phone_ctl_trusts_tftp(c, &at), a == 2 || a == 3);
                        assert_int_equal(phone_ctl_has_capf(c, &at), a == 4);
                }
                phone_ctl_fini(c);
        }
}

static void the_signer_is_one_whom_phones_trust(void **state)
{
        struct fix *f = *state;
        struct phone_ctl_rt *c = with_shown(f, "cucm");
        static struct ctl_file file;
        bool trusted = false;
        uint8_t *p;
        size_t n;

        assert_int_equal(ctl_parse(c->file, c->file_n, &file, NULL), 0);
        assert_int_equal(sgn_write(&c->signer, "x.sgn", PKI_NOW, (const uint8_t *)"x", 1, &p, &n, NULL), 0);
        for (unsigned i = 0; i < file.n; i++)
                trusted |= file.rec[i].role == CTL_TFTP && sgn_verify(p, n, file.rec[i].cert);
        assert_true(trusted);
        mem_free(p);
        ctl_file_fini(&file);
        phone_ctl_fini(c);
}

static void what_is_missing_is_told(void **state)
{
        struct fix *f = *state;
        struct err e = { 0 };
        struct snap_part *again = snap_part_new();

        assert_null(phone_ctl_compile(f->a, f->pki->root, "none", NULL, &e));
        assert_string_equal(e.text, "ctl-file none is not up");
        assert_int_equal(keystore_key_del(f->s->k, "_internal_PP_my", NULL), 0);
        assert_int_equal(pki_compile(again, &f->conf, f->s->k, &e), 0);
        assert_null(phone_ctl_compile(f->a, again->root, "my", NULL, &e));
        assert_string_equal(e.text, "ctl-file my has lost its key pair _internal_PP_my");
        snap_part_put(again);
}

static void phones_are_shown_the_ctl_files_certificate(void **state)
{
        struct proxy_conf conf = { 0 };
        struct phone_proxy_conf *p;
        struct tls_proxy_conf t = { .o.name = (char *)(uintptr_t) "tlsp" };
        char tp[TRUSTPOINT_NAME_MAX + 1];

        (void)state;
        conf_list_init(&conf.phone_proxies, sizeof *p, phone_proxy_conf_fini);
        p = conf_list_add(&conf.phone_proxies, "pp");
        phone_proxy_conf_init(p);
        strcpy(p->tls_proxy, "tlsp");
        phone_server_tp(&conf, &t, tp);
        assert_string_equal(tp, "");
        strcpy(p->ctl_file, "my");
        phone_server_tp(&conf, &t, tp);
        assert_string_equal(tp, "_internal_PP_my");
        strcpy(p->tls_proxy, "another");
        phone_server_tp(&conf, &t, tp);
        assert_string_equal(tp, "");
        strcpy(p->tls_proxy, "tlsp");
        strcpy(t.server_tp, "own");
        phone_server_tp(&conf, &t, tp);
        assert_string_equal(tp, "own");
        conf_list_fini(&conf.phone_proxies);
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
        const struct CMUnitTest tests[] = {
                T(trust_goes_by_certificate_role_and_address),
                T(the_signer_is_one_whom_phones_trust),
                T(what_is_missing_is_told),
                T(phones_are_shown_the_ctl_files_certificate),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
