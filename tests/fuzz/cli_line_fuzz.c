/*
 * Lines of any bytes into a store: typed, asked about (`?`), completed, loaded as a file; what results must print and
 * parse back.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/conf/dialog.h"
#include "cli/conf/load.h"
#include "cli/conf/running.h"
#include "cli/lang/tree.h"

static struct cli_tree *tree;

static void must_parse_back(const struct store *s)
{
        struct err e;
        struct store *copy = store_copy(s, &e);

        if (!copy) {
                fprintf(stderr, "%s\n", e.text);
                abort();
        }
        store_free(copy);
}

static void type_lines(struct conf_ctx *c, char *text)
{
        char *save = NULL;

        for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
                struct cli_result r;
                struct text t = { 0 };

                cli_help(c->store, c, 15, l, &t);
                cli_complete(c->store, c, 15, l, &t);
                cli_result_init(&r);
                conf_line(c, l, &r);
                cli_result_show(&r, 20, &t);
                if (r.dialog)
                        dialog_start(r.dialog);
                cli_result_fini(&r);
                text_fini(&t);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        struct load_report rep = { 0 };
        struct conf_ctx c;
        struct store *s;
        struct err e;
        char *text;

        if (size > 20000)
                return 0;
        if (!tree)
                tree = cli_tree_new(NULL, &e);
        s = store_new(tree);
        text = malloc(size + 1);
        memcpy(text, data, size);
        text[size] = 0;
        conf_ctx_init(&c, s);
        c.hash_rounds = 1;
        conf_load(&c, text, size, &rep);
        must_parse_back(s);
        type_lines(&c, text);
        must_parse_back(s);
        conf_ctx_fini(&c);
        store_free(s);
        free(text);
        return 0;
}
