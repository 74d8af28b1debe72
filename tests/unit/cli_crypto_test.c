/* The PKI dialogs with real files: pasted, answered, aborted; and what a load does with them. */
#include <stdlib.h>

#include "pki/enroll.h"
#include "pki/keystore.h"
#include "platform/base/file.h"
#include "tests/support/conf_fixture.h"
#include "tests/support/test.h"

struct fix {
        struct conf_fixture f;
        struct keystore *k;
        struct clock_virtual v;
        struct clock clk;
        struct dialog *d;
        struct text seen; /* everything the dialog said */
};

static int setup(void **state)
{
        struct fix *x = calloc(1, sizeof *x);

        conf_fixture_init(&x->f);
        x->v.wall = 1735689600ll * 1000000000; /* 2025-01-01 */
        x->clk = clock_of_virtual(&x->v);
        x->k = keystore_open(NULL, &x->clk, &rng_system, NULL);
        assert_non_null(x->k);
        x->f.c.keys = x->k;
        *state = x;
        return 0;
}

static int teardown(void **state)
{
        struct fix *x = *state;

        dialog_free(x->d);
        text_fini(&x->seen);
        conf_fixture_fini(&x->f);
        keystore_close(x->k);
        free(x);
        return 0;
}

static char *file_text(const char *name, bool base64)
{
        char path[512], cmd[600];
        uint8_t *p;
        size_t n;
        struct err e;

        snprintf(path, sizeof path, TEST_DATA "/pki/%s", name);
        if (!base64) {
                assert_int_equal(file_read(path, 1 << 20, &p, &n, &e), 0);
                return (char *)p;
        }
        snprintf(cmd, sizeof cmd, "base64 %s", path);
        FILE *f = popen(cmd, "r");
        assert_non_null(f);
        p = mem_alloc(MEM_MISC, 1 << 16);
        n = fread(p, 1, (1 << 16) - 1, f);
        pclose(f);
        assert_true(n > 100);
        return (char *)p;
}

static void hear(struct fix *x)
{
        text_add(&x->seen, text_str(&x->d->out));
        text_cut(&x->d->out, 0);
}

static enum dialog_next begin(struct fix *x, const char *line)
{
        struct cli_result r;
        enum dialog_next n;

        dialog_free(x->d);
        text_cut(&x->seen, 0);
        cli_result_init(&r);
        assert_int_equal(conf_line(&x->f.c, line, &r), 0);
        assert_int_equal(r.code, CLI_DIALOG);
        x->d = r.dialog;
        r.dialog = NULL;
        cli_result_fini(&r);
        n = dialog_start(x->d);
        hear(x);
        return n;
}

static enum dialog_next say(struct fix *x, const char *line)
{
        enum dialog_next n = dialog_line(x->d, line);

        hear(x);
        return n;
}

static enum dialog_next paste(struct fix *x, char *text)
{
        char *save = NULL;
        enum dialog_next n;

        for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
                assert_string_equal(x->d->prompt, "");
                assert_int_equal(say(x, l), DIALOG_ASK);
        }
        n = say(x, "quit");
        mem_free(text);
        return n;
}

static void heard(struct fix *x, const char *words)
{
        if (!strstr(text_str(&x->seen), words))
                fail_msg("\"%s\" not in: %s", words, text_str(&x->seen));
}

static void import_pkcs12(struct fix *x)
{
        assert_int_equal(begin(x, "crypto ca import cuma_proxy pkcs12 sample_passphrase"), DIALOG_ASK);
        heard(x, "Enter the base 64 encoded pkcs12.");
        assert_int_equal(x->d->read, DIALOG_PASTE);
        assert_int_equal(paste(x, file_text("new.p12", true)), DIALOG_DONE);
}

static void pkcs12_makes_a_trustpoint(void **state)
{
        struct fix *x = *state;
        struct trustpoint_conf *tp;

        import_pkcs12(x);
        heard(x, "INFO: Import PKCS12 operation completed successfully");
        assert_true(x->d->changed);
        tp = conf_list_find(&x->f.s->pki.trustpoints, "cuma_proxy");
        assert_non_null(tp);
        assert_string_equal(tp->keypair, "cuma_proxy");
        assert_non_null(
                strstr(conf_running(&x->f, "crypto", true), "crypto ca certificate chain cuma_proxy\n certificate "));
        conf_accept(&x->f, "tls-proxy p\n server trust-point cuma_proxy\n");
}

