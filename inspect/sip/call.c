/* Calls: Call-ID and the caller's tag, early dialogs below. When they begin, when they end. docs/sip.md. */
#include "inspect/sip/sip_int.h"
#include "platform/base/mem.h"

/* ---- finding ---- */

static bool same_id(const struct sip_call *call, struct str id)
{
        return strlen(call->call_id) == id.n && !memcmp(call->call_id, id.p, id.n);
}

/* Is the message of this call's dialogs? *other: the tag that is not the caller's. */
static bool fits(const struct sip_call *call, uint64_t from, uint64_t to, uint64_t *other)
{
        if (from == call->caller_tag) {
                *other = to;
                return true;
        }
        if (to && to == call->caller_tag) {
                *other = from;
                return true;
        }
        return false;
}

/* The client proved to be the one that made the call: by its device, or by the very certificate. */
static bool same_client(const struct sip_call *call, const struct inspect_ctx *c)
{
        static const uint8_t nobody[sizeof call->client_id];

        if (call->device[0] || c->device[0])
                return !strcmp(call->device, c->device);
        return memcmp(c->client_id, nobody, sizeof nobody) != 0 &&
               !memcmp(c->client_id, call->client_id, sizeof nobody);
}

/*
 * A call whose connection was lost belongs to the phone that made it, not to whoever knows its Call-ID. Its new
 * connection may be here before the old one is known to be lost; it may come from another address.
 */
static bool may_adopt(const struct sip_work *x, const struct sip_call *call)
{
        return call->anchored && x->c->anchor && (!call->session || x->m->to_tag.n) && same_client(call, x->c) &&
               addr_eq(&call->server, &x->c->server.a) && !strcmp(call->client_if, x->c->client_if);
}

/* The flow that made the call, or where one of its contacts said the dialog goes on. */
static bool is_party(const struct sip_call *call, const struct addr *a)
{
        return addr_eq(&call->client, a) || addr_eq(&call->server, a) || addr_eq(&call->signal[0].a, a) ||
               addr_eq(&call->signal[1].a, a);
}

/*
 * Messages of a dialog may take another flow than its INVITE where nothing is relayed; whoever else knows its names
 * says nothing about it.
 */
static bool may_share(const struct sip_work *x, const struct sip_call *call)
{
        const struct endpoint *sender = x->dir == DIR_C2S ? &x->c->client : &x->c->server;

        return !call->anchored && !x->c->anchor && x->m->to_tag.n && x->m->method != SIP_M_INVITE &&
               is_party(call, &sender->a);
}

static unsigned media_of(const struct sip_call *call)
{
        unsigned n = 0;

        for (unsigned i = 0; i < call->nmedia; i++)
                n += call->media[i] != NULL;
        return n;
}

/* Its session is no longer here, or no longer its. */
static void leave(struct sip_call *call)
{
        if (!call->session)
                return;
        list_del(&call->link);
        call->session->ncalls--;
        call->session->nmedia -= media_of(call);
        call->session = NULL;
}

static void adopt(struct sip_work *x, struct sip_call *call)
{
        leave(call);
        call->client = x->c->client.a;
        call->session = x->s;
        call->session_id = x->c->session_id;
        list_add_tail(&x->s->calls, &call->link);
        x->s->ncalls++;
        x->s->nmedia += media_of(call);
}

static struct sip_call *find(struct sip_work *x, uint64_t *other, unsigned *same)
{
        uint64_t from = sip_hash(x->sh, x->m->from_tag), to = sip_hash(x->sh, x->m->to_tag), o = 0;
        uint64_t id = sip_hash(x->sh, x->m->call_id);
        struct sip_call *second = NULL;

        *same = 0;
        hash_each_match(n, &x->sh->call_by_id, id) {
                struct sip_call *call = container_of(n, struct sip_call, node);

                if (!same_id(call, x->m->call_id))
                        continue;
                (*same)++;
                if (!fits(call, from, to, &o))
                        continue;
                if (call->session == x->s) {
                        *other = o;
                        return call;
                }
                if (!second && (may_adopt(x, call) || may_share(x, call))) {
                        second = call;
                        *other = o;
                }
        }
        if (second && may_adopt(x, second))
                adopt(x, second);
        return second;
}

/* ---- beginning and end ---- */

static void on_timer(struct tmr *t, uint64_t now_ms);

static uint32_t or_default(uint32_t have, bool is_set, uint32_t def)
{
        return is_set ? have : def;
}

static void timeouts(struct sip_call *call, const struct sip_map *map)
{
        static const struct sip_map none;
        const struct sip_map *p = map ? map : &none;

        call->t_sip = or_default(p->t_sip, map, SIP_T_SIP);
        call->t_media = or_default(p->t_media, map, SIP_T_MEDIA);
        call->t_invite = or_default(p->t_invite, p->t_invite, SIP_T_INVITE);
        call->t_disconnect = or_default(p->t_disconnect, p->t_disconnect, SIP_T_DISCONNECT);
        call->t_provisional = or_default(p->t_provisional, p->t_provisional, SIP_T_PROVISIONAL);
}

