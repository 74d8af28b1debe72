/* The table of datagrams in the making: who is charged for what waits, and for how long it does. */
#include "platform/net/frag.h"

#include "platform/base/mem.h"
#include "platform/net/decode.h"
#include "platform/net/egress.h"
#include "platform/net/frag_int.h"

enum { CHAINS_MIN = 8, POOL_SHARE = 4, SOURCE_SHARE = 4, LOG_MS = 1000 };
enum { ICMP_TIME_EXCEEDED = 11, ICMP_REASSEMBLY = 1, ECHO_REQUEST = 8 };

struct frag_table {
        struct worker *w;
        struct hash_table chains, sources;
        struct pool *chain_pool, *source_pool;
        uint64_t seed;
        uint32_t max, held;         /* of all interfaces */
        uint32_t big_max, big_held; /* of the few large buffers */
        uint64_t logged_ms;
        struct frag_stat stat[IFACES_MAX];
};

/* ---- life ---- */

struct frag_table *frag_table_new(struct worker *w)
{
        struct frag_table *t = mem_alloc(MEM_FRAG, sizeof *t);

        if (!t)
                return NULL;
        t->w = w;
        t->max = MAX_OF(pkt_pool_max(w->pkts) / POOL_SHARE, (uint32_t)CHAINS_MIN);
        t->big_max = pkt_pool_big(w->pkts) / POOL_SHARE;
        t->chain_pool = pool_new(sizeof(struct frag_chain), t->max, POOL_LIFO);
        t->source_pool = pool_new(sizeof(struct frag_source), t->max, POOL_LIFO);
        /* Seeded: senders choose all of the key. */
        if (!t->chain_pool || !t->source_pool || hash_init(&t->chains, t->max) < 0 ||
            hash_init(&t->sources, t->max) < 0 || rng_fill(w->env.rng, &t->seed, sizeof t->seed) < 0) {
                frag_table_free(t);
                return NULL;
        }
        return t;
}

void frag_table_free(struct frag_table *t)
{
        if (!t)
                return;
        if (t->chain_pool)
                frag_clear_queue(t, FRAG_IFACE_ALL);
        hash_fini(&t->chains);
        hash_fini(&t->sources);
        pool_free(t->chain_pool);
        pool_free(t->source_pool);
        mem_free(t);
}

/* ---- who is charged ---- */

static uint64_t source_hash(const struct frag_table *t, uint16_t iface, uint32_t addr)
{
        return hash_bytes(&addr, sizeof addr, t->seed + iface);
}

/* As many sources as chains at most: each of them has one. */
static struct frag_source *source_get(struct frag_table *t, uint16_t iface, uint32_t addr)
{
        uint64_t h = source_hash(t, iface, addr);
        struct frag_source *s;

        hash_each_match(it, &t->sources, h) {
                s = container_of(it, struct frag_source, node);
                if (s->addr == addr && s->iface == iface)
                        return s;
        }
        s = pool_get(t->source_pool);
        if (!s)
                return NULL;
        s->addr = addr;
        s->iface = iface;
        hash_add(&t->sources, &s->node, h);
        return s;
}

static void source_put(struct frag_table *t, struct frag_source *s)
{
        if (s->held)
                return;
        hash_del(&t->sources, &s->node);
        pool_put(t->source_pool, s);
}

static void charge(struct frag_chain *c, uint32_t n)
{
        struct frag_table *t = c->t;
        uint32_t *queued = &t->stat[c->key.iface].queued;

        t->held += n - c->charge;
        *queued += n - c->charge;
        c->src->held += n - c->charge;
        c->charge = n;
}

static const struct frag_limits *limits_of(const struct frag_table *t, uint16_t iface)
{
        static const struct frag_limits preset = { FRAG_SIZE_DEFAULT, FRAG_CHAIN_DEFAULT, FRAG_TIMEOUT_DEFAULT };
        const struct iface_rt *ifc = iface_by_idx(net_rt(t->w->snap), iface);

        return ifc ? &ifc->frag : &preset;
}

