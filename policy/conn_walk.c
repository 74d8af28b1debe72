/* Rows of `show conn`, `clear conn`: a bounded number of slots per call, in the worker's thread. */
#include "policy/conn_int.h"

/* ---- flags ---- */

struct flag_text {
        char *out;
        unsigned n;
};

static void put(struct flag_text *t, bool on, char c)
{
        if (on && t->n < 15)
                t->out[t->n++] = c;
}

/* Whose handshake we wait for; in and out are the sides of the inside and the outside. */
static void put_handshake(struct flag_text *t, const struct tcp_conn_state *s, bool inbound)
{
        bool sent = s->phase == TCPP_SYN_SENT || s->phase == TCPP_NEW;

        put(t, sent && inbound, 'S');
        put(t, sent && !inbound, 's');
        put(t, inbound ? true : sent, 'a');
        put(t, inbound ? sent : true, 'A');
}

static void put_fins(struct flag_text *t, const struct tcp_conn_state *s, unsigned inside)
{
        const struct tcp_track *in = &s->side[inside], *out = &s->side[!inside];

        put(t, in->fin, 'f');
        put(t, out->fin, 'F');
        put(t, out->fin_acked, 'r'); /* the inside has acknowledged */
        put(t, in->fin_acked, 'R');
}

/* A proxied flow is two connections: its client leg tells of the client, its server leg of the server. */
static struct tcp_conn_state end_to_end(const struct conn *c)
{
        struct tcp_conn_state s = c->tcp[0];

        if (c->action != CONN_PUNT)
                return s;
        s.side[1] = c->tcp[1].side[1];
        s.data_in = c->tcp[1].data_in;
        return s;
}

/* Signalling, and the media that it announced. */
static bool is_skinny(const struct conn *c)
{
        return c->engine == INSPECT_SKINNY || c->opener == INSPECT_SKINNY;
}

static void tcp_flags(const struct conn *c, char out[16])
{
        struct tcp_conn_state s = end_to_end(c);
        unsigned inside = c->inbound ? 1 : 0;
        struct flag_text t = { out, 0 };

        if (s.phase < TCPP_OPEN) {
                put_handshake(&t, &s, c->inbound);
        } else {
                put(&t, true, 'U');
                put_fins(&t, &s, inside);
                put(&t, c->inbound ? s.data_out : s.data_in, 'I');
                put(&t, c->inbound ? s.data_in : s.data_out, 'O');
        }
        put(&t, c->inbound, 'B');
        put(&t, c->engine == INSPECT_SIP, 'T');
        put(&t, is_skinny(c), 'k');
        out[t.n] = 0;
}

static void flags(const struct conn *c, char out[16])
{
        if (c->proto == IPPROTO_TCP_)
                tcp_flags(c, out);
        else
                memcpy(out, c->engine == INSPECT_SIP ? "T" : is_skinny(c) ? "k" : "-", 2);
}

/* ---- rows ---- */

static uint64_t since(uint64_t now, uint64_t then)
{
        return now > then ? now - then : 0;
}

static uint64_t timeout_of(const struct conn *c)
{
        enum conn_end_reason why;
        uint64_t due = conn_due_ms(c, &why);

        return due ? due - (why == CONN_END_SYN_TIMEOUT ? c->born_ms : c->last_ms) : 0;
}

static void fill(const struct worker *w, const struct conn *c, struct conn_row *r)
{
        *r = (struct conn_row){ .id = c->id,
                                .proto = c->proto,
                                .action = c->action,
                                .engine = c->engine,
                                .inbound = c->inbound,
                                .bytes = c->side[0].bytes + c->side[1].bytes,
                                .idle_ms = since(w->now_ms, c->last_ms),
                                .uptime_ms = since(w->now_ms, c->born_ms),
                                .timeout_ms = timeout_of(c) };
        for (unsigned i = 0; i < 2; i++) {
                const struct flow_key *own = &c->side[i].key, *other = &c->side[!i].key;

                r->iface[i] = own->iface;
                r->real[i] = flow_src(own);
                r->real_port[i] = own->sport;
                r->mapped[i] = flow_dst(other);
                r->mapped_port[i] = other->dport;
                r->pkts[i] = c->side[i].pkts;
        }
        flags(c, r->flags);
}

/* ---- filter ---- */

static bool in_range(const struct conn_filter *f, const struct addr *a)
{
        struct addr_range r = { f->lo, f->hi.fam ? f->hi : f->lo };

        return range_has(&r, a);
}

static bool at(const struct conn_filter *f, const struct addr *a)
{
        return !f->lo.fam || in_range(f, a);
}

static bool on(const struct conn_filter *f, uint16_t port)
{
        uint16_t hi = MAX_OF(f->port_hi, f->port_lo);

        return (!f->port_lo && !f->port_hi) || (port >= f->port_lo && port <= hi);
}

static bool matches(const struct conn *c, const struct conn_filter *f)
{
        bool addr = false, port = false;

        if ((f->proto && f->proto != c->proto) || (f->through && c->action == CONN_BOX))
                return false;
        for (unsigned i = 0; i < 2; i++) {
                const struct flow_key *own = &c->side[i].key, *other = &c->side[!i].key;
                struct addr real = flow_src(own), mapped = flow_dst(other);

                addr = addr || at(f, &real) || at(f, &mapped);
                port = port || on(f, own->sport) || on(f, other->dport);
        }
        return addr && port;
}

bool conn_row_fits(const struct conn_filter *f, const struct conn_row *r)
{
        bool addr = false, port = false;

        if (f->proto && f->proto != r->proto)
                return false;
        for (unsigned i = 0; i < 2; i++) {
                addr = addr || at(f, &r->real[i]) || at(f, &r->mapped[i]);
                port = port || on(f, r->real_port[i]) || on(f, r->mapped_port[i]);
        }
        return addr && port;
}

/* ---- walks ---- */

/* The next conn that passes the filter, or NULL at the end or when enough slots were looked at. */
static struct conn *next(const struct conn_table *t, uint32_t *cursor, const struct conn_filter *f, uint32_t *budget)
{
        while (*cursor < pool_high(t->pool) && *budget) {
                uint32_t i = (*cursor)++;
                struct conn *c = pool_live(t->pool, i) ? pool_at(t->pool, i) : NULL;

                (*budget)--;
                if (c && !c->dead && (!f || matches(c, f)))
                        return c;
        }
        return NULL;
}

unsigned conn_walk(const struct worker *w, uint32_t *cursor, const struct conn_filter *f, struct conn_row *rows,
                   unsigned max, bool *end)
{
        uint32_t budget = CONN_WALK_SLOTS;
        unsigned n = 0;
        struct conn *c;

        while (n < max && (c = next(w->conns, cursor, f, &budget)))
                fill(w, c, &rows[n++]);
        *end = *cursor >= pool_high(w->conns->pool);
        return n;
}

unsigned conn_clear(struct worker *w, uint32_t *cursor, const struct conn_filter *f, enum conn_end_reason why,
                    bool *end)
{
        uint32_t budget = CONN_WALK_SLOTS;
        unsigned n = 0;
        struct conn *c;

        while (n < CONN_CLEAR_MOST && (c = next(w->conns, cursor, f, &budget))) {
                conn_end(w, c, why);
                n++;
        }
        *end = *cursor >= pool_high(w->conns->pool);
        return n;
}
