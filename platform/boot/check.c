#include "platform/boot/check.h"

#include <string.h>

#include "cli/conf/commit.h"
#include "cli/conf/store.h"
#include "platform/base/file.h"
#include "platform/base/mem.h"
#include "platform/boot/box_setup.h"

#define CONFIG_MAX (16u << 20)

static void print_words(void *ctx, unsigned line_no, const char *words)
{
        fprintf(ctx, "line %u: %s\n", line_no, words);
}

struct inert_list {
        FILE *out;
        unsigned n;
};

static void print_inert(void *ctx, const char *block, const char *line, const char *reason)
{
        struct inert_list *l = ctx;

        l->n++;
        fprintf(l->out, "not in force: %s%s%s (%s)\n", block, *block ? " / " : "", line, reason);
}

static int check_text(struct box *b, struct box_setup *x, const char *text, size_t n, FILE *out)
{
        struct load_report rep = { .fn = print_words, .ctx = out };
        struct inert_list inert = { .out = out };
        struct err e = { 0 };
        int rc = box_load(b, x, text, n, &rep);

        store_inert_walk(b->store, print_inert, &inert);
        if (commit_run(b->commit, &e) < 0) {
                fprintf(out, "ERROR: compile: %s\n", e.text);
                rc = -1;
        }
        fprintf(out, "%u lines, %u accepted, %u errors, %u warnings, %u not in force\n", rep.lines, rep.accepted,
                rep.errors, rep.warnings, inert.n);
        return rc < 0 || rep.errors ? 1 : 0;
}

int check_main(const struct options *o, FILE *out)
{
        struct box *b = mem_alloc(MEM_MISC, sizeof *b);
        struct box_setup x = { .dry = true };
        struct err e = { 0 };
        uint8_t *text = NULL;
        size_t n;
        int rc = 1;

        if (!b || file_read(o->file, CONFIG_MAX, &text, &n, &e) < 0) {
                fprintf(out, "ERROR: %s\n", b ? e.text : "out of memory");
        } else if (box_setup(b, &x, NULL, &clock_system, &rng_system, o->flash, &e) < 0) {
                fprintf(out, "ERROR: %s\n", e.text);
        } else {
                rc = check_text(b, &x, (const char *)text, n, out);
                box_teardown(b, &x);
        }
        mem_free_secret(text);
        mem_free(b);
        return rc;
}
