#include "proxy/punt/punt_int.h"

#include "platform/base/hash.h"
#include "platform/base/mem.h"
#include "policy/policy_rt.h"

int punt_link_init(struct punt_link *l, struct worker *dp, struct err *e)
{
        *l = (struct punt_link){ .dp = dp };
        l->to_proxy = ring_new(sizeof(struct punt_msg), PUNT_RING_SLOTS);
        l->to_dp = ring_new(sizeof(struct punt_msg), PUNT_RING_SLOTS);
        if (l->to_proxy && l->to_dp)
                return 0;
        punt_link_fini(l);
        return err_nomem(e, "making the rings of a proxy worker");
}

void punt_link_fini(struct punt_link *l)
{
        ring_free(l->to_proxy);
        ring_free(l->to_dp);
        l->to_proxy = l->to_dp = NULL;
}

struct punt *punt_new(struct worker *w, struct punt_link *const *links, unsigned nlinks)
{
        struct punt *p = mem_alloc(MEM_FLOW, sizeof *p);

        if (!p)
                return NULL;
        p->w = w;
        p->links = links;
        p->nlinks = nlinks;
        list_init(&p->pend);
        list_init(&p->begun);
        p->flows = pool_new(sizeof(struct punt_flow), PUNT_FLOWS_MAX, POOL_FIFO);
        p->gens = mem_alloc(MEM_FLOW, PUNT_FLOWS_MAX);
        if (!p->flows || !p->gens || punt_lease_init(p) < 0 || punt_secure_init(p) < 0) {
                punt_free(p);
                return NULL;
        }
        return p;
}

void punt_free(struct punt *p)
{
        if (!p)
                return;
        punt_secure_fini(p);
        punt_lease_fini(p);
        pool_free(p->flows);
        mem_free(p->gens);
        mem_free(p);
}

struct punt_flow *punt_flow_find(struct punt *p, uint32_t flow, uint8_t gen)
{
        uint32_t idx = flow - FLOW_ID_FIRST;

        if (flow < FLOW_ID_FIRST || idx >= PUNT_FLOWS_MAX || !pool_live(p->flows, idx) || p->gens[idx] != gen)
                return NULL;
        return pool_at(p->flows, idx);
}

static struct punt_flow *punt_flow_at(struct punt *p, uint32_t flow)
{
        uint32_t idx = flow - FLOW_ID_FIRST;

        return flow >= FLOW_ID_FIRST && idx < PUNT_FLOWS_MAX && pool_live(p->flows, idx) ? pool_at(p->flows, idx)
                                                                                         : NULL;
}

uint32_t punt_flow_take(struct punt *p, struct punt_flow **out, uint8_t *gen)
{
        struct punt_flow *f = pool_get(p->flows);

        if (!f) {
                p->stat.refused_id++;
                return 0;
        }
        list_init(&f->pend);
        list_init(&f->begun);
        *out = f;
        *gen = ++p->gens[pool_index(p->flows, f)];
        p->stat.flows = pool_used(p->flows);
        p->stat.most = pool_most_used(p->flows);
        return punt_flow_id(p, f);
}

void punt_flow_give(struct punt *p, struct punt_flow *f)
{
        if (f->state == FLOW_END_SENT)
                p->stat.waiting_gone--;
        p->ninbound -= f->inbound;
        punt_held_drop(p, f, false);
        list_del(&f->pend);
        list_del(&f->begun);
        pool_put(p->flows, f);
        p->stat.flows = pool_used(p->flows);
}

/*
 * Both directions of a pair of hosts, and connections either of them opens, hash alike. What a phone asks of its TFTP
 * server and of each of its call managers is one worker's, for that is who knows the phone.
 */
static unsigned link_choose(const struct punt *p, const struct punt_flow_info *i)
{
        uint64_t a = hash_bytes(&i->client_real.a, sizeof i->client_real.a, 1);
        uint64_t b = i->phone_proxy_id ? 0 : hash_bytes(&i->server_real.a, sizeof i->server_real.a, 1);

        return (unsigned)((a + b) % p->nlinks);
}

static void flow_info(const struct conn *c, uint32_t slot, struct punt_flow_info *i)
{
        const struct flow_key *in = &c->side[0].key, *out = &c->side[1].key;

        *i = (struct punt_flow_info){
                .conn_id = c->id,
                .conn_slot = slot,
                .proto = c->proto,
                .action = c->action,
                .engine = c->engine,
                .accept_first = c->accept_first,
                .shifted = c->dst_real_port != out->sport,
                .inspect_line = c->inspect_line,
                .map_id = c->map_id,
                .tls_proxy_id = c->tls_proxy_id,
                .phone_proxy_id = c->phone_proxy_id,
                .class_id = c->class_id,
                .iface = { in->iface, out->iface },
                .client_real = { flow_src(in), in->sport },
                .server_mapped = { flow_dst(in), in->dport },
                .server_real = { flow_src(out), out->sport },
                .client_mapped = { flow_dst(out), out->dport },
        };
}

