#include "tests/support/agentx_master.h"

#include <stdlib.h>
#include <string.h>

static void put(struct master *m, const void *p, size_t n)
{
        if (m->n + n > sizeof m->out)
                abort();
        if (n)
                memcpy(m->out + m->n, p, n);
        m->n += n;
}

static void put_u8(struct master *m, uint8_t v)
{
        put(m, &v, 1);
}

void master_u16(struct master *m, uint16_t v)
{
        put_u8(m, (uint8_t)(m->le ? v : v >> 8));
        put_u8(m, (uint8_t)(m->le ? v >> 8 : v));
}

void master_u32(struct master *m, uint32_t v)
{
        master_u16(m, (uint16_t)(m->le ? v : v >> 16));
        master_u16(m, (uint16_t)(m->le ? v >> 16 : v));
}

void master_begin(struct master *m, uint8_t type, uint8_t flags, uint32_t session, uint32_t packet)
{
        m->begun = m->n;
        put_u8(m, 1);
        put_u8(m, type);
        put_u8(m, (uint8_t)(flags | (m->le ? 0 : AGENTX_NETWORK_ORDER)));
        put_u8(m, 0);
        master_u32(m, session);
        master_u32(m, 1);
        master_u32(m, packet);
        master_u32(m, 0);
}

void master_end(struct master *m)
{
        size_t end = m->n;

        m->n = m->begun + AGENTX_HEAD - 4;
        master_u32(m, (uint32_t)(end - m->begun - AGENTX_HEAD));
        m->n = end;
}

void master_octets(struct master *m, const char *s)
{
        size_t n = strlen(s);

        master_u32(m, (uint32_t)n);
        put(m, s, n);
        put(m, "\0\0\0", -n & 3u);
}

void master_oid(struct master *m, const char *oid, bool include)
{
        static const uint32_t internet[] = { 1, 3, 6, 1 };
        struct oid o = { 0 };
        unsigned from = 0;

        if (*oid && !oid_parse(oid, &o))
                abort();
        if (o.n > 4 && !oid_cmp(o.id, 4, internet, 4) && o.id[4] < 256)
                from = 5;
        put_u8(m, (uint8_t)(o.n - from));
        put_u8(m, from ? (uint8_t)o.id[4] : 0);
        put_u8(m, include);
        put_u8(m, 0);
        for (unsigned i = from; i < o.n; i++)
                master_u32(m, o.id[i]);
}

void master_response(struct master *m, uint32_t session, uint32_t packet, uint16_t error)
{
        master_begin(m, AGENTX_RESPONSE, 0, session, packet);
        master_u32(m, 0);
        master_u16(m, error);
        master_u16(m, 0);
        master_end(m);
}

void master_request(struct master *m, uint8_t type, const char *const *ranges)
{
        master_begin(m, type, AGENTX_NON_DEFAULT_CONTEXT, MASTER_SESSION, 500);
        master_octets(m, "box");
        for (unsigned i = 0; ranges[i]; i += 2) {
                master_oid(m, ranges[i], false);
                master_oid(m, ranges[i + 1], false);
        }
        master_end(m);
}

int master_send(struct master *m, struct agentx_session *s)
{
        struct cur c = cur_of(m->out, m->n);
        int ret = agentx_session_input(s, &c);

        memmove(m->out, m->out + (m->n - c.left), c.left);
        m->n = c.left;
        return ret;
}

unsigned master_read(struct agentx_session *s, void (*fn)(void *ctx, const struct agentx_pdu *p), void *ctx)
{
        size_t n;
        const uint8_t *p = agentx_session_output(s, &n);
        struct cur c = cur_of(p, n);
        struct agentx_pdu pdu;
        unsigned k = 0;

        for (; agentx_parse(&c, &pdu) == PARSE_OK; k++)
                fn(ctx, &pdu);
        if (c.left)
                abort();
        agentx_session_sent(s, n);
        return k;
}

static void take(void *ctx, const struct agentx_pdu *p)
{
        if (p->type == AGENTX_OPEN || p->type == AGENTX_REGISTER)
                master_response(ctx, MASTER_SESSION, p->packet, 0);
}

void master_accept(struct master *m, struct agentx_session *s)
{
        for (unsigned i = 0; i < 2; i++) { /* Open, then all Registers */
                master_read(s, take, m);
                if (master_send(m, s) < 0)
                        abort();
        }
}
