/* Which bodies are offers, which are answers. RFC 3264, 3261 13.2.1, 3262, 3311. */
#include "inspect/sip/sip_int.h"
#include "platform/base/mem.h"

enum role { ROLE_OFFER, ROLE_ANSWER, ROLE_INFO /* capabilities: nothing to relay */ };

static enum inspect_dir opposite(enum inspect_dir d)
{
        return d == DIR_C2S ? DIR_S2C : DIR_C2S;
}

static enum role of_request(const struct sip_work *x)
{
        bool answers = x->call->delayed == (int8_t)opposite(x->dir);

        switch (x->m->method) {
        case SIP_M_INVITE:
        case SIP_M_UPDATE:
                return ROLE_OFFER;
        case SIP_M_PRACK:
                return answers ? ROLE_ANSWER : ROLE_OFFER;
        case SIP_M_ACK:
                return answers ? ROLE_ANSWER : ROLE_INFO;
        default:
                return ROLE_INFO;
        }
}

static enum role of_response(const struct sip_work *x)
{
        bool invite = x->m->method == SIP_M_INVITE;

        if (x->m->status <= 100 || x->m->status >= 300)
                return ROLE_INFO;
        if (x->txn ? x->txn->offer : x->call->offer_cseq[x->dir == DIR_C2S ? 1 : 0] == x->m->cseq)
                return ROLE_ANSWER;
        return invite && x->txn ? ROLE_OFFER : ROLE_INFO;
}

static enum role role_of(const struct sip_work *x)
{
        if (!x->call || x->call->anchored != x->c->anchor)
                return ROLE_INFO;
        return x->m->request ? of_request(x) : of_response(x);
}

static void note_role(struct sip_work *x, enum role role)
{
        if (role == ROLE_OFFER && x->m->request && x->txn)
                x->txn->offer = true;
        if (role == ROLE_OFFER && !x->m->request)
                x->call->delayed = (int8_t)x->dir;
        x->late = role == ROLE_ANSWER && x->m->request;
        if (x->late)
                x->call->delayed = -1;
}

static bool anchored(struct sip_work *x, enum role role)
{
        struct sip_line line[SDP_MEDIA_MAX] = { 0 };
        const struct sdp *s = &x->sh->sdp;

        if (role == ROLE_OFFER)
                sip_anchor_offer(x, line);
        else if (role == ROLE_ANSWER)
                sip_anchor_answer(x, x->m->request || x->m->status >= 200, line);
        else
                for (unsigned i = 0; i < s->nmedia; i++)
                        line[i] = (struct sip_line){ .refuse = true,
                                                     .proto = (uint8_t)sip_proto_refused(x, s->m[i].proto) };
        for (unsigned i = 0; i < s->nmedia; i++)
                sip_history_shown(x, i, line[i].refuse ? &(struct endpoint){ 0 } : &line[i].at);
        return sip_sdp_anchor(x, line);
}

static bool plain(struct sip_work *x, enum role role)
{
        if (role != ROLE_INFO)
                sip_media_holes(x);
        return sip_sdp_translate(x);
}

static enum sip_fate no_sdp(struct sip_work *x)
{
        if (x->call && x->call->anchored && !x->m->request && x->m->status >= 200 && x->m->status < 300 && x->txn &&
            x->txn->offer)
                sip_answer_settled(x, x->txn->dir);
        return SIP_FORWARD;
}

/* More than one description, or parts that cannot be told: nobody knows which the peer reads. */
static bool unclear(const struct sip_work *x, unsigned parts)
{
        if (parts == SIP_PARTS_UNCLEAR)
                return x->c->anchor || (private_from(x) && !private_to(x));
        return parts > 1;
}

static enum sip_fate wait_for_port(struct sip_work *x)
{
        if (x->c->waits)
                return SIP_WAIT;
        sip_count(x->c, SIP_N_NO_PORT);
        x->why = "no port for its media";
        return SIP_DROP;
}

static enum sip_fate take(struct sip_work *x, struct str part)
{
        const char *why = "SDP";
        enum role role;

        if (!sdp_parse(&x->sh->sdp, part, &why))
                return sip_malformed(x->c, x->dir, x->m, why);
        role = role_of(x);
        note_role(x, role);
        sip_history_media(x);
        if (x->c->anchor ? anchored(x, role) : plain(x, role))
                return x->no_port || x->c->waits ? wait_for_port(x) : SIP_FORWARD;
        x->why = "SDP cannot be written";
        return SIP_CLOSE;
}

enum sip_fate sip_sdp_note(struct sip_work *x)
{
        struct sip_shared *sh = x->sh;
        struct sip_part part;
        unsigned parts = sip_sdp_parts(x->m, &part);
        enum sip_fate f;

        if (unclear(x, parts))
                return sip_malformed(x->c, x->dir, x->m, "SDP in more than one part");
        if (parts == 0 || parts == SIP_PARTS_UNCLEAR)
                return no_sdp(x);
        x->part = part;
        f = take(x, part.content);
        sdp_wipe(&sh->sdp);
        return f;
}
