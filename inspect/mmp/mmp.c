/*
 * A direction goes  HEAD -> CONTENT(n) -> HEAD ...  Nothing of a head goes on before the whole of it was accepted;
 * content is streamed. The client is held to the protocol: a violation ends the session. A server that says something
 * this engine cannot follow goes into PASS: its bytes go on unparsed, and that is counted.
 */
#include "inspect/mmp/mmp.h"

#include <inttypes.h>
#include <stdio.h>

#include "inspect/mmp/content.h"
#include "inspect/mmp/head.h"

enum stage { STAGE_HEAD, STAGE_CONTENT, STAGE_PASS };

struct direction {
        enum stage stage;
        bool opened; /* its first head is done */
        bool ended;  /* its sender finished */
        struct mmp_frame frame;
        struct mmp_head head;
        struct mmp_http http;
        struct mmp_oml oml;
        uint32_t content_left;
        size_t waiting; /* octets seen before and left unused */
        uint64_t messages, rx, tx;
};

struct mmp_state {
        struct direction dir[2]; /* by enum inspect_dir */
        char session_id[MMP_SESSION_ID_MAX + 1];
};

/* Counters are told apart by address: each name stands here once. */
static const char n_connections[] = "connections", n_resets[] = "resets", n_version[] = "version",
                  n_session[] = "session-id", n_mismatch[] = "session-id mismatch", n_unknown[] = "unknown header",
                  n_type[] = "unknown content-type", n_incomplete[] = "incomplete message",
                  n_overdue[] = "message overdue", n_passed[] = "server stream passed unparsed",
                  n_http[] = "http entities", n_oml[] = "oml entities";
static const char *const n_messages[] = { "client messages", "server messages" };
static const char *const n_bytes[] = { "client bytes", "server bytes" };
static const char *const n_fault[] = {
        [MMP_FAULT_NONE] = "other",
        [MMP_FAULT_MALFORMED] = "malformed header",
        [MMP_FAULT_HEAD_LONG] = "header too long",
        [MMP_FAULT_CONTENT_LONG] = "content too long",
        [MMP_FAULT_VERSION] = "unsupported version",
};
static const char *const n_found[] = {
        [MMP_FOUND_NOTHING] = "other",
        [MMP_FOUND_HTTP_REQUEST] = "http request streams",
        [MMP_FOUND_HTTP_RESPONSE] = "http response streams",
        [MMP_FOUND_HTTP_UNKNOWN] = "http streams not recognised",
        [MMP_FOUND_OML] = "oml markup",
        [MMP_FOUND_OML_UNKNOWN] = "oml not recognised",
};

static void count(struct inspect_ctx *c, const char *name, uint64_t n)
{
        if (n)
                inspect_count(c, name, n);
}

/* ---- debug mmp ---- */

static void debug_received(struct inspect_ctx *c, enum inspect_dir dir, size_t n)
{
        struct inspect_way w;

        if (!n || !debug_on(c->log, DBG_MMP))
                return;
        inspect_way_of(c, dir, &w);
        debug_line(c->log, DBG_MMP, "MMP:: received %zu bytes from %s to %s", n, w.from, w.to);
}

static void debug_forward(struct inspect_ctx *c, enum inspect_dir dir, size_t n, size_t of)
{
        struct inspect_way w;

        if (!n || !debug_on(c->log, DBG_MMP))
                return;
        inspect_way_of(c, dir, &w);
        debug_line(c->log, DBG_MMP, "MMP:: forward %zu/%zu bytes from %s to %s", n, of, w.from, w.to);
}

static void debug_item(struct inspect_ctx *c, const struct mmp_item *i)
{
        static const char *const label[] = {
                [MMP_F_VERSION] = "version",    [MMP_F_SESSION_ID] = "session-id:", [MMP_F_STATUS] = "status:",
                [MMP_F_TYPE] = "content-type:", [MMP_F_LENGTH] = "content-length:",
        };

        if (i->field != MMP_F_OTHER)
                debug_line(c->log, DBG_MMP, "MMP:: %s %.*s", label[i->field], (int)i->value.left,
                           (const char *)i->value.p);
}

/* ---- ends ---- */

