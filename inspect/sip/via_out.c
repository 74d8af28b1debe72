/*
 * Via: rewritten in requests, given back in responses exactly as it was. RFC 3261 18.1.2, 3581. The transaction keeps
 * what was written; without one the inverse of the mapping has to do.
 */
#include "inspect/sip/lex.h"
#include "inspect/sip/sip_int.h"

static const char *transport_name(enum inspect_transport t)
{
        static const char *const name[] = { [VIA_UDP] = "UDP", [VIA_TCP] = "TCP", [VIA_TLS] = "TLS" };

        return name[t];
}

/* ---- what a transaction keeps ---- */

static void keep(struct sip_txn *t, struct str s)
{
        memcpy(t->via + t->via_used, s.p, s.n);
        t->via[t->via_used + s.n] = 0;
        t->via_used = (uint16_t)(t->via_used + s.n + 1);
}

/* false: no place; such a Via may only be changed where the inverse gives it back. */
static bool keep_via(struct sip_txn *t, const struct sip_via *v)
{
        size_t need = v->sent_by.n + v->transport.n + v->received.n + 3;

        if (need > sizeof t->via - t->via_used || t->via_full) {
                t->via_full = true;
                return false;
        }
        keep(t, v->sent_by);
        keep(t, v->transport);
        keep(t, v->received);
        return true;
}

struct kept {
        struct str sent_by, transport, received;
};

static struct str kept_text(const struct sip_txn *t, size_t *at)
{
        struct str s = { t->via + *at, strlen(t->via + *at) };

        *at += s.n + 1;
        return s;
}

static bool kept_at(const struct sip_txn *t, unsigned index, struct kept *k)
{
        size_t at = 0;

        for (unsigned i = 0; t && at < t->via_used; i++) {
                k->sent_by = kept_text(t, &at);
                k->transport = kept_text(t, &at);
                k->received = kept_text(t, &at);
                if (i == index)
                        return true;
        }
        return false;
}

/* ---- requests ---- */

static uint16_t default_port(struct str transport)
{
        return lex_is(transport, "TLS") ? 5061 : 5060;
}

static void edit(struct sip_work *x, struct str where, struct str with)
{
        if (where.n != with.n || memcmp(where.p, with.p, with.n) != 0)
                sip_edit_replace_str(&x->sh->head, where, with);
}

static void edit_transport(struct sip_work *x, const struct sip_via *v)
{
        const char *to = transport_name(via_to(x));

        if (via_from(x) != via_to(x) && lex_is(v->transport, transport_name(via_from(x))))
                sip_edit_replace(&x->sh->head, v->transport, "%s", to);
}

/* received: an address of the writer's side. false: hidden, and nothing would give it back. */
static bool map_received(struct sip_work *x, const struct sip_via *v, bool kept)
{
        struct endpoint in = { 0 };
        struct sip_mapped out;
        char text[ADDR_TEXT_MAX];

        if (!v->received.n || !lex_addr(v->received, &in.a))
                return true;
        sip_map_endpoint(x, SIP_R_VIA_BELOW, 5060, &in, &out);
        if (!addr_eq(&in.a, &out.ep.a))
                sip_edit_replace(&x->sh->head, v->received, "%s", addr_print(&out.ep.a, text));
        return kept || !out.hidden;
}

static bool request_via(struct sip_work *x, const struct sip_via *v, unsigned index)
{
        bool kept = x->txn && (x->again || keep_via(x->txn, v));
        struct sip_mapped out;

        if (index == 0)
                edit_transport(x, v);
        if (!v->has_addr)
                return map_received(x, v, kept);
        sip_map_endpoint(x, index ? SIP_R_VIA_BELOW : SIP_R_VIA, default_port(v->transport), &v->ep, &out);
        if (out.hidden) {
                sip_count(x->c, SIP_N_HIDDEN);
                if (!kept && x->m->method != SIP_M_ACK)
                        return false;
        }
        if (!endpoint_eq(&out.ep, &v->ep))
                sip_edit_hostport(&x->sh->head, v->sent_by, &out.ep);
        return map_received(x, v, kept || x->m->method == SIP_M_ACK);
}

/* ---- responses ---- */

/* What the responder saw of the sender, as the sender is really seen here. */
static void restore_source(struct sip_work *x, const struct sip_via *v)
{
        const struct inspect_ctx *c = x->c;
        const struct endpoint *seen = x->dir == DIR_C2S ? &c->server_mapped : &c->client_mapped;
        const struct endpoint *real = x->dir == DIR_C2S ? &c->server : &c->client;
        char text[ADDR_TEXT_MAX];
        struct addr a;
        uint32_t port;

        if (v->received.n && lex_addr(v->received, &a) && addr_eq(&a, &seen->a) && !addr_eq(&a, &real->a))
                sip_edit_replace(&x->sh->head, v->received, "%s", addr_print(&real->a, text));
        if (v->rport.n && sip_number(v->rport, 1, 65535, &port) && port == seen->port && port != real->port)
                sip_edit_replace(&x->sh->head, v->rport, "%u", real->port);
}

static bool response_via(struct sip_work *x, const struct sip_via *v, unsigned index)
{
        struct sip_mapped out;
        struct kept k;

        if (index == 0)
                restore_source(x, v);
        if (kept_at(x->txn, index, &k)) {
                edit(x, v->sent_by, k.sent_by);
                edit(x, v->transport, k.transport);
                if (index && v->received.n && k.received.n)
                        edit(x, v->received, k.received);
                return true;
        }
        if (index == 0)
                edit_transport(x, v);
        if (!v->has_addr)
                return true;
        sip_map_endpoint(x, SIP_R_URI, default_port(v->transport), &v->ep, &out);
        if (!endpoint_eq(&out.ep, &v->ep))
                sip_edit_hostport(&x->sh->head, v->sent_by, &out.ep);
        return true;
}

bool sip_rewrite_via(struct sip_work *x, const struct sip_header *h, unsigned index)
{
        struct sip_via v;

        if (!sip_via_parse(&v, h->value)) {
                if (!x->m->request || (!x->c->anchor && !sip_text_moves(x, h->value)))
                        return true;
                x->why = "Via that does not parse";
                return false;
        }
        return x->m->request ? request_via(x, &v, index) : response_via(x, &v, index);
}
