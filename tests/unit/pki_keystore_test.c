#include "pki/keystore.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/pki.h"

static struct clock_virtual vclock = { .wall = PKI_NOW * 1000000000ll };

struct fixture {
        char dir[64];
        struct clock clk;
        struct keystore *k;
        struct keypair *key;
        struct cert *server, *root, *issuer;
};

static void reopen(struct fixture *f)
{
        struct err warn = { 0 };

        keystore_close(f->k);
        f->k = keystore_open(f->dir, &f->clk, &rng_system, &warn);
        assert_non_null(f->k);
        assert_string_equal(warn.text, "");
}

static int setup(void **state)
{
        struct fixture *f = calloc(1, sizeof *f);

        strcpy(f->dir, "/tmp/voxgate-keystore-XXXXXX");
        assert_non_null(mkdtemp(f->dir));
        f->clk = clock_of_virtual(&vclock);
        f->key = pki_key("server.key");
        f->server = pki_cert("server.pem");
        f->issuer = pki_cert("int.pem");
        f->root = pki_cert("root.pem");
        reopen(f);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fixture *f = *state;
        char cmd[128];

        keystore_close(f->k);
        keypair_put(f->key);
        cert_put(f->server);
        cert_put(f->issuer);
        cert_put(f->root);
        snprintf(cmd, sizeof cmd, "rm -rf %s", f->dir);
        assert_int_equal(system(cmd), 0);
        free(f);
        return 0;
}

static void put_all(struct fixture *f)
{
        struct cert *ca[] = { f->issuer, f->root };
        struct err e = { 0 };

        if (keystore_install(f->k, "<Default-RSA-Key>", f->key, "cuma_proxy", f->server, ca, 2, &e) < 0)
                fail_msg("%s", e.text);
}

static void check_all(struct fixture *f)
{
        struct keypair *kp = keystore_key_get(f->k, "<Default-RSA-Key>");
        struct tp_assets a;

        assert_non_null(kp);
        assert_true(cert_matches_key(f->server, kp));
        assert_int_equal(keypair_created(kp), PKI_NOW);
        keypair_put(kp);
        keystore_tp_get(f->k, "cuma_proxy", &a);
        assert_true(cert_same(a.id, f->server));
        assert_int_equal(a.nca, 2);
        assert_true(cert_same(a.ca[0], f->issuer));
        assert_true(cert_same(a.ca[1], f->root));
        tp_assets_put(&a);
        assert_null(a.id);
}

static void what_is_put_survives_a_restart(void **state)
{
        struct fixture *f = *state;
        struct tp_assets a;

        put_all(f);
        check_all(f);
        reopen(f);
        check_all(f);
        keystore_tp_get(f->k, "other", &a);
        assert_true(!a.id && !a.nca);
        assert_null(keystore_key_get(f->k, "other"));
}

static mode_t mode_of(const char *dir, const char *rest)
{
        struct stat st;
        char path[256];

        snprintf(path, sizeof path, "%s/%s", dir, rest);
        if (stat(path, &st) < 0)
                fail_msg("%s is missing", path);
        return st.st_mode & 0777;
}

static void files_are_private(void **state)
{
        struct fixture *f = *state;

        put_all(f);
        assert_int_equal(mode_of(f->dir, "."), 0700);
        assert_int_equal(mode_of(f->dir, "keys"), 0700);
        assert_int_equal(mode_of(f->dir, "certs"), 0700);
        assert_int_equal(mode_of(f->dir, "keys/%3CDefault-RSA-Key%3E.key"), 0600);
        assert_int_equal(mode_of(f->dir, "certs/cuma_proxy.pem"), 0600);
}

/* A label is never a path. */
static void labels_stay_in_their_directory(void **state)
{
        static const char *const label[] = {
                "../../etc/passwd", "a/b", ".", "..", "%41", "key.tmp", "\xc3\xb6", "a b"
        };
        struct fixture *f = *state;
        char name[129];
        DIR *d;
        unsigned n = 0;
        char path[128];

        for (size_t i = 0; i < ARRAY_LEN(label); i++)
                assert_int_equal(keystore_key_put(f->k, label[i], f->key, NULL), 0);
        snprintf(path, sizeof path, "%s/keys", f->dir);
        d = opendir(path);
        for (struct dirent *de; (de = readdir(d));)
                n += strstr(de->d_name, ".key") != NULL;
        closedir(d);
        assert_int_equal(n, ARRAY_LEN(label));
        reopen(f);
        for (size_t i = 0; i < ARRAY_LEN(label); i++) {
                struct keypair *kp = keystore_key_get(f->k, label[i]);

                assert_non_null(kp);
                keypair_put(kp);
        }
        assert_true(keystore_key_name(f->k, ARRAY_LEN(label) - 1, name));
        assert_false(keystore_key_name(f->k, ARRAY_LEN(label), name));
}

