/* Access lists with their hit counts: lines are copied under the lock, counters read and text shown without it. */
#include "cli/exec/acl_lines.h"
#include "cli/exec/clear.h"
#include "cli/exec/live.h"
#include "cli/exec/tables.h"
#include "cli/lang/text.h"
#include "cli/lang/types.h"

#include "policy/acl.h"
#include "policy/policy_rt.h"

#define PAGE 64u /* elements copied at once */

/* ---- elements of a line that names objects or groups ---- */

static const char *shown(const struct addr_names *names, const struct addr *a, char text[ADDR_TEXT_MAX])
{
        const char *name = addr_names_find(names, a);

        return name ? name : addr_print(a, text);
}

static void put_range(struct wbuf *w, const struct addr_names *names, const struct addr_range *r)
{
        char lo[ADDR_TEXT_MAX], hi[ADDR_TEXT_MAX];
        uint32_t n = r->hi.v4 - r->lo.v4 + 1;
        struct addr mask;

        if (!r->lo.fam || (addr_is_v4(&r->lo) && !n)) {
                wbuf_str(w, "any ");
        } else if (addr_eq(&r->lo, &r->hi)) {
                wbuf_printf(w, "host %s ", shown(names, &r->lo, lo));
        } else if (addr_is_v4(&r->lo) && (n & (n - 1)) == 0 && !(r->lo.v4 & (n - 1))) {
                mask = addr_v4(~(n - 1));
                wbuf_printf(w, "%s %s ", shown(names, &r->lo, lo), addr_print(&mask, hi));
        } else {
                wbuf_printf(w, "range %s %s ", shown(names, &r->lo, lo), shown(names, &r->hi, hi));
        }
}

/* A number as a line has it: by its name, where it has one. */
static void put_named(struct wbuf *w, const char *type, uint16_t num)
{
        const struct cmd_type *t = type_find(type, strlen(type));
        const struct type_arg none = { 0 };
        struct text name = { 0 };

        if (t)
                t->write(&none, &num, sizeof num, &name);
        wbuf_printf(w, "%s ", text_str(&name));
        text_fini(&name);
}

static void put_ports(struct wbuf *w, uint8_t proto, const struct port_range *p)
{
        const char *type = proto == IPPROTO_ICMP_ ? "icmptype" : proto == IPPROTO_UDP_ ? "udpport" : "tcpport";
        bool one = p->lo == p->hi;

        if (!one && (proto == IPPROTO_ICMP_ || (!p->lo && p->hi == 65535)))
                return;
        if (proto != IPPROTO_ICMP_)
                wbuf_str(w, one ? "eq " : "range ");
        put_named(w, type, p->lo);
        if (!one)
                put_named(w, type, p->hi);
}

static void put_proto(struct wbuf *w, const struct ace_elem *el)
{
        static const char *const names[] = {
                [IPPROTO_ICMP_] = "icmp", [IPPROTO_TCP_] = "tcp", [IPPROTO_UDP_] = "udp"
        };

        if (el->any_proto)
                wbuf_str(w, "ip ");
        else if (el->proto < ARRAY_LEN(names) && names[el->proto])
                wbuf_printf(w, "%s ", names[el->proto]);
        else
                put_named(w, "protocol", el->proto);
}

/* Hashes and hits of brief listings are in hex. */
#define HEX 20u

static struct cell hash_cell(const char *name, uint32_t hash, char text[HEX])
{
        snprintf(text, HEX, "%08x", hash);
        return cell_str(name, text);
}

static bool show_elem(struct session *s, const struct acl_lines *l, const struct acl_line *ln,
                      const struct ace_elem *el, unsigned index)
{
        char text[400], hash[HEX];
        struct wbuf w = wbuf_of(text, sizeof text);

        wbuf_printf(&w, "extended %s ", ln->permit ? "permit" : "deny");
        put_proto(&w, el);
        put_range(&w, session_table(s)->names, &el->src);
        if (el->proto != IPPROTO_ICMP_)
                put_ports(&w, el->proto, &el->sport);
        put_range(&w, session_table(s)->names, &el->dst);
        put_ports(&w, el->proto, &el->dport);
        if (el->proto == IPPROTO_ICMP_ && el->sport.lo == el->sport.hi)
                wbuf_printf(&w, "%u ", el->sport.lo);
        text[strlen(wbuf_text(&w)) - 1] = 0;
        return ROW(s, "  access-list %s line %s %s (hitcnt=%s) 0x%s \n", cell_text(l->name),
                   cell_num(NULL, ln->number), cell_str("text", text),
                   cell_num("hit_count", live_elem_hits(session_box(s), ln->id, index)),
                   hash_cell("hash", ace_elem_hash(ln->hash, el), hash));
}

