/*
 * Pinholes of one worker. Found by what the first packet will carry: four shapes (source known or not, destination
 * port known or not), each asked only while one of its kind is open. Two more indexes, by owner and by group,
 * close what a dying conn or call opened.
 */
#include "policy/pinhole_int.h"

#include "platform/base/mem.h"

struct pinhole_table *pinhole_table_new(struct worker *w)
{
        struct pinhole_table *t = mem_alloc(MEM_PINHOLE, sizeof *t);

        if (!t)
                return NULL;
        t->w = w;
        t->pool = pool_new(sizeof(struct pinhole), PINHOLES_MAX, POOL_LIFO);
        if (t->pool && !hash_init(&t->keys, PINHOLES_MAX) && !hash_init(&t->owners, PINHOLES_MAX) &&
            !hash_init(&t->groups, PINHOLES_MAX) && !rng_fill(w->env.rng, &t->seed, sizeof t->seed))
                return t;
        pinhole_table_free(t);
        return NULL;
}

void pinhole_table_free(struct pinhole_table *t)
{
        if (!t)
                return;
        for (uint32_t i = 0; t->pool && i < pool_high(t->pool); i++)
                if (pool_live(t->pool, i))
                        tmr_cancel(t->w->tmr, &((struct pinhole *)pool_at(t->pool, i))->tmr);
        hash_fini(&t->keys);
        hash_fini(&t->owners);
        hash_fini(&t->groups);
        pool_free(t->pool);
        mem_free(t);
}

uint32_t pinhole_count(const struct pinhole_table *t)
{
        return pool_used(t->pool);
}

void pinhole_table_use(const struct pinhole_table *t, struct table_use *out)
{
        *out = (struct table_use){ "Pinholes", pool_used(t->pool), t->most, PINHOLES_MAX, t->full.refused };
}

static uint64_t id_hash(const struct pinhole_table *t, uint64_t id)
{
        return hash_bytes(&id, sizeof id, t->seed);
}

/* The part of a key that the shape says is known; the source port is compared, not hashed. */
static struct flow_key shaped(unsigned shape, const struct flow_key *k)
{
        struct flow_key r = *k;

        r.sport = 0;
        if (!(shape & PIN_SRC))
                memset(r.src, 0, sizeof r.src);
        if (!(shape & PIN_DPORT))
                r.dport = 0;
        return r;
}

static uint64_t shape_hash(const struct pinhole_table *t, unsigned shape, const struct flow_key *shaped_key)
{
        return hash_bytes(shaped_key, sizeof *shaped_key, t->seed + shape);
}

/* ---- what ends together ---- */

static struct pinhole_kin *kin_first(const struct pinhole_table *t, const struct hash_table *of, uint64_t id)
{
        hash_each_match(n, of, id_hash(t, id)) {
                struct pinhole_kin *k = container_of(n, struct pinhole_kin, node);

                if (k->id == id)
                        return k;
        }
        return NULL;
}

static void kin_add(struct pinhole_table *t, struct hash_table *of, struct pinhole_kin *k, uint64_t id)
{
        struct pinhole_kin *first = kin_first(t, of, id);

        list_init(&k->link);
        k->id = id;
        k->leads = !first;
        if (first)
                list_add(&first->link, &k->link);
        else
                hash_add(of, &k->node, id_hash(t, id));
}

static void kin_del(struct pinhole_table *t, struct hash_table *of, struct pinhole_kin *k)
{
        struct pinhole_kin *heir = list_first(&k->link, struct pinhole_kin, link);

        if (k->leads) {
                hash_del(of, &k->node);
                if (heir)
                        hash_add(of, &heir->node, id_hash(t, k->id));
        }
        if (k->leads && heir)
                heir->leads = true;
        k->leads = false;
        list_del(&k->link);
}

static void pinhole_close(struct pinhole_table *t, struct pinhole *p)
{
        hash_del(&t->keys, &p->node);
        kin_del(t, &t->owners, &p->by_owner);
        if (p->spec.group)
                kin_del(t, &t->groups, &p->by_group);
        tmr_cancel(t->w->tmr, &p->tmr);
        t->shapes[p->shape]--;
        pool_put(t->pool, p);
}

