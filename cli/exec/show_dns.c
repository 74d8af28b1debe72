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

static int each_row(struct session *s, const char *only, row_fn fn, struct err *e)
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
        while (!end) {
                unsigned n = dns_walk(d, &cursor, row, ROWS, &end);

                for (unsigned i = 0; i < n; i++)
                        if (!only || !strcmp(only, row[i].name))
                                fn(s, &row[i]);
        }
        mem_free(row);
        return 0;
}

/* ---- show dns ---- */

static void show_name(struct session *s, const struct dns_row *r)
{
        char a[ADDR_TEXT_MAX], ttl[24];

        if (r->state != NAME_KNOWN)
                return;
        out(s, "Name: %s\n", r->name);
        snprintf(ttl, sizeof ttl, "%02u:%02u:%02u", r->left_s / 3600, r->left_s / 60 % 60, r->left_s % 60);
        for (unsigned i = 0; i < r->a.n; i++)
                out(s, "    Address: %-42s TTL %s%s\n", addr_print(&r->a.at[i], a), r->stale ? "00:00:00" : ttl,
                    r->stale ? " (stale)" : "");
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
                return each_row(s, NULL, show_name, e);
        if (dns_canon(arg_str(a, "NAME"), c.domain, canon, e) < 0)
                return -1;
        return each_row(s, canon, show_name, e);
}

/* ---- show dns-hosts ---- */

/* Age: hours since somebody asked for it. */
static void show_host(struct session *s, const struct dns_row *r)
{
        const char *flags = r->state == NAME_KNOWN ? (r->stale ? "(temp, EX)" : "(temp, OK)") : "(temp, ?" "?)";
        char a[ADDR_TEXT_MAX];

        out(s, "%-24s %-10s %-3u %-6s ", r->name, flags, r->idle_s / 3600, "IP");
        for (unsigned i = 0; r->state == NAME_KNOWN && i < r->a.n; i++)
                out(s, i ? " %s" : "%s", addr_print(&r->a.at[i], a));
        if (r->state == NAME_ASKED)
                out(s, "(a server is being asked)");
        else if (r->state == NAME_UNKNOWN)
                out(s, "(%s)", r->a.why);
        out(s, "\n");
}

static int show_dns_hosts(struct session *s, const struct args *a UNUSED, struct err *e)
{
        if (!session_box(s)->dns)
                return no_client(e);
        out(s, "%-24s %-10s %-3s %-6s %s\n", "Host", "Flags", "Age", "Type", "Address(es)");
        return each_row(s, NULL, show_host, e);
}

static int show_statistics(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct dns *d = session_box(s)->dns;
        char text[ADDR_TEXT_MAX];
        struct dns_counts n;
        struct dns_conf c;

        if (!d)
                return no_client(e);
        dns_get_conf(d, &c);
        dns_counts(d, &n);
        out(s, "DNS server-group %s, %s\n", c.group, c.nifaces && c.nservers ? "in use" : "not in use");
        for (unsigned i = 0; i < c.nservers; i++)
                out(s, "  Server %s\n", addr_print(&c.server[i], text));
        for (unsigned i = 0; i < c.nifaces; i++)
                out(s, "  Lookup through %s\n", c.nameif[i]);
#define N(x) ((unsigned long long)n.x)
        out(s, "  Asked %llu: %llu with an address, %llu without, %llu not answered\n", N(asked), N(known), N(none),
            N(silent));
        out(s, "  From the cache %llu; refused for want of room %llu\n", N(hits), N(full));
        out(s, "  Strange datagrams %llu, addresses of no host %llu\n", N(stray), N(unusable));
#undef N
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
        { "show dns [host NAME:host]", "Show addresses that DNS servers have told", 15, show_dns },
        { "show dns statistics", "Show the servers in use and what became of questions", 15, show_statistics },
        { "show dns-hosts", "Show the cache of the DNS client", 15, show_dns_hosts },
        { "clear dns [host NAME:host]", "Forget addresses that DNS servers have told", 15, clear_dns },
        { "clear dns-hosts cache", "The same as clear dns", 15, clear_dns },
        { 0 },
};
