/*
 * a=crypto. RFC 4568 9.1, 6188, 7714.
 *   1*9DIGIT suite "inline:" key [ "|" lifetime ] [ "|" mki ":" length ] *( parameter )
 */
#include "inspect/sip/b64.h"
#include "inspect/sip/lex.h"
#include "inspect/sip/sdp.h"
#include "platform/base/mem.h"

static bool refuse(const char **why, const char *text)
{
        *why = text;
        return false;
}

static void spaces(struct str *in)
{
        while (in->n && (*in->p == ' ' || *in->p == '\t'))
                lex_take(in, 1);
}

static struct str word(struct str *in)
{
        struct str w = lex_until(in, " \t");

        spaces(in);
        return w;
}

/* ---- key parameters ---- */

static bool take_key(struct sdp_crypto *c, struct str text)
{
        const struct srtp_suite_info *info = srtp_suite_info((enum srtp_suite)c->m.suite);
        uint8_t both[SRTP_KEY_MAX + SRTP_SALT_MAX];
        bool ok = b64_decode(text, both, (size_t)info->key_len + info->salt_len, &c->padded);

        if (ok) {
                memcpy(c->m.key, both, info->key_len);
                memcpy(c->m.salt, both + info->key_len, info->salt_len);
        }
        mem_wipe(both, sizeof both);
        return ok;
}

/* Packets, decimal or 2^n; no more than the suites can bear. */
static bool take_lifetime(struct srtp_master *m, struct str text)
{
        uint64_t v;

        if (text.n > 2 && text.p[0] == '2' && text.p[1] == '^') {
                lex_take(&text, 2);
                if (!lex_number(text, 48, &v))
                        return false;
                m->lifetime = (uint64_t)1 << v;
                return true;
        }
        return lex_number(text, (uint64_t)1 << 48, &m->lifetime) && m->lifetime;
}

/* Decimal number of any size into n bytes, big end first. */
static bool wide_number(struct str digits, uint8_t *out, size_t n)
{
        memset(out, 0, n);
        if (!digits.n)
                return false;
        for (size_t i = 0; i < digits.n; i++) {
                unsigned carry = (unsigned)(digits.p[i] - '0');

                if (!lex_is_digit(digits.p[i]))
                        return false;
                for (size_t k = n; k-- > 0; carry >>= 8) {
                        carry += out[k] * 10u;
                        out[k] = (uint8_t)carry;
                }
                if (carry)
                        return false;
        }
        return true;
}

static bool take_mki(struct srtp_master *m, struct str text)
{
        struct str value = lex_until(&text, ":");
        uint64_t len;

        if (!lex_char(&text, ':') || !lex_number(text, SRTP_MKI_MAX, &len) || !len)
                return false;
        m->mki_len = (uint8_t)len;
        return wide_number(value, m->mki, len);
}

static bool take_inline(struct sdp_crypto *c, struct str in, const char **why)
{
        struct str field;

        if (!lex_begins(in, "inline:"))
                return refuse(why, "key method is not inline");
        lex_take(&in, 7);
        if (memchr(in.p, ';', in.n))
                return refuse(why, "more than one key");
        if (!take_key(c, lex_until(&in, "|")))
                return refuse(why, "key has not the length of the suite");
        for (unsigned i = 0; lex_char(&in, '|'); i++) {
                field = lex_until(&in, "|");
                if (memchr(field.p, ':', field.n) ? c->m.mki_len || !take_mki(&c->m, field)
                                                  : i || !take_lifetime(&c->m, field))
                        return refuse(why, "malformed lifetime or MKI");
        }
        return true;
}

/* ---- session parameters ---- */

enum { SEEN_KDR = 1, SEEN_WSH = 2 };

static bool take_kdr(struct srtp_master *m, struct str v)
{
        uint64_t n;

        if (v.n > 2 || !lex_number(v, 24, &n) || !n)
                return false;
        m->kdr = (uint8_t)n;
        return true;
}

/* A wish: what is more than the field holds is cut. */
static bool take_wsh(struct srtp_master *m, struct str v)
{
        uint64_t n;

        if (v.n < 2 || v.n > 9 || !lex_number(v, UINT32_MAX, &n) || n < 64)
                return false;
        n = (n + 63) / 64;
        m->wsh = (uint8_t)(n < UINT8_MAX ? n : UINT8_MAX);
        return true;
}

