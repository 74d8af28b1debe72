#include <string.h>

#include "cli/cmd/rows.h"
#include "pki/keystore.h"

#define T struct tls_proxy_conf

static unsigned count_names(const char (*names)[SSL_SUITE_NAME_MAX + 1])
{
        unsigned n = 0;

        while (n < SSL_SUITES_MAX && *names[n])
                n++;
        return n;
}

static int check_suites(struct conf_ctx *c, void *obj, struct err *e)
{
        T *t = obj;

        (void)c;
        (void)e;
        t->n_client_suites = count_names((const char(*)[SSL_SUITE_NAME_MAX + 1]) t->client_suites);
        t->n_server_suites = count_names((const char(*)[SSL_SUITE_NAME_MAX + 1]) t->server_suites);
        return 0;
}

/* The leg shows a certificate: there must be one. A load may come before the assets, so it is told and goes on. */
static int check_enrolled(struct conf_ctx *c, const char *tp, struct err *e)
{
        struct tp_assets a;
        bool enrolled;

        if (!*tp || !c->keys)
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

static int check_server_tp(struct conf_ctx *c, void *obj, struct err *e)
{
        return check_enrolled(c, ((T *)obj)->server_tp, e);
}

static int check_client_tp(struct conf_ctx *c, void *obj, struct err *e)
{
        return check_enrolled(c, ((T *)obj)->client_tp, e);
}

static const struct cmd_bind bind[] = {
        BIND("STP", T, server_tp),         BIND_FLAG("authenticate-client", T, no_authenticate_client),
        BIND("CTP", T, client_tp),         BIND("ISSUER", T, ldc_issuer),
        BIND("KEY", T, ldc_key),           BIND("CSUITES", T, client_suites),
        BIND("SSUITES", T, server_suites), { 0 },
};

#define LDC "local dynamic certificates are not issued yet"
static const struct cmd_row tlsp_rows[] = {
        { ROW_LEAF, "server trust-point STP:ref(trustpoint)", "Certificate shown to the TLS client", bind,
          DIRTY_PROXY, .check = check_server_tp },
        { ROW_LEAF, "server authenticate-client", "Ask the TLS client for a certificate", bind, DIRTY_PROXY,
          .flags = ROW_INVERSE | ROW_ALL },
        { ROW_LEAF, "server cipher-suite SSUITES:suites", "Cipher suites towards the TLS client", bind, DIRTY_PROXY,
          .check = check_suites },
        { ROW_LEAF, "client trust-point CTP:ref(trustpoint)", "Certificate shown to the TLS server", bind,
          DIRTY_PROXY, .check = check_client_tp },
        { ROW_LEAF, "client ldc issuer ISSUER:ref(trustpoint)", "Local CA that signs the per-client certificates",
          bind, DIRTY_PROXY, .inert = LDC },
        { ROW_LEAF, "client ldc key-pair KEY:newname(128)", "Key pair used by the generated certificates", bind,
          DIRTY_PROXY, .inert = LDC },
        { ROW_LEAF, "client cipher-suite CSUITES:suites", "Cipher suites towards the TLS server", bind, DIRTY_PROXY,
          .check = check_suites },
        END,
};
static const struct cmd_mode tlsp_mode = { "config-tlsp", "TLS proxy configuration commands:", tlsp_rows };

const struct cmd_row rows_tls_proxy[] = {
        { ROW_MODE, "tls-proxy NAME:newname(64) [noconfirm]", "Configure a TLS proxy", NULL,
          DIRTY_PROXY | DIRTY_POLICY, STORE(proxy.tls_proxies), &tlsp_mode, .kind_name = "tls-proxy" },
        END,
};

/* ---- the limit ---- */
static const struct cmd_bind max_bind[] = { BIND("N", struct store, proxy.max_sessions), { 0 } };

const struct cmd_row rows_tls_proxy_max[] = {
        { ROW_LEAF, "tls-proxy maximum-session N:u32(1-13000)", "Sessions at the same time", max_bind,
          .dirty = DIRTY_PROXY },
        { ROW_LEAF, "tls-proxy maximum-sessions N:u32(1-13000)", "Sessions at the same time", max_bind, DIRTY_PROXY,
          .flags = ROW_HIDDEN },
        END,
};
