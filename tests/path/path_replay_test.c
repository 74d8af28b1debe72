/* `voxgate replay`: capture files in, capture files and verdicts out, the same bytes every time. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <unistd.h>

#include "platform/base/file.h"
#include "platform/base/mem.h"
#include "platform/boot/replay.h"
#include "platform/net/pcap.h"
#include "tests/path/support/path_conf.h"
#include "tests/support/pktbuild.h"

#define T0 INT64_C(1700000000000000000)
#define MS INT64_C(1000000)

static const char config[] =
        PX_INTERFACES "object network cuma\n"
                      " host 10.0.0.5\n"
                      " nat (inside,outside) static 192.0.2.140\n" PX_NAT_ALL
                      "access-list outside_in extended permit tcp any host 10.0.0.5 eq 5443\n"
                      "access-list outside_in extended permit udp any host 10.0.0.5 eq 69\n"
                      "access-group outside_in in interface outside\n" PX_TLS_PROXY PX_TFTP_AND_MMP;

static char dir[] = "/tmp/vg-replay-XXXXXX";

static const char *path(char *out, const char *name)
{
        snprintf(out, 128, "%s/%s", dir, name);
        return out;
}

static void put_text(const char *name, const char *text)
{
        char p[128];
        FILE *f = fopen(path(p, name), "w");

        assert_non_null(f);
        fputs(text, f);
        fclose(f);
}

static char *text_of(const char *name)
{
        struct err e = { 0 };
        char p[128], *s;
        uint8_t *b;
        size_t n;

        if (file_read(path(p, name), 1 << 20, &b, &n, &e) < 0)
                fail_msg("%s", e.text);
        s = strndup((const char *)b, n);
        mem_free_secret(b);
        return s;
}

/* ---- input ---- */

struct tape {
        struct pcap_file *f;
        int64_t now;
};

static void tape_open(struct tape *t, const char *name, int64_t first)
{
        struct err e = { 0 };
        char p[128];

        t->f = pcap_write_open(path(p, name), &e);
        assert_non_null(t->f);
        t->now = first;
}

static void tape_put(struct tape *t, const void *frame, size_t n)
{
        struct err e = { 0 };

        assert_true(n > 0);
        assert_int_equal(pcap_write(t->f, frame, (uint32_t)n, (uint32_t)n, t->now, &e), 0);
        t->now += 10 * MS;
}

static void tape_tcp(struct tape *t, uint8_t *f, const char *src, const char *dst, uint16_t port, uint8_t flags)
{
        tape_put(t, f, pb_tcp(f, 2048, src, 40000, dst, port, flags, flags == PB_SYN ? 100 : 101, 0, NULL, 0));
}

/* ARP, a flow that is terminated, one that is refused, TFTP, a ping to the box, a frame that lies. */
static void record_outside(void)
{
        uint8_t f[2048];
        struct tape t;
        size_t n;

        tape_open(&t, "outside.pcap", T0);
        tape_put(&t, f, pb_arp(f, sizeof f, 1, pb_mac(9), "192.0.2.10", pb_mac(0), "192.0.2.140"));
        tape_tcp(&t, f, "192.0.2.10", "192.0.2.140", 5443, PB_SYN);
        tape_tcp(&t, f, "192.0.2.10", "192.0.2.140", 5443, PB_ACK);
        tape_tcp(&t, f, "192.0.2.10", "192.0.2.140", 22, PB_SYN);
        tape_put(&t, f, pb_udp(f, sizeof f, "192.0.2.10", 2000, "192.0.2.140", 69, "\0\1file\0octet", 13));
        tape_put(&t, f, pb_echo(f, sizeof f, "192.0.2.10", "192.0.2.1", false, 7, 1));
        n = pb_udp(f, sizeof f, "192.0.2.10", 2000, "192.0.2.140", 69, "x", 1);
        tape_put(&t, f, n - 5);
        t.now += 60000 * MS; /* longer than any handshake may take */
        tape_tcp(&t, f, "192.0.2.10", "192.0.2.140", 5443, PB_FIN | PB_ACK);
        assert_int_equal(pcap_file_close(t.f, NULL), 0);
}

