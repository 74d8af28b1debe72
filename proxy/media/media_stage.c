/*
 * The relay's way through a burst: whose packet is it; all that must be opened, in one call; what is now clear is
 * judged and renumbered; all that must be sealed, in one call; out. Packets keep their order. docs/media.md.
 */
#include "platform/net/csum.h"
#include "platform/net/icmp_box.h"
#include "proxy/media/media_addr.h"
#include "proxy/media/media_job.h"

/* ---- 1: whose packet is it? ---- */

static void refuse_rtp(struct media_relay *r, struct media_job *j, enum rtp_fault f)
{
        leg_in(j)->stat.malformed++;
        media_log_conformance(r->t, false, j->pk, f == RTP_BAD_VERSION ? "Incorrect version" : "Invalid length",
                              f == RTP_BAD_VERSION ? j->p[0] >> 6 : (uint32_t)j->len);
        end(j, f == RTP_BAD_VERSION ? DROP_RTP_VERSION : DROP_RTP_LENGTH);
}

static void refuse_rtcp(struct media_relay *r, struct media_job *j, enum rtcp_fault f)
{
        static const enum drop_reason why[] = { [RTCP_BAD_LENGTH] = DROP_RTCP_LENGTH,
                                                [RTCP_BAD_VERSION] = DROP_RTCP_VERSION,
                                                [RTCP_BAD_TYPE] = DROP_RTCP_TYPE };

        leg_in(j)->stat.malformed++;
        media_log_conformance(r->t, true, j->pk,
                              f == RTCP_BAD_VERSION ? "Incorrect version"
                              : f == RTCP_BAD_TYPE  ? "Invalid payload-type"
                                                    : "Invalid length",
                              f == RTCP_BAD_VERSION ? j->p[0] >> 6
                              : f == RTCP_BAD_TYPE  ? j->p[1]
                                                    : (uint32_t)j->len);
        end(j, why[f]);
}

/* Its kind, by port, and on a port for both by the second byte. false: it ended. */
static bool classify(struct media_relay *r, struct media_job *j)
{
        bool odd = j->pk->key.dport & 1, like_rtcp = rtp_is_rtcp(j->p, j->len);
        enum rtp_fault f;

        if (!j->way->rtp) {
                if (odd)
                        end(j, DROP_MEDIA_NO_SESSION);
                return !odd;
        }
        j->rtcp = odd || (like_rtcp && leg_in(j)->spec.rtcp_mux);
        if (j->rtcp) {
                if (!like_rtcp || j->len < 8)
                        refuse_rtcp(r, j, j->len < 8 ? RTCP_BAD_LENGTH : RTCP_BAD_TYPE);
                else if (j->s->no_rtcp)
                        end(j, DROP_MEDIA_NO_RTCP);
                return j->pk != NULL;
        }
        if (like_rtcp && j->p[1] >= RTCP_SR && j->p[1] <= RTCP_XR) { /* RFC 5761, 4: no payload type of RTP */
                leg_in(j)->stat.nonconforming++;
                media_log_conformance(r->t, false, j->pk, "Invalid payload-type", j->p[1] & 0x7Fu);
                end(j, DROP_RTP_PAYLOAD_TYPE);
                return false;
        }
        f = rtp_parse(j->p, j->len, &j->h);
        if (f == RTP_FINE && !j->way->open && !rtp_padding_fits(j->p, j->len, &j->h))
                f = RTP_BAD_LENGTH;
        if (f)
                refuse_rtp(r, j, f);
        return !f;
}

/* Clear packets have only their address and their sum to show. */
static bool source_fits(struct media_relay *r, struct media_job *j)
{
        if (j->way->open)
                return true;
        if (!csum_l4_ok(j->pk)) {
                leg_in(j)->stat.malformed++;
                end(j, DROP_BAD_L4_CSUM);
                return false;
        }
        if (media_source_ok(r->w, j->s, j->side, j->rtcp, j->pk, j->rtcp || !j->way->rtp ? NULL : &j->h))
                return true;
        leg_in(j)->stat.foreign++;
        end(j, DROP_MEDIA_FOREIGN);
        return false;
}

static void refuse_side(struct media_job *j, enum drop_reason why)
{
        leg_in(j)->stat.no_key++;
        end(j, why);
}

static void fetch_keys(const struct media_job *j)
{
        if (j->way->open)
                srtp_fetch(leg_in(j)->rx);
        if (j->way->seal && leg_out(j)->tx)
                srtp_fetch(leg_out(j)->tx);
}

