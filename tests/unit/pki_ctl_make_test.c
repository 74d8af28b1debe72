/* What `ctl-file ... no shutdown` makes, and what it takes that is there. */
#include "pki/ctl_make.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pki/keystore_dry.h"
#include "pki/pki_rt.h"
#include "tests/support/pki_store.h"

struct fix {
        struct pki_store *s;
        struct pki_conf conf;
        struct ctl_file_conf c;
};

/* One ready-made key pair for all: making them takes seconds. */
static void give_key(struct keystore *k, const char *label)
{
        struct keypair *kp = pki_key("server.key");

        assert_int_equal(keystore_key_put(k, label, kp, NULL), 0);
        keypair_put(kp);
}

static void give_keys(struct keystore *k)
{
        give_key(k, "_internal_PP_my");
        for (unsigned i = 0; i < CTL_SAST_MAX; i++) {
                char name[TRUSTPOINT_NAME_MAX + 1];

                ctl_asset_name(CTL_ASSET_SAST, "my", i, name);
                give_key(k, name);
        }
}

static struct trustpoint_conf *trustpoint(struct fix *f, const char *name, const char *subject)
{
        struct trustpoint_conf *tp = conf_list_add(&f->conf.trustpoints, name);

        strcpy(tp->subject, subject);
        strcpy(tp->fqdn, "none");
        strcpy(tp->keypair, name);
        tp->enrollment = ENROLL_SELF;
        give_key(f->s->k, name);
        if (pki_enroll_self(f->s->k, tp, &f->s->params, &f->s->e) < 0)
                fail_msg("%s", f->s->e.text);
        return tp;
}

static struct ctl_entry_conf *entry(struct fix *f, enum ctl_entry_role role, const char *tp, uint32_t addr)
{
        char name[64];
        struct ctl_entry_conf *en;

        snprintf(name, sizeof name, "%u", f->c.entries.n);
        en = conf_list_add(&f->c.entries, name);
        en->role = role;
        en->addr = addr_v4(addr);
        strcpy(en->trustpoint, tp);
        return en;
}

static int setup(void **state)
{
        struct fix *f = calloc(1, sizeof *f);
        void *s = NULL;

        pki_store_open(&s);
        f->s = s;
        conf_list_init(&f->conf.trustpoints, sizeof(struct trustpoint_conf), NULL);
        conf_list_init(&f->conf.chains, sizeof(struct chain_conf), NULL);
        conf_list_init(&f->conf.ctl_files, sizeof(struct ctl_file_conf), ctl_file_conf_fini);
        f->c.o.name = (char *)(uintptr_t) "my";
        ctl_file_conf_init(&f->c);
        give_keys(f->s->k);
        trustpoint(f, "cucm", "cn=ucm1,o=Example");
        trustpoint(f, "tftp", "cn=files,o=Example");
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fix *f = *state;
        void *s = f->s;

        conf_list_fini(&f->conf.trustpoints);
        conf_list_fini(&f->conf.chains);
        conf_list_fini(&f->conf.ctl_files);
        ctl_file_conf_fini(&f->c.o);
        pki_store_close(&s);
        free(f);
        return 0;
}

static void ensure(struct fix *f)
{
        struct err e = { 0 };

        if (ctl_ensure(f->s->k, &f->c, &f->conf, NULL, 0, &e) < 0)
                fail_msg("%s", e.text);
}

static struct ctl_file *made(struct fix *f)
{
        struct ctl_file *file = calloc(1, sizeof *file);
        struct err e = { 0 };
        size_t n;
        uint8_t *p = keystore_ctl_get(f->s->k, "my", &n);

        if (ctl_parse(p, n, file, &e) < 0)
                fail_msg("%s", e.text);
        mem_free(p);
        return file;
}

static void done(struct ctl_file *f)
{
        ctl_file_fini(f);
        free(f);
}

static bool is_of(struct fix *f, const struct ctl_record *r, const char *tp)
{
        struct tp_assets a;
        bool same;

        keystore_tp_get(f->s->k, tp, &a);
        same = a.id && cert_same(r->cert, a.id);
        tp_assets_put(&a);
        return same;
}

