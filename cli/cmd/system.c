/* Lines about the box itself. Those of services that are not there are kept and say so. */
#include <ctype.h>
#include <string.h>

#include "cli/cmd/rows.h"
#include "cli/conf/ntp_conf.h"
#include "platform/base/str.h"

#define KEPT(g, hlp, why, ...)                                                                                       \
        {                                                                                                            \
                ROW_INERT, g, hlp, .list = STORE(sys.inert), .inert = why, ##__VA_ARGS__                             \
        }
#define ONE(g, hlp, why) KEPT(g, hlp, why, .flags = ROW_SINGLE)
#define SAYS_NO(g, hlp)                                                                                              \
        {                                                                                                            \
                ROW_FIXED, g, hlp, .flags = ROW_NO_ONLY                                                              \
        }

/* ---- names ---- */
static const struct cmd_bind names_bind[] = { BIND_FLAG("names", struct store, sys.no_names), { 0 } };

#define A struct alias_conf
static const struct cmd_bind alias_bind[] = {
        { .name = "A", FIELD_(A, addr), .flags = BIND_ATTR | BIND_NUMBER },
        BIND("ALIAS", A, alias),
        BIND_OPT("TEXT", A, text, 0),
        { 0 },
};

/* What stands where an address may stand already means that. */
static bool is_keyword_of_addresses(const char *s)
{
        static const char *const words[] = { "any", "any4", "any6", "host", "object", "object-group", "interface" };
        size_t i = 0;

        while (i < ARRAY_LEN(words) && strcasecmp(s, words[i]) != 0)
                i++;
        return i < ARRAY_LEN(words);
}

static bool is_asked_of_dns(const struct store *s, const char *name)
{
        conf_each(struct ntp_server_line, n, &s->sys.ntp_servers)
                if (!strcmp(n->host, name))
                        return true;
        return false;
}

/* What could be read as a number is none: it would take the place of that address. */
static int check_alias(struct conf_ctx *c, void *obj, struct err *e)
{
        const A *a = obj;

        if (is_asked_of_dns(c->store, a->alias))
                return err_set(e, ERR_INUSE, "%s is the host name of a time server (ntp server %s)", a->alias,
                               a->alias);
        if (is_keyword_of_addresses(a->alias))
                return err_set(e, ERR_SYNTAX,
                               "%s: this word means something else where addresses are typed: choose another",
                               a->alias);
        if (!isalpha((unsigned char)*a->alias))
                return err_set(e, ERR_SYNTAX, "%s: a name begins with a letter", a->alias);
        return 0;
}
#undef A

/* The address is enough, as on the ASA. */
static int call_no_name(struct conf_ctx *c, const struct args *a, bool no_form UNUSED, struct err *e)
{
        struct conf_list *l = &c->store->sys.aliases;
        struct list *next;
        bool some = false;
        struct addr at;

        for (struct list *it = l->items.next; arg_addr(a, "A", &at) && it && it != &l->items; it = next) {
                struct alias_conf *al = (void *)list_entry(it, struct conf_obj, link);

                next = it->next;
                if (!addr_eq(&al->addr, &at))
                        continue;
                conf_list_del(l, &al->o);
                some = true;
        }
        if (!some)
                return err_set(e, ERR_REF, "the specified line does not exist in the configuration");
        c->store->dirty |= DIRTY_SYS;
        c->store->edits++;
        c->res->changed = true;
        return 0;
}

const struct cmd_row rows_names[] = {
        { ROW_LEAF, "names", "Names of addresses may be typed in their place", names_bind, DIRTY_SYS,
          .flags = ROW_INVERSE | ROW_DEFAULT },
        { ROW_LIST, "name A:addr ALIAS:newname(63) [description TEXT:line(200)]", "A name for an address", alias_bind,
          DIRTY_SYS, .list = STORE(sys.aliases), .check = check_alias },
        { ROW_CALL, "name A:addr", "The name of an address", .call = call_no_name, .flags = ROW_NO_ONLY },
        END,
};

/* ---- banner ---- */
/* Printed with a blank behind it, which nobody sees and the next paste cuts off again. */
static int add_empty_line(struct conf_ctx *c, enum banner_kind kind, struct err *e)
{
        struct banner_conf *b = conf_list_add(&c->store->sys.banners, "");

        if (!b)
                return err_nomem(e, "a command");
        b->kind = kind;
        str_copy(b->text, sizeof b->text, " ");
        c->store->dirty |= DIRTY_SYS;
        c->store->edits++;
        c->res->changed = true;
        return 0;
}

static int call_banner(struct conf_ctx *c, const struct args *a, bool no_form, struct err *e)
{
        struct conf_list *l = &c->store->sys.banners;
        enum banner_kind kind = arg_has(a, "asdm")    ? BANNER_ASDM
                                : arg_has(a, "exec")  ? BANNER_EXEC
                                : arg_has(a, "login") ? BANNER_LOGIN
                                                      : BANNER_MOTD;
        struct list *next;

        if (!no_form)
                return add_empty_line(c, kind, e);
        for (struct list *it = l->items.next; it && it != &l->items; it = next) {
                struct banner_conf *b = (void *)list_entry(it, struct conf_obj, link);

                next = it->next;
                if (b->kind != kind)
                        continue;
                conf_list_del(l, &b->o);
                c->store->edits++;
                c->res->changed = true;
        }
        return 0;
}

