/* Which connection a packet belongs to. */
#include "platform/net/decode.h"
#include "policy/conn_int.h"

/*
 * An ICMP error comes from the side its quoted packet was sent to: that packet left with the reverse of what arrives
 * on this side.
 */
static bool error_key(const struct pkt *pk, struct flow_key *k)
{
        struct icmp_quote q;

        if (!decode_icmp_quote(pk, &q))
                return false;
        *k = flow_reverse(&q.key, pk->iface);
        return true;
}

/* Of ICMP, echoes and errors about something have a conn. */
static const struct flow_key *icmp_key(const struct pkt *pk, struct flow_key *quoted)
{
        if (icmp_is_error(pk))
                return error_key(pk, quoted) ? quoted : NULL;
        return icmp_is_echo(pk) ? &pk->key : NULL;
}

static void found_dry(struct pkt *pk, const struct conn *c, unsigned side)
{
        struct trace_phase *ph = trace_add(pk, "FLOW-LOOKUP", "", true);

        trace_info(ph, "Found flow with id %llu, using existing flow", (unsigned long long)c->id);
        if (pk->trace) {
                pk->trace->allow = true;
                pk->trace->in_iface = pk->iface;
                pk->trace->out_iface = c->side[!side].key.iface;
        }
        dp_consume(pk, "packet-tracer");
}

/* The client takes the ports of a lingering flow for a new one: nobody needs the old one's last segments any more. */
static bool begins_anew(const struct conn *c, const struct pkt *pk, unsigned side)
{
        return c->ending && side == 0 && c->proto == IPPROTO_TCP_ && tcp_is_first(pk) &&
               pk->tcp_seq != c->tcp[0].side[0].isn;
}

static void look_up(struct worker *w, struct pkt *pk, const struct flow_key *k, uint64_t hash)
{
        unsigned side;
        struct conn *c = conn_find_hashed(w->conns, k, hash, &side);

        if (unlikely(!c))
                return;
        if (unlikely(pk->dry && c->proto == IPPROTO_ICMP_ && side))
                return; /* packet-tracer's answer is nobody's: the lists say what they say of one */
        if (unlikely(pk->dry)) {
                found_dry(pk, c, side);
                return;
        }
        if (unlikely(begins_anew(c, pk, side))) {
                conn_end(w, c, (enum conn_end_reason)c->end_reason);
                return;
        }
        pk->conn = c;
        pk->side = (uint8_t)side;
}

void conn_stage(struct worker *w, struct burst *b)
{
        const struct conn_table *t = w->conns;
        struct flow_key quoted[BURST_MAX];
        const struct flow_key *key[BURST_MAX];
        uint64_t hash[BURST_MAX];

        for (unsigned i = 0; i < b->n; i++) {
                struct pkt *pk = b->pk[i];

                key[i] = &pk->key;
                if (unlikely(pk->key.proto == IPPROTO_ICMP_))
                        key[i] = icmp_key(pk, &quoted[i]);
                hash[i] = key[i] ? conn_key_hash(t, key[i]) : 0;
                __builtin_prefetch(&t->keys.bucket[hash[i] & t->keys.mask]);
        }
        for (unsigned i = 0; i < b->n; i++)
                __builtin_prefetch(t->keys.bucket[hash[i] & t->keys.mask]);
        for (unsigned i = 0; i < b->n; i++)
                if (key[i])
                        look_up(w, b->pk[i], key[i], hash[i]);
}
