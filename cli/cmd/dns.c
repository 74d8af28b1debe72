/* Which DNS servers are asked, where, and how. DefaultDNS is there when it has lines; `dns-group` chooses another. */
#include <string.h>

#include "cli/cmd/rows.h"
#include "cli/conf/dns_conf.h"
#include "platform/base/str.h"

#define G struct dns_group_conf
#define S struct dns_server_conf

/* ---- servers ---- */
static int check_address(const struct addr *a, struct err *e)
{
        char text[ADDR_TEXT_MAX];

        if (!addr_is_martian_source(a))
                return 0;
        return err_set(e, ERR_RANGE, "%s is not the address of a host", addr_print(a, text));
}

static int check_room(const G *g, unsigned more, struct err *e)
{
        if (g->servers.n + more <= DNS_SERVERS_MAX)
                return 0;
        return err_set(e, ERR_LIMIT, "a DNS server-group has at most %u servers", DNS_SERVERS_MAX);
}

static int check_server(struct conf_ctx *c, void *obj, struct err *e)
{
        return check_address(&((S *)obj)->addr, e) < 0 || check_room(conf_object(c), 1, e) < 0 ? -1 : 0;
}

static int add_server(struct conf_ctx *c, G *g, const struct addr *a, struct err *e)
{
        char text[ADDR_TEXT_MAX];
        S *s;

        if (conf_list_find(&g->servers, addr_print(a, text)))
                return 0;
        s = conf_list_add(&g->servers, text);
        if (!s)
                return err_nomem(e, "a command");
        s->addr = *a;
        c->store->dirty |= DIRTY_SYS;
        c->store->edits++;
        c->res->changed = true;
        return 0;
}

static void drop_server(struct conf_ctx *c, G *g, const struct addr *a)
{
        char text[ADDR_TEXT_MAX];
        struct conf_obj *o = conf_list_find(&g->servers, addr_print(a, text));

        if (!o)
                return;
        conf_list_del(&g->servers, o);
        c->store->dirty |= DIRTY_SYS;
        c->store->edits++;
        c->res->changed = true;
}

static const char *const letters[DNS_SERVERS_MAX] = { "A", "B", "C", "D", "E", "F" };

/* All of a line, or none. */
static int call_servers(struct conf_ctx *c, G *g, const struct args *a, bool no_form, struct err *e)
{
        struct addr at[DNS_SERVERS_MAX];
        char text[ADDR_TEXT_MAX];
        unsigned n = 0, more = 0;

        for (unsigned i = 0; i < DNS_SERVERS_MAX && arg_addr(a, letters[i], &at[n]); i++, n++) {
                if (!no_form && check_address(&at[n], e) < 0)
                        return -1;
                more += !conf_list_find(&g->servers, addr_print(&at[n], text));
        }
        if (!no_form && check_room(g, more, e) < 0)
                return -1;
        for (unsigned i = 0; i < n; i++) {
                if (no_form)
                        drop_server(c, g, &at[i]);
                else if (add_server(c, g, &at[i], e) < 0)
                        return -1;
        }
        return 0;
}

static int call_several(struct conf_ctx *c, const struct args *a, bool no_form, struct err *e)
{
        return call_servers(c, conf_object(c), a, no_form, e);
}

/* As releases before the groups had it: a server of DefaultDNS. */
static int call_default(struct conf_ctx *c, const struct args *a, bool no_form, struct err *e)
{
        G *g = conf_list_find(&c->store->sys.dns_groups, DNS_GROUP_DEFAULT);

        if (!g && no_form)
                return 0;
        if (!g) {
                g = conf_list_add(&c->store->sys.dns_groups, DNS_GROUP_DEFAULT);
                if (!g)
                        return err_nomem(e, "a command");
                dns_group_conf_init(g);
        }
        return call_servers(c, g, a, no_form, e);
}

/* ---- the group ---- */
static void init_dns_group(struct conf_ctx *c, void *obj)
{
        (void)c;
        dns_group_conf_init(obj);
}

