#include <string.h>

#include "cli/cmd/rows.h"
#include "pki/keystore.h"

static unsigned words_of(const char *s)
{
        unsigned n = 0;

        for (s += strspn(s, " \t"); *s; s += strspn(s, " \t"), n++)
                s += strcspn(s, " \t");
        return n;
}

int check_some_suites(const struct conf_ctx *c, unsigned n, struct err *e)
{
        if (n || !strncmp(c->line + strspn(c->line, " "), "no ", 3))
                return 0;
        return err_set(e, ERR_SUPPORT, "such a cipher is not available: the TLS library of this build lacks it");
}

void warn_missing_suites(struct conf_ctx *c, unsigned n)
{
        if (words_of(c->line) > 2 + n)
                conf_warning(c, "ciphers that the TLS library of this build lacks are left out");
}

/* How many names the array holds is told beside it. Those that the TLS library lacks are not among them. */
static int check_encryption(struct conf_ctx *c, void *obj, struct err *e)
{
        struct ssl_conf *s = &c->store->pki.ssl;

        (void)obj;
        for (s->n_encryption = 0; s->n_encryption < SSL_SUITES_MAX && *s->encryption[s->n_encryption];)
                s->n_encryption++;
        return check_some_suites(c, s->n_encryption, e);
}

static void after_encryption(struct conf_ctx *c, void *obj, bool no_form)
{
        (void)obj;
        if (!no_form)
                warn_missing_suites(c, c->store->pki.ssl.n_encryption);
}

static const struct cmd_bind bind[] = {
        BIND("SUITES", struct store, pki.ssl.encryption),
        { 0 },
};
#define VERSIONS(field)                                                                                              \
        BIND_WORD("any", struct store, pki.ssl.field), BIND_WORD("sslv3", struct store, pki.ssl.field),              \
                BIND_WORD("sslv3-only", struct store, pki.ssl.field),                                                \
                BIND_WORD("tlsv1", struct store, pki.ssl.field),                                                     \
                BIND_WORD("tlsv1-only", struct store, pki.ssl.field),                                                \
                BIND_WORD("tlsv1.1", struct store, pki.ssl.field), BIND_WORD("tlsv1.2", struct store, pki.ssl.field)
static const struct cmd_bind server_bind[] = { VERSIONS(server_version), { 0 } };
static const struct cmd_bind client_bind[] = { VERSIONS(client_version), { 0 } };
/* Without a certificate there is nothing to show; enrolment may follow. */
static void after_trust_point(struct conf_ctx *c, void *obj, bool no_form)
{
        const struct ssl_tp_conf *t = obj;
        struct tp_assets a;

        if (no_form || !c->keys || !conf_list_find(&c->store->pki.trustpoints, t->trustpoint))
                return;
        keystore_tp_get(c->keys, t->trustpoint, &a);
        if (!a.id)
                conf_warning(c, "Trustpoint %s has not been enrolled: sessions that need its certificate are refused",
                             t->trustpoint);
        tp_assets_put(&a);
}

static const struct cmd_bind tp_bind[] = { BIND_OPT("TP", struct ssl_tp_conf, trustpoint, 0), { 0 } };

static int refuse_sslv3(const char *version, struct err *e)
{
        if (!strcmp(version, "sslv3-only"))
                return err_set(e, ERR_SUPPORT, "SSLv3 is not available: the TLS library of this build lacks it");
        return 0;
}

static int check_server(struct conf_ctx *c, void *obj, struct err *e)
{
        (void)obj;
        return refuse_sslv3(c->store->pki.ssl.server_version, e);
}

static int check_client(struct conf_ctx *c, void *obj, struct err *e)
{
        (void)obj;
        return refuse_sslv3(c->store->pki.ssl.client_version, e);
}

static const char *sslv3_inert(const char *version)
{
        return strcmp(version, "sslv3") ? NULL : "there is no SSLv3: TLS 1.0 and later are spoken";
}

static const char *server_inert(const struct store *s, const void *obj)
{
        (void)obj;
        return sslv3_inert(s->pki.ssl.server_version);
}

static const char *client_inert(const struct store *s, const void *obj)
{
        (void)obj;
        return sslv3_inert(s->pki.ssl.client_version);
}

#define VERSION "{any|sslv3|sslv3-only|tlsv1|tlsv1-only|tlsv1.1|tlsv1.2}"

const struct cmd_row rows_ssl[] = {
        { ROW_LEAF, "ssl encryption SUITES:suites(some)", "Cipher suites in order of preference", bind, DIRTY_PROXY,
          .check = check_encryption,
          .after = after_encryption }, /* no default is shown: newer suites, which have no name here, come first */
        { ROW_LEAF, "ssl server-version " VERSION, "Versions spoken as a server", server_bind, DIRTY_PROXY,
          .check = check_server, .inert_if = server_inert, .dflt = "ssl server-version any" },
        { ROW_LEAF, "ssl client-version " VERSION, "Versions spoken as a client", client_bind, DIRTY_PROXY,
          .check = check_client, .inert_if = client_inert, .dflt = "ssl client-version any" },
        KEPT_IN(STORE(sys.inert), "ssl {cipher|dh-group|ecdh-group} WHAT:line(200)",
                "Ciphers, by version and strength", "ssl encryption says which ciphers are offered"),
        KEPT_IN(STORE(sys.inert), "ssl certificate-authentication WHAT:line(200)",
                "Interfaces where browsers show a certificate", "browsers log in with a password"),
        { ROW_LIST, "ssl trust-point TP:ref(trustpoint) [NAME:nameif]",
          "Certificate shown on an interface by tls-proxies that name none", tp_bind, DIRTY_PROXY,
          STORE(pki.ssl.trust_points), .key = key_name, .after = after_trust_point },
        END,
};
