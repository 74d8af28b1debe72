/*
 * SIP messages from a stream and from datagrams. Whatever arrives: the frame does not depend on how the bytes are
 * cut, the parser agrees with it, what is accepted is written back byte for byte, and edits parse again.
 */
#include <stdlib.h>

#include "inspect/sip/edit.h"
#include "inspect/sip/sdp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct sip_msg msg, again;
static struct sip_edits edits;
static uint8_t out[2 * SIP_MESSAGE_MAX];

static void require(bool ok)
{
        if (!ok)
                abort();
}

static void check_inside(struct str s, const uint8_t *p, size_t n)
{
        const uint8_t *at = (const uint8_t *)s.p;

        require(!s.n || (at >= p && s.n <= n && (size_t)(at - p) <= n - s.n));
}

static void look_at_values(const uint8_t *p, size_t n)
{
        struct sip_nameaddr a;
        struct sip_via v;
        struct str value;

        for (unsigned i = 0; i < msg.nheaders; i++) {
                const struct sip_header *h = &msg.h[i];

                check_inside(h->value, p, n);
                check_inside(h->line, p, n);
                if (sip_nameaddr_parse(&a, h->value)) {
                        check_inside(a.uri.hostport, p, n);
                        check_inside(a.params, p, n);
                        if (sip_param(a.params, "x", &value))
                                check_inside(value, p, n);
                }
                if (sip_via_parse(&v, h->value))
                        check_inside(v.sent_by, p, n);
        }
        (void)sip_validate_strict(&msg);
}

/* Without edits nothing changes, and what was written is read the same way. */
static void check_unchanged(const uint8_t *p, bool datagram)
{
        struct wbuf w = wbuf_of(out, sizeof out);
        const char *why;

        sip_edits_reset(&edits);
        require(sip_write(&msg, &edits, (struct str){ NULL, 0 }, &w));
        require(w.len == (size_t)(p + msg.total - (const uint8_t *)msg.start_line.p));
        require(!memcmp(out, msg.start_line.p, w.len));
        require(sip_parse(&again, out, w.len, datagram, &why) == SIP_OK);
        require(again.nheaders == msg.nheaders && again.body.n == msg.body.n && again.total == w.len);
}

/* Headers that may go are taken out, every third value; hosts become another; the body is a new one. */
static void check_edited(unsigned seed, bool datagram)
{
        struct endpoint ep = { .a = addr_v4(0xc0000201), .port = 5061 };
        struct wbuf w = wbuf_of(out, sizeof out);
        struct sip_nameaddr a;
        unsigned removed = 0;
        const char *why;

        sip_edits_reset(&edits);
        edits.stream = true;
        for (unsigned i = 0; i < msg.nheaders; i++) {
                const struct sip_header *h = &msg.h[i];
                bool needed = h->id == SIP_H_FROM || h->id == SIP_H_TO || h->id == SIP_H_CSEQ ||
                              h->id == SIP_H_CALL_ID || h == sip_header_at(&msg, SIP_H_VIA, 0) ||
                              h->id == SIP_H_CONTENT_LENGTH || h->id == SIP_H_CONTENT_TYPE;

                if (!needed && (i + seed) % 3 == 0) {
                        sip_edit_remove_header(&edits, &msg, h);
                        removed++;
                } else if (sip_hdr_flags((enum sip_hdr)h->id) & SIP_HF_ADDR && sip_nameaddr_parse(&a, h->value) &&
                           a.uri.is_sip) {
                        sip_edit_hostport(&edits, a.uri.hostport, &ep);
                }
        }
        if (!sip_write(&msg, &edits, (struct str){ "abc", seed % 4 }, &w))
                return;
        require(sip_parse(&again, out, w.len, false, &why) == SIP_OK);
        require(again.body.n == seed % 4 && again.total == w.len);
        require(again.nheaders + removed >= msg.nheaders - (seed % 4 == 0));
        (void)datagram;
}

static void check_parse(const uint8_t *p, size_t n, bool datagram)
{
        struct sip_part part;
        const char *why;

        if (sip_parse(&msg, p, n, datagram, &why) != SIP_OK)
                return;
        require(msg.total <= n && msg.call_id.n && msg.nheaders <= SIP_HEADERS_MAX);
        look_at_values(p, n);
        if (sip_sdp_parts(&msg, &part) && part.content.n)
                check_inside(part.content, (const uint8_t *)msg.body.p, msg.body.n);
        check_unchanged(p, datagram);
        check_edited((unsigned)n, datagram);
}

/* Cut here and there: as if it came at once. */
static void check_cuts(const uint8_t *p, size_t n, enum sip_parse_result r, size_t lead, size_t total)
{
        for (size_t cut = 1; cut < n; cut += 1 + cut / 2) {
                size_t pos = 0, lead2, total2;
                const char *why;
                enum sip_parse_result first = sip_frame(p, n - cut, &pos, &lead2, &total2, &why);

                if (first == SIP_MORE) {
                        require(sip_frame(p, n, &pos, &lead2, &total2, &why) == r);
                        require(r == SIP_BAD || (lead2 == lead && total2 == total));
                } else if (first == SIP_BAD) {
                        require(r == SIP_BAD);
                } else if (total2) {
                        require(r == SIP_OK && total2 == total && lead2 == lead);
                }
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
        size_t pos = 0, lead, total;
        const char *why;
        enum sip_parse_result r = sip_frame(data, n, &pos, &lead, &total, &why);

        check_cuts(data, n, r, lead, total);
        if (r == SIP_OK) {
                require(lead + total && lead + total <= n && !pos);
                check_parse(data + lead, total, false);
                if (total)
                        require(sip_parse(&msg, data + lead, total, false, &why) == SIP_BAD || msg.total == total);
        }
        check_parse(data, n, true);
        return 0;
}
