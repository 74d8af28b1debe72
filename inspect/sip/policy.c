/* `policy-map type inspect sip`: what a message must be like, and what is done when it is not. */
#include <stdio.h>

#include "inspect/sip/lex.h"
#include "inspect/sip/sip_int.h"

static const char by_class[] = "SIP Classification", by_param[] = "SIP Parameter";

bool sip_traffic_non_sip(const struct inspect_ctx *c)
{
        const struct sip_map *m = c->params;

        return !c->anchor && !sip_is_terminated(c) && !(m && m->no_traffic_non_sip);
}

/* ---- actions ---- */

static bool over_rate(struct sip_work *x, const struct sip_rule *r)
{
        struct sip_rate *t = &x->sh->rate[r->id % SIP_RATES];

        if (t->id != r->id || x->c->now_ms >= t->since_ms + 1000)
                *t = (struct sip_rate){ .id = r->id, .since_ms = x->c->now_ms };
        t->n += !x->held;
        return t->n > r->act.rate;
}

static enum sip_fate end(struct sip_work *x, const char *info, bool reset)
{
        sip_count(x->c, SIP_N_CLOSED);
        x->c->orderly = !reset;
        inspect_refuse_text(x->c, "%s", info);
        return SIP_CLOSE;
}

static enum sip_fate act(struct sip_work *x, const struct sip_act *a, const char *by, const char *info)
{
        static const char *const done[] = {
                [SIP_ACT_DROP] = "Dropped",
                [SIP_ACT_DROP_CONN] = "Dropped connection for",
                [SIP_ACT_RESET] = "Reset connection for",
                [SIP_ACT_MASK] = "Masked header flags for",
                [SIP_ACT_RATE] = "Dropped",
        };

        if (a->what == SIP_ACT_LOG) {
                sip_count(x->c, SIP_N_LOGGED);
                sip_log_action(x->c, x->dir, x->m, by, NULL, info);
        } else if (a->log && a->what != SIP_ACT_NONE) {
                sip_log_action(x->c, x->dir, x->m, by, done[a->what], info);
        }
        switch (a->what) {
        case SIP_ACT_DROP:
        case SIP_ACT_RATE:
                sip_count(x->c, a->what == SIP_ACT_RATE ? SIP_N_RATE : SIP_N_DROPPED);
                x->why = "dropped by policy";
                return SIP_DROP;
        case SIP_ACT_DROP_CONN:
        case SIP_ACT_RESET:
                return end(x, info, a->what == SIP_ACT_RESET);
        default:
                return SIP_FORWARD;
        }
}

/* ---- matches ---- */

static bool text_matches(const struct sip_match *m, struct str s)
{
        unsigned hits = 0;

        for (unsigned i = 0; i < m->nregex; i++)
                hits += regex_match(m->regex[i], s.p, s.n);
        return m->regex_all ? hits == m->nregex && hits : hits > 0;
}

static bool header_matches(const struct sip_work *x, enum sip_hdr id, const struct sip_match *m)
{
        const struct sip_header *h;

        for (unsigned i = 0; (h = sip_header_at(x->m, id, i)); i++)
                if (text_matches(m, h->value))
                        return true;
        return false;
}

static bool uri_longer(struct str text, bool tel, uint32_t gt)
{
        struct sip_uri u;

        return sip_uri_parse(&u, text) && (tel ? lex_is(u.scheme, "tel") : u.is_sip) && u.all.n > gt;
}

static bool any_uri_longer(const struct sip_msg *m, bool tel, uint32_t gt)
{
        static const uint8_t where[] = { SIP_H_FROM, SIP_H_TO, SIP_H_CONTACT };
        const struct sip_header *h;
        struct sip_nameaddr a;

        if (m->request && uri_longer(m->uri, tel, gt))
                return true;
        for (unsigned k = 0; k < ARRAY_LEN(where); k++)
                for (unsigned i = 0; (h = sip_header_at(m, (enum sip_hdr)where[k], i)); i++)
                        if (sip_nameaddr_parse(&a, h->value) && !a.star && uri_longer(a.uri.all, tel, gt))
                                return true;
        return false;
}

