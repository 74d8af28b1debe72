/* `ping`: echo requests of the box itself, one after the other. ^C ends it. */
#include "cli/exec/ping.h"
#include "cli/exec/resolve.h"
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "platform/net/icmp_box.h"

#define POLL_MS 2

struct ping {
        uint16_t iface;
        struct addr dst;
        unsigned size, handle;
        uint16_t seq;
        int rc; /* of ping_poll() */
        uint32_t rtt_us;
};

static void start(struct worker *w, void *arg)
{
        struct ping *p = arg;

        p->handle = w->icmp ? ping_start(w, p->iface, &p->dst, p->size) : 0;
}

static void send_one(struct worker *w, void *arg)
{
        struct ping *p = arg;

        p->rc = ping_send(w, p->handle, p->seq);
}

static void poll_one(struct worker *w, void *arg)
{
        struct ping *p = arg;

        p->rc = ping_poll(w, p->handle, p->seq, &p->rtt_us);
}

static void stop(struct worker *w, void *arg)
{
        struct ping *p = arg;

        ping_stop(w, p->handle);
}

/* '!' answered, '.' silence, 'U' unreachable; 0: the operator has had enough. */
static char one_echo(struct session *s, struct worker *w, struct ping *p, uint64_t timeout_ms)
{
        const struct clock *clk = session_box(s)->clk;
        uint64_t until = clock_mono_ms(clk) + timeout_ms;

        worker_call(w, send_one, p);
        do {
                worker_call(w, poll_one, p);
                if (p->rc == 1)
                        return '!';
                if (p->rc == 2)
                        return 'U';
                if (session_aborted(s, POLL_MS))
                        return 0;
        } while (clock_mono_ms(clk) < until);
        return '.';
}

struct echoes {
        struct session *s;
        struct worker *w;
        struct ping p;
        unsigned timeout_s;
};

static char echo(void *ctx, unsigned i, uint32_t *rtt_us)
{
        struct echoes *x = ctx;
        char mark;

        x->p.seq = (uint16_t)i;
        mark = one_echo(x->s, x->w, &x->p, x->timeout_s * 1000u);
        *rtt_us = x->p.rtt_us;
        return mark;
}

/* ---- what all kinds share ---- */

struct tally {
        unsigned sent, got;
        uint32_t min, max;
        uint64_t sum; /* microseconds */
};

static void count(struct tally *t, uint32_t rtt_us)
{
        t->got++;
        t->sum += rtt_us;
        if (t->got == 1 || rtt_us < t->min)
                t->min = rtt_us;
        if (rtt_us > t->max)
                t->max = rtt_us;
}

static unsigned ms_of(uint64_t us)
{
        return (unsigned)((us + 999) / 1000);
}

void ping_all(struct session *s, unsigned repeat, ping_one_fn one, void *ctx)
{
        struct tally t = { 0 };

        for (unsigned i = 1; i <= repeat; i++) {
                uint32_t rtt_us = 0;
                char mark;

                t.sent++;
                mark = one(ctx, i, &rtt_us);
                if (!mark)
                        break;
                if (mark == '!')
                        count(&t, rtt_us);
                out(s, "%c", mark);
                if (i % 70 == 0)
                        out(s, "\n");
                out_flush(s);
        }
        out(s, "\nSuccess rate is %u percent (%u/%u)", t.sent ? t.got * 100 / t.sent : 0, t.got, t.sent);
        if (t.got)
                out(s, ", round-trip min/avg/max = %u/%u/%u ms", ms_of(t.min), ms_of(t.sum / t.got), ms_of(t.max));
        out(s, "\n");
}

static int resolve_iface(struct box *b, const char *nameif, uint16_t *idx, struct err *e)
{
        const struct snapshot *snap = nameif ? snapshot_get(b->hub) : NULL;
        const struct iface_rt *i = snap ? iface_by_name(net_rt(snap), nameif) : NULL;

        *idx = i ? i->idx : IFACE_NONE;
        if (snap)
                snapshot_put(b->hub, snap);
        return nameif && !*idx ? err_set(e, ERR_REF, "interface %s does not exist", nameif) : 0;
}

int ping_echo(struct session *s, const struct ping_job *j, struct err *e)
{
        struct box *b = session_box(s);
        struct echoes x = {
                .s = s, .w = b->nworkers ? b->worker[0] : NULL, .p = { .size = j->bytes }, .timeout_s = j->timeout_s
        };
        char text[ADDR_TEXT_MAX];

        if (!x.w)
                return err_set(e, ERR_STATE, "there is no dataplane");
        if (resolve_host(s, j->host, &x.p.dst, e) || resolve_iface(b, *j->nameif ? j->nameif : NULL, &x.p.iface, e))
                return -1;
        worker_call(x.w, start, &x.p);
        if (!x.p.handle)
                return err_set(e, ERR_REF, "no route to %s", addr_print(&x.p.dst, text));
        out(s, "Type escape sequence to abort.\n");
        out(s, "Sending %u, %u-byte ICMP Echos to %s, timeout is %u seconds:\n", j->repeat, j->bytes,
            addr_print(&x.p.dst, text), j->timeout_s);
        ping_all(s, j->repeat, echo, &x);
        worker_call(x.w, stop, &x.p);
        return 0;
}

static void take(struct ping_job *j, const struct args *a)
{
        str_copy(j->host, sizeof j->host, arg_str(a, "HOST"));
        if (arg_str(a, "IFC"))
                str_copy(j->nameif, sizeof j->nameif, arg_str(a, "IFC"));
        j->repeat = arg_u32(a, "COUNT", PING_REPEAT);
        j->bytes = arg_u32(a, "BYTES", PING_BYTES);
        j->timeout_s = arg_u32(a, "SECONDS", PING_TIMEOUT_S);
        j->port = (uint16_t)arg_u32(a, "PORT", 0);
        arg_addr(a, "SRC", &j->src);
}

static int do_ping(struct session *s, const struct args *a, struct err *e)
{
        struct ping_job j = { .port = 0 };

        take(&j, a);
        return ping_echo(s, &j, e);
}

static int do_ping_tcp(struct session *s, const struct args *a, struct err *e)
{
        struct ping_job j = { .port = 0 };

        take(&j, a);
        return ping_tcp(s, &j, e);
}

#define COUNTS "[repeat COUNT:u32(1-99999)]"
#define WAITS "[timeout SECONDS:u32(1-3600)]"
#define TCP_HOST "HOST:host PORT:u32(1-65535) " COUNTS " " WAITS " [source SRC:addr]"

const struct exec_row exec_ping[] = {
        { "ping", "Send echo requests, or try a TCP port", 15, ping_ask },
        { "ping HOST:host " COUNTS " [size BYTES:u32(36-1472)] " WAITS, "Send echo requests", 15, do_ping },
        { "ping IFC:nameif HOST:host " COUNTS " [size BYTES:u32(36-1472)] " WAITS,
          "Send echo requests through an interface", 15, do_ping },
        { "ping tcp " TCP_HOST, "Try whether a TCP port is open", 15, do_ping_tcp },
        { "ping tcp IFC:nameif " TCP_HOST, "Try whether a TCP port is open, through an interface", 15, do_ping_tcp },
        { 0 },
};
