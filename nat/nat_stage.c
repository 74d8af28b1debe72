#include "nat/nat_int.h"

#include "nat/rewrite.h"
#include "platform/net/decode.h"

/*
 * An error about what was sent out on side `in`: it goes to the other side's peer, and must quote the packet as that
 * peer sent it. When the complaint comes from the far end itself, its address is translated too; a router on the way
 * keeps its own.
 */
static void rewrite_error(struct pkt *pk, const struct conn_side *in, const struct conn_side *out)
{
        struct addr src = flow_src(&pk->key), peer = flow_src(&in->key), to = flow_src(&out->key);

        if (addr_eq(&src, &peer))
                src = flow_dst(&out->key);
        rewrite_icmp_error(pk, &src, &to, &out->key);
}

static bool same_header(const struct flow_key *a, const struct flow_key *b)
{
        return a->sport == b->sport && a->dport == b->dport && memcmp(a->src, b->src, sizeof a->src) == 0 &&
               memcmp(a->dst, b->dst, sizeof a->dst) == 0;
}

static void translate(struct worker *w, struct pkt *pk)
{
        unsigned there = !(pk->side & 1);
        const struct conn_side *in = &pk->conn->side[!there], *out = &pk->conn->side[there];
        struct flow_key to = flow_reverse(&out->key, IFACE_NONE);

        if (icmp_is_error(pk))
                rewrite_error(pk, in, out);
        else if (!same_header(&pk->key, &to))
                rewrite_packet(pk, &to);
        pk->out_iface = out->key.iface;
        pk->next_hop = *conn_next_hop(w, pk->conn, there);
        if (unlikely(pk->next_hop.fam == ADDR_NONE))
                dp_drop(pk, DROP_NO_ROUTE);
}

/* A packet of a conn leaves with the reverse of what arrives on the other side, whatever it came in with. */
void nat_stage(struct worker *w, struct burst *b)
{
        for (unsigned i = 0; i < b->n; i++) {
                if (b->pk[i]->conn)
                        translate(w, b->pk[i]);
        }
}
