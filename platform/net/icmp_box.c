#include "platform/net/icmp_box.h"

#include <string.h>

#include "platform/net/csum.h"
#include "platform/net/decode.h"
#include "platform/net/egress_int.h"
#include "platform/net/ping_int.h"

enum { ECHO_REPLY = 0, ECHO_REQUEST = 8, REPLY_TTL = 64 };

static bool rule_matches(const struct icmp_rule_rt *r, const struct addr *src, uint8_t type)
{
        if (r->type >= 0 && r->type != type)
                return false;
        return !r->src.a.fam || prefix_has(&r->src, src);
}

bool icmp_permitted(const struct net_rt *n, uint16_t iface, const struct addr *src, uint8_t type)
{
        bool listed = false;

        for (unsigned i = 0; i < n->nicmp; i++) {
                const struct icmp_rule_rt *r = &n->icmp[i];

                if (r->iface != iface)
                        continue;
                if (rule_matches(r, src, type))
                        return r->permit;
                listed = true;
        }
        return !listed;
}

/* Addresses change places, which no sum notices; type and TTL are followed. */
static void make_reply(struct pkt *pk)
{
        uint8_t *ip = pk->buf + pk->l3, *icmp = pk->buf + pk->l4, a[4];
        uint16_t zero = 0, sum;

        memcpy(a, ip + 12, 4);
        memcpy(ip + 12, ip + 16, 4);
        memcpy(ip + 16, a, 4);
        ip[8] = pk->ttl = REPLY_TTL;
        memcpy(ip + 10, &zero, 2);
        sum = csum_ip_header(ip, pk->l4 - pk->l3);
        memcpy(ip + 10, &sum, 2);
        icmp[0] = ECHO_REPLY;
        csum_l4_full(pk);
}

/* packet-tracer: it would be answered. */
static enum pkt_verdict trace_answer(struct pkt *pk)
{
        trace_info(trace_add(pk, "ROUTE-LOOKUP", "Resolve Egress Interface", true), "found egress ifc  identity");
        if (pk->trace) {
                pk->trace->allow = true;
                pk->trace->out_iface = IFACE_BOX;
        }
        return dp_consume(pk, "icmp echo");
}

static enum pkt_verdict answer_echo(struct worker *w, struct pkt *pk)
{
        struct addr src = flow_src(&pk->key), hop;

        if (!box_next_hop(net_rt(w->snap), pk->iface, &src, &hop))
                return dp_drop(pk, DROP_NO_ROUTE);
        if (pk->dry)
                return trace_answer(pk);
        dp_answered(w, pk, "icmp echo");
        make_reply(pk);
        pk->key = flow_reverse(&pk->key, IFACE_NONE);
        pk->icmp_type = ECHO_REPLY;
        pk->conn = NULL;
        pk->df = false;
        pk->out_iface = pk->iface;
        pk->next_hop = hop;
        egress_send(w, pk);
        return dp_taken(pk);
}

static enum pkt_verdict refuse(struct worker *w, struct pkt *pk, const struct addr *src)
{
        if (!pk->dry)
                log_msg(w->log, LOG_313001, LU(pk->icmp_type), LU(pk->icmp_code), LA(src),
                        LS(iface_name(net_rt(w->snap), pk->iface)));
        trace_info(trace_add(pk, "ACCESS-LIST", "", false), "Implicit Rule");
        return dp_drop(pk, DROP_BOX_DENIED);
}

enum pkt_verdict icmp_box_input(struct worker *w, struct pkt *pk)
{
        const struct net_rt *n = net_rt(w->snap);
        struct addr src = flow_src(&pk->key), dst = flow_dst(&pk->key);
        const struct iface_rt *own = iface_by_addr(n, &dst);

        /* An interface answers for itself only: its address seen from another interface is a stranger's. */
        if (own && own->idx != pk->iface)
                return dp_drop(pk, DROP_BOX_DENIED);
        if (!icmp_permitted(n, pk->iface, &src, pk->icmp_type))
                return refuse(w, pk, &src);
        if (pk->icmp_type == ECHO_REQUEST)
                return answer_echo(w, pk);
        if (w->icmp && ping_input(w, pk))
                return dp_consume(pk, "ping");
        return dp_drop(pk, pk->icmp_type == ECHO_REPLY ? DROP_ICMP_NO_CONN : DROP_BOX_NO_SERVICE);
}