static void pkcs12_failures_change_nothing(void **state)
{
        struct fix *x = *state;
        char *before = strdup(conf_running(&x->f, NULL, true));

        begin(x, "crypto ca import t pkcs12 wrong");
        assert_int_equal(paste(x, file_text("new.p12", true)), DIALOG_DONE);
        assert_true(x->d->failed);
        heard(x, "ERROR: Import PKCS12 operation failed");
        begin(x, "crypto ca import t pkcs12 sample_passphrase");
        assert_int_equal(paste(x, mem_strdup(MEM_MISC, "no base64 at all!")), DIALOG_DONE);
        assert_true(x->d->failed && !x->d->changed);
        assert_string_equal(conf_running(&x->f, NULL, true), before);
        free(before);
}

static void authenticate_asks(void **state)
{
        struct fix *x = *state;

        assert_int_equal(begin(x, "crypto ca authenticate nobody"), DIALOG_DONE);
        heard(x, "ERROR: Trustpoint nobody not found");
        conf_accept(&x->f, "crypto ca trustpoint ca\nexit\n");
        assert_int_equal(begin(x, "crypto ca authenticate ca"), DIALOG_DONE);
        assert_true(x->d->failed);
        conf_accept(&x->f, "crypto ca trustpoint ca\n enrollment terminal\nexit\n");
        assert_int_equal(begin(x, "crypto ca authenticate ca"), DIALOG_ASK);
        heard(x, "Enter the base 64 encoded CA certificate.\nEnd with the word \"quit\" on a line by itself\n");
        assert_int_equal(paste(x, file_text("root.pem", false)), DIALOG_ASK);
        heard(x, "INFO: Certificate has the following attributes:\nFingerprint:     ");
        assert_string_equal(x->d->prompt, "Do you accept this certificate? [yes/no]: ");
        assert_int_equal(say(x, "maybe"), DIALOG_ASK);
        heard(x, "% Please answer 'yes' or 'no'.");
        assert_int_equal(say(x, "no"), DIALOG_DONE);
        assert_false(x->d->changed);
        assert_null(strstr(conf_running(&x->f, "crypto", true), "certificate ca"));
        begin(x, "crypto ca authenticate ca");
        paste(x, file_text("root.pem", false));
        assert_int_equal(say(x, "yes"), DIALOG_DONE);
        heard(x, "Trustpoint CA certificate accepted.");
        heard(x, "% Certificate successfully imported");
        assert_non_null(strstr(conf_running(&x->f, "crypto", true), " certificate ca "));
        begin(x, "crypto ca authenticate ca"); /* the same again replaces nothing */
        paste(x, file_text("root.pem", false));
        assert_null(strstr(text_str(&x->seen), "already authenticated"));
        say(x, "no");
        begin(x, "crypto ca authenticate ca");
        paste(x, file_text("selfca.pem", false));
        heard(x, "WARNING: Trustpoint ca is already authenticated.\n"
                 "The certificate above replaces the CA certificate it has.\n");
        say(x, "no");
}

static void abort_changes_nothing(void **state)
{
        struct fix *x = *state;
        char *before;

        conf_accept(&x->f, "crypto ca trustpoint ca\n enrollment terminal\nexit\n");
        before = strdup(conf_running(&x->f, NULL, true));
        begin(x, "crypto ca authenticate ca");
        paste(x, file_text("root.pem", false));
        dialog_free(x->d);
        x->d = NULL;
        assert_string_equal(conf_running(&x->f, NULL, true), before);
        free(before);
}

