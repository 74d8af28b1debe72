/* Registrations: how long a phone stays is what the registrar answers. */
#include <stdio.h>

#include "inspect/sip/lex.h"
#include "inspect/sip/sip_int.h"

/* ---- REGISTER ---- */

static void note_contacts(struct sip_work *x)
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
                if (i == 0 && a.expires >= 0)
                        t->expires = (uint32_t)a.expires;
                if (i == 0 && a.uri.has_addr)
                        t->contact = a.uri.ep;
        }
}

enum sip_fate sip_register_note(struct sip_work *x)
{
        if (x->m->request && x->m->method == SIP_M_REGISTER && x->dir == DIR_C2S)
                note_contacts(x);
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
        if (expires && ops->phone_boot && (!x->s->registered || !ops->phone_known(x->c, device)))
                ops->phone_boot(x->c, device, NULL);
        if (ops->phone_seen(x->c, device, stay) == 0)
                return SIP_FORWARD;
        x->why = "phone refused";
        return SIP_CLOSE;
}

void sip_register_failed(const struct sip_work *x, const char *why)
{
        const struct inspect_host *ops = x->c->ops;
        char device[65];

        device_name(x, device, sizeof device);
        if (x->c->phone && !x->c->dry && ops && ops->phone_boot && device[0] && !x->s->registered)
                ops->phone_boot(x->c, device, why);
}

/* A challenge, or an interval that is too short, is part of a registration; another refusal ends it. */
static void refused(const struct sip_work *x)
{
        unsigned status = x->m->status;
        char reason[64], why[128];

        if (status == 401 || status == 407 || status == 423)
                return;
        str_escape(reason, sizeof reason, x->m->reason.p, x->m->reason.n);
        snprintf(why, sizeof why, "refused by the call manager: %u %s", status, reason);
        sip_register_failed(x, why);
}

enum sip_fate sip_register_answered(struct sip_work *x)
{
        enum sip_fate f = SIP_FORWARD;
        uint32_t expires;

        if (x->m->method != SIP_M_REGISTER || x->m->status < 200 || !x->txn || x->txn->done || x->txn->dir != DIR_C2S)
                return SIP_FORWARD;
        if (x->m->status > 299) {
                refused(x);
                return SIP_FORWARD;
        }
        expires = granted(x);
        sip_count(x->c, SIP_N_REGISTERED);
        if (x->c->phone)
                f = phone_answered(x, expires);
        x->s->registered = expires || (x->s->registered && !x->txn->star && x->txn->expires);
        if (x->txn->contact.a.fam && !sip_is_terminated(x->c)) {
                x->txn->contact.port = x->txn->contact.port ? x->txn->contact.port : 5060;
                sip_binding_granted(x, &x->txn->contact, expires);
        }
        return f;
}
