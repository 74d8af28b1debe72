#include "tests/path/support/path_fixture.h"

#include "tests/support/test.h"

#include "cli/commit.h"
#include "cli/store.h"

const char pf_base[] = "interface GigabitEthernet0/0\n"
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
                       "logging enable\n"
                       "logging buffer-size 1000000\n"
                       "logging buffered debugging\n";

static void on_words(void *ctx, unsigned line_no UNUSED, const char *words)
{
        struct path_fixture *f = ctx;
        size_t n = strlen(f->words);

        snprintf(f->words + n, sizeof f->words - n, "%s\n", words);
}

void pf_config(struct path_fixture *f, const char *text)
{
        struct load_report rep = { .fn = on_words, .ctx = f };
        struct err e = { 0 };

        if (box_load(&f->box, &f->setup, text, strlen(text), &rep) < 0 || rep.errors)
                fail_msg("configuration refused: %s", f->words);
        if (commit_run(f->box.commit, &e) < 0)
                fail_msg("commit: %s", e.text);
        pf_settle(f);
}

static void add_port(struct path_fixture *f, unsigned i)
{
        char name[32];
        struct iface_binding *b;
        struct err e = { 0 };

        snprintf(name, sizeof name, "GigabitEthernet0/%u", i);
        f->port[i] = port_mem_new(name, false);
        assert_non_null(f->port[i]);
        f->port[i]->mac = pb_mac((uint8_t)(0xA0 + i));
        b = iface_bind(&f->setup.bind, name);
        b->port = (uint16_t)i;
        b->mac = f->port[i]->mac;
        b->link = true;
        assert_int_equal(worker_add_port(f->w, i, f->port[i], &e), 0);
}

void pf_start(struct path_fixture *f, const char *text, bool with_tun)
{
        struct parts_conf c = { .nworkers = 1, .nproxies = 1, .conns_max = 4096, .pkts_small = 1024, .pkts_big = 16 };
        struct err e = { 0 };

        memset(f, 0, sizeof *f);
        f->time.mono = 1000000000;
        f->time.wall = 1700000000000000000;
        f->clk = clock_of_virtual(&f->time);
        f->seed.state = 7;
        f->rng = rng_of_fixed(&f->seed);
        c.clk = &f->clk;
        c.rng = &f->rng;
        if (parts_start(&f->parts, &c, &e) < 0 ||
            box_setup(&f->box, &f->setup, &f->parts, &f->clk, &f->rng, NULL, &e) < 0)
                fail_msg("start: %s", e.text);
        f->w = f->parts.worker[0];
        add_port(f, 0);
        add_port(f, 1);
        if (with_tun) {
                f->tun = port_mem_new("tun", true);
                f->tun->mtu = 1500;
                f->w->tun = f->tun;
        }
        assert_int_equal(store_add_ports(f->box.store, &f->setup.bind, &e), 0);
        pf_config(f, text);
}

void pf_stop(struct path_fixture *f)
{
        box_teardown(&f->box, &f->setup);
        parts_stop(&f->parts);
}

/* ---- the wire ---- */

static struct mac neighbour(const struct addr *a)
{
        return (struct mac){ { 2, 0, (uint8_t)(a->v4 >> 24), (uint8_t)(a->v4 >> 16), (uint8_t)(a->v4 >> 8), (uint8_t)a->v4 } };
}

static void answer_arp(struct path_fixture *f, unsigned i, const struct pb_view *v)
{
        uint8_t frame[64];
        char spa[ADDR_TEXT_MAX], tpa[ADDR_TEXT_MAX];
        size_t n;

        if (v->arp_op != 1 || addr_eq(&v->spa, &v->tpa))
                return;
        n = pb_arp(frame, sizeof frame, 2, neighbour(&v->tpa), addr_print(&v->tpa, tpa), v->sha, addr_print(&v->spa, spa));
        assert_int_equal(port_mem_inject(f->port[i], frame, n, NULL), 0);
}

/* Frames of the box: ARP is answered, the rest kept for the test. */
static bool collect(struct path_fixture *f, unsigned i)
{
        uint8_t *buf = f->out[i][f->outs[i]];
        struct pb_view v;
        size_t n;

        if (f->outs[i] == 63)
                return false;
        n = port_mem_take(f->port[i], buf, sizeof f->out[i][0], NULL);
        if (!n)
                return false;
        assert_true(pb_parse(buf, n, false, &v));
        if (v.ethertype == 0x0806)
                answer_arp(f, i, &v);
        else
                f->nout[i][f->outs[i]++] = n;
        return true;
}

void pf_settle(struct path_fixture *f)
{
        for (unsigned i = 0; i < 32; i++) {
                unsigned n = worker_step(f->w) + proxy_step(f->parts.proxy[0], 0);

                for (unsigned k = 0; k < 2; k++)
                        while (collect(f, k))
                                n++;
                if (!n)
                        break;
        }
        log_step(f->parts.log);
}

void pf_send(struct path_fixture *f, unsigned port, const void *frame, size_t n)
{
        assert_int_equal(port_mem_inject(f->port[port], frame, n, NULL), 0);
        pf_settle(f);
}

struct pb pf_pb(struct path_fixture *f, unsigned port, const char *src, uint16_t sport, const char *dst, uint16_t dport,
                uint8_t proto)
{
        struct pb p = pb_of(src, sport, dst, dport, proto);

        p.dmac = f->port[port]->mac;
        p.smac = neighbour(&p.src);
        return p;
}

void pf_send_pb(struct path_fixture *f, unsigned port, struct pb p)
{
        uint8_t frame[2048];
        size_t n = pb_build(frame, sizeof frame, &p);

        assert_true(n > 0);
        pf_send(f, port, frame, n);
}

bool pf_take(struct path_fixture *f, unsigned port, struct pb_view *v)
{
        if (!f->outs[port])
                return false;
        /* The last slot is never filled: the oldest frame moves there, so that the view stays valid. */
        memcpy(f->out[port][63], f->out[port][0], sizeof f->out[port][0]);
        f->nout[port][63] = f->nout[port][0];
        f->outs[port]--;
        memmove(f->out[port][0], f->out[port][1], f->outs[port] * sizeof f->out[port][0]);
        memmove(&f->nout[port][0], &f->nout[port][1], f->outs[port] * sizeof f->nout[port][0]);
        assert_true(pb_parse(f->out[port][63], f->nout[port][63], false, v));
        return true;
}

bool pf_take_tun(struct path_fixture *f, uint8_t *buf, size_t cap, struct pb_view *v)
{
        size_t n = port_mem_take(f->tun, buf, cap, NULL);

        if (!n)
                return false;
        assert_true(pb_parse(buf, n, true, v));
        return true;
}

void pf_send_tun(struct path_fixture *f, struct pb p)
{
        uint8_t dgram[2048];
        size_t n;

        p.l3 = true;
        n = pb_build(dgram, sizeof dgram, &p);
        assert_true(n > 0);
        assert_int_equal(port_mem_inject(f->tun, dgram, n, NULL), 0);
        pf_settle(f);
}

void pf_advance(struct path_fixture *f, uint64_t ms)
{
        for (uint64_t done = 0; done < ms; done += 100) {
                clock_advance_ms(&f->time, ms - done < 100 ? ms - done : 100);
                pf_settle(f);
        }
}

uint64_t pf_drops(const struct path_fixture *f, enum drop_reason why)
{
        return atomic_load(&f->w->drops[why]);
}