static void enroll_self(void **state)
{
        struct fix *x = *state;

        conf_accept(&x->f, "domain-name example.com\ncrypto ca trustpoint me\n enrollment self\n subject-name cn=me\n"
                           " keypair k1\nexit\n");
        assert_int_equal(begin(x, "crypto key generate rsa label k1 modulus 1024"), DIALOG_DONE);
        heard(x, "INFO: The name for the keys will be: k1\nKeypair generation process begin. Please wait...\n");
        assert_int_equal(begin(x, "crypto key generate rsa label k1 modulus 1024"), DIALOG_ASK);
        heard(x, "WARNING: You have a RSA keypair already defined named k1.");
        assert_int_equal(say(x, "no"), DIALOG_DONE);
        assert_int_equal(begin(x, "crypto ca enroll me"), DIALOG_ASK);
        heard(x, "% The fully-qualified domain name in the certificate will be: ciscoasa.example.com");
        assert_string_equal(x->d->prompt, "% Include the device serial number in the subject name? [yes/no]: ");
        assert_int_equal(say(x, "no"), DIALOG_ASK);
        assert_int_equal(say(x, "yes"), DIALOG_DONE);
        assert_false(x->d->failed);
        assert_int_equal(begin(x, "crypto ca enroll me"), DIALOG_ASK);
        heard(x, "WARNING: Trustpoint me has already enrolled");
        assert_int_equal(begin(x, "crypto ca export me identity-certificate"), DIALOG_DONE);
        heard(x, "The PEM encoded identity certificate follows:\n-----BEGIN CERTIFICATE-----");
        assert_int_equal(begin(x, "crypto ca export me pkcs12 topsecret"), DIALOG_DONE);
        heard(x, "-----BEGIN PKCS12-----");
        assert_non_null(strstr(conf_running(&x->f, "crypto", true), "crypto ca certificate chain me\n certificate "));
        assert_int_equal(begin(x, "crypto key zeroize rsa label k1"), DIALOG_ASK);
        heard(x, "WARNING: All device digital certificates issued using these keys will also be removed.");
        assert_int_equal(say(x, "yes"), DIALOG_DONE);
        /* as it says: the certificate is neither in the text nor in the store */
        assert_null(strstr(conf_running(&x->f, "crypto", true), "\n certificate "));
        assert_int_equal(begin(x, "crypto ca export me identity-certificate"), DIALOG_DONE);
        assert_true(x->d->failed);
}

/* What the trustpoints believe in has nothing to do with the keys. */
static void zeroize_leaves_ca_certificates(void **state)
{
        struct fix *x = *state;
        char *ca = file_text("root.pem", false);

        import_pkcs12(x);
        conf_accept(&x->f, "crypto ca trustpoint ca\n enrollment terminal\nexit\n");
        assert_int_equal(begin(x, "crypto ca authenticate ca nointeractive"), DIALOG_ASK);
        paste(x, ca);
        assert_int_equal(begin(x, "crypto key zeroize rsa noconfirm"), DIALOG_DONE);
        assert_non_null(
                strstr(conf_running(&x->f, "crypto", true), "crypto ca certificate chain ca\n certificate ca "));
        for (const char *at = conf_running(&x->f, "crypto", true); (at = strstr(at, "\n certificate ")); at += 14)
                assert_memory_equal(at + 14, "ca ", 3);
        assert_false(keystore_key_name(x->k, 0, (char[129]){ 0 }));
}

static void the_option_for_expired_phones_is_printed(void **state)
{
        struct fix *x = *state;
        const struct trustpoint_conf *tp;

        conf_accept(&x->f,
                    "crypto ca trustpoint mic\n enrollment terminal\n accept-expired-phone-certificate\nexit\n");
        tp = conf_list_find(&x->f.s->pki.trustpoints, "mic");
        assert_true(tp->accept_expired_phone);
        assert_non_null(strstr(conf_running(&x->f, "crypto", true), "\n accept-expired-phone-certificate\n"));
        conf_accept(&x->f, "crypto ca trustpoint mic\n no accept-expired-phone-certificate\nexit\n");
        assert_false(tp->accept_expired_phone);
        assert_null(strstr(conf_running(&x->f, "crypto", true), "accept-expired"));
}

static void nothing_is_asked_about_what_is_not_there(void **state)
{
        struct fix *x = *state;
        struct cli_result r;

        assert_int_equal(begin(x, "crypto key zeroize rsa label nokey"), DIALOG_DONE);
        heard(x, "ERROR: there is no key pair named nokey\n");
        cli_result_init(&r);
        assert_int_equal(conf_line(&x->f.c, "no crypto ca trustpoint nope", &r), -1);
        assert_int_equal(r.code, CLI_ERROR);
        cli_result_fini(&r);
}

