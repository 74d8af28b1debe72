/* Lines of a load that name what may still come. */
#include <string.h>

#include "cli/conf/parse_int.h"
#include "cli/conf/running.h"
#include "platform/base/hash.h"
#include "platform/base/mem.h"

struct conf_pending {
        struct conf_pending *next;
        unsigned line_no, depth;
        struct conf_level *level;
        char *line;
        struct err why;
        const struct cmd_row *row; /* of the element the line made, NULL: none */
        uint32_t id;
        struct hash_node by_id;
        unsigned seen; /* in the list it was put in, when others had changed the store so often */
};

static void free_one(struct conf_pending *p)
{
        mem_free(p->level);
        mem_free_secret(p->line);
        mem_free(p);
}

int pending_add(struct conf_ctx *c, const struct err *why)
{
        struct conf_pending *p = mem_alloc(MEM_CLI, sizeof *p);

        if (!p)
                return -1;
        *p = (struct conf_pending){
                .line_no = c->line_no, .depth = c->depth, .why = *why, .row = c->put_row, .id = c->put_id
        };
        p->level = mem_dup(MEM_CLI, c->level, sizeof c->level);
        p->line = mem_strdup(MEM_CLI, c->line);
        if (!p->level || !p->line) {
                free_one(p);
                return -1;
        }
        if (c->pending)
                c->pending_last->next = p;
        else
                c->pending = p;
        c->pending_last = p;
        return 0;
}

void pending_free(struct conf_ctx *c)
{
        while (c->pending) {
                struct conf_pending *p = c->pending;

                c->pending = p->next;
                free_one(p);
        }
}

/* The mode the line was given in; a line that entered a mode stands in front of it. */
static void go_back(struct conf_ctx *c, const struct conf_pending *p)
{
        memcpy(c->level, p->level, sizeof c->level);
        c->depth = p->depth;
}

struct removal {
        struct conf_ctx *c;
        const struct cmd_row *row;
        uint32_t id;
};

static void remove_id(void *ctx, struct conf_list *list, struct conf_obj *o, const char *prefix UNUSED)
{
        const struct removal *r = ctx;

        if (o->id != r->id)
                return;
        conf_list_del(list, o);
        r->c->store->dirty |= r->row->dirty;
        r->c->store->edits++;
}

/* By what it made, not by its words: they may mean something else by now. */
static void remove_made(struct conf_ctx *c, const struct cmd_row *row, uint32_t id)
{
        struct removal r = { c, row, id };
        void *obj = conf_object(c);

        if (row && obj)
                row_each(c->store, row, obj, remove_id, &r);
}

/* Of the line just typed it is at hand: no list is searched for it. */
static void remove_put(struct conf_ctx *c)
{
        c->store->dirty |= c->put_row->dirty;
        c->store->edits++;
        conf_list_del(c->list, c->put);
        c->put_row = NULL;
}

/* ---- what others left of it ---- */

/* A list that was walked since others changed the store the last time. */
struct walked {
        struct hash_node node;
        const void *obj;
        const struct cmd_row *row;
};

/* One walk of a list tells of all waiting lines that made something in it. */
struct presence {
        struct conf_ctx *c;
        struct hash_table lines; /* waiting, by what they made */
        struct hash_table walked;
        unsigned round; /* c->others then */
        struct conf_pending *asked;
};

static uint64_t walked_hash(const void *obj, const struct cmd_row *row)
{
        const void *key[2] = { obj, row };

        return hash_bytes(key, sizeof key, 0);
}

static void forget_walks(struct presence *x)
{
        for (uint32_t i = 0; x->walked.bucket && i <= x->walked.mask; i++)
                while (x->walked.bucket[i]) {
                        struct hash_node *n = x->walked.bucket[i];

                        hash_del(&x->walked, n);
                        mem_free(container_of(n, struct walked, node));
                }
}

static bool was_walked(const struct presence *x, const void *obj, const struct cmd_row *row)
{
        hash_each_match(n, &x->walked, walked_hash(obj, row)) {
                const struct walked *w = container_of(n, struct walked, node);

                if (w->obj == obj && w->row == row)
                        return true;
        }
        return false;
}

/* Without memory it is walked again. */
static void note_walk(struct presence *x, const void *obj, const struct cmd_row *row)
{
        struct walked *w = x->walked.bucket && x->lines.bucket ? mem_alloc(MEM_CLI, sizeof *w) : NULL;

        if (!w)
                return;
        w->obj = obj;
        w->row = row;
        hash_add(&x->walked, &w->node, walked_hash(obj, row));
}

