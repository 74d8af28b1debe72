/* The fields of a body, in the order of its layout. */
#include "inspect/sccp/msg.h"

#include <stdio.h>

#define IP_GROWS 17u         /* header version from which an address is 20 bytes */
#define SERVERS_OLD_MAX 292u /* L of a ServerRes with 4-byte addresses */
#define IP_V4 0u
#define IP_V6 1u
#define IP_BOTH 2u /* counts as IPv6 */

struct reader {
        struct cur c;
        const struct sccp_frame *f;
        struct sccp_fields *o;
        const char *why;
};

static uint16_t at(const struct reader *r)
{
        return (uint16_t)(r->f->n - r->c.left);
}

static struct addr v4_of(struct cur *c)
{
        uint32_t v = cur_be32(c);

        return v ? addr_v4(v) : (struct addr){ 0 };
}

static struct addr v6_of(struct cur *c)
{
        struct addr a = { .fam = ADDR_V6 };

        if (!cur_copy(c, a.v6, sizeof a.v6) || !(a.w[0] | a.w[1] | a.w[2] | a.w[3]))
                a.fam = ADDR_NONE;
        return a;
}

/* An address of 4 bytes, or of 20 with its type in front. */
static void read_ip(struct reader *r, uint8_t size)
{
        struct sccp_ip ip = { .at = at(r), .size = size };
        struct cur c = cur_child(&r->c, size);
        uint32_t type = size == 20 ? cur_le32(&c) : IP_V4;

        if (c.bad)
                return;
        if (size == 16 || type == IP_V6 || type == IP_BOTH)
                ip.a = v6_of(&c);
        else if (type == IP_V4)
                ip.a = v4_of(&c);
        if (r->o->nips < SCCP_IPS_MAX)
                r->o->ip[r->o->nips++] = ip;
}

static void read_port(struct reader *r)
{
        struct sccp_port p = { .at = at(r) };

        p.value = cur_le32(&r->c);
        if (r->c.bad || r->o->nports == SCCP_IPS_MAX)
                return;
        if (p.value > UINT16_MAX)
                r->why = "port over 65535";
        r->o->port[r->o->nports++] = p;
}

static void read_keys(struct reader *r)
{
        struct sccp_keys k = { .at = at(r) };

        k.algorithm = cur_le32(&r->c);
        k.key_len = cur_le16(&r->c);
        k.salt_len = cur_le16(&r->c);
        k.key = cur_take(&r->c, SCCP_SLOT);
        k.salt = cur_take(&r->c, SCCP_SLOT);
        if (r->c.bad)
                return;
        if (k.key_len > SCCP_SLOT || k.salt_len > SCCP_SLOT)
                r->why = "key longer than its place";
        r->o->keys = k;
}

static void read_mki(struct reader *r)
{
        uint32_t mki = cur_le32(&r->c), kdr = cur_le32(&r->c);

        if (r->c.bad)
                return;
        r->o->keys.mki = mki;
        r->o->keys.kdr = kdr;
        r->o->keys.has_mki = true;
}

static void read_name(struct reader *r)
{
        const uint8_t *p = cur_take(&r->c, SCCP_NAME_MAX);

        if (p)
                memcpy(r->o->name, p, SCCP_NAME_MAX);
}

static void read_word(struct reader *r, uint32_t *to, bool *has)
{
        uint32_t v = cur_le32(&r->c);

        if (r->c.bad)
                return;
        *to = v;
        if (has)
                *has = true;
}

static void read_number(struct reader *r, char what)
{
        struct sccp_fields *o = r->o;

        switch (what) {
        case 'c':
                return read_word(r, &o->conf, &o->has_conf);
        case 'p':
                return read_word(r, &o->party, &o->has_party);
        case 'r':
                return read_word(r, &o->call, &o->has_call);
        case 's':
                return read_word(r, &o->status, NULL);
        case 't':
                return read_word(r, &o->ms, NULL);
        case 'y':
                return read_word(r, &o->payload, &o->has_payload);
        case 'd':
                return read_word(r, &o->rfc2833, NULL);
        case 'v':
                read_word(r, &o->version, &o->has_version);
                o->version &= 0xff;
                return;
        case 'S':
                return read_word(r, &o->state, NULL);
        case 'K':
                return read_word(r, &o->keepalive_s, NULL);
        case 'D':
                return read_word(r, &o->device_type, NULL);
        default:
                r->c.bad = true;
        }
}

/* Bytes of what is only gone past; 0: a field. */
static size_t skipped(char what)
{
        switch (what) {
        case '4':
                return 4;
        case '8':
                return 8;
        case 'U': /* capabilities of a codec */
                return 76;
        case 'T': /* text of an alarm */
                return 80;
        case 'W': /* names of five servers */
                return 240;
        default:
                return 0;
        }
}

static void read_field(struct reader *r, char what)
{
        size_t skip = skipped(what);

        if (skip)
                cur_take(&r->c, skip);
        else if (what == 'i')
                read_ip(r, r->f->version < IP_GROWS ? 4 : 20);
        else if (what == 'j')
                read_ip(r, r->f->l <= SERVERS_OLD_MAX ? 4 : 20);
        else if (what == 'a')
                read_ip(r, 4);
        else if (what == 'A')
                read_ip(r, 16);
        else if (what == 'o')
                read_port(r);
        else if (what == 'k')
                read_keys(r);
        else if (what == 'm')
                read_mki(r);
        else if (what == 'n')
                read_name(r);
        else
                read_number(r, what);
}

bool sccp_fields(const struct sccp_frame *f, struct sccp_fields *out, const char **why)
{
        struct reader r = { .c = cur_of(f->p, f->n), .f = f, .o = out };

        *out = (struct sccp_fields){ 0 };
        if (!f->row)
                return true;
        if (f->l < f->row->least) {
                *why = "message too short";
                return false;
        }
        cur_take(&r.c, SCCP_HEAD);
        for (const char *s = f->row->layout; *s && !r.c.bad; s++)
                read_field(&r, *s);
        *why = r.why;
        return !r.why;
}
