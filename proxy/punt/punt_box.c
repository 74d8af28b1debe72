/* Flows of the box itself: a conn whose initiator is a socket in the private namespace. */
#include "platform/net/route.h"
#include "proxy/punt/punt_int.h"

#define BOX_PORT_TRIES 64
#define FAR_ANSWER_S 30u

struct box_target {
        const struct iface_rt *ifc;
        struct addr next_hop, local;
};

static int target_find(struct worker *w, uint16_t out_iface, const struct addr *peer, struct box_target *t,
                       struct err *e)
{
        const struct net_rt *n = w->snap ? net_rt(w->snap) : NULL;
        const struct route_entry *r;
        char text[ADDR_TEXT_MAX];

        if (!n)
                return err_set(e, ERR_STATE, "no configuration is in force yet");
        r = out_iface ? route_lookup_iface(n, peer, out_iface) : route_lookup(n, peer);
        t->ifc = r ? iface_by_idx(n, r->iface) : NULL;
        if (!t->ifc || !t->ifc->up || t->ifc->ip.fam != peer->fam)
                return err_set(e, ERR_REF, "no route to %s", addr_print(peer, text));
        t->next_hop = r->connected ? *peer : r->gw;
        t->local = t->ifc->ip;
        return 0;
}

static struct flow_plan box_plan(const struct box_target *t, uint8_t proto, const struct addr *peer, uint16_t port,
                                 uint16_t local_port)
{
        struct flow_plan p = { .in_iface = IFACE_BOX,
                               .out_iface = t->ifc->idx,
                               .dst_real = *peer,
                               .dst_real_port = port,
                               .src_mapped = t->local,
                               .src_mapped_port = local_port,
                               .next_hop = t->next_hop,
                               .action = CONN_BOX };

        p.in = (struct flow_key){
                .iface = IFACE_BOX, .proto = proto, .fam = (uint8_t)peer->fam, .sport = local_port, .dport = port
        };
        memcpy(p.in.src, t->local.w, sizeof p.in.src);
        memcpy(p.in.dst, peer->w, sizeof p.in.dst);
        return p;
}

/* A port of ours that no live conn uses towards that peer. */
static struct conn *box_conn(struct worker *w, const struct box_target *t, uint8_t proto, const struct addr *peer,
                             uint16_t port, enum drop_reason *why)
{
        *why = DROP_NAT_POOL;
        for (unsigned i = 0; i < BOX_PORT_TRIES; i++) {
                uint16_t local = (uint16_t)(1024 + rng_below(w->env.rng, 64512));
                struct flow_plan p = box_plan(t, proto, peer, port, local);
                struct flow_key back = flow_reverse(&p.in, t->ifc->idx);
                unsigned side;

                if (!conn_find(w->conns, &back, &side))
                        return conn_build(w, NULL, &p, why);
        }
        return NULL;
}

/* A flow id and the conn that it names, on the way that was found. */
static int open_flow(struct worker *w, const struct box_target *t, uint8_t proto, const struct addr *peer,
                     uint16_t port, struct box_flow *out, enum drop_reason *why)
{
        struct punt_flow *f;
        struct conn *c;
        uint8_t gen;
        uint32_t id = punt_flow_take(w->punt, &f, &gen);

        *why = DROP_PUNT_ID;
        if (!id)
                return -1;
        c = box_conn(w, t, proto, peer, port, why);
        if (!c) {
                punt_flow_give(w->punt, f);
                return -1;
        }
        f->owner = OWNER_BOX;
        f->conn_id = c->id;
        f->conn_slot = conn_slot(w->conns, c);
        c->flow = id;
        c->generation = gen;
        *out = (struct box_flow){
                .flow = id,
                .gen = gen,
                .pseudo = addr_v4(pseudo_addr(1, w->id, id)),
                .pseudo_port = pseudo_port(gen),
                .local = flow_src(&c->side[0].key),
                .local_port = c->side[0].key.sport,
        };
        return 0;
}

int punt_box_open(struct worker *w, uint8_t proto, uint16_t out_iface, const struct addr *peer, uint16_t port,
                  struct box_flow *out, struct err *e)
{
        struct box_target t = { .ifc = NULL };
        enum drop_reason why;

        if (target_find(w, out_iface, peer, &t, e) < 0)
                return -1;
        if (open_flow(w, &t, proto, peer, port, out, &why) == 0)
                return 0;
        if (why == DROP_PUNT_ID)
                return err_set(e, ERR_LIMIT, "all %u flow ids are in use", PUNT_FLOWS_MAX);
        return err_set(e, ERR_LIMIT, "no connection for the appliance itself: %s", drop_text(why));
}

