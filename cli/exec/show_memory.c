/* Memory of the machine, and what of it we use for which kind of object. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include <stdlib.h>

#include "nat/xlate.h"
#include "platform/base/mem.h"
#include "policy/conn.h"
#include "policy/pinhole.h"
#include "proxy/punt.h"

static uint64_t meminfo(const char *key)
{
        FILE *f = fopen("/proc/meminfo", "re");
        char line[160];
        uint64_t kb = 0;

        while (f && fgets(line, sizeof line, f))
                if (!strncmp(line, key, strlen(key)) && line[strlen(key)] == ':')
                        kb = strtoull(line + strlen(key) + 1, NULL, 10);
        if (f)
                fclose(f);
        return kb * 1024;
}

static int show_memory(struct session *s, const struct args *a UNUSED, struct err *e)
{
        uint64_t total = meminfo("MemTotal"), avail = meminfo("MemAvailable"), used = total - avail;

        if (!total)
                return err_set(e, ERR_IO, "the machine does not tell its memory");
        out(s, "Free memory:  %14llu bytes (%2u%%)\n", (unsigned long long)avail, (unsigned)(avail * 100 / total));
        out(s, "Used memory:  %14llu bytes (%2u%%)\n", (unsigned long long)used, (unsigned)(used * 100 / total));
        out(s, "-------------     ------------------\n");
        out(s, "Total memory: %14llu bytes (100%%)\n", (unsigned long long)total);
        return 0;
}

/* ---- detail ---- */

struct tables {
        uint32_t pkts_used, pkts_max, pkts_low, conns, conns_most, xlates, xlates_most, pinholes;
        struct punt_stat punt;
};

static void read_tables(struct worker *w, void *arg)
{
        struct tables *t = arg;

        *t = (struct tables){ .pkts_used = pkt_pool_used(w->pkts),
                              .pkts_max = pkt_pool_max(w->pkts),
                              .pkts_low = pkt_pool_low(w->pkts) };
        if (w->conns) {
                t->conns = conn_count(w->conns);
                t->conns_most = conn_most(w->conns);
        }
        if (w->xlates) {
                t->xlates = xlate_count(w);
                t->xlates_most = xlate_most(w);
        }
        if (w->pinholes)
                t->pinholes = pinhole_count(w->pinholes);
        if (w->punt)
                punt_stat(w->punt, &t->punt);
}

static void show_worker(struct session *s, struct worker *w)
{
        struct tables t;

        worker_call(w, read_tables, &t);
        out(s, "\nWorker %u\n", w->id);
        out(s, "  Packet buffers  %10u in use, %u at most, fewest free %u\n", t.pkts_used, t.pkts_max, t.pkts_low);
        out(s, "  Connections     %10u in use, %u most used\n", t.conns, t.conns_most);
        out(s, "  Translations    %10u in use, %u most used\n", t.xlates, t.xlates_most);
        out(s, "  Pinholes        %10u in use\n", t.pinholes);
        out(s, "  Proxied flows   %10u in use, %u most used, %u waiting to be given back\n", t.punt.flows,
            t.punt.most, t.punt.waiting_gone);
        out(s, "  Refused flows   %10llu no ring space, %llu no flow id; %llu packets of ended flows\n",
            (unsigned long long)t.punt.refused_ring, (unsigned long long)t.punt.refused_id,
            (unsigned long long)t.punt.stale);
}

static int show_detail(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);

        if (show_memory(s, a, e))
                return -1;
        out(s, "\nKind                       Blocks          Bytes     Blocks ever\n");
        for (unsigned i = 0; i < MEM_KINDS; i++) {
                struct mem_stat st;

                mem_stat((enum mem_kind)i, &st);
                out(s, "%-22s %10llu %14llu %15llu\n", st.name, (unsigned long long)st.live,
                    (unsigned long long)st.bytes, (unsigned long long)st.total);
        }
        for (unsigned i = 0; i < b->nworkers; i++)
                if (b->worker[i])
                        show_worker(s, b->worker[i]);
        return 0;
}

const struct exec_row exec_show_memory[] = {
        { "show memory", "Show memory", 15, show_memory },
        { "show memory detail", "Show memory by kind of object", 15, show_detail },
        { 0 },
};
