#include "cli/conf/commit.h"

#include <stdio.h>
#include <string.h>

#include "cli/conf/ref_identity.h"
#include "cli/conf/dns_conf.h"
#include "cli/conf/ntp_conf.h"
#include "cli/conf/snmp_conf.h"
#include "cli/conf/store.h"
#include "nat/nat_rt.h"
#include "pki/keystore.h"
#include "pki/pki_rt.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/svc/agentx.h"
#include "platform/svc/mail_send.h"
#include "platform/svc/syslog_send.h"
#include "policy/acl.h"
#include "policy/policy_rt.h"
#include "proxy/conf/inspect_rt.h"
#include "proxy/worker/proxy_rt.h"

#define DELAY_MS 50u    /* after the first dirty line, while more is queued */
#define DELAY_FACTOR 4u /* of the last compile: a paste of any length stays linear */
#define DIRTY_PARTS ((1u << SNAP_PARTS) - 1)

struct commit {
        struct box *box;
        struct snap_part *part[SNAP_PARTS]; /* what is in force; NULL before the first commit */
        uint64_t assets;                    /* generation of the key store in force */
        uint64_t first_ms;                  /* when the oldest waiting line came */
        bool waiting, more;
        bool held; /* commit_hold() */
        struct commit_stats stats;
};

struct commit *commit_new(struct box *b)
{
        struct commit *c = mem_alloc(MEM_STORE, sizeof *c);

        if (c)
                c->box = b;
        return c;
}

static void put_parts(struct snap_part **part)
{
        for (unsigned i = 0; i < SNAP_PARTS; i++) {
                snap_part_put(part[i]);
                part[i] = NULL;
        }
}

void commit_free(struct commit *c)
{
        if (!c)
                return;
        put_parts(c->part);
        mem_free(c);
}

/* ---- what has to be rebuilt ---- */

/* Parts read each other while they are compiled: interfaces are in all of them, certificates in the proxy's profiles.
 */
static uint32_t with_readers(uint32_t dirty)
{
        if (dirty & DIRTY_NET)
                dirty |= DIRTY_ACL | DIRTY_NAT | DIRTY_POLICY | DIRTY_PROXY;
        if (dirty & DIRTY_PKI)
                dirty |= DIRTY_PROXY;
        if (dirty & DIRTY_PROXY) /* tls-proxies are known to the policy by id */
                dirty |= DIRTY_POLICY;
        return dirty;
}

static uint32_t dirty_now(struct commit *c)
{
        struct box *b = c->box;
        uint32_t dirty = b->store->dirty;

        if (b->keys && keystore_generation(b->keys) != c->assets)
                dirty |= DIRTY_PKI;
        if (!c->part[0])
                dirty |= DIRTY_ALL;
        return dirty;
}

/* ---- compile ---- */

static uint32_t id_of(const struct conf_list *l, const char *name)
{
        const struct conf_obj *o = name[0] ? conf_list_find(l, name) : NULL;

        return o ? o->id : 0;
}

/* The tls-proxy of an inspect line: its own, or that of the phone proxy it names. */
static const struct tls_proxy_conf *phone_target(const struct store *s, const struct inspect_conf *line,
                                                 struct inspect_target *t)
{
        const struct phone_proxy_conf *p = conf_list_find(&s->proxy.phone_proxies, line->phone_proxy);

        if (!p)
                return conf_list_find(&s->proxy.tls_proxies, line->tls_proxy);
        t->phone_proxy_id = p->o.id;
        if (!p->mixed) /* TLS outside, TCP inside */
                t->server_shift = line->engine == INSPECT_SKINNY ? -443 : -1;
        return conf_list_find(&s->proxy.tls_proxies, p->tls_proxy);
}

/* What the names on an inspect line stand for. */
static struct inspect_target inspect_target(const void *ctx, const struct inspect_conf *line)
{
        const struct store *s = ctx;
        struct inspect_target t = { 0 };
        const struct tls_proxy_conf *tp = phone_target(s, line, &t);

