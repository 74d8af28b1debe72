#include "proxy/tftp/tftp_fetch.h"

#include <stdio.h>

#include "platform/base/mem.h"
#include "platform/base/str.h"

#define FIRST_ROOM 16384u

/* ---- memory ---- */

void *tftp_budget_take(struct tftp_budget *b, size_t n)
{
        void *p = n <= b->max - b->used ? mem_alloc(MEM_TFTP, n ? n : 1) : NULL;

        if (p)
                b->used += n;
        else
                b->refused++;
        return p;
}

void tftp_budget_give(struct tftp_budget *b, void *p, size_t n)
{
        if (!p)
                return;
        mem_free_secret(p); /* files of phones hold passwords */
        b->used -= n;
}

static bool grow(struct tftp_fetch *f, size_t want)
{
        size_t cap = MIN_OF(MAX_OF(want, MAX_OF(f->cap * 2, (size_t)FIRST_ROOM)), f->max);
        uint8_t *p = tftp_budget_take(f->budget, cap);

        if (!p)
                return false;
        if (f->n)
                memcpy(p, f->buf, f->n);
        tftp_budget_give(f->budget, f->buf, f->cap);
        f->buf = p;
        f->cap = cap;
        return true;
}

void tftp_fetch_fini(struct tftp_fetch *f)
{
        if (f->budget)
                tftp_budget_give(f->budget, f->buf, f->cap);
        f->buf = NULL;
        f->n = f->cap = 0;
}

/* ---- packets ---- */

static void put_request(struct tftp_fetch *f)
{
        const struct tftp_options ask = { .blksize = TFTP_OUR_BLKSIZE, .windowsize = 8, .has_tsize = true };
        const struct tftp_options none = { 0 };
        uint8_t room[TFTP_REQUEST_MAX];
        struct wbuf w = wbuf_of(room, sizeof room);

        tftp_request_write(&w, f->name, f->plain ? &none : &ask);
        f->put(f->ctx, room, w.len);
}

static void put_ack(struct tftp_fetch *f)
{
        uint8_t room[4];
        struct wbuf w = wbuf_of(room, sizeof room);
        uint64_t block = f->got;

        if (f->wraps_to_1 && block)
                block = (block - 1) % 65535 + 1;
        tftp_ack_write(&w, (uint16_t)block);
        f->put(f->ctx, room, w.len);
        f->unacked = 0;
}

static void put_error(struct tftp_fetch *f, uint16_t code, const char *text)
{
        uint8_t room[80];
        struct wbuf w = wbuf_of(room, sizeof room);

        tftp_error_write(&w, code, text);
        f->put(f->ctx, room, w.len);
}

static enum tftp_step fail(struct tftp_fetch *f, enum tftp_lack lack, const char *why)
{
        f->lack = lack;
        snprintf(f->why, sizeof f->why, "%s", why);
        return TFTP_FAILED;
}

static enum tftp_step too_much(struct tftp_fetch *f, const char *why)
{
        put_error(f, TFTP_E_FULL, "no room for this file");
        return fail(f, TFTP_LACK_SPACE, why);
}

/* ---- the transfer ---- */

static void begin(struct tftp_fetch *f, uint64_t now)
{
        f->blksize = TFTP_BLOCK;
        f->window = 1;
        f->tries = 0;
        f->rto_ms = TFTP_RTO_MS;
        put_request(f);
        f->due_ms = now + f->rto_ms;
}

void tftp_fetch_start(struct tftp_fetch *f, const char *name, uint64_t now)
{
        *f = (struct tftp_fetch){ .put = f->put, .ctx = f->ctx, .budget = f->budget, .max = f->max };
        snprintf(f->name, sizeof f->name, "%s", name);
        begin(f, now);
}

static void progress(struct tftp_fetch *f, uint64_t now)
{
        f->answered = true;
        f->tries = 0;
        f->rto_ms = TFTP_RTO_MS;
        f->due_ms = now + f->rto_ms;
}

