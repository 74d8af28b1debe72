/* Proxied TCP on the real path: pseudo pairs, both legs, flow ids, ends. The test is client, server and private
 * kernel. */
#include "tests/support/test.h"

#include "platform/net/tun.h"
#include "proxy/punt/punt.h"
#include "tests/path/support/path_conf.h"
#include "tests/path/support/path_fixture.h"

static const char config[] =
        "object network cuma\n"
        " host 10.0.0.5\n"
        " nat (inside,outside) static 192.0.2.140\n"
        "access-list outside_in extended permit tcp any host 10.0.0.5 eq 5443\n"
        "access-list outside_in extended permit tcp any host 10.0.0.5 eq 80\n"
        "access-group outside_in in interface outside\n" PX_TLS_PROXY "policy-map global_policy\n" PX_MMP;

static struct path_fixture fx;

static int setup(void **state)
{
        char text[8192];

        snprintf(text, sizeof text, "%s%s", px_base, config);
        px_start(&fx, text, true);
        *state = &fx;
        return 0;
}

static int teardown(void **state)
{
        px_stop(*state);
        return 0;
}

/* SYN of a client to the mapped address; what the private kernel gets. */
static struct pb_view client_syn(struct path_fixture *f, uint16_t sport, uint8_t *buf)
{
        struct pb p = px_pb(f, 0, "192.0.2.10", sport, "192.0.2.140", 5443, IPPROTO_TCP_);
        struct pb_view v;

        p.flags = PB_SYN;
        p.seq = 1000;
        px_send_pb(f, 0, p);
        assert_true(px_take_tun(f, buf, 2048, &v));
        return v;
}

static struct pb kernel_pb(const struct pb_view *to_kernel, uint8_t flags)
{
        struct pb p = pb_of("240.0.0.1", to_kernel->dport, "240.0.0.1", to_kernel->sport, IPPROTO_TCP_);

        p.dst = to_kernel->src;
        p.flags = flags;
        p.seq = 5000;
        p.ack = to_kernel->seq + 1;
        return p;
}

static void syn_goes_to_the_private_kernel_only(void **state)
{
        struct path_fixture *f = *state;
        uint8_t buf[2048];
        struct pb_view v = client_syn(f, 40000, buf), out;

        assert_int_equal(v.dst.v4, PSEUDO_KERNEL);
        assert_int_equal(v.dport, PUNT_LISTEN_PORT);
        assert_int_equal(pseudo_leg(v.src.v4), 0);
        assert_int_equal(v.src.v4 >> 28, 0xF);
        assert_true(v.sport >= PSEUDO_PORT_BASE && v.sport <= PSEUDO_PORT_BASE + 255);
        assert_true(v.ip_ok && v.l4_ok);
        assert_false(px_take(f, 1, &out)); /* accept first: the server hears nothing yet */
}

static void answers_of_the_kernel_wear_the_mapped_address(void **state)
{
        struct path_fixture *f = *state;
        uint8_t buf[2048];
        struct pb_view syn = client_syn(f, 40001, buf), v;

        px_send_tun(f, kernel_pb(&syn, PB_SYN | PB_ACK));
        assert_true(px_take(f, 0, &v));
        assert_int_equal(v.src.v4, pb_addr("192.0.2.140").v4);
        assert_int_equal(v.sport, 5443);
        assert_int_equal(v.dst.v4, pb_addr("192.0.2.10").v4);
        assert_int_equal(v.dport, 40001);
        assert_true(v.ip_ok && v.l4_ok);
}

static void server_leg_goes_to_the_real_server(void **state)
{
        struct path_fixture *f = *state;
        uint8_t buf[2048];
        struct pb_view syn = client_syn(f, 40002, buf), v;
        struct pb p = kernel_pb(&syn, PB_SYN);

        p.sport = 55555; /* the kernel's choice */
        p.dst.v4 |= 1u << 27;
        p.ack = 0;
        px_send_tun(f, p);
        assert_true(px_take(f, 1, &v));
        assert_int_equal(v.src.v4, pb_addr("192.0.2.10").v4);
        assert_int_equal(v.dst.v4, pb_addr("10.0.0.5").v4);
        assert_int_equal(v.sport, 40002);
        assert_int_equal(v.dport, 5443);
        assert_true(v.ip_ok && v.l4_ok);
        /* and the server's answer comes back to that socket */
        p = px_pb(f, 1, "10.0.0.5", 5443, "192.0.2.10", 40002, IPPROTO_TCP_);
        p.flags = PB_SYN | PB_ACK;
        p.seq = 9;
        p.ack = 5001;
        px_send_pb(f, 1, p);
        assert_true(px_take_tun(f, buf, sizeof buf, &v));
        assert_int_equal(v.dport, 55555);
        assert_int_equal(pseudo_leg(v.src.v4), 1);
}

