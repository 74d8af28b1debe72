/* Edits in place: a field holds what it held, or what fits in the same bytes. */
#include "inspect/sccp/msg.h"

#include "platform/base/attr.h"

/* NULL: the field is not inside the frame. */
static uint8_t *place(const struct sccp_edit *e, size_t at, size_t n)
{
        return at >= SCCP_HEAD && at <= e->n && n <= e->n - at ? e->p + at : NULL;
}

static void put_le32(uint8_t *p, uint32_t v)
{
        for (unsigned i = 0; i < 4; i++)
                p[i] = (uint8_t)(v >> 8 * i);
}

static void put_be32(uint8_t *p, uint32_t v)
{
        for (unsigned i = 0; i < 4; i++)
                p[i] = (uint8_t)(v >> 8 * (3 - i));
}

void sccp_put_u32(struct sccp_edit *e, uint16_t at, uint32_t v)
{
        uint8_t *p = place(e, at, 4);

        if (p)
                put_le32(p, v);
}

bool sccp_put_ip(struct sccp_edit *e, const struct sccp_ip *f, const struct addr *a)
{
        uint8_t *p = place(e, f->at, f->size);
        unsigned type = f->size == 20 ? 4 : 0;

        if (!p || (a->fam == ADDR_V6 && f->size == 4) || (a->fam == ADDR_V4 && f->size == 16))
                return false;
        memset(p, 0, f->size);
        if (type)
                put_le32(p, a->fam == ADDR_V6);
        if (a->fam == ADDR_V6)
                memcpy(p + type, a->v6, sizeof a->v6);
        else if (a->fam == ADDR_V4)
                put_be32(p + type, a->v4);
        return true;
}

/* ---- keys ---- */

static const uint8_t suite_of[] = { [SCCP_ALG_CM_32] = SRTP_AES_CM_128_32,
                                    [SCCP_ALG_CM_80] = SRTP_AES_CM_128_80,
                                    [SCCP_ALG_GCM_128] = SRTP_AEAD_AES_128_GCM };

void sccp_put_keys(struct sccp_edit *e, const struct sccp_keys *k, const struct srtp_master *m)
{
        size_t size = 8 + 2 * SCCP_SLOT + (k->has_mki ? 8 : 0);
        uint8_t *p = k->at ? place(e, k->at, size) : NULL;
        const struct srtp_suite_info *s = m ? srtp_suite_info((enum srtp_suite)m->suite) : NULL;

        if (!p)
                return;
        memset(p, 0, size);
        if (!s)
                return;
        for (uint32_t alg = 0; alg < ARRAY_LEN(suite_of); alg++)
                if (suite_of[alg] == m->suite)
                        put_le32(p, alg);
        p[4] = s->key_len;
        p[6] = s->salt_len;
        memcpy(p + 8, m->key, MIN_OF(s->key_len, SCCP_SLOT));
        memcpy(p + 8 + SCCP_SLOT, m->salt, MIN_OF(s->salt_len, SCCP_SLOT));
}

bool sccp_keys_master(const struct sccp_keys *k, struct srtp_master *m)
{
        uint8_t suite = k->algorithm < ARRAY_LEN(suite_of) ? suite_of[k->algorithm] : SRTP_SUITE_NONE;
        const struct srtp_suite_info *s = srtp_suite_info((enum srtp_suite)suite);

        *m = (struct srtp_master){ 0 };
        if (!s || k->key_len != s->key_len || k->salt_len != s->salt_len || k->mki || k->kdr)
                return false;
        m->suite = suite;
        memcpy(m->key, k->key, s->key_len);
        memcpy(m->salt, k->salt, s->salt_len);
        return true;
}

/* ---- a message of our own ---- */

void sccp_multicast_ack(uint8_t out[SCCP_MULTICAST_ACK], uint32_t version, uint32_t party, uint32_t call)
{
        const uint32_t words[] = { SCCP_MULTICAST_ACK - 8, version, 0x0021, SCCP_MULTICAST_FAILED, party, call };

        for (unsigned i = 0; i < ARRAY_LEN(words); i++)
                put_le32(out + 4 * i, words[i]);
}

size_t sccp_open_refusal(uint8_t out[SCCP_OPEN_ACK_MAX], uint32_t version, bool video, uint32_t party, uint32_t call)
{
        size_t n = version < 17 ? 32 : 48;
        const uint32_t head[] = { (uint32_t)n - 8, version, video ? 0x0031 : 0x0022, SCCP_NO_CHANNELS };

        memset(out, 0, n); /* nowhere */
        for (unsigned i = 0; i < ARRAY_LEN(head); i++)
                put_le32(out + 4 * i, head[i]);
        put_le32(out + n - 8, party);
        put_le32(out + n - 4, call);
        return n;
}

/* ---- payloads ---- */

int sccp_rtp_type(uint32_t payload, const char **name)
{
        static const struct {
                uint8_t lo, hi, type;
                const char *name;
        } map[] = { { 2, 3, 8, "PCMA" },    { 4, 5, 0, "PCMU" },    { 6, 8, 9, "G722" },
                    { 9, 9, 4, "G723" },    { 10, 10, 15, "G728" }, { 11, 12, 18, "G729" },
                    { 15, 16, 18, "G729" }, { 18, 18, 3, "GSM" },   { 80, 80, 3, "GSM" } };

        for (unsigned i = 0; i < ARRAY_LEN(map); i++)
                if (payload >= map[i].lo && payload <= map[i].hi) {
                        *name = map[i].name;
                        return map[i].type;
                }
        return -1;
}