static enum engine_verdict terminate(struct inspect_ctx *c, const char *counter, const char *why)
{
        count(c, counter, 1);
        count(c, n_resets, 1);
        debug_line(c->log, DBG_MMP, "MMP:: session terminated: %s", why);
        log_msg(c->log, LOG_780001, LS(c->client_if), LA(&c->client.a), LU(c->client.port), LS(c->server_if),
                LA(&c->server.a), LU(c->server.port), LS(why));
        return inspect_refuse(c, "%s", why);
}

/* A head that cannot be accepted: the end of the session, or (server) of parsing. */
static enum engine_verdict head_refused(struct inspect_ctx *c, struct direction *d, enum inspect_dir dir,
                                        const struct mmp_why *why)
{
        if (dir == DIR_C2S)
                return terminate(c, n_fault[why->fault], why->text);
        count(c, n_passed, 1);
        debug_line(c->log, DBG_MMP, "MMP:: server: %s, passing its data unparsed", why->text);
        d->stage = STAGE_PASS;
        return ENGINE_ACCEPT;
}

/* ---- heads ---- */

static struct mmp_rules rules_of(const struct inspect_ctx *c, enum inspect_dir dir)
{
        const struct mmp_params *p = c->params;
        bool client = dir == DIR_C2S;

        return (struct mmp_rules){ .head_max = client ? MMP_CLIENT_HEAD_MAX : MMP_SERVER_HEAD_MAX,
                                   .content_max = client ? MMP_CLIENT_CONTENT_MAX : MMP_SERVER_CONTENT_MAX,
                                   .needs_version = client,
                                   .any_version = !client || (p && p->any_version) };
}

/* The server names the session; a client that resumes another one is worth knowing, no more. */
static void note_session_id(struct inspect_ctx *c, enum inspect_dir dir, const struct mmp_head *h)
{
        struct mmp_state *s = c->state;

        count(c, n_session, 1);
        if (dir == DIR_S2C) {
                memcpy(s->session_id, h->session_id, sizeof s->session_id);
        } else if (s->session_id[0] && strcmp(s->session_id, h->session_id) != 0) {
                count(c, n_mismatch, 1);
                debug_line(c->log, DBG_MMP, "MMP:: session-id is not the server's (%s)", s->session_id);
        }
}

static void head_accepted(struct inspect_ctx *c, struct direction *d, enum inspect_dir dir)
{
        const struct mmp_head *h = &d->head;

        count(c, n_messages[dir], 1);
        count(c, n_version, h->seen >> MMP_F_VERSION & 1);
        count(c, n_unknown, h->unknown);
        count(c, n_type, h->kind == MMP_KIND_UNKNOWN);
        count(c, n_http, h->kind == MMP_KIND_HTTP);
        count(c, n_oml, h->kind == MMP_KIND_OML);
        if (h->seen & 1u << MMP_F_SESSION_ID)
                note_session_id(c, dir, h);
        d->messages++;
        d->opened = true;
        d->content_left = h->content_length;
        mmp_oml_begin(&d->oml);
}

/* Takes the head at the front of in, if the whole of it is there. */
static enum engine_verdict head_data(struct inspect_ctx *c, struct direction *d, enum inspect_dir dir, struct cur *in)
{
        struct mmp_rules r = rules_of(c, dir);
        struct mmp_why why;
        struct mmp_item item;
        struct cur line;
        enum parse p;

        while ((p = mmp_line_next(&d->frame, *in, r.head_max, &line, &why)) == PARSE_OK && line.left) {
                if (mmp_head_line(&d->head, &d->frame, &r, !d->opened, line, &item, &why) == PARSE_BAD)
                        return head_refused(c, d, dir, &why);
                debug_item(c, &item);
        }
        if (p == PARSE_MORE)
                return ENGINE_MORE;
        if (p == PARSE_BAD || mmp_head_end(&d->head, &why) == PARSE_BAD)
                return head_refused(c, d, dir, &why);
        head_accepted(c, d, dir);
        wbuf_put(c->out, cur_take(in, d->frame.scanned), d->frame.scanned);
        mmp_frame_next(&d->frame);
        d->stage = STAGE_CONTENT;
        return ENGINE_ACCEPT;
}

/* ---- content ---- */

