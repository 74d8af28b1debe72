/* The peer of a TLS leg: its certificate is judged once, by chain_verify(), and who it is said to be comes from here
 * alone. */
#include <mbedtls/oid.h>
#include <stdio.h>
#include <string.h>

#include "pki/dn.h"
#include "proxy/leg/leg_tls_int.h"

#define RSA_MIN_BITS 2048u
#define USAGE_EXTENSIONS (MBEDTLS_OID_X509_EXT_KEY_USAGE | MBEDTLS_OID_X509_EXT_EXTENDED_KEY_USAGE)
#define RSA_PHONE_MIN_BITS 1024u /* factory certificates */

static struct chain_policy policy_of(const struct tls_profile *p)
{
        struct chain_policy policy = { .now = clock_wall_s(p->clk), .rsa_min_bits = RSA_MIN_BITS };

        policy.purpose = p->role == TLS_CLIENT ? CHAIN_SERVER : p->phone ? CHAIN_PHONE : CHAIN_CLIENT;
        if (policy.purpose != CHAIN_PHONE)
                return policy;
        policy.rsa_min_bits = RSA_PHONE_MIN_BITS;
        policy.allow_sha1 = true;
        return policy;
}

/* A phone's certificate never passes as a server's, whoever is trusted to vouch for phones. */
static bool is_phone(const struct leg_tls *t, const mbedtls_x509_crt *crt, struct chain_answer *out)
{
        char device[PHONE_DEVICE_MAX + 1];

        if (t->profile->role != TLS_CLIENT || !cert_phone_device(crt, device))
                return false;
        snprintf(out->reason, sizeof out->reason, "the certificate is that of phone %s, not of a server", device);
        return true;
}

/* chain_verify() decides, once, about the chain as received. 0: accepted, else what the library calls it. */
static uint32_t judge(struct leg_tls *t, mbedtls_x509_crt *crt)
{
        struct chain_policy policy = policy_of(t->profile);
        struct chain_answer out;
        bool ok;

        t->info.peer_cert = true;
        dn_print_line(&crt->subject, t->info.peer_subject, sizeof t->info.peer_subject);
        if (t->profile->role == TLS_SERVER)
                cert_phone_device(crt, t->info.shown);
        ok = chain_verify(t->profile->trust, crt, &policy, t->log, &out) == CHAIN_OK && !is_phone(t, crt, &out);
        if (!ok && !out.reason[0])
                snprintf(out.reason, sizeof out.reason, "certificate not accepted");
        memcpy(t->info.trustpoint, out.trustpoint, sizeof t->info.trustpoint);
        memcpy(t->info.verify_reason, out.reason, sizeof t->info.verify_reason);
        t->info.expired_accepted = out.expired_accepted;
        if (ok)
                return 0;
        return out.out_of_date ? MBEDTLS_X509_BADCERT_EXPIRED /* the peer's alert depends on it */
                               : MBEDTLS_X509_BADCERT_NOT_TRUSTED;
}

/*
 * Called from the root end down to the leaf (depth 0). The library's own findings are dropped: only our CHAIN_OK
 * clears the flags (S2).
 */
int leg_tls_on_verify(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
        struct leg_tls *t = ctx;

        *flags = 0;
        if (depth > 0)
                return 0;
        *flags = judge(t, crt);
        if (!*flags && policy_of(t->profile).purpose == CHAIN_PHONE)
                /* the library would refuse some factory certificates after us */
                crt->ext_types &= ~USAGE_EXTENSIONS;
        return 0;
}

/*
 * A session that is taken up again: nobody has shown a certificate, the one of the session is judged as if it came
 * now (T4). One that is no longer accepted is the session's end: the next handshake is a whole one.
 */
void leg_tls_judge_resumed(struct leg_tls *t)
{
        mbedtls_ssl_context *ssl = &t->ssl;

        if (!t->profile->resume || t->info.peer_cert || !ssl->session || !ssl->session->peer_cert)
                return;
        t->info.resumed = true;
        if (judge(t, ssl->session->peer_cert))
                tls_resume_forget(t->profile->resume, ssl->session);
}

/* The one place that says so (S2): by now the peer has also proved that the certificate's key is its own. */
void leg_tls_note_identity(struct leg_tls *t)
{
        const mbedtls_x509_crt *peer = mbedtls_ssl_get_peer_cert(&t->ssl);
        struct tls_info *i = &t->info;

        i->verified = t->profile->trust && peer && i->peer_cert && i->trustpoint[0] && !i->verify_reason[0] &&
                      mbedtls_ssl_get_verify_result(&t->ssl) == 0;
        if (i->verified && t->profile->role == TLS_SERVER)
                cert_phone_device(peer, i->device);
}
