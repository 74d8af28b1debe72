/* The datagram leg: whole datagrams of a flow through an engine and back to the dataplane, which does the headers. */
#include "platform/net/csum.h"
#include "proxy/worker_int.h"

static void send_back(struct proxy_worker *w, unsigned link, const struct punt_msg *m, enum punt_kind kind)
{
        struct punt_msg r = *m;

        r.kind = (uint8_t)kind;
        /* There is room: a message is read only then. */
        ring_push(w->env.link[link]->to_dp, &r);
        worker_wake(w->env.link[link]->dp);
}

/* Gives the datagram a new payload; lengths and checksums follow. */
static bool replace_payload(struct pkt *pk, const uint8_t *p, size_t n)
{
        uint32_t head = pk->pay - pk->l3;
        uint8_t *ip = pk->buf + pk->l3, *udp = pk->buf + pk->l4;

        if (pk->key.fam != ADDR_V4 || pk->pay + n > pk->cap || head + n > 65535)
                return false;
        memcpy(pk->buf + pk->pay, p, n);
        pk->end = pk->pay + (uint32_t)n;
        pk->tot_pay = (uint32_t)n;
        pk->len = pk->end - pk->off;
        ip[2] = (uint8_t)((head + n) >> 8);
        ip[3] = (uint8_t)(head + n);
        udp[4] = (uint8_t)((8 + n) >> 8);
        udp[5] = (uint8_t)(8 + n);
        ip[10] = ip[11] = 0;
        *(uint16_t *)(void *)(ip + 10) = csum_ip_header(ip, pk->l4 - pk->l3);
        csum_l4_full(pk);
        return true;
}

static bool inspect_dgram(struct psession *s, const struct punt_msg *m)
{
        struct pkt *pk = m->pk;
        struct wbuf out = wbuf_of(s->w->scratch, SCRATCH_MAX);
        size_t used = 0;
        enum engine_verdict v;
        bool pass;

        s->ctx.out = &out;
        psession_ctx_now(s);
        s->last_ms = s->ctx.now_ms;
        s->half[m->dir].bytes += pk->tot_pay;
        v = s->engine->data(&s->ctx, m->dir, cur_of(pk->buf + pk->pay, pk->tot_pay), false, &used);
        pass = v == ENGINE_ACCEPT && !out.full && (!out.len || replace_payload(pk, s->w->scratch, out.len));
        mem_wipe(s->w->scratch, out.len); /* there may be keys in it */
        return pass;
}

void dgram_input(struct proxy_worker *w, unsigned link, const struct punt_msg *m)
{
        struct psession *s = psession_find(w, link, m->flow, m->gen);
        bool pass = s && !s->dead && !psession_is_stream(s) && inspect_dgram(s, m);

        send_back(w, link, m, pass ? PUNT_DGRAM : PUNT_DGRAM_DROP);
}
