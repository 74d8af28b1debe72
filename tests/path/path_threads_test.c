/*
 * Two dataplane workers, two proxy workers, the log and the control thread at work, packets coming in, while consoles
 * commit, look, clear and capture. Nothing is timed: so many rounds, then everything stops and must be gone. TSan and
 * ASan look on.
 */
#include "tests/support/test.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/commit.h"
#include "cli/session.h"
#include "cli/store.h"
#include "platform/base/file.h"
#include "platform/base/mem.h"
#include "pki/pem.h"
#include "platform/base/str.h"
#include "platform/boot/box_setup.h"
#include "tests/support/console_fixture.h"
#include "tests/support/pktbuild.h"

#define WORKERS 2u
#define PORTS 2u
#ifdef __SANITIZE_THREAD__
#define ROUNDS 6u
#else
#define ROUNDS 12u
#endif
#define FRAMES 64u /* a turn of the injector */

static const char config[] = "interface GigabitEthernet0/0\n"
                             " nameif outside\n"
                             " security-level 0\n"
                             " ip address 192.0.2.1 255.255.255.0\n"
                             " no shutdown\n"
                             "interface GigabitEthernet0/1\n"
                             " nameif inside\n"
                             " security-level 100\n"
                             " ip address 10.0.0.1 255.255.255.0\n"
                             " no shutdown\n"
                             "logging enable\n"
                             "logging buffered debugging\n"
                             "object network cuma\n"
                             " host 10.0.0.5\n"
                             " nat (inside,outside) static 192.0.2.140\n"
                             "object network all\n"
                             " subnet 10.0.0.0 255.255.255.0\n"
                             " nat (inside,outside) dynamic 192.0.2.200\n"
                             "access-list outside_in extended permit tcp any host 10.0.0.5 eq 5443\n"
                             "access-list outside_in extended permit udp any host 10.0.0.5\n"
                             "access-group outside_in in interface outside\n"
                             "crypto ca trustpoint ours\n"
                             " enrollment self\n"
                             " subject-name cn=cuma.example.com\n"
                             "crypto key generate rsa modulus 1024\n"
                             "crypto ca enroll ours noconfirm\n"
                             "tls-proxy cuma_proxy\n"
                             " server trust-point ours\n"
                             " no server authenticate-client\n"
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
        struct parts parts;
        struct box box;
        struct box_setup setup;
        struct port *port[WORKERS][PORTS], *tun[WORKERS];
        pthread_t dp[WORKERS], proxy[WORKERS], log, control, injector, viewer;
        atomic_bool stop_helpers, stop_injector, stop_viewer;
        atomic_uint turns, looks, errors;
        char *paste; /* a PKCS#12 file in base64 */
};

static struct lab lab;

/* ---- start ---- */

static void add_ports(void)
{
        struct err e = { 0 };

        for (unsigned i = 0; i < PORTS; i++) {
                char name[32];
                struct iface_binding *b;

                snprintf(name, sizeof name, "GigabitEthernet0/%u", i);
                b = iface_bind(&lab.setup.bind, name);
                b->port = (uint16_t)i;
                b->mac = pb_mac((uint8_t)(0xA0 + i));
                b->link = true;
                for (unsigned w = 0; w < WORKERS; w++) {
                        lab.port[w][i] = port_mem_new(name, false);
                        lab.port[w][i]->mac = b->mac;
                        assert_int_equal(worker_add_port(lab.parts.worker[w], i, lab.port[w][i], &e), 0);
                }
        }
        for (unsigned w = 0; w < WORKERS; w++) {
                lab.tun[w] = port_mem_new("tun", true);
                lab.tun[w]->mtu = 1500;
                lab.parts.worker[w]->tun = lab.tun[w];
                assert_int_equal(worker_open_wake(lab.parts.worker[w], &e), 0);
        }
}

static void start(void)
{
        struct parts_conf c = { .clk = &clock_system,
                                .rng = &rng_system,
                                .nworkers = WORKERS,
                                .nproxies = WORKERS,
                                .conns_max = 8192,
                                .pkts_small = 2048,
                                .pkts_big = 16 };
        struct load_report rep = { 0 };
        struct err e = { 0 };

        memset(&lab, 0, sizeof lab);
        if (parts_start(&lab.parts, &c, &e) < 0 ||
            box_setup(&lab.box, &lab.setup, &lab.parts, &clock_system, &rng_system, NULL, &e) < 0)
                fail_msg("start: %s", e.text);
        add_ports();
        assert_int_equal(store_add_ports(lab.box.store, &lab.setup.bind, &e), 0);
        assert_int_equal(box_load(&lab.box, &lab.setup, config, strlen(config), &rep), 0);
        assert_int_equal(commit_run(lab.box.commit, &e), 0);
}

