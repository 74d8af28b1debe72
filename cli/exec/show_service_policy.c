/* Service policies with the counters of their actions. */
#include "cli/exec/clear.h"
#include "cli/exec/live.h"
#include "cli/exec/show_police.h"
#include "cli/exec/tables.h"

#include "cli/conf/store.h"
#include "policy/policy_rt.h"

/* ---- what is applied, copied under the lock ---- */

struct action {
        uint32_t class_id, line_id;
        char cls[MAP_NAME_MAX + 1];
        enum inspect_id engine; /* NONE: a class's settings */
        char map[MAP_NAME_MAX + 1], tls_proxy[OBJ_NAME_MAX + 1], phone_proxy[OBJ_NAME_MAX + 1];
        uint32_t conn_max, embryonic_max, client_max, client_embryonic_max;
        uint32_t half_open_s, half_closed_s, idle_s;
        bool idle_reset;
        struct police_conf police[POLICE_DIRS];
};
struct applied {
        bool global;
        char nameif[NAMEIF_MAX + 1], policy[MAP_NAME_MAX + 1];
        unsigned first, n; /* actions */
};
#define ACTIONS_MAX 1024
#define APPLIED_MAX (IFACES_MAX + 1)
struct view {
        unsigned napplied, nactions;
        struct applied applied[APPLIED_MAX];
        struct action action[ACTIONS_MAX];
};

static struct action *add_action(struct view *v, const struct class_action_conf *c)
{
        struct action *a = v->nactions < ACTIONS_MAX ? &v->action[v->nactions++] : NULL;

        if (!a)
                return NULL;
        *a = (struct action){ .class_id = c->o.id };
        str_copy(a->cls, sizeof a->cls, c->o.name);
        return a;
}

static void add_class(struct view *v, const struct class_action_conf *c)
{
        struct action *a = add_action(v, c);

        if (a) {
                a->conn_max = c->conn_max;
                a->embryonic_max = c->embryonic_max;
                a->client_max = c->per_client_max;
                a->client_embryonic_max = c->per_client_embryonic_max;
                a->half_open_s = c->embryonic_s;
                a->half_closed_s = c->half_closed_s;
                a->idle_s = c->idle_s;
                a->idle_reset = c->idle_reset;
                memcpy(a->police, c->police, sizeof a->police);
        }
        conf_each(struct inspect_conf, i, &c->inspects) {
                a = add_action(v, c);
                if (!a)
                        return;
                a->line_id = i->o.id;
                a->engine = i->engine;
                memcpy(a->map, i->map, sizeof a->map);
                memcpy(a->tls_proxy, i->tls_proxy, sizeof a->tls_proxy);
                memcpy(a->phone_proxy, i->phone_proxy, sizeof a->phone_proxy);
        }
}

static void add_applied(struct view *v, const struct policy_conf *p, const struct service_policy_conf *sp)
{
        const struct policy_map_conf *pm = conf_list_find(&p->policies, sp->policy);
        struct applied *ap = &v->applied[v->napplied];

        if (!pm || v->napplied == APPLIED_MAX)
                return;
        v->napplied++;
        ap->global = sp->global;
        memcpy(ap->nameif, sp->nameif, sizeof ap->nameif);
        memcpy(ap->policy, sp->policy, sizeof ap->policy);
        ap->first = v->nactions;
        conf_each(struct class_action_conf, c, &pm->classes)
                add_class(v, c);
        ap->n = v->nactions - ap->first;
}

static void gather(struct box *b, struct view *v)
{
        const struct policy_conf *p;

        pthread_mutex_lock(&b->conf_lock);
        p = &b->store->policy;
        for (int global = 1; global >= 0; global--) {
                conf_each(struct service_policy_conf, sp, &p->services) {
                        if (sp->global == (global == 1))
                                add_applied(v, p, sp);
                }
        }
        pthread_mutex_unlock(&b->conf_lock);
}

/* ---- lines ---- */

static void show_settings(struct session *s, const struct action *a)
{
        const struct box *b = session_box(s);
        struct class_use sum = { 0 };

        if (!a->conn_max && !a->embryonic_max && !a->client_max && !a->client_embryonic_max)
                return;
        for (unsigned i = 0; i < b->nworkers; i++) {
                struct class_use u = { 0 };

                if (b->worker[i] && b->worker[i]->policy)
                        u = policy_class_use(b->worker[i]->policy, a->class_id);
                sum.conns += u.conns;
                sum.embryonic += u.embryonic;
                sum.drops += u.drops;
        }
        table_object(session_table(s), "connection_policy");
        out(s, "      Set connection policy: ");
        if (a->conn_max)
                PUT(s, "conn-max %s ", cell_num("conn_max", a->conn_max));
        if (a->embryonic_max)
                PUT(s, "embryonic-conn-max %s ", cell_num("embryonic_conn_max", a->embryonic_max));
        if (a->client_max)
                PUT(s, "per-client-max %s ", cell_num("per_client_max", a->client_max));
        if (a->client_embryonic_max)
                PUT(s, "per-client-embryonic-max %s ", cell_num("per_client_embryonic_max", a->client_embryonic_max));
        PUT(s, "\n        current embryonic conns %s, current conns %s, drop %s\n",
            cell_num("embryonic_conns", sum.embryonic), cell_num("conns", sum.conns), cell_num("drops", sum.drops));
        table_close(session_table(s));
}

static void show_time(struct session *s, const char *word, const char *name, uint32_t seconds)
{
        char t[32];

        if (seconds)
                PUT(s, "%s %s ", cell_text(word), cell_as(cell_num(name, seconds), str_duration(t, seconds)));
}

