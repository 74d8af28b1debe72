/* Phones' files with host names in them: they wait for the name service, and hold up nobody. */
#include "tests/support/nat_fixture.h"
#include "tests/support/tftp_rig.h"

#define XML                                                                                                          \
        "<device><deviceProtocol>SCCP</deviceProtocol><devicePool><callManagerGroup><members><member "               \
        "priority=\"0\">"                                                                                            \
        "<callManager><ports><ethernetPhonePort>2000</ethernetPhonePort></ports>"                                    \
        "<processNodeName>cm9</processNodeName></callManager></member></members></callManagerGroup></devicePool>"    \
        "<deviceSecurityMode>1</deviceSecurityMode></device>"

static struct nat_fixture nat;
#define CM_REAL 0x0A010114u /* 192.0.2.140 for phones */

/* The name service: cm9 is what the test says. */
static struct {
        enum name_state state;
        unsigned news, asked;
        struct name_answer a;
} dns;

static enum name_state ask(void *ctx, const char *name, struct name_answer *a)
{
        (void)ctx;
        CHECK(!strcmp(name, "cm9"));
        dns.asked++;
        *a = dns.a;
        return dns.state;
}

static unsigned news(void *ctx)
{
        (void)ctx;
        return dns.news;
}

static void now(enum name_state state, uint32_t addr, const char *why)
{
        dns.state = state;
        dns.news++;
        dns.a = (struct name_answer){ .n = addr != 0, .at = { addr_v4(addr) } };
        snprintf(dns.a.why, sizeof dns.a.why, "%s", why);
}

/* clang-format off */
#define NAMES_TEST(name)                                                                                              \
        static void name##_tftp(struct rig *r);                                                                      \
        SESSION_TEST(name)                                                                                           \
        {                                                                                                            \
                const struct name_service s = { NULL, ask, news };                                                   \
                memset(&dns, 0, sizeof dns);                                                                         \
                dns.state = NAME_ASKED;                                                                              \
                nf_init(&nat);                                                                                       \
                nf_host(&nat, "cm", "10.1.1.20");                                                                    \
                nf_static(&nat, "cm", "inside", "outside", "192.0.2.140");                                           \
                r->wf.part[SNAP_NAT] = nf_compile(&nat, &r->wf);                                                     \
                tftp_up(t, r);                                                                                       \
                proxy_set_names(r->p, &s);                                                                           \
                name##_tftp(r);                                                                                      \
                tftp_down(t);                                                                                        \
                nf_fini(&nat);                                                                                       \
        }                                                                                                            \
        static void name##_tftp(struct rig *r)
/* clang-format on */

/* A phone that has asked for its file, which waits for the name; its socket. */
static int waiting(uint32_t flow)
{
        int phone = phone_flow(t, flow, PHONE_IP + flow);
        unsigned opens = t->opens, asked = dns.asked;

        ASK(phone, CONFIG ".sgn");
        RIG_UNTIL(t->r, t->opens == opens + 1);
        server_serves(t, server_asked(t, CONFIG), (const uint8_t *)XML, sizeof XML - 1);
        RIG_UNTIL(t->r, dns.asked == asked + 1);
        RIG_UNTIL(t->r, !last_box(t)->open); /* the server has done its part */
        return phone;
}

NAMES_TEST(a_file_waits_for_its_name)
{
        struct ctl_head h;
        struct cur p;
        size_t n;

        waiting(3);
        rig_advance(r, 5000);
        CHECK(dns.asked == 1 && !t->secures && tftpx_of(t)->nnaming == 1); /* no news: nobody asks */
        now(NAME_KNOWN, CM_REAL, "");
        rig_advance(r, 50);
        RIG_UNTIL(r, t->opens == 2);
        n = take_file(t, last_box(t)->fd, 1, 512, out, sizeof out);
        CHECK(sgn_strip(out, n, &p, &h, NULL) == 0);
        CHECK(memmem(p.p, p.left, ">192.0.2.140<", 13) && !memmem(p.p, p.left, "cm9", 3));
        CHECK(dns.asked == 2 && COUNT(t, config) == 1 && !tftpx_of(t)->nnaming);
        rig_advance(r, 4100);
}

NAMES_TEST(others_news_are_none)
{
        waiting(3);
        now(NAME_ASKED, 0, "");
        rig_advance(r, 50);
        CHECK(dns.asked == 2 && tftpx_of(t)->nnaming == 1);
        rig_advance(r, 1000);
        CHECK(dns.asked == 2);
        now(NAME_KNOWN, CM_REAL, "");
        rig_advance(r, 50);
        RIG_UNTIL(r, t->opens == 2);
        take_file(t, last_box(t)->fd, 1, 512, out, sizeof out);
        rig_advance(r, 4100);
}

NAMES_TEST(a_name_without_address)
{
        int phone = waiting(3);

        now(NAME_UNKNOWN, 0, "no such name, says DNS server 10.1.1.53");
        rig_advance(r, 50);
        hear_op(t, phone, TFTP_ERROR, TFTP_E_UNDEFINED);
        CHECK(memmem(t->got, t->got_n, "cm9", 3) && memmem(t->got, t->got_n, "says DNS server 10.1.1.53", 25));
        CHECK(COUNT(t, no_name) == 1 && COUNT(t, unusable) == 1 && !tftpx_of(t)->nnaming);
        nothing_held(t);
        rig_advance(r, 600);
}

NAMES_TEST(nobody_waits_for_ever)
{
        int phone = waiting(3);

        rig_advance(r, TFTPX_NAMES_MS - 1000);
        hear_nothing(t, phone);
        rig_advance(r, 1100);
        hear_op(t, phone, TFTP_ERROR, TFTP_E_UNDEFINED);
        CHECK(!tftpx_of(t)->nnaming);
        nothing_held(t);
        rig_advance(r, 600);
}

NAMES_TEST(so_many_wait_and_no_more)
{
        int phone;

        for (uint32_t i = 0; i < TFTPX_NAMING_MAX; i++)
                waiting(3 + i);
        CHECK(tftpx_of(t)->nnaming == TFTPX_NAMING_MAX);
        phone = waiting(3 + TFTPX_NAMING_MAX);
        hear_op(t, phone, TFTP_ERROR, TFTP_E_UNDEFINED);
        CHECK(COUNT(t, total_limit) == 1 && tftpx_of(t)->nnaming == TFTPX_NAMING_MAX);
        now(NAME_UNKNOWN, 0, "gone");
        rig_advance(r, 100);
        CHECK(!tftpx_of(t)->nnaming && COUNT(t, no_name) == TFTPX_NAMING_MAX);
        nothing_held(t);
        rig_advance(r, 600);
}

NAMES_TEST(its_request_may_end_meanwhile)
{
        struct punt_msg end = { .kind = PUNT_END, .gen = 1, .flow = 3 };

        waiting(3);
        rig_tell(r, &end);
        RIG_UNTIL(r, t->ended[3]);
        CHECK(!tftpx_of(t)->nnaming && !pool_used(tftpx_of(t)->pool));
        now(NAME_KNOWN, CM_REAL, "");
        rig_advance(r, 100);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_file_waits_for_its_name), cmocka_unit_test(others_news_are_none),
                cmocka_unit_test(a_name_without_address),    cmocka_unit_test(nobody_waits_for_ever),
                cmocka_unit_test(so_many_wait_and_no_more),  cmocka_unit_test(its_request_may_end_meanwhile),
        };

        return cmocka_run_group_tests(tests, load, unload);
}
