#include "cli/exec/acl_lines.h"

#include "cli/conf/running.h"
#include "cli/conf/store.h"
#include "policy/acl.h"

/* The writer prints lists and their lines in the order of the store, so both are walked side by side. */
struct side_by_side {
        const char *only; /* NULL: all */
        struct list *acl, *acl_end, *ace, *ace_end;
        struct acl_lines *first, **last, *now;
        unsigned number; /* of the line before */
        bool nomem;
};

static bool next_ace(struct side_by_side *w)
{
        while (w->ace == w->ace_end) { /* also at the very start: both NULL */
                struct conf_list *aces;

                if (w->acl == w->acl_end)
                        return false;
                aces = &((struct acl_conf *)(void *)list_entry(w->acl, struct conf_obj, link))->aces;
                w->ace = aces->items.next ? aces->items.next : &aces->items;
                w->ace_end = &aces->items;
                if (w->ace != w->ace_end)
                        return true;
                w->acl = w->acl->next;
        }
        return true;
}

static struct acl_lines *list_for(struct side_by_side *w, const struct acl_conf *acl)
{
        struct acl_lines *l = w->now;

        if (l && l->id == acl->o.id)
                return l;
        l = mem_alloc(MEM_CLI, sizeof *l);
        if (!l)
                return NULL;
        str_copy(l->name, sizeof l->name, acl->o.name);
        l->id = acl->o.id;
        l->last = &l->first;
        *w->last = l;
        w->last = &l->next;
        return w->now = l;
}

static int keep(struct side_by_side *w, const struct acl_conf *acl, const struct ace_conf *ace, unsigned number,
                const char *text)
{
        struct acl_lines *l = list_for(w, acl);
        struct acl_line *n = l ? mem_alloc(MEM_CLI, sizeof *n) : NULL;

        if (!n)
                return -1;
        *l->last = n;
        l->last = &n->next;
        n->id = ace->o.id;
        n->number = number;
        n->remark = ace->kind == ACE_REMARK;
        n->inactive = ace->inactive;
        n->standard = ace->kind == ACE_STANDARD;
        n->permit = ace->permit;
        n->grouped = ace_is_grouped(ace);
        n->hash = ace_hash(acl->o.name, ace);
        n->text = mem_strdup(MEM_CLI, text);
        return n->text ? 0 : -1;
}

static bool is_line_of(const char *text, const char *name)
{
        size_t n = strlen(name);

        return !strncmp(text, "access-list ", 12) && !strncmp(text + 12, name, n) && text[12 + n] == ' ';
}

static void on_line(void *ctx, const struct running_line *l)
{
        struct side_by_side *w = ctx;
        const struct acl_conf *acl;
        const struct ace_conf *ace;
        struct acl_lines *before = w->now;

        if (w->nomem || l->depth || strncmp(l->text, "access-list ", 12) != 0 || !next_ace(w))
                return;
        acl = (const struct acl_conf *)(void *)list_entry(w->acl, struct conf_obj, link);
        ace = (const struct ace_conf *)(void *)list_entry(w->ace, struct conf_obj, link);
        if (!is_line_of(l->text, acl->o.name))
                return;
        w->ace = w->ace->next;
        if (w->ace == w->ace_end)
                w->acl = w->acl->next;
        if (w->only && strcmp(w->only, acl->o.name) != 0)
                return;
        w->number = before && before->id == acl->o.id ? w->number + 1 : 1;
        w->nomem = keep(w, acl, ace, w->number, l->text) != 0;
}

int acl_lines_get(struct box *b, const char *name, bool numbers, struct acl_lines **out, struct err *e)
{
        struct side_by_side w = { .only = name, .last = &w.first };
        struct running r = { .line = on_line, .ctx = &w };
        struct addr_names names = { 0 };
        struct conf_list *acls;
        bool missing;

        pthread_mutex_lock(&b->conf_lock);
        acls = &b->store->policy.acls;
        missing = name && !conf_list_find(acls, name);
        w.acl_end = &acls->items;
        w.acl = acls->items.next ? acls->items.next : &acls->items;
        r.store = b->store;
        if (!numbers)
                addr_names_of(b->store, &names);
        r.names = names.n ? &names : NULL;
        if (!missing)
                running_walk(&r);
        addr_names_fini(&names);
        pthread_mutex_unlock(&b->conf_lock);
        *out = w.first;
        if (missing)
                return err_set(e, ERR_REF, "access-list <%s> does not exist", name);
        return w.nomem ? err_nomem(e, "listing access lists") : 0;
}

void acl_lines_free(struct acl_lines *l)
{
        while (l) {
                struct acl_lines *next = l->next;

                while (l->first) {
                        struct acl_line *n = l->first;

                        l->first = n->next;
                        mem_free(n->text);
                        mem_free(n);
                }
                mem_free(l);
                l = next;
        }
}
