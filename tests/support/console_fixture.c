#include "tests/support/console_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/box/box_lock.h"
#include "cli/conf/candidate.h"
#include "cli/conf/commit.h"
#include "cli/session/plan.h"
#include "cli/conf/store.h"
#include "cli/lang/tree.h"
#include "pki/keystore.h"

static void need(bool ok, const char *what)
{
        if (ok)
                return;
        fprintf(stderr, "console fixture: %s\n", what);
        abort();
}

static void on_stop(struct box *b, enum box_stop how)
{
        struct console_fixture *f = container_of(b, struct console_fixture, box);

        f->stops++;
        f->stop_how = how;
}

static void run_here(struct box *b UNUSED, void (*fn)(void *arg), void *arg)
{
        fn(arg);
}

static void add_port(struct console_fixture *f, const char *hwname, uint8_t last)
{
        struct iface_binding *p = iface_bind(&f->bind, hwname);

        need(p != NULL, hwname);
        p->port = (uint16_t)(f->bind.n - 1);
        p->mac = (struct mac){ { 2, 0, 0, 0, 0, last } };
        p->link = true;
}

void cf_open(struct console_fixture *f)
{
        struct cli_tree *tree;
        struct err e = { 0 };

        memset(f, 0, sizeof *f);
        f->time = (struct clock_virtual){ .mono = 5000000000u, .wall = 1700000000000000000 };
        f->clk = clock_of_virtual(&f->time);
        f->random.state = 7;
        f->rng = rng_of_fixed(&f->random);
        strcpy(f->dir, "/tmp/vg-console-XXXXXX");
        need(mkdtemp(f->dir) != NULL, "flash directory");
        add_port(f, "GigabitEthernet0/0", 1);
        add_port(f, "GigabitEthernet0/1", 2);
        f->box.clk = &f->clk;
        f->box.rng = &f->rng;
        f->box.hash_rounds = 1;
        f->box.bind = &f->bind;
        strcpy(f->box.flash, f->dir);
        box_lock_init(&f->box);
        f->box.stop = on_stop;
        f->box.job = run_here;
        f->box.log = log_new(&f->clk, 1024);
        f->box.log_src = log_src_new(f->box.log, "control");
        f->box.hub = snap_hub_new();
        f->box.keys = keystore_open(NULL, &f->clk, &f->rng, NULL);
        tree = cli_tree_new(exec_tables, &e);
        need(tree != NULL, e.text);
        f->box.store = store_new(tree);
        need(f->box.store && !store_add_ports(f->box.store, &f->bind, &e), "store");
        f->box.commit = commit_new(&f->box);
        need(f->box.commit && !commit_now(&f->box, &e), e.text);
        need(console_set_new(&f->box) != NULL, "consoles");
}

/* Saved configurations have a directory of their own. */
static void empty_dir(const char *path)
{
        DIR *d = opendir(path);
        struct dirent *de;
        char file[512];

        while (d && (de = readdir(d))) {
                if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
                        continue;
                snprintf(file, sizeof file, "%s/%s", path, de->d_name);
                if (de->d_type == DT_DIR)
                        empty_dir(file);
                else
                        unlink(file);
        }
        if (d)
                closedir(d);
        rmdir(path);
}

void cf_close(struct console_fixture *f)
{
        struct cli_tree *tree = (struct cli_tree *)(uintptr_t)f->box.store->tree;

        console_set_free(f->box.consoles);
        candidates_fini(&f->box);
        plan_fini(&f->box);
        commit_free(f->box.commit);
        store_free(f->box.store);
        cli_tree_free(tree);
        keystore_close(f->box.keys);
        snap_hub_free(f->box.hub);
        log_free(f->box.log);
        box_lock_fini(&f->box);
        empty_dir(f->dir);
        free(f->out);
}

static int text_fd(const char *text)
{
        int fd = memfd_create("script", MFD_CLOEXEC);
        size_t n = strlen(text);

        need(fd >= 0 && write(fd, text, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0, "script");
        return fd;
}

static char *slurp(int fd)
{
        off_t n = lseek(fd, 0, SEEK_END);
        char *s = calloc(1, (size_t)n + 1);

        need(s && pread(fd, s, (size_t)n, 0) == n, "transcript");
        return s;
}

static enum session_end one_session(struct box *b, struct term *t, const struct session_opts *o)
{
        struct session *s = session_new(b, t, o);
        enum session_end end;

        need(s != NULL, "session");
        if (b->consoles)
                console_join(b->consoles, s);
        end = session_run(s);
        if (b->consoles)
                console_leave(b->consoles, s);
        session_free(s);
        return end;
}

char *console_script(struct box *b, const struct session_opts *o, const char *script)
{
        int out = memfd_create("transcript", MFD_CLOEXEC), keep = dup(out);
        struct term *t = term_open_fds(text_fd(script), out, NULL, NULL);
        char *text;

        need(t != NULL, "term");
        while (one_session(b, t, o) == SESSION_LOGOUT)
                continue;
        term_close(t);
        text = slurp(keep);
        close(keep);
        return text;
}

static const char *run(struct console_fixture *f, const char *script, const struct session_opts *o)
{
        free(f->out);
        f->out = console_script(&f->box, o, script);
        return f->out;
}

const char *cf_run(struct console_fixture *f, const char *script)
{
        const struct session_opts o = { .serial = true };

        return run(f, script, &o);
}

const char *cf_priv(struct console_fixture *f, const char *script)
{
        const struct session_opts o = { .privileged = true };
        char *text = (char *)(uintptr_t)run(f, script, &o), *start = strchr(text, '\n'), *end = strrchr(text, '#');

        need(start && end, "transcript");
        while (end > start && end[-1] != '\n')
                end--;
        *end = 0;
        return start + 1;
}

char *cf_file(const struct console_fixture *f, const char *name)
{
        char path[512], *text;
        FILE *fp;
        long n;

        snprintf(path, sizeof path, "%s/%s", f->dir, name);
        fp = fopen(path, "r");
        if (!fp)
                return NULL;
        fseek(fp, 0, SEEK_END);
        n = ftell(fp);
        rewind(fp);
        text = calloc(1, (size_t)n + 1);
        need(text && fread(text, 1, (size_t)n, fp) == (size_t)n, name);
        fclose(fp);
        return text;
}
