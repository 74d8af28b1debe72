/* Any datagram from a time server: read without harm, written back as it was, and believed only with its MAC. */
#include <stdlib.h>
#include <string.h>

#include "platform/svc/ntp_packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool ok)
{
        if (!ok)
                abort();
}

static void check_mac(const uint8_t *data, const struct ntp_packet *p)
{
        uint8_t digest[NTP_DIGEST_MAX];

        for (unsigned h = NTP_MD5; h <= NTP_SHA512; h++) {
                size_t len = ntp_mac((enum ntp_hash)h, "key", data, digest);
                bool same = p->ndigest == len && !memcmp(digest, p->digest, len);

                require(len == 16 || len == 20);
                require(ntp_mac_ok((enum ntp_hash)h, "key", data, p) == same);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
        struct ntp_packet p;
        uint8_t back[NTP_HEAD];
        struct wbuf w = wbuf_of(back, sizeof back);
        enum parse got = ntp_packet_parse(cur_of(data, n), &p);

        require((got == PARSE_MORE) == (n < NTP_HEAD));
        if (got != PARSE_OK)
                return 0;
        require(n == NTP_HEAD || n == NTP_HEAD + 4 + p.ndigest);
        ntp_packet_write(&p, &w);
        require(w.len == NTP_HEAD && !memcmp(back, data, NTP_HEAD));
        check_mac(data, &p);
        require(ntp_short_ns(p.root_delay) >= 0);
        require(ntp_diff_ns(p.transmit, p.receive) + ntp_diff_ns(p.receive, p.transmit) <= 1);
        return 0;
}