static void unusable_labels_are_refused(void **state)
{
        struct fixture *f = *state;
        char longest[131], special[129];
        struct err e = { 0 };

        memset(longest, 'a', sizeof longest);
        longest[129] = 0;
        memset(special, '<', sizeof special);
        special[128] = 0;
        assert_int_equal(keystore_key_put(f->k, "", f->key, &e), -1);
        assert_int_equal(keystore_key_put(f->k, longest, f->key, &e), -1);
        assert_string_equal(e.text, "a name of 129 characters is outside 1-128");
        longest[128] = 0;
        assert_int_equal(keystore_key_put(f->k, longest, f->key, &e), 0);
        assert_int_equal(keystore_key_put(f->k, special, f->key, &e), -1);
        assert_int_equal(e.code, ERR_RANGE);
        assert_null(keystore_key_get(f->k, special));
}

static void names_are_in_order(void **state)
{
        struct fixture *f = *state;
        char name[129];

        keystore_key_put(f->k, "m", f->key, NULL);
        keystore_key_put(f->k, "z", f->key, NULL);
        keystore_key_put(f->k, "a", f->key, NULL);
        keystore_key_put(f->k, "m", f->key, NULL);
        assert_true(keystore_key_name(f->k, 0, name) && !strcmp(name, "a"));
        assert_true(keystore_key_name(f->k, 1, name) && !strcmp(name, "m"));
        assert_true(keystore_key_name(f->k, 2, name) && !strcmp(name, "z"));
        assert_false(keystore_key_name(f->k, 3, name));
}

static void deletion_is_kept_too(void **state)
{
        struct fixture *f = *state;
        struct err e = { 0 };
        struct tp_assets a;

        put_all(f);
        assert_int_equal(keystore_key_del(f->k, "<Default-RSA-Key>", &e), 0);
        assert_int_equal(keystore_tp_del(f->k, "cuma_proxy", &e), 0);
        assert_int_equal(keystore_key_del(f->k, "<Default-RSA-Key>", &e), -1);
        assert_string_equal(e.text, "there is no key pair named <Default-RSA-Key>");
        assert_int_equal(keystore_tp_del(f->k, "cuma_proxy", &e), -1);
        assert_string_equal(e.text, "trustpoint cuma_proxy holds no certificates");
        reopen(f);
        assert_null(keystore_key_get(f->k, "<Default-RSA-Key>"));
        keystore_tp_get(f->k, "cuma_proxy", &a);
        assert_null(a.id);
}

/* A key takes the certificates along that were made for it; what the trustpoint believes in stays. */
static void a_key_takes_its_certificates_along(void **state)
{
        struct fixture *f = *state;
        struct cert *other = pki_cert("self.pem");
        struct tp_assets a;
        struct err e = { 0 };
        char path[256];

        put_all(f);
        assert_int_equal(keystore_tp_put(f->k, "bare", f->server, NULL, 0, &e), 0);
        assert_int_equal(keystore_tp_put(f->k, "stranger", other, NULL, 0, &e), 0);
        assert_int_equal(keystore_tp_put(f->k, "believes", NULL, &f->root, 1, &e), 0);
        assert_int_equal(keystore_key_del(f->k, "<Default-RSA-Key>", &e), 0);
        for (unsigned again = 0; again < 2; again++) {
                keystore_tp_get(f->k, "cuma_proxy", &a);
                assert_true(!a.id && a.nca == 2);
                tp_assets_put(&a);
                keystore_tp_get(f->k, "bare", &a);
                assert_true(!a.id && !a.nca);
                keystore_tp_get(f->k, "stranger", &a);
                assert_true(a.id && cert_same(a.id, other));
                tp_assets_put(&a);
                keystore_tp_get(f->k, "believes", &a);
                assert_true(!a.id && a.nca == 1);
                tp_assets_put(&a);
                reopen(f);
        }
        snprintf(path, sizeof path, "%s/certs/bare.pem", f->dir);
        assert_int_equal(access(path, F_OK), -1);
        assert_int_equal(keystore_tp_del(f->k, "bare", NULL), -1);
        cert_put(other);
}

static void a_key_that_stays_under_another_label_keeps_them(void **state)
{
        struct fixture *f = *state;
        struct err e = { 0 };

        put_all(f);
        assert_int_equal(keystore_key_put(f->k, "twin", f->key, &e), 0);
        assert_int_equal(keystore_key_del(f->k, "<Default-RSA-Key>", &e), 0);
        reopen(f);
        assert_int_equal(keystore_key_put(f->k, "<Default-RSA-Key>", f->key, &e), 0);
        check_all(f);
        assert_int_equal(keystore_key_del(f->k, "twin", &e), 0);
        check_all(f);
}

