#include "cli/exec/copy_io.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/exec/cap_live.h"
#include "cli/box/box_lock.h"
#include "cli/exec/copy_net.h"
#include "cli/exec/merge.h"
#include "cli/exec/pkt_text.h"
#include "cli/exec/save.h"
#include "cli/conf/running.h"
#include "cli/conf/store.h"
#include "platform/base/file.h"
#include "platform/net/pcap.h"

/* ---- reading ---- */

struct blob {
        struct text t;
        uint64_t pkts;
        struct tz tz; /* captures as text */
        bool pcap;
};

static bool add_record(void *ctx, const struct capture_rec *r, const uint8_t *data)
{
        static const struct pkt_text_opts plain;
        struct blob *b = ctx;
        uint8_t head[16];
        char line[1024];
        struct wbuf w = wbuf_of(line, sizeof line);
        struct tm tm = tz_tm(&b->tz, (time_t)(r->wall_ns / 1000000000u));

        b->pkts++;
        if (b->pcap) {
                text_addn(&b->t, (const char *)head, pcap_mem_record(head, r->caplen, r->len, (int64_t)r->wall_ns));
                text_addn(&b->t, (const char *)data, r->caplen);
                return !b->t.bad;
        }
        pkt_text(r, data, &plain, &w);
        text_printf(&b->t, "%4llu: %02d:%02d:%02d.%06u       %s\n", (unsigned long long)b->pkts, tm.tm_hour,
                    tm.tm_min, tm.tm_sec, (unsigned)(r->wall_ns / 1000u % 1000000u), wbuf_text(&w));
        return !b->t.bad;
}

static int read_capture(struct session *s, const struct copy_plan *p, struct blob *b, struct err *e)
{
        uint8_t head[24];

        b->pcap = p->pcap;
        box_tz(session_box(s), &b->tz);
        if (p->pcap)
                text_addn(&b->t, (const char *)head, pcap_mem_header(head));
        return cap_each(session_box(s), p->src.name, add_record, b, e);
}

static int read_file(const char *name, const char *path, struct blob *b, struct err *e)
{
        uint8_t *data;
        size_t n;

        if (access(path, R_OK))
                return err_set(e, ERR_IO, "%%Error opening disk0:/%s (%s)", name, strerror(errno));
        if (file_read(path, FLASH_FILE_MAX, &data, &n, e))
                return -1;
        text_addn(&b->t, (const char *)data, n);
        mem_free_secret(data);
        return 0;
}

/* What may come from elsewhere: a file on flash must fit there. */
static uint64_t room_for(const struct box *b, const struct copy_plan *p)
{
        struct statvfs v;

        if (p->dst.kind == COPY_RUNNING || !*b->flash || statvfs(b->flash, &v))
                return FLASH_FILE_MAX;
        return MIN_OF((uint64_t)v.f_bavail * v.f_frsize, (uint64_t)FLASH_FILE_MAX);
}

static int read_source(struct session *s, struct copy_plan *p, struct blob *b, struct err *e)
{
        const struct running_opts o = { .plain = true, .envelope = true };
        struct box *box = session_box(s);
        char path[512];
        int rc;

        switch (p->src.kind) {
        case COPY_RUNNING:
                if (session_lock_whole(s, e) < 0)
                        return -1;
                rc = running_write(box->store, &o, &b->t, e);
                box_unlock_whole(box);
                return rc;
        case COPY_STARTUP:
                return startup_path(box, path, sizeof path, e) || read_file(path + strlen(box->flash) + 1, path, b, e)
                               ? -1
                               : 0;
        case COPY_FLASH:
                return flash_path(box, p->src.name, path, sizeof path, e) ||
                                       read_file(flash_name(p->src.name), path, b, e)
                               ? -1
                               : 0;
        case COPY_CAPTURE:
                return read_capture(s, p, b, e);
        default:
                return copy_fetch(s, p, room_for(box, p), &b->t, e);
        }
}

/* ---- writing ---- */

