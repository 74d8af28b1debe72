#include "policy/icmp_flow.h"

#include "platform/base/cur.h"
#include "platform/net/decode.h"
#include "policy/acl.h"
#include "policy/conn.h"
#include "policy/policy_rt.h"

enum { ECHO_REPLY = 0, ECHO_REQUEST = 8, SEQ_AT = 6, WINDOW = 64 };

void icmp_acl_ports(struct acl_key *k, const struct pkt *pk)
{
        k->sport = pk->icmp_code;
        k->dport = pk->icmp_type;
}

/* ---- which answers are awaited ---- */

/* A sequence number from far behind is a new count, not a late request. */
void icmp_track_request(struct icmp_track *t, uint16_t seq)
{
        int ahead = (int16_t)(uint16_t)(seq - t->newest);

        if (t->waiting && ahead <= 0 && ahead > -WINDOW) {
                t->waiting |= UINT64_C(1) << -ahead;
                return;
        }
        t->waiting = ahead > 0 && ahead < WINDOW ? t->waiting << ahead | 1 : 1;
        t->newest = seq;
}

bool icmp_track_answer(struct icmp_track *t, uint16_t seq)
{
        uint16_t behind = (uint16_t)(t->newest - seq);
        uint64_t bit = behind < WINDOW ? UINT64_C(1) << behind : 0;
        bool awaited = (t->waiting & bit) != 0;

        t->waiting &= ~bit;
        return awaited;
}

static uint16_t sequence(const struct pkt *pk)
{
        struct cur c = cur_of(pk->buf + pk->l4 + SEQ_AT, 2);

        return cur_be16(&c);
}

/* ---- what the operator hears ---- */

static void log_unasked(struct worker *w, const struct pkt *pk)
{
        struct addr src = flow_src(&pk->key), dst = flow_dst(&pk->key);

        if (!pk->dry)
                log_msg(w->log, LOG_313004, LU(pk->icmp_type), LA(&src), LS(iface_name(net_rt(w->snap), pk->iface)),
                        LA(&dst));
}

static const char *proto_word(uint8_t proto)
{
        return proto == IPPROTO_TCP_ ? "tcp" : proto == IPPROTO_UDP_ ? "udp" : "icmp";
}

void icmp_flow_log_lost(struct worker *w, const struct pkt *pk)
{
        struct addr src = flow_src(&pk->key), dst = flow_dst(&pk->key), qsrc, qdst;
        const char *ifc = iface_name(net_rt(w->snap), pk->iface);
        struct icmp_quote q;

        if (pk->dry || !decode_icmp_quote(pk, &q))
                return;
        qsrc = flow_src(&q.key);
        qdst = flow_dst(&q.key);
        log_msg(w->log, LOG_313005, LS(ifc), LA(&src), LA(&dst), LU(pk->icmp_type), LU(pk->icmp_code), LS(ifc),
                LS(proto_word(q.key.proto)), LA(&qsrc), LU(q.key.sport), LA(&qdst), LU(q.key.dport));
}

/* ---- inspected ---- */

static enum drop_reason count(struct worker *w, uint32_t line, bool passes)
{
        struct inspect_count *n = line ? policy_inspect_count(w->policy, line) : NULL;

        if (n)
                atomic_fetch_add_explicit(passes ? &n->packets : &n->drops, 1, memory_order_relaxed);
        return passes ? DROP_NONE : DROP_ICMP_NO_CONN;
}

static enum drop_reason inspected(struct worker *w, struct conn *c, const struct pkt *pk)
{
        bool passes = true;

        if (pk->icmp_type == ECHO_REQUEST)
                icmp_track_request(&c->icmp, sequence(pk));
        else
                passes = icmp_track_answer(&c->icmp, sequence(pk));
        if (!passes)
                log_unasked(w, pk);
        return count(w, c->inspect_line, passes);
}

/* ---- judged as if it were the first of its kind ---- */

/* Real addresses, as for any packet that comes to the lists. */
static enum drop_reason judged(struct worker *w, const struct conn *c, struct pkt *pk)
{
        const struct conn_side *to = &c->side[!(pk->side & 1)];
        struct flow_plan plan = { .in_iface = pk->iface,
                                  .out_iface = to->key.iface,
                                  .in = pk->key,
                                  .dst_real = flow_src(&to->key),
                                  .dst_real_port = pk->key.dport };

        return acl_stage(w, pk, &plan) == PKT_NEXT ? DROP_NONE : (enum drop_reason)pk->drop;
}

/* An identifier of 0 makes requests of both ends look alike: the type tells them apart. */
static bool of_this_side(const struct pkt *pk)
{
        return pk->icmp_type == (pk->side ? ECHO_REPLY : ECHO_REQUEST);
}

enum drop_reason icmp_flow_echo(struct worker *w, struct conn *c, struct pkt *pk)
{
        if (c->passing)
                return DROP_NONE;
        if (!of_this_side(pk))
                return DROP_ICMP_NO_CONN;
        if (c->engine == INSPECT_ICMP)
                return inspected(w, c, pk);
        return pk->side ? judged(w, c, pk) : DROP_NONE;
}

static bool error_inspected(struct worker *w, const struct conn *c, const struct pkt *pk)
{
        const struct conn_side *to = &c->side[!(pk->side & 1)];
        struct acl_key k = { .src = flow_src(&pk->key), .dst = flow_src(&to->key), .proto = pk->key.proto };

        icmp_acl_ports(&k, pk);
        return policy_icmp_error(policy_rt(w->snap), &k, pk->iface, to->key.iface) != 0;
}

/* TCP and UDP are stateful by themselves, so what is said about them belongs to them. */
enum drop_reason icmp_flow_error(struct worker *w, struct conn *c, struct pkt *pk)
{
        if (c->proto != IPPROTO_ICMP_ || c->action != CONN_FORWARD || c->engine == INSPECT_ICMP)
                return DROP_NONE;
        return error_inspected(w, c, pk) ? DROP_NONE : judged(w, c, pk);
}

enum drop_reason icmp_flow_stray(struct worker *w, const struct pkt *pk, const struct flow_plan *plan)
{
        if (plan->engine != INSPECT_ICMP || pk->icmp_type != ECHO_REPLY)
                return DROP_NONE;
        log_unasked(w, pk);
        return count(w, pk->dry ? 0 : plan->inspect_id, false);
}
