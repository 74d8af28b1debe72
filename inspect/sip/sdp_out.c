/* SDP as the far end reads it: with our endpoints and keys (media relayed here), or with translated addresses. */
#include "inspect/sip/lex.h"
#include "inspect/sip/sdp_int.h"
#include "inspect/sip/sip_int.h"
#include "platform/base/mem.h"

/*
 * What must not go past a relay: keys of the other leg, ways round the relay, and sources the relay replaces.
 */
static bool passes(struct str name)
{
        static const char *const not [] = { "crypto",
                                            "key-mgmt",
                                            "zrtp-hash",
                                            "candidate",
                                            "remote-candidates",
                                            "end-of-candidates",
                                            "fingerprint",
                                            "setup",
                                            "tls-id",
                                            "connection",
                                            "ssrc",
                                            "ssrc-group",
                                            "msid",
                                            "extmap-allow-mixed",
                                            "alt" };

        for (size_t i = 0; i < ARRAY_LEN(not ); i++)
                if (lex_is(name, not [i]))
                        return false;
        return !lex_begins(name, "ice-");
}

static const char *family(const struct addr *a)
{
        return a->fam == ADDR_V6 ? "IP6" : "IP4";
}

static void remove_line(struct sip_work *x, const struct sdp_line *l)
{
        sip_edit_replace_str(&x->sh->body, l->all, (struct str){ "", 0 });
}

/* fam NONE: nothing is relayed for it. */
static void write_conn(struct sip_work *x, const struct sdp_conn *c, const struct addr *a)
{
        char text[ADDR_TEXT_MAX];
        struct addr none = addr_v4(0);

        if (c->zero)
                return;
        if (a->fam == ADDR_NONE)
                a = &none;
        sip_edit_replace(&x->sh->body, c->line, "c=IN %s %s%s", family(a), addr_print(a, text), x->sh->sdp.eol);
}

static void write_rtcp(struct sip_work *x, const struct sdp_media *m, const struct sdp_line *l,
                       const struct sip_line *out)
{
        unsigned port = out->at.port + (m->rtcp.port == m->port ? 0u : 1u);
        char text[ADDR_TEXT_MAX];

        if (out->refuse)
                remove_line(x, l);
        else if (m->rtcp.a.fam)
                sip_edit_replace(&x->sh->body, l->all, "a=rtcp:%u IN %s %s%s", port, family(&out->at.a),
                                 addr_print(&out->at.a, text), x->sh->sdp.eol);
        else
                sip_edit_replace(&x->sh->body, l->all, "a=rtcp:%u%s", port, x->sh->sdp.eol);
}

/* Whether the last line of the block stays without an end: a body may stop there. */
static bool anchor_lines(struct sip_work *x, struct str in, const struct sdp_media *m, const struct sip_line *out)
{
        struct sdp_line l;
        const char *why;
        bool open = false;

        while (sdp_line_next(&in, &l, &why) == SDP_LINE) {
                struct str value, name = l.type == 'a' ? sdp_attr_name(l.value, &value) : (struct str){ "", 0 };

                open = false;
                if (l.type == 'k' || (l.type == 'a' && !passes(name)))
                        remove_line(x, &l);
                else if (m && l.all.p == m->rtcp_line.p)
                        write_rtcp(x, m, &l, out);
                else
                        open = (l.type != 'c' || (m && m->c.zero)) && l.all.p[l.all.n - 1] != '\n';
        }
        return open;
}

static const char *proto_text(enum sdp_proto p)
{
        static const char *const text[] = {
                [SDP_RTP_AVP] = "RTP/AVP",
                [SDP_RTP_AVPF] = "RTP/AVPF",
                [SDP_RTP_SAVP] = "RTP/SAVP",
                [SDP_RTP_SAVPF] = "RTP/SAVPF",
        };

        return p < ARRAY_LEN(text) ? text[p] : NULL;
}

/* Behind the last line of the block. */
static void write_keys(struct sip_work *x, const struct sdp_media *m, const struct sip_line *out, bool open)
{
        const char *eol = x->sh->sdp.eol;
        char text[SRTP_SUITES * 200];
        struct wbuf w = wbuf_of(text, sizeof text);

        if (out->nkeys && open)
                wbuf_str(&w, eol);
        for (unsigned i = 0; i < out->nkeys; i++) {
                sdp_crypto_write(&w, out->key[i].tag, out->key[i].m);
                while (out->key[i].unpadded && w.len && w.buf[w.len - 1] == '=')
                        w.len--;
                wbuf_str(&w, eol);
        }
        if (w.full)
                x->sh->body.full = true;
        else if (w.len)
                sip_edit_replace_str(&x->sh->body, (struct str){ m->block.p + m->block.n, 0 },
                                     (struct str){ text, w.len });
        mem_wipe(text, sizeof text);
}

