#include "platform/base/mem.h"
#include "policy/live_int.h"

static bool tables_init(struct policy_live *l)
{
        l->inspect = mem_alloc(MEM_CONN, INSPECT_LINES_MAX * sizeof *l->inspect);
        l->class_pool = pool_new(sizeof(struct limit_class), LIMIT_CLASSES_MAX, POOL_LIFO);
        l->client_pool = pool_new(sizeof(struct limit_client), LIMIT_CLIENTS_MAX, POOL_LIFO);
        l->policer_pool = pool_new(sizeof(struct policer), POLICERS_MAX, POOL_LIFO);
        l->acl_log = acl_log_new();
        return l->inspect && l->class_pool && l->client_pool && l->policer_pool && l->acl_log &&
               !hash_init(&l->policers, POLICE_LINES_MAX) && !hash_init(&l->classes, LIMIT_CLASSES_MAX) && !hash_init(&l->clients, LIMIT_CLIENTS_MAX);
}

struct policy_live *policy_live_new(void)
{
        struct policy_live *l = mem_alloc(MEM_CONN, sizeof *l);

        if (l && tables_init(l))
                return l;
        policy_live_free(l);
        return NULL;
}

void policy_live_free(struct policy_live *l)
{
        if (!l)
                return;
        acl_log_free(l->acl_log);
        hash_fini(&l->classes);
        hash_fini(&l->clients);
        hash_fini(&l->policers);
        pool_free(l->class_pool);
        pool_free(l->client_pool);
        pool_free(l->policer_pool);
        mem_free(l->inspect);
        mem_free(l);
}

/* ---- counters of inspect lines: made by whichever thread counts first ---- */

static struct inspect_slot *inspect_slot(const struct policy_live *l, uint32_t id)
{
        uint32_t i = (uint32_t)hash_bytes(&id, sizeof id, 1) % INSPECT_LINES_MAX, have;

        while ((have = atomic_load_explicit(&l->inspect[i].id, memory_order_acquire)) != id && have)
                i = (i + 1) % INSPECT_LINES_MAX;
        return &l->inspect[i];
}

struct inspect_count *policy_inspect_count(struct policy_live *l, uint32_t inspect_line_id)
{
        struct inspect_slot *s;
        uint32_t none = 0;

        if (!l || !inspect_line_id)
                return NULL;
        for (;;) {
                s = inspect_slot(l, inspect_line_id);
                if (atomic_load_explicit(&s->id, memory_order_relaxed) == inspect_line_id)
                        return &s->c;
                if (atomic_load_explicit(&l->ninspect, memory_order_relaxed) >= INSPECT_LINES_MAX / 4 * 3)
                        return NULL;
                if (atomic_compare_exchange_strong(&s->id, &none, inspect_line_id)) {
                        atomic_fetch_add(&l->ninspect, 1);
                        return &s->c;
                }
                none = 0; /* another thread took the slot: look again */
        }
}

void policy_inspect_read(const struct policy_live *l, uint32_t id, uint64_t *packets, uint64_t *drops,
                         uint64_t *resets)
{
        const struct inspect_slot *s = l && id ? inspect_slot(l, id) : NULL;

        *packets = *drops = *resets = 0;
        if (!s || atomic_load_explicit(&s->id, memory_order_relaxed) != id)
                return;
        *packets = atomic_load_explicit(&s->c.packets, memory_order_relaxed);
        *drops = atomic_load_explicit(&s->c.drops, memory_order_relaxed);
        *resets = atomic_load_explicit(&s->c.resets, memory_order_relaxed);
}

/* ---- services of the box ---- */

const struct box_service *policy_box_service_find(const struct policy_live *l, uint8_t proto, uint16_t port)
{
        for (unsigned i = 0; l && i < l->nbox; i++)
                if (l->box[i].proto == proto && l->box[i].port == port)
                        return &l->box[i];
        return NULL;
}

int policy_box_service_set(struct policy_live *l, const struct box_service *s)
{
        policy_box_service_del(l, s->proto, s->port);
        if (l->nbox == BOX_SERVICES_MAX)
                return -1;
        l->box[l->nbox++] = *s;
        return 0;
}

void policy_box_service_del(struct policy_live *l, uint8_t proto, uint16_t port)
{
        const struct box_service *s = policy_box_service_find(l, proto, port);

        if (s)
                l->box[s - l->box] = l->box[--l->nbox];
}
