/*
 * Fragments of a few datagrams into a live table, with time passing: no buffer is lost, no limit passed, and whatever
 * leaves is a datagram.
 */
#include "platform/net/frag.h"

#include <stdlib.h>

#include "platform/net/csum.h"
#include "tests/support/pktbuild.h"
#include "tests/support/worker_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct worker_fixture f;

/* data: id, protocol, flags and offset, length; the bytes of the payload follow from their place and the seventh
 * byte. */
static void one(const uint8_t d[8])
{
        static const uint8_t protos[4] = { IPPROTO_UDP_, IPPROTO_TCP_, IPPROTO_ICMP_, 47 };
        size_t len = (size_t)(d[4] << 8 | d[5]) % 3000;
        uint32_t from = (uint32_t)((d[2] & 0x1F) << 8 | d[3]) * 8;
        static uint8_t frame[4096];
        uint8_t *ip = frame + 14;
        uint16_t sum;

        memset(frame, 0, sizeof frame);
        memcpy(frame, pb_mac(3).b, 6);
        memcpy(frame + 6, pb_mac(9).b, 6);
        frame[12] = 8;
        memcpy(ip, "\x45\0\0\0\0\0\0\0\x40\0\0\0\x0a\1\1\x09\xc0\0\2\x09", 20);
        ip[1] = d[7] & 3;
        ip[2] = (uint8_t)((20 + len) >> 8);
        ip[3] = (uint8_t)(20 + len);
        ip[5] = d[0] & 3;
        ip[6] = d[2] & 0x7F;
        ip[7] = d[3];
        ip[9] = protos[d[1] & 3];
        if (d[1] & 4)
                memcpy(ip + 16, "\x0a\1\1\1", 4); /* for us */
        for (size_t i = 0; i < len; i++)
                ip[20 + i] = (uint8_t)((from + i) * 31 + d[6]);
        sum = csum_ip_header(ip, 20);
        memcpy(ip + 10, &sum, 2);
        wf_send(&f, 1, frame, 34 + len);
}

static void check_out(unsigned port)
{
        static uint8_t out[70000];
        struct pb_view v;
        size_t n;

        while ((n = wf_take(&f, port, out, sizeof out)))
                if (pb_parse(out, n, false, &v) && v.ethertype == 0x0800 && (!v.ip_ok || v.ip_len > 1500))
                        abort();
}

/* Records of eight bytes: a fragment; one that begins with 0xFF: so many seconds pass. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct frag_stat st;

        if (size > 4096)
                return 0;
        wf_init(&f);
        wf_start(&f);
        wf_neighbour(&f, WF_OUTSIDE, "192.0.2.9", pb_mac(99));
        wf_neighbour(&f, WF_INSIDE, "10.1.1.9", pb_mac(9));
        for (; size >= 8; data += 8, size -= 8) {
                if (data[0] == 0xFF)
                        wf_advance(&f, (data[1] & 7) * 1000u);
                else
                        one(data);
                check_out(0);
                check_out(1);
                frag_stat_of(f.w->frags, WF_INSIDE, &st);
                if (st.queued > FRAG_SIZE_DEFAULT)
                        abort();
        }
        wf_advance(&f, 8000);
        frag_stat_of(f.w->frags, WF_INSIDE, &st);
        check_out(1);
        if (st.queued || pkt_pool_used(f.w->pkts))
                abort();
        wf_stop(&f);
        return 0;
}
