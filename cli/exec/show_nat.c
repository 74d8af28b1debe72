/* NAT rules and how often they were used. */
#include "cli/exec/clear.h"
#include "cli/exec/live.h"
#include "cli/exec/rule_text.h"
#include "cli/exec/tables.h"

#include "nat/xlate.h"

static const char *const titles[] = { "", "Manual NAT Policies (Section 1)", "Auto NAT Policies (Section 2)",
                                      "Manual NAT Policies (Section 3)" };

static const char *any_name(const struct snapshot *snap, uint16_t iface)
{
        return iface == IFACE_NONE ? "any" : ifc_name(snap, iface);
}

/* ---- detail ---- */
static void put_range(struct text *t, const struct addr_range *r)
{
        char lo[ADDR_TEXT_MAX], hi[ADDR_TEXT_MAX];
        uint32_t n = r->hi.v4 - r->lo.v4 + 1;

        addr_print(&r->lo, lo);
        if (!addr_is_v4(&r->lo))
                text_add(t, lo);
        else if ((n & (n - 1)) == 0 && (!n || !(r->lo.v4 & (n - 1))))
                text_printf(t, "%s/%d", lo, n ? 32 - __builtin_ctz(n) : 0);
        else
                text_printf(t, "%s-%s", lo, addr_print(&r->hi, hi));
}

static void put_mapped(struct text *t, const struct snapshot *snap, const struct nat_rule_rt *r)
{
        const struct iface_rt *ifc = iface_by_idx(net_rt(snap), r->mapped_if);
        char a[ADDR_TEXT_MAX];

        if (r->to_interface)
                text_printf(t, "%s/%u", ifc ? addr_print(&ifc->ip, a) : "unknown", ifc ? ifc->mask_len : 0);
        else
                put_range(t, &r->mapped);
}

/* The rules of a line that begin at place i: those of its source, or of its destination. */
static unsigned put_ranges(const struct snapshot *snap, unsigned i, struct text *origin, struct text *translated)
{
        const struct nat_rule_rt *first = nat_rule_at(nat_rt(snap), i), *r = first;

        for (; r && r->id == first->id && r->far == first->far; r = nat_rule_at(nat_rt(snap), ++i)) {
                text_add(origin, r == first ? "" : ", ");
                put_range(origin, &r->real);
                if (r != first && r->dynamic)
                        continue;
                text_add(translated, r == first ? "" : ", ");
                put_mapped(translated, snap, r);
        }
        return i;
}

static void show_service(struct session *s, const struct nat_rule_rt *r)
{
        if (r->svc_proto)
                PUT(s, "    Service - Protocol: %s Real: %s Mapped: %s \n",
                    cell_text(r->svc_proto == IPPROTO_TCP_ ? "tcp" : "udp"), cell_num(NULL, r->svc_real),
                    cell_num(NULL, r->svc_mapped));
}

static unsigned show_side(struct session *s, const struct snapshot *snap, unsigned i, bool far)
{
        const struct nat_rule_rt *r = nat_rule_at(nat_rt(snap), i);
        struct text o = { 0 }, t = { 0 };

        i = put_ranges(snap, i, &o, &t);
        PUT(s, "    %s - Origin: %s, Translated: %s\n", cell_text(far ? "Destination" : "Source"),
            cell_str(far ? "destination_origin" : "source_origin", text_str(&o)),
            cell_str(far ? "destination_translated" : "source_translated", text_str(&t)));
        show_service(s, r);
        text_fini(&o);
        text_fini(&t);
        return i;
}

static void show_detail(struct session *s, const struct snapshot *snap, unsigned i)
{
        uint32_t id = nat_rule_at(nat_rt(snap), i)->id;
        const struct nat_rule_rt *far;

        i = show_side(s, snap, i, false);
        far = nat_rule_at(nat_rt(snap), i);
        if (far && far->id == id)
                show_side(s, snap, i, true);
}

/* ---- a rule ---- */
static void put_service(struct session *s, const struct nat_rule_rt *r)
{
        if (r->svc_proto)
                PUT(s, "   service %s %s %s", cell_str("service", r->svc_proto == IPPROTO_TCP_ ? "tcp" : "udp"),
                    cell_num("service_real_port", r->svc_real), cell_num("service_mapped_port", r->svc_mapped));
}