/* ---- lines ---- */

/* "access-list NAME REST" -> REST */
static const char *rest_of(const struct acl_lines *l, const char *text)
{
        return text + strlen("access-list ") + strlen(l->name) + 1;
}

static bool show_elems(struct session *s, const struct acl_list_rt *rt, const struct acl_lines *l,
                       const struct acl_line *ln)
{
        struct ace_elem el[PAGE];
        uint32_t from = 0, n;
        bool more = true;

        table_list(session_table(s), "elements");
        while (more && (n = acl_ace_page(rt, ln->id, from, el, PAGE))) {
                for (uint32_t i = 0; more && i < n; i++)
                        more = show_elem(s, l, ln, &el[i], from + i);
                from += n;
        }
        return table_close(session_table(s)) && more;
}

static bool show_ace(struct session *s, const struct acl_list_rt *rt, const struct acl_lines *l,
                     const struct acl_line *ln)
{
        uint64_t hits = live_ace_hits(session_box(s), ln->id);
        char hash[HEX];

        if (!PUT(s, "access-list %s line %s %s (hitcnt=%s)%s 0x%s \n", cell_text(l->name),
                 cell_num("line", ln->number), cell_str("text", rest_of(l, ln->text)), cell_num("hit_count", hits),
                 cell_as(cell_bool("inactive", ln->inactive), ln->inactive ? " (inactive)" : ""),
                 hash_cell("hash", ln->hash, hash)))
                return false;
        return !rt || !ln->grouped || ln->inactive || show_elems(s, rt, l, ln);
}

static bool show_line(struct session *s, const struct acl_list_rt *rt, const struct acl_lines *l,
                      const struct acl_line *ln)
{
        bool more;

        if (ln->remark)
                return ROW(s, "access-list %s line %s %s\n", cell_text(l->name), cell_num("line", ln->number),
                           cell_str("text", rest_of(l, ln->text)));
        table_object(session_table(s), NULL);
        more = show_ace(s, rt, l, ln);
        return table_close(session_table(s)) && more;
}

static uint32_t count_elems(const struct acl_list_rt *rt, const struct acl_lines *l)
{
        uint32_t n = 0;

        for (const struct acl_line *ln = l->first; ln; ln = ln->next)
                n += ln->remark || ln->standard ? 0 : rt && !ln->inactive ? acl_ace_count(rt, ln->id) : 1;
        return n;
}

static bool show_list(struct session *s, const struct snapshot *snap, const struct acl_lines *l)
{
        const struct acl_list_rt *rt = acl_list(acl_rt(snap), l->name);
        char hash[HEX];
        bool more = PUT(s, "access-list %s; %s elements; name hash: 0x%s\n", cell_str("name", l->name),
                        cell_num("element_count", count_elems(rt, l)),
                        hash_cell("name_hash", acl_name_hash(l->name), hash));

        table_list(session_table(s), "lines");
        for (const struct acl_line *ln = l->first; more && ln; ln = ln->next)
                more = show_line(s, rt, l, ln);
        return table_close(session_table(s)) && more;
}

/* brief: the two hashes and the hits, in hex, of what was hit. */
static bool show_hit(struct session *s, uint32_t hash, uint32_t elem, uint64_t hits)
{
        char h[HEX], el[HEX], n[HEX];

        snprintf(n, sizeof n, "%08llx", (unsigned long long)hits);
        return ROW(s, "%s %s %s\n", hash_cell("hash", hash, h), hash_cell("element_hash", elem, el),
                   cell_as(cell_num("hit_count", hits), n));
}

