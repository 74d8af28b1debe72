/*
 * The nth allocation fails: from the first part that is made to the last frame. What was asked for works, or is
 * refused with an error; nothing crashes, nothing stays behind, and a failed commit leaves the old configuration in
 * force.
 */
#include "tests/support/test.h"

#include <fcntl.h>

#include "cli/conf/commit.h"
#include "cli/session/session.h"
#include "cli/conf/store.h"
#include "platform/base/mem.h"
#include "platform/boot/box_setup.h"
#include "tests/support/pktbuild.h"

#define RUNS_MAX 600u /* of one test: a longer count is strided */

static const char config[] = "hostname ciscoasa\n"
                             "domain-name example.com\n"
                             "enable password cisco123\n"
                             "username admin password cisco123 privilege 15\n"
                             "interface GigabitEthernet0/0\n"
                             " nameif outside\n"
                             " security-level 0\n"
                             " ip address 192.0.2.1 255.255.255.0\n"
                             " no shutdown\n"
                             "interface GigabitEthernet0/1\n"
                             " nameif inside\n"
                             " security-level 100\n"
                             " ip address 10.0.0.1 255.255.255.0\n"
                             " no shutdown\n"
                             "route outside 0.0.0.0 0.0.0.0 192.0.2.254 1\n"
                             "dns domain-lookup inside\n"
                             "dns server-group DefaultDNS\n"
                             " name-server 10.0.0.53\n"
                             "ntp server 10.0.0.123 source inside\n"
                             "aaa authentication ssh console LOCAL\n"
                             "ssh 10.0.0.0 255.255.255.0 inside\n"
                             "logging enable\n"
                             "logging timestamp\n"
                             "logging list loglist message 725001-725014\n"
                             "logging buffer-size 1000000\n"
                             "logging buffered debugging\n"
                             "object network obj-10.1.1.2-01\n"
                             " host 10.0.0.5\n"
                             " nat (inside,outside) static 192.0.2.140\n"
                             "object network all\n"
                             " subnet 10.0.0.0 255.255.255.0\n"
                             " nat (inside,outside) dynamic 192.0.2.200\n"
                             "object-group network hosts\n"
                             " network-object host 10.0.0.5\n"
                             " network-object object all\n"
                             "access-list outside_in extended permit tcp any host 10.0.0.5 eq 5443\n"
                             "access-list outside_in extended permit udp any object-group hosts range 60 90 log\n"
                             "access-group outside_in in interface outside\n"
                             "crypto ca trustpoint cuma_proxy\n"
                             " enrollment self\n"
                             " subject-name cn=cuma.example.com\n"
                             "crypto key generate rsa modulus 512\n"
                             "crypto ca enroll cuma_proxy noconfirm\n"
                             "tls-proxy cuma_proxy\n"
                             " server trust-point cuma_proxy\n"
                             " no server authenticate-client\n"
                             " client cipher-suite aes128-sha1 aes256-sha1\n"
                             "class-map cuma_proxy\n"
                             " match port tcp eq 5443\n"
                             "class-map inspection_default\n"
                             " match default-inspection-traffic\n"
                             "policy-map global_policy\n"
                             " class inspection_default\n"
                             "  inspect tftp\n"
                             " class cuma_proxy\n"
                             "  inspect mmp tls-proxy cuma_proxy\n"
                             "service-policy global_policy global\n";

struct lab {
        struct clock_virtual time;
        struct clock clk;
        struct rng_fixed seed;
        struct rng rng;
        struct parts parts;
        struct box box;
        struct box_setup setup;
        struct port *port[2];
};

static struct lab lab;

/* ---- the parts of a life ---- */

static int ports_add(struct err *e)
{
        for (unsigned i = 0; i < 2; i++) {
                char name[32];
                struct iface_binding *b;

                snprintf(name, sizeof name, "GigabitEthernet0/%u", i);
                b = iface_bind(&lab.setup.bind, name);
                b->port = (uint16_t)i;
                b->mac = pb_mac((uint8_t)(0xA0 + i));
                b->link = true;
                lab.port[i] = port_mem_new(name, false);
                if (!lab.port[i])
                        return err_nomem(e, "a port");
                lab.port[i]->mac = b->mac;
                if (worker_add_port(lab.parts.worker[0], i, lab.port[i], e) < 0) {
                        lab.port[i]->ops->close(lab.port[i]);
                        return -1;
                }
        }
        return store_add_ports(lab.box.store, &lab.setup.bind, e);
}

/* -1: it did not start, and nothing of it is left. */
static int start(struct err *e)
{
        struct parts_conf c = { .nworkers = 1, .nproxies = 1, .conns_max = 256, .pkts_small = 128, .pkts_big = 4 };

        memset(&lab, 0, sizeof lab);
        lab.time = (struct clock_virtual){ .mono = 1000000000, .wall = 1700000000000000000 };
        lab.clk = clock_of_virtual(&lab.time);
        lab.seed.state = 7;
        lab.rng = rng_of_fixed(&lab.seed);
        c.clk = &lab.clk;
        c.rng = &lab.rng;
        if (parts_start(&lab.parts, &c, e) < 0)
                return -1;
        if (box_setup(&lab.box, &lab.setup, &lab.parts, &lab.clk, &lab.rng, NULL, e) < 0) {
                parts_stop(&lab.parts);
                return -1;
        }
        lab.box.hash_rounds = 1;
        if (ports_add(e) == 0)
                return 0;
        box_teardown(&lab.box, &lab.setup);
        parts_stop(&lab.parts);
        return -1;
}

