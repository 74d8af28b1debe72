#include "tests/support/policy_fixture.h"

#include "policy/police.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/net/arp.h"
#include "platform/net/decode.h"
#include "platform/net/egress.h"
#include "platform/net/frag.h"

static void need(bool ok, const char *what)
{
        if (ok)
                return;
        fprintf(stderr, "policy fixture: %s failed\n", what);
        abort();
}

/* ---- configuration ---- */

static void fini_group(struct conf_obj *o)
{
        conf_list_fini(&((struct group_conf *)(void *)o)->members);
}

static void fini_acl(struct conf_obj *o)
{
        conf_list_fini(&((struct acl_conf *)(void *)o)->aces);
}

static void fini_action(struct conf_obj *o)
{
        conf_list_fini(&((struct class_action_conf *)(void *)o)->inspects);
}

static void fini_map(struct conf_obj *o)
{
        conf_list_fini(&((struct policy_map_conf *)(void *)o)->classes);
}

void pf_conf_init(struct policy_conf *c)
{
        memset(c, 0, sizeof *c);
        conf_list_init(&c->netobjs, sizeof(struct netobj_conf), NULL);
        conf_list_init(&c->svcobjs, sizeof(struct svcobj_conf), NULL);
        conf_list_init(&c->groups, sizeof(struct group_conf), fini_group);
        conf_list_init(&c->acls, sizeof(struct acl_conf), fini_acl);
        conf_list_init(&c->access_groups, sizeof(struct access_group_conf), NULL);
        conf_list_init(&c->classes, sizeof(struct class_conf), NULL);
        conf_list_init(&c->policies, sizeof(struct policy_map_conf), fini_map);
        conf_list_init(&c->services, sizeof(struct service_policy_conf), NULL);
        for (unsigned i = 0; i < BOX_USES; i++)
                conf_list_init(&c->box_access[i], sizeof(struct box_access_conf), NULL);
        timeout_conf_init(&c->timeouts);
}

void pf_conf_fini(struct policy_conf *c)
{
        conf_list_fini(&c->netobjs);
        conf_list_fini(&c->svcobjs);
        conf_list_fini(&c->groups);
        conf_list_fini(&c->acls);
        conf_list_fini(&c->access_groups);
        conf_list_fini(&c->classes);
        conf_list_fini(&c->policies);
        conf_list_fini(&c->services);
        for (unsigned i = 0; i < BOX_USES; i++)
                conf_list_fini(&c->box_access[i]);
}

struct netobj_conf *pf_conf_host(struct policy_conf *c, const char *name, const char *ip)
{
        struct netobj_conf *o = conf_list_add(&c->netobjs, name);

        need(o != NULL, "object");
        o->kind = NETOBJ_HOST;
        o->a = pb_addr(ip);
        return o;
}

struct group_conf *pf_conf_group(struct policy_conf *c, const char *name, enum group_kind kind, uint8_t l4)
{
        struct group_conf *g = conf_list_add(&c->groups, name);

        need(g != NULL, "group");
        g->kind = kind;
        g->l4 = l4;
        conf_list_init(&g->members, sizeof(struct group_member), NULL);
        return g;
}

struct group_member *pf_conf_member(struct group_conf *g, int kind)
{
        struct group_member *m = conf_list_add(&g->members, "");

        need(m != NULL, "member");
        m->kind = kind;
        m->svc.icmp_type = m->svc.icmp_code = -1;
        return m;
}

/* ---- one ACE from words ---- */

struct words {
        char text[300];
        char *w[32];
        unsigned n, at;
};

static const char *word(struct words *s)
{
        return s->at < s->n ? s->w[s->at] : "";
}

static const char *take(struct words *s)
{
        const char *w = word(s);

        s->at++;
        return w;
}

static bool is(struct words *s, const char *w)
{
        if (strcmp(word(s), w) != 0)
                return false;
        s->at++;
        return true;
}

static void split(struct words *s, const char *text)
{
        snprintf(s->text, sizeof s->text, "%s", text);
        s->n = s->at = 0;
        for (char *w = strtok(s->text, " "); w && s->n < 32; w = strtok(NULL, " "))
                s->w[s->n++] = w;
}

