/* Arguments into a record, and a record into a line. */
#include "platform/base/log_int.h"

#include <stdio.h>
#include <time.h>

#include "platform/base/str.h"

/* Bytes of an argument without a string's text. */
static size_t fixed_size(const struct log_arg *a)
{
        switch (a->kind) {
        case LA_STR:
                return 1 + 2;
        case LA_ADDR:
                return 1 + 1 + 16;
        default:
                return 1 + 8;
        }
}

static void pack_str(struct wbuf *w, const char *s, size_t room)
{
        size_t n = s ? strnlen(s, room) : 0;

        wbuf_be16(w, (uint16_t)n);
        wbuf_put(w, s, n);
}

static void pack_addr(struct wbuf *w, const struct addr *a)
{
        wbuf_u8(w, a ? (uint8_t)a->fam : ADDR_NONE);
        wbuf_put(w, a ? a->v6 : (uint8_t[16]){ 0 }, 16);
}

void log_pack(struct log_rec *r, const struct log_arg *args, unsigned nargs)
{
        struct wbuf w = wbuf_of(r->data, sizeof r->data);
        size_t fixed = 0, n = 0;

        for (; n < nargs && fixed + fixed_size(&args[n]) <= sizeof r->data; n++)
                fixed += fixed_size(&args[n]);
        for (size_t i = 0; i < n; i++) {
                const struct log_arg *a = &args[i];

                wbuf_u8(&w, (uint8_t)a->kind);
                fixed -= fixed_size(a); /* now: of those behind */
                if (a->kind == LA_STR)
                        pack_str(&w, a->s, w.cap - w.len - 2 - fixed);
                else if (a->kind == LA_ADDR)
                        pack_addr(&w, a->a);
                else
                        wbuf_put(&w, &a->u, sizeof a->u);
        }
        r->len = (uint16_t)w.len;
}

struct value {
        int kind; /* of log_arg, -1 = none */
        struct str s;
        uint64_t u;
        struct addr a;
};

static struct value unpack(struct cur *c)
{
        struct value v = { .kind = c->left ? cur_u8(c) : -1 };

        if (v.kind == LA_STR) {
                v.s.n = cur_be16(c);
                v.s.p = (const char *)cur_take(c, v.s.n);
        } else if (v.kind == LA_ADDR) {
                v.a.fam = cur_u8(c);
                cur_copy(c, v.a.v6, 16);
        } else if (v.kind >= 0) {
                cur_copy(c, &v.u, sizeof v.u);
        }
        if (c->bad)
                v.kind = -1;
        return v;
}

/* Foreign text: a line break or an escape sequence in it must not reach a terminal or fake a message. */
static void put_foreign(struct wbuf *w, struct str s)
{
        size_t room = w->cap - w->len;

        if (w->full || !room)
                return;
        str_escape((char *)w->buf + w->len, room, s.p, s.n);
        w->len += strlen((char *)w->buf + w->len);
}

static void put_addr(struct wbuf *w, const struct addr *a)
{
        char text[ADDR_TEXT_MAX];

        wbuf_str(w, addr_print(a, text));
}

static void put_duration(struct wbuf *w, uint64_t ms)
{
        char text[24];

        wbuf_str(w, str_duration(text, ms / 1000));
}

static void put_value(struct wbuf *w, char placeholder, const struct value *v)
{
        if (placeholder == 's' && v->kind == LA_STR)
                put_foreign(w, v->s);
        else if (placeholder == 'u' && v->kind == LA_UINT)
                wbuf_printf(w, "%llu", (unsigned long long)v->u);
        else if (placeholder == 'x' && v->kind == LA_HEX)
                wbuf_printf(w, "0x%llx", (unsigned long long)v->u);
        else if (placeholder == 'a' && v->kind == LA_ADDR)
                put_addr(w, &v->a);
        else if (placeholder == 't' && v->kind == LA_DUR)
                put_duration(w, v->u);
        else
                wbuf_u8(w, '?');
}

void log_format_text(struct wbuf *w, const char *fmt, const struct log_rec *r)
{
        struct cur c = cur_of(r->data, MIN_OF(r->len, sizeof r->data));

        while (*fmt) {
                size_t plain = strcspn(fmt, "%");

                wbuf_put(w, fmt, plain);
                fmt += plain;
                if (fmt[0] && fmt[1]) {
                        struct value v = unpack(&c);

                        put_value(w, fmt[1], &v);
                        fmt += 2;
                } else if (fmt[0]) {
                        fmt++;
                }
        }
}

static void put_stamp(struct wbuf *w, int64_t wall_ns, const struct tz *z, bool year)
{
        static const char month[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
        struct tm tm = tz_tm(z, (time_t)(wall_ns / 1000000000));

        wbuf_printf(w, "%.3s %02d ", month + 3 * tm.tm_mon, tm.tm_mday);
        if (year)
                wbuf_printf(w, "%d ", tm.tm_year + 1900);
        wbuf_printf(w, "%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* In the form of RFC 5424 the time is that of Greenwich, whatever the zone. */
static void put_stamp_5424(struct wbuf *w, int64_t wall_ns)
{
        time_t t = (time_t)(wall_ns / 1000000000);
        struct tm tm = { 0 };

        gmtime_r(&t, &tm);
        wbuf_printf(w, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                    tm.tm_min, tm.tm_sec);
}

/* "Mar 09 2017 10:25:04 FW1 : %ASA-..."; without device id there is no blank before the colon. */
void log_format_line(struct wbuf *w, const struct log_conf *c, const struct log_def *d, int level,
                     const struct log_rec *r)
{
        if (c->timestamp && c->rfc5424)
                put_stamp_5424(w, r->wall_ns);
        else if (c->timestamp)
                put_stamp(w, r->wall_ns, &c->tz, true);
        if (c->device_id[0])
                wbuf_printf(w, "%s%s ", c->timestamp ? " " : "", c->device_id);
        if (c->timestamp || c->device_id[0])
                wbuf_str(w, ": ");
        wbuf_printf(w, "%%ASA-%d-%06u: ", level, d->id);
        log_format_text(w, d->text, r);
}

static void put_emblem_stamp(struct wbuf *w, const struct log_conf *c, int64_t wall_ns)
{
        const char *zone = "";

        if (c->rfc5424) {
                put_stamp_5424(w, wall_ns);
                return;
        }
        put_stamp(w, wall_ns, &c->tz, false);
        tz_offset(&c->tz, wall_ns / 1000000000, &zone);
        wbuf_printf(w, " %s", *zone ? zone : "UTC");
}

void log_format_emblem(struct wbuf *w, const struct log_conf *c, const struct log_def *d, int level,
                       const struct log_rec *r)
{
        const char *class = log_class_name(log_class_of(d->id));

        wbuf_u8(w, ':');
        if (c->timestamp)
                put_emblem_stamp(w, c, r->wall_ns);
        if (c->device_id[0])
                wbuf_printf(w, "%s%s ", c->timestamp ? " " : "", c->device_id);
        if (c->timestamp || c->device_id[0])
                wbuf_str(w, ": ");
        wbuf_printf(w, "%%ASA-%s%s%d-%06u: ", class ? class : "", class ? "-" : "", level, d->id);
        log_format_text(w, d->text, r);
}