static enum mmp_finding handle(struct direction *d, struct cur piece)
{
        switch (d->head.kind) {
        case MMP_KIND_HTTP:
                return mmp_http_data(&d->http, piece);
        case MMP_KIND_OML:
                return mmp_oml_data(&d->oml, piece);
        case MMP_KIND_NONE:
        case MMP_KIND_UNKNOWN:
                break;
        }
        return MMP_FOUND_NOTHING;
}

static void content_data(struct inspect_ctx *c, struct direction *d, struct cur *in)
{
        struct cur piece = cur_child(in, MIN_OF(in->left, (size_t)d->content_left));
        enum mmp_finding f = handle(d, piece);

        if (f != MMP_FOUND_NOTHING)
                count(c, n_found[f], 1);
        wbuf_put(c->out, piece.p, piece.left);
        d->content_left -= (uint32_t)piece.left;
        if (!d->content_left) {
                d->head = (struct mmp_head){ 0 };
                d->stage = STAGE_HEAD;
        }
}

/* ---- the engine ---- */

static enum engine_verdict stages(struct inspect_ctx *c, struct direction *d, enum inspect_dir dir, struct cur *in)
{
        enum engine_verdict v = ENGINE_ACCEPT;

        while (v == ENGINE_ACCEPT && in->left) {
                if (d->stage == STAGE_HEAD) {
                        v = head_data(c, d, dir, in);
                } else if (d->stage == STAGE_CONTENT) {
                        content_data(c, d, in);
                } else {
                        wbuf_put(c->out, in->p, in->left);
                        cur_take(in, in->left);
                }
        }
        return v;
}

/* The sender is done: a message it left unfinished does not go on. */
static void finish(struct inspect_ctx *c, struct direction *d, struct cur *in)
{
        d->ended = true;
        if (!in->left && !d->content_left)
                return;
        count(c, n_incomplete, 1);
        debug_line(c->log, DBG_MMP, "MMP:: incomplete message dropped, %zu bytes", in->left);
        cur_take(in, in->left);
}

static enum engine_verdict mmp_data(struct inspect_ctx *c, enum inspect_dir dir, struct cur in, bool fin,
                                    size_t *used)
{
        struct direction *d = &((struct mmp_state *)c->state)->dir[dir];
        size_t had = in.left, fresh = had - MIN_OF(had, d->waiting), out = c->out->len;
        enum engine_verdict v;

        *used = 0;
        if (d->ended && had)
                return terminate(c, n_fault[MMP_FAULT_MALFORMED], "data after the end of data");
        debug_received(c, dir, fresh);
        count(c, n_bytes[dir], fresh);
        d->rx += fresh;
        v = stages(c, d, dir, &in);
        if (v == ENGINE_CLOSE)
                return v;
        out = c->out->len - out;
        d->tx += out;
        debug_forward(c, dir, out, had);
        if (fin)
                finish(c, d, &in);
        *used = had - in.left;
        d->waiting = in.left;
        return fin ? ENGINE_ACCEPT : v;
}

static int mmp_open(struct inspect_ctx *c)
{
        count(c, n_connections, 1);
        return 0;
}

static uint64_t mmp_owed(const void *state)
{
        const struct direction *d = &((const struct mmp_state *)state)->dir[DIR_C2S];

        return d->stage == STAGE_CONTENT && d->content_left && !d->ended ? d->messages : 0;
}

static void mmp_overdue(struct inspect_ctx *c)
{
        terminate(c, n_overdue,
                  mmp_owed(c->state) ? "content not completed in time" : "header not completed in time");
}

static void mmp_describe(const void *state, struct wbuf *w)
{
        const struct mmp_state *s = state;

        wbuf_printf(w, "session-id=%s\ndata:: rx-bytes=%" PRIu64 ", tx-bytes=%" PRIu64,
                    s->session_id[0] ? s->session_id : "unknown", s->dir[0].rx + s->dir[1].rx,
                    s->dir[0].tx + s->dir[1].tx);
}

const struct inspect_engine inspect_mmp = {
        .id = INSPECT_MMP,
        .stream = true,
        .l4 = 6,
        .default_port = 5443,
        .state_size = sizeof(struct mmp_state),
        .buffer_max = MMP_SERVER_HEAD_MAX + 1, /* the octet that proves a head too long */
        .open = mmp_open,
        .data = mmp_data,
        .partial_ms = MMP_PARTIAL_MS,
        .owed = mmp_owed,
        .overdue = mmp_overdue,
        .describe = mmp_describe,
};
