/* `voxgate check` tells what a configuration would do and does nothing. */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/lang/text.h"
#include "pki/keystore.h"
#include "platform/boot/check.h"
#include "tests/support/pki.h"

struct fix {
        char dir[64], flash[96], conf[96];
        char *said; /* by the last check */
};

static int setup(void **state)
{
        struct fix *f = calloc(1, sizeof *f);

        strcpy(f->dir, "/tmp/vg-check-XXXXXX");
        assert_non_null(mkdtemp(f->dir));
        snprintf(f->flash, sizeof f->flash, "%s/flash", f->dir);
        snprintf(f->conf, sizeof f->conf, "%s/conf", f->dir);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        struct fix *f = *state;
        char cmd[96];

        snprintf(cmd, sizeof cmd, "rm -rf %s", f->dir);
        assert_int_equal(system(cmd), 0);
        free(f->said);
        free(f);
        return 0;
}

static int check(struct fix *f, const char *text)
{
        struct options o = { .cmd = CMD_CHECK, .file = f->conf, .flash = f->flash };
        size_t n;
        FILE *out;
        int rc;

        assert_int_equal(file_write_atomic(f->conf, text, strlen(text), 0600, false, NULL), 0);
        free(f->said);
        out = open_memstream(&f->said, &n);
        rc = check_main(&o, out);
        fclose(out);
        return rc;
}

/* Names, sizes, times and contents of everything below a directory. */
static char *picture(const char *dir)
{
        char cmd[256], *text = calloc(1, 65536);
        FILE *p;

        snprintf(cmd, sizeof cmd,
                 "cd %s && find . -printf '%%p %%s %%T@ %%m\\n' | sort; find . -type f | sort | xargs cat", dir);
        p = popen(cmd, "r");
        assert_true(fread(text, 1, 65535, p) > 0);
        pclose(p);
        return text;
}

static void put_assets(struct fix *f)
{
        struct keypair *kp = pki_key("server.key");
        struct cert *id = pki_cert("server.pem"), *ca = pki_cert("root.pem");
        char pki[128];
        struct keystore *k;

        snprintf(pki, sizeof pki, "%s/pki", f->flash);
        k = keystore_open(pki, &clock_system, &rng_system, NULL);
        assert_non_null(k);
        assert_int_equal(keystore_install(k, "cuma_proxy", kp, "cuma_proxy", id, NULL, 0, NULL), 0);
        assert_int_equal(keystore_tp_put(k, "cuma_server", NULL, &ca, 1, NULL), 0);
        keystore_close(k);
        keypair_put(kp);
        cert_put(id);
        cert_put(ca);
}

static void add_file(struct text *t, const char *name, bool base64)
{
        char cmd[600], buf[8192];
        size_t n;
        FILE *p;

        snprintf(cmd, sizeof cmd, "%s " TEST_DATA "/pki/%s", base64 ? "base64" : "cat", name);
        p = popen(cmd, "r");
        n = fread(buf, 1, sizeof buf, p);
        pclose(p);
        assert_true(n > 100);
        text_addn(t, buf, n);
        text_add(t, "quit\n");
}

static void flash_is_as_before(void **state)
{
        struct fix *f = *state;
        struct text t = { 0 };
        char *before, *after;

        put_assets(f);
        text_add(&t, "crypto key generate rsa label fresh modulus 1024\n"
                     "crypto ca trustpoint cuma_proxy\n"
                     "crypto ca import cuma_proxy pkcs12 " PKI_PASS "\n");
        add_file(&t, "self.p12", true);
        text_add(&t, "crypto ca trustpoint cuma_server\n enrollment terminal\ncrypto ca authenticate cuma_server\n");
        add_file(&t, "selfca.pem", false);
        before = picture(f->flash);
        if (check(f, text_str(&t)) != 0)
                fail_msg("%s", f->said);
        after = picture(f->flash);
        assert_string_equal(before, after);
        free(before);
        free(after);
        text_fini(&t);
}

/* Keys on flash count: a line that needs one is accepted. */
static void flash_is_read(void **state)
{
        struct fix *f = *state;

        put_assets(f);
        assert_int_equal(check(f, "crypto ca trustpoint cuma_proxy\n keypair cuma_proxy\n"), 0);
        assert_null(strstr(f->said, "nokey"));
}

static void a_leftover_of_somebody_who_writes_stays(void **state)
{
        struct fix *f = *state;
        char tmp[160];

        put_assets(f);
        snprintf(tmp, sizeof tmp, "%s/pki/keys/x.key.tmp1", f->flash);
        assert_int_equal(file_write_atomic(tmp, "x", 1, 0600, false, NULL), 0);
        assert_int_equal(check(f, "hostname fw\n"), 0);
        assert_int_equal(access(tmp, F_OK), 0);
}

static void no_directory_is_made(void **state)
{
        struct fix *f = *state;
        char pki[128];

        assert_int_equal(check(f, "hostname fw\n"), 1);
        assert_non_null(strstr(f->said, "No such file or directory"));
        assert_int_equal(access(f->flash, F_OK), -1);
        assert_int_equal(mkdir(f->flash, 0700), 0);
        assert_int_equal(check(f, "crypto key generate rsa modulus 1024\n"), 0);
        snprintf(pki, sizeof pki, "%s/pki", f->flash);
        assert_int_equal(access(pki, F_OK), -1);
}

/* The counts are those of the lists above them; a line that is not understood is told whole. */
static void the_summary_adds_up(void **state)
{
        struct fix *f = *state;
        unsigned lines, accepted, errors, warnings, inert, listed = 0;
        const char *sum;

        assert_int_equal(mkdir(f->flash, 0700), 0);
        assert_int_equal(check(f, "! a comment\n\nhostname fw\nmedia-termination-x uc y\nssh timeout 30\n"), 1);
        sum = strstr(f->said, " lines, ");
        while (sum > f->said && sum[-1] != '\n')
                sum--;
        assert_int_equal(sscanf(sum, "%u lines, %u accepted, %u errors, %u warnings, %u not in force", &lines,
                                &accepted, &errors, &warnings, &inert),
                         5);
        for (const char *p = f->said; (p = strstr(p, "not in force: ")); p++)
                listed += p == f->said || p[-1] == '\n';
        assert_int_equal(lines, 3);
        assert_int_equal(accepted, 2);
        assert_int_equal(errors, 1);
        assert_int_equal(inert, listed);
        assert_non_null(strstr(f->said, "line 4: ERROR: % Invalid input detected at \"media-termination-x\": "
                                        "media-termination-x uc y\n"));
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(flash_is_as_before),   T(flash_is_read),       T(a_leftover_of_somebody_who_writes_stays),
                T(no_directory_is_made), T(the_summary_adds_up),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