static void parse_proto(struct words *s, struct proto_spec *p)
{
        if (is(s, "group") || is(s, "object")) {
                p->kind = strcmp(s->w[s->at - 1], "group") == 0 ? PS_GROUP : PS_OBJECT;
                snprintf(p->name, sizeof p->name, "%s", take(s));
                return;
        }
        p->num = is(s, "ip")     ? PROTO_IP
                 : is(s, "tcp")  ? IPPROTO_TCP_
                 : is(s, "udp")  ? IPPROTO_UDP_
                 : is(s, "icmp") ? IPPROTO_ICMP_
                                 : (uint16_t)atoi(take(s));
}

static void parse_addr(struct words *s, struct addr_spec *a)
{
        char *slash;

        if (is(s, "any")) {
                a->kind = AS_ANY;
        } else if (is(s, "any4")) {
                a->kind = AS_ANY4;
        } else if (is(s, "any6")) {
                a->kind = AS_ANY6;
        } else if (is(s, "host")) {
                a->kind = AS_HOST;
                a->a = pb_addr(take(s));
        } else if (is(s, "object") || is(s, "group") || is(s, "iface")) {
                char k = s->w[s->at - 1][0];

                a->kind = k == 'o' ? AS_OBJECT : k == 'g' ? AS_GROUP : AS_IFACE;
                snprintf(a->name, sizeof a->name, "%s", take(s));
        } else {
                a->kind = AS_SUBNET;
                slash = strchr(word(s), '/');
                need(slash != NULL, word(s));
                *slash = 0;
                a->len = (uint8_t)atoi(slash + 1);
                a->a = pb_addr(take(s));
        }
}

static void parse_port(struct words *s, struct port_spec *p)
{
        static const char *const op[] = { "", "eq", "neq", "lt", "gt", "range", "ports" };

        for (int i = PORT_EQ; i <= PORT_GROUP; i++) {
                if (!is(s, op[i]))
                        continue;
                p->op = (enum port_op)i;
                if (i == PORT_GROUP)
                        snprintf(p->name, sizeof p->name, "%s", take(s));
                else
                        p->lo = (uint16_t)atoi(take(s));
                if (i == PORT_RANGE)
                        p->hi = (uint16_t)atoi(take(s));
                return;
        }
}

struct ace_conf *pf_conf_ace(struct policy_conf *c, const char *list, const char *text)
{
        struct acl_conf *l = conf_list_find(&c->acls, list);
        struct ace_conf *a;
        struct words s;

        if (!l) {
                l = conf_list_add(&c->acls, list);
                need(l != NULL, "access-list");
                conf_list_init(&l->aces, sizeof(struct ace_conf), NULL);
        }
        a = conf_list_add(&l->aces, "");
        need(a != NULL, "ace");
        split(&s, text);
        a->permit = is(&s, "permit") || !is(&s, "deny");
        a->icmp_type = a->icmp_code = -1;
        a->log_level = -1;
        a->log_interval = 300;
        parse_proto(&s, &a->proto);
        parse_addr(&s, &a->src);
        parse_port(&s, &a->sport);
        parse_addr(&s, &a->dst);
        parse_port(&s, &a->dport);
        if (s.at < s.n && word(&s)[0] >= '0' && word(&s)[0] <= '9')
                a->icmp_type = (int16_t)atoi(take(&s));
        if (s.at < s.n && word(&s)[0] >= '0' && word(&s)[0] <= '9')
                a->icmp_code = (int16_t)atoi(take(&s));
        a->log = is(&s, "log");
        a->inactive = is(&s, "inactive");
        need(s.at == s.n, text);
        return a;
}

/* ---- the worker ---- */

static struct policy_fixture *current; /* of this test: stages have no other way to it */

/* Stands where punt_stage is in the product. */
static void take_stage(struct worker *w, struct burst *b)
{
        (void)w;
        for (unsigned i = 0; i < b->n; i++) {
                if (b->pk[i]->conn->action == CONN_FORWARD)
                        continue;
                current->taken++;
                current->last_taken = b->pk[i]->conn;
                dp_consume(b->pk[i], "taken");
        }
}

static enum pkt_verdict late_stage(struct worker *w, struct pkt *pk, struct flow_plan *plan)
{
        struct conn *c = pk->conn;

        (void)plan;
        if (!current->drop_late)
                return PKT_NEXT;
        pk->conn = NULL;
        conn_end(w, c, CONN_END_PROXY_FULL);
        return dp_drop(pk, DROP_PUNT_RING);
}