static void read_paste(void)
{
        struct err e = { 0 };
        uint8_t *der;
        struct wbuf w;
        size_t n;

        assert_int_equal(file_read(TEST_DATA "/pki/new.p12", 1 << 20, &der, &n, &e), 0);
        lab.paste = calloc(1, n * 2);
        w = wbuf_of(lab.paste, n * 2);
        base64_write(der, n, &w);
        mem_free_secret(der);
}

/* ---- threads ---- */

static void *run_dp(void *w)
{
        worker_run(w);
        return NULL;
}

static void *run_proxy(void *p)
{
        proxy_run(p);
        return NULL;
}

static void *run_log(void *arg UNUSED)
{
        while (!atomic_load(&lab.stop_helpers))
                if (!log_step(lab.parts.log))
                        usleep(1000);
        return NULL;
}

static void *run_control(void *arg UNUSED)
{
        struct err e = { 0 };

        while (!atomic_load(&lab.stop_helpers)) {
                pthread_mutex_lock(&lab.box.conf_lock);
                commit_poll(lab.box.commit, &e);
                pthread_mutex_unlock(&lab.box.conf_lock);
                snap_reclaim(lab.parts.hub);
                usleep(1000);
        }
        return NULL;
}

static void put(unsigned w, unsigned port, uint8_t *frame, size_t n)
{
        memcpy(frame, lab.port[w][port]->mac.b, 6);
        port_mem_inject(lab.port[w][port], frame, n, NULL);
}

/* What the box asks is answered, what it sends is thrown away. */
static void drain(unsigned w)
{
        uint8_t f[2048], a[64];
        char spa[ADDR_TEXT_MAX], tpa[ADDR_TEXT_MAX];
        struct pb_view v;
        size_t n;

        while (port_mem_take(lab.tun[w], f, sizeof f, NULL))
                continue;
        for (unsigned i = 0; i < PORTS; i++)
                while ((n = port_mem_take(lab.port[w][i], f, sizeof f, NULL))) {
                        if (!pb_parse(f, n, false, &v) || v.ethertype != 0x0806 || v.arp_op != 1)
                                continue;
                        n = pb_arp(a, sizeof a, 2, pb_mac(9), addr_print(&v.tpa, tpa), v.sha,
                                   addr_print(&v.spa, spa));
                        put(w, i, a, n);
                }
}

/* Flows that are forwarded both ways, inspected, terminated, refused. */
static void *run_injector(void *arg UNUSED)
{
        uint8_t f[2048];
        uint16_t port = 1024;

        while (!atomic_load(&lab.stop_injector)) {
                for (unsigned k = 0; k < FRAMES; k++) {
                        unsigned w = k % WORKERS;

                        port = port == 60000 ? 1024 : (uint16_t)(port + 1);
                        put(w, 0, f,
                            pb_tcp(f, sizeof f, "192.0.2.10", port, "192.0.2.140", 5443, PB_SYN, 1, 0, NULL, 0));
                        put(w, 0, f, pb_udp(f, sizeof f, "192.0.2.10", port, "192.0.2.140", 69, "\0\1f\0octet", 10));
                        put(w, 0, f,
                            pb_tcp(f, sizeof f, "192.0.2.10", port, "192.0.2.140", 22, PB_SYN, 1, 0, NULL, 0));
                        put(w, 0, f, pb_echo(f, sizeof f, "192.0.2.10", "192.0.2.1", false, port, 1));
                        put(w, 1, f, pb_udp(f, sizeof f, "10.0.0.9", port, "192.0.2.10", 53, "x", 1));
                }
                for (unsigned w = 0; w < WORKERS; w++)
                        drain(w);
                atomic_fetch_add(&lab.turns, 1);
                usleep(500);
        }
        return NULL;
}

/* ---- consoles ---- */

static char *type(const char *script)
{
        struct session_opts o = { .privileged = true };

        return console_script(&lab.box, &o, script);
}

static void *run_viewer(void *arg UNUSED)
{
        static const char script[] =
                "show conn\nshow xlate\nshow nat\nshow access-list\nshow asp drop\nshow capture\n"
                "show capture steady count 3\nshow tls-proxy session detail\nshow interface\nshow arp\n"
                "show service-policy\nshow logging\nshow running-config\nshow memory\nclear conn all\n"
                "packet-tracer input outside tcp 192.0.2.10 5000 192.0.2.140 5443\n"
                "clear xlate\nclear arp\nshow counters\nclear tls-proxy session\n";

        while (!atomic_load(&lab.stop_viewer)) {
                char *text = type(script);

                atomic_fetch_add(strstr(text, "ERROR") ? &lab.errors : &lab.looks, 1);
                free(text);
        }
        return NULL;
}

