/* CTL files and signed files as a TFTP server or an operator's flash brings them. */
#include <stdlib.h>

#include "pki/ctl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ctl_file file;
static size_t listed;

static void require(bool ok)
{
        if (!ok)
                abort();
}

static void one(void *ctx, unsigned record, uint8_t tag, struct cur v)
{
        (void)record;
        (void)tag;
        require(v.left <= *(const size_t *)ctx && !v.bad);
        for (size_t i = 0; i < v.left; i++)
                listed += v.p[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct cur payload;
        struct ctl_head h;
        struct err e;

        if (sgn_strip(data, size, &payload, &h, &e) == 0) {
                require(h.bytes <= size && payload.left == size - h.bytes && payload.p == data + h.bytes);
                require(h.sig_at >= 3 && h.sig_at + h.sig_bytes <= h.bytes);
        }
        ctl_each(data, size, one, &size);
        if (ctl_parse(data, size, &file, &e) < 0)
                return 0;
        require(file.n && file.n <= CTL_RECORDS_MAX && ctl_each(data, size, one, &size) == 0);
        for (unsigned i = 0; i < file.n; i++)
                if (file.rec[i].cert)
                        sgn_verify(data, size, file.rec[i].cert);
        ctl_file_fini(&file);
        return 0;
}