static void show_object(struct session *s, const struct nat_rule_rt *r)
{
        char target[200];

        if (!nat_target_text(session_box(s), r->id, target, sizeof target))
                strcpy(target, "?");
        PUT(s, "%s %s", cell_str("real", r->object), cell_str("mapped", target));
        put_service(s, r);
}

static const char *end_name(const struct nat_end *n)
{
        return n->kind == NAT_END_ANY ? "any" : n->kind == NAT_END_INTERFACE ? "interface" : n->name;
}

static void put_options(struct session *s, const struct twice_nat_conf *c)
{
        if (c->svc_first[0])
                PUT(s, "   service %s %s", cell_str("service_first", c->svc_first),
                    cell_str("service_second", c->svc_second));
        out(s, "%s%s%s%s%s", c->net_to_net ? " net-to-net" : "", c->dns ? " dns" : "",
            c->unidirectional ? " unidirectional" : "", c->no_proxy_arp ? " no-proxy-arp" : "",
            c->route_lookup ? " route-lookup" : "");
}

static void show_twice(struct session *s, const struct nat_rule_rt *r)
{
        struct twice_nat_conf c;

        if (!nat_twice_of(session_box(s), r->id, &c)) {
                PUT(s, "%s ?", cell_str("real", r->object));
                return;
        }
        PUT(s, "%s %s%s", cell_str("real", end_name(&c.real)), cell_str("mapped", end_name(&c.mapped)),
            cell_text(c.iface_fallback ? " interface" : ""));
        if (c.there_real.kind != NAT_END_NONE)
                PUT(s, "   destination static %s %s", cell_str("destination_mapped", end_name(&c.there_mapped)),
                    cell_str("destination_real", end_name(&c.there_real)));
        put_options(s, &c);
}

static void show_rule(struct session *s, const struct snapshot *snap, unsigned i, unsigned n, bool more)
{
        const struct nat_rule_rt *r = nat_rule_at(nat_rt(snap), i);
        uint64_t t, u;

        live_nat_hits(session_box(s), r->id, &t, &u);
        table_object(session_table(s), NULL);
        PUT(s, "%s (%s) to (%s) source %s ", cell_num("number", n),
            cell_str("real_interface", any_name(snap, r->real_if)),
            cell_str("mapped_interface", any_name(snap, r->mapped_if)),
            cell_str("type", r->dynamic ? "dynamic" : "static"), cell_num("section", r->section));
        if (r->section == 2)
                show_object(s, r);
        else
                show_twice(s, r);
        out(s, "\n");
        PUT(s, "    translate_hits = %s, untranslate_hits = %s\n", cell_num("translate_hits", t),
            cell_num("untranslate_hits", u));
        if (more)
                show_detail(s, snap, i);
        table_close(session_table(s));
}

static int show_nat(struct session *s, const struct args *a, struct err *e UNUSED)
{
        struct box *b = session_box(s);
        const struct snapshot *snap = snapshot_get(b->hub);
        const struct nat_rule_rt *r;
        unsigned section = 0, n = 0;

        table_list(session_table(s), "rules");
        for (unsigned i = 0; snap && (r = nat_rule_at(nat_rt(snap), i)); i++) {
                if (r->part) /* shown with the first of its line */
                        continue;
                if (r->section != section) {
                        out(s, "%s%s\n", section ? "\n" : "", titles[r->section & 3]);
                        section = r->section;
                        n = 0;
                }
                show_rule(s, snap, i, ++n, arg_has(a, "detail"));
        }
        table_close(session_table(s));
        if (snap)
                snapshot_put(b->hub, snap);
        return 0;
}

int clear_nat(struct session *s, const struct args *a UNUSED, struct err *e)
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

const struct exec_row exec_show_nat[] = {
        { "show nat [detail]", "Show NAT rules and how often they matched", 15 | EXEC_TABLE, show_nat },
        { "clear nat counters", "Count matches of NAT rules from now on", 15, clear_nat },
        { 0 },
};
