/* What engines ask for: relays, their ports and names, reports, and the secure phones. */
#include "tests/support/test.h"

#include "platform/base/mem.h"
#include "tests/support/proxy_bare.h"

static struct bare b;
static struct psession s;

static int up(void **state UNUSED)
{
        struct log_conf c;

        bare_up(&b);
        log_conf_init(&c);
        c.enable = true;
        c.dest[LOG_TO_BUFFER].level = LOG_L_DEBUG;
        c.buffer_size = 65536;
        assert_int_equal(log_configure(b.wf.log, &c, NULL), 0);
        bare_session(&b, &s);
        return 0;
}

static int down(void **state UNUSED)
{
        bare_down(&b);
        return 0;
}

/* ---- helpers ---- */

struct call {
        struct endpoint at[2];
        uint32_t media;
};

static bool open_call(struct call *c, uint64_t cookie)
{
        memset(c, 0, sizeof *c);
        return ctx_media_open(&s.ctx, "call@phone", cookie, c->at, &c->media) == 0;
}

static struct call opened(uint64_t cookie)
{
        struct call c;

        if (!open_call(&c, cookie))
                fail_msg("refused: %s", s.ctx.reason);
        return c;
}

static struct media_spec spec(void)
{
        return (struct media_spec){ .kind = MEDIA_AUDIO, .idle_s = 30 };
}

static int update(const struct call *c)
{
        struct media_spec sp = spec();

        return host_media_update(b.p, c->media, &sp);
}

static void close_call(const struct call *c)
{
        host_media_close(b.p, c->media);
}

static struct media_msg heard(enum media_msg_kind kind)
{
        struct media_msg m;

        if (!bare_media_heard(&b, &m))
                fail_msg("nothing was said");
        assert_int_equal(m.kind, kind);
        return m;
}

static void silent(void)
{
        struct media_msg m;

        if (bare_media_heard(&b, &m))
                fail_msg("unexpected message %u", m.kind);
}

static unsigned ports(unsigned side)
{
        return proxy_media_ports_used(b.p, &b.mta[side].addr);
}

static void nothing_is_left(void)
{
        assert_int_equal(ports(0), 0);
        assert_int_equal(ports(1), 0);
        assert_int_equal(b.p->nrelays, 0);
        assert_int_equal(b.p->closes_owed, 0);
        silent();
}

/* ---- a call ---- */

static void a_call_has_a_pair_on_either_side(void **state UNUSED)
{
        struct call c = opened(99);
        struct media_msg open, m;
        struct media_spec sp = spec();

        assert_int_not_equal(c.media, 0);
        assert_true(addr_eq(&c.at[0].a, &b.mta[0].addr) && addr_eq(&c.at[1].a, &b.mta[1].addr));
        for (unsigned i = 0; i < 2; i++)
                assert_true(c.at[i].port % 2 == 0 && c.at[i].port >= 20000 && c.at[i].port < 20000 + 2 * BARE_PAIRS);
        silent(); /* nothing is in force before the first update */
        sp.idle_s = 77;
        assert_int_equal(host_media_update(b.p, c.media, &sp), 0);
        open = heard(MEDIA_OPEN);
        assert_int_equal(open.spec.idle_s, 77);
        assert_int_equal(open.h.proxy, 0);
        assert_int_not_equal(open.h.gen, 0);
        assert_int_equal(open.owner, 4711);
        assert_string_equal(open.call, "call@phone");
        assert_memory_equal(open.local.at, c.at, sizeof c.at);
        assert_int_equal(open.local.iface[0], WF_OUTSIDE);
        assert_int_equal(open.local.iface[1], WF_INSIDE);
        assert_int_equal(update(&c), 0);
        m = heard(MEDIA_UPDATE);
        assert_memory_equal(&m.h, &open.h, sizeof m.h);
        close_call(&c);
        heard(MEDIA_CLOSE);
        assert_int_equal(ports(0) + ports(1), 2); /* late packets still find their session */
        assert_int_equal(update(&c), -1);
        close_call(&c); /* twice */
        silent();
        bare_report(&b, &open.h, MEDIA_EV_CLOSED, 0);
        assert_int_equal(b.events, 1);
        nothing_is_left();
}

