#include "proxy/phone/phone_hosts.h"

#include <stdio.h>

#include "nat/nat_rt.h"
#include "pki/ctl.h"
#include "platform/net/route.h"

#define SCCP_PORT 2000u
#define SIPS_PORT 5061u
#define SECURE_SHIFT 443u /* what a phone adds to the clear SCCP port */

bool phone_host_global(const struct snapshot *s, uint16_t iface, const struct addr *real, uint16_t port,
                       struct addr *global, uint16_t *gport)
{
        const struct net_rt *net = net_rt(s);
        const struct route_entry *way = route_lookup(net, real);
        const struct nat_rule_rt *r =
                way ? nat_match_source(nat_rt(s), way->iface, iface, IPPROTO_TCP_, real, port, NULL) : NULL;

        *global = *real;
        *gport = port;
        if (!r)
                return true;
        return !r->dynamic && nat_static_mapped(r, net, real, port, IPPROTO_TCP_, iface, global, gport);
}

/* Where a secure port of the host is, if the CTL has that address. */
static bool listed(const struct phone_hosts *p, const struct addr *real, uint16_t port, struct addr *a,
                   uint16_t *gport)
{
        return phone_host_global(p->snap, p->phone_iface, real, port, a, gport) && phone_proxy_lists(p->pp, a);
}

static int call_manager(const struct phone_hosts *p, const struct addr *real, struct phone_xml_host *h, struct err *e)
{
        uint16_t sccp = h->sccp ? h->sccp : SCCP_PORT, sips = h->sips ? h->sips : SIPS_PORT, g;
        char text[2][ADDR_TEXT_MAX];
        struct addr a = *real, b;
        bool skinny = sccp <= UINT16_MAX - SECURE_SHIFT && listed(p, real, (uint16_t)(sccp + SECURE_SHIFT), &a, &g) &&
                      g > SECURE_SHIFT;

        if (skinny && h->sccp)
                h->sccp = (uint16_t)(g - SECURE_SHIFT);
        if (!listed(p, real, sips, skinny ? &b : &a, &g)) {
                if (!skinny)
                        return err_set(e, ERR_REF, "the CTL has no entry for call manager %s (%s for phones)",
                                       addr_print(real, text[0]), addr_print(&a, text[1]));
        } else if ((!skinny || addr_eq(&a, &b)) && (h->sips || g != sips)) {
                h->sips = g;
        }
        addr_print(&a, h->text);
        return 0;
}

/* Survivable and trust services may have no entry in the CTL: a phone then does without them. */
static int other(const struct phone_hosts *p, const struct addr *real, struct phone_xml_host *h, struct err *e)
{
        char text[ADDR_TEXT_MAX];
        uint16_t port = h->port ? h->port : h->sccp ? h->sccp : SCCP_PORT, g;
        struct addr a;

        if (!phone_host_global(p->snap, p->phone_iface, real, port, &a, &g))
                return err_set(e, ERR_REF, "%s has no static translation", addr_print(real, text));
        if (h->port)
                h->port = g;
        else if (h->sccp)
                h->sccp = g;
        addr_print(&a, h->text);
        return 0;
}

static int place(const struct phone_hosts *p, const struct addr *real, struct phone_xml_host *h, struct err *e)
{
        return h->kind == PHONE_XML_CM ? call_manager(p, real, h, e) : other(p, real, h, e);
}

/* Of several addresses the first one that a phone can use. */
static int place_any(const struct phone_hosts *p, const struct name_answer *a, struct phone_xml_host *h,
                     struct err *e)
{
        struct err why = { 0 };

        for (unsigned i = 0; i < a->n; i++) {
                struct phone_xml_host there = *h;

                if (place(p, &a->at[i], &there, &why) == 0) {
                        *h = there;
                        return 0;
                }
        }
        return err_set(e, why.code, "name %.80s: %.280s", h->text, why.text);
}

static int no_address(struct phone_hosts *p, const char *name, const char *why, struct err *e)
{
        snprintf(p->name, sizeof p->name, "%s", name);
        snprintf(p->why, sizeof p->why, "%s", why);
        return err_set(e, ERR_REF, "name %.80s: not in the CTL, and no address: %.200s", name, why);
}

static int by_name(struct phone_hosts *p, struct phone_xml_host *h, struct err *e)
{
        struct name_answer a;

        if (phone_proxy_names(p->pp, h->text))
                return 0;
        if (!p->names || !p->names->ask)
                return no_address(p, h->text, "there is no DNS client", e);
        switch (p->names->ask(p->names->ctx, h->text, &a)) {
        case NAME_KNOWN:
                return place_any(p, &a, h, e);
        case NAME_ASKED:
                return 1;
        case NAME_UNKNOWN:
        default:
                return no_address(p, h->text, a.why, e);
        }
}

int phone_host_translate(void *ctx, struct phone_xml_host *h, struct err *e)
{
        struct phone_hosts *p = ctx;
        struct addr real;

        if (!addr_parse(h->text, &real))
                return by_name(p, h, e);
        if (!addr_is_v4(&real))
                return err_set(e, ERR_SUPPORT, "%.80s: IPv4 only", h->text);
        return place(p, &real, h, e);
}
