#include "pki/chain.h"

#include <mbedtls/oid.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "pki/dn.h"
#include "pki/x509_util.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

#define OID_NAME_CONSTRAINTS "\x55\x1d\x1e"
#define NO_TRUSTPOINT "No suitable trustpoint was found to validate chain"

/* mbedTLS wants linked certificates, ours are single: shallow copies whose insides belong to the anchors' references.
 */
struct trust_set {
        _Atomic uint32_t refs;
        unsigned n, nca;
        struct trust_anchor *anchor;
        mbedtls_x509_crt *ca; /* nca: those that vouch for others */
        unsigned *ca_anchor;  /* index of each in anchor */
};

/* One verification. */
struct check {
        const struct trust_set *set;
        const struct chain_policy *policy;
        struct log_src *log;
        const mbedtls_x509_crt *top;     /* the anchor mbedTLS's path ended at */
        const mbedtls_x509_crt *culprit; /* the certificate the reason is about */
        uint32_t why;                    /* what is wrong with it */
        uint32_t flags;                  /* MBEDTLS_X509_BADCERT_x of the whole chain */
        char *reason;
        size_t cap;
};

/* ---- the set ---- */

static bool may_sign(const mbedtls_x509_crt *c)
{
        return c->version == 3 && c->ca_istrue &&
               mbedtls_x509_crt_check_key_usage(c, MBEDTLS_X509_KU_KEY_CERT_SIGN) == 0 &&
               !x509_has_ext(c, OID_NAME_CONSTRAINTS, sizeof OID_NAME_CONSTRAINTS - 1);
}

static void fill(struct trust_set *t, const struct trust_anchor *anchors)
{
        for (unsigned i = 0; i < t->n; i++) {
                t->anchor[i] = anchors[i];
                cert_get(anchors[i].cert);
                if (!may_sign(cert_x509(anchors[i].cert)))
                        continue;
                t->ca[t->nca] = *cert_x509(anchors[i].cert);
                if (t->nca)
                        t->ca[t->nca - 1].next = &t->ca[t->nca];
                t->ca_anchor[t->nca++] = i;
        }
}

struct trust_set *trust_set_new(const struct trust_anchor *anchors, unsigned n)
{
        struct trust_set *t = mem_alloc(MEM_PKI, sizeof *t);

        if (!t)
                return NULL;
        atomic_init(&t->refs, 1);
        t->anchor = mem_alloc(MEM_PKI, n * sizeof *t->anchor);
        t->ca = mem_alloc(MEM_PKI, n * sizeof *t->ca);
        t->ca_anchor = mem_alloc(MEM_PKI, n * sizeof *t->ca_anchor);
        if (!t->anchor || !t->ca || !t->ca_anchor) {
                trust_set_put(t);
                return NULL;
        }
        t->n = n;
        fill(t, anchors);
        return t;
}

struct trust_set *trust_set_get(struct trust_set *t)
{
        atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
        return t;
}

void trust_set_put(struct trust_set *t)
{
        if (!t || atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) != 1)
                return;
        for (unsigned i = 0; i < t->n; i++)
                cert_put(t->anchor[i].cert);
        mem_free(t->anchor);
        mem_free(t->ca);
        mem_free(t->ca_anchor);
        mem_free(t);
}

unsigned trust_set_count(const struct trust_set *t)
{
        return t->n;
}

const struct trust_anchor *trust_set_at(const struct trust_set *t, unsigned i)
{
        return &t->anchor[i];
}

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

static uint32_t purpose_flags(const mbedtls_x509_crt *c, enum chain_purpose purpose)
{
        static const unsigned any_use[] = { MBEDTLS_X509_KU_DIGITAL_SIGNATURE, MBEDTLS_X509_KU_KEY_ENCIPHERMENT,
                                            MBEDTLS_X509_KU_KEY_AGREEMENT };
        const char *eku = purpose == CHAIN_SERVER ? MBEDTLS_OID_SERVER_AUTH : MBEDTLS_OID_CLIENT_AUTH;
        uint32_t flags = MBEDTLS_X509_BADCERT_KEY_USAGE;

        for (unsigned i = 0; i < (purpose == CHAIN_SERVER ? ARRAY_LEN(any_use) : 1); i++)
                if (mbedtls_x509_crt_check_key_usage(c, any_use[i]) == 0)
                        flags = 0;
        if (mbedtls_x509_crt_check_extended_key_usage(c, eku, strlen(eku)) != 0)
                flags |= MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
        return flags;
}

static bool rsa_too_small(const mbedtls_x509_crt *c, const struct chain_policy *p)
{
        return mbedtls_pk_get_type(&c->pk) == MBEDTLS_PK_RSA && mbedtls_pk_get_bitlen(&c->pk) < p->rsa_min_bits;
}

/* ---- words ---- */

static void PRINTF_LIKE(2, 3) say(struct check *k, const char *fmt, ...)
{
        va_list ap;

        va_start(ap, fmt);
        vsnprintf(k->reason, k->cap, fmt, ap);
        va_end(ap);
}

