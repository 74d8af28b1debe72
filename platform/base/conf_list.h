/*
 * Lists of configuration objects as the operator typed them: ordered, found by name in O(1), owned by their store.
 * A concrete object begins with `struct conf_obj o;` and is otherwise plain data (no pointers except to nested
 * conf_lists), so that modules below the CLI read typed structs and the CLI's rows handle all kinds alike.
 */
#ifndef VOXGATE_BASE_CONF_LIST_H
#define VOXGATE_BASE_CONF_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/base/attr.h"
#include "platform/base/hash.h"
#include "platform/base/list.h"

#define CONF_NAME_MAX 241 /* longest name of the command language (access-list) */

struct conf_obj {
        struct list link;
        struct hash_node node;
        char *name;  /* owned; "" for anonymous elements of ordered lists */
        uint32_t id; /* from conf_id_next() when typed; never reused within a boot */
};

struct conf_list {
        struct list items; /* zeroed list is legal and empty */
        struct hash_table by_name;
        uint32_t n;
        size_t obj_size;                 /* of the concrete struct */
        void (*fini)(struct conf_obj *); /* frees nested lists; may be NULL */
};

/* A process-wide counter: ids are the names that rules, hit counters and live state share. */
uint32_t conf_id_next(void);

void conf_list_init(struct conf_list *l, size_t obj_size, void (*fini)(struct conf_obj *));
void conf_list_fini(struct conf_list *l); /* frees all objects */
/* Appends a zeroed object with a fresh id; NULL when out of memory. Names need not be unique for anonymous lists
 * (""). */
void *conf_list_add(struct conf_list *l, const char *name) MUST_USE;
/* Inserts before `before` (NULL = at the end). */
void *conf_list_insert(struct conf_list *l, const char *name, struct conf_obj *before) MUST_USE;
/* Case-sensitive; NULL when absent. The list owns the result. */
void *conf_list_find(const struct conf_list *l, const char *name);
/* Another name for an object that stays where it is, with its id. -1: out of memory, nothing changed. */
int conf_list_rename(struct conf_list *l, struct conf_obj *o, const char *name) MUST_USE;
void conf_list_del(struct conf_list *l, struct conf_obj *o);
/* Puts the objects that `want` names too into the order they have there, in front of all others. true: some moved. */
bool conf_list_follow(struct conf_list *l, const struct conf_list *want);

#define conf_each(type, var, l)                                                                                      \
        for (type *var = (l)->items.next && !list_empty(&(l)->items)                                                 \
                                 ? (type *)(void *)list_entry((l)->items.next, struct conf_obj, link)                \
                                 : NULL;                                                                             \
             var; var = ((struct conf_obj *)(void *)var)->link.next != &(l)->items                                   \
                                ? (type *)(void *)list_entry(((struct conf_obj *)(void *)var)->link.next,            \
                                                             struct conf_obj, link)                                  \
                                : NULL)

#endif
