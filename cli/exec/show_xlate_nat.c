/* Translations and the rules that make them. */
#include "cli/exec/live.h"
#include "cli/exec/rule_text.h"
#include "cli/exec/tables.h"

#include "nat/xlate.h"

#define ROWS 64

/* ---- show xlate ---- */

struct query {
        uint32_t cursor, in_use, most;
        struct xlate_row row[ROWS];
        unsigned n;
        bool end;
};

static void read_rows(struct worker *w, void *arg)
{
        struct query *q = arg;

        q->end = true;
        q->n = w->xlates ? xlate_walk(w, &q->cursor, q->row, ROWS, &q->end) : 0;
}

static void read_totals(struct worker *w, void *arg)
{
        struct query *q = arg;

        if (!w->xlates)
                return;
        q->in_use = xlate_count(w);
        q->most = xlate_most(w);
}

static const char *with_len(const struct addr *a, uint8_t len, char *out, size_t cap)
{
        char t[ADDR_TEXT_MAX];
        bool host = !len || len == (addr_is_v4(a) ? 32 : 128);

        if (host)
                snprintf(out, cap, "%s", addr_print(a, t));
        else
                snprintf(out, cap, "%s/%u", addr_print(a, t), len);
        return out;
}

static void put_times(struct session *s, const struct xlate_row *r, const char *flags)
{
        char idle[24], to[24];

        out(s, "flags %s idle %s timeout %s\n", flags, str_duration(idle, r->idle_ms / 1000),
            str_duration(to, r->timeout_ms / 1000));
}

static bool show_pat(struct session *s, const struct snapshot *snap, const struct xlate_row *r)
{
        char real[ADDR_TEXT_MAX], mapped[ADDR_TEXT_MAX], num[8];
        const char *proto = proto_name(r->proto, num);

        addr_print(&r->real, real);
        addr_print(&r->mapped, mapped);
        if (r->dynamic) {
                out(s, "%s PAT from %s:%s/%u to %s:%s/%u ", proto, ifc_name(snap, r->real_if), real, r->rport,
                    ifc_name(snap, r->mapped_if), mapped, r->mport);
                put_times(s, r, "ri");
        } else {
                out(s, "%s PAT from %s:%s %u-%u to %s:%s %u-%u\n    ", proto, ifc_name(snap, r->real_if), real,
                    r->rport, r->rport, ifc_name(snap, r->mapped_if), mapped, r->mport, r->mport);
                put_times(s, r, "sr");
        }
        return out(s, "%s", "");
}

static const char *any_name(const struct snapshot *snap, uint16_t iface)
{
        return iface == IFACE_NONE ? "any" : ifc_name(snap, iface);
}

static bool show_row(struct session *s, const struct snapshot *snap, const struct xlate_row *r)
{
        char real[64], mapped[64];

        if (r->portmap)
                return show_pat(s, snap, r);
        out(s, "NAT from %s:%s to %s:%s\n    ", any_name(snap, r->real_if),
            with_len(&r->real, r->len, real, sizeof real), any_name(snap, r->mapped_if),
            with_len(&r->mapped, r->len, mapped, sizeof mapped));
        put_times(s, r, r->dynamic ? "i" : "s");
        return out(s, "%s", "");
}

/* Static ones are the same in every worker: shown once. */
static bool show_worker(struct session *s, const struct snapshot *snap, struct worker *w, bool statics)
{
        struct query q = { 0 };

        do {
                worker_call(w, read_rows, &q);
                for (unsigned i = 0; i < q.n; i++)
                        if ((statics || q.row[i].dynamic) && !show_row(s, snap, &q.row[i]))
                                return false;
        } while (!q.end);
        return true;
}

static int show_xlate(struct session *s, const struct args *a, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        struct query q = { 0 };
        const struct snapshot *snap;
        bool more = true;

        each_worker(b, read_totals, &q);
        out(s, "%u in use, %u most used\n", q.in_use, q.most);
        snap = arg_has(a, "count") ? NULL : snapshot_get(b->hub);
        if (!snap)
                return 0;
        out(s, "Flags: D - DNS, e - extended, I - identity, i - dynamic, r - portmap,\n"
               "       s - static, T - twice, N - net-to-net\n");
        for (unsigned i = 0; more && i < b->nworkers; i++)
                if (b->worker[i])
                        more = show_worker(s, snap, b->worker[i], i == 0);
        snapshot_put(b->hub, snap);
        return 0;
}

static void clear_some(struct worker *w, void *arg)
{
        struct query *q = arg;

        q->end = true;
        if (w->xlates)
                q->n += xlate_clear(w, &q->cursor, &q->end);
}

