/* `packet-tracer`: a frame runs dry through the worker's own stages; their trace is printed. */
#include "cli/exec/rule_text.h"
#include "cli/exec/tables.h"

#include "platform/net/csum.h"

#define STAGES_MAX 32
#define FRAME_MAX 128

struct probe {
        uint16_t iface;
        uint8_t frame[FRAME_MAX];
        size_t n;
        struct trace trace;
        bool no_buffer;
};

/* ---- the frame ---- */

struct probe_ip {
        struct addr src, dst;
        uint8_t proto;
        uint16_t sport, dport; /* ICMP: type and code */
        uint16_t id;           /* ICMP echo */
};

static void put_tcp(struct wbuf *w, const struct probe_ip *p)
{
        wbuf_be16(w, p->sport);
        wbuf_be16(w, p->dport);
        wbuf_be32(w, 1);
        wbuf_be32(w, 0);
        wbuf_be16(w, 0x5002); /* 20 bytes, SYN */
        wbuf_be16(w, 65535);
        wbuf_be32(w, 0); /* checksum, urgent pointer */
}

static void put_udp(struct wbuf *w, const struct probe_ip *p)
{
        wbuf_be16(w, p->sport);
        wbuf_be16(w, p->dport);
        wbuf_be16(w, 8);
        wbuf_be16(w, 0); /* none */
}

static void put_icmp(struct wbuf *w, const struct probe_ip *p)
{
        size_t at = w->len;
        uint16_t sum;

        wbuf_u8(w, (uint8_t)p->sport);
        wbuf_u8(w, (uint8_t)p->dport);
        wbuf_be16(w, 0);
        wbuf_be16(w, p->id);
        wbuf_be16(w, 1);
        sum = (uint16_t)~csum_fold(csum_add(0, w->buf + at, w->len - at));
        memcpy(w->buf + at + 2, &sum, sizeof sum);
}

/* TCP: the pseudo header counts too. */
static void finish_tcp(uint8_t *l4, const struct probe_ip *p)
{
        uint8_t ph[12];
        struct wbuf w = wbuf_of(ph, sizeof ph);
        uint16_t sum;

        wbuf_be32(&w, p->src.v4);
        wbuf_be32(&w, p->dst.v4);
        wbuf_be16(&w, IPPROTO_TCP_);
        wbuf_be16(&w, 20);
        sum = (uint16_t)~csum_fold(csum_add(csum_add(0, ph, sizeof ph), l4, 20));
        memcpy(l4 + 16, &sum, sizeof sum);
}

static void build(struct probe *pr, const struct mac *to, const struct probe_ip *p)
{
        static const struct mac from = { { 2, 0, 0, 0, 0, 1 } };
        struct wbuf w = wbuf_of(pr->frame, sizeof pr->frame);
        uint8_t *ip;
        uint16_t sum, len = p->proto == IPPROTO_TCP_ ? 40 : 28;

        wbuf_put(&w, to->b, 6);
        wbuf_put(&w, from.b, 6);
        wbuf_be16(&w, 0x0800);
        ip = w.buf + w.len;
        wbuf_be16(&w, 0x4500);
        wbuf_be16(&w, len);
        wbuf_be32(&w, 0);
        wbuf_u8(&w, 64);
        wbuf_u8(&w, p->proto);
        wbuf_be16(&w, 0);
        wbuf_be32(&w, p->src.v4);
        wbuf_be32(&w, p->dst.v4);
        sum = csum_ip_header(ip, 20);
        memcpy(ip + 10, &sum, sizeof sum);
        if (p->proto == IPPROTO_TCP_) {
                put_tcp(&w, p);
                finish_tcp(ip + 20, p);
        } else if (p->proto == IPPROTO_UDP_) {
                put_udp(&w, p);
        } else {
                put_icmp(&w, p);
        }
        pr->n = w.len;
}

/* ---- through the stages ---- */

/* The worker's own table without its taps: a capture holds only what was on a wire. */
static void run(struct worker *w, void *arg)
{
        struct probe *pr = arg;
        struct fast_stage list[STAGES_MAX + 1] = { { NULL, NULL } };
        struct pkt *pk = pkt_get(w->pkts, (uint32_t)pr->n);
        struct burst b = { .n = 1 };
        unsigned n = 0;

        pr->no_buffer = !pk;
        if (!pk)
                return;
        for (const struct fast_stage *st = w->env.path->wire; st->name && n < STAGES_MAX; st++)
                if (strcmp(st->name, "capture") != 0)
                        list[n++] = *st;
        memcpy(pkt_frame(pk), pr->frame, pr->n);
        pk->len = (uint32_t)pr->n;
        pk->has_l2 = true;
        pk->iface = pr->iface;
        pk->dry = true;
        pk->trace = &pr->trace;
        b.pk[0] = pk;
        dp_run(w, list, &b);
}

/* ---- the answer ---- */