static void admit(struct media_relay *r, struct media_job *j)
{
        struct media_leg *l;

        if (j->pk->ttl <= 1) {
                end(j, DROP_TTL);
                return;
        }
        l = leg_in(j);
        j->way = l->way;
        if (l->rx_refuse) {
                refuse_side(j, l->rx_refuse);
        } else if (!j->way) {
                l->stat.not_sent++;
                end(j, DROP_SRTP_NO_OUTPUT);
        } else if (classify(r, j) && source_fits(r, j)) {
                fetch_keys(j);
        }
}

/* ---- 3: what is clear ---- */

/* Jitter is reckoned in units of the payload's clock (RFC 3550, 6.4.1). */
static uint32_t arrival(struct media_session *s, unsigned side, uint8_t pt, uint64_t now_ns)
{
        struct media_leg *l = &s->leg[side];

        if (!l->clock_hz || l->clock_pt != pt) {
                const struct media_pt *m = media_pt_of(s, side, pt);

                l->clock_pt = pt;
                l->clock_hz = m && m->clock ? m->clock : 8000;
        }
        return (uint32_t)(now_ns / 1000 * l->clock_hz / 1000000);
}

static bool judge_rtp(struct media_relay *r, struct media_job *j)
{
        struct media_leg *l = leg_in(j);
        const char *reason;
        uint32_t value;
        enum drop_reason why;

        if (j->way->open && !rtp_padding_fits(j->p, j->len, &j->h)) {
                refuse_rtp(r, j, RTP_BAD_LENGTH);
                return false;
        }
        why = media_conforms(j->s, j->side, &j->h, &reason, &value);
        if (why != DROP_RTP_SSRC &&
            why != DROP_RTP_PROBATION) /* a would-be sender does not replace the one there is */
                rtp_source_seen(&l->source, &j->h, arrival(j->s, j->side, j->h.pt, r->w->now_ns));
        if (why) {
                l->stat.nonconforming++;
                media_log_conformance(r->t, false, j->pk, reason, value);
                end(j, why);
                return false;
        }
        l->stat.ssrc_in = j->h.ssrc;
        l->stat.pt = j->h.pt;
        return true;
}

static bool judge_rtcp(struct media_relay *r, struct media_job *j)
{
        enum rtcp_fault f = rtcp_check(j->p, j->len, j->s->conformance);

        if (f)
                refuse_rtcp(r, j, f);
        return !f;
}

static void count_in(struct media_relay *r, struct media_job *j)
{
        struct media_session *s = j->s;
        struct media_side_stat *st = &leg_in(j)->stat;

        s->last_ms = r->w->now_ms;
        if (j->rtcp) {
                st->rtcp_rx++;
                return;
        }
        st->rx_pkts++;
        st->rx_bytes += j->len;
        r->t->count.rx_pkts++;
        r->t->count.rx_bytes += j->len;
        if (!s->first_told[j->side]) {
                s->first_told[j->side] = true;
                media_owe(s, OWE_FIRST << j->side);
        }
}

/* May it go on? RTCP does also while the call is on hold (RFC 3264, 8.4). */
static enum drop_reason onward(const struct media_job *j)
{
        const struct media_leg *in = leg_in(j), *out = leg_out(j);

        if (out->tx_refuse)
                return out->tx_refuse;
        if (!j->rtcp && !(in->spec.sends && out->spec.receives))
                return DROP_MEDIA_HELD;
        return DROP_NONE;
}

static bool renumber(struct media_job *j)
{
        if (j->rtcp) {
                media_sender_rtcp(j->s, j->side, j->p, j->len);
                return true;
        }
        return !j->way->seal || media_sender_rtp(j->s, !j->side, j->p, &j->h);
}

static void judge(struct media_relay *r, struct media_job *j)
{
        enum drop_reason why;

        if (j->way->rtp && !(j->rtcp ? judge_rtcp(r, j) : judge_rtp(r, j)))
                return;
        count_in(r, j);
        why = onward(j);
        if (!why && j->way->rtp && !renumber(j))
                why = DROP_RTP_SEQ;
        if (why) {
                leg_out(j)->stat.not_sent++;
                end(j, why);
        }
}

/* ---- 5: out ---- */

static void count_out(const struct media_job *j)
{
        struct media_side_stat *st = &leg_out(j)->stat;

        if (j->rtcp) {
                st->rtcp_tx++;
                return;
        }
        st->tx_pkts++;
        st->tx_bytes += j->len;
        j->s->t->count.tx_pkts++;
        j->s->t->count.tx_bytes += j->len;
}