static void a_record_names_the_server_and_us(void **state)
{
        static const struct {
                uint16_t role;
                const char *tp;
                uint32_t addr;
                const char *dns;
        } want[] = {
                { CTL_SAST, "_internal_my_SAST_0", 0, "" },
                { CTL_SAST, "_internal_my_SAST_1", 0, "" },
                { CTL_CCM, "cucm", 0xc000021a, "ucm1.example.com" },
                { CTL_CCM, "_internal_PP_my", 0xc000021a, "ucm1.example.com" },
                { CTL_TFTP, "tftp", 0xc0000218, "" },
                { CTL_TFTP, "_internal_PP_my", 0xc0000218, "" },
                { CTL_CAPF, "cucm", 0xc000021a, "" },
        };
        struct fix *f = *state;
        struct ctl_file *file;

        strcpy(entry(f, CTL_ENTRY_CUCM, "cucm", 0xc000021a)->domain, "example.com");
        entry(f, CTL_ENTRY_TFTP, "tftp", 0xc0000218);
        entry(f, CTL_ENTRY_CAPF, "cucm", 0xc000021a);
        ensure(f);
        file = made(f);
        assert_int_equal(file->n, ARRAY_LEN(want));
        for (unsigned i = 0; i < file->n; i++) {
                assert_int_equal(file->rec[i].role, want[i].role);
                assert_true(is_of(f, &file->rec[i], want[i].tp));
                assert_int_equal(file->rec[i].addr.v4, want[i].addr);
                assert_string_equal(file->rec[i].dns, want[i].dns);
        }
        assert_string_equal(file->head.signer, "CN=_internal_my_SAST_0");
        done(file);
}

static void the_trustpoints_own_name_comes_first(void **state)
{
        struct fix *f = *state;
        struct trustpoint_conf *tp = conf_list_find(&f->conf.trustpoints, "cucm");
        struct ctl_file *file;

        strcpy(tp->fqdn, "real.example.net");
        strcpy(entry(f, CTL_ENTRY_CUCM, "cucm", 1)->domain, "example.com");
        ensure(f);
        file = made(f);
        assert_string_equal(file->rec[2].dns, "real.example.net");
        done(file);
}

/* A server of two roles is named for each; the same record twice stands once. */
static void nothing_stands_twice(void **state)
{
        struct fix *f = *state;
        struct ctl_file *file;

        f->c.sast = 5;
        entry(f, CTL_ENTRY_CUCM_TFTP, "cucm", 1);
        entry(f, CTL_ENTRY_CUCM_TFTP, "cucm", 1);
        entry(f, CTL_ENTRY_CUCM, "cucm", 1);
        ensure(f);
        file = made(f);
        assert_int_equal(file->n, 5 + 2 + 2);
        done(file);
}

static void what_is_there_is_taken(void **state)
{
        struct fix *f = *state;
        size_t n, m;
        uint8_t *first, *again;
        uint64_t changes;

        entry(f, CTL_ENTRY_CUCM_TFTP, "cucm", 1);
        ensure(f);
        first = keystore_ctl_get(f->s->k, "my", &n);
        changes = keystore_generation(f->s->k);
        f->s->v.wall += 86400ll * 1000000000;
        ensure(f);
        assert_int_equal(keystore_generation(f->s->k), changes);
        again = keystore_ctl_get(f->s->k, "my", &m);
        assert_int_equal(n, m);
        assert_memory_equal(first, again, n);
        mem_free(again);

        entry(f, CTL_ENTRY_TFTP, "tftp", 2);
        ensure(f);
        again = keystore_ctl_get(f->s->k, "my", &m);
        assert_true(m > n);
        mem_free(first);
        mem_free(again);

        ctl_withdraw(f->s->k, "my");
        assert_null(keystore_ctl_get(f->s->k, "my", &m));
        ensure(f); /* with the tokens phones know */
        again = keystore_ctl_get(f->s->k, "my", &m);
        assert_non_null(again);
        mem_free(again);
}

