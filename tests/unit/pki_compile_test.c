#include "pki/pki_rt.h"

#include "pki/enroll.h"
#include "tests/support/pki_store.h"

struct compiled {
        struct pki_conf conf;
        struct snap_part *part;
        const struct pki_rt *rt;
};

static void chain_fini(struct conf_obj *o)
{
        conf_list_fini(&((struct chain_conf *)(void *)o)->certs);
}

static void cert_fini(struct conf_obj *o)
{
        mem_free(((struct chain_cert *)(void *)o)->der);
}

static void conf_open(struct compiled *c)
{
        *c = (struct compiled){ 0 };
        conf_list_init(&c->conf.trustpoints, sizeof(struct trustpoint_conf), NULL);
        conf_list_init(&c->conf.chains, sizeof(struct chain_conf), chain_fini);
}

static void trustpoint(struct compiled *c, const char *name, const char *keypair)
{
        struct trustpoint_conf *tp = conf_list_add(&c->conf.trustpoints, name);

        strcpy(tp->keypair, keypair);
}

static void compile(struct compiled *c, struct pki_store *s)
{
        c->part = snap_part_new();
        if (pki_compile(c->part, &c->conf, s->k, &s->e) < 0)
                fail_msg("%s", s->e.text);
        c->rt = c->part->root;
}

static void conf_close(struct compiled *c)
{
        snap_part_put(c->part);
        conf_list_fini(&c->conf.trustpoints);
        conf_list_fini(&c->conf.chains);
}

static void put(struct pki_store *s, const char *tp, const char *id, const char *ca0, const char *ca1)
{
        const char *const file[] = { ca0, ca1 };
        struct cert *idc = id ? pki_cert(id) : NULL, *ca[2];
        unsigned n = 0;

        for (unsigned i = 0; i < 2; i++)
                if (file[i])
                        ca[n++] = pki_cert(file[i]);
        assert_int_equal(keystore_tp_put(s->k, tp, idc, ca, n, NULL), 0);
        cert_put(idc);
        while (n)
                cert_put(ca[--n]);
}

static void give_key(struct pki_store *s, const char *label)
{
        struct keypair *k = pki_key("server.key");

        assert_int_equal(keystore_key_put(s->k, label, k, NULL), 0);
        keypair_put(k);
}

static void nothing_configured_is_a_part_too(void **state)
{
        struct compiled c;

        conf_open(&c);
        compile(&c, *state);
        assert_int_equal(c.rt->n, 0);
        assert_non_null(c.rt->all);
        assert_int_equal(trust_set_count(c.rt->all), 0);
        assert_null(pki_identity(c.rt, "x"));
        conf_close(&c);
}

static void identities_are_found_by_name(void **state)
{
        struct pki_store *s = *state;
        const struct identity_rt *id;
        struct compiled c;

        conf_open(&c);
        trustpoint(&c, "zulu", "k");
        trustpoint(&c, "alpha", "k");
        trustpoint(&c, "mike", "none");
        trustpoint(&c, "lost", "k");
        give_key(s, "k");
        put(s, "zulu", "server.pem", "int.pem", "root.pem");
        put(s, "alpha", NULL, "self.pem", NULL);
        put(s, "mike", "server.pem", NULL, NULL); /* its key pair is gone */
        put(s, "lost", "self.pem", NULL, NULL);   /* its key pair is another */
        put(s, "unnamed", "server.pem", "other.pem", NULL);
        compile(&c, s);
        assert_int_equal(c.rt->n, 4);
        assert_true(c.rt->generation == keystore_generation(s->k));
        id = pki_identity(c.rt, "zulu");
        assert_true(cert_matches_key(id->cert, id->key));
        assert_int_equal(id->nchain, 1); /* the root stays at home */
        assert_true(cert_is_ca(id->chain[0]) && !cert_is_self_signed(id->chain[0]));
        assert_true(!pki_identity(c.rt, "alpha")->cert && !pki_identity(c.rt, "alpha")->key);
        assert_true(!pki_identity(c.rt, "mike")->cert && !pki_identity(c.rt, "mike")->key);
        assert_true(!pki_identity(c.rt, "lost")->cert && !pki_identity(c.rt, "lost")->key);
        assert_null(pki_identity(c.rt, "unnamed"));
        assert_null(pki_identity(c.rt, "zzz"));
        assert_int_equal(trust_set_count(c.rt->all), 3); /* int, root, self: not of what is not configured */
        conf_close(&c);
}

/* A part lives on with what it was made of; a new one sees the new assets. */
static void old_parts_keep_old_assets(void **state)
{
        struct pki_store *s = *state;
        struct compiled c;
        struct snap_part *old;
        const struct pki_rt *old_rt;

        conf_open(&c);
        trustpoint(&c, "tp", "tp");
        assert_int_equal(pki_store_pkcs12(s, "tp", "new.p12", PKI_PASS), 0);
        compile(&c, s);
        old = snap_part_get(c.part);
        old_rt = c.rt;
        snap_part_put(c.part);
        assert_int_equal(pki_store_pkcs12(s, "tp", "self.p12", PKI_PASS), 0);
        compile(&c, s);
        assert_true(c.rt->generation > old_rt->generation);
        assert_false(cert_same(c.rt->id[0].cert, old_rt->id[0].cert));
        assert_true(cert_matches_key(old_rt->id[0].cert, old_rt->id[0].key));
        snap_part_put(old);
        conf_close(&c);
}

