/*
 * A thousand calls through a phone proxy, on virtual time, that end in every way and in no order: BYE, busy, CANCEL,
 * a lost connection, silence, the operator, the phone proxy itself taken away. Afterwards nothing of them is left.
 */
#include "tests/support/test.h"

#include "inspect/sip/sip.h"
#include "platform/base/mem.h"
#include "policy/pinhole.h"
#include "tests/path/support/path_calls.h"
#include "tests/path/support/path_media.h"

#define PHONES 6u
#define CALLS 1000u
#define LIVE_MAX 200u
#define WAYS 9u

static struct path_fixture fx;

static void start(void)
{
        static char conf[8192];

        snprintf(conf, sizeof conf, "%s%s", px_base, PC_CONFIG);
        fx.conf.conns_max = 4096;
        px_start(&fx, conf, true);
}

/* ---- phones ---- */

static uint16_t next_port = 30000;

static void flush_ports(void)
{
        uint8_t buf[2048];
        struct pb_view v;

        for (unsigned i = 0; i < PX_PORTS; i++)
                while (px_take(&fx, i, &v))
                        ;
        while (px_take_tun(&fx, buf, sizeof buf, &v))
                ;
}

/* The kernel of the box accepts and the phone confirms: the conn is established. */
static void shake(uint16_t port)
{
        uint8_t buf[2048];
        struct pb_view v;
        struct pb p;

        px_tcp(&fx, 0, PC_PHONE, port, "192.0.2.140", 5061, PB_SYN, 100, 0);
        assert_true(px_take_tun(&fx, buf, sizeof buf, &v));
        p = (struct pb){ .src = v.dst, .dst = v.src, .sport = v.dport, .dport = v.sport, .proto = IPPROTO_TCP_ };
        p.ttl = 64;
        p.flags = PB_SYN | PB_ACK;
        p.seq = 500;
        p.ack = 101;
        px_send_tun(&fx, p);
        px_tcp(&fx, 0, PC_PHONE, port, "192.0.2.140", 5061, PB_ACK, 101, 501);
        flush_ports();
}

static void plug(struct pc_phone *p)
{
        *p = (struct pc_phone){ .proxy = fx.parts.proxy[0], .port = next_port++ };
        shake(p->port);
        assert_true(pc_connect(p));
}

/* ---- what is left ---- */

struct left {
        struct mem_stat kind[MEM_KINDS];
        struct media_count media;
        struct punt_stat punt;
        unsigned ports[2], relays, calls, srtp, sessions, closes, tls, conns, pinholes;
};

static void look(struct left *l)
{
        struct proxy_worker *p = fx.parts.proxy[0];
        struct addr out = pb_addr(PC_OUT), in = pb_addr(PC_IN);

        memset(l, 0, sizeof *l);
        snap_reclaim(fx.parts.hub); /* the control thread's work */
        for (unsigned i = 0; i < MEM_KINDS; i++)
                mem_stat((enum mem_kind)i, &l->kind[i]);
        media_count(fx.w, &l->media);
        punt_stat(fx.w->punt, &l->punt);
        l->ports[0] = proxy_media_ports_used(p, &out);
        l->ports[1] = proxy_media_ports_used(p, &in);
        l->relays = p->nrelays;
        l->closes = p->closes_owed;
        l->calls = sip_calls(proxy_engine_shared(p, INSPECT_SIP));
        l->srtp = atomic_load(&fx.parts.shared.srtp);
        l->tls = atomic_load(&fx.parts.shared.active);
        l->sessions = p->nsessions + p->nstreams;
        l->conns = conn_count(fx.w->conns);
        l->pinholes = pinhole_count(fx.w->pinholes);
}

static void nothing_is_left(const struct left *before)
{
        struct left l;

        look(&l);
        assert_int_equal(l.calls, 0);
        assert_int_equal(l.relays, 0);
        assert_int_equal(l.closes, 0);
        assert_int_equal(l.ports[0] + l.ports[1], 0);
        assert_int_equal(l.srtp, 0);
        assert_int_equal(l.tls, 0);
        assert_int_equal(l.sessions, 0);
        assert_int_equal(l.conns, 0);
        assert_int_equal(l.pinholes, 0);
        assert_int_equal(l.media.sessions, 0);
        assert_int_equal(l.media.srtp, 0);
        assert_int_equal(l.punt.flows, 0);
        assert_int_equal(l.punt.waiting_gone, 0);
        for (unsigned i = 0; i < MEM_KINDS; i++)
                if (l.kind[i].live != before->kind[i].live || l.kind[i].bytes != before->kind[i].bytes)
                        fail_msg("%s: %u blocks of %u bytes before, %u of %u now", l.kind[i].name,
                                 (unsigned)before->kind[i].live, (unsigned)before->kind[i].bytes,
                                 (unsigned)l.kind[i].live, (unsigned)l.kind[i].bytes);
}