static void a_call_that_never_opened_needs_no_answer(void **state UNUSED)
{
        struct call c = opened(1);

        close_call(&c);
        nothing_is_left();
}

static void reports_reach_the_engine(void **state UNUSED)
{
        struct call c = opened(0x123456789abcull);
        struct media_handle h;

        update(&c);
        h = heard(MEDIA_OPEN).h;
        bare_report(&b, &h, MEDIA_EV_FIRST_PACKET, 1);
        assert_true(b.events == 1 && b.cookie == 0x123456789abcull && b.side == 1 &&
                    b.event == MEDIA_EV_FIRST_PACKET);
        assert_true(b.stat);
        bare_report(&b, &h, MEDIA_EV_TIMEOUT, 0);
        assert_true(b.events == 2 && b.side == 0 && b.event == MEDIA_EV_TIMEOUT);
        assert_int_equal(update(&c), 0); /* it still exists */
        heard(MEDIA_UPDATE);
        close_call(&c);
        heard(MEDIA_CLOSE);
        bare_report(&b, &h, MEDIA_EV_CLOSED, 0);
        assert_int_equal(b.events, 3);
        bare_report(&b, &h, MEDIA_EV_CLOSED, 0); /* of a slot that is free */
        assert_int_equal(b.events, 3);
        nothing_is_left();
}

/* The operator ends it: whoever asked for the relay does not let go of it, and it is closed all the same. */
static void what_is_cleared_is_closed(void **state UNUSED)
{
        struct call c = opened(99);
        struct media_msg m;

        assert_int_equal(update(&c), 0);
        m = heard(MEDIA_OPEN);
        bare_report(&b, &m.h, MEDIA_EV_CLEARED, 0);
        assert_int_equal(b.events, 1);
        heard(MEDIA_CLOSE);
        assert_int_equal(update(&c), -1);
        bare_report(&b, &m.h, MEDIA_EV_CLOSED, 0);
        nothing_is_left();
}

static void late_names_hit_nothing(void **state UNUSED)
{
        struct call c = opened(1), next;
        struct media_handle h;

        update(&c);
        h = heard(MEDIA_OPEN).h;
        close_call(&c);
        heard(MEDIA_CLOSE);
        bare_report(&b, &h, MEDIA_EV_CLOSED, 0);
        b.p->relay_next = h.slot; /* the same slot once more */
        next = opened(2);
        assert_int_not_equal(next.media, c.media);
        assert_int_equal(next.media & (RELAYS_MAX - 1), h.slot);
        assert_int_equal(update(&c), -1);
        close_call(&c);
        silent();
        assert_int_equal(update(&next), 0);
        assert_int_equal(heard(MEDIA_OPEN).h.gen, h.gen + 1);
        bare_report(&b, &h, MEDIA_EV_FIRST_PACKET, 0); /* of the former life */
        assert_int_equal(b.events, 1);
        host_media_close(b.p, 0);
        host_media_close(b.p, UINT32_MAX);
        h.slot = UINT32_MAX;
        bare_report(&b, &h, MEDIA_EV_CLOSED, 0);
        silent();
        close_call(&next);
        h = heard(MEDIA_CLOSE).h;
        bare_report(&b, &h, MEDIA_EV_CLOSED, 0);
        nothing_is_left();
}

/* The name holds 19 bits of the generation: one whose bits are zero is skipped, 0 names nothing. */
static void a_name_is_never_zero(void **state UNUSED)
{
        struct call c;

        b.p->relay_next = 0;
        b.p->relay[0].gen = (1u << 19) - 1;
        c = opened(1);
        assert_int_equal(c.media & (RELAYS_MAX - 1), 0);
        assert_int_not_equal(c.media, 0);
        close_call(&c);
        nothing_is_left();
}

/* ---- limits ---- */