static void another_generation_is_stale(void **state)
{
        struct path_fixture *f = *state;
        uint8_t buf[2048];
        struct pb_view syn = client_syn(f, 40003, buf), v;
        struct pb p = kernel_pb(&syn, PB_SYN | PB_ACK);
        uint64_t before = px_drops(f, DROP_PUNT_STALE);

        p.dport = (uint16_t)(p.dport == PSEUDO_PORT_BASE + 255u ? PSEUDO_PORT_BASE : p.dport + 1u);
        px_send_tun(f, p);
        assert_false(px_take(f, 0, &v));
        assert_int_equal(px_drops(f, DROP_PUNT_STALE), before + 1);
}

static void foreign_kernel_packets_are_stale(void **state)
{
        struct path_fixture *f = *state;
        uint64_t before = px_drops(f, DROP_PUNT_STALE);
        struct pb p = pb_of("240.0.0.1", 5, "240.1.2.3", 32768, IPPROTO_TCP_);

        p.flags = PB_ACK;
        px_send_tun(f, p);
        p = pb_of("10.9.9.9", 5, "240.0.0.3", 32769, IPPROTO_TCP_);
        p.flags = PB_ACK;
        px_send_tun(f, p);
        assert_int_equal(px_drops(f, DROP_PUNT_STALE), before + 2);
}

static void half_open_flows_end_and_ids_come_back(void **state)
{
        struct path_fixture *f = *state;
        uint8_t buf[2048];
        struct punt_stat st;

        for (uint16_t i = 0; i < 40; i++)
                client_syn(f, (uint16_t)(41000 + i), buf);
        punt_stat(f->w->punt, &st);
        assert_int_equal(st.flows, 40);
        assert_int_equal(conn_count(f->w->conns), 40);
        px_advance(f, 120000); /* embryonic timeout, handshake deadline, linger */
        while (px_take_tun(f, buf, sizeof buf, &(struct pb_view){ 0 }))
                ;
        punt_stat(f->w->punt, &st);
        assert_int_equal(conn_count(f->w->conns), 0);
        assert_int_equal(st.flows, 0);
        assert_int_equal(st.waiting_gone, 0);
}

static void undecrypted_ports_are_forwarded(void **state)
{
        struct path_fixture *f = *state;
        struct pb p = px_pb(f, 0, "192.0.2.10", 40010, "192.0.2.140", 80, IPPROTO_TCP_);
        struct pb_view v;

        p.flags = PB_SYN;
        px_send_pb(f, 0, p);
        assert_true(px_take(f, 1, &v));
        assert_int_equal(v.dst.v4, pb_addr("10.0.0.5").v4);
        assert_int_equal(v.ttl, 63);
        assert_true(v.ip_ok && v.l4_ok);
}

static void acl_denies_before_anything_is_built(void **state)
{
        struct path_fixture *f = *state;
        struct pb p = px_pb(f, 0, "192.0.2.10", 40011, "192.0.2.140", 22, IPPROTO_TCP_);
        struct pb_view v;

        p.flags = PB_SYN;
        px_send_pb(f, 0, p);
        assert_false(px_take(f, 1, &v));
        assert_int_equal(px_drops(f, DROP_ACL), 1);
        assert_int_equal(conn_count(f->w->conns), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(syn_goes_to_the_private_kernel_only, setup, teardown),
                cmocka_unit_test_setup_teardown(answers_of_the_kernel_wear_the_mapped_address, setup, teardown),
                cmocka_unit_test_setup_teardown(server_leg_goes_to_the_real_server, setup, teardown),
                cmocka_unit_test_setup_teardown(another_generation_is_stale, setup, teardown),
                cmocka_unit_test_setup_teardown(foreign_kernel_packets_are_stale, setup, teardown),
                cmocka_unit_test_setup_teardown(half_open_flows_end_and_ids_come_back, setup, teardown),
                cmocka_unit_test_setup_teardown(undecrypted_ports_are_forwarded, setup, teardown),
                cmocka_unit_test_setup_teardown(acl_denies_before_anything_is_built, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
