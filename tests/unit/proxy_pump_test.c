/* Bytes between legs and an engine of the test's own: output that grows, parts left out, ends, state that is wiped.
 */
#include "tests/support/rig_test.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/pktbuild.h"
#include "tests/support/secret_watch.h"

/*
 * The engine: 'g' becomes GROWTH bytes of g's, ROOM when they do not fit; 'd' is left out (DROP); 'c' closes, 'o'
 * closes orderly; 'r' asks for room for ever; 'f' writes too much; 's' notes a secret in the state; 'w' waits until
 * there is a port and is left out when it may not; all else passes.
 */
#define GROWTH 1000u
static const char secret[] = "only-known-to-this-engine-0123456789";
static unsigned calls;
static bool port, held; /* is there one; had what is looked at been looked at before? */
static char *state_of(struct inspect_ctx *c)
{
        return c->state;
}

static enum engine_verdict octet(struct inspect_ctx *c, uint8_t o)
{
        size_t n = o == 'g' ? GROWTH : 1;

        if (o == 'r')
                return ENGINE_ROOM;
        if (o == 'c' || o == 'o') {
                c->orderly = o == 'o';
                wbuf_put(c->out, "not to be sent", 14);
                return inspect_refuse(c, "said so");
        }
        if (o == 'd' || (o == 'w' && !port && !c->may_wait))
                return ENGINE_DROP;
        if (o == 'w' && !port)
                return ENGINE_WAIT;
        if (o == 's')
                memcpy(state_of(c), secret, sizeof secret);
        if (o == 'f') {
                while (!c->out->full)
                        wbuf_u8(c->out, o);
                return ENGINE_ACCEPT;
        }
        if (c->out->cap - c->out->len < n)
                return ENGINE_ROOM;
        while (n--)
                wbuf_u8(c->out, o);
        return ENGINE_ACCEPT;
}

static enum engine_verdict on_data(struct inspect_ctx *c, enum inspect_dir dir UNUSED, struct cur in, bool fin UNUSED,
                                   size_t *used)
{
        enum engine_verdict v = ENGINE_ACCEPT, worst = ENGINE_ACCEPT;

        calls++;
        held = c->held;
        for (*used = 0; in.left; (*used)++) {
                v = octet(c, *in.p);
                if (v == ENGINE_ROOM || v == ENGINE_CLOSE || v == ENGINE_WAIT)
                        return v;
                worst = v == ENGINE_DROP ? v : worst;
                cur_take(&in, 1);
        }
        return worst;
}

static const struct inspect_engine engine = { .id = INSPECT_MMP,
                                              .stream = true,
                                              .l4 = IPPROTO_TCP_,
                                              .state_size = 64,
                                              .buffer_max = 4096,
                                              .growth_max = GROWTH,
                                              .data = on_data };
static const struct inspect_engine datagrams = {
        .id = INSPECT_TFTP, .l4 = IPPROTO_UDP_, .state_size = 64, .growth_max = GROWTH, .data = on_data
};

static struct psession *session(struct rig *r, const struct rig_flow *f)
{
        struct psession *s = psession_find(r->p, 0, f->id, f->gen);

        CHECK(s != NULL);
        return s;
}

/* The session's engine becomes ours; the state is the old one's, which is larger. */
static void ours(struct rig *r, const struct rig_flow *f, const struct inspect_engine *e)
{
        struct psession *s = session(r, f);

        s->engine = e;
        for (unsigned i = 0; i < 2; i++) {
                s->half[i].in.max = e->buffer_max;
                s->half[i].out.max = OUT_MAX + e->buffer_max + e->growth_max;
        }
        calls = 0;
        port = false;
}

static void open_clear(struct rig *r, struct rig_flow *f, uint8_t gen)
{
        rig_flow_clear(r, f, 3, gen, true);
        RIG_UNTIL(r, f->connected == 1);
        rig_dial(r, f);
        RIG_UNTIL(r, f->client_rc == 1 && f->server_rc == 1);
        rig_step(r);
        ours(r, f, &engine);
}

static void close_flow(struct rig *r, struct rig_flow *f)
{
        if (!f->free)
                rig_end(r, f);
        RIG_UNTIL(r, f->free);
        rig_hang_up(f, true);
}

