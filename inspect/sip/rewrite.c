/* The head of a message as the other side must see it: which header is rewritten how. */
#include "inspect/sip/lex.h"
#include "inspect/sip/sip_int.h"

static enum sip_role role_of(enum sip_hdr id)
{
        switch (id) {
        case SIP_H_CONTACT:
                return SIP_R_CONTACT;
        case SIP_H_ROUTE:
                return SIP_R_URI;
        case SIP_H_RECORD_ROUTE:
        case SIP_H_PATH:
        case SIP_H_SERVICE_ROUTE:
                return SIP_R_RECORD;
        default:
                return SIP_R_IDENTITY;
        }
}

static bool holds_address(enum sip_hdr id)
{
        static const uint8_t flags[SIP_HDRS] = {
#define SIP_HDR(id, name, compact, flags) [SIP_H_##id] = flags,
#include "inspect/sip/hdr.def"
#undef SIP_HDR
        };

        return flags[id] & SIP_HF_ADDR;
}

static bool is_info(enum sip_hdr id)
{
        return id == SIP_H_CALL_INFO || id == SIP_H_ALERT_INFO || id == SIP_H_ERROR_INFO;
}

/*
 * A value that does not parse cannot be translated, yet its reader may find an address in it: refused where that
 * would be the wrong one, and from and to phones in any case. Info headers may hold names without a URI.
 */
static bool passes_unread(struct sip_work *x, const struct sip_header *h)
{
        if (!h->value.n)
                return true;
        return !(x->c->anchor && !is_info((enum sip_hdr)h->id)) && !sip_text_moves(x, h->value);
}

static bool rewrite_address(struct sip_work *x, const struct sip_header *h)
{
        struct sip_nameaddr a;

        if (!sip_nameaddr_parse(&a, h->value)) {
                if (passes_unread(x, h))
                        return true;
                x->why = "address header that does not parse";
                return false;
        }
        if (a.star)
                return true;
        if (x->mask_uri && is_info((enum sip_hdr)h->id) && !a.uri.is_sip)
                sip_edit_remove_header(&x->sh->head, x->m, h);
        else
                sip_rewrite_uri(x, role_of((enum sip_hdr)h->id), &a.uri);
        return true;
}

/*
 * The tag lets a phone go on in clear text when the other end has no keys: never towards the phone, and towards the
 * cluster only where that may be encrypted itself.
 */
static bool strips_fallback(const struct sip_work *x)
{
        const struct phone_params *p = x->c->phone;

        return x->c->anchor && !(p && p->mixed && x->dir == DIR_C2S);
}

static void rewrite_other(struct sip_work *x, const struct sip_header *h)
{
        struct str v = lex_trim(h->value);

        if ((h->id == SIP_H_SUPPORTED || h->id == SIP_H_REQUIRE) && strips_fallback(x) &&
            lex_is(v, "X-cisco-srtp-fallback"))
                sip_edit_remove_header(&x->sh->head, x->m, h);
        else if ((h->id == SIP_H_USER_AGENT || h->id == SIP_H_SERVER) && x->mask_agent)
                sip_edit_replace(&x->sh->head, h->value, "Masked");
}

static void rewrite_request_uri(struct sip_work *x)
{
        struct sip_uri u;

        if (x->m->request && sip_uri_parse(&u, x->m->uri))
                sip_rewrite_uri(x, SIP_R_URI, &u);
}

bool sip_rewrite_head(struct sip_work *x)
{
        unsigned via = 0;

        rewrite_request_uri(x);
        for (unsigned i = 0; i < x->m->nheaders; i++) {
                const struct sip_header *h = &x->m->h[i];

                if (h->id == SIP_H_VIA) {
                        if (!sip_rewrite_via(x, h, via++))
                                return false;
                } else if (holds_address((enum sip_hdr)h->id)) {
                        if (!rewrite_address(x, h))
                                return false;
                } else {
                        rewrite_other(x, h);
                }
        }
        return !x->sh->head.full;
}