static void a_key_that_is_not_there_is_told(void **state)
{
        struct fix *x = *state;

        conf_accept(&x->f, "crypto ca trustpoint t\n enrollment terminal\n keypair nokey\n");
        assert_int_equal(begin(x, "crypto ca enroll t"), DIALOG_ASK);
        heard(x, "WARNING: There is no key pair named nokey: it will be generated\n");
        assert_int_equal(begin(x, "crypto key generate rsa label nokey modulus 1024"), DIALOG_DONE);
        assert_int_equal(begin(x, "crypto ca enroll t"), DIALOG_ASK);
        assert_null(strstr(text_str(&x->seen), "WARNING"));
}

static void enroll_terminal(void **state)
{
        struct fix *x = *state;

        conf_accept(&x->f, "crypto ca trustpoint t\n enrollment terminal\n subject-name cn=t\n fqdn none\nexit\n");
        assert_int_equal(begin(x, "crypto ca enroll t"), DIALOG_ASK);
        say(x, "no");
        assert_int_equal(say(x, "yes"), DIALOG_DONE);
        heard(x, "Certificate Request follows:\n-----BEGIN CERTIFICATE REQUEST-----");
        assert_int_equal(begin(x, "crypto ca import t certificate"), DIALOG_ASK);
        assert_int_equal(paste(x, file_text("server.pem", false)), DIALOG_DONE);
        assert_true(x->d->failed); /* not our key */
}

static void trustpoint_removal_asks(void **state)
{
        struct fix *x = *state;

        import_pkcs12(x);
        conf_accept(&x->f, "tls-proxy p\n server trust-point cuma_proxy\nexit\n");
        assert_int_equal(begin(x, "no crypto ca trustpoint cuma_proxy"), DIALOG_ASK);
        assert_string_equal(x->d->prompt, "Are you sure you want to do this? [yes/no]: ");
        assert_int_equal(say(x, "yes"), DIALOG_DONE);
        heard(x, "ERROR: Trustpoint cuma_proxy is being used: server trust-point cuma_proxy");
        conf_accept(&x->f, "no tls-proxy p\n");
        begin(x, "no crypto ca trustpoint cuma_proxy");
        assert_int_equal(say(x, "yes"), DIALOG_DONE);
        heard(x, "INFO: Be sure to ask the CA administrator to revoke your certificates.");
        assert_null(strstr(conf_running(&x->f, NULL, true), "cuma_proxy"));
}

/* A paste is not eaten by a question about nothing. */
static void removing_what_was_never_enrolled_asks_nothing(void **state)
{
        struct fix *x = *state;

        conf_accept(&x->f, "crypto ca trustpoint empty\n enrollment terminal\nexit\n");
        assert_int_equal(begin(x, "no crypto ca trustpoint empty"), DIALOG_DONE);
        assert_false(x->d->failed);
        assert_null(strstr(text_str(&x->seen), "revoke your certificates"));
        assert_null(strstr(conf_running(&x->f, NULL, true), "trustpoint empty"));
}

static void tls_proxy_needs_an_identity(void **state)
{
        struct fix *x = *state;

        conf_accept(&x->f, "crypto ca trustpoint t\n enrollment terminal\nexit\ntls-proxy p\n");
        assert_int_equal(conf_type(&x->f, " server trust-point t"), CLI_ERROR);
        assert_string_equal(text_str(&x->f.shown), "ERROR: Trustpoint t has not been enrolled\n");
}

/* It may be enrolled later, so the line stays. */
static void ssl_tells_of_a_trustpoint_without_identity(void **state)
{
        struct fix *x = *state;

        conf_accept(&x->f, "crypto ca trustpoint t\n enrollment terminal\nexit\n");
        assert_int_equal(conf_type(&x->f, "ssl trust-point t"), CLI_OK);
        assert_string_equal(text_str(&x->f.shown),
                            "WARNING: Trustpoint t has not been enrolled: sessions that need its "
                            "certificate are refused\n");
        assert_int_equal(conf_type(&x->f, "no ssl trust-point t"), CLI_OK);
        assert_string_equal(text_str(&x->f.shown), "");
        import_pkcs12(x);
        assert_int_equal(conf_type(&x->f, "ssl trust-point cuma_proxy"), CLI_OK);
        assert_string_equal(text_str(&x->f.shown), "");
}

/* ---- a whole file ---- */
static void on_word(void *ctx, unsigned line_no, const char *words)
{
        text_printf(ctx, "%u: %s\n", line_no, words);
}

static void load(struct fix *x, const char *text, struct load_report *rep, struct text *words)
{
        *rep = (struct load_report){ .fn = on_word, .ctx = words };
        conf_load(&x->f.c, text, strlen(text), rep);
}

