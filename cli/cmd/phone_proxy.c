/* phone-proxy. One instance; frozen while an inspect line of an applied policy names it. */
#include "cli/cmd/phone_proxy.h"

#include <string.h>

#include "cli/cmd/rows.h"
#include "cli/conf/running.h"
#include "proxy/tls/tls_profile.h"

#define P struct phone_proxy_conf
#define TFTP struct pp_tftp_conf

/* ---- use ---- */
static bool names_it(const struct policy_map_conf *pm, const char *name)
{
        conf_each(struct class_action_conf, cl, &pm->classes)
                conf_each(struct inspect_conf, i, &cl->inspects)
                        if (!strcmp(i->phone_proxy, name))
                                return true;
        return false;
}

bool phone_proxy_applied(const struct store *s, const char *name)
{
        conf_each(struct service_policy_conf, sp, &s->policy.services) {
                const struct policy_map_conf *pm = conf_list_find(&s->policy.policies, sp->policy);

                if (pm && names_it(pm, name))
                        return true;
        }
        return false;
}

static const char *missing(const struct store *s, const P *p)
{
        const struct media_term_conf *m = conf_list_find(&s->proxy.media_terms, p->media_termination);

        if (!*p->media_termination)
                return "does not have a media-termination instance configured";
        if (!m || !m->addrs.n)
                return "uses a media-termination without addresses";
        if (m->addrs.n == 1 &&
            *((struct mta_addr_conf *)(void *)list_entry(m->addrs.items.next, struct conf_obj, link))->nameif)
                return "uses a media-termination with the address of one interface: two are needed, or a global one";
        if (!*p->tls_proxy)
                return "does not have a tls-proxy configured";
        return NULL;
}

int phone_proxy_ready(struct conf_ctx *c, const char *name, struct err *e)
{
        const P *p = conf_list_find(&c->store->proxy.phone_proxies, name);
        const char *lacks = p ? missing(c->store, p) : NULL;
        struct err why = { 0 };

        if (lacks)
                err_set(&why, ERR_STATE, "phone-proxy %s %s", name, lacks);
        else if (!p || ctl_file_ready(c->store, p, &why) == 0)
                return 0;
        if (!c->late)
                return err_set(e, why.code, "%s", why.text);
        conf_warning(c, "%s: sessions will be refused", why.text);
        return 0;
}

static int counts_on(const P *p, const char *object, const char *name, const char *nameif, struct err *e)
{
        return err_set(e, ERR_INUSE,
                       "interface %s cannot lose its name: %s %s names it, and phone-proxy %s is used in an applied "
                       "service policy. Remove the inspect lines first",
                       nameif, object, name, p->o.name);
}

int phone_proxy_spares_nameif(const struct store *s, const char *nameif, struct err *e)
{
        conf_each(P, p, &s->proxy.phone_proxies) {
                const struct media_term_conf *m = conf_list_find(&s->proxy.media_terms, p->media_termination);

                if (!phone_proxy_applied(s, p->o.name))
                        continue;
                conf_each(struct pp_tftp_conf, t, &p->tftp_servers)
                        if (!strcmp(t->nameif, nameif))
                                return counts_on(p, "phone-proxy", p->o.name, nameif, e);
                if (!m)
                        continue;
                conf_each(struct mta_addr_conf, a, &m->addrs)
                        if (!strcmp(a->nameif, nameif))
                                return counts_on(p, "media-termination", m->o.name, nameif, e);
        }
        return 0;
}

static int pp_locked(struct conf_ctx *c, const void *obj, struct err *e)
{
        const P *p = obj;

        if (!phone_proxy_applied(c->store, p->o.name))
                return 0;
        return err_set(
                e, ERR_INUSE,
                "phone-proxy %s cannot be changed: it is used in an applied service policy. Remove the inspect "
                "lines first",
                p->o.name);
}

/* ---- lines ---- */
static int check_tftp(struct conf_ctx *c, void *obj, struct err *e)
{
        const P *p = conf_object(c);
        const TFTP *t = obj;
        char text[ADDR_TEXT_MAX];

        if (p->tftp_servers.n >= TFTP_SERVERS_MAX && !conf_list_find(&p->tftp_servers, t->o.name))
                return err_set(e, ERR_LIMIT, "at most %d TFTP servers", TFTP_SERVERS_MAX);
        if (media_term_has(c->store, &t->addr) && !c->late)
                return err_set(e, ERR_INUSE, "%s is a media-termination address", addr_print(&t->addr, text));
        return 0;
}

static void init_tftp(struct conf_ctx *c, void *obj)
{
        (void)c;
        ((TFTP *)obj)->port = 69;
}

static int check_timeout(struct conf_ctx *c, void *obj, struct err *e)
{
        (void)c;
        if (!((P *)obj)->timeout_s)
                return err_set(e, ERR_RANGE, "timeout secure-phones is at least 0:00:01");
        return 0;
}

static bool has_null_suite(void)
{
        bool has = false;

        return tls_suite_known("null-sha1", &has) && has;
}

/* That of `ssl encryption`, unless the tls-proxy has a list of its own. */
static bool lists_null(const struct store *s, const P *p)
{
        const struct tls_proxy_conf *t = conf_list_find(&s->proxy.tls_proxies, p->tls_proxy);
        bool own = t && t->n_server_suites;
        unsigned n = own ? t->n_server_suites : s->pki.ssl.n_encryption;

        for (unsigned i = 0; i < n; i++)
                if (!strcmp(own ? t->server_suites[i] : s->pki.ssl.encryption[i], "null-sha1"))
                        return true;
        return false;
}