static void without_an_address_the_reason_is_told(void **state UNUSED)
{
        struct call c;

        b.term.n = 1; /* outside has one, inside has not */
        assert_false(open_call(&c, 1));
        assert_string_equal(s.ctx.reason, "no media-termination address for interface inside");
        nothing_is_left();
        b.mta[0] = b.mta[1];
        assert_false(open_call(&c, 1));
        assert_string_equal(s.ctx.reason, "no media-termination address for interface outside");
        nothing_is_left();
        b.mta[0].iface = IFACE_NONE; /* the global one serves both */
        c = opened(1);
        assert_true(addr_eq(&c.at[0].a, &c.at[1].a) && c.at[0].port != c.at[1].port);
        close_call(&c);
        b.pp.mta = NULL;
        assert_false(open_call(&c, 1));
        s.info.phone_proxy_id = 12345;
        assert_false(open_call(&c, 1));
        assert_string_equal(s.ctx.reason, "no media-termination address for interface outside");
        nothing_is_left();
}

static void ports_run_out(void **state UNUSED)
{
        struct call c[BARE_PAIRS], more;

        for (unsigned i = 0; i < BARE_PAIRS; i++) {
                c[i] = opened(i);
                for (unsigned k = 0; k < i; k++)
                        assert_true(c[k].at[0].port != c[i].at[0].port && c[k].at[1].port != c[i].at[1].port);
        }
        assert_false(open_call(&more, 9));
        assert_string_equal(s.ctx.reason, "no media port is free");
        assert_true(bare_logged(&b, "337008"));
        assert_int_equal(b.p->nrelays, BARE_PAIRS);
        for (unsigned i = 0; i < BARE_PAIRS; i++)
                close_call(&c[i]);
        nothing_is_left();
        assert_false(open_call(&more, 9)); /* they rest */
        bare_advance(&b, 5100);
        more = opened(9);
        close_call(&more);
        nothing_is_left();
}

/* The second side has none: the first gives its port back. */
static void half_a_pair_is_given_back(void **state UNUSED)
{
        struct call c;

        for (unsigned i = 0; i < BARE_PAIRS; i++)
                assert_int_not_equal(media_port_take(b.p->media_ports, &b.mta[1].addr, 20000, 20015), 0);
        assert_false(open_call(&c, 1));
        assert_int_equal(ports(0), 0);
        assert_int_equal(ports(1), BARE_PAIRS);
        assert_int_equal(b.p->nrelays, 0);
}

static void slots_run_out(void **state UNUSED)
{
        struct call c;

        for (unsigned i = 0; i < RELAYS_MAX; i++)
                b.p->relay[i].live = true;
        b.p->nrelays = RELAYS_MAX;
        assert_false(open_call(&c, 1));
        assert_string_equal(s.ctx.reason, "no media session is free");
        assert_true(bare_logged(&b, "337008"));
        b.p->relay[4000].live = false; /* the only one, wherever the search begins */
        b.p->nrelays--;
        c = opened(1);
        assert_int_equal(c.media & (RELAYS_MAX - 1), 4000);
        close_call(&c);
        for (unsigned i = 0; i < RELAYS_MAX; i++)
                b.p->relay[i].live = false;
        b.p->nrelays = 0;
}

static void without_a_relay_there_is_none(void **state UNUSED)
{
        struct call c;

        b.p->env.media[0] = NULL;
        assert_false(open_call(&c, 1));
        assert_string_equal(s.ctx.reason, "no media session is free");
        b.p->env.media[0] = &b.media;
        nothing_is_left();
}

/* ---- a full ring ---- */

static unsigned fill(void)
{
        struct media_msg junk = { .kind = 99 };
        unsigned n = 0;

        while (ring_push(b.media.to_dp, &junk))
                n++;
        return n;
}

static void drain(unsigned n)
{
        struct media_msg m;

        while (n--)
                assert_true(bare_media_heard(&b, &m) && m.kind == 99);
}

