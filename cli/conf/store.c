#include "cli/conf/store.h"

#include <string.h>

#include "cli/box/alerts.h"
#include "cli/conf/ref_identity.h"
#include "cli/conf/dns_conf.h"
#include "cli/conf/ntp_conf.h"
#include "cli/lang/hwname.h"
#include "cli/conf/load.h"
#include "cli/conf/nested.h"
#include "cli/conf/passwd.h"
#include "cli/conf/running.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"
#include "platform/net/iface.h"

struct list_def {
        size_t off, size;
        void (*fini)(struct conf_obj *);
};
#define KEPT(id)                                                                                                     \
        { offsetof(struct store, sys.kept[KEPT_##id]), sizeof(struct inert_block_conf), inert_block_conf_fini },
#define DEF(l, type, fini)                                                                                           \
        {                                                                                                            \
                offsetof(struct store, l), sizeof(struct type), fini                                                 \
        }

static const struct list_def lists[] = {
        DEF(net.ifaces, iface_conf, iface_conf_fini),
        DEF(net.routes, route_conf, NULL),
        DEF(net.arps, arp_conf, NULL),
        DEF(net.icmps, icmp_conf, NULL),
        DEF(net.noproxyarp, name_conf, NULL),
        DEF(policy.netobjs, netobj_conf, NULL),
        DEF(policy.svcobjs, svcobj_conf, NULL),
        DEF(policy.groups, group_conf, group_conf_fini),
        DEF(policy.acls, acl_conf, acl_conf_fini),
        DEF(policy.access_groups, access_group_conf, NULL),
        DEF(policy.classes, class_conf, class_conf_fini),
        DEF(policy.policies, policy_map_conf, policy_map_conf_fini),
        DEF(policy.services, service_policy_conf, NULL),
        DEF(policy.box_access[BOX_SSH], box_access_conf, NULL),
        DEF(policy.box_access[BOX_HTTP], box_access_conf, NULL),
        DEF(nat.twice, twice_nat_conf, NULL),
        DEF(nat.object_nats, object_nat_conf, NULL),
        DEF(nat.after_auto, twice_nat_conf, NULL),
        DEF(pki.trustpoints, trustpoint_conf, trustpoint_conf_fini),
        DEF(pki.chains, chain_conf, chain_conf_fini),
        DEF(pki.ctl_files, ctl_file_conf, ctl_file_conf_fini),
        DEF(pki.ssl.trust_points, ssl_tp_conf, NULL),
        DEF(proxy.tls_proxies, tls_proxy_conf, tls_proxy_conf_fini),
        DEF(proxy.media_terms, media_term_conf, media_term_conf_fini),
        DEF(proxy.phone_proxies, phone_proxy_conf, phone_proxy_conf_fini),
        DEF(sys.users, user_conf, NULL),
        DEF(sys.user_attrs, user_attr_conf, user_attr_conf_fini),
        DEF(sys.enables, enable_conf, NULL),
        DEF(sys.privileges, privilege_conf, NULL),
        DEF(sys.banners, banner_conf, NULL),
        DEF(sys.log_hosts, loghost_conf, NULL),
        DEF(sys.log_tcp, loghost_conf, NULL),
        DEF(sys.aliases, alias_conf, NULL),
        DEF(sys.ntp_keys, ntp_key_line, NULL),
        DEF(sys.ntp_trusted, ntp_trusted_line, NULL),
        DEF(sys.ntp_servers, ntp_server_line, NULL),
        DEF(sys.log_rates, lograte_conf, NULL),
        DEF(sys.mail_to, mail_to_conf, NULL),
        DEF(sys.ref_ids, ref_identity_conf, ref_identity_conf_fini),
        DEF(sys.inert, inert_conf, NULL),
        DEF(sys.dns_lookup, name_conf, NULL),
        DEF(sys.dns_groups, dns_group_conf, dns_group_conf_fini),
        DEF(sys.dns_maps, inert_block_conf, inert_block_conf_fini),
        KEPT_LISTS(KEPT) DEF(sys.ssh_chain, ssh_chain_conf, ssh_chain_conf_fini),
        DEF(inspection.regexes, regex_conf, NULL),
        DEF(inspection.regex_classes, regex_class_conf, regex_class_conf_fini),
        DEF(inspection.sip_classes, sip_class_conf, sip_class_conf_fini),
        DEF(inspection.sip_maps, sip_map_conf, sip_map_conf_fini),
        DEF(inspection.skinny_maps, skinny_map_conf, skinny_map_conf_fini),
};

static void init_lists(struct store *s)
{
        for (size_t i = 0; i < ARRAY_LEN(lists); i++)
                conf_list_init((void *)((char *)s + lists[i].off), lists[i].size, lists[i].fini);
}

static void init_sys(struct sys_conf *s)
{
        memset(s, 0, offsetof(struct sys_conf, users)); /* lists come last in the struct */
        s->cert_alerts = (struct cert_alerts_conf){ .begin = ALERT_BEGIN_DAYS, .repeat = ALERT_REPEAT_DAYS };
        str_copy(s->hostname, sizeof s->hostname, "ciscoasa");
        str_copy(s->enable_hash, sizeof s->enable_hash, PASSWD_EMPTY_HASH);
        s->enable_form = PASSWD_ENCRYPTED;
        s->aaa.history_days = AAA_HISTORY_DAYS;
        s->pager_lines = 24;
        s->terminal_width = 80;
        s->ssh.timeout_min = 5;
        s->http = (struct http_conf){ .port = HTTP_PORT, .idle_min = HTTP_IDLE_MIN };
        s->summer.minutes = 60;
        s->prompt[0] = PROMPT_HOSTNAME;
        s->prompt[1] = PROMPT_CONTEXT;
}

static void init_net(struct net_conf *n)
{
        n->arp_timeout_s = 14400;
        n->frag = (struct frag_limits){ FRAG_SIZE_DEFAULT, FRAG_CHAIN_DEFAULT, FRAG_TIMEOUT_DEFAULT };
        n->same_inter = n->same_intra = false;
        n->unreach_rate = n->unreach_burst = 1;
}

static void init_ssl(struct ssl_conf *s)
{
        memset(s, 0, offsetof(struct ssl_conf, trust_points));
}

/* Everything that is not a list. */
static void init_values(struct store *s)
{
        init_net(&s->net);
        init_ssl(&s->pki.ssl);
        init_sys(&s->sys);
        timeout_conf_init(&s->policy.timeouts);
        s->policy.hold = false;
        log_conf_init(&s->log);
        s->proxy.max_sessions = 0;
        s->proxy.license = (struct license_conf){ 0 };
        s->dirty = DIRTY_ALL;
}

struct store *store_new_empty(const struct cli_tree *tree)
{
        struct store *s = mem_alloc(MEM_STORE, sizeof *s);

        if (!s)
                return NULL;
        s->tree = tree;
        init_lists(s);
        init_values(s);
        return s;
}

void store_free(struct store *s)
{
        if (!s)
                return;
        for (size_t i = 0; i < ARRAY_LEN(lists); i++)
                conf_list_fini((void *)((char *)s + lists[i].off));
        store_refs_drop(s);
        mem_free_secret(s);
}

/* The policy that every unit comes with. */
static const char factory[] = "class-map inspection_default\n"
                              " match default-inspection-traffic\n"
                              "policy-map type inspect dns preset_dns_map\n"
                              " parameters\n"
                              "  message-length maximum client auto\n"
                              "  message-length maximum 512\n"
                              "policy-map global_policy\n"
                              " class inspection_default\n"
                              "  inspect dns preset_dns_map\n"
                              "  inspect ftp\n"
                              "  inspect h323 h225\n"
                              "  inspect h323 ras\n"
                              "  inspect ip-options\n"
                              "  inspect netbios\n"
                              "  inspect rsh\n"
                              "  inspect rtsp\n"
                              "  inspect skinny\n"
                              "  inspect esmtp\n"
                              "  inspect sqlnet\n"
                              "  inspect sunrpc\n"
                              "  inspect tftp\n"
                              "  inspect sip\n"
                              "  inspect xdmcp\n"
                              "service-policy global_policy global\n";

/* The first refusal is the one that is told. */
static void keep_first(void *ctx, unsigned line_no, const char *words)
{
        struct err *e = ctx;

        if (e->code == ERR_NONE && !strncmp(words, "ERROR", 5))
                err_set(e, ERR_SYNTAX, "line %u of a configuration of our own: %.300s", line_no, words);
}

/* Feeds text to a store aside. */
static int feed(struct store *s, const char *text, size_t n, struct err *e)
{
        struct err first = { 0 };
        struct load_report rep = { .fn = keep_first, .ctx = &first };
        struct conf_ctx c;
        int ret;

        conf_ctx_init(&c, s);
        c.replace = true;
        ret = conf_load(&c, text, n, &rep);
        conf_ctx_fini(&c);
        return ret < 0 ? err_set(e, first.code, "%s", first.text) : 0;
}

struct store *store_new(const struct cli_tree *tree)
{
        struct store *s = store_new_empty(tree);

        if (s && feed(s, factory, sizeof factory - 1, NULL) < 0) {
                store_free(s);
                return NULL;
        }
        return s;
}

struct conf_obj *store_iface_place(const struct conf_list *ifaces, const char *hwname)
{
        conf_each(struct conf_obj, o, ifaces)
                if (hwname_order(o->name, hwname) > 0)
                        return o;
        return NULL;
}

/* A new store's interfaces are those of the old one that have ports, as they come from the factory. */
static int keep_ports(struct store *fresh, const struct store *s, const struct iface_bindings *b, struct err *e)
{
        struct iface_conf *f;

        conf_each(struct iface_conf, i, &s->net.ifaces) {
                if (strchr(i->o.name, '.') || conf_list_find(&fresh->net.ifaces, i->o.name) ||
                    (b && !iface_is_port(b, i->o.name)))
                        continue;
                f = conf_list_insert(&fresh->net.ifaces, i->o.name, store_iface_place(&fresh->net.ifaces, i->o.name));
                if (!f)
                        return err_nomem(e, "an interface");
                iface_conf_init(f);
        }
        return 0;
}

/* A list head is pointed to by its elements, so lists change places one by one. */
static void swap_lists(struct conf_list *x, struct conf_list *y)
{
        struct conf_list t = *x;
        struct conf_list *const both[] = { x, y };

        *x = *y;
        *y = t;
        for (size_t i = 0; i < ARRAY_LEN(both); i++) {
                struct conf_list *l = both[i], *other = both[1 - i];

                if (l->items.next == &other->items || !l->items.next) {
                        list_init(&l->items);
                        continue;
                }
                l->items.next->prev = &l->items;
                l->items.prev->next = &l->items;
        }
}

static int replace_by(struct store *s, struct store *fresh, const struct iface_bindings *b, struct err *e)
{
        if (!fresh)
                return err_nomem(e, "clearing the configuration");
        if (keep_ports(fresh, s, b, e) < 0) {
                store_free(fresh);
                return -1;
        }
        for (size_t i = 0; i < ARRAY_LEN(lists); i++)
                swap_lists((void *)((char *)s + lists[i].off), (void *)((char *)fresh + lists[i].off));
        init_values(s);
        s->edits++;
        store_free(fresh); /* holds what was ours */
        return 0;
}

int store_reset(struct store *s, const struct iface_bindings *b, struct err *e)
{
        return replace_by(s, store_new(s->tree), b, e);
}

int store_clear(struct store *s, struct err *e)
{
        return replace_by(s, store_new_empty(s->tree), NULL, e);
}

struct store *store_copy(const struct store *from, struct err *e)
{
        const struct running_opts plain = { .plain = true, .numbers = true };
        struct store *s = store_new_empty(from->tree);
        struct text t = { 0 };

        if (!s) {
                err_nomem(e, "copying a configuration");
                return NULL;
        }
        if (running_write(from, &plain, &t, e) < 0 || feed(s, text_str(&t), t.n, e) < 0) {
                store_free(s);
                s = NULL;
        }
        text_fini(&t);
        return s;
}

int store_add_ports(struct store *s, const struct iface_bindings *b, struct err *e)
{
        for (unsigned i = 0; i < b->n; i++) {
                struct iface_conf *f = conf_list_find(&s->net.ifaces, b->b[i].hwname);

                if (f || (b->b[i].port == UINT16_MAX && !b->b[i].absent))
                        continue;
                f = conf_list_insert(&s->net.ifaces, b->b[i].hwname,
                                     store_iface_place(&s->net.ifaces, b->b[i].hwname));
                if (!f)
                        return err_nomem(e, "an interface");
                iface_conf_init(f);
        }
        return 0;
}

struct iface_conf *store_iface(const struct store *s, const char *nameif)
{
        conf_each(struct iface_conf, i, &s->net.ifaces)
                if (*i->nameif && !strcmp(i->nameif, nameif))
                        return i;
        return NULL;
}
