#include "cli/snmp/snmp.h"

#include <string.h>
#include <sys/prctl.h>

#include "cli/snmp/mib.h"
#include "cli/conf/snmp_conf.h"
#include "platform/base/mem.h"
#include "platform/svc/syslog_trap.h"

struct link {
        uint16_t idx; /* 0: none seen */
        enum mib_status oper;
};

struct snmp {
        struct box *box;
        struct agentx *agentx;
        struct syslog_trap *syslog;
        pthread_t thread;
        bool running;
        const char *subtree[MIB_SUBTREES];
        /* of the agent's thread */
        bool told_start;
        unsigned notify; /* SNMP_LINK_UP ... */
        struct link link[IFACES_MAX];
        struct mib_table vars;
};

/* ---- notifications ---- */

#define SNMP_TRAP_OID "1.3.6.1.6.3.1.1.4.1"
#define COLD_START "1.3.6.1.6.3.1.1.5.1"
#define LINK_DOWN "1.3.6.1.6.3.1.1.5.3"
#define LINK_UP "1.3.6.1.6.3.1.1.5.4"

static struct mib_table *notification(struct snmp *s, const char *oid)
{
        mib_clear(&s->vars);
        mib_base(&s->vars, SNMP_TRAP_OID);
        MIB_NAME(&s->vars, oid, 0);
        return &s->vars;
}

static void tell_link(struct snmp *s, struct agentx_session *x, const struct iface_view *v)
{
        struct mib_table *t = notification(s, mib_oper(v) == MIB_UP ? LINK_UP : LINK_DOWN);

        if (!(s->notify & (mib_oper(v) == MIB_UP ? SNMP_LINK_UP : SNMP_LINK_DOWN)))
                return;
        mib_base(t, "1.3.6.1.2.1.2.2.1");
        MIB_PUT(t, MIB_INTEGER, v->idx, 1, v->idx);
        MIB_PUT(t, MIB_INTEGER, mib_admin(v), 7, v->idx);
        MIB_PUT(t, MIB_INTEGER, mib_oper(v), 8, v->idx);
        agentx_session_notify(x, t);
}

/* How the links were last time; nothing is told of those that are seen for the first time. */
static void look_at_link(struct snmp *s, struct agentx_session *x, const struct iface_view *v)
{
        struct link *l = &s->link[v->idx];

        if (l->idx && l->oper != mib_oper(v))
                tell_link(s, x, v);
        *l = (struct link){ v->idx, mib_oper(v) };
}

static void look_at_links(struct snmp *s, struct agentx_session *x)
{
        const struct snapshot *snap = snapshot_get(s->box->hub);
        struct iface_view *v;
        unsigned n = iface_views(s->box, snap, &v);

        for (unsigned i = 0; i < n; i++)
                if (v[i].rt)
                        look_at_link(s, x, &v[i]);
        mem_free(v);
        if (snap)
                snapshot_put(s->box->hub, snap);
}

static void tell_messages(struct snmp *s, struct agentx_session *x)
{
        while (syslog_trap_next(s->syslog, &s->vars))
                agentx_session_notify(x, &s->vars);
}

static void look(void *ctx, struct agentx_session *x, unsigned notify)
{
        struct snmp *s = ctx;

        s->notify = notify;
        if (!s->told_start && (notify & SNMP_COLD_START))
                agentx_session_notify(x, notification(s, COLD_START));
        s->told_start = true;
        look_at_links(s, x);
        tell_messages(s, x);
}

/* ---- life ---- */

static void fill(void *ctx, struct mib_table *t)
{
        mib_fill(((struct snmp *)ctx)->box, t);
}

static bool syslog_wanted(void *ctx)
{
        return agentx_notifies(((struct snmp *)ctx)->agentx) & SNMP_SYSLOG;
}

static struct syslog_trap *syslog_new(struct snmp *s)
{
        const struct syslog_trap_env env = { .log = s->box->log,
                                             .clk = s->box->clk,
                                             .start_ms = s->box->start_mono_ms,
                                             .ctx = s,
                                             .wanted = syslog_wanted };

        return syslog_trap_new(&env);
}

struct snmp *snmp_new(struct box *b, const char *path, struct err *e)
{
        struct snmp *s = mem_alloc(MEM_CLI, sizeof *s);
        struct agentx_env env = { .clk = b->clk,
                                  .path = path ? path : AGENTX_SOCKET,
                                  .conf = { .description = "Voxgate " VOXGATE_VERSION,
                                            .context = SNMP_CONTEXT,
                                            .priority = 127,
                                            .nsubtrees = MIB_SUBTREES },
                                  .mib = { s, fill },
                                  .look = look };

        if (!s) {
                err_nomem(e, "starting the SNMP agent");
                return NULL;
        }
        s->box = b;
        for (unsigned i = 0; i < MIB_SUBTREES; i++)
                s->subtree[i] = mib_subtrees[i].oid;
        env.conf.subtree = s->subtree;
        b->agentx = s->agentx = agentx_new(&env, e);
        b->syslog_trap = s->syslog = s->agentx ? syslog_new(s) : NULL;
        if (s->syslog)
                return s;
        if (s->agentx)
                err_nomem(e, "starting the SNMP agent");
        snmp_free(s);
        return NULL;
}

void snmp_free(struct snmp *s)
{
        if (!s)
                return;
        s->box->agentx = NULL;
        s->box->syslog_trap = NULL;
        syslog_trap_free(s->syslog);
        agentx_free(s->agentx);
        mib_fini(&s->vars);
        mem_free(s);
}

static void *thread(void *p)
{
        struct snmp *s = p;

        prctl(PR_SET_NAME, "vg-snmp");
        agentx_run(s->agentx);
        return NULL;
}

int snmp_start(struct snmp *s, struct err *e)
{
        int rc = pthread_create(&s->thread, NULL, thread, s);

        s->running = rc == 0;
        return rc ? err_set(e, ERR_IO, "starting the SNMP agent: %s", strerror(rc)) : 0;
}

void snmp_stop(struct snmp *s)
{
        if (!s || !s->running)
                return;
        agentx_stop(s->agentx);
        pthread_join(s->thread, NULL);
        s->running = false;
}
