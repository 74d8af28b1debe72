/* The tuple that captures match by, from any bytes, with and without an Ethernet header. */
#include "platform/net/capture_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct capture_tuple t;

        if (!size)
                return 0;
        capture_tuple_of(data + 1, size - 1, data[0] & 1, &t);
        if (t.ports && t.src.fam == ADDR_NONE)
                __builtin_trap();
        return 0;
}