static void missing_keys_are_made(void **state)
{
        struct fix *f = *state;
        struct ctl_file *file;
        struct keypair *kp;

        f->c.sast = 1;
        keystore_key_del(f->s->k, "_internal_my_SAST_0", NULL);
        entry(f, CTL_ENTRY_CUCM_TFTP, "cucm", 1);
        ensure(f);
        kp = keystore_key_get(f->s->k, "_internal_my_SAST_0");
        assert_non_null(kp);
        assert_int_equal(keypair_bits(kp), 2048);
        keypair_put(kp);
        file = made(f);
        done(file);
}

static void what_is_missing_is_told(void **state)
{
        struct fix *f = *state;
        struct err e = { 0 };
        size_t n;

        assert_int_equal(ctl_ensure(f->s->k, &f->c, &f->conf, NULL, 0, &e), -1);
        assert_string_equal(e.text, "ctl-file my has no record-entry");
        entry(f, CTL_ENTRY_CUCM_TFTP, "nobody", 1);
        assert_int_equal(ctl_ensure(f->s->k, &f->c, &f->conf, NULL, 0, &e), -1);
        assert_string_equal(e.text, "Trustpoint nobody has not been enrolled");
        assert_int_equal(ctl_ensure(f->s->k, &f->c, &f->conf, (const uint8_t *)"nonsense", 8, &e), -1);
        assert_string_equal(e.text, "this is not a signed file for phones");
        assert_null(keystore_ctl_get(f->s->k, "my", &n));
}

static void a_check_makes_nothing(void **state)
{
        struct fix *f = *state;
        struct keystore *dry;
        struct err e = { 0 };
        size_t n;

        keystore_key_del(f->s->k, "_internal_PP_my", NULL);
        dry = keystore_clone_dry(f->s->k);
        entry(f, CTL_ENTRY_CUCM_TFTP, "cucm", 1);
        assert_int_equal(ctl_ensure(dry, &f->c, &f->conf, NULL, 0, &e), 0);
        assert_null(keystore_key_get(dry, "_internal_PP_my"));
        assert_null(keystore_ctl_get(dry, "my", &n));
        entry(f, CTL_ENTRY_CUCM, "nobody", 1);
        assert_int_equal(ctl_ensure(dry, &f->c, &f->conf, NULL, 0, &e), -1);
        keystore_close(dry);
}

/* ---- a cluster's own file ---- */

static uint8_t *cluster_file(size_t *n)
{
        uint8_t *p = pki_file("../ctl/cluster.tlv", n);

        return p;
}

static void servers_of_the_clusters_file_are_taken_over(void **state)
{
        struct fix *f = *state;
        struct ctl_file *file;
        struct err e = { 0 };
        struct tp_assets a;
        size_t n;
        uint8_t *p = cluster_file(&n);

        if (ctl_ensure(f->s->k, &f->c, &f->conf, p, n, &e) < 0)
                fail_msg("%s", e.text);
        file = made(f);
        assert_int_equal(file->n, 2 + 2); /* two tokens; the server and us at its address */
        assert_int_equal(file->rec[2].role, CTL_CCM_TFTP);
        assert_int_equal(file->rec[2].addr.v4, 0xc0000201);
        assert_true(is_of(f, &file->rec[3], "_internal_PP_my"));
        keystore_tp_get(f->s->k, "_internal_my_CTL_0", &a);
        assert_int_equal(a.nca, 1);
        assert_true(cert_same(a.ca[0], file->rec[2].cert));
        tp_assets_put(&a);
        done(file);
        entry(f, CTL_ENTRY_CUCM_TFTP, "cucm", 1);
        ensure(f); /* without it */
        keystore_tp_get(f->s->k, "_internal_my_CTL_0", &a);
        assert_int_equal(a.nca, 0);
        mem_free_secret(p);
}

