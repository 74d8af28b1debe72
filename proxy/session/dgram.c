/* The datagram leg: whole datagrams of a flow through an engine and back to the dataplane, which does the headers. */
#include "platform/net/csum.h"
#include "proxy/worker/worker_int.h"

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

/* since: it has waited from then on; 0: it is new. *wait: it goes on waiting. */
static bool inspect_dgram(struct psession *s, const struct punt_msg *m, uint64_t since_ms, bool *wait)
{
        struct pkt *pk = m->pk;
        struct wbuf out = wbuf_of(s->w->scratch, SCRATCH_MAX);
        size_t used = 0;
        enum engine_verdict v;
        bool pass;

        s->ctx.out = &out;
        psession_ctx_now(s);
        s->last_ms = s->ctx.now_ms;
        s->half[m->dir].bytes += since_ms ? 0 : pk->tot_pay;
        s->ctx.held = since_ms;
        s->ctx.may_wait = since_ms ? s->ctx.now_ms - since_ms < PORT_WAIT_MS : s->w->nheld < HELD_DGRAMS_MAX;
        v = s->engine->data(&s->ctx, m->dir, cur_of(pk->buf + pk->pay, pk->tot_pay), false, &used);
        *wait = v == ENGINE_WAIT && s->ctx.may_wait;
        pass = v == ENGINE_ACCEPT && !out.full && (!out.len || replace_payload(pk, s->w->scratch, out.len));
        mem_wipe(s->w->scratch, out.len); /* there may be keys in it */
        return pass;
}

static void keep(struct proxy_worker *w, unsigned link, const struct punt_msg *m, uint64_t since_ms)
{
        w->held_dgram[w->nheld++] = (struct held_dgram){ *m, since_ms, (uint8_t)link };
}

static void input(struct proxy_worker *w, unsigned link, const struct punt_msg *m, uint64_t since_ms)
{
        struct psession *s = psession_find(w, link, m->flow, m->gen);
        bool wait = false;
        bool pass = s && !s->dead && !psession_is_stream(s) && inspect_dgram(s, m, since_ms, &wait);

        if (wait)
                keep(w, link, m, since_ms ? since_ms : MAX_OF(s->ctx.now_ms, (uint64_t)1));
        else
                send_back(w, link, m, pass ? PUNT_DGRAM : PUNT_DGRAM_DROP);
}

void dgram_input(struct proxy_worker *w, unsigned link, const struct punt_msg *m)
{
        input(w, link, m, 0);
}

/* What goes on waiting moves up: never past what is still to be looked at. */
void dgram_release(struct proxy_worker *w)
{
        unsigned n = w->nheld;

        w->nheld = 0;
        for (unsigned i = 0; i < n; i++) {
                struct held_dgram d = w->held_dgram[i];

                if (proxy_may_answer(w->env.link[d.link])) {
                        input(w, d.link, &d.m, d.since_ms);
                } else {
                        w->ports_came = true; /* there is no room yet */
                        keep(w, d.link, &d.m, d.since_ms);
                }
        }
}

void dgram_drop_held(struct proxy_worker *w)
{
        for (unsigned i = 0; i < w->nheld; i++)
                send_back(w, w->held_dgram[i].link, &w->held_dgram[i].m, PUNT_DGRAM_DROP);
        w->nheld = 0;
}