static struct sip_call *call_new(struct sip_work *x)
{
        struct sip_shared *sh = x->sh;
        struct sip_call *call = x->s->ncalls < sip_limits_of(x->c).calls ? pool_get(sh->calls) : NULL;

        if (!call)
                return NULL;
        call->sh = sh;
        memcpy(call->call_id, x->m->call_id.p, x->m->call_id.n);
        call->caller_tag = sip_hash(sh, x->m->from_tag);
        call->caller = (uint8_t)x->dir;
        call->winner = call->delayed = -1;
        call->anchored = x->c->anchor;
        call->server = x->c->server.a;
        memcpy(call->device, x->c->device, sizeof call->device);
        memcpy(call->client_id, x->c->client_id, sizeof call->client_id);
        memcpy(call->client_if, x->c->client_if, sizeof call->client_if);
        timeouts(call, x->c->params);
        call->tmr.fn = on_timer;
        hash_add(&sh->call_by_id, &call->node, sip_hash(sh, x->m->call_id));
        adopt(x, call);
        return call;
}

void sip_call_end(struct sip_call *call)
{
        struct sip_shared *sh = call->sh;

        sip_history_state(call, CALL_ENDED);
        for (unsigned i = 0; i < call->nmedia; i++)
                if (call->media[i])
                        sip_media_free(call->media[i]);
        for (unsigned i = 0; i < 2; i++)
                sip_group_close(sh, &call->signal_group[i]);
        if (call->session) {
                list_del(&call->link);
                call->session->ncalls--;
        }
        tmr_cancel(sh->wheel, &call->tmr);
        hash_del(&sh->call_by_id, &call->node);
        pool_put(sh->calls, call);
}

static bool has_relay(const struct sip_call *call, bool timed)
{
        for (unsigned i = 0; i < call->nmedia; i++)
                if (call->media[i] && call->media[i]->relay && (!timed || call->media[i]->spec.idle_s))
                        return true;
        return false;
}

/* Seconds 0: never. */
static void arm(struct sip_call *call, uint32_t seconds)
{
        if (seconds)
                tmr_set(call->sh->wheel, &call->tmr, seconds * 1000ull);
        else
                tmr_cancel(call->sh->wheel, &call->tmr);
}

/* An answered call with media ends with its media; on hold, with its connection. */
static void on_timer(struct tmr *t, uint64_t now_ms)
{
        struct sip_call *call = container_of(t, struct sip_call, tmr);

        (void)now_ms;
        if (call->state == SIP_CALL_ACTIVE && has_relay(call, !call->session))
                arm(call, call->t_sip);
        else
                sip_call_end(call);
}

void sip_call_orphan(struct sip_call *call)
{
        if (call->state != SIP_CALL_ACTIVE || !has_relay(call, false)) {
                sip_call_end(call);
                return;
        }
        leave(call);
        arm(call, call->t_sip ? call->t_sip : SIP_T_SIP);
}

/* ---- a message ---- */

static int fork_of(struct sip_call *call, uint64_t tag, bool make)
{
        unsigned i = 0;

        if (!tag)
                return -1;
        for (; i < SIP_FORKS_MAX && call->fork[i]; i++)
                if (call->fork[i] == tag)
                        return (int)i;
        if (!make)
                return -1;
        if (i == SIP_FORKS_MAX)
                i--;
        call->fork[i] = tag;
        return (int)i;
}

enum sip_fate sip_call_note(struct sip_work *x)
{
        bool invite = x->m->method == SIP_M_INVITE;
        unsigned same = 0;
        uint64_t other = 0;

        if (x->m->call_id.n > SIP_CALL_ID_MAX || memchr(x->m->call_id.p, 0, x->m->call_id.n))
                return invite ? sip_full(x, SIP_N_CALL_FULL, "Call-ID over its limit") : SIP_FORWARD;
        x->call = find(x, &other, &same);
        if (!x->call && invite && x->m->request) {
                if (same >= SIP_SAME_ID_MAX || !(x->call = call_new(x)))
                        return sip_full(x, SIP_N_CALL_FULL, "too many calls");
                x->fresh = true;
                other = sip_hash(x->sh, x->m->to_tag);
                if (!x->held)
                        sip_count(x->c, SIP_N_CALLS);
        }
        if (!x->call)
                return SIP_FORWARD;
        x->history = x->c->dry ? 0 : x->call->history;
        x->call->last_ms = x->c->now_ms;
        x->fork = fork_of(x->call, other,
                          x->fresh || (invite && !x->m->request && x->m->status > 100 && x->m->status < 300));
        return SIP_FORWARD;
}

/* ---- what becomes of the call ---- */

static bool is_loser(const struct sip_work *x)
{
        return x->call->winner >= 0 && x->fork != x->call->winner;
}

/* How long nobody need answer. */
static uint32_t patience(const struct sip_call *call, uint32_t seconds)
{
        const struct sip_shared *sh = call->sh;
        bool tight = pool_used(sh->calls) > SIP_CALLS_TIGHT || pool_used(sh->media) > SIP_MEDIA_TIGHT;

        return tight ? MIN_OF(seconds, SIP_INVITE_TIGHT_S) : seconds;
}

