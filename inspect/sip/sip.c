/* A message's way through the engine, and framing of streams. Datagrams: sip_dgram.c. */
#include "inspect/sip/sip.h"

#include "inspect/sip/sip_int.h"
#include "platform/base/mem.h"

/* ---- what cannot be understood ---- */

enum sip_fate sip_full(struct sip_work *x, unsigned counter, const char *why)
{
        sip_count(x->c, counter);
        sip_log_hushed(&x->sh->log_bad, x->c, x->dir, x->m, "Dropped", why);
        x->why = why;
        return SIP_DROP;
}

enum sip_fate sip_malformed(struct inspect_ctx *c, enum inspect_dir dir, const struct sip_msg *m, const char *why)
{
        sip_count(c, SIP_N_MALFORMED);
        sip_debug_bytes(c, dir, "malformed", why);
        sip_log_hushed(&((struct sip_shared *)c->shared)->log_bad, c, dir, m,
                       c->via[0] == VIA_UDP ? "Dropped" : "Dropped connection for", why);
        inspect_refuse_text(c, "malformed SIP: %s", why);
        return SIP_CLOSE;
}

/* ---- a message ---- */

/* It cannot be written: with a reason, as malformed as if it had not parsed. */
static enum sip_fate not_written(struct sip_work *x)
{
        if (x->why)
                return sip_malformed(x->c, x->dir, x->m, x->why);
        sip_count(x->c, SIP_N_TOO_LARGE);
        inspect_refuse_text(x->c, "SIP message too large after edits");
        return SIP_CLOSE;
}

static enum sip_fate checks(struct sip_work *x)
{
        enum sip_fate (*const step[])(struct sip_work *) = { sip_policy,        sip_txn_note,      sip_call_note,
                                                             sip_identity_note, sip_register_note, sip_state_check,
                                                             sip_sdp_note };
        enum sip_fate f = SIP_FORWARD;

        for (unsigned i = 0; i < ARRAY_LEN(step) && f == SIP_FORWARD; i++)
                f = step[i](x);
        return f;
}

static enum sip_fate forward(struct sip_work *x)
{
        struct wbuf *out = x->c->out;
        size_t before = out->len;

        sip_edits_reset(&x->sh->head);
        x->sh->head.stream = via_to(x) != VIA_UDP;
        if (!sip_rewrite_head(x))
                return not_written(x);
        if (x->c->waits)
                return SIP_WAIT;
        if (!sip_write(x->m, &x->sh->head, x->body, out))
                return not_written(x);
        if (sip_leaks(x, (struct str){ (const char *)out->buf + before, out->len - before }))
                return not_written(x);
        if (!x->m->request && sip_register_answered(x) != SIP_FORWARD)
                return SIP_CLOSE;
        if (!x->m->request)
                sip_txn_answered(x);
        sip_signal_holes(x);
        sip_call_moved(x);
        return SIP_FORWARD;
}

/* For want of a port it comes again, from its sender or from the host: then it must not look like a repetition. */
static void unsay(struct sip_work *x)
{
        if (x->m->request && x->txn && !x->again) {
                sip_txn_free(x->txn);
                x->txn = NULL;
        }
        if (x->late && x->call)
                x->call->delayed = x->dir == DIR_C2S ? DIR_S2C : DIR_C2S;
}

static void count_message(const struct sip_work *x)
{
        if (x->held)
                return;
        x->s->messages[x->dir]++;
        sip_count(x->c, x->m->request ? SIP_N_REQUESTS : SIP_N_RESPONSES);
}

static enum sip_fate decide(struct sip_work *x)
{
        enum sip_fate f = checks(x);

        if (f == SIP_FORWARD)
                f = forward(x);
        if (f == SIP_WAIT)
                sip_count(x->c, SIP_N_PORT_WAIT);
        if (f == SIP_WAIT || (f == SIP_DROP && x->no_port))
                unsay(x);
        if (f != SIP_WAIT && x->fresh && x->call)
                sip_history_open(x);
        if (f != SIP_FORWARD && x->fresh && x->call) {
                sip_call_end(x->call);
                x->call = NULL;
        }
        return f;
}

enum sip_fate sip_message(struct inspect_ctx *c, enum inspect_dir dir, struct cur in, bool datagram)
{
        struct sip_shared *sh = c->shared;
        struct sip_session *s = c->state;
        struct sip_work x = { .c = c, .sh = sh, .s = s, .m = &sh->msg, .dir = dir, .fork = -1, .held = c->held };
        size_t mark = c->out->len;
        const char *why = "syntax";
        enum sip_fate f;

