/* SCCP phones on the whole appliance: the exact bytes either side reads, and the media that follow from them. */
#include "tests/support/test.h"

#include "tests/path/support/path_calls.h"
#include "tests/path/support/path_media.h"
#include "tests/support/sccp_feed.h"

#define NAME "SEP001122334455"
#define HOME 0xc0a80105u /* what the phone at home calls itself */
#define A_PHONE 0xc000020au
#define A_OUT 0xc0000232u
#define A_IN 0x0a000032u
#define A_DESK 0x0a000009u
#define CM_SEEN "192.0.2.140"

#define CONFIG                                                                                                       \
        "object network ccm\n"                                                                                       \
        " host 10.0.0.5\n"                                                                                           \
        " nat (inside,outside) static 192.0.2.140\n"                                                                 \
        "access-list outside_in extended permit tcp any host 10.0.0.5 eq 2443\n"                                     \
        "access-group outside_in in interface outside\n"                                                             \
        "crypto ca trustpoint ours\n"                                                                                \
        " enrollment self\n"                                                                                         \
        " subject-name cn=ccm\n"                                                                                     \
        "crypto key generate rsa modulus 1024\n"                                                                     \
        "crypto ca enroll ours noconfirm\n"                                                                          \
        "tls-proxy pp_tls\n"                                                                                         \
        " server trust-point ours\n" PC_PHONE_PROXY "class-map sec_sccp\n"                                           \
        " match port tcp eq 2443\n"                                                                                  \
        "policy-map type inspect skinny strict\n"                                                                    \
        " parameters\n"                                                                                              \
        "  message-id max 0x160\n"                                                                                   \
        "  timeout media 0:02:00\n"                                                                                  \
        " match message-id 0x20\n"                                                                                   \
        "  drop log\n"                                                                                               \
        "policy-map pp_policy\n"                                                                                     \
        " class sec_sccp\n"                                                                                          \
        "  inspect skinny strict phone-proxy mypp\n"                                                                 \
        "service-policy pp_policy interface outside\n"

static struct path_fixture fx;
static struct pc_phone phone;
static const struct sccp_alg clear;

/* ---- the wire below ---- */

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

static void plug(uint16_t port)
{
        uint8_t buf[2048];
        struct pb_view v;
        struct pb p;

        px_tcp(&fx, 0, PC_PHONE, port, CM_SEEN, 2443, PB_SYN, 100, 0);
        assert_true(px_take_tun(&fx, buf, sizeof buf, &v));
        p = (struct pb){ .src = v.dst, .dst = v.src, .sport = v.dport, .dport = v.sport, .proto = IPPROTO_TCP_ };
        p.ttl = 64;
        p.flags = PB_SYN | PB_ACK;
        p.seq = 500;
        p.ack = 101;
        px_send_tun(&fx, p);
        px_tcp(&fx, 0, PC_PHONE, port, CM_SEEN, 2443, PB_ACK, 101, 501);
        flush_ports();
        phone = (struct pc_phone){ .proxy = fx.parts.proxy[0], .port = port };
        assert_true(pc_connect(&phone));
}

static void start(void)
{
        static char conf[8192];

        snprintf(conf, sizeof conf, "%s%s", px_base, CONFIG);
        px_start(&fx, conf, true);
        plug(40000);
}

static void stop(void)
{
        pc_drop(&phone, true);
        px_settle(&fx);
        px_advance(&fx, 5 * 60 * 1000);
        px_stop(&fx);
}

/* ---- what is said and read ---- */

static void hear_in(struct proxy_worker *w UNUSED, void *arg)
{
        struct pc_phone *p = arg;
        ssize_t n = leg_read(p->far[p->dir == DIR_C2S ? 1 : 0], p->text, p->n);

        p->n = n > 0 ? (size_t)n : 0;
}

/* What the other side reads of it. */
static struct sccp_bytes says(enum inspect_dir dir, struct sccp_bytes b)
{
        struct sccp_bytes out = { .n = 0 };