static void cluster_is_refused(struct fix *f, const uint8_t *p, size_t n)
{
        struct err e = { 0 };
        struct tp_assets a;

        assert_int_equal(ctl_ensure(f->s->k, &f->c, &f->conf, p, n, &e), -1);
        assert_true(e.text[0]);
        keystore_tp_get(f->s->k, "_internal_my_CTL_0", &a);
        assert_int_equal(a.nca, 0); /* nobody is trusted for it */
        tp_assets_put(&a);
}

/* Whatever is wrong with it: phones keep what they have. */
static void a_wrong_file_of_a_cluster_changes_nothing(void **state)
{
        struct fix *f = *state;
        size_t n, was, is;
        uint8_t *p = cluster_file(&n), *before, *after;
        uint64_t changes;

        entry(f, CTL_ENTRY_CUCM_TFTP, "cucm", 1);
        ensure(f);
        before = keystore_ctl_get(f->s->k, "my", &was);
        changes = keystore_generation(f->s->k);
        cluster_is_refused(f, p, 0);
        for (size_t i = 1; i < n; i += 37)
                cluster_is_refused(f, p, i);
        for (size_t i = 0; i < n; i += 101) {
                p[i] ^= 0x40;
                cluster_is_refused(f, p, n);
                p[i] ^= 0x40;
        }
        after = keystore_ctl_get(f->s->k, "my", &is);
        assert_true(is == was && keystore_generation(f->s->k) == changes);
        assert_memory_equal(after, before, was);
        mem_free(before);
        mem_free(after);
        mem_free_secret(p);
}

/* ---- compiled ---- */

static struct snap_part *compile(struct fix *f)
{
        struct snap_part *part = snap_part_new();
        struct err e = { 0 };

        if (pki_compile(part, &f->conf, f->s->k, &e) < 0)
                fail_msg("%s", e.text);
        return part;
}

static void only_a_ctl_file_that_is_up_is_compiled(void **state)
{
        struct fix *f = *state;
        struct ctl_file_conf *c = conf_list_add(&f->conf.ctl_files, "my");
        const struct identity_rt *id;
        struct snap_part *part;
        size_t n;
        uint8_t *p = cluster_file(&n);
        struct err e = { 0 };

        ctl_file_conf_init(c);
        strcpy(c->cluster_file, "x");
        assert_int_equal(ctl_ensure(f->s->k, c, &f->conf, p, n, &e), 0);
        part = compile(f);
        assert_null(pki_ctl(part->root, "my"));
        id = pki_identity(part->root, "_internal_PP_my");
        assert_true(id && id->cert && id->key);
        assert_int_equal(trust_set_count(((const struct pki_rt *)part->root)->all), 1);
        snap_part_put(part);

        c->up = true;
        *c->cluster_file = 0; /* trust in the cluster's certificates went with the line */
        part = compile(f);
        assert_non_null(pki_ctl(part->root, "my"));
        assert_int_equal(pki_ctl(part->root, "my")->file->n, 4);
        assert_int_equal(trust_set_count(((const struct pki_rt *)part->root)->all), 0);
        snap_part_put(part);

        assert_int_equal(keystore_ctl_put(f->s->k, "my", (const uint8_t *)"damaged", 7, NULL), 0);
        part = compile(f);
        assert_null(pki_ctl(part->root, "my"));
        snap_part_put(part);
        mem_free_secret(p);
}

/* What lies on flash in the place of our file is made anew, unless it is that file. */
static void a_wrong_file_on_flash_is_made_anew(void **state)
{
        struct fix *f = *state;
        size_t n, m, wrong_n[3] = { 0 };
        uint8_t *good, *again, *wrong[3];
        struct ctl_file *file;

        entry(f, CTL_ENTRY_CUCM_TFTP, "cucm", 1);
        ensure(f);
        good = keystore_ctl_get(f->s->k, "my", &n);
        wrong[0] = cluster_file(&wrong_n[0]); /* a good one, but of others */
        wrong[1] = keystore_ctl_get(f->s->k, "my", &wrong_n[1]);
        wrong[1][n / 2] ^= 1;
        wrong[2] = keystore_ctl_get(f->s->k, "my", &wrong_n[2]);
        wrong_n[2] /= 2;
        for (unsigned i = 0; i < 3; i++) {
                assert_int_equal(keystore_ctl_put(f->s->k, "my", wrong[i], wrong_n[i], NULL), 0);
                ensure(f);
                again = keystore_ctl_get(f->s->k, "my", &m);
                assert_true(m == n);
                file = made(f); /* signed and whole */
                assert_true(is_of(f, &file->rec[0], "_internal_my_SAST_0"));
                done(file);
                mem_free(again);
        }
        mem_free_secret(wrong[0]);
        mem_free(wrong[1]);
        mem_free(wrong[2]);
        mem_free(good);
}

