/* What is left of the last crash, with names of functions; and a crash on purpose, to try it. */
#include "cli/exec/save.h"
#include "cli/exec/tables.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "platform/base/file.h"
#include "platform/svc/crash.h"
#include "platform/svc/symbols.h"

#define RECORD_MAX (64u * 1024)

static int crash_path(const struct box *b, char *out, size_t cap, struct err *e)
{
        if (!*b->flash)
                return err_set(e, ERR_STATE, "there is no flash directory");
        snprintf(out, cap, "%s/" CRASH_FILE, b->flash);
        return 0;
}

/* Offsets mean something in the very program that crashed only. */
static struct symbols *own_symbols(const struct crash_info *c)
{
        struct symbols *s = NULL;
        char build[41];

        crash_build_id(build);
        if (*build && !strcmp(build, c->build) && symbols_open("/proc/self/exe", &s, NULL) < 0)
                return NULL;
        return s;
}

static void show_frames(struct session *s, const struct crash_info *c)
{
        struct symbols *names = own_symbols(c);

        PUT(s, "%s",
            cell_as(cell_bool("same_program", names != NULL),
                    names ? "" : "The program is another one now: no names of functions\n"));
        out(s, "Traceback:\n");
        table_list(session_table(s), "traceback");
        for (unsigned i = 0; i < c->nframes; i++) {
                const struct crash_frame *f = &c->frame[i];
                char name[128];

                if (names && !*f->module)
                        symbols_name(names, f->offset, name, sizeof name);
                else
                        snprintf(name, sizeof name, "0x%llx", (unsigned long long)f->offset);
                ROW(s, "%2s: %s%s%s\n", cell_num("frame", i), cell_str("function", name),
                    cell_text(*f->module ? " in " : ""),
                    cell_as(cell_str("module", *f->module ? f->module : NULL), f->module));
        }
        table_close(session_table(s));
        symbols_close(names);
}

static int show_crashinfo(struct session *s, const struct args *a UNUSED, struct err *e)
{
        struct box *b = session_box(s);
        char path[512], when[48];
        struct crash_info c;
        struct tz z;
        uint8_t *p;
        size_t n;
        int rc;

        if (crash_path(b, path, sizeof path, e) < 0)
                return -1;
        if (file_read(path, RECORD_MAX, &p, &n, NULL) < 0) {
                PUT(s, "No crash information is available\n", cell_bool("saved", false));
                return 0;
        }
        rc = crash_parse((const char *)p, n, &c);
        mem_free(p);
        if (rc < 0)
                return err_set(e, ERR_SYNTAX, "the crash record on flash is damaged: clear crashinfo");
        box_tz(b, &z);
        PUT(s, ": Saved_Crash\n\nThread Name: %s (%s)\n%s (signal %s) at %s\nVoxgate %s\n\n",
            cell_str("thread", c.thread), cell_int("thread_number", c.tid), cell_str("cause", strsignal(c.signal)),
            cell_int("signal", c.signal),
            cell_as(cell_time("time", c.when_s * NS_PER_S), tz_stamp(&z, (time_t)c.when_s, when)),
            cell_str("version", c.version), cell_bool("saved", true));
        show_frames(s, &c);
        return 0;
}

static int clear_crashinfo(struct session *s, const struct args *a UNUSED, struct err *e)
{
        char path[512];

        if (crash_path(session_box(s), path, sizeof path, e) < 0)
                return -1;
        return unlink(path) && errno != ENOENT ? err_set(e, ERR_IO, "crashinfo: %s", strerror(errno)) : 0;
}

/* ---- on purpose ---- */
struct force_state {
        int signal;
};

static enum dialog_next force_step(struct dialog *d, const char *answer)
{
        const struct force_state *st = d->state;

        if (!answer) {
                dialog_say(d, "WARNING: This command will force the appliance to crash and start anew.\n");
                return dialog_ask(d, DIALOG_CONFIRM, "no", "Do you wish to proceed? [confirm]:");
        }
        if (!strcmp(answer, "yes"))
                raise(st->signal);
        return DIALOG_DONE;
}

static const struct dialog_row force_dialog = { "crashinfo force", sizeof(struct force_state), force_step, NULL };

static int force_crash(struct session *s, const struct args *a, struct err *e)
{
        struct force_state st = { .signal = arg_has(a, "watchdog") ? SIGABRT : SIGSEGV };

        return session_ask(s, &force_dialog, &st, e);
}

const struct exec_row exec_crashinfo[] = {
        { "show crashinfo", "Show what is left of the last crash", 15 | EXEC_TABLE, show_crashinfo },
        { "clear crashinfo", "Forget the last crash", 15, clear_crashinfo },
        { "crashinfo force {page-fault|watchdog}", "Crash now, to see how it is recorded", 15, force_crash },
        { 0 },
};