static void an_update_that_does_not_fit_is_refused(void **state UNUSED)
{
        struct call c = opened(1);
        struct media_handle h;
        unsigned n = fill();

        assert_int_equal(update(&c), -1);
        drain(n);
        assert_int_equal(update(&c), 0);
        heard(MEDIA_OPEN); /* the first that got through */
        n = fill();
        assert_int_equal(update(&c), -1);
        drain(n);
        silent();
        close_call(&c);
        h = heard(MEDIA_CLOSE).h;
        bare_report(&b, &h, MEDIA_EV_CLOSED, 0);
        nothing_is_left();
}

static void a_close_that_does_not_fit_stays_owed(void **state UNUSED)
{
        struct call a = opened(1), c = opened(2);
        struct media_msg m[2];
        unsigned n;

        update(&a);
        update(&c);
        heard(MEDIA_OPEN);
        heard(MEDIA_OPEN);
        n = fill();
        close_call(&a);
        close_call(&c);
        assert_int_equal(b.p->closes_owed, 2);
        bare_step(&b);
        assert_int_equal(b.p->closes_owed, 2);
        assert_int_equal(ports(0), 2);
        drain(n);
        silent();
        bare_step(&b);
        assert_int_equal(b.p->closes_owed, 0);
        for (unsigned i = 0; i < 2; i++)
                m[i] = heard(MEDIA_CLOSE);
        bare_step(&b);
        silent(); /* paid once */
        for (unsigned i = 0; i < 2; i++)
                bare_report(&b, &m[i].h, MEDIA_EV_CLOSED, 0);
        nothing_is_left();
}

/* Its OPEN was refused over there, which is told as CLOSED at once, while our CLOSE waits for room. */
static void a_close_that_is_owed_for_a_refused_open(void **state UNUSED)
{
        struct call c = opened(1);
        struct media_handle h;
        unsigned n;

        update(&c);
        h = heard(MEDIA_OPEN).h;
        n = fill();
        close_call(&c);
        assert_int_equal(b.p->closes_owed, 1);
        bare_report(&b, &h, MEDIA_EV_CLOSED, 0);
        assert_int_equal(b.p->closes_owed, 0);
        drain(n);
        bare_step(&b);
        nothing_is_left();
}

/* Told while the call still lives: the engine knows, the slot stays until it has closed. */
static void a_refused_open_frees_nothing_by_itself(void **state UNUSED)
{
        struct call c = opened(5);
        struct media_handle h;

        update(&c);
        h = heard(MEDIA_OPEN).h;
        bare_report(&b, &h, MEDIA_EV_CLOSED, 0);
        assert_true(b.events == 1 && b.event == MEDIA_EV_CLOSED && b.cookie == 5);
        assert_int_equal(b.p->nrelays, 1);
        close_call(&c);
        heard(MEDIA_CLOSE);
        bare_report(&b, &h, MEDIA_EV_CLOSED, 0);
        nothing_is_left();
}

static void a_thousand_calls_leave_nothing(void **state UNUSED)
{
        uint64_t live = 0;

        for (unsigned i = 0; i < 1000; i++) {
                struct call c = opened(i);
                struct media_handle h;

                assert_int_equal(update(&c), 0);
                h = heard(MEDIA_OPEN).h;
                close_call(&c);
                heard(MEDIA_CLOSE);
                bare_report(&b, &h, MEDIA_EV_CLOSED, 0);
                nothing_is_left();
                bare_advance(&b, 1000); /* the ports' rest */
                if (i == 10)
                        live = mem_live_blocks();
                if (i > 10)
                        assert_int_equal(mem_live_blocks(), live);
        }
}

