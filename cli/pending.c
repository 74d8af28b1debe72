/* Lines of a load that name what may still come. */
#include <string.h>

#include "cli/parse_int.h"
#include "platform/base/mem.h"

struct conf_pending {
        struct conf_pending *next;
        unsigned line_no, depth;
        struct conf_level *level;
        char *line;
        struct err why;
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
        *p = (struct conf_pending){ .line_no = c->line_no, .depth = c->depth, .why = *why };
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

/* Typed again, now that everything there is has come: is it still waiting for something? */
static bool still_missing(struct conf_ctx *c, const struct conf_pending *p)
{
        struct cli_result res;
        bool missing;

        cli_result_init(&res);
        go_back(c, p);
        conf_line(c, p->line, &res);
        missing = c->pending != NULL;
        pending_free(c);
        cli_result_fini(&res);
        return missing;
}

static void take_back(struct conf_ctx *c, const struct conf_pending *p)
{
        struct cli_result res;
        struct text no = { 0 };

        cli_result_init(&res);
        go_back(c, p);
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
        unsigned n = 0;

        c->pending = NULL;
        c->late = true;
        for (struct conf_pending *p = list; p; p = next) {
                next = p->next;
                if (still_missing(c, p)) {
                        take_back(c, p);
                        n++;
                        if (fn)
                                fn(ctx, p->line_no, p->why.text);
                }
                free_one(p);
        }
        c->late = late;
        c->depth = 0;
        return n;
}
