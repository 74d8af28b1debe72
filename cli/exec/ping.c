/* `ping`: echo requests of the box itself, one after the other. ^C ends it. */
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

struct tally {
        unsigned sent, got;
        uint32_t min, max;
        uint64_t sum; /* microseconds */
};

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

static void count(struct tally *t, const struct ping *p)
{
        t->got++;
        t->sum += p->rtt_us;
        if (t->got == 1 || p->rtt_us < t->min)
                t->min = p->rtt_us;
        if (p->rtt_us > t->max)
                t->max = p->rtt_us;
}

static void echo_all(struct session *s, struct worker *w, struct ping *p, unsigned repeat, unsigned timeout_s,
                     struct tally *t)
{
        for (unsigned i = 1; i <= repeat; i++) {
                char mark;

                p->seq = (uint16_t)i;
                t->sent++;
                mark = one_echo(s, w, p, timeout_s * 1000u);
                if (!mark)
                        break;
                if (mark == '!')
                        count(t, p);
                out(s, "%c", mark);
                if (i % 70 == 0)
                        out(s, "\n");
                out_flush(s);
        }
}

static unsigned ms_of(uint64_t us)
{
        return (unsigned)((us + 999) / 1000);
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

static int do_ping(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        struct worker *w = b->nworkers ? b->worker[0] : NULL;
        unsigned repeat = arg_u32(a, "COUNT", 5), timeout_s = arg_u32(a, "SECONDS", 2);
        struct ping p = { .size = arg_u32(a, "BYTES", 100) };
        struct tally t = { 0 };
        char text[ADDR_TEXT_MAX];

        if (!w)
                return err_set(e, ERR_STATE, "there is no dataplane");
        if (resolve_host(s, arg_str(a, "HOST"), &p.dst, e) || resolve_iface(b, arg_str(a, "IFC"), &p.iface, e))
                return -1;
        worker_call(w, start, &p);
        if (!p.handle)
                return err_set(e, ERR_REF, "no route to %s", addr_print(&p.dst, text));
        out(s, "Type escape sequence to abort.\n");
        out(s, "Sending %u, %u-byte ICMP Echos to %s, timeout is %u seconds:\n", repeat, p.size,
            addr_print(&p.dst, text), timeout_s);
        echo_all(s, w, &p, repeat, timeout_s, &t);
        worker_call(w, stop, &p);
        out(s, "\nSuccess rate is %u percent (%u/%u)", t.sent ? t.got * 100 / t.sent : 0, t.got, t.sent);
        if (t.got)
                out(s, ", round-trip min/avg/max = %u/%u/%u ms", ms_of(t.min), ms_of(t.sum / t.got), ms_of(t.max));
        out(s, "\n");
        return 0;
}

const struct exec_row exec_ping[] = {
        { "ping HOST:host [repeat COUNT:u32(1-99999)] [size BYTES:u32(36-1472)] [timeout SECONDS:u32(1-3600)]",
          "Send echo requests", 15, do_ping },
        { "ping IFC:nameif HOST:host [repeat COUNT:u32(1-99999)] [size BYTES:u32(36-1472)] [timeout "
          "SECONDS:u32(1-3600)]",
          "Send echo requests through an interface", 15, do_ping },
        { 0 },
};
