/* Any captured frame can be shown. First byte: options. */
#include "cli/exec/pkt_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char text[4096];
        struct wbuf w = wbuf_of(text, sizeof text);
        struct pkt_text_opts o;
        struct capture_rec r;

        if (!size || size > 9217)
                return 0;
        o.detail = data[0] & 1;
        r = (struct capture_rec){ .caplen = (uint32_t)size - 1, .len = (uint32_t)size - 1, .l3 = data[0] & 2 };
        pkt_text(&r, data + 1, &o, &w);
        for (uint32_t at = 0; at < r.caplen; at += 16) {
                w = wbuf_of(text, sizeof text);
                pkt_dump_row(data + 1, r.caplen, at, &w);
        }
        return 0;
}