static void hears(struct rig *r, struct leg *l, char c, size_t n)
{
        static char buf[1 << 20];

        CHECK(n <= sizeof buf);
        rig_hear(r, l, buf, n);
        for (size_t i = 0; i < n; i++)
                CHECK(buf[i] == c);
}

SESSION_TEST(a_message_may_grow)
{
        struct rig_flow f;

        open_clear(r, &f, 1);
        rig_say(r, f.client, "ag.", 3);
        hears(r, f.server, 'a', 1);
        hears(r, f.server, 'g', GROWTH);
        hears(r, f.server, '.', 1);
        CHECK(calls == 1); /* the growth of one has room */
        rig_say(r, f.server, "g", 1);
        hears(r, f.client, 'g', GROWTH);
        close_flow(r, &f);
}

/* Sent on what there is, called again at once: nothing is lost, nothing waits for another byte. */
static void many_grow(struct rig *r, uint8_t gen)
{
        char all[100];
        struct rig_flow f;

        open_clear(r, &f, gen);
        memset(all, 'g', sizeof all);
        rig_say(r, f.client, all, sizeof all);
        hears(r, f.server, 'g', sizeof all * GROWTH);
        CHECK(calls >= sizeof all / 2); /* one call has room for few */
        CHECK(!session(r, &f)->half[0].in.len && !session(r, &f)->half[1].out.len);
        rig_say(r, f.client, "z", 1);
        hears(r, f.server, 'z', 1);
        close_flow(r, &f);
}

SESSION_TEST(many_messages_grow_with_little_room)
{
        many_grow(r, 1);
        many_grow(r, 2);
}

/* A reader that stands still: a bounded amount is made, the rest is made when it reads. */
SESSION_TEST(growth_waits_for_a_slow_reader)
{
        static char all[3000];
        struct rig_flow f;
        unsigned made;

        open_clear(r, &f, 1);
        memset(all, 'g', sizeof all);
        rig_say(r, f.client, all, sizeof all);
        for (unsigned i = 0; i < 200; i++)
                rig_step(r);
        made = calls;
        CHECK(made < sizeof all / 2);
        CHECK(session(r, &f)->half[1].out.len <= OUT_MAX && session(r, &f)->half[1].out.len >= OUT_MAX / 2);
        for (unsigned i = 0; i < 50; i++)
                rig_step(r);
        CHECK(calls == made); /* nobody asks the engine in vain */
        for (unsigned i = 0; i < 3; i++)
                hears(r, f.server, 'g', sizeof all * GROWTH / 3);
        close_flow(r, &f);
}

SESSION_TEST(what_an_engine_leaves_out_is_gone)
{
        struct rig_flow f;

        open_clear(r, &f, 1);
        rig_say(r, f.client, "addda", 5);
        hears(r, f.server, 'a', 2);
        rig_say(r, f.client, "dddd", 4);
        rig_say(r, f.client, "b", 1);
        hears(r, f.server, 'b', 1);
        CHECK(!f.ends);
        close_flow(r, &f);
}

SESSION_TEST(a_violation_is_a_reset)
{
        struct proxy_counts c;
        struct rig_flow f;

        open_clear(r, &f, 1);
        rig_say(r, f.client, "ac", 2);
        RIG_UNTIL(r, f.free);
        CHECK(f.reason == CONN_END_INSPECT && f.drop == DROP_FLOW_INSPECT);
        RIG_UNTIL(r, both_reset(&f)); /* and nothing of that call was sent */
        proxy_counts(r->p, 0, &c);
        CHECK(c.engine_closed == 1);
        rig_hang_up(&f, true);
}

SESSION_TEST(an_orderly_end_is_a_fin)
{
        ssize_t n = 0;
        char buf[8];
        struct rig_flow f;

        open_clear(r, &f, 1);
        rig_say(r, f.client, "o", 1);
        RIG_UNTIL(r, f.free);
        CHECK(f.reason == CONN_END_INSPECT);
        RIG_UNTIL(r, (n = leg_read(f.server, buf, sizeof buf)) != LEG_AGAIN);
        CHECK(n == 0); /* nothing of that call, and no reset */
        RIG_UNTIL(r, (n = leg_read(f.client, buf, sizeof buf)) != LEG_AGAIN);
        CHECK(n == 0);
        rig_hang_up(&f, true);
}

