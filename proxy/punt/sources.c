#include "proxy/punt/sources.h"

#include "platform/base/hash.h"
#include "platform/base/list.h"
#include "platform/base/mem.h"

struct source {
        struct hash_node node;
        struct list link;
        struct addr a;
        uint32_t n[SOURCE_KINDS], all;
};

struct sources {
        struct hash_table by_addr;
        struct list all;
};

struct sources *sources_new(void)
{
        struct sources *t = mem_alloc(MEM_FLOW, sizeof *t);

        if (!t || hash_init(&t->by_addr, 0) < 0) {
                mem_free(t);
                return NULL;
        }
        list_init(&t->all);
        return t;
}

static void forget(struct sources *t, struct source *s)
{
        hash_del(&t->by_addr, &s->node);
        list_del(&s->link);
        mem_free(s);
}

void sources_free(struct sources *t)
{
        if (!t)
                return;
        list_each_safe(it, tmp, &t->all) /* relays whose end was never heard of */
                forget(t, list_entry(it, struct source, link));
        hash_fini(&t->by_addr);
        mem_free(t);
}

static uint64_t hash_of(const struct addr *a)
{
        return hash_bytes(a, sizeof *a, 1);
}

static struct source *find(const struct sources *t, const struct addr *a)
{
        hash_each_match(n, &t->by_addr, hash_of(a)) {
                struct source *s = container_of(n, struct source, node);

                if (addr_eq(&s->a, a))
                        return s;
        }
        return NULL;
}

static struct source *make(struct sources *t, const struct addr *a)
{
        struct source *s = mem_alloc(MEM_FLOW, sizeof *s);

        if (!s)
                return NULL;
        s->a = *a;
        hash_add(&t->by_addr, &s->node, hash_of(a));
        list_add(&t->all, &s->link);
        return s;
}

bool source_take(struct sources *t, const struct addr *a, enum source_of kind, uint32_t most)
{
        struct source *s = find(t, a);

        if (s && s->n[kind] >= most)
                return false;
        if (!s)
                s = make(t, a);
        if (!s)
                return false;
        s->n[kind]++;
        s->all++;
        return true;
}

void source_give(struct sources *t, const struct addr *a, enum source_of kind)
{
        struct source *s = find(t, a);

        if (!s || !s->n[kind])
                return;
        s->n[kind]--;
        if (!--s->all)
                forget(t, s);
}

uint32_t source_has(const struct sources *t, const struct addr *a, enum source_of kind)
{
        const struct source *s = find(t, a);

        return s ? s->n[kind] : 0;
}
