#include <string.h>

#include "cli/cmd/rows.h"
#include "pki/keystore.h"
#include "proxy/conf/license.h"

#define T struct tls_proxy_conf

static unsigned count_names(const char (*names)[SSL_SUITE_NAME_MAX + 1])
{
        unsigned n = 0;

        while (n < SSL_SUITES_MAX && *names[n])
                n++;
        return n;
}

static int check_client_suites(struct conf_ctx *c, void *obj, struct err *e)
{
        T *t = obj;

        t->n_client_suites = count_names((const char(*)[SSL_SUITE_NAME_MAX + 1]) t->client_suites);
        return check_some_suites(c, t->n_client_suites, e);
}

static int check_server_suites(struct conf_ctx *c, void *obj, struct err *e)
{
        T *t = obj;

        t->n_server_suites = count_names((const char(*)[SSL_SUITE_NAME_MAX + 1]) t->server_suites);
        return check_some_suites(c, t->n_server_suites, e);
}

static void after_client_suites(struct conf_ctx *c, void *obj, bool no_form)
{
        if (!no_form)
                warn_missing_suites(c, ((const T *)obj)->n_client_suites);
}

static void after_server_suites(struct conf_ctx *c, void *obj, bool no_form)
{
        if (!no_form)
                warn_missing_suites(c, ((const T *)obj)->n_server_suites);
}

/* A certificate of a ctl-file, which may come later: that is no mistake of this line. */
static bool is_foreseen(const struct store *s, const char *tp)
{
        return !strncmp(tp, CTL_IDENTITY, sizeof CTL_IDENTITY - 1) && !conf_list_find(&s->pki.trustpoints, tp);
}

static const char *server_tp_inert(const struct store *s, const void *obj)
{
        const char *tp = ((const T *)obj)->server_tp;
        const struct ctl_file_conf *f;

        if (!is_foreseen(s, tp))
                return NULL;
        f = conf_list_find(&s->pki.ctl_files, tp + sizeof CTL_IDENTITY - 1);
        return f && f->up ? NULL : "the ctl-file that makes this certificate is not up";
}

/* The leg shows a certificate: there must be one. A load may come before the assets, so it is told and goes on. */
static int check_enrolled(struct conf_ctx *c, const char *tp, struct err *e)
{
        struct tp_assets a;
        bool enrolled;

        if (!*tp || !c->keys || is_foreseen(c->store, tp))
                return 0;
        keystore_tp_get(c->keys, tp, &a);
        enrolled = a.id != NULL;
        tp_assets_put(&a);
        if (enrolled)
                return 0;
        if (!c->late)
                return err_set(e, ERR_REF, "Trustpoint %s has not been enrolled", tp);
        conf_warning(c, "Trustpoint %s has not been enrolled: sessions will be refused", tp);
        return 0;
}

static bool in_use(const struct store *s, const char *name)
{
        conf_each(struct phone_proxy_conf, p, &s->proxy.phone_proxies)
                if (!strcmp(p->tls_proxy, name))
                        return true;
        conf_each(struct policy_map_conf, m, &s->policy.policies)
                conf_each(struct class_action_conf, a, &m->classes)
                        conf_each(struct inspect_conf, i, &a->inspects)
                                if (!strcmp(i->tls_proxy, name))
                                        return true;
        return false;
}

/* Phones are shown the certificate of their ctl-file then. */
static bool has_ctl_file(const struct store *s, const char *name)
{
        conf_each(struct phone_proxy_conf, p, &s->proxy.phone_proxies)
                if (*p->ctl_file && !strcmp(p->tls_proxy, name))
                        return true;
        return false;
}

/* Without one, and without ssl trust-point, no client can be served. The line may be typed on the way to another
 * trustpoint: it is told, not refused. */
static int check_server_tp(struct conf_ctx *c, void *obj, struct err *e)
{
        const T *t = obj;

        if (!*t->server_tp && !c->store->pki.ssl.trust_points.n && in_use(c->store, t->o.name) &&
            !has_ctl_file(c->store, t->o.name))
                conf_warning(c,
                             "tls-proxy %s is in use and has no server trust-point: its new sessions will be refused",
                             t->o.name);
        return check_enrolled(c, t->server_tp, e);
}

/* A certificate of our own, one per phone, or none and no TLS at all: what stands must go first. */
static int check_one_client(const T *t, struct err *e)
{
        bool ldc = *t->ldc_issuer || *t->ldc_key;

        if ((*t->client_tp != 0) + ldc + (t->cleartext_port != 0) <= 1)
                return 0;
        return err_set(e, ERR_EXISTS, "client trust-point, client ldc and client cleartext exclude each other");
}

static int check_client_tp(struct conf_ctx *c, void *obj, struct err *e)
{
        const T *t = obj;

        return check_one_client(t, e) < 0 ? -1 : check_enrolled(c, t->client_tp, e);
}

static int check_cleartext(struct conf_ctx *c, void *obj, struct err *e)
{
        (void)c;
        return check_one_client(obj, e);
}

/* What is missing may still come while a configuration is loaded. */
static int check_issuer(struct conf_ctx *c, void *obj, struct err *e)
{
        const T *t = obj;
        const struct trustpoint_conf *tp = conf_list_find(&c->store->pki.trustpoints, t->ldc_issuer);

        if (check_one_client(t, e) < 0)
                return -1;
        if (!tp || tp->proxy_ldc_issuer)
                return check_enrolled(c, t->ldc_issuer, e);
        if (!c->late)
                return err_set(e, ERR_STATE,
                               "trustpoint %s is not an issuer of certificates: proxy-ldc-issuer is missing",
                               t->ldc_issuer);
        conf_warning(c, "trustpoint %s is not an issuer of certificates: sessions will be refused", t->ldc_issuer);
        return 0;
}

