/* tls-proxies -> profiles; phone proxies: phone_compile.c. A tls-proxy that cannot work is compiled as unusable with
 * its reason: sessions fail closed. */
#include <stdio.h>
#include <string.h>

#include "proxy/session/ldc.h"
#include "proxy/phone/phone_compile.h"
#include "platform/net/iface.h"

struct compile {
        const struct proxy_conf *conf;
        const struct pki_rt *pki;
        const struct ssl_conf *ssl;
        const struct net_rt *net;
        struct arena *arena;
        const struct rng *rng;
        const struct clock *clk;
};

/* `ssl server-version` / `ssl client-version` of the platform -> lowest and highest TLS version. */
static void versions(const char *v, struct tls_profile_params *p)
{
        static const struct {
                const char *name;
                int lo, hi;
        } row[] = {
                { "tlsv1-only", MBEDTLS_SSL_MINOR_VERSION_1, MBEDTLS_SSL_MINOR_VERSION_1 },
                { "tlsv1", MBEDTLS_SSL_MINOR_VERSION_1, MBEDTLS_SSL_MINOR_VERSION_3 },
                { "tlsv1.1", MBEDTLS_SSL_MINOR_VERSION_2, MBEDTLS_SSL_MINOR_VERSION_3 },
                { "tlsv1.2", MBEDTLS_SSL_MINOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3 },
        };

        for (size_t i = 0; i < ARRAY_LEN(row); i++)
                if (strcmp(v, row[i].name) == 0) {
                        p->min_version = row[i].lo;
                        p->max_version = row[i].hi;
                }
}

static void suites_of(struct tls_profile_params *p, const char (*own)[SSL_SUITE_NAME_MAX + 1], unsigned n,
                      const struct ssl_conf *ssl)
{
        p->suites = n ? own : ssl->encryption;
        p->nsuites = n ? n : ssl->n_encryption;
}

/* Phones are judged by rules of their own: behind this tls-proxy there are phones and nothing else. */
static bool serves_phones(const struct compile *x, const struct tls_proxy_conf *c)
{
        conf_each(struct phone_proxy_conf, pp, &x->conf->phone_proxies)
                if (!strcmp(pp->tls_proxy, c->o.name))
                        return true;
        return c->ldc_issuer[0] != 0;
}

/* Softphones that authenticate and do not encrypt. */
static bool serves_softphones(const struct compile *x, const struct tls_proxy_conf *c)
{
        conf_each(struct phone_proxy_conf, pp, &x->conf->phone_proxies)
                if (pp->cipc_authenticated && !strcmp(pp->tls_proxy, c->o.name))
                        return true;
        return false;
}

static struct tls_profile *server_side(const struct compile *x, const struct tls_proxy_conf *c, const char *tp,
                                       struct err *e)
{
        struct tls_profile_params p = { .role = TLS_SERVER, .rng = x->rng, .clk = x->clk };
        struct tls_profile *profile;

        p.identity = pki_identity(x->pki, tp);
        if (!p.identity || !p.identity->cert) {
                err_set(e, ERR_REF, "Trustpoint %s has not been enrolled", tp);
                return NULL;
        }
        if (!c->no_authenticate_client) {
                p.trust = pki_trust(x->pki, &c->server_trust, e);
                if (!p.trust)
                        return NULL;
        }
        p.phone = serves_phones(x, c);
        p.readable_ok = serves_softphones(x, c);
        suites_of(&p, c->server_suites, c->n_server_suites, x->ssl);
        versions(x->ssl->server_version, &p);
        profile = tls_profile_new(&p, e);
        trust_set_put(p.trust);
        return profile;
}

/* By interface, where the tls-proxy names none. why: what is wrong with the last that does not work. -1: no memory.
 */
static int servers_on(const struct compile *x, const struct tls_proxy_conf *c, struct tls_proxy_rt *rt,
                      struct err *why)
{
        rt->on = arena_array(x->arena, x->ssl->trust_points.n + 1, sizeof *rt->on);
        if (!rt->on)
                return err_nomem(why, "compiling tls-proxies");
        err_set(why, ERR_REF, "tls-proxy %s has no server trust-point", c->o.name);
        conf_each(struct ssl_tp_conf, t, &x->ssl->trust_points) {
                const struct iface_rt *ifc = iface_by_name(x->net, t->o.name);
                struct server_on *on = &rt->on[rt->n_on];
                struct err e = { 0 };

                if (*t->o.name && !ifc)
                        continue;
                rt->n_on++;
                on->iface = ifc ? ifc->idx : IFACE_NONE;
                snprintf(on->tp, sizeof on->tp, "%s", t->trustpoint);
                on->server = server_side(x, c, on->tp, &e);
                if (!on->server)
                        *why = e;
                if (e.code == ERR_NOMEM)
                        return -1;
        }
        for (unsigned i = 0; i < rt->n_on; i++)
                if (rt->on[i].server)
                        return 0;
        return -1;
}

static bool has_server(const struct compile *x, const struct tls_proxy_conf *c, struct tls_proxy_rt *rt,
                       struct err *why)
{
        if (!rt->server_tp[0])
                return servers_on(x, c, rt, why) == 0;
        rt->server = server_side(x, c, rt->server_tp, why);
        return rt->server != NULL;
}

