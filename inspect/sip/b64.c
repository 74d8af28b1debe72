#include "inspect/sip/b64.h"

static int value_of(char c)
{
        if (c >= 'A' && c <= 'Z')
                return c - 'A';
        if (c >= 'a' && c <= 'z')
                return c - 'a' + 26;
        if (c >= '0' && c <= '9')
                return c - '0' + 52;
        return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool b64_decode(struct str text, uint8_t *out, size_t n, bool *padded)
{
        size_t chars = (n * 8 + 5) / 6, pad = (4 - chars % 4) % 4, used = 0;
        uint32_t bits = 0;
        unsigned have = 0;

        if (text.n != chars && text.n != chars + pad)
                return false;
        *padded = text.n == chars + pad;
        for (size_t i = chars; i < text.n; i++)
                if (text.p[i] != '=')
                        return false;
        for (size_t i = 0; i < chars; i++) {
                int v = value_of(text.p[i]);

                if (v < 0)
                        return false;
                bits = bits << 6 | (uint32_t)v;
                have += 6;
                if (have >= 8) {
                        have -= 8;
                        out[used++] = (uint8_t)(bits >> have);
                }
        }
        return !(bits & ((1u << have) - 1));
}

void b64_write(struct wbuf *w, const uint8_t *p, size_t n)
{
        static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

        for (size_t i = 0; i < n; i += 3) {
                size_t left = n - i;
                uint32_t v =
                        (uint32_t)p[i] << 16 | (left > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (left > 2 ? p[i + 2] : 0);

                wbuf_u8(w, (uint8_t)digit[v >> 18]);
                wbuf_u8(w, (uint8_t)digit[v >> 12 & 63]);
                wbuf_u8(w, left > 1 ? (uint8_t)digit[v >> 6 & 63] : '=');
                wbuf_u8(w, left > 2 ? (uint8_t)digit[v & 63] : '=');
        }
}