static void on_request(struct sip_work *x)
{
        struct sip_call *call = x->call;
        const struct sip_header *h = sip_header_at(x->m, SIP_H_EXPIRES, 0);
        uint32_t wait = call->t_invite;

        switch (x->m->method) {
        case SIP_M_INVITE:
                if (call->state != SIP_CALL_INIT)
                        break;
                if (h)
                        sip_number(h->value, 1, 1800, &wait);
                arm(call, patience(call, wait));
                break;
        case SIP_M_CANCEL:
                if (call->state == SIP_CALL_INIT) {
                        call->state = SIP_CALL_TERMINATING;
                        arm(call, call->t_disconnect);
                }
                break;
        case SIP_M_ACK:
                sip_streams_settled(call); /* its answer may have moved some */
                if (call->state == SIP_CALL_ACTIVE)
                        arm(call, call->t_sip);
                break;
        case SIP_M_BYE:
                if (is_loser(x))
                        break;
                call->bye = true;
                call->state = SIP_CALL_TERMINATING;
                arm(call, call->t_disconnect);
                break;
        default:
                if (call->state == SIP_CALL_ACTIVE)
                        arm(call, call->t_sip);
        }
}

static void answered(struct sip_work *x)
{
        struct sip_call *call = x->call;

        if (call->winner < 0)
                call->winner = (int8_t)x->fork;
        sip_streams_settled(call);
        if (call->bye)
                return;
        if (call->state != SIP_CALL_ACTIVE) {
                call->state = SIP_CALL_ACTIVE;
                sip_media_retime(call);
        }
        arm(call, call->t_sip);
}

static void invite_response(struct sip_work *x)
{
        struct sip_call *call = x->call;
        unsigned st = x->m->status;

        if (st < 200) {
                if (call->state == SIP_CALL_INIT)
                        arm(call, patience(call, call->t_invite));
        } else if (st < 300) {
                answered(x);
        } else if (call->state != SIP_CALL_ACTIVE && !call->bye) {
                sip_holes_end(x);
                sip_call_end(call);
                x->call = NULL;
        } else if (x->txn) {
                sip_offer_failed(call, x->txn->dir);
        }
}

static void bye_response(struct sip_work *x)
{
        unsigned st = x->m->status;

        if (st < 200 || is_loser(x) || !x->call->bye)
                return;
        /* 481 on another flow than the call's own may be meant for somebody who only knew its names */
        if (st == 401 || st == 407 || (st == 481 && x->call->session != x->s)) {
                x->call->bye = false;
                x->call->state = SIP_CALL_ACTIVE;
                arm(x->call, x->call->t_sip);
                return;
        }
        sip_holes_end(x);
        sip_call_end(x->call);
        x->call = NULL;
}

void sip_call_moved(struct sip_work *x)
{
        if (!x->call)
                return;
        if (x->m->request) {
                on_request(x);
        } else if (x->m->method == SIP_M_INVITE) {
                invite_response(x);
        } else if (x->m->method == SIP_M_BYE) {
                bye_response(x);
        } else if (x->m->status >= 300 && x->txn && x->txn->offer) {
                sip_offer_failed(x->call, x->txn->dir);
        } else if (x->m->status >= 200 && x->txn && x->txn->offer) {
                sip_streams_settled(x->call);
        }
}

/* ---- the relay says ---- */

/* The call is over when all its media have been silent for as long as they may. */
static void media_idle(struct sip_call *call, struct sip_media *md, uint64_t now_ms)
{
        if (!md->spec.idle_s)
                return;
        md->idle_at = now_ms;
        for (unsigned i = 0; i < call->nmedia; i++) {
                const struct sip_media *o = call->media[i];

                if (o && o->relay && o->spec.idle_s &&
                    (!o->idle_at || now_ms - o->idle_at > 2000ull * o->spec.idle_s))
                        return;
        }
        sip_call_end(call);
}

/* The operator ended it: the call goes on without, unless that was all there was of it. */
static void media_cleared(struct sip_media *md)
{
        struct sip_call *call = md->call;

        sip_media_free(md);
        if (!call->session && !has_relay(call, false))
                sip_call_end(call);
}

void sip_media_event(void *shared, uint64_t cookie, uint8_t side, enum media_event ev, const struct media_stat *stat)
{
        struct sip_shared *sh = shared;
        uint32_t idx = (uint32_t)(cookie >> 32);
        struct sip_media *md = idx < SIP_MEDIA_MAX && pool_live(sh->media, idx) ? pool_at(sh->media, idx) : NULL;

        (void)side, (void)stat;
        if (!md || md->gen != (uint32_t)cookie || !md->relay)
                return;
        if (ev == MEDIA_EV_FIRST_PACKET)
                md->idle_at = 0;
        else if (ev == MEDIA_EV_TIMEOUT)
                media_idle(md->call, md, sh->now_ms);
        else if (ev == MEDIA_EV_KEY_LIMIT)
                sip_call_end(md->call);
        else if (ev == MEDIA_EV_CLEARED)
                media_cleared(md);
}