        sh->now_ms = MAX_OF(sh->now_ms, c->now_ms);
        tmr_advance(sh->wheel, sh->now_ms);
        c->reason[0] = 0;
        c->waits = c->held = false;
        if (sip_parse(x.m, in.p, in.left, datagram, &why) != SIP_OK)
                return sip_malformed(c, dir, NULL, why);
        s->spoke[dir] = true;
        count_message(&x);
        f = decide(&x);
        if (f != SIP_WAIT)
                sip_history_note(&x, f);
        if (f != SIP_WAIT)
                sip_debug_message(&x, f == SIP_FORWARD ? NULL : x.why ? x.why : "closed");
        if (f == SIP_DROP && !datagram)
                inspect_dropped(c);
        if (f != SIP_FORWARD)
                c->out->len = mark;
        if (f == SIP_CLOSE && !c->reason[0])
                inspect_refuse_text(c, "%s", x.why ? x.why : "SIP policy");
        return f;
}

/* ---- streams ---- */

/* Bytes that are no SIP go on where nothing but the port says SIP: `traffic-non-sip`, and never behind TLS of ours.
 */
static bool goes_unparsed(struct inspect_ctx *c, enum inspect_dir dir, struct cur in)
{
        struct sip_session *s = c->state;
        size_t line = 0;

        if (s->spoke[0] || s->spoke[1] || !sip_traffic_non_sip(c))
                return false;
        while (line < in.left && in.p[line] != '\n')
                line++;
        if (memmem(in.p, line, "SIP/", 4))
                return false;
        sip_count(c, SIP_N_NON_SIP);
        sip_debug_bytes(c, dir, "not SIP", "passed");
        s->foreign[0] = s->foreign[1] = true;
        return true;
}

static void pass(struct inspect_ctx *c, struct cur *in, size_t n)
{
        wbuf_put(c->out, cur_take(in, n), n);
}

static bool has_room(const struct inspect_ctx *c, size_t total)
{
        return c->out->cap - c->out->len >= total + SIP_GROWTH_MAX;
}

static enum engine_verdict message(struct inspect_ctx *c, enum inspect_dir dir, struct cur *in, size_t n)
{
        struct cur before = *in;

        switch (sip_message(c, dir, cur_child(in, n), false)) {
        case SIP_CLOSE:
                return ENGINE_CLOSE;
        case SIP_WAIT:
                *in = before;
                return ENGINE_WAIT;
        default:
                return ENGINE_ACCEPT;
        }
}

/* One message, or the CRLFs in front of it. */
static enum engine_verdict next(struct inspect_ctx *c, enum inspect_dir dir, struct cur *in)
{
        struct sip_session *s = c->state;
        size_t lead = 0, total = 0;
        const char *why = "framing";
        enum sip_parse_result r = sip_frame(in->p, in->left, &s->scanned[dir], &lead, &total, &why);

        if (r == SIP_BAD) {
                if (!goes_unparsed(c, dir, *in))
                        return sip_malformed(c, dir, NULL, why), ENGINE_CLOSE;
                pass(c, in, in->left);
                return ENGINE_ACCEPT;
        }
        if (r == SIP_MORE)
                return ENGINE_MORE;
        if (total && !has_room(c, lead + total) && c->out->len)
                return ENGINE_ROOM;
        if (lead) {
                sip_count(c, SIP_N_KEEPALIVES);
                pass(c, in, lead);
        }
        s->scanned[dir] = 0;
        return total ? message(c, dir, in, total) : ENGINE_ACCEPT;
}

static enum engine_verdict stream_data(struct inspect_ctx *c, enum inspect_dir dir, struct cur in, bool fin,
                                       size_t *used)
{
        struct sip_session *s = c->state;
        size_t had = in.left;
        enum engine_verdict v = ENGINE_ACCEPT;

        while (v == ENGINE_ACCEPT && in.left) {
                if (s->foreign[dir])
                        pass(c, &in, in.left);
                else
                        v = next(c, dir, &in);
        }
        if (v == ENGINE_CLOSE)
                return v;
        if (fin && v == ENGINE_MORE) {
                sip_count(c, SIP_N_INCOMPLETE);
                cur_take(&in, in.left);
                v = ENGINE_ACCEPT;
        }
        *used = had - in.left;
        return v;
}

const struct inspect_engine inspect_sip = {
        .id = INSPECT_SIP,
        .stream = true,
        .l4 = 6,
        .default_port = 5060,
        .state_size = sizeof(struct sip_session),
        .buffer_max = SIP_MESSAGE_MAX + 4096,
        .growth_max = SIP_GROWTH_MAX,
        .open = sip_open,
        .data = stream_data,
        .close = sip_close,
        .shared_new = sip_shared_new,
        .shared_free = sip_shared_free,
        .tick = sip_tick,
        .media_event = sip_media_event,
        .partial_ms = SIP_PARTIAL_MS,
        .describe = sip_describe,
};
