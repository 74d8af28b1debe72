/* What people and tools ask any ASA for: what this appliance is, and what it has not, said plainly. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/conf/store.h"
#include "platform/net/iface.h"

/* ---- hardware ---- */

static const struct iface_binding *port_at(const struct box *b, unsigned i)
{
        return b->bind && i < b->bind->n && b->bind->b[i].port != 0xFFFF ? &b->bind->b[i] : NULL;
}

/* "lowest to highest" of the ports' hardware addresses. */
static void mac_range(const struct box *b, char out[48])
{
        const struct iface_binding *lo = NULL, *hi = NULL, *p;
        char x[16], y[16];

        for (unsigned i = 0; b->bind && i < b->bind->n; i++) {
                p = port_at(b, i);
                if (p && (!lo || memcmp(&p->mac, &lo->mac, sizeof p->mac) < 0))
                        lo = p;
                if (p && (!hi || memcmp(&p->mac, &hi->mac, sizeof p->mac) > 0))
                        hi = p;
        }
        if (lo)
                snprintf(out, 48, "%s to %s", mac_print(&lo->mac, x), mac_print(&hi->mac, y));
        else
                strcpy(out, "unknown");
}

static struct cell known(const char *name, const char *text)
{
        return strcmp(text, "unknown") ? cell_str(name, text) : cell_as(cell_null(name), text);
}

static int show_module(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        const struct box *b = session_box(s);
        char serial[BOX_SERIAL_TEXT], range[48];

        box_serial(b, serial);
        mac_range(b, range);
        table_list(session_table(s), "modules");
        table_object(session_table(s), NULL);
        PUT(s,
            "\nMod  Card Type                                    Model              Serial No. \n"
            "---- -------------------------------------------- ------------------ -----------\n"
            "%4s %-44s %-18s %s\n",
            cell_num("module", 0), cell_str("card_type", "Voxgate"), cell_str("model", "VOXGATE"),
            known("serial_number", serial));
        PUT(s,
            "\nMod  MAC Address Range                 Hw Version   Fw Version   Sw Version     \n"
            "---- --------------------------------- ------------ ------------ ---------------\n"
            "   0 %-33s %-12s %-12s %s\n",
            known("mac_address_range", range), cell_str("hardware_version", "1.0"),
            cell_str("firmware_version", VOXGATE_VERSION), cell_str("software_version", ASA_RELEASE));
        PUT(s,
            "\nMod  Status             Data Plane Status     Compatibility\n"
            "---- ------------------ --------------------- -------------\n"
            "   0 %-18s %-21s  \n\n",
            cell_str("status", "Up Sys"), cell_as(cell_null("data_plane_status"), "Not Applicable"));
        table_close(session_table(s));
        table_close(session_table(s));
        return 0;
}

static int show_activation_key(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        char serial[BOX_SERIAL_TEXT];

        box_serial(session_box(s), serial);
        PUT(s, "Serial Number:  %s\nNo active temporary key.\nRunning Permanent Activation Key: %s\n\n",
            known("serial_number", serial), cell_as(cell_null("permanent_key"), "none"), cell_null("temporary_key"));
        out(s, "Nothing here is unlocked by a key; `license model` sets the limits of a model, "
               "show version and show resource usage tell them.\n");
        return 0;
}

/* ---- ways of working that there is one of ---- */

static int show_firewall(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        PUT(s, "Firewall mode: %s\n", cell_as(cell_str("mode", "routed"), "Router"));
        return 0;
}

static int show_failover(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        PUT(s, "Failover %s \nFailover unit %s\nFailover LAN Interface: %s\n",
            cell_as(cell_bool("enabled", false), "Off"), cell_as(cell_str("unit", "primary"), "Primary"),
            cell_as(cell_null("lan_interface"), "not Configured"));
        return 0;
}

/* Nobody is shunned: there is no shun. */
static int show_shun(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        table_list(session_table(s), "shuns");
        table_close(session_table(s));
        return 0;
}