static int check_key(struct conf_ctx *c, void *obj, struct err *e)
{
        const T *t = obj;
        struct keypair *k;

        if (check_one_client(t, e) < 0)
                return -1;
        if (!*t->ldc_key || !c->keys)
                return 0;
        k = keystore_key_get(c->keys, t->ldc_key);
        keypair_put(k);
        if (k)
                return 0;
        if (!c->late)
                return err_set(e, ERR_REF, "there is no key pair %s", t->ldc_key);
        conf_warning(c, "there is no key pair %s: sessions will be refused", t->ldc_key);
        return 0;
}

static void init_tlsp(struct conf_ctx *c, void *obj)
{
        (void)c;
        tls_proxy_conf_init(obj);
}

static const struct cmd_bind bind[] = {
        BIND("STP", T, server_tp),
        BIND_FLAG("authenticate-client", T, no_authenticate_client),
        BIND("CTP", T, client_tp),
        BIND("ISSUER", T, ldc_issuer),
        BIND("KEY", T, ldc_key),
        BIND("CSUITES", T, client_suites),
        BIND("SSUITES", T, server_suites),
        BIND("PORT", T, cleartext_port),
        { 0 },
};

static const struct cmd_row tlsp_rows[] = {
        { ROW_LEAF, "server trust-point STP:ref(identity)", "Certificate shown to the TLS client", bind, DIRTY_PROXY,
          .check = check_server_tp, .inert_if = server_tp_inert },
        { ROW_LEAF, "server authenticate-client", "Ask the TLS client for a certificate; no: clients have none", bind,
          DIRTY_PROXY, .flags = ROW_INVERSE | ROW_ALL },
        { ROW_LEAF, "server cipher-suite SSUITES:suites(some)", "Cipher suites towards the TLS client", bind, DIRTY_PROXY,
          .check = check_server_suites, .after = after_server_suites },
        { ROW_LEAF, "client trust-point CTP:ref(trustpoint)", "Certificate shown to the TLS server", bind,
          DIRTY_PROXY, .check = check_client_tp },
        { ROW_LEAF, "client ldc issuer ISSUER:ref(trustpoint)", "Local CA that signs the per-client certificates",
          bind, DIRTY_PROXY, .check = check_issuer },
        { ROW_LEAF, "client ldc key-pair KEY:newname(128)", "Key pair used by the generated certificates", bind,
          DIRTY_PROXY, .check = check_key },
        { ROW_LEAF, "client cipher-suite CSUITES:suites(some)", "Cipher suites towards the TLS server", bind, DIRTY_PROXY,
          .check = check_client_suites, .after = after_client_suites },
        { ROW_LEAF, "client cleartext PORT:tcpport", "No TLS towards the server: TCP to this port", bind, DIRTY_PROXY,
          .check = check_cleartext },
        { ROW_LIST, "client trust NAME:ref(trustpoint)",
          "Only this trustpoint, and others named so, vouch for the "
          "server",
          NULL, DIRTY_PROXY, offsetof(T, client_trust), .key = key_name },
        { ROW_LIST, "server trust NAME:ref(trustpoint)",
          "Only this trustpoint, and others named so, vouch for the "
          "client",
          NULL, DIRTY_PROXY, offsetof(T, server_trust), .key = key_name },
        END,
};
static const struct cmd_mode tlsp_mode = { "config-tlsp", "TLS proxy configuration commands:", tlsp_rows };

const struct cmd_row rows_tls_proxy[] = {
        { ROW_MODE, "tls-proxy NAME:newname(64) [noconfirm]", "Configure a TLS proxy", NULL,
          DIRTY_PROXY | DIRTY_POLICY, STORE(proxy.tls_proxies), &tlsp_mode, .kind_name = "tls-proxy",
          .init = init_tlsp },
        END,
};

/* ---- the limit ---- */
static int check_max(struct conf_ctx *c, void *obj, struct err *e)
{
        const struct store *s = obj;
        const struct license_model *m = license_model_find(s->proxy.license.model);
        uint32_t most = m ? license_tls_max(m) : TLS_PROXY_SESSIONS_MAX;

        if (s->proxy.max_sessions <= most)
                return 0;
        if (!c->late)
                return err_set(e, ERR_RANGE, "model %s has at most %u TLS proxy sessions", m ? m->name : "", most);
        conf_warning(c, "tls-proxy maximum-sessions %u is above the limit of the licence: %u are in force",
                     s->proxy.max_sessions, most);
        return 0;
}

static const struct cmd_bind max_bind[] = { BIND("N", struct store, proxy.max_sessions), { 0 } };

const struct cmd_row rows_tls_proxy_max[] = {
        { ROW_LEAF, "tls-proxy maximum-session N:u32(1-13000)", "Sessions at the same time", max_bind,
          .dirty = DIRTY_PROXY, .check = check_max },
        { ROW_LEAF, "tls-proxy maximum-sessions N:u32(1-13000)", "Sessions at the same time", max_bind, DIRTY_PROXY,
          .flags = ROW_HIDDEN, .check = check_max },
        END,
};
