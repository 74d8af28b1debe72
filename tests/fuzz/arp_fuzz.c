/* ARP messages into a live neighbour table, with time passing: a sequence of frames, not one. */
#include "platform/net/arp.h"

#include <stdlib.h>

#include "tests/support/worker_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Records of one length byte and that many bytes: a frame for port 0; length 0: a second passes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct worker_fixture f;

        if (size > 4096)
                return 0;
        wf_init(&f);
        wf_start(&f);
        while (size) {
                size_t n = data[0] < size ? data[0] : size - 1;

                if (n)
                        wf_send(&f, 0, data + 1, n);
                else
                        wf_advance(&f, 1000);
                data += n + 1;
                size -= n + 1;
        }
        wf_advance(&f, 8000); /* a question given up, and the error about it likewise */
        if (pkt_pool_used(f.w->pkts))
                abort();
        wf_stop(&f);
        return 0;
}
