#include "tests/path/support/path_fixture.h"

#include "tests/path/support/path_conf.h"
#include "tests/support/test.h"

#include <sys/mman.h>
#include <unistd.h>

#include "cli/conf/commit.h"
#include "cli/session/session.h"
#include "cli/conf/store.h"
#include "platform/base/mem.h"

const char px_base[] = PX_INTERFACES "route outside 0.0.0.0 0.0.0.0 192.0.2.254 1\n"
                                     "logging enable\n"
                                     "logging buffer-size 1000000\n"
                                     "logging buffered debugging\n";

const char px_services[] = "object network srv\n"
                           " host 10.0.0.5\n"
                           " nat (inside,outside) static 192.0.2.140\n" PX_NAT_ALL
                           "access-list outside_in extended permit tcp any host 10.0.0.5 eq 80\n"
                           "access-list outside_in extended permit tcp any host 10.0.0.5 eq 5443\n"
                           "access-list outside_in extended permit udp any host 10.0.0.5 eq 69\n"
                           "access-group outside_in in interface outside\n" PX_TLS_PROXY PX_TFTP_AND_MMP;

/* ---- start, configuration ---- */

static void on_words(void *ctx, unsigned line_no UNUSED, const char *words)
{
        struct path_fixture *f = ctx;
        size_t n = strlen(f->words);

        snprintf(f->words + n, sizeof f->words - n, "%s\n", words);
}