static enum tftp_step on_oack(struct tftp_fetch *f, const struct tftp_options *o, uint64_t now)
{
        if (f->got || f->plain)
                return TFTP_GOING;
        if (o->blksize > TFTP_OUR_BLKSIZE || o->windowsize > 8) {
                put_error(f, TFTP_E_OPTION, "more than was asked for");
                return fail(f, TFTP_LACK_OTHER, "the server grants options that were not asked for");
        }
        if (o->has_tsize && o->tsize > f->max)
                return too_much(f, "the file is too large");
        f->blksize = o->blksize ? o->blksize : TFTP_BLOCK;
        f->window = o->windowsize ? o->windowsize : 1;
        if (o->has_tsize && o->tsize > f->cap && !grow(f, (size_t)o->tsize))
                return too_much(f, "no memory for the file");
        progress(f, now);
        put_ack(f);
        return TFTP_GOING;
}

/* One at a time there is no doubt: some servers go on with 1 behind 65535. */
static bool is_next(struct tftp_fetch *f, uint16_t block)
{
        uint64_t next = f->got + 1;

        if (next == 65536 && block == 1 && f->window == 1)
                f->wraps_to_1 = true;
        return block == (uint16_t)(f->wraps_to_1 ? (next - 1) % 65535 + 1 : next);
}

/* Out of order: the server hears once how far we are. */
static enum tftp_step on_other_block(struct tftp_fetch *f)
{
        if (f->got && !f->gap) {
                f->gap = true;
                put_ack(f);
        }
        return TFTP_GOING;
}

static enum tftp_step on_data(struct tftp_fetch *f, const struct tftp_packet *p, uint64_t now)
{
        size_t n = p->data.left;
        bool last = n < f->blksize;

        if (!is_next(f, p->block))
                return on_other_block(f);
        if (n > f->blksize) {
                put_error(f, TFTP_E_ILLEGAL, "block too long");
                return fail(f, TFTP_LACK_OTHER, "the server sends longer blocks than agreed");
        }
        if (n > f->max - f->n)
                return too_much(f, "the file is too large");
        if (f->n + n > f->cap && !grow(f, f->n + n))
                return too_much(f, "no memory for the file");
        if (n)
                memcpy(f->buf + f->n, p->data.p, n);
        f->n += n;
        f->got++;
        f->gap = false;
        progress(f, now);
        if (last || ++f->unacked >= f->window)
                put_ack(f);
        return last ? TFTP_DONE : TFTP_GOING;
}

/* A server that knows no options may refuse them instead of leaving them out. */
static enum tftp_step on_error(struct tftp_fetch *f, const struct tftp_packet *p, uint64_t now)
{
        char text[64];

        if (!f->answered && !f->plain && (p->code == TFTP_E_OPTION || p->code == TFTP_E_ILLEGAL)) {
                f->plain = true;
                begin(f, now);
                return TFTP_GOING;
        }
        f->code = p->code;
        f->lack = p->code == TFTP_E_NOT_FOUND ? TFTP_LACK_FILE : TFTP_LACK_OTHER;
        snprintf(f->why, sizeof f->why, "server error %u: %s", p->code,
                 str_escape(text, sizeof text, p->data.p, p->data.left));
        return TFTP_FAILED;
}

enum tftp_step tftp_fetch_input(struct tftp_fetch *f, struct cur in, uint64_t now)
{
        struct tftp_packet p;

        if (tftp_packet_parse(in, &p) != PARSE_OK)
                return TFTP_GOING;
        switch (p.op) {
        case TFTP_DATA:
                return on_data(f, &p, now);
        case TFTP_OACK:
                return on_oack(f, &p.opt, now);
        case TFTP_ERROR:
                return on_error(f, &p, now);
        default:
                return TFTP_GOING;
        }
}

enum tftp_step tftp_fetch_tick(struct tftp_fetch *f, uint64_t now)
{
        if (now < f->due_ms)
                return TFTP_GOING;
        if (++f->tries >= TFTP_TRIES)
                return fail(f, TFTP_LACK_SILENT,
                            f->answered ? "the server stopped in the middle" : "the server does not answer");
        f->rto_ms = MIN_OF(f->rto_ms * 2, TFTP_RTO_MAX_MS);
        f->due_ms = now + f->rto_ms;
        f->gap = false;
        if (f->answered)
                put_ack(f);
        else
                put_request(f);
        return TFTP_GOING;
}