/* An engine that asks for room with all the room there is would be asked for ever. */
SESSION_TEST(room_that_does_not_help_ends_it)
{
        struct rig_flow f;

        open_clear(r, &f, 1);
        rig_say(r, f.client, "r", 1);
        RIG_UNTIL(r, f.free);
        CHECK(f.reason == CONN_END_INSPECT && calls == 1);
        rig_hang_up(&f, true);
        open_clear(r, &f, 2);
        rig_say(r, f.client, "f", 1); /* more than it was given */
        RIG_UNTIL(r, f.free);
        CHECK(f.reason == CONN_END_INSPECT);
        RIG_UNTIL(r, server_reset(&f));
        rig_hang_up(&f, true);
}

/* Each allocation in turn fails; bytes either arrive whole or the session ends. */
SESSION_TEST(without_memory_growth_ends_it_cleanly)
{
        static char buf[20 * GROWTH];
        uint64_t live = 0;
        unsigned good = 0;

        for (unsigned n = 1; n < 60 && good < 2; n++) {
                struct rig_flow f;
                ssize_t got = 0;
                size_t sum = 0;

                open_clear(r, &f, (uint8_t)n);
                CHECK(leg_write(f.client, "gggggggggggggggggggg", 20) == 20);
                r->fail_nth = n;
                r->failed = false;
                for (unsigned i = 0; i < 400 && !f.free && sum < sizeof buf; i++) {
                        rig_step(r);
                        got = leg_read(f.server, buf, sizeof buf);
                        sum += got > 0 ? (size_t)got : 0;
                        if (got < 0)
                                rig_wait_1ms();
                }
                CHECK(f.free || sum == sizeof buf);
                good += !r->failed;
                r->fail_nth = 0;
                close_flow(r, &f);
                rig_step(r);
                if (n == 1)
                        live = mem_live_blocks();
                CHECK(mem_live_blocks() == live);
        }
        CHECK(good == 2);
}

/* Connect first: the same for a session's whole way in. */
SESSION_TEST(without_memory_nobody_is_let_in)
{
        uint64_t live = 0;
        unsigned opened = 0;

        for (unsigned n = 1; n < 60 && opened < 2; n++) {
                struct rig_flow f;

                r->fail_nth = n;
                r->failed = false;
                rig_flow_clear(r, &f, 3, (uint8_t)n, true);
                RIG_UNTIL(r, f.free || f.connected);
                if (!f.free) {
                        rig_dial(r, &f);
                        RIG_UNTIL(r, f.free || (f.client_rc == 1 && f.server_rc == 1));
                        for (unsigned i = 0; i < 20 && !f.free; i++)
                                rig_step(r);
                }
                opened += !f.free && !r->failed;
                r->fail_nth = 0;
                close_flow(r, &f);
                rig_step(r);
                if (n == 1)
                        live = mem_live_blocks();
                CHECK(mem_live_blocks() == live);
        }
        CHECK(opened == 2);
}

static struct punt_msg clear_flow(uint32_t id)
{
        struct punt_msg m = { .kind = PUNT_FLOW_NEW, .flow = id, .gen = 1 };

        m.info = (struct punt_flow_info){
                .conn_id = id, .proto = IPPROTO_TCP_, .engine = INSPECT_MMP, .iface = { WF_OUTSIDE, WF_INSIDE }
        };
        return m;
}

static int server_of(uint32_t id)
{
        struct sockaddr_in a = { .sin_family = AF_INET,
                                 .sin_port = htons(pseudo_port(1)),
                                 .sin_addr.s_addr = htonl(pseudo_addr(1, 0, id)) };
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

        CHECK(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0);
        CHECK(bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, 1) == 0);
        return fd;
}

#define CROWD 12u

/*
 * The dataplane stands still and its ring has nine places left; twelve servers answer. Nine clients may come; the
 * others are refused, which is told when there is room: every flow hears one of the two, none hears nothing.
 */
