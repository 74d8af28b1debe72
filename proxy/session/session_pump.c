/* Bytes of an open session: leg -> engine -> other leg, each direction with a budget per turn and back-pressure. */
#include "proxy/worker/worker_int.h"

#include <stdio.h>

#define READ_CHUNK 16384u
#define READ_FULL 8192u /* as much as this: there is likely more; less: the poller will tell */

enum pump { PUMP_IDLE, PUMP_AGAIN, PUMP_DEAD };

static void peer_reset(struct psession *s, unsigned from)
{
        psession_end(s, from ? CONN_END_RESET_I : CONN_END_RESET_O, true, NULL);
}

/*
 * Nothing can be written to leg `to`. When its peer has reset it, its last words may still wait to be read: they are
 * passed on first, whoever else happens to be talking.
 */
static enum pump cannot_write(struct psession *s, unsigned to, ssize_t why)
{
        struct half *h = &s->half[to];

        if (why != LEG_RESET || h->eof || h->fin_sent) {
                peer_reset(s, to);
                return PUMP_DEAD;
        }
        h->deaf = h->readable = true;
        return PUMP_IDLE;
}

/* Writes what waits for leg `to`. */
static enum pump flush(struct psession *s, unsigned to)
{
        struct half *h = &s->half[to];

        while (h->out.len && !h->deaf) {
                ssize_t n = leg_write(h->leg, sbuf_data(&h->out), h->out.len);

                if (n == LEG_AGAIN)
                        return PUMP_IDLE;
                if (n < 0)
                        return cannot_write(s, to, n);
                sbuf_used(&h->out, (size_t)n);
        }
        if (h->deaf)
                sbuf_used(&h->out, h->out.len);
        else if (h->fin_wanted && !h->fin_sent && leg_finish(h->leg) == 0)
                h->fin_sent = true;
        return PUMP_IDLE;
}

/* Reads leg `from` into its input buffer; what does not fit waits in the kernel. */
static enum pump fill(struct psession *s, unsigned from, size_t *got)
{
        struct half *h = &s->half[from];
        size_t room;
        uint8_t *p = sbuf_room(&h->in, 1, &room);
        ssize_t n;

        *got = 0;
        if (!p || h->eof || !(h->readable || leg_pending(h->leg)))
                return PUMP_IDLE;
        if (room < READ_CHUNK && sbuf_room(&h->in, MIN_OF(READ_CHUNK, h->in.max - h->in.len), &room))
                p = h->in.p + h->in.off + h->in.len;
        n = leg_read(h->leg, p, room);
        h->readable = n >= (ssize_t)READ_FULL || h->deaf;
        if (n == LEG_AGAIN && !h->deaf)
                return PUMP_IDLE;
        if (n < 0 || (n == 0 && h->deaf)) {
                peer_reset(s, from);
                return PUMP_DEAD;
        }
        h->eof = n == 0;
        h->unseen = true;
        h->in.len += (size_t)n;
        h->bytes += (size_t)n;
        tp_count(s, (struct proxy_counts){ .bytes = (size_t)n });
        *got = (size_t)n;
        return PUMP_IDLE;
}

static void note_cleartext(struct psession *s, unsigned from, const void *p, size_t n)
{
        const struct punt_flow_info *i = &s->info;
        /* One capture per side: each shows the session with the addresses that side sees. */
        for (unsigned side = 0; side < 2; side++) {
                const struct endpoint *c = side ? &i->client_mapped : &i->client_real;
                const struct endpoint *v = side ? &i->server_real : &i->server_mapped;
                struct flow_key k = { .iface = i->iface[side], .proto = i->proto, .fam = (uint8_t)c->a.fam };
                uint32_t seq = s->half[from].cap_seq;

                k.sport = from ? v->port : c->port;
                k.dport = from ? c->port : v->port;
                memcpy(k.src, from ? v->a.w : c->a.w, sizeof k.src);
                memcpy(k.dst, from ? c->a.w : v->a.w, sizeof k.dst);
                capture_cleartext(s->w->caps, net_rt(s->w->snap), &k, &seq, s->half[!from].cap_seq, p, n,
                                  (uint64_t)s->w->env.clk->wall_ns(s->w->env.clk->ctx));
        }
        s->half[from].cap_seq += (uint32_t)n;
}

/*
 * Time runs for each message anew: input that was used belonged to an earlier one, unless the engine says that it was
 * a piece of the one that is still owed.
 */