static void stop(void)
{
        box_teardown(&lab.box, &lab.setup);
        parts_stop(&lab.parts);
}

static unsigned load(const char *text)
{
        struct load_report rep = { 0 };

        box_load(&lab.box, &lab.setup, text, strlen(text), &rep);
        return rep.errors;
}

static void settle(void)
{
        for (unsigned i = 0; i < 8; i++) {
                worker_step(lab.parts.worker[0]);
                proxy_step(lab.parts.proxy[0], 0);
        }
        log_step(lab.parts.log);
}

static void put(unsigned port, uint8_t *f, size_t n)
{
        memcpy(f, lab.port[port]->mac.b, 6);
        port_mem_inject(lab.port[port], f, n, NULL); /* may be lost: its memory comes from the same heap */
        settle();
}

/* Neighbours say who they are, so that nothing waits for them. */
static void neighbours(void)
{
        uint8_t f[256];

        put(0, f, pb_arp(f, sizeof f, 1, pb_mac(9), "192.0.2.10", pb_mac(0), "192.0.2.1"));
        put(0, f, pb_arp(f, sizeof f, 1, pb_mac(8), "192.0.2.254", pb_mac(0), "192.0.2.1"));
        put(1, f, pb_arp(f, sizeof f, 1, pb_mac(7), "10.0.0.5", pb_mac(0), "10.0.0.1"));
        put(1, f, pb_arp(f, sizeof f, 1, pb_mac(6), "10.0.0.9", pb_mac(0), "10.0.0.1"));
}

static void frames(uint16_t port)
{
        uint8_t f[256];

        neighbours();
        put(0, f, pb_tcp(f, sizeof f, "192.0.2.10", port, "192.0.2.140", 5443, PB_SYN, 1, 0, NULL, 0));
        put(0, f, pb_tcp(f, sizeof f, "192.0.2.10", port, "192.0.2.140", 22, PB_SYN, 1, 0, NULL, 0));
        put(0, f, pb_udp(f, sizeof f, "192.0.2.10", port, "192.0.2.140", 69, "\0\1file\0octet", 13));
        put(1, f, pb_udp(f, sizeof f, "10.0.0.9", port, "198.51.100.1", 53, "x", 1));
        put(0, f, pb_echo(f, sizeof f, "192.0.2.10", "192.0.2.1", false, port, 1));
}

/* How many datagrams come out of a port now. */
static unsigned taken(unsigned port)
{
        uint8_t f[2048];
        struct pb_view v;
        unsigned n = 0;
        size_t len;

        while ((len = port_mem_take(lab.port[port], f, sizeof f, NULL)))
                n += pb_parse(f, len, false, &v) && v.ethertype == 0x0800;
        return n;
}

static void end_all_conns(void)
{
        static const struct conn_filter all;
        uint32_t cursor = 0;
        bool end = false;

        while (!end)
                conn_clear(lab.parts.worker[0], &cursor, &all, CONN_END_CLEARED, &end);
        settle();
}

static uint64_t stride_of(uint64_t count)
{
        return count / RUNS_MAX + 1;
}

/* ---- tests ---- */

static void starting(void **state UNUSED)
{
        uint64_t blocks = mem_live_blocks(), n = 0;
        struct err e;
        int rc;

        do {
                e = (struct err){ 0 };
                mem_fail_nth(++n, false);
                rc = start(&e);
                mem_fail_nth(0, false);
                if (rc == 0)
                        stop();
                else if (!e.text[0])
                        fail_msg("allocation %u: no reason is given", (unsigned)n);
                if (mem_live_blocks() != blocks)
                        fail_msg("allocation %u: %d blocks left", (unsigned)n, (int)(mem_live_blocks() - blocks));
        } while (rc < 0);
        assert_true(n > 50);
}

/* Configuration, commit, frames; from the nth allocation on once, or for the rest. How many there were. */
static uint64_t life(uint64_t n, bool forever)
{
        uint64_t blocks = mem_live_blocks(), count;
        struct err e = { 0 };

        assert_int_equal(start(&e), 0);
        mem_fail_nth(n, forever);
        load(config);
        if (commit_run(lab.box.commit, &e) < 0 && !e.text[0])
                fail_msg("allocation %u: the commit gives no reason", (unsigned)n);
        settle();
        frames(1000);
        count = mem_fail_count();
        mem_fail_nth(0, false);
        end_all_conns();
        stop();
        if (mem_live_blocks() != blocks)
                fail_msg("allocation %u: %d blocks left", (unsigned)n, (int)(mem_live_blocks() - blocks));
        return count;
}

