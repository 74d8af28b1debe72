/* Memory of the machine, and what of it we use for which kind of object. */
#include "cli/exec/tables.h"
#include "cli/exec/util.h"
#include "cli/box/meminfo.h"

#include <stdlib.h>

#include "nat/xlate.h"
#include "platform/base/mem.h"
#include "policy/conn.h"
#include "policy/pinhole.h"
#include "proxy/punt/punt.h"

/* Per cent with two digits at least: parsers look for two. */
static struct cell percent(const char *name, uint64_t part, uint64_t whole, char text[8])
{
        uint64_t p = part * 100 / whole;

        snprintf(text, 8, "%02u", (unsigned)p);
        return cell_as(cell_num(name, p), text);
}

static int show_memory(struct session *s, const struct args *a UNUSED, struct err *e)
{
        uint64_t total = meminfo("MemTotal"), avail = meminfo("MemAvailable"), used = total - avail;
        char p[8];

        if (!total)
                return err_set(e, ERR_IO, "the machine does not tell its memory");
        PUT(s, "Free memory:  %14s bytes (%s%%)\n", cell_num("free_bytes", avail),
            percent("free_percent", avail, total, p));
        PUT(s, "Used memory:  %14s bytes (%s%%)\n", cell_num("used_bytes", used),
            percent("used_percent", used, total, p));
        out(s, "-------------     ------------------\n");
        PUT(s, "Total memory: %14s bytes (100%%)\n", cell_num("total_bytes", total));
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
        table_object(session_table(s), NULL);
        PUT(s, "\nWorker %s\n", cell_num("worker", w->id));
        PUT(s, "  Packet buffers  %10s in use, %s at most, fewest free %s\n", cell_num("buffers_in_use", t.pkts_used),
            cell_num("buffers_most", t.pkts_max), cell_num("buffers_fewest_free", t.pkts_low));
        PUT(s, "  Connections     %10s in use, %s most used\n", cell_num("connections", t.conns),
            cell_num("connections_most_used", t.conns_most));
        PUT(s, "  Translations    %10s in use, %s most used\n", cell_num("translations", t.xlates),
            cell_num("translations_most_used", t.xlates_most));
        PUT(s, "  Pinholes        %10s in use\n", cell_num("pinholes", t.pinholes));
        PUT(s, "  Proxied flows   %10s in use, %s most used, %s waiting to be given back\n",
            cell_num("proxied_flows", t.punt.flows), cell_num("proxied_flows_most_used", t.punt.most),
            cell_num("proxied_flows_waiting", t.punt.waiting_gone));
        PUT(s, "  Refused flows   %10s no ring space, %s no flow id; %s packets of ended flows\n",
            cell_num("refused_no_ring_space", t.punt.refused_ring), cell_num("refused_no_flow_id", t.punt.refused_id),
            cell_num("packets_of_ended_flows", t.punt.stale));
        table_close(session_table(s));
}

static int show_detail(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);

        if (show_memory(s, a, e))
                return -1;
        out(s, "\nKind                       Blocks          Bytes     Blocks ever\n");
        table_list(session_table(s), "kinds");
        for (unsigned i = 0; i < MEM_KINDS; i++) {
                struct mem_stat st;

                mem_stat((enum mem_kind)i, &st);
                ROW(s, "%-22s %10s %14s %15s\n", cell_str("kind", st.name), cell_num("blocks", st.live),
                    cell_num("bytes", st.bytes), cell_num("blocks_ever", st.total));
        }
        table_close(session_table(s));
        table_list(session_table(s), "workers");
        for (unsigned i = 0; i < b->nworkers; i++)
                if (b->worker[i])
                        show_worker(s, b->worker[i]);
        table_close(session_table(s));
        return 0;
}

const struct exec_row exec_show_memory[] = {
        { "show memory", "Show memory", 15 | EXEC_TABLE, show_memory },
        { "show memory detail", "Show memory by kind of object", 15 | EXEC_TABLE, show_detail },
        { 0 },
};