/* Its calls cannot go on: nothing says any more where their media live. */
static void a_phone_proxy_that_is_gone_ends_its_calls(void **state UNUSED)
{
        struct call c = opened(5), never = opened(6), more;
        struct media_handle h;

        assert_int_equal(update(&c), 0);
        h = heard(MEDIA_OPEN).h;
        bare_commit(&b); /* another change */
        bare_step(&b);
        assert_int_equal(b.events, 0);
        b.rt.n_phone_proxies = 0;
        bare_commit(&b);
        bare_step(&b);
        assert_int_equal(b.events, 2);
        assert_int_equal(b.event, MEDIA_EV_CLEARED);
        heard(MEDIA_CLOSE);
        assert_int_equal(update(&c), -1);
        assert_int_equal(update(&never), -1);
        bare_report(&b, &h, MEDIA_EV_CLOSED, 0);
        nothing_is_left();
        assert_false(open_call(&more, 7));
}

/* ---- phones ---- */

static struct phone_row phone(unsigned *n)
{
        struct phone_row rows[4] = { 0 };
        uint32_t cursor = 0;
        bool end;

        *n = phone_walk(proxy_phones(b.p), &cursor, rows, 4, &end);
        assert_true(end);
        return rows[0];
}

static void a_phone_that_registers_is_entered(void **state UNUSED)
{
        struct phone_row row;
        unsigned n;

        assert_int_equal(ctx_phone_seen(&s.ctx, "SEP001122334455", 120), 0);
        row = phone(&n);
        assert_int_equal(n, 1);
        assert_string_equal(row.device, "SEP001122334455");
        assert_true(row.phone_proxy_id == 6 && row.iface == WF_OUTSIDE && row.session == 4711);
        assert_true(row.at.port == 40000 && row.timeout_ms == 300000);
        bare_advance(&b, 299000);
        assert_int_equal(phone(&n).idle_ms, 299000);
        assert_int_equal(ctx_phone_seen(&s.ctx, "SEP001122334455", 120), 0); /* a keepalive */
        bare_advance(&b, 299000);
        phone(&n);
        assert_int_equal(n, 1);
        bare_advance(&b, 1100);
        phone(&n);
        assert_int_equal(n, 0);
        assert_int_equal(ctx_phone_seen(&s.ctx, "SEP001122334455", 120), 0);
        assert_int_equal(ctx_phone_seen(&s.ctx, "SEP001122334455", 0), 0); /* it unregisters */
        phone(&n);
        assert_int_equal(n, 0);
        assert_int_equal(ctx_phone_seen(&s.ctx, "SEP001122334455", 0), 0);
}

static void phones_of_a_phone_proxy_that_is_gone_are_void(void **state UNUSED)
{
        unsigned n;

        assert_int_equal(ctx_phone_seen(&s.ctx, "SEP001122334455", 120), 0);
        bare_commit(&b);
        bare_step(&b);
        phone(&n);
        assert_int_equal(n, 1);
        b.rt.n_phone_proxies = 0;
        bare_commit(&b);
        bare_step(&b);
        phone(&n);
        assert_int_equal(n, 0);
}

/* A certificate stands for a few devices, so that one endpoint does not fill the table. */
static void a_connection_has_few_devices(void **state UNUSED)
{
        char device[20];

        for (unsigned i = 0; i < 8; i++) {
                snprintf(device, sizeof device, "SEP%012X", i);
                assert_int_equal(ctx_phone_seen(&s.ctx, device, 60), 0);
        }
        assert_int_equal(ctx_phone_seen(&s.ctx, "SEPFFFFFFFFFFFF", 60), -1);
        assert_string_equal(s.ctx.reason, "over 8 devices on one connection");
        assert_int_equal(ctx_phone_seen(&s.ctx, "SEP000000000007", 60), 0); /* those in it are refreshed */
        assert_int_equal(ctx_phone_seen(&s.ctx, "SEP000000000007", 0), 0);
        assert_int_equal(ctx_phone_seen(&s.ctx, "SEPFFFFFFFFFFFF", 60), 0); /* one has gone */
        assert_int_equal(phone_count(proxy_phones(b.p)), 8);
}