/* The key's file cannot be removed, or one of the trustpoints' not: nothing is lost. */
static void a_removal_that_fails_changes_nothing(void **state)
{
        struct fixture *f = *state;
        struct err e = { 0 };
        struct tp_assets a;
        char path[256], litter[300];
        uint64_t g;

        put_all(f);
        assert_int_equal(keystore_tp_put(f->k, "bare", f->server, NULL, 0, &e), 0);
        for (unsigned i = 0; i < 2; i++) { /* a directory stands where the file was */
                snprintf(path, sizeof path, "%s/%s", f->dir, i ? "certs/bare.pem" : "keys/%3CDefault-RSA-Key%3E.key");
                snprintf(litter, sizeof litter, "%s/x", path);
                assert_int_equal(unlink(path), 0);
                assert_int_equal(mkdir(path, 0700), 0);
                assert_int_equal(mkdir(litter, 0700), 0);
                g = keystore_generation(f->k);
                assert_int_equal(keystore_key_del(f->k, "<Default-RSA-Key>", &e), -1);
                assert_int_equal(e.code, ERR_IO);
                assert_true(keystore_generation(f->k) == g);
                check_all(f);
                keystore_tp_get(f->k, "bare", &a);
                assert_non_null(a.id);
                tp_assets_put(&a);
                rmdir(litter);
                rmdir(path);
                assert_int_equal(keystore_install(f->k, "<Default-RSA-Key>", f->key, "bare", f->server, NULL, 0, &e),
                                 0);
                reopen(f);
                check_all(f);
        }
}

static void a_removal_without_memory(void **state)
{
        struct fixture *f = *state;
        int ret = -1;

        put_all(f);
        for (uint64_t n = 1; ret < 0; n++) {
                struct err e = { 0 };

                assert_true(n < 50);
                mem_fail_nth(n, false);
                ret = keystore_key_del(f->k, "<Default-RSA-Key>", &e);
                mem_fail_nth(0, false);
                if (ret < 0)
                        check_all(f);
        }
        assert_null(keystore_key_get(f->k, "<Default-RSA-Key>"));
}

static void the_generation_counts_changes(void **state)
{
        struct fixture *f = *state;
        uint64_t g = keystore_generation(f->k);

        put_all(f);
        assert_true(keystore_generation(f->k) > g);
        g = keystore_generation(f->k);
        assert_int_equal(keystore_key_del(f->k, "none", NULL), -1);
        assert_true(keystore_generation(f->k) == g);
        keystore_key_del(f->k, "<Default-RSA-Key>", NULL);
        assert_true(keystore_generation(f->k) > g);
}

static void overwrite(struct fixture *f, const char *rest, const char *text)
{
        char path[256];
        FILE *o;

        snprintf(path, sizeof path, "%s/%s", f->dir, rest);
        o = fopen(path, "w");
        assert_non_null(o);
        fputs(text, o);
        fclose(o);
}

