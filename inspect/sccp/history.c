/*
 * What is told of calls for `show call`. A call is a phone's call reference (old call managers: the conference); what
 * names none belongs to the phone's call that was spoken of last. Digits are not kept: they may be somebody's PIN.
 */
#include "inspect/sccp/sccp_int.h"

#include <stdio.h>

#include "platform/base/str.h"

enum { IS_ANY, IS_BEGIN, IS_STATE, IS_INFO, IS_INFO_V2, IS_MEDIA };

/* Messages of calls, and where their reference stands in a frame that is long enough; 0: nowhere, or a field. */
static const struct row {
        uint16_t id, at;
        uint8_t is;
} rows[] = {
        { 0x0003, 20, IS_ANY },     { 0x0004, 0, IS_BEGIN },  { 0x0006, 16, IS_BEGIN }, { 0x0007, 16, IS_ANY },
        { 0x0022, 0, IS_MEDIA },    { 0x0026, 20, IS_BEGIN }, { 0x002a, 0, IS_ANY },    { 0x0031, 0, IS_MEDIA },
        { 0x0045, 0, IS_MEDIA },    { 0x0082, 24, IS_ANY },   { 0x0085, 24, IS_ANY },   { 0x008a, 0, IS_MEDIA },
        { 0x008b, 0, IS_ANY },      { 0x008c, 0, IS_ANY },    { 0x008d, 0, IS_ANY },    { 0x008f, 144, IS_INFO },
        { 0x0101, 0, IS_ANY },      { 0x0105, 0, IS_ANY },    { 0x0106, 0, IS_ANY },    { 0x0111, 20, IS_STATE },
        { 0x0131, 0, IS_ANY },      { 0x0132, 0, IS_MEDIA },  { 0x0133, 0, IS_ANY },    { 0x0136, 0, IS_ANY },
        { 0x014a, 16, IS_INFO_V2 }, { 0x014b, 0, IS_ANY },    { 0x014c, 0, IS_ANY },    { 0x0154, 0, IS_MEDIA },
        { 0x0155, 0, IS_MEDIA },
};

static const struct row *row_of(uint32_t id)
{
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
                if (rows[i].id == id)
                        return &rows[i];
        return NULL;
}

static uint32_t word_at(const struct sccp_frame *f, size_t at)
{
        struct cur c = cur_of(f->p, f->n);

        cur_take(&c, at);
        return cur_le32(&c); /* 0 behind the end */
}

/* 0: it names none. */
static uint32_t ref_of(const struct sccp_work *x, const struct row *r)
{
        const struct sccp_stream *s;

        if (r->at)
                return word_at(x->f, r->at);
        if (x->v.has_call && x->v.call)
                return x->v.call;
        s = sccp_stream_find(x);
        if (s)
                return s->call ? s->call : s->conf;
        return x->v.has_conf ? x->v.conf : 0;
}

/* ---- the calls of a phone ---- */

static struct sccp_past *find(struct sccp_phone *p, uint32_t ref)
{
        struct sccp_past *last = &p->past[p->past_last];

        if (!ref)
                return last->number ? last : NULL;
        for (unsigned i = 0; i < SCCP_HISTORY_CALLS; i++)
                if (p->past[i].number && p->past[i].ref == ref)
                        return &p->past[i];
        if (!last->number || last->ref)
                return NULL;
        last->ref = ref; /* it was only off the hook so far */
        return last;
}

static void state_is(const struct sccp_phone *p, const struct sccp_past *past, enum call_state st)
{
        const struct inspect_host *ops = p->sh->ops;

        if (ops && ops->call_state)
                ops->call_state(p->sh->host_worker, past->number, st);
}

static void end(struct sccp_phone *p, struct sccp_past *past)
{
        if (past->number)
                state_is(p, past, CALL_ENDED);
        *past = (struct sccp_past){ 0 };
}

void sccp_history_end(struct sccp_phone *p)
{
        for (unsigned i = 0; i < SCCP_HISTORY_CALLS; i++)
                end(p, &p->past[i]);
}

static struct sccp_past *make(struct sccp_work *x, uint32_t ref)
{
        struct sccp_phone *p = x->phone;
        struct sccp_past *past = &p->past[p->past_next];
        struct call_about about = { 0 };

        if (!x->c->ops || !x->c->ops->call_open)
                return NULL;
        end(p, past);
        snprintf(about.name, sizeof about.name, "%u", ref);
        str_escape(about.from, sizeof about.from, p->device, strlen(p->device));
        *past = (struct sccp_past){ ref, x->c->ops->call_open(x->c, &about) };
        p->past_next = (p->past_next + 1) % SCCP_HISTORY_CALLS;
        return past->number ? past : NULL;
}

#define STATE_OFF_HOOK 1u
#define STATE_ON_HOOK 2u
#define STATE_CONNECTED 5u
#define STATE_HOLD 8u

/* What ends a call begins none; nor does what names none, unless that is how calls begin. */
static struct sccp_past *past_of(struct sccp_work *x, const struct row *r)
{
        uint32_t ref = ref_of(x, r);
        struct sccp_past *past = find(x->phone, ref);

