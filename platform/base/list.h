/* Intrusive doubly linked list; the head is a node. */
#ifndef VOXGATE_BASE_LIST_H
#define VOXGATE_BASE_LIST_H

#include <stdbool.h>

#include "platform/base/attr.h"

struct list {
        struct list *next, *prev;
};

static inline void list_init(struct list *l)
{
        l->next = l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
        return l->next == l;
}

/* Inserts n behind pos. list_add_tail(head, n) appends. */
static inline void list_add(struct list *pos, struct list *n)
{
        n->next = pos->next;
        n->prev = pos;
        pos->next->prev = n;
        pos->next = n;
}

static inline void list_add_tail(struct list *head, struct list *n)
{
        list_add(head->prev, n);
}

/* Leaves n self-linked, so that a second list_del() is harmless. */
static inline void list_del(struct list *n)
{
        n->next->prev = n->prev;
        n->prev->next = n->next;
        list_init(n);
}

/* All of `from`, in order, behind pos; from is empty afterwards. */
static inline void list_splice(struct list *pos, struct list *from)
{
        if (list_empty(from))
                return;
        from->prev->next = pos->next;
        pos->next->prev = from->prev;
        pos->next = from->next;
        from->next->prev = pos;
        list_init(from);
}

#define list_entry(node, type, member) container_of(node, type, member)
#define list_first(head, type, member) (list_empty(head) ? NULL : list_entry((head)->next, type, member))
#define list_each(it, head) for (struct list *it = (head)->next; it != (head); it = it->next)
#define list_each_safe(it, tmp, head)                                                                                \
        for (struct list *it = (head)->next, *tmp = it->next; it != (head); it = tmp, tmp = it->next)

#endif
