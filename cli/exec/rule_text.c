#include "cli/exec/rule_text.h"

#include "cli/exec/acl_lines.h"
#include "cli/cmd/rows.h"
#include "cli/conf/running.h"
#include "cli/conf/store.h"
#include "policy/police.h"

/* ---- access lists ---- */

static void groups_of(struct box *b, const char *acl, struct text *out)
{
        pthread_mutex_lock(&b->conf_lock);
        conf_each(struct access_group_conf, g, &b->store->policy.access_groups) {
                if (strcmp(g->acl, acl) != 0)
                        continue;
                if (g->dir == AG_GLOBAL)
                        text_printf(out, "access-group %s global\n", acl);
                else
                        text_printf(out, "access-group %s %s interface %s\n", acl, g->dir == AG_IN ? "in" : "out",
                                    g->nameif);
        }
        pthread_mutex_unlock(&b->conf_lock);
}

static void ace_text(struct box *b, uint32_t id, struct text *out)
{
        struct acl_lines *lists = NULL;

        if (acl_lines_get(b, NULL, false, &lists, NULL))
                return;
        for (const struct acl_lines *l = lists; l; l = l->next) {
                for (const struct acl_line *ln = l->first; ln; ln = ln->next) {
                        if (ln->id != id)
                                continue;
                        groups_of(b, l->name, out);
                        text_printf(out, "%s \n", ln->text);
                }
        }
        acl_lines_free(lists);
}

/* ---- NAT ---- */

static const struct object_nat_conf *find_nat(const struct store *s, uint32_t id)
{
        conf_each(struct object_nat_conf, c, &s->nat.object_nats) {
                if (c->o.id == id)
                        return c;
        }
        return NULL;
}

static const struct twice_nat_conf *find_twice(const struct store *s, uint32_t id)
{
        const struct conf_list *const lists[] = { &s->nat.twice, &s->nat.after_auto };

        for (unsigned i = 0; i < 2; i++)
                conf_each(struct twice_nat_conf, c, lists[i])
                        if (c->o.id == id)
                                return c;
        return NULL;
}

/* As it is printed: "nat (inside,outside) source static a b ...". */
static bool twice_line(const struct store *s, const struct twice_nat_conf *c, struct text *out)
{
        const struct cmd_row *both[] = { rows_twice_nat, rows_twice_nat_after };
        bool after = conf_list_find(&s->nat.after_auto, c->o.name) == c;
        const struct tree_row *row = tree_row_of(s->tree, NULL, both[after]);

        return row && grammar_write(row->element, c, WRITE_PLAIN, out);
}

static void put_target(struct wbuf *w, const struct object_nat_conf *c)
{
        char a[ADDR_TEXT_MAX];

        if (c->mapped_kind == MAPPED_INTERFACE)
                wbuf_str(w, "interface");
        else
                wbuf_str(w, c->mapped_kind == MAPPED_OBJECT ? c->mapped_obj : addr_print(&c->mapped, a));
        if (c->iface_fallback)
                wbuf_str(w, " interface");
        if (c->dns)
                wbuf_str(w, " dns");
        if (c->no_proxy_arp)
                wbuf_str(w, " no-proxy-arp");
        if (c->route_lookup)
                wbuf_str(w, " route-lookup");
}

bool nat_target_text(struct box *b, uint32_t id, char *out, size_t cap)
{
        const struct object_nat_conf *c;
        struct wbuf w = wbuf_of(out, cap);

        pthread_mutex_lock(&b->conf_lock);
        c = find_nat(b->store, id);
        if (c)
                put_target(&w, c);
        pthread_mutex_unlock(&b->conf_lock);
        wbuf_text(&w);
        return c != NULL;
}

bool nat_twice_of(struct box *b, uint32_t id, struct twice_nat_conf *out)
{
        const struct twice_nat_conf *c;

        pthread_mutex_lock(&b->conf_lock);
        c = find_twice(b->store, id);
        if (c)
                *out = *c;
        pthread_mutex_unlock(&b->conf_lock);
        return c != NULL;
}

static void object_text(const struct object_nat_conf *c, struct text *out)
{
        char target[200];
        struct wbuf w = wbuf_of(target, sizeof target);

        put_target(&w, c);
        text_printf(out, "object network %s\n nat (%s,%s) %s %s", c->o.name, c->real_if, c->mapped_if,
                    c->dynamic ? "dynamic" : "static", wbuf_text(&w));
        if (c->svc_proto)
                text_printf(out, " service %s %u %u", c->svc_proto == 6 ? "tcp" : "udp", c->svc_real, c->svc_mapped);
        text_add(out, "\n");
}

static void nat_text(struct box *b, uint32_t id, struct text *out)
{
        const struct object_nat_conf *c;
        const struct twice_nat_conf *t;

        pthread_mutex_lock(&b->conf_lock);
        c = find_nat(b->store, id);
        t = c ? NULL : find_twice(b->store, id);
        if (c)
                object_text(c, out);
        else if (t && twice_line(b->store, t, out))
                text_add(out, "\n");
        pthread_mutex_unlock(&b->conf_lock);
}

/* ---- classes ---- */

static void service_lines(const struct store *s, const char *policy, struct text *out)
{
        conf_each(struct service_policy_conf, sp, &s->policy.services) {
                if (strcmp(sp->policy, policy) != 0)
                        continue;
                if (sp->global)
                        text_printf(out, "service-policy %s global\n", policy);
                else
                        text_printf(out, "service-policy %s interface %s\n", policy, sp->nameif);
        }
}

static void class_lines(const struct store *s, const struct policy_map_conf *pm, const struct class_action_conf *c,
                        struct text *out)
{
        text_printf(out, "class-map %s\npolicy-map %s\n class %s\n", c->o.name, pm->o.name, c->o.name);
        conf_each(struct inspect_conf, i, &c->inspects) {
                text_printf(out, "  inspect %s%s%s%s%s%s%s\n", inspect_name(i->engine), *i->map ? " " : "", i->map,
                            *i->tls_proxy ? " tls-proxy " : "", i->tls_proxy, *i->phone_proxy ? " phone-proxy " : "",
                            i->phone_proxy);
        }
        for (unsigned d = 0; d < POLICE_DIRS; d++)
                if (c->police[d].rate)
                        text_printf(out, "  police %s %u %u\n", d == POLICE_INPUT ? "input" : "output",
                                    c->police[d].rate, police_burst(&c->police[d]));
        service_lines(s, pm->o.name, out);
}

static void class_text(struct box *b, uint32_t id, struct text *out)
{
        pthread_mutex_lock(&b->conf_lock);
        conf_each(struct policy_map_conf, pm, &b->store->policy.policies) {
                conf_each(struct class_action_conf, c, &pm->classes) {
                        if (c->o.id == id)
                                class_lines(b->store, pm, c, out);
                }
        }
        pthread_mutex_unlock(&b->conf_lock);
}

void rule_text(struct box *b, enum trace_ref ref, uint32_t id, struct text *out)
{
        if (ref == TRACE_REF_ACE)
                ace_text(b, id, out);
        else if (ref == TRACE_REF_NAT)
                nat_text(b, id, out);
        else if (ref == TRACE_REF_CLASS)
                class_text(b, id, out);
}