static void partial_timer(struct psession *s)
{
        uint64_t owed = s->engine->owed ? s->engine->owed(s->ctx.state) : 0;
        bool waiting = owed || s->half[0].in.len, anew = owed ? owed != s->owed : s->moved;
        struct tmr_wheel *t = evl_timers(s->w->evl);

        s->moved = false;
        s->owed = owed;
        if (!s->engine->partial_ms || (waiting == s->partial_on && !(waiting && anew)))
                return;
        s->partial_on = waiting;
        if (waiting)
                tmr_set(t, &s->partial, s->engine->partial_ms);
        else
                tmr_cancel(t, &s->partial);
}

static enum pump engine_refused(struct psession *s)
{
        char why[sizeof s->ctx.reason + 16];

        tp_count(s, (struct proxy_counts){ .engine_closed = 1 });
        snprintf(why, sizeof why, "%s: %s", inspect_name(s->engine->id), s->ctx.reason);
        psession_end(s, CONN_END_INSPECT, !s->ctx.orderly, why);
        return PUMP_DEAD;
}

/* The engine's word would come from nobody: this is told as a session that was refused is. */
static enum pump no_memory(struct psession *s)
{
        psession_refuse(s, CONN_END_PROXY_FULL, "no memory for its messages");
        return PUMP_DEAD;
}

/*
 * Where the engine writes: behind what waits for the other leg; or, where messages may grow, into memory of the
 * worker, so that no session holds room for the worst case.
 */
static bool out_begin(struct psession *s, unsigned from, struct wbuf *out)
{
        const struct half *h = &s->half[from];
        size_t room;
        uint8_t *p;

        if (s->engine->growth_max) {
                *out = wbuf_of(s->w->scratch, MIN_OF(h->in.len + s->engine->growth_max, (size_t)SCRATCH_MAX));
                return true;
        }
        p = sbuf_room(&s->half[!from].out, MAX_OF(h->in.len, (size_t)1), &room);
        if (p)
                *out = wbuf_of(p, room);
        return p != NULL;
}

static bool out_end(struct psession *s, unsigned from, const struct wbuf *out)
{
        struct sbuf *o = &s->half[!from].out;
        size_t room;
        uint8_t *p;

        if (s->engine->growth_max && out->len) {
                p = sbuf_room(o, out->len, &room);
                if (!p)
                        return false;
                memcpy(p, s->w->scratch, out->len);
                mem_wipe(s->w->scratch, out->len);
        }
        o->len += out->len;
        return true;
}

/* May its next message wait for a port, and has it? */
static void hold_begin(struct psession *s, const struct half *h)
{
        s->ctx.held = h->held_ms;
        s->ctx.may_wait = !h->held_ms || s->ctx.now_ms - h->held_ms < PORT_WAIT_MS;
}

static void hold_end(struct psession *s, struct half *h, enum engine_verdict v, size_t used)
{
        h->held = v == ENGINE_WAIT && s->ctx.may_wait;
        if (!h->held || used)
                h->held_ms = 0;
        if (!h->held)
                return;
        h->held_ms = h->held_ms ? h->held_ms : MAX_OF(s->ctx.now_ms, (uint64_t)1);
        h->unseen = true;
        if (list_empty(&s->waits))
                list_add_tail(&s->w->waits, &s->waits);
}

void psession_release(struct proxy_worker *w)
{
        while (!list_empty(&w->waits)) {
                struct psession *s = list_entry(w->waits.next, struct psession, waits);

                list_del(&s->waits);
                s->half[0].held = s->half[1].held = false;
                proxy_queue_busy(s);
        }
}

/* Hands waiting input to the engine once; its output goes to the other leg. AGAIN: no room for that at present. */
static enum pump inspect(struct psession *s, unsigned from, size_t *used, bool *more)
{
        struct half *h = &s->half[from];
        struct cur in = cur_of(sbuf_data(&h->in), h->in.len);
        enum engine_verdict v;
        struct wbuf out;