static int show_terminal(struct session *s, const struct args *a UNUSED, struct err *e UNUSED)
{
        unsigned columns = session_columns(s);

        PUT(s, "\nWidth = %s, %s\nterminal %s\n",
            columns ? cell_num("width", columns) : cell_as(cell_null("width"), "unknown"),
            cell_as(cell_bool("monitor", session_monitor(s)), session_monitor(s) ? "monitor" : "no monitor"),
            cell_as(cell_bool("interactive", session_interactive(s)),
                    session_interactive(s) ? "interactive" : "noninteractive"));
        return 0;
}

/* Copies: nothing is written under the lock. NULL with *n 0: there are none; else out of memory. */
static struct alias_conf *copy_names(struct box *b, unsigned *n)
{
        struct alias_conf *all = NULL;

        *n = 0;
        pthread_mutex_lock(&b->conf_lock);
        conf_each(struct alias_conf, x, &b->store->sys.aliases)
                ++*n;
        if (*n)
                all = mem_alloc(MEM_CLI, *n * sizeof *all);
        if (all) {
                unsigned i = 0;

                conf_each(struct alias_conf, x, &b->store->sys.aliases)
                        all[i++] = *x;
        }
        pthread_mutex_unlock(&b->conf_lock);
        return all;
}

static int show_names(struct session *s, const struct args *a UNUSED, struct err *e)
{
        unsigned n;
        struct alias_conf *all = copy_names(session_box(s), &n);

        if (n && !all)
                return err_nomem(e, "showing names");
        table_list(session_table(s), "names");
        for (unsigned i = 0; i < n; i++)
                ROW(s, "name %s %s%s%s\n", cell_addr("address", &all[i].addr), cell_str("name", all[i].alias),
                    cell_text(*all[i].text ? " description " : ""),
                    *all[i].text ? cell_str("description", all[i].text) : cell_as(cell_null("description"), ""));
        table_close(session_table(s));
        mem_free(all);
        return 0;
}

/* ---- what there is not ---- */

static int no_telnet(struct session *s UNUSED, const struct args *a, struct err *e)
{
        return err_set(e, ERR_STATE,
                       "there is no Telnet, neither to the appliance nor from it: use SSH to reach it, "
                       "and ping or traceroute to see whether %s can be reached",
                       arg_str(a, "HOST"));
}

static int no_aaa_server(struct session *s UNUSED, const struct args *a, struct err *e)
{
        return err_set(e, ERR_STATE,
                       "aaa-server group %s does not exist: users are those of this configuration "
                       "(username, aaa authentication ... console LOCAL; show aaa local user)",
                       arg_str(a, "GROUP"));
}

const struct exec_row exec_show_box[] = {
        { "show module [all]", "Show the parts of the chassis", 15 | EXEC_TABLE, show_module },
        { "show activation-key [detail]", "Show the keys that unlock features, which none does", 15 | EXEC_TABLE,
          show_activation_key },
        { "show license [{all|features}]", "The same as show activation-key", 15 | EXEC_TABLE, show_activation_key },
        { "show firewall", "Show whether packets are routed or bridged", 15 | EXEC_TABLE, show_firewall },
        { "show failover [state]", "Show the state of the pair of units", 15 | EXEC_TABLE, show_failover },
        { "show shun", "Show addresses that are shut out", 15 | EXEC_TABLE, show_shun },
        { "show terminal", "Show the options of this terminal", 0 | EXEC_TABLE, show_terminal },
        { "show name", "The same as show names", 15 | EXEC_TABLE, show_names },
        { "show names", "Show the names of addresses", 15 | EXEC_TABLE, show_names },
        { "telnet HOST:host [PORT:u32(1-65535)]", "Not there: use SSH", 15, no_telnet },
        { "test aaa-server {authentication|authorization} GROUP:word(64) [REST:secretline(200)]",
          "Not there: users are those of this configuration", 15, no_aaa_server },
        { 0 },
};