/* One sender may not use up what is there for all, but one long datagram it may always have. */
static bool source_full(const struct frag_source *s, const struct frag_limits *l)
{
        return s->held >= MAX_OF(l->size / SOURCE_SHARE, l->chain);
}

/* The last third of a queue is for datagrams that have begun: else a flood of beginnings keeps all from their end. */
static bool queue_full(const struct frag_table *t, uint32_t queued, const struct frag_limits *l, bool begun)
{
        uint32_t mine = begun ? l->size : frag_threshold(l->size), all = begun ? t->max : frag_threshold(t->max);

        return queued >= mine || t->held >= all;
}

/* ---- chains ---- */

static uint64_t chain_hash(const struct frag_table *t, const struct frag_key *k)
{
        return hash_bytes(k, sizeof *k, t->seed);
}

static struct frag_chain *chain_find(struct frag_table *t, const struct frag_key *k)
{
        hash_each_match(it, &t->chains, chain_hash(t, k)) {
                struct frag_chain *c = container_of(it, struct frag_chain, node);

                if (memcmp(&c->key, k, sizeof *k) == 0)
                        return c;
        }
        return NULL;
}

/* The fragments are gone. */
static void chain_remove(struct frag_chain *c)
{
        struct frag_table *t = c->t;

        charge(c, 0);
        source_put(t, c->src);
        tmr_cancel(t->w->tmr, &c->tmr);
        hash_del(&t->chains, &c->node);
        pool_put(t->chain_pool, c);
}

static bool is_big(const struct pkt *pk)
{
        return pk->cap > PKT_HEADROOM + PKT_SMALL_FRAME + PKT_TAILROOM;
}

static struct pkt *chain_pop(struct frag_chain *c)
{
        struct pkt *pk = c->first;

        if (!pk)
                return NULL;
        c->first = pk->link;
        c->t->big_held -= is_big(pk);
        return pk;
}

static void chain_drop(struct frag_chain *c, enum drop_reason why)
{
        struct pkt *pk;

        while ((pk = chain_pop(c)))
                dp_discard(c->t->w, pk, why);
        c->last = NULL;
}

/* Refused for good: the entry stays until its time is up, so that the rest of the datagram is refused too. */
static void chain_kill(struct frag_chain *c)
{
        chain_drop(c, DROP_FRAGMENT);
        charge(c, 1);
        c->dead = true;
        c->t->stat[c->key.iface].failed++;
}

/* What decode leaves to the whole datagram, for the error about it. */
static void read_ports(struct pkt *pk)
{
        const uint8_t *l4 = pk->buf + pk->l4;

        if (pk->key.proto == IPPROTO_TCP_ || pk->key.proto == IPPROTO_UDP_) {
                pk->key.sport = (uint16_t)(l4[0] << 8 | l4[1]);
                pk->key.dport = (uint16_t)(l4[2] << 8 | l4[3]);
        } else if (pk->key.proto == IPPROTO_ICMP_) {
                pk->icmp_type = l4[0];
                pk->icmp_code = l4[1];
                if (pk->icmp_type == ECHO_REQUEST)
                        pk->key.sport = (uint16_t)(l4[4] << 8 | l4[5]);
                else
                        pk->key.dport = (uint16_t)(l4[4] << 8 | l4[5]);
        }
}

/* RFC 1122, 3.3.2: the destination says so, and only where the fragment that shows whose datagram it was has come. */
static void tell_source(struct frag_chain *c)
{
        struct worker *w = c->t->w;
        struct addr dst;

        if (!c->first || frag_span(c->first).from || c->first->from_box || !w->snap)
                return;
        dst = flow_dst(&c->first->key);
        if (!iface_by_addr(net_rt(w->snap), &dst))
                return;
        read_ports(c->first);
        icmp_send_error(w, c->first, ICMP_TIME_EXCEEDED, ICMP_REASSEMBLY, 0);
}

static void on_timer(struct tmr *tmr, uint64_t now_ms)
{
        struct frag_chain *c = container_of(tmr, struct frag_chain, tmr);

        (void)now_ms;
        if (!c->dead)
                c->t->stat[c->key.iface].failed++;
        tell_source(c);
        chain_drop(c, DROP_FRAG_TIMEOUT);
        chain_remove(c);
}

