/* Any datagram as RTCP: what passes the check keeps its shape under other numbers, and gets its own back by the way
 * back. */
#include <stdlib.h>
#include <string.h>

#include "inspect/rtp/rtcp.h"
#include "platform/base/attr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool ok)
{
        if (!ok)
                abort();
}

static uint32_t up(void *ctx, uint32_t v)
{
        ++*(unsigned *)ctx;
        return v + 0x01010101;
}

static uint32_t down(void *ctx UNUSED, uint32_t v)
{
        return v - 0x01010101;
}

static uint32_t up_seq(void *ctx UNUSED, uint32_t ssrc UNUSED, uint32_t v)
{
        return v + 0x777;
}

static uint32_t down_seq(void *ctx UNUSED, uint32_t ssrc UNUSED, uint32_t v)
{
        return v - 0x777;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
        unsigned places = 0;
        struct rtcp_map there = { up, up, up_seq, &places }, back = { down, down, down_seq, &places };
        uint8_t *p = malloc(n ? n : 1);

        require(p != NULL);
        memcpy(p, data, n);
        if (rtcp_check(p, n, true) == RTCP_FINE)
                require(rtcp_check(p, n, false) == RTCP_FINE && (p[1] == RTCP_SR || p[1] == RTCP_RR));
        if (rtcp_check(p, n, false) == RTCP_FINE) {
                rtcp_rewrite(p, n, &there);
                require(rtcp_check(p, n, false) == RTCP_FINE && places <= n / 4);
                rtcp_rewrite(p, n, &back);
                require(memcmp(p, data, n) == 0);
        }
        free(p);
        return 0;
}