/* An address that was taken out of the configuration is ours as far as its last calls go. */
static struct media_address *ours_at(const struct media_relay *r, uint32_t v4, uint16_t port)
{
        struct media_address *a = media_address_find(r->t, v4);
        unsigned side;

        return a && (a->configured || (port && media_at(r->t, a, port, &side))) ? a : NULL;
}

/* Where a packet for one of our own addresses leads: to another call, once; never back into its own. */
static bool may_go_round(const struct media_relay *r, const struct media_job *j, const struct media_address *a,
                         bool again)
{
        unsigned side;

        return !again && media_at(r->t, a, media_target(leg_out(j), j->rtcp)->port, &side) != j->s;
}

/* true: it is for another of our own ports, and goes round. */
static bool send_on(struct media_relay *r, struct media_job *j, bool again)
{
        struct media_leg *l = leg_out(j);
        const struct endpoint *to = media_target(l, j->rtcp);
        struct media_address *ours = ours_at(r, to->a.v4, to->port);
        const struct media_hop *h = ours ? NULL : media_hop_find(r->w, l, j->rtcp);

        if (ours ? !may_go_round(r, j, ours, again) : !h) {
                l->stat.not_sent++;
                end(j, ours ? DROP_MEDIA_LOOP : DROP_NO_ROUTE);
                return false;
        }
        media_headers(j->pk, l, j->rtcp, j->len);
        count_out(j);
        if (ours)
                return true;
        media_send(r->w, j->pk, h);
        return false;
}

/* ---- a burst ---- */

/* The lines a packet touches, all on their way before the first is read (see struct media_leg). */
static void fetch(const struct media_session *s, unsigned side)
{
        const struct media_leg *in = &s->leg[side], *out = &s->leg[!side];

        __builtin_prefetch(s);
        __builtin_prefetch(in);
        __builtin_prefetch(&in->source);
        __builtin_prefetch(&in->at);
        __builtin_prefetch(&in->stat);
        __builtin_prefetch(out);
        __builtin_prefetch(&out->at);
        __builtin_prefetch(&out->hop);
        __builtin_prefetch(&out->sender);
        __builtin_prefetch(&out->stat);
}

static void job_add(struct media_relay *r, struct pkt *pk)
{
        struct media_address *a = media_address_find(r->t, pk->key.dst[0]);
        unsigned side = 0;
        struct media_session *s = a ? media_at(r->t, a, pk->key.dport, &side) : NULL;

        if (!s) {
                media_log(r->t, MEDIA_LOG_NO_SESSION, pk);
                dp_drop(pk, DROP_MEDIA_NO_SESSION);
                return;
        }
        fetch(s, side);
        r->job[r->n++] = (struct media_job){
                .pk = pk, .s = s, .side = (uint8_t)side, .p = pk->buf + pk->pay, .len = pk->end - pk->pay
        };
}

/* Returns how many packets, moved to the front of `round`, are for another port of ours. */
static unsigned relay_burst(struct media_relay *r, struct pkt *round[BURST_MAX], bool again)
{
        unsigned n = 0;

        for (unsigned i = 0; i < r->n; i++)
                admit(r, &r->job[i]);
        media_open_all(r);
        for (unsigned i = 0; i < r->n; i++)
                if (r->job[i].pk)
                        judge(r, &r->job[i]);
        media_seal_all(r);
        for (unsigned i = 0; i < r->n; i++)
                if (r->job[i].pk && send_on(r, &r->job[i], again))
                        round[n++] = r->job[i].pk;
        return n;
}

/* Two calls that meet on the box: what one sends, the other receives. Once: whoever meets himself goes nowhere. */
static void relay_again(struct media_relay *r, struct pkt *round[BURST_MAX], unsigned n)
{
        r->n = 0;
        for (unsigned i = 0; i < n; i++) {
                if (!round[i]->from_box)
                        dp_answered(r->w, round[i], "media relay");
                job_add(r, round[i]);
        }
        relay_burst(r, round, true);
}

/* ---- what else comes to our addresses ---- */

static enum pkt_verdict other(struct media_relay *r, struct pkt *pk)
{
        struct addr src = flow_src(&pk->key), dst = flow_dst(&pk->key);