/* Scenario 1 of the sample configurations as a file, pastes and answers included. */
static void scenario_loads(void **state)
{
        struct fix *x = *state;
        char *p12 = file_text("new.p12", true), *pem = file_text("self.pem", false);
        struct text t = { 0 }, words = { 0 };
        struct load_report rep;
        char *first;
        struct store *copy;
        struct err e = { 0 };

        text_printf(&t,
                    "interface g0/0\n nameif outside\n ip address 192.0.2.1 255.255.255.0\n no shutdown\n"
                    "interface g0/1\n nameif inside\n ip address 10.0.0.1 255.255.255.0\n"
                    "object network obj-10.1.1.2-01\n host 10.1.1.2\n nat (inside,outside) static 192.0.2.140\n"
                    "access-list outside_in extended permit tcp any host 10.1.1.2 eq 5443\n"
                    "access-group outside_in in interface outside\n"
                    "crypto ca import cuma_proxy pkcs12 sample_passphrase\n%squit\n! the server\n"
                    "crypto ca trustpoint cuma_server\n enrollment terminal\ncrypto ca authenticate cuma_server\n%s"
                    "quit\nyes\n"
                    "tls-proxy cuma_proxy\n server trust-point cuma_proxy\n no server authenticate-client\n"
                    " client cipher-suite aes128-sha1 aes256-sha1\nclass-map cuma_proxy\n match port tcp eq 5443\n"
                    "policy-map global_policy\n class cuma_proxy\n  inspect mmp tls-proxy cuma_proxy\n"
                    "service-policy global_policy global\n",
                    p12, pem);
        load(x, text_str(&t), &rep, &words);
        if (rep.errors)
                fail_msg("%s", text_str(&words));
        first = strdup(conf_running(&x->f, NULL, true));
        copy = store_copy(x->f.s, &e);
        if (!copy)
                fail_msg("%s", e.text);
        store_free(x->f.s);
        x->f.s = x->f.c.store = copy;
        assert_string_equal(conf_running(&x->f, NULL, true), first);
        free(first);
        text_fini(&t);
        text_fini(&words);
        mem_free(p12);
        mem_free(pem);
}

static bool is_curve(struct fix *x, const char *label, unsigned bits)
{
        struct keypair *k = keystore_key_get(x->k, label);
        bool ok = k && !keypair_is_rsa(k) && keypair_bits(k) == bits;

        keypair_put(k);
        return ok;
}

static bool is_key(struct fix *x, const char *label)
{
        struct keypair *k = keystore_key_get(x->k, label);

        keypair_put(k);
        return k != NULL;
}

static void curves_are_generated_and_asked_about(void **state)
{
        struct fix *x = *state;

        assert_int_equal(begin(x, "crypto key generate ecdsa"), DIALOG_DONE);
        heard(x, "INFO: The name for the keys will be: <Default-ECDSA-Key>\n"
                 "Keypair generation process begin. Please wait...\n");
        assert_true(is_curve(x, DEFAULT_ECDSA_KEY, 384));
        assert_int_equal(begin(x, "crypto key generate ecdsa elliptic-curve 256"), DIALOG_ASK);
        heard(x, "WARNING: You have an ECDSA keypair already defined named <Default-ECDSA-Key>.");
        assert_int_equal(say(x, "no"), DIALOG_DONE);
        assert_true(is_curve(x, DEFAULT_ECDSA_KEY, 384));
        assert_int_equal(begin(x, "crypto key generate ecdsa elliptic-curve 256 noconfirm"), DIALOG_DONE);
        assert_true(is_curve(x, DEFAULT_ECDSA_KEY, 256));
        assert_int_equal(begin(x, "crypto key generate ecdsa label k elliptic-curve 521"), DIALOG_DONE);
        assert_true(is_curve(x, "k", 521));
        assert_int_equal(begin(x, "crypto key generate rsa label k modulus 1024"), DIALOG_ASK);
        heard(x, "WARNING: You have an ECDSA keypair already defined named k.");
        assert_int_equal(say(x, "yes"), DIALOG_DONE);
        assert_true(is_key(x, "k") && !is_curve(x, "k", 521));
        assert_null(strstr(conf_running(&x->f, NULL, true), "crypto key"));
}

