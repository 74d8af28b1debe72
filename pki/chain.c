#include "pki/chain.h"

#include <mbedtls/oid.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pki/chain_int.h"
#include "pki/dn.h"
#include "pki/x509_util.h"
#include "platform/base/str.h"

#define NO_TRUSTPOINT "No suitable trustpoint was found to validate chain"

/* One verification. */
struct check {
        const struct trust_set *set;
        const struct chain_policy *policy;
        struct log_src *log;
        const mbedtls_x509_crt *top;     /* the anchor mbedTLS's path ended at */
        const mbedtls_x509_crt *culprit; /* the certificate the reason is about */
        uint32_t why;                    /* what is wrong with it */
        uint32_t flags;                  /* MBEDTLS_X509_BADCERT_x of the whole chain */
        const mbedtls_x509_crt *expired; /* a phone's, nearest to the leaf: decided when the anchor is known */
        bool expired_between;            /* one that no option forgives */
        int depth;                       /* of the anchor mbedTLS's path ended at */
        unsigned min_bits;               /* that were asked of the peer's key */
        struct chain_answer *out;
};

/* ---- single certificates ---- */

static int time_cmp(const mbedtls_x509_time *t, const struct tm *now)
{
        const int a[] = { t->year, t->mon, t->day, t->hour, t->min, t->sec };
        const int b[] = {
                now->tm_year + 1900, now->tm_mon + 1, now->tm_mday, now->tm_hour, now->tm_min, now->tm_sec
        };

        for (unsigned i = 0; i < ARRAY_LEN(a); i++)
                if (a[i] != b[i])
                        return a[i] < b[i] ? -1 : 1;
        return 0;
}

/* By our clock, not the process's. */
static uint32_t time_flags(const mbedtls_x509_crt *c, time_t now)
{
        struct tm tm;

        if (!gmtime_r(&now, &tm))
                return MBEDTLS_X509_BADCERT_EXPIRED;
        return (time_cmp(&c->valid_to, &tm) < 0 ? MBEDTLS_X509_BADCERT_EXPIRED : 0) |
               (time_cmp(&c->valid_from, &tm) > 0 ? MBEDTLS_X509_BADCERT_FUTURE : 0);
}

static bool made_for(const mbedtls_x509_crt *c, const char *eku, size_t n)
{
        return mbedtls_x509_crt_check_extended_key_usage(c, eku, n) == 0;
}

/* Factory certificates: some have no extended key usage at all, some only that of a server or an IPsec end system. */
static bool eku_ok(const mbedtls_x509_crt *c, enum chain_purpose purpose)
{
        static const char ipsec_end_system[] = "\x2b\x06\x01\x05\x05\x07\x03\x05";
        bool server = made_for(c, MBEDTLS_OID_SERVER_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH));
        bool client = made_for(c, MBEDTLS_OID_CLIENT_AUTH, MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH));

        if (purpose == CHAIN_PHONE)
                return server || client || made_for(c, ipsec_end_system, sizeof ipsec_end_system - 1);
        return purpose == CHAIN_SERVER ? server : client;
}

/* A client signs with its key; servers, and phones whatever their factory wrote, may also only decrypt with it. */
static uint32_t purpose_flags(const mbedtls_x509_crt *c, enum chain_purpose purpose)
{
        static const unsigned any_use[] = { MBEDTLS_X509_KU_DIGITAL_SIGNATURE, MBEDTLS_X509_KU_KEY_ENCIPHERMENT,
                                            MBEDTLS_X509_KU_KEY_AGREEMENT };
        uint32_t flags = MBEDTLS_X509_BADCERT_KEY_USAGE;

        for (unsigned i = 0; i < (purpose == CHAIN_CLIENT ? 1 : ARRAY_LEN(any_use)); i++)
                if (mbedtls_x509_crt_check_key_usage(c, any_use[i]) == 0)
                        flags = 0;
        return flags | (eku_ok(c, purpose) ? 0 : MBEDTLS_X509_BADCERT_EXT_KEY_USAGE);
}

static unsigned pinned_min_bits(const struct chain_policy *p)
{
        return MIN_OF(p->rsa_min_bits, RSA_PINNED_MIN_BITS);
}

static bool rsa_too_small(const mbedtls_x509_crt *c, unsigned min_bits)
{
        return mbedtls_pk_get_type(&c->pk) == MBEDTLS_PK_RSA && mbedtls_pk_get_bitlen(&c->pk) < min_bits;
}

