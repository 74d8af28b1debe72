/*
 * Registrations: who a phone says it is must be who its certificate says; how long it stays is what the registrar
 * answers. reference/sip-inspection.md 3, 8.
 */
#include <stdio.h>

#include "inspect/sip/lex.h"
#include "inspect/sip/sip_int.h"

#define MAC_DIGITS 12u
#define DEVICE_PARAM "+u.sip!devicename.ccm.cisco.com"

/* ---- names a REGISTER gives ---- */

static bool is_mac(struct str s)
{
        for (size_t i = 0; i < s.n; i++)
                if (!lex_is_digit(s.p[i]) && !((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'f'))
                        return false;
        return s.n == MAC_DIGITS;
}

static struct str unquoted(struct str s)
{
        s = lex_trim(s);
        if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
                s = (struct str){ s.p + 1, s.n - 2 };
        return s;
}

/* <urn:uuid:00000000-0000-0000-0000-MAC>; other identities are no device names. */
static bool instance_mac(struct str s, struct str *mac)
{
        static const char head[] = "<urn:uuid:00000000-0000-0000-0000-";
        const size_t n = sizeof head - 1;

        s = unquoted(s);
        if (s.n != n + MAC_DIGITS + 1 || !lex_begins(s, head) || s.p[s.n - 1] != '>')
                return false;
        *mac = (struct str){ s.p + n, MAC_DIGITS };
        return is_mac(*mac);
}

static bool user_is_device(struct str user)
{
        return lex_begins(user, "SEP") && is_mac((struct str){ user.p + 3, user.n - 3 });
}

struct claim {
        unsigned names; /* given */
        bool wrong;     /* one of them is not the certificate's */
        char mac[MAC_DIGITS + 1];
};

static void claim_name(const struct sip_work *x, struct claim *cl, struct str name)
{
        cl->names++;
        cl->wrong |= !x->c->device[0] || !lex_is(name, x->c->device);
        if (user_is_device(name))
                memcpy(cl->mac, name.p + 3, MAC_DIGITS);
}

static void claim_mac(const struct sip_work *x, struct claim *cl, struct str mac)
{
        char name[3 + MAC_DIGITS + 1] = "SEP";

        memcpy(name + 3, mac.p, MAC_DIGITS);
        claim_name(x, cl, (struct str){ name, sizeof name - 1 });
}

static void claim_contact(struct sip_work *x, const struct sip_nameaddr *a, struct claim *cl)
{
        struct str v, mac;

        if (sip_param(a->params, DEVICE_PARAM, &v))
                claim_name(x, cl, unquoted(v));
        if (sip_param(a->params, "+sip.instance", &v) && instance_mac(v, &mac))
                claim_mac(x, cl, mac);
}

static void claim_user(struct sip_work *x, enum sip_hdr id, struct claim *cl)
{
        const struct sip_header *h = sip_header_at(x->m, id, 0);
        struct sip_nameaddr a;

        if (h && sip_nameaddr_parse(&a, h->value) && user_is_device(a.uri.user))
                claim_name(x, cl, a.uri.user);
}

static enum sip_fate mismatch(struct sip_work *x, const struct claim *cl)
{
        const struct inspect_ctx *c = x->c;
        char mac[16] = "unknown";

        if (cl->mac[0])
                snprintf(mac, sizeof mac, "%.4s.%.4s.%.4s", cl->mac, cl->mac + 4, cl->mac + 8);
        sip_count(x->c, SIP_N_DEVICE);
        log_msg(c->log, LOG_607004, LS(c->client_if), LA(&c->client.a), LU(c->client.port), LS(c->server_if),
                LA(&c->server.a), LU(c->server.port), LS(mac));
        x->why = cl->names ? "device name is not the certificate's" : "endpoint names no device";
        debug_line(c->log, DBG_PP_SIGNALING_ERRORS, "PP: REGISTER refused: %s", x->why);
        return SIP_CLOSE;
}

/* ---- REGISTER ---- */

static void note_contacts(struct sip_work *x, struct claim *cl)
{
        const struct sip_header *h = sip_header_at(x->m, SIP_H_EXPIRES, 0);
        struct sip_txn *t = x->txn;
        struct sip_nameaddr a;

        t->expires = SIP_REG_DEFAULT_S;
        if (h)
                sip_number(h->value, 0, UINT32_MAX, &t->expires);
        for (unsigned i = 0; (h = sip_header_at(x->m, SIP_H_CONTACT, i)); i++) {
                if (!sip_nameaddr_parse(&a, h->value))
                        continue;
                t->star |= a.star;
                claim_contact(x, &a, cl);
                if (i == 0 && a.expires >= 0)
                        t->expires = (uint32_t)a.expires;
                if (i == 0 && a.uri.has_addr)
                        t->contact = a.uri.ep;
        }
}

enum sip_fate sip_register_note(struct sip_work *x)
{
        const struct phone_params *p = x->c->phone;
        struct claim cl = { 0 };

        if (!x->m->request || x->m->method != SIP_M_REGISTER || x->dir != DIR_C2S)
                return SIP_FORWARD;
        note_contacts(x, &cl);
        if (!p)
                return SIP_FORWARD;
        claim_user(x, SIP_H_FROM, &cl);
        claim_user(x, SIP_H_TO, &cl);
        if (cl.wrong || (!cl.names && !p->any_endpoint))
                return mismatch(x, &cl);
        return SIP_FORWARD;
}

/* ---- its answer ---- */

/* What the registrar grants the client's own contact; it may list bindings of others too. */
static uint32_t granted(const struct sip_work *x)
{
        const struct sip_header *h;
        uint32_t all = x->txn->expires;
        struct sip_nameaddr a;
        bool listed = false;

        h = sip_header_at(x->m, SIP_H_EXPIRES, 0);
        if (h)
                sip_number(h->value, 0, UINT32_MAX, &all);
        for (unsigned i = 0; (h = sip_header_at(x->m, SIP_H_CONTACT, i)); i++) {
                if (!sip_nameaddr_parse(&a, h->value) || a.star || !a.uri.has_addr ||
                    !addr_eq(&a.uri.ep.a, &x->c->client_mapped.a))
                        continue;
                if (sip_is_terminated(x->c) && a.uri.ep.port && a.uri.ep.port != x->c->client_mapped.port)
                        continue;
                listed = true;
                if (a.expires >= 0)
                        return (uint32_t)a.expires;
        }
        return x->txn->expires == 0 && !listed ? 0 : all;
}

/* The name an endpoint without one goes by: its certificate's, else its address of record. */
static void device_name(const struct sip_work *x, char *out, size_t cap)
{
        const struct sip_header *h = sip_header_at(x->m, SIP_H_TO, 0);
        struct sip_nameaddr a;

        snprintf(out, cap, "%s", x->c->device);
        if (!out[0] && h && sip_nameaddr_parse(&a, h->value))
                str_escape(out, cap, a.uri.user.n ? a.uri.user.p : a.uri.host.p,
                           a.uri.user.n ? a.uri.user.n : a.uri.host.n);
}

/*
 * Expires: 0 is a backup server's keepalive unless this session holds a binding, which it then ends.
 */
static enum sip_fate phone_answered(struct sip_work *x, uint32_t expires)
{
        const struct inspect_host *ops = x->c->ops;
        bool gone = !expires && (x->s->registered || x->txn->star);
        uint32_t stay = expires ? expires : gone ? 0 : SIP_KEEPALIVE_S;
        char device[65];

        device_name(x, device, sizeof device);
        if (x->c->dry || !ops || !ops->phone_seen || !device[0])
                return SIP_FORWARD;
        debug_line(x->c->log, DBG_PP_SIGNALING_EVENTS, "PP: %s registered for %u s", device, stay);
        if (ops->phone_seen(x->c, device, stay) == 0)
                return SIP_FORWARD;
        x->why = "phone refused";
        return SIP_CLOSE;
}

enum sip_fate sip_register_answered(struct sip_work *x)
{
        enum sip_fate f = SIP_FORWARD;
        uint32_t expires;

        if (x->m->method != SIP_M_REGISTER || x->m->status < 200 || x->m->status > 299 || !x->txn || x->txn->done ||
            x->txn->dir != DIR_C2S)
                return SIP_FORWARD;
        expires = granted(x);
        sip_count(x->c, SIP_N_REGISTERED);
        if (x->c->phone)
                f = phone_answered(x, expires);
        x->s->registered = expires || (x->s->registered && !x->txn->star && x->txn->expires);
        if (expires && x->txn->contact.a.fam && !sip_is_terminated(x->c)) {
                x->txn->contact.port = x->txn->contact.port ? x->txn->contact.port : 5060;
                sip_signal_hole(x, DIR_C2S, &x->txn->contact, expires,
                                x->c->via[0] == VIA_UDP ? "SIGNALLING UDP" : "SIGNALLING TCP");
        }
        return f;
}