static bool show_elems_brief(struct session *s, const struct acl_list_rt *rt, const struct acl_line *ln)
{
        struct ace_elem el[PAGE];
        uint32_t from = 0, n;
        bool more = true;

        while (more && (n = acl_ace_page(rt, ln->id, from, el, PAGE))) {
                for (uint32_t i = 0; more && i < n; i++) {
                        uint64_t hits = live_elem_hits(session_box(s), ln->id, from + i);

                        if (hits)
                                more = show_hit(s, ln->hash, ace_elem_hash(ln->hash, &el[i]), hits);
                }
                from += n;
        }
        return more;
}

static bool show_list_brief(struct session *s, const struct snapshot *snap, const struct acl_lines *l)
{
        const struct acl_list_rt *rt = acl_list(acl_rt(snap), l->name);
        char hash[HEX];
        bool more = PUT(s, "access-list %s; name hash: 0x%s\n", cell_str("name", l->name),
                        hash_cell("name_hash", acl_name_hash(l->name), hash));

        table_list(session_table(s), "hits");
        for (const struct acl_line *ln = l->first; more && ln; ln = ln->next) {
                uint64_t hits = ln->remark ? 0 : live_ace_hits(session_box(s), ln->id);

                if (hits && ln->grouped && rt)
                        more = show_elems_brief(s, rt, ln);
                else if (hits)
                        more = show_hit(s, ln->hash, 0, hits);
        }
        return table_close(session_table(s)) && more;
}

static void add_cached(struct worker *w, void *arg)
{
        struct acl_log_stat st = { 0 }, *sum = arg;

        if (w->policy)
                acl_log_stat(w->policy, &st);
        sum->flows += st.flows;
        sum->denied += st.denied;
}

static void show_cached(struct session *s)
{
        struct acl_log_stat sum = { 0 };

        each_worker(session_box(s), add_cached, &sum);
        PUT(s,
            "access-list cached ACL log flows: total %s, denied %s (deny-flow-max 4096)\n"
            "            alert-interval 300\n",
            cell_num("cached_flows", sum.flows), cell_num("cached_flows_denied", sum.denied));
}

static int show_access_list(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        const struct snapshot *snap = snapshot_get(b->hub);
        struct acl_lines *lists = NULL;
        int rc = acl_lines_get(b, arg_str(a, "NAME"), session_table(s)->json, &lists, e);
        bool more = !rc && snap;

        if (!rc)
                show_cached(s);
        if (!rc)
                table_list(session_table(s), "access_lists");
        for (const struct acl_lines *l = lists; more && l; l = l->next) {
                table_object(session_table(s), NULL);
                more = arg_has(a, "brief") ? show_list_brief(s, snap, l) : show_list(s, snap, l);
                more &= table_close(session_table(s));
        }
        acl_lines_free(lists);
        if (snap)
                snapshot_put(b->hub, snap);
        return rc;
}

int clear_hits(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        const struct snapshot *snap = snapshot_get(b->hub);
        struct acl_lines *lists = NULL;
        int rc = acl_lines_get(b, arg_str(a, "NAME"), session_table(s)->json, &lists, e);

        for (const struct acl_lines *l = lists; !rc && snap && l; l = l->next) {
                const struct acl_list_rt *rt = acl_list(acl_rt(snap), l->name);

                for (const struct acl_line *ln = l->first; !rc && ln; ln = ln->next)
                        rc = live_ace_clear(b, ln->id, rt ? acl_ace_count(rt, ln->id) : 0);
        }
        acl_lines_free(lists);
        if (snap)
                snapshot_put(b->hub, snap);
        return rc;
}

static int show_access_list_named(struct session *s, const struct args *a, struct err *e)
{
        return with_names(s, a, e, show_access_list);
}

const struct exec_row exec_show_access_list[] = {
        { "show access-list [NAME:word(241) [brief]]", "Show access lists and their hit counts", 15 | EXEC_TABLE,
          show_access_list_named },
        { "clear access-list NAME:word(241) counters", "Count hits from now on", 15, clear_hits },
        { 0 },
};
