/*
 * Who a phone says it is must be who its certificate says, in every request of its own; names are read as leniently
 * as the server may read them. docs/sip.md.
 */
#include <stdio.h>

#include "inspect/sip/msg_int.h"
#include "inspect/sip/sip_int.h"
#include "platform/base/attr.h"

#define MAC_DIGITS 12u
#define UUID_DIGITS 32u
#define DEVICE_PARAM "+u.sip!devicename.ccm.cisco.com"

/* ---- names as a reader understands them ---- */

struct plain {
        char p[128];
        size_t n;
};

static int hex_digit(char c)
{
        if (lex_is_digit(c))
                return c - '0';
        return lex_is_alpha(c) && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

/* The next octet: quoted pairs and escapes of URIs are what they stand for. */
static char next_octet(struct str *in)
{
        char c = *lex_take(in, 1).p;

        if (c == '\\' && in->n)
                return *lex_take(in, 1).p;
        if (c == '%' && in->n >= 2 && hex_digit(in->p[0]) >= 0 && hex_digit(in->p[1]) >= 0) {
                c = (char)(hex_digit(in->p[0]) << 4 | hex_digit(in->p[1]));
                lex_take(in, 2);
        }
        return c;
}

/* Without quotes and blanks around. false: longer than any name, or a NUL inside. */
static bool plain_of(struct str in, struct plain *out)
{
        out->n = 0;
        in = lex_trim(in);
        if (in.n >= 2 && in.p[0] == '"' && in.p[in.n - 1] == '"')
                in = (struct str){ in.p + 1, in.n - 2 };
        while (in.n && out->n < sizeof out->p - 1) {
                out->p[out->n] = next_octet(&in);
                if (!out->p[out->n++])
                        return false;
        }
        out->p[out->n] = 0;
        return !in.n;
}

static bool is_mac(struct str s)
{
        for (size_t i = 0; i < s.n; i++)
                if (hex_digit(s.p[i]) < 0)
                        return false;
        return s.n == MAC_DIGITS;
}

static bool is_device(struct str s)
{
        return lex_begins(s, "SEP") && is_mac((struct str){ s.p + 3, s.n - 3 });
}

/* Hex digits behind "uuid:", hyphens left out; more than there may be when something else stands there. */
static size_t uuid_digits(const char *text, char out[UUID_DIGITS])
{
        size_t n = 0;

        for (; *text && *text != '>'; text++) {
                if (*text == '-')
                        continue;
                if (n == UUID_DIGITS || hex_digit(*text) < 0)
                        return UUID_DIGITS + 1;
                out[n++] = *text;
        }
        return n;
}

/* ---- what a request claims ---- */

struct claim {
        unsigned names;           /* given */
        bool wrong;               /* one of them is not the certificate's, or nobody knows what it is */
        char mac[MAC_DIGITS + 1]; /* of the first that is not */
};

static void claim_name(const struct sip_work *x, struct claim *cl, struct str name)
{
        bool wrong = !x->c->device[0] || !lex_is(name, x->c->device);

        cl->names++;
        cl->wrong |= wrong;
        if (wrong && !cl->mac[0] && is_device(name))
                memcpy(cl->mac, name.p + 3, MAC_DIGITS);
}

/* urn:uuid:00000000-0000-0000-0000-MAC; other identities are no device names. */
static void claim_instance(const struct sip_work *x, struct claim *cl, const struct plain *v)
{
        static const char zeros[UUID_DIGITS - MAC_DIGITS + 1] = "00000000000000000000";
        const char *uuid = strcasestr(v->p, "uuid:");
        char digits[UUID_DIGITS], name[3 + MAC_DIGITS] = "SEP";
        size_t n = uuid ? uuid_digits(uuid + 5, digits) : 0;

        if (n < MAC_DIGITS)
                return;
        if (n != UUID_DIGITS) {
                cl->names++;
                cl->wrong = true;
                return;
        }
        if (memcmp(digits, zeros, sizeof zeros - 1) != 0)
                return;
        memcpy(name + 3, digits + UUID_DIGITS - MAC_DIGITS, MAC_DIGITS);
        claim_name(x, cl, (struct str){ name, sizeof name });
}

/* A name that is given twice, or in a list that cannot be read, is somebody else's for one of its readers. */
static void claim_params(const struct sip_work *x, struct claim *cl, struct str params)
{
        struct str device, instance;
        bool has_device, has_instance;
        struct plain text;

        if (!sip_param_once(params, DEVICE_PARAM, &device, &has_device) ||
            !sip_param_once(params, "+sip.instance", &instance, &has_instance)) {
                cl->names++;
                cl->wrong = true;
                return;
        }
        if (has_device)
                claim_name(x, cl, plain_of(device, &text) ? (struct str){ text.p, text.n } : (struct str){ "", 0 });
        if (!has_instance)
                return;
        if (plain_of(instance, &text))
                claim_instance(x, cl, &text);
        else
                cl->wrong = true;
}

/* Password and parameters are no part of a name. */
static void claim_user(const struct sip_work *x, struct claim *cl, const struct sip_uri *u)
{
        struct plain text;
        struct str name;

        plain_of(u->user, &text);
        name = (struct str){ text.p, text.n };
        name = lex_until(&name, ":;");
        if (is_device(name))
                claim_name(x, cl, name);
}

/* Every value of a header; what does not parse is refused where it is rewritten. */
static void claim_header(const struct sip_work *x, struct claim *cl, enum sip_hdr id)
{
        const struct sip_header *h;
        struct sip_nameaddr a;

        for (unsigned i = 0; (h = sip_header_at(x->m, id, i)); i++) {
                if (!sip_nameaddr_parse(&a, h->value) || a.star)
                        continue;
                claim_user(x, cl, &a.uri);
                if (id != SIP_H_CONTACT)
                        continue;
                claim_params(x, cl, a.params);
                claim_params(x, cl, a.uri.params);
        }
}

/* ---- the request ---- */

/* The wrong name that was given, else whom the certificate names; as the table of phones writes it. */
static void mac_text(const struct inspect_ctx *c, const struct claim *cl, char out[16])
{
        const char *device = c->device, *mac = cl->mac;

        if (!mac[0] && is_device((struct str){ device, strlen(device) }))
                mac = device + 3;
        if (mac[0])
                snprintf(out, 16, "%.4s.%.4s.%.4s", mac, mac + 4, mac + 8);
        else
                snprintf(out, 16, "unknown");
        for (char *p = out; *p; p++)
                *p = lex_is_alpha(*p) ? (char)(*p | 0x20) : *p;
}

static enum sip_fate mismatch(struct sip_work *x, const struct claim *cl, const char *why)
{
        const struct inspect_ctx *c = x->c;
        char mac[16];

        mac_text(c, cl, mac);
        sip_count(x->c, SIP_N_DEVICE);
        if (x->dir == DIR_C2S)
                log_msg(c->log, LOG_607004, LS(c->client_if), LA(&c->client.a), LU(c->client.port), LS(c->server_if),
                        LA(&c->server.a), LU(c->server.port), LS(mac));
        else
                log_msg(c->log, LOG_607004, LS(c->server_if), LA(&c->server.a), LU(c->server.port), LS(c->client_if),
                        LA(&c->client.a), LU(c->client.port), LS(mac));
        x->why = why;
        if (x->m->method == SIP_M_REGISTER && x->dir == DIR_C2S)
                sip_register_failed(x, why);
        debug_line(c->log, DBG_PP_SIGNALING_ERRORS, "PP: %.*s refused: %s", (int)x->m->method_text.n,
                   x->m->method_text.p, x->why);
        return SIP_CLOSE;
}

/* Inside a dialog From is who was called, and that may have been somebody else. */
static bool in_dialog(const struct sip_work *x)
{
        return x->call && !x->fresh && x->m->to_tag.n;
}

/* The table says who may call, not what this session once did: an entry ages, and the operator may clear it. */
static bool is_known(const struct sip_work *x)
{
        const struct inspect_host *ops = x->c->ops;

        return ops && ops->phone_known && ops->phone_known(x->c, x->c->device);
}

static void claim_all(const struct sip_work *x, struct claim *cl)
{
        static const uint8_t shown[] = { SIP_H_FROM, SIP_H_P_PREFERRED_IDENTITY, SIP_H_P_ASSERTED_IDENTITY,
                                         SIP_H_REMOTE_PARTY_ID };

        claim_header(x, cl, SIP_H_CONTACT);
        if (x->m->method == SIP_M_REGISTER)
                claim_header(x, cl, SIP_H_TO);
        for (unsigned i = 0; i < ARRAY_LEN(shown) && !in_dialog(x); i++)
                claim_header(x, cl, (enum sip_hdr)shown[i]);
}

/* A call to or from somebody who is not in the table: the phone comes back and registers. */
static bool is_early(const struct sip_work *x)
{
        return x->m->request && x->m->method == SIP_M_INVITE && !in_dialog(x) && !is_known(x);
}

enum sip_fate sip_identity_note(struct sip_work *x)
{
        const struct phone_params *p = x->c->phone;
        struct claim cl = { 0 };

        if (!p)
                return SIP_FORWARD;
        if (x->dir != DIR_C2S)
                return p->any_endpoint || !is_early(x) ? SIP_FORWARD : mismatch(x, &cl, "call before a registration");
        if (!x->c->device[0] && !p->any_endpoint)
                return mismatch(x, &cl, "certificate names no device");
        if (!x->m->request)
                return SIP_FORWARD;
        claim_all(x, &cl);
        if (cl.wrong)
                return mismatch(x, &cl, "device name is not the certificate's");
        if (p->any_endpoint)
                return SIP_FORWARD;
        if (x->m->method == SIP_M_REGISTER && !cl.names)
                return mismatch(x, &cl, "endpoint names no device");
        if (is_early(x))
                return mismatch(x, &cl, "call before a registration");
        return SIP_FORWARD;
}