static int clear_xlate(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        struct box *b = session_box(s);

        for (unsigned i = 0; i < b->nworkers; i++) {
                struct query q = { .end = !b->worker[i] };

                while (!q.end)
                        worker_call(b->worker[i], clear_some, &q);
        }
        return 0;
}

/* ---- show nat ---- */

static const char *const titles[] = { "", "Manual NAT Policies (Section 1)", "Auto NAT Policies (Section 2)",
                                      "Manual NAT Policies (Section 3)" };

static void put_range(struct wbuf *w, const struct addr_range *r)
{
        char lo[ADDR_TEXT_MAX], hi[ADDR_TEXT_MAX];
        uint32_t n = r->hi.v4 - r->lo.v4 + 1;

        addr_print(&r->lo, lo);
        if (!addr_is_v4(&r->lo))
                wbuf_str(w, lo);
        else if (n && (n & (n - 1)) == 0 && !(r->lo.v4 & (n - 1)))
                wbuf_printf(w, "%s/%d", lo, 32 - __builtin_ctz(n));
        else
                wbuf_printf(w, "%s-%s", lo, addr_print(&r->hi, hi));
}

static void show_origin(struct session *s, const struct snapshot *snap, const struct nat_rule_rt *r)
{
        char line[300];
        struct wbuf w = wbuf_of(line, sizeof line);
        const struct iface_rt *ifc = iface_by_idx(net_rt(snap), r->mapped_if);
        char a[ADDR_TEXT_MAX];

        wbuf_str(&w, "    Source - Origin: ");
        put_range(&w, &r->real);
        wbuf_str(&w, ", Translated: ");
        if (r->to_interface)
                wbuf_printf(&w, "%s/%u", ifc ? addr_print(&ifc->ip, a) : "unknown", ifc ? ifc->mask_len : 0);
        else
                put_range(&w, &r->mapped);
        out(s, "%s\n", wbuf_text(&w));
        if (r->svc_proto)
                out(s, "    Service - Protocol: %s Real: %u Mapped: %u \n",
                    r->svc_proto == IPPROTO_TCP_ ? "tcp" : "udp", r->svc_real, r->svc_mapped);
}

static void show_rule(struct session *s, const struct snapshot *snap, const struct nat_rule_rt *r, unsigned n,
                      bool more)
{
        struct box *b = session_box(s);
        uint64_t t, u;
        char target[200], service[64] = "";

        if (!nat_target_text(b, r->id, target, sizeof target))
                strcpy(target, "?");
        live_nat_hits(b, r->id, &t, &u);
        if (r->svc_proto)
                snprintf(service, sizeof service, "   service %s %u %u", r->svc_proto == IPPROTO_TCP_ ? "tcp" : "udp",
                         r->svc_real, r->svc_mapped);
        out(s, "%u (%s) to (%s) source %s %s %s%s\n", n, any_name(snap, r->real_if), any_name(snap, r->mapped_if),
            r->dynamic ? "dynamic" : "static", r->object, target, service);
        out(s, "    translate_hits = %llu, untranslate_hits = %llu\n", (unsigned long long)t, (unsigned long long)u);
        if (more)
                show_origin(s, snap, r);
}

static int show_nat(struct session *s, const struct args *a, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        const struct snapshot *snap = snapshot_get(b->hub);
        const struct nat_rule_rt *r;
        unsigned section = 0, n = 0;

        for (unsigned i = 0; snap && (r = nat_rule_at(nat_rt(snap), i)); i++) {
                if (r->section != section) {
                        out(s, "%s%s\n", section ? "\n" : "", titles[r->section & 3]);
                        section = r->section;
                        n = 0;
                }
                show_rule(s, snap, r, ++n, arg_has(a, "detail"));
        }
        if (snap)
                snapshot_put(b->hub, snap);
        return 0;
}

static int clear_nat(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct box *b = session_box(s);
        const struct snapshot *snap = snapshot_get(b->hub);
        const struct nat_rule_rt *r;
        int rc = 0;

        for (unsigned i = 0; snap && (r = nat_rule_at(nat_rt(snap), i)); i++)
                rc |= live_nat_clear(b, r->id);
        if (snap)
                snapshot_put(b->hub, snap);
        return rc ? err_nomem(e, "clearing counters") : 0;
}

const struct exec_row exec_show_xlate_nat[] = {
        { "show xlate [count]", "Show translations", 15, show_xlate },
        { "clear xlate", "End dynamic translations and all translated connections", 15, clear_xlate },
        { "show nat [detail]", "Show NAT rules and how often they matched", 15, show_nat },
        { "clear nat counters", "Count matches of NAT rules from now on", 15, clear_nat },
        { 0 },
};
