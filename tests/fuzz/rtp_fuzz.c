/* Any bytes as an RTP header, and any sequence of headers as a stream: what is fine lies inside, counts never run
 * away. */
#include <stdlib.h>

#include "inspect/rtp/rtp.h"
#include "platform/base/attr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool ok)
{
        if (!ok)
                abort();
}

static void one_header(const uint8_t *p, size_t n)
{
        struct rtp_hdr h;

        if (rtp_parse(p, n, &h) != RTP_FINE)
                return;
        require(n >= RTP_HDR_MIN && p[0] >> 6 == 2 && h.len >= RTP_HDR_MIN && h.len <= n && h.pt < 128);
        if (rtp_padding_fits(p, n, &h) && h.padding)
                require(p[n - 1] && p[n - 1] <= n - h.len);
}

/* Six bytes a packet: sender, sequence number, arrival. */
static void a_stream(const uint8_t *p, size_t n)
{
        struct rtp_source s = { 0 };
        uint32_t entered = 0, now = 0;

        for (; n >= 6; p += 6, n -= 6) {
                struct rtp_hdr h = { .ssrc = p[0] & 3, .seq = rtp_be16(p + 1), .ts = now };
                enum rtp_order look = rtp_source_look(&s, &h);

                now += rtp_be16(p + 3) + p[5];
                require(rtp_source_seen(&s, &h, now) == look);
                entered += look != RTP_JUMPED;
                require(s.before_received + s.received == entered);
                require(rtp_source_lost(&s) <= rtp_source_expected(&s));
                require((s.cycles & 0xFFFF) == 0);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
        one_header(data, n);
        a_stream(data, n);
        return 0;
}
