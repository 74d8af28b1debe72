/* Both machines of a TFTP transfer under a hostile peer: datagrams and time in any order; bounded memory, an end. */
#include "platform/base/mem.h"
#include "proxy/tftp/tftp_fetch.h"
#include "proxy/tftp/tftp_name.h"
#include "tests/support/engine_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

struct count {
        uint64_t packets, bytes;
};

static void put(void *ctx, const void *p, size_t n)
{
        struct count *c = ctx;

        feed_require(p && n >= 4 && n <= TFTP_PACKET_MAX);
        c->packets++;
        c->bytes += n;
}

/* A datagram of the input: one byte of length, or 0xff for a long one, and a step of time in front of it. */
static struct cur next(struct cur *in, uint64_t *now)
{
        size_t len;

        *now += cur_u8(in) * 40u;
        len = cur_u8(in);
        if (len == 0xff)
                len = 516;
        return cur_child(in, MIN_OF(len, in->left));
}

static void serve(struct cur in, const struct tftp_options *asked)
{
        static uint8_t file[5000];
        struct count c = { 0 };
        struct tftp_send s = { .put = put, .ctx = &c };
        enum tftp_step step = TFTP_GOING;
        uint64_t now = 0;
        unsigned rounds = 0;

        tftp_send_start(&s, asked, file, sizeof file, now);
        while (step == TFTP_GOING && in.left) {
                uint64_t before = c.packets;
                struct cur d = next(&in, &now);

                step = tftp_send_input(&s, d, now);
                feed_require(c.packets - before <= TFTP_OUR_WINDOW && s.acked <= s.sent && s.sent <= s.last);
                if (step == TFTP_GOING)
                        step = tftp_send_tick(&s, now);
        }
        while (step == TFTP_GOING) {
                feed_require(++rounds < 50);
                step = tftp_send_tick(&s, s.due_ms);
        }
}

static void fetch(struct cur in)
{
        struct tftp_budget budget = { .max = 100000 };
        struct count c = { 0 };
        struct tftp_fetch f = { .put = put, .ctx = &c, .budget = &budget, .max = 20000 };
        enum tftp_step step = TFTP_GOING;
        uint64_t now = 0;
        unsigned rounds = 0;

        tftp_fetch_start(&f, "a", now);
        while (step == TFTP_GOING && in.left) {
                uint64_t before = c.packets;
                struct cur d = next(&in, &now);

                step = tftp_fetch_input(&f, d, now);
                feed_require(c.packets - before <= 1 && f.n <= f.max && f.n <= f.cap && budget.used == f.cap);
                if (step == TFTP_GOING)
                        step = tftp_fetch_tick(&f, now);
        }
        while (step == TFTP_GOING) {
                feed_require(++rounds < 50);
                step = tftp_fetch_tick(&f, f.due_ms);
        }
        feed_require(step == TFTP_DONE || (f.lack && f.why[0]));
        tftp_fetch_fini(&f);
        feed_require(!budget.used);
}

static void name_of(const struct tftp_request *r)
{
        struct phone_file p;

        phone_file_of(r->name, &p);
        feed_require(strlen(p.name) <= PHONE_FILE_MAX && (p.kind != PHONE_FILE_BAD || p.why));
        feed_require(p.kind == PHONE_FILE_BAD || p.name[0] != '/');
        feed_require(p.kind == PHONE_FILE_BAD || (!strstr(p.name, "/.") && p.name[0] != '.'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
        struct tftp_options none = { 0 };
        struct cur in = cur_of(data, n), ask = in;
        struct tftp_request r;
        const char *why;

        fetch(in);
        serve(in, &none);
        ask.left = MIN_OF(ask.left, (size_t)TFTP_REQUEST_MAX);
        if (tftp_request_parse(ask, &r, &why) == PARSE_OK) {
                name_of(&r);
                serve(in, &r.opt);
        }
        return 0;
}
