#include <stdlib.h>
#include <unistd.h>

#include "platform/base/file.h"
#include "platform/net/pcap.h"
#include "platform/net/port.h"
#include "tests/support/pktbuild.h"
#include "tests/support/test.h"

static char dir[] = "/tmp/vg_pcap_XXXXXX";
static char path[64], path2[64];

static int setup(void **state)
{
        (void)state;
        if (!mkdtemp(dir))
                return -1;
        snprintf(path, sizeof path, "%s/a.pcap", dir);
        snprintf(path2, sizeof path2, "%s/b.pcap", dir);
        return 0;
}

static int teardown(void **state)
{
        (void)state;
        unlink(path);
        unlink(path2);
        return rmdir(dir);
}

static void save(const void *data, size_t n)
{
        FILE *f = fopen(path, "wb");

        assert_non_null(f);
        assert_int_equal(fwrite(data, 1, n, f), n);
        assert_int_equal(fclose(f), 0);
}

/* The memory image and the file libpcap writes must be the same bytes, and read back as written. */
static void test_round_trip(void **state)
{
        static const uint8_t one[60] = { 1, 2, 3 }, two[14] = { 9 };
        uint8_t img[24 + 16 + 60 + 16 + 14], *got;
        const uint8_t *frame;
        uint32_t caplen, len;
        int64_t t;
        size_t n = pcap_mem_header(img), ngot;
        struct pcap_file *f = pcap_write_open(path, NULL);

        (void)state;
        assert_non_null(f);
        assert_int_equal(pcap_write(f, one, 60, 1000, 1700000000123456789, NULL), 0);
        assert_int_equal(pcap_write(f, two, 14, 14, 1700000001000000000, NULL), 0);
        assert_int_equal(pcap_file_close(f, NULL), 0);
        n += pcap_mem_record(img + n, 60, 1000, 1700000000123456789);
        memcpy(img + n, one, 60), n += 60;
        n += pcap_mem_record(img + n, 14, 14, 1700000001000000000);
        memcpy(img + n, two, 14), n += 14;
        assert_int_equal(file_read(path, 1000, &got, &ngot, NULL), 0);
        assert_int_equal(ngot, n);
        assert_memory_equal(got, img, n);
        mem_free_secret(got);

        f = pcap_read_open(path, NULL);
        assert_non_null(f);
        assert_int_equal(pcap_read_next(f, &frame, &caplen, &len, &t, NULL), 1);
        assert_int_equal(caplen, 60);
        assert_int_equal(len, 1000);
        assert_true(t == 1700000000123456000);
        assert_memory_equal(frame, one, 60);
        assert_int_equal(pcap_read_next(f, &frame, &caplen, &len, &t, NULL), 1);
        assert_int_equal(caplen, 14);
        assert_int_equal(pcap_read_next(f, &frame, &caplen, &len, &t, NULL), 0);
        assert_int_equal(pcap_file_close(f, NULL), 0);
}

static void test_refusals(void **state)
{
        uint8_t img[200] = { 0 };
        const uint8_t *frame;
        uint32_t caplen, len;
        int64_t t;
        struct err e;
        struct pcap_file *f;
        size_t n = pcap_mem_header(img);

        (void)state;
        assert_null(pcap_read_open("/nonexistent/x.pcap", &e));
        assert_int_equal(e.code, ERR_IO);
        assert_null(pcap_write_open("/nonexistent/x.pcap", &e));
        assert_int_equal(e.code, ERR_IO);
        save(img, 10);
        assert_null(pcap_read_open(path, &e));
        img[20] = 113; /* Linux cooked */
        save(img, n);
        assert_null(pcap_read_open(path, &e));
        assert_int_equal(e.code, ERR_SUPPORT);
        assert_non_null(strstr(e.text, "LINUX_SLL"));
        img[20] = 1;
        n += pcap_mem_record(img + n, 60, 60, 0);
        save(img, n + 30); /* breaks off inside the frame */
        f = pcap_read_open(path, &e);
        assert_non_null(f);
        assert_int_equal(pcap_read_next(f, &frame, &caplen, &len, &t, &e), -1);
        assert_int_equal(e.code, ERR_SYNTAX);
        pcap_file_close(f, NULL);
        assert_int_equal(pcap_file_close(NULL, NULL), 0);
}

static void test_full_disk(void **state)
{
        static const uint8_t frame[1500];
        struct pcap_file *f = pcap_write_open("/dev/full", NULL);
        struct err e;
        int rc = 0;

        (void)state;
        assert_non_null(f);
        for (int i = 0; i < 10; i++)
                rc |= pcap_write(f, frame, sizeof frame, sizeof frame, 0, &e);
        assert_int_equal(rc, -1);
        assert_int_equal(pcap_file_close(f, &e), -1);
        assert_int_equal(e.code, ERR_IO);
}

