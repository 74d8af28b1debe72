#include "platform/base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>

int addr_cmp(const struct addr *a, const struct addr *b)
{
        if (a->fam != b->fam)
                return a->fam < b->fam ? -1 : 1;
        if (a->fam == ADDR_V4)
                return (a->v4 > b->v4) - (a->v4 < b->v4);
        return memcmp(a->v6, b->v6, sizeof a->v6);
}

/* One octet without leading zeros; moves *s behind it. */
static bool parse_octet(const char **s, uint32_t *out)
{
        const char *p = *s;
        uint32_t v = 0;

        if (*p < '0' || *p > '9' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9'))
                return false;
        for (; *p >= '0' && *p <= '9'; p++) {
                v = v * 10 + (uint32_t)(*p - '0');
                if (v > 255)
                        return false;
        }
        *s = p;
        *out = v;
        return true;
}

static bool parse_v4(const char *s, uint32_t *out)
{
        uint32_t v = 0, octet;

        for (int i = 0; i < 4; i++) {
                if (i && *s++ != '.')
                        return false;
                if (!parse_octet(&s, &octet))
                        return false;
                v = v << 8 | octet;
        }
        *out = v;
        return !*s;
}

bool addr_parse(const char *s, struct addr *out)
{
        struct addr a = { .fam = ADDR_V6 };
        uint32_t v4;

        if (parse_v4(s, &v4)) {
                *out = addr_v4(v4);
                return true;
        }
        if (inet_pton(AF_INET6, s, a.v6) != 1)
                return false;
        *out = a;
        return true;
}

char *addr_print(const struct addr *a, char *out)
{
        uint32_t v = a->fam == ADDR_V4 ? a->v4 : 0;

        if (a->fam == ADDR_V6 && inet_ntop(AF_INET6, a->v6, out, ADDR_TEXT_MAX))
                return out;
        snprintf(out, ADDR_TEXT_MAX, "%u.%u.%u.%u", v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255);
        return out;
}

bool mask_to_len(uint32_t mask, uint8_t *len)
{
        uint32_t host = ~mask;

        if (host & (host + 1))
                return false;
        *len = (uint8_t)__builtin_popcount(mask);
        return true;
}

uint32_t len_to_mask(uint8_t len)
{
        if (!len)
                return 0;
        return len >= 32 ? UINT32_MAX : ~(UINT32_MAX >> len);
}

/* The bits of byte i that belong to the prefix. */
static uint8_t byte_mask(uint8_t len, unsigned i)
{
        if (len >= 8 * (i + 1))
                return 0xff;
        return len <= 8 * i ? 0 : (uint8_t)(0xff00u >> (len - 8 * i));
}

bool prefix_has(const struct prefix *p, const struct addr *a)
{
        if (p->a.fam != a->fam || a->fam == ADDR_NONE)
                return false;
        if (a->fam == ADDR_V4)
                return !((p->a.v4 ^ a->v4) & len_to_mask(p->len));
        for (unsigned i = 0; i < 16; i++)
                if ((p->a.v6[i] ^ a->v6[i]) & byte_mask(p->len, i))
                        return false;
        return true;
}

void prefix_normalise(struct prefix *p)
{
        if (p->a.fam == ADDR_V4)
                p->a.v4 &= len_to_mask(p->len);
        for (unsigned i = 0; p->a.fam == ADDR_V6 && i < 16; i++)
                p->a.v6[i] &= byte_mask(p->len, i);
}

struct addr_range prefix_range(const struct prefix *p)
{
        struct prefix lo = *p;
        struct addr_range r;

        prefix_normalise(&lo);
        r.lo = r.hi = lo.a;
        if (r.hi.fam == ADDR_V4)
                r.hi.v4 |= ~len_to_mask(p->len);
        for (unsigned i = 0; r.hi.fam == ADDR_V6 && i < 16; i++)
                r.hi.v6[i] |= (uint8_t)~byte_mask(p->len, i);
        return r;
}

bool range_has(const struct addr_range *r, const struct addr *a)
{
        return r->lo.fam == a->fam && addr_cmp(&r->lo, a) <= 0 && addr_cmp(a, &r->hi) <= 0;
}

bool addr_is_multicast(const struct addr *a)
{
        if (a->fam == ADDR_V4)
                return a->v4 >> 28 == 0xe;
        return a->fam == ADDR_V6 && a->v6[0] == 0xff;
}

/* ::/96 holds the unspecified and loopback addresses; mapped IPv4 (::ffff:0:0/96) never travels as IPv6. */
static bool v6_is_martian(const uint8_t *b)
{
        static const uint8_t zero[10];

        if (b[0] == 0xff)
                return true;
        return !memcmp(b, zero, 10) && b[10] == b[11] && (b[10] == 0 || b[10] == 0xff);
}

bool addr_is_martian_source(const struct addr *a)
{
        uint32_t net = a->v4 >> 24;

        if (a->fam == ADDR_V6)
                return v6_is_martian(a->v6);
        return a->fam != ADDR_V4 || net == 0 || net == 127 || net >= 224;
}

char *mac_print(const struct mac *m, char *out)
{
        snprintf(out, 15, "%02x%02x.%02x%02x.%02x%02x", m->b[0], m->b[1], m->b[2], m->b[3], m->b[4], m->b[5]);
        return out;
}

static int hex_digit(char c)
{
        if (c >= '0' && c <= '9')
                return c - '0';
        c = (char)(c | 0x20);
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A group of min..max hex digits; moves *s behind it. */
static bool parse_hex_group(const char **s, int min, int max, uint32_t *out)
{
        const char *p = *s;
        uint32_t v = 0;

        while (p - *s < max && hex_digit(*p) >= 0)
                v = v << 4 | (uint32_t)hex_digit(*p++);
        if (p - *s < min)
                return false;
        *s = p;
        *out = v;
        return true;
}

static bool parse_mac_groups(const char *s, unsigned groups, char sep, int min, struct mac *out)
{
        unsigned bytes = 6 / groups;
        struct mac m;
        uint32_t v;

        for (unsigned i = 0; i < groups; i++) {
                if (i && *s++ != sep)
                        return false;
                if (!parse_hex_group(&s, min, (int)bytes * 2, &v))
                        return false;
                for (unsigned j = 0; j < bytes; j++)
                        m.b[i * bytes + j] = (uint8_t)(v >> 8 * (bytes - 1 - j));
        }
        if (*s)
                return false;
        *out = m;
        return true;
}

bool mac_parse(const char *s, struct mac *out)
{
        return parse_mac_groups(s, 3, '.', 1, out) || parse_mac_groups(s, 6, ':', 2, out);
}
