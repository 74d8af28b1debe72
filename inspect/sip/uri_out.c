/*
 * A URI as the other side must see it: endpoint, and for our own two ends scheme and transport as the legs are. What
 * a client called itself is kept, so that it reads the same again.
 */
#include "inspect/sip/lex.h"
#include "inspect/sip/sip_int.h"

static const char *transport_param(enum inspect_transport t)
{
        static const char *const name[] = { [VIA_UDP] = "udp", [VIA_TCP] = "tcp", [VIA_TLS] = "tls" };

        return name[t];
}

static bool is_secure(const struct sip_uri *u)
{
        return lex_is(u->scheme, "sips");
}

static uint16_t default_port(const struct sip_uri *u)
{
        return is_secure(u) || lex_is(u->transport, "tls") ? 5061 : 5060;
}

/* ";transport=tcp" whole. */
static struct str whole_transport(const struct sip_uri *u)
{
        const char *p = u->transport.p;

        while (p > u->params.p && *p != ';')
                p--;
        return lex_span(p, lex_end(u->transport));
}

/* ---- memory of contacts ---- */

static bool memo_make(const struct sip_work *x, struct sip_memo *m, const struct sip_uri *u,
                      const struct endpoint *seen)
{
        if (u->hostport.n >= sizeof m->hostport || u->transport.n >= sizeof m->transport)
                return false;
        *m = (struct sip_memo){ .seen = *seen, .user = sip_hash(x->sh, u->user), .sips = is_secure(u), .used = true };
        memcpy(m->hostport, u->hostport.p, u->hostport.n);
        memcpy(m->transport, u->transport.p, u->transport.n);
        return true;
}

/* The newest of one user and text stands once. */
static void remember(struct sip_work *x, const struct sip_uri *u, const struct endpoint *seen)
{
        struct sip_memo m, *at = NULL;

        if (!memo_make(x, &m, u, seen))
                return;
        for (unsigned i = 0; i < SIP_MEMOS && !at; i++)
                if (x->s->memo[i].used && x->s->memo[i].user == m.user && endpoint_eq(&x->s->memo[i].seen, seen))
                        at = &x->s->memo[i];
        if (!at)
                at = &x->s->memo[x->s->next_memo++ % SIP_MEMOS];
        *at = m;
}

static const struct sip_memo *recall_client(const struct sip_work *x, const struct sip_uri *u,
                                            const struct endpoint *ep)
{
        const struct sip_memo *best = NULL;
        uint64_t user = sip_hash(x->sh, u->user);

        for (unsigned i = 0; i < SIP_MEMOS; i++) {
                const struct sip_memo *m = &x->s->memo[i];

                if (!m->used || !endpoint_eq(&m->seen, ep))
                        continue;
                if (m->user == user)
                        return m;
                best = best ? best : m;
        }
        return best;
}

/* What stands behind an address that was shown: of the dialog, else of the client. */
static const struct sip_memo *recall(const struct sip_work *x, enum sip_role role, const struct sip_uri *u)
{
        struct endpoint ep = { u->ep.a, u->ep.port ? u->ep.port : default_port(u) };
        const struct sip_memo *t = x->call ? &x->call->target[x->dir == DIR_C2S ? 1 : 0] : NULL;

        if (role != SIP_R_URI && role != SIP_R_CONTACT)
                return NULL;
        if (role == SIP_R_URI && t && t->used && endpoint_eq(&t->seen, &ep) && t->user == sip_hash(x->sh, u->user))
                return t;
        return x->dir == DIR_S2C ? recall_client(x, u, &ep) : NULL;
}

/* ---- edits ---- */