SESSION_TEST(a_full_ring_lets_nobody_be_forgotten)
{
        struct punt_msg junk = { .kind = 200 }, m;
        unsigned connected = 0, ends = 0, n = 0;
        int fd[CROWD];

        while (ring_space(r->link.to_dp) > 9 && ring_push(r->link.to_dp, &junk))
                n++;
        for (uint32_t i = 0; i < CROWD; i++) {
                fd[i] = server_of(10 + i);
                m = clear_flow(10 + i);
                rig_tell(r, &m);
        }
        for (unsigned i = 0; i < 50; i++)
                proxy_step(r->p, 0);
        while (n--)
                CHECK(ring_pop(r->link.to_dp, &m) && m.kind == junk.kind);
        for (unsigned i = 0; i < 50; i++) {
                proxy_step(r->p, 0);
                while (ring_pop(r->link.to_dp, &m)) {
                        connected += m.kind == PUNT_CONNECTED;
                        ends += m.kind == PUNT_END;
                        m.kind = m.kind == PUNT_END ? PUNT_GONE : PUNT_END;
                        rig_tell(r, &m); /* the one is answered, the other let go */
                }
                if (connected + ends == CROWD)
                        break;
        }
        CHECK(connected == 9 && ends == CROWD - 9);
        for (unsigned i = 0; i < CROWD; i++)
                close(fd[i]);
        for (unsigned i = 0; i < 5; i++)
                proxy_step(r->p, 0);
        while (ring_pop(r->link.to_dp, &m))
                CHECK(m.kind == PUNT_GONE);
        CHECK(r->p->nsessions == 0 && r->p->nstreams == 0);
}

/* ---- secrets ---- */

SESSION_TEST(an_engines_state_is_wiped)
{
        struct rig_flow f;

        CHECK(secret_watch_start());
        secret_watch_add(secret, sizeof secret - 1);
        open_clear(r, &f, 1);
        rig_say(r, f.client, "s", 1);
        hears(r, f.server, 's', 1);
        CHECK(!memcmp(session(r, &f)->ctx.state, secret, sizeof secret));
        close_flow(r, &f);
        CHECK(secret_watch_stop() == 0);
}

static bool zero(const uint8_t *p, size_t n)
{
        while (n && !p[n - 1])
                n--;
        return n == 0;
}

/* What engines write may be keys: it does not stay in the memory of the worker. */
SESSION_TEST(the_workers_memory_is_wiped)
{
        struct rig_flow f;

        open_clear(r, &f, 1);
        rig_say(r, f.client, "g", 1);
        hears(r, f.server, 'g', GROWTH);
        CHECK(calls == 1 && zero(r->p->scratch, SCRATCH_MAX));
        rig_say(r, f.client, "aac", 3);
        RIG_UNTIL(r, f.free);
        CHECK(zero(r->p->scratch, SCRATCH_MAX));
        rig_hang_up(&f, true);
}

/* ---- datagrams ---- */

static struct pkt *frame(struct rig *r, const char *pay, size_t room)
{
        struct pb b = pb_of("192.0.2.50", 1000, "10.1.1.2", 69, IPPROTO_UDP_);
        struct pkt *pk = pkt_get(r->wf.w->pkts, room);
        uint8_t f[256];
        size_t n;

        b.l3 = true;
        b.pay = pay;
        b.npay = strlen(pay);
        n = pb_build(f, sizeof f, &b);
        CHECK(pk && n);
        memcpy(pk->buf + pk->off, f, n);
        pk->l3 = pk->off;
        pk->l4 = pk->l3 + 20;
        pk->pay = pk->l4 + 8;
        pk->len = (uint32_t)n;
        pk->end = pk->off + (uint32_t)n;
        pk->tot_pay = (uint32_t)strlen(pay);
        pk->key = (struct flow_key){ .proto = IPPROTO_UDP_, .fam = ADDR_V4, .sport = 1000, .dport = 69 };
        pk->key.src[0] = 0xC0000232;
        pk->key.dst[0] = 0x0A010102;
        return pk;
}

/* Through the engine and back; the buffer is the caller's. */
static bool passes(struct rig *r, struct rig_flow *f, struct pkt *pk)
{
        struct punt_msg m = { .kind = PUNT_DGRAM, .flow = f->id, .gen = f->gen, .dir = DIR_C2S };
        unsigned before = r->ndgram, dropped = r->ndrop;

        m.pk = pk;
        rig_tell(r, &m);
        rig_step(r);
        CHECK(r->pk == pk && r->ndgram + r->ndrop == before + dropped + 1);
        CHECK(zero(r->p->scratch, SCRATCH_MAX));
        return r->ndgram == before + 1;
}

