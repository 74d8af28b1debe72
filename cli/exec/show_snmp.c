/* show snmp-server ...: the session with the host's snmpd, what it can be asked, and what its file needs. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/snmp/mib.h"
#include "cli/snmp/snmp.h"
#include "cli/snmp/snmp_hosts.h"
#include "cli/snmp/snmp_users.h"
#include "platform/svc/agentx.h"
#include "platform/svc/syslog_trap.h"
#include "cli/conf/store.h"

/* ---- show snmp-server statistics ---- */

static const char *state_text(const struct agentx_status *x)
{
        if (!x->enabled)
                return "off";
        return x->state == AGENTX_UP ? "connected" : x->state == AGENTX_DOWN ? "not connected" : "connecting";
}

static void show_state(struct session *s, const struct agentx_status *x)
{
        PUT(s, "SNMP agent: %s, master agent at %s, context %s\n", cell_str("state", state_text(x)),
            cell_str("socket", x->path), cell_str("context", SNMP_CONTEXT));
        if (*x->why)
                PUT(s, "Reason: %s\n", cell_str("why", x->why));
        else if (!x->enabled)
                PUT(s, "Reason: %s\n",
                    cell_str("why", "there is no snmp-server community or host, or it is disabled"));
        else
                PUT(s, "", cell_null("why"));
}

static void show_counts(struct session *s, const struct agentx_counts *c)
{
        PUT(s, "%s SNMP packets input\n", cell_num("packets_in", c->in));
        PUT(s, "    %s Encoding errors\n", cell_num("encoding_errors", c->bad));
        PUT(s, "    %s Number of requested variables\n", cell_num("variables", c->vars));
        PUT(s, "    0 Number of altered variables\n");
        PUT(s, "    %s Get-request PDUs\n", cell_num("get_requests", c->get));
        PUT(s, "    %s Get-next PDUs\n", cell_num("get_next_requests", c->next));
        PUT(s, "    %s Get-bulk PDUs\n", cell_num("get_bulk_requests", c->bulk));
        PUT(s, "    %s Set-request PDUs (Not supported)\n", cell_num("set_requests", c->set));
        PUT(s, "%s SNMP packets output\n", cell_num("packets_out", c->out));
        PUT(s, "    %s General errors\n", cell_num("errors", c->errors));
        PUT(s, "    %s Trap PDUs\n", cell_num("traps", c->notified));
        PUT(s, "    %s Trap PDUs that could not be sent\n", cell_num("traps_lost", c->unnotified));
        PUT(s, "%s sessions with the master agent since the start\n", cell_num("sessions", c->sessions));
}

static int show_statistics(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct box *b = session_box(s);
        struct agentx_status x;

        if (!b->agentx)
                return err_set(e, ERR_STATE, "there is no SNMP agent here");
        agentx_status(b->agentx, &x);
        show_state(s, &x);
        show_counts(s, &x.counts);
        if (b->syslog_trap)
                PUT(s, "%s log messages for which there was no room\n",
                    cell_num("messages_dropped", syslog_trap_dropped(b->syslog_trap)));
        return 0;
}

/* ---- show snmp-server host ---- */

static struct store *copy_of(struct session *s, struct err *e)
{
        struct box *b = session_box(s);
        struct store *st;

        pthread_mutex_lock(&b->conf_lock);
        st = store_copy(b->store, e);
        pthread_mutex_unlock(&b->conf_lock);
        return st;
}

static const char *kind_of(const struct snmp_host *h)
{
        return h->trap && h->poll ? "trap, poll" : h->trap ? "trap" : "poll";
}

static int show_host(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct store *st = copy_of(s, e);
        struct snmp_host h;

        if (!st)
                return -1;
        table_list(session_table(s), "hosts");
        conf_each(struct conf_obj, o, &st->sys.inert)
                if (snmp_host_read(o->name, &h))
                        ROW(s, "host ip = %s, interface = %s  %s version %s udp-port %s\n",
                            cell_str("address", h.address), cell_str("interface", h.nameif),
                            cell_str("kind", kind_of(&h)),
                            *h.version ? cell_str("version", h.version) : cell_as(cell_null("version"), "1"),
                            cell_num("udp_port", h.port));
        table_close(session_table(s));
        store_free(st);
        return 0;
}