        if (pk->key.proto == IPPROTO_ICMP_) {
                if (!csum_l4_ok(pk))
                        return dp_drop(pk, DROP_BAD_L4_CSUM);
                /* As with interfaces: an address answers on its own side only. */
                return media_proxy_arp(r->w->snap, pk->iface, &dst) ? icmp_box_input(r->w, pk)
                                                                    : dp_drop(pk, DROP_BOX_DENIED);
        }
        log_msg(r->w->log, LOG_710005, LS(pk->key.proto == IPPROTO_TCP_ ? "TCP" : "IP"), LA(&src), LU(pk->key.sport),
                LS(iface_name(net_rt(r->w->snap), pk->iface)), LA(&dst), LU(pk->key.dport));
        return dp_drop(pk, DROP_BOX_NO_SERVICE);
}

/* What the signalling has settled; whether a payload is authentic only a real packet can show. */
static enum drop_reason trace_way(const struct media_session *s, unsigned side, bool rtcp)
{
        const struct media_leg *in = &s->leg[side], *out = &s->leg[!side];

        if (in->rx_refuse)
                return in->rx_refuse;
        if (!in->way)
                return DROP_SRTP_NO_OUTPUT;
        if (rtcp && s->no_rtcp)
                return DROP_MEDIA_NO_RTCP;
        return out->tx_refuse;
}

static enum pkt_verdict trace_session(struct media_relay *r, struct pkt *pk, struct media_session *s, unsigned side)
{
        struct media_leg *out = &s->leg[!side];
        bool rtcp = pk->key.dport & 1, ours = media_address_find(r->t, media_target(out, rtcp)->a.v4) != NULL;
        const struct media_hop *h = ours ? NULL : media_hop_find(r->w, out, rtcp);
        enum drop_reason why = trace_way(s, side, rtcp);
        struct trace_phase *ph;
        char to[ADDR_TEXT_MAX];

        if (!why && !ours && !h)
                why = DROP_NO_ROUTE;
        ph = trace_add(pk, "MEDIA-RELAY", s->leg[side].way ? s->leg[side].way->name : "", !why);
        if (why) {
                trace_info(ph, "a media session has this port");
                return dp_drop(pk, why);
        }
        trace_info(ph, "a media session has this port\nrelayed to %s/%u", addr_print(&media_target(out, rtcp)->a, to),
                   media_target(out, rtcp)->port);
        if (pk->trace) {
                pk->trace->allow = true;
                pk->trace->out_iface = ours ? IFACE_BOX : h->out_iface;
        }
        return dp_consume(pk, "media relay");
}

/* packet-tracer asks only. */
static enum pkt_verdict trace(struct media_relay *r, struct pkt *pk)
{
        struct media_address *a = media_address_find(r->t, pk->key.dst[0]);
        unsigned side = 0;
        struct media_session *s = media_at(r->t, a, pk->key.dport, &side);

        if (s)
                return trace_session(r, pk, s, side);
        trace_info(trace_add(pk, "MEDIA-RELAY", "", false), "no session");
        return dp_drop(pk, DROP_MEDIA_NO_SESSION);
}

static bool is_ours(const struct media_relay *r, const struct pkt *pk)
{
        return ours_at(r, pk->key.dst[0], pk->key.proto == IPPROTO_UDP_ ? pk->key.dport : 0) != NULL;
}

static bool in_our_name(const struct media_relay *r, const struct pkt *pk)
{
        const struct media_address *a = media_address_find(r->t, pk->key.src[0]);

        return a && a->configured;
}

static void take(struct media_relay *r, struct pkt *pk)
{
        if (in_our_name(r, pk))
                dp_drop(pk, DROP_SPOOF); /* from a wire, in our name */
        else if (pk->key.proto != IPPROTO_UDP_)
                other(r, pk);
        else if (unlikely(pk->dry))
                trace(r, pk);
        else if (pk->csum.gso_type)
                dp_drop(pk, DROP_RTP_LENGTH); /* several datagrams in one: no such is media */
        else
                job_add(r, pk);
}

void media_stage(struct worker *w, struct burst *b)
{
        struct media_relay r;
        struct pkt *round[BURST_MAX];
        unsigned n;

        if (!w->media)
                return;
        media_addrs_refresh(w->media);
        if (!w->media->naddrs)
                return;
        r.w = w;
        r.t = w->media;
        r.n = 0;
        for (unsigned i = 0; i < b->n; i++)
                if (is_ours(&r, b->pk[i]))
                        take(&r, b->pk[i]);
        if (!r.n)
                return;
        n = relay_burst(&r, round, false);
        if (n)
                relay_again(&r, round, n);
}
