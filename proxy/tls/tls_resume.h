/*
 * Sessions that phones may take up again (RFC 5246, 7.3: by session id), of one profile: what a new profile is made
 * for, trust and certificates above all, voids them. Kept are those of clients whose certificate was accepted and
 * needs nothing beside it; whoever takes one up has the certificate judged anew (leg_tls.c). Bounded in number and
 * age; several workers.
 */
#ifndef VOXGATE_PROXY_TLS_TLS_RESUME_H
#define VOXGATE_PROXY_TLS_TLS_RESUME_H

#include <mbedtls/ssl.h>

#include "platform/base/clock.h"
#include "platform/base/rng.h"

#define TLS_RESUME_MAX 8192u
#define TLS_RESUME_MS 3600000u

struct tls_resume;

struct tls_resume *tls_resume_new(const struct clock *clk, const struct rng *rng); /* NULL: out of memory */
void tls_resume_free(struct tls_resume *r);                                        /* NULL is legal */
/* For mbedtls_ssl_conf_session_cache(). */
int tls_resume_get(void *resume, mbedtls_ssl_session *s);
int tls_resume_set(void *resume, const mbedtls_ssl_session *s);
/* It is not to be taken up again. */
void tls_resume_forget(struct tls_resume *r, const mbedtls_ssl_session *s);
unsigned tls_resume_count(struct tls_resume *r);

#endif