/* The transfer's first block comes from a port of its own; a host behind PAT asks somebody outside. */
static void record_inside(void)
{
        uint8_t f[2048];
        struct tape t;

        tape_open(&t, "inside.pcap", T0 + 200 * MS);
        tape_put(&t, f, pb_udp(f, sizeof f, "10.0.0.5", 3333, "192.0.2.10", 2000, "\0\3\0\1data", 8));
        tape_put(&t, f, pb_udp(f, sizeof f, "10.0.0.7", 5000, "192.0.2.10", 53, "who?", 4));
        assert_int_equal(pcap_file_close(t.f, NULL), 0);
}

static int setup(void **state UNUSED)
{
        assert_non_null(mkdtemp(dir));
        put_text("config", config);
        record_outside();
        record_inside();
        return 0;
}

static int teardown(void **state UNUSED)
{
        char cmd[160];

        snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
        return system(cmd);
}

/* ---- the run ---- */

struct run {
        char conf[128], in[2][128], out[2][128], verdicts[128];
        struct options o;
        char *said;
};

static void prepare(struct run *r, const char *tag)
{
        static const char *const names[] = { "outside", "inside" };
        char name[64];

        memset(r, 0, sizeof *r);
        r->o = (struct options){ .cmd = CMD_REPLAY, .file = path(r->conf, "config"), .nin = 2, .nout = 2 };
        for (unsigned i = 0; i < 2; i++) {
                snprintf(name, sizeof name, "%s.pcap", names[i]);
                r->o.in[i].spec = path(r->in[i], name);
                snprintf(name, sizeof name, "%s-%s.pcap", names[i], tag);
                r->o.out[i].spec = path(r->out[i], name);
                strcpy(r->o.in[i].iface, names[i]);
                strcpy(r->o.out[i].iface, names[i]);
        }
        snprintf(name, sizeof name, "verdicts-%s", tag);
        r->o.verdicts = path(r->verdicts, name);
}

static int replay(struct run *r)
{
        size_t n = 0;
        FILE *f = tmpfile();
        int rc;

        assert_non_null(f);
        rc = replay_main(&r->o, f);
        fflush(f);
        n = (size_t)ftell(f);
        rewind(f);
        free(r->said);
        r->said = calloc(1, n + 1);
        assert_int_equal(fread(r->said, 1, n, f), n);
        fclose(f);
        return rc;
}

