/* `traceroute`: probes of the box that live for one hop more each time, three together. ^C ends it. */
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
        bool typed_timeout;
        unsigned silent; /* hops in a row */
        uint16_t seq, next;
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

/* Who waits for a hop waits for all its probes at once, and for one of many that say nothing not so long: a way that
 * ends in silence is told within a minute. */
#define AT_ONCE 16u /* probes */
#define SILENT_HOPS 5u
#define SHORT_WAIT_MS 1000u

static uint64_t patience_ms(const struct route *r)
{
        uint64_t ms = r->timeout_s * 1000u;

        return r->typed_timeout || r->silent < SILENT_HOPS ? ms : MIN_OF(ms, SHORT_WAIT_MS);
}

/* What came of probe seq; false: the operator has had enough. */
static bool look(struct route *r, uint16_t seq, uint64_t until)
{
        const struct clock *clk = session_box(r->s)->clk;

        r->seq = seq;
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

static void tell(struct route *r, struct addr *last)
{
        char a[ADDR_TEXT_MAX];

        if (r->hop.kind == HOP_SILENT) {
                out(r->s, "  *");
        } else {
                if (!addr_eq(last, &r->hop.from))
                        out(r->s, " %s", addr_print(&r->hop.from, a));
                *last = r->hop.from;
                out(r->s, " %u msec%s", (r->hop.rtt_us + 500) / 1000, mark(&r->hop));
        }
        out_flush(r->s);
}

/* Some probes of one hop, sent together. false: the operator has had enough. */
static bool some(struct route *r, unsigned n, struct addr *last, bool *over, bool *heard)
{
        uint64_t until;
        uint16_t first = r->next;

        for (unsigned i = 0; i < n; i++) {
                r->seq = r->next++;
                worker_call(r->w, send_one, r);
        }
        until = clock_mono_ms(session_box(r->s)->clk) + patience_ms(r);
        for (unsigned i = 0; i < n; i++) {
                if (!look(r, (uint16_t)(first + i), until))
                        return false;
                tell(r, last);
                *heard |= r->hop.kind != HOP_SILENT;
                *over |= r->hop.kind != HOP_SILENT && r->hop.kind != HOP_PASSED;
        }
        return true;
}

/* All probes of one hop. 0: on, 1: at the end, -1: the operator has had enough. */
static int one_hop(struct route *r)
{
        struct addr last = { 0 };
        bool over = false, heard = false, more = true;

        out(r->s, "%2u ", r->ttl);
        for (unsigned done = 0; more && done < r->probes; done += AT_ONCE)
                more = some(r, MIN_OF(r->probes - done, AT_ONCE), &last, &over, &heard);
        out(r->s, "\n");
        r->silent = heard ? 0 : r->silent + 1;
        return more ? over : -1;
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
                           .timeout_s = arg_u32(a, "SECONDS", 3),
                           .typed_timeout = arg_has(a, "SECONDS") };

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
