/* SDP bodies: slices stay inside, keys that are accepted are written and read back, edits of lines leave a body that
 * parses. */
#include <stdlib.h>

#include "inspect/sip/sdp.h"
#include "platform/base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct sdp sdp, again;
static struct sip_edits edits;
static uint8_t out[1 << 18];

static void require(bool ok)
{
        if (!ok)
                abort();
}

static void check_inside(struct str s)
{
        require(!s.n || (s.p >= sdp.all.p && s.n <= sdp.all.n && (size_t)(s.p - sdp.all.p) <= sdp.all.n - s.n));
}

static void check_crypto(const struct sdp_crypto *c)
{
        char text[512];
        struct wbuf w = wbuf_of(text, sizeof text);
        struct sdp_crypto back;
        const char *why;

        sdp_crypto_write(&w, c->tag, &c->m);
        require(!w.full && w.len > 9);
        require(sdp_crypto_parse(&back, (struct str){ text + 9, w.len - 9 }, &why));
        require(back.padded && back.tag == c->tag && !memcmp(&back.m, &c->m, sizeof back.m));
}

static void take_out(void *ctx, struct str line)
{
        check_inside(line);
        sip_edit_replace_str(ctx, line, (struct str){ "", 0 });
}

static void check_media(unsigned i)
{
        const struct sdp_media *m = &sdp.m[i];

        check_inside(m->block);
        check_inside(m->line);
        check_inside(m->port_text);
        check_inside(m->rtcp_line);
        require(m->npts <= MEDIA_PTS_MAX && m->ncrypto <= SDP_CRYPTO_MAX);
        for (unsigned k = 0; k < m->ncrypto; k++) {
                check_inside(m->crypto[k].line);
                check_crypto(&m->crypto[k]);
        }
        for (unsigned k = 0; k < m->npts; k++)
                require(m->pts[k].clock && memchr(m->pts[k].name, 0, sizeof m->pts[k].name));
        (void)sdp_media_rtp(&sdp, i);
        (void)sdp_media_rtcp(&sdp, i);
        sdp_each_attr(&sdp, m, "crypto", take_out, &edits);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
        struct wbuf w = wbuf_of(out, sizeof out);
        const char *why = "";

        if (!sdp_parse(&sdp, (struct str){ (const char *)data, n }, &why)) {
                require(*why);
                return 0;
        }
        require(sdp.nmedia <= SDP_MEDIA_MAX);
        sip_edits_reset(&edits);
        for (unsigned i = 0; i < sdp.nmedia; i++)
                check_media(i);
        sdp_each_attr(&sdp, NULL, "crypto", take_out, &edits);
        require(edits.full || sip_edits_apply(&edits, sdp.all, &w));
        if (edits.full)
                return 0;
        require(sdp_parse(&again, (struct str){ (char *)out, w.len }, &why) && again.nmedia == sdp.nmedia);
        for (unsigned i = 0; i < again.nmedia; i++)
                require(!again.m[i].has_crypto_lines && again.m[i].port == sdp.m[i].port);
        mem_wipe(&sdp, sizeof sdp);
        return 0;
}