static void has(const char *text, const char *part)
{
        if (!strstr(text, part))
                fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void every_frame_has_a_verdict(void **state UNUSED)
{
        static const char *const want[] = {
                "1,outside,consumed:arp\n",
                "2,outside,consumed:inspect mmp tls-proxy cuma_proxy\n",
                "3,outside,consumed:inspect mmp tls-proxy cuma_proxy\n",
                "4,outside,dropped:acl-drop\n",
                "5,outside,forwarded:inside\n",
                "6,outside,consumed:icmp echo\n",
                "7,outside,dropped:invalid-ip-length\n",
                "8,outside,consumed:inspect mmp tls-proxy cuma_proxy\n",
                "1,inside,forwarded:outside\n",
                "2,inside,forwarded:outside\n",
        };
        size_t lines = 0;
        struct run r;
        char *csv;

        prepare(&r, "a");
        r.o.show[r.o.nshows++] = "show conn";
        assert_int_equal(replay(&r), 0);
        csv = text_of("verdicts-a");
        for (const char *p = csv; (p = strchr(p, '\n')); p++)
                lines++;
        for (size_t i = 0; i < ARRAY_LEN(want); i++)
                has(csv, want[i]);
        assert_int_equal(lines, ARRAY_LEN(want));
        has(r.said, "10 frames: 3 forwarded, 2 dropped, 5 consumed by the appliance\n");
        has(r.said, "TLS and other terminated TCP is not replayed");
        has(r.said, "TCP outside 192.0.2.10:40000 inside 10.0.0.5:5443");
        free(r.said);
        free(csv);
}

/* Fragments: those that make a datagram, those that are refused, and one whose rest is in no file. */
static void fragments_have_verdicts(void **state UNUSED)
{
        static const char want[] = "1,inside,consumed:fragment\n"
                                   "2,inside,forwarded:outside\n"
                                   "3,inside,dropped:fragment-reassembly-failed\n"
                                   "4,inside,dropped:fragment-overlap\n"
                                   "5,inside,dropped:fragment-reassembly-failed\n";
        static const struct {
                uint8_t id;
                size_t from, to;
        } cut[] = { { 1, 0, 1480 }, { 1, 1480, 2008 }, { 2, 0, 1480 }, { 2, 1000, 2008 }, { 3, 0, 1480 } };
        static uint8_t whole[2100], pay[2000];
        struct pb p = pb_of("10.0.0.7", 5000, "192.0.2.10", 53, IPPROTO_UDP_);
        char path_in[128], *csv;
        struct tape t;
        struct run r;

        p.pay = pay;
        p.npay = sizeof pay;
        tape_open(&t, "frags.pcap", T0 + 200 * MS);
        for (unsigned i = 0; i < ARRAY_LEN(cut); i++) {
                uint8_t f[2048];
                size_t n;

                p.id = cut[i].id;
                n = pb_build(whole, sizeof whole, &p);
                tape_put(&t, f, pb_fragment(f, sizeof f, whole, n, cut[i].from, cut[i].to, cut[i].to < 2008));
        }
        assert_int_equal(pcap_file_close(t.f, NULL), 0);
        prepare(&r, "frags");
        r.o.in[1].spec = path(path_in, "frags.pcap");
        r.o.in[0] = r.o.in[1];
        r.o.nin = 1;
        assert_int_equal(replay(&r), 0);
        csv = text_of("verdicts-frags");
        assert_string_equal(csv, want);
        has(r.said, "5 frames: 1 forwarded, 3 dropped, 1 consumed by the appliance\n");
        free(csv);
        free(r.said);
}

static void frames_are_translated(void **state UNUSED)
{
        static const struct {
                const char *file, *src, *dst;
                uint8_t proto;
        } want[] = {
                { "inside-a.pcap", "192.0.2.10", "10.0.0.5", IPPROTO_UDP_ },
                { "outside-a.pcap", "192.0.2.140", "192.0.2.10", IPPROTO_UDP_ },
                { "outside-a.pcap", "192.0.2.200", "192.0.2.10", IPPROTO_UDP_ },
                { "outside-a.pcap", "192.0.2.1", "192.0.2.10", IPPROTO_ICMP_ },
        };

        for (size_t i = 0; i < ARRAY_LEN(want); i++) {
                struct addr src = pb_addr(want[i].src), dst = pb_addr(want[i].dst);
                struct err e = { 0 };
                char p[128];
                struct pcap_file *f = pcap_read_open(path(p, want[i].file), &e);
                const uint8_t *frame;
                uint32_t cap, len;
                unsigned found = 0;
                struct pb_view v;
                int64_t when;

                assert_non_null(f);
                while (pcap_read_next(f, &frame, &cap, &len, &when, &e) == 1) {
                        assert_true(pb_parse(frame, cap, false, &v));
                        found += v.ethertype == 0x0800 && v.proto == want[i].proto && addr_eq(&v.src, &src) &&
                                 addr_eq(&v.dst, &dst) && v.ip_ok && v.l4_ok;
                }
                assert_int_equal(found, 1);
                pcap_file_close(f, NULL);
        }
}

static void same(const char *a, const char *b)
{
        struct err e = { 0 };
        char pa[128], pb[128];
        uint8_t *x, *y;
        size_t n, m;

        assert_int_equal(file_read(path(pa, a), 1 << 20, &x, &n, &e), 0);
        assert_int_equal(file_read(path(pb, b), 1 << 20, &y, &m, &e), 0);
        assert_int_equal(n, m);
        assert_memory_equal(x, y, n);
        mem_free_secret(x);
        mem_free_secret(y);
}

static void twice_gives_the_same_bytes(void **state UNUSED)
{
        struct run r;

        prepare(&r, "b");
        assert_int_equal(replay(&r), 0);
        free(r.said);
        same("outside-a.pcap", "outside-b.pcap");
        same("inside-a.pcap", "inside-b.pcap");
        same("verdicts-a", "verdicts-b");
}

static void nothing_is_left_behind(void **state UNUSED)
{
        uint64_t before = mem_live_blocks();
        struct run r;

        prepare(&r, "c");
        assert_int_equal(replay(&r), 0);
        free(r.said);
        assert_int_equal(mem_live_blocks(), before);
}

/* ---- bad input: one line that names the cause ---- */

static void refused(struct run *r, const char *why)
{
        uint64_t before = mem_live_blocks();

        assert_int_equal(replay(r), 1);
        has(r->said, why);
        free(r->said);
        assert_int_equal(mem_live_blocks(), before);
}

static void bad_input_is_named(void **state UNUSED)
{
        char p[128];
        struct run r;

        prepare(&r, "x");
        r.o.file = path(p, "missing");
        refused(&r, "ERROR: ");
        prepare(&r, "x");
        r.o.in[0].spec = path(p, "missing.pcap");
        refused(&r, "ERROR: ");
        prepare(&r, "x");
        r.o.in[0].spec = r.o.file;
        refused(&r, "ERROR: ");
        prepare(&r, "x");
        strcpy(r.o.in[1].iface, "dmz");
        refused(&r, "ERROR: --in dmz: no interface of that name in the configuration");
        prepare(&r, "x");
        r.o.verdicts = "/nowhere/at/all";
        refused(&r, "ERROR: /nowhere/at/all: cannot be written");
        prepare(&r, "x");
        r.o.out[1].spec = "/nowhere/at/all.pcap";
        refused(&r, "ERROR: ");
}

/* What was whole before the damage is replayed and judged; the damage is reported. */
static void a_torn_capture_is_reported(void **state UNUSED)
{
        struct err e = { 0 };
        uint8_t *b;
        char p[128], *csv;
        struct run r;
        size_t n;
        FILE *f;

        assert_int_equal(file_read(path(p, "outside.pcap"), 1 << 20, &b, &n, &e), 0);
        f = fopen(path(p, "torn.pcap"), "w");
        assert_int_equal(fwrite(b, 1, n - 7, f), n - 7);
        fclose(f);
        mem_free_secret(b);
        prepare(&r, "torn");
        r.o.in[0].spec = path(p, "torn.pcap");
        assert_int_equal(replay(&r), 1);
        has(r.said, "damaged capture file");
        has(r.said, "9 frames:");
        csv = text_of("verdicts-torn");
        has(csv, "6,outside,consumed:icmp echo\n");
        free(csv);
        free(r.said);
}

static void refused_lines_are_named(void **state UNUSED)
{
        char p[128];
        struct run r;

        put_text("bad-config", "interface GigabitEthernet0/0\n nameif outside\n ip address 192.0.2.1 255.0.255.0\n"
                               "interface GigabitEthernet0/1\n nameif inside\n");
        prepare(&r, "bad");
        r.o.file = path(p, "bad-config");
        replay(&r);
        has(r.said, "line 3: ERROR: ");
        free(r.said);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_frame_has_a_verdict),  cmocka_unit_test(fragments_have_verdicts),
                cmocka_unit_test(frames_are_translated),      cmocka_unit_test(twice_gives_the_same_bytes),
                cmocka_unit_test(nothing_is_left_behind),     cmocka_unit_test(bad_input_is_named),
                cmocka_unit_test(a_torn_capture_is_reported), cmocka_unit_test(refused_lines_are_named),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
