/* IPv4 and IPv6 addresses, prefixes, ranges, port ranges and their text forms. Values, no ownership. */
#ifndef VOXGATE_BASE_ADDR_H
#define VOXGATE_BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum addr_fam { ADDR_NONE = 0, ADDR_V4 = 4, ADDR_V6 = 6 };

/* v4 is in host order in w[0] (w[1..3] zero); v6 is 16 bytes in network order. Compare with addr_eq() or memcmp. */
struct addr {
        uint32_t fam; /* enum addr_fam */
        union {
                uint32_t v4;
                uint32_t w[4];
                uint8_t v6[16];
        };
};

struct prefix {
        struct addr a; /* host bits zero */
        uint8_t len;   /* bits */
};

/* Inclusive. One family. */
struct addr_range {
        struct addr lo, hi;
};

/* Inclusive; the whole range is 0-65535. */
struct port_range {
        uint16_t lo, hi;
};

#define ADDR_TEXT_MAX 46

static inline struct addr addr_v4(uint32_t host_order)
{
        struct addr a = { .fam = ADDR_V4 };

        a.w[0] = host_order;
        return a;
}

static inline bool addr_eq(const struct addr *a, const struct addr *b)
{
        return memcmp(a, b, sizeof *a) == 0;
}

static inline bool addr_is_v4(const struct addr *a)
{
        return a->fam == ADDR_V4;
}

/* <0, 0, >0 by family, then numerically. */
int addr_cmp(const struct addr *a, const struct addr *b);
/* Strict forms only: four decimal octets without leading zeros, or RFC 4291 text. false changes nothing. */
bool addr_parse(const char *s, struct addr *out);
/* Writes the text form into out (ADDR_TEXT_MAX bytes) and returns out; "0.0.0.0" for family none. */
char *addr_print(const struct addr *a, char *out);

/* Dotted IPv4 mask -> prefix length; false for a mask with holes. */
bool mask_to_len(uint32_t mask, uint8_t *len);
uint32_t len_to_mask(uint8_t len);
bool prefix_has(const struct prefix *p, const struct addr *a);
/* Clears host bits. */
void prefix_normalise(struct prefix *p);
struct addr_range prefix_range(const struct prefix *p);
bool range_has(const struct addr_range *r, const struct addr *a);
/* Multicast, broadcast, loopback, unspecified, 240/4 for v4; the like for v6: never a legal source on the wire. */
bool addr_is_martian_source(const struct addr *a);
bool addr_is_multicast(const struct addr *a);

struct mac {
        uint8_t b[6];
};
/* H.H.H as Cisco prints it ("0011.2233.4455"); out holds 15 bytes. */
char *mac_print(const struct mac *m, char *out);
bool mac_parse(const char *s, struct mac *out); /* H.H.H or xx:xx:xx:xx:xx:xx */

#endif