static struct frag_chain *chain_new(struct frag_table *t, const struct frag_key *k, struct frag_source *s,
                                    const struct frag_limits *l)
{
        struct frag_chain *c = pool_get(t->chain_pool);

        if (!c)
                return NULL;
        c->t = t;
        c->key = *k;
        c->src = s;
        c->tmr.fn = on_timer;
        tmr_set(t->w->tmr, &c->tmr, l->timeout_s * 1000u);
        hash_add(&t->chains, &c->node, chain_hash(t, k));
        return c;
}

/* ---- a fragment ---- */

static struct frag_key key_of(const struct pkt *pk)
{
        return (struct frag_key){ .src = pk->key.src[0],
                                  .dst = pk->key.dst[0],
                                  .iface = pk->iface < IFACES_MAX ? pk->iface : IFACE_NONE,
                                  .id = pk->ip_id,
                                  .proto = pk->key.proto };
}

static bool is_limit(enum drop_reason why)
{
        return why == DROP_FRAG_QUEUE || why == DROP_FRAG_SOURCE || why == DROP_FRAG_CHAIN || why == DROP_NO_BUFFER;
}

/* Whoever can make us log can do so without end: once a second is enough to be seen. */
static void log_refusal(struct frag_table *t, const struct pkt *pk, const struct frag_limits *l, enum drop_reason why)
{
        struct addr src = flow_src(&pk->key), dst = flow_dst(&pk->key);

        if (t->logged_ms && t->w->now_ms - t->logged_ms < LOG_MS)
                return;
        if (why == DROP_FRAG_QUEUE || why == DROP_FRAG_SOURCE)
                log_msg(t->w->log, LOG_209003, LU(l->size), LA(&src), LA(&dst), LU(pk->key.proto), LU(pk->ip_id));
        else if (why == DROP_FRAG_SIZE)
                log_msg(t->w->log, LOG_209004, LU(pk->l4 - pk->l3 + frag_span(pk).to), LU(65535), LA(&src), LA(&dst),
                        LU(pk->key.proto), LU(pk->ip_id));
        else if (why == DROP_FRAG_CHAIN)
                log_msg(t->w->log, LOG_209005, LU(l->chain), LA(&src), LA(&dst), LU(pk->key.proto), LU(pk->ip_id));
        else
                return;
        t->logged_ms = t->w->now_ms;
}

/* Room for one more? Where there is none the datagram will never be whole. */
static enum drop_reason check_room(const struct frag_table *t, const struct frag_key *k, const struct frag_source *s,
                                   const struct frag_limits *l, const struct pkt *pk, bool begun)
{
        if (source_full(s, l))
                return DROP_FRAG_SOURCE;
        if (queue_full(t, t->stat[k->iface].queued, l, begun))
                return DROP_FRAG_QUEUE;
        return is_big(pk) && t->big_held >= t->big_max ? DROP_NO_BUFFER : DROP_NONE;
}

static enum drop_reason begin(struct frag_table *t, const struct frag_key *k, const struct frag_limits *l,
                              const struct pkt *pk, struct frag_chain **out)
{
        struct frag_source *s;
        enum drop_reason why;

        if (l->chain < 2)
                return DROP_FRAG_CHAIN; /* "fragment chain 1": none at all */
        s = source_get(t, k->iface, k->src);
        if (!s)
                return DROP_FRAG_QUEUE;
        why = check_room(t, k, s, l, pk, false);
        *out = why ? NULL : chain_new(t, k, s, l);
        if (!*out)
                source_put(t, s);
        return why || *out ? why : DROP_FRAG_QUEUE;
}

static enum drop_reason take(struct frag_table *t, struct frag_chain *c, const struct frag_limits *l, struct pkt *pk)
{
        enum drop_reason why;

        why = c->n ? check_room(t, &c->key, c->src, l, pk, true) : DROP_NONE;
        if (!why)
                why = frag_chain_add(c, pk, l->chain);
        if (why)
                return why;
        charge(c, c->n);
        t->big_held += is_big(pk);
        return DROP_NONE;
}