/* ---- calls ---- */

struct one {
        unsigned id, phone;
        uint16_t out, in; /* our media ports; 0: not known */
        bool answered;
};

struct life {
        struct pc_phone phone[PHONES];
        struct one call[LIVE_MAX];
        unsigned ncalls, made, answered, refused, carried, ways[WAYS];
        uint64_t dice;
};

static unsigned dice(struct life *l, unsigned n)
{
        l->dice = l->dice * 6364136223846793005u + 1442695040888963407u;
        return (unsigned)((l->dice >> 33) % n);
}

static char heard[65536];

static bool say(struct life *l, const struct one *c, enum pc_msg what)
{
        struct pc_phone *p = &l->phone[c->phone];
        bool ok = pc_say(p, what, c->id);

        px_settle(&fx);
        if (ok)
                pc_hear(p, pc_rows[what].server ? DIR_S2C : DIR_C2S, heard, sizeof heard);
        return ok;
}

static void make(struct life *l)
{
        struct one c = { .id = ++l->made, .phone = dice(l, PHONES) };

        if (!say(l, &c, PC_INVITE))
                return;
        c.in = pc_media_port(heard);
        l->refused += !c.in;
        if (dice(l, 4)) {
                assert_true(say(l, &c, PC_RINGING));
                assert_true(say(l, &c, PC_OK));
                c.out = pc_media_port(heard);
                c.answered = true;
                l->answered++;
                assert_true(say(l, &c, PC_ACK));
        }
        l->call[l->ncalls++] = c;
}

static void forget(struct life *l, unsigned i)
{
        l->call[i] = l->call[--l->ncalls];
}

/* Music for the phone: the dataplane has the session, or nothing passes. */
static void speak(struct life *l)
{
        struct media_peer desk = { .ssrc = 2 };
        const struct one *c = l->ncalls ? &l->call[dice(l, l->ncalls)] : NULL;
        uint8_t b[512];
        struct pb_view v;
        size_t n;

        if (!c || !c->in)
                return;
        n = peer_rtp(&desk, b);
        pm_udp(&fx, 1, PC_DESK, 6000, PC_IN, c->in, b, n);
        l->carried += px_take(&fx, 0, &v) && v.sport == c->out && v.dport == 4000;
}

static void hang_up(struct life *l)
{
        unsigned i = l->ncalls ? dice(l, l->ncalls) : 0;
        struct one c;

        if (!l->ncalls)
                return;
        c = l->call[i];
        forget(l, i);
        if (c.answered) {
                if (dice(l, 2) && say(l, &c, PC_REINVITE))
                        say(l, &c, PC_REINVITE_OK);
                say(l, &c, PC_BYE);
                say(l, &c, PC_BYE_OK);
        } else if (dice(l, 2)) {
                say(l, &c, PC_BUSY);
        } else {
                say(l, &c, PC_CANCEL);
        }
}

static void lose(struct life *l)
{
        unsigned i = dice(l, PHONES);

        if (dice(l, 2)) /* its conn is reset on the wire; the proxy hears of it from the dataplane */
                px_tcp(&fx, 0, PC_PHONE, l->phone[i].port, "192.0.2.140", 5061, PB_RST, 101, 0);
        pc_drop(&l->phone[i], dice(l, 2));
        px_settle(&fx);
        flush_ports();
        plug(&l->phone[i]);
}

static void plug_all(struct life *l)
{
        for (unsigned i = 0; i < PHONES; i++) {
                if (l->phone[i].proxy)
                        pc_drop(&l->phone[i], true);
                px_settle(&fx);
                plug(&l->phone[i]);
        }
}

