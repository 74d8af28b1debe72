#include "platform/svc/ntp_packet.h"

#include <mbedtls/md.h>
#include <string.h>

#include "platform/base/str.h"

#define SINCE_1900 2208988800u /* seconds until 1970 */
#define NS 1000000000

/* ---- octets ---- */

static uint64_t be64(struct cur *c)
{
        uint64_t high = cur_be32(c);

        return high << 32 | cur_be32(c);
}

/* A key number and a digest of 16 or 20 octets; a number alone says that ours was wrong. */
static bool parse_mac(struct cur *c, struct ntp_packet *p)
{
        if (!c->left)
                return true;
        p->key_id = cur_be32(c);
        p->ndigest = c->left;
        p->digest = c->left ? cur_take(c, c->left) : NULL;
        return !c->bad && (p->ndigest == 16 || p->ndigest == 20 || (!p->ndigest && !p->key_id));
}

enum parse ntp_packet_parse(struct cur in, struct ntp_packet *out)
{
        uint8_t first;

        if (in.left < NTP_HEAD)
                return PARSE_MORE;
        *out = (struct ntp_packet){ .leap = 0 };
        first = cur_u8(&in);
        out->leap = first >> 6;
        out->version = first >> 3 & 7;
        out->mode = first & 7;
        out->stratum = cur_u8(&in);
        out->poll = (int8_t)cur_u8(&in);
        out->precision = (int8_t)cur_u8(&in);
        out->root_delay = cur_be32(&in);
        out->root_disp = cur_be32(&in);
        out->ref_id = cur_be32(&in);
        out->reference = be64(&in);
        out->originate = be64(&in);
        out->receive = be64(&in);
        out->transmit = be64(&in);
        return parse_mac(&in, out) ? PARSE_OK : PARSE_BAD;
}

static void put64(struct wbuf *w, uint64_t v)
{
        wbuf_be32(w, (uint32_t)(v >> 32));
        wbuf_be32(w, (uint32_t)v);
}

void ntp_packet_write(const struct ntp_packet *p, struct wbuf *w)
{
        wbuf_u8(w, (uint8_t)(p->leap << 6 | p->version << 3 | p->mode));
        wbuf_u8(w, p->stratum);
        wbuf_u8(w, (uint8_t)p->poll);
        wbuf_u8(w, (uint8_t)p->precision);
        wbuf_be32(w, p->root_delay);
        wbuf_be32(w, p->root_disp);
        wbuf_be32(w, p->ref_id);
        put64(w, p->reference);
        put64(w, p->originate);
        put64(w, p->receive);
        put64(w, p->transmit);
}

/* ---- MAC ---- */

static const mbedtls_md_info_t *hash_of(enum ntp_hash h)
{
        static const mbedtls_md_type_t type[] = { [NTP_MD5] = MBEDTLS_MD_MD5,
                                                  [NTP_SHA1] = MBEDTLS_MD_SHA1,
                                                  [NTP_SHA256] = MBEDTLS_MD_SHA256,
                                                  [NTP_SHA512] = MBEDTLS_MD_SHA512 };

        return mbedtls_md_info_from_type(type[h]);
}

size_t ntp_mac(enum ntp_hash h, const char *key, const uint8_t head[NTP_HEAD], uint8_t out[NTP_DIGEST_MAX])
{
        const mbedtls_md_info_t *info = hash_of(h);
        uint8_t in[NTP_KEY_MAX + NTP_HEAD], digest[MBEDTLS_MD_MAX_SIZE];
        size_t nkey = strlen(key), n;

        if (!info || nkey > NTP_KEY_MAX)
                return 0;
        memcpy(in, key, nkey);
        memcpy(in + nkey, head, NTP_HEAD);
        n = MIN_OF((size_t)mbedtls_md_get_size(info), (size_t)NTP_DIGEST_MAX);
        if (mbedtls_md(info, in, nkey + NTP_HEAD, digest) != 0)
                n = 0;
        memcpy(out, digest, n);
        explicit_bzero(in, sizeof in);
        return n;
}

bool ntp_mac_ok(enum ntp_hash h, const char *key, const uint8_t head[NTP_HEAD], const struct ntp_packet *p)
{
        uint8_t want[NTP_DIGEST_MAX], differs = 0;
        size_t n = ntp_mac(h, key, head, want);

        if (!n || p->ndigest != n)
                return false;
        for (size_t i = 0; i < n; i++)
                differs |= want[i] ^ p->digest[i];
        return !differs;
}

/* ---- times ---- */

uint64_t ntp_of_ns(int64_t unix_ns)
{
        int64_t s = unix_ns / NS, ns = unix_ns % NS;

        if (ns < 0) {
                ns += NS;
                s--;
        }
        return (uint64_t)(s + SINCE_1900) << 32 | ((uint64_t)ns << 32) / NS;
}

int64_t ntp_short_ns(uint32_t v)
{
        return (int64_t)((uint64_t)v * NS >> 16);
}

int64_t ntp_diff_ns(uint64_t a, uint64_t b)
{
        int64_t d = (int64_t)(a - b);
        int64_t whole = d >> 32, part = d & 0xffffffff;

        return whole * NS + (part * NS >> 32);
}

int64_t ntp_unix_s(uint64_t v, int64_t near_s)
{
        int32_t from_near = (int32_t)(uint32_t)((v >> 32) - SINCE_1900 - (uint64_t)near_s);

        return near_s + from_near;
}