static void living(void **state UNUSED)
{
        uint64_t count = life(1u << 30, false), step = stride_of(count);

        assert_true(count > 500);
        for (uint64_t n = 1; n <= count; n += step)
                life(n, false);
        for (uint64_t n = 1; n <= count; n += step * 8)
                life(n, true);
}

/* What is refused for want of memory says so; loading the same again gives the whole configuration. */
static void a_second_try_succeeds(void **state UNUSED)
{
        uint64_t count = life(1u << 30, false), step = stride_of(count) * 8;

        for (uint64_t n = 1; n <= count; n += step) {
                struct err e = { 0 };

                assert_int_equal(start(&e), 0);
                mem_fail_nth(n, false);
                load(config);
                commit_run(lab.box.commit, &e);
                mem_fail_nth(0, false);
                if (load(config))
                        fail_msg("allocation %u: the second load is refused", (unsigned)n);
                assert_int_equal(commit_run(lab.box.commit, &e), 0);
                frames(1000);
                assert_int_equal(conn_count(lab.parts.worker[0]->conns), 3);
                assert_true(taken(0) >= 2 && taken(1) >= 1);
                end_all_conns();
                stop();
        }
}

/* A commit that fails leaves what was in force, to the last packet; the same commit succeeds when there is memory. */
static void a_failed_commit_keeps_the_old(void **state UNUSED)
{
        static const char edit[] = "access-list outside_in extended permit tcp any host 10.0.0.5 eq 22\n"
                                   "object network more\n host 10.0.0.6\n nat (inside,outside) static 192.0.2.141\n"
                                   "tls-proxy cuma_proxy\n client cipher-suite aes256-sha1\n";
        const struct snapshot *before;
        uint64_t n = 0, failed = 0;
        struct err e = { 0 };
        int rc;

        assert_int_equal(start(&e), 0);
        assert_int_equal(load(config), 0);
        assert_int_equal(commit_run(lab.box.commit, &e), 0);
        assert_int_equal(load(edit), 0);
        before = snap_current(lab.box.hub);
        do {
                mem_fail_nth(++n, false);
                rc = commit_run(lab.box.commit, &e);
                mem_fail_nth(0, false);
                if (rc == 0)
                        break;
                failed++;
                assert_ptr_equal(snap_current(lab.box.hub), before);
                frames((uint16_t)(1000 + n));
                assert_int_equal(conn_count(lab.parts.worker[0]->conns), 3);
                end_all_conns();
                taken(0);
                taken(1);
        } while (n < 5000);
        assert_int_equal(rc, 0);
        assert_true(failed > 20);
        assert_ptr_not_equal(snap_current(lab.box.hub), before);
        frames(999);
        assert_int_equal(conn_count(lab.parts.worker[0]->conns), 4); /* port 22 is open now */
        stop();
}

/* ---- the operator's commands ---- */

static void command(const char *line, uint64_t n, uint64_t *count)
{
        struct session_opts o = { .privileged = true };
        struct term *t = term_open_fds(-1, open("/dev/null", O_WRONLY | O_CLOEXEC), NULL, NULL);
        struct session *s = t ? session_new(&lab.box, t, &o) : NULL;

        assert_non_null(s);
        mem_fail_nth(n, false);
        session_line(s, line);
        *count = mem_fail_count();
        mem_fail_nth(0, false);
        session_free(s);
        term_close(t);
}

static void commands(void **state UNUSED)
{
        static const char *const line[] = {
                "show running-config",
                "show conn",
                "show xlate",
                "show nat detail",
                "show access-list",
                "show logging",
                "show interface",
                "show service-policy",
                "show crypto ca certificates",
                "show tls-proxy session detail",
                "packet-tracer input outside tcp 192.0.2.10 5000 192.0.2.140 5443",
                "capture wire interface outside match tcp any any",
                "show capture wire",
                "no capture wire",
                "clear conn all",
                "clear xlate",
                "show configuration inert",
                "show memory detail",
        };
        struct err e = { 0 };

        assert_int_equal(start(&e), 0);
        assert_int_equal(load(config), 0);
        assert_int_equal(commit_run(lab.box.commit, &e), 0);
        frames(1000);
        for (size_t i = 0; i < ARRAY_LEN(line); i++) {
                uint64_t count = 1, n;

                for (n = 1; n <= count && n <= 400; n++)
                        command(line[i], n, &count);
                command("no capture wire", 0, &count);
                settle();
        }
        end_all_conns();
        stop();
}

static uint64_t blocks_before;

static int count_before(void **state UNUSED)
{
        blocks_before = mem_live_blocks();
        return 0;
}

static int nothing_left(void **state UNUSED)
{
        assert_int_equal(mem_live_blocks(), blocks_before);
        return 0;
}

#define T(x) cmocka_unit_test_setup_teardown(x, count_before, nothing_left)

int main(void)
{
        const struct CMUnitTest tests[] = {
                T(starting), T(living), T(a_second_try_succeeds), T(a_failed_commit_keeps_the_old), T(commands),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