static void add_hex(struct chain_conf *chain, const char *file, bool ca)
{
        struct chain_cert *cc = conf_list_add(&chain->certs, "");
        struct cert *c = pki_cert(file);
        size_t n;
        const uint8_t *der = cert_der(c, &n);

        cc->ca = ca;
        cc->der = mem_dup(MEM_PKI, der, n);
        cc->der_len = (uint32_t)n;
        cert_put(c);
}

/* check and replay: certificates from the text, unless the flash knows better. */
static void chains_of_the_text_stand_in(void **state)
{
        struct pki_store *s = *state;
        struct chain_conf *chain;
        struct compiled c;

        conf_open(&c);
        trustpoint(&c, "tp", "k");
        chain = conf_list_add(&c.conf.chains, "tp");
        conf_list_init(&chain->certs, sizeof(struct chain_cert), cert_fini);
        add_hex(chain, "server.pem", false);
        add_hex(chain, "int.pem", true);
        ((struct chain_cert *)conf_list_add(&chain->certs, ""))->ca = true; /* empty: passed over */
        give_key(s, "k");
        compile(&c, s);
        assert_non_null(c.rt->id[0].cert);
        assert_int_equal(trust_set_count(c.rt->all), 1);
        snap_part_put(c.part);
        put(s, "tp", NULL, "root.pem", NULL);
        compile(&c, s);
        assert_null(c.rt->id[0].cert);
        assert_int_equal(trust_set_count(c.rt->all), 1);
        conf_close(&c);
}

/* Key pairs by label, and what a trustpoint says of itself. */
static void keys_and_flags_are_compiled(void **state)
{
        struct pki_store *s = *state;
        struct compiled c;

        conf_open(&c);
        trustpoint(&c, "mic", "none");
        trustpoint(&c, "ldc", "none");
        ((struct trustpoint_conf *)conf_list_find(&c.conf.trustpoints, "mic"))->accept_expired_phone = true;
        ((struct trustpoint_conf *)conf_list_find(&c.conf.trustpoints, "ldc"))->proxy_ldc_issuer = true;
        put(s, "mic", NULL, "root.pem", NULL);
        put(s, "ldc", NULL, "other.pem", NULL);
        give_key(s, "phone_common");
        give_key(s, "zz");
        compile(&c, s);
        assert_int_equal(c.rt->nkeys, 2);
        assert_int_equal(keypair_bits(pki_keypair(c.rt, "phone_common")), 2048);
        assert_non_null(pki_keypair(c.rt, "zz"));
        assert_null(pki_keypair(c.rt, "none"));
        assert_true(pki_identity(c.rt, "ldc")->ldc_issuer && !pki_identity(c.rt, "mic")->ldc_issuer);
        for (unsigned i = 0; i < 2; i++) {
                const struct trust_anchor *a = trust_set_at(c.rt->all, i);

                assert_int_equal(a->accept_expired_phone, !strcmp(a->trustpoint, "mic"));
        }
        conf_close(&c);
}

static void name_list(struct conf_list *l, const char *a, const char *b)
{
        conf_list_init(l, sizeof(struct conf_obj), NULL);
        if (a)
                assert_non_null(conf_list_add(l, a));
        if (b)
                assert_non_null(conf_list_add(l, b));
}

/* Named trustpoints vouch alone; a name without certificates is an error, never everybody. */
static void trust_of_named_trustpoints(void **state)
{
        struct pki_store *s = *state;
        const struct {
                const char *a, *b;
                unsigned n; /* 0: refused */
        } rows[] = { { NULL, NULL, 4 },   { "mic", NULL, 2 },    { "mic", "lsc", 3 },
                     { "cucm", NULL, 1 }, { "mic", "empty", 0 }, { "nobody", NULL, 0 } };
        struct compiled c;

        conf_open(&c);
        trustpoint(&c, "mic", "none");
        trustpoint(&c, "lsc", "none");
        trustpoint(&c, "cucm", "none");
        trustpoint(&c, "empty", "none");
        put(s, "mic", NULL, "root.pem", "int.pem");
        put(s, "lsc", NULL, "other.pem", NULL);
        put(s, "cucm", NULL, "self.pem", NULL);
        compile(&c, s);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                struct err e = { 0 };
                struct conf_list l;
                struct trust_set *t;

                name_list(&l, rows[i].a, rows[i].b);
                t = pki_trust(c.rt, &l, &e);
                assert_int_equal(t ? trust_set_count(t) : 0, rows[i].n);
                for (unsigned k = 0; t && rows[i].a && k < trust_set_count(t); k++)
                        assert_non_null(conf_list_find(&l, trust_set_at(t, k)->trustpoint));
                if (!t)
                        assert_non_null(strstr(e.text, "holds no CA certificate"));
                trust_set_put(t);
                conf_list_fini(&l);
        }
        conf_close(&c);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                STORE_TEST(nothing_configured_is_a_part_too), STORE_TEST(identities_are_found_by_name),
                STORE_TEST(old_parts_keep_old_assets),        STORE_TEST(chains_of_the_text_stand_in),
                STORE_TEST(keys_and_flags_are_compiled),      STORE_TEST(trust_of_named_trustpoints),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
