/*
 * Local dynamic certificates on the server leg: each phone's session shows a certificate of its own, issued by us
 * with the subject of the certificate that the phone has proved to own (`client ldc issuer`, `client ldc key-pair`).
 *
 * struct ldc_rt is compiled with the tls-proxy; a session takes a reference. The cache belongs to one proxy worker.
 * Nothing here decides about trust: ldc_profile() takes the phone's leg and asks it for the peer that its handshake
 * verified, so that no caller can have a certificate made for a name that nobody has proved (T3).
 */
#ifndef VOXGATE_PROXY_SESSION_LDC_H
#define VOXGATE_PROXY_SESSION_LDC_H

#include "proxy/tls/tls_profile.h"

#define LDC_CACHE_MAX 4096u /* certificates per proxy worker */
#define LDC_RENEW_S 3600    /* a certificate this near to its end is made anew */

struct ldc_rt;
/*
 * leg: the server leg as it would be without a certificate (client role; identity and phone are not looked at); trust
 * is referenced, suites are copied, rng and clk borrowed. NULL with e: no such trustpoint, not enrolled, without
 * proxy-ldc-issuer, weak or expired; no such key pair, weak; a suite that is not there; no memory.
 */
struct ldc_rt *ldc_rt_new(const struct pki_rt *pki, const char *issuer, const char *key_label,
                          const struct tls_profile_params *leg, struct err *e) MUST_USE;
struct ldc_rt *ldc_rt_get(struct ldc_rt *r);
void ldc_rt_put(struct ldc_rt *r); /* NULL is legal */
const char *ldc_rt_issuer(const struct ldc_rt *r);
const char *ldc_rt_key(const struct ldc_rt *r);

struct ldc_cache;
/* most: certificates held; 0 = LDC_CACHE_MAX. NULL when out of memory. */
struct ldc_cache *ldc_cache_new(unsigned most) MUST_USE;
void ldc_cache_free(struct ldc_cache *c); /* NULL is legal */
struct ldc_stats {
        unsigned held;
        uint64_t signed_, hits, evicted;
};
void ldc_cache_stats(const struct ldc_cache *c, struct ldc_stats *out);

/*
 * The profile for the server leg of the session whose client leg is `phone`: a reference. *generated: a certificate
 * was signed for it now. NULL with e: the phone was not verified, its name cannot be copied, the issuer has expired,
 * no memory.
 */
struct tls_profile *ldc_profile(struct ldc_cache *c, struct ldc_rt *r, const struct leg *phone, bool *generated,
                                struct err *e) MUST_USE;

#endif