static void damaged_files_are_reported_and_skipped(void **state)
{
        static const struct {
                const char *file, *text, *why;
        } row[] = {
                { "keys/bad.key", "", "the first line is not \"created\"" },
                { "keys/bad.key", "created 1\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                  "the private key cannot be parsed" },
                { "certs/bad.pem", "identity\nnothing", "a certificate is neither" },
                { "certs/bad.pem", "neither\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                  "a certificate is neither" },
                { "certs/bad.pem", "ca\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                  "Failed to parse" },
        };
        struct fixture *f = *state;

        put_all(f);
        for (size_t i = 0; i < ARRAY_LEN(row); i++) {
                char path[256];
                struct err warn = { 0 };

                overwrite(f, row[i].file, row[i].text);
                keystore_close(f->k);
                f->k = keystore_open(f->dir, &f->clk, &rng_system, &warn);
                assert_non_null(f->k);
                assert_non_null(strstr(warn.text, row[i].file));
                if (!strstr(warn.text, row[i].why))
                        fail_msg("row %zu: %s", i, warn.text);
                check_all(f);
                snprintf(path, sizeof path, "%s/%s", f->dir, row[i].file);
                unlink(path);
        }
}

/* A power cut leaves a temporary file with a key in it, and perhaps foreign files lie about. */
static void leftovers_are_removed(void **state)
{
        struct fixture *f = *state;
        char path[256];

        overwrite(f, "keys/x.key.tmpA1b2C3", "secret");
        overwrite(f, "keys/README", "hello");
        reopen(f);
        snprintf(path, sizeof path, "%s/keys/x.key.tmpA1b2C3", f->dir);
        assert_int_equal(access(path, F_OK), -1);
        snprintf(path, sizeof path, "%s/keys/README", f->dir);
        assert_int_equal(access(path, F_OK), 0);
}

/* The key's file cannot be written: the certificates, written before it, are as they were. */
static void an_install_that_fails_changes_nothing(void **state)
{
        struct fixture *f = *state;
        struct cert *other = pki_cert("self.pem");
        struct err e = { 0 };
        struct tp_assets a;
        char path[256];
        uint64_t g;

        put_all(f);
        snprintf(path, sizeof path, "%s/keys/blocked.key", f->dir);
        assert_int_equal(mkdir(path, 0700), 0);
        g = keystore_generation(f->k);
        assert_int_equal(keystore_install(f->k, "blocked", f->key, "cuma_proxy", other, NULL, 0, &e), -1);
        assert_int_equal(e.code, ERR_IO);
        assert_int_equal(keystore_install(f->k, "blocked", f->key, "fresh", other, NULL, 0, &e), -1);
        assert_true(keystore_generation(f->k) == g);
        check_all(f);
        rmdir(path);
        reopen(f);
        check_all(f);
        keystore_tp_get(f->k, "fresh", &a);
        assert_null(a.id);
        cert_put(other);
}

static void too_many_cas_are_refused(void **state)
{
        struct fixture *f = *state;
        struct cert *ca[TRUSTPOINT_CAS_MAX + 1];
        struct err e = { 0 };

        for (size_t i = 0; i < ARRAY_LEN(ca); i++)
                ca[i] = f->root;
        assert_int_equal(keystore_tp_put(f->k, "many", NULL, ca, TRUSTPOINT_CAS_MAX + 1, &e), -1);
        assert_int_equal(e.code, ERR_LIMIT);
        assert_int_equal(keystore_tp_put(f->k, "many", f->server, ca, TRUSTPOINT_CAS_MAX, &e), 0);
        reopen(f);
}

static void a_clone_is_its_own_store(void **state)
{
        struct fixture *f = *state;
        struct keystore *real = f->k, *dry;

        put_all(f);
        dry = keystore_clone_dry(f->k);
        assert_true(keystore_generation(dry) == keystore_generation(real));
        f->k = dry;
        check_all(f);
        assert_int_equal(keystore_key_del(dry, "<Default-RSA-Key>", NULL), 0);
        assert_int_equal(keystore_key_put(dry, "dry", f->key, NULL), 0);
        keystore_close(dry);
        f->k = real;
        check_all(f);
        reopen(f);
        check_all(f);
        assert_null(keystore_key_get(f->k, "dry"));
}

static void an_unusable_directory_is_an_error(void **state)
{
        struct fixture *f = *state;
        struct err e = { 0 };

        assert_null(keystore_open("/dev/null/x", &f->clk, &rng_system, &e));
        assert_int_equal(e.code, ERR_IO);
}

static void *churn(void *arg)
{
        struct fixture *f = arg;

        for (int i = 0; i < 200; i++) {
                struct tp_assets a;
                struct keypair *kp = keystore_key_get(f->k, "k");

                keypair_put(kp);
                keystore_tp_get(f->k, "t", &a);
                tp_assets_put(&a);
                keystore_tp_put(f->k, "t", f->server, &f->root, (unsigned)i % 2, NULL);
                keystore_key_put(f->k, "k", f->key, NULL);
                keystore_key_del(f->k, "k", NULL);
        }
        return NULL;
}

static void threads_share_a_store(void **state)
{
        struct fixture *f = *state;
        pthread_t t[2];

        keystore_close(f->k);
        f->k = keystore_open(NULL, &f->clk, &rng_system, NULL);
        for (int i = 0; i < 2; i++)
                assert_int_equal(pthread_create(&t[i], NULL, churn, f), 0);
        for (int i = 0; i < 2; i++)
                pthread_join(t[i], NULL);
}

#define T(x) cmocka_unit_test_setup_teardown(x, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(what_is_put_survives_a_restart),
                T(files_are_private),
                T(labels_stay_in_their_directory),
                T(unusable_labels_are_refused),
                T(names_are_in_order),
                T(deletion_is_kept_too),
                T(a_key_takes_its_certificates_along),
                T(a_key_that_stays_under_another_label_keeps_them),
                T(a_removal_that_fails_changes_nothing),
                T(a_removal_without_memory),
                T(the_generation_counts_changes),
                T(damaged_files_are_reported_and_skipped),
                T(leftovers_are_removed),
                T(an_install_that_fails_changes_nothing),
                T(too_many_cas_are_refused),
                T(a_clone_is_its_own_store),
                T(an_unusable_directory_is_an_error),
                T(threads_share_a_store),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
