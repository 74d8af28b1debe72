/* Addresses that secure phones have, as the proxy workers tell: what the redirect stage asks. */
#include "nat/nat_rt.h"
#include "platform/base/hash.h"
#include "platform/base/mem.h"
#include "policy/policy_rt.h"
#include "proxy/worker/proxy_rt.h"
#include "proxy/punt/punt_int.h"
#include "proxy/tftp/tftpx_stage.h"

struct secure_at {
        struct hash_node node;
        struct tmr tmr;
        struct punt_secure_table *t;
        uint16_t iface;
        uint8_t clear; /* SECURE_SCCP, SECURE_SIP: the server leg is TCP */
        struct addr at;
};

struct punt_secure_table {
        struct worker *w;
        struct pool *pool;
        struct hash_table by_addr;
        uint64_t seed;
};

int punt_secure_init(struct punt *p)
{
        struct punt_secure_table *t = mem_alloc(MEM_PHONE, sizeof *t);

        p->secure = t;
        if (!t)
                return -1;
        t->w = p->w;
        t->pool = pool_new(sizeof(struct secure_at), SECURE_PLACES_MAX, POOL_LIFO);
        return t->pool && hash_init(&t->by_addr, SECURE_PLACES_MAX) == 0 &&
                               rng_fill(p->w->env.rng, &t->seed, sizeof t->seed) == 0
                       ? 0
                       : -1;
}

static void forget(struct punt_secure_table *t, struct secure_at *s)
{
        hash_del(&t->by_addr, &s->node);
        tmr_cancel(t->w->tmr, &s->tmr);
        pool_put(t->pool, s);
}

static void forget_all(struct punt_secure_table *t)
{
        for (uint32_t i = 0; t->pool && i < pool_high(t->pool); i++)
                if (pool_live(t->pool, i))
                        forget(t, pool_at(t->pool, i));
}

void punt_secure_fini(struct punt *p)
{
        if (!p->secure)
                return;
        forget_all(p->secure);
        hash_fini(&p->secure->by_addr);
        pool_free(p->secure->pool);
        mem_free(p->secure);
}

static uint64_t hash_of(const struct punt_secure_table *t, uint16_t iface, const struct addr *a)
{
        return hash_bytes(a, sizeof *a, t->seed + iface);
}

static struct secure_at *find(const struct punt_secure_table *t, uint16_t iface, const struct addr *a)
{
        hash_each_match(n, &t->by_addr, hash_of(t, iface, a)) {
                struct secure_at *s = container_of(n, struct secure_at, node);

                if (s->iface == iface && addr_eq(&s->at, a))
                        return s;
        }
        return NULL;
}

static void on_timeout(struct tmr *m, uint64_t now UNUSED)
{
        struct secure_at *s = container_of(m, struct secure_at, tmr);

        forget(s->t, s);
}

/* A full table admits nobody new: access-lists still may. */
static void note(struct punt_secure_table *t, const struct punt_secure *x)
{
        struct secure_at *s = find(t, x->iface, &x->at);

        if (!s && x->timeout_ms) {
                s = pool_get(t->pool);
                if (!s)
                        return;
                s->t = t;
                s->iface = x->iface;
                s->at = x->at;
                s->tmr.fn = on_timeout;
                hash_add(&t->by_addr, &s->node, hash_of(t, x->iface, &x->at));
        }
        if (!s)
                return;
        s->clear = (uint8_t)((s->clear & ~x->told) | (x->clear & x->told));
        if (x->timeout_ms)
                tmr_set(t->w->tmr, &s->tmr, x->timeout_ms);
}

static void void_places(struct punt_secure_table *t, const struct punt_secure *x)
{
        struct secure_at *s = x->at.fam ? find(t, x->iface, &x->at) : NULL;

        if (s)
                forget(t, s);
        else if (!x->at.fam)
                forget_all(t);
}

void punt_secure_msg(struct punt *p, unsigned link, const struct punt_msg *m)
{
        struct punt_msg r = { .kind = PUNT_SECURE_OK, .secure = m->secure };

        if (m->kind == PUNT_SECURE_VOID) {
                void_places(p->secure, &m->secure);
                return;
        }
        note(p->secure, &m->secure);
        if (m->secure.cookie)
                punt_link_push(p, link, &r); /* lost: asked again */
}

