#include "inspect/tftp/tftp.h"

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