/* Somebody registers somebody else. */
static bool third_party(const struct sip_work *x, const struct sip_match *match)
{
        const struct sip_msg *m = x->m;
        const struct sip_header *f = sip_header_at(m, SIP_H_FROM, 0), *t = sip_header_at(m, SIP_H_TO, 0);
        struct sip_nameaddr from, to;

        if (!m->request || m->method != SIP_M_REGISTER || !f || !t || !sip_nameaddr_parse(&from, f->value) ||
            !sip_nameaddr_parse(&to, t->value))
                return false;
        if (lex_same(from.uri.host, to.uri.host) && from.uri.user.n == to.uri.user.n &&
            !memcmp(from.uri.user.p, to.uri.user.p, to.uri.user.n))
                return false;
        return text_matches(match, f->value);
}

static bool is_im(const struct sip_msg *m)
{
        const struct sip_header *type = sip_header_at(m, SIP_H_CONTENT_TYPE, 0);

        return m->method == SIP_M_MESSAGE ||
               (m->method == SIP_M_INFO && type && lex_begins(lex_trim(type->value), "text/"));
}

static bool content_is_sdp(const struct sip_msg *m)
{
        const struct sip_header *type = sip_header_at(m, SIP_H_CONTENT_TYPE, 0);

        return type && m->body.n && lex_begins(lex_trim(type->value), "application/sdp");
}

static bool matches_plain(const struct sip_work *x, const struct sip_match *m)
{
        const struct sip_msg *msg = x->m;

        switch ((enum sip_match_kind)m->kind) {
        case SIP_MATCH_CALLED_PARTY:
                return header_matches(x, SIP_H_TO, m);
        case SIP_MATCH_CALLING_PARTY:
                return header_matches(x, SIP_H_FROM, m);
        case SIP_MATCH_CONTENT_LENGTH:
                return msg->body.n > m->gt;
        case SIP_MATCH_CONTENT_SDP:
                return content_is_sdp(msg);
        case SIP_MATCH_CONTENT_TYPE:
                return header_matches(x, SIP_H_CONTENT_TYPE, m);
        case SIP_MATCH_IM_SUBSCRIBER:
                return (is_im(msg) || msg->method == SIP_M_SUBSCRIBE) && header_matches(x, SIP_H_FROM, m);
        case SIP_MATCH_MESSAGE_PATH:
                return header_matches(x, SIP_H_VIA, m);
        case SIP_MATCH_METHOD:
                return msg->request && msg->method == m->method;
        case SIP_MATCH_THIRD_PARTY:
                return third_party(x, m);
        case SIP_MATCH_URI_SIP_LENGTH:
        case SIP_MATCH_URI_TEL_LENGTH:
                return any_uri_longer(msg, m->kind == SIP_MATCH_URI_TEL_LENGTH, m->gt);
        }
        return false;
}

static bool rule_matches(const struct sip_work *x, const struct sip_rule *r)
{
        unsigned hits = 0;

        for (unsigned i = 0; i < r->nmatch; i++)
                hits += matches_plain(x, &r->match[i]) != r->match[i].negate;
        return r->all ? hits == r->nmatch && hits : hits > 0;
}

static enum sip_fate rules(struct sip_work *x, const struct sip_map *map)
{
        enum sip_fate f = SIP_FORWARD;
        char info[100];

        for (unsigned i = 0; i < map->nrules && f == SIP_FORWARD; i++) {
                const struct sip_rule *r = &map->rule[i];

                if (!rule_matches(x, r) || (r->act.what == SIP_ACT_RATE && !over_rate(x, r)))
                        continue;
                x->mask_agent |= r->act.what == SIP_ACT_MASK;
                snprintf(info, sizeof info, "matched Class %u: %s", r->id, r->name ? r->name : "");
                f = act(x, &r->act, by_class, info);
        }
        return f;
}

/* ---- parameters ---- */

static enum sip_fate max_forwards(struct sip_work *x, const struct sip_act *a)
{
        const struct sip_header *h = sip_header_at(x->m, SIP_H_MAX_FORWARDS, 0);
        uint32_t n;

        if (a->what == SIP_ACT_NONE || !x->m->request)
                return SIP_FORWARD;
        if (!h)
                return act(x, a, by_param, "max-forwards-validation: Mandatory header field Max-Forwards is missing");
        if (!sip_number(h->value, 0, 255, &n))
                return act(x, a, by_param, "max-forwards-validation: Max-Forwards is not a number up to 255");
        return n ? SIP_FORWARD : act(x, a, by_param, "max-forwards-validation: Max-Forwards is 0");
}

