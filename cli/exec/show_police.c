#include "cli/exec/show_police.h"

#include "cli/exec/util.h"
#include "policy/police.h"

struct query {
        struct police_key key;
        struct police_count sum;
};

static void add_count(struct worker *w, void *arg)
{
        struct query *q = arg;
        struct police_count n = police_read(w, &q->key);

        for (unsigned i = 0; i < POLICE_RESULTS; i++) {
                q->sum.pkts[i] += n.pkts[i];
                q->sum.bytes[i] += n.bytes[i];
                q->sum.bps[i] += n.bps[i];
        }
}

static void clear_count(struct worker *w, void *arg)
{
        police_clear(w, &((struct query *)arg)->key);
}

static const char *action(uint8_t said, enum police_action dflt)
{
        return (said ? said : (uint8_t)dflt) == POLICE_DROP ? "drop" : "transmit";
}

static void show_one(struct session *s, const struct police_conf *c, const char *nameif, struct query *q)
{
        const struct police_count *n = &q->sum;
        bool in = q->key.dir == POLICE_INPUT;

        each_worker(session_box(s), add_count, q);
        table_object(session_table(s), NULL);
        PUT(s, "      %s police Interface %s:\n        cir %s bps, bc %s bytes\n",
            cell_as(cell_str("direction", in ? "input" : "output"), in ? "Input" : "Output"),
            cell_str("interface", nameif), cell_num("rate_bits_per_second", c->rate),
            cell_num("burst_bytes", police_burst(c)));
        PUT(s, "        conformed %s packets, %s bytes; actions:  %s\n",
            cell_num("conformed_packets", n->pkts[POLICE_CONFORMED]),
            cell_num("conformed_bytes", n->bytes[POLICE_CONFORMED]),
            cell_str("conform_action", action(c->conform, POLICE_TRANSMIT)));
        PUT(s, "        exceeded %s packets, %s bytes; actions: %s\n",
            cell_num("exceeded_packets", n->pkts[POLICE_EXCEEDED]),
            cell_num("exceeded_bytes", n->bytes[POLICE_EXCEEDED]),
            cell_str("exceed_action", action(c->exceed, POLICE_DROP)));
        PUT(s, "        conformed %s bps, exceed %s bps\n",
            cell_num("conformed_bits_per_second", n->bps[POLICE_CONFORMED]),
            cell_num("exceeded_bits_per_second", n->bps[POLICE_EXCEEDED]));
        table_close(session_table(s));
}

static void at_interface(struct session *s, const struct police_view *v, const struct iface_rt *i, bool clear)
{
        for (uint16_t d = 0; d < POLICE_DIRS; d++) {
                struct query q = { .key = { .class_id = v->class_id, .iface = i->idx, .dir = d } };

                if (!v->line[d].rate)
                        continue;
                if (clear)
                        each_worker(session_box(s), clear_count, &q);
                else
                        show_one(s, &v->line[d], i->nameif, &q);
        }
}

static void at_interfaces(struct session *s, const struct police_view *v, bool clear)
{
        struct box *b = session_box(s);
        const struct snapshot *snap;
        const struct net_rt *n;

        if (!v->line[POLICE_INPUT].rate && !v->line[POLICE_OUTPUT].rate)
                return;
        snap = snapshot_get(b->hub);
        if (!snap)
                return;
        n = net_rt(snap);
        for (uint16_t i = 1; i < n->nifaces; i++)
                if (n->iface[i].idx && *n->iface[i].nameif && (!v->nameif || !strcmp(v->nameif, n->iface[i].nameif)))
                        at_interface(s, v, &n->iface[i], clear);
        snapshot_put(b->hub, snap);
}

void show_police(struct session *s, const struct police_view *v)
{
        table_list(session_table(s), "police");
        at_interfaces(s, v, false);
        table_close(session_table(s));
}

void clear_police(struct session *s, const struct police_view *v)
{
        at_interfaces(s, v, true);
}