/* A configuration is text: anything else is not even looked at. */
static int check_text(const struct blob *b, struct err *e)
{
        if (!b->t.n || !memchr(b->t.p, 0, b->t.n))
                return 0;
        return err_set(e, ERR_SYNTAX, "this is not the text of a configuration: it has NUL bytes");
}

static int load_running(struct session *s, const struct copy_plan *p, const struct blob *b, struct text *say,
                        bool *changed, struct err *e)
{
        if (check_text(b, e) < 0)
                return -1;
        *changed = true;
        return merge_text(s, p, &b->t, say, e);
}

/* In the file system's form, with the reason alone. */
static int write_flash(const char *name, const char *path, const struct blob *b, bool keep_previous, struct err *e)
{
        struct err why = { 0 };
        const char *reason;

        if (!file_write_atomic(path, text_str(&b->t), b->t.n, 0600, keep_previous, &why))
                return 0;
        reason = strrchr(why.text, ':');
        return err_set(e, ERR_IO, "%%Error writing disk0:/%s (%s)", name, reason ? reason + 2 : why.text);
}

/* Of the saved configuration the one before stays, and nothing but text takes its place. */
static int write_file(const struct box *box, const struct copy_plan *p, const struct blob *b, struct err *e)
{
        char path[512];
        bool saved;

        if (flash_path_write(box, p->dst.name, path, sizeof path, e) < 0)
                return -1;
        saved = is_startup_path(box, path);
        if (saved && p->src.kind == COPY_CAPTURE)
                return err_set(e, ERR_SYNTAX, "a capture is no configuration");
        if (saved && check_text(b, e) < 0)
                return -1;
        return write_flash(flash_name(p->dst.name), path, b, saved, e);
}

static int write_target(struct session *s, struct copy_plan *p, const struct blob *b, struct text *say, bool *changed,
                        struct err *e)
{
        struct box *box = session_box(s);
        char path[512];

        switch (p->dst.kind) {
        case COPY_RUNNING:
                return load_running(s, p, b, say, changed, e);
        case COPY_STARTUP:
                return startup_path(box, path, sizeof path, e) || check_text(b, e) ||
                                       write_flash(STARTUP_FILE, path, b, true, e)
                               ? -1
                               : 0;
        case COPY_FLASH:
                return write_file(box, p, b, e);
        case COPY_CAPTURE:
                return err_set(e, ERR_SYNTAX, "nothing can be copied into a capture");
        default:
                return copy_send(s, p, text_str(&b->t), b->t.n, e);
        }
}

static void say_done(const struct copy_plan *p, const struct blob *b, uint64_t ms, struct text *say)
{
        const struct saved d = { .bytes = b->t.n, .ms = ms };

        text_add(say, "\n");
        if (p->src.kind == COPY_CAPTURE)
                text_printf(say, "%llu packet%s copied in %llu.%03llu secs\n", (unsigned long long)b->pkts,
                            b->pkts == 1 ? "" : "s", (unsigned long long)(ms / 1000),
                            (unsigned long long)(ms % 1000));
        else
                copied_text(&d, say);
}

/* The one copy that everybody scripts has a form of its own. */
static int save_running(struct session *s, struct text *say, struct err *e)
{
        struct saved d = { 0 };
        char groups[36];

        if (save_startup(s, &d, e))
                return -1;
        text_printf(say, "Cryptochecksum: %s \n\n", checksum_groups(d.checksum, groups));
        copied_text(&d, say);
        return 0;
}

int copy_run(struct session *s, struct copy_plan *p, struct text *say, bool *changed, struct err *e)
{
        const struct clock *clk = session_box(s)->clk;
        uint64_t start = clock_mono_ms(clk);
        struct blob b = { 0 };
        int rc;

        if (p->src.kind == COPY_RUNNING && p->dst.kind == COPY_STARTUP)
                return save_running(s, say, e);
        rc = read_source(s, p, &b, e);
        if (!rc && b.t.bad)
                rc = err_nomem(e, "copying");
        if (!rc)
                rc = write_target(s, p, &b, say, changed, e);
        if (!rc)
                say_done(p, &b, clock_mono_ms(clk) - start, say);
        text_fini(&b.t);
        return rc;
}