        phone.dir = dir;
        phone.text = (char *)b.p;
        phone.n = b.n;
        proxy_call(phone.proxy, pc_say_in, &phone);
        assert_true(phone.ok);
        px_settle(&fx);
        phone.text = (char *)out.p;
        phone.n = sizeof out.p;
        proxy_call(phone.proxy, hear_in, &phone);
        out.n = phone.n;
        return out;
}

static void require(struct sccp_bytes got, struct sccp_bytes want)
{
        assert_int_equal(got.n, want.n);
        assert_memory_equal(got.p, want.p, want.n);
}

static uint32_t at32(const struct sccp_bytes *b, size_t at)
{
        assert_true(at + 4 <= b->n);
        return (uint32_t)b->p[at] | (uint32_t)b->p[at + 1] << 8 | (uint32_t)b->p[at + 2] << 16;
}

static void set_ip(struct sccp_bytes *b, size_t at, uint32_t a)
{
        for (unsigned i = 0; i < 4; i++)
                b->p[at + i] = (uint8_t)(a >> 8 * (3 - i));
}

static void set_port(struct sccp_bytes *b, size_t at, uint16_t port)
{
        b->p[at] = (uint8_t)port;
        b->p[at + 1] = (uint8_t)(port >> 8);
}

/* The key that stands there now, where there was none: the rest of the block is as it must be. */
static struct srtp_master key_at(struct sccp_bytes *want, const struct sccp_bytes *got, size_t at)
{
        struct srtp_master m = { .suite = SRTP_AES_CM_128_32 };

        memcpy(want->p + at, "\1\0\0\0\x10\0\x0e\0", 8);
        memcpy(want->p + at + 8, got->p + at + 8, 16);
        memcpy(want->p + at + 24, got->p + at + 24, 14);
        memcpy(m.key, got->p + at + 8, 16);
        memcpy(m.salt, got->p + at + 24, 14);
        return m;
}

static void registers(void)
{
        struct sccp_bytes want = sb_register(NAME, HOME);

        set_ip(&want, 36, A_PHONE);
        require(says(DIR_C2S, sb_register(NAME, HOME)), want);
        require(says(DIR_S2C, sb_register_ack(17)), sb_register_ack(17));
}

struct stream {
        uint32_t party;
        uint16_t out, in; /* our ports */
        struct srtp_master hears, speaks;
};

static void call(struct stream *s)
{
        struct sccp_bytes got, want;

        got = says(DIR_S2C, sb_open(17, s->party, clear));
        want = sb_open(17, s->party, clear);
        s->out = (uint16_t)at32(&got, 132);
        s->hears = key_at(&want, &got, 40);
        set_ip(&want, 116, A_OUT);
        set_port(&want, 132, s->out);
        require(got, want);

        got = says(DIR_C2S, sb_open_ack(17, s->party, 0, A_PHONE, 4000));
        want = sb_open_ack(17, s->party, 0, A_IN, 0);
        s->in = (uint16_t)at32(&got, 36);
        set_port(&want, 36, s->in);
        require(got, want);

        got = says(DIR_S2C, sb_start(17, s->party, A_DESK, 6000, clear));
        want = sb_start(17, s->party, A_OUT, s->out, clear);
        s->speaks = key_at(&want, &got, 72);
        require(got, want);

        require(says(DIR_C2S, sb_start_ack(17, s->party, A_PHONE, 4000)), sb_start_ack(17, s->party, A_IN, s->in));
        assert_true(s->out >= 20000 && s->in >= 20000 && !(s->out & 1) && !(s->in & 1));
}

static void ends(const struct stream *s)
{
        require(says(DIR_S2C, sb_end(17, 0x106, s->party)), sb_end(17, 0x106, s->party));
        require(says(DIR_S2C, sb_end(17, 0x8b, s->party)), sb_end(17, 0x8b, s->party));
}

static bool phone_to_desk(const struct stream *s, struct media_peer *p, struct media_peer *d)
{
        uint8_t b[512];
        size_t n = peer_rtp(p, b);

        pm_udp(&fx, 0, PC_PHONE, 4000, PC_OUT, s->out, b, n);
        return pm_hears(&fx, 1, PC_IN, s->in, PC_DESK, 6000, d);
}