        if (line->engine == INSPECT_SIP)
                t.map_id = id_of(&s->inspection.sip_maps, line->map);
        else if (line->engine == INSPECT_SKINNY)
                t.map_id = id_of(&s->inspection.skinny_maps, line->map);
        if (tp) {
                t.tls_proxy_id = tp->o.id;
                t.server_port = t.server_shift ? 0 : tp->cleartext_port;
        }
        return t;
}

/* In the order of enum snap_part_id: a part may read those before it. */
static int compile_part(const struct commit *c, unsigned id, struct snap_part *const *part, struct err *e)
{
        const struct box *b = c->box;
        const struct store *s = b->store;
        const struct net_rt *net = part[SNAP_NET]->root;

        switch (id) {
        case SNAP_NET:
                return net_compile(part[id], &s->net, b->bind, e);
        case SNAP_ACL:
                return acl_compile(part[id], &s->policy, net, e);
        case SNAP_NAT:
                return nat_compile(part[id], &s->nat, &s->policy, net, e);
        case SNAP_POLICY:
                return policy_compile(part[id], &s->policy, net, inspect_target, s, e);
        case SNAP_INSPECT:
                return inspect_compile(part[id], &s->inspection, &s->policy.timeouts, e);
        case SNAP_PKI:
                return pki_compile(part[id], &s->pki, b->keys, e);
        case SNAP_PROXY:
                return proxy_compile(part[id], &s->proxy, &s->pki, part[SNAP_PKI]->root, net, b->rng, b->clk, e);
        default:
                return 0;
        }
}

static int build(struct commit *c, uint32_t dirty, struct snap_part **part, struct err *e)
{
        for (unsigned i = 0; i < SNAP_PARTS; i++) {
                if (c->part[i] && !(dirty & DIRTY_PART(i))) {
                        part[i] = snap_part_get(c->part[i]);
                        continue;
                }
                part[i] = snap_part_new();
                if (!part[i])
                        return err_nomem(e, "compiling the configuration");
                if (compile_part(c, i, part, e) < 0)
                        return -1;
        }
        return 0;
}

static int publish(struct commit *c, struct snap_part **part, struct err *e)
{
        struct snap_part *for_hub[SNAP_PARTS];

        for (unsigned i = 0; i < SNAP_PARTS; i++)
                for_hub[i] = snap_part_get(part[i]);
        if (snap_publish(c->box->hub, for_hub, e) < 0)
                return -1;
        put_parts(c->part);
        memcpy(c->part, part, sizeof c->part);
        return 0;
}

static int rebuild(struct commit *c, uint32_t dirty, struct err *e)
{
        struct snap_part *part[SNAP_PARTS] = { NULL };

        if (build(c, with_readers(dirty), part, e) == 0 && publish(c, part, e) == 0)
                return 0;
        put_parts(part);
        return -1;
}

static void timed(struct commit *c, uint64_t from_ns)
{
        uint64_t us = (c->box->clk->mono_ns(c->box->clk->ctx) - from_ns) / 1000;

        c->stats.last_us = us;
        c->stats.longest_us = MAX_OF(c->stats.longest_us, us);
}

/* What stands in front of each message (logging device-id). */
static void device_text(const struct store *s, struct log_conf *c)
{
        char text[ADDR_TEXT_MAX] = "";

        switch (c->device) {
        case LOG_DEV_STRING:
                str_copy(c->device_id, sizeof c->device_id, s->sys.log_device_text);
                return;
        case LOG_DEV_HOSTNAME:
                str_copy(c->device_id, sizeof c->device_id, s->sys.hostname);
                return;
        case LOG_DEV_CONTEXT:
                str_copy(c->device_id, sizeof c->device_id, "system");
                return;
        case LOG_DEV_ADDRESS:
                conf_each(struct iface_conf, i, &s->net.ifaces) {
                        if (i->ip.fam != ADDR_NONE && !strcmp(i->nameif, s->sys.log_device_ifc))
                                addr_print(&i->ip, text);
                }
                str_copy(c->device_id, sizeof c->device_id, text);
                return;
        case LOG_DEV_NONE:
                break;
        }
        *c->device_id = 0;
}

