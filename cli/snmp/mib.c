#include "cli/snmp/mib.h"

#include <string.h>

#include "cli/exec/util.h"
#include "policy/conn.h"

const struct mib_subtree mib_subtrees[MIB_SUBTREES] = {
        { "1.3.6.1.2.1.1", "system" },
        { "1.3.6.1.2.1.2", "interfaces" },
        { "1.3.6.1.2.1.4.20", "ipAddrTable" },
        { "1.3.6.1.2.1.31.1.1", "ifXTable" },
        { "1.3.6.1.2.1.47.1.1.1", "entPhysicalTable" },
        { "1.3.6.1.4.1.9.9.48.1.1", "ciscoMemoryPoolTable" },
        { "1.3.6.1.4.1.9.9.109.1.1.1", "cpmCPUTotalTable" },
        { "1.3.6.1.4.1.9.9.147.1.2.2.2", "cfwConnectionStatTable" },
        { "1.3.6.1.4.1.9.9.221.1.1.1", "cempMemPoolTable" },
};

/* ---- CISCO-FIREWALL-MIB ---- */

struct conns {
        uint64_t now, most;
};

static void add_conns(struct worker *w, void *arg)
{
        struct conns *c = arg;

        if (!w->conns)
                return;
        c->now += conn_count(w->conns);
        c->most += conn_most(w->conns);
}

enum { CFW_IP = 40, CFW_IN_USE = 6, CFW_HIGH = 7 };
enum { CFW_DESCRIPTION = 3, CFW_VALUE = 5 };

void mib_flows(struct box *b, struct mib_table *t)
{
        struct conns c = { 0 };

        each_worker(b, add_conns, &c);
        mib_base(t, "1.3.6.1.4.1.9.9.147.1.2.2.2.1");
        MIB_TEXT(t, "connections in use, of the whole firewall", CFW_DESCRIPTION, CFW_IP, CFW_IN_USE);
        MIB_TEXT(t, "most connections in use at a time since the start", CFW_DESCRIPTION, CFW_IP, CFW_HIGH);
        MIB_PUT(t, MIB_GAUGE32, c.now, CFW_VALUE, CFW_IP, CFW_IN_USE);
        MIB_PUT(t, MIB_GAUGE32, c.most, CFW_VALUE, CFW_IP, CFW_HIGH);
}

void mib_fill(struct box *b, struct mib_table *t)
{
        mib_system(b, t);
        mib_interfaces(b, t);
        mib_flows(b, t);
}