static bool desk_to_phone(const struct stream *s, const char *from, uint16_t sport, struct media_peer *d,
                          struct media_peer *p)
{
        uint8_t b[512];
        size_t n = peer_rtp(d, b);

        pm_udp(&fx, 1, from, sport, PC_IN, s->in, b, n);
        return pm_hears(&fx, 0, PC_OUT, s->out, PC_PHONE, 4000, p);
}

/* ---- tests ---- */

static void a_call_with_its_media(void **state UNUSED)
{
        struct stream s = { .party = PARTY };
        struct media_peer p = { .ssrc = 1, .seq = 100 }, d = { .ssrc = 2, .seq = 200 };

        start();
        registers();
        call(&s);
        peer_keys(&p, &s.speaks, &s.hears);
        for (unsigned i = 0; i < 5; i++) {
                assert_true(phone_to_desk(&s, &p, &d));
                assert_true(desk_to_phone(&s, PC_DESK, 6000, &d, &p));
        }
        assert_true(desk_to_phone(&s, PC_DESK, 6010, &d, &p)); /* it may speak from another port */
        assert_true(phone_to_desk(&s, &p, &d));                /* and still listens where it said */
        assert_false(desk_to_phone(&s, "10.0.0.8", 6000, &d, &p));
        assert_non_null(strstr(px_show(&fx, "show skinny"), "192.0.2.10/40000"));
        assert_non_null(strstr(px_show(&fx, "show skinny"), "MEDIA 192.0.2.10/4000"));
        ends(&s);
        px_advance(&fx, 20);
        assert_false(phone_to_desk(&s, &p, &d));
        assert_null(strstr(px_show(&fx, "show skinny"), "MEDIA"));
        peer_done(&p);
        stop();
}

/* Hold ends the stream, resuming makes another one: other ports or not, but other keys. */
static void hold_and_resume(void **state UNUSED)
{
        struct stream first = { .party = PARTY }, second = { .party = PARTY + 1 };
        struct media_peer p = { .ssrc = 1 }, again = { .ssrc = 1 }, d = { .ssrc = 2 };

        start();
        registers();
        call(&first);
        peer_keys(&p, &first.speaks, &first.hears);
        assert_true(phone_to_desk(&first, &p, &d));
        ends(&first);
        call(&second);
        assert_memory_not_equal(first.hears.key, second.hears.key, 16);
        assert_memory_not_equal(first.speaks.key, second.speaks.key, 16);
        peer_keys(&again, &second.speaks, &second.hears);
        assert_true(phone_to_desk(&second, &again, &d));
        assert_true(desk_to_phone(&second, PC_DESK, 6000, &d, &again));
        assert_false(phone_to_desk(&second, &p, &d)); /* the old key opens nothing */
        ends(&second);
        peer_done(&p);
        peer_done(&again);
        stop();
}

/* The map named on the line is in force; what it drops is told. */
static void maps_are_in_force(void **state UNUSED)
{
        struct sccp_bytes alarm = sb_begin(0, 0x20);

        sb_fill(&alarm, 0, 92);
        start();
        px_config(&fx, "logging enable\nlogging buffered debugging\n");
        assert_int_equal(says(DIR_C2S, sb_done(alarm)).n, 0);
        assert_true(px_logged(&fx, "%ASA-4-608004: Dropping Skinny message for outside:192.0.2.10/40000 to "
                                   "inside:10.0.0.5/2000, message id 32 not allowed"));
        px_advance(&fx, 2000);
        assert_int_equal(says(DIR_S2C, sb_empty(0x161)).n, 0);
        px_advance(&fx, 2000);
        assert_int_equal(says(DIR_C2S, sb_empty(6)).n, 0);
        assert_true(px_logged(&fx, "message id 6 registration not complete"));
        registers();
        require(says(DIR_C2S, sb_empty(6)), sb_empty(6));
        stop();
}