static void on_timeout(struct tmr *m, uint64_t now)
{
        struct pinhole *p = container_of(m, struct pinhole, tmr);

        (void)now;
        pinhole_close(p->t, p);
}

/* ---- opening ---- */

/*
 * N4: never to an unusable address, never into the box unless the flow is the box's own, never to a well-known port.
 * One exception to the last is none so far: secondary channels of the engines here use ephemeral ports.
 */
static bool never_opened(const struct worker *w, const struct pinhole_spec *s)
{
        bool box = s->action == CONN_BOX;

        if (s->dst.fam != ADDR_V4 && s->dst.fam != ADDR_V6)
                return true;
        if (addr_is_martian_source(&s->dst) || (s->src.fam && s->src.fam != s->dst.fam))
                return true;
        if (s->proto != IPPROTO_TCP_ && s->proto != IPPROTO_UDP_)
                return true;
        if (s->dport && s->dport < 1024 && !box)
                return true;
        return !box && w->snap && iface_by_addr(net_rt(w->snap), &s->dst) != NULL &&
               (!s->dst_real.fam || iface_by_addr(net_rt(w->snap), &s->dst_real) != NULL);
}

static struct flow_key key_of(const struct pinhole_spec *s)
{
        struct flow_key k = { .iface = s->in_iface,
                              .proto = s->proto,
                              .fam = (uint8_t)s->dst.fam,
                              .sport = s->sport,
                              .dport = s->dport };

        if (s->src.fam)
                memcpy(k.src, s->src.w, sizeof k.src);
        memcpy(k.dst, s->dst.w, sizeof k.dst);
        return k;
}

static bool same_hole(const struct pinhole_spec *a, const struct pinhole_spec *b)
{
        return a->owner == b->owner && a->sport == b->sport && a->out_iface == b->out_iface &&
               a->action == b->action && a->box_flow == b->box_flow && addr_eq(&a->src, &b->src);
}

/* The same hole asked for again (retransmitted signalling) lives on. */
static struct pinhole *find_same(const struct pinhole_table *t, const struct pinhole_spec *s,
                                 const struct flow_key *k, uint64_t hash)
{
        hash_each_match(n, &t->keys, hash) {
                struct pinhole *p = container_of(n, struct pinhole, node);

                if (!memcmp(&p->key, k, sizeof *k) && same_hole(&p->spec, s))
                        return p;
        }
        return NULL;
}

/* Asked for again by another group, it is that one's. */
static void join(struct pinhole_table *t, struct pinhole *p, uint64_t group)
{
        if (p->spec.group == group)
                return;
        if (p->spec.group)
                kin_del(t, &t->groups, &p->by_group);
        if (group)
                kin_add(t, &t->groups, &p->by_group, group);
        p->spec.group = group;
}

static struct pinhole *pinhole_open(struct pinhole_table *t, const struct pinhole_spec *s, unsigned shape,
                                    const struct flow_key *k, uint64_t hash)
{
        struct pinhole *p = pool_get(t->pool);

        if (!p) {
                if (log_full_tell(&t->full, t->w->now_ms))
                        log_msg(t->w->log, LOG_321001, LS("pinholes"), LU(PINHOLES_MAX));
                return NULL;
        }
        t->most = MAX_OF(t->most, pool_used(t->pool));
        p->t = t;
        p->key = *k;
        p->shape = (uint8_t)shape;
        p->tmr.fn = on_timeout;
        t->shapes[shape]++;
        hash_add(&t->keys, &p->node, hash);
        kin_add(t, &t->owners, &p->by_owner, s->owner);
        return p;
}

int pinhole_add(struct worker *w, const struct pinhole_spec *s)
{
        struct pinhole_table *t = w->pinholes;
        unsigned shape = (s->src.fam ? PIN_SRC : 0u) | (s->dport ? PIN_DPORT : 0u);
        struct flow_key wire = key_of(s), k = shaped(shape, &wire);
        uint64_t hash;
        struct pinhole *p;

        if (!t || never_opened(w, s))
                return -1;
        hash = shape_hash(t, shape, &k);
        p = find_same(t, s, &k, hash);
        if (!p)
                p = pinhole_open(t, s, shape, &k, hash);
        if (!p)
                return -1;
        if (s->once && !p->spec.once && p->spec.dst.fam) /* a registration's stays what it is */
                return 0;
        join(t, p, s->group);
        p->spec = *s;
        tmr_set(w->tmr, &p->tmr, (uint64_t)MAX_OF(s->timeout_s, 1u) * 1000);
        return 0;
}