static void anchor_media(struct sip_work *x, const struct sdp_media *m, const struct sip_line *out)
{
        const char *proto = proto_text(out->proto);
        bool open;

        if (!out->refuse)
                sip_edit_replace(&x->sh->body, m->port_text, "%u", out->at.port);
        else if (m->port)
                sip_edit_replace(&x->sh->body, m->port_text, "0");
        if (proto && out->proto != m->proto)
                sip_edit_replace(&x->sh->body, m->proto_text, "%s", proto);
        if (m->c.present)
                write_conn(x, &m->c, &out->at.a);
        open = anchor_lines(x, m->block, m, out);
        if (!out->refuse)
                write_keys(x, m, out, open);
}

/* The address of the whole: of the first m-line that lives. */
static struct addr first_addr(const struct sdp *s, const struct sip_line *line)
{
        for (unsigned i = 0; i < s->nmedia; i++)
                if (!line[i].refuse)
                        return line[i].at.a;
        return (struct addr){ 0 };
}

static void write_origin(struct sip_work *x, const struct addr *a)
{
        const struct sdp *s = &x->sh->sdp;
        struct addr none = addr_v4(0);
        char text[ADDR_TEXT_MAX];

        if (a->fam == ADDR_NONE)
                a = &none;
        if (s->o_where.n)
                sip_edit_replace(&x->sh->body, s->o_where, "IN %s %s", family(a), addr_print(a, text));
}

static bool write_body(struct sip_work *x, struct wbuf *w)
{
        *w = wbuf_of(x->sh->text, sizeof x->sh->text);
        return sip_edits_apply(&x->sh->body, x->m->body, w) && w->len <= SIP_BODY_MAX;
}

/* The edited body; a key for a leg in clear text is a fault of ours that must not get out. */
static bool finish(struct sip_work *x, bool clear)
{
        struct wbuf w;
        bool ok = write_body(x, &w);

        if (ok && x->part.length.n) { /* of the part in a multipart body */
                sip_edit_replace(&x->sh->body, x->part.length, "%zu", x->part.content.n + w.len - x->m->body.n);
                ok = write_body(x, &w);
        }
        mem_wipe(x->sh->body.text, MIN_OF(x->sh->body.used, sizeof x->sh->body.text));
        if (!ok || (clear && memmem(w.buf, w.len, "a=crypto", 8)))
                return false;
        x->body = (struct str){ (const char *)w.buf, w.len };
        return true;
}

bool sip_sdp_anchor(struct sip_work *x, const struct sip_line *line)
{
        const struct sdp *s = &x->sh->sdp;
        struct addr a = first_addr(s, line);
        struct str head = s->all;

        if (s->nmedia)
                head.n = (size_t)(s->m[0].block.p - head.p);
        sip_edits_reset(&x->sh->body);
        write_origin(x, &a);
        if (s->c.present)
                write_conn(x, &s->c, &a);
        anchor_lines(x, head, NULL, NULL);
        for (unsigned i = 0; i < s->nmedia; i++)
                anchor_media(x, &s->m[i], &line[i]);
        return finish(x, !private_to(x));
}

/* ---- translation alone ---- */

static bool translated(struct sip_work *x, const struct endpoint *in, struct endpoint *out)
{
        const struct inspect_host *ops = x->c->ops;

        *out = *in;
        return in->a.fam && ops && ops->translate && ops->translate(x->c, x->dir, 17, in, out) &&
               !endpoint_eq(in, out);
}

/* Where media will go: a translation of its own is made for it where ports are shared. */
static bool announced(struct sip_work *x, unsigned i, const struct endpoint *in, struct endpoint *out)
{
        uint32_t group = in->port && !addr_is_martian_source(&in->a) ? sip_stream_group(x, i) : 0;
        int rc = group ? sip_announce(x, group, 17, true, in, out) : translated(x, in, out);

        x->no_port |= rc < 0;
        return rc > 0;
}

struct removal {
        struct sip_work *x;
        bool any;
};

static void remove_attr(void *ctx, struct str line)
{
        struct removal *r = ctx;

        r->any = true;
        sip_edit_replace_str(&r->x->sh->body, line, (struct str){ "", 0 });
}