static bool take_param(struct srtp_master *m, struct str p, unsigned *seen, const char **why)
{
        struct str name = lex_until(&p, "=");
        unsigned bit = lex_is(name, "KDR") ? SEEN_KDR : lex_is(name, "WSH") ? SEEN_WSH : 0;

        if (name.n && *name.p == '-')
                return true;
        if (lex_begins(name, "UNENCRYPTED_") || lex_begins(name, "UNAUTHENTICATED_"))
                return refuse(why, "session parameter that weakens SRTP");
        if (!bit || (*seen & bit) || !lex_char(&p, '='))
                return refuse(why, "session parameter unknown or repeated");
        *seen |= bit;
        if (bit == SEEN_KDR ? !take_kdr(m, p) : !take_wsh(m, p))
                return refuse(why, "session parameter out of range");
        return true;
}

static bool parse(struct sdp_crypto *c, struct str in, const char **why)
{
        unsigned seen = 0;
        struct str w = word(&in);
        uint64_t tag;

        if (w.n > 9 || !lex_number(w, 999999999, &tag))
                return refuse(why, "malformed tag");
        c->tag = (uint32_t)tag;
        w = word(&in);
        c->m.suite = w.n && !memchr(w.p, 0, w.n) ? (uint8_t)srtp_suite_find(w.p, w.n) : SRTP_SUITE_NONE;
        if (c->m.suite == SRTP_SUITE_NONE)
                return refuse(why, "unknown suite");
        if (!take_inline(c, word(&in), why))
                return false;
        while (in.n)
                if (!take_param(&c->m, word(&in), &seen, why))
                        return false;
        return true;
}

bool sdp_crypto_parse(struct sdp_crypto *c, struct str value, const char **why)
{
        memset(c, 0, sizeof *c);
        spaces(&value);
        if (parse(c, value, why))
                return true;
        mem_wipe(c, sizeof *c);
        return false;
}

/* ---- writing ---- */

/* The MKI as a decimal number: divided by ten until nothing is left. */
static void write_mki(struct wbuf *w, const uint8_t *mki, unsigned n)
{
        uint8_t left[SRTP_MKI_MAX];
        char digits[SRTP_MKI_MAX * 3];
        unsigned at = sizeof digits, any;

        memcpy(left, mki, n);
        do {
                unsigned rest = 0;

                any = 0;
                for (unsigned i = 0; i < n; i++) {
                        rest = rest << 8 | left[i];
                        left[i] = (uint8_t)(rest / 10);
                        rest %= 10;
                        any |= left[i];
                }
                digits[--at] = (char)('0' + rest);
        } while (any);
        wbuf_u8(w, '|');
        wbuf_put(w, digits + at, sizeof digits - at);
        wbuf_printf(w, ":%u", n);
}

static void write_lifetime(struct wbuf *w, uint64_t packets)
{
        if (packets & (packets - 1))
                wbuf_printf(w, "|%llu", (unsigned long long)packets);
        else
                wbuf_printf(w, "|2^%u", (unsigned)__builtin_ctzll(packets));
}

void sdp_crypto_write(struct wbuf *w, uint32_t tag, const struct srtp_master *m)
{
        const struct srtp_suite_info *info = srtp_suite_info((enum srtp_suite)m->suite);
        uint8_t both[SRTP_KEY_MAX + SRTP_SALT_MAX];

        if (!info) {
                w->full = true;
                return;
        }
        memcpy(both, m->key, info->key_len);
        memcpy(both + info->key_len, m->salt, info->salt_len);
        wbuf_printf(w, "a=crypto:%u %s inline:", tag, info->name);
        b64_write(w, both, (size_t)info->key_len + info->salt_len);
        mem_wipe(both, sizeof both);
        if (m->lifetime)
                write_lifetime(w, m->lifetime);
        if (m->mki_len)
                write_mki(w, m->mki, m->mki_len);
        if (m->kdr)
                wbuf_printf(w, " KDR=%u", m->kdr);
        if (m->wsh)
                wbuf_printf(w, " WSH=%u", m->wsh * 64u);
}