static void take_away(struct life *l)
{
        px_config(&fx,
                  "no service-policy pp_policy interface outside\nno policy-map pp_policy\nno phone-proxy mypp\n");
        if (dice(l, 2))
                px_config(&fx, "no media-termination mta\n");
        px_settle(&fx);
        for (unsigned i = 0; i < PHONES; i++)
                assert_null(pc_session(&l->phone[i])); /* nobody may go on */
        speak(l);
        px_config(&fx, PC_PHONE_PROXY PC_APPLIED);
        plug_all(l);
        l->ncalls = 0;
}

/* One turn; what happens is decided by dice, and how often is written down. */
static void turn(struct life *l)
{
        static const unsigned below[WAYS] = { 500, 800, 940, 970, 982, 988, 994, 997, 1000 };
        unsigned what = dice(l, 1000), way = 0;

        while (what >= below[way])
                way++;
        l->ways[way]++;
        switch (way) {
        case 0:
                if (l->ncalls < LIVE_MAX)
                        make(l);
                break;
        case 1:
                hang_up(l);
                break;
        case 2:
                speak(l);
                break;
        case 3:
                px_advance(&fx, 100 + dice(l, 20000));
                break;
        case 4:
                lose(l);
                break;
        case 5:
                px_show(&fx, "clear sip");
                l->ncalls = 0;
                break;
        case 6:
                px_show(&fx, "clear conn all");
                plug_all(l);
                break;
        case 7:
                px_advance(&fx, 400000); /* silence ends whatever has media */
                break;
        default:
                take_away(l);
        }
        flush_ports();
}

static void all_end(struct life *l)
{
        px_show(&fx, "clear conn all");
        for (unsigned i = 0; i < PHONES; i++)
                pc_drop(&l->phone[i], true);
        px_advance(&fx, 5 * 60 * 1000);
}

static void live(uint64_t seed)
{
        static struct life l;
        struct left before;

        start();
        px_advance(&fx, 1000);
        look(&before);
        l = (struct life){ .dice = seed };
        plug_all(&l);
        while (l.made < CALLS)
                turn(&l);
        for (unsigned i = 0; i < WAYS; i++)
                if (!l.ways[i])
                        fail_msg("way %u never came", i);
        assert_true(l.answered > CALLS / 2);
        assert_true(l.carried > 50);
        all_end(&l);
        nothing_is_left(&before);
        px_stop(&fx);
}

static void a_thousand_calls(void **state UNUSED)
{
        static const uint64_t seeds[] = { 42, 7, 1001 };

        for (unsigned i = 0; i < ARRAY_LEN(seeds); i++)
                live(seeds[i]);
}

/* CLOSEs that do not fit the ring are owed, their slots and ports not yet free, and paid when there is room. */
static void more_ends_than_a_ring_holds(void **state UNUSED)
{
        static struct life l;
        struct left before, l2;

        start();
        look(&before);
        l = (struct life){ .dice = 1 };
        plug(&l.phone[0]);
        plug(&l.phone[1]); /* one alone may not have so many */
        for (unsigned i = 0; i < MEDIA_RING_SLOTS + 400; i++) {
                struct one c = { .id = ++l.made, .phone = i % 2 };

                assert_true(say(&l, &c, PC_INVITE));
                assert_true(say(&l, &c, PC_OK));
                assert_int_not_equal(pc_media_port(heard), 0);
                assert_true(say(&l, &c, PC_ACK));
        }
        look(&l2);
        assert_int_equal(l2.media.sessions, l.made);
        assert_int_equal(l2.relays, l.made);
        fx.lazy = true; /* the dataplane runs, the proxy worker does not */
        px_show(&fx, "clear sip");
        look(&l2);
        assert_int_equal(l2.calls, 0);
        assert_int_equal(l2.relays, l.made);
        assert_true(l2.closes > 300);
        fx.lazy = false;
        px_settle(&fx);
        look(&l2);
        assert_int_equal(l2.closes + l2.relays + l2.ports[0] + l2.ports[1] + l2.srtp, 0);
        assert_int_equal(l2.media.sessions, 0);
        pc_drop(&l.phone[0], true);
        pc_drop(&l.phone[1], true);
        px_advance(&fx, 60000);
        nothing_is_left(&before);
        px_stop(&fx);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_thousand_calls),
                cmocka_unit_test(more_ends_than_a_ring_holds),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
