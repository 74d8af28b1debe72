#include "platform/svc/agentx_wire.h"

#define VERSION 1u

/* ---- reading ---- */

uint16_t agentx_u16(struct cur *c, bool be)
{
        return be ? cur_be16(c) : cur_le16(c);
}

uint32_t agentx_u32(struct cur *c, bool be)
{
        return be ? cur_be32(c) : cur_le32(c);
}

enum parse agentx_parse(struct cur *in, struct agentx_pdu *out)
{
        struct cur c = *in;
        uint8_t version = cur_u8(&c);
        uint32_t length;
        bool be;

        if (!c.bad && version != VERSION)
                return PARSE_BAD;
        out->type = cur_u8(&c);
        out->flags = cur_u8(&c);
        be = out->flags & AGENTX_NETWORK_ORDER;
        cur_u8(&c);
        out->session = agentx_u32(&c, be);
        out->transaction = agentx_u32(&c, be);
        out->packet = agentx_u32(&c, be);
        length = agentx_u32(&c, be);
        if (c.bad)
                return PARSE_MORE;
        if (length % 4 || length > AGENTX_PAYLOAD_MAX)
                return PARSE_BAD;
        if (c.left < length)
                return PARSE_MORE;
        out->body = cur_child(&c, length);
        *in = c;
        return PARSE_OK;
}

void agentx_oid(struct cur *c, bool be, struct oid *out, bool *include)
{
        static const uint32_t internet[] = { 1, 3, 6, 1 };
        uint8_t n = cur_u8(c), prefix = cur_u8(c), incl = cur_u8(c);

        cur_u8(c);
        out->n = 0;
        if (prefix) {
                memcpy(out->id, internet, sizeof internet);
                out->n = 4;
                out->id[out->n++] = prefix;
        }
        if (out->n + n > OID_MAX)
                c->bad = true;
        for (unsigned i = 0; i < n && !c->bad; i++)
                out->id[out->n++] = agentx_u32(c, be);
        if (c->bad)
                out->n = 0;
        if (include)
                *include = incl != 0;
}

struct cur agentx_octets(struct cur *c, bool be)
{
        uint32_t n = agentx_u32(c, be);
        struct cur octets = cur_child(c, n);

        cur_take(c, -n & 3u);
        return c->bad ? (struct cur){ .bad = true } : octets;
}

/* ---- writing ---- */

size_t agentx_begin(struct wbuf *w, const struct agentx_pdu *head)
{
        size_t begin = w->len;

        wbuf_u8(w, VERSION);
        wbuf_u8(w, head->type);
        wbuf_u8(w, head->flags | AGENTX_NETWORK_ORDER);
        wbuf_u8(w, 0);
        wbuf_be32(w, head->session);
        wbuf_be32(w, head->transaction);
        wbuf_be32(w, head->packet);
        wbuf_be32(w, 0);
        return begin;
}

void agentx_end(struct wbuf *w, size_t begin)
{
        struct wbuf length;

        if (w->full)
                return;
        length = wbuf_of(w->buf + begin + AGENTX_HEAD - 4, 4);
        wbuf_be32(&length, (uint32_t)(w->len - begin - AGENTX_HEAD));
}

void agentx_put_oid(struct wbuf *w, const uint32_t *id, unsigned n)
{
        wbuf_u8(w, (uint8_t)n);
        wbuf_u8(w, 0);
        wbuf_be16(w, 0);
        for (unsigned i = 0; i < n; i++)
                wbuf_be32(w, id[i]);
}

void agentx_put_octets(struct wbuf *w, const void *octets, size_t n)
{
        static const uint8_t zero[4];

        wbuf_be32(w, (uint32_t)n);
        wbuf_put(w, octets, n);
        wbuf_put(w, zero, -n & 3u);
}

static void put_value(struct wbuf *w, const struct mib_table *t, const struct mib_var *v)
{
        switch (v->type) {
        case MIB_OCTETS:
                agentx_put_octets(w, mib_text_of(t, v), v->ntext);
                break;
        case MIB_OID:
                agentx_put_oid(w, mib_oid_of(t, v), v->ntext);
                break;
        case MIB_COUNTER64:
                wbuf_be32(w, (uint32_t)(v->num >> 32));
                wbuf_be32(w, (uint32_t)v->num);
                break;
        case MIB_ADDRESS: /* an octet string of four, whose first is the first of the address */
                wbuf_be32(w, 4);
                wbuf_be32(w, (uint32_t)v->num);
                break;
        case MIB_INTEGER:
        case MIB_COUNTER32:
        case MIB_GAUGE32:
        case MIB_TICKS:
                wbuf_be32(w, (uint32_t)v->num);
                break;
        default:
                break;
        }
}

void agentx_put_var(struct wbuf *w, const struct mib_table *t, const struct mib_var *v)
{
        wbuf_be16(w, (uint16_t)v->type);
        wbuf_be16(w, 0);
        agentx_put_oid(w, mib_name_of(t, v), v->nname);
        put_value(w, t, v);
}

void agentx_put_none(struct wbuf *w, enum mib_type type, const struct oid *name)
{
        wbuf_be16(w, (uint16_t)type);
        wbuf_be16(w, 0);
        agentx_put_oid(w, name->id, name->n);
}