/* It may call as long as it is in the table, by whatever session, and not because it once registered. */
static void who_is_in_the_table_may_call(void **state UNUSED)
{
        struct psession other;

        assert_false(ctx_phone_known(&s.ctx, "SEP001122334455"));
        assert_int_equal(ctx_phone_seen(&s.ctx, "SEP001122334455", 120), 0);
        assert_true(ctx_phone_known(&s.ctx, "SEP001122334455"));
        bare_session(&b, &other);
        other.info.conn_id = 4712;
        assert_true(ctx_phone_known(&other.ctx, "SEP001122334455"));
        bare_advance(&b, 300100);
        psession_ctx_now(&s);
        assert_false(ctx_phone_known(&s.ctx, "SEP001122334455"));
        assert_int_equal(ctx_phone_seen(&s.ctx, "SEP001122334455", 120), 0);
        assert_true(ctx_phone_known(&s.ctx, "SEP001122334455"));
        phone_void(proxy_phones(b.p), 6); /* the operator clears it */
        assert_false(ctx_phone_known(&s.ctx, "SEP001122334455"));
}

static void certificate(struct psession *ps, const char *device, uint8_t id)
{
        snprintf(ps->ctx.device, sizeof ps->ctx.device, "%s", device);
        memset(ps->ctx.client_id, id, sizeof ps->ctx.client_id);
        ps->client = source_of_client(ps->ctx.client_id);
}

/* Who has another certificate neither refreshes nor removes an entry, unless the certificate names the device. */
static void an_entry_is_its_certificates(void **state UNUSED)
{
        struct psession other;

        bare_session(&b, &other);
        other.info.conn_id = 4712;
        certificate(&s, "", 1);
        certificate(&other, "", 2);
        assert_int_equal(ctx_phone_seen(&s.ctx, "1001", 120), 0);
        bare_advance(&b, 200000);
        assert_int_equal(ctx_phone_seen(&other.ctx, "1001", 120), 0);
        assert_int_equal(phone_count(proxy_phones(b.p)), 2);
        assert_int_equal(ctx_phone_seen(&other.ctx, "1001", 0), 0);
        assert_int_equal(phone_count(proxy_phones(b.p)), 1);
        assert_true(ctx_phone_known(&s.ctx, "1001"));
        assert_false(ctx_phone_known(&other.ctx, "1001"));
        assert_int_equal(ctx_phone_seen(&other.ctx, "1001", 120), 0);
        bare_advance(&b, 100100);
        assert_false(ctx_phone_known(&s.ctx, "1001"));
        assert_true(ctx_phone_known(&other.ctx, "1001"));
        certificate(&s, "SEP001122334455", 1);
        certificate(&other, "SEP001122334455", 2); /* it was issued another one */
        assert_int_equal(ctx_phone_seen(&s.ctx, "SEP001122334455", 120), 0);
        assert_true(ctx_phone_known(&other.ctx, "SEP001122334455"));
        certificate(&other, "", 2);
        assert_int_equal(ctx_phone_seen(&other.ctx, "SEP001122334455", 0), 0);
        assert_true(ctx_phone_known(&s.ctx, "SEP001122334455"));
}

/* Nobody is turned away because the operator's table is full. */
static void a_full_table_turns_nobody_away(void **state UNUSED)
{
        char device[20];

        for (unsigned i = 0; i < PHONES_MAX; i++) {
                snprintf(device, sizeof device, "SEP%012X", i);
                s.info.conn_id = 5000 + i;
                s.info.client_real.a = pb_addr(i % 2 ? "198.51.100.7" : "198.51.100.8");
                s.nphones = 0;
                assert_int_equal(ctx_phone_seen(&s.ctx, device, 60), 0);
        }
        s.nphones = 0;
        psession_ctx_now(&s);
        assert_int_equal(ctx_phone_seen(&s.ctx, "SEPFFFFFFFFFFFF", 60), 0);
        assert_int_equal(phone_count(proxy_phones(b.p)), PHONES_MAX);
        assert_true(ctx_phone_known(&s.ctx, "SEPFFFFFFFFFFFF"));
        s.ctx.now_ms += 300000;
        assert_false(ctx_phone_known(&s.ctx, "SEPFFFFFFFFFFFF"));
}

/* ---- the clock of engines ---- */

