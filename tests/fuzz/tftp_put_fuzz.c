/* Any datagram may come back from a TFTP server. */
#include "platform/svc/tftp_put.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        char words[64];
        uint16_t block;

        tftp_put_parse(cur_of(data, size), &block, words, sizeof words);
        return 0;
}
