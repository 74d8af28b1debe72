#include "proxy/session/ldc.h"

#include <mbedtls/sha256.h>
#include <stdatomic.h>
#include <string.h>

#include "platform/base/hash.h"
#include "platform/base/list.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

#define DIGEST 32

struct ldc_rt {
        _Atomic uint32_t refs;
        struct identity_rt issuer; /* own references to cert and key */
        char label[KEYPAIR_NAME_MAX + 1];
        struct keypair *key;
        uint8_t signer[DIGEST]; /* of the issuer's certificate and the public key: what all its certificates share */
        struct tls_profile_params leg;
        char suites[SSL_SUITES_MAX][SSL_SUITE_NAME_MAX + 1];
};

/* One phone's certificate, found by the digest of signer and original. */
struct entry {
        struct hash_node node;
        struct list lru; /* most recent first */
        uint8_t id[DIGEST];
        struct cert *cert;
        time_t from, until;
        struct ldc_rt *rt; /* that the profile was made for */
        struct tls_profile *profile;
};

struct ldc_cache {
        struct hash_table by_id;
        struct list lru;
        unsigned most;
        struct ldc_stats stats;
};

/* ---- what a tls-proxy says ---- */

static int digest_signer(struct ldc_rt *r, struct err *e)
{
        uint8_t spki[2048], both[2 * DIGEST];
        size_t n, len = keypair_public_der(r->key, spki, sizeof spki);
        const uint8_t *der = cert_der(r->issuer.cert, &n);

        if (!len || mbedtls_sha256_ret(der, n, both, 0) != 0 ||
            mbedtls_sha256_ret(spki, len, both + DIGEST, 0) != 0 ||
            mbedtls_sha256_ret(both, sizeof both, r->signer, 0) != 0)
                return err_set(e, ERR_CRYPTO, "hashing a certificate failed");
        return 0;
}

static int take_issuer(struct ldc_rt *r, const struct pki_rt *pki, const char *name, time_t now, struct err *e)
{
        const struct identity_rt *id = pki_identity(pki, name);
        struct err why = { 0 };

        if (!id)
                return err_set(e, ERR_REF, "Trustpoint %s not found", name);
        if (!id->cert || !id->key)
                return err_set(e, ERR_REF, "Trustpoint %s has not been enrolled", name);
        if (!id->ldc_issuer)
                return err_set(e, ERR_REF, "Trustpoint %s is not configured with proxy-ldc-issuer", name);
        if (issuer_check(id->cert, id->key, now, &why) < 0)
                return err_set(e, why.code, "Trustpoint %s: %.200s", name, why.text);
        str_copy(r->issuer.trustpoint, sizeof r->issuer.trustpoint, name);
        r->issuer.cert = cert_get(id->cert);
        r->issuer.key = keypair_get(id->key);
        return 0;
}

static int take_key(struct ldc_rt *r, const struct pki_rt *pki, const char *label, struct err *e)
{
        struct keypair *key = pki_keypair(pki, label);

        if (!key)
                return err_set(e, ERR_REF, "Key pair %s not found", label);
        if (!keypair_is_rsa(key) || keypair_bits(key) < LDC_KEY_BITS_MIN)
                return err_set(e, ERR_RANGE, "Key pair %s of %u bits is not an RSA key of at least %u", label,
                               keypair_bits(key), LDC_KEY_BITS_MIN);
        str_copy(r->label, sizeof r->label, label);
        r->key = keypair_get(key);
        return digest_signer(r, e);
}

/* A profile without a certificate shows now whether one can be made later. */
static int take_leg(struct ldc_rt *r, const struct tls_profile_params *leg, struct err *e)
{
        struct tls_profile *probe;

        if (leg->nsuites > SSL_SUITES_MAX)
                return err_set(e, ERR_LIMIT, "%u cipher suites are more than %d", leg->nsuites, SSL_SUITES_MAX);
        r->leg = *leg;
        r->leg.role = TLS_CLIENT;
        r->leg.phone = false;
        r->leg.identity = NULL;
        r->leg.trust = leg->trust ? trust_set_get(leg->trust) : NULL;
        if (leg->nsuites)
                memcpy(r->suites, leg->suites, leg->nsuites * sizeof r->suites[0]);
        r->leg.suites = (const char(*)[SSL_SUITE_NAME_MAX + 1]) r->suites;
        probe = tls_profile_new(&r->leg, e);
        tls_profile_put(probe);
        return probe ? 0 : -1;
}

struct ldc_rt *ldc_rt_new(const struct pki_rt *pki, const char *issuer, const char *key_label,
                          const struct tls_profile_params *leg, struct err *e)
{
        struct ldc_rt *r = mem_alloc(MEM_TLS, sizeof *r);

        if (!r) {
                err_nomem(e, "compiling a tls-proxy");
                return NULL;
        }
        atomic_init(&r->refs, 1);
        if (take_issuer(r, pki, issuer, clock_wall_s(leg->clk), e) == 0 && take_key(r, pki, key_label, e) == 0 &&
            take_leg(r, leg, e) == 0)
                return r;
        ldc_rt_put(r);
        return NULL;
}

struct ldc_rt *ldc_rt_get(struct ldc_rt *r)
{
        if (r)
                atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
        return r;
}

void ldc_rt_put(struct ldc_rt *r)
{
        if (!r || atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) != 1)
                return;
        cert_put(r->issuer.cert);
        keypair_put(r->issuer.key);
        keypair_put(r->key);
        trust_set_put(r->leg.trust);
        mem_free(r);
}

const char *ldc_rt_issuer(const struct ldc_rt *r)
{
        return r->issuer.trustpoint;
}

const char *ldc_rt_key(const struct ldc_rt *r)
{
        return r->label;
}

/* ---- the cache ---- */