static void engines_have_a_clock(void **state UNUSED)
{
        bare_advance(&b, 900);
        assert_int_equal(b.ticks, 0);
        bare_advance(&b, 200);
        assert_int_equal(b.ticks, 1);
        bare_advance(&b, 10000);
        assert_in_range(b.ticks, 10, 11);
        assert_in_range(b.ticked_ms, clock_mono_ms(&b.wf.clk) - 1100, clock_mono_ms(&b.wf.clk));
}

static void rows_of_one_protocol_share_a_state(void **state UNUSED)
{
        const struct inspect_engine *tcp = inspect_engine_find(INSPECT_SIP, IPPROTO_TCP_);
        const struct inspect_engine *udp = inspect_engine_find(INSPECT_SIP, IPPROTO_UDP_);
        const struct inspect_engine *mmp = inspect_engine_find(INSPECT_MMP, IPPROTO_TCP_);

        assert_non_null(shared_of(b.p, tcp));
        assert_ptr_equal(shared_of(b.p, tcp), shared_of(b.p, udp));
        assert_ptr_equal(proxy_engine_shared(b.p, INSPECT_SIP), shared_of(b.p, tcp));
        assert_null(shared_of(b.p, mmp));
        assert_null(proxy_engine_shared(b.p, INSPECT_MMP));
        assert_ptr_equal(shared_of(b.p, &b.engine), &b);
}

/* Timers and cold callers run between two loops, when the snapshot of the last one may be gone. */
static void nobody_looks_at_an_old_snapshot(void **state UNUSED)
{
        assert_non_null(b.p->snap);
        proxy_step(b.p, 0);
        assert_null(b.p->snap);
}

/* Without the blocks of log sources and their rings, which live as long as the log. */
static uint64_t live_blocks(void)
{
        struct mem_stat log, ring;

        mem_stat(MEM_LOG, &log);
        mem_stat(MEM_RING, &ring);
        return mem_live_blocks() - log.live - ring.live;
}

/* Whatever cannot be allocated: a worker is made whole or not at all. */
static void a_worker_needs_its_memory(void **state UNUSED)
{
        struct proxy_env env = b.p->env;
        struct proxy_worker *w = NULL;
        uint64_t live = live_blocks();
        struct err e = { 0 };
        unsigned n;

        for (n = 1; !w && n < 200; n++) {
                mem_fail_nth(n, false);
                w = proxy_worker_new(1, &env, &e);
                mem_fail_nth(0, false);
                assert_true(w || e.code == ERR_NOMEM);
                if (!w)
                        assert_int_equal(live_blocks(), live);
        }
        assert_true(w && n > 10);
        proxy_worker_free(w);
        assert_int_equal(live_blocks(), live);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, up, down)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(a_call_has_a_pair_on_either_side),
                T(a_call_that_never_opened_needs_no_answer),
                T(reports_reach_the_engine),
                T(what_is_cleared_is_closed),
                T(late_names_hit_nothing),
                T(a_name_is_never_zero),
                T(without_an_address_the_reason_is_told),
                T(ports_run_out),
                T(half_a_pair_is_given_back),
                T(slots_run_out),
                T(without_a_relay_there_is_none),
                T(an_update_that_does_not_fit_is_refused),
                T(a_close_that_does_not_fit_stays_owed),
                T(a_close_that_is_owed_for_a_refused_open),
                T(a_refused_open_frees_nothing_by_itself),
                T(a_thousand_calls_leave_nothing),
                T(a_phone_that_registers_is_entered),
                T(phones_of_a_phone_proxy_that_is_gone_are_void),
                T(a_phone_proxy_that_is_gone_ends_its_calls),
                T(who_is_in_the_table_may_call),
                T(an_entry_is_its_certificates),
                T(a_connection_has_few_devices),
                T(a_full_table_turns_nobody_away),
                T(engines_have_a_clock),
                T(rows_of_one_protocol_share_a_state),
                T(nobody_looks_at_an_old_snapshot),
                T(a_worker_needs_its_memory),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