static int check_cipc(struct conf_ctx *c, void *obj, struct err *e)
{
        if (!((P *)obj)->cipc_authenticated || c->late)
                return 0;
        if (!has_null_suite())
                return err_set(e, ERR_SUPPORT,
                               "cipher null-sha1 is not available: the TLS library of this build lacks it");
        if (!lists_null(c->store, obj))
                conf_warning(c, "softphones need null-sha1 in `ssl encryption`: it is not there");
        return 0;
}

static const char *cipc_inert(const struct store *s, const void *obj)
{
        (void)s;
        (void)obj;
        return has_null_suite() ? NULL : "the TLS library of this build has no suite without encryption";
}

static void write_cluster(struct running *r, const struct cmd_row *row, const void *obj)
{
        if (r->all || ((const P *)obj)->mixed)
                running_line(r, row, obj, "cluster-mode %s", ((const P *)obj)->mixed ? "mixed" : "nonsecure");
}

static const struct cmd_bind bind[] = {
        BIND("MTA", P, media_termination),
        BIND("TLSP", P, tls_proxy),
        BIND("CTL", P, ctl_file),
        BIND_KEY("nonsecure", P, mixed, 0),
        BIND_KEY("mixed", P, mixed, 1),
        BIND_FLAG("disable", P, no_disable_service_settings),
        BIND_DFLT("T", P, timeout_s, SECURE_PHONES_TIMEOUT_DEFAULT),
        BIND("SERVER", P, proxy_server),
        BIND_DFLT("PORT", P, proxy_port, PROXY_SERVER_PORT_DEFAULT),
        BIND("IFC", P, proxy_nameif),
        BIND_FLAG("authenticated", P, cipc_authenticated),
        BIND_FLAG("any", P, any_endpoint),
        BIND_FLAG("rtcp", P, no_rtcp),
        BIND_FLAG("request-port", P, tftp_same_port),
        { 0 },
};
static const struct cmd_bind tftp_bind[] = {
        BIND("SERVER", TFTP, addr), BIND_DFLT("PORT", TFTP, port, 69), BIND("IFC", TFTP, nameif), { 0 }
};

#define LEAF(g, hlp, ...)                                                                                            \
        {                                                                                                            \
                ROW_LEAF, g, hlp, .bind = bind, .dirty = DIRTY_PROXY | DIRTY_POLICY, .locked = pp_locked,            \
                                  ##__VA_ARGS__                                                                      \
        }
static const struct cmd_row pp_rows[] = {
        LEAF("media-termination MTA:ref(media-termination)", "Addresses at which media ends"),
        { ROW_LIST, "tftp-server address SERVER:addr [PORT:udpport] interface IFC:nameif",
          "TFTP server of the phones", tftp_bind, DIRTY_PROXY, offsetof(P, tftp_servers), .init = init_tftp,
          .check = check_tftp, .locked = pp_locked },
        LEAF("tls-proxy TLSP:ref(tls-proxy)", "TLS proxy of the phones' signalling"),
        LEAF("ctl-file CTL:ref(ctl-file)", "CTL file of the phones"),
        LEAF("cluster-mode {nonsecure|mixed}", "Security mode of the call manager", .write = write_cluster),
        LEAF("disable service-settings", "Turn off services of the phones", .flags = ROW_INVERSE | ROW_ALL),
        LEAF("timeout secure-phones T:duration", "Idle time until a phone is forgotten", .flags = ROW_ALL,
             .check = check_timeout),
        LEAF("proxy-server address SERVER:addr [PORT:tcpport] interface IFC:nameif",
             "HTTP proxy that phones are told of"),
        LEAF("cipc security-mode authenticated", "Softphones authenticate and do not encrypt", .check = check_cipc,
             .inert_if = cipc_inert),
        LEAF("endpoint any", "Admit endpoints that name no device; their certificates are verified all the same"),
        LEAF("tftp-reply request-port",
             "Files come from the port that was asked, as phones behind home routers need it"),
        LEAF("rtcp", "Relay RTCP", .flags = ROW_INVERSE | ROW_ALL),
        END,
};
static const struct cmd_mode pp_mode = { "config-phone-proxy", "Phone proxy configuration commands:", pp_rows };

/* ---- the object ---- */
static void init_pp(struct conf_ctx *c, void *obj)
{
        (void)c;
        phone_proxy_conf_init(obj);
}

static int check_pp(struct conf_ctx *c, void *obj, struct err *e)
{
        conf_each(struct conf_obj, o, &c->store->proxy.phone_proxies)
                if (strcmp(o->name, ((P *)obj)->o.name) != 0)
                        return err_set(e, ERR_LIMIT, "only one phone-proxy instance is allowed: %s exists", o->name);
        return 0;
}

const struct cmd_row rows_phone_proxy[] = {
        { ROW_MODE, "phone-proxy NAME:newname(64)", "Configure a phone proxy", NULL, DIRTY_PROXY | DIRTY_POLICY,
          STORE(proxy.phone_proxies), &pp_mode, .kind_name = "phone-proxy", .init = init_pp, .check = check_pp },
        END,
};