static void see(void *ctx, struct conf_list *list UNUSED, struct conf_obj *o, const char *prefix UNUSED)
{
        struct presence *x = ctx;

        if (o->id == x->asked->id)
                x->asked->seen = x->round;
        hash_each_match(n, &x->lines, o->id)
                container_of(n, struct conf_pending, by_id)->seen = x->round;
}

static void walk(struct presence *x, struct conf_pending *p, void *obj)
{
        if (was_walked(x, obj, p->row))
                return;
        x->asked = p;
        x->c->walks++;
        row_each(x->c->store, p->row, obj, see, x);
        note_walk(x, obj, p->row);
}

/* Others had the store in between: has one of them removed the mode of the line, or what the line made? */
static bool is_gone(struct presence *x, struct conf_pending *p)
{
        struct conf_ctx *c = x->c;
        void *obj;

        if (!c->others)
                return false;
        if (x->round != c->others)
                forget_walks(x);
        x->round = c->others;
        go_back(c, p);
        obj = conf_object(c);
        if (obj && p->row && p->seen != x->round)
                walk(x, p, obj);
        return !obj || (p->row && p->seen != x->round);
}

static void presence_init(struct presence *x, struct conf_ctx *c, struct conf_pending *list)
{
        *x = (struct presence){ .c = c };
        if (hash_init(&x->lines, 0) < 0 || hash_init(&x->walked, 0) < 0)
                return;
        for (struct conf_pending *p = list; p; p = p->next)
                if (p->row)
                        hash_add(&x->lines, &p->by_id, p->id);
}

/* Its turn has come. */
static void presence_drop(struct presence *x, struct conf_pending *p)
{
        if (p->row && x->lines.bucket && x->walked.bucket)
                hash_del(&x->lines, &p->by_id);
}

static void presence_fini(struct presence *x)
{
        forget_walks(x);
        hash_fini(&x->walked);
        hash_fini(&x->lines);
}

/* ---- the end of a load ---- */

/* What was said about the line, in one line. */
static void refusal(const struct cli_result *res, struct err *why)
{
        const char *text = text_str(&res->text);

        if (!strncmp(text, "ERROR: ", 7))
                err_set(why, ERR_REF, "%.*s", (int)MIN_OF(strcspn(text + 7, "\n"), 400u), text + 7);
        else
                err_set(why, ERR_REF, "the line does not fit what its names stand for");
}

/* Typed again, now that everything there is has come: does it still wait for something, or mean nothing any more? */
static bool still_wrong(struct conf_ctx *c, struct conf_pending *p)
{
        struct cli_result res;
        bool wrong = true;

        cli_result_init(&res);
        go_back(c, p);
        if (conf_line(c, p->line, &res) < 0)
                refusal(&res, &p->why);
        else
                wrong = c->pending != NULL;
        pending_free(c);
        go_back(c, p);
        if (c->put_row && c->put_id != p->id) {
                if (c->put_for != p->id)
                        remove_made(c, p->row, p->id);
                p->row = c->put_row;
                p->id = c->put_id;
        }
        cli_result_fini(&res);
        return wrong;
}

static void take_back(struct conf_ctx *c, const struct conf_pending *p)
{
        struct cli_result res;
        struct text no = { 0 };

        go_back(c, p);
        if (c->put_row && c->put_id == p->id) {
                remove_put(c);
                return;
        }
        if (p->row) {
                remove_made(c, p->row, p->id);
                return;
        }
        cli_result_init(&res);
        text_printf(&no, "no %s", p->line);
        if (!no.bad)
                conf_line(c, no.p, &res);
        cli_result_fini(&res);
        text_fini(&no);
}

unsigned conf_finish(struct conf_ctx *c, void (*fn)(void *ctx, unsigned line_no, const char *words), void *ctx)
{
        struct conf_pending *list = c->pending, *next;
        bool late = c->late;
        unsigned n = 0, done = 0;
        struct presence there;
        bool gone;

        presence_init(&there, c, list);
        c->pending = NULL;
        c->late = c->finishing = true;
        for (struct conf_pending *p = list; p; p = next) {
                next = p->next;
                gone = is_gone(&there, p);
                presence_drop(&there, p);
                if (!gone && still_wrong(c, p)) {
                        take_back(c, p);
                        n++;
                        if (fn)
                                fn(ctx, p->line_no, p->why.text);
                }
                free_one(p);
                conf_rest(c, ++done); /* what has begun is finished, whatever it says */
        }
        presence_fini(&there);
        c->late = late;
        c->finishing = false;
        conf_top(c);
        return n;
}
