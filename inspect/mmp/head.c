#include "inspect/mmp/head.h"

#include <stdbool.h>
#include <string.h>

static enum parse malformed(struct mmp_why *why, const char *text)
{
        return mmp_bad(why, MMP_FAULT_MALFORMED, text);
}

static bool is_digit(uint8_t b)
{
        return b >= '0' && b <= '9';
}

/* ---- version ---- */

/* 1*2DIGIT */
static bool short_number(struct cur *c)
{
        unsigned n = 0;

        for (; n < 2 && c->left && is_digit(*c->p); n++)
                cur_u8(c);
        return n > 0;
}

/* Skips a word that may stand before the version. */
static void skip_prefix(struct cur *c)
{
        static const char *const word[] = { "mmp ", "version ", "version: " };

        for (unsigned i = 0; i < sizeof word / sizeof word[0]; i++) {
                struct cur rest = *c, head = cur_child(&rest, strlen(word[i]));

                if (!head.bad && mmp_text_is(head, word[i])) {
                        *c = rest;
                        return;
                }
        }
}

/* "OLWP-" 1*2DIGIT "." 1*2DIGIT and nothing behind it. */
static bool version_parse(struct cur c, struct cur *text)
{
        skip_prefix(&c);
        *text = c;
        return mmp_text_is(cur_child(&c, 5), "olwp-") && short_number(&c) && cur_u8(&c) == '.' && short_number(&c) &&
               !c.left;
}

/* ---- header values ---- */

static enum parse take_session_id(struct mmp_head *h, struct cur v, struct mmp_why *why)
{
        size_t n = v.left;
        char *out = h->session_id;

        if (n > MMP_SESSION_ID_MAX)
                return malformed(why, "session-id too long");
        while (v.left) {
                uint8_t b = cur_u8(&v), lower = b | 0x20;

                if (!is_digit(b) && !(lower >= 'a' && lower <= 'z') && b != '_' && b != '-')
                        return malformed(why, "session-id malformed");
                *out++ = (char)b;
        }
        *out = 0;
        return PARSE_OK;
}

static enum parse take_status(struct cur v, struct mmp_why *why)
{
        bool three = v.left == 3;
        uint8_t first = cur_u8(&v);

        if (!three || first < '1' || first > '5' || !is_digit(cur_u8(&v)) || !is_digit(cur_u8(&v)))
                return malformed(why, "status malformed");
        return PARSE_OK;
}

static enum parse take_type(struct mmp_head *h, struct cur v)
{
        if (mmp_text_is(v, "http/1.1") || mmp_text_is(v, "http/1.0"))
                h->kind = MMP_KIND_HTTP;
        else if (mmp_text_is(v, "oml") || mmp_text_is(v, "oml/1.0"))
                h->kind = MMP_KIND_OML;
        else
                h->kind = MMP_KIND_UNKNOWN;
        return PARSE_OK;
}

/* However many digits: saturates instead of wrapping, so that 2^32 + 40 is not 40. */
static enum parse take_length(struct mmp_head *h, struct cur v, uint32_t max, struct mmp_why *why)
{
        bool zero = *v.p == '0' && v.left > 1;
        uint64_t n = 0;

        while (v.left) {
                uint8_t b = cur_u8(&v);

                if (zero || !is_digit(b))
                        return malformed(why, "content-length malformed");
                n = n > max ? n : n * 10 + b - '0';
        }
        if (n > max)
                return mmp_bad(why, MMP_FAULT_CONTENT_LONG, "content too long");
        h->content_length = (uint32_t)n;
        return PARSE_OK;
}

/* ---- lines ---- */

static enum mmp_field field_of(struct cur name)
{
        static const struct {
                const char *name;
                enum mmp_field field;
        } known[] = {
                { "session-id", MMP_F_SESSION_ID }, { "status", MMP_F_STATUS },   { "content-type", MMP_F_TYPE },
                { "content-length", MMP_F_LENGTH }, { "version", MMP_F_VERSION }, { "mmp", MMP_F_VERSION },
        };

        for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++)
                if (mmp_text_is(name, known[i].name))
                        return known[i].field;
        return MMP_F_OTHER;
}

static enum parse take_value(struct mmp_head *h, const struct mmp_rules *r, const struct mmp_item *i,
                             struct mmp_why *why)
{
        switch (i->field) {
        case MMP_F_SESSION_ID:
                return take_session_id(h, i->value, why);
        case MMP_F_STATUS:
                return take_status(i->value, why);
        case MMP_F_TYPE:
                return take_type(h, i->value);
        case MMP_F_LENGTH:
                return take_length(h, i->value, r->content_max, why);
        case MMP_F_VERSION:
                return malformed(why, "version not at the beginning");
        case MMP_F_OTHER:
                break;
        }
        h->unknown++;
        return PARSE_OK;
}

static enum parse header_line(struct mmp_head *h, struct mmp_frame *f, const struct mmp_rules *r, struct cur line,
                              struct mmp_item *out, struct mmp_why *why)
{
        struct mmp_header kv;

        if (mmp_header_split(f, line, &kv, why) == PARSE_BAD)
                return PARSE_BAD;
        if (++h->headers > MMP_HEADERS_MAX)
                return malformed(why, "too many headers");
        *out = (struct mmp_item){ field_of(kv.name), kv.value };
        if (out->field != MMP_F_OTHER && (h->seen & 1u << out->field))
                return malformed(why, "header repeated");
        h->seen |= 1u << out->field;
        return take_value(h, r, out, why);
}

enum parse mmp_head_line(struct mmp_head *h, struct mmp_frame *f, const struct mmp_rules *r, bool first,
                         struct cur line, struct mmp_item *out, struct mmp_why *why)
{
        struct cur text;

        if (!first || h->lines++)
                return header_line(h, f, r, line, out, why);
        if (!version_parse(line, &text))
                return r->needs_version ? malformed(why, "no version line") : header_line(h, f, r, line, out, why);
        if (!r->any_version && !mmp_text_is(text, "olwp-2.0"))
                return mmp_bad(why, MMP_FAULT_VERSION, "unsupported version");
        h->seen |= 1u << MMP_F_VERSION;
        *out = (struct mmp_item){ MMP_F_VERSION, text };
        return PARSE_OK;
}

enum parse mmp_head_end(const struct mmp_head *h, struct mmp_why *why)
{
        if (!h->seen)
                return malformed(why, "empty header");
        if (h->content_length && !(h->seen & 1u << MMP_F_TYPE))
                return malformed(why, "content without content-type");
        return PARSE_OK;
}
