#include "platform/boot/box_setup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/conf/candidate.h"
#include "cli/box/box_lock.h"
#include "cli/conf/commit.h"
#include "cli/session/plan.h"
#include "cli/conf/store.h"
#include "cli/lang/tree.h"
#include "pki/keystore_dry.h"
#include "platform/base/file.h"

static int open_keys(struct box *b, struct box_setup *x, struct err *e)
{
        char dir[sizeof b->flash + 8];
        struct err warn = { 0 };

        snprintf(dir, sizeof dir, "%s/pki", b->flash);
        x->keys = x->dry && b->flash[0] ? keystore_open_dry(dir, b->clk, b->rng, &warn)
                                        : keystore_open(b->flash[0] ? dir : NULL, b->clk, b->rng, &warn);
        if (!x->keys)
                return err_set(e, warn.code ? warn.code : ERR_NOMEM, "key store: %s",
                               warn.text[0] ? warn.text : "out of memory");
        if (warn.text[0])
                snprintf(b->startup_errors, sizeof b->startup_errors, "WARNING: %s\n", warn.text);
        if (x->dry)
                keystore_mark_dry(x->keys);
        b->keys = x->keys;
        if (b->log)
                keystore_set_log(x->keys, log_src_new(b->log, "pki"));
        if (x->dry)
                b->flash[0] = 0; /* no command can write there either */
        return 0;
}

static void attach_parts(struct box *b, struct parts *p)
{
        b->log = p->log;
        b->hub = p->hub;
        b->nworkers = p->conf.nworkers;
        b->nproxies = p->conf.nproxies;
        for (unsigned i = 0; i < b->nworkers; i++)
                b->worker[i] = p->worker[i];
        for (unsigned i = 0; i < b->nproxies; i++)
                b->proxy[i] = p->proxy[i];
}

static int make(struct box *b, struct box_setup *x, struct parts *parts, struct err *e)
{
        if (parts) {
                attach_parts(b, parts);
                b->log_src = log_src_new(b->log, "control");
        } else {
                b->hub = snap_hub_new();
        }
        if (!b->hub || (parts && !b->log_src))
                return err_nomem(e, "starting");
        x->tree = cli_tree_new(exec_tables, e);
        if (!x->tree || open_keys(b, x, e) < 0)
                return -1;
        b->store = store_new(x->tree);
        b->commit = b->store ? commit_new(b) : NULL;
        if (!b->commit)
                return err_nomem(e, "making the configuration");
        return 0;
}

/* A dry run needs one that is there. Else it is made, but not what it is to be in: that would be a slip of the pen.
 */
static int find_flash(struct box_setup *x, const char *flash, struct err *e)
{
        if (!flash || !*flash)
                return 0;
        x->made_flash = !x->dry && mkdir(flash, 0700) == 0;
        if (x->made_flash)
                return 0;
        if (!x->dry && errno == ENOENT)
                return err_set(e, ERR_IO, "flash %s: no such directory; make it first: mkdir -p -m 700 %s", flash,
                               flash);
        if (!x->dry && errno == EEXIST)
                return dir_make(flash, 0700, e); /* it must be a directory */
        return access(flash, R_OK | X_OK) < 0 ? err_set(e, ERR_IO, "flash %s: %s", flash, strerror(errno)) : 0;
}

int box_setup(struct box *b, struct box_setup *x, struct parts *parts, const struct clock *clk, const struct rng *rng,
              const char *flash, struct err *e)
{
        memset(b, 0, sizeof *b);
        x->tree = NULL;
        x->keys = NULL;
        b->clk = clk;
        b->rng = rng;
        b->bind = &x->bind;
        box_lock_init(b);
        b->start_wall_ns = clk->wall_ns(clk->ctx);
        b->start_mono_ms = clock_mono_ms(clk);
        if (flash && snprintf(b->flash, sizeof b->flash, "%s", flash) >= (int)sizeof b->flash)
                err_set(e, ERR_RANGE, "%s: path of flash is longer than %zu", flash, sizeof b->flash - 1);
        else if (find_flash(x, flash, e) == 0 && make(b, x, parts, e) == 0)
                return 0;
        if (parts)
                b->log_src = NULL;
        box_teardown(b, x);
        return -1;
}

void box_teardown(struct box *b, struct box_setup *x)
{
        if (!b->clk) /* never set up, or torn down already */
                return;
        candidates_fini(b);
        plan_fini(b);
        commit_free(b->commit);
        store_free(b->store);
        cli_tree_free(x->tree);
        if (!b->nworkers) /* without parts the hub is ours */
                snap_hub_free(b->hub);
        keystore_close(x->keys);
        box_lock_fini(b);
        memset(b, 0, sizeof *b);
        x->tree = NULL;
        x->keys = NULL;
}

int box_load(struct box *b, struct box_setup *x, const char *text, size_t n, struct load_report *rep)
{
        struct conf_ctx c;
        int rc;

        conf_ctx_init(&c, b->store);
        c.box = b;
        c.rng = b->rng;
        c.keys = x->keys;
        c.hash_rounds = b->hash_rounds;
        c.bind = x->bind.n ? &x->bind : NULL;
        c.late = c.replace = true;
        rc = conf_load(&c, text, n, rep);
        conf_ctx_fini(&c);
        return rc;
}
