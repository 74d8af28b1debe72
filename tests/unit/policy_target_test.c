/* What the names on an inspect line do to a flow: who is let in first, which port the server leg dials, what is
 * refused. */
#include "tests/support/test.h"

#include "platform/base/str.h"
#include "tests/support/policy_fixture.h"

#define CLIENT "192.0.2.50"
#define SERVER "10.1.1.2"

static struct policy_fixture p;
static struct inspect_conf *line;
static uint8_t f[2048];

static int prepare(void **state UNUSED)
{
        pf_init(&p);
        pf_ace(&p, "all", "permit ip any any");
        pf_bind(&p, "all", "in", "outside");
        pf_class_map(&p, "all", CM_ANY);
        line = pf_inspect(pf_class(&p, "outside", "all"), INSPECT_SIP, NULL);
        p.target = (struct inspect_target){ .tls_proxy_id = 77, .phone_proxy_id = 88, .map_id = 99 };
        return 0;
}

static int stop(void **state UNUSED)
{
        pf_stop(&p);
        return 0;
}

static void named(const char *tls_proxy, const char *phone_proxy)
{
        str_copy(line->tls_proxy, sizeof line->tls_proxy, tls_proxy);
        str_copy(line->phone_proxy, sizeof line->phone_proxy, phone_proxy);
}

/* The conn that a first packet builds; NULL: it was refused. */
static const struct conn *dial(uint8_t proto, uint16_t port)
{
        static uint16_t sport = 40000;
        unsigned before = p.taken;
        size_t n;

        sport++;
        n = proto == IPPROTO_TCP_ ? pb_tcp(f, sizeof f, CLIENT, sport, SERVER, port, PB_SYN, 1, 0, NULL, 0)
                                  : pb_udp(f, sizeof f, CLIENT, sport, SERVER, port, "x", 1);
        wf_send(&p.wf, 0, f, n);
        wf_clear(&p.wf);
        return p.taken == before ? NULL : p.last_taken;
}

/* The port at the server's end of a TCP flow to this port. */
static unsigned server_port(uint16_t dialled)
{
        const struct conn *c = dial(IPPROTO_TCP_, dialled);

        assert_non_null(c);
        assert_int_equal(c->side[0].key.dport, dialled); /* what the client sees stays */
        return c->side[1].key.sport;
}

static void without_names_the_server_is_dialled_first(void **state UNUSED)
{
        const struct conn *c;

        p.target.server_port = 7;
        p.target.server_shift = -1;
        pf_start(&p);
        c = dial(IPPROTO_TCP_, 5060);
        assert_non_null(c);
        assert_true(c->action == CONN_PUNT && c->client_waits && !c->accept_first);
        assert_int_equal(c->side[1].key.sport, 5060); /* nobody moves the port of a flow in the clear */
        assert_true(c->tls_proxy_id == 0 && c->phone_proxy_id == 0 && c->map_id == 99);
        c = dial(IPPROTO_UDP_, 5060);
        assert_true(c && c->action == CONN_INSPECT && !c->client_waits && c->side[1].key.sport == 5060);
}

static void a_tls_proxy_lets_the_client_in_first(void **state UNUSED)
{
        const struct conn *c;

        named("tp", "");
        pf_start(&p);
        c = dial(IPPROTO_TCP_, 5061);
        assert_true(c && c->accept_first && !c->client_waits && c->tls_proxy_id == 77);
        assert_int_equal(c->side[1].key.sport, 5061);
        p.target.server_port = 5060; /* `client cleartext 5060` */
        pf_commit(&p);
        assert_int_equal(server_port(5061), 5060);
        assert_int_equal(server_port(6000), 5060);
        c = dial(IPPROTO_UDP_, 5061); /* TLS is of TCP */
        assert_true(c && c->side[1].key.sport == 5061);
}

static void a_nonsecure_cluster_listens_beside(void **state UNUSED)
{
        const struct conn *c;

        named("", "phones");
        p.target.server_shift = -1;
        pf_start(&p);
        c = dial(IPPROTO_TCP_, 5061);
        assert_true(c && c->accept_first && c->phone_proxy_id == 88);
        assert_int_equal(c->side[1].key.sport, 5060);
        p.target.server_shift = -443;
        pf_commit(&p);
        assert_int_equal(server_port(2443), 2000);
        assert_int_equal(server_port(100), 100); /* there is no such port */
        assert_int_equal(server_port(443), 443);
        assert_int_equal(server_port(444), 1);
        p.target.server_shift = 0; /* mixed */
        pf_commit(&p);
        assert_int_equal(server_port(5061), 5061);
}

static void names_of_nothing_are_refused(void **state UNUSED)
{
        named("", "gone");
        p.target.phone_proxy_id = 0;
        pf_start(&p);
        assert_null(dial(IPPROTO_TCP_, 5061));
        assert_null(dial(IPPROTO_UDP_, 5060)); /* datagrams are no way round it */
        assert_int_equal(conn_count(p.wf.w->conns), 0);
        assert_int_equal(wf_drops(&p.wf, DROP_INSPECT), 2);
        p.target.phone_proxy_id = 88;
        pf_commit(&p);
        assert_non_null(dial(IPPROTO_TCP_, 5061));
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, prepare, stop)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(without_names_the_server_is_dialled_first),
                T(a_tls_proxy_lets_the_client_in_first),
                T(a_nonsecure_cluster_listens_beside),
                T(names_of_nothing_are_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