        *used = 0;
        *more = false;
        if (!out_begin(s, from, &out))
                return PUMP_AGAIN;
        h->unseen = false;
        s->ctx.out = &out;
        psession_ctx_now(s);
        hold_begin(s, h);
        v = s->engine->data(&s->ctx, from ? DIR_S2C : DIR_C2S, in, h->eof, used);
        if (v != ENGINE_CLOSE && (out.full || (v == ENGINE_ROOM && !*used)))
                v = inspect_refuse(&s->ctx, "a message grows too much");
        if (v == ENGINE_CLOSE || !out_end(s, from, &out)) {
                if (s->engine->growth_max)
                        mem_wipe(s->w->scratch, out.len);
                return v == ENGINE_CLOSE ? engine_refused(s) : no_memory(s);
        }
        hold_end(s, h, v, *used);
        h->eof_told = h->eof && !h->held;
        s->moved |= *used && !from;
        if (*used && s->w->snap)
                note_cleartext(s, from, sbuf_data(&h->in), *used);
        sbuf_used(&h->in, *used);
        *more = v == ENGINE_MORE;
        h->unseen |= v == ENGINE_ROOM;
        return PUMP_IDLE;
}

static void after_eof(struct psession *s, unsigned from)
{
        struct half *h = &s->half[from], *o = &s->half[!from];

        if (h->eof && h->eof_told && !h->in.len)
                o->fin_wanted = true;
}

/* One direction until it is dry, blocked or out of budget. */
static enum pump direction(struct psession *s, unsigned from)
{
        size_t budget = PUMP_BUDGET, got, used;
        struct half *h = &s->half[from];
        enum pump seen = PUMP_IDLE;
        bool more = false;

        while (budget && seen == PUMP_IDLE) {
                if (h->held || s->half[!from].out.len >= OUT_MAX / 2)
                        break;
                if (fill(s, from, &got) == PUMP_DEAD)
                        return PUMP_DEAD;
                if (!h->unseen)
                        break;
                s->last_ms = tmr_now(evl_timers(s->w->evl));
                seen = inspect(s, from, &used, &more);
                if (seen == PUMP_DEAD)
                        return PUMP_DEAD;
                if (more && h->in.len >= h->in.max) { /* waiting for what can never fit */
                        snprintf(s->ctx.reason, sizeof s->ctx.reason, "message over %zu bytes", h->in.max);
                        return engine_refused(s);
                }
                if (flush(s, !from) == PUMP_DEAD)
                        return PUMP_DEAD;
                budget -= MIN_OF(budget, MAX_OF(got, (size_t)1));
        }
        after_eof(s, from);
        if (s->half[from].out.len && flush(s, from) == PUMP_DEAD) /* what the engine answered itself */
                return PUMP_DEAD;
        return flush(s, !from) == PUMP_DEAD ? PUMP_DEAD : budget && seen == PUMP_IDLE ? PUMP_IDLE : PUMP_AGAIN;
}

static void tidy(struct half *h)
{
        if (!h->in.len)
                sbuf_release(&h->in);
        if (!h->out.len)
                sbuf_release(&h->out);
}

/* Input that no event will tell of: in the TLS layer, or not shown to the engine because its output had no room. */
static bool waits_inside(const struct psession *s, unsigned from)
{
        const struct half *h = &s->half[from];

        if (h->held || s->half[!from].out.len >= OUT_MAX / 2)
                return false;
        return h->unseen || ((h->deaf || leg_pending(h->leg)) && h->in.len < h->in.max);
}

static bool finished(const struct psession *s)
{
        return s->half[0].eof && s->half[1].eof && s->half[0].fin_sent && s->half[1].fin_sent;
}

void psession_pump(struct psession *s)
{
        bool again = false;

        if (s->dead || s->state != SESS_OPEN || !psession_is_stream(s))
                return;
        if (s->silent) {
                psession_end(s, CONN_END_IDLE, true, s->silent);
                return;
        }
        for (unsigned from = 0; from < 2; from++) {
                enum pump p = direction(s, from);

                if (p == PUMP_DEAD)
                        return;
                again |= p == PUMP_AGAIN || waits_inside(s, from);
        }
        for (unsigned i = 0; i < 2; i++)
                if (s->half[i].deaf && !waits_inside(s, i)) { /* the other is too slow for its last words */
                        peer_reset(s, i);
                        return;
                }
        if (finished(s)) {
                psession_end(s, CONN_END_FINS, false, NULL);
                return;
        }
        partial_timer(s);
        for (unsigned i = 0; i < 2; i++) {
                tidy(&s->half[i]);
                psession_arm(&s->half[i]);
        }
        if (again)
                proxy_queue_busy(s);
}
