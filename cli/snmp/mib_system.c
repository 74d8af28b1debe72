/* SNMP: who the appliance is, and how busy it is. */
#include "cli/snmp/mib.h"

#include <string.h>

#include "cli/exec/util.h"
#include "cli/box/meminfo.h"
#include "cli/conf/store.h"
#include "cli/box/usage.h"

/* ---- SNMPv2-MIB system ---- */

enum { SYS_DESCR = 1, SYS_OBJECT, SYS_UPTIME, SYS_CONTACT, SYS_NAME, SYS_LOCATION, SYS_SERVICES };
enum { LAYERS = 4 + 8 + 64 }; /* internet, end to end, applications: 2^(layer - 1) each */

struct typed {
        char name[sizeof((struct sys_conf *)0)->hostname + sizeof((struct sys_conf *)0)->domain];
        struct snmp_conf snmp;
};

static void read_typed(struct box *b, struct typed *out)
{
        const struct sys_conf *s;

        pthread_mutex_lock(&b->conf_lock);
        s = &b->store->sys;
        snprintf(out->name, sizeof out->name, *s->domain ? "%s.%s" : "%s", s->hostname, s->domain);
        out->snmp = s->snmp;
        pthread_mutex_unlock(&b->conf_lock);
}

static void system_group(struct box *b, struct mib_table *t)
{
        struct typed c;

        read_typed(b, &c);
        mib_base(t, "1.3.6.1.2.1.1");
        MIB_TEXT(t, "Voxgate Appliance Software Version " ASA_RELEASE ", Voxgate " VOXGATE_VERSION, SYS_DESCR, 0);
        MIB_NAME(t, "0.0", SYS_OBJECT, 0); /* nobody has given the product a number */
        MIB_PUT(t, MIB_TICKS, (clock_mono_ms(b->clk) - b->start_mono_ms) / 10, SYS_UPTIME, 0);
        MIB_TEXT(t, c.snmp.contact, SYS_CONTACT, 0);
        MIB_TEXT(t, c.name, SYS_NAME, 0);
        MIB_TEXT(t, c.snmp.location, SYS_LOCATION, 0);
        MIB_PUT(t, MIB_INTEGER, LAYERS, SYS_SERVICES, 0);
}

/* ---- ENTITY-MIB: one chassis, as in show inventory ---- */

enum {
        ENT_DESCR = 2,
        ENT_CONTAINED_IN = 4,
        ENT_CLASS,
        ENT_REL_POS,
        ENT_NAME,
        ENT_HARDWARE,
        ENT_SOFTWARE = 10,
        ENT_SERIAL,
        ENT_MODEL = 13,
        ENT_CHASSIS = 1, /* its index */
        CLASS_CHASSIS = 3
};

static void entity(struct box *b, struct mib_table *t)
{
        char serial[BOX_SERIAL_TEXT];

        box_serial(b, serial);
        mib_base(t, "1.3.6.1.2.1.47.1.1.1.1");
        MIB_TEXT(t, "Voxgate", ENT_DESCR, ENT_CHASSIS);
        MIB_PUT(t, MIB_INTEGER, 0, ENT_CONTAINED_IN, ENT_CHASSIS);
        MIB_PUT(t, MIB_INTEGER, CLASS_CHASSIS, ENT_CLASS, ENT_CHASSIS);
        MIB_PUT(t, MIB_INTEGER, 0, ENT_REL_POS, ENT_CHASSIS);
        MIB_TEXT(t, "Chassis", ENT_NAME, ENT_CHASSIS);
        MIB_TEXT(t, VOXGATE_VERSION, ENT_HARDWARE, ENT_CHASSIS);
        MIB_TEXT(t, ASA_RELEASE, ENT_SOFTWARE, ENT_CHASSIS);
        if (strcmp(serial, "unknown") != 0)
                MIB_TEXT(t, serial, ENT_SERIAL, ENT_CHASSIS);
        MIB_TEXT(t, "VOXGATE", ENT_MODEL, ENT_CHASSIS);
}