/* Media outlive the connection of their phone until they have been silent for `timeout media`. */
static void a_lost_connection(void **state UNUSED)
{
        struct stream s = { .party = PARTY };
        struct media_peer p = { .ssrc = 1 }, d = { .ssrc = 2 };

        start();
        registers();
        call(&s);
        peer_keys(&p, &s.speaks, &s.hears);
        assert_true(phone_to_desk(&s, &p, &d));
        pc_drop(&phone, true);
        px_settle(&fx);
        flush_ports();
        assert_true(phone_to_desk(&s, &p, &d));
        px_advance(&fx, 100000);
        assert_true(phone_to_desk(&s, &p, &d));
        px_advance(&fx, 125000);
        assert_false(phone_to_desk(&s, &p, &d));
        assert_int_equal(fx.parts.proxy[0]->nrelays, 0);
        peer_done(&p);
        px_advance(&fx, 5 * 60 * 1000);
        px_stop(&fx);
}

/* Silence ends the session on both legs, and nothing of it is left. */
static void silence_ends_the_session(void **state UNUSED)
{
        struct stream s = { .party = PARTY };

        start();
        px_config(&fx, "logging enable\nlogging buffered debugging\n"
                       "policy-map type inspect skinny strict\n parameters\n  timeout signaling 0:10:00\n");
        registers();
        call(&s);
        px_advance(&fx, 590000);
        assert_non_null(pc_session(&phone));
        require(says(DIR_C2S, sb_empty(0)), sb_empty(0));
        px_advance(&fx, 590000);
        assert_non_null(pc_session(&phone));
        px_advance(&fx, 12000);
        assert_null(pc_session(&phone));
        assert_int_equal(fx.parts.proxy[0]->nrelays, 0);
        pc_drop(&phone, true);
        px_advance(&fx, 5 * 60 * 1000); /* last segments may linger */
        assert_true(px_logged(&fx, "Conn-timeout"));
        assert_null(strstr(px_show(&fx, "show conn"), "2443"));
        px_stop(&fx);
}

/* What we say in the phone's place reaches the call manager, the phone reads nothing. */
static void multicast_is_answered(void **state UNUSED)
{
        struct sccp_bytes group = sb_begin(17, 0x101), ack = sb_begin(17, 0x21);
        struct sccp_bytes got = { .n = 0 };

        sb_u32(&group, CONF);
        sb_u32(&group, PARTY);
        sb_ip(&group, 17, 0xef010101);
        sb_u32(&group, 20000);
        sb_fill(&group, 0, 16);
        sb_u32(&group, CALL);
        sb_u32(&ack, 1);
        sb_u32(&ack, PARTY);
        sb_u32(&ack, CALL);
        start();
        registers();
        assert_int_equal(says(DIR_S2C, sb_done(group)).n, 0);
        phone.dir = DIR_C2S; /* what the call manager has heard */
        phone.text = (char *)got.p;
        phone.n = sizeof got.p;
        proxy_call(phone.proxy, hear_in, &phone);
        got.n = phone.n;
        require(got, sb_done(ack));
        require(says(DIR_C2S, sb_empty(6)), sb_empty(6));
        stop();
}

static void what_is_no_sccp_is_reset(void **state UNUSED)
{
        struct sccp_bytes b = sb_begin(9, 0);

        start();
        phone.dir = DIR_C2S;
        phone.text = (char *)b.p;
        phone.n = b.n;
        b.p[0] = 4;
        proxy_call(phone.proxy, pc_say_in, &phone);
        px_settle(&fx);
        proxy_call(phone.proxy, pc_say_in, &phone);
        assert_false(phone.ok); /* there is nobody to tell any more */
        stop();
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_call_with_its_media),    cmocka_unit_test(hold_and_resume),
                cmocka_unit_test(maps_are_in_force),        cmocka_unit_test(a_lost_connection),
                cmocka_unit_test(silence_ends_the_session), cmocka_unit_test(multicast_is_answered),
                cmocka_unit_test(what_is_no_sccp_is_reset),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
