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
        ITEM(s, "  match %s\n", cell_str(NULL, wbuf_text(&w)));
}

static void show_options(struct session *s, const struct capture_def *d)
{
        struct capture_def plain;

        capture_def_init(&plain, "");
        if (d->buffer != plain.buffer)
                out(s, "buffer %u ", d->buffer);
        if (d->packet_len != plain.packet_len)
                out(s, "packet-length %u ", d->packet_len);
        if (*d->nameif)
                PUT(s, "interface %s ", cell_str("interface", d->nameif));
        if (d->circular)
                out(s, "circular-buffer ");
        PUT(s, "", cell_num("buffer_bytes", d->buffer), cell_num("packet_length", d->packet_len),
            cell_bool("circular", d->circular));
}

static void show_line(struct session *s, const struct capture_stat *st)
{
        const struct capture_def *d = &st->def;

        table_object(session_table(s), NULL);
        PUT(s, "capture %s type %s ", cell_str("name", d->name), cell_str("type", type_text(d->type)));
        if (d->type == CAPTURE_ASP_DROP)
                PUT(s, "%s ", cell_str("drop", d->drop < 0 ? "all" : drop_key((unsigned)d->drop)));
        show_options(s, d);
        PUT(s, "[%s - %s bytes] \n", cell_as(cell_bool("full", st->full), st->full ? "Buffer Full" : "Capturing"),
            cell_num("bytes", st->bytes), cell_num("packets", st->pkts));
        table_list(session_table(s), "match");
        for (unsigned i = 0; i < d->nmatch; i++)
                show_match(s, &d->match[i]);
        table_close(session_table(s));
        table_close(session_table(s));
}

static int show_list(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct capture_stat *st = mem_alloc(MEM_CLI, CAPTURES_MAX * sizeof *st);
        unsigned n;

        if (!st)
                return err_nomem(e, "listing captures");
        n = cap_list(session_box(s), st);
        table_list(session_table(s), "captures");
        for (unsigned i = 0; i < n; i++)
                show_line(s, &st[i]);
        table_close(session_table(s));
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

static void show_dump(struct listing *l, const struct capture_rec *r, const uint8_t *data)
{
        char line[120];
        uint32_t skip = r->l3 ? 0 : MIN_OF(r->caplen, 14u);
        bool more = true;

        table_list(session_table(l->s), "dump");
        for (uint32_t at = 0; more && at < r->caplen - skip; at += 16) {
                struct wbuf w = wbuf_of(line, sizeof line);

                pkt_dump_row(data + skip, r->caplen - skip, at, &w);
                more = ITEM(l->s, "%s\n", cell_str(NULL, wbuf_text(&w)));
        }
        table_close(session_table(l->s));
}

static bool show_packet(struct listing *l, const struct capture_rec *r, const uint8_t *data)
{
        char line[1024], when[32];
        struct wbuf w = wbuf_of(line, sizeof line);
        struct tm tm = tz_tm(&l->tz, (time_t)(r->wall_ns / 1000000000u));

        snprintf(when, sizeof when, "%02d:%02d:%02d.%06u", tm.tm_hour, tm.tm_min, tm.tm_sec,
                 (unsigned)(r->wall_ns / 1000u % 1000000u));
        pkt_text(r, data, &l->opts, &w);
        l->shown++;
        table_object(session_table(l->s), NULL);
        PUT(l->s, "%4s: %s%s%s", cell_num("number", l->seen), cell_as(cell_time("time", (int64_t)r->wall_ns), when),
            cell_text(l->opts.detail ? " " : "       "), cell_str("packet", wbuf_text(&w)),
            cell_num("length", r->len), cell_num("captured_length", r->caplen));
        if (l->drops)
                PUT(l->s, "Drop-reason: (%s) %s", cell_str("drop_reason", drop_key(r->drop)),
                    cell_text(drop_text(r->drop)));
        out(l->s, "\n");
        if (l->dump)
                show_dump(l, r, data);
        return table_close(session_table(l->s));
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
        PUT(s, "%s packet%s %s\n", cell_num(what, n), cell_text(n == 0 || n == 1 ? "" : "s"), cell_text(what));
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
        table_list(session_table(s), "packets");
        if (cap_each(b, name, on_record, &l, e))
                return -1;
        table_close(session_table(s));
        show_total(s, l.shown, "shown");
        return 0;
}

const struct exec_row exec_show_capture[] = {
        { "show capture", "List the captures", 15 | EXEC_TABLE, show_list },
        { "show capture NAME:word(64) [count COUNT:u32(1-4294967295)] [packet-number NUMBER:u32(1-4294967295)] "
          "[detail] "
          "[dump]",
          "Show captured packets", 15 | EXEC_TABLE, show_contents },
        { 0 },
};