/* ---- CISCO-PROCESS-MIB, CISCO-MEMORY-POOL-MIB ---- */

enum { CPU_ENTITY = 2, CPU_5_S, CPU_1_MIN, CPU_5_MIN, CPU_5_S_REV, CPU_1_MIN_REV, CPU_5_MIN_REV, CPU_ALL = 1 };

/* In whole per cent, as show cpu usage has it. The second three replaced the first, which is still asked for. */
static void cpu(struct box *b, struct mib_table *t)
{
        static const unsigned seconds[] = { 5, 60, 300 };

        mib_base(t, "1.3.6.1.4.1.9.9.109.1.1.1.1");
        MIB_PUT(t, MIB_INTEGER, ENT_CHASSIS, CPU_ENTITY, CPU_ALL);
        for (uint32_t i = 0; i < ARRAY_LEN(seconds); i++) {
                uint64_t percent = (usage_cpu_permille(b, seconds[i]) + 5) / 10;

                MIB_PUT(t, MIB_GAUGE32, percent, CPU_5_S + i, CPU_ALL);
                MIB_PUT(t, MIB_GAUGE32, percent, CPU_5_S_REV + i, CPU_ALL);
        }
}

enum { POOL_NAME = 2, POOL_ALTERNATE, POOL_VALID, POOL_USED, POOL_FREE, POOL_PROCESSOR = 1 };

/* The machine's, as in show memory; more than 4 GB are 4 GB here. */
static void memory(struct mib_table *t)
{
        uint64_t total = meminfo("MemTotal"), avail = meminfo("MemAvailable");

        if (!total)
                return;
        mib_base(t, "1.3.6.1.4.1.9.9.48.1.1.1");
        MIB_TEXT(t, "System memory", POOL_NAME, POOL_PROCESSOR);
        MIB_PUT(t, MIB_INTEGER, 0, POOL_ALTERNATE, POOL_PROCESSOR);
        MIB_PUT(t, MIB_INTEGER, 1, POOL_VALID, POOL_PROCESSOR);
        MIB_PUT(t, MIB_GAUGE32, total - avail, POOL_USED, POOL_PROCESSOR);
        MIB_PUT(t, MIB_GAUGE32, avail, POOL_FREE, POOL_PROCESSOR);
}

enum { EPOOL_TYPE = 2, EPOOL_NAME, EPOOL_VALID = 6, EPOOL_USED = 18, EPOOL_FREE = 20, EPOOL_IS_PROCESSOR = 2 };

/* CISCO-ENHANCED-MEMPOOL-MIB: the same in 64 bits, by entity. */
static void big_memory(struct mib_table *t)
{
        uint64_t total = meminfo("MemTotal"), avail = meminfo("MemAvailable");

        if (!total)
                return;
        mib_base(t, "1.3.6.1.4.1.9.9.221.1.1.1.1");
        MIB_PUT(t, MIB_INTEGER, EPOOL_IS_PROCESSOR, EPOOL_TYPE, ENT_CHASSIS, POOL_PROCESSOR);
        MIB_TEXT(t, "System memory", EPOOL_NAME, ENT_CHASSIS, POOL_PROCESSOR);
        MIB_PUT(t, MIB_INTEGER, 1, EPOOL_VALID, ENT_CHASSIS, POOL_PROCESSOR);
        MIB_PUT(t, MIB_COUNTER64, total - avail, EPOOL_USED, ENT_CHASSIS, POOL_PROCESSOR);
        MIB_PUT(t, MIB_COUNTER64, avail, EPOOL_FREE, ENT_CHASSIS, POOL_PROCESSOR);
}

void mib_system(struct box *b, struct mib_table *t)
{
        system_group(b, t);
        entity(b, t);
        cpu(b, t);
        memory(t);
        big_memory(t);
}