static int configure_log(struct box *b, struct err *e)
{
        struct log_conf *c = mem_alloc(MEM_CLI, sizeof *c);
        int rc;

        if (!c)
                return err_nomem(e, "configuring the log");
        *c = b->store->log;
        conf_each(struct lograte_conf, r, &b->store->sys.log_rates)
                if (c->nrates < LOG_RATES_MAX)
                        c->rates[c->nrates++] = r->r;
        device_text(b->store, c);
        store_tz(b->store, &c->tz);
        rc = log_configure(b->log, c, e);
        mem_free(c);
        return rc;
}

static unsigned add_hosts(const struct store *s, const struct conf_list *l, bool tcp, struct syslog_host *hosts,
                          unsigned n)
{
        conf_each(struct loghost_conf, h, l) {
                if (n == SYSLOG_HOSTS_MAX)
                        break;
                hosts[n] = (struct syslog_host){
                        .addr = h->addr, .port = h->port, .tcp = tcp, .tls = h->secure, .emblem = h->emblem
                };
                ref_identity_of(*h->identity ? conf_list_find(&s->sys.ref_ids, h->identity) : NULL,
                                &hosts[n].identity);
                memcpy(hosts[n++].nameif, h->nameif, sizeof hosts[0].nameif);
        }
        return n;
}

static int apply_hosts(struct box *b, struct err *e)
{
        struct syslog_host *hosts = mem_alloc(MEM_CLI, SYSLOG_HOSTS_MAX * sizeof *hosts); /* too large for a stack */
        unsigned n;

        if (!hosts)
                return err_nomem(e, "configuring the log");
        n = add_hosts(b->store, &b->store->sys.log_hosts, false, hosts, 0);
        n = add_hosts(b->store, &b->store->sys.log_tcp, true, hosts, n);
        syslog_send_hosts(b->syslog, hosts, n);
        mem_free(hosts);
        return 0;
}

static void apply_mail(struct box *b)
{
        const struct sys_conf *s = &b->store->sys;
        struct mail_conf c = { .nto = 0 };

        snprintf(c.host, sizeof c.host, *s->domain ? "%s.%s" : "%s", s->hostname, s->domain);
        str_copy(c.from, sizeof c.from, s->mail_from);
        conf_each(struct mail_to_conf, to, &s->mail_to) {
                if (c.nto == MAIL_TO_MAX)
                        break;
                c.to[c.nto].level = to->level;
                str_copy(c.to[c.nto++].address, sizeof c.to[0].address, to->address);
        }
        for (unsigned i = 0; i < ARRAY_LEN(s->smtp_server); i++)
                if (s->smtp_server[i].fam != ADDR_NONE)
                        c.server[c.nservers++] = s->smtp_server[i];
        mail_send_configure(b->mail, &c);
}

/* Logging is no part of the snapshot: it is copied by those who use it. */
static int apply_logging(struct box *b, struct err *e)
{
        if (!b->log)
                return 0;
        if (configure_log(b, e) < 0)
                return -1;
        if (b->mail)
                apply_mail(b);
        return b->syslog ? apply_hosts(b, e) : 0;
}

/*
 * Syslog servers by TLS: anybody whom a trustpoint vouches for, as the ASA has it; our own certificate is that of
 * `ssl trust-point` without an interface. Without memory the servers stay with what was.
 */
static void apply_syslog_tls(struct commit *c)
{
        const struct box *b = c->box;
        const struct pki_rt *pki = c->part[SNAP_PKI]->root;
        const struct ssl_tp_conf *own = conf_list_find(&b->store->pki.ssl.trust_points, "");
        struct tls_profile_params p = { .role = TLS_CLIENT, .trust = pki->all, .rng = b->rng, .clk = b->clk };
        struct tls_profile *profile;
        struct err e = { 0 };

        if (!b->syslog)
                return;
        p.identity = own ? pki_identity(pki, own->trustpoint) : NULL;
        profile = tls_profile_new(&p, &e);
        if (!profile)
                return;
        syslog_send_tls(b->syslog, profile);
        tls_profile_put(profile);
}

