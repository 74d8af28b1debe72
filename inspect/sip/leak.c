/*
 * The last look at a message before it goes on: what its parser did not understand must not carry addresses or keys
 * past us. Nothing here trusts what was parsed: octets are searched. docs/sip.md.
 */
#include "inspect/sip/lex.h"
#include "inspect/sip/sip_int.h"

/* ---- addresses in text that does not parse ---- */

static bool moves(const struct sip_work *x, struct str literal)
{
        struct endpoint in = { 0 };
        struct sip_mapped to;

        if (!lex_addr(literal, &in.a))
                return false;
        sip_map_endpoint(x, SIP_R_IDENTITY, 0, &in, &to);
        return !addr_eq(&in.a, &to.ep.a);
}

/* What begins here, of these octets; neither a port nor the end of a sentence belongs to it. */
static struct str run_of(struct str text, const char *octets)
{
        struct str run = { text.p, 0 };

        while (run.n < text.n && run.n < ADDR_TEXT_MAX && text.p[run.n] && strchr(octets, text.p[run.n]))
                run.n++;
        while (run.n && run.p[run.n - 1] == '.')
                run.n--;
        return run;
}

bool sip_text_moves(const struct sip_work *x, struct str text)
{
        for (; text.n; lex_take(&text, 1))
                if (moves(x, run_of(text, "0123456789.")) || moves(x, run_of(text, "0123456789.:abcdefABCDEF")))
                        return true;
        return false;
}

/* ---- keys and descriptions ---- */

/* Each word has a mark, which is rarer than letters and of one case: it is what is searched for. */
static bool has_word(struct str in, const char *word)
{
        size_t before = strcspn(word, "=:");
        const char *end = lex_end(in), *mark = in.p;

        while (mark < end && (mark = memchr(mark, word[before], (size_t)(end - mark)))) {
                if ((size_t)(mark - in.p) >= before && lex_begins(lex_span(mark - before, end), word))
                        return true;
                mark++;
        }
        return false;
}

static bool has_keys(struct str in)
{
        static const char *const word[] = { "a=crypto", "inline:", "a=key-mgmt" };

        for (size_t i = 0; i < ARRAY_LEN(word); i++)
                if (has_word(in, word[i]))
                        return true;
        return false;
}

/* Does a line begin with this? CR alone ends a line for some, and some skip blanks. */
static bool has_line(struct str in, const char *begin)
{
        while (in.n) {
                lex_blanks(&in);
                if (lex_begins(in, begin))
                        return true;
                lex_until(&in, "\r\n");
        }
        return false;
}

static bool looks_like_sdp(struct str in)
{
        return has_line(in, "m=") || has_line(in, "c=IN") || has_line(in, "k=") || has_keys(in);
}

/* The body as it arrived, in front of and behind the description that was edited. */
static bool has_unread_sdp(const struct sip_work *x)
{
        struct str body = x->m->body, part = x->part.content;

        if (!part.p)
                return looks_like_sdp(body);
        return looks_like_sdp(lex_span(body.p, part.p)) || looks_like_sdp(lex_span(lex_end(part), lex_end(body)));
}

/* The body of what was written. */
static struct str body_of(struct str written)
{
        const char *blank = memmem(written.p, written.n, "\r\n\r\n", 4);

        return blank ? lex_span(blank + 4, lex_end(written)) : (struct str){ "", 0 };
}

bool sip_leaks(struct sip_work *x, struct str written)
{
        bool to_clear = !private_to(x) && (x->c->anchor || private_from(x));

        if (x->c->anchor && has_unread_sdp(x))
                x->why = "SDP where none is read";
        else if (to_clear && (has_keys(written) || has_line(body_of(written), "k=")))
                x->why = "keys on a leg in clear text";
        else
                return false;
        return true;
}