/* Keeps pk, or says why not. *done: the chain that it completes. */
static enum drop_reason accept(struct frag_table *t, const struct frag_limits *l, struct pkt *pk,
                               struct frag_chain **done)
{
        struct frag_key k = key_of(pk);
        struct frag_chain *c = chain_find(t, &k);
        enum drop_reason why = DROP_NONE;

        if (c && c->dead)
                return DROP_FRAGMENT;
        if (!c)
                why = begin(t, &k, l, pk, &c);
        if (why)
                return why;
        why = take(t, c, l, pk);
        if (why && why != DROP_FRAG_DUPLICATE)
                chain_kill(c);
        *done = !why && frag_chain_complete(c) ? c : NULL;
        return why;
}

/* The fragments end here; the one that came last lives on in the whole. */
static void chain_done(struct frag_chain *c, const struct pkt *latest)
{
        struct worker *w = c->t->w;
        struct pkt *pk;

        while ((pk = chain_pop(c)))
                dp_merged(w, pk, pk == latest ? NULL : "fragment");
        chain_remove(c);
}

/* The datagram takes the place of its latest fragment. NULL: no datagram, and that fragment has its verdict. */
static struct pkt *finish(struct worker *w, struct frag_chain *c, struct pkt *latest)
{
        enum drop_reason why = frag_chain_verify(c);
        struct pkt *whole = why ? NULL : frag_chain_join(c, w->pkts);
        struct frag_stat *st = &w->frags->stat[c->key.iface];

        if (!whole) {
                st->failed += !!why;
                st->overflow += !why;
                chain_drop(c, why ? why : DROP_NO_BUFFER);
                chain_remove(c);
                return NULL;
        }
        st->assembled++;
        whole->rx_ns = latest->rx_ns;
        whole->frame_no = latest->frame_no;
        chain_done(c, latest);
        why = decode_whole(w, whole);
        if (why)
                dp_drop(whole, why);
        return whole;
}

static struct pkt *frag_one(struct worker *w, struct pkt *pk)
{
        struct frag_table *t = w->frags;
        const struct frag_limits *l = limits_of(t, pk->iface);
        struct frag_chain *done = NULL;
        enum drop_reason why = pk->dry ? DROP_FRAGMENT : frag_check(pk);
        struct frag_stat *st = &t->stat[pk->iface < IFACES_MAX ? pk->iface : IFACE_NONE];

        if (why && !pk->dry)
                st->failed++;
        if (!why)
                why = accept(t, l, pk, &done);
        if (why) {
                st->overflow += is_limit(why);
                log_refusal(t, pk, l, why);
                dp_drop(pk, why);
                return pk;
        }
        dp_taken(pk);
        return done ? finish(w, done, pk) : NULL;
}

void frag_stage(struct worker *w, struct burst *b)
{
        for (unsigned i = 0; i < b->n; i++) {
                struct pkt *whole;

                if (likely(!b->pk[i]->is_frag))
                        continue;
                whole = frag_one(w, b->pk[i]);
                if (whole)
                        b->pk[i] = whole;
        }
}

/* ---- for the operator ---- */

void frag_stat_of(const struct frag_table *t, uint16_t iface, struct frag_stat *out)
{
        *out = t->stat[iface < IFACES_MAX ? iface : IFACE_NONE];
}

void frag_clear_queue(struct frag_table *t, uint16_t iface)
{
        for (uint32_t i = 0; i < pool_high(t->chain_pool); i++) {
                struct frag_chain *c = pool_at(t->chain_pool, i);

                if (!pool_live(t->chain_pool, i) || (iface != FRAG_IFACE_ALL && c->key.iface != iface))
                        continue;
                chain_drop(c, DROP_FRAGMENT);
                chain_remove(c);
        }
}

void frag_clear_stat(struct frag_table *t, uint16_t iface)
{
        for (uint16_t i = 0; i < IFACES_MAX; i++)
                if (iface == FRAG_IFACE_ALL || iface == i)
                        t->stat[i] = (struct frag_stat){ .queued = t->stat[i].queued };
}
