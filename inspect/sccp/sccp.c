/* A message's way through the engine. */
#include "inspect/sccp/sccp.h"

#include "inspect/sccp/sccp_int.h"

/* ---- a message ---- */

static enum sccp_fate handle(struct sccp_work *x)
{
        enum sccp_fate (*const handler[])(struct sccp_work *) = {
                [SCCP_H_KEEPALIVE] = sccp_keepalive,
                [SCCP_H_REGISTER] = sccp_register,
                [SCCP_H_TOKEN] = sccp_register,
                [SCCP_H_REGISTER_ACK] = sccp_registered,
                [SCCP_H_REGISTER_REJECT] = sccp_rejected,
                [SCCP_H_UNREGISTERED] = sccp_unregistered,
                [SCCP_H_ALARM] = sccp_alarm,
                [SCCP_H_IP_PORT] = sccp_ip_port,
                [SCCP_H_SERVERS] = sccp_servers,
                [SCCP_H_OPEN] = sccp_open_channel,
                [SCCP_H_OPEN_ACK] = sccp_open_ack,
                [SCCP_H_OPEN_OLD] = sccp_open_old,
                [SCCP_H_CLOSE] = sccp_close_channel,
                [SCCP_H_CLOSE_OLD] = sccp_close_channel,
                [SCCP_H_START] = sccp_start,
                [SCCP_H_START_ACK] = sccp_start_ack,
                [SCCP_H_STOP] = sccp_stop,
                [SCCP_H_FAILURE] = sccp_failure,
                [SCCP_H_PORT_REQ] = sccp_port_req,
                [SCCP_H_PORT_RES] = sccp_port_res,
                [SCCP_H_PORT_CLOSE] = sccp_port_close,
                [SCCP_H_MULTICAST_OPEN] = sccp_multicast_open,
                [SCCP_H_MULTICAST] = sccp_multicast,
                [SCCP_H_REMOTE] = sccp_remote,
        };
        const struct sccp_row *r = x->f->row;

        if (!r)
                sccp_count(x->c, SCCP_N_UNKNOWN);
        if (!r || r->handler == SCCP_H_OTHER)
                return SCCP_FORWARD;
        if (!sccp_fields(x->f, &x->v, &x->why)) {
                sccp_count(x->c, SCCP_N_MALFORMED);
                return SCCP_DROP;
        }
        return handler[r->handler](x);
}

static enum sccp_fate message(struct inspect_ctx *c, enum inspect_dir dir, const struct sccp_frame *f)
{
        struct sccp_work x = { .c = c, .sh = c->shared, .dir = dir, .f = f };
        size_t mark = c->out->len;
        enum sccp_fate fate;

        x.phone = ((struct sccp_session *)c->state)->phone;
        x.defaults = sccp_map_default();
        x.map = c->params ? c->params : &x.defaults;
        x.out = (struct sccp_edit){ wbuf_room(c->out, f->n), f->n };
        if (!x.out.p) {
                inspect_refuse_text(c, "no room for an SCCP message");
                return SCCP_CLOSE;
        }
        memcpy(x.out.p, f->p, f->n);
        if (!c->held) { /* looked at for the first time */
                sccp_phone_alive(&x);
                sccp_count(c, dir == DIR_C2S ? SCCP_N_UP : SCCP_N_DOWN);
        }
        c->waits = c->held = false;
        fate = sccp_check(&x);
        if (fate == SCCP_FORWARD)
                fate = handle(&x);
        if (fate != SCCP_WAIT)
                sccp_history_note(&x, fate);
        if (fate != SCCP_WAIT)
                sccp_debug(&x, fate == SCCP_FORWARD ? NULL : x.why);
        if (fate != SCCP_FORWARD)
                c->out->len = mark;
        if (fate == SCCP_CLOSE && !c->reason[0])
                inspect_refuse_text(c, "%s", x.why ? x.why : "SCCP policy");
        return fate;
}

/* ---- the stream ---- */

static void tell_broken(struct inspect_ctx *c, enum inspect_dir dir, struct cur in, enum sccp_fault fault)
{
        struct sccp_work x = { .c = c, .sh = c->shared, .dir = dir };
        uint32_t l = cur_le32(&in);

        if (fault == SCCP_FAULT_SHORT)
                sccp_log_drop(&x, LOG_608002, l);
        else if (fault == SCCP_FAULT_LONG)
                sccp_log_drop(&x, LOG_608003, l);
}

static enum engine_verdict broken(struct inspect_ctx *c, enum inspect_dir dir, struct cur in, enum sccp_fault fault)
{
        static const char *const why[] = { [SCCP_FAULT_NONE] = "framing",
                                           [SCCP_FAULT_SHORT] = "length below 4",
                                           [SCCP_FAULT_LONG] = "length over the maximum",
                                           [SCCP_FAULT_VERSION] = "header version unknown" };

        sccp_count(c, SCCP_N_BROKEN);
        tell_broken(c, dir, in, fault);
        sccp_debug_broken(c, dir, why[fault]);
        return inspect_refuse(c, "not SCCP: %s", why[fault]);
}

static enum engine_verdict sccp_data(struct inspect_ctx *c, enum inspect_dir dir, struct cur in, bool fin,
                                     size_t *used)
{
        struct sccp_shared *sh = c->shared;
        size_t had = in.left;
        struct cur before = in;
        struct sccp_frame f;
        enum sccp_fault fault;
        enum sccp_fate fate = SCCP_FORWARD;
        enum parse p = PARSE_OK;

        sh->now_ms = MAX_OF(sh->now_ms, c->now_ms);
        tmr_advance(sh->wheel, sh->now_ms);
        c->reason[0] = 0;
        while (in.left && fate != SCCP_WAIT && (p = sccp_frame_next(&in, &f, &fault)) == PARSE_OK) {
                fate = message(c, dir, &f);
                if (fate == SCCP_CLOSE)
                        return ENGINE_CLOSE;
                if (fate != SCCP_WAIT)
                        before = in;
        }
        if (fate == SCCP_WAIT) {
                *used = had - before.left;
                return ENGINE_WAIT;
        }
        if (p == PARSE_BAD)
                return broken(c, dir, in, fault);
        if (fin && in.left) {
                sccp_count(c, SCCP_N_INCOMPLETE);
                cur_take(&in, in.left);
        }
        *used = had - in.left;
        return in.left ? ENGINE_MORE : ENGINE_ACCEPT;
}

const struct inspect_engine inspect_sccp = {
        .id = INSPECT_SKINNY,
        .stream = true,
        .l4 = 6,
        .default_port = 2000,
        .state_size = sizeof(struct sccp_session),
        .buffer_max = SCCP_FRAME_MAX,
        .open = sccp_open,
        .data = sccp_data,
        .close = sccp_close,
        .shared_new = sccp_shared_new,
        .shared_free = sccp_shared_free,
        .tick = sccp_tick,
        .media_event = sccp_media_event,
        .partial_ms = SCCP_PARTIAL_MS,
        .describe = sccp_describe,
};