/* ---- show snmp-server engineID, group, user: what is configured; in force is what snmpd has ---- */

#define SNMPD_HAS "the host's snmpd"

static int show_engine(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        PUT(s, "Local SNMP engineID: that of %s\n", cell_str("engine_of", SNMPD_HAS));
        return 0;
}

static void group_lines(struct session *s, const struct snmp_group *g)
{
        char model[sizeof g->model + sizeof g->level + 1];

        snprintf(model, sizeof model, *g->level ? "%s %s" : "%s", g->model, g->level);
        table_object(session_table(s), NULL);
        PUT(s, "groupname: %-30s security model:%s\n", cell_str("name", g->name), cell_str("security_model", model));
        PUT(s, "row status: kept, %s decides\n\n", cell_str("decided_by", SNMPD_HAS));
        table_close(session_table(s));
}

static int show_group(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct store *st = copy_of(s, e);
        struct snmp_group g;

        if (!st)
                return -1;
        table_list(session_table(s), "groups");
        conf_each(struct conf_obj, o, &st->sys.inert)
                if (snmp_group_read(o->name, &g))
                        group_lines(s, &g);
        table_close(session_table(s));
        store_free(st);
        return 0;
}

static struct cell protocol(const char *name, const char *protocol)
{
        return *protocol ? cell_str(name, protocol) : cell_as(cell_null(name), "None");
}

static void user_lines_of(struct session *s, const struct snmp_user *u)
{
        table_object(session_table(s), NULL);
        PUT(s, "User name: %s\n", cell_str("name", u->name));
        PUT(s, "Engine ID: that of %s\n", cell_str("engine_of", SNMPD_HAS));
        PUT(s, "Rowstatus: kept, %s decides\n", cell_str("decided_by", SNMPD_HAS));
        PUT(s, "Authentication Protocol: %s\n", protocol("authentication", u->auth));
        PUT(s, "Privacy Protocol: %s\n", protocol("privacy", u->priv));
        PUT(s, "Group name: %s\n\n",
            *u->group ? cell_str("group", u->group) : cell_as(cell_null("group"), "unknown"));
        table_close(session_table(s));
}

static int show_user(struct session *s, const struct args *a, struct err *e)
{
        const char *only = arg_str(a, "NAME");
        struct store *st = copy_of(s, e);
        struct snmp_user u;

        if (!st)
                return -1;
        table_list(session_table(s), "users");
        conf_each(struct conf_obj, o, &st->sys.inert)
                if (snmp_user_read(o->name, &u) && (!only || !strcmp(only, u.name)))
                        user_lines_of(s, &u);
        table_close(session_table(s));
        store_free(st);
        return 0;
}

/* ---- show snmp-server oidlist ---- */

static int show_oidlist(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        table_list(session_table(s), "subtrees");
        for (unsigned i = 0; i < MIB_SUBTREES; i++)
                ROW(s, "[%s]\t%s\t%s\n", cell_num("number", i), cell_str("oid", mib_subtrees[i].oid),
                    cell_str("name", mib_subtrees[i].name));
        table_close(session_table(s));
        return 0;
}

/* ---- show snmp-server snmpd ---- */

static bool begins(const char *line, const char *with)
{
        return !strncmp(line, with, strlen(with));
}

/* A name that `name` gives is the number it stands for: nobody else knows it. */
static bool number_of(const struct store *st, const char *host, struct addr *out)
{
        const struct alias_conf *al = conf_list_find(&st->sys.aliases, host);

        if (al)
                *out = al->addr;
        return al || addr_parse(host, out);
}

static void trap_line(struct session *s, const struct snmp_host *h, const char *where)
{
        if (!strcmp(h->version, "3"))
                out(s, "# with the user's own words: trapsess -v 3 -u USER -l LEVEL -n " SNMP_CONTEXT " %s:%u\n",
                    where, h->port);
        else
                out(s, "%s %s:%u COMMUNITY\n", !strcmp(h->version, "2c") ? "trap2sink" : "trapsink", where, h->port);
}