static const struct fast_stage wire[] = {
        { "decode", decode_stage },    { "fragments", frag_stage },
        { "arp", arp_stage },          { "conn", conn_stage },
        { "miss", miss_stage },        { "police", police_stage },
        { "track", conn_track_stage }, { "take", take_stage },
        { "egress", egress_stage },    { 0 },
};
static const struct slow_stage slow[] = {
        { "pinhole", pinhole_stage },   { "box", box_stage },
        { "route", route_stage },       { "acl", acl_stage },
        { "classify", classify_stage }, { "police", police_new_stage },
        { "limit", limit_stage },       { "conn", conn_new_stage },
        { "late", late_stage },         { 0 },
};
static void (*const ends[])(struct worker *, struct conn *) = { pinhole_conn_end, policy_conn_end, NULL };
static void (*const snapshots[])(struct worker *) = { conn_snapshot_hook, NULL };

static struct inspect_target target(const void *ctx, const struct inspect_conf *line)
{
        const struct policy_fixture *p = ctx;
        struct inspect_target t = p->target;

        if (!line->tls_proxy[0])
                t.tls_proxy_id = 0;
        if (!line->phone_proxy[0])
                t.phone_proxy_id = 0;
        return t;
}

static void compile_part(struct policy_fixture *p, const struct net_rt *net, enum snap_part_id id)
{
        struct snap_part *part = snap_part_new();
        struct err e = { 0 };
        int rc;

        need(part != NULL, "part");
        rc = id == SNAP_ACL ? acl_compile(part, &p->conf, net, &e)
                            : policy_compile(part, &p->conf, net, target, p, &e);
        need(rc == 0, e.text);
        snap_part_put(p->wf.part[id]);
        p->wf.part[id] = part;
}

void pf_commit(struct policy_fixture *p)
{
        struct snap_part *net = snap_part_new();
        struct err e;

        need(net && net_compile(net, &p->wf.conf, &p->wf.bind, &e) == 0, "net_compile");
        compile_part(p, net->root, SNAP_ACL);
        compile_part(p, net->root, SNAP_POLICY);
        snap_part_put(net);
        if (p->wf.w) {
                wf_commit(&p->wf);
                worker_step(p->wf.w);
        }
}

void pf_init(struct policy_fixture *p)
{
        memset(p, 0, sizeof *p);
        current = p;
        wf_init(&p->wf);
        pf_conf_init(&p->conf);
        p->target.tls_proxy_id = 77;
        p->wf.path.wire = wire;
        p->wf.path.slow = slow;
        p->wf.path.conn_end = ends;
}

void pf_start(struct policy_fixture *p)
{
        struct log_conf c;
        struct worker *w;

        log_conf_init(&c);
        c.enable = true;
        c.dest[LOG_TO_BUFFER].level = LOG_L_DEBUG;
        c.buffer_size = 65536;
        need(log_configure(p->wf.log, &c, NULL) == 0, "log_configure");
        pf_commit(p);
        wf_start(&p->wf);
        w = p->wf.w;
        w->acl_hits = hit_table_new();
        w->policy = policy_live_new();
        w->conns = conn_table_new(w, 4096);
        w->pinholes = pinhole_table_new(w);
        need(w->acl_hits && w->policy && w->conns && w->pinholes, "module state");
        p->wf.path.snapshot = snapshots;
        pf_commit(p);
        wf_neighbour(&p->wf, WF_OUTSIDE, "192.0.2.254", pb_mac(0x11));
        wf_neighbour(&p->wf, WF_OUTSIDE, "192.0.2.50", pb_mac(0x12));
        wf_neighbour(&p->wf, WF_INSIDE, "10.1.1.2", pb_mac(0x22));
        wf_neighbour(&p->wf, WF_INSIDE, "10.1.1.3", pb_mac(0x23));
        wf_clear(&p->wf);
}

void pf_stop(struct policy_fixture *p)
{
        struct worker *w = p->wf.w;

        pinhole_table_free(w->pinholes);
        conn_table_free(w->conns);
        policy_live_free(w->policy);
        hit_table_free(w->acl_hits);
        wf_stop(&p->wf);
        pf_conf_fini(&p->conf);
}

struct ace_conf *pf_ace(struct policy_fixture *p, const char *list, const char *text)
{
        return pf_conf_ace(&p->conf, list, text);
}

void pf_bind(struct policy_fixture *p, const char *list, const char *dir, const char *nameif)
{
        struct access_group_conf *g;
        char name[100];

        snprintf(name, sizeof name, "%s %s", dir, nameif);
        g = conf_list_add(&p->conf.access_groups, name);
        need(g != NULL, "access-group");
        snprintf(g->acl, sizeof g->acl, "%s", list);
        snprintf(g->nameif, sizeof g->nameif, "%s", nameif);
        g->dir = strcmp(dir, "global") == 0 ? AG_GLOBAL : strcmp(dir, "out") == 0 ? AG_OUT : AG_IN;
        g->control_plane = strcmp(dir, "control") == 0;
}

