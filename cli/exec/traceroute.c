/* `traceroute`: probes of the box that live for one hop more each time, three a hop. ^C ends it. */
#include "cli/exec/resolve.h"
#include "cli/exec/tables.h"

#include "platform/net/traceroute.h"

#define POLL_MS 2

struct route {
        struct session *s;
        struct worker *w;
        uint16_t iface, port; /* port 0: echoes */
        struct addr dst;
        unsigned handle, probes, timeout_s;
        uint16_t seq;
        uint8_t ttl;
        int rc; /* of traceroute_send() */
        struct hop hop;
};

static void start(struct worker *w, void *arg)
{
        struct route *r = arg;

        r->handle = traceroute_start(w, r->iface, &r->dst, r->port);
}

static void send_one(struct worker *w, void *arg)
{
        struct route *r = arg;

        r->rc = traceroute_send(w, r->handle, r->seq, r->ttl);
}

static void poll_one(struct worker *w, void *arg)
{
        struct route *r = arg;

        r->hop = traceroute_poll(w, r->handle, r->seq);
}

static void stop(struct worker *w, void *arg)
{
        traceroute_stop(w, ((struct route *)arg)->handle);
}

/* false: the operator has had enough. */
static bool probe(struct route *r)
{
        const struct clock *clk = session_box(r->s)->clk;
        uint64_t until = clock_mono_ms(clk) + r->timeout_s * 1000u;

        worker_call(r->w, send_one, r);
        do {
                worker_call(r->w, poll_one, r);
                if (r->hop.kind != HOP_SILENT)
                        return true;
                if (session_aborted(r->s, POLL_MS))
                        return false;
        } while (clock_mono_ms(clk) < until);
        return true;
}

static const char *mark(const struct hop *h)
{
        static const char *const by_code[] = { " !N", " !H", " !P", [9] = " !A", [10] = " !A", [13] = " !A" };

        if (h->kind != HOP_UNREACHABLE)
                return "";
        return h->code < ARRAY_LEN(by_code) && by_code[h->code] ? by_code[h->code] : " ?";
}

/* All probes of one hop. 0: on, 1: at the end, -1: the operator has had enough. */
static int one_hop(struct route *r)
{
        struct addr last = { 0 };
        char a[ADDR_TEXT_MAX];
        bool over = false;

        out(r->s, "%2u ", r->ttl);
        for (unsigned i = 0; i < r->probes; i++, r->seq++) {
                if (!probe(r)) {
                        out(r->s, "\n");
                        return -1;
                }
                if (r->hop.kind == HOP_SILENT) {
                        out(r->s, "  *");
                } else {
                        if (!addr_eq(&last, &r->hop.from))
                                out(r->s, " %s", addr_print(&r->hop.from, a));
                        last = r->hop.from;
                        out(r->s, " %u msec%s", (r->hop.rtt_us + 500) / 1000, mark(&r->hop));
                        over |= r->hop.kind != HOP_PASSED;
                }
                out_flush(r->s);
        }
        out(r->s, "\n");
        return over;
}

/* The interface of `source`: by name, or by an address of ours. */
static int find_source(struct box *b, const struct args *a, uint16_t *idx, struct err *e)
{
        const char *nameif = arg_str(a, "IFC");
        const struct snapshot *snap = snapshot_get(b->hub);
        const struct iface_rt *i = NULL;
        struct addr src;

        *idx = IFACE_NONE;
        if (snap && nameif)
                i = iface_by_name(net_rt(snap), nameif);
        else if (snap && arg_addr(a, "SRC", &src))
                i = iface_by_addr(net_rt(snap), &src);
        if (i)
                *idx = i->idx;
        if (snap)
                snapshot_put(b->hub, snap);
        if (i || !arg_has(a, "source"))
                return 0;
        return err_set(e, ERR_REF, "the source is neither an interface nor the address of one");
}

static int run(struct route *r, const char *typed, unsigned from, unsigned to, struct err *e)
{
        char a[ADDR_TEXT_MAX];
        int done = 0;

        worker_call(r->w, start, r);
        if (!r->handle)
                return err_set(e, ERR_REF, "no route to %s", addr_print(&r->dst, a));
        addr_print(&r->dst, a);
        out(r->s, "Type escape sequence to abort.\n");
        if (strcmp(typed, a) != 0)
                out(r->s, "Tracing the route to %s (%s)\n\n", typed, a);
        else
                out(r->s, "Tracing the route to %s\n\n", a);
        for (unsigned ttl = from; !done && ttl <= to; ttl++) {
                r->ttl = (uint8_t)ttl;
                done = one_hop(r);
        }
        worker_call(r->w, stop, r);
        return 0;
}

static int do_traceroute(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        unsigned from = arg_u32(a, "MIN", 1), to = arg_u32(a, "MAX", 30);
        struct route r = { .s = s,
                           .w = b->nworkers ? b->worker[0] : NULL,
                           .port = (uint16_t)(arg_has(a, "use-icmp") ? 0 : arg_u32(a, "PORT", TRACE_PORT)),
                           .probes = arg_u32(a, "PROBES", 3),
                           .timeout_s = arg_u32(a, "SECONDS", 3) };

        if (!r.w)
                return err_set(e, ERR_STATE, "there is no dataplane");
        if (from > to)
                return err_set(e, ERR_RANGE, "ttl %u %u: the first is the lower one", from, to);
        if (resolve_host(s, arg_str(a, "HOST"), &r.dst, e) || find_source(b, a, &r.iface, e))
                return -1;
        return run(&r, arg_str(a, "HOST"), from, to, e);
}

const struct exec_row exec_traceroute[] = {
        { "traceroute HOST:host [source {SRC:addr|IFC:nameif}] [numeric] [timeout SECONDS:u32(1-3600)] "
          "[probe PROBES:u32(1-65535)] [ttl MIN:u32(1-255) MAX:u32(1-255)] [port PORT:u32(1-65535)] [use-icmp]",
          "Show the way that packets take to a host", 15, do_traceroute },
        { 0 },
};
