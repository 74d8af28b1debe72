#include "cli/exec/cap_live.h"

#include "proxy/worker/proxy_worker.h"

#define BATCH_BYTES 65536u
#define BATCH_RECS 64u

/* ---- running in the threads that own the sets ---- */

struct in_set {
        void (*fn)(struct capture_set *s, void *arg);
        void *arg;
};

static void in_worker(struct worker *w, void *arg)
{
        struct in_set *q = arg;

        if (w->caps)
                q->fn(w->caps, q->arg);
}

static void in_proxy(struct proxy_worker *p, void *arg)
{
        struct in_set *q = arg;

        q->fn(proxy_captures(p), q->arg);
}

static void each_set(struct box *b, enum capture_type type, void (*fn)(struct capture_set *s, void *arg), void *arg)
{
        struct in_set q = { .fn = fn, .arg = arg };

        if (type == CAPTURE_TLS_PROXY)
                each_proxy(b, in_proxy, &q);
        else
                each_worker(b, in_worker, &q);
}

/* ---- list ---- */

struct merged {
        struct capture_stat *out;
        unsigned n;
};

static void merge_one(struct merged *m, const struct capture_stat *st)
{
        for (unsigned i = 0; i < m->n; i++) {
                if (strcmp(m->out[i].def.name, st->def.name) != 0)
                        continue;
                m->out[i].bytes += st->bytes;
                m->out[i].pkts += st->pkts;
                m->out[i].full |= st->full;
                return;
        }
        if (m->n < CAPTURES_MAX)
                m->out[m->n++] = *st;
}

static void list_set(struct capture_set *s, void *arg)
{
        struct capture_stat st[CAPTURES_MAX];
        unsigned n = capture_list(s, st);

        for (unsigned i = 0; i < n; i++)
                merge_one(arg, &st[i]);
}

/* A capture stays with its interface; it is shown by the name the interface has now. */
static void name_ifaces(struct box *b, struct merged *m)
{
        const struct snapshot *s = snapshot_get(b->hub);

        for (unsigned i = 0; s && i < m->n; i++) {
                struct capture_def *d = &m->out[i].def;
                const char *now = d->iface ? iface_name(net_rt(s), d->iface) : "";

                if (*now)
                        str_copy(d->nameif, sizeof d->nameif, now);
        }
        if (s)
                snapshot_put(b->hub, s);
}

unsigned cap_list(struct box *b, struct capture_stat out[CAPTURES_MAX])
{
        struct merged m = { .out = out };

        each_set(b, CAPTURE_RAW, list_set, &m);
        each_set(b, CAPTURE_TLS_PROXY, list_set, &m);
        name_ifaces(b, &m);
        return m.n;
}

bool cap_find(struct box *b, const char *name, struct capture_stat *out)
{
        struct capture_stat *st = mem_alloc(MEM_CLI, CAPTURES_MAX * sizeof *st);
        unsigned n = st ? cap_list(b, st) : 0;
        bool found = false;

        for (unsigned i = 0; i < n && !found; i++) {
                found = !strcmp(st[i].def.name, name);
                if (found)
                        *out = st[i];
        }
        mem_free(st);
        return found;
}

/* ---- change ---- */

struct change {
        const struct capture_def *def;
        const char *name;
        int rc;
        struct err *e;
};

static void put_set(struct capture_set *s, void *arg)
{
        struct change *c = arg;

        if (!c->rc)
                c->rc = capture_put(s, c->def, c->e);
}

static void del_set(struct capture_set *s, void *arg)
{
        struct change *c = arg;

        c->rc |= capture_del(s, c->name, c->e);
}

static void clear_set(struct capture_set *s, void *arg)
{
        struct change *c = arg;

        c->rc |= capture_clear(s, c->name, c->e);
}

static int missing(const char *name, struct err *e)
{
        return err_set(e, ERR_REF, "Capture <%s> does not exist", name);
}