static struct policy_map_conf *service(struct policy_fixture *p, const char *nameif)
{
        struct service_policy_conf *s = conf_list_find(&p->conf.services, nameif);
        struct policy_map_conf *m = conf_list_find(&p->conf.policies, nameif);

        if (s)
                return m;
        s = conf_list_add(&p->conf.services, nameif);
        m = conf_list_add(&p->conf.policies, nameif);
        need(s && m, "service-policy");
        snprintf(s->policy, sizeof s->policy, "%s", nameif);
        s->global = strcmp(nameif, "global") == 0;
        snprintf(s->nameif, sizeof s->nameif, "%s", nameif);
        conf_list_init(&m->classes, sizeof(struct class_action_conf), fini_action);
        return m;
}

struct class_action_conf *pf_class(struct policy_fixture *p, const char *nameif, const char *cls)
{
        struct policy_map_conf *m = service(p, nameif);
        struct class_action_conf *a = conf_list_find(&m->classes, cls);

        if (a)
                return a;
        a = conf_list_add(&m->classes, cls);
        need(a != NULL, "class");
        a->random_seq = -1;
        conf_list_init(&a->inspects, sizeof(struct inspect_conf), NULL);
        return a;
}

struct class_conf *pf_class_map(struct policy_fixture *p, const char *name, int match)
{
        struct class_conf *c = conf_list_add(&p->conf.classes, name);

        need(c != NULL, "class-map");
        c->match = match;
        return c;
}

struct inspect_conf *pf_inspect(struct class_action_conf *a, enum inspect_id engine, const char *tls_proxy)
{
        struct inspect_conf *i = conf_list_add(&a->inspects, "");

        need(i != NULL, "inspect");
        i->engine = engine;
        if (tls_proxy)
                snprintf(i->tls_proxy, sizeof i->tls_proxy, "%s", tls_proxy);
        return i;
}

/* ---- what came of it ---- */

static void keep_line(void *ctx, const char *line)
{
        struct policy_fixture *p = ctx;

        if (p->nlines < PF_LOG_LINES)
                snprintf(p->line[p->nlines++], sizeof p->line[0], "%s", line);
}

bool pf_logged(struct policy_fixture *p, const char *text)
{
        log_step(p->wf.log);
        log_buffer_walk(p->wf.log, keep_line, p);
        log_buffer_clear(p->wf.log);
        for (unsigned i = 0; i < p->nlines; i++)
                if (strstr(p->line[i], text))
                        return true;
        return false;
}

void pf_log_forget(struct policy_fixture *p)
{
        log_step(p->wf.log);
        log_buffer_clear(p->wf.log);
        p->nlines = 0;
}

void pf_trace(struct policy_fixture *p, uint16_t iface, const void *frame, size_t n)
{
        struct pkt *pk = pkt_get(p->wf.w->pkts, (uint32_t)n);
        struct burst b = { .n = 1 };

        need(pk != NULL, "packet");
        memset(&p->trace, 0, sizeof p->trace);
        memcpy(pkt_frame(pk), frame, n);
        pk->len = (uint32_t)n;
        pk->has_l2 = true;
        pk->iface = iface;
        pk->dry = true;
        pk->trace = &p->trace;
        b.pk[0] = pk;
        dp_run(p->wf.w, wire, &b);
}

const struct trace_phase *pf_phase(const struct policy_fixture *p, const char *type)
{
        for (unsigned i = 0; i < p->trace.n; i++)
                if (strcmp(p->trace.phase[i].type, type) == 0)
                        return &p->trace.phase[i];
        return NULL;
}

static struct conn_row first_row(struct policy_fixture *p, uint32_t *n)
{
        struct conn_row r[2] = { { 0 } };
        uint32_t cursor = 0;
        bool end;

        *n = conn_walk(p->wf.w, &cursor, NULL, r, 2, &end);
        return r[0];
}

struct conn *pf_conn(struct policy_fixture *p)
{
        uint32_t n;
        struct conn_row r = first_row(p, &n);

        for (uint32_t slot = 0; n == 1 && slot < 4096; slot++)
                if (conn_at(p->wf.w->conns, slot, r.id))
                        return conn_at(p->wf.w->conns, slot, r.id);
        return NULL;
}