/* ---- finding ---- */

static struct pinhole *find_shape(const struct pinhole_table *t, unsigned shape, const struct flow_key *wire)
{
        struct flow_key k = shaped(shape, wire);
        struct pinhole *any = NULL;

        hash_each_match(n, &t->keys, shape_hash(t, shape, &k)) {
                struct pinhole *p = container_of(n, struct pinhole, node);

                if (p->shape != shape || memcmp(&p->key, &k, sizeof k) != 0)
                        continue;
                if (p->spec.sport == wire->sport)
                        return p;
                if (!p->spec.sport)
                        any = p;
        }
        return any;
}

struct pinhole *pinhole_find(const struct pinhole_table *t, const struct flow_key *wire)
{
        static const uint8_t order[] = { PIN_SRC | PIN_DPORT, PIN_DPORT, PIN_SRC, 0 };

        for (unsigned i = 0; i < ARRAY_LEN(order); i++) {
                struct pinhole *p = t->shapes[order[i]] ? find_shape(t, order[i], wire) : NULL;

                if (p)
                        return p;
        }
        return NULL;
}

bool pinhole_rule(const struct worker *w, const struct flow_key *wire, struct rtp_rule *out)
{
        const struct pinhole *p = w->pinholes ? pinhole_find(w->pinholes, wire) : NULL;

        if (p)
                *out = p->spec.rtp;
        return p != NULL;
}

uint32_t pinhole_ref(const struct pinhole_table *t, const struct pinhole *p)
{
        return pool_index(t->pool, p) + 1;
}

/* ---- closing ---- */

void pinhole_use(struct worker *w, uint32_t ref)
{
        struct pinhole_table *t = w->pinholes;
        struct pinhole *p = ref && pool_live(t->pool, ref - 1) ? pool_at(t->pool, ref - 1) : NULL;

        if (p && p->spec.once)
                pinhole_close(t, p);
}

static void close_shape(struct pinhole_table *t, unsigned shape, const struct pinhole_spec *s)
{
        struct flow_key wire = key_of(s), k = shaped(shape, &wire);
        struct hash_node *n = hash_first(&t->keys, shape_hash(t, shape, &k));

        while (n) {
                struct pinhole *p = container_of(n, struct pinhole, node);

                n = hash_next(n);
                if (p->shape == shape && p->spec.owner == s->owner && !memcmp(&p->key, &k, sizeof k))
                        pinhole_close(t, p);
        }
}

void pinhole_end(struct worker *w, const struct pinhole_spec *s)
{
        struct flow_key k = key_of(s);
        struct conn *c;
        unsigned side;

        if (!w->pinholes)
                return;
        close_shape(w->pinholes, PIN_DPORT, s);
        if (!s->src.fam)
                return;
        close_shape(w->pinholes, PIN_SRC | PIN_DPORT, s);
        c = w->conns ? conn_find(w->conns, &k, &side) : NULL;
        if (c && c->parent == s->owner)
                conn_end(w, c, CONN_END_PARENT);
}

void pinhole_conn_end(struct worker *w, struct conn *c)
{
        struct pinhole_table *t = w->pinholes;
        struct pinhole_kin *k;

        if (!t || !pool_used(t->pool))
                return;
        while ((k = kin_first(t, &t->owners, c->id)))
                pinhole_close(t, container_of(k, struct pinhole, by_owner));
}

void pinhole_close_group(struct worker *w, uint64_t group)
{
        struct pinhole_table *t = w->pinholes;
        struct pinhole_kin *k;

        if (!t || !group)
                return;
        while ((k = kin_first(t, &t->groups, group)))
                pinhole_close(t, container_of(k, struct pinhole, by_group));
}
