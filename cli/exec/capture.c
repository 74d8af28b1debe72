/* `capture NAME ...`: options in any order; several lines with one name add up. */
#include "cli/exec/cap_live.h"
#include "cli/exec/tables.h"
#include "cli/exec/util.h"

#include "cli/lang/types.h"

/* ---- words ---- */

struct words {
        char text[512];
        char *w[64];
        unsigned n, at;
        struct box *b;
};

static int split(struct words *ws, struct box *b, const char *line, struct err *e)
{
        char *save = NULL;

        *ws = (struct words){ .b = b };
        if (!str_copy(ws->text, sizeof ws->text, line))
                return err_set(e, ERR_RANGE, "options of more than %zu characters", sizeof ws->text - 1);
        for (char *w = strtok_r(ws->text, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
                if (ws->n == ARRAY_LEN(ws->w))
                        return err_set(e, ERR_RANGE, "more than %zu words", ARRAY_LEN(ws->w));
                ws->w[ws->n++] = w;
        }
        return 0;
}

static const char *peek(const struct words *ws)
{
        return ws->at < ws->n ? ws->w[ws->at] : "";
}

/* The next word if it is (an abbreviation of) kw. */
static bool take(struct words *ws, const char *kw)
{
        if (!is_word(kw, peek(ws)))
                return false;
        ws->at++;
        return true;
}

static const char *next(struct words *ws, const char *what, struct err *e)
{
        if (ws->at < ws->n)
                return ws->w[ws->at++];
        err_set(e, ERR_SYNTAX, "%% Incomplete command: %s expected", what);
        return NULL;
}

static int bad_word(const struct words *ws, struct err *e)
{
        char shown[80];

        return err_set(e, ERR_SYNTAX, "%% Invalid input: %s",
                       str_escape(shown, sizeof shown, peek(ws), strlen(peek(ws))));
}

static int number(struct words *ws, const char *what, uint32_t lo, uint32_t hi, uint32_t *out, struct err *e)
{
        const char *w = next(ws, what, e);

        if (!w)
                return -1;
        if (!str_u32(w, lo, hi, out))
                return err_set(e, ERR_RANGE, "%s %s is outside %u-%u", what, w, lo, hi);
        return 0;
}

/* ---- match ---- */

/* A number the operator may know by name: the types of the command language read it. */
static int named(const char *type, const char *w, void *out, size_t size, struct err *e)
{
        const struct cmd_type *t = type_find(type, strlen(type));
        const struct type_env env = { 0 };
        const struct type_arg ta = { 0 };

        return t->store(&env, &ta, w, out, size, e);
}

static int match_proto(struct words *ws, struct capture_match *m, struct err *e)
{
        static const struct {
                const char *word;
                int16_t num;
        } known[] = { { "ip", -1 }, { "tcp", IPPROTO_TCP_ }, { "udp", IPPROTO_UDP_ }, { "icmp", IPPROTO_ICMP_ } };
        const char *w = next(ws, "protocol", e);
        uint8_t num;

        if (!w)
                return -1;
        for (size_t i = 0; i < ARRAY_LEN(known); i++) {
                if (!strcasecmp(known[i].word, w)) {
                        m->proto = known[i].num;
                        return 0;
                }
        }
        if (named("protocol", w, &num, sizeof num, e))
                return -1;
        m->proto = num;
        return 0;
}

static int match_addr(struct words *ws, struct prefix *p, struct err *e)
{
        const char *w;
        struct addr mask;

        *p = (struct prefix){ 0 };
        if (take(ws, "any") || take(ws, "any4"))
                return 0;
        if (take(ws, "host")) {
                w = next(ws, "address", e);
                if (!w || !addr_of_word(ws->b, w, &p->a))
                        return w ? err_set(e, ERR_SYNTAX, "%s is not an address", w) : -1;
                p->len = addr_is_v4(&p->a) ? 32 : 128;
                return 0;
        }
        w = next(ws, "address", e);
        if (!w || !addr_of_word(ws->b, w, &p->a))
                return w ? err_set(e, ERR_SYNTAX, "%s is not an address", w) : -1;
        w = next(ws, "mask", e);
        if (!w || !addr_parse(w, &mask) || !mask_to_len(mask.v4, &p->len))
                return w ? err_set(e, ERR_SYNTAX, "%s is not a mask", w) : -1;
        prefix_normalise(p);
        return 0;
}

static int one_port(struct words *ws, const struct capture_match *m, uint16_t *port, struct err *e)
{
        const char *w = next(ws, "port", e);

        return w ? named(m->proto == IPPROTO_UDP_ ? "udpport" : "tcpport", w, port, sizeof *port, e) : -1;
}

static int below(uint16_t *port, struct err *e)
{
        return --*port ? 0 : err_set(e, ERR_RANGE, "no port is less than 1");
}

static int above(uint16_t *port, struct err *e)
{
        return ++*port ? 0 : err_set(e, ERR_RANGE, "no port is greater than 65535");
}

static int match_port(struct words *ws, const struct capture_match *m, struct port_range *r, struct err *e)
{
        *r = (struct port_range){ 0, 65535 };
        if (m->proto != IPPROTO_TCP_ && m->proto != IPPROTO_UDP_)
                return 0;
        if (take(ws, "range")) {
                if (one_port(ws, m, &r->lo, e) || one_port(ws, m, &r->hi, e))
                        return -1;
        } else if (take(ws, "eq")) {
                if (one_port(ws, m, &r->lo, e))
                        return -1;
                r->hi = r->lo;
        } else if (take(ws, "lt")) {
                if (one_port(ws, m, &r->hi, e) || below(&r->hi, e))
                        return -1;
        } else if (take(ws, "gt")) {
                if (one_port(ws, m, &r->lo, e) || above(&r->lo, e))
                        return -1;
        }
        return r->lo <= r->hi ? 0 : err_set(e, ERR_RANGE, "port range %u-%u ends before it begins", r->lo, r->hi);
}

static int parse_match(struct words *ws, struct capture_def *d, struct err *e)
{
        struct capture_match m;

        if (d->nmatch == CAPTURE_MATCH_MAX)
                return err_set(e, ERR_LIMIT, "at most %u match clauses", CAPTURE_MATCH_MAX);
        if (match_proto(ws, &m, e) || match_addr(ws, &m.a, e) || match_port(ws, &m, &m.ap, e) ||
            match_addr(ws, &m.b, e) || match_port(ws, &m, &m.bp, e))
                return -1;
        d->match[d->nmatch++] = m;
        return 0;
}

/* ---- the other options ---- */

static int parse_drop(struct words *ws, struct capture_def *d, struct err *e)
{
        d->type = CAPTURE_ASP_DROP;
        d->drop = -1;
        if (take(ws, "all") || ws->at == ws->n)
                return 0;
        for (unsigned i = 1; i < DROP_REASONS; i++) {
                if (drop_is_flow(i) || strcmp(drop_key(i), peek(ws)) != 0)
                        continue;
                d->drop = (int)i;
                ws->at++;
                return 0;
        }
        return is_word("interface", peek(ws)) || is_word("match", peek(ws)) || is_word("buffer", peek(ws)) ||
                               is_word("circular-buffer", peek(ws)) || is_word("packet-length", peek(ws))
                       ? 0
                       : bad_word(ws, e);
}

static int parse_type(struct words *ws, struct capture_def *d, bool fresh, struct err *e)
{
        enum capture_type before = d->type;

        if (take(ws, "raw-data"))
                d->type = CAPTURE_RAW;
        else if (take(ws, "tls-proxy"))
                d->type = CAPTURE_TLS_PROXY;
        else if (!take(ws, "asp-drop"))
                return ws->at == ws->n ? err_set(e, ERR_SYNTAX, "%% Incomplete command: type expected")
                                       : bad_word(ws, e);
        else if (parse_drop(ws, d, e))
                return -1;
        if (!fresh && d->type != before)
                return err_set(e, ERR_STATE, "the type of an existing capture cannot change");
        return 0;
}

static int parse_interface(struct words *ws, struct box *b, struct capture_def *d, struct err *e)
{
        const char *w = next(ws, "interface", e);
        const struct snapshot *s = w ? snapshot_get(b->hub) : NULL;
        const struct iface_rt *ifc = s ? iface_by_name(net_rt(s), w) : NULL;

        if (ifc) {
                str_copy(d->nameif, sizeof d->nameif, w);
                d->iface = ifc->idx;
        }
        if (s)
                snapshot_put(b->hub, s);
        if (w && !ifc)
                return err_set(e, ERR_REF, "interface %s does not exist", w);
        return w ? 0 : -1;
}

static int parse_option(struct words *ws, struct box *b, struct capture_def *d, bool fresh, struct err *e)
{
        uint32_t n = 0;

        if (take(ws, "type"))
                return parse_type(ws, d, fresh, e);
        if (take(ws, "interface"))
                return parse_interface(ws, b, d, e);
        if (take(ws, "match"))
                return parse_match(ws, d, e);
        if (take(ws, "buffer"))
                return number(ws, "buffer", 1534, 33554432, &d->buffer, e);
        if (take(ws, "circular-buffer")) {
                d->circular = true;
                return 0;
        }
        if (take(ws, "packet-length")) {
                if (number(ws, "packet-length", 64, 9216, &n, e))
                        return -1;
                d->packet_len = (uint16_t)n;
                return 0;
        }
        return bad_word(ws, e);
}

static int do_capture(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        const char *name = arg_str(a, "NAME"), *opts = arg_str(a, "OPTIONS");
        struct capture_stat st;
        struct words ws;
        bool fresh = !cap_find(b, name, &st);

        if (fresh)
                capture_def_init(&st.def, name);
        if (split(&ws, b, opts ? opts : "", e))
                return -1;
        while (ws.at < ws.n)
                if (parse_option(&ws, b, &st.def, fresh, e))
                        return -1;
        return cap_put(b, &st.def, e);
}

/* `no capture NAME` ends it; with an option only that is taken back. */
static int no_capture(struct session *s, const struct args *a, struct err *e)
{
        struct box *b = session_box(s);
        const char *name = arg_str(a, "NAME");
        struct capture_stat st;

        if (!arg_has(a, "interface") && !arg_has(a, "match") && !arg_has(a, "circular-buffer"))
                return cap_del(b, name, e);
        if (!cap_find(b, name, &st))
                return err_set(e, ERR_REF, "Capture <%s> does not exist", name);
        if (arg_has(a, "interface"))
                st.def.nameif[0] = 0;
        if (arg_has(a, "match"))
                st.def.nmatch = 0;
        if (arg_has(a, "circular-buffer"))
                st.def.circular = false;
        return cap_put(b, &st.def, e);
}

static int clear_capture(struct session *s, const struct args *a, struct err *e)
{
        return cap_clear(session_box(s), arg_has(a, "/all") ? NULL : arg_str(a, "NAME"), e);
}

const struct exec_row exec_capture[] = {
        { "capture NAME:word(64) [OPTIONS:line]",
          "Capture packets: type raw-data|tls-proxy|asp-drop, interface, match, buffer, circular-buffer, "
          "packet-length",
          15, do_capture },
        { "no capture NAME:word(64) [interface IFC:nameif] [match] [circular-buffer]", "End a capture", 15,
          no_capture },
        { "clear capture {/all|NAME:word(64)}", "Forget what was captured", 15, clear_capture },
        { 0 },
};