bool punt_link_push(struct punt *p, unsigned link, const struct punt_msg *m)
{
        struct punt_link *l = p->links[link];

        if (!ring_push(l->to_proxy, m))
                return false;
        if (l->wake_proxy)
                l->wake_proxy(l->wake_ctx);
        return true;
}

/* New flows leave half of the ring to the messages of those already accepted. */
static bool link_has_room(const struct punt *p, unsigned link)
{
        struct ring *r = p->links[link]->to_proxy;

        return ring_space(r) > ring_slots(r) / 2;
}

static bool proxied_new(struct punt *p, struct conn *c, struct punt_flow *f, uint32_t id, uint8_t gen)
{
        struct punt_msg m = { .kind = PUNT_FLOW_NEW, .flow = id, .gen = gen };

        flow_info(c, f->conn_slot, &m.info);
        f->link = (uint8_t)link_choose(p, &m.info);
        c->kernel_port[0] = (uint16_t)(PUNT_LISTEN_PORT + f->link);
        if (link_has_room(p, f->link)) {
                punt_lease_first(p, f->link, &m.info);
                if (punt_link_push(p, f->link, &m))
                        return true;
        }
        p->stat.refused_ring++;
        if (log_full_tell(&p->ring_full, p->w->now_ms))
                log_msg(p->w->log, LOG_321001, LS("new flows that wait for the proxy"),
                        LU(ring_slots(p->links[f->link]->to_proxy) / 2));
        return false;
}

/* Not an answer to what the box has asked. */
static bool to_service(const struct conn *c, const struct flow_plan *plan)
{
        return c->action == CONN_BOX && plan->in_iface != IFACE_BOX && !plan->box_flow;
}

static bool half_open(const struct conn *c)
{
        return c->proto == IPPROTO_TCP_ && c->tcp[0].phase < TCPP_OPEN;
}

/* SYNs that nobody follows up keep nobody out: the oldest of them gives way. Each flow is looked at once. */
static void make_room(struct punt *p)
{
        while (p->ninbound >= PUNT_INBOUND_MAX && !list_empty(&p->begun)) {
                struct punt_flow *f = list_entry(p->begun.next, struct punt_flow, begun);
                struct conn *c = punt_flow_conn(p, f);

                list_del(&f->begun);
                if (c && half_open(c))
                        conn_end(p->w, c, CONN_END_SYN_TIMEOUT);
        }
}

/* Datagrams prove nothing about their sender: half of the ids stay with flows that do. Nor do SYNs to the box itself.
 */
static bool has_id_for(struct punt *p, const struct conn *c, const struct flow_plan *plan)
{
        bool many = c->proto == IPPROTO_UDP_ && c->action != CONN_BOX && p->stat.flows >= PUNT_FLOWS_MAX / 2;

        if (to_service(c, plan))
                make_room(p);
        if (!many && (!to_service(c, plan) || p->ninbound < PUNT_INBOUND_MAX))
                return true;
        p->stat.refused_id++;
        return false;
}

static void tell_full(struct punt *p)
{
        uint32_t held;

        if (log_limit_take(&p->full, p->w->now_ms, &held))
                log_msg(p->w->log, LOG_780011, LU(p->stat.flows), LU(p->stat.refused_id));
}

/* The flow of the box that asked ends it with itself. */
static void note_answer(struct punt *p, uint32_t asker, const struct punt_flow *f)
{
        struct punt_flow *a = asker ? punt_flow_at(p, asker) : NULL;

        if (a && a->owner == OWNER_BOX) {
                a->answer_id = f->conn_id;
                a->answer_slot = f->conn_slot;
        }
}

bool punt_conn_new(struct worker *w, struct conn *c, const struct flow_plan *plan, enum drop_reason *why)
{
        struct punt *p = w->punt;
        struct punt_flow *f;
        uint8_t gen;
        uint32_t id;

        *why = DROP_PUNT_ID;
        if (!p || (c->action != CONN_BOX && !p->nlinks))
                return false;
        id = has_id_for(p, c, plan) ? punt_flow_take(p, &f, &gen) : 0;
        if (!id) {
                tell_full(p);
                return false;
        }
        f->conn_id = c->id;
        f->conn_slot = conn_slot(w->conns, c);
        f->owner = c->action == CONN_BOX ? OWNER_CONN : OWNER_PROXY;
        c->generation = gen;
        if (f->owner == OWNER_CONN) {
                f->inbound = to_service(c, plan);
                p->ninbound += f->inbound;
                if (f->inbound)
                        list_add_tail(&p->begun, &f->begun);
                c->kernel_port[0] = plan->box_port;
                note_answer(p, plan->box_flow, f);
        } else if (!proxied_new(p, c, f, id, gen)) {
                *why = DROP_PUNT_RING;
                punt_flow_give(p, f);
                return false;
        }
        c->flow = id;
        return true;
}

