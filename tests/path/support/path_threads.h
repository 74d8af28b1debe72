/*
 * Two dataplane workers, two proxy workers, the log, the control thread, an injector of frames and a console that
 * looks, each a thread. The test types, then everything stops and must be gone.
 *
 *      lab_start(config);
 *      lab.joint = true;                         the first of either share a thread
 *      lab_start_threads(injector, viewer);      until lab.stop_injector, lab.stop_viewer
 *      free(lab_type("..."));
 *      lab_stop_threads();
 *      lab_empty();
 *      lab_stop();
 */
#ifndef VOXGATE_PATH_THREADS_H
#define VOXGATE_PATH_THREADS_H

#include "tests/support/test.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/conf/commit.h"
#include "cli/session/session.h"
#include "cli/conf/store.h"
#include "platform/base/mem.h"
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

struct lab {
        struct parts parts;
        struct box box;
        struct box_setup setup;
        struct port *port[WORKERS][PORTS], *tun[WORKERS];
        pthread_t dp[WORKERS], proxy[WORKERS], log, control, injector, viewer;
        void (*sent)(unsigned w, unsigned port, const struct pb_view *v); /* what the box sends; may be NULL */
        bool joint;
        atomic_bool stop_helpers, stop_injector, stop_viewer;
        atomic_uint turns, looks, errors;
};

static struct lab lab;

/* ---- start ---- */

static inline void lab_add_ports(void)
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

static inline void lab_words(void *ctx UNUSED, unsigned line_no, const char *words)
{
        fprintf(stderr, "line %u: %s\n", line_no, words);
}

static inline void lab_start(const char *config)
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
        lab_add_ports();
        assert_int_equal(store_add_ports(lab.box.store, &lab.setup.bind, &e), 0);
        rep.fn = lab_words;
        assert_int_equal(box_load(&lab.box, &lab.setup, config, strlen(config), &rep), 0);
        assert_int_equal(rep.errors, 0);
        assert_int_equal(commit_run(lab.box.commit, &e), 0);
}

/* ---- threads ---- */

static inline void *lab_dp(void *w)
{
        if (lab.joint && w == lab.parts.worker[0])
                proxy_run_joint(lab.parts.proxy[0], w);
        else
                worker_run(w);
        return NULL;
}

static inline void *lab_proxy(void *p)
{
        proxy_run(p);
        return NULL;
}

static inline void *lab_log(void *arg UNUSED)
{
        while (!atomic_load(&lab.stop_helpers))
                if (!log_step(lab.parts.log))
                        usleep(1000);
        return NULL;
}

static inline void *lab_control(void *arg UNUSED)
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

static inline void lab_put(unsigned w, unsigned port, uint8_t *frame, size_t n)
{
        memcpy(frame, lab.port[w][port]->mac.b, 6);
        port_mem_inject(lab.port[w][port], frame, n, NULL);
}

/* What the box asks is answered, what it sends is thrown away. */
static inline void lab_drain(unsigned w)
{
        uint8_t f[2048], a[64];
        char spa[ADDR_TEXT_MAX], tpa[ADDR_TEXT_MAX];
        struct pb_view v;
        size_t n;

        while (port_mem_take(lab.tun[w], f, sizeof f, NULL))
                continue;
        for (unsigned i = 0; i < PORTS; i++)
                while ((n = port_mem_take(lab.port[w][i], f, sizeof f, NULL))) {
                        if (!pb_parse(f, n, false, &v))
                                continue;
                        if (lab.sent && v.ethertype == 0x0800)
                                lab.sent(w, i, &v);
                        if (v.ethertype != 0x0806 || v.arp_op != 1)
                                continue;
                        n = pb_arp(a, sizeof a, 2, pb_mac(9), addr_print(&v.tpa, tpa), v.sha,
                                   addr_print(&v.spa, spa));
                        lab_put(w, i, a, n);
                }
}

static inline void UNUSED lab_nothing(struct proxy_worker *w UNUSED, void *arg UNUSED)
{
}

/* The injector's turn ends when the box has taken what it was given: a slow machine makes the test slow, no more. */
static inline void lab_turn(void)
{
        bool waiting = true;

        for (unsigned w = 0; w < WORKERS; w++)
                proxy_call(lab.parts.proxy[w], lab_nothing, NULL);

        while (waiting && !atomic_load(&lab.stop_injector)) {
                usleep(500);
                waiting = false;
                for (unsigned w = 0; w < WORKERS; w++) {
                        lab_drain(w);
                        for (unsigned i = 0; i < PORTS; i++)
                                waiting |= port_mem_waiting(lab.port[w][i]) > 0;
                }
        }
        atomic_fetch_add(&lab.turns, 1);
}

/* ---- consoles ---- */

static inline char *lab_type(const char *script)
{
        struct session_opts o = { .privileged = true };

        return console_script(&lab.box, &o, script);
}

/* ---- the end ---- */

static inline void lab_stop_threads(void)
{
        atomic_store(&lab.stop_viewer, true);
        pthread_join(lab.viewer, NULL);
        free(lab_type("clear conn all\n"));
        atomic_store(&lab.stop_injector, true);
        pthread_join(lab.injector, NULL);
        for (unsigned i = 0; i < WORKERS; i++)
                proxy_stop(lab.parts.proxy[i]);
        for (unsigned i = 0; i < WORKERS; i++)
                if (i || !lab.joint)
                        pthread_join(lab.proxy[i], NULL);
        while (proxy_is_running(lab.parts.proxy[0]))
                usleep(1000);
        for (unsigned i = 0; i < WORKERS; i++) {
                atomic_store(&lab.parts.worker[i]->stop, true);
                worker_wake(lab.parts.worker[i]);
                pthread_join(lab.dp[i], NULL);
        }
        atomic_store(&lab.stop_helpers, true);
        pthread_join(lab.log, NULL);
        pthread_join(lab.control, NULL);
}

static inline void lab_start_threads(void *(*injector)(void *), void *(*viewer)(void *))
{
        for (unsigned i = 0; i < WORKERS; i++) {
                assert_int_equal(pthread_create(&lab.dp[i], NULL, lab_dp, lab.parts.worker[i]), 0);
                if (i || !lab.joint)
                        assert_int_equal(pthread_create(&lab.proxy[i], NULL, lab_proxy, lab.parts.proxy[i]), 0);
        }
        assert_int_equal(pthread_create(&lab.log, NULL, lab_log, NULL), 0);
        assert_int_equal(pthread_create(&lab.control, NULL, lab_control, NULL), 0);
        assert_int_equal(pthread_create(&lab.injector, NULL, injector, NULL), 0);
        assert_int_equal(pthread_create(&lab.viewer, NULL, viewer, NULL), 0);
}

/* With the threads gone the test steps everybody, until no flow is left on either side. */
static inline void lab_empty(void)
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
                        lab_drain(i);
                        punt_stat(w->punt, &st);
                        left += conn_count(w->conns) + st.flows;
                }
                if (!left)
                        return;
        }
        fail_msg("flows are left");
}

static inline void lab_stop(void)
{
        box_teardown(&lab.box, &lab.setup);
        parts_stop(&lab.parts);
}

static inline unsigned lab_descriptors(void)
{
        DIR *d = opendir("/proc/self/fd");
        unsigned n = 0;

        while (d && readdir(d))
                n++;
        if (d)
                closedir(d);
        return n;
}

#endif
