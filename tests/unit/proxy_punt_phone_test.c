/* Flows of phones: whose worker they are, and at which port their call manager is dialled. The test is the proxy. */
#include "tests/support/punt_rig.h"

#define PHONE "192.0.2.50"
#define OTHER "192.0.2.51"
#define SERVER "10.1.1.2"
#define LINKS PUNT_RIG_LINKS
#define MINUTE 60000u

static uint16_t sport;

static void phones_come(const char *name, uint16_t port, enum inspect_id engine)
{
        struct inspect_conf *l = inspected(name, IPPROTO_TCP_, port, engine, NULL);

        snprintf(l->phone_proxy, sizeof l->phone_proxy, "mypp");
}

static int up(void **state UNUSED)
{
        punt_rig_init();
        p.target = (struct inspect_target){ .tls_proxy_id = 77, .phone_proxy_id = 78 };
        phones_come("sccp", 2443, INSPECT_SKINNY);
        phones_come("sip", 5061, INSPECT_SIP);
        punt_rig_start(LINKS);
        sport = 40000;
        return 0;
}

static int down(void **state UNUSED)
{
        punt_rig_stop();
        return 0;
}

/* A connection begins; whose it is, and what its proxy worker is told. */
static unsigned dial(const char *from, const char *to, uint16_t port, struct punt_flow_info *info)
{
        struct punt_msg m;
        uint8_t f[200];

        wf_send(&p.wf, 0, f, pb_tcp(f, sizeof f, from, sport++, to, port, PB_SYN, 1000, 0, NULL, 0));
        for (unsigned i = 0; i < LINKS; i++)
                if (ring_pop(link_[i].to_proxy, &m)) {
                        assert_int_equal(m.kind, PUNT_FLOW_NEW);
                        *info = m.info;
                        return i;
                }
        fail_msg("nobody was told");
        return 0;
}

/* Towards the dataplane, and its answer. */
static void tell(const char *at, uint8_t told, uint8_t clear, uint32_t timeout_ms)
{
        struct punt_msg m = { .kind = PUNT_SECURE,
                              .secure = { .cookie = 5,
                                          .iface = WF_OUTSIDE,
                                          .at = pb_addr(at),
                                          .timeout_ms = timeout_ms,
                                          .told = told,
                                          .clear = clear } };

        assert_true(ring_push(link_[0].to_dp, &m));
        worker_step(p.wf.w);
        assert_true(ring_pop(link_[0].to_proxy, &m) && m.kind == PUNT_SECURE_OK && m.secure.cookie == 5);
}

static void dialled(const char *from, uint16_t port, uint16_t at)
{
        struct punt_flow_info i;

        dial(from, SERVER, port, &i);
        assert_int_equal(i.server_mapped.port, port);
        assert_int_equal(i.server_real.port, at);
        assert_int_equal(i.shifted, at != port);
}

static void all_that_a_phone_asks_is_one_workers(void **state UNUSED)
{
        struct punt_flow_info i;
        unsigned at[LINKS] = { 0 };
        char server[16], phone[16];

        for (unsigned n = 1; n <= 32; n++) {
                unsigned first;

                snprintf(phone, sizeof phone, "192.0.2.%u", 50 + n);
                snprintf(server, sizeof server, "10.1.1.%u", 50 + n);
                first = dial(phone, SERVER, 2443, &i);
                assert_int_equal(dial(phone, server, 2443, &i), first);
                assert_int_equal(dial(phone, server, 5061, &i), first);
                at[first]++;
        }
        assert_true(at[0] && at[1]); /* phones are dealt out all the same */
}

static void a_phone_without_security_is_spoken_for_in_clear(void **state UNUSED)
{
        dialled(PHONE, 2443, 2443);
        tell(PHONE, SECURE_SCCP, SECURE_SCCP, MINUTE);
        dialled(PHONE, 2443, 2000);
        dialled(PHONE, 5061, 5061);
        dialled(OTHER, 2443, 2443);
        tell(PHONE, SECURE_SIP, SECURE_SIP, MINUTE); /* its other protocol stays what it was */
        dialled(PHONE, 5061, 5060);
        dialled(PHONE, 2443, 2000);
}

static void the_latest_file_counts(void **state UNUSED)
{
        tell(PHONE, SECURE_SCCP, SECURE_SCCP, MINUTE);
        tell(PHONE, 0, 0, MINUTE); /* a sign of life says nothing of it, nor does what it did not tell of */
        tell(PHONE, SECURE_SIP, SECURE_SCCP, MINUTE);
        dialled(PHONE, 2443, 2000);
        dialled(PHONE, 5061, 5061);
        tell(PHONE, SECURE_SCCP, 0, MINUTE);
        dialled(PHONE, 2443, 2443);
}

/* Everybody's file: of who is known already, and nobody is known the longer for it. */
static void a_file_of_nobody_enters_nobody(void **state UNUSED)
{
        tell(PHONE, SECURE_SCCP, SECURE_SCCP, 0);
        dialled(PHONE, 2443, 2443);
        tell(PHONE, 0, 0, MINUTE);
        dialled(PHONE, 2443, 2443);
        wf_advance(&p.wf, MINUTE - 1000);
        tell(PHONE, SECURE_SCCP, SECURE_SCCP, 0);
        dialled(PHONE, 2443, 2000);
        wf_advance(&p.wf, 2000);
        dialled(PHONE, 2443, 2443);
}

/* A nonsecure cluster's, or one whose tls-proxy names a port of its own. */
static void what_goes_elsewhere_stays_there(void **state UNUSED)
{
        tell(PHONE, SECURE_SCCP, SECURE_SCCP, MINUTE);
        p.target.server_port = 2100;
        pf_commit(&p);
        dialled(PHONE, 2443, 2100);
        p.target.server_port = 0;
        p.target.server_shift = -443;
        pf_commit(&p);
        dialled(PHONE, 2443, 2000);
}

static void it_is_forgotten_with_the_phone(void **state UNUSED)
{
        const struct punt_msg none = { .kind = PUNT_SECURE_VOID };

        tell(PHONE, SECURE_SCCP, SECURE_SCCP, MINUTE);
        wf_advance(&p.wf, MINUTE - 1000);
        dialled(PHONE, 2443, 2000);
        wf_advance(&p.wf, 2000);
        dialled(PHONE, 2443, 2443);
        tell(PHONE, 0, 0, MINUTE); /* known again, of another file */
        dialled(PHONE, 2443, 2443);
        tell(PHONE, SECURE_SCCP, SECURE_SCCP, MINUTE);
        assert_true(ring_push(link_[0].to_dp, &none));
        worker_step(p.wf.w);
        dialled(PHONE, 2443, 2443);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(all_that_a_phone_asks_is_one_workers, up, down),
                cmocka_unit_test_setup_teardown(a_phone_without_security_is_spoken_for_in_clear, up, down),
                cmocka_unit_test_setup_teardown(the_latest_file_counts, up, down),
                cmocka_unit_test_setup_teardown(a_file_of_nobody_enters_nobody, up, down),
                cmocka_unit_test_setup_teardown(what_goes_elsewhere_stays_there, up, down),
                cmocka_unit_test_setup_teardown(it_is_forgotten_with_the_phone, up, down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