static void restore(struct sip_work *x, const struct sip_uri *u, const struct sip_memo *m)
{
        struct sip_edits *e = &x->sh->head;
        bool add = m->transport[0] && !u->transport.n;

        if (is_secure(u) != m->sips)
                sip_edit_replace(e, u->scheme, m->sips ? "sips" : "sip");
        if (add || !str_is(u->hostport, m->hostport))
                sip_edit_replace(e, u->hostport, "%s%s%s", m->hostport, add ? ";transport=" : "",
                                 add ? m->transport : "");
        if (!m->transport[0] && u->transport.n)
                sip_edit_replace_str(e, whole_transport(u), (struct str){ "", 0 });
        else if (m->transport[0] && u->transport.n && !str_is(u->transport, m->transport))
                sip_edit_replace(e, u->transport, "%s", m->transport);
}

static bool legs_differ(const struct sip_work *x)
{
        return via_from(x) != via_to(x);
}

/* Scheme and transport of one of our own ends, or of the next hop named in a request's URI. */
static void adapt(struct sip_work *x, const struct sip_uri *u)
{
        if (!legs_differ(x))
                return;
        if (is_secure(u) && via_from(x) == VIA_TLS)
                sip_edit_replace(&x->sh->head, u->scheme, "sip");
        if (u->transport.n && lex_is(u->transport, transport_param(via_from(x))))
                sip_edit_replace(&x->sh->head, u->transport, "%s", transport_param(via_to(x)));
}

static void write_endpoint(struct sip_work *x, enum sip_role role, const struct sip_uri *u,
                           const struct sip_mapped *to)
{
        bool add = role == SIP_R_CONTACT && to->own && legs_differ(x) && !u->transport.n && via_to(x) != VIA_UDP;
        char text[ADDR_TEXT_MAX + 32];
        struct wbuf w = wbuf_of(text, sizeof text);
        char host[ADDR_TEXT_MAX];

        if (!add && endpoint_eq(&to->ep, &u->ep))
                return;
        wbuf_printf(&w, to->ep.a.fam == ADDR_V6 ? "[%s]" : "%s", addr_print(&to->ep.a, host));
        if (to->ep.port)
                wbuf_printf(&w, ":%u", to->ep.port);
        if (add)
                wbuf_printf(&w, ";transport=%s", transport_param(via_to(x)));
        sip_edit_replace_str(&x->sh->head, u->hostport, (struct str){ text, w.len });
}

static void note_contact(struct sip_work *x, const struct sip_uri *u, const struct sip_mapped *to)
{
        struct endpoint seen = { to->ep.a, to->ep.port };

        if (!seen.port)
                seen.port = via_to(x) == VIA_TLS ? 5061 : 5060;
        if (x->dir == DIR_C2S)
                remember(x, u, &seen);
        if (x->call)
                memo_make(x, &x->call->target[x->dir == DIR_C2S ? 0 : 1], u, &seen);
}

static void write_maddr(struct sip_work *x, enum sip_role role, const struct sip_uri *u)
{
        struct endpoint in = { 0 };
        struct sip_mapped to;
        char text[ADDR_TEXT_MAX];

        if (!u->maddr.n || !lex_addr(u->maddr, &in.a))
                return;
        sip_map_endpoint(x, role, default_port(u), &in, &to);
        if (!addr_eq(&in.a, &to.ep.a))
                sip_edit_replace(&x->sh->head, u->maddr, "%s", addr_print(&to.ep.a, text));
}

void sip_rewrite_uri(struct sip_work *x, enum sip_role role, const struct sip_uri *u)
{
        const struct sip_memo *m;
        struct sip_mapped to;

        if (!u->is_sip)
                return;
        write_maddr(x, role, u);
        if (!u->has_addr) {
                if (role == SIP_R_URI)
                        adapt(x, u);
                return;
        }
        m = recall(x, role, u);
        if (m) {
                restore(x, u, m);
                return;
        }
        sip_map_endpoint(x, role, default_port(u), &u->ep, &to);
        if (to.hidden)
                sip_count(x->c, SIP_N_HIDDEN);
        if (role == SIP_R_CONTACT && (!endpoint_eq(&to.ep, &u->ep) || (to.own && legs_differ(x))))
                note_contact(x, u, &to);
        write_endpoint(x, role, u, &to);
        if (to.own && role != SIP_R_IDENTITY)
                adapt(x, u);
}