static const struct cmd_bind banner_bind[] = {
        BIND_KEY("asdm", struct banner_conf, kind, BANNER_ASDM),
        BIND_KEY("exec", struct banner_conf, kind, BANNER_EXEC),
        BIND_KEY("login", struct banner_conf, kind, BANNER_LOGIN),
        BIND_KEY("motd", struct banner_conf, kind, BANNER_MOTD),
        BIND("TEXT", struct banner_conf, text),
        { 0 },
};

const struct cmd_row rows_banner[] = {
        { ROW_LIST, "banner {asdm|exec|login|motd} TEXT:line(510)", "One more line of a banner", banner_bind,
          DIRTY_SYS, STORE(sys.banners), .flags = ROW_REPEAT },
        { ROW_CALL, "banner {asdm|exec|login|motd}", "An empty line of a banner; no: no banner", .call = call_banner },
        END,
};

/* ---- other services ---- */
const struct cmd_row rows_services[] = {
        KEPT("sysopt connection WHAT:line(200)", "Options of connections", "there is no such option",
             .flags = ROW_BOTH),
        KEPT("service WHAT:line(200)", "Options of services", "there is no such option", .flags = ROW_BOTH),
        END,
};

const struct cmd_row rows_ip[] = {
        KEPT("ip audit WHAT:line(200)", "Signatures", "there are no signatures"),
        KEPT("ip verify reverse-path interface IFC:nameif", "Check source addresses", "sources are not checked"),
        END,
};

const struct cmd_row rows_asdm[] = {
        SAYS_NO("asdm history enable", "History for ASDM"),
        KEPT("asdm image FILE:word(200)", "Image of ASDM", "there is no ASDM"),
        KEPT_IN(STORE(sys.inert), "asdm {group|location} WHAT:keptline(200)", "Networks of ASDM", "there is no ASDM"),
        END,
};

#define NO_FAILOVER "there is no second unit: nothing takes over when this one fails"
static bool is_alone(const void *obj)
{
        return !conf_list_find(&((const struct store *)obj)->sys.inert, "failover");
}

const struct cmd_row rows_failover[] = {
        ONE("failover", "Two units as one", NO_FAILOVER),
        { ROW_FIXED, "failover", "Two units as one", .flags = ROW_NO_ONLY, .applies = is_alone },
        KEPT("failover WHAT:keptline(200)", "Two units as one", NO_FAILOVER, .flags = ROW_KEPT),
        KEPT_BOTH(STORE(sys.inert), "monitor-interface IFC:word(48)", "Watch an interface", NO_FAILOVER),
        END,
};

const struct cmd_row rows_threat[] = {
        KEPT("threat-detection WHAT:line(200)", "Threat detection", "there is no threat detection"),
        KEPT("threat-detection statistics [WHAT:line(200)]", "Statistics of attacks", "there is no threat detection"),
        ONE("threat-detection statistics tcp-intercept [WHAT:line(200)]", "Statistics of half-open connections",
            "there is no threat detection"),
        END,
};

/* ---- consoles ---- */
#define NO_TELNET "there is no telnet server: use ssh"
static const struct cmd_bind console_bind[] = { BIND_SHOWN("MINUTES", struct store, sys.console_timeout_min, 0),
                                                { 0 } };

const struct cmd_row rows_console[] = {
        ONE("telnet timeout N:u32(1-1440)", "Minutes until an idle telnet session ends", NO_TELNET),
        KEPT("telnet NET:net MASK:netmask IFC:nameif", "Who may use telnet", NO_TELNET),
        END,
};

const struct cmd_row rows_console_end[] = {
        { ROW_LEAF, "console timeout MINUTES:u32(0-60)", "Minutes until an idle console session ends", console_bind,
          .dirty = DIRTY_SYS },
        ONE("management-access IFC:nameif", "Manage through a tunnel", "there is no VPN"),
        END,
};

/* ---- pager ---- */
static const struct cmd_bind pager_bind[] = {
        BIND_SHOWN("LINES", struct store, sys.pager_lines, 0),
        BIND_DFLT("WIDTH", struct store, sys.terminal_width, 80),
        { 0 },
};

static int check_width(struct conf_ctx *c, void *obj, struct err *e)
{
        uint32_t w = c->store->sys.terminal_width;

        (void)obj;
        if (w && w < 40)
                return err_set(e, ERR_RANGE, "the width is 0 or from 40 to 511");
        return 0;
}

const struct cmd_row rows_pager[] = {
        { ROW_LEAF, "terminal width WIDTH:u32(0-511)", "Width of the terminal", pager_bind, DIRTY_SYS,
          .check = check_width }, /* nothing is wrapped at any width */
        { ROW_LEAF, "pager lines LINES:u32(0-2147483647)", "Lines of a page; 0 does not page", pager_bind,
          .dirty = DIRTY_SYS },
        { ROW_LEAF, "pager LINES:u32(0-2147483647)", "Lines of a page; 0 does not page", pager_bind, DIRTY_SYS,
          .flags = ROW_HIDDEN },
        END,
};