static void write_two(void)
{
        struct pcap_file *f = pcap_write_open(path, NULL);
        uint8_t frame[200];
        size_t n = pb_udp(frame, sizeof frame, "10.0.0.1", 1, "10.0.0.2", 2, "x", 1);

        pcap_write(f, frame, (uint32_t)n, (uint32_t)n, 5000000000, NULL);
        pcap_write(f, frame, 30, (uint32_t)n, 6000000000, NULL);
        pcap_file_close(f, NULL);
}

static void test_port_rx(void **state)
{
        struct pkt_pool *pool = pkt_pool_new(4, 1);
        struct burst b = { .n = 0 };
        struct port *p;

        (void)state;
        write_two();
        p = port_pcap_open(path, NULL, &clock_system, NULL);
        assert_non_null(p);
        assert_false(p->ops->done(p));
        assert_true(port_pcap_next(p) == 5000000000);
        assert_int_equal(p->ops->rx(p, pool, &b), 1);
        assert_int_equal(b.n, 1);
        assert_int_equal(b.pk[0]->frame_no, 1);
        assert_true(b.pk[0]->rx_ns == 5000000000u);
        assert_true(b.pk[0]->has_l2);
        assert_true(port_pcap_next(p) == 6000000000);
        assert_int_equal(p->stat.rx_trunc, 0);
        assert_int_equal(p->ops->rx(p, pool, &b), 1);
        assert_int_equal(b.pk[1]->frame_no, 2);
        assert_int_equal(b.pk[1]->len, 30);
        assert_int_equal(p->stat.rx_trunc, 1);
        assert_true(p->ops->done(p));
        assert_true(port_pcap_next(p) == -1);
        assert_int_equal(p->ops->rx(p, pool, &b), 0);
        p->ops->tx(p, &b); /* no output file: refused, freed, counted */
        assert_int_equal(p->stat.tx_drop, 2);
        assert_int_equal(pkt_pool_used(pool), 0);
        assert_int_equal(port_pcap_finish(p, NULL), 0);
        p->ops->close(p);
        pkt_pool_free(pool);
}

/* A partial checksum goes out complete, stamped with the injected clock. */
static void test_port_tx(void **state)
{
        struct pkt_pool *pool = pkt_pool_new(4, 1);
        struct clock_virtual v = { .wall = 7000001000 };
        struct clock clk = clock_of_virtual(&v);
        struct port *p = port_pcap_open(NULL, path2, &clk, NULL);
        struct pkt *pk = pkt_get(pool, 200);
        struct burst b = { .n = 1, .pk = { pk } };
        struct pb d = pb_of("10.0.0.1", 1000, "10.0.0.2", 2000, IPPROTO_TCP_);
        const uint8_t *frame;
        uint32_t caplen, len;
        int64_t t;
        struct pb_view view;
        struct pcap_file *f;

        (void)state;
        d.partial = true;
        d.pay = "abc";
        d.npay = 3;
        pk->len = (uint32_t)pb_build(pkt_frame(pk), 200, &d);
        pk->csum = (struct pkt_csum){ .partial = true, .csum_start = (uint16_t)(pk->off + 34), .csum_offset = 16 };
        p->ops->tx(p, &b);
        assert_int_equal(p->stat.tx_pkts, 1);
        assert_int_equal(port_pcap_finish(p, NULL), 0);
        p->ops->close(p);
        f = pcap_read_open(path2, NULL);
        assert_int_equal(pcap_read_next(f, &frame, &caplen, &len, &t, NULL), 1);
        assert_true(t == 7000001000);
        assert_true(pb_parse(frame, caplen, false, &view));
        assert_true(view.l4_ok);
        pcap_file_close(f, NULL);
        pkt_pool_free(pool);
}

static void test_port_damage(void **state)
{
        uint8_t img[100];
        struct pkt_pool *pool = pkt_pool_new(4, 1);
        struct burst b = { .n = 0 };
        size_t n = pcap_mem_header(img);
        struct port *p;
        struct err e;

        (void)state;
        memset(img + n, 0, sizeof img - n);
        n += pcap_mem_record(img + n, 20, 20, 1) + 20;
        save(img, n + 3);
        p = port_pcap_open(path, NULL, &clock_system, NULL);
        assert_int_equal(p->ops->rx(p, pool, &b), 1);
        assert_int_equal(p->ops->rx(p, pool, &b), 0);
        assert_true(p->ops->done(p));
        assert_int_equal(port_pcap_finish(p, &e), -1);
        assert_int_equal(e.code, ERR_SYNTAX);
        p->ops->close(p);
        pkt_put(b.pk[0]);
        assert_null(port_pcap_open("/nonexistent/x", NULL, &clock_system, &e));
        pkt_pool_free(pool);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip), cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_full_disk),  cmocka_unit_test(test_port_rx),
                cmocka_unit_test(test_port_tx),    cmocka_unit_test(test_port_damage),
        };

        return cmocka_run_group_tests(tests, setup, teardown);
}
