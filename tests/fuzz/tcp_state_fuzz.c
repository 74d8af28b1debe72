/* A sequence of segments into both trackers: nothing is read beyond the options, a refused segment changes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "platform/base/cur.h"
#include "policy/tcp_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* side and option length, flags, window, sequence and acknowledgement relative to what the side has sent, payload */
static bool next(struct cur *c, const struct tcp_conn_state *t, uint8_t *buf, struct pkt *pk, unsigned *side)
{
        uint8_t head = cur_u8(c), nopt = (uint8_t)((head >> 1 & 0x0F) % 11 * 4);

        *side = head & 1;
        memset(pk, 0, sizeof *pk);
        pk->buf = buf;
        pk->tcp_flags = cur_u8(c);
        pk->tcp_win = cur_be16(c);
        pk->tcp_seq = t->side[*side].end + (uint32_t)(int16_t)cur_be16(c);
        pk->tcp_ack = t->side[!*side].end + (uint32_t)(int16_t)cur_be16(c);
        pk->tot_pay = cur_be16(c);
        pk->pay = 20 + nopt;
        return cur_copy(c, buf + 20, nopt) && !c->bad;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
        struct tcp_conn_state strict = { 0 }, loose = { 0 }, was;
        struct cur c = cur_of(data, n);
        uint8_t *buf = malloc(60); /* its end is guarded */
        unsigned side;
        struct pkt pk;

        while (buf && c.left && next(&c, &strict, buf, &pk, &side)) {
                was = strict;
                if (tcp_track(&strict, side, &pk) && memcmp(&was, &strict, sizeof was) != 0)
                        abort();
                if (strict.phase < was.phase && was.phase == TCPP_CLOSED)
                        abort();
                was = loose;
                if (tcp_follow(&loose, side, side == 1, &pk) && memcmp(&was, &loose, sizeof was) != 0)
                        abort();
        }
        free(buf);
        return 0;
}
