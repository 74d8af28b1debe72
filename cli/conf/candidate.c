#include "cli/conf/candidate.h"

#include <stdio.h>
#include <string.h>

#include "cli/conf/store.h"
#include "pki/keystore.h"
#include "platform/base/mem.h"
#include "platform/base/str.h"

struct candidate *candidate_find(struct box *b, const char *name)
{
        for (unsigned i = 0; b->candidate && i < BOX_CANDIDATES; i++)
                if (b->candidate[i].store && !strcmp(b->candidate[i].name, name))
                        return &b->candidate[i];
        return NULL;
}

static struct candidate *make(struct box *b, const char *name, struct err *e)
{
        struct candidate *c = NULL;

        if (!b->candidate)
                b->candidate = mem_alloc(MEM_CLI, BOX_CANDIDATES * sizeof *b->candidate);
        if (!b->candidate) {
                err_nomem(e, "a configuration session");
                return NULL;
        }
        for (unsigned i = 0; i < BOX_CANDIDATES && !c; i++)
                if (!b->candidate[i].store)
                        c = &b->candidate[i];
        if (!c) {
                err_set(e, ERR_LIMIT, "there are %d configuration sessions already: clear configuration session NAME",
                        BOX_CANDIDATES);
                return NULL;
        }
        *c = (struct candidate){ .base = b->store->edits };
        str_copy(c->name, sizeof c->name, name);
        c->store = store_copy(b->store, e);
        if (!c->store)
                return NULL;
        c->keys = b->keys ? keystore_clone_dry(b->keys) : NULL;
        if (c->keys || !b->keys)
                return c;
        candidate_drop(c);
        err_nomem(e, "a configuration session");
        return NULL;
}

struct candidate *candidate_open(struct box *b, const char *name, const char *user, struct err *e)
{
        struct candidate *c = candidate_find(b, name);

        if (c && *c->user) {
                err_set(e, ERR_INUSE, "configuration session %s is open: user %s has it", name, c->user);
                return NULL;
        }
        if (!c)
                c = make(b, name, e);
        if (c)
                snprintf(c->user, sizeof c->user, "%s", *user ? user : "?");
        return c;
}

void candidate_close(struct candidate *c)
{
        c->user[0] = 0;
}

void candidate_drop(struct candidate *c)
{
        store_free(c->store);
        keystore_close(c->keys);
        *c = (struct candidate){ .store = NULL };
}

bool candidate_is_stale(const struct box *b, const struct candidate *c)
{
        return b->store->edits != c->base;
}

void candidates_fini(struct box *b)
{
        for (unsigned i = 0; b->candidate && i < BOX_CANDIDATES; i++)
                candidate_drop(&b->candidate[i]);
        mem_free(b->candidate);
        b->candidate = NULL;
}