/* Certificates per phone: -1 when they are asked for and cannot be had. */
static int ldc_side(const struct tls_proxy_conf *c, const struct compile *x, const struct tls_profile_params *leg,
                    struct tls_proxy_rt *rt, struct err *e)
{
        if (!c->ldc_issuer[0] && !c->ldc_key[0])
                return 0;
        if (!c->ldc_issuer[0] || !c->ldc_key[0])
                return err_set(e, ERR_REF, "tls-proxy %s has client ldc %s but no client ldc %s", c->o.name,
                               c->ldc_key[0] ? "key-pair" : "issuer", c->ldc_key[0] ? "issuer" : "key-pair");
        rt->ldc = ldc_rt_new(x->pki, c->ldc_issuer, c->ldc_key, leg, e);
        return rt->ldc ? 0 : -1;
}

static struct tls_profile *client_side(const struct compile *x, const struct tls_proxy_conf *c,
                                       struct tls_proxy_rt *rt, struct err *e)
{
        struct tls_profile_params p = { .role = TLS_CLIENT, .rng = x->rng, .clk = x->clk };
        struct tls_profile *profile = NULL;

        if (c->client_tp[0]) {
                p.identity = pki_identity(x->pki, c->client_tp);
                if (!p.identity || !p.identity->cert) {
                        err_set(e, ERR_REF, "Trustpoint %s has not been enrolled", c->client_tp);
                        return NULL;
                }
        }
        p.trust = pki_trust(x->pki, &c->client_trust, e);
        if (!p.trust)
                return NULL;
        suites_of(&p, c->client_suites, c->n_client_suites, x->ssl);
        p.readable_ok = c->n_client_suites != 0; /* it is typed for this very leg */
        versions(x->ssl->client_version, &p);
        if (ldc_side(c, x, &p, rt, e) == 0)
                profile = tls_profile_new(&p, e);
        trust_set_put(p.trust);
        return profile;
}

static void suites_text(struct tls_proxy_rt *rt, const struct tls_proxy_conf *c)
{
        struct wbuf w = wbuf_of(rt->client_suites, sizeof rt->client_suites);

        for (unsigned i = 0; i < c->n_client_suites; i++)
                wbuf_printf(&w, "%s%s", i ? " " : "", c->client_suites[i]);
        wbuf_text(&w);
}

/* Out of memory is the only thing compile refuses; everything else makes the tls-proxy unusable. */
static int one(const struct compile *x, const struct tls_proxy_conf *c, struct tls_proxy_rt *rt, struct err *e)
{
        struct err why = { 0 };

        rt->id = c->o.id;
        snprintf(rt->name, sizeof rt->name, "%s", c->o.name);
        phone_server_tp(x->conf, c, rt->server_tp);
        snprintf(rt->client_tp, sizeof rt->client_tp, "%s", c->client_tp);
        rt->authenticate_client = !c->no_authenticate_client;
        rt->cleartext = c->cleartext_port != 0;
        suites_text(rt, c);
        if (has_server(x, c, rt, &why))
                rt->client = client_side(x, c, rt, &why);
        if (why.code == ERR_NOMEM) {
                *e = why;
                return -1;
        }
        if (!rt->client)
                snprintf(rt->unusable, sizeof rt->unusable, "%.150s", why.text);
        return 0;
}

static void proxy_fini(const void *root)
{
        const struct proxy_rt *p = root;

        for (unsigned i = 0; i < p->n; i++) {
                tls_profile_put(p->tp[i].server);
                for (unsigned k = 0; k < p->tp[i].n_on; k++)
                        tls_profile_put(p->tp[i].on[k].server);
                tls_profile_put(p->tp[i].client);
                ldc_rt_put(p->tp[i].ldc);
        }
        for (unsigned i = 0; i < p->n_phone_proxies; i++)
                phone_ctl_fini(p->phone_proxy[i].ctl);
}

int proxy_compile(struct snap_part *part, const struct proxy_conf *conf, const struct pki_conf *pki,
                  const struct pki_rt *assets, const struct net_rt *net, const struct rng *rng,
                  const struct clock *clk, struct err *e)
{
        struct compile x = { .pki = assets,
                             .ssl = &pki->ssl,
                             .conf = conf,
                             .net = net,
                             .arena = part->arena,
                             .rng = rng,
                             .clk = clk };
        struct proxy_rt *p = arena_alloc(part->arena, sizeof *p);

        if (!p)
                return err_nomem(e, "compiling tls-proxies");
        p->tp = arena_array(part->arena, conf->tls_proxies.n ? conf->tls_proxies.n : 1, sizeof *p->tp);
        license_limits(&conf->license, conf->max_sessions, &p->license);
        p->max_sessions = p->license.tls;
        if (!p->tp)
                return err_nomem(e, "compiling tls-proxies");
        part->root = p;
        part->fini = proxy_fini;
        conf_each(struct tls_proxy_conf, c, &conf->tls_proxies) {
                p->n++;
                if (one(&x, c, &p->tp[p->n - 1], e) < 0)
                        return -1;
        }
        return phone_compile(part->arena, p, conf, assets, net, e);
}

const struct server_on *server_on_iface(const struct tls_proxy_rt *t, uint16_t iface)
{
        const struct server_on *any = NULL;

        for (unsigned i = 0; i < t->n_on; i++) {
                if (t->on[i].iface == iface)
                        return &t->on[i];
                if (t->on[i].iface == IFACE_NONE)
                        any = &t->on[i];
        }
        return any;
}

const struct tls_proxy_rt *tls_proxy_by_id(const struct proxy_rt *p, uint32_t id)
{
        for (unsigned i = 0; i < p->n; i++)
                if (p->tp[i].id == id)
                        return &p->tp[i];
        return NULL;
}

const struct phone_proxy_rt *phone_proxy_by_id(const struct proxy_rt *p, uint32_t id)
{
        for (unsigned i = 0; i < p->n_phone_proxies; i++)
                if (p->phone_proxy[i].id == id)
                        return &p->phone_proxy[i];
        return NULL;
}