static void host_lines(struct session *s, const struct store *st, const struct snmp_host *h)
{
        char text[ADDR_TEXT_MAX], where[ADDR_TEXT_MAX + 8];
        struct addr a;

        if (!number_of(st, h->address, &a)) {
                out(s, "# snmp-server host %s %s: no address\n", h->nameif, h->address);
                return;
        }
        addr_print(&a, text);
        if (h->poll && strcmp(h->version, "3") != 0)
                out(s, "rocommunity%s COMMUNITY %s -V voxgate " SNMP_CONTEXT "\n", addr_is_v4(&a) ? "" : "6", text);
        snprintf(where, sizeof where, addr_is_v4(&a) ? "%s" : "udp6:[%s]", text);
        if (h->trap)
                trap_line(s, h, where);
}

/* Who asks by a name: snmpd knows no sources of users. Its level is what he has keys for. */
static void user_line(struct session *s, const struct snmp_user *u)
{
        if (*u->priv)
                out(s, "# createUser %s AUTH AUTHPASSWORD PRIV PRIVPASSWORD\n", u->name);
        else if (*u->auth)
                out(s, "# createUser %s AUTH AUTHPASSWORD\n", u->name);
        else
                out(s, "# createUser %s\n", u->name);
        out(s, "rouser %s %s -V voxgate " SNMP_CONTEXT "\n", u->name,
            *u->priv   ? "priv"
            : *u->auth ? "auth"
                       : "noauth");
}

struct askers {
        bool hosts, users; /* who may ask by a community; by a name */
};

static struct askers all_hosts(struct session *s, const struct store *st)
{
        struct askers x = { false, false };
        struct snmp_host h;

        conf_each(struct conf_obj, o, &st->sys.inert) {
                if (!snmp_host_read(o->name, &h))
                        continue;
                host_lines(s, st, &h);
                x.users |= h.poll && !strcmp(h.version, "3");
                x.hosts |= h.poll && strcmp(h.version, "3") != 0;
        }
        return x;
}

/* Nobody may ask but who is a host of the configuration, as on the ASA; a community alone opens nothing. */
static void user_lines(struct session *s, const struct store *st)
{
        static const char port[] = "snmp-server listen-port ";
        struct askers x = all_hosts(s, st);
        struct snmp_user u;

        conf_each(struct conf_obj, o, &st->sys.inert) {
                if (begins(o->name, port))
                        out(s, "agentAddress udp:%s\n", o->name + sizeof port - 1);
                else if (x.users && snmp_user_read(o->name, &u))
                        user_line(s, &u);
        }
        if (!x.hosts && !x.users)
                out(s, "# Nobody may ask: there is no snmp-server host that may.\n");
        if (st->sys.snmp.authentication)
                out(s, "authtrapenable 1\n");
}

static int show_snmpd(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct store *st = copy_of(s, e);
        struct agentx_status x = { .path = AGENTX_SOCKET };

        if (!st)
                return -1;
        if (session_box(s)->agentx)
                agentx_status(session_box(s)->agentx, &x);
        out(s, "# For the file of the host's snmpd (/etc/snmp/snmpd.conf): it decides who may ask and who is told.\n"
               "# Write the communities that were typed in the place of COMMUNITY; snmpd uses the host's network.\n");
        out(s, "master agentx\nagentXSocket unix:%s\nagentXPerms 0660 0755 root voxgate\n", x.path);
        out(s, "view voxgate included .1\n");
        user_lines(s, st);
        store_free(st);
        return 0;
}

const struct exec_row exec_show_snmp[] = {
        { "show snmp-server statistics", "Show the session with the master agent, and counts", 15 | EXEC_TABLE,
          show_statistics },
        { "show snmp-server host", "Show who is told and who may ask", 15 | EXEC_TABLE, show_host },
        { "show snmp-server engineID", "Show whose engine ID counts", 15 | EXEC_TABLE, show_engine },
        { "show snmp-server group", "Show the groups of users that are configured", 15 | EXEC_TABLE, show_group },
        { "show snmp-server user [NAME:word(64)]", "Show the users that are configured", 15 | EXEC_TABLE, show_user },
        { "show snmp-server oidlist", "Show what can be asked for", 15 | EXEC_TABLE, show_oidlist },
        { "show snmp-server snmpd", "Show lines for the file of the host's snmpd", 15, show_snmpd },
        { 0 },
};
