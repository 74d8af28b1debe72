#include "platform/base/conf_list.h"

#include <stdatomic.h>
#include <string.h>

#include "platform/base/mem.h"

#define NAME_SEED 0x636f6e66u

uint32_t conf_id_next(void)
{
        static _Atomic uint32_t last; /* one numbering per process: stores come and go, ids must not repeat */

        return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

void conf_list_init(struct conf_list *l, size_t obj_size, void (*fini)(struct conf_obj *))
{
        *l = (struct conf_list){ .obj_size = obj_size, .fini = fini };
        list_init(&l->items);
}

void conf_list_fini(struct conf_list *l)
{
        while (l->items.next && !list_empty(&l->items))
                conf_list_del(l, list_entry(l->items.next, struct conf_obj, link));
        hash_fini(&l->by_name);
}

/* A list may come zeroed, and init cannot report: the table is made with the first object. */
static int make_ready(struct conf_list *l)
{
        if (!l->items.next)
                list_init(&l->items);
        return l->by_name.bucket ? 0 : hash_init(&l->by_name, 0);
}

static struct conf_obj *obj_new(const struct conf_list *l, const char *name)
{
        struct conf_obj *o = mem_alloc(MEM_CONF, MAX_OF(l->obj_size, sizeof *o));

        if (!o)
                return NULL;
        o->name = mem_strdup(MEM_CONF, name);
        if (!o->name) {
                mem_free(o);
                return NULL;
        }
        o->id = conf_id_next();
        return o;
}

void *conf_list_insert(struct conf_list *l, const char *name, struct conf_obj *before)
{
        struct conf_obj *o;

        if (make_ready(l) < 0)
                return NULL;
        o = obj_new(l, name);
        if (!o)
                return NULL;
        list_add_tail(before ? &before->link : &l->items, &o->link);
        if (*name) /* anonymous ones would all share one chain */
                hash_add(&l->by_name, &o->node, hash_str(name, NAME_SEED));
        l->n++;
        return o;
}

void *conf_list_add(struct conf_list *l, const char *name)
{
        return conf_list_insert(l, name, NULL);
}

void *conf_list_find(const struct conf_list *l, const char *name)
{
        hash_each_match(it, &l->by_name, hash_str(name, NAME_SEED)) {
                struct conf_obj *o = container_of(it, struct conf_obj, node);

                if (!strcmp(o->name, name))
                        return o;
        }
        return NULL;
}

int conf_list_rename(struct conf_list *l, struct conf_obj *o, const char *name)
{
        char *copy = mem_strdup(MEM_CONF, name);

        if (!copy)
                return -1;
        if (*o->name)
                hash_del(&l->by_name, &o->node);
        mem_free_secret(o->name);
        o->name = copy;
        if (*copy)
                hash_add(&l->by_name, &o->node, hash_str(copy, NAME_SEED));
        return 0;
}

void conf_list_del(struct conf_list *l, struct conf_obj *o)
{
        list_del(&o->link);
        if (*o->name)
                hash_del(&l->by_name, &o->node);
        l->n--;
        if (l->fini)
                l->fini(o);
        mem_free_secret(o->name);
        mem_free_secret(o); /* may hold a password or a pre-shared key */
}

static struct conf_obj *first_anonymous(const struct conf_list *l)
{
        conf_each(struct conf_obj, o, l)
                if (!*o->name)
                        return o;
        return NULL;
}

/* One that was put into its place is not found again: of several with one name each gets a place. */
bool conf_list_follow(struct conf_list *l, const struct conf_list *want)
{
        struct list done;
        bool moved = false;

        list_init(&done);
        conf_each(struct conf_obj, w, want) {
                struct conf_obj *o = *w->name ? conf_list_find(l, w->name) : first_anonymous(l);

                if (!o)
                        continue;
                moved |= l->items.next != &o->link;
                list_del(&o->link);
                if (*o->name)
                        hash_del(&l->by_name, &o->node);
                list_add_tail(&done, &o->link);
        }
        list_each(it, &done) {
                struct conf_obj *o = list_entry(it, struct conf_obj, link);

                if (*o->name)
                        hash_add(&l->by_name, &o->node, hash_str(o->name, NAME_SEED));
        }
        if (!list_empty(&done))
                list_splice(&l->items, &done);
        return moved;
}
