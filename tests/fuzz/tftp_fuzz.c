/* Any datagram to port 69: a request is taken whole and opens one pinhole, anything else does nothing at all. */
#include "inspect/tftp/tftp.h"
#include "tests/support/engine_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_request(const uint8_t *data, size_t n)
{
        struct tftp_request r;
        const char *why;

        if (tftp_request_parse(cur_of(data, n), &r, &why) != PARSE_OK) {
                feed_require(why && why[0]);
                return;
        }
        feed_require(n <= TFTP_REQUEST_MAX && data[n - 1] == 0);
        feed_require(r.name.left && r.name.left <= TFTP_NAME_MAX && !memchr(r.name.p, 0, r.name.left));
        feed_require(r.noptions <= TFTP_OPTIONS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
        uint8_t room[16];
        struct wbuf out = wbuf_of(room, sizeof room);
        struct feed f;
        size_t used = 0;

        check_request(data, n);
        feed_open(&f, &inspect_tftp, NULL);
        f.c.out = &out;
        for (unsigned dir = 0; dir < 2; dir++) {
                unsigned holes = f.nholes;
                enum engine_verdict v = f.engine->data(&f.c, dir, cur_of(data, n), false, &used);

                feed_require(v == ENGINE_ACCEPT || (v == ENGINE_CLOSE && f.c.reason[0]));
                feed_require(f.nholes - holes == (v == ENGINE_ACCEPT) && used == (v == ENGINE_ACCEPT ? n : 0));
                feed_require(dir == DIR_C2S || v == ENGINE_CLOSE);
        }
        feed_require(!out.len);
        feed_close(&f);
        return 0;
}