static enum sip_fate strict(struct sip_work *x, const struct sip_act *a)
{
        const char *why = a->what == SIP_ACT_NONE ? NULL : sip_validate_strict(x->m);
        char info[160];

        if (!why)
                return SIP_FORWARD;
        snprintf(info, sizeof info, "strict-header-validation: %s", why);
        return act(x, a, by_param, info);
}

static enum sip_fate software(struct sip_work *x, const struct sip_act *a)
{
        enum sip_hdr id = sip_header_at(x->m, SIP_H_USER_AGENT, 0) ? SIP_H_USER_AGENT : SIP_H_SERVER;

        if (a->what == SIP_ACT_NONE || !sip_header_at(x->m, id, 0))
                return SIP_FORWARD;
        x->mask_agent |= a->what == SIP_ACT_MASK;
        return act(x, a, by_param, "software-version: User-Agent or Server header field");
}

static bool has_non_sip(const struct sip_msg *m)
{
        static const uint8_t where[] = { SIP_H_ALERT_INFO, SIP_H_CALL_INFO };
        const struct sip_header *h;
        struct sip_nameaddr a;

        for (unsigned k = 0; k < ARRAY_LEN(where); k++)
                for (unsigned i = 0; (h = sip_header_at(m, (enum sip_hdr)where[k], i)); i++)
                        if (sip_nameaddr_parse(&a, h->value) && !a.uri.is_sip)
                                return true;
        return false;
}

static enum sip_fate non_sip_uri(struct sip_work *x, const struct sip_act *a)
{
        if (a->what == SIP_ACT_NONE || !has_non_sip(x->m))
                return SIP_FORWARD;
        x->mask_uri |= a->what == SIP_ACT_MASK;
        return act(x, a, by_param, "uri-non-sip: non-SIP URI in Alert-Info or Call-Info");
}

static enum sip_fate parameters(struct sip_work *x, const struct sip_map *m)
{
        static const struct sip_act drop = { .what = SIP_ACT_DROP, .log = true };
        enum sip_fate f = m->no_im && x->m->request && is_im(x->m) ? act(x, &drop, by_param, "no im: instant message")
                                                                   : SIP_FORWARD;

        f = f == SIP_FORWARD ? max_forwards(x, &m->max_forwards) : f;
        f = f == SIP_FORWARD ? strict(x, &m->strict_header) : f;
        f = f == SIP_FORWARD ? software(x, &m->software_version) : f;
        return f == SIP_FORWARD ? non_sip_uri(x, &m->uri_non_sip) : f;
}

enum sip_fate sip_policy(struct sip_work *x)
{
        static const struct sip_act drop = { .what = SIP_ACT_DROP, .log = true };
        const struct sip_map *m = x->c->params;
        enum sip_fate f;

        if (x->m->request && x->m->uri.n > SIP_URI_MAX)
                return act(x, &drop, by_param, "Request-URI over 255 characters");
        if (!m)
                return SIP_FORWARD;
        f = parameters(x, m);
        return f == SIP_FORWARD ? rules(x, m) : f;
}

/* ---- state-checking ---- */

static const char *misfit(struct sip_work *x)
{
        const struct sip_msg *m = x->m;

        if (!m->request)
                return x->txn ? NULL : "Response does not match a request";
        switch (m->method) {
        case SIP_M_CANCEL:
                return sip_txn_invite(x) ? NULL : "Message CANCEL is not permitted to create a Dialog.";
        case SIP_M_BYE:
                return x->call ? NULL : "Message BYE is not permitted to create a Dialog.";
        case SIP_M_ACK:
                return x->call || sip_txn_invite(x) ? NULL : "Message ACK is not permitted to create a Dialog.";
        case SIP_M_PRACK:
        case SIP_M_UPDATE:
        case SIP_M_INFO:
                return x->call ? NULL : "Message is not permitted to create a Dialog.";
        case SIP_M_INVITE:
                return x->fresh && m->to_tag.n ? "INVITE in an unknown Dialog" : NULL;
        default:
                return NULL;
        }
}

enum sip_fate sip_state_check(struct sip_work *x)
{
        const struct sip_map *m = x->c->params;
        const char *why = m && m->state_checking.what != SIP_ACT_NONE ? misfit(x) : NULL;
        char info[120];

        if (!why)
                return SIP_FORWARD;
        snprintf(info, sizeof info, "state-checking: %s", why);
        return act(x, &m->state_checking, by_param, info);
}