/* ---- flash ---- */

static void files_are_on_flash(void **state)
{
        struct fix *f = *state;
        char dir[] = "/tmp/vgctlXXXXXX", cmd[100];
        struct keystore *k, *again;
        struct stat st;
        uint8_t *p;
        size_t n;

        assert_non_null(mkdtemp(dir));
        k = keystore_open(dir, &f->s->clk, &f->s->rng, NULL);
        assert_int_equal(keystore_ctl_put(k, "a/b", (const uint8_t *)"\0\1\2", 3, NULL), 0);
        snprintf(cmd, sizeof cmd, "%s/ctl/a%%2Fb.tlv", dir);
        assert_int_equal(stat(cmd, &st), 0);
        assert_int_equal(st.st_size, 3);
        keystore_close(k);
        again = keystore_open_dry(dir, &f->s->clk, &f->s->rng, NULL);
        p = keystore_ctl_get(again, "a/b", &n);
        assert_int_equal(n, 3);
        assert_memory_equal(p, "\0\1\2", 3);
        mem_free(p);
        keystore_close(again);
        k = keystore_open(dir, &f->s->clk, &f->s->rng, NULL);
        assert_int_equal(keystore_ctl_put(k, "a/b", NULL, 0, NULL), 0);
        assert_int_equal(stat(cmd, &st), -1);
        assert_int_equal(keystore_ctl_put(k, "a/b", NULL, 0, NULL), 0);
        keystore_close(k);
        snprintf(cmd, sizeof cmd, "rm -r %s", dir);
        assert_int_equal(system(cmd), 0);
}

/* Behind the last there is none; those of a cluster's file only where there is one. */
static void names_of_what_is_made_are_dealt_out_in_turn(void **state)
{
        struct fix *f = *state;
        char name[TRUSTPOINT_NAME_MAX + 1];

        f->c.sast = 3;
        assert_true(ctl_asset_at(&f->c, 0, name));
        assert_string_equal(name, "_internal_PP_my");
        assert_true(ctl_asset_at(&f->c, 1, name));
        assert_string_equal(name, "_internal_my_SAST_0");
        assert_true(ctl_asset_at(&f->c, 3, name));
        assert_string_equal(name, "_internal_my_SAST_2");
        assert_false(ctl_asset_at(&f->c, 4, name));
        strcpy(f->c.cluster_file, "disk0:/old.tlv");
        assert_true(ctl_asset_at(&f->c, 4, name));
        assert_string_equal(name, "_internal_my_CTL_0");
        assert_true(ctl_asset_at(&f->c, 3 + CTL_CLUSTER_MAX, name));
        assert_false(ctl_asset_at(&f->c, 4 + CTL_CLUSTER_MAX, name));
}

int main(void)
{
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
        const struct CMUnitTest tests[] = {
                T(names_of_what_is_made_are_dealt_out_in_turn),
                T(a_record_names_the_server_and_us),
                T(the_trustpoints_own_name_comes_first),
                T(nothing_stands_twice),
                T(what_is_there_is_taken),
                T(missing_keys_are_made),
                T(what_is_missing_is_told),
                T(a_check_makes_nothing),
                T(servers_of_the_clusters_file_are_taken_over),
                T(a_wrong_file_of_a_cluster_changes_nothing),
                T(only_a_ctl_file_that_is_up_is_compiled),
                T(a_wrong_file_on_flash_is_made_anew),
                T(files_are_on_flash),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