static bool is_eddsa(struct fix *x, const char *label)
{
        struct keypair *k = keystore_key_get(x->k, label);
        bool ok = k && keypair_kind(k) == KEYPAIR_ED25519;

        keypair_put(k);
        return ok;
}

/* For SSH: it can be made, replaced and removed as the others; no trustpoint takes it. */
static void eddsa_pairs(void **state)
{
        struct fix *x = *state;

        assert_int_equal(begin(x, "crypto key generate eddsa edwards-curve ed25519"), DIALOG_DONE);
        heard(x, "INFO: The name for the keys will be: <Default-EdDSA-Key>\n"
                 "Keypair generation process begin. Please wait...\n");
        assert_true(is_eddsa(x, DEFAULT_EDDSA_KEY));
        assert_int_equal(begin(x, "crypto key generate eddsa"), DIALOG_ASK);
        heard(x, "WARNING: You have an EdDSA keypair already defined named <Default-EdDSA-Key>.");
        assert_int_equal(say(x, "no"), DIALOG_DONE);
        assert_int_equal(begin(x, "crypto key generate eddsa label k noconfirm"), DIALOG_DONE);
        assert_null(strstr(conf_running(&x->f, NULL, true), "crypto key"));
        conf_accept(&x->f, "crypto ca trustpoint me\n enrollment self\n subject-name cn=me\n fqdn none\n keypair k\n"
                           "exit\ncrypto ca trustpoint t\n enrollment terminal\n subject-name cn=t\n fqdn none\n"
                           " keypair k\nexit\n");
        begin(x, "crypto ca enroll me noconfirm");
        heard(x, "ERROR: the key pair k is Ed25519, which is for SSH only: choose one of RSA or ECDSA");
        begin(x, "crypto ca enroll t noconfirm");
        heard(x, "ERROR: the key pair k is Ed25519, which is for SSH only: choose one of RSA or ECDSA");
        assert_int_equal(begin(x, "crypto key zeroize ecdsa label k"), DIALOG_DONE);
        heard(x, "ERROR: the key pair named k is EdDSA: use \"crypto key zeroize eddsa\"\n");
        assert_int_equal(begin(x, "crypto key zeroize eddsa default"), DIALOG_ASK);
        heard(x, "WARNING: Keys to be removed are named <Default-EdDSA-Key>.\n");
        assert_int_equal(say(x, "yes"), DIALOG_DONE);
        assert_true(is_eddsa(x, "k") && !is_key(x, DEFAULT_EDDSA_KEY));
        begin(x, "crypto key generate ecdsa label e");
        assert_int_equal(begin(x, "crypto key zeroize eddsa noconfirm"), DIALOG_DONE);
        assert_true(is_key(x, "e") && !is_key(x, "k"));
}

/* A trustpoint enrolls with a pair on a curve as with RSA. */
static void curves_enroll(void **state)
{
        struct fix *x = *state;

        conf_accept(&x->f, "crypto ca trustpoint me\n enrollment self\n subject-name cn=me\n fqdn none\n keypair k\n"
                           "exit\ncrypto ca trustpoint t\n enrollment terminal\n subject-name cn=t\n fqdn none\n"
                           " keypair k\nexit\n");
        begin(x, "crypto key generate ecdsa label k");
        assert_int_equal(begin(x, "crypto ca enroll me noconfirm"), DIALOG_DONE);
        assert_false(x->d->failed);
        assert_int_equal(begin(x, "crypto ca enroll t noconfirm"), DIALOG_DONE);
        heard(x, "-----BEGIN CERTIFICATE REQUEST-----");
}