SESSION_TEST(a_datagram_may_grow)
{
        struct pb_view v;
        struct rig_flow f;
        struct pkt *pk;

        rig_flow_udp(r, &f, 3, 1);
        ours(r, &f, &datagrams);
        pk = frame(r, "xgy", 1500);
        CHECK(passes(r, &f, pk));
        CHECK(pk->len == 28 + GROWTH + 2 && pk->end == pk->pay + GROWTH + 2 && pk->tot_pay == GROWTH + 2);
        CHECK(pb_parse(pk->buf + pk->off, pk->len, true, &v));
        CHECK(v.ip_ok && v.l4_ok && v.l4_csum && v.npay == GROWTH + 2 && v.sport == 1000 && v.dport == 69);
        CHECK(v.pay[0] == 'x' && v.pay[1] == 'g' && v.pay[GROWTH + 1] == 'y');
        pkt_put(pk);
        pk = frame(r, "axy", 1500); /* written, and the same length */
        CHECK(passes(r, &f, pk) && pk->len == 31);
        CHECK(pb_parse(pk->buf + pk->off, pk->len, true, &v) && v.l4_ok && !memcmp(v.pay, "axy", 3));
        pkt_put(pk);
        close_flow(r, &f);
}

SESSION_TEST(a_datagram_that_cannot_grow_is_dropped)
{
        struct rig_flow f;
        struct pkt *pk;
        uint32_t cap;

        rig_flow_udp(r, &f, 3, 1);
        ours(r, &f, &datagrams);
        pk = frame(r, "g", 1500);
        cap = pk->cap;
        pk->cap = pk->pay + GROWTH - 1; /* one octet short */
        CHECK(!passes(r, &f, pk));
        pk->cap = pk->pay + GROWTH;
        CHECK(passes(r, &f, pk) && pk->tot_pay == GROWTH);
        pk->cap = cap;
        pkt_put(pk);
        pk = frame(r, "ga", 1500);
        pk->key.fam = ADDR_V6; /* is not edited */
        CHECK(!passes(r, &f, pk));
        CHECK(pk->buf[pk->pay] == 'g' && pk->tot_pay == 2);
        pkt_put(pk);
        pk = frame(r, "f", 1500); /* more than there is room for */
        CHECK(!passes(r, &f, pk));
        pkt_put(pk);
        close_flow(r, &f);
}

SESSION_TEST(verdicts_on_datagrams)
{
        static const char *const dropped[] = { "ad", "c", "o", "r" };
        struct rig_flow f;
        struct pkt *pk;

        rig_flow_udp(r, &f, 3, 1);
        ours(r, &f, &datagrams);
        for (unsigned i = 0; i < ARRAY_LEN(dropped); i++) {
                pk = frame(r, dropped[i], 1500);
                CHECK(!passes(r, &f, pk));
                pkt_put(pk);
                CHECK(!f.ends); /* the flow lives on */
        }
        pk = frame(r, "a", 1500);
        CHECK(passes(r, &f, pk));
        pkt_put(pk);
        close_flow(r, &f);
}

/* ---- waiting for a port ---- */

static void ports_come(struct rig *r, bool some)
{
        struct punt_msg m = { .kind = PUNT_LEASE };

        port = some;
        rig_tell(r, &m);
        rig_step(r);
}

/* Nothing behind it is looked at or even read, the other direction goes on, and nobody turns round for it. */
SESSION_TEST(a_message_waits_for_its_port)
{
        struct rig_flow f;
        unsigned before;

        open_clear(r, &f, 1);
        rig_say(r, f.client, "aw.", 3);
        hears(r, f.server, 'a', 1);
        CHECK(!list_empty(&r->p->waits) && !held);
        before = calls;
        rig_say(r, f.client, "b", 1);
        for (unsigned i = 0; i < 50; i++)
                rig_step(r);
        CHECK(calls == before && list_empty(&r->p->busy));
        rig_say(r, f.server, "x", 1);
        hears(r, f.client, 'x', 1);
        before = calls;
        ports_come(r, false);
        RIG_UNTIL(r, calls == before + 1); /* not this time */
        CHECK(held && !list_empty(&r->p->waits));
        ports_come(r, true);
        hears(r, f.server, 'w', 1);
        hears(r, f.server, '.', 1);
        hears(r, f.server, 'b', 1);
        CHECK(list_empty(&r->p->waits) && !held);
        close_flow(r, &f);
}

