/*
 * Packets from anybody at a receiver that has heard a little. Whatever arrives: no read beyond it, and what is
 * refused leaves packet and context as they were. A genuine packet sent between strange ones always opens.
 *
 * Input: suite and engine (1 octet), then *( control, bytes ). control: bit 0 RTCP, bit 1 the bytes are first made
 * genuine by a sender, bits 2-7 length in steps of 4.
 */
#include <stdlib.h>
#include <string.h>

#include "platform/base/cur.h"
#include "proxy/srtp/srtp_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define ROOM 512u

struct ends {
        struct srtp_ctx *tx, *rx;
};

static void require(bool ok)
{
        if (!ok)
                abort();
}

static struct ends begin(uint8_t kind)
{
        struct srtp_master m = { .suite = (uint8_t)(1 + kind % (SRTP_SUITES - 1)), .mki_len = kind & 0x40 ? 1 : 0 };
        struct ends e = { calloc(1, srtp_ctx_size()), calloc(1, srtp_ctx_size()) };

        srtp_force_portable(kind & 0x80);
        m.kdr = kind & 0x20 ? 4 : 0;
        require(e.tx && e.rx && !srtp_ctx_init(e.tx, &m, true, NULL) && !srtp_ctx_init(e.rx, &m, false, NULL));
        return e;
}

static void end(struct ends *e)
{
        srtp_ctx_wipe(e->tx);
        srtp_ctx_wipe(e->rx);
        free(e->tx);
        free(e->rx);
        srtp_force_portable(false);
}

/* Keys of a derivation rate follow the guessed index; all else stands still. */
static bool same_state(const struct srtp_ctx *a, const struct srtp_ctx *b)
{
        const size_t from = offsetof(struct srtp_ctx, win_at);

        return a->nslots == b->nslots && a->rtp_left == b->rtp_left && a->rtcp_left == b->rtcp_left &&
               !memcmp((const char *)a + from, (const char *)b + from, sizeof *a - from);
}

/* An exact copy, so that the sanitizer sees a read past the end. */
static void foreign(struct srtp_ctx *rx, bool rtcp, const uint8_t *p, size_t n)
{
        struct srtp_ctx before = *rx;
        uint8_t *copy = malloc(n ? n : 1);
        size_t len = n;
        enum srtp_result r;

        require(copy);
        if (n)
                memcpy(copy, p, n);
        r = rtcp ? srtcp_unprotect(rx, copy, &len) : srtp_unprotect(rx, copy, &len);
        if (r != SRTP_OK)
                require(len == n && (!n || !memcmp(copy, p, n)) && same_state(rx, &before));
        else
                require(len < n);
        free(copy);
}

/* What our own sender made of the bytes opens, unless it is older than the window or of one source too many. */
static void genuine(struct ends *e, bool rtcp, const uint8_t *p, size_t n)
{
        uint8_t wire[ROOM], copy[ROOM];
        size_t len = n, again;
        enum srtp_result r;

        if (n)
                memcpy(wire, p, n);
        r = rtcp ? srtcp_protect(e->tx, wire, &len, ROOM) : srtp_protect(e->tx, wire, &len, ROOM);
        if (r != SRTP_OK) {
                require(len == n && (!n || !memcmp(wire, p, n)));
                return;
        }
        again = len;
        memcpy(copy, wire, len);
        r = rtcp ? srtcp_unprotect(e->rx, wire, &len) : srtp_unprotect(e->rx, wire, &len);
        require(r == SRTP_REPLAYED || (r == SRTP_OK && len == n && !memcmp(wire, p, n)));
        foreign(e->rx, rtcp, copy, again - 1);
        len = again;
        r = rtcp ? srtcp_unprotect(e->rx, copy, &len) : srtp_unprotect(e->rx, copy, &len);
        require(r == SRTP_REPLAYED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
        struct cur in = cur_of(data, n);
        struct ends e = begin(cur_u8(&in));

        while (in.left) {
                uint8_t ctl = cur_u8(&in);
                struct cur piece = cur_child(&in, MIN_OF((size_t)(ctl >> 2) * 4, in.left));

                if (ctl & 2)
                        genuine(&e, ctl & 1, piece.p, piece.left);
                else
                        foreign(e.rx, ctl & 1, piece.p, piece.left);
        }
        end(&e);
        return 0;
}
