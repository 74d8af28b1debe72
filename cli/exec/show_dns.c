/* `show dns`, `show dns-hosts`: what the DNS client knows, and how it came by it. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"
#include "platform/svc/dns.h"

#define ROWS 16u

typedef void (*row_fn)(struct session *s, const struct dns_row *r);

static int no_client(struct err *e)
{
        return err_set(e, ERR_STATE, "there is no DNS client here");
}

static int each_row(struct session *s, const char *list, const char *only, row_fn fn, struct err *e)
{
        struct dns *d = session_box(s)->dns;
        struct dns_row *row;
        uint32_t cursor = 0;
        bool end = false;

        if (!d)
                return no_client(e);
        row = mem_alloc(MEM_CLI, ROWS * sizeof *row);
        if (!row)
                return err_nomem(e, "showing names");
        table_list(session_table(s), list);
        while (!end) {
                unsigned n = dns_walk(d, &cursor, row, ROWS, &end);

                for (unsigned i = 0; i < n; i++)
                        if (!only || !strcmp(only, row[i].name))
                                fn(s, &row[i]);
        }
        table_close(session_table(s));
        mem_free(row);
        return 0;
}

/* ---- show dns ---- */

static void show_name(struct session *s, const struct dns_row *r)
{
        char ttl[24];

        if (r->state != NAME_KNOWN)
                return;
        table_object(session_table(s), NULL);
        PUT(s, "Name: %s\n", cell_str("name", r->name));
        snprintf(ttl, sizeof ttl, "%02u:%02u:%02u", r->left_s / 3600, r->left_s / 60 % 60, r->left_s % 60);
        table_list(session_table(s), "addresses");
        for (unsigned i = 0; i < r->a.n; i++)
                ROW(s, "    Address: %-42s TTL %s%s\n", cell_addr("address", &r->a.at[i]),
                    cell_as(cell_num("ttl_seconds", r->stale ? 0 : r->left_s), r->stale ? "00:00:00" : ttl),
                    cell_as(cell_bool("stale", r->stale), r->stale ? " (stale)" : ""));
        table_close(session_table(s));
        table_close(session_table(s));
}

static int show_dns(struct session *s, const struct args *a, struct err *e)
{
        struct dns *d = session_box(s)->dns;
        char canon[DNS_NAME_MAX + 1];
        struct dns_conf c;

        if (!d)
                return no_client(e);
        dns_get_conf(d, &c);
        if (!arg_has(a, "NAME"))
                return each_row(s, "names", NULL, show_name, e);
        if (dns_canon(arg_str(a, "NAME"), c.domain, canon, e) < 0)
                return -1;
        return each_row(s, "names", canon, show_name, e);
}

/* ---- show dns-hosts ---- */

/* Age: hours since somebody asked for it. */
static void show_host(struct session *s, const struct dns_row *r)
{
        const char *flags = r->state == NAME_KNOWN ? (r->stale ? "(temp, EX)" : "(temp, OK)")
                                                   : "(temp, ?"
                                                     "?)";
        char hours[16];

        snprintf(hours, sizeof hours, "%u", r->idle_s / 3600);
        table_object(session_table(s), NULL);
        PUT(s, "%-24s %-10s %-3s %-6s ", cell_str("host", r->name), cell_str("flags", flags),
            cell_as(cell_num("idle_seconds", r->idle_s), hours), cell_str("type", "IP"));
        table_list(session_table(s), "addresses");
        for (unsigned i = 0; r->state == NAME_KNOWN && i < r->a.n; i++)
                ITEM(s, i ? " %s" : "%s", cell_addr(NULL, &r->a.at[i]));
        table_close(session_table(s));
        if (r->state == NAME_ASKED)
                out(s, "(a server is being asked)");
        else if (r->state == NAME_UNKNOWN)
                PUT(s, "(%s)", cell_str("reason", r->a.why));
        out(s, "\n");
        table_close(session_table(s));
}

static int show_dns_hosts(struct session *s, const struct args *a UNUSED, struct err *e)
{
        if (!session_box(s)->dns)
                return no_client(e);
        out(s, "%-24s %-10s %-3s %-6s %s\n", "Host", "Flags", "Age", "Type", "Address(es)");
        return each_row(s, "hosts", NULL, show_host, e);
}

static int show_statistics(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct dns *d = session_box(s)->dns;
        struct dns_counts n;
        struct dns_conf c;
        bool used;

        if (!d)
                return no_client(e);
        dns_get_conf(d, &c);
        dns_counts(d, &n);
        used = c.nifaces && c.nservers;
        PUT(s, "DNS server-group %s, %s\n", cell_str("server_group", c.group),
            cell_as(cell_bool("in_use", used), used ? "in use" : "not in use"));
        table_list(session_table(s), "servers");
        for (unsigned i = 0; i < c.nservers; i++)
                ITEM(s, "  Server %s\n", cell_addr(NULL, &c.server[i]));
        table_close(session_table(s));
        table_list(session_table(s), "interfaces");
        for (unsigned i = 0; i < c.nifaces; i++)
                ITEM(s, "  Lookup through %s\n", cell_str(NULL, c.nameif[i]));
        table_close(session_table(s));
        PUT(s, "  Asked %s: %s with an address, %s without, %s not answered\n", cell_num("asked", n.asked),
            cell_num("with_address", n.known), cell_num("without_address", n.none),
            cell_num("not_answered", n.silent));
        PUT(s, "  From the cache %s; refused for want of room %s\n", cell_num("from_cache", n.hits),
            cell_num("refused_no_room", n.full));
        PUT(s, "  Strange datagrams %s, addresses of no host %s\n", cell_num("strange_datagrams", n.stray),
            cell_num("addresses_of_no_host", n.unusable));
        return 0;
}

/* ---- clear ---- */

static int clear_dns(struct session *s, const struct args *a, struct err *e)
{
        if (!session_box(s)->dns)
                return no_client(e);
        dns_clear(session_box(s)->dns, arg_str(a, "NAME"));
        return 0;
}

const struct exec_row exec_show_dns[] = {
        { "show dns [host NAME:host]", "Show addresses that DNS servers have told", 15 | EXEC_TABLE, show_dns },
        { "show dns statistics", "Show the servers in use and what became of questions", 15 | EXEC_TABLE,
          show_statistics },
        { "show dns-hosts", "Show the cache of the DNS client", 15 | EXEC_TABLE, show_dns_hosts },
        { "clear dns [host NAME:host]", "Forget addresses that DNS servers have told", 15, clear_dns },
        { "clear dns-hosts cache", "The same as clear dns", 15, clear_dns },
        { 0 },
};