static void show_timeouts(struct session *s, const struct action *a)
{
        if (!a->half_open_s && !a->half_closed_s && !a->idle_s)
                return;
        table_object(session_table(s), "timeouts");
        out(s, "      Set connection timeout policy:\n        ");
        show_time(s, "embryonic", "embryonic_seconds", a->half_open_s);
        show_time(s, "half-closed", "half_closed_seconds", a->half_closed_s);
        show_time(s, "idle", "idle_seconds", a->idle_s);
        PUT(s, "%s\n", cell_as(cell_bool("reset", a->idle_reset), a->idle_reset ? "reset" : ""));
        table_close(session_table(s));
}

/* "": there is none. */
static struct cell name_cell(const char *name, const char *value)
{
        return cell_str(name, *value ? value : NULL);
}

/* Parsers want the line whole. An engine has its flow to itself, so no lock can fail; IPv6 is not forwarded. */
static void show_inspect(struct session *s, const struct action *a)
{
        struct inspect_sum n = live_inspect(session_box(s), a->line_id);
        const char *by = *a->tls_proxy ? "tls-proxy " : *a->phone_proxy ? "phone-proxy " : "";

        ROW(s, "      Inspect: %s %s%s%s%s, packet %s, lock fail 0, drop %s, reset-drop %s, v6-fail-close 0\n",
            cell_str("inspect", inspect_name(a->engine)), name_cell("policy_map", a->map),
            cell_text(*a->map && *by ? " " : ""), cell_text(by),
            cell_text(*a->tls_proxy ? a->tls_proxy : a->phone_proxy), cell_num("packets", n.packets),
            cell_num("drops", n.drops), cell_num("resets", n.resets), cell_str("class_map", a->cls),
            name_cell("tls_proxy", a->tls_proxy), name_cell("phone_proxy", a->phone_proxy));
}

static bool engine_wanted(const char *only, enum inspect_id id)
{
        return !only || is_word(inspect_name(id), only);
}

static struct police_view policed(const struct applied *ap, const struct action *a)
{
        return (struct police_view){ ap->global ? NULL : ap->nameif, a->class_id, a->police };
}

/* What an action of a class does besides inspecting. */
static void show_class(struct session *s, const struct applied *ap, const struct action *a, bool police_only)
{
        struct police_view pv = policed(ap, a);

        if (police_only && !a->police[POLICE_INPUT].rate && !a->police[POLICE_OUTPUT].rate)
                return;
        table_object(session_table(s), NULL);
        PUT(s, "    Class-map: %s\n", cell_str("class_map", a->cls));
        if (!police_only) {
                show_settings(s, a);
                show_timeouts(s, a);
        }
        show_police(s, &pv);
        table_close(session_table(s));
}

static void show_applied(struct session *s, const struct view *v, const struct applied *ap, const struct args *args)
{
        const char *only = arg_str(args, "PROTOCOL");
        bool police = arg_has(args, "police");

        table_object(session_table(s), NULL);
        if (ap->global)
                PUT(s, "\nGlobal policy: \n", cell_null("interface"));
        else
                PUT(s, "\nInterface %s:\n", cell_str("interface", ap->nameif));
        PUT(s, "  Service-policy: %s\n", cell_str("service_policy", ap->policy));
        table_list(session_table(s), "actions");
        for (unsigned i = ap->first; i < ap->first + ap->n; i++) {
                const struct action *a = &v->action[i];

                if (!a->engine)
                        show_class(s, ap, a, police);
                else if (!police && engine_wanted(only, a->engine))
                        show_inspect(s, a);
        }
        table_close(session_table(s));
        table_close(session_table(s));
}

static bool wanted(const struct args *a, const struct applied *ap)
{
        if (arg_has(a, "global"))
                return ap->global;
        return !arg_has(a, "IFC") || (!ap->global && !strcmp(ap->nameif, arg_str(a, "IFC")));
}

static int show_service_policy(struct session *s, const struct args *a, struct err *e)
{
        struct view *v = mem_alloc(MEM_CLI, sizeof *v);

        if (!v)
                return err_nomem(e, "listing service policies");
        gather(session_box(s), v);
        table_list(session_table(s), "policies");
        for (unsigned i = 0; i < v->napplied; i++)
                if (wanted(a, &v->applied[i]))
                        show_applied(s, v, &v->applied[i], a);
        table_close(session_table(s));
        mem_free(v);
        return 0;
}

static void clear_policed(struct session *s, const struct view *v, const struct applied *ap)
{
        for (unsigned i = ap->first; i < ap->first + ap->n; i++) {
                struct police_view pv = policed(ap, &v->action[i]);

                clear_police(s, &pv); /* of an inspection: none */
        }
}

int clear_service_policy(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct view *v = mem_alloc(MEM_CLI, sizeof *v);
        int rc = 0;

        if (!v)
                return err_nomem(e, "clearing counters");
        gather(session_box(s), v);
        for (unsigned i = 0; i < v->nactions; i++)
                if (v->action[i].engine)
                        rc |= live_inspect_clear(session_box(s), v->action[i].line_id);
        for (unsigned i = 0; i < v->napplied; i++)
                clear_policed(s, v, &v->applied[i]);
        mem_free(v);
        return rc ? err_nomem(e, "clearing counters") : 0;
}

const struct exec_row exec_show_service_policy[] = {
        { "show service-policy [{global|interface IFC:nameif}] [{inspect PROTOCOL:word(32)|police}]",
          "Show service policies and their counters", 15 | EXEC_TABLE, show_service_policy },
        { "clear service-policy", "Count from now on", 15, clear_service_policy },
        { 0 },
};