static const char *purpose_name(enum chain_purpose purpose)
{
        return purpose == CHAIN_SERVER ? "server" : "client";
}

/* ---- words ---- */

static void PRINTF_LIKE(2, 3) say(struct check *k, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(k->out->reason, sizeof k->out->reason, fmt, ap);
        va_end(ap);
}

static void say_date(struct check *k, const char *what, const mbedtls_x509_time *t)
{
        say(k, "Certificate date is out-of-range: %s %04d-%02d-%02d %02d:%02d:%02d UTC", what, t->year, t->mon,
            t->day, t->hour, t->min, t->sec);
}

/* mbedTLS has one flag for sizes and for curves. */
static void say_key(struct check *k)
{
        const mbedtls_pk_context *pk = &k->culprit->pk;

        if (mbedtls_pk_get_type(pk) == MBEDTLS_PK_RSA)
                say(k, "Key of %zu bits is smaller than %u", mbedtls_pk_get_bitlen(pk), k->min_bits);
        else
                say(k, "Key of %zu bits is on a curve that is not allowed", mbedtls_pk_get_bitlen(pk));
}

static void say_flags(struct check *k)
{
        const mbedtls_x509_crt *c = k->culprit;

        if (k->why & MBEDTLS_X509_BADCERT_EXPIRED)
                say_date(k, "expired", &c->valid_to);
        else if (k->why & MBEDTLS_X509_BADCERT_FUTURE)
                say_date(k, "not valid before", &c->valid_from);
        else if (k->why & MBEDTLS_X509_BADCERT_BAD_KEY)
                say_key(k);
        else if (k->why & MBEDTLS_X509_BADCERT_BAD_MD)
                say(k, "Signature algorithm %s is not allowed",
                    c->sig_md == MBEDTLS_MD_MD5    ? "MD5"
                    : c->sig_md == MBEDTLS_MD_SHA1 ? "SHA1"
                                                   : "of this kind");
        else if (k->why & MBEDTLS_X509_BADCERT_EXT_KEY_USAGE)
                say(k, "Extended key usage does not allow %s authentication", purpose_name(k->policy->purpose));
        else if (k->why & MBEDTLS_X509_BADCERT_KEY_USAGE)
                say(k, "Key usage does not allow %s authentication", purpose_name(k->policy->purpose));
        else
                say(k, "Certificate chain is either invalid or not authorized");
}

/* Nobody vouches: tell the nearest miss among those that bear the issuer's name. */
static void say_untrusted(struct check *k, const mbedtls_x509_crt *peer)
{
        const struct trust_set *t = k->set;
        const mbedtls_x509_crt *c = peer, *up = peer;

        while (up) { /* as far up as the peer's own certificates lead; each step leaves c behind in the list */
                c = up;
                for (up = c->next; up && !dn_same(&c->issuer_raw, &up->subject_raw);)
                        up = up->next;
        }
        k->culprit = c;
        for (unsigned i = 0; i < t->n; i++) {
                const mbedtls_x509_crt *ca = cert_x509(t->anchor[i].cert);

                if (!dn_same(&c->issuer_raw, &ca->subject_raw))
                        continue;
                if (!x509_may_sign(ca))
                        say(k, "The certificate of trustpoint %s is no CA certificate and vouches only for itself",
                            t->anchor[i].trustpoint);
                else
                        say(k, "The CA of trustpoint %s has not signed this chain, or its path is too long",
                            t->anchor[i].trustpoint);
                return;
        }
        say(k, NO_TRUSTPOINT);
}

/* ---- path ---- */

/* An expired phone or its CA is no matter of one certificate: who vouches decides about it. */
static uint32_t time_of(struct check *k, const mbedtls_x509_crt *c, bool forgivable)
{
        uint32_t flags = time_flags(c, k->policy->now);

        if (k->policy->purpose != CHAIN_PHONE || flags != MBEDTLS_X509_BADCERT_EXPIRED)
                return flags;
        k->expired = c;
        k->expired_between |= !forgivable;
        return 0;
}