/* Messages may begin with the name of the appliance, or with an address of it. */
static bool logging_changes(const struct store *s, uint32_t dirty)
{
        return dirty & (DIRTY_LOG | (s->log.device >= LOG_DEV_HOSTNAME ? DIRTY_NET | DIRTY_SYS : 0));
}

int commit_logging(struct commit *c, struct err *e)
{
        struct store *s = c->box->store;

        if (!(s->dirty & DIRTY_LOG))
                return 0;
        if (apply_logging(c->box, e) < 0)
                return -1;
        s->dirty &= ~DIRTY_LOG;
        return 0;
}

static void apply_dns(struct box *b)
{
        struct dns_conf c;

        if (!b->dns)
                return;
        dns_conf_of(b->store, &c);
        dns_configure(b->dns, &c);
}

static void apply_ntp(struct box *b)
{
        struct ntp_conf c;

        if (!b->ntp)
                return;
        ntp_conf_of(b->store, &c);
        ntp_configure(b->ntp, &c);
        explicit_bzero(&c, sizeof c);
}

static void apply_snmp(struct box *b)
{
        unsigned notify;
        bool on = snmp_conf_of(b->store, &notify);

        if (b->agentx)
                agentx_configure(b->agentx, on, notify);
}

int commit_run(struct commit *c, struct err *e)
{
        struct box *b = c->box;
        uint32_t dirty = dirty_now(c);
        uint64_t assets = b->keys ? keystore_generation(b->keys) : 0;
        uint64_t from = b->clk->mono_ns(b->clk->ctx);

        if (c->held)
                return 0;
        c->waiting = c->more = false;
        if (logging_changes(b->store, dirty) && apply_logging(b, e) < 0)
                return -1;
        if ((dirty & DIRTY_PARTS) && rebuild(c, dirty & DIRTY_PARTS, e) < 0) {
                c->stats.failed++;
                return -1;
        }
        if (dirty & (DIRTY_PKI | DIRTY_PROXY))
                apply_syslog_tls(c);
        if (dirty & DIRTY_SYS) {
                apply_dns(b);
                apply_ntp(b);
                apply_snmp(b);
        }
        c->assets = assets;
        b->store->dirty = 0;
        if (dirty & DIRTY_PARTS) {
                c->stats.commits++;
                timed(c, from);
                snap_reclaim(b->hub);
        }
        return 0;
}

int commit_nothing(struct commit *c, struct err *e)
{
        struct store *typed = c->box->store, *none = store_new_empty(typed->tree);
        int rc;

        if (!none)
                return err_nomem(e, "compiling the configuration");
        c->box->store = none;
        rc = rebuild(c, DIRTY_PARTS, e);
        c->box->store = typed;
        store_free(none);
        typed->dirty = DIRTY_ALL;
        return rc;
}

/* ---- when ---- */

void commit_hold(struct commit *c, bool on)
{
        c->held = on;
}

void commit_note(struct commit *c, bool more)
{
        if (!c->waiting)
                c->first_ms = clock_mono_ms(c->box->clk);
        c->waiting = true;
        c->more = more;
}

int commit_wait_ms(const struct commit *c)
{
        uint64_t delay = MAX_OF((uint64_t)DELAY_MS, c->stats.last_us * DELAY_FACTOR / 1000);
        uint64_t age = clock_mono_ms(c->box->clk) - c->first_ms;

        if (!c->waiting || c->held)
                return -1;
        return !c->more || age >= delay ? 0 : (int)(delay - age);
}

int commit_poll(struct commit *c, struct err *e)
{
        return commit_wait_ms(c) == 0 ? commit_run(c, e) : 0;
}

int commit_now(struct box *b, struct err *e)
{
        int rc;

        pthread_mutex_lock(&b->conf_lock);
        rc = b->commit ? commit_run(b->commit, e) : 0;
        pthread_mutex_unlock(&b->conf_lock);
        return rc;
}

void commit_stats(const struct commit *c, struct commit_stats *out)
{
        *out = c->stats;
        out->dirty = c->box->store->dirty;
}