/* Each side has its own limit; the operator has one. */
int cap_put(struct box *b, const struct capture_def *d, struct err *e)
{
        struct change c = { .def = d, .e = e };
        struct capture_stat *st = mem_alloc(MEM_CLI, CAPTURES_MAX * sizeof *st);
        bool full = !st || (cap_list(b, st) == CAPTURES_MAX && !cap_find(b, d->name, st));

        mem_free(st);
        if (full)
                return err_set(e, ERR_LIMIT, "%u captures exist, no more are possible", CAPTURES_MAX);
        each_set(b, d->type, put_set, &c);
        return c.rc;
}

int cap_del(struct box *b, const char *name, struct err *e)
{
        struct change c = { .name = name, .e = e };
        struct capture_stat st;

        if (!cap_find(b, name, &st))
                return missing(name, e);
        each_set(b, st.def.type, del_set, &c);
        return c.rc;
}

int cap_clear(struct box *b, const char *name, struct err *e)
{
        struct change c = { .name = name, .e = e };
        struct capture_stat st;

        if (name && !cap_find(b, name, &st))
                return missing(name, e);
        if (!name || st.def.type != CAPTURE_TLS_PROXY)
                each_set(b, CAPTURE_RAW, clear_set, &c);
        if (!name || st.def.type == CAPTURE_TLS_PROXY)
                each_set(b, CAPTURE_TLS_PROXY, clear_set, &c);
        return name ? c.rc : 0;
}

/* ---- read ---- */

struct batch {
        const char *name;
        uint64_t next, end; /* records to be read of this set; end fixed by the first call */
        unsigned n;
        bool begun;
        uint32_t used;
        struct capture_rec rec[BATCH_RECS];
        uint32_t at[BATCH_RECS];
        uint8_t data[BATCH_BYTES];
};

static uint64_t stored(const struct capture_set *s, const char *name)
{
        struct capture_stat st[CAPTURES_MAX];
        unsigned n = capture_list(s, st);

        for (unsigned i = 0; i < n; i++)
                if (!strcmp(st[i].def.name, name))
                        return st[i].pkts;
        return 0;
}

static void read_set(struct capture_set *s, void *arg)
{
        struct batch *q = arg;

        if (!q->begun)
                q->end = stored(s, q->name);
        q->begun = true;
        q->n = q->used = 0;
        while (q->n < BATCH_RECS && q->next < q->end) {
                struct capture_rec *r = &q->rec[q->n];

                if (!capture_read(s, q->name, q->next, r, q->data + q->used, BATCH_BYTES - q->used)) {
                        q->next = q->end;
                        return;
                }
                if (r->caplen > BATCH_BYTES - q->used)
                        return; /* cut: the next batch begins with it */
                q->at[q->n++] = q->used;
                q->used += r->caplen;
                q->next++;
        }
}

/* One set from beginning to end; call: asks its thread for the next batch. */
static bool walk_set(struct batch *q, void (*call)(void *owner, struct in_set *q), void *owner, cap_fn fn, void *ctx)
{
        struct in_set in = { .fn = read_set, .arg = q };

        q->next = q->n = 0;
        q->begun = false;
        do {
                call(owner, &in);
                for (unsigned i = 0; i < q->n; i++)
                        if (!fn(ctx, &q->rec[i], q->data + q->at[i]))
                                return false;
        } while (q->n);
        return true;
}

static void call_worker(void *owner, struct in_set *q)
{
        worker_call(owner, in_worker, q);
}

static void call_proxy(void *owner, struct in_set *q)
{
        proxy_call(owner, in_proxy, q);
}

int cap_each(struct box *b, const char *name, cap_fn fn, void *ctx, struct err *e)
{
        struct capture_stat st;
        struct batch *q;
        bool more = true;

        if (!cap_find(b, name, &st))
                return missing(name, e);
        q = mem_alloc(MEM_CLI, sizeof *q);
        if (!q)
                return err_nomem(e, "reading a capture");
        q->name = name;
        if (st.def.type == CAPTURE_TLS_PROXY) {
                for (unsigned i = 0; more && i < b->nproxies; i++)
                        more = !b->proxy[i] || walk_set(q, call_proxy, b->proxy[i], fn, ctx);
        } else {
                for (unsigned i = 0; more && i < b->nworkers; i++)
                        more = !b->worker[i] || walk_set(q, call_worker, b->worker[i], fn, ctx);
        }
        mem_free_secret(q);
        return 0;
}