static int on_cert(void *ctx, mbedtls_x509_crt *c, int depth, uint32_t *flags)
{
        struct check *k = ctx;

        if (!k->top) { /* the first call is for the highest */
                k->top = c;
                k->depth = depth;
        }
        *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
        *flags |= time_of(k, c, depth == 0 || (depth == 1 && k->depth == 1));
        if (depth == 0)
                *flags |= purpose_flags(c, k->policy->purpose);
        else if (x509_constrains_names(c))
                *flags |= MBEDTLS_X509_BADCERT_OTHER;
        if (*flags) { /* the one nearest to the leaf is told */
                k->culprit = c;
                k->why = *flags;
        }
        return 0;
}

static mbedtls_x509_crt_profile profile_of(const struct chain_policy *p)
{
        mbedtls_x509_crt_profile pr = {
                .allowed_mds = MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA224) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) |
                               MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
                .allowed_pks = 0xfffffff,
                .allowed_curves = MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) |
                                  MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1),
                .rsa_min_bitlen = p->rsa_min_bits,
        };

        if (p->allow_sha1)
                pr.allowed_mds |= MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA1);
        if (p->allow_md5)
                pr.allowed_mds |= MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_MD5);
        return pr;
}

/* The anchor that is the peer's own certificate, or -1. */
static int pinned(const struct trust_set *t, const mbedtls_x509_crt *peer)
{
        for (unsigned i = 0; i < t->n; i++)
                if (x509_same(cert_x509(t->anchor[i].cert), peer))
                        return (int)i;
        return -1;
}

/* A pasted certificate that the peer shows itself. */
static bool pinned_ok(struct check *k, const mbedtls_x509_crt *peer)
{
        k->min_bits = pinned_min_bits(k->policy);
        k->why = k->flags = time_of(k, peer, true) | purpose_flags(peer, k->policy->purpose) |
                            (rsa_too_small(peer, k->min_bits) ? MBEDTLS_X509_BADCERT_BAD_KEY : 0);
        return !k->flags;
}

/* Index of the anchor that vouches for peer, or -1 with flags and reason. */
static int find_anchor(struct check *k, const mbedtls_x509_crt *peer)
{
        mbedtls_x509_crt_profile profile = profile_of(k->policy);
        int at = pinned(k->set, peer);

        k->culprit = peer;
        if (at >= 0)
                return pinned_ok(k, peer) ? at : -1;
        if (!k->set->nca) {
                k->flags = MBEDTLS_X509_BADCERT_NOT_TRUSTED;
                return -1;
        }
        if (mbedtls_x509_crt_verify_with_profile((mbedtls_x509_crt *)(uintptr_t)peer, k->set->ca, NULL, &profile,
                                                 NULL, &k->flags, on_cert, k) != 0)
                return -1;
        for (unsigned i = 0; i < k->set->nca; i++)
                if (k->top == &k->set->ca[i])
                        return (int)k->set->ca_anchor[i];
        k->flags = MBEDTLS_X509_BADCERT_NOT_TRUSTED;
        return -1;
}

/* The trustpoint that lets expired phones of this CA through: the same certificate may stand in several. */
static int forgiving(const struct trust_set *t, int at)
{
        for (unsigned i = 0; i < t->n; i++)
                if (t->anchor[i].accept_expired_phone && cert_same(t->anchor[i].cert, t->anchor[at].cert))
                        return (int)i;
        return -1;
}

static void say_expired_phone(struct check *k, int at)
{
        const mbedtls_x509_time *t = &k->expired->valid_to;
        char subject[80];

        dn_print_line(&k->expired->subject, subject, sizeof subject);
        say(k, "Certificate date is out-of-range: %s expired %04d-%02d-%02d %02d:%02d:%02d UTC%s%.60s", subject,
            t->year, t->mon, t->day, t->hour, t->min, t->sec,
            k->expired_between ? "" : "; see accept-expired-phone-certificate of trustpoint ",
            k->expired_between ? "" : k->set->anchor[at].trustpoint);
}

/* Everything else about the chain is in order. The anchor that answers for it, or -1. */
static int expired_phone(struct check *k, int at)
{
        int by = k->expired_between ? -1 : forgiving(k->set, at);

        k->culprit = k->expired;
        if (by < 0) {
                k->flags = MBEDTLS_X509_BADCERT_EXPIRED;
                say_expired_phone(k, at);
        }
        k->out->expired_accepted = by >= 0;
        return by;
}