        if (!past && (ref ? r->is == IS_MEDIA || r->is == IS_BEGIN || r->is == IS_INFO || r->is == IS_INFO_V2 ||
                                      x->f->id == 0x0105 || x->f->id == 0x0131 || x->f->id == 0x008c ||
                                      (r->is == IS_STATE && word_at(x->f, 12) != STATE_ON_HOOK)
                          : x->f->id == 0x0004 || x->f->id == 0x0006))
                past = make(x, ref);
        if (past)
                x->phone->past_last = (unsigned)(past - x->phone->past);
        return past;
}

/* ---- an event ---- */

static const char *state_name(uint32_t st)
{
        static const char *const name[] = { NULL,        "OffHook", "OnHook",     "RingOut",     "RingIn",
                                            "Connected", "Busy",    "Congestion", "Hold",        "CallWaiting",
                                            "Transfer",  "Park",    "Proceed",    "RemoteInUse", "InvalidNumber" };

        return st < ARRAY_LEN(name) && name[st] ? name[st] : "unknown";
}

static void label(const struct sccp_work *x, const struct row *r, struct call_event *e)
{
        if (r->is == IS_STATE)
                snprintf(e->label, sizeof e->label, "CallState %s", state_name(word_at(x->f, 12)));
        else if (r->is == IS_MEDIA && x->v.status)
                snprintf(e->label, sizeof e->label, "%.24s (%u)", x->f->row->name, x->v.status % 1000);
        else
                snprintf(e->label, sizeof e->label, "%.31s", x->f->row->name);
}

/* What the reader was told is read from what was written. */
static void media(const struct sccp_work *x, bool forwarded, struct call_event *e)
{
        struct sccp_work out = { 0 };
        struct call_stream *s = &e->stream[0];
        struct sccp_frame f = *x->f;
        const char *why;

        if (!x->v.nips || !x->v.nports || !x->v.ip[0].a.fam)
                return;
        e->nstreams = 1;
        s->kind = sccp_is_video(x->f) ? MEDIA_VIDEO : MEDIA_AUDIO;
        s->said = s->shown = sccp_endpoint(x, 0, 0);
        f.p = x->out.p;
        if (forwarded && sccp_fields(&f, &out.v, &why))
                s->shown = sccp_endpoint(&out, 0, 0);
}

static void text_at(const struct sccp_frame *f, size_t at, size_t most, char out[CALL_PARTY_MAX])
{
        size_t n = at < f->n ? MIN_OF(most, f->n - at) : 0;

        str_escape(out, CALL_PARTY_MAX, f->p + MIN_OF(at, f->n), strnlen((const char *)f->p + MIN_OF(at, f->n), n));
}

static void parties(const struct sccp_work *x, const struct row *r, const struct sccp_past *past)
{
        char from[CALL_PARTY_MAX], to[CALL_PARTY_MAX];
        const struct inspect_host *ops = x->c->ops;
        size_t at = 44;

        if (!ops->call_parties)
                return;
        if (r->is == IS_INFO) {
                text_at(x->f, 52, 24, from);
                text_at(x->f, 116, 24, to);
        } else {
                text_at(x->f, at, x->f->n, from);
                for (unsigned i = 0; i < 2; i++) /* the alternate number is between them */
                        at += (at < x->f->n ? strnlen((const char *)x->f->p + at, x->f->n - at) : 0) + 1;
                text_at(x->f, at, x->f->n, to);
        }
        ops->call_parties(x->sh->host_worker, past->number, from, to);
}

static bool has_streams(const struct sccp_phone *p, uint32_t ref)
{
        list_each(it, &p->streams) {
                const struct sccp_stream *s = container_of(it, struct sccp_stream, link);

                if ((s->rx_open || s->tx_open) && (s->call ? s->call == ref : s->conf == ref))
                        return true;
        }
        return false;
}

static void moved(struct sccp_work *x, const struct row *r, struct sccp_past *past)
{
        uint32_t st = r->is == IS_STATE ? word_at(x->f, 12) : 0;

        if (st == STATE_ON_HOOK)
                end(x->phone, past);
        else if (st == STATE_CONNECTED || (x->f->row->handler == SCCP_H_START))
                state_is(x->phone, past, CALL_ACTIVE);
        else if (st == STATE_HOLD)
                state_is(x->phone, past, CALL_HELD);
        else if ((x->f->row->handler == SCCP_H_STOP || x->f->row->handler == SCCP_H_CLOSE ||
                  x->f->row->handler == SCCP_H_CLOSE_OLD) &&
                 !has_streams(x->phone, past->ref))
                state_is(x->phone, past, CALL_HELD);
}

void sccp_history_note(struct sccp_work *x, enum sccp_fate fate)
{
        const struct inspect_host *ops = x->c->ops;
        struct call_event e = { .dir = (uint8_t)x->dir, .dropped = fate != SCCP_FORWARD };
        const struct row *r = x->f->row ? row_of(x->f->id) : NULL;
        struct sccp_past *past = r && x->phone && !x->c->dry ? past_of(x, r) : NULL;

        if (!past || !ops || !ops->call_event)
                return;
        label(x, r, &e);
        if (r->is == IS_MEDIA)
                media(x, fate == SCCP_FORWARD, &e);
        ops->call_event(x->sh->host_worker, past->number, &e);
        if (fate != SCCP_FORWARD)
                return;
        if (r->is == IS_INFO || r->is == IS_INFO_V2)
                parties(x, r, past);
        moved(x, r, past);
}