static void say_date(struct check *k, const char *what, const mbedtls_x509_time *t)
{
        say(k, "Certificate date is out-of-range: %s %04d-%02d-%02d %02d:%02d:%02d UTC", what, t->year, t->mon,
            t->day, t->hour, t->min, t->sec);
}

static void say_flags(struct check *k)
{
        const mbedtls_x509_crt *c = k->culprit;

        if (k->why & MBEDTLS_X509_BADCERT_EXPIRED)
                say_date(k, "expired", &c->valid_to);
        else if (k->why & MBEDTLS_X509_BADCERT_FUTURE)
                say_date(k, "not valid before", &c->valid_from);
        else if (k->why & MBEDTLS_X509_BADCERT_BAD_KEY)
                say(k, "Key of %zu bits is smaller than %u", mbedtls_pk_get_bitlen(&c->pk), k->policy->rsa_min_bits);
        else if (k->why & MBEDTLS_X509_BADCERT_BAD_MD)
                say(k, "Signature algorithm %s is not allowed",
                    c->sig_md == MBEDTLS_MD_MD5    ? "MD5"
                    : c->sig_md == MBEDTLS_MD_SHA1 ? "SHA1"
                                                   : "of this kind");
        else if (k->why & MBEDTLS_X509_BADCERT_EXT_KEY_USAGE)
                say(k, "Extended key usage does not allow %s authentication",
                    k->policy->purpose == CHAIN_SERVER ? "server" : "client");
        else if (k->why & MBEDTLS_X509_BADCERT_KEY_USAGE)
                say(k, "Key usage does not allow %s authentication",
                    k->policy->purpose == CHAIN_SERVER ? "server" : "client");
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
                if (!may_sign(ca))
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

static int on_cert(void *ctx, mbedtls_x509_crt *c, int depth, uint32_t *flags)
{
        struct check *k = ctx;

        if (!k->top)
                k->top = c; /* the first call is for the highest */
        *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
        *flags |= time_flags(c, k->policy->now);
        if (depth == 0)
                *flags |= purpose_flags(c, k->policy->purpose);
        else if (x509_has_ext(c, OID_NAME_CONSTRAINTS, sizeof OID_NAME_CONSTRAINTS - 1))
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
                .allowed_curves = 0xfffffff,
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

/* Index of the anchor that vouches for peer, or -1 with flags and reason. */
static int find_anchor(struct check *k, const mbedtls_x509_crt *peer)
{
        mbedtls_x509_crt_profile profile = profile_of(k->policy);
        int at = pinned(k->set, peer);

        k->culprit = peer;
        if (at >= 0) {
                k->why = k->flags = time_flags(peer, k->policy->now) | purpose_flags(peer, k->policy->purpose) |
                                    (rsa_too_small(peer, k->policy) ? MBEDTLS_X509_BADCERT_BAD_KEY : 0);
                return k->flags ? -1 : at;
        }
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

static void log_good(const struct check *k, const mbedtls_x509_crt *peer, const char *trustpoint)
{
        struct names n;

        name(&n, peer);
        log_msg(k->log, LOG_717029, LS(k->policy->purpose == CHAIN_SERVER ? "server" : "client"), LS(n.serial),
                LS(n.subject));
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
                log_msg(k->log, LOG_717031, LS(n.issuer), LS(k->reason));
        log_msg(k->log, LOG_717009, LS(k->reason), LS(n.serial), LS(n.subject));
        log_msg(k->log, LOG_717027, LS(k->reason));
}

/* ---- the one door ---- */

static enum chain_result verify(struct check *k, const mbedtls_x509_crt *peer, char trustpoint[129])
{
        unsigned n = 0;
        int at = -1;

        *trustpoint = 0;
        if (k->cap)
                *k->reason = 0;
        for (const mbedtls_x509_crt *c = peer; c && c->raw.p; c = c->next)
                n++;
        if (!n) {
                k->flags = MBEDTLS_X509_BADCERT_MISSING;
                say(k, "The peer has not shown a certificate");
                return CHAIN_REFUSED;
        }
        log_msg(k->log, LOG_717025, LU(n));
        if (worth_checking(k, peer, n)) {
                at = find_anchor(k, peer);
                if (at < 0 && k->flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
                        say_untrusted(k, peer);
                else if (at < 0)
                        say_flags(k);
        }
        if (at < 0) {
                log_bad(k);
                return CHAIN_REFUSED;
        }
        str_copy(trustpoint, 129, k->set->anchor[at].trustpoint);
        log_good(k, peer, trustpoint);
        return CHAIN_OK;
}

enum chain_result chain_verify(const struct trust_set *t, const mbedtls_x509_crt *peer, const struct chain_policy *p,
                               struct log_src *log, char trustpoint[129], char *reason, size_t reason_cap)
{
        struct check k = { .set = t, .policy = p, .log = log, .reason = reason, .cap = reason_cap };

        return verify(&k, peer, trustpoint);
}