/* Whatever holds a key, in the session part (m NULL) or an m-block. */
static void remove_keys(struct sip_work *x, const struct sdp_media *m, struct removal *r)
{
        const struct sdp *s = &x->sh->sdp;

        sdp_each_attr(s, m, "crypto", remove_attr, r);
        sdp_each_attr(s, m, "key-mgmt", remove_attr, r);
        sdp_each_line(s, m, 'k', remove_attr, r);
}

static void translate_rtcp(struct sip_work *x, unsigned i, const struct endpoint *rtcp)
{
        const struct sdp_media *m = &x->sh->sdp.m[i];
        struct endpoint out;
        char text[ADDR_TEXT_MAX];

        if (!m->rtcp_line.n || !announced(x, i, rtcp, &out))
                return;
        if (m->rtcp.a.fam)
                sip_edit_replace(&x->sh->body, m->rtcp_line, "a=rtcp:%u IN %s %s%s", out.port, family(&out.a),
                                 addr_print(&out.a, text), x->sh->sdp.eol);
        else
                sip_edit_replace(&x->sh->body, m->rtcp_line, "a=rtcp:%u%s", out.port, x->sh->sdp.eol);
}

/* What an m-line's address became, for c= and o= of the whole: behind a shared address only media has a translation.
 */
struct whole {
        struct addr c, o;
};

static void note_whole(const struct sdp *s, const struct addr *in, const struct addr *out, struct whole *w)
{
        if (!w->c.fam && s->c.present && addr_eq(in, &s->c.a))
                w->c = *out;
        if (!w->o.fam && s->o_has_addr && addr_eq(in, &s->o_a))
                w->o = *out;
}

/* Candidates beside another address than theirs make a peer doubt it. */
static void translate_media(struct sip_work *x, unsigned i, struct whole *whole)
{
        const struct sdp *s = &x->sh->sdp;
        const struct sdp_media *m = &s->m[i];
        struct endpoint in = sdp_media_rtp(s, i), out, rtcp = sdp_media_rtcp(s, i);
        struct removal r = { .x = x };
        char text[ADDR_TEXT_MAX];

        if (!announced(x, i, &in, &out))
                return;
        sip_history_shown(x, i, &out);
        if (m->c.present)
                sip_edit_replace(&x->sh->body, m->c.addr, "%s", addr_print(&out.a, text));
        note_whole(s, &in.a, &out.a, whole);
        if (m->port && out.port != m->port)
                sip_edit_replace(&x->sh->body, m->port_text, m->nports > 1 ? "%u/%u" : "%u", out.port, m->nports);
        translate_rtcp(x, i, &rtcp);
        if (!addr_eq(&in.a, &out.a))
                sdp_each_attr(s, m, "candidate", remove_attr, &r);
}

static void translate_addr(struct sip_work *x, struct str text, const struct addr *as, const struct addr *a)
{
        const struct inspect_ctx *c = x->c;
        const struct addr *own = x->dir == DIR_C2S ? &c->client.a : &c->server.a;
        const struct addr *seen = x->dir == DIR_C2S ? &c->client_mapped.a : &c->server_mapped.a;
        struct endpoint in = { .a = *a }, out = { .a = *as };
        char t[ADDR_TEXT_MAX];

        if (!as->fam && !translated(x, &in, &out) && addr_eq(a, own))
                out.a = *seen; /* on hold there is no media that would tell */
        if (out.a.fam && !addr_eq(&out.a, a))
                sip_edit_replace(&x->sh->body, text, "%s", addr_print(&out.a, t));
}

/* Where every m-line has an address of its own, those of the whole still say who is behind the translation. */
static void translate_session(struct sip_work *x, const struct whole *w)
{
        const struct sdp *s = &x->sh->sdp;

        if (s->c.present)
                translate_addr(x, s->c.addr, &w->c, &s->c.a);
        if (s->o_has_addr)
                translate_addr(x, s->o_addr, &w->o, &s->o_a);
}

bool sip_sdp_translate(struct sip_work *x)
{
        const struct sdp *s = &x->sh->sdp;
        bool leaks = private_from(x) && !private_to(x);
        struct removal keys = { .x = x };
        struct whole whole = { 0 };

        sip_edits_reset(&x->sh->body);
        if (leaks)
                remove_keys(x, NULL, &keys);
        for (unsigned i = 0; i < s->nmedia; i++) {
                translate_media(x, i, &whole);
                if (leaks)
                        remove_keys(x, &s->m[i], &keys);
        }
        translate_session(x, &whole);
        if (keys.any)
                sip_count(x->c, SIP_N_CRYPTO_STRIPPED);
        if (!x->sh->body.n && !x->sh->body.full)
                return true;
        return finish(x, leaks);
}