/* Each command removes its own kind. */
static void each_kind_is_removed_by_itself(void **state)
{
        struct fix *x = *state;

        begin(x, "crypto key generate ecdsa");
        begin(x, "crypto key generate ecdsa label e");
        begin(x, "crypto key generate rsa label r modulus 1024");
        assert_int_equal(begin(x, "crypto key zeroize rsa label e"), DIALOG_DONE);
        heard(x, "ERROR: the key pair named e is ECDSA: use \"crypto key zeroize ecdsa\"\n");
        assert_int_equal(begin(x, "crypto key zeroize ecdsa label r"), DIALOG_DONE);
        heard(x, "ERROR: the key pair named r is RSA: use \"crypto key zeroize rsa\"\n");
        assert_int_equal(begin(x, "crypto key zeroize ecdsa default"), DIALOG_ASK);
        heard(x, "WARNING: Keys to be removed are named <Default-ECDSA-Key>.\n");
        assert_int_equal(say(x, "yes"), DIALOG_DONE);
        assert_false(is_key(x, DEFAULT_ECDSA_KEY));
        assert_true(is_key(x, "e"));
        assert_int_equal(begin(x, "crypto key zeroize rsa noconfirm"), DIALOG_DONE);
        assert_true(is_key(x, "e") && !is_key(x, "r"));
        begin(x, "crypto key generate rsa label r modulus 1024");
        assert_int_equal(begin(x, "crypto key zeroize ecdsa"), DIALOG_ASK);
        heard(x, "WARNING: All ECDSA keys will be removed.\n");
        assert_int_equal(say(x, "yes"), DIALOG_DONE);
        assert_true(is_key(x, "r") && !is_key(x, "e"));
}

static void load_keeps_existing_keys(void **state)
{
        struct fix *x = *state;
        struct text words = { 0 };
        struct load_report rep;
        struct keypair *first, *second;

        load(x, "crypto key generate rsa label k modulus 1024\n", &rep, &words);
        first = keystore_key_get(x->k, "k");
        assert_non_null(first);
        load(x, "crypto key generate rsa label k modulus 1024\n", &rep, &words);
        second = keystore_key_get(x->k, "k");
        assert_ptr_equal(first, second);
        keypair_put(first);
        keypair_put(second);
        text_fini(&words);
}

static void references_may_come_late(void **state)
{
        struct fix *x = *state;
        struct text words = { 0 };
        struct load_report rep;

        load(x,
             "tls-proxy p\n server trust-point later\n client trust-point never\n"
             "policy-map m\n class there\n  inspect mmp tls-proxy p\n class nowhere\n"
             "crypto ca trustpoint later\nclass-map there\n match any\n",
             &rep, &words);
        assert_string_equal(text_str(&words),
                            "2: WARNING: Trustpoint later has not been enrolled: sessions will be refused\n"
                            "3: WARNING: Trustpoint never has not been enrolled: sessions will be refused\n"
                            "3: ERROR: trustpoint never does not exist\n"
                            "7: ERROR: % class-map nowhere not configured\n");
        assert_int_equal(rep.errors, 2);
        assert_string_equal(conf_running(&x->f, "tls-proxy", true), "tls-proxy p\n server trust-point later\n");
        assert_string_equal(conf_running(&x->f, "policy-map m", true),
                            "policy-map m\n class there\n  inspect mmp tls-proxy p\n");
        text_fini(&words);
}

static void torn_file_is_told_by_line(void **state)
{
        struct fix *x = *state;
        struct text words = { 0 };
        struct load_report rep;

        load(x, "hostname fw\ncrypto ca trustpoint t\n enrollment terminal\ncrypto ca authenticate t\nMIIB\n", &rep,
             &words);
        assert_int_equal(rep.errors, 1);
        assert_non_null(strstr(text_str(&words), "4: ERROR: the input ended inside a paste"));
        text_cut(&words, 0);
        load(x, "hostname fw2\naccess-list a extended permit tcp any ho\nshow version\n", &rep, &words);
        assert_int_equal(rep.errors, 2);
        assert_non_null(strstr(text_str(&words), "2: ERROR: "));
        text_fini(&words);
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(pkcs12_makes_a_trustpoint),
                T(pkcs12_failures_change_nothing),
                T(authenticate_asks),
                T(abort_changes_nothing),
                T(enroll_self),
                T(zeroize_leaves_ca_certificates),
                T(the_option_for_expired_phones_is_printed),
                T(enroll_terminal),
                T(nothing_is_asked_about_what_is_not_there),
                T(a_key_that_is_not_there_is_told),
                T(trustpoint_removal_asks),
                T(removing_what_was_never_enrolled_asks_nothing),
                T(tls_proxy_needs_an_identity),
                T(ssl_tells_of_a_trustpoint_without_identity),
                T(scenario_loads),
                T(curves_are_generated_and_asked_about),
                T(eddsa_pairs),
                T(curves_enroll),
                T(each_kind_is_removed_by_itself),
                T(load_keeps_existing_keys),
                T(references_may_come_late),
                T(torn_file_is_told_by_line),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