static int check_domain(struct conf_ctx *c, void *obj, struct err *e)
{
        const G *g = obj;
        char out[DNS_NAME_MAX + 1];
        struct err why;

        (void)c;
        if (!*g->domain || dns_canon(g->domain, "", out, &why) == 0)
                return 0;
        return err_set(e, ERR_SYNTAX, "%s is %s", g->domain, why.text);
}

static const char *server_inert(const struct store *s UNUSED, const void *obj)
{
        return *((const S *)obj)->nameif ? "`name-server A IFC`: routes say through which interface a server is asked"
                                         : NULL;
}

static const struct cmd_bind server_bind[] = { BIND("A", S, addr), BIND_OPT("IFC", S, nameif, 0), { 0 } };
static const struct cmd_bind domain_bind[] = { BIND("DOMAIN", G, domain), { 0 } };
static const struct cmd_bind retries_bind[] = { BIND_DFLT("N", G, retries, DNS_RETRIES_DEFAULT), { 0 } };
static const struct cmd_bind timeout_bind[] = { BIND_DFLT("SECONDS", G, timeout_s, DNS_TIMEOUT_DEFAULT), { 0 } };
static const struct cmd_bind expire_bind[] = { BIND_DFLT("MINUTES", G, expire_min, DNS_EXPIRE_DEFAULT), { 0 } };
static const struct cmd_bind poll_bind[] = { BIND_DFLT("MINUTES", G, poll_min, DNS_POLL_DEFAULT), { 0 } };

static const struct cmd_row group_rows[] = {
        { ROW_LEAF, "poll-timer minutes MINUTES:u32(1-65535)", "Minutes until names of objects are asked for again",
          poll_bind, DIRTY_SYS, .inert = "names of network objects are not resolved" },
        { ROW_LEAF, "expire-entry-timer minutes MINUTES:u32(1-65535)",
          "Minutes that an address stands after its time while no server answers", expire_bind, .dirty = DIRTY_SYS },
        { ROW_CALL, "name-server A:addr B:addr [C:addr [D:addr [E:addr [F:addr]]]]",
          "Addresses of DNS servers, six at most", .call = call_several },
        { ROW_LIST, "name-server A:addr [IFC:nameif]", "Addresses of DNS servers, six at most", server_bind, DIRTY_SYS,
          offsetof(G, servers), .check = check_server, .inert_if = server_inert },
        { ROW_LEAF, "domain-name DOMAIN:word(127)", "Domain added to names without a dot", domain_bind, DIRTY_SYS,
          .check = check_domain },
        { ROW_LEAF, "retries N:u32(0-10)", "How often all servers are asked again", retries_bind,
          .dirty = DIRTY_SYS },
        { ROW_LEAF, "timeout SECONDS:u32(1-30)", "Seconds to wait for a server; twice as long in each round",
          timeout_bind, .dirty = DIRTY_SYS },
        END,
};
static const struct cmd_mode group_mode = { "config-dns-server-group",
                                            "dns-server-group configuration commands:", group_rows };

/* The default is not a line. */
static int check_choice(struct conf_ctx *c, void *obj, struct err *e)
{
        struct sys_conf *s = &c->store->sys;

        (void)obj;
        (void)e;
        if (!strcmp(s->dns_group, DNS_GROUP_DEFAULT))
                memset(s->dns_group, 0, sizeof s->dns_group);
        return 0;
}

static const struct cmd_bind choice_bind[] = { BIND("GROUP", struct store, sys.dns_group), { 0 } };

const struct cmd_row rows_dns[] = {
        { ROW_LIST, "dns domain-lookup NAME:nameif", "Ask DNS servers through an interface", NULL, DIRTY_SYS,
          STORE(sys.dns_lookup), .key = key_name },
        { ROW_CALL, "dns name-server A:addr [B:addr [C:addr [D:addr [E:addr [F:addr]]]]]",
          "DNS servers of the group DefaultDNS", .call = call_default },
        { ROW_MODE, "dns server-group NAME:newname(64)", "A group of DNS servers", NULL, DIRTY_SYS,
          STORE(sys.dns_groups), &group_mode, .kind_name = "dns-group", .init = init_dns_group },
        { ROW_LEAF, "dns-group GROUP:ref(dns-group)", "The group of DNS servers that is asked", choice_bind,
          DIRTY_SYS, .check = check_choice },
        END,
};
