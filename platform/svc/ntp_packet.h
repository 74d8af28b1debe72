/*
 * NTP on the wire (RFC 5905): the 48 octets of a packet, the MAC behind them, and its times. Times are in units of
 * 2^-32 s since 1900, and wrap every 136 years: only differences mean something.
 */
#ifndef VOXGATE_SVC_NTP_PACKET_H
#define VOXGATE_SVC_NTP_PACKET_H

#include "platform/base/cur.h"
#include "platform/base/wbuf.h"

#define NTP_PORT 123u
#define NTP_HEAD 48u
#define NTP_DIGEST_MAX 20u
#define NTP_PACKET_MAX (NTP_HEAD + 4u + NTP_DIGEST_MAX)
#define NTP_KEY_MAX 64u

enum ntp_leap { NTP_LEAP_NONE, NTP_LEAP_61, NTP_LEAP_59, NTP_LEAP_UNKNOWN };
enum { NTP_CLIENT = 3, NTP_SERVER = 4 };

struct ntp_packet {
        uint8_t leap, version, mode, stratum;
        int8_t poll, precision;         /* exponents of 2, seconds */
        uint32_t root_delay, root_disp; /* 2^-16 s */
        uint32_t ref_id;
        uint64_t reference, originate, receive, transmit;
        uint32_t key_id;       /* 0: no MAC, or a server's "your MAC is wrong" */
        const uint8_t *digest; /* borrowed; NULL: none */
        size_t ndigest;
};

/*
 * A whole datagram. MORE: shorter than any packet. BAD: what is behind the 48 octets is no MAC. Extension fields are
 * not asked for, so they are none.
 */
enum parse ntp_packet_parse(struct cur in, struct ntp_packet *out);
void ntp_packet_write(const struct ntp_packet *p, struct wbuf *w);

/* ---- MAC: the digest of the key and the 48 octets ---- */
enum ntp_hash { NTP_MD5, NTP_SHA1, NTP_SHA256, NTP_SHA512 };
/* Its length: 16, or 20 (longer ones are cut). 0: the digest cannot be had. */
size_t ntp_mac(enum ntp_hash h, const char *key, const uint8_t head[NTP_HEAD], uint8_t out[NTP_DIGEST_MAX]);
/* Constant time. */
bool ntp_mac_ok(enum ntp_hash h, const char *key, const uint8_t head[NTP_HEAD], const struct ntp_packet *p);

/* ---- times ---- */
uint64_t ntp_of_ns(int64_t unix_ns);
int64_t ntp_short_ns(uint32_t v); /* 2^-16 s */
/* a - b as the nearer way round. */
int64_t ntp_diff_ns(uint64_t a, uint64_t b);
/* Seconds since 1970, within 68 years of near_s. */
int64_t ntp_unix_s(uint64_t v, int64_t near_s);

#endif
