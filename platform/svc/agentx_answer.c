#include "platform/svc/agentx_answer.h"

#include "platform/base/attr.h"

static void put_status(struct wbuf *w, enum agentx_error error, uint16_t index)
{
        wbuf_be32(w, 0); /* how long we are up: the master has its own */
        wbuf_be16(w, (uint16_t)error);
        wbuf_be16(w, index);
}

struct agentx_result agentx_answer_error(struct wbuf *w, enum agentx_error error)
{
        put_status(w, error, error != AGENTX_OK);
        return (struct agentx_result){ .error = error };
}

/* ---- one variable ---- */

/* Is there anything whose name differs in its last number only? */
static bool has_sibling(const struct mib_table *t, const struct oid *name)
{
        struct oid parent = *name;
        const struct mib_var *v;

        if (!parent.n)
                return false;
        parent.n--;
        v = mib_next(t, &parent, false);
        return v && v->nname > parent.n && !oid_cmp(mib_name_of(t, v), parent.n, parent.id, parent.n);
}

static void put_get(struct wbuf *w, const struct mib_table *t, const struct oid *name)
{
        const struct mib_var *v = mib_find(t, name);

        if (v)
                agentx_put_var(w, t, v);
        else
                agentx_put_none(w, has_sibling(t, name) ? MIB_NO_INSTANCE : MIB_NO_OBJECT, name);
}

struct range {
        struct oid start, end; /* end.n 0: none */
        bool include;
};

static void read_range(struct cur *c, bool be, struct range *r)
{
        agentx_oid(c, be, &r->start, &r->include);
        agentx_oid(c, be, &r->end, NULL);
}

/* The next variable of a range, from where the range goes on afterwards. false: there was none. */
static bool put_next(struct wbuf *w, const struct mib_table *t, struct range *r)
{
        const struct mib_var *v = mib_next(t, &r->start, r->include);

        if (!v || (r->end.n && oid_cmp(mib_name_of(t, v), v->nname, r->end.id, r->end.n) >= 0)) {
                agentx_put_none(w, MIB_END, &r->start);
                return false;
        }
        agentx_put_var(w, t, v);
        r->include = false;
        r->start.n = v->nname;
        memcpy(r->start.id, mib_name_of(t, v), v->nname * sizeof r->start.id[0]);
        return true;
}

/* ---- many ---- */

static unsigned put_each(struct wbuf *w, const struct agentx_pdu *p, struct cur *c, const struct mib_table *t)
{
        bool be = p->flags & AGENTX_NETWORK_ORDER;
        unsigned vars = 0;
        struct range r;

        for (; c->left && !c->bad; vars++) {
                read_range(c, be, &r);
                if (c->bad)
                        break;
                if (p->type == AGENTX_GET)
                        put_get(w, t, &r.start);
                else
                        put_next(w, t, &r);
        }
        return vars;
}

#define RANGES_MAX 64u /* of a GetBulk that repeats */

/* All of them once for every repetition, until all are at their ends or nothing more fits. */
static unsigned repeat(struct wbuf *w, const struct mib_table *t, struct range *r, unsigned n, unsigned times)
{
        unsigned vars = 0;
        bool more = n > 0;

        for (unsigned k = 0; k < times && more; k++) {
                more = false;
                for (unsigned i = 0; i < n; i++, vars++) {
                        size_t before = w->len;

                        more |= put_next(w, t, &r[i]);
                        if (w->full || vars == AGENTX_BULK_VARS) {
                                w->len = before; /* a part of a variable is none */
                                w->full = false;
                                return vars;
                        }
                }
        }
        return vars;
}

/* A part of a variable is none: false, and nothing is written. */
static bool put_whole(struct wbuf *w, const struct mib_table *t, struct range *r)
{
        size_t before = w->len;

        put_next(w, t, r);
        if (!w->full)
                return true;
        w->len = before;
        w->full = false;
        return false;
}

static unsigned put_bulk(struct wbuf *w, const struct agentx_pdu *p, struct cur *c, const struct mib_table *t)
{
        bool be = p->flags & AGENTX_NETWORK_ORDER;
        unsigned once = agentx_u16(c, be), times = agentx_u16(c, be), vars = 0, n = 0;
        struct range r[RANGES_MAX];
        bool room = true;

        for (unsigned i = 0; i < once && c->left && !c->bad; i++) {
                read_range(c, be, &r[0]);
                room = room && !c->bad && put_whole(w, t, &r[0]);
                vars += room;
        }
        while (n < RANGES_MAX && c->left && !c->bad)
                read_range(c, be, &r[n++]);
        c->bad |= c->left != 0;
        if (c->bad)
                return 0;
        return room ? vars + repeat(w, t, r, n, times) : vars;
}

static struct agentx_result put_vars(struct wbuf *w, const struct agentx_pdu *p, const struct mib_table *t)
{
        struct agentx_result r = { AGENTX_OK, 0 };
        struct cur c = p->body;

        put_status(w, AGENTX_OK, 0);
        if (p->flags & AGENTX_NON_DEFAULT_CONTEXT)
                agentx_octets(&c, p->flags & AGENTX_NETWORK_ORDER);
        r.vars = p->type == AGENTX_GETBULK ? put_bulk(w, p, &c, t) : put_each(w, p, &c, t);
        if (c.bad)
                r.error = AGENTX_PARSE_ERROR;
        else if (t->bad)
                r.error = AGENTX_GEN_ERR;
        else if (w->full)
                r.error = AGENTX_TOO_BIG;
        return r;
}

struct agentx_result agentx_answer(struct wbuf *w, const struct agentx_pdu *request, const struct mib_table *t)
{
        size_t begin = w->len;
        struct agentx_result r;

        switch (request->type) {
        case AGENTX_TESTSET:
                return agentx_answer_error(w, AGENTX_NOT_WRITABLE);
        case AGENTX_COMMITSET:
                return agentx_answer_error(w, AGENTX_COMMIT_FAILED);
        case AGENTX_UNDOSET:
                return agentx_answer_error(w, AGENTX_UNDO_FAILED);
        default:
                break;
        }
        r = put_vars(w, request, t);
        if (r.error == AGENTX_OK)
                return r;
        w->len = begin;
        w->full = false;
        return agentx_answer_error(w, r.error);
}