struct ldc_cache *ldc_cache_new(unsigned most)
{
        struct ldc_cache *c = mem_alloc(MEM_TLS, sizeof *c);

        if (!c || hash_init(&c->by_id, 0) < 0) {
                mem_free(c);
                return NULL;
        }
        list_init(&c->lru);
        c->most = most ? most : LDC_CACHE_MAX;
        return c;
}

static void entry_empty(struct entry *en)
{
        tls_profile_put(en->profile);
        ldc_rt_put(en->rt);
        cert_put(en->cert);
        en->profile = NULL;
        en->rt = NULL;
        en->cert = NULL;
}

static void entry_free(struct ldc_cache *c, struct entry *en)
{
        hash_del(&c->by_id, &en->node);
        list_del(&en->lru);
        entry_empty(en);
        mem_free(en);
        c->stats.held--;
}

void ldc_cache_free(struct ldc_cache *c)
{
        if (!c)
                return;
        list_each_safe(it, tmp, &c->lru)
                entry_free(c, list_entry(it, struct entry, lru));
        hash_fini(&c->by_id);
        mem_free(c);
}

void ldc_cache_stats(const struct ldc_cache *c, struct ldc_stats *out)
{
        *out = c->stats;
}

/* A digest nobody can steer spreads by itself. */
static uint64_t hash_of(const uint8_t id[DIGEST])
{
        return hash_load(id);
}

static struct entry *entry_find(struct ldc_cache *c, const uint8_t id[DIGEST])
{
        hash_each_match(it, &c->by_id, hash_of(id)) {
                struct entry *en = container_of(it, struct entry, node);

                if (memcmp(en->id, id, DIGEST) == 0) {
                        list_del(&en->lru);
                        list_add(&c->lru, &en->lru);
                        return en;
                }
        }
        return NULL;
}

static struct entry *entry_new(struct ldc_cache *c, const uint8_t id[DIGEST])
{
        struct entry *en = mem_alloc(MEM_TLS, sizeof *en);

        if (!en)
                return NULL;
        if (c->stats.held >= c->most) {
                entry_free(c, list_entry(c->lru.prev, struct entry, lru));
                c->stats.evicted++;
        }
        memcpy(en->id, id, DIGEST);
        hash_add(&c->by_id, &en->node, hash_of(id));
        list_add(&c->lru, &en->lru);
        c->stats.held++;
        return en;
}

/* ---- one phone ---- */

static int digest_of(const struct ldc_rt *r, const mbedtls_x509_crt *peer, uint8_t id[DIGEST])
{
        uint8_t both[2 * DIGEST];

        memcpy(both, r->signer, DIGEST);
        return mbedtls_sha256_ret(peer->raw.p, peer->raw.len, both + DIGEST, 0) != 0 ||
                               mbedtls_sha256_ret(both, sizeof both, id, 0) != 0
                       ? -1
                       : 0;
}

/* A clock that was set may leave a certificate in the future as well as at its end. */
static bool is_fresh(const struct entry *en, time_t now)
{
        return en->cert && now >= en->from && now < en->until;
}

static int renew(struct ldc_cache *c, struct entry *en, struct ldc_rt *r, const mbedtls_x509_crt *peer, time_t now,
                 struct err *e)
{
        entry_empty(en);
        en->cert = issuer_sign_ldc(peer, r->issuer.cert, r->issuer.key, r->key, now, r->leg.rng, e);
        if (!en->cert)
                return -1;
        en->from = now;
        en->until = cert_end(cert_x509(en->cert)) - LDC_RENEW_S;
        c->stats.signed_++;
        return 0;
}

/* The same certificate with what the configuration says of the leg now. */
static int dress(struct entry *en, struct ldc_rt *r, struct err *e)
{
        struct identity_rt id = { .cert = en->cert, .key = r->key };
        struct tls_profile_params p = r->leg;
        struct tls_profile *made;

        str_copy(id.trustpoint, sizeof id.trustpoint, r->issuer.trustpoint);
        p.identity = &id;
        made = tls_profile_new(&p, e);
        if (!made)
                return -1;
        tls_profile_put(en->profile);
        ldc_rt_put(en->rt);
        en->profile = made;
        en->rt = ldc_rt_get(r);
        return 0;
}

static struct tls_profile *profile_of(struct ldc_cache *c, struct entry *en, struct ldc_rt *r,
                                      const mbedtls_x509_crt *peer, bool *generated, struct err *e)
{
        time_t now = clock_wall_s(r->leg.clk);

        *generated = !is_fresh(en, now);
        if (*generated && renew(c, en, r, peer, now, e) < 0)
                return NULL;
        if (en->rt != r && dress(en, r, e) < 0) /* the reference keeps the address from being another's */
                return NULL;
        c->stats.hits += !*generated;
        return tls_profile_get(en->profile);
}

struct tls_profile *ldc_profile(struct ldc_cache *c, struct ldc_rt *r, const struct leg *phone, bool *generated,
                                struct err *e)
{
        const mbedtls_x509_crt *peer = leg_tls_verified_peer(phone);
        struct tls_profile *p;
        uint8_t id[DIGEST];
        struct entry *en;

        *generated = false;
        if (!peer) {
                err_set(e, ERR_STATE, "the client's certificate was not verified");
                return NULL;
        }
        if (digest_of(r, peer, id) < 0) {
                err_set(e, ERR_CRYPTO, "hashing a certificate failed");
                return NULL;
        }
        en = entry_find(c, id);
        if (!en)
                en = entry_new(c, id);
        if (!en) {
                err_nomem(e, "making a local dynamic certificate");
                return NULL;
        }
        p = profile_of(c, en, r, peer, generated, e);
        if (!p)
                entry_free(c, en);
        return p;
}
