#include "inspect/tftp/codec.h"

/* A string of 1 to max octets without control characters, behind it a NUL. */
static bool take_string(struct cur *c, size_t max, struct cur *out)
{
        struct cur all = *c;
        size_t n = 0;

        for (uint8_t b = cur_u8(c); b && !c->bad; b = cur_u8(c), n++)
                if (b < 0x20 || b == 0x7f)
                        return false;
        if (c->bad || !n || n > max)
                return false;
        *out = cur_child(&all, n);
        return true;
}

static bool same_text(struct cur a, struct cur b)
{
        bool same = a.left == b.left;

        while (same && a.left) {
                uint8_t x = cur_u8(&a), y = cur_u8(&b);

                same = x == y || ((x ^ y) == 0x20 && (x | 0x20) >= 'a' && (x | 0x20) <= 'z');
        }
        return same;
}

static bool text_is(struct cur a, const char *s)
{
        return same_text(a, cur_of(s, strlen(s)));
}

/* ---- options ---- */

/* Decimal digits only; what is larger than most counts as most. false: not a number. */
static bool number(struct cur v, uint64_t most, uint64_t *out)
{
        uint64_t n = 0;

        if (!v.left)
                return false;
        while (v.left) {
                uint8_t d = (uint8_t)(cur_u8(&v) - '0');

                if (d > 9)
                        return false;
                n = n > most / 10 ? most : n * 10 + d;
                if (n > most)
                        n = most;
        }
        *out = n;
        return true;
}

static void take_option(struct tftp_options *o, struct cur name, struct cur value)
{
        uint64_t n;

        if (text_is(name, "blksize") && number(value, TFTP_BLKSIZE_MAX, &n) && n >= TFTP_BLKSIZE_MIN) {
                o->blksize = (uint16_t)n;
        } else if (text_is(name, "timeout") && number(value, 256, &n) && n >= 1 && n <= 255) {
                o->timeout_s = (uint8_t)n;
        } else if (text_is(name, "windowsize") && number(value, 65535, &n) && n >= 1) {
                o->windowsize = (uint16_t)n;
        } else if (text_is(name, "tsize") && number(value, UINT64_MAX / 16, &n)) {
                o->has_tsize = true;
                o->tsize = n;
        }
}

static const char *options_parse(struct cur c, unsigned *n, struct tftp_options *o)
{
        struct cur name[TFTP_OPTIONS_MAX], value;

        *o = (struct tftp_options){ 0 };
        for (*n = 0; c.left; ++*n) {
                if (*n == TFTP_OPTIONS_MAX)
                        return "too many options";
                if (!take_string(&c, TFTP_REQUEST_MAX, &name[*n]) || !take_string(&c, TFTP_REQUEST_MAX, &value))
                        return "option malformed";
                for (unsigned i = 0; i < *n; i++)
                        if (same_text(name[i], name[*n]))
                                return "option repeated";
                take_option(o, name[*n], value);
        }
        return NULL;
}

static void put_option(struct wbuf *w, const char *name, uint64_t value)
{
        wbuf_put(w, name, strlen(name) + 1);
        wbuf_printf(w, "%llu", (unsigned long long)value);
        wbuf_u8(w, 0);
}

static void options_write(struct wbuf *w, const struct tftp_options *o)
{
        if (o->blksize)
                put_option(w, "blksize", o->blksize);
        if (o->has_tsize)
                put_option(w, "tsize", o->tsize);
        if (o->timeout_s)
                put_option(w, "timeout", o->timeout_s);
        if (o->windowsize)
                put_option(w, "windowsize", o->windowsize);
}

/* ---- the request: RFC 1350, 5 and RFC 2347 ----
 *
 *   opcode(2) filename NUL mode NUL *( option NUL value NUL )
 */

/* "mail" is for writing only. */
static bool mode_known(struct cur mode, enum tftp_op op)
{
        return text_is(mode, "octet") || text_is(mode, "netascii") || (op == TFTP_WRQ && text_is(mode, "mail"));
}

static const char *parse(struct cur in, struct tftp_request *out)
{
        struct cur mode;
        bool long_one = in.left > TFTP_REQUEST_MAX;
        uint16_t op = cur_be16(&in);

        if (in.bad || (op != TFTP_RRQ && op != TFTP_WRQ))
                return "not a request";
        if (long_one)
                return "request too long";
        out->op = (enum tftp_op)op;
        if (!take_string(&in, TFTP_NAME_MAX, &out->name))
                return "file name malformed";
        if (!take_string(&in, TFTP_REQUEST_MAX, &mode) || !mode_known(mode, out->op))
                return "mode unknown";
        out->octet = text_is(mode, "octet");
        return options_parse(in, &out->noptions, &out->opt);
}

enum parse tftp_request_parse(struct cur in, struct tftp_request *out, const char **why)
{
        *why = parse(in, out);
        return *why ? PARSE_BAD : PARSE_OK;
}

void tftp_request_write(struct wbuf *w, const char *name, const struct tftp_options *opt)
{
        wbuf_be16(w, TFTP_RRQ);
        wbuf_put(w, name, strlen(name) + 1);
        wbuf_put(w, "octet", 6);
        options_write(w, opt);
}

/* ---- packets of a transfer ---- */

/* Words end with a NUL, or with the datagram where an old server forgot it. */
static struct cur words(struct cur c)
{
        const uint8_t *end = c.left ? memchr(c.p, 0, c.left) : NULL;

        return cur_of(c.p, end ? (size_t)(end - c.p) : c.left);
}

enum parse tftp_packet_parse(struct cur in, struct tftp_packet *out)
{
        uint16_t op = cur_be16(&in);
        unsigned n;

        *out = (struct tftp_packet){ .op = (enum tftp_op)op };
        if (op == TFTP_OACK)
                return in.bad || options_parse(in, &n, &out->opt) ? PARSE_BAD : PARSE_OK;
        out->block = out->code = cur_be16(&in);
        if (in.bad || in.left > TFTP_BLKSIZE_MAX)
                return PARSE_BAD;
        switch (op) {
        case TFTP_DATA:
                out->data = in;
                return PARSE_OK;
        case TFTP_ACK: /* some clients pad their acknowledgements */
                return PARSE_OK;
        case TFTP_ERROR:
                out->data = words(in);
                return PARSE_OK;
        default:
                return PARSE_BAD;
        }
}

void tftp_data_write(struct wbuf *w, uint16_t block, const void *p, size_t n)
{
        wbuf_be16(w, TFTP_DATA);
        wbuf_be16(w, block);
        wbuf_put(w, p, n);
}

void tftp_ack_write(struct wbuf *w, uint16_t block)
{
        wbuf_be16(w, TFTP_ACK);
        wbuf_be16(w, block);
}

void tftp_error_write(struct wbuf *w, uint16_t code, const char *text)
{
        wbuf_be16(w, TFTP_ERROR);
        wbuf_be16(w, code);
        wbuf_put(w, text, strlen(text) + 1);
}

void tftp_oack_write(struct wbuf *w, const struct tftp_options *opt)
{
        wbuf_be16(w, TFTP_OACK);
        options_write(w, opt);
}
