/* A captured frame as one line of text, in the manner of `show capture`. Frames are foreign: nothing is trusted. */
#ifndef VOXGATE_CLI_EXEC_PKT_TEXT_H
#define VOXGATE_CLI_EXEC_PKT_TEXT_H

#include "platform/base/wbuf.h"
#include "platform/net/capture.h"

struct pkt_text_opts {
        bool detail; /* MAC addresses, checksums, TTL */
};
/* Everything behind the time; detail puts a line break between the Ethernet and the IP part. */
void pkt_text(const struct capture_rec *r, const uint8_t *data, const struct pkt_text_opts *o, struct wbuf *w);
/* One row of `dump`: 16 bytes from at on. */
void pkt_dump_row(const uint8_t *data, uint32_t n, uint32_t at, struct wbuf *w);

#endif