/* Limits that come before any signature is checked. */
static bool worth_checking(struct check *k, const mbedtls_x509_crt *peer, unsigned n)
{
        k->flags = MBEDTLS_X509_BADCERT_OTHER;
        k->culprit = peer;
        if (n > CHAIN_CERTS_MAX) {
                say(k, "Certificate chain of %u certificates is longer than %u", n, CHAIN_CERTS_MAX);
                return false;
        }
        for (const mbedtls_x509_crt *c = peer; c; c = c->next) {
                if (x509_key_is_cheap(c) && c->raw.len <= CERT_DER_MAX)
                        continue;
                k->culprit = c;
                say(k, "Certificate or RSA exponent is too large");
                return false;
        }
        k->flags = 0;
        return true;
}

/* ---- messages ---- */

struct names {
        char serial[80], subject[320], issuer[320];
};

static void name(struct names *n, const mbedtls_x509_crt *c)
{
        x509_serial_text(c, n->serial, sizeof n->serial);
        dn_print_line(&c->subject, n->subject, sizeof n->subject);
        dn_print_line(&c->issuer, n->issuer, sizeof n->issuer);
}

/* An audit needs each use, not the first. */
static void log_expired(const struct check *k)
{
        const mbedtls_x509_time *t = &k->expired->valid_to;
        struct names n;
        char date[48];

        name(&n, k->expired);
        snprintf(date, sizeof date, "%04d-%02d-%02d %02d:%02d:%02d UTC", t->year, t->mon, t->day, t->hour, t->min,
                 t->sec);
        log_msg(k->log, LOG_780020, LS(n.subject), LS(date), LS(k->out->trustpoint));
}

static void log_good(const struct check *k, const mbedtls_x509_crt *peer, const char *trustpoint)
{
        struct names n;

        name(&n, peer);
        log_msg(k->log, LOG_717029, LS(purpose_name(k->policy->purpose)), LS(n.serial), LS(n.subject));
        log_msg(k->log, LOG_717030, LS(trustpoint));
        log_msg(k->log, LOG_717022, LS(n.serial), LS(n.subject));
        if (log_wanted(k->log, LOG_717028))
                log_emit(k->log, LOG_717028, NULL, 0);
}

static void log_bad(const struct check *k)
{
        struct names n;

        name(&n, k->culprit);
        if (k->flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
                log_msg(k->log, LOG_717031, LS(n.issuer), LS(k->out->reason));
        log_msg(k->log, LOG_717009, LS(k->out->reason), LS(n.serial), LS(n.subject));
        log_msg(k->log, LOG_717027, LS(k->out->reason));
}

/* ---- the one door ---- */

/* The anchor that vouches, or -1 with the reason said. */
static int judge(struct check *k, const mbedtls_x509_crt *peer, unsigned n)
{
        int at;

        if (!worth_checking(k, peer, n))
                return -1;
        at = find_anchor(k, peer);
        if (at >= 0)
                return k->expired ? expired_phone(k, at) : at;
        if (k->flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
                say_untrusted(k, peer);
        else
                say_flags(k);
        return -1;
}

static enum chain_result verify(struct check *k, const mbedtls_x509_crt *peer)
{
        unsigned n = 0;
        int at;

        for (const mbedtls_x509_crt *c = peer; c && c->raw.p; c = c->next)
                n++;
        if (!n) {
                k->flags = MBEDTLS_X509_BADCERT_MISSING;
                say(k, "The peer has not shown a certificate");
                return CHAIN_REFUSED;
        }
        log_msg(k->log, LOG_717025, LU(n));
        at = judge(k, peer, n);
        if (at < 0) {
                k->out->out_of_date =
                        k->flags && !(k->flags & ~(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE));
                log_bad(k);
                return CHAIN_REFUSED;
        }
        str_copy(k->out->trustpoint, sizeof k->out->trustpoint, k->set->anchor[at].trustpoint);
        log_good(k, peer, k->out->trustpoint);
        if (k->out->expired_accepted)
                log_expired(k);
        return CHAIN_OK;
}

enum chain_result chain_verify(const struct trust_set *t, const mbedtls_x509_crt *peer, const struct chain_policy *p,
                               struct log_src *log, struct chain_answer *out)
{
        struct check k = { .set = t, .policy = p, .log = log, .out = out, .min_bits = p->rsa_min_bits };

        *out = (struct chain_answer){ 0 };
        return verify(&k, peer);
}