enum pkt_verdict punt_new_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        struct conn *c = pk->conn;
        enum drop_reason why;

        if (!c || c->action == CONN_FORWARD || c->flow || pk->dry)
                return PKT_NEXT;
        if (punt_conn_new(w, c, plan, &why))
                return PKT_NEXT;
        pk->conn = NULL;
        conn_end(w, c, CONN_END_PROXY_FULL);
        return dp_drop(pk, why);
}

/* ---- messages ---- */

static void count_dropped(struct punt *p, struct punt_flow *f, uint32_t more)
{
        struct conn *c = f ? punt_flow_conn(p, f) : NULL;
        struct inspect_count *n = c ? policy_inspect_count(p->w->policy, c->inspect_line) : NULL;

        if (n)
                atomic_fetch_add_explicit(&n->drops, more, memory_order_relaxed);
}

static void drop_dgram(struct punt *p, struct punt_flow *f, struct pkt *pk)
{
        count_dropped(p, f, 1);
        dp_discard(p->w, pk, DROP_INSPECT);
}

static void on_dgram(struct punt *p, struct punt_flow *f, const struct punt_msg *m)
{
        struct conn *c = f ? punt_flow_conn(p, f) : NULL;
        struct burst b = { .n = 1, .pk = { m->pk } };

        if (!c) {
                p->stat.stale++;
                dp_discard(p->w, m->pk, DROP_PUNT_STALE);
                return;
        }
        m->pk->conn = c;
        m->pk->side = m->dir == DIR_C2S ? 0 : 1;
        m->pk->verdict = PKT_NEXT;
        dp_run(p->w, p->w->env.path->output, &b);
}

/* About one flow, as long as there is that flow. */
static void on_flow_msg(struct punt *p, struct punt_flow *f, const struct punt_msg *m)
{
        if (m->kind == PUNT_END)
                punt_end_msg(p, f, m);
        else if (m->kind == PUNT_GONE)
                punt_gone_msg(p, f);
        else
                punt_held_pass(p, f, punt_flow_conn(p, f));
}

static void on_msg(struct punt *p, unsigned link, const struct punt_msg *m)
{
        struct punt_flow *f = punt_flow_find(p, m->flow, m->gen);

        switch (m->kind) {
        case PUNT_END:
        case PUNT_GONE:
        case PUNT_CONNECTED:
                if (f)
                        on_flow_msg(p, f, m);
                break;
        case PUNT_DGRAM:
                on_dgram(p, f, m);
                break;
        case PUNT_DGRAM_DROP:
                drop_dgram(p, f, m->pk);
                break;
        case PUNT_REFUSED:
                count_dropped(p, f, m->n);
                break;
        case PUNT_PINHOLE:
                pinhole_add(p->w, &m->pinhole);
                break;
        case PUNT_PINHOLE_END:
                pinhole_end(p->w, &m->pinhole);
                break;
        case PUNT_GROUP_CLOSE:
                pinhole_close_group(p->w, m->group);
                break;
        case PUNT_LEASE_ASK:
        case PUNT_LEASE_GIVE:
        case PUNT_MAP:
        case PUNT_UNMAP:
                punt_lease_msg(p, link, m);
                break;
        case PUNT_BOX_OPEN:
                punt_far_open(p, link, m);
                break;
        case PUNT_BOX_CLOSE:
                punt_box_close(p->w, m->flow, m->gen);
                break;
        case PUNT_SECURE:
        case PUNT_SECURE_VOID:
                punt_secure_msg(p, link, m);
                break;
        default:
                break;
        }
}

void punt_drain(struct worker *w)
{
        struct punt *p = w->punt;
        struct punt_msg m;

        if (!p)
                return;
        for (unsigned i = 0; i < p->nlinks; i++)
                for (unsigned n = 0; n < PUNT_DRAIN_MAX && ring_pop(p->links[i]->to_dp, &m); n++)
                        on_msg(p, i, &m);
        if (unlikely(!list_empty(&p->pend)))
                punt_pay(p);
        if (unlikely(p->gones_owed))
                punt_lease_pay(p);
}

void punt_use(const struct punt *p, struct table_use out[PUNT_USES])
{
        const struct punt_stat *st = &p->stat;

        out[0] = (struct table_use){ "Proxied flows", st->flows, st->most, PUNT_FLOWS_MAX,
                                     st->refused_id + st->refused_ring };
        out[1] = (struct table_use){ "Waiting SYNs", p->nheld, st->held_most, PUNT_HELD_MAX, p->held_full.refused };
        out[2] = (struct table_use){ "Leased PAT blocks", p->nblocks, st->leases_most, LEASES_MAX,
                                     p->leases_full.refused + st->refused_lease };
}

void punt_stat(const struct punt *p, struct punt_stat *out)
{
        *out = p->stat;
}
