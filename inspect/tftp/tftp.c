#include "inspect/tftp/tftp.h"

#include <string.h>

#include "platform/base/str.h"

struct tftp_state {
        uint64_t requests;
};

static const char n_requests[] = "requests", n_malformed[] = "malformed requests",
                  n_unexpected[] = "answers from port 69", n_no_room[] = "transfers refused";

static void count(struct inspect_ctx *c, const char *name)
{
        inspect_count(c, name, 1);
}

/* ---- the request: RFC 1350, 5 and RFC 2347 ----
 *
 *   opcode(2) filename NUL mode NUL *( option NUL value NUL )
 */

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

/* "mail" is for writing only. */
static bool mode_known(struct cur mode, enum tftp_op op)
{
        return text_is(mode, "octet") || text_is(mode, "netascii") || (op == TFTP_WRQ && text_is(mode, "mail"));
}

static const char *options_parse(struct cur c, unsigned *n)
{
        struct cur name[TFTP_OPTIONS_MAX], value;

        for (*n = 0; c.left; ++*n) {
                if (*n == TFTP_OPTIONS_MAX)
                        return "too many options";
                if (!take_string(&c, TFTP_REQUEST_MAX, &name[*n]) || !take_string(&c, TFTP_REQUEST_MAX, &value))
                        return "option malformed";
                for (unsigned i = 0; i < *n; i++)
                        if (same_text(name[i], name[*n]))
                                return "option repeated";
        }
        return NULL;
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
        return options_parse(in, &out->noptions);
}

enum parse tftp_request_parse(struct cur in, struct tftp_request *out, const char **why)
{
        *why = parse(in, out);
        return *why ? PARSE_BAD : PARSE_OK;
}

/* ---- the engine ---- */

static enum engine_verdict refuse(struct inspect_ctx *c, const char *counter, const char *why)
{
        count(c, counter);
        debug_line(c->log, DBG_TFTP, "TFTP:: datagram dropped: %s", why);
        return inspect_refuse(c, "%s", why);
}

static void debug_request(struct inspect_ctx *c, const struct tftp_request *r)
{
        char a[ADDR_TEXT_MAX], name[TFTP_NAME_MAX + 1];

        if (!debug_on(c->log, DBG_TFTP))
                return;
        debug_line(c->log, DBG_TFTP, "TFTP:: %s:%s/%u %s %s", c->client_if, addr_print(&c->client.a, a),
                   c->client.port, r->op == TFTP_RRQ ? "reads" : "writes",
                   str_escape(name, sizeof name, r->name.p, r->name.left));
}

/* The server picks a new port for the transfer; the client keeps the one it asked from. */
static bool expect_answer(struct inspect_ctx *c)
{
        struct pinhole_req hole = { .proto = 17,
                                    .from = DIR_S2C,
                                    .src = { c->server.a, 0 },
                                    .dst = c->client,
                                    .timeout_s = TFTP_ANSWER_S,
                                    .engine = INSPECT_NONE };

        return c->dry || inspect_open_pinhole(c, &hole) == 0;
}

static enum engine_verdict tftp_data(struct inspect_ctx *c, enum inspect_dir dir, struct cur in, bool fin UNUSED,
                                     size_t *used)
{
        struct tftp_state *s = c->state;
        size_t n = in.left;
        struct tftp_request r;
        const char *why;

        *used = 0;
        if (dir != DIR_C2S)
                return refuse(c, n_unexpected, "answer from the request port");
        if (tftp_request_parse(in, &r, &why) != PARSE_OK)
                return refuse(c, n_malformed, why);
        if (!expect_answer(c))
                return refuse(c, n_no_room, "no room for the transfer");
        count(c, n_requests);
        debug_request(c, &r);
        s->requests++;
        *used = n;
        return ENGINE_ACCEPT;
}

static void tftp_describe(const void *state, struct wbuf *w)
{
        const struct tftp_state *s = state;

        wbuf_printf(w, "requests=%llu", (unsigned long long)s->requests);
}

const struct inspect_engine inspect_tftp = {
        .id = INSPECT_TFTP,
        .stream = false,
        .l4 = 17,
        .default_port = 69,
        .state_size = sizeof(struct tftp_state),
        .buffer_max = TFTP_REQUEST_MAX,
        .data = tftp_data,
        .describe = tftp_describe,
};