SESSION_TEST(a_message_waits_a_second_at_most)
{
        struct rig_flow f;

        open_clear(r, &f, 1);
        rig_say(r, f.client, "w.", 2);
        RIG_UNTIL(r, calls == 1);
        CHECK(!list_empty(&r->p->waits));
        rig_advance(r, 2100); /* no answer ever comes */
        hears(r, f.server, '.', 1);
        CHECK(list_empty(&r->p->waits));
        rig_say(r, f.client, "w", 1);
        RIG_UNTIL(r, !list_empty(&r->p->waits)); /* the next one has its own second */
        CHECK(!held);
        close_flow(r, &f);
        CHECK(list_empty(&r->p->waits)); /* its end is not waited for */
}

static struct pkt *datagram(struct rig *r, struct rig_flow *f, const char *text)
{
        struct pkt *pk = frame(r, text, 1500);
        struct punt_msg m = { .kind = PUNT_DGRAM, .flow = f->id, .gen = f->gen, .pk = pk };

        rig_tell(r, &m);
        rig_step(r);
        return pk;
}

SESSION_TEST(datagrams_wait_for_their_ports)
{
        struct rig_flow f;
        struct pkt *pk[3];
        unsigned back;

        rig_flow_udp(r, &f, 3, 1);
        ours(r, &f, &datagrams);
        back = r->ndgram + r->ndrop;
        for (unsigned i = 0; i < 3; i++)
                pk[i] = datagram(r, &f, "w");
        CHECK(r->p->nheld == 3 && r->ndgram + r->ndrop == back);
        ports_come(r, false);
        CHECK(r->p->nheld == 3 && held && r->ndgram + r->ndrop == back);
        ports_come(r, true);
        RIG_UNTIL(r, r->ndgram == 3);
        CHECK(r->p->nheld == 0 && r->ndrop == 0);
        for (unsigned i = 0; i < 3; i++)
                pkt_put(pk[i]);
        port = false;
        pk[0] = datagram(r, &f, "w");
        CHECK(r->p->nheld == 1);
        rig_advance(r, 2100);
        CHECK(r->p->nheld == 0 && r->ndrop == 1); /* not for ever */
        pkt_put(pk[0]);
        pk[0] = datagram(r, &f, "w");
        close_flow(r, &f);
        rig_advance(r, 1100);
        CHECK(r->p->nheld == 0 && r->ndrop == 2); /* nor for a flow that is no more */
        pkt_put(pk[0]);
}

SESSION_TEST(not_all_datagrams_may_wait)
{
        struct rig_flow f;
        struct pkt *pk[HELD_DGRAMS_MAX + 1];

        rig_flow_udp(r, &f, 3, 1);
        ours(r, &f, &datagrams);
        for (unsigned i = 0; i <= HELD_DGRAMS_MAX; i++)
                pk[i] = datagram(r, &f, "w");
        CHECK(r->p->nheld == HELD_DGRAMS_MAX && r->ndrop == 1);
        proxy_abort_all(r->p);
        RIG_UNTIL(r, r->ndrop == HELD_DGRAMS_MAX + 1);
        CHECK(r->p->nheld == 0);
        for (unsigned i = 0; i <= HELD_DGRAMS_MAX; i++)
                pkt_put(pk[i]);
        RIG_UNTIL(r, f.free);
        rig_hang_up(&f, true);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_message_may_grow),
                cmocka_unit_test(many_messages_grow_with_little_room),
                cmocka_unit_test(growth_waits_for_a_slow_reader),
                cmocka_unit_test(what_an_engine_leaves_out_is_gone),
                cmocka_unit_test(a_violation_is_a_reset),
                cmocka_unit_test(an_orderly_end_is_a_fin),
                cmocka_unit_test(room_that_does_not_help_ends_it),
                cmocka_unit_test(without_memory_growth_ends_it_cleanly),
                cmocka_unit_test(without_memory_nobody_is_let_in),
                cmocka_unit_test(a_full_ring_lets_nobody_be_forgotten),
                cmocka_unit_test(an_engines_state_is_wiped),
                cmocka_unit_test(the_workers_memory_is_wiped),
                cmocka_unit_test(a_datagram_may_grow),
                cmocka_unit_test(a_datagram_that_cannot_grow_is_dropped),
                cmocka_unit_test(verdicts_on_datagrams),
                cmocka_unit_test(a_message_waits_for_its_port),
                cmocka_unit_test(a_message_waits_a_second_at_most),
                cmocka_unit_test(datagrams_wait_for_their_ports),
                cmocka_unit_test(not_all_datagrams_may_wait),
        };

        return cmocka_run_group_tests(tests, load, unload);
}
