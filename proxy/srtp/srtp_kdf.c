#include "proxy/srtp/srtp_int.h"

#include <string.h>

enum { LABEL_ENC, LABEL_AUTH, LABEL_SALT, LABELS /* per protocol: RTP 0..2, RTCP 3..5 */ };

int srtp_kdf(const struct srtp_engine *e, const struct srtp_key *master, const uint8_t salt[14], uint8_t label,
             uint64_t r, uint8_t *out, size_t n)
{
        uint8_t iv[16] = { 0 };
        bool ok;

        memcpy(iv, salt, 14);
        iv[7] ^= label;
        for (unsigned i = 0; i < 6; i++)
                iv[13 - i] ^= (uint8_t)(r >> (8 * i));
        memset(out, 0, n);
        ok = e->ctr(master, iv, out, n);
        mem_wipe(iv, sizeof iv);
        return ok ? 0 : -1;
}

/* A salt of 12 bytes counts as one of 14 that ends in zeros (RFC 7714, 11). */
int srtp_key_load(const struct srtp_ctx *c, struct srtp_key *k, const uint8_t *enc, const uint8_t *salt,
                  const uint8_t auth[20])
{
        const struct srtp_suite_info *s = srtp_suite_info((enum srtp_suite)c->suite);

        if (c->engine->key_set(k, enc, s->key_len, c->aead) != 0)
                return -1;
        memset(k->salt, 0, sizeof k->salt);
        memcpy(k->salt, salt, s->salt_len);
        if (!c->aead)
                srtp_mac_pads(c->engine, k, auth);
        return 0;
}

int srtp_derive(struct srtp_ctx *c, bool rtcp, uint64_t r)
{
        const struct srtp_suite_info *s = srtp_suite_info((enum srtp_suite)c->suite);
        uint8_t base = rtcp ? LABELS : 0;
        struct {
                uint8_t enc[SRTP_KEY_MAX], salt[SRTP_SALT_MAX], auth[20];
        } out;
        struct srtp_key master = { .rounds = 0 };
        int rc = c->engine->key_set(&master, c->key, s->key_len, false);

        if (rc == 0)
                rc = srtp_kdf(c->engine, &master, c->salt, (uint8_t)(base + LABEL_ENC), r, out.enc, s->key_len);
        if (rc == 0)
                rc = srtp_kdf(c->engine, &master, c->salt, (uint8_t)(base + LABEL_SALT), r, out.salt, s->salt_len);
        if (rc == 0)
                rc = srtp_kdf(c->engine, &master, c->salt, (uint8_t)(base + LABEL_AUTH), r, out.auth,
                              sizeof out.auth);
        if (rc == 0)
                rc = srtp_key_load(c, rtcp ? &c->rtcp : &c->rtp, out.enc, out.salt, out.auth);
        c->engine->key_drop(&master);
        mem_wipe(&master, sizeof master);
        mem_wipe(&out, sizeof out);
        return rc;
}

#define EPOCH_BROKEN UINT64_MAX

int srtp_rederive(struct srtp_ctx *c, bool rtcp, uint64_t index)
{
        uint64_t *epoch = rtcp ? &c->rtcp_epoch : &c->rtp_epoch;
        uint64_t r = index >> c->kdr;

        if (r == *epoch)
                return 0;
        *epoch = EPOCH_BROKEN;
        if (srtp_derive(c, rtcp, r) != 0)
                return -1;
        *epoch = r;
        return 0;
}