static void edit(unsigned round)
{
        static char script[32768];
        char *text;

        snprintf(script, sizeof script,
                 "configure terminal\n"
                 "access-list outside_in line 1 extended %s tcp any host 10.0.0.5 eq %u\n"
                 "object network o%u\n"
                 " host 10.0.0.%u\n"
                 " nat (inside,outside) static 192.0.2.%u\n"
                 "policy-map global_policy\n"
                 " class cuma_proxy\n"
                 "  %s inspect mmp tls-proxy cuma_proxy\n"
                 "  inspect mmp tls-proxy cuma_proxy\n"
                 "crypto ca import fresh%u pkcs12 sample_passphrase\n%s\nquit\n"
                 "no object network o%u\n"
                 "no crypto ca trustpoint fresh%u noconfirm\n"
                 "end\n"
                 "capture wire type raw-data interface outside\n"
                 "capture dropped type asp-drop all\n"
                 "show capture\n"
                 "no capture wire\n"
                 "no capture dropped\n",
                 round % 2 ? "permit" : "deny", 6000 + round, round, 100 + round, 100 + round, round % 3 ? "no" : "",
                 round, lab.paste, round, round);
        text = type(script);
        if (strstr(text, "ERROR") || strstr(text, "Invalid input"))
                fail_msg("%s", text);
        free(text);
}

/* ---- the end ---- */

static void stop_threads(void)
{
        atomic_store(&lab.stop_viewer, true);
        pthread_join(lab.viewer, NULL);
        free(type("clear conn all\n"));
        atomic_store(&lab.stop_injector, true);
        pthread_join(lab.injector, NULL);
        for (unsigned i = 0; i < WORKERS; i++)
                proxy_stop(lab.parts.proxy[i]);
        for (unsigned i = 0; i < WORKERS; i++)
                pthread_join(lab.proxy[i], NULL);
        for (unsigned i = 0; i < WORKERS; i++) {
                atomic_store(&lab.parts.worker[i]->stop, true);
                worker_wake(lab.parts.worker[i]);
                pthread_join(lab.dp[i], NULL);
        }
        atomic_store(&lab.stop_helpers, true);
        pthread_join(lab.log, NULL);
        pthread_join(lab.control, NULL);
}

static void start_threads(void)
{
        for (unsigned i = 0; i < WORKERS; i++) {
                assert_int_equal(pthread_create(&lab.dp[i], NULL, run_dp, lab.parts.worker[i]), 0);
                assert_int_equal(pthread_create(&lab.proxy[i], NULL, run_proxy, lab.parts.proxy[i]), 0);
        }
        assert_int_equal(pthread_create(&lab.log, NULL, run_log, NULL), 0);
        assert_int_equal(pthread_create(&lab.control, NULL, run_control, NULL), 0);
        assert_int_equal(pthread_create(&lab.injector, NULL, run_injector, NULL), 0);
        assert_int_equal(pthread_create(&lab.viewer, NULL, run_viewer, NULL), 0);
}

/* With the threads gone the test steps everybody, until no flow is left on either side. */
static void empty_everything(void)
{
        for (unsigned n = 0; n < 20000; n++) {
                unsigned left = 0;

                for (unsigned i = 0; i < WORKERS; i++) {
                        static const struct conn_filter all;
                        struct worker *w = lab.parts.worker[i];
                        struct punt_stat st;
                        uint32_t cursor = 0;
                        bool end = false;

                        worker_step(w);
                        while (!end)
                                conn_clear(w, &cursor, &all, CONN_END_CLEARED, &end);
                        proxy_step(lab.parts.proxy[i], 0);
                        drain(i);
                        punt_stat(w->punt, &st);
                        left += conn_count(w->conns) + st.flows;
                }
                if (!left)
                        return;
        }
        fail_msg("flows are left");
}

static void did_something(void)
{
        uint64_t built = 0, denied = 0;

        for (unsigned i = 0; i < WORKERS; i++) {
                built += conn_most(lab.parts.worker[i]->conns);
                denied += atomic_load(&lab.parts.worker[i]->drops[DROP_ACL]);
        }
        assert_true(built > 100 && denied > 100);
        assert_true(atomic_load(&lab.looks) > 0 && atomic_load(&lab.turns) > 0);
        assert_int_equal(atomic_load(&lab.errors), 0);
}

static unsigned descriptors(void)
{
        DIR *d = opendir("/proc/self/fd");
        unsigned n = 0;

        while (d && readdir(d))
                n++;
        if (d)
                closedir(d);
        return n;
}

static void everybody_at_once(void **state UNUSED)
{
        uint64_t blocks = mem_live_blocks();
        unsigned fds = descriptors();

        start();
        read_paste();
        free(type("capture steady type raw-data interface inside circular-buffer\n"));
        start_threads();
        for (unsigned i = 0; i < ROUNDS; i++)
                edit(i);
        stop_threads();
        did_something();
        empty_everything();
        free(lab.paste);
        box_teardown(&lab.box, &lab.setup);
        parts_stop(&lab.parts);
        assert_int_equal(mem_live_blocks(), blocks);
        assert_int_equal(descriptors(), fds);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(everybody_at_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
