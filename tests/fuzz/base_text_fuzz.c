/* Text of peers and operators: what parses must print and parse back; what is shown must be harmless. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "platform/base/addr.h"
#include "platform/base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool ok)
{
        if (!ok)
                abort();
}

static void check_addr(const char *s)
{
        char text[ADDR_TEXT_MAX];
        struct addr a, again;

        if (!addr_parse(s, &a))
                return;
        require(addr_parse(addr_print(&a, text), &again) && addr_eq(&a, &again));
        addr_is_martian_source(&a);
}

static void check_mac(const char *s)
{
        char text[15];
        struct mac m, again;

        if (mac_parse(s, &m))
                require(mac_parse(mac_print(&m, text), &again) && !memcmp(&m, &again, sizeof m));
}

static void check_duration(const char *s)
{
        uint32_t sec, again;
        char text[24];

        if (str_parse_duration(s, &sec))
                require(str_parse_duration(str_duration(text, sec), &again) && sec == again);
}

/* In a block of exactly its capacity, so that a byte too many is seen. */
static void check_escape(const uint8_t *data, size_t n, size_t cap)
{
        char *out = malloc(cap);

        if (!out)
                return;
        str_escape(out, cap, data, n);
        require(strlen(out) < cap);
        for (const char *p = out; *p; p++)
                require((unsigned char)*p >= 0x20 && *p != 0x7f);
        free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
        char *s = malloc(n + 1);
        uint64_t u;

        if (!s)
                return 0;
        if (n)
                memcpy(s, data, n);
        s[n] = 0;
        check_addr(s);
        check_mac(s);
        check_duration(s);
        str_u64(s, 0, UINT64_MAX, &u);
        check_escape(data, n, n ? 1 + data[0] % 64 : 1);
        check_escape(data, n, 4 * n + 1);
        free(s);
        return 0;
}
