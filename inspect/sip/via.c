/* Via. RFC 3261 20.42; blanks are legal in surprising places. */
#include "inspect/sip/msg_int.h"

/* "SIP" "/" "2.0" "/" transport */
static bool take_protocol(struct sip_via *v, struct str *in)
{
        const char *from = in->p;
        struct str name = lex_token(in), version;

        if (!lex_is(name, "SIP") || !lex_sep(in, '/'))
                return false;
        version = lex_token(in);
        if (!lex_is(version, "2.0") || !lex_sep(in, '/'))
                return false;
        v->transport = lex_token(in);
        v->protocol = lex_span(from, in->p);
        return v->transport.n && in->n && lex_is_blank(*in->p);
}

static bool take_sent_by(struct sip_via *v, struct str *in)
{
        const char *from;

        lex_blanks(in);
        from = in->p;
        if (!lex_hostport(in, true, &v->host, &v->has_addr, &v->ep.a, &v->ep.port))
                return false;
        v->sent_by = lex_span(from, in->p);
        return true;
}

bool sip_via_parse(struct sip_via *v, struct str value)
{
        struct str in = lex_trim(value), none = { "", 0 };
        bool there;

        memset(v, 0, sizeof *v);
        v->protocol = v->transport = v->sent_by = v->host = none;
        v->params = v->branch = v->received = v->rport = none;
        if (!take_protocol(v, &in) || !take_sent_by(v, &in))
                return false;
        lex_blanks(&in);
        v->params = in;
        return sip_param_once(in, "branch", &v->branch, &there) &&
               sip_param_once(in, "received", &v->received, &there) &&
               sip_param_once(in, "rport", &v->rport, &v->has_rport);
}