void px_config(struct path_fixture *f, const char *text)
{
        struct load_report rep = { .fn = on_words, .ctx = f };
        struct err e = { 0 };

        if (box_load(&f->box, &f->setup, text, strlen(text), &rep) < 0 || rep.errors)
                fail_msg("configuration refused: %s", f->words);
        if (commit_run(f->box.commit, &e) < 0)
                fail_msg("commit: %s", e.text);
        px_settle(f);
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

static void defaults(struct path_fixture *f)
{
        struct parts_conf *c = &f->conf;

        f->time.mono = 1000000000;
        f->time.wall = 1700000000000000000;
        f->clk = clock_of_virtual(&f->time);
        f->seed.state = 7;
        f->rng = rng_of_fixed(&f->seed);
        c->clk = &f->clk;
        c->rng = &f->rng;
        c->nworkers = c->nproxies = 1;
        c->conns_max = c->conns_max ? c->conns_max : 4096;
        c->pkts_small = c->pkts_small ? c->pkts_small : 1024;
        c->pkts_big = c->pkts_big ? c->pkts_big : 16;
}

void px_open(struct path_fixture *f, bool with_tun)
{
        struct parts_conf conf = f->conf;
        struct err e = { 0 };

        memset(f, 0, sizeof *f);
        f->conf = conf;
        f->blocks = mem_live_blocks();
        defaults(f);
        if (parts_start(&f->parts, &f->conf, &e) < 0 ||
            box_setup(&f->box, &f->setup, &f->parts, &f->clk, &f->rng, NULL, &e) < 0)
                fail_msg("start: %s", e.text);
        f->w = f->parts.worker[0];
        for (unsigned i = 0; i < PX_PORTS; i++)
                add_port(f, i);
        if (with_tun) {
                f->tun = port_mem_new("tun", true);
                f->tun->mtu = 1500;
                f->w->tun = f->tun;
        }
        assert_int_equal(store_add_ports(f->box.store, &f->setup.bind, &e), 0);
}

void px_start(struct path_fixture *f, const char *text, bool with_tun)
{
        px_open(f, with_tun);
        px_config(f, text);
}

void px_stop(struct path_fixture *f)
{
        box_teardown(&f->box, &f->setup);
        parts_stop(&f->parts);
        assert_int_equal(mem_live_blocks(), f->blocks);
        memset(&f->conf, 0, sizeof f->conf);
}

/* ---- the operator ---- */

static void read_back(struct path_fixture *f, int fd)
{
        ssize_t n = pread(fd, f->text, sizeof f->text - 1, 0);

        assert_true(n >= 0);
        f->text[n] = 0;
        close(fd);
}

const char *px_show(struct path_fixture *f, const char *line)
{
        struct session_opts o = { .privileged = true };
        int fd = memfd_create("transcript", MFD_CLOEXEC), keep = dup(fd);
        struct term *t = term_open_fds(-1, fd, NULL, NULL);
        struct session *s;

        assert_non_null(t);
        s = session_new(&f->box, t, &o);
        assert_non_null(s);
        session_line(s, line);
        session_free(s);
        term_flush(t);
        term_close(t);
        read_back(f, keep);
        px_settle(f);
        return f->text;
}

void px_has(struct path_fixture *f, const char *line, const char *part)
{
        const char *text = px_show(f, line);

        if (!strstr(text, part))
                fail_msg("%s: \"%s\" is not in:\n%s", line, part, text);
}

static void keep_line(void *ctx, const char *line)
{
        struct path_fixture *f = ctx;
        size_t n = strlen(f->text);

        snprintf(f->text + n, sizeof f->text - n, "%s\n", line);
}

const char *px_logs(struct path_fixture *f)
{
        f->text[0] = 0;
        log_step(f->parts.log);
        assert_int_equal(log_buffer_walk(f->parts.log, keep_line, f), 0);
        return f->text;
}

bool px_logged(struct path_fixture *f, const char *text)
{
        return strstr(px_logs(f), text);
}

void px_logs_clear(struct path_fixture *f)
{
        log_step(f->parts.log);
        log_buffer_clear(f->parts.log);
}

/* ---- the wire ---- */

static struct mac neighbour(const struct addr *a)
{
        return (struct mac){ { 2, 0, (uint8_t)(a->v4 >> 24), (uint8_t)(a->v4 >> 16), (uint8_t)(a->v4 >> 8),
                               (uint8_t)a->v4 } };
}

static void answer_arp(struct path_fixture *f, unsigned i, const struct pb_view *v)
{
        uint8_t frame[64];
        char spa[ADDR_TEXT_MAX], tpa[ADDR_TEXT_MAX];
        size_t n;

        if (f->silent[i] || v->arp_op != 1 || addr_eq(&v->spa, &v->tpa))
                return;
        n = pb_arp(frame, sizeof frame, 2, neighbour(&v->tpa), addr_print(&v->tpa, tpa), v->sha,
                   addr_print(&v->spa, spa));
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

void px_settle(struct path_fixture *f)
{
        for (unsigned i = 0; i < 32; i++) {
                unsigned n = worker_step(f->w);

                if (!f->lazy)
                        n += proxy_step(f->parts.proxy[0], 0);
                for (unsigned k = 0; k < PX_PORTS; k++)
                        while (collect(f, k))
                                n++;
                if (!n)
                        break;
        }
        log_step(f->parts.log);
}

void px_send(struct path_fixture *f, unsigned port, const void *frame, size_t n)
{
        assert_int_equal(port_mem_inject(f->port[port], frame, n, NULL), 0);
        px_settle(f);
}

struct pb px_pb(struct path_fixture *f, unsigned port, const char *src, uint16_t sport, const char *dst,
                uint16_t dport, uint8_t proto)
{
        struct pb p = pb_of(src, sport, dst, dport, proto);

        p.dmac = f->port[port]->mac;
        p.smac = neighbour(&p.src);
        return p;
}

void px_send_pb(struct path_fixture *f, unsigned port, struct pb p)
{
        uint8_t frame[2048];
        size_t n = pb_build(frame, sizeof frame, &p);

        assert_true(n > 0);
        px_send(f, port, frame, n);
}

void px_udp(struct path_fixture *f, unsigned port, const char *src, uint16_t sport, const char *dst, uint16_t dport,
            const char *pay)
{
        struct pb p = px_pb(f, port, src, sport, dst, dport, IPPROTO_UDP_);

        p.pay = pay;
        p.npay = strlen(pay);
        px_send_pb(f, port, p);
}

void px_tcp(struct path_fixture *f, unsigned port, const char *src, uint16_t sport, const char *dst, uint16_t dport,
            uint8_t flags, uint32_t seq, uint32_t ack)
{
        struct pb p = px_pb(f, port, src, sport, dst, dport, IPPROTO_TCP_);

        p.flags = flags;
        p.seq = seq;
        p.ack = ack;
        px_send_pb(f, port, p);
}

void px_echo(struct path_fixture *f, unsigned port, const char *src, const char *dst, bool reply, uint16_t id)
{
        struct pb p = px_pb(f, port, src, 0, dst, 0, IPPROTO_ICMP_);

        p.icmp_type = reply ? 0 : 8;
        p.icmp_rest = (uint32_t)id << 16 | 1;
        px_send_pb(f, port, p);
}

void px_icmp_error(struct path_fixture *f, unsigned port, const char *src, const struct pb_view *v, uint8_t type,
                   uint8_t code, uint32_t rest)
{
        char dst[ADDR_TEXT_MAX];
        struct pb p = px_pb(f, port, src, 0, addr_print(&v->src, dst), 0, IPPROTO_ICMP_);

        p.icmp_type = type;
        p.icmp_code = code;
        p.icmp_rest = rest;
        p.pay = v->ip;
        p.npay = v->ip_len;
        px_send_pb(f, port, p);
}

bool px_take(struct path_fixture *f, unsigned port, struct pb_view *v)
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

bool px_quiet(const struct path_fixture *f)
{
        for (unsigned i = 0; i < PX_PORTS; i++)
                if (f->outs[i])
                        return false;
        return true;
}

bool px_is(const struct pb_view *v, const char *src, uint16_t sport, const char *dst, uint16_t dport)
{
        struct addr s = pb_addr(src), d = pb_addr(dst);
        bool ports = v->proto == IPPROTO_TCP_ || v->proto == IPPROTO_UDP_;

        return v->ip_ok && v->l4_ok && addr_eq(&v->src, &s) && addr_eq(&v->dst, &d) &&
               (!ports || (v->sport == sport && v->dport == dport));
}

bool px_take_tun(struct path_fixture *f, uint8_t *buf, size_t cap, struct pb_view *v)
{
        size_t n = port_mem_take(f->tun, buf, cap, NULL);

        if (!n)
                return false;
        assert_true(pb_parse(buf, n, true, v));
        return true;
}

void px_send_tun(struct path_fixture *f, struct pb p)
{
        uint8_t dgram[2048];
        size_t n;

        p.l3 = true;
        n = pb_build(dgram, sizeof dgram, &p);
        assert_true(n > 0);
        assert_int_equal(port_mem_inject(f->tun, dgram, n, NULL), 0);
        px_settle(f);
}

void px_advance(struct path_fixture *f, uint64_t ms)
{
        for (uint64_t done = 0; done < ms; done += 100) {
                clock_advance_ms(&f->time, ms - done < 100 ? ms - done : 100);
                px_settle(f);
        }
}

uint64_t px_drops(const struct path_fixture *f, enum drop_reason why)
{
        return atomic_load(&f->w->drops[why]);
}
