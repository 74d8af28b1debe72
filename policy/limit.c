/* `set connection` limits: connections and half-open connections of a class action, in all and per client. */
#include "policy/conn.h"
#include "policy/live_int.h"

/* ---- the two tables ---- */

static struct limit_class *class_find(const struct policy_live *l, uint32_t id)
{
        uint64_t h = hash_bytes(&id, sizeof id, 1);

        hash_each_match(n, &l->classes, h) {
                struct limit_class *c = container_of(n, struct limit_class, node);

                if (c->id == id)
                        return c;
        }
        return NULL;
}

/* Ids of class actions are never reused, so entries of those long gone are taken back when room is needed. */
static struct limit_class *class_reuse(struct policy_live *l)
{
        for (uint32_t i = 0; i < pool_high(l->class_pool); i++) {
                struct limit_class *c = pool_at(l->class_pool, i);

                if (!pool_live(l->class_pool, i) || c->conns)
                        continue;
                hash_del(&l->classes, &c->node);
                c->drops = 0;
                return c;
        }
        return NULL;
}

static struct limit_class *class_get(struct policy_live *l, uint32_t id)
{
        struct limit_class *c = class_find(l, id);

        if (c)
                return c;
        c = pool_get(l->class_pool);
        if (!c)
                c = class_reuse(l);
        if (!c)
                return NULL;
        c->id = id;
        hash_add(&l->classes, &c->node, hash_bytes(&id, sizeof id, 1));
        return c;
}

static uint64_t client_hash(uint32_t class_id, const struct addr *a)
{
        return hash_bytes(a, sizeof *a, class_id);
}

static struct limit_client *client_find(const struct policy_live *l, uint32_t class_id, const struct addr *a)
{
        uint64_t h = client_hash(class_id, a);

        hash_each_match(n, &l->clients, h) {
                struct limit_client *c = container_of(n, struct limit_client, node);

                if (c->class_id == class_id && addr_eq(&c->a, a))
                        return c;
        }
        return NULL;
}

static struct limit_client *client_get(struct policy_live *l, uint32_t class_id, const struct addr *a)
{
        struct limit_client *c = client_find(l, class_id, a);

        if (c)
                return c;
        c = pool_get(l->client_pool);
        if (!c)
                return NULL;
        c->class_id = class_id;
        c->a = *a;
        hash_add(&l->clients, &c->node, client_hash(class_id, a));
        return c;
}

/* ---- questions ---- */

static bool over(struct limit_hit *hit, enum limit_kind kind, uint32_t have, uint32_t max)
{
        if (!max || have < max)
                return false;
        *hit = (struct limit_hit){ kind, have, max };
        return true;
}

static bool class_over(const struct limit_class *c, const struct conn_settings *s, bool tcp, struct limit_hit *hit)
{
        return c && (over(hit, LIMIT_CONNS, c->conns, s->conn_max) ||
                     (tcp && over(hit, LIMIT_EMBRYONIC, c->embryonic, s->embryonic_max)));
}

static bool client_over(const struct limit_client *c, const struct conn_settings *s, bool tcp, struct limit_hit *hit)
{
        return c && (over(hit, LIMIT_CLIENT_CONNS, c->conns, s->per_client_max) ||
                     (tcp && over(hit, LIMIT_CLIENT_EMBRYONIC, c->embryonic, s->per_client_embryonic_max)));
}

/* What could not be counted would not be limited either. */
static bool no_room(struct policy_live *l, const struct conn_settings *s, struct limit_class **c,
                    const struct limit_client *cc, struct limit_hit *hit)
{
        bool limits = s->conn_max || s->embryonic_max || s->per_client_max || s->per_client_embryonic_max;

        if (!*c && limits && !(*c = class_get(l, s->class_id)))
                return over(hit, LIMIT_TABLE, LIMIT_CLASSES_MAX, LIMIT_CLASSES_MAX);
        return !cc && (s->per_client_max || s->per_client_embryonic_max) &&
               over(hit, LIMIT_TABLE, pool_used(l->client_pool), LIMIT_CLIENTS_MAX);
}

bool policy_limit_check(struct worker *w, const struct flow_plan *plan, struct limit_hit *hit)
{
        const struct conn_settings *s = &plan->set;
        struct policy_live *l = w->policy;
        bool tcp = plan->in.proto == IPPROTO_TCP_;
        struct addr src = flow_src(&plan->in);
        struct limit_client *cc;
        struct limit_class *c;

        *hit = (struct limit_hit){ LIMIT_NONE, 0, 0 };
        if (!s->class_id || !l)
                return false;
        c = class_find(l, s->class_id);
        cc = client_find(l, s->class_id, &src);
        if (!class_over(c, s, tcp, hit) && !client_over(cc, s, tcp, hit) && !no_room(l, s, &c, cc, hit))
                return false;
        if (c)
                c->drops++;
        return true;
}

struct class_use policy_class_use(const struct policy_live *l, uint32_t class_id)
{
        const struct limit_class *c = l ? class_find(l, class_id) : NULL;

        return c ? (struct class_use){ c->conns, c->embryonic, c->drops } : (struct class_use){ 0 };
}

/* ---- taking and giving back: a conn keeps handles (pool index + 1) ---- */

void policy_limit_take(struct worker *w, struct conn *c, const struct conn_settings *set)
{
        struct policy_live *l = w->policy;
        struct addr src = flow_src(&c->side[0].key);
        struct limit_class *cl = set->class_id && l ? class_get(l, set->class_id) : NULL;
        struct limit_client *cc = NULL;

        c->embryonic = c->proto == IPPROTO_TCP_;
        if (!cl)
                return;
        if (set->per_client_max || set->per_client_embryonic_max)
                cc = client_get(l, set->class_id, &src);
        cl->conns++;
        cl->embryonic += c->embryonic;
        c->limit_class = pool_index(l->class_pool, cl) + 1;
        if (cc) {
                cc->conns++;
                cc->embryonic += c->embryonic;
                c->limit_client = pool_index(l->client_pool, cc) + 1;
        }
}

void policy_limit_open(struct worker *w, struct conn *c)
{
        struct policy_live *l = w->policy;

        if (!c->embryonic)
                return;
        c->embryonic = false;
        if (c->limit_class)
                ((struct limit_class *)pool_at(l->class_pool, c->limit_class - 1))->embryonic--;
        if (c->limit_client)
                ((struct limit_client *)pool_at(l->client_pool, c->limit_client - 1))->embryonic--;
}

void policy_conn_end(struct worker *w, struct conn *c)
{
        struct policy_live *l = w->policy;
        struct limit_client *cc;

        policy_limit_open(w, c);
        if (c->limit_class)
                ((struct limit_class *)pool_at(l->class_pool, c->limit_class - 1))->conns--;
        if (c->limit_client) {
                cc = pool_at(l->client_pool, c->limit_client - 1);
                if (!--cc->conns) {
                        hash_del(&l->clients, &cc->node);
                        pool_put(l->client_pool, cc);
                }
        }
        c->limit_class = c->limit_client = 0;
}
