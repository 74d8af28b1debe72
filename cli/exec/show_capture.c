/* The list of captures and what they hold. */
#include "cli/exec/cap_live.h"
#include "cli/exec/pkt_text.h"
#include "cli/exec/tables.h"

/* ---- list ---- */

static const char *type_text(enum capture_type t)
{
        return t == CAPTURE_TLS_PROXY ? "tls-proxy" : t == CAPTURE_ASP_DROP ? "asp-drop" : "raw-data";
}

static void put_end(struct wbuf *w, const struct capture_match *m, const struct prefix *p, const struct port_range *r)
{
        char a[ADDR_TEXT_MAX], k[ADDR_TEXT_MAX];
        struct addr mask = addr_v4(len_to_mask(p->len));

        if (!p->a.fam)
                wbuf_str(w, "any ");
        else if (p->len == 32 || p->a.fam == ADDR_V6)
                wbuf_printf(w, "host %s ", addr_print(&p->a, a));
        else
                wbuf_printf(w, "%s %s ", addr_print(&p->a, a), addr_print(&mask, k));
        if (m->proto != IPPROTO_TCP_ && m->proto != IPPROTO_UDP_)
                return;
        if (r->lo == r->hi)
                wbuf_printf(w, "eq %u ", r->lo);
        else if (r->lo || r->hi != 65535)
                wbuf_printf(w, "range %u %u ", r->lo, r->hi);
}

static void show_match(struct session *s, const struct capture_match *m)
{
        char line[200], num[8];
        struct wbuf w = wbuf_of(line, sizeof line);

        if (m->proto < 0)
                wbuf_str(&w, "ip ");
        else if (m->proto == IPPROTO_TCP_)
                wbuf_str(&w, "tcp ");
        else if (m->proto == IPPROTO_UDP_)
                wbuf_str(&w, "udp ");
        else if (m->proto == IPPROTO_ICMP_)
                wbuf_str(&w, "icmp ");
        else
                wbuf_printf(&w, "%s ", proto_name((uint8_t)m->proto, num));
        put_end(&w, m, &m->a, &m->ap);
        put_end(&w, m, &m->b, &m->bp);
        out(s, "  match %s\n", wbuf_text(&w));
}

static void show_line(struct session *s, const struct capture_stat *st)
{
        const struct capture_def *d = &st->def;
        struct capture_def plain;
        char line[400];
        struct wbuf w = wbuf_of(line, sizeof line);

        capture_def_init(&plain, "");
        wbuf_printf(&w, "capture %s type %s ", d->name, type_text(d->type));
        if (d->type == CAPTURE_ASP_DROP)
                wbuf_printf(&w, "%s ", d->drop < 0 ? "all" : drop_key((unsigned)d->drop));
        if (d->buffer != plain.buffer)
                wbuf_printf(&w, "buffer %u ", d->buffer);
        if (d->packet_len != plain.packet_len)
                wbuf_printf(&w, "packet-length %u ", d->packet_len);
        if (*d->nameif)
                wbuf_printf(&w, "interface %s ", d->nameif);
        if (d->circular)
                wbuf_str(&w, "circular-buffer ");
        wbuf_printf(&w, "[%s - %llu bytes] ", st->full ? "Buffer Full" : "Capturing", (unsigned long long)st->bytes);
        out(s, "%s\n", wbuf_text(&w));
        for (unsigned i = 0; i < d->nmatch; i++)
                show_match(s, &d->match[i]);
}

static int show_list(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct capture_stat *st = mem_alloc(MEM_CLI, CAPTURES_MAX * sizeof *st);
        unsigned n;

        if (!st)
                return err_nomem(e, "listing captures");
        n = cap_list(session_box(s), st);
        for (unsigned i = 0; i < n; i++)
                show_line(s, &st[i]);
        mem_free(st);
        return 0;
}

/* ---- contents ---- */

struct listing {
        struct session *s;
        struct tz tz;
        struct pkt_text_opts opts;
        bool dump, drops;
        uint64_t seen, shown, count, only; /* count: at most, only: this one; 0: all */
};

static bool show_dump(struct listing *l, const struct capture_rec *r, const uint8_t *data)
{
        char line[120];
        uint32_t skip = r->l3 ? 0 : MIN_OF(r->caplen, 14u);
        bool more = true;

        for (uint32_t at = 0; more && at < r->caplen - skip; at += 16) {
                struct wbuf w = wbuf_of(line, sizeof line);

                pkt_dump_row(data + skip, r->caplen - skip, at, &w);
                more = out(l->s, "%s\n", wbuf_text(&w));
        }
        return more;
}

static bool show_packet(struct listing *l, const struct capture_rec *r, const uint8_t *data)
{
        char line[1024];
        struct wbuf w = wbuf_of(line, sizeof line);
        struct tm tm = tz_tm(&l->tz, (time_t)(r->wall_ns / 1000000000u));

        wbuf_printf(&w, "%4llu: %02d:%02d:%02d.%06u", (unsigned long long)l->seen, tm.tm_hour, tm.tm_min, tm.tm_sec,
                    (unsigned)(r->wall_ns / 1000u % 1000000u));
        wbuf_str(&w, l->opts.detail ? " " : "       ");
        pkt_text(r, data, &l->opts, &w);
        if (l->drops)
                wbuf_printf(&w, "Drop-reason: (%s) %s", drop_key(r->drop), drop_text(r->drop));
        l->shown++;
        return out(l->s, "%s\n", wbuf_text(&w)) && (!l->dump || show_dump(l, r, data));
}

static bool on_record(void *ctx, const struct capture_rec *r, const uint8_t *data)
{
        struct listing *l = ctx;

        l->seen++;
        if (l->only && l->seen != l->only)
                return true;
        if (l->count && l->shown == l->count)
                return false;
        return show_packet(l, r, data);
}

static void show_total(struct session *s, uint64_t n, const char *what)
{
        out(s, "%llu packet%s %s\n", (unsigned long long)n, n == 0 || n == 1 ? "" : "s", what);
}

static int show_contents(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        const char *name = arg_str(a, "NAME");
        struct capture_stat st;
        struct listing l = { .s = s, .opts.detail = arg_has(a, "detail"), .dump = arg_has(a, "dump") };

        if (!cap_find(b, name, &st))
                return err_set(e, ERR_REF, "Capture <%s> does not exist", name);
        l.count = arg_u32(a, "COUNT", 0);
        l.only = arg_u32(a, "NUMBER", 0);
        l.drops = st.def.type == CAPTURE_ASP_DROP;
        box_tz(b, &l.tz);
        out(s, "\n");
        show_total(s, st.pkts, "captured");
        out(s, "\n");
        if (cap_each(b, name, on_record, &l, e))
                return -1;
        show_total(s, l.shown, "shown");
        return 0;
}

const struct exec_row exec_show_capture[] = {
        { "show capture", "List the captures", 15, show_list },
        { "show capture NAME:word(64) [count COUNT:u32(1-4294967295)] [packet-number NUMBER:u32(1-4294967295)] "
          "[detail] "
          "[dump]",
          "Show captured packets", 15, show_contents },
        { 0 },
};
