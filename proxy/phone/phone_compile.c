#include "proxy/phone/phone_compile.h"

#include <stdio.h>
#include <string.h>

/* Also of an interface that is down: it may come up. */
static bool is_own(const struct net_rt *net, const struct addr *a)
{
        for (uint16_t i = 1; i < net->nifaces; i++)
                if (net->iface[i].idx && addr_eq(&net->iface[i].ip, a))
                        return true;
        return false;
}

/* An address that is not ours to use is left out: media must not be sent to where it would not arrive. */
static bool mta_usable(const struct net_rt *net, const struct mta_addr_conf *c, struct mta_rt *out)
{
        const struct iface_rt *ifc = *c->nameif ? iface_by_name(net, c->nameif) : NULL;

        if (is_own(net, &c->addr) || (*c->nameif && (!ifc || !ifc->ip.fam || !iface_connects(ifc, &c->addr))))
                return false;
        *out = (struct mta_rt){ .addr = c->addr, .iface = ifc ? ifc->idx : IFACE_NONE };
        return true;
}

static int media_terms(struct arena *a, struct proxy_rt *p, const struct proxy_conf *conf, const struct net_rt *net)
{
        p->media_term = arena_array(a, conf->media_terms.n + 1, sizeof *p->media_term);
        if (!p->media_term)
                return -1;
        conf_each(struct media_term_conf, c, &conf->media_terms) {
                struct media_term_rt *m = &p->media_term[p->n_media_terms++];

                m->id = c->o.id;
                snprintf(m->name, sizeof m->name, "%s", c->o.name);
                m->port_lo = c->port_lo;
                m->port_hi = c->port_hi;
                m->at = arena_array(a, c->addrs.n + 1, sizeof *m->at);
                if (!m->at)
                        return -1;
                conf_each(struct mta_addr_conf, at, &c->addrs)
                        m->n += mta_usable(net, at, &m->at[m->n]);
        }
        return 0;
}

static const struct media_term_rt *media_term_find(const struct proxy_rt *p, const char *name)
{
        for (unsigned i = 0; i < p->n_media_terms; i++)
                if (!strcmp(p->media_term[i].name, name))
                        return &p->media_term[i];
        return NULL;
}

static const struct tls_proxy_rt *tls_proxy_find(const struct proxy_rt *p, const char *name)
{
        for (unsigned i = 0; i < p->n; i++)
                if (!strcmp(p->tp[i].name, name))
                        return &p->tp[i];
        return NULL;
}

/* A call has two sides: a global address serves both, else each interface needs its own. */
static bool both_sides(const struct media_term_rt *m)
{
        return m->n >= 2 || (m->n == 1 && m->at[0].iface == IFACE_NONE);
}

static void why_unusable(struct phone_proxy_rt *r, const struct phone_proxy_conf *c, const struct tls_proxy_rt *tp)
{
        size_t cap = sizeof r->unusable;

        if (!*c->media_termination)
                snprintf(r->unusable, cap, "phone-proxy %.64s has no media-termination", c->o.name);
        else if (!r->mta || !both_sides(r->mta))
                snprintf(r->unusable, cap, "media-termination %.64s has no usable address on two interfaces",
                         c->media_termination);
        else if (!tp)
                snprintf(r->unusable, cap, "phone-proxy %.64s has no tls-proxy", c->o.name);
        else if (tp->unusable[0])
                snprintf(r->unusable, cap, "%s", tp->unusable);
}

static void tftp_servers(const struct phone_proxy_conf *c, const struct net_rt *net, struct phone_proxy_rt *r)
{
        bool has;

        conf_each(struct pp_tftp_conf, t, &c->tftp_servers) {
                const struct iface_rt *ifc = iface_by_name(net, t->nameif);

                if (ifc && r->ntftp < TFTP_SERVERS_MAX)
                        r->tftp[r->ntftp++] =
                                (struct pp_tftp_rt){ .addr = t->addr, .port = t->port, .iface = ifc->idx };
        }
        r->tftp_same_port = c->tftp_same_port;
        r->keep_settings = c->no_disable_service_settings;
        r->cipc_authenticated = c->cipc_authenticated && tls_suite_known("null-sha1", &has) && has;
        r->proxy_server = c->proxy_server;
        r->proxy_port = c->proxy_port;
}

/* Phones that have our CTL file refuse any other certificate. */
static bool shows_trusted(const struct phone_ctl_rt *c)
{
        for (unsigned i = 0; i < c->n; i++)
                if (c->at[i].shown && c->at[i].role != CTL_CAPF && c->at[i].role != CTL_TFTP)
                        return true;
        return false;
}

/* -1: out of memory. */
static int take_ctl(struct arena *a, const struct pki_rt *pki, const struct phone_proxy_conf *c,
                    const struct tls_proxy_rt *tp, struct phone_proxy_rt *r, struct err *e)
{
        const struct identity_rt *shown = tp ? pki_identity(pki, tp->server_tp) : NULL;
        struct err why = { 0 };

        if (!*c->ctl_file)
                return 0;
        r->ctl = phone_ctl_compile(a, pki, c->ctl_file, shown ? shown->cert : NULL, &why);
        if (!r->ctl && why.code == ERR_NOMEM)
                return err_nomem(e, "compiling phone proxies");
        if (!r->unusable[0] && !r->ctl)
                snprintf(r->unusable, sizeof r->unusable, "%.150s", why.text);
        else if (!r->unusable[0] && !shows_trusted(r->ctl))
                snprintf(r->unusable, sizeof r->unusable,
                         "trustpoint %.64s is not that of a call manager in ctl-file %.32s", tp->server_tp,
                         c->ctl_file);
        return 0;
}

static int one_phone_proxy(struct arena *a, const struct proxy_rt *p, const struct pki_rt *pki,
                           const struct net_rt *net, const struct phone_proxy_conf *c, struct phone_proxy_rt *r,
                           struct err *e)
{
        const struct tls_proxy_rt *tp = tls_proxy_find(p, c->tls_proxy);

        r->id = c->o.id;
        snprintf(r->params.name, sizeof r->params.name, "%s", c->o.name);
        r->params.mixed = c->mixed;
        r->params.any_endpoint = c->any_endpoint;
        r->params.no_rtcp = c->no_rtcp;
        r->mta = media_term_find(p, c->media_termination);
        r->tls_proxy_id = tp ? tp->id : 0;
        r->timeout_ms = c->timeout_s * 1000u;
        tftp_servers(c, net, r);
        why_unusable(r, c, tp);
        if (r->mta && !r->mta->n)
                r->mta = NULL;
        return take_ctl(a, pki, c, tp, r, e);
}

int phone_compile(struct arena *a, struct proxy_rt *p, const struct proxy_conf *conf, const struct pki_rt *pki,
                  const struct net_rt *net, struct err *e)
{
        p->phone_proxy = arena_array(a, conf->phone_proxies.n + 1, sizeof *p->phone_proxy);
        if (!p->phone_proxy || media_terms(a, p, conf, net) < 0)
                return err_nomem(e, "compiling phone proxies");
        conf_each(struct phone_proxy_conf, c, &conf->phone_proxies)
                if (one_phone_proxy(a, p, pki, net, c, &p->phone_proxy[p->n_phone_proxies++], e) < 0)
                        return -1;
        return 0;
}