/* The last segments of a TCP flow still leave the private kernel after its socket was closed. */
static void box_linger(struct worker *w, struct conn *c, struct punt_flow *f)
{
        f->owner = OWNER_CONN;
        c->ending = true;
        c->end_reason = CONN_END_FINS;
        c->idle_ms = c->embryonic_ms = c->half_closed_ms = PUNT_LINGER_MS;
        tmr_set(w->tmr, &c->tmr, PUNT_LINGER_MS);
}

static void end_answer(struct worker *w, const struct punt_flow *f)
{
        struct conn *c = f->answer_id ? conn_at(w->conns, f->answer_slot, f->answer_id) : NULL;

        if (c)
                conn_end(w, c, CONN_END_PARENT);
}

void punt_box_close(struct worker *w, uint32_t flow, uint8_t gen)
{
        struct punt_flow *f = punt_flow_find(w->punt, flow, gen);
        struct conn *c = f && f->owner == OWNER_BOX ? punt_flow_conn(w->punt, f) : NULL;

        if (!f || f->owner != OWNER_BOX)
                return;
        end_answer(w, f);
        if (c && c->proto == IPPROTO_TCP_) {
                box_linger(w, c, f);
                return;
        }
        f->owner = OWNER_CONN;
        if (c)
                conn_end(w, c, CONN_END_FINS);
        else
                punt_flow_give(w->punt, f);
}

bool punt_box_peer(struct worker *w, uint32_t flow, uint8_t gen, struct flow_key *in)
{
        struct punt_flow *f = punt_flow_find(w->punt, flow, gen);
        struct conn *c = f ? punt_flow_conn(w->punt, f) : NULL;

        if (!c || !f->inbound)
                return false;
        *in = c->side[0].key;
        return true;
}

bool punt_box_alive(struct worker *w, uint32_t flow, uint8_t gen)
{
        struct punt_flow *f = punt_flow_find(w->punt, flow, gen);

        return f && punt_flow_conn(w->punt, f);
}

static int expect(struct worker *w, uint32_t flow, uint8_t gen, uint16_t local_port, uint32_t timeout_s, bool once)
{
        struct punt_flow *f = punt_flow_find(w->punt, flow, gen);
        struct conn *c = f ? punt_flow_conn(w->punt, f) : NULL;
        struct pinhole_spec s;

        if (!c || !local_port || (c->kernel_port[1] && c->kernel_port[1] != local_port))
                return -1;
        s = (struct pinhole_spec){ .proto = c->proto,
                                   .in_iface = c->side[1].key.iface,
                                   .src = flow_src(&c->side[1].key),
                                   .dst = flow_dst(&c->side[1].key),
                                   .dport = c->side[1].key.dport,
                                   .out_iface = IFACE_BOX,
                                   .timeout_s = timeout_s,
                                   .action = CONN_BOX,
                                   .box_flow = flow,
                                   .box_port = local_port,
                                   .owner = c->id,
                                   .once = once };
        return pinhole_add(w, &s);
}

int punt_box_expect(struct worker *w, uint32_t flow, uint8_t gen, uint16_t local_port, uint32_t timeout_s)
{
        return expect(w, flow, gen, local_port, timeout_s, true);
}

/* ---- for a proxy worker ---- */

static int far_open(struct worker *w, struct punt_far *x)
{
        struct box_target t = { .ifc = NULL };
        enum drop_reason why = DROP_NO_ROUTE;
        struct box_flow flow;
        struct err e;

        x->flow = 0;
        if (target_find(w, x->iface, &x->peer.a, &t, &e) == 0) {
                if (x->local.fam)
                        t.local = x->local;
                if (open_flow(w, &t, IPPROTO_UDP_, &x->peer.a, x->peer.port, &flow, &why) == 0) {
                        x->flow = flow.flow;
                        x->gen = flow.gen;
                }
        }
        x->why = (uint8_t)why;
        if (x->flow && x->local_port && expect(w, x->flow, x->gen, x->local_port, FAR_ANSWER_S, false) < 0) {
                punt_box_close(w, x->flow, x->gen);
                x->flow = 0;
        }
        return x->flow ? 0 : -1;
}

/* An answer that finds no room is as good as none: the asker's deadline ends its wait. */
void punt_far_open(struct punt *p, unsigned link, const struct punt_msg *m)
{
        struct punt_msg r = { .kind = PUNT_BOX_OPENED, .far = m->far };

        far_open(p->w, &r.far);
        if (!punt_link_push(p, link, &r) && r.far.flow)
                punt_box_close(p->w, r.far.flow, r.far.gen);
}