static void show_phase(struct session *s, const struct trace_phase *ph, unsigned n)
{
        struct text t = { 0 };

        rule_text(session_box(s), ph->ref, ph->ref_id, &t);
        if (!ph->ref && !strcmp(ph->info, "Implicit Rule"))
                text_add(&t, "Implicit Rule\n");
        out(s, "\nPhase: %u\nType: %s\nSubtype: %s\nResult: %s\nConfig:\n%s", n, ph->type, ph->subtype,
            ph->allow ? "ALLOW" : "DROP", text_str(&t));
        out(s, "Additional Information:\n%s%s", strcmp(ph->info, "Implicit Rule") ? ph->info : "",
            *ph->info && strcmp(ph->info, "Implicit Rule") ? "\n" : "");
        text_fini(&t);
}

struct link_query {
        uint16_t port;
        bool link;
};

static void read_link(struct worker *w, void *arg)
{
        struct link_query *q = arg;
        const struct port *p = q->port < WORKER_PORTS_MAX ? w->port[q->port] : NULL;

        q->link |= p && p->link;
}

/* As `show interface` has it: an interface without a port is down. */
static bool is_up(struct box *b, const struct iface_rt *i)
{
        struct link_query q = { .port = i->port };

        if (!i->up)
                return false;
        each_worker(b, read_link, &q);
        return q.link;
}

static void show_iface(struct session *s, const char *way, const struct iface_rt *i)
{
        const char *status = is_up(session_box(s), i) ? "up" : "down";

        out(s, "%sput-interface: %s\n%sput-status: %s\n%sput-line-status: %s\n", way, i->nameif, way, status, way,
            status);
}

static void show_end(struct session *s, const struct net_rt *n, const struct probe *pr)
{
        const struct iface_rt *to = iface_by_idx(n, pr->trace.out_iface);

        out(s, "\nResult:\n");
        show_iface(s, "in", iface_by_idx(n, pr->iface));
        if (to)
                show_iface(s, "out", to);
        else if (pr->trace.out_iface == IFACE_BOX)
                out(s, "output-interface: NP Identity Ifc\noutput-status: up\noutput-line-status: up\n");
        out(s, "Action: %s\n", pr->trace.allow ? "allow" : "drop");
        if (!pr->trace.allow)
                out(s, "Drop-reason: (%s) %s\n", drop_key(pr->trace.drop), drop_text(pr->trace.drop));
        out(s, "\n");
}

static int trace(struct session *s, const struct snapshot *snap, const struct args *a, const struct probe_ip *p,
                 struct err *e)
{
        struct box *b = session_box(s);
        const struct iface_rt *in = iface_by_name(net_rt(snap), arg_str(a, "IFC"));
        struct probe *pr;
        int rc = 0;

        if (!in)
                return err_set(e, ERR_REF, "interface %s does not exist", arg_str(a, "IFC"));
        if (!b->nworkers || !b->worker[0])
                return err_set(e, ERR_STATE, "no packets are forwarded here");
        pr = mem_alloc(MEM_CLI, sizeof *pr);
        if (!pr)
                return err_nomem(e, "tracing");
        pr->iface = in->idx;
        if (is_up(b, in)) {
                build(pr, &in->mac, p);
                worker_call(b->worker[0], run, pr);
        } else {
                pr->trace.drop = DROP_IFACE_DOWN;
        }
        for (unsigned i = 0; !pr->no_buffer && i < pr->trace.n; i++)
                show_phase(s, &pr->trace.phase[i], i + 1);
        if (pr->no_buffer)
                rc = err_set(e, ERR_LIMIT, "no packet buffer is free");
        else
                show_end(s, net_rt(snap), pr);
        mem_free(pr);
        return rc;
}

static int packet_tracer(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        bool icmp = arg_has(a, "icmp");
        struct probe_ip p = { .proto = icmp ? IPPROTO_ICMP_ : arg_has(a, "tcp") ? IPPROTO_TCP_ : IPPROTO_UDP_ };
        const struct snapshot *snap;
        int rc;

        if (!arg_addr(a, "SRC", &p.src) || !arg_addr(a, "DST", &p.dst) || !addr_is_v4(&p.src) || !addr_is_v4(&p.dst))
                return err_set(e, ERR_SUPPORT, "only IPv4 addresses can be traced");
        p.sport = (uint16_t)arg_u32(a, icmp ? "TYPE" : "SPORT", 0);
        p.dport = (uint16_t)arg_u32(a, icmp ? "CODE" : "DPORT", 0);
        p.id = (uint16_t)arg_u32(a, "ID", 1);
        snap = snapshot_get(b->hub);
        if (!snap)
                return err_set(e, ERR_STATE, "no configuration is in force yet");
        rc = trace(s, snap, a, &p, e);
        snapshot_put(b->hub, snap);
        return rc;
}

const struct exec_row exec_packet_tracer[] = {
        { "packet-tracer input IFC:nameif tcp SRC:addr SPORT:tcpport DST:addr DPORT:tcpport [detailed]",
          "Show what would happen to a packet", 15, packet_tracer },
        { "packet-tracer input IFC:nameif udp SRC:addr SPORT:udpport DST:addr DPORT:udpport [detailed]",
          "Show what would happen to a packet", 15, packet_tracer },
        { "packet-tracer input IFC:nameif icmp SRC:addr TYPE:u32(0-255) CODE:u32(0-255) [ID:u32(0-65535)] DST:addr "
          "[detailed]",
          "Show what would happen to a packet", 15, packet_tracer },
        { 0 },
};
