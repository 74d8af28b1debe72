#include "proxy/tftp/tftp_send.h"

#include <stdio.h>

#include "platform/base/attr.h"
#include "platform/base/str.h"

static void arm(struct tftp_send *s, uint64_t now)
{
        s->due_ms = now + s->rto_ms;
}

static void put_block(struct tftp_send *s, uint64_t block)
{
        uint8_t room[TFTP_PACKET_MAX];
        struct wbuf w = wbuf_of(room, sizeof room);
        size_t at = (size_t)(block - 1) * s->blksize;

        tftp_data_write(&w, (uint16_t)block, s->data + at, MIN_OF(s->n - at, (size_t)s->blksize));
        s->put(s->ctx, room, w.len);
}

static void put_oack(struct tftp_send *s)
{
        uint8_t room[TFTP_REQUEST_MAX];
        struct wbuf w = wbuf_of(room, sizeof room);

        tftp_oack_write(&w, &s->oack);
        s->put(s->ctx, room, w.len);
}

static void put_window(struct tftp_send *s)
{
        uint64_t to = MIN_OF(s->acked + s->window, s->last);

        for (uint64_t b = s->acked + 1; b <= to; b++)
                put_block(s, b);
        s->sent = to;
}

static void put_current(struct tftp_send *s, uint64_t now)
{
        if (s->negotiate)
                put_oack(s);
        else
                put_window(s);
        arm(s, now);
}

/* What of the wishes is granted; unknown ones are left out (RFC 2347). */
static void grant(struct tftp_send *s, const struct tftp_options *asked)
{
        s->oack = (struct tftp_options){ 0 };
        if (asked->blksize)
                s->oack.blksize = s->blksize = MIN_OF(asked->blksize, (uint16_t)TFTP_OUR_BLKSIZE);
        if (asked->windowsize)
                s->oack.windowsize = s->window = MIN_OF(asked->windowsize, (uint16_t)TFTP_OUR_WINDOW);
        if (asked->timeout_s && asked->timeout_s <= TFTP_OUR_TIMEOUT_S) {
                s->oack.timeout_s = asked->timeout_s;
                s->base_ms = asked->timeout_s * 1000u;
        }
        if (asked->has_tsize && s->n) { /* curl takes a size of 0 for a mistake and ends */
                s->oack.has_tsize = true;
                s->oack.tsize = s->n;
        }
        s->negotiate = asked->blksize || asked->windowsize || s->oack.timeout_s || s->oack.has_tsize;
}

void tftp_send_start(struct tftp_send *s, const struct tftp_options *asked, const void *data, size_t n, uint64_t now)
{
        *s = (struct tftp_send){ .data = data, .n = n, .put = s->put, .ctx = s->ctx };
        s->blksize = TFTP_BLOCK;
        s->window = 1;
        s->base_ms = TFTP_RTO_MS;
        grant(s, asked);
        s->last = n / s->blksize + 1;
        s->rto_ms = s->base_ms;
        put_current(s, now);
}

static void progress(struct tftp_send *s)
{
        s->tries = 0;
        s->rto_ms = s->base_ms;
}

static enum tftp_step on_ack(struct tftp_send *s, uint16_t block, uint64_t now)
{
        uint16_t ahead = (uint16_t)(block - (uint16_t)s->acked);

        if (s->negotiate) {
                if (block)
                        return TFTP_GOING;
                s->negotiate = false;
        } else {
                if (!ahead || ahead > s->sent - s->acked)
                        return TFTP_GOING; /* a duplicate, or of nothing that was sent */
                s->acked += ahead;
        }
        progress(s);
        if (s->acked == s->last)
                return TFTP_DONE;
        put_current(s, now);
        return TFTP_GOING;
}

enum tftp_step tftp_send_input(struct tftp_send *s, struct cur in, uint64_t now)
{
        struct tftp_packet p;
        char text[60];

        if (tftp_packet_parse(in, &p) != PARSE_OK)
                return TFTP_GOING;
        if (p.op == TFTP_ACK)
                return on_ack(s, p.block, now);
        if (p.op != TFTP_ERROR)
                return TFTP_GOING;
        snprintf(s->why, sizeof s->why, "error %u: %s", p.code, str_escape(text, sizeof text, p.data.p, p.data.left));
        return TFTP_FAILED;
}

enum tftp_step tftp_send_tick(struct tftp_send *s, uint64_t now)
{
        if (now < s->due_ms)
                return TFTP_GOING;
        if (++s->tries >= TFTP_TRIES) {
                snprintf(s->why, sizeof s->why, "no acknowledgement of %s after %u tries",
                         s->negotiate ? "the options" : "a block", TFTP_TRIES);
                return TFTP_FAILED;
        }
        s->rto_ms = MIN_OF(s->rto_ms * 2, MAX_OF(TFTP_RTO_MAX_MS, s->base_ms));
        s->resent++;
        put_current(s, now);
        return TFTP_GOING;
}
