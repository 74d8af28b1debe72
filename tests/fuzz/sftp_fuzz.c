/* Any packets of a client of SFTP, one behind the other; there is no flash behind them. The first octet of each piece
 * is its length. */
#include "cli/ssh/sftp.h"
#include "cli/ssh/scp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        static struct box b;
        struct sftp *s = sftp_new(&b, NULL, NULL);
        struct text out = { 0 };
        char name[XFER_NAME_MAX + 1];
        uint64_t length;

        xfer_name((const char *)data, size, name);
        scp_file_line((const char *)data, size, &length, name, sizeof name);
        while (size) {
                size_t n = data[0] < size ? data[0] : size - 1;

                if (!sftp_packet(s, data + 1, n, &out))
                        break;
                data += n + 1;
                size -= n + 1;
        }
        text_fini(&out);
        sftp_free(s);
        return 0;
}