/* ---- the stages ---- */

/* One of the call managers that the CTL names, as the phone dials it? */
static bool in_a_ctl(const struct proxy_rt *p, const struct addr *a)
{
        for (unsigned i = 0; i < p->n_phone_proxies; i++)
                if (phone_proxy_lists(&p->phone_proxy[i], a))
                        return true;
        return false;
}

enum pkt_verdict secure_phone_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        struct addr src = flow_src(&plan->in), dst = flow_dst(&plan->in);

        if (plan->pinhole || plan->in.proto != IPPROTO_TCP_ || !w->punt || !pool_used(w->punt->secure->pool))
                return PKT_NEXT;
        if (!find(w->punt->secure, plan->in_iface, &src) || !in_a_ctl(proxy_rt(w->snap), &dst))
                return PKT_NEXT;
        plan->secure_phone = true;
        trace_info(trace_add(pk, "APP-REDIRECT", "phone-proxy", true), "Secure phone");
        return PKT_NEXT;
}

/* In front of the port that a call manager's phones dial by TLS. */
static uint16_t clear_shift(enum inspect_id engine)
{
        return engine == INSPECT_SKINNY ? 443 : engine == INSPECT_SIP ? 1 : 0;
}

/*
 * A phone that its mixed cluster has as non-secure speaks TLS with us and TCP with its call manager. It is known by
 * its address: whoever shares that shares the mode, for each protocol.
 */
enum pkt_verdict clear_phone_stage(struct worker *w, struct pkt *pk UNUSED, struct flow_plan *plan)
{
        uint8_t protocol = plan->engine == INSPECT_SIP ? SECURE_SIP : SECURE_SCCP;
        uint16_t shift = clear_shift(plan->engine);
        struct addr src = flow_src(&plan->in);
        const struct secure_at *s;

        if (!plan->phone_proxy_id || !plan->accept_first || plan->pinhole || !w->punt || !shift ||
            plan->server_port != plan->dst_real_port)
                return PKT_NEXT; /* or it goes elsewhere anyway */
        s = find(w->punt->secure, plan->in_iface, &src);
        if (s && (s->clear & protocol) && plan->dst_real_port > shift)
                plan->server_port = (uint16_t)(plan->dst_real_port - shift);
        return PKT_NEXT;
}

static const struct phone_proxy_rt *serves(const struct proxy_rt *p, const struct flow_plan *plan)
{
        for (unsigned i = 0; i < p->n_phone_proxies; i++)
                for (unsigned k = 0; k < p->phone_proxy[i].ntftp; k++) {
                        const struct pp_tftp_rt *t = &p->phone_proxy[i].tftp[k];

                        if (t->port == plan->dst_real_port && addr_eq(&t->addr, &plan->dst_real) &&
                            t->iface == plan->out_iface && plan->in_iface != plan->out_iface)
                                return &p->phone_proxy[i];
                }
        return NULL;
}

/* A request to a TFTP server of the phones, where a policy of this phone proxy applies. */
enum pkt_verdict tftp_intercept_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        const struct phone_proxy_rt *pp;
        uint32_t line;

        if (plan->pinhole || plan->action == CONN_BOX || plan->in.proto != IPPROTO_UDP_)
                return PKT_NEXT;
        pp = serves(proxy_rt(w->snap), plan);
        line = pp ? policy_phone_proxy_line(policy_rt(w->snap), pp->id, plan->in_iface, plan->out_iface) : 0;
        if (!line)
                return PKT_NEXT;
        plan->action = CONN_PUNT;
        plan->accept_first = true; /* nothing waits for the server */
        plan->engine = INSPECT_TFTP;
        plan->inspect_id = line;
        plan->phone_proxy_id = pp->id;
        plan->tls_proxy_id = plan->map_id = 0;
        plan->server_port = 0;
        trace_add(pk, "INSPECT", "inspect-phone-proxy", true);
        return PKT_NEXT;
}
